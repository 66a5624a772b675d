//! Memory has a bound whatever the size of the file: alone in this process, so that only the reader's is measured.

use std::{
    fs,
    io::{self, Read},
};

use lockstep_commerceml::{
    Found, Kind, Limits, Reader,
    sample::{Encoding, Shop},
};

/// What the reader may take, as is promised.
const BOUND_MB: u64 = 64;

/// The most memory that this process ever had, in MB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number") / 1024
}

/// Two hundred megabytes of products, then a file that wants memory, read one after the other.
#[test]
fn two_hundred_megabytes_and_the_worst_that_the_limits_allow_take_less_than_is_promised() {
    let before = peak();
    let shop = Shop { products: 40_000, properties: 24, encoding: Encoding::Utf8, ..Shop::default() };

    let summary = Reader::new("goods.xml", shop.goods(), &Limits::default()).survey().expect("a whole file");

    assert!(summary.bytes > 190_000_000, "{} bytes are no test", summary.bytes);
    assert_eq!(summary.count(Kind::Product), 40_000);
    let after = peak();
    assert!(after - before < BOUND_MB / 8, "{} MB for a plain file", after - before);

    for (what, start, again) in [
        (
            "a row of many small values",
            "<Каталог><Товары><Товар><Ид>т</Ид><ЗначенияСвойств>",
            "<ЗначенияСвойства><Ид>с</Ид><Значение>1</Значение></ЗначенияСвойства>",
        ),
        ("a row of many pictures", "<Каталог><Товары><Товар><Ид>т</Ид>", "<Картинка>к</Картинка>"),
        ("an offer of many bad prices", "<ПакетПредложений><Предложения><Предложение><Ид>т</Ид><Цены>", "<Цена/>"),
        ("a text without end", "<Каталог><Товары><Товар><Описание>", "много слов "),
        ("a tag without end", "<Каталог ", "а=\"1\" "),
        (
            "values to choose from without end",
            "<Классификатор><Свойства><Свойство><Ид>с</Ид><ВариантыЗначений>",
            "<Справочник><ИдЗначения>1</ИдЗначения></Справочник>",
        ),
    ] {
        let hungry = start.as_bytes().chain(Again { piece: again.as_bytes(), at: 0 }).take(60 << 20);
        for item in Reader::new("hungry.xml", hungry, &Limits::default()) {
            if item.is_err() || matches!(item, Ok(item) if matches!(item.found, Found::End(_))) {
                break;
            }
        }
        assert!(peak() - before < BOUND_MB, "{} MB for {what}", peak() - before);
    }
}

/// The same piece again and again.
struct Again {
    piece: &'static [u8],
    at: usize,
}

impl Read for Again {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = (&self.piece[self.at..]).read(into)?;
        self.at = (self.at + read) % self.piece.len();
        Ok(read)
    }
}
