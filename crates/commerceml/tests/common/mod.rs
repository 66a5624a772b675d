//! What the tests have alike: reading everything, and what an empty database would hold after it.
#![allow(dead_code, reason = "each suite that includes it uses a part")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use lockstep_commerceml::{Decimal, Error, Found, Item, Kind, Limits, Offer, Problem, Reader, Row, Source, Summary};

/// All items of a file.
pub(crate) fn items(input: impl Read) -> Vec<Item> {
    Reader::new("file.xml", input, &Limits::default()).collect::<Result<_, _>>().expect("a whole file")
}

/// The rows of a file.
pub(crate) fn rows(input: impl Read) -> Vec<Row> {
    rows_of(Reader::new("file.xml", input, &Limits::default()))
}

/// The problems of a file, as people read them.
pub(crate) fn problems(input: impl Read) -> Vec<String> {
    let found = items(input).into_iter().filter_map(|item| match item.found {
        Found::Problem(problem) => Some(problem.to_string()),
        _ => None,
    });
    found.collect()
}

/// Why the file is refused: `line:column code`.
pub(crate) fn refusal(input: impl Read) -> String {
    refusal_within(input, &Limits::default())
}

/// The same under other limits.
pub(crate) fn refusal_within(input: impl Read, limits: &Limits) -> String {
    match Reader::new("file.xml", input, limits).survey() {
        Err(Error::Refused(refusal)) => {
            format!("{} {}", refusal.place.expect("a file has places"), refusal.why.code())
        }
        other => panic!("not refused: {other:?}"),
    }
}

/// One element in a frame that makes it CommerceML: `<КоммерческаяИнформация>` is left out of the tests' texts.
pub(crate) fn framed(inner: &str) -> String {
    format!("<КоммерческаяИнформация>{inner}</КоммерческаяИнформация>")
}

/// What an empty database holds after all of it, by the rules for imports: later files know earlier products.
#[derive(Default, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) ids: BTreeMap<Kind, BTreeSet<String>>,
    pub(crate) deleted: BTreeSet<String>,
    pub(crate) prices: BTreeMap<(String, String), Decimal>,
    pub(crate) stocks: BTreeMap<(String, String), Decimal>,
    pub(crate) unknown_products: usize,
    pub(crate) problems: Vec<Problem>,
    pub(crate) summaries: BTreeMap<String, Summary>,
}

impl Accepted {
    /// Reads a source stage by stage.
    pub(crate) fn of(source: &Source) -> Self {
        let mut accepted = Self::default();
        let mut offers = Vec::new();
        for part in source.parts() {
            for item in source.read(part).expect("readable") {
                match item.expect("whole").found {
                    Found::Row(Row::Offer(offer)) => offers.push(*offer),
                    Found::Row(row) => accepted.take(&row),
                    Found::Problem(problem) => accepted.problems.push(problem),
                    Found::End(summary) => drop(accepted.summaries.insert(part.name().to_owned(), *summary)),
                }
            }
        }
        for offer in offers {
            accepted.take_offer(&offer);
        }
        accepted
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.ids.get(&kind).map_or(0, BTreeSet::len)
    }

    pub(crate) fn sum_price(&self) -> Decimal {
        self.prices.values().sum()
    }

    pub(crate) fn sum_quantity(&self) -> Decimal {
        self.stocks.values().sum()
    }

    fn take(&mut self, row: &Row) {
        self.ids.entry(row.kind()).or_default().insert(row.id().to_owned());
        if matches!(row, Row::Product(product) if product.deleted) {
            self.deleted.insert(row.id().to_owned());
        }
    }

    fn take_offer(&mut self, offer: &Offer) {
        if !self.ids.get(&Kind::Product).is_some_and(|known| known.contains(offer.product())) {
            self.unknown_products += 1;
            return;
        }
        self.ids.entry(Kind::Offer).or_default().insert(offer.id.clone());
        for price in &offer.prices {
            self.prices.insert((offer.id.clone(), price.price_type.clone()), price.amount);
        }
        for stock in &offer.stocks {
            let warehouse = stock.warehouse.clone().unwrap_or_default();
            self.stocks.insert((offer.id.clone(), warehouse), stock.quantity);
        }
    }
}

/// The fixtures of that layout.
pub(crate) fn fixtures(layout: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(layout)
}

/// The rows of each file of a source.
pub(crate) fn rows_by_file(source: &Source) -> BTreeMap<String, Vec<Row>> {
    let read = |part| rows_of(source.read(part).expect("readable"));
    source.parts().iter().map(|part| (part.name().to_owned(), read(part))).collect()
}

/// The rows that a reader finds.
pub(crate) fn rows_of(reader: Reader<impl Read>) -> Vec<Row> {
    let items = reader.map(|item| item.expect("a whole file"));
    items.filter_map(|item| if let Found::Row(row) = item.found { Some(row) } else { None }).collect()
}

/// A text in windows-1251, with a first line that says so.
pub(crate) fn windows_1251(text: &str) -> Vec<u8> {
    let text = text.replacen("encoding=\"UTF-8\"", "encoding=\"windows-1251\"", 1);
    let (bytes, _, lost) = encoding_rs::WINDOWS_1251.encode(&text);
    assert!(!lost, "windows-1251 cannot spell it");
    bytes.into_owned()
}

/// What a source or a part is refused for: `name: code`.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Refused(refusal)) => format!("{}: {}", refusal.name, refusal.why.code()),
        other => panic!("not refused: {other:?}"),
    }
}

/// An archive with these entries.
pub(crate) fn archive(path: &Path, entries: &[(&str, &[u8])]) {
    let mut writer = zip::ZipWriter::new(File::create(path).expect("a file"));
    for (name, bytes) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
        writer.write_all(bytes).expect("packed");
    }
    writer.finish().expect("an archive");
}

/// A file with one product.
pub(crate) const GOODS: &str = "<Каталог><Товары><Товар><Ид>т1</Ид></Товар></Товары></Каталог>";
