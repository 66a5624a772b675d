//! A shop of a hundred thousand goods is imported while people look at pages and change rows: how long it takes, what it costs, and what
//! they notice of it.
//!
//! The server has one core for all of it, Redis beside it. The same exchange once more shows what it costs to find that nothing is new.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use lockstep_commerceml::sample::{Encoding, Shop};
use lockstep_e2e::{Address, Api};
use serde_json::{Value, json};

use crate::{
    cost,
    figures::{Findings, Measure},
    measure::percentiles,
    system::lockstep::{Lockstep, Setup},
};

/// Products of the shop; each third has three offers.
pub(crate) const PRODUCTS: u64 = 100_000;

/// The figures that have a target.
pub(crate) const SECONDS: &str = "the first import, s";
pub(crate) const GROWN: &str = "the worker's memory, at its largest, beyond what it was before, MB";
pub(crate) const PAGE: &str = "meanwhile a page has its list: p99 ms";
pub(crate) const EDIT: &str = "meanwhile an edit has its answer: p99 ms";
pub(crate) const WRITTEN: &str = "rows that the second import of the same wrote";

const SHOP: Shop = Shop {
    products: PRODUCTS,
    per_file: 1_000,
    properties: 3,
    price_types: 3,
    warehouses: 2,
    customers: 0,
    encoding: Encoding::Utf8Marked,
};

const SETUP: Setup = Setup { workers: 1, settings: &[] };

/// Between two requests of each sort.
const EVERY: Duration = Duration::from_millis(100);

/// Between two looks at the session and the memory.
const LOOK: Duration = Duration::from_millis(250);

/// An import that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(900);

/// What somebody noticed while the import ran.
struct Seen {
    session: Value,
    seconds: f64,
    /// Bytes.
    largest: u64,
    pages: (f64, f64),
    edits: (f64, f64),
}

pub(super) async fn turn(findings: &mut Findings) -> Result<(), String> {
    let lockstep = Lockstep::start_as(SETUP).await;
    Shop::write(&lockstep.data().join("imports/shop"), SHOP.folders()).map_err(|error| error.to_string())?;
    let admin = Api::sign_in_admin(&Address::Tcp(lockstep.addresses[0])).await;
    // What the first requests need stays; it is no growth of the import.
    for _ in 0..20 {
        list(&admin).await;
    }
    let before = cost::resident(&lockstep.workers());

    let first = import(&lockstep, &admin).await?;
    let again = import(&lockstep, &admin).await?;

    let rows = counted(&first.session, &["read"]);
    let mut add = |what: &str, digits, value| findings.add(Measure::Imports, what, digits, value);
    add(SECONDS, 1, first.seconds);
    add("rows/s of it", 0, rows / first.seconds);
    add(GROWN, 1, first.largest.saturating_sub(before) as f64 / 1024.0 / 1024.0);
    add("meanwhile a page has its list: p50 ms", 1, first.pages.0);
    add(PAGE, 1, first.pages.1);
    add("meanwhile an edit has its answer: p50 ms", 1, first.edits.0);
    add(EDIT, 1, first.edits.1);
    add("the second import of the same, s", 1, again.seconds);
    add(WRITTEN, 0, counted(&again.session, &["created", "updated", "deactivated"]));
    Ok(())
}

/// One import from its start to its end, with people at work beside it.
async fn import(lockstep: &Lockstep, admin: &Api) -> Result<Seen, String> {
    let began = Instant::now();
    let order = json!({"type": "catalog", "source": "shop"});
    let session = admin.post("/api/imports", &order).await.expect(202).json();
    let id = session["id"].as_str().unwrap_or_default().to_owned();
    let row = admin.create("categories", json!({"name": format!("Beside import {id}")})).await;
    let mut rev = row["rev"].as_u64().unwrap_or(1);
    let path = format!("/api/categories/{}", row["id"].as_str().unwrap_or_default());
    let over = Cell::new(false);
    let pages = paced(&over, async || list(admin).await);
    let edits = paced(&over, async || {
        let reply = admin.patch(&path, rev, &json!({"description": rev.to_string()})).await.expect(200);
        rev = reply.json()["rev"].as_u64().unwrap_or(rev + 1);
    });
    let (ended, pages, edits) = tokio::join!(watch(lockstep, admin, &id, &over), pages, edits);
    let (session, largest) = ended?;
    Ok(Seen {
        session,
        seconds: began.elapsed().as_secs_f64(),
        largest,
        pages: percentiles(pages),
        edits: percentiles(edits),
    })
}

/// The session once it is over, and the largest memory until then.
async fn watch(lockstep: &Lockstep, admin: &Api, id: &str, over: &Cell<bool>) -> Result<(Value, u64), String> {
    let (began, mut largest) = (Instant::now(), 0);
    loop {
        tokio::time::sleep(LOOK).await;
        largest = largest.max(cost::resident(&lockstep.workers()));
        let session = admin.get(&format!("/api/imports/{id}")).await.expect(200).json();
        let ended = session["finishedAt"].is_string();
        over.set(ended || began.elapsed() > LIMIT);
        if ended && session["state"] == "completed" {
            return Ok((session, largest));
        }
        if over.get() {
            return Err(format!("the import did not complete: {session}"));
        }
    }
}

/// Does something at its pace until it is over; gives how long each took.
async fn paced(over: &Cell<bool>, mut work: impl AsyncFnMut()) -> Vec<Duration> {
    let mut took = Vec::new();
    while !over.get() {
        let began = Instant::now();
        work().await;
        took.push(began.elapsed());
        tokio::time::sleep_until((began + EVERY).into()).await;
    }
    took
}

async fn list(admin: &Api) {
    let _ = admin.get("/api/categories?per_page=50").await.expect(200);
}

/// The sum of these counts over all kinds of rows.
fn counted(session: &Value, names: &[&str]) -> f64 {
    let kinds = session["counts"].as_object().into_iter().flatten();
    kinds.flat_map(|(_, counts)| names.iter().filter_map(|name| counts[*name].as_f64())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_summed_over_the_kinds_of_rows() {
        let session =
            json!({"counts": {"products": {"created": 2, "updated": 1}, "prices": {"created": 3, "read": 9}}});

        assert_eq!(counted(&session, &["created", "updated"]), 6.0);
        assert_eq!(counted(&json!({}), &["created"]), 0.0);
    }
}
