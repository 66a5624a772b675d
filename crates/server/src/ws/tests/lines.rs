//! Log lines at the raw doors.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering},
};

use lockstep_protocol::log::{Batch, Level, Line, LogType};

use super::*;

/// Writes lines of one worker.
struct Writer<'a> {
    site: &'a Site,
    n: AtomicU64,
}

impl<'a> Writer<'a> {
    fn of(site: &'a Site) -> Self {
        Self { site, n: AtomicU64::new(0) }
    }

    /// One batch of lines with these messages.
    fn write(&self, level: Level, messages: &[&str]) {
        let lines = messages.iter().map(|message| Arc::new(self.line(level, message))).collect();
        self.site.state.sync.log(&Batch { from: "here".to_owned(), lines });
    }

    fn line(&self, level: Level, message: &str) -> Line {
        let n = self.n.fetch_add(1, Ordering::Relaxed) + 1;
        Line {
            id: format!("l{n}"),
            n,
            timestamp: "2026-01-01T00:00:00.000Z".to_owned(),
            level,
            kind: LogType::Scan,
            message: message.to_owned(),
            source: "scan-1".to_owned(),
            environment: "production".to_owned(),
            worker: 1,
            metadata: None,
        }
    }
}

impl RawClient {
    /// The messages of lines up to the end of what came before.
    pub(super) async fn backfill(&mut self) -> Vec<String> {
        let mut messages = Vec::new();
        loop {
            let next = self.next().await;
            if next["type"] == "backfill_end" {
                assert_eq!(next["count"], messages.len());
                return messages;
            }
            assert_eq!((&next["type"], &next["backfill"]), (&"log_entry".into(), &true.into()), "{next}");
            messages.push(next["data"]["message"].as_str().expect("text").to_owned());
        }
    }

    /// The message of the next line as it comes.
    async fn line(&mut self) -> String {
        let next = self.next().await;
        assert_eq!((&next["type"], &next["backfill"]), (&"log_entry".into(), &Value::Null), "{next}");
        next["data"]["message"].as_str().expect("text").to_owned()
    }
}

/// Returns once a reader is shown `message` among what came before.
async fn kept(site: &Site, token: &str, message: &str) {
    let seen = async {
        loop {
            let mut client = site.client(STREAM, token).await;
            if client.backfill().await.iter().any(|kept| kept == message) {
                return;
            }
        }
    };
    timeout(PATIENCE, seen).await.expect("the line is kept");
    site.empty().await;
}

#[tokio::test]
async fn a_stream_shows_what_came_before_and_then_what_comes_as_its_filter_wants() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let writer = Writer::of(&site);
    writer.write(Level::Error, &["old error"]);
    writer.write(Level::Info, &["old news"]);
    kept(&site, &token, "old news").await;

    let mut client =
        site.open(&format!("{STREAM}?level=error"), &[("cookie", &format!("lockstep_session={token}"))]).await;
    assert_eq!(client.next().await["filters"]["level"], json!(["error"]));
    assert_eq!(client.backfill().await, ["old error"]);
    writer.write(Level::Info, &["news"]);
    writer.write(Level::Error, &["error"]);
    assert_eq!(client.line().await, "error");

    let set = client.ask(&json!({"type": "set_filters", "filters": {"level": "info"}, "backfill": 1})).await;
    assert_eq!((&set["type"], &set["filters"]["level"]), (&"filters_set".into(), &json!(["info"])));
    assert_eq!(client.backfill().await, ["news"]);
    writer.write(Level::Error, &["another error"]);
    writer.write(Level::Info, &["more news"]);
    assert_eq!(client.line().await, "more news");
}

#[tokio::test]
async fn a_filter_that_is_wrong_is_told_of_and_the_old_one_stays() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let mut client = site.client(STREAM, &token).await;
    client.backfill().await;

    let error = client.ask(&json!({"type": "set_filters", "filters": {"level": "loud"}})).await;
    assert_eq!((&error["code"], &error["field"]), (&"bad_filter".into(), &"level".into()), "{error}");
    let error = client.ask(&json!({"type": "set_filters", "filters": {}, "backfill": "all"})).await;
    assert_eq!((&error["code"], &error["field"]), (&"bad_filter".into(), &"backfill".into()), "{error}");

    Writer::of(&site).write(Level::Debug, &["still here"]);
    assert_eq!(client.line().await, "still here");
    let mut client =
        site.open(&format!("{STREAM}?type=dance"), &[("cookie", &format!("lockstep_session={token}"))]).await;
    assert_eq!(client.next().await["filters"]["type"], Value::Null);
    assert_eq!(client.next().await["field"], "type");
}

#[tokio::test]
async fn who_pauses_is_told_how_many_he_missed() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut client, mut witness) = (site.client(STREAM, &token).await, site.client(STREAM, &token).await);
    client.backfill().await;
    witness.backfill().await;
    let writer = Writer::of(&site);
    writer.write(Level::Info, &["before"]);
    assert_eq!((client.line().await, witness.line().await), ("before".to_owned(), "before".to_owned()));

    assert_eq!(client.ask(&json!({"type": "pause"})).await, json!({"type": "paused"}));
    writer.write(Level::Info, &["one", "two"]);
    assert_eq!((witness.line().await, witness.line().await), ("one".to_owned(), "two".to_owned()));

    let gap = client.ask(&json!({"type": "resume"})).await;
    assert_eq!(gap, json!({"type": "gap", "dropped": 2, "why": "paused", "after": "l1"}));
    writer.write(Level::Info, &["after"]);
    assert_eq!(client.line().await, "after");
}

#[tokio::test]
async fn the_older_door_has_all_lines_in_the_older_words_and_only_those_that_come() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let writer = Writer::of(&site);
    writer.write(Level::Info, &["old"]);
    kept(&site, &token, "old").await;
    let key = site.key(&["logs.view"]).await;
    let mut program = site.open(LOGS, &[("authorization", &format!("Bearer {key}"))]).await;
    assert_eq!(program.next().await["user"], Value::Null);
    let mut person = site.client(LOGS, &token).await;
    // Both are readers before the line comes.
    for client in [&mut program, &mut person] {
        assert_eq!(client.ask(&json!({"type": "ping"})).await["type"], "pong");
    }

    writer.write(Level::Warning, &["new"]);

    for client in [&mut program, &mut person] {
        let line = client.next().await;
        assert_eq!(line["type"], "log");
        assert_eq!((&line["content"], &line["logger"]), (&"new".into(), &"scan".into()));
        assert_eq!((&line["level"], &line["source"]), (&"warning".into(), &"scan-1".into()));
        assert_eq!(line["timestamp"], "2026-01-01T00:00:00.000Z");
        let error = client.ask(&json!({"type": "set_filters", "filters": {}})).await;
        assert_eq!(error["code"], "unknown_type", "this door has no filters");
    }
}

/// A client that reads nothing for a while: its socket and its lane fill, and it is told of each line that it lost.
#[tokio::test]
async fn who_reads_too_slowly_loses_a_number_of_lines_that_he_is_told() {
    const LINES: usize = 20_000;
    let site = site(&[
        ("LOCKSTEP__LIMITS__SOCKET_QUEUE_BYTES", "65536"),
        ("LOCKSTEP__LIMITS__WRITE_STALL_S", "120"),
        ("LOCKSTEP__SOCKETIO__PING_INTERVAL_MS", "120000"),
        ("LOCKSTEP__SOCKETIO__PING_TIMEOUT_MS", "120000"),
    ])
    .await;
    let token = site.anna().await;
    let (mut slow, mut witness) = (site.client(STREAM, &token).await, site.client(STREAM, &token).await);
    slow.backfill().await;
    witness.backfill().await;
    let writer = Writer::of(&site);
    let text = "x".repeat(1_000);

    let mut to_come: VecDeque<usize> = std::iter::repeat_n(500, LINES / 500).collect();
    while let Some(lines) = to_come.pop_front() {
        writer.write(Level::Info, &vec![text.as_str(); lines]);
        for _ in 0..lines {
            witness.line().await;
        }
    }
    writer.write(Level::Info, &["the last"]);

    let (mut heard, mut lost) = (0, 0);
    loop {
        let next = slow.next().await;
        match next["type"].as_str() {
            Some("gap") => lost += next["dropped"].as_u64().expect("a number"),
            Some("log_entry") if next["data"]["message"] == "the last" => break,
            _ => heard += 1,
        }
    }
    assert!(lost > 0, "nothing was lost: the test is too small");
    assert_eq!(heard + lost, LINES as u64);
}

#[tokio::test]
async fn a_reader_who_may_no_longer_read_hears_not_one_line_more() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let mut client = site.client(STREAM, &token).await;
    client.backfill().await;

    site.grant("anna", &[]).await;
    let seats = async {
        while site.raw.seats().iter().any(|seat| !seat.is_going()) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, seats).await.expect("told to go");
    Writer::of(&site).write(Level::Info, &["secret"]);

    let close = match client.hear().await {
        Heard::Closed(close) => close,
        Heard::Text(text) => panic!("{text}"),
    };
    assert_eq!(close.map(|(code, _)| code), Some(4403));
}
