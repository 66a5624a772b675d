//! Exports of real shops, which are not ours to hand on: they are read where `LOCKSTEP_COMMERCEML_SAMPLES` says that they lie, and compared
//! with what a counter found that shares no code with us (`totals.json` there).

mod common;

use std::path::{Path, PathBuf};

use common::Accepted;
use lockstep_commerceml::{Kind, Limits, Source};
use serde_json::Value;

/// Their place, or none, and then that is said.
#[expect(clippy::print_stderr, reason = "whoever runs the tests should see that these did nothing")]
fn samples() -> Option<PathBuf> {
    let place = std::env::var_os("LOCKSTEP_COMMERCEML_SAMPLES");
    if place.is_none() {
        eprintln!("skipped: LOCKSTEP_COMMERCEML_SAMPLES does not say where the samples are");
    }
    place.map(PathBuf::from)
}

fn check(samples: &Path, folder: &str, expected: &Value) {
    let source = Source::open(samples, folder, &Limits::default()).expect("a sample");
    let accepted = Accepted::of(&source);
    let number = |key: &str| expected[key].as_u64().unwrap_or_default();
    let sum = |key: &str| expected[key].as_str().unwrap_or("0").parse().expect("a decimal");

    for (key, kind) in [
        ("groups", Kind::Group),
        ("properties", Kind::Property),
        ("units", Kind::Unit),
        ("price_types", Kind::PriceType),
        ("warehouses", Kind::Warehouse),
        ("products", Kind::Product),
        ("variants", Kind::Offer),
        ("customers", Kind::Customer),
    ] {
        assert_eq!(accepted.count(kind) as u64, number(key), "{folder}: {key}");
    }
    assert_eq!(accepted.deleted.len() as u64, number("products_deleted"), "{folder}: deleted");
    assert_eq!(accepted.prices.len() as u64, number("prices"), "{folder}: prices");
    assert_eq!(accepted.sum_price(), sum("sum_price"), "{folder}: sum of prices");
    assert_eq!(accepted.stocks.len() as u64, number("stocks"), "{folder}: stocks");
    assert_eq!(accepted.sum_quantity(), sum("sum_qty"), "{folder}: sum of quantities");
    let unknown = expected["issues"]["unknown_product"].as_u64().unwrap_or_default();
    assert_eq!(accepted.unknown_products as u64, unknown, "{folder}: offers of unknown products");
    assert_eq!(accepted.problems, [], "{folder}");
}

#[test]
fn the_exports_of_real_shops_hold_what_an_independent_counter_found() {
    let Some(samples) = samples() else {
        return;
    };
    let totals = std::fs::read_to_string(samples.join("totals.json")).expect("totals.json beside the samples");
    let totals: Value = serde_json::from_str(&totals).expect("JSON");

    for (folder, expected) in totals.as_object().expect("one entry a folder") {
        check(&samples, folder, &expected["accepted"]);
    }
}

#[test]
fn each_file_of_real_shops_holds_what_an_independent_counter_found() {
    let Some(samples) = samples() else {
        return;
    };
    let counts = std::fs::read_to_string(samples.join("expected.json")).expect("expected.json beside the samples");
    let counts: Value = serde_json::from_str(&counts).expect("JSON");

    for (file, expected) in counts.as_object().expect("one entry a file") {
        let source = Source::open(&samples, file, &Limits::default()).expect("a sample");
        let summary = source.read(&source.parts()[0]).expect("readable").survey().expect("whole");
        for (key, kind) in [
            ("groups", Kind::Group),
            ("properties", Kind::Property),
            ("property_variants", Kind::PropertyVariant),
            ("units", Kind::Unit),
            ("price_types", Kind::PriceType),
            ("warehouses", Kind::Warehouse),
            ("goods", Kind::Product),
            ("price_rows", Kind::Price),
            ("rest_rows", Kind::Stock),
            ("contragents", Kind::Customer),
        ] {
            assert_eq!(summary.count(kind), expected[key].as_u64().unwrap_or_default(), "{file}: {key}");
        }
        assert_eq!(summary.bytes, expected["bytes"].as_u64().expect("bytes"), "{file}");
        assert_eq!(summary.schema.as_deref(), expected["schema"].as_str(), "{file}");
    }
}
