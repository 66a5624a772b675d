//! A 1C exchange in, typed rows and problems out.
//!
//! CommerceML as 1C really sends it: 2.04 to 2.10 and 3.1, one pair of files or folders of many, in UTF-8 or windows-1251, loose or in an
//! archive. What a file brings is told by what stands in it, never by its name.
//!
//! A bad row is a [`Problem`] with its file, line, column and `Ид`, and never fails the file; a broken or hostile file is an [`Error`] that
//! says why. Memory has a bound at any size. The crate knows no store, no runtime and no clock: reading blocks, so run it where blocking
//! is allowed.
//!
//! ```no_run
//! use lockstep_commerceml::{Found, Limits, Source};
//!
//! let source = Source::open("/srv/exchange".as_ref(), "2025-09-12", &Limits::default())?;
//! for part in source.parts() {
//!     for item in source.read(part)? {
//!         match item?.found {
//!             Found::Row(row) => println!("{:?} {}", row.kind(), row.id()),
//!             Found::Problem(problem) => println!("{problem}"),
//!             Found::End(summary) => println!("{} bytes, whole", summary.bytes),
//!         }
//!     }
//! }
//! # Ok::<(), lockstep_commerceml::Error>(())
//! ```

mod error;
mod limits;
mod number;
mod place;
mod problem;
mod reader;
mod row;
mod rows;
#[cfg(feature = "sample")]
pub mod sample;
mod source;
mod summary;
mod xml;

pub use error::{Error, Refusal, Why};
pub use limits::Limits;
pub use number::decimal;
pub use place::Place;
pub use problem::{Code, Problem, Severity};
pub use reader::{Found, Item, Reader};
pub use row::{
    Brand, Characteristic, Customer, CustomerKind, Group, Kind, Maker, Offer, Price, PriceType, Product, Property,
    PropertyValue, PropertyVariant, Row, Stock, Unit, ValueType, Warehouse,
};
pub use rust_decimal::Decimal;
pub use source::{Cursor, Listed, Part, Source, list, within};
pub use summary::{Section, SectionName, Summary};
