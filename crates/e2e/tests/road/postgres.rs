//! The same road over PostgreSQL: what a page sees is no different. And what only a server can do: die by itself, and be shared by
//! several machines.

use std::collections::BTreeMap;

use lockstep_e2e::{Api, Cluster, Heard, LIMIT, Page, Shape, eventually, postgres::PASSWORD};
use serde_json::{Value, json};

use crate::{
    edits, outages,
    story::{assert_unbroken, category, next, pages, settle},
    workers,
};

#[tokio::test]
async fn edits_show_everywhere_and_sleepers_catch_up_over_postgres_too() {
    let cluster = Shape::workers(3).on_postgres().behind_nginx("lockstep.conf").start().await;
    let everywhere = [cluster.all(), &[cluster.nginx().address()]].concat();

    edits::one_row_lives_and_every_page_watches(&cluster, &everywhere).await;
    edits::a_page_sleeps_through_three_edits(&cluster).await;
}

#[tokio::test]
async fn redis_and_a_worker_may_die_over_postgres_too() {
    let mut cluster = Shape::workers(2).on_postgres().start().await;

    outages::redis_goes_and_comes_back(&mut cluster).await;
    workers::a_worker_is_killed(&mut cluster).await;
}

#[tokio::test]
async fn without_postgres_edits_are_refused_and_pages_stay_and_with_it_all_goes_on() {
    let mut cluster = Shape::workers(2).on_postgres().start().await;
    let author = cluster.admin().await;
    let processes = cluster.worker_processes();
    let mut pages = pages(cluster.all(), &author, &["categories"]).await;
    category(&author, "before").await;

    cluster.postgres().crash();
    for number in 0..2 {
        let refused = author.at(&cluster.worker(number)).post("/api/categories", &json!({"name": "refused"})).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["error"]["code"]), (503, &json!("unavailable")));
        ledger_is(&cluster, number, false).await;
    }
    cluster.postgres().restart().await;
    for number in 0..2 {
        ledger_is(&cluster, number, true).await;
    }
    category(&author.at(&cluster.worker(1)), "after").await;

    assert_eq!(cluster.worker_processes(), processes, "nobody was restarted");
    for page in &mut pages {
        let events = next(page, "categories:changed", 2).await;
        assert_eq!([&events[0].body["data"]["name"], &events[1].body["data"]["name"]], ["before", "after"]);
        assert_unbroken(&events);
    }
}

/// Waits until the worker says so of the ledger.
async fn ledger_is(cluster: &Cluster, number: usize, up: bool) {
    let what = format!("worker {number} says that the ledger is {}", if up { "there" } else { "away" });
    eventually(&what, LIMIT, || async {
        let state = cluster.readiness(number).await;
        let reasons = state["reasons"].as_array().expect("a list of reasons");
        let named = reasons.iter().any(|reason| reason.as_str().is_some_and(|reason| reason.starts_with("ledger")));
        (named != up).then_some(())
    })
    .await;
}

#[tokio::test]
async fn edits_that_meet_the_death_of_postgres_are_neither_lost_nor_doubled() {
    let mut cluster = Shape::workers(2).on_postgres().start().await;
    let author = cluster.admin().await;
    let mut pages = pages(cluster.all(), &author, &["categories"]).await;

    let (anna, boris) = (author.clone(), author.at(&cluster.worker(1)));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let writers = [("anna", anna), ("boris", boris)].map(|(name, api)| tokio::spawn(write(api, name, stopped.clone())));
    for rounds in 1..=2 {
        let enough = 10 * rounds;
        eventually("some edits", LIMIT, || async {
            let rows = try_rows(&author).await?;
            (rows.len() > enough).then_some(())
        })
        .await;
        cluster.postgres().restart().await;
    }
    eventually("edits after the last return", LIMIT, || async { (try_rows(&author).await?.len() > 30).then_some(()) })
        .await;
    stop.send(true).expect("writers listen");

    let mut told = BTreeMap::new();
    for writer in writers {
        told.extend(writer.await.expect("no panic"));
    }
    let rows = try_rows(&author).await.expect("readable");
    let count = |name: &String| rows.iter().filter(|row| *row == name).count();
    for (name, status) in &told {
        match status {
            201 => assert_eq!(count(name), 1, "{name} was answered"),
            503 => assert_eq!(count(name), 0, "{name} was refused"),
            504 => assert!(count(name) <= 1, "{name} is in doubt"),
            other => panic!("{name}: {other}"),
        }
    }
    for page in &mut pages {
        settle(page, &author).await;
        let events = next(page, "categories:changed", rows.len()).await;
        assert_unbroken(&events);
        let mut heard: Vec<String> = events.iter().map(name).collect();
        heard.sort();
        assert_eq!(heard, rows, "each row was told of once");
    }
}

fn name(event: &Heard) -> String {
    event.body["data"]["name"].as_str().expect("a name").to_owned()
}

/// Adds rows until it is told to stop; what each was answered.
async fn write(api: Api, name: &str, stopped: tokio::sync::watch::Receiver<bool>) -> BTreeMap<String, u16> {
    let mut told = BTreeMap::new();
    for number in 0.. {
        if *stopped.borrow() {
            break;
        }
        let name = format!("{name} {number}");
        let reply = api.post("/api/categories", &json!({"name": name})).await;
        told.insert(name, reply.status.as_u16());
    }
    told
}

/// The names of all categories, in order; `None` while nobody can say.
async fn try_rows(reader: &Api) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for page in 1.. {
        let reply = reader.get(&format!("/api/categories?per_page=200&sort=id&page={page}")).await;
        let list: Value = reply.status.is_success().then(|| reply.json())?;
        let items = list["items"].as_array()?;
        names.extend(items.iter().filter_map(|row| row["name"].as_str().map(str::to_owned)));
        if items.len() < 200 {
            break;
        }
    }
    names.sort();
    Some(names)
}

#[tokio::test]
async fn two_machines_are_one_installation_and_one_may_die() {
    let here = Shape::workers(2).on_postgres().start().await;
    let mut there = Shape::workers(2).beside(&here).start().await;
    let author = here.admin().await;
    let everywhere = [here.all(), there.all()].concat();

    edits::one_row_lives_and_every_page_watches(&here, &everywhere).await;
    let list = eventually("the workers of both machines", LIMIT, || async {
        let list = author.at(&there.worker(1)).get("/api/workers").await.expect(200).json();
        list["items"].as_array().filter(|workers| workers.len() == 4).cloned()
    })
    .await;
    let mut told: Vec<u64> = list.iter().filter_map(|worker| worker["worker"].as_u64()).collect();
    told.sort_unstable();
    let mut expected: Vec<u64> =
        [here.worker_processes(), there.worker_processes()].concat().into_iter().map(u64::from).collect();
    expected.sort_unstable();
    assert_eq!(told, expected);

    let mut survivor = pages(&here.all()[..1], &author, &["categories"]).await.remove(0);
    category(&author.at(&there.worker(0)), "last words").await;
    there.crash();
    category(&author, "alone").await;
    there.serve().await;
    category(&author.at(&there.worker(1)), "back").await;

    let events = next(&mut survivor, "categories:changed", 3).await;
    assert_eq!(events.iter().map(name).collect::<Vec<_>>(), ["last words", "alone", "back"]);
    assert_unbroken(&events);
}

/// As `docs/operations.md` has it.
#[tokio::test]
async fn a_dump_that_is_put_back_is_another_life_of_the_ledger() {
    let mut cluster = Shape::embedded().on_postgres().start().await;
    let author = cluster.admin().await;
    category(&author, "kept").await;
    let url = cluster.postgres().url("lockstep");
    cluster.postgres().run("pg_dump", &["--format=custom", "--file=copy.dump", &url]);
    category(&author, "lost").await;
    let mut page = Page::open(&cluster.worker(0), &author).await;
    let joined = page.join("categories").await;

    cluster.crash();
    cluster.postgres().sql("DROP DATABASE lockstep WITH (FORCE)");
    cluster.postgres().create("lockstep");
    let into = format!("--dbname={url}");
    cluster.postgres().run("pg_restore", &["--no-owner", "--exit-on-error", &into, "copy.dump"]);
    let migrated = cluster.command(&["migrate", "--new-epoch"], "");
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    cluster.serve().await;

    let author = cluster.admin().await;
    assert_eq!(try_rows(&author).await.expect("readable"), ["kept"]);
    let mut again = Page::open(&cluster.worker(0), &author).await;
    let ack = again.join_from("categories", &joined["epoch"], &joined["seq"]).await;
    assert_eq!((&ack["mode"], &ack["why"]), (&json!("refresh"), &json!("epoch")), "{ack}");
    assert_eq!(category(&author, "new").await["name"], "new", "ids go on where they were");
}

#[tokio::test]
async fn commands_work_over_postgres_and_nothing_tells_its_password() {
    let mut cluster = Shape::embedded().on_postgres().start().await;
    assert!(!cluster.key("publish").is_empty());

    let checked = cluster.command(&["check-config"], "");
    let made = cluster.command(&["demo-data"], "");
    let added = cluster.command(&["user", "add", "boris", "--admin", "--password-stdin"], "a password of boris");
    let migrated = cluster.command(&["migrate", "--new-epoch"], "");

    for output in [&checked, &made, &added, &migrated] {
        let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(output.status.success(), "{said}");
        assert!(!said.contains(PASSWORD), "{said}");
    }
    Api::sign_in(&cluster.worker(0), "boris", "a password of boris").await;
    // Folders for scans and uploads may be there, of the database nothing.
    assert!(!cluster.directory().join("data/lockstep.db").exists(), "no database is kept on this machine");
    cluster.postgres().crash();
    let failed = cluster.command(&["migrate"], "");
    let said = String::from_utf8_lossy(&failed.stderr).into_owned() + &cluster.server().log();
    assert_eq!(failed.status.code(), Some(1), "{said}");
    assert!(said.contains("the database server cannot be used") && !said.contains(PASSWORD), "{said}");
}
