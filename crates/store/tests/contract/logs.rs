//! Log lines as they are kept.

use std::sync::Arc;

use lockstep_protocol::log::{Archive, Filter, Level, Line, LogType};
use lockstep_store::{Cursor, Error, LogPage, LogPlace as Place, LogQuery, Store, clock::rfc3339};
use serde_json::{Value as Json, json, value::RawValue};

use crate::world::{Engine, NOON, World};

contract!(
    a_line_is_given_back_as_it_was_written,
    a_batch_that_is_written_twice_is_there_once,
    lines_come_in_the_order_of_their_times_and_a_page_goes_on_both_ways,
    the_lines_around_one_are_those_before_and_after_it,
    a_filter_finds_what_it_finds_in_lines_that_come_live,
    a_time_is_the_bound_of_what_is_looked_at,
    a_look_ends_and_the_next_one_goes_on_from_there,
    a_worker_is_given_what_it_has_missed,
    old_lines_are_forgotten_some_at_a_time,
    the_names_of_sources_and_environments_are_told,
    a_file_has_the_newest_lines_that_fit_the_oldest_first,
);

fn line(n: u64, message: &str) -> Line {
    Line {
        id: format!("id-{n}"),
        n,
        timestamp: rfc3339(NOON + n as i64),
        level: Level::Info,
        kind: LogType::Info,
        message: message.into(),
        source: "shop".into(),
        environment: "production".into(),
        worker: 42,
        metadata: None,
    }
}

async fn keep(store: &Store, from: &str, lines: impl IntoIterator<Item = Line>) {
    let lines: Vec<Arc<Line>> = lines.into_iter().map(Arc::new).collect();
    store.keep_lines(from, &lines).await.expect("kept");
}

fn filter(said: impl Into<Json>) -> Filter {
    Filter::parse(&said.into()).expect("a filter")
}

fn query(said: Json, place: Place, limit: u32) -> LogQuery {
    LogQuery { filter: filter(said), from: None, to: None, place, limit }
}

async fn page<E: Engine>(world: &World<E>, query: &LogQuery) -> LogPage {
    world.store.log_lines(query).await.expect("readable")
}

fn numbers(page: &LogPage) -> Vec<u64> {
    page.lines.iter().map(|line| line.n).collect()
}

async fn a_line_is_given_back_as_it_was_written<E: Engine>(world: World<E>) {
    let metadata = RawValue::from_string(r#"{"b": 1.10, "a":[ ]}"#.into()).expect("JSON");
    let whole = Line {
        level: Level::Critical,
        kind: LogType::Scan,
        message: "«Ёлка» <b>\nвторая строка 🎄".into(),
        metadata: Some(metadata),
        ..line(7, "")
    };
    keep(&world.store, "w", [whole.clone(), line(8, "with \0 in it")]).await;

    let page = page(&world, &query(json!({}), Place::Newest, 10)).await;

    assert_eq!(serde_json::to_string(&page.lines[0]).expect("JSON"), serde_json::to_string(&whole).expect("JSON"));
    assert_eq!(page.lines[1].message, "with \u{fffd} in it");
    assert_eq!((page.before, page.after, page.oldest_at), (None, None, Some(NOON + 7)));
}

async fn a_batch_that_is_written_twice_is_there_once<E: Engine>(world: World<E>) {
    for lines in [1..=20, 10..=30] {
        keep(&world.store, "w", lines.map(|n| line(n, "x"))).await;
    }
    keep(&world.store, "another", [line(1, "x")]).await;
    keep(&world.store, "nobody", []).await;

    let page = page(&world, &query(json!({}), Place::Newest, 100)).await;

    assert_eq!(numbers(&page)[..3], [1, 1, 2], "two workers count for themselves");
    assert_eq!(page.lines.len(), 31);
}

async fn lines_come_in_the_order_of_their_times_and_a_page_goes_on_both_ways<E: Engine>(world: World<E>) {
    // Two workers whose batches overlap in time, and five lines of one millisecond.
    keep(&world.store, "b", (11..=20).map(|n| line(n, "b"))).await;
    keep(&world.store, "a", (1..=10).map(|n| line(n, "a"))).await;
    keep(&world.store, "c", (21..=25).map(|n| Line { timestamp: rfc3339(NOON + 21), ..line(n, "c") })).await;

    let newest = page(&world, &query(json!({}), Place::Newest, 7)).await;
    let older = page(&world, &query(json!({}), Place::Before(newest.before.expect("more")), 15)).await;
    let oldest = page(&world, &query(json!({}), Place::Before(older.before.expect("more")), 15)).await;
    let back = page(&world, &query(json!({}), Place::After(oldest.after.expect("more")), 4)).await;
    let last = page(&world, &query(json!({}), Place::After(older.after.expect("more")), 50)).await;

    assert_eq!((numbers(&newest), newest.after), ((19..=25).collect(), None));
    assert_eq!(numbers(&older), (4..=18).collect::<Vec<u64>>());
    assert_eq!((numbers(&oldest), oldest.before), (vec![1, 2, 3], None));
    assert_eq!(numbers(&back), [4, 5, 6, 7]);
    assert_eq!((numbers(&last), last.after), ((19..=25).collect(), None));
    let again: Cursor = newest.before.expect("more").to_string().parse().expect("as it was given");
    assert_eq!(numbers(&page(&world, &query(json!({}), Place::Before(again), 1)).await), [18]);
    assert!("x".parse::<Cursor>().is_err() && "1-x".parse::<Cursor>().is_err());
}

async fn the_lines_around_one_are_those_before_and_after_it<E: Engine>(world: World<E>) {
    let noisy = |n: u64| Line { level: if n.is_multiple_of(2) { Level::Error } else { Level::Info }, ..line(n, "x") };
    keep(&world.store, "w", (1..=20).map(noisy)).await;
    let around = |id: &str, limit| query(json!({}), Place::Around(id.into()), limit);

    let middle = page(&world, &around("id-10", 5)).await;
    let alone = page(&world, &around("id-10", 1)).await;
    let among_errors = query(json!({"level": "error"}), Place::Around("id-11".into()), 5);
    let among_errors = page(&world, &among_errors).await;
    let unknown = world.store.log_lines(&around("nobody", 5)).await;

    assert_eq!(numbers(&middle), [8, 9, 10, 11, 12]);
    assert_eq!(numbers(&page(&world, &query(json!({}), Place::Before(middle.before.expect("more")), 2)).await), [6, 7]);
    assert_eq!(numbers(&page(&world, &query(json!({}), Place::After(middle.after.expect("more")), 2)).await), [13, 14]);
    assert_eq!(numbers(&alone), [10]);
    assert_eq!(numbers(&among_errors), [8, 10, 11, 12, 14]);
    assert!(matches!(unknown, Err(Error::NotFound)), "{unknown:?}");
}

async fn a_filter_finds_what_it_finds_in_lines_that_come_live<E: Engine>(world: World<E>) {
    let sources = ["scan-7", "scan-12", "shop", "Scan-7", "50%_x"];
    let messages = ["Ёлка упала", "елка", "50%_x of it", "Ошибка: нет файла a.pdf", "done in 12 ms"];
    let kinds = [LogType::Scan, LogType::Error, LogType::Info];
    let lines: Vec<Line> = (0..75_u64)
        .map(|n| Line {
            source: sources[n as usize % 5].into(),
            message: messages[(n as usize / 5) % 5].into(),
            level: Level::ALL[(n as usize / 7) % 5],
            kind: kinds[n as usize % 3],
            environment: if n % 2 == 0 { "production" } else { "staging-2" }.into(),
            ..line(n + 1, "")
        })
        .collect();
    keep(&world.store, "w", lines.clone()).await;
    for said in [
        json!({"source": "scan-7"}),
        json!({"source": "scan-*"}),
        json!({"source": ["scan-*", "shop"]}),
        json!({"source": "nobody"}),
        json!({"level": "error,critical"}),
        json!({"level": ["debug", "error"], "type": "scan"}),
        json!({"environment": "staging-*", "level": "warning"}),
        json!({"text": "ёлка"}),
        json!({"text": "ЕЛКА"}),
        json!({"text": "50%_X"}),
        json!({"text": "scan-"}),
        json!({"text": "ОШИБКА"}),
        json!({"text": r"in \d+ ms$|^ёл", "regex": true}),
        json!({"text": r"\.pdf", "regex": true, "source": "shop", "level": "error"}),
    ] {
        let filter = filter(said.clone());
        let expected: Vec<u64> = lines.iter().filter(|line| filter.matches(line)).map(|line| line.n).collect();

        let found = page(&world, &query(said.clone(), Place::Newest, 100)).await;
        let few = page(&world, &query(said.clone(), Place::Newest, 2)).await;

        assert_eq!(numbers(&found), expected, "{said}");
        assert_eq!(numbers(&few), expected[expected.len().saturating_sub(2)..], "{said}");
        assert_eq!(few.before.is_some(), expected.len() > 2, "{said}");
        assert!(expected.len() < 75, "{said} lets something out");
    }
    let hostile = page(&world, &query(json!({"text": "\0"}), Place::Newest, 9)).await;
    assert_eq!(numbers(&hostile), [0; 0]);
}

async fn a_time_is_the_bound_of_what_is_looked_at<E: Engine>(world: World<E>) {
    keep(&world.store, "w", (1..=20).map(|n| line(n, "x"))).await;

    let some = LogQuery { from: Some(NOON + 5), to: Some(NOON + 8), ..query(json!({}), Place::Newest, 3) };
    let newest = page(&world, &some).await;
    let rest = page(&world, &LogQuery { place: Place::Before(newest.before.expect("more")), ..some }).await;

    assert_eq!(numbers(&newest), [6, 7, 8]);
    assert_eq!((numbers(&rest), rest.before), (vec![5], None));
}

/// More lines than one call looks at, of which the oldest fits.
async fn a_look_ends_and_the_next_one_goes_on_from_there<E: Engine>(world: World<E>) {
    keep(&world.store, "w", [Line { message: "needle".into(), ..line(1, "") }]).await;
    let columns = "at, writer, n, id, level, kind, source, environment, worker, message, search, metadata";
    let number = "WITH RECURSIVE number (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM number WHERE n < 60000)";
    let values = format!("{NOON} + n, 'w', n, 'id', 1, 'info', 'shop', 'production', 42, 'hay', 'shop hay', NULL");
    world.engine.run(&format!("INSERT INTO log_lines ({columns}) {number} SELECT {values} FROM number")).await;
    for said in [json!({"text": "needle"}), json!({"text": "n[e]+dle", "regex": true}), json!({"type": "scan"})] {
        let first = page(&world, &query(said.clone(), Place::Newest, 10)).await;
        let second = page(&world, &query(said.clone(), Place::Before(first.before.expect("more")), 10)).await;

        assert_eq!(numbers(&first), [0; 0], "{said}");
        assert_eq!(second.before, None, "{said}");
        assert_eq!(numbers(&second), if said["type"] == "scan" { vec![] } else { vec![1] }, "{said}");
    }
}

async fn a_worker_is_given_what_it_has_missed<E: Engine>(world: World<E>) {
    keep(&world.store, "w", (1..=20).filter(|n| *n != 6).map(|n| line(n, "x"))).await;
    keep(&world.store, "v", (1..=20).map(|n| line(n, "v"))).await;

    let missed = world.store.between("w", 4, 8).await;
    let newest = world.store.newest(&filter(json!({"text": "v"})), 3).await;

    assert_eq!(
        missed.iter().map(|line| (line.n, line.message.as_str())).collect::<Vec<_>>(),
        [(4, "x"), (5, "x"), (7, "x"), (8, "x")]
    );
    assert_eq!(newest.iter().map(|line| line.n).collect::<Vec<_>>(), [18, 19, 20]);
    assert!(world.store.between("x", 1, 9).await.is_empty());
}

async fn old_lines_are_forgotten_some_at_a_time<E: Engine>(world: World<E>) {
    keep(&world.store, "w", (1..=5_010).map(|n| line(n, "x"))).await;

    let gone = [world.store.trim_lines(NOON + 5_006).await, world.store.trim_lines(NOON + 5_006).await];
    let none = world.store.trim_lines(NOON + 5_006).await.expect("trimmed");

    assert_eq!(gone.map(|gone| gone.expect("trimmed")), [5_000, 5]);
    assert_eq!(
        (none, numbers(&page(&world, &query(json!({}), Place::Newest, 100)).await)),
        (0, (5_006..=5_010).collect())
    );
}

async fn the_names_of_sources_and_environments_are_told<E: Engine>(world: World<E>) {
    let empty = world.store.log_facets().await.expect("readable");
    let of = |n: u64| Line { source: format!("s-{:03}", n % 230), environment: format!("e{}", n % 3), ..line(n, "x") };
    keep(&world.store, "w", (1..=460).map(of)).await;

    let facets = world.store.log_facets().await.expect("readable");

    assert_eq!((empty.sources.len(), empty.environments.len(), empty.oldest_at), (0, 0, None));
    assert_eq!(facets.environments, ["e0", "e1", "e2"]);
    assert_eq!(
        (facets.sources.len(), facets.sources[0].as_str(), facets.sources[199].as_str()),
        (200, "s-000", "s-199")
    );
    assert_eq!(facets.oldest_at, Some(NOON + 1));
}

async fn a_file_has_the_newest_lines_that_fit_the_oldest_first<E: Engine>(world: World<E>) {
    keep(&world.store, "w", (1..=1_203).map(|n| line(n, if n % 2 == 0 { "even" } else { "odd" }))).await;
    for said in [json!({"text": "even"}), json!({"text": "^ev.n$", "regex": true})] {
        let mut export = world.store.export_lines(&query(said, Place::Newest, 1)).await.expect("chosen");
        let (mut lines, mut parts) = (Vec::new(), 0);
        world.store.trim_lines(NOON + 3).await.expect("trimmed");
        while let Some(part) = world.store.next_lines(&mut export).await.expect("read") {
            lines.extend(part.into_iter().map(|line| line.n));
            parts += 1;
        }

        assert_eq!((lines, parts), ((2..=601).map(|n| 2 * n).collect(), 2));
        keep(&world.store, "again", [line(2, "even")]).await;
    }
}
