//! Events that belong to no row.

use crate::common::{told, world};
use lockstep_app::{Caller, Error, Keep, MAX_BATCH, Publication};
use lockstep_protocol::{MAX_DATA_BYTES, Scope, ledger::Ledger};
use serde_json::value::RawValue;

fn event(name: &str, key: Option<&str>) -> Publication {
    Publication {
        event: name.into(),
        reason: "updated".into(),
        id: "*".into(),
        data: None,
        room: None,
        scope: None,
        key: key.map(Into::into),
    }
}

#[tokio::test]
async fn a_key_makes_a_second_try_harmless() {
    let world = world().await;
    let operator = Caller::operator();
    let once =
        world.app.publish(&operator, vec![event("files:changed", Some("scan-7"))], None).await.expect("published");

    let again = [
        event("files:changed", Some("scan-7")),
        event("files:changed", None),
        event("x", Some("k")),
        event("x", Some("k")),
    ];
    let again = world.app.publish(&operator, again.into(), None).await.expect("published");

    assert!(!once[0].duplicate);
    assert_eq!((again[0].seq, again[0].duplicate), (once[0].seq, true));
    assert!(!again[1].duplicate && again[1].seq > once[0].seq);
    assert_eq!((again[3].seq, again[3].duplicate), (again[2].seq, true));
    assert_eq!(world.sent().len(), 3);
}

/// Two programs' "nightly" once collided, and the second one's event vanished.
#[tokio::test]
async fn a_key_is_its_publishers_own() {
    let world = world().await;
    let operator = Caller::operator();
    let mut callers = vec![operator.clone()];
    for name in ["one", "two"] {
        let (_, key) = world.app.add_key(&Caller::operator(), name, &["publish".into()]).await.expect("made");
        callers.push(world.app.api_key(&key).await.expect("readable").expect("known"));
    }
    let before = world.sent().len();

    for caller in &callers {
        let first = world.app.publish(caller, vec![event("files:changed", Some("nightly"))], None).await;
        let again = world.app.publish(caller, vec![event("files:changed", Some("nightly"))], None).await;
        assert_eq!((first.expect("published")[0].duplicate, again.expect("known")[0].duplicate), (false, true));
    }

    assert_eq!(world.sent().len() - before, 3);
}

#[tokio::test]
async fn a_key_that_stands_for_another_event_is_refused_and_nobody_else_with_it() {
    let world = world().await;
    let operator = Caller::operator();
    let publish = async |publications: Vec<Publication>| world.app.publish(&operator, publications, None).await;
    publish(vec![event("files:changed", Some("k"))]).await.expect("published");
    let changed = |change: fn(&mut Publication)| {
        let mut publication = event("files:changed", Some("k"));
        change(&mut publication);
        publication
    };
    let others = [
        changed(|event| event.event = "users:changed".into()),
        changed(|event| event.reason = "added".into()),
        changed(|event| event.id = "7".into()),
        changed(|event| event.room = Some("admin".into())),
    ];

    for other in others {
        let (good, refused) = tokio::join!(publish(vec![event("x", None)]), publish(vec![event("x", None), other]));
        good.expect("another request");
        match refused {
            Err(Error::KeyReused { key }) => assert_eq!(key, "k"),
            other => panic!("{other:?}"),
        }
    }
    let twice = publish(vec![event("x", Some("new")), event("y", Some("new"))]).await;

    assert_eq!(told(twice).0, "key_reused");
    assert_eq!(world.sent().len(), 5);
}

#[tokio::test]
async fn many_at_once_share_their_commits_and_each_gets_its_own_answer() {
    let world = world().await;
    let publications = (0..500).map(|n| {
        let app = world.app.clone();
        let key = format!("key {n}");
        tokio::spawn(async move {
            let batch = vec![event("files:changed", Some(&key)), event("users:changed", None)];
            app.publish(&Caller::operator(), batch, None).await.expect("published")
        })
    });
    let mut seqs = Vec::new();
    for publication in publications.collect::<Vec<_>>() {
        let receipts = publication.await.expect("no panic");
        assert_eq!(receipts.len(), 2);
        assert!(receipts[0].seq < receipts[1].seq);
        seqs.extend(receipts.into_iter().map(|receipt| receipt.seq));
    }

    let page = world.app.store().after(lockstep_protocol::Seq(0), 2000).await.expect("readable");

    seqs.sort_unstable();
    seqs.dedup();
    assert_eq!(seqs.len(), 1000);
    assert_eq!(page.rows.iter().map(|row| row.seq).collect::<Vec<_>>(), seqs);
    assert_eq!(world.sent().iter().map(|record| record.seq).collect::<Vec<_>>(), seqs);
}

#[tokio::test]
async fn an_event_goes_to_its_own_room_unless_told_otherwise() {
    let world = world().await;
    let mut elsewhere = event("files:changed", None);
    elsewhere.room = Some("admin".into());
    let mut everywhere = event("files:changed", None);
    everywhere.scope = Some("global".into());

    let batch = vec![event("files:changed", None), event("rates:new", None), elsewhere, everywhere];
    world.app.publish(&Caller::operator(), batch, Some("c1")).await.expect("published");

    let scopes: Vec<String> = world.sent().iter().map(|record| record.scope.to_string()).collect();
    assert_eq!(scopes, ["room:files", "global", "room:admin", "global"]);
    assert_eq!(world.sent()[1].scope, Scope::Global);
}

#[tokio::test]
async fn one_bad_publication_and_none_is_written() {
    let world = world().await;
    let bad = |change: fn(&mut Publication)| {
        let mut publication = event("files:changed", None);
        change(&mut publication);
        publication
    };
    let cases = [
        (bad(|event| event.event = "sync:reset".into()), "bad_event"),
        (bad(|event| event.event = "session:ended".into()), "bad_event"),
        (bad(|event| event.event = "keys:changed".into()), "bad_event"),
        (bad(|event| event.event = "Файлы".into()), "bad_event"),
        (bad(|event| event.reason = "exploded".into()), "invalid"),
        (bad(|event| event.id = String::new()), "invalid"),
        (bad(|event| event.key = Some("k".repeat(129))), "invalid"),
        (bad(|event| event.room = Some("flies".into())), "bad_room"),
        (bad(|event| event.room = Some("user:1".into())), "bad_room"),
        (bad(|event| event.scope = Some("files".into())), "bad_room"),
        (
            bad(|event| {
                event.scope = Some("global".into());
                event.room = Some("files".into());
            }),
            "bad_room",
        ),
        (
            bad(|event| event.data = RawValue::from_string(format!("\"{}\"", "x".repeat(MAX_DATA_BYTES))).ok()),
            "too_large",
        ),
        (bad(|event| event.data = RawValue::from_string("[".repeat(65) + &"]".repeat(65)).ok()), "invalid"),
    ];
    for (publication, code) in cases {
        let refused =
            world.app.publish(&Caller::operator(), vec![event("files:changed", None), publication], None).await;
        assert_eq!(told(refused).0, code);
    }
    let many = vec![event("files:changed", None); MAX_BATCH + 1];
    assert_eq!(told(world.app.publish(&Caller::operator(), many, None).await).0, "too_large");
    assert!(world.sent().is_empty());
}

#[tokio::test]
async fn the_name_of_a_page_is_short() {
    let world = world().await;
    let publish = async |origin: &str| {
        world.app.publish(&Caller::operator(), vec![event("files:changed", None)], Some(origin)).await
    };

    for (origin, code) in [("o".repeat(65), "field.too_long"), ("a\nb".into(), "field.format")] {
        assert_eq!(told(publish(&origin).await), ("invalid", vec![("origin".to_owned(), code)]));
    }
    publish(&"o".repeat(64)).await.expect("long enough for any name");
}

#[tokio::test]
async fn what_waits_when_the_worker_goes_down_is_still_written() {
    let world = world().await;
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let app = world.app.clone();
            tokio::spawn(
                async move { app.publish(&Caller::operator(), vec![event("files:changed", None)], None).await },
            )
        })
        .collect();
    tokio::task::yield_now().await;

    world.app.close().await;

    let mut written = 0;
    for publication in waiting {
        written += usize::from(publication.await.expect("no panic").is_ok());
    }
    assert_eq!(world.sent().len(), written);
    let late = world.app.publish(&Caller::operator(), vec![event("files:changed", None)], None).await;
    assert_eq!(told(late).0, "unavailable");
}

#[tokio::test]
async fn old_events_are_forgotten_while_the_newest_stay() {
    let world = world().await;
    let operator = Caller::operator();
    world.app.publish(&operator, vec![event("files:changed", None); 200], None).await.expect("published");
    world.hands.forward(3 * 24 * 60 * 60 * 1000);
    world.app.publish(&operator, vec![event("files:changed", None); 50], None).await.expect("published");

    let gone = world.app.trim(Keep { days: 2, events: 100, notice_days: 90 }).await.expect("trimmed");

    let page = world.app.store().after(lockstep_protocol::Seq(0), 1000).await.expect("readable");
    assert_eq!((gone, page.rows.len()), (150, 100));
    assert_eq!(page.rows[0].gprev, page.head.floor);
}

#[tokio::test]
async fn upkeep_trims_without_being_asked_and_ends_when_told() {
    let world = world().await;
    world.app.publish(&Caller::operator(), vec![event("files:changed", None); 20], None).await.expect("published");
    world.hands.forward(3 * 24 * 60 * 60 * 1000);
    let trimmed = async {
        while world.app.store().head().await.expect("readable").floor == lockstep_protocol::Seq(0) {
            tokio::task::yield_now().await;
        }
    };

    world.app.upkeep(Keep { days: 2, events: 5, notice_days: 90 }, trimmed).await;

    assert_eq!(world.app.store().after(lockstep_protocol::Seq(0), 100).await.expect("readable").rows.len(), 5);
}

/// A worker that was told to stop in the middle of a large backlog once trimmed to its end, and ran into the limit of its farewell.
#[tokio::test]
async fn upkeep_that_is_told_to_stop_does_not_finish_its_backlog_first() {
    let world = world().await;
    world.app.publish(&Caller::operator(), vec![event("files:changed", None); 200], None).await.expect("published");
    world.hands.forward(3 * 24 * 60 * 60 * 1000);
    let mut looks = 0;
    let at_the_third_look = std::future::poll_fn(|context| {
        looks += 1;
        context.waker().wake_by_ref();
        if looks < 3 { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    });

    world.app.upkeep(Keep { days: 2, events: 0, notice_days: 90 }, at_the_third_look).await;

    let left = world.app.store().after(lockstep_protocol::Seq(0), 1000).await.expect("readable").rows.len();
    assert_eq!(left, 200, "the step that was broken off was undone");
    assert_eq!(world.app.trim(Keep { days: 2, events: 0, notice_days: 90 }).await.expect("trimmed"), 200);
}
