//! Real processes, real Redis, real PostgreSQL, real nginx, real browsers.
//!
//! The harness under the end-to-end tests and the benchmark. It starts what a machine in service would run, each in its own
//! directory, on unix sockets or port 0, and ends all of it when the test ends, however it ends. It talks to Lockstep only through
//! its outer faces: command line, HTTP, Socket.IO, signals. It never reaches into the product's crates, but for the words of
//! [`lockstep_protocol`].
//!
//! ```no_run
//! # async fn example() {
//! use lockstep_e2e::{Api, Cluster, Page};
//!
//! let cluster = Cluster::workers(3).await;
//! let anna = Api::sign_in_admin(&cluster.worker(0)).await;
//! let mut page = Page::open(&cluster.worker(2), &anna).await;
//! page.join("categories").await;
//! anna.create("categories", serde_json::json!({"name": "Contracts"})).await;
//! assert_eq!(page.event("categories:changed").await.body["data"]["name"], "Contracts");
//! # }
//! ```

mod address;
pub mod api;
mod cluster;
mod disk;
pub mod http;
mod nginx;
pub mod page;
pub mod peers;
pub mod postgres;
pub mod process;
pub mod redis;
mod relay;
mod tree;
mod waiting;

pub use address::{Address, Stream, free_port};
pub use api::Api;
pub use cluster::{Cluster, Shape};
pub use disk::Disk;
pub use http::Reply;
pub use nginx::{Extra, Nginx};
pub use page::{Heard, Page, Refused};
pub use postgres::Postgres;
pub use process::{Launch, Process, runs};
pub use redis::Redis;
pub use relay::{Mood, Relay};
pub use tree::{lockstep, repository};
pub use waiting::{LIMIT, eventually, within};
