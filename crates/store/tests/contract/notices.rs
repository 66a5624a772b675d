//! What persons are told.

mod crowds;
mod marks;

use lockstep_protocol::{Notice, NoticeStatus, Position, Reason, Record};
use lockstep_store::{Error, Listed, NewNotice, NoticeKey, NoticePage, NoticeQuery, Store, Which};
use serde_json::{Value as Json, json, value::to_raw_value};

use crate::world::{Engine, NOON, World};

contract!(
    a_notice_is_an_event_in_the_room_of_each_recipient_and_in_nobody_elses,
    what_was_told_is_listed_newest_first_and_by_pages,
    lists_are_narrowed_by_kind_and_by_what_is_read_or_put_aside,
    who_has_not_read_yet_is_told_anew_in_its_place,
    after_the_window_or_once_it_is_read_it_is_told_as_another_one,
    data_show_how_often_where_they_are_to,
    what_is_told_and_not_committed_was_never_told,
    who_was_told_what_is_nothing_that_was_done,
);

/// Ten minutes.
const WINDOW: i64 = 600_000;

fn notice(kind: &str, data: &Json) -> NewNotice {
    let data = to_raw_value(data).expect("JSON");
    NewNotice { kind: kind.into(), data, message: None, status: None, key: None, times: 1, counted: false, once: false }
}

fn keyed(key: &str, data: &Json) -> NewNotice {
    let key = NoticeKey { name: key.into(), window_ms: WINDOW };
    NewNotice { key: Some(key), ..notice("alert", data) }
}

/// Tells them and returns the id of the notice.
async fn tell(store: &Store, notice: &NewNotice, persons: &[&str]) -> i64 {
    try_tell(store, notice, persons).await.expect("told").expect("somebody")
}

async fn try_tell(store: &Store, notice: &NewNotice, persons: &[&str]) -> Result<Option<i64>, Error> {
    let persons: Vec<i64> = persons.iter().map(|id| id.parse().expect("a number")).collect();
    let told = store.notify(notice, None, &persons, None).await?;
    told.pending.commit().await?;
    Ok(told.id)
}

async fn mark(store: &Store, user: &str, which: Which<'_>) -> Result<i64, Error> {
    let marked = store.mark(user, which, Some("c1")).await?;
    if let Some(pending) = marked.pending {
        pending.commit().await?;
    }
    Ok(marked.unread)
}

async fn page(store: &Store, user: &str, query: NoticeQuery) -> NoticePage {
    store.notices(user, &NoticeQuery { limit: query.limit.max(20), ..query }).await.expect("listed")
}

async fn listed(store: &Store, user: &str) -> Vec<Listed> {
    page(store, user, NoticeQuery::default()).await.items
}

async fn ids(store: &Store, user: &str, query: NoticeQuery) -> Vec<String> {
    store.notices(user, &query).await.expect("listed").items.into_iter().map(|item| item.id).collect()
}

fn data(json: &Record) -> Json {
    serde_json::from_str(json.data.as_ref().expect("data").get()).expect("JSON")
}

/// What a person's pages were told, in the order of the ledger.
async fn heard<E: Engine>(world: &World<E>, user: &str) -> Vec<Record> {
    let scope = format!("room:user:{user}");
    world.log().await.into_iter().filter(|record| record.scope.to_string() == scope).collect()
}

async fn persons<E: Engine, const N: usize>(world: &World<E>, logins: [&str; N]) -> [String; N] {
    let mut ids = Vec::new();
    for login in logins {
        ids.push(world.person(login, &[]).await);
    }
    ids.try_into().expect("as many")
}

async fn a_notice_is_an_event_in_the_room_of_each_recipient_and_in_nobody_elses<E: Engine>(world: World<E>) {
    let [anna, boris, carl] = persons(&world, ["anna", "boris", "carl"]).await;
    let before = world.log().await.len();
    world.hands.set(NOON + 5_000);

    let alert = NewNotice {
        message: Some("Мало места".into()),
        status: Some(NoticeStatus::Warning),
        ..notice("alert", &json!({"disk": "/srv"}))
    };
    let id = tell(&world.store, &alert, &[&boris, &anna]).await.to_string();
    tell(&world.store, &notice("system", &json!({})), &[&anna]).await;

    let log = world.log().await.split_off(before);
    let told: Vec<_> =
        log.iter().map(|record| (record.event.as_str(), record.reason, record.scope.to_string())).collect();
    let room = |user: &str| ("notification", Reason::Added, format!("room:user:{user}"));
    assert_eq!(told, [room(&anna), room(&boris), room(&anna)]);
    assert!(heard(&world, &carl).await.is_empty());
    assert_eq!(log[0].id, id);
    let expected = json!({"type": "alert", "data": {"disk": "/srv"}, "timestamp": "2025-11-21T21:20:05.000Z", "read": false,
        "archived": false, "message": "Мало места", "status": "warning", "unread": 1});
    assert_eq!(data(&log[0]), expected);
    assert_eq!([data(&log[1])["unread"].clone(), data(&log[2])["unread"].clone()], [json!(1), json!(2)]);
}

async fn what_was_told_is_listed_newest_first_and_by_pages<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let mut told = Vec::new();
    for number in 0..5 {
        told.insert(0, tell(&world.store, &notice("x", &json!({ "number": number })), &[&anna]).await.to_string());
    }

    let first = world.store.notices(&anna, &NoticeQuery { limit: 3, ..NoticeQuery::default() }).await.expect("listed");
    let before = first.next.as_ref().map(|next| next.parse().expect("a number"));
    let rest = NoticeQuery { limit: 3, before, ..NoticeQuery::default() };
    let second = world.store.notices(&anna, &rest).await.expect("listed");

    let ids = |page: &NoticePage| page.items.iter().map(|item| item.id.clone()).collect::<Vec<_>>();
    assert_eq!([ids(&first), ids(&second)].concat(), told);
    assert_eq!((first.next.as_deref(), second.next), (Some(told[2].as_str()), None));
    assert_eq!((first.unread, second.unread), (5, 5));
    let last = world.log().await.pop().expect("told");
    assert_eq!(first.position, Position::new(last.epoch.clone(), last.seq));
    assert_eq!(world.store.unread(&anna).await.expect("counted"), (5, last.position()));
    assert!(listed(&world.store, &boris).await.is_empty());
    assert_eq!(world.store.unread(&boris).await.expect("counted").0, 0);
}

async fn lists_are_narrowed_by_kind_and_by_what_is_read_or_put_aside<E: Engine>(world: World<E>) {
    let [anna] = persons(&world, ["anna"]).await;
    let mut told = Vec::new();
    for kind in ["alert", "system", "my.own-kind", "alert"] {
        told.push(tell(&world.store, &notice(kind, &json!({})), &[&anna]).await.to_string());
    }
    mark(&world.store, &anna, Which::One(&told[1])).await.expect("read");
    mark(&world.store, &anna, Which::Archive(&told[3])).await.expect("put aside");
    let query = || NoticeQuery { limit: 20, ..NoticeQuery::default() };
    let of = |numbers: &[usize]| numbers.iter().map(|number| told[*number].clone()).collect::<Vec<_>>();

    let store = &world.store;
    assert_eq!(ids(store, &anna, query()).await, of(&[2, 1, 0]));
    assert_eq!(ids(store, &anna, NoticeQuery { unread: true, ..query() }).await, of(&[2, 0]));
    assert_eq!(ids(store, &anna, NoticeQuery { archived: true, ..query() }).await, of(&[3]));
    let kinds = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let some = NoticeQuery { kinds: kinds(&["my.own-kind", "system", "no\0kind"]), ..query() };
    assert_eq!(ids(store, &anna, some).await, of(&[2, 1]));
    assert_eq!(ids(store, &anna, NoticeQuery { kinds: kinds(&["none"]), ..query() }).await, of(&[]));
}

async fn who_has_not_read_yet_is_told_anew_in_its_place<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let first = tell(&world.store, &keyed("disk", &json!({"free": 5})), &[&anna]).await;
    let other = tell(&world.store, &keyed("net", &json!({})), &[&anna]).await;
    world.hands.set(NOON + WINDOW - 1);

    let second = tell(&world.store, &keyed("disk", &json!({"free": 4})), &[&anna, &boris]).await;
    let third = tell(&world.store, &keyed("disk", &json!({"free": 3})), &[&anna]).await;

    assert_eq!(third, first, "to her it is the one she has");
    let annas = listed(&world.store, &anna).await;
    assert_eq!(annas.iter().map(|item| item.id.clone()).collect::<Vec<_>>(), [other.to_string(), first.to_string()]);
    let Notice { data: free, count, timestamp, .. } = &annas[1].notice;
    assert_eq!((free.get(), *count, timestamp.as_str()), (r#"{"free":3}"#, Some(3), "2025-11-21T21:29:59.999Z"));
    let boriss = listed(&world.store, &boris).await;
    assert_eq!((boriss[0].id.clone(), boriss[0].notice.data.get()), (second.to_string(), r#"{"free":4}"#));
    assert_eq!(boriss[0].notice.count, None);
    let heard = heard(&world, &anna).await;
    let told: Vec<_> = heard.iter().map(|record| (record.reason, record.id.clone())).collect();
    let (added, updated) = (Reason::Added, Reason::Updated);
    let expected = [(added, first), (added, other), (updated, first), (updated, first)];
    assert_eq!(told, expected.map(|(reason, id)| (reason, id.to_string())));
    assert_eq!(heard.iter().map(|record| data(record)["unread"].clone()).collect::<Vec<_>>(), [1, 2, 2, 2]);
    assert_eq!(heard.iter().map(|record| data(record)["count"].clone()).collect::<Vec<_>>()[2..], [json!(2), json!(3)]);
}

async fn after_the_window_or_once_it_is_read_it_is_told_as_another_one<E: Engine>(world: World<E>) {
    let [anna] = persons(&world, ["anna"]).await;
    let disk = keyed("disk", &json!({}));

    let first = tell(&world.store, &disk, &[&anna]).await;
    world.hands.set(NOON + WINDOW);
    let second = tell(&world.store, &disk, &[&anna]).await;
    mark(&world.store, &anna, Which::One(&second.to_string())).await.expect("read");
    let third = tell(&world.store, &disk, &[&anna]).await;
    let again = tell(&world.store, &disk, &[&anna]).await;

    assert!(first < second && second < third, "{first} {second} {third}");
    assert_eq!(again, third);
    let counts: Vec<_> = listed(&world.store, &anna).await.iter().map(|item| item.notice.count).collect();
    assert_eq!(counts, [Some(2), None, None]);
    assert_eq!(world.store.unread(&anna).await.expect("counted").0, 2);
}

async fn data_show_how_often_where_they_are_to<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let storm = |times| NewNotice { times, counted: true, ..keyed("storm", &json!({"message": "no disk"})) };
    tell(&world.store, &storm(40), &[&anna, &boris]).await;
    mark(&world.store, &boris, Which::All).await.expect("read");

    tell(&world.store, &storm(2), &[&anna, &boris]).await;

    let [annas, boriss] = [listed(&world.store, &anna).await, listed(&world.store, &boris).await];
    let shown = |item: &Listed| (item.notice.data.get().to_owned(), item.notice.count);
    assert_eq!(shown(&annas[0]), (r#"{"count":42,"message":"no disk"}"#.to_owned(), Some(42)));
    let counts: Vec<_> = boriss.iter().map(|item| item.notice.count).collect();
    assert_eq!(counts, [Some(2), Some(40)], "what he has read stays as he has read it");
    assert_eq!(data(heard(&world, &anna).await.last().expect("told"))["data"]["count"], 42);
}

async fn what_is_told_and_not_committed_was_never_told<E: Engine>(world: World<E>) {
    let [anna] = persons(&world, ["anna"]).await;
    let id = tell(&world.store, &notice("alert", &json!({})), &[&anna]).await.to_string();
    let before = world.log().await.len();

    let person = [anna.parse().expect("a number")];
    drop(world.store.notify(&notice("alert", &json!({})), None, &person, None).await.expect("told").pending);
    drop(world.store.mark(&anna, Which::One(&id), None).await.expect("marked").pending);

    assert_eq!(world.log().await.len(), before);
    let page = page(&world.store, &anna, NoticeQuery::default()).await;
    assert_eq!((page.items.len(), page.unread, page.items[0].notice.read), (1, 1, false));
}

async fn who_was_told_what_is_nothing_that_was_done<E: Engine>(world: World<E>) {
    let [anna] = persons(&world, ["anna"]).await;
    let before =
        world.store.audit(&lockstep_store::Audit { limit: 50, ..Default::default() }).await.expect("read").items;

    tell(&world.store, &notice("alert", &json!({"secret": true})), &[&anna]).await;
    mark(&world.store, &anna, Which::All).await.expect("read");

    let after =
        world.store.audit(&lockstep_store::Audit { limit: 50, ..Default::default() }).await.expect("read").items;
    assert_eq!(after, before);
}
