//! Scans of real folders by a real engine, over a real store.

use std::{fs, time::Duration};

use lockstep_app::{
    Caller, Entity, ListQuery, NoticeQuery, Row, ScanOptions, Scans,
    jobs::{Handlers, Job, JobCtx, JobError, JobHandler, JobKind, JobOptions, JobState, Report, Wish},
};
use serde_json::{Value as Json, json};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::common::{World, told, world};

/// Longer than any scan here takes on a machine that is busy with others.
const LIMIT: Duration = Duration::from_secs(120);

/// A registrator of the folder `in`.
async fn registrator(world: &World) -> String {
    fs::create_dir_all(world.root().join("in")).expect("made");
    let category = world.row(Entity::Categories, &json!({"name": "Letters"})).await;
    world.row(Entity::Registrators, &json!({"name": "Reception", "folder": "in", "category_id": category})).await
}

/// Writes files into its folder.
fn write(world: &World, names: impl IntoIterator<Item = impl AsRef<str>>) {
    for name in names {
        let path = world.root().join("in").join(name.as_ref());
        fs::create_dir_all(path.parent().expect("it has one")).expect("made");
        fs::write(path, format!("this is {}\n", name.as_ref())).expect("written");
    }
}

/// Has the folder scanned by an engine that ends with it.
async fn scan(world: &World, registrator: &str, options: ScanOptions) -> Job {
    let job = world.app.scan(&Caller::operator(), registrator, options).await.expect("wanted");
    run_until(world, async || is_over(world, &job).await).await;
    found(world, &job).await
}

async fn found(world: &World, job: &Job) -> Job {
    world.app.job(&Caller::operator(), &job.id.to_string()).await.expect("there")
}

async fn is_over(world: &World, job: &Job) -> bool {
    !found(world, job).await.is_active()
}

/// An engine, until something is true.
async fn run_until(world: &World, mut is_true: impl AsyncFnMut() -> bool) {
    let stop = CancellationToken::new();
    let waiting = async {
        while !is_true().await {
            sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
    };
    let engine = world.app.run_jobs(Handlers::default().with(Scans), JobOptions::default(), stop.cancelled());
    let both = async { tokio::join!(engine, waiting) };
    timeout(LIMIT, both).await.expect("in time");
}

fn counts(job: &Job, names: &[&str]) -> Vec<u64> {
    let report = job.report.as_ref().unwrap_or_else(|| panic!("no report: {:?} {:?}", job.state, job.error));
    names
        .iter()
        .map(|name| report["counts"][name].as_u64().unwrap_or_else(|| panic!("no {name} in {report}")))
        .collect()
}

/// What was told in the room of files.
fn news(world: &World) -> Vec<Json> {
    let files = world.sent().into_iter().filter(|record| record.event.as_str() == "files:changed");
    files.map(|record| serde_json::from_str(record.data.expect("data").get()).expect("JSON")).collect()
}

async fn rows(world: &World) -> Vec<Json> {
    let words = [("per_page", "1000"), ("sort", "path")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let query = ListQuery::read(words).expect("right");
    world.app.list(&Caller::operator(), Entity::Files, &query).await.expect("listed").items
}

fn plain() -> ScanOptions {
    ScanOptions::default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_a_folder_become_rows_with_type_and_category() {
    let world = world().await;
    let registrator = registrator(&world).await;
    write(&world, ["letter.txt", "2026/data.json"]);
    fs::write(world.root().join("in/2026/scan"), b"%PDF-1.7\n").expect("written");

    let job = scan(&world, &registrator, plain()).await;

    assert_eq!(job.state, JobState::Completed, "{:?}", job.error);
    assert_eq!(counts(&job, &["new", "directories", "missing", "failed"]), [3, 2, 0, 0]);
    let rows = rows(&world).await;
    let shown: Vec<_> = rows.iter().map(|row| [&row["path"], &row["mime"], &row["status"]]).collect();
    let expected = [
        ["in/2026/data.json", "application/json", "new"],
        ["in/2026/scan", "application/pdf", "new"],
        ["in/letter.txt", "text/plain", "new"],
    ];
    assert_eq!(shown, expected);
    assert_eq!((&rows[0]["category_name"], &rows[0]["size"]), (&json!("Letters"), &json!(23)));
    let (row, _) = world.app.get(&Caller::operator(), Entity::Registrators, &registrator).await.expect("there");
    assert!(row.value["last_scan_at"].is_string(), "{}", row.value);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_scan_writes_nothing_and_makes_no_event() {
    let world = world().await;
    let registrator = registrator(&world).await;
    write(&world, (0..50).map(|n| format!("{}/{n}.txt", n % 7)));
    scan(&world, &registrator, plain()).await;
    let (before, told) = (rows(&world).await, news(&world).len());
    world.hands.forward(60_000);

    let job = scan(&world, &registrator, plain()).await;

    assert_eq!(counts(&job, &["unchanged", "new", "changed", "missing"]), [50, 0, 0, 0]);
    assert_eq!(rows(&world).await, before);
    assert_eq!(news(&world).len(), told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_renamed_files_are_ten_new_and_ten_missing() {
    let world = world().await;
    let registrator = registrator(&world).await;
    write(&world, (0..50).map(|n| format!("{n:02}.txt")));
    scan(&world, &registrator, plain()).await;
    let root = world.root().join("in");
    for n in 0..10 {
        let (old, new) = (root.join(format!("{n:02}.txt")), root.join(format!("a{n:02}.txt")));
        fs::rename(old, new).expect("renamed");
    }

    let job = scan(&world, &registrator, plain()).await;

    assert_eq!(counts(&job, &["new", "missing", "unchanged"]), [10, 10, 40]);
    let missing = rows(&world).await.iter().filter(|row| row["status"] == json!("missing")).count();
    assert_eq!(missing, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_new_files_are_a_few_events_that_add_up() {
    let world = world().await;
    let registrator = registrator(&world).await;
    write(&world, (0..2_000).map(|n| format!("{}/{n}.txt", n % 20)));

    let job = scan(&world, &registrator, plain()).await;

    assert_eq!(counts(&job, &["new", "directories"]), [2_000, 21]);
    let news = news(&world);
    assert!((1..=10).contains(&news.len()), "{} events", news.len());
    assert_eq!(news.iter().map(|event| event["created"].as_u64().expect("a count")).sum::<u64>(), 2_000);
    assert!(news.iter().all(|event| event["bulk"] == json!(true)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_that_is_given_back_again_and_again_ends_as_an_undisturbed_one() {
    let world = world().await;
    let registrator = registrator(&world).await;
    write(&world, (0..3_000).map(|n| format!("{}/{}/{n}.txt", n % 11, n % 3)));
    let job = world.app.scan(&Caller::operator(), &registrator, plain()).await.expect("wanted");

    let mut runs = 0;
    while !is_over(&world, &job).await {
        let before = found(&world, &job).await.cursor;
        run_until(&world, async || {
            let job = found(&world, &job).await;
            !job.is_active() || job.cursor != before
        })
        .await;
        runs += 1;
    }

    assert!(runs > 3, "it was given back only {runs} times");
    let job = found(&world, &job).await;
    assert_eq!(job.state, JobState::Completed, "{:?}", job.error);
    assert_eq!(counts(&job, &["new", "changed", "missing", "directories"]), [3_000, 0, 0, 45]);
    assert_eq!(counts(&scan(&world, &registrator, plain()).await, &["unchanged", "new"]), [3_000, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_not_there_marks_nothing_until_somebody_says_so() {
    let world = world().await;
    let registrator = registrator(&world).await;
    write(&world, (0..60).map(|n| format!("{n}.txt")));
    scan(&world, &registrator, plain()).await;
    (0..25).for_each(|n| fs::remove_file(world.root().join(format!("in/{n}.txt"))).expect("gone"));

    let job = scan(&world, &registrator, plain()).await;

    let error = job.error.expect("refused");
    assert_eq!((job.state, error.code.as_str()), (JobState::Failed, "scan.mass_missing"));
    assert!(error.message.starts_with("25 of 60 files") && error.message.ends_with("with force"), "{}", error.message);
    assert!(rows(&world).await.iter().all(|row| row["status"] == json!("new")));

    let job = scan(&world, &registrator, ScanOptions { force: true, ..plain() }).await;
    assert_eq!(counts(&job, &["missing", "unchanged"]), [25, 35]);
    write(&world, (0..25).map(|n| format!("{n}.txt")));
    assert_eq!(counts(&scan(&world, &registrator, plain()).await, &["returned", "unchanged", "new"]), [25, 35, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_is_made_where_it_is_asked_for_and_only_once() {
    let world = world().await;
    let registrator = registrator(&world).await;
    write(&world, ["a.txt", "b.txt"]);
    scan(&world, &registrator, plain()).await;
    assert!(rows(&world).await.iter().all(|row| row["sha256"].is_null()));
    let summed = ScanOptions { sha256: true, ..plain() };

    assert_eq!(counts(&scan(&world, &registrator, summed).await, &["changed", "unchanged"]), [2, 0]);
    assert_eq!(counts(&scan(&world, &registrator, summed).await, &["changed", "unchanged"]), [0, 2]);
    // As sha256sum says of it.
    let expected = "95ad06eb233e748f91351c9b054366b16f458988e3ca9385ff26311069d7104c";
    assert_eq!(rows(&world).await[0]["sha256"], json!(expected));

    fs::write(world.root().join("in/a.txt"), "longer than before, and another").expect("written");
    scan(&world, &registrator, plain()).await;
    assert!(rows(&world).await[0]["sha256"].is_null(), "the digest of what is gone is none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_that_cannot_be_is_refused_with_the_reason() {
    let world = world().await;
    let registrator = registrator(&world).await;
    let reader = world.person("reader", &["registrators.view"]).await;
    let scanner = world.person("scanner", &["scans.run"]).await;
    let nowhere = world.row(Entity::Registrators, &json!({"name": "Nowhere", "folder": "not/there"})).await;
    let off = world.row(Entity::Registrators, &json!({"name": "Off", "folder": "in", "enabled": false})).await;

    assert_eq!(told(world.app.scan(&reader, &registrator, plain()).await).0, "forbidden");
    assert_eq!(told(world.app.scan(&scanner, &nowhere, plain()).await).0, "scan.no_root");
    assert_eq!(told(world.app.scan(&scanner, &off, plain()).await).0, "scan.disabled");
    assert_eq!(told(world.app.scan(&scanner, "77", plain()).await).0, "not_found");
    let job = world.app.scan(&scanner, &registrator, plain()).await.expect("wanted");
    let again = world.app.scan(&scanner, &registrator, plain()).await.expect_err("one at a time");
    assert_eq!((again.code(), &again.params()["job"]), ("scan.running", &json!(job.id.to_string())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn folders_lie_below_a_root() {
    let world = world().await;
    let make = async |folder: &str| {
        let fields = json!({"name": format!("of {folder}"), "folder": folder});
        world.app.create(&Caller::operator(), Entity::Registrators, &fields, None).await.map(|edited| edited.row)
    };
    let refused = |made: Result<Row, _>| told(made).1;

    assert_eq!(refused(make("/etc").await), [("folder".to_owned(), "field.outside")]);
    assert_eq!(refused(make("a/../../etc").await), [("folder".to_owned(), "field.format")]);
    let row = make(&world.root().join("a").display().to_string()).await.expect("below the root");
    let change = json!({"folder": "/etc"});
    let patched = world.app.patch(&Caller::operator(), Entity::Registrators, &row.id, None, &change, None).await;
    assert_eq!(told(patched).1, [("folder".to_owned(), "field.outside")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_that_nobody_wants_any_more_keeps_what_it_has_found() {
    let world = world().await;
    let registrator = registrator(&world).await;
    write(&world, (0..2_000).map(|n| format!("{}/{n}.txt", n % 50)));
    let job = world.app.scan(&Caller::operator(), &registrator, plain()).await.expect("wanted");
    let id = job.id.to_string();

    let mut asked = false;
    run_until(&world, async || {
        if !asked && !news(&world).is_empty() {
            asked = true;
            world.app.cancel_job(&Caller::operator(), &id).await.expect("it runs");
        }
        is_over(&world, &job).await
    })
    .await;

    let job = found(&world, &job).await;
    assert_eq!((job.state, job.error), (JobState::Cancelled, None));
    let known = rows(&world).await.len();
    assert!((1..2_000).contains(&known), "{known} files");
    assert_eq!(counts(&scan(&world, &registrator, plain()).await, &["missing"]), [0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_wanted_a_scan_is_told_how_it_went_and_nobody_else() {
    let world = world().await;
    let registrator = registrator(&world).await;
    let (anna, boris) = (world.person("anna", &["scans.run"]).await, world.person("boris", &["scans.run"]).await);
    write(&world, (0..30).map(|n| format!("{n}.txt")));
    let told = async |caller: &Caller| {
        let query = NoticeQuery::read([]).expect("nothing is asked");
        let page = world.app.notices(caller, &query).await.expect("his own");
        page.items.iter().map(|item| serde_json::to_value(item).expect("JSON")).collect::<Vec<Json>>()
    };
    let scan = async |caller: &Caller| {
        let job = world.app.scan(caller, &registrator, plain()).await.expect("wanted");
        run_until(&world, async || !told(caller).await.is_empty()).await;
        job
    };

    let job = scan(&anna).await;
    let news = told(&anna).await;

    assert_eq!(news.len(), 1, "{news:?}");
    let notice = &news[0];
    assert_eq!((&notice["type"], &notice["status"]), (&json!("scan_complete"), &json!("success")), "{notice}");
    assert_eq!(notice["message"], "Reception: 30 new, 0 changed, 0 missing, 0 unchanged");
    let data = &notice["data"];
    assert_eq!(
        (&data["job"], &data["registrator"], &data["counts"]["new"]),
        (&json!(job.id.to_string()), &json!(registrator), &json!(30))
    );
    assert!(told(&boris).await.is_empty());

    (0..25).for_each(|n| drop(fs::remove_file(world.root().join(format!("in/{n}.txt")))));
    scan(&boris).await;
    let news = told(&boris).await;
    assert_eq!((news.len(), &news[0]["status"]), (1, &json!("error")), "{news:?}");
    assert!(
        news[0]["message"].as_str().is_some_and(|message| message.starts_with("Reception: 25 of 30 files")),
        "{news:?}"
    );
}

/// Looks again and again whether it is to go on, as a scan does that finds nothing to write.
struct Idle;

impl JobHandler for Idle {
    type Payload = Json;

    fn kind(&self) -> JobKind {
        JobKind::Scan
    }

    async fn run(&self, _: Json, ctx: JobCtx) -> Result<Report, JobError> {
        loop {
            ctx.check()?;
            sleep(Duration::from_millis(1)).await;
        }
    }
}

/// A scan that found nothing to write noticed by itself that nobody wanted it; the engine waited for it a second time and died of that, and
/// the job was "running" until its lease was over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_ends_by_itself_when_nobody_wants_it_is_cancelled_at_once() {
    let world = world().await;
    let wish = Wish::new(JobKind::Scan, &json!({})).expect("JSON");
    let job = world.app.enqueue(&Caller::operator(), wish).await.expect("wanted");

    let stop = CancellationToken::new();
    let engine = world.app.run_jobs(Handlers::default().with(Idle), JobOptions::default(), stop.cancelled());
    let story = async {
        while found(&world, &job).await.state != JobState::Running {
            sleep(Duration::from_millis(5)).await;
        }
        world.app.cancel_job(&Caller::operator(), &job.id.to_string()).await.expect("it runs");
        while !is_over(&world, &job).await {
            sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
    };
    timeout(LIMIT, async { tokio::join!(engine, story) }).await.expect("in time");

    assert_eq!(found(&world, &job).await.state, JobState::Cancelled);
}
