//! What persons are told.

use lockstep_protocol::{Notice, NoticeStatus, NoticesRead, Position, Reason, Record};
use lockstep_store::{
    Audience, Entity, Error, Listed, MAX_RECIPIENTS, NewNotice, NoticeKey, NoticePage, NoticeQuery, Store, Which,
};
use serde_json::{Value as Json, json, value::to_raw_value};

use crate::{
    races::{PROCESSES, ROUNDS, at_once},
    world::{Engine, NOON, World},
};

contract!(
    a_notice_is_an_event_in_the_room_of_each_recipient_and_in_nobody_elses,
    what_was_told_is_listed_newest_first_and_by_pages,
    lists_are_narrowed_by_kind_and_by_what_is_read_or_put_aside,
    who_has_not_read_yet_is_told_anew_in_its_place,
    after_the_window_or_once_it_is_read_it_is_told_as_another_one,
    data_show_how_often_where_they_are_to,
    a_mark_is_told_once_and_counts_what_is_left,
    nobody_marks_what_another_was_told,
    persons_are_found_by_id_and_by_name_and_only_those_who_may_sign_in,
    a_list_longer_than_a_transaction_is_one_notice,
    a_notice_that_all_have_had_a_newer_one_of_since_is_still_told_to_the_rest,
    what_is_told_and_not_committed_was_never_told,
    old_notices_are_forgotten_and_the_number_of_unread_ones_is_told,
    a_person_who_is_removed_takes_his_notices_along,
    who_was_told_what_is_nothing_that_was_done,
    several_who_tell_under_one_key_are_counted_to_the_last,
    several_who_read_at_once_agree_on_what_is_left,
    telling_somebody_who_is_being_removed_comes_before_or_not_at_all,
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

/// So many persons in one group, past the store.
async fn crowd<E: Engine>(world: &World<E>, number: usize) -> Vec<i64> {
    let group = world.add(Entity::Groups, &json!({"name": "Crowd"})).await.row.id;
    let row = |n: usize| format!("(1, 0, 0, 'crowd{n}', 'crowd{n}', 'crowd{n}', 'crowd{n}', {group}, 1, 'x')");
    let rows: Vec<String> = (0..number).map(row).collect();
    let insert = "INSERT INTO users (rev, created_at, updated_at, folded, search, login, name, group_id, enabled, password_hash)";
    world.engine.run(&format!("{insert} VALUES {}", rows.join(", "))).await;
    world.store.audience(&Audience::Group("Crowd")).await.expect("there")
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

async fn a_mark_is_told_once_and_counts_what_is_left<E: Engine>(world: World<E>) {
    let [anna] = persons(&world, ["anna"]).await;
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(tell(&world.store, &notice("alert", &json!({})), &[&anna]).await.to_string());
    }
    let before = world.log().await.len();

    let mut unread = Vec::new();
    for which in [
        Which::One(&told[0]),
        Which::One(&told[0]),
        Which::Archive(&told[1]),
        Which::Archive(&told[1]),
        Which::All,
        Which::All,
    ] {
        unread.push(mark(&world.store, &anna, which).await.expect("hers"));
    }
    unread.push(mark(&world.store, &anna, Which::Archive(&told[0])).await.expect("hers"));

    assert_eq!(unread, [3, 3, 2, 2, 0, 0, 0]);
    let log = world.log().await.split_off(before);
    let read = |ids: Option<usize>, archived, unread| {
        let ids = ids.map(|number| vec![told[number].clone()]);
        NoticesRead { ids, read: true, archived, unread }
    };
    let expected = [read(Some(0), false, 3), read(Some(1), true, 2), read(None, false, 0), read(Some(0), true, 0)];
    for (record, expected) in log.iter().zip(&expected) {
        assert_eq!((record.event.as_str(), record.reason), ("notification:read", Reason::Updated));
        assert_eq!((record.scope.to_string(), record.origin.as_deref()), (format!("room:user:{anna}"), Some("c1")));
        assert_eq!(record.id, expected.ids.as_ref().map_or("*".to_owned(), |ids| ids[0].clone()));
        assert_eq!(data(record), serde_json::to_value(expected).expect("JSON"));
    }
    assert_eq!(log.len(), expected.len());
}

async fn nobody_marks_what_another_was_told<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let annas = tell(&world.store, &notice("alert", &json!({})), &[&anna]).await.to_string();
    tell(&world.store, &notice("alert", &json!({})), &[&boris]).await;
    let before = world.log().await.len();

    for id in [annas.as_str(), "0", "999", "x", ""] {
        for which in [Which::One(id), Which::Archive(id)] {
            assert!(matches!(mark(&world.store, &boris, which).await, Err(Error::NotFound)), "{which:?}");
        }
    }

    assert_eq!(mark(&world.store, &boris, Which::All).await.expect("his own"), 0);
    assert_eq!(world.store.unread(&anna).await.expect("counted").0, 1);
    assert_eq!(world.log().await.len(), before + 1);
}

async fn persons_are_found_by_id_and_by_name_and_only_those_who_may_sign_in<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let [group, lonely] = ["Storekeepers", "Nobody"].map(|name| json!({ "name": name }));
    let group = world.add(Entity::Groups, &group).await.row.id;
    let lonely = world.add(Entity::Groups, &lonely).await.row.id;
    let number = json!({"login": "77", "name": "Number", "group_id": group});
    let number = world.add(Entity::Users, &number).await.row.id;
    world.change(Entity::Users, &boris, &json!({"enabled": false})).await.expect("disabled");
    let found = async |whom: Audience<'_>| {
        let found = world.store.audience(&whom).await;
        found.map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>())
    };

    assert_eq!(found(Audience::User(&anna)).await.expect("there"), std::slice::from_ref(&anna));
    assert_eq!(found(Audience::User("Anna")).await.expect("there"), std::slice::from_ref(&anna));
    assert_eq!(found(Audience::User("77")).await.expect("there"), std::slice::from_ref(&number));
    assert!(found(Audience::User("boris")).await.expect("there").is_empty(), "he may not sign in");
    for group in [group.as_str(), "Storekeepers"] {
        assert_eq!(found(Audience::Group(group)).await.expect("there"), std::slice::from_ref(&number));
    }
    assert!(found(Audience::Group(&lonely)).await.expect("there").is_empty());
    let groups = [group, lonely, "x".into()];
    assert_eq!(found(Audience::Groups(&groups)).await.expect("there"), std::slice::from_ref(&number));
    assert!(found(Audience::Groups(&[])).await.expect("there").is_empty());
    assert_eq!(found(Audience::All).await.expect("there"), [anna, number]);
    for nobody in [Audience::User("zoe"), Audience::User("999"), Audience::User("a\0"), Audience::Group("Anna")] {
        assert!(matches!(found(nobody.clone()).await, Err(Error::NotFound)), "{nobody:?}");
    }
    assert_eq!(try_tell(&world.store, &notice("alert", &json!({})), &["999"]).await.expect("nothing to do"), None);
}

async fn a_list_longer_than_a_transaction_is_one_notice<E: Engine>(world: World<E>) {
    let crowd = crowd(&world, MAX_RECIPIENTS + 3).await;
    let before = world.log().await.len();
    let alert = notice("alert", &json!({"to": "all"}));

    let mut id = None;
    for persons in crowd.chunks(MAX_RECIPIENTS) {
        let told = world.store.notify(&alert, id, persons, None).await.expect("told");
        assert_eq!(told.recipients, persons.len());
        told.pending.commit().await.expect("committed");
        id = told.id;
    }

    let log = world.log().await.split_off(before);
    assert_eq!(log.len(), MAX_RECIPIENTS + 3);
    let id = id.expect("told").to_string();
    assert!(log.iter().all(|record| record.id == id && data(record)["unread"] == 1));
    assert!(log.windows(2).all(|pair| pair[1].gprev == pair[0].seq));
    let last = crowd.last().expect("a crowd").to_string();
    assert_eq!(listed(&world.store, &last).await[0].id, id);
}

/// Between the two transactions of a long list all who had been told were told something newer under the same key, and what the second was
/// about to point at was gone.
async fn a_notice_that_all_have_had_a_newer_one_of_since_is_still_told_to_the_rest<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let old = keyed("disk", &json!({"free": 5}));
    let id = tell(&world.store, &old, &[&anna]).await;
    tell(&world.store, &keyed("disk", &json!({"free": 4})), &[&anna]).await;

    let told = world.store.notify(&old, Some(id), &[boris.parse().expect("a number")], None).await.expect("told");
    told.pending.commit().await.expect("committed");

    let free = |items: Vec<Listed>| items[0].notice.data.get().to_owned();
    assert_eq!(free(listed(&world.store, &anna).await), r#"{"free":4}"#);
    assert_eq!(free(listed(&world.store, &boris).await), r#"{"free":5}"#);
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

async fn old_notices_are_forgotten_and_the_number_of_unread_ones_is_told<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let old = tell(&world.store, &notice("alert", &json!({})), &[&anna, &boris]).await.to_string();
    mark(&world.store, &boris, Which::All).await.expect("read");
    world.hands.set(NOON + 1000);
    let young = tell(&world.store, &notice("alert", &json!({})), &[&anna, &boris]).await.to_string();
    let before = world.log().await.len();

    let mut rounds = 0;
    while let Some(pending) = world.store.forget_notices(NOON + 1000).await.expect("forgotten") {
        pending.commit().await.expect("committed");
        rounds += 1;
        assert!(rounds < 10, "it comes to an end");
    }

    for person in [&anna, &boris] {
        assert_eq!(
            ids(&world.store, person, NoticeQuery { limit: 9, ..NoticeQuery::default() }).await,
            std::slice::from_ref(&young)
        );
    }
    let log = world.log().await.split_off(before);
    assert_eq!(log.len(), 1, "nobody else's number is another");
    assert_eq!((log[0].event.as_str(), log[0].scope.to_string()), ("notification:read", format!("room:user:{anna}")));
    assert_eq!(data(&log[0]), json!({"ids": [old], "read": true, "archived": true, "unread": 1}));
    let told = world.store.notify(&notice("x", &json!({})), Some(old.parse().expect("a number")), &[], None).await;
    assert_eq!(told.expect("nobody").recipients, 0);
}

async fn a_person_who_is_removed_takes_his_notices_along<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    tell(&world.store, &notice("alert", &json!({})), &[&anna, &boris]).await;
    tell(&world.store, &notice("alert", &json!({})), &[&boris]).await;

    world.delete(Entity::Users, &boris).await.expect("removed");
    world.hands.set(NOON + 1);
    let forgotten = world.store.forget_notices(NOON + 1).await.expect("forgotten").expect("hers, told before");
    forgotten.commit().await.expect("committed");
    let orphans = world.store.forget_notices(NOON + 1).await.expect("forgotten").expect("those that nobody has");
    orphans.commit().await.expect("committed");

    assert!(world.store.forget_notices(NOON + 1).await.expect("asked").is_none());
    assert!(listed(&world.store, &anna).await.is_empty());
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

async fn several_who_tell_under_one_key_are_counted_to_the_last<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let stores = world.several(PROCESSES).await;
    let (annas, both) =
        ([anna.parse().expect("a number")], [anna.parse().expect("a number"), boris.parse().expect("a number")]);

    at_once(&stores, |number, store| async move {
        for round in 0..ROUNDS {
            let storm = NewNotice { times: 3, counted: true, ..keyed("storm", &json!({"from": [number, round]})) };
            let persons = if round % 2 == 0 { &both[..] } else { &annas[..] };
            let told = store.notify(&storm, None, persons, None).await.expect("told");
            told.pending.commit().await.expect("committed");
        }
    })
    .await;

    let annas = listed(&world.store, &anna).await;
    let boriss = listed(&world.store, &boris).await;
    let (all, half) = (ROUNDS as i64 * 3, ROUNDS.div_ceil(2) as i64 * 3);
    assert_eq!(annas.iter().map(|item| item.notice.count).collect::<Vec<_>>(), [Some(i64::from(PROCESSES) * all)]);
    assert_eq!(boriss.iter().map(|item| item.notice.count).collect::<Vec<_>>(), [Some(i64::from(PROCESSES) * half)]);
    let heard = heard(&world, &anna).await;
    let counts: Vec<i64> =
        heard.iter().map(|record| data(record)["data"]["count"].as_i64().expect("how often")).collect();
    assert_eq!(counts, (1..=i64::from(PROCESSES) * ROUNDS as i64).map(|number| number * 3).collect::<Vec<_>>());
    assert!(heard.iter().all(|record| data(record)["unread"] == 1));
}

async fn several_who_read_at_once_agree_on_what_is_left<E: Engine>(world: World<E>) {
    let [anna] = persons(&world, ["anna"]).await;
    let stores = world.several(PROCESSES).await;
    for round in 0..ROUNDS {
        let mut told = Vec::new();
        for _ in 0..PROCESSES {
            told.push(tell(&world.store, &notice("alert", &json!({})), &[&anna]).await.to_string());
        }

        let mut left = at_once(&stores, |number, store| {
            let (anna, id) = (anna.clone(), told[number].clone());
            async move { mark(&store, &anna, Which::One(&id)).await.expect("hers") }
        })
        .await;

        left.sort_unstable();
        assert_eq!(left, (0..i64::from(PROCESSES)).collect::<Vec<_>>(), "round {round}");
        let same = told[0].clone();
        let before = world.log().await.len();
        tell(&world.store, &notice("alert", &json!({})), &[&anna]).await;
        let marks = at_once(&stores, |_, store| {
            let (anna, same) = (anna.clone(), same.clone());
            async move {
                let which = Which::Archive(&same);
                (mark(&store, &anna, which).await.expect("hers"), mark(&store, &anna, Which::All).await.expect("hers"))
            }
        })
        .await;
        assert!(marks.iter().all(|(_, all)| *all == 0), "{marks:?}");
        assert_eq!(world.log().await.len(), before + 3, "told, put aside once, read once");
    }
}

async fn telling_somebody_who_is_being_removed_comes_before_or_not_at_all<E: Engine>(world: World<E>) {
    let [anna] = persons(&world, ["anna"]).await;
    let stores = world.several(2).await;
    for round in 0..ROUNDS {
        let gone = world.person(&format!("gone{round}"), &[]).await;
        let alert = notice("alert", &json!({}));

        let outcomes = at_once(&stores, |number, store| {
            let (anna, gone, alert) = (anna.clone(), gone.clone(), alert.clone());
            async move {
                match number {
                    0 => try_tell(&store, &alert, &[&anna, &gone]).await.map(drop),
                    _ => {
                        store.delete(Entity::Users, &gone, None, &crate::world::anna()).await?.commit().await.map(drop)
                    }
                }
            }
        })
        .await;

        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(world.store.unread(&anna).await.expect("counted").0, 1 + round as i64);
        assert!(listed(&world.store, &gone).await.is_empty());
    }
}
