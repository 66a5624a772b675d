use serde_json::json;

use super::*;

fn line(kind: &str, level: &str, source: &str, message: &str) -> Line {
    let line = json!({
        "id": "1", "n": 1, "timestamp": "2026-01-01T00:00:00.000Z", "level": level, "type": kind,
        "message": message, "source": source, "environment": "production", "worker": 1,
    });
    serde_json::from_value(line).expect("a line")
}

fn filter(said: &Value) -> Filter {
    Filter::parse(said).expect("a filter")
}

fn check(said: &Value, wanted: bool) {
    let line = line("scan", "warning", "scan-12", "Файл «Ёлка.txt» пропал: 5 %");
    assert_eq!(filter(said).matches(&line), wanted, "{said}");
}

#[test]
fn any_of_the_names_of_a_field_will_do_and_every_field_must_agree() {
    check(&json!({}), true);
    check(&Value::Null, true);
    check(&json!({"type": "scan"}), true);
    check(&json!({"type": "error"}), false);
    check(&json!({"type": "error, SCAN"}), true);
    check(&json!({"type": ["error", "scan"], "level": "warn"}), true);
    check(&json!({"type": "scan", "level": "error"}), false);
    check(&json!({"environment": "production"}), true);
    check(&json!({"environment": "test"}), false);
}

#[test]
fn a_star_at_the_end_of_a_name_stands_for_any_end() {
    check(&json!({"source": "scan-*"}), true);
    check(&json!({"source": "scan"}), false);
    check(&json!({"source": "import-*,scan-12"}), true);
    check(&json!({"source": "scan-12*"}), true);
    check(&json!({"source": "s*-12"}), false);
    check(&json!({"source": "*"}), true);
}

#[test]
fn all_and_nothing_ask_for_nothing() {
    for nothing in [json!("all"), json!(""), json!(null), json!([]), json!(["all", "scan"]), json!(" , ")] {
        let said = json!({"type": nothing, "level": nothing, "source": nothing, "environment": nothing, "text": ""});
        assert_eq!(filter(&said), Filter::default(), "{said}");
    }
}

#[test]
fn text_is_found_in_message_and_source_in_any_case_and_letter_by_letter() {
    check(&json!({"text": "ёлка"}), true);
    check(&json!({"text": "ПРОПАЛ"}), true);
    check(&json!({"text": "SCAN-1"}), true);
    check(&json!({"text": "5 %"}), true);
    check(&json!({"text": ".txt»"}), true);
    check(&json!({"text": "Ёлка.*"}), false);
    check(&json!({"text": "elka"}), false);
}

#[test]
fn text_may_be_an_expression() {
    check(&json!({"text": r"ёлка\.\w+", "regex": true}), true);
    check(&json!({"text": r"^файл .* пропал", "regex": "1"}), true);
    check(&json!({"text": r"(?-i)^файл", "regex": true}), false);
    check(&json!({"text": r"\d{2} %", "regex": true}), false);
}

#[test]
fn filters_that_mean_the_same_are_equal() {
    let one = filter(&json!({"type": "scan,error", "source": ["b", "a", "b"], "text": "x"}));
    let other =
        filter(&json!({"type": ["error", "scan"], "source": "a,b", "text": "x", "regex": false, "level": "all"}));

    assert_eq!(one, other);
    assert_ne!(filter(&json!({"text": "x"})), filter(&json!({"text": "x", "regex": true})));
}

#[test]
fn the_echo_is_a_filter_that_means_the_same() {
    for said in [
        json!({}),
        json!({"type": "error,scan", "level": ["WARN"], "source": "import-*", "environment": "a,b"}),
        json!({"text": "a|b", "regex": true}),
    ] {
        let filter = filter(&said);
        let echo = serde_json::to_value(&filter).expect("string keys");
        assert_eq!(Filter::parse(&echo), Ok(filter), "{echo}");
    }
}

#[test]
fn what_is_no_filter_is_refused_by_field_and_the_cure_is_named() {
    let refused = |said: Value| Filter::parse(&said).map(|filter| filter.to_string()).expect_err("no filter");

    assert_eq!(refused(json!({"type": "scam"})).to_string(), "`type`: `scam` is none of scan, debug, error, info");
    assert_eq!(refused(json!({"level": "loud"})).field, "level");
    assert_eq!(refused(json!({"source": 7})).field, "source");
    assert_eq!(refused(json!({"source": [7]})).field, "source");
    assert_eq!(refused(json!({"source": "x".repeat(MAX_SOURCE + 1)})).field, "source");
    assert_eq!(refused(json!({"source": vec!["x"; MAX_NAMES + 1]})).why, "at most 32 names");
    assert_eq!(refused(json!({"text": {}})).field, "text");
    assert_eq!(refused(json!({"text": "x".repeat(MAX_TEXT + 1)})).why, "at most 512 bytes");
    assert_eq!(refused(json!({"text": "(", "regex": true})).why, "unclosed group");
    assert_eq!(refused(json!({"text": r"(\pL{99}){99}", "regex": true})).why, "the expression is too large");
    assert_eq!(refused(json!({"text": "a", "regex": 3})).field, "regex");
    assert_eq!(refused(json!("scan")).field, "filter");
}

/// The doors where filters come in are open to whoever may read logs.
#[test]
fn an_evil_expression_takes_no_longer_than_a_harmless_one() {
    let evil = filter(&json!({"text": "(a*)*b", "regex": true}));

    assert!(!evil.matches(&line("info", "info", "x", &"a".repeat(super::super::MAX_MESSAGE))));
}
