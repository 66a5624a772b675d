//! Log lines as pages read them, by the lane and by the engine.

use lockstep_protocol::log::{Batch, Filter, Level, Line, LogType};
use rustix::net::sockopt::set_socket_send_buffer_size;

use super::*;

/// What the kernel holds of a connection that is to be slow; with less it would wait for each acknowledgement.
const SEND_BUFFER: usize = 64 * 1024;

/// Both ways to a page.
const WAYS: [&str; 2] = ["true", "false"];

/// No test here asks for too much, and what may wait is soon full.
async fn site_by(fast_lane: &str) -> Site {
    site(&[
        ("LOCKSTEP__SYNC__FAST_LANE", fast_lane),
        ("LOCKSTEP__LIMITS__SOCKET_EVENTS_BURST", "100"),
        ("LOCKSTEP__LIMITS__SOCKET_QUEUE_PACKETS", "64"),
    ])
    .await
}

const MAY_READ: [&str; 3] = ["files.view", "categories.view", "logs.view"];

fn line(n: u64, message: &str) -> Arc<Line> {
    let level = if message.contains("error") { Level::Error } else { Level::Info };
    Arc::new(Line {
        id: n.to_string(),
        n,
        timestamp: "2026-01-01T00:00:00.000Z".into(),
        level,
        kind: LogType::Info,
        message: message.into(),
        source: "test".into(),
        environment: "test".into(),
        worker: 1,
        metadata: None,
    })
}

impl Site {
    /// The worker `a` takes in these lines.
    fn log(&self, lines: impl IntoIterator<Item = Arc<Line>>) {
        self.state.sync.log(&Batch { from: "a".into(), lines: lines.into_iter().collect() });
    }

    async fn readers(&self, count: usize) {
        while self.state.sync.counters().logs.readers.get() != count {
            tokio::task::yield_now().await;
        }
    }
}

impl Page {
    async fn ask(&mut self, name: &str, data: Value) -> Value {
        self.send(&Packet::event(Some(7), name, data)).await;
        loop {
            match self.next().await {
                Packet::Ack { id: 7, mut args } => return args.remove(0),
                Packet::Event { .. } => {}
                other => panic!("{other} instead of an ack"),
            }
        }
    }

    /// The ids of the lines of an event, which must be the next one.
    async fn ids(&mut self, name: &str) -> Vec<u64> {
        let said = self.event(name).await;
        let lines = said.as_array().or_else(|| said["lines"].as_array()).expect("lines");
        lines.iter().map(|line| line["n"].as_u64().expect("a number")).collect()
    }

    /// Live lines until `last` has come, and how many the page was told that it lost.
    async fn lines_and_losses(&mut self, last: u64) -> (Vec<u64>, u64) {
        let (mut lines, mut lost) = (Vec::new(), 0);
        while lines.last() != Some(&last) {
            match self.next().await {
                Packet::Event { name, args, .. } if name == "log" => {
                    let some = args[0].as_array().expect("lines").iter();
                    lines.extend(some.map(|line| line["n"].as_u64().expect("a number")));
                }
                Packet::Event { name, args, .. } if name == "log:gap" => {
                    assert_eq!(args[0]["why"], "slow");
                    lost += args[0]["dropped"].as_u64().expect("a count");
                }
                other => panic!("{other} instead of lines"),
            }
        }
        (lines, lost)
    }

    /// Live lines until `last` has come.
    async fn lines_until(&mut self, last: u64) -> Vec<u64> {
        let mut lines = Vec::new();
        while lines.last() != Some(&last) {
            lines.extend(self.ids("log").await);
        }
        lines
    }
}

#[tokio::test]
async fn a_page_in_the_room_sees_what_came_before_and_then_each_line_as_it_comes() {
    for fast_lane in WAYS {
        let site = site_by(fast_lane).await;
        let token = site.anna_who_may(&MAY_READ).await;
        site.log((1..=3).map(|n| line(n, "before")));
        while site.state.sync.logs().recent(&Filter::default(), 10).len() < 3 {
            tokio::task::yield_now().await;
        }
        let (mut page, _) = site.page(&token).await;

        page.send(&Packet::event(Some(1), "sync:join", json!({"room": "logs"}))).await;
        assert!(matches!(page.next().await, Packet::Ack { id: 1, .. }), "the answer comes first");
        assert_eq!(page.ids("log:backfill").await, [1, 2, 3]);
        site.log([line(4, "<b>now</b>")]);

        let said = page.event("log").await;
        let expect = json!([{"id": "4", "n": 4, "timestamp": "2026-01-01T00:00:00.000Z", "level": "info", "type": "info",
            "message": "<b>now</b>", "source": "test", "environment": "test", "worker": 1}]);
        assert_eq!(said, expect);
    }
}

#[tokio::test]
async fn a_page_may_choose_and_is_told_what_it_has_chosen() {
    for fast_lane in WAYS {
        let site = site_by(fast_lane).await;
        let token = site.anna_who_may(&MAY_READ).await;
        let (mut page, _) = site.page(&token).await;
        assert_eq!(page.ask("logs:filter", json!({})).await["error"], "bad_request", "not joined yet");
        assert!(page.join("logs").await);
        assert!(page.ids("log:backfill").await.is_empty());
        site.log((1..=4).map(|n| line(n, if n % 2 == 0 { "an error" } else { "fine" })));
        page.lines_until(4).await;

        let bad = page.ask("logs:filter", json!({"level": "loud"})).await;
        let chosen = page.ask("logs:filter", json!({"level": "error", "backfill": 1})).await;
        assert_eq!(page.ids("log:backfill").await, [4]);
        site.log((5..=6).map(|n| line(n, if n % 2 == 0 { "an error" } else { "fine" })));

        assert_eq!(page.lines_until(6).await, [6]);
        assert_eq!((&bad["error"], &bad["field"]), (&json!("bad_filter"), &json!("level")));
        let filter = json!({"type": null, "level": ["error"], "source": null, "environment": null, "text": null,
            "regex": null});
        assert_eq!(chosen, json!({"ok": true, "filter": filter}));
    }
}

#[tokio::test]
async fn lines_that_nobody_has_are_a_gap() {
    let site = site_by("true").await;
    let token = site.anna_who_may(&MAY_READ).await;
    let (mut page, _) = site.page(&token).await;
    assert!(page.join("logs").await);
    page.ids("log:backfill").await;

    site.log([line(1, "one"), line(5, "five")]);

    assert_eq!(page.ids("log").await, [1]);
    assert_eq!(page.event("log:gap").await, json!({"dropped": 3, "why": "wire", "after": "1"}));
    assert_eq!(page.ids("log").await, [5]);
}

#[tokio::test]
async fn who_may_not_read_logs_does_not() {
    let site = site_by("true").await;
    let token = site.anna().await;
    let (mut page, _) = site.page(&token).await;

    assert!(!page.join("logs").await);

    assert_eq!(page.ask("logs:filter", json!({})).await, json!({"ok": false, "error": "forbidden"}));
    site.readers(0).await;
}

#[tokio::test]
async fn a_page_that_leaves_the_room_or_goes_reads_no_more() {
    for fast_lane in WAYS {
        let site = site_by(fast_lane).await;
        let token = site.anna_who_may(&MAY_READ).await;
        let ((mut leaves, _), (mut goes, _)) = (site.page(&token).await, site.page(&token).await);
        assert!(leaves.join("logs").await && goes.join("logs").await);
        site.readers(2).await;

        assert_eq!(leaves.ask("sync:leave", json!({"room": "logs"})).await["ok"], true);
        site.readers(1).await;
        drop(goes);

        site.readers(0).await;
        assert_eq!(leaves.ask("logs:filter", json!({})).await["error"], "bad_request");
    }
}

#[tokio::test]
async fn who_loses_the_right_reads_no_more() {
    let site = site_by("true").await;
    let token = site.anna_who_may(&MAY_READ).await;
    let (mut page, _) = site.page(&token).await;
    assert!(page.join("logs").await);
    site.readers(1).await;

    site.take_files_away().await;

    site.readers(0).await;
    assert!(!page.ends().await, "it is to come back with what is left");
}

/// A page that takes nothing keeps its place for changes of data, and the log view is told what it missed.
///
/// It once filled the kernel's megabytes with long lines: on a busy machine that took longer than a page may leave a ping unanswered, so
/// that it was cut. A socket with a small buffer is full at once, and pings are far off.
#[tokio::test]
async fn a_page_that_reads_slowly_is_told_exactly_how_many_lines_it_lost() {
    for fast_lane in WAYS {
        let (site, mut page) = slow_page(fast_lane).await;
        assert!(page.join("logs").await);
        page.ids("log:backfill").await;
        let long = "x".repeat(1024);

        // Nobody reads; soon what is allowed to wait is full.
        let mut n = 0;
        while site.state.sync.counters().logs.slow.get() == 0 {
            site.log((n + 1..=n + 500).map(|n| line(n, &long)));
            n += 500;
            while site.state.sync.counters().logs.heard.get() < n {
                tokio::task::yield_now().await;
            }
        }
        let (arrived, lost) = page.lines_and_losses(n).await;

        assert!(lost > 0 && arrived.is_sorted());
        assert_eq!(arrived.len() as u64 + lost, n, "{fast_lane}");
    }
}

/// A page whose connection holds little, and which nobody cuts for being slow while the test lasts.
async fn slow_page(fast_lane: &str) -> (Site, Page) {
    let patient = [
        ("LOCKSTEP__SYNC__FAST_LANE", fast_lane),
        ("LOCKSTEP__LIMITS__SOCKET_QUEUE_PACKETS", "16"),
        ("LOCKSTEP__LIMITS__WRITE_STALL_S", "200"),
        ("LOCKSTEP__SOCKETIO__PING_INTERVAL_MS", "120000"),
        ("LOCKSTEP__SOCKETIO__PING_TIMEOUT_MS", "120000"),
    ];
    let small = |socket| set_socket_send_buffer_size(socket, SEND_BUFFER).expect("Linux lets us");
    let site = with_socket(&patient, small).await;
    let token = site.anna_who_may(&MAY_READ).await;
    let (page, _) = site.page(&token).await;
    (site, page)
}
