//! Workers that are replaced while people work: a rolling restart, and one that hangs.

use std::time::Duration;

use lockstep_e2e::{Address, Api, Cluster, Heard, LIMIT, Page, eventually, http, within};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use crate::story::{category, path, rev};

/// Three workers, one after the other: each waits up to five seconds for its pages to move, and a loaded machine takes its time.
const ROLL: Duration = Duration::from_secs(120);

/// The room of all stories here, and its event.
const ROOM: &str = "categories";
const CHANGED: &str = "categories:changed";

#[tokio::test]
async fn a_rolling_restart_replaces_every_worker_and_nobody_notices() {
    let mut cluster = Cluster::workers(3).await;
    let front = cluster.nginx().address();
    let admin = cluster.admin().await.at(&front);
    let before = cluster.worker_processes();
    let row = category(&admin, "Contracts").await;
    let (last, told) = watch::channel(None);
    let mut followers = Vec::new();
    for _ in 0..6 {
        followers.push(Follower::join(&front, &admin).await.until(told.clone()));
    }

    cluster.server().signal(Signal::HUP);
    let (over, is_over) = watch::channel(false);
    let author = tokio::spawn(edit_without_pause(admin.clone(), row.clone(), is_over.clone()));
    let observer = tokio::spawn(fewest_ready(cluster.all().to_vec(), is_over));
    eventually("the end of the roll", ROLL, || {
        let log = cluster.server().log();
        std::future::ready(log.contains("all 3 workers restarted").then_some(()))
    })
    .await;
    over.send_replace(true);
    let newest = author.await.expect("every edit is answered");
    last.send_replace(Some(newest));

    assert!(
        cluster.worker_processes().iter().all(|process| !before.contains(process)),
        "not every worker is a new one"
    );
    assert_eq!(cluster.worker_processes().len(), 3);
    assert_in_order(&cluster.server().log());
    assert!(observer.await.expect("everybody could be asked") >= 2, "fewer than two workers were ready");
    assert!(newest > rev(&row) + 3, "the author hardly edited, up to revision {newest}");
    for follower in followers {
        let follower = within("a page that hears the last edit", LIMIT, follower).await.expect("no hole");
        assert_eq!(follower.heard, (rev(&row) + 1..=newest).collect::<Vec<_>>(), "revisions heard");
        assert!(follower.moves > 0, "a page stayed where it was");
        assert_eq!(follower.cuts, 0, "a page was cut before it moved");
    }
}

#[tokio::test]
async fn with_a_wrong_setting_sighup_names_it_and_everybody_stays() {
    let mut cluster = Cluster::workers(2).await;
    let before = cluster.worker_processes();
    let file = cluster.directory().join("config.ini");
    let right = std::fs::read_to_string(&file).expect("is there");
    std::fs::write(&file, right.replace("[server]", "[server]\ndrain_seconds = 5")).expect("writes");

    cluster.server().signal(Signal::HUP);

    cluster.server().says("nothing is restarted").await;
    cluster.server().says("drain_seconds").await;
    assert_eq!(cluster.worker_processes(), before);
    std::fs::write(&file, right).expect("writes");
    cluster.server().signal(Signal::HUP);
    eventually("the end of the roll", ROLL, || {
        std::future::ready(cluster.server().log().contains("all 2 workers restarted").then_some(()))
    })
    .await;
}

/// The promise is fifteen seconds for a connection that dies without notice.
#[tokio::test]
async fn a_worker_that_hangs_is_replaced_and_its_pages_follow_elsewhere() {
    let mut cluster = Cluster::workers(3).await;
    let front = cluster.nginx().address();
    let admin = cluster.admin().await;
    let row = category(&admin, "Contracts").await;
    let mut followers = Vec::new();
    for _ in 0..3 {
        followers.push(Follower::join(&front, &admin).await);
    }
    let victim = followers[0].worker();
    let healthy = followers.iter().position(|follower| follower.worker() != victim).expect("on another worker");
    let author = admin.at(&cluster.worker(number_of(&cluster, followers[healthy].worker()).await));
    let (last, told) = watch::channel(None);
    let followers: Vec<_> = followers.into_iter().map(|follower| follower.until(told.clone())).collect();

    kill_process(pid(victim), Signal::STOP).expect("a process of ours");
    let newest = rev(&edit(&author, &row, rev(&row)).await);
    last.send_replace(Some(newest));

    for follower in followers {
        let follower = within("a page that hears the edit", LIMIT, follower).await.expect("no hole");
        assert_eq!(follower.heard, [newest]);
    }
    cluster.server().says("hangs").await;
    for number in 0..3 {
        cluster.ready(number).await;
    }
    let processes = cluster.worker_processes();
    assert!(processes.len() == 3 && !processes.contains(&victim), "{victim} in {processes:?}");
}

/// A page as ours is: it moves when it is its turn, comes back when it is cut, and goes on from its position.
struct Follower {
    front: Address,
    person: Api,
    page: Page,
    epoch: Value,
    seq: u64,
    /// The revisions of the one row, in the order in which they were applied.
    heard: Vec<u64>,
    moves: u32,
    cuts: u32,
}

impl Follower {
    async fn join(front: &Address, person: &Api) -> Follower {
        let mut page = Page::open(front, person).await;
        page.join(ROOM).await;
        page.reaches(person.committed().await).await;
        let at = page.ask("sync:pos", json!({"room": ROOM})).await;
        page.forget();
        let (epoch, seq) = (at["epoch"].clone(), at["seq"].as_u64().expect("a position"));
        let (front, person) = (front.clone(), person.clone());
        Follower { front, person, page, epoch, seq, heard: Vec::new(), moves: 0, cuts: 0 }
    }

    /// Where it is.
    fn worker(&self) -> u32 {
        self.page.hello["worker"].as_u64().and_then(|worker| u32::try_from(worker).ok()).expect("its process id")
    }

    /// Follows until it has heard the revision that `last` names.
    fn until(mut self, mut last: watch::Receiver<Option<u64>>) -> JoinHandle<Follower> {
        tokio::spawn(async move {
            let mut turn = None;
            while last.borrow_and_update().is_none_or(|last| self.heard.last() != Some(&last)) {
                let heard = tokio::select! {
                    heard = before(turn, self.page.next()) => heard,
                    _ = last.changed() => continue,
                };
                match heard {
                    Some(Ok(heard)) if heard.name == "sync:bye" => {
                        turn.get_or_insert(Instant::now() + Duration::from_millis(heard.number("retryMs")));
                        continue;
                    }
                    Some(Ok(heard)) => {
                        self.take(&heard).await;
                        continue;
                    }
                    Some(Err(_)) => self.cuts += 1,
                    None => self.moves += 1,
                }
                turn = None;
                self.come_back().await;
            }
            self
        })
    }

    /// The rules of a page: what it has is dropped, what follows is applied, and for a hole it asks.
    async fn take(&mut self, heard: &Heard) {
        if heard.name != CHANGED || heard.seq() <= self.seq {
            return;
        }
        if heard.number("prev") > self.seq && self.resume().await.is_err() {
            self.cuts += 1;
            return self.come_back().await;
        }
        self.apply(&heard.body);
    }

    fn apply(&mut self, event: &Value) {
        let seq = event["seq"].as_u64().expect("a seq");
        if seq > self.seq {
            self.heard.push(rev(event));
            self.seq = seq;
        }
    }

    /// A new connection, to whichever worker takes it.
    async fn come_back(&mut self) {
        let origin = format!("http://{}", self.front.host());
        let cookie = self.person.cookie.clone();
        loop {
            let headers = [("cookie", cookie.as_str()), ("origin", origin.as_str())];
            if let Ok(page) = Page::connect(&self.front, &headers, Value::Null).await {
                self.page = page;
                if self.resume().await.is_ok() {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Joins from its position; what it missed comes with the answer.
    async fn resume(&mut self) -> Result<(), lockstep_e2e::page::Refused> {
        let wish = json!({"room": ROOM, "epoch": self.epoch, "seq": self.seq});
        let ack = self.page.try_ask("sync:join", wish).await?;
        assert_eq!(ack["mode"], "recovered", "{ack}");
        ack["events"].as_array().into_iter().flatten().for_each(|event| self.apply(event));
        self.seq = self.seq.max(ack["seq"].as_u64().expect("a position"));
        Ok(())
    }
}

/// What `work` gives, unless the turn to move comes first.
async fn before<T>(turn: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match turn {
        Some(turn) => timeout_at(turn, work).await.ok(),
        None => Some(work.await),
    }
}

async fn edit(author: &Api, row: &Value, rev: u64) -> Value {
    let headers = [("if-match", format!("\"{rev}\""))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let change = json!({"description": format!("after {rev}")});
    author.json(::http::Method::PATCH, &path(ROOM, row), &headers, &change).await.expect(200).json()
}

/// Edits until it is over; the last revision. Every edit goes by its revision: one that was made though its answer said otherwise would
/// make the next one fail.
async fn edit_without_pause(author: Api, row: Value, over: watch::Receiver<bool>) -> u64 {
    let mut at = rev(&row);
    while !*over.borrow() {
        at = rev(&edit(&author, &row, at).await);
    }
    at
}

/// How many workers were ready at the worst moment.
async fn fewest_ready(workers: Vec<Address>, over: watch::Receiver<bool>) -> usize {
    let mut fewest = workers.len();
    while !*over.borrow() {
        let mut away = Vec::new();
        for worker in &workers {
            if !is_ready(worker).await {
                away.push(worker);
            }
        }
        // The workers were asked one after the other: the first may have been back before the last went.
        if away.len() > 1 && is_ready(away[0]).await {
            away.remove(0);
        }
        fewest = fewest.min(workers.len() - away.len());
    }
    fewest
}

/// Whether it serves and is in step. A loaded machine may make a worker doubt its wire for a moment, which is another matter.
async fn is_ready(worker: &Address) -> bool {
    let Ok(reply) = http::get(worker, "/readyz").await else { return false };
    let reasons = reply.json()["reasons"].as_array().cloned().unwrap_or_default();
    reasons.iter().all(|reason| reason.as_str().is_some_and(|reason| reason.starts_with("bus")))
}

/// Each worker is back before the next one goes.
#[track_caller]
fn assert_in_order(log: &str) {
    let steps =
        (0..3).flat_map(|number| [format!("restarting worker {number} "), format!("worker {number} restarted")]);
    let places: Vec<_> =
        steps.map(|step| log.find(&step).unwrap_or_else(|| panic!("no `{step}` in the log"))).collect();
    assert!(places.is_sorted(), "{places:?}");
}

/// Which worker the process `worker` is.
async fn number_of(cluster: &Cluster, worker: u32) -> usize {
    for number in 0..cluster.all().len() {
        let alive = http::get(&cluster.worker(number), "/healthz").await.expect("the worker answers").json();
        if alive["worker"] == worker {
            return number;
        }
    }
    panic!("no worker is {worker}");
}

fn pid(process: u32) -> Pid {
    i32::try_from(process).ok().and_then(Pid::from_raw).expect("a process")
}
