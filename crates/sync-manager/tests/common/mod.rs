//! A real Redis, a ledger in memory and a page that writes down what it hears.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "a module of tests; each file uses its part"
)]

pub mod fleet;
pub mod lines;
mod server;
pub mod site;
pub mod wire;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use lockstep_protocol::{
    Draft, Epoch, EventName, Reason, Record, Room, Scope, Seq,
    ledger::{Head, Ledger, Page, Unreadable},
};
use lockstep_sync_manager::{Cut, Outlet, Run, Sent};
use tokio::sync::watch;

pub use server::{RedisServer, Stranger};

/// The longest a test waits for something that is to happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What the channels of tests begin with.
pub const PREFIX: &str = "lockstep-test:";

/// Waits until something is so that tells nobody when it changes.
pub async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "{what}: waited in vain");
}

/// A ledger of several lives, whose head can be hidden.
#[derive(Default)]
pub struct Book(Mutex<Rows>);

pub struct Rows {
    pub epoch: Epoch,
    pub floor: Seq,
    pub rows: Vec<Record>,
    pub unreadable: bool,
    /// How often it was looked into.
    pub looks: usize,
    /// No question is ever answered.
    pub silent: bool,
}

impl Default for Rows {
    fn default() -> Self {
        Self { epoch: Epoch::new("a"), floor: Seq(0), rows: Vec::new(), unreadable: false, silent: false, looks: 0 }
    }
}

impl Rows {
    fn head(&self) -> Head {
        let top = self.rows.last().map_or(self.floor, |row| row.seq);
        Head { epoch: self.epoch.clone(), floor: self.floor, top }
    }
}

impl Book {
    pub fn edit<T>(&self, change: impl FnOnce(&mut Rows) -> T) -> T {
        change(&mut self.0.lock().expect("no test panicked inside"))
    }

    pub fn commit(&self, room: &Room) -> Record {
        self.commit_scoped(EventName::changed(room), Scope::Room(room.clone()))
    }

    pub fn commit_scoped(&self, event: EventName, scope: Scope) -> Record {
        let (reason, id) = (Reason::Updated, "7".to_owned());
        let draft = Draft { event, reason, worker: 1, scope, id, data: None, rev: None, actor: None, origin: None };
        self.edit(|book| {
            let head = book.head();
            let record = draft.stamped(head.epoch, Seq(head.top.0 + 2), head.top);
            book.rows.push(record.clone());
            record
        })
    }

    fn page(&self, seq: Seq, wanted: impl Fn(&Record) -> bool, limit: usize) -> Result<Page, Unreadable> {
        self.edit(|book| {
            book.looks += 1;
            if book.unreadable {
                return Err(Unreadable("hidden by the test".into()));
            }
            let known = seq == book.floor || book.rows.iter().any(|row| row.seq == seq);
            let rows = book.rows.iter().filter(|row| row.seq > seq && wanted(row)).take(limit).cloned().collect();
            Ok(Page { head: book.head(), known, rows })
        })
    }
}

impl Ledger for Book {
    async fn head(&self) -> Result<Head, Unreadable> {
        self.page(Seq(0), |_| false, 0).map(|page| page.head)
    }

    async fn after(&self, seq: Seq, limit: usize) -> Result<Page, Unreadable> {
        if self.edit(|book| book.silent) {
            std::future::pending::<()>().await;
        }
        self.page(seq, |_| true, limit)
    }

    async fn latest(&self, limit: usize) -> Result<Page, Unreadable> {
        let skipped = self.edit(|book| book.rows.len().saturating_sub(limit));
        let mut page = self.page(Seq(0), |_| true, usize::MAX)?;
        page.rows.drain(..skipped);
        Ok(page)
    }

    async fn of(&self, scopes: &[Scope], seq: Seq, limit: usize) -> Result<Page, Unreadable> {
        self.page(seq, |row| scopes.contains(&row.scope), limit)
    }
}

/// What a page heard, and whether it takes more.
pub struct Ears {
    heard: watch::Sender<Vec<(String, serde_json::Value)>>,
    /// How many events came at a time.
    runs: Mutex<Vec<usize>>,
    full: Mutex<bool>,
    cut: watch::Sender<bool>,
}

impl Ears {
    pub fn open() -> Arc<Self> {
        Arc::new(Self {
            heard: watch::channel(Vec::new()).0,
            runs: Mutex::default(),
            full: Mutex::default(),
            cut: watch::channel(false).0,
        })
    }

    pub fn clog(&self, full: bool) {
        *self.full.lock().expect("no panic inside") = full;
    }

    /// Lets go of everything heard so far.
    pub fn forget(&self) {
        self.heard.send_modify(Vec::clear);
        self.runs.lock().expect("no panic inside").clear();
    }

    pub fn heard(&self) -> Vec<(String, serde_json::Value)> {
        self.heard.borrow().clone()
    }

    pub fn runs(&self) -> Vec<usize> {
        self.runs.lock().expect("no panic inside").clone()
    }

    /// The seqs of the events of this name, in the order they came.
    pub fn seqs(&self, name: &str) -> Vec<i64> {
        let seqs = self.heard();
        seqs.iter().filter(|(event, _)| event == name).filter_map(|(_, payload)| payload["seq"].as_i64()).collect()
    }

    pub async fn until(&self, what: impl Fn(&[(String, serde_json::Value)]) -> bool) {
        let mut heard = self.heard.subscribe();
        let waited = tokio::time::timeout(PATIENCE, heard.wait_for(|heard| what(heard))).await;
        assert!(waited.is_ok(), "waited in vain; heard {:?}", self.heard());
    }

    pub async fn until_seq(&self, name: &str, seq: Seq) {
        self.until(|heard| heard.iter().any(|(event, payload)| event == name && payload["seq"] == seq.0)).await;
    }

    pub async fn until_cut(&self) {
        let mut cut = self.cut.subscribe();
        assert!(tokio::time::timeout(PATIENCE, cut.wait_for(|cut| *cut)).await.is_ok(), "never cut");
    }
}

impl Outlet for Ears {
    fn send(&self, run: &Run) -> Sent {
        if *self.full.lock().expect("no panic inside") {
            return Sent::Full(run.len());
        }
        let parsed =
            |(event, payload): (&str, &str)| (event.to_owned(), serde_json::from_str(payload).expect("finished JSON"));
        self.runs.lock().expect("no panic inside").push(run.len());
        self.heard.send_modify(|heard| heard.extend(run.events().map(parsed)));
        Sent::Queued
    }

    fn cut(&self, _why: Cut) {
        self.cut.send_replace(true);
    }
}
