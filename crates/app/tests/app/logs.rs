//! Log lines: the door, the wire, and what is kept.

use lockstep_app::{Caller, Error, LogOptions, LogWords, NewLine};
use lockstep_protocol::log::{Archive, Level, LogType, MAX_MESSAGE, MAX_METADATA};
use serde_json::value::RawValue;
use sqlx::{ConnectOptions, Executor, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::common::{World, told, world, world_logging};

fn line(message: &str) -> NewLine {
    NewLine { message: message.into(), ..NewLine::default() }
}

fn words(words: &[(&str, &str)]) -> LogWords {
    LogWords::read(words.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).expect("right")
}

/// Everything that is kept, as soon as so many lines are.
async fn kept(world: &World, lines: usize) -> Vec<(u64, String)> {
    loop {
        let page = world.app.read_logs(&Caller::operator(), &words(&[("limit", "1000")])).await.expect("readable");
        if page.lines.len() >= lines {
            return page.lines.into_iter().map(|line| (line.n, line.message)).collect();
        }
        tokio::task::yield_now().await;
    }
}

/// A connection of somebody else to the same file.
async fn beside(world: &World) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(world.dir.path().join("test.db"));
    options.connect().await.expect("the file is there")
}

#[tokio::test]
async fn lines_of_any_thread_are_numbered_go_out_together_and_are_kept() {
    let world = world().await;
    let logs = world.app.logs();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let logs = logs.clone();
            std::thread::spawn(move || (0..250).for_each(|n| logs.log(format!("line {n}"), LogType::Scan)))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    logs.alog("the last one", LogType::Info).await;

    world.logged(1001).await;
    let kept = kept(&world, 1000).await;

    let batches = world.batches();
    let numbers: Vec<u64> = batches.iter().flat_map(|batch| batch.lines.iter().map(|line| line.n)).collect();
    assert_eq!(numbers, (1..=1001).collect::<Vec<u64>>());
    assert!(batches.iter().all(|batch| batch.from == "w" && batch.lines.len() <= 256));
    assert!(batches.len() < 100, "lines travel together: {}", batches.len());
    assert_eq!(kept.last().expect("some").1, "the last one");
    assert_eq!((logs.figures().numbered, logs.figures().dropped, logs.figures().unkept), (1001, 0, 0));
}

#[tokio::test]
async fn what_is_left_out_is_filled_in() {
    let world = world().await;
    let (_, key) = world.app.add_key(&Caller::operator(), "backup", &["log".into()]).await.expect("made");
    let program = world.app.api_key(&key).await.expect("readable").expect("known");
    let whole = NewLine {
        level: Some(Level::Critical),
        source: Some("disk".into()),
        environment: Some("staging".into()),
        at: Some(1_763_750_000_000),
        id: Some("my-own".into()),
        metadata: RawValue::from_string(r#"{"free": 1.50}"#.into()).ok(),
        ..line("full")
    };

    let ids = world.app.write_logs(&program, vec![line("begun"), whole]).expect("taken");

    world.logged(2).await;
    let batch = world.batches().remove(0);
    let [first, second] = &batch.lines[..] else { panic!("{batch:?}") };
    assert_eq!([&ids[0], &ids[1]], [&first.id, "my-own"]);
    assert_eq!((first.level, first.kind, first.worker), (Level::Info, LogType::Info, 7));
    assert_eq!((first.source.as_str(), first.environment.as_str()), ("backup", "production"));
    assert_eq!(first.timestamp, "2025-11-21T21:20:00.000Z");
    assert_eq!((second.level, second.kind), (Level::Critical, LogType::Error));
    assert_eq!((second.source.as_str(), second.environment.as_str()), ("disk", "staging"));
    assert_eq!(second.timestamp, "2025-11-21T18:33:20.000Z");
    assert_eq!(second.metadata.as_ref().expect("some").get(), r#"{"free": 1.50}"#);
}

#[tokio::test]
async fn one_bad_line_and_none_is_taken() {
    let world = world().await;
    let long = |bytes: usize| Some("x".repeat(bytes));
    let json = |text: String| RawValue::from_string(text).ok();
    let bad = [
        ("message", "field.required", line("")),
        ("message", "field.too_long", line(&"x".repeat(MAX_MESSAGE + 1))),
        ("source", "field.too_long", NewLine { source: long(129), ..line("x") }),
        ("source", "field.required", NewLine { source: long(0), ..line("x") }),
        ("environment", "field.format", NewLine { environment: Some("a\nb".into()), ..line("x") }),
        ("id", "field.too_long", NewLine { id: long(129), ..line("x") }),
        ("timestamp", "field.not_allowed", NewLine { at: Some(4_000_000_000_000), ..line("x") }),
        ("timestamp", "field.not_allowed", NewLine { at: Some(-1), ..line("x") }),
        (
            "metadata",
            "field.too_long",
            NewLine { metadata: json(format!("\"{}\"", "x".repeat(MAX_METADATA))), ..line("x") },
        ),
        ("metadata", "field.too_deep", NewLine { metadata: json("[".repeat(65) + &"]".repeat(65)), ..line("x") }),
    ];
    for (field, code, line_) in bad {
        let refused = world.app.write_logs(&Caller::operator(), vec![line("good"), line_]);
        assert_eq!(told(refused), ("invalid", vec![(format!("1.{field}"), code)]));
    }
    assert_eq!(told(world.app.write_logs(&Caller::operator(), vec![line("x"); 1001])).0, "too_large");

    assert_eq!(world.app.logs().figures().numbered, 0);
    assert!(world.app.write_logs(&Caller::operator(), vec![line(&"x".repeat(MAX_MESSAGE)); 1000]).is_ok());
}

#[tokio::test]
async fn who_may_not_write_or_read_lines_is_refused() {
    let world = world().await;
    let reader = world.person("anna", &["logs.view"]).await;
    let nobody = world.person("boris", &["files.edit"]).await;

    assert_eq!(told(world.app.write_logs(&reader, vec![line("x")])).0, "forbidden");
    assert!(world.app.read_logs(&reader, &words(&[])).await.is_ok());
    assert_eq!(told(world.app.read_logs(&nobody, &words(&[])).await).0, "forbidden");
    assert_eq!(told(world.app.log_facets(&nobody).await).0, "forbidden");
    assert_eq!(told(world.app.export_logs(&nobody, &words(&[])).await).0, "forbidden");
}

/// Nothing runs between the lines here, so nobody gathers them.
#[tokio::test]
async fn a_full_queue_drops_lines_that_readers_see_as_missing_and_refuses_programs() {
    let world = world().await;
    let logs = world.app.logs();
    let fits = (0..10_000).filter(|_| logs.write(line("x"))).count();

    let refused = world.app.write_logs(&Caller::operator(), vec![line("y")]);

    assert_eq!(fits, 8192);
    assert!(matches!(refused, Err(Error::RateLimited { seconds: 1 })), "{refused:?}");
    assert_eq!((logs.figures().numbered, logs.figures().dropped), (10_000, 10_000 - 8192));
    world.logged(8192).await;
    logs.alog("there is room again", LogType::Info).await;
    world.logged(8193).await;
    let last = world.batches().pop().expect("some").lines.pop().expect("some");
    assert_eq!((last.n, last.message.as_str()), (10_001, "there is room again"));
}

#[tokio::test]
async fn text_from_within_that_is_too_long_is_cut() {
    let world = world().await;

    world.app.logs().log("я".repeat(MAX_MESSAGE), LogType::Debug);

    world.logged(1).await;
    let message = world.batches()[0].lines[0].message.clone();
    assert!(message.ends_with("я…") && (MAX_MESSAGE - 3..=MAX_MESSAGE).contains(&message.len()), "{}", message.len());
}

/// Keeps the database from taking lines.
const AWAY: &str = "CREATE TRIGGER away BEFORE INSERT ON log_lines BEGIN SELECT RAISE(FAIL, 'away'); END";

#[tokio::test]
async fn a_database_that_is_away_holds_nothing_up_and_has_the_lines_when_it_is_back() {
    let world = world().await;
    let mut other = beside(&world).await;
    other.execute(AWAY).await.expect("made");

    (0..700).for_each(|n| world.app.logs().log(n.to_string(), LogType::Info));
    world.logged(700).await;
    let meanwhile = world.app.store().between("w", 1, 700).await;
    other.execute("DROP TRIGGER away").await.expect("done");

    let kept = kept(&world, 700).await;
    assert!(meanwhile.is_empty());
    assert_eq!(kept, (0..700).map(|n| (n + 1, n.to_string())).collect::<Vec<(u64, String)>>());
    assert_eq!(world.app.logs().figures().unkept, 0);
}

#[tokio::test]
async fn lines_that_wait_too_long_give_way_and_a_line_says_how_many() {
    let world = world_logging(LogOptions { backlog: 300, worker: "w".into(), ..LogOptions::default() }).await;
    let mut other = beside(&world).await;
    other.execute(AWAY).await.expect("made");

    (1..=1000).for_each(|n| world.app.logs().log(n.to_string(), LogType::Info));
    world.logged(1000).await;
    while world.app.logs().figures().unkept < 700 {
        tokio::task::yield_now().await;
    }
    other.execute("DROP TRIGGER away").await.expect("done");

    let kept = kept(&world, 301).await;
    assert_eq!(kept[..300], (701..=1000).map(|n: u64| (n, n.to_string())).collect::<Vec<_>>());
    assert_eq!(kept[300].1, "700 log lines were shown but not stored: the database was away for too long");
}

#[tokio::test]
async fn what_waits_when_the_worker_goes_down_still_goes_out_and_is_kept() {
    let world = world().await;
    (0..1000).for_each(|n| world.app.logs().log(n.to_string(), LogType::Info));
    let url = world.dir.path().join("test.db");

    world.app.close().await;

    let sent: usize = world.batches().iter().map(|batch| batch.lines.len()).sum();
    let mut file = SqliteConnectOptions::new().filename(url).connect().await.expect("there");
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM log_lines").fetch_one(&mut file).await.expect("readable");
    assert_eq!((sent, kept), (1000, 1000));
    world.app.logs().log("too late", LogType::Info);
    world.app.logs().alog("too late", LogType::Info).await;
}

#[tokio::test]
async fn old_lines_are_forgotten_and_with_no_days_none_are_kept() {
    let world = world_logging(LogOptions { days: 2, ..LogOptions::default() }).await;
    (0..20).for_each(|n| world.app.logs().log(n.to_string(), LogType::Info));
    kept(&world, 20).await;
    world.hands.forward(2 * 24 * 60 * 60 * 1000 + 1);
    world.app.logs().log("today", LogType::Info);
    kept(&world, 21).await;

    let forgotten = world.app.trim_logs().await.expect("trimmed");

    assert_eq!((forgotten, kept(&world, 1).await), (20, vec![(21, "today".to_owned())]));
    let ring_alone = world_logging(LogOptions { days: 0, ..LogOptions::default() }).await;
    ring_alone.app.logs().log("seen and gone", LogType::Info);
    ring_alone.logged(1).await;
    assert_eq!(ring_alone.app.logs().figures().waiting, 0);
    assert!(kept(&ring_alone, 0).await.is_empty());
}
