//! Redis gone, silent and back: edits go on, pages follow, nobody is restarted.

use std::time::{Duration, Instant};

use lockstep_e2e::{Cluster, LIMIT, Page, Shape, eventually};
use rustix::process::Signal;

use crate::story::{assert_unbroken, category, pages};

/// How long a page may lag behind an edit while Redis is away. Promised is a second on a healthy machine; this is for a loaded one.
const FOLLOWS: Duration = Duration::from_secs(5);

/// Edits in each state of Redis.
const EDITS: usize = 6;

#[tokio::test]
async fn without_redis_edits_succeed_and_pages_follow_and_with_it_all_is_as_before() {
    let mut cluster = Shape::workers(3).start().await;

    redis_goes_and_comes_back(&mut cluster).await;
}

pub(crate) async fn redis_goes_and_comes_back(cluster: &mut Cluster) {
    let before = cluster.worker_processes();
    let mut stage = Stage::new(cluster).await;

    stage.edits(cluster, "before").await;
    cluster.redis().crash();
    bus_is(cluster, false).await;
    stage.edits(cluster, "without").await;
    cluster.redis().restart().await;
    bus_is(cluster, true).await;
    stage.edits(cluster, "after").await;

    assert_eq!(cluster.worker_processes(), before, "nobody was restarted");
    stage.every_page_tells_one_unbroken_history();
}

#[tokio::test]
async fn edits_that_meet_the_crash_itself_are_lost_by_nobody() {
    let mut cluster = Shape::workers(3).start().await;
    let mut stage = Stage::new(&cluster).await;

    // No waiting for anybody to notice: some of these are published into a broken connection.
    cluster.redis().crash();
    stage.edits(&cluster, "at the crash").await;
    cluster.redis().restart().await;
    stage.edits(&cluster, "at the return").await;

    stage.every_page_tells_one_unbroken_history();
}

#[tokio::test]
async fn a_redis_that_hangs_is_no_better_than_one_that_is_gone() {
    let mut cluster = Shape::workers(2).start().await;
    let mut stage = Stage::new(&cluster).await;

    cluster.redis().signal(Signal::STOP);
    stage.edits(&cluster, "hanging").await;
    bus_is(&cluster, false).await;
    stage.edits(&cluster, "known to hang").await;
    cluster.redis().signal(Signal::CONT);
    bus_is(&cluster, true).await;
    stage.edits(&cluster, "awake").await;

    stage.every_page_tells_one_unbroken_history();
}

#[tokio::test]
async fn a_redis_that_forgets_everything_costs_nobody_anything() {
    let mut cluster = Shape::workers(2).start().await;
    let mut stage = Stage::new(&cluster).await;

    stage.edits(&cluster, "before").await;
    let answer = cluster.redis().command(&["FLUSHALL"]).await.expect("redis answers");
    assert_eq!(answer, "+OK");
    stage.edits(&cluster, "after").await;

    stage.every_page_tells_one_unbroken_history();
}

#[tokio::test]
async fn workers_start_and_serve_before_redis_does() {
    let mut cluster = Shape::workers(2).start().await;
    cluster.redis().crash();
    cluster.crash();

    cluster.start_without_waiting();
    for number in 0..2 {
        cluster.answers(number).await;
    }
    let mut stage = Stage::new(&cluster).await;
    stage.edits(&cluster, "alone").await;
    cluster.redis().restart().await;
    bus_is(&cluster, true).await;
    stage.edits(&cluster, "together").await;

    stage.every_page_tells_one_unbroken_history();
}

/// An author and a page on every worker, who all must have followed before the next edit.
struct Stage {
    author: lockstep_e2e::Api,
    pages: Vec<Page>,
    histories: Vec<Vec<lockstep_e2e::Heard>>,
}

impl Stage {
    async fn new(cluster: &Cluster) -> Stage {
        let author = cluster.admin().await;
        let pages = pages(cluster.all(), &author, &["categories"]).await;
        let histories = pages.iter().map(|_| Vec::new()).collect();
        Stage { author, pages, histories }
    }

    /// Edits on all workers in turn; each must succeed and show on every page in time.
    async fn edits(&mut self, cluster: &Cluster, when: &str) {
        for number in 0..EDITS {
            let worker = cluster.worker(number % cluster.all().len());
            let name = format!("{when} {number}");
            category(&self.author.at(&worker), &name).await;
            let written = Instant::now();
            for (page, history) in self.pages.iter_mut().zip(&mut self.histories) {
                let event = page.event("categories:changed").await;
                assert_eq!(event.body["data"]["name"], name.as_str());
                assert!(written.elapsed() < FOLLOWS, "{name}: followed after {:?}", written.elapsed());
                history.push(event);
            }
        }
    }

    fn every_page_tells_one_unbroken_history(&self) {
        for history in &self.histories {
            assert_unbroken(history);
        }
        let seqs =
            |history: &Vec<lockstep_e2e::Heard>| history.iter().map(lockstep_e2e::Heard::seq).collect::<Vec<_>>();
        assert!(self.histories.windows(2).all(|pair| seqs(&pair[0]) == seqs(&pair[1])));
    }
}

/// Waits until every worker says so of its bus.
async fn bus_is(cluster: &Cluster, up: bool) {
    for number in 0..cluster.all().len() {
        let what = format!("worker {number} says that its bus is {}", if up { "up" } else { "down" });
        eventually(&what, LIMIT, || async { (bus_is_heard(cluster, number).await == up).then_some(()) }).await;
    }
}

async fn bus_is_heard(cluster: &Cluster, number: usize) -> bool {
    let state = cluster.readiness(number).await;
    let reasons = state["reasons"].as_array().expect("a list of reasons");
    !reasons.iter().any(|reason| reason.as_str().is_some_and(|reason| reason.starts_with("bus")))
}
