//! Which of his notices somebody wants to see.

use lockstep_store::NoticeQuery as Query;

use crate::{
    Error,
    error::FieldError,
    list::{flag, number, read},
};

/// Notices of an answer when nothing is said.
const DEFAULT_LIMIT: u32 = 50;

/// The most notices of one answer.
const MAX_LIMIT: u32 = 200;

/// The most kinds that are asked for at once.
const MAX_KINDS: usize = 50;

/// What is wanted, read from the words of an address.
#[derive(Debug, Clone)]
pub struct NoticeQuery(pub(super) Query);

impl NoticeQuery {
    /// Reads `unread` and `archived` (1 or 0), `type` (kinds with commas between), `before` (an id) and `limit`. An empty value is as good
    /// as none. What was put aside is given when it is asked for, and then alone.
    ///
    /// # Errors
    /// [`Error::Invalid`] names every wrong word.
    pub fn read(words: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        read(words, Query { limit: DEFAULT_LIMIT, ..Query::default() }, |query, name, value| take(query, name, &value))
            .map(Self)
    }
}

fn take(query: &mut Query, name: &str, value: &str) -> Result<(), FieldError> {
    match name {
        "unread" => query.unread = flag(value)?,
        "archived" => query.archived = flag(value)?,
        "type" => {
            let kinds: Vec<String> = value.split(',').map(|kind| kind.trim().to_owned()).collect();
            if kinds.len() > MAX_KINDS {
                return Err(FieldError::new("field.too_long").with("max", MAX_KINDS));
            }
            query.kinds = kinds;
        }
        "before" => query.before = Some(value.parse().map_err(|_| FieldError::new("field.not_a_number"))?),
        "limit" => query.limit = number(value, MAX_LIMIT)?,
        _ => return Err(FieldError::new("field.unknown")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[(&str, &str)]) -> Result<NoticeQuery, Error> {
        NoticeQuery::read(words.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn every_word_is_read_and_empty_ones_are_none() {
        let words = [("unread", "1"), ("archived", "0"), ("type", "alert, system"), ("before", "9"), ("limit", "5")];

        let NoticeQuery(query) = read(&words).expect("all is well");

        assert_eq!((query.unread, query.archived, query.before, query.limit), (true, false, Some(9), 5));
        assert_eq!(query.kinds, ["alert", "system"]);
        let NoticeQuery(query) = read(&[("unread", ""), ("type", "")]).expect("all is well");
        assert_eq!((query.unread, query.kinds.len(), query.before, query.limit), (false, 0, None, 50));
    }

    #[test]
    fn every_wrong_word_is_named() {
        let fields =
            read(&[("unread", "2"), ("before", "x"), ("limit", "201"), ("q", "a")]).expect_err("four").fields();

        let codes: Vec<_> = fields.iter().map(|(name, error)| (name.as_str(), error.code)).collect();
        let expected = [
            ("before", "field.not_a_number"),
            ("limit", "field.out_of_range"),
            ("q", "field.unknown"),
            ("unread", "field.not_a_bool"),
        ];
        assert_eq!(codes, expected);
    }
}
