//! Worker processes: started, watched, restarted, drained.

use lockstep_e2e::{Api, Cluster, LIMIT, Page, Shape, eventually, http, runs};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::story::{category, next, person};

fn pid(process: u32) -> Pid {
    i32::try_from(process).ok().and_then(Pid::from_raw).expect("a process")
}

/// Waits until none of these processes exists.
async fn gone(processes: &[u32]) {
    eventually("the end of the workers", LIMIT, || async {
        (!processes.iter().any(|process| runs(*process))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_is_killed_is_back_and_its_pages_miss_nothing() {
    let mut cluster = Shape::workers(2).start().await;

    a_worker_is_killed(&mut cluster).await;
}

pub(crate) async fn a_worker_is_killed(cluster: &mut Cluster) {
    let admin = cluster.admin().await;
    let mut page = Page::open(&cluster.worker(1), &admin).await;
    let joined = page.join("categories").await;
    let before = cluster.worker_processes();
    let victim = page.hello["worker"].as_u64().and_then(|worker| u32::try_from(worker).ok()).expect("its process id");
    assert!(before.contains(&victim), "{victim} of {before:?}");

    kill_process(pid(victim), Signal::KILL).expect("a process of ours");
    page.end(LIMIT).await;
    category(&admin, "while it was away").await;
    gone(&[victim]).await;
    cluster.ready(1).await;

    assert_eq!(cluster.worker_processes().len(), 2);
    let mut again = Page::open(&cluster.worker(1), &admin).await;
    let ack = again.join_from("categories", &joined["epoch"], &joined["seq"]).await;
    assert_eq!(ack["events"][0]["data"]["name"], "while it was away", "{ack}");
    category(&admin, "when it was back").await;
    assert_eq!(next(&mut again, "categories:changed", 1).await[0].body["data"]["name"], "when it was back");
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_says_goodbye_first() {
    let mut cluster = Shape::workers(2).set("server", "drain_s", "2").start().await;
    let admin = cluster.admin().await;
    let workers = cluster.worker_processes();
    let mut pages = Vec::new();
    for address in cluster.all().to_vec() {
        pages.push(Page::open(&address, &admin).await);
    }

    cluster.terminate();

    for page in &mut pages {
        let bye = page.event("sync:bye").await;
        assert!(bye.number("retryMs") <= 5000, "{bye}");
        page.end(LIMIT).await;
    }
    assert_eq!(cluster.server().ended().await.code(), Some(0));
    gone(&workers).await;
}

#[tokio::test]
async fn one_process_says_goodbye_too() {
    let mut cluster = Shape::embedded().set("server", "drain_s", "1").start().await;
    let admin = cluster.admin().await;
    let mut page = Page::open(&cluster.worker(0), &admin).await;

    cluster.terminate();

    page.event("sync:bye").await;
    page.end(LIMIT).await;
    assert_eq!(cluster.server().ended().await.code(), Some(0));
}

#[tokio::test]
async fn workers_do_not_outlive_their_supervisor() {
    let mut cluster = Shape::workers(3).start().await;
    let workers = cluster.worker_processes();
    assert_eq!(workers.len(), 3);

    cluster.server().signal(Signal::KILL);

    cluster.server().ended().await;
    gone(&workers).await;
}

#[tokio::test]
async fn a_second_server_does_not_take_the_first_ones_socket_away() {
    let cluster = Shape::workers(1).start().await;

    let second = cluster.command(&["serve"], "");

    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned() + &String::from_utf8_lossy(&second.stdout);
    assert!(said.contains("worker-0.sock"), "{said}");
    assert_eq!(http::get(&cluster.worker(0), "/healthz").await.expect("the first answers").status, 200);
}

#[tokio::test]
async fn all_workers_are_listed_for_the_administrator() {
    let cluster = Shape::workers(3).start().await;
    let admin = cluster.admin().await;

    let listed = eventually("all three workers listed", LIMIT, || async {
        let list = admin.get("/api/workers").await.expect(200).json();
        let workers = list["items"].as_array().cloned().unwrap_or_default();
        (workers.len() == 3).then_some(workers)
    })
    .await;

    let mut pids: Vec<u32> =
        listed.iter().filter_map(|worker| u32::try_from(worker["worker"].as_u64()?).ok()).collect();
    pids.sort_unstable();
    assert_eq!(pids, cluster.worker_processes());
}

#[tokio::test]
async fn a_flood_of_events_from_a_page_is_refused_then_cut_and_the_others_live_on() {
    let cluster = Shape::embedded()
        .set("limits", "socket_events_per_s", "5")
        .set("limits", "socket_events_burst", "5")
        .start()
        .await;
    let admin = cluster.admin().await;
    let mut calm = Page::open(&cluster.worker(0), &admin).await;
    calm.join("categories").await;
    let mut wild = Page::open(&cluster.worker(0), &admin).await;

    let flood = async {
        let (mut answered, mut refused) = (0_u32, 0_u32);
        while let Ok(answer) = wild.try_ask("sync:pos", json!({"room": "categories"})).await {
            let kind = if answer["error"] == "rate_limited" { &mut refused } else { &mut answered };
            *kind += 1;
        }
        (answered, refused)
    };
    let (answered, refused) = lockstep_e2e::within("the flood is cut", LIMIT, flood).await;

    assert!(answered >= 5, "the burst is allowed, {answered} were answered");
    assert!(refused >= 1, "cut without a word");
    category(&admin, "Contracts").await;
    calm.event("categories:changed").await;
}

/// Codes and workers of the alerts that a person was told.
async fn alerts(person: &Api) -> Vec<(String, u64)> {
    let page = person.get("/api/notifications?type=alert&limit=200").await.expect(200).json();
    let alert = |item: &Value| {
        let data = &item["data"];
        (data["code"].as_str().unwrap_or_default().to_owned(), data["worker"].as_u64().unwrap_or_default())
    };
    page["items"].as_array().expect("a list").iter().map(alert).collect()
}

#[tokio::test]
async fn a_worker_that_is_killed_is_reported_once_to_administrators_and_one_that_is_stopped_is_not() {
    let mut cluster = Shape::workers(3).set("server", "drain_s", "1").start().await;
    let admin = cluster.admin().await;
    let anna = person(&admin, "anna", &["logs.view", "categories.view"]).await;
    let page = Page::open(&cluster.worker(2), &admin).await;
    let victim = page.hello["worker"].as_u64().expect("its process id");
    let stopped =
        cluster.worker_processes().into_iter().map(u64::from).find(|process| *process != victim).expect("another");
    // Each worker has heard of all others before one of them goes.
    for address in cluster.all().to_vec() {
        let seat = admin.at(&address);
        eventually("all workers know each other", LIMIT, || async {
            let workers = seat.get("/api/workers").await.json();
            workers["items"].as_array().is_some_and(|items| items.len() == 3).then_some(())
        })
        .await;
    }

    kill_process(pid(u32::try_from(stopped).expect("a process")), Signal::TERM).expect("a process of ours");
    kill_process(pid(u32::try_from(victim).expect("a process")), Signal::KILL).expect("a process of ours");
    gone(&[u32::try_from(victim).expect("a process"), u32::try_from(stopped).expect("a process")]).await;
    for number in 0..3 {
        cluster.ready(number).await;
    }

    let lost = ("worker_lost".to_owned(), victim);
    eventually("the alert", LIMIT, || async { alerts(&admin).await.contains(&lost).then_some(()) }).await;
    // Those who notice it later than the first have done so, too, once they list the lost one as silent for longer than it takes.
    for address in cluster.all().to_vec() {
        let seat = admin.at(&address);
        eventually("everybody has noticed", LIMIT, || async {
            let workers = seat.get("/api/workers").await.json();
            let silent = |item: &Value| item["worker"] == victim && item["seen_ms_ago"].as_u64() < Some(15_000);
            (!workers["items"].as_array()?.iter().any(silent)).then_some(())
        })
        .await;
    }
    let told = alerts(&admin).await;
    assert_eq!(told.iter().filter(|alert| **alert == lost).count(), 1, "{told:?}");
    assert!(!told.contains(&("worker_lost".to_owned(), stopped)), "it said goodbye: {told:?}");
    assert_eq!(alerts(&anna).await, []);
}
