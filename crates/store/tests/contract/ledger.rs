//! The ledger: strictly rising, chained, readable in pages, trimmed from below, reborn under another name.

use lockstep_protocol::{Room, Scope, Seq, ledger::Ledger};
use lockstep_store::Entity;
use serde_json::json;

use crate::world::{Engine, NOON, World, draft};

contract!(
    an_empty_ledger_has_a_name_and_no_rows,
    seq_follows_the_clock_and_rises_when_the_clock_stands_still_or_goes_back,
    writers_of_several_processes_make_one_chain,
    a_reader_alongside_meets_no_hole,
    pages_are_cut_and_go_on,
    the_newest_rows_come_in_their_order,
    rows_of_some_scopes_can_be_asked_for,
    a_place_of_another_history_is_not_known,
    trimming_moves_the_floor_and_keeps_the_newest,
    a_new_life_has_another_name_and_nothing_to_recover,
    the_newest_changes_come_first_and_only_of_the_rooms_asked_for,
);

async fn an_empty_ledger_has_a_name_and_no_rows<E: Engine>(world: World<E>) {
    let head = world.store.head().await.expect("readable");

    assert_eq!((head.floor, head.top), (Seq(0), Seq(0)));
    assert_eq!(head.epoch.as_str().len(), 12);
    let another = world.another(|_| ()).await.expect("opened");
    assert_eq!(another.head().await.expect("readable"), head);
}

async fn seq_follows_the_clock_and_rises_when_the_clock_stands_still_or_goes_back<E: Engine>(world: World<E>) {
    for now in [NOON, NOON, NOON + 10, NOON - 5000, NOON + 11] {
        world.hands.set(now);
        world.publish(vec![(draft(Room::Files, "*"), None)]).await;
    }

    let log = world.log().await;

    let seqs: Vec<i64> = log.iter().map(|record| record.seq.0 - NOON).collect();
    assert_eq!(seqs, [0, 1, 10, 11, 12]);
    assert_eq!(log[0].gprev, Seq(0));
    assert!(log.windows(2).all(|pair| pair[1].gprev == pair[0].seq));
}

async fn writers_of_several_processes_make_one_chain<E: Engine>(world: World<E>) {
    let mut writers = Vec::new();
    for worker in 0..4_u32 {
        let store = world.another(|options| options.worker = worker).await.expect("opened");
        writers.push(tokio::spawn(async move {
            for _ in 0..50 {
                let publication = lockstep_store::Publication { draft: draft(Room::Files, "*"), key: None };
                store.publish(vec![vec![publication]]).await.expect("written").commit().await.expect("committed");
            }
        }));
    }
    for writer in writers {
        writer.await.expect("no panic");
    }

    let log = world.log().await;

    assert_eq!(log.len(), 200);
    assert!(log.windows(2).all(|pair| pair[1].gprev == pair[0].seq && pair[0].seq < pair[1].seq));
}

async fn a_reader_alongside_meets_no_hole<E: Engine>(world: World<E>) {
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let store = world.store.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    let publication = lockstep_store::Publication { draft: draft(Room::Files, "*"), key: None };
                    store.publish(vec![vec![publication]]).await.expect("written").commit().await.expect("committed");
                }
            })
        })
        .collect();

    let (mut cursor, mut seen) = (Seq(0), 0);
    loop {
        let over = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let page = world.store.after(cursor, 7).await.expect("readable");
        for row in &page.rows {
            assert_eq!(row.gprev, cursor, "a row was passed over");
            assert!(row.seq <= page.head.top);
            cursor = row.seq;
            seen += 1;
        }
        if over && page.rows.is_empty() {
            break;
        }
        tokio::task::yield_now().await;
    }

    for writer in writers {
        writer.await.expect("no panic");
    }
    assert_eq!((seen, world.store.head().await.expect("readable").top), (200, cursor));
}

async fn pages_are_cut_and_go_on<E: Engine>(world: World<E>) {
    world.publish((0..5).map(|_| (draft(Room::Files, "*"), None)).collect()).await;
    let page = async |after| {
        let page = world.store.after(Seq(after), 2).await.expect("readable");
        page.rows.iter().map(|row| row.seq.0 - NOON).collect::<Vec<_>>()
    };

    assert_eq!(page(0).await, [0, 1]);
    assert_eq!(page(NOON + 1).await, [2, 3]);
    assert_eq!(page(NOON + 3).await, [4]);
    assert!(page(NOON + 4).await.is_empty());
}

async fn the_newest_rows_come_in_their_order<E: Engine>(world: World<E>) {
    world.publish((0..5).map(|_| (draft(Room::Files, "*"), None)).collect()).await;
    let latest = async |limit| {
        let page = world.store.latest(limit).await.expect("readable");
        assert_eq!(page.head.top, Seq(NOON + 4));
        page.rows.iter().map(|row| row.seq.0 - NOON).collect::<Vec<_>>()
    };

    assert_eq!(latest(2).await, [3, 4]);
    assert_eq!(latest(9).await, [0, 1, 2, 3, 4]);
}

async fn rows_of_some_scopes_can_be_asked_for<E: Engine>(world: World<E>) {
    let mut everywhere = draft(Room::Index, "g");
    everywhere.scope = Scope::Global;
    let drafts = [draft(Room::Files, "f"), draft(Room::Users, "u"), everywhere, draft(Room::User("7".into()), "p")];
    world.publish(drafts.into_iter().map(|draft| (draft, None)).collect()).await;
    let of = async |scopes: &[Scope], after, limit| {
        let page = world.store.of(scopes, Seq(after), limit).await.expect("readable");
        page.rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };

    assert_eq!(of(&[Scope::Room(Room::Files), Scope::Global], 0, 10).await, ["f", "g"]);
    assert_eq!(of(&[Scope::Room(Room::Files), Scope::Global], NOON, 10).await, ["g"]);
    assert_eq!(of(&[Scope::Room(Room::Files), Scope::Global], 0, 1).await, ["f"]);
    assert_eq!(of(&[Scope::Room(Room::User("7".into()))], 0, 10).await, ["p"]);
    assert!(of(&[], 0, 10).await.is_empty());
}

/// A page that saw 150, lost with the ledger's end when a backup was restored to 100, came back once 300 had been written. It looked
/// like a page that was merely behind.
async fn a_place_of_another_history_is_not_known<E: Engine>(world: World<E>) {
    for ms in [50, 100, 300] {
        world.hands.set(NOON + ms);
        world.publish(vec![(draft(Room::Files, "*"), None)]).await;
    }
    let known = async |ms: i64| {
        let seq = Seq(if ms < 0 { 0 } else { NOON + ms });
        let of = world.store.of(&[Scope::Room(Room::Users)], seq, 10).await.expect("readable").known;
        assert_eq!(of, world.store.after(seq, 10).await.expect("readable").known);
        of
    };

    assert!(known(-1).await && known(50).await && known(100).await && known(300).await);
    assert!(!known(150).await && !known(49).await && !known(301).await);
    assert_eq!(world.store.trim(NOON + 101, 0).await.expect("trimmed"), 2);
    assert!(known(100).await, "the floor");
    assert!(!known(50).await);
}

async fn trimming_moves_the_floor_and_keeps_the_newest<E: Engine>(world: World<E>) {
    world.publish((0..20).map(|_| (draft(Room::Files, "*"), None)).collect()).await;

    assert_eq!(world.store.trim(NOON, 0).await.expect("trimmed"), 0, "nothing is older than the first");
    assert_eq!(world.store.trim(NOON + 5, 0).await.expect("trimmed"), 5);
    assert_eq!(world.store.trim(NOON + 15, 12).await.expect("trimmed"), 3, "the newest twelve stay");
    assert_eq!(world.store.trim(NOON + 15, 12).await.expect("trimmed"), 0);

    let page = world.store.after(Seq(0), 100).await.expect("readable");
    assert_eq!((page.rows.len(), page.head.floor, page.head.top), (12, Seq(NOON + 7), Seq(NOON + 19)));
    assert_eq!(page.rows[0].gprev, page.head.floor);
    assert_eq!(world.store.trim(i64::MAX, 0).await.expect("trimmed"), 12);
    world.publish(vec![(draft(Room::Files, "*"), None)]).await;
    let page = world.store.after(Seq(NOON + 19), 100).await.expect("readable");
    assert_eq!((page.head.floor, page.rows[0].gprev), (Seq(NOON + 19), Seq(NOON + 19)));
}

async fn a_new_life_has_another_name_and_nothing_to_recover<E: Engine>(world: World<E>) {
    world.publish(vec![(draft(Room::Files, "*"), None)]).await;
    let before = world.store.head().await.expect("readable");

    let epoch = world.store.new_epoch().await.expect("begun");

    let after = world.store.head().await.expect("readable");
    assert_ne!(epoch, before.epoch);
    assert_eq!((after.epoch, after.floor, after.top), (epoch.clone(), before.top, before.top));
    let receipt = world.publish(vec![(draft(Room::Files, "*"), None)]).await.remove(0);
    assert_eq!((receipt.epoch, receipt.seq.0), (epoch, before.top.0 + 1));
}

async fn the_newest_changes_come_first_and_only_of_the_rooms_asked_for<E: Engine>(world: World<E>) {
    for n in 0..3 {
        world.add(Entity::Files, &json!({"name": format!("f{n}")})).await;
        world.add(Entity::Categories, &json!({"name": format!("c{n}")})).await;
    }
    let mut everywhere = draft(Room::Index, "g");
    everywhere.scope = Scope::Global;
    world.publish(vec![(everywhere, None)]).await;

    let changes = world.store.changes(&[Room::Categories], 3).await.expect("readable");

    let ids: Vec<&str> = changes.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, ["g", "3", "2"]);
    assert_eq!(world.store.changes(&[], 9).await.expect("readable").len(), 1);
}
