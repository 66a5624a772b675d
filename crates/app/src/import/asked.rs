//! What somebody asks of the problems of a session.

use lockstep_store::goods::{IssueQuery, Severity};

use crate::{
    Error,
    error::FieldError,
    list::{number, read},
};

/// Problems that are given when nobody says how many, and at most.
const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1_000;

/// The longest word of such a question, in bytes: the name of a file, eight names deep.
const MAX_WORD: usize = 2_100;

/// Reads `severity`, `code`, `file`, `after` (a number) and `limit`. An empty value is as good as none.
///
/// # Errors
/// [`Error::Invalid`] names every wrong word.
pub fn issue_query(words: impl IntoIterator<Item = (String, String)>) -> Result<IssueQuery, Error> {
    read(words, IssueQuery { limit: DEFAULT_LIMIT, ..IssueQuery::default() }, take)
}

fn take(query: &mut IssueQuery, name: &str, value: String) -> Result<(), FieldError> {
    match name {
        "code" | "file" if value.len() > MAX_WORD => {
            return Err(FieldError::new("field.too_long").with("max", MAX_WORD));
        }
        "severity" => query.severity = Some(severity(&value)?),
        "code" => query.code = Some(value),
        "file" => query.file = Some(value),
        "after" => {
            let after = value.parse().ok().filter(|after: &i64| *after >= 0);
            query.after = after.ok_or_else(|| FieldError::new("field.not_a_number"))?;
        }
        "limit" => query.limit = number(&value, MAX_LIMIT)?,
        _ => return Err(FieldError::new("field.unknown")),
    }
    Ok(())
}

fn severity(word: &str) -> Result<Severity, FieldError> {
    let known = [Severity::Error, Severity::Warning];
    let named = known.into_iter().find(|severity| severity.name() == word);
    let allowed = known.map(Severity::name);
    named.ok_or_else(|| FieldError::new("field.not_allowed").with("allowed", allowed.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[(&str, &str)]) -> Result<IssueQuery, Error> {
        issue_query(words.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn a_question_is_read_and_all_that_is_wrong_with_it_is_named() {
        let query = read(&[("severity", "error"), ("file", "a.xml"), ("after", "7"), ("code", "")]).expect("right");
        assert_eq!((query.severity, query.file.as_deref(), query.after), (Some(Severity::Error), Some("a.xml"), 7));
        assert_eq!((query.code, query.limit), (None, 100));

        let wrong = [("severity", "bad"), ("after", "-1"), ("limit", "1001"), ("colour", "red")];
        let Err(Error::Invalid { fields }) = read(&wrong) else { panic!("not refused") };

        assert_eq!(fields.keys().collect::<Vec<_>>(), ["after", "colour", "limit", "severity"]);
    }
}
