//! Looking at rows: one, or a page of a list.

use lockstep_protocol::Position;
use lockstep_store::{Entity, Export, MAX_PER_PAGE, Query, Row, Rows, clock};
use serde_json::Value as Json;

use crate::{
    App, Caller, Error,
    error::{FieldError, FieldErrors},
    rights::Right,
};

/// Rows of a page when nothing is said.
pub const DEFAULT_PER_PAGE: u32 = 50;

/// The longest question, in characters.
pub(crate) const MAX_QUESTION: usize = 200;

/// Of the name of a wrong word so much is said, in characters.
const MAX_NAME: usize = 64;

/// What is wanted of a list, read from the words of an address.
#[derive(Debug, Clone)]
pub struct ListQuery(Query);

/// One page of a list.
#[derive(Debug, Clone)]
pub struct RowPage {
    /// The rows.
    pub items: Vec<Json>,
    /// How many there are on all pages.
    pub total: i64,
    /// This page, from 1.
    pub page: u32,
    /// Rows of a page.
    pub per_page: u32,
    /// How many pages there are, at least one.
    pub pages: i64,
    /// How far the ledger had come when they were read.
    pub position: Position,
}

impl RowPage {
    /// That page of the rows. Pages of no rows are those of one.
    pub(crate) fn new(rows: Rows, page: u32, per_page: u32) -> Self {
        let Rows { items, total, position } = rows;
        let pages = total.cast_unsigned().div_ceil(per_page.max(1).into()).max(1).cast_signed();
        Self { items, total, page, per_page, pages, position }
    }
}

impl ListQuery {
    /// Reads `q`, `sort`, `page`, `per_page`, `updated_since` (as [`clock::parse`]) and `ids` (numbers with commas between); every
    /// other name filters by that column. An empty value is as good as none; but no ids are no rows.
    ///
    /// # Errors
    /// [`Error::Invalid`] names every wrong word. Columns are judged later, by the entity.
    pub fn read(words: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let mut query = Query { page: 1, per_page: DEFAULT_PER_PAGE, ..Query::default() };
        let mut fields = FieldErrors::new();
        for (name, value) in words {
            if value.is_empty() && name != "ids" {
                continue;
            }
            if let Err(error) = take(&mut query, &name, value) {
                fields.insert(name, error);
            }
        }
        if fields.is_empty() { Ok(Self(query)) } else { Err(Error::Invalid { fields }) }
    }
}

fn take(query: &mut Query, name: &str, value: String) -> Result<(), FieldError> {
    match name {
        "q" if value.chars().count() > MAX_QUESTION => {
            return Err(FieldError::new("field.too_long").with("max", MAX_QUESTION));
        }
        "q" => query.q = Some(value),
        "sort" => query.sort = Some(value),
        "page" => query.page = number(&value, u32::MAX)?,
        "per_page" => query.per_page = number(&value, MAX_PER_PAGE)?,
        "updated_since" => {
            query.updated_since = Some(clock::parse(&value).ok_or_else(|| FieldError::new("field.format"))?);
        }
        "ids" if value.is_empty() => query.ids = Some(Vec::new()),
        "ids" => query.ids = Some(value.split(',').map(|id| id.trim().to_owned()).collect()),
        _ => query.filters.push((name.to_owned(), value)),
    }
    Ok(())
}

/// Reads the words of an address into what is wanted. `take` takes each that says something: an empty value is as good as none.
///
/// # Errors
/// [`Error::Invalid`] names every wrong word.
pub(crate) fn read<Q>(
    words: impl IntoIterator<Item = (String, String)>,
    mut query: Q,
    mut take: impl FnMut(&mut Q, &str, String) -> Result<(), FieldError>,
) -> Result<Q, Error> {
    let mut fields = FieldErrors::new();
    for (name, value) in words.into_iter().filter(|(_, value)| !value.is_empty()) {
        if let Err(error) = take(&mut query, &name, value) {
            fields.insert(name.chars().take(MAX_NAME).collect(), error);
        }
    }
    if fields.is_empty() { Ok(query) } else { Err(Error::Invalid { fields }) }
}

pub(crate) fn flag(value: &str) -> Result<bool, FieldError> {
    match value {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(FieldError::new("field.not_a_bool")),
    }
}

pub(crate) fn number(value: &str, max: u32) -> Result<u32, FieldError> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FieldError::new("field.not_a_number"));
    }
    // A number that no type of ours holds is out of range like any other.
    let number = value.parse::<u32>().ok().filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| FieldError::new("field.out_of_range").with("min", 1).with("max", max))
}

impl App {
    /// A page of a list, and the ledger's position at the same moment.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn list(&self, caller: &Caller, entity: Entity, query: &ListQuery) -> Result<RowPage, Error> {
        caller.must(Right::View(entity))?;
        let ListQuery(query) = query;
        let rows = self.0.store.list(entity, query).await?;
        Ok(RowPage::new(rows, query.page, query.per_page))
    }

    /// Chooses all rows of a list, on all its pages, to be read with [`App::next_part`].
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::TooLarge`] when there are more rows than are given at once.
    pub async fn export(&self, caller: &Caller, entity: Entity, query: &ListQuery) -> Result<Export, Error> {
        caller.must(Right::View(entity))?;
        Ok(self.0.store.export(entity, &query.0).await?)
    }

    /// The next rows of an export; nothing after the last.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn next_part(&self, export: &mut Export) -> Result<Option<Vec<Json>>, Error> {
        Ok(self.0.store.next_part(export).await?)
    }

    /// One row, and the ledger's position at the same moment.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn get(&self, caller: &Caller, entity: Entity, id: &str) -> Result<(Row, Position), Error> {
        caller.must(Right::View(entity))?;
        Ok(self.0.store.get(entity, id).await?)
    }

    /// How many rows an entity has.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Unavailable`].
    pub async fn count(&self, caller: &Caller, entity: Entity) -> Result<i64, Error> {
        caller.must(Right::View(entity))?;
        Ok(self.0.store.count(entity).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[(&str, &str)]) -> Result<ListQuery, Error> {
        ListQuery::read(words.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn known_words_are_read_and_others_filter() {
        let words = [
            ("q", "ёлка"),
            ("sort", "-name"),
            ("page", "2"),
            ("per_page", "10"),
            ("ids", "1, 2"),
            ("updated_since", "1970-01-01T00:00:01Z"),
            ("status", "new"),
        ];

        let ListQuery(query) = read(&words).expect("all is well");

        assert_eq!((query.page, query.per_page), (2, 10));
        assert_eq!(query.ids, Some(vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!(query.updated_since, Some(1000));
        assert_eq!(query.filters, [("status".to_owned(), "new".to_owned())]);
    }

    #[test]
    fn every_wrong_word_is_named() {
        let words = [("page", "0"), ("per_page", "1001"), ("q", &"я".repeat(201)), ("updated_since", "yesterday")];

        let error = read(&words).expect_err("four mistakes");

        assert_eq!(error.fields().into_keys().collect::<Vec<_>>(), ["page", "per_page", "q", "updated_since"]);
    }

    #[test]
    fn a_number_that_is_too_large_is_still_a_number() {
        let code = |page: &str| read(&[("page", page)]).expect_err(page).fields()["page"].code;

        for page in ["0", "-1", "4294967296", "99999999999999999999999999999999999999999"] {
            assert_eq!(code(page), "field.out_of_range", "{page}");
        }
        for page in ["x", "+1", "1.5", "-", " 1"] {
            assert_eq!(code(page), "field.not_a_number", "{page}");
        }
    }

    /// A page that asked for the rows of an empty selection once got all of them.
    #[test]
    fn no_ids_are_no_rows() {
        let ListQuery(query) = read(&[("ids", "")]).expect("all is well");

        assert_eq!(query.ids, Some(Vec::new()));
    }

    #[test]
    fn an_empty_word_is_as_good_as_none() {
        let ListQuery(query) = read(&[("q", ""), ("page", ""), ("status", "")]).expect("all is well");

        assert_eq!(query.page, 1);
        assert!(query.filters.is_empty());
    }
}
