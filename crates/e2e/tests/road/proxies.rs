//! nginx in front: as shipped, as it was, and as it should not be.

use std::collections::{BTreeSet, VecDeque};

use http::Method;
use lockstep_e2e::{Api, Cluster, Page, Reply, Shape, http as client, page::upgrade};
use serde_json::{Value, json};

use crate::story::category;

#[tokio::test]
async fn pages_through_nginx_are_spread_over_the_workers() {
    let cluster = Cluster::workers(3).await;
    let admin = cluster.admin().await;
    let front = cluster.nginx().address();

    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(Page::open(&front, &admin).await);
    }

    let workers: BTreeSet<String> = open.iter().map(|page| page.hello["worker"].to_string()).collect();
    assert_eq!(workers.len(), 3, "{workers:?}");
}

#[tokio::test]
async fn long_polling_through_nginx_stays_with_its_worker() {
    let cluster = Cluster::workers(3).await;
    let front = cluster.nginx().address();
    let admin = cluster.admin().await.at(&front);

    let mut poll = Polling::open(&admin).await;
    poll.send("40").await;
    poll.until("40{").await;
    poll.send(r#"420["sync:join",{"room":"categories"}]"#).await;
    poll.until(r#"430[{"#).await;
    category(&admin, "Contracts").await;

    let event = poll.until(r#"42["categories:changed""#).await;
    assert!(event.contains("Contracts"), "{event}");
}

#[tokio::test]
async fn a_dropped_upgrade_header_is_refused_at_once_and_the_log_names_the_cure() {
    let mut cluster = Cluster::embedded().await;
    let admin = cluster.admin().await;
    let headers =
        [("connection", "close"), ("sec-websocket-key", "bG9ja3N0ZXAtYmVuY2gtMQ=="), ("sec-websocket-version", "13")];

    let path = "/socket.io/?EIO=4&transport=websocket";
    let reply = admin.send(Method::GET, path, &headers, "".into()).await.expect(400);

    assert_eq!(reply.json(), json!({"code": 3, "message": "Bad request"}));
    cluster.server().says("proxy_set_header Upgrade").await;
}

#[tokio::test]
async fn the_classic_location_works_once_its_three_lines_are_there() {
    let cluster = Shape::sharing_a_socket(2).behind_nginx("seed.conf").start().await;
    let admin = cluster.admin().await;
    let front = cluster.nginx().address();

    let mut page = Page::open(&front, &admin).await;
    page.join("categories").await;
    category(&admin.at(&front), "Contracts").await;

    assert_eq!(page.event("categories:changed").await.body["data"]["name"], "Contracts");
}

#[tokio::test]
async fn polling_at_a_socket_that_workers_share_is_refused_with_the_reason() {
    let cluster = Shape::sharing_a_socket(2).start().await;
    let admin = cluster.admin().await;

    let reply = admin.get("/socket.io/?EIO=4&transport=polling").await.expect(400);

    assert!(reply.text().contains("{n}") || reply.text().contains("websocket"), "{}", reply.text());
}

#[tokio::test]
async fn no_query_string_reaches_nginxs_log() {
    let cluster = Cluster::workers(2).await;
    let front = cluster.nginx().address();

    let _ = client::get(&front, "/healthz?ticket=hush-hush").await.expect("nginx answers").expect(200);
    let _ = upgrade(&front, "/socket.io/?EIO=4&transport=websocket&token=hush-hush", &[]).await;
    let log = lockstep_e2e::eventually("a line in the access log", lockstep_e2e::LIMIT, || async {
        Some(cluster.nginx().access_log()).filter(|log| log.contains("/healthz"))
    });

    let log = log.await;
    assert!(!log.contains("hush-hush"), "{log}");
}

#[tokio::test]
async fn nginx_sends_requests_past_a_worker_that_is_gone() {
    let cluster = Cluster::workers(3).await;
    let admin = cluster.admin().await.at(&cluster.nginx().address());
    let victim = cluster.worker_processes()[0];

    rustix::process::kill_process(
        rustix::process::Pid::from_raw(victim as i32).expect("a process"),
        rustix::process::Signal::KILL,
    )
    .expect("a process of ours");

    for _ in 0..12 {
        let _ = admin.get("/api/me").await.expect(200);
    }
}

/// A session by long polling, by hand: every request is one of its own, as it is in a browser.
struct Polling {
    api: Api,
    path: String,
    waiting: VecDeque<String>,
}

impl Polling {
    async fn open(api: &Api) -> Polling {
        let path = "/socket.io/?EIO=4&transport=polling".to_owned();
        let opened = api.get(&path).await.expect(200).text();
        let open: Value = serde_json::from_str(opened.strip_prefix('0').expect("an open packet")).expect("JSON");
        Polling {
            api: api.clone(),
            path: format!("{path}&sid={}", open["sid"].as_str().expect("a session")),
            waiting: VecDeque::new(),
        }
    }

    async fn send(&self, packet: &str) {
        let headers = [("content-type", "text/plain;charset=UTF-8")];
        let reply: Reply = self.api.send(Method::POST, &self.path, &headers, packet.to_owned().into()).await;
        assert_eq!(reply.expect(200).text(), "ok");
    }

    /// The first packet that begins so; those before it are dropped.
    async fn until(&mut self, beginning: &str) -> String {
        loop {
            while let Some(packet) = self.waiting.pop_front() {
                if packet == "2" {
                    self.send("3").await;
                } else if packet.starts_with(beginning) {
                    return packet;
                }
            }
            let text = self.api.get(&self.path).await.expect(200).text();
            self.waiting = text.split('\u{1e}').map(str::to_owned).collect();
        }
    }
}
