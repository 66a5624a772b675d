//! How fast an exchange is read, beside Python's lxml doing the same in the same minutes. Machines are noisy: it is the processor's time
//! that is measured, not that of a clock on the wall, and the ratio that counts.
//!
//! `cargo bench -p lockstep-commerceml` makes a file of 20,000 products with 24 properties and reads it in turns. Where no Python with lxml
//! is found, ours runs alone.
#![expect(clippy::print_stdout, reason = "it is for people to read")]

use std::{
    fs::{self, File},
    hint::black_box,
    path::{Path, PathBuf},
    process::Command,
};

use lockstep_commerceml::{
    Found, Limits, Product, Reader, Row,
    sample::{Encoding, Shop},
};

/// Each reads the file so often; the median counts.
const ROUNDS: usize = 5;

const SHOP: Shop = Shop {
    products: 20_000,
    per_file: 20_000,
    properties: 24,
    price_types: 3,
    warehouses: 2,
    customers: 0,
    encoding: Encoding::Utf8,
};

/// What was read, so that nobody saves himself work.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    products: u64,
    values: u64,
    bytes: u64,
}

/// One time that it took, and the memory of whoever did it, in MB.
struct Round {
    seconds: f64,
    peak: f64,
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let utf8 = made(folder.path(), "goods.xml", SHOP);
    let cyrillic = made(folder.path(), "goods-1251.xml", Shop { encoding: Encoding::Windows1251, ..SHOP });
    let python = python();
    let (mut ours, mut theirs, mut decoded) = (Vec::new(), Vec::new(), Vec::new());

    for _ in 0..ROUNDS {
        let (read, round) = read(&utf8);
        ours.push(round);
        if let Some(python) = &python {
            let (read_there, round) = peer(python, &utf8);
            assert_eq!(read_there, read, "the peer does not read the same");
            theirs.push(round);
        }
        decoded.push(self::read(&cyrillic).1);
    }

    tell("lockstep-commerceml, UTF-8", &utf8, &ours);
    tell("lockstep-commerceml, windows-1251", &cyrillic, &decoded);
    match python {
        None => println!("no Python with lxml here: nothing to compare with"),
        Some(_) => {
            tell("Python lxml iterparse, UTF-8", &utf8, &theirs);
            println!("ratio: {:.1} times lxml", median(&theirs) / median(&ours));
        }
    }
}

fn made(folder: &Path, name: &str, shop: Shop) -> PathBuf {
    Shop::write(folder, [(name.to_owned(), shop.goods())]).expect("room for the file");
    folder.join(name)
}

/// The measured reading lets go of each product at once; what was in them is summed up by another, as the peer's clock stands still for it.
fn read(path: &Path) -> (Read, Round) {
    let begun = processor_seconds();
    let measured = products(path).map(black_box).count() as u64;
    let seconds = processor_seconds() - begun;
    let mut read = Read { products: 0, values: 0, bytes: 0 };
    for product in products(path) {
        read.products += 1;
        read.values += product.values.len() as u64;
        read.bytes += kept(&product);
    }
    assert_eq!(measured, read.products);
    (read, Round { seconds, peak: peak() })
}

fn products(path: &Path) -> impl Iterator<Item = Product> {
    let reader = Reader::new("goods.xml", File::open(path).expect("the file"), &Limits::default());
    reader.filter_map(|item| match item.expect("a whole file").found {
        Found::Row(Row::Product(product)) => Some(*product),
        _ => None,
    })
}

/// Bytes of the texts of a product.
fn kept(product: &Product) -> u64 {
    let single = [&product.name, &product.sku, &product.barcode, &product.unit, &product.description];
    let single = single.into_iter().flatten().chain([&product.id]).chain(&product.groups).chain(&product.pictures);
    let maker = product.maker.iter().flat_map(|maker| [&maker.id].into_iter().chain(&maker.name));
    let values = product.values.iter().flat_map(|value| [&value.property].into_iter().chain(&value.values));
    let requisites = product.requisites.iter().flat_map(|(name, value)| [name, value]);
    single.chain(maker).chain(values).chain(requisites).map(|text| text.len() as u64).sum()
}

/// A Python that has lxml: that of the tests, or the system's.
fn python() -> Option<PathBuf> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/venv/bin/python");
    let chosen = std::env::var_os("LOCKSTEP_PYTHON").map(PathBuf::from);
    let candidates = chosen.into_iter().chain([tests, PathBuf::from("python3")]);
    candidates.into_iter().find(|python| {
        Command::new(python).args(["-c", "import lxml.etree"]).output().is_ok_and(|output| output.status.success())
    })
}

fn peer(python: &Path, file: &Path) -> (Read, Round) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/iterparse.py");
    let output = Command::new(python).arg(script).arg(file).output().expect("the peer runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words: Vec<&str> = text.split_whitespace().collect();
    let [products, values, bytes, seconds, peak] = words[..] else {
        panic!("the peer says {text:?} and {:?}", String::from_utf8_lossy(&output.stderr));
    };
    let number = |word: &str| word.parse().expect("a number");
    let read = Read { products: number(products), values: number(values), bytes: number(bytes) };
    (read, Round { seconds: seconds.parse().expect("seconds"), peak: peak.parse().expect("a size") })
}

fn median(rounds: &[Round]) -> f64 {
    let mut seconds: Vec<f64> = rounds.iter().map(|round| round.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn tell(who: &str, file: &Path, rounds: &[Round]) {
    let size = fs::metadata(file).expect("the file").len() as f64 / 1e6;
    let (seconds, peak) = (median(rounds), rounds.iter().map(|round| round.peak).fold(0.0, f64::max));
    let products = SHOP.products as f64 / seconds / 1e3;
    println!("{who:36} {size:5.0} MB  {:6.0} MB/s  {products:5.1}k products/s  peak {peak:3.0} MB", size / seconds);
}

/// What this process, which has one thread, has had of a processor.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn processor_seconds() -> f64 {
    let statistics = fs::read_to_string("/proc/self/schedstat").expect("Linux");
    let nanoseconds: u64 = statistics.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number");
    nanoseconds as f64 / 1e9
}

/// The most memory that this process ever had.
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kilobytes: f64 = line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default();
    kilobytes / 1024.0
}
