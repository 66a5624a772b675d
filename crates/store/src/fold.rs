//! Text as it is searched and sorted: without case, ё as е.
//!
//! Databases fold by their own rules (SQLite ASCII only), so the folded text is made here, kept beside the row, and the question is
//! folded the same way.

/// Words of a question that are looked for; more than these only slow the search down.
const MAX_WORDS: usize = 8;

/// `text` in lower case, `ё` as `е`. Letters that some file systems take apart (`и` + breve, `е` + diaeresis) are put together.
pub fn fold(text: &str) -> String {
    text.to_lowercase().replace("е\u{308}", "е").replace("и\u{306}", "й").replace('ё', "е")
}

/// One pattern for `LIKE … ESCAPE '\'` per word of the question; all of them must match.
pub(crate) fn patterns(question: &str) -> Vec<String> {
    fold(question).split_whitespace().take(MAX_WORDS).map(pattern).collect()
}

fn pattern(word: &str) -> String {
    format!("%{}", beginning(word))
}

/// A pattern for `LIKE … ESCAPE '\'` of what begins with `text`.
pub(crate) fn beginning(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_the_dots_of_yo_make_no_difference() {
        assert_eq!(fold("ЁЛКА"), fold("елка"));
        assert_eq!(fold("Е\u{308}лка"), "елка");
        assert_eq!(fold("И\u{306}од"), "йод");
        assert_eq!(fold("Invoice Nº 7"), "invoice nº 7");
    }

    #[test]
    fn each_word_is_a_pattern_and_wildcards_stand_for_themselves() {
        assert_eq!(patterns("  Счёт  50% a_b "), ["%счет%", "%50\\%%", "%a\\_b%"]);
        assert!(patterns("   ").is_empty());
    }
}
