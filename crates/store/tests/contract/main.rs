//! What every database beneath the store must do: one suite, run against each engine.
//!
//! A test is a function over a fresh [`world::World`]; `contract!` lists the tests of a file and runs them against every engine there
//! is. A new engine is one more [`world::Engine`] and one more line in the macro.

/// Runs each test of a file against every engine.
macro_rules! contract {
    ($($test:ident),+ $(,)?) => {
        contract!(for sqlite = Sqlite: $($test),+);
        contract!(for postgres = Postgres: $($test),+);
    };
    (for $name:ident = $engine:ident: $($test:ident),+) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test(crate::world::World::<crate::world::$engine>::fresh().await).await;
                }
            )+
        }
    };
}

mod access;
mod audit;
mod cancel;
mod catalog;
mod crash;
mod debts;
mod entities;
mod export;
mod figures;
mod full;
mod goods;
mod jobs;
mod jobs_crash;
mod ledger;
mod locks;
mod logs;
mod notices;
mod opening;
mod publish;
mod races;
mod scan;
mod seen;
mod server;
mod shop;
mod world;
