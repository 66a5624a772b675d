//! Looking at the catalogue that imports have brought: products, the tree of groups, customers. For those who may run imports.

use lockstep_protocol::Position;
use lockstep_store::{CustomersQuery, Deleted, ProductsQuery};
use serde_json::Value as Json;

use crate::{
    App, Caller, DEFAULT_PER_PAGE, Error, RowPage,
    error::FieldError,
    list::{MAX_QUESTION, flag, number, read},
    rights::Right,
};

/// The most products or customers of a page: each brings its prices and rests along.
const MAX_PER_PAGE: u32 = 200;

/// The last page that can be asked for. Rows before it are passed over one by one, and nobody turns a thousand leaves.
const MAX_PAGE: u32 = 100_000;

/// What is wanted of the products, read from the words of an address.
#[derive(Debug, Clone)]
pub struct CatalogQuery(ProductsQuery);

/// What is wanted of the customers, read the same way.
#[derive(Debug, Clone)]
pub struct CustomerQuery(CustomersQuery);

impl CatalogQuery {
    /// Reads `q`, `group`, `brand`, `price_type` (ids), `deleted` (`0`, `1` or `all`), `in_stock` (`0` or `1`), `sort`, `page` and
    /// `per_page` (50, at most 200). An empty value is as good as none.
    ///
    /// # Errors
    /// [`Error::Invalid`] names every wrong word. Ids and the sort are judged later.
    pub fn read(words: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let first = ProductsQuery { page: 1, per_page: DEFAULT_PER_PAGE, ..ProductsQuery::default() };
        read(words, first, |query, name, value| {
            match name {
                "q" => query.q = Some(question(value)?),
                "group" => query.group = Some(value),
                "brand" => query.brand = Some(value),
                "price_type" => query.price_type = Some(value),
                "deleted" => query.deleted = deleted(&value)?,
                "in_stock" => query.in_stock = flag(&value)?,
                "sort" => query.sort = Some(value),
                "page" => query.page = number(&value, MAX_PAGE)?,
                "per_page" => query.per_page = number(&value, MAX_PER_PAGE)?,
                _ => return Err(FieldError::new("field.unknown")),
            }
            Ok(())
        })
        .map(Self)
    }
}

impl CustomerQuery {
    /// Reads `q`, `sort`, `page` and `per_page` (50, at most 200).
    ///
    /// # Errors
    /// As [`CatalogQuery::read`].
    pub fn read(words: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let first = CustomersQuery { page: 1, per_page: DEFAULT_PER_PAGE, ..CustomersQuery::default() };
        read(words, first, |query, name, value| {
            match name {
                "q" => query.q = Some(question(value)?),
                "sort" => query.sort = Some(value),
                "page" => query.page = number(&value, MAX_PAGE)?,
                "per_page" => query.per_page = number(&value, MAX_PER_PAGE)?,
                _ => return Err(FieldError::new("field.unknown")),
            }
            Ok(())
        })
        .map(Self)
    }
}

fn question(value: String) -> Result<String, FieldError> {
    match value.chars().count() <= MAX_QUESTION {
        true => Ok(value),
        false => Err(FieldError::new("field.too_long").with("max", MAX_QUESTION)),
    }
}

fn deleted(value: &str) -> Result<Deleted, FieldError> {
    match value {
        "0" => Ok(Deleted::Without),
        "1" => Ok(Deleted::Only),
        "all" => Ok(Deleted::With),
        _ => Err(FieldError::new("field.not_allowed")),
    }
}

impl App {
    /// A page of the products, each with its least prices and its rest.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn products(&self, caller: &Caller, CatalogQuery(query): &CatalogQuery) -> Result<RowPage, Error> {
        caller.must(Right::ImportsRun)?;
        Ok(RowPage::new(self.0.store.products(query).await?, query.page, query.per_page))
    }

    /// One product with all that is known of it.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn product(&self, caller: &Caller, id: &str) -> Result<(Json, Position), Error> {
        caller.must(Right::ImportsRun)?;
        Ok(self.0.store.product(id).await?)
    }

    /// How much there is, and what products can be chosen by.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Unavailable`].
    pub async fn catalog(&self, caller: &Caller) -> Result<(Json, Position), Error> {
        caller.must(Right::ImportsRun)?;
        Ok(self.0.store.catalog().await?)
    }

    /// All groups of products, each with its parent and the number of its products.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Unavailable`].
    pub async fn product_groups(&self, caller: &Caller) -> Result<(Vec<Json>, Position), Error> {
        caller.must(Right::ImportsRun)?;
        Ok(self.0.store.product_groups().await?)
    }

    /// A page of the customers.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn customers(&self, caller: &Caller, CustomerQuery(query): &CustomerQuery) -> Result<RowPage, Error> {
        caller.must(Right::ImportsRun)?;
        Ok(RowPage::new(self.0.store.customers(query).await?, query.page, query.per_page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[(&str, &str)]) -> Result<CatalogQuery, Error> {
        CatalogQuery::read(words.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn what_is_asked_for_is_read() {
        let words =
            [("q", "болт"), ("group", "5"), ("deleted", "all"), ("in_stock", "1"), ("per_page", "200"), ("brand", "")];

        let CatalogQuery(query) = read(&words).expect("all is well");

        assert_eq!((query.q.as_deref(), query.group.as_deref(), query.brand), (Some("болт"), Some("5"), None));
        assert_eq!((query.deleted, query.in_stock, query.page, query.per_page), (Deleted::With, true, 1, 200));
    }

    #[test]
    fn every_wrong_word_is_named() {
        let long = "я".repeat(MAX_QUESTION + 1);
        let words = [
            ("deleted", "yes"),
            ("in_stock", "2"),
            ("per_page", "201"),
            ("page", "0"),
            ("q", &long),
            ("colour", "red"),
        ];

        let fields = read(&words).expect_err("six mistakes").fields();

        assert_eq!(fields.into_keys().collect::<Vec<_>>(), ["colour", "deleted", "in_stock", "page", "per_page", "q"]);
        let CustomerQuery(query) = CustomerQuery::read([("page".to_owned(), "2".to_owned())]).expect("all is well");
        assert_eq!((query.page, query.per_page), (2, DEFAULT_PER_PAGE));
        assert!(CustomerQuery::read([("group".to_owned(), "2".to_owned())]).is_err());
    }
}
