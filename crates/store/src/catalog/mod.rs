//! The catalogue as people look at it: products with their prices and rests, the tree of groups, customers.
//!
//! It only reads; what an import writes is in `goods`. Each answer is read in one transaction together with the position of the
//! ledger, so whatever is not in it comes later than that. A page of products costs a fixed number of statements however many it has:
//! one chooses the page, one each reads the rows, their groups, prices and rests. Amounts are exact: they are text in JSON, and are
//! compared and summed as decimals, never as floats.

mod amounts;
mod customers;
mod groups;
mod narrow;
mod page;
mod product;
mod summary;

pub use customers::CustomersQuery;
pub use narrow::{Deleted, ProductsQuery};
