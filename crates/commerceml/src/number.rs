//! Numbers as 1C writes them: `1 234,50`, `1234.5`, with blanks of every sort.

use rust_decimal::Decimal;

/// The exact number, or `None` if it is none or has more than 28 digits. Its decimals stay as written: `80.50` has two.
///
/// ```
/// use lockstep_commerceml::decimal;
/// assert_eq!(decimal("1\u{a0}234,50").unwrap().to_string(), "1234.50");
/// assert_eq!(decimal("12 шт"), None);
/// ```
#[must_use]
pub fn decimal(text: &str) -> Option<Decimal> {
    /// 28 digits, a sign, a point and an exponent; what is longer is no number that we can hold.
    const LONGEST: usize = 40;
    let mut plain = String::with_capacity(text.len().min(LONGEST));
    for character in text.chars().filter(|character| !character.is_whitespace()) {
        match character {
            '0'..='9' | '.' | '-' | '+' | 'e' | 'E' => plain.push(character),
            ',' => plain.push('.'),
            _ => return None,
        }
        if plain.len() > LONGEST {
            return None;
        }
    }
    match plain.contains(['e', 'E']) {
        true => Decimal::from_scientific(&plain).ok(),
        false => Decimal::from_str_exact(&plain).ok(),
    }
}

/// Whether a value of a property only says that there is none: nothing, the empty reference, or 1C's least number.
pub(crate) fn is_no_value(text: &str) -> bool {
    const NO_REFERENCE: &str = "00000000-0000-0000-0000-000000000000";
    const NO_NUMBER: Decimal = Decimal::from_parts(1_410_065_407, 2, 0, true, 1);
    text.is_empty() || text == NO_REFERENCE || (text.starts_with('-') && decimal(text) == Some(NO_NUMBER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(decimal(text).map(|number| number.to_string()).as_deref(), expected, "{text:?}");
    }

    #[test]
    fn numbers_are_read_as_1c_writes_them_and_nothing_else_is() {
        check("790", Some("790"));
        check(" 1 234,50 ", Some("1234.50"));
        check("1\u{a0}234\u{202f}567.8", Some("1234567.8"));
        check("-3", Some("-3"));
        check("0,125", Some("0.125"));
        check("1.5E-3", Some("0.0015"));
        check("7922816251426433759354395033", Some("7922816251426433759354395033"));

        for nothing in
            ["", " ", "-", ".", ",", "1,234.50", "12 шт", "1_000", "NaN", "inf", "0x10", "--1", "1e999", "1-1"]
        {
            check(nothing, None);
        }
        check("123456789012345678901234567890", None);
        check(&"1".repeat(1_000_000), None);
        check("0.00000000000000000000000000001", None);
    }

    #[test]
    fn values_that_say_nothing_are_no_values() {
        for nothing in
            ["", "00000000-0000-0000-0000-000000000000", "-999 999 999,9", "-999\u{a0}999\u{a0}999,9", "-999999999.9"]
        {
            assert!(is_no_value(nothing), "{nothing}");
        }
        for something in ["0", "-", "-999", "-999999999", "Нет"] {
            assert!(!is_no_value(something), "{something}");
        }
    }
}
