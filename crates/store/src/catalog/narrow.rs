//! Which products are wanted, and in which order.

use crate::{
    engine::{Statement, sql},
    error::Error,
    fold,
    row::{can_be_kept, parse_id},
};

/// Whether deleted rows are wanted. Imports never take rows away, they mark them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deleted {
    /// Only those that are there.
    #[default]
    Without,
    /// Only those that are deleted.
    Only,
    /// All.
    With,
}

/// What is wanted of the products.
#[derive(Debug, Clone, Default)]
pub struct ProductsQuery {
    /// Words that must all occur, whatever their case.
    pub q: Option<String>,
    /// Only products of this group and of those below it.
    pub group: Option<String>,
    /// Only products of this brand.
    pub brand: Option<String>,
    /// Whether deleted ones are wanted.
    pub deleted: Deleted,
    /// Only products of which some warehouse has more than nothing.
    pub in_stock: bool,
    /// The type of the price that is shown and sorted by; the first one when absent.
    pub price_type: Option<String>,
    /// `name`, `sku`, `updated_at`, `price` or `stock`, with `-` in front for the other way round; by name when absent.
    pub sort: Option<String>,
    /// The page, from 1.
    pub page: u32,
    /// Products of a page, at most [`MAX_PER_PAGE`](crate::MAX_PER_PAGE).
    pub per_page: u32,
}

/// The query as the database understands it.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    query: &'a ProductsQuery,
    group: Option<i64>,
    brand: Option<i64>,
    order: Order,
    down: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Name,
    Sku,
    Changed,
    Price,
    Stock,
}

impl<'a> Wanted<'a> {
    pub(super) fn new(query: &'a ProductsQuery) -> Result<Self, Error> {
        let sort = query.sort.as_deref().unwrap_or("name");
        let (name, down) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        let order = match name {
            "name" => Order::Name,
            "sku" => Order::Sku,
            "updated_at" => Order::Changed,
            "price" => Order::Price,
            "stock" => Order::Stock,
            _ => return Err(bad("sort")),
        };
        let (group, brand) = (id(query.group.as_deref(), "group")?, id(query.brand.as_deref(), "brand")?);
        Ok(Self { query, group, brand, order, down })
    }

    /// How many there are.
    pub(super) fn count(&self) -> Statement {
        let mut count = sql("SELECT count(*) FROM products t");
        self.restrict(&mut count);
        count
    }

    /// The ids of one page in their order; prices are those of `price_type`.
    pub(super) fn ids(&self, price_type: Option<i64>) -> Statement {
        let mut select = sql("SELECT t.id FROM products t");
        self.restrict(&mut select);
        select.push(" ORDER BY ");
        self.sort(&mut select, price_type);
        let size = i64::from(self.query.per_page.clamp(1, crate::MAX_PER_PAGE));
        let skip = i64::from(self.query.page.max(1) - 1) * size;
        select.push(" LIMIT ").push_bind(size).push(" OFFSET ").push_bind(skip);
        select
    }

    fn restrict(&self, statement: &mut Statement) {
        let question = self.query.q.as_deref().unwrap_or_default();
        let can_match = can_be_kept(question);
        statement.push(if can_match { " WHERE 1 = 1" } else { " WHERE 1 = 0" });
        statement.push(match self.query.deleted {
            Deleted::Without => " AND t.deleted = 0",
            Deleted::Only => " AND t.deleted = 1",
            Deleted::With => "",
        });
        for pattern in fold::patterns(if can_match { question } else { "" }) {
            statement.push(" AND t.search LIKE ").push_bind(pattern).push(" ESCAPE '\\'");
        }
        if let Some(brand) = self.brand {
            statement.push(" AND t.brand_id = ").push_bind(brand);
        }
        if let Some(group) = self.group {
            below(statement, group);
        }
        if self.query.in_stock {
            statement.push(
                " AND EXISTS (SELECT 1 FROM variants v JOIN stocks s ON s.variant_id = v.id WHERE v.product_id = t.id \
                 AND v.deleted = 0 AND CAST(s.qty AS NUMERIC) > 0)",
            );
        }
    }

    /// What has no price, no rest or no article number comes last, whichever way the others go. The id makes the order whole: products
    /// that are otherwise equal must not wander between pages.
    fn sort(&self, statement: &mut Statement, price_type: Option<i64>) {
        match self.order {
            Order::Name => statement.push("t.folded"),
            Order::Sku => statement.push("t.sku"),
            Order::Changed => statement.push("t.updated_at"),
            Order::Price => statement
                .push(
                    "(SELECT min(CAST(p.amount AS NUMERIC)) FROM variants v JOIN prices p ON p.variant_id = v.id \
                     WHERE v.product_id = t.id AND v.deleted = 0 AND p.price_type_id = ",
                )
                .push_bind(price_type)
                .push(")"),
            Order::Stock => statement.push(
                "(SELECT sum(CAST(s.qty AS NUMERIC)) FROM variants v JOIN stocks s ON s.variant_id = v.id \
                 WHERE v.product_id = t.id AND v.deleted = 0)",
            ),
        };
        let direction = if self.down { " DESC" } else { "" };
        statement.push(direction);
        if matches!(self.order, Order::Sku | Order::Price | Order::Stock) {
            statement.push(" NULLS LAST");
        }
        statement.push(", t.id").push(direction);
    }
}

/// Products of a group and of those below it. A circle, which no import of ours makes, ends all the same.
fn below(statement: &mut Statement, group: i64) {
    statement.push(
        " AND t.id IN (SELECT product_id FROM product_in_group WHERE group_id IN (WITH RECURSIVE below (id) AS \
         (SELECT id FROM product_groups WHERE id = ",
    );
    statement
        .push_bind(group)
        .push(" UNION SELECT g.id FROM product_groups g JOIN below b ON g.parent_id = b.id) SELECT id FROM below))");
}

/// The number behind an id that a query names.
pub(super) fn id(given: Option<&str>, field: &str) -> Result<Option<i64>, Error> {
    given.map(|given| parse_id(given).ok_or_else(|| bad(field))).transpose()
}

pub(super) fn bad(field: &str) -> Error {
    Error::BadQuery { field: field.to_owned() }
}
