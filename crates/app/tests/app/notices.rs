//! What persons are told.

use lockstep_app::{App, Caller, Entity, Error, NewLine, NewNotice, NoticeQuery, Notified, Right, To};
use lockstep_protocol::{NoticeStatus, Record, log::Level};
use serde_json::{Value as Json, json, value::RawValue};
use tokio::sync::oneshot;

use crate::common::{World, told, world};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn alert(data: &Json) -> NewNotice {
    NewNotice::new("alert", data)
}

fn user(login: &str) -> To {
    To::User(login.into())
}

async fn tell(world: &World, to: &To) -> Notified {
    world.app.notify(&Caller::operator(), to, alert(&json!({}))).await.expect("told")
}

/// The kinds and data of what a person was told, newest first.
async fn listed(app: &App, caller: &Caller) -> Vec<(String, Json)> {
    let page = app.notices(caller, &NoticeQuery::read([]).expect("no words")).await.expect("listed");
    let shown = page
        .items
        .iter()
        .map(|item| (item.notice.kind.clone(), serde_json::from_str(item.notice.data.get()).expect("JSON")));
    shown.collect()
}

async fn unread(app: &App, caller: &Caller) -> i64 {
    app.unread_notices(caller).await.expect("counted").0
}

fn id(caller: &Caller) -> &str {
    &caller.user().expect("a person").id
}

/// Names and rooms of what went out on the wire since `before`.
fn sent(world: &World, before: usize) -> Vec<(String, String)> {
    let shown = |record: &Record| (record.event.to_string(), record.scope.to_string());
    world.sent()[before..].iter().map(shown).collect()
}

#[tokio::test]
async fn a_person_a_group_everybody_and_those_with_a_right_are_told_and_nobody_else() {
    let world = world().await;
    let anna = world.person("anna", &["logs.view"]).await;
    let boris = world.person("boris", &["files.view"]).await;
    let root = world.admin().await;
    let counts = async || [unread(&world.app, &anna).await, unread(&world.app, &boris).await];

    assert_eq!(tell(&world, &user("Anna")).await.recipients, 1);
    assert_eq!(counts().await, [1, 0]);
    assert_eq!(tell(&world, &user(id(&boris))).await.recipients, 1);
    assert_eq!(counts().await, [1, 1]);
    assert_eq!(tell(&world, &To::Group("group of anna".into())).await.recipients, 1);
    assert_eq!(counts().await, [2, 1]);
    assert_eq!(tell(&world, &To::With(Right::LogsView)).await.recipients, 2, "an administrator may, too");
    assert_eq!(counts().await, [3, 1]);
    assert_eq!(tell(&world, &To::All).await.recipients, 3);
    assert_eq!(counts().await, [4, 2]);
    assert_eq!(tell(&world, &user(&root)).await.recipients, 1);
    assert_eq!(counts().await, [4, 2]);
}

#[tokio::test]
async fn the_wire_hears_of_each_notice_and_each_mark_in_its_place() {
    let world = world().await;
    let anna = world.person("anna", &[]).await;
    world.person("boris", &[]).await;
    let before = world.sent().len();

    let notice = tell(&world, &To::All).await.id.expect("somebody was told");
    assert_eq!(world.app.read_notice(&anna, &notice, Some("c1")).await.expect("hers"), 0);
    assert_eq!(world.app.read_notice(&anna, &notice, None).await.expect("again"), 0);
    assert_eq!(world.app.archive_notice(&anna, &notice, None).await.expect("hers"), 0);
    assert_eq!(world.app.read_all_notices(&anna, None).await.expect("nothing left"), 0);

    let room = format!("room:user:{}", id(&anna));
    let events = sent(&world, before);
    assert_eq!(
        events.iter().map(|(event, _)| event.as_str()).collect::<Vec<_>>(),
        ["notification", "notification", "notification:read", "notification:read"]
    );
    assert!(events[2..].iter().all(|(_, scope)| *scope == room), "{events:?}");
    assert!(world.sent().windows(2).all(|pair| pair[1].gprev == pair[0].seq));
}

#[tokio::test]
async fn who_may_not_notify_tells_nobody_and_who_is_no_person_is_told_nothing() {
    let world = world().await;
    let anna = world.person("anna", &["users.edit"]).await;

    assert_eq!(told(world.app.notify(&anna, &To::All, alert(&json!({}))).await).0, "forbidden");
    let (_, token) = world.app.add_key(&Caller::operator(), "k", &["notify".into()]).await.expect("a key");
    let program = world.app.api_key(&token).await.expect("asked").expect("known");
    assert_eq!(world.app.notify(&program, &user("anna"), alert(&json!({}))).await.expect("may").recipients, 1);

    for nobody in [&program, &Caller::operator()] {
        assert_eq!(told(world.app.unread_notices(nobody).await).0, "persons_only");
        assert_eq!(told(world.app.read_all_notices(nobody, None).await).0, "persons_only");
    }
    assert_eq!(unread(&world.app, &anna).await, 1);
}

#[tokio::test]
async fn all_that_is_wrong_with_a_notice_is_named_and_nobody_is_told() {
    let world = world().await;
    world.person("anna", &[]).await;
    let before = world.sent().len();
    let check = async |notice: NewNotice| told(world.app.notify(&Caller::operator(), &To::All, notice).await);
    let with_data = |data: String| NewNotice { data: RawValue::from_string(data).ok(), ..alert(&json!({})) };

    let wrong = NewNotice {
        kind: "My Kind".into(),
        message: Some("bell \u{7}".into()),
        key: Some("x".repeat(201)),
        ..alert(&json!([]))
    };
    let expected = [
        ("data", "field.not_an_object"),
        ("key", "field.too_long"),
        ("message", "field.format"),
        ("type", "field.format"),
    ];
    assert_eq!(check(wrong).await, ("invalid", expected.map(|(field, code)| (field.to_owned(), code)).to_vec()));
    assert_eq!(check(NewNotice { kind: "x".repeat(65), ..alert(&json!({})) }).await.1[0].1, "field.too_long");
    let long = NewNotice { message: Some("й".repeat(1001)), ..alert(&json!({})) };
    assert_eq!(check(long).await.1[0].1, "field.too_long");
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64));
    assert_eq!(check(with_data(deep)).await.1[0].1, "field.too_deep");
    assert_eq!(check(with_data(format!("{{\"a\":\"{}\"}}", "x".repeat(16 * 1024)))).await.0, "too_large");
    for nobody in [user("zoe"), To::Group("Nobodies".into())] {
        let outcome = world.app.notify(&Caller::operator(), &nobody, alert(&json!({}))).await;
        assert_eq!(told(outcome), ("invalid", vec![("to".to_owned(), "field.no_such")]));
    }
    assert!(sent(&world, before).is_empty());
}

#[tokio::test]
async fn the_largest_notice_reaches_its_pages_whole() {
    let world = world().await;
    world.person("anna", &[]).await;
    let data = RawValue::from_string(format!("{{\"a\":\"{}\"}}", "x".repeat(16 * 1024 - 8))).expect("JSON");
    let largest = NewNotice { data: Some(data), message: Some("\"\n".repeat(500)), ..alert(&json!({})) };

    world.app.notify(&Caller::operator(), &user("anna"), largest).await.expect("told");

    let sent = world.sent().pop().expect("told");
    assert!(sent.data.expect("within what an event carries").get().len() > 16 * 1024);
}

#[tokio::test]
async fn an_unknown_kind_and_its_data_pass_through_as_they_are() {
    let world = world().await;
    let anna = world.person("anna", &[]).await;
    let raw = r#"{"b": 1.10, "a":[ ], "count": "mine"}"#;
    let notice =
        NewNotice { data: RawValue::from_string(raw.into()).ok(), ..NewNotice::new("my.own-kind_2", &Json::Null) };

    world.app.notify(&Caller::operator(), &user("anna"), notice).await.expect("told");

    let page = world.app.notices(&anna, &NoticeQuery::read([]).expect("no words")).await.expect("listed");
    assert_eq!((page.items[0].notice.kind.as_str(), page.items[0].notice.data.get()), ("my.own-kind_2", raw));
    assert!(world.sent().pop().expect("told").data.expect("data").get().contains(raw));
}

#[tokio::test]
async fn an_alert_to_one_person_is_one_call() {
    let world = world().await;
    let anna = world.person("anna", &[]).await;

    world.app.send_alert_notification("anna", &json!({"disk": "/srv"})).await.expect("told");

    assert_eq!(listed(&world.app, &anna).await, [("alert".to_owned(), json!({"disk": "/srv"}))]);
}

#[tokio::test]
async fn equal_keys_of_two_authors_are_two() {
    let world = world().await;
    let anna = world.person("anna", &[]).await;
    let root = world.person("root", &["admin"]).await;
    let keyed = || NewNotice { key: Some("disk".into()), ..alert(&json!({})) };

    for author in [&root, &Caller::operator(), &root] {
        world.app.notify(author, &user("anna"), keyed()).await.expect("told");
    }

    assert_eq!(unread(&world.app, &anna).await, 2);
}

#[tokio::test]
async fn who_may_not_sign_in_is_not_told_and_keeps_what_he_was_told_before() {
    let world = world().await;
    let anna = world.person("anna", &[]).await;
    tell(&world, &user("anna")).await;
    let switch = async |enabled| {
        let switched = world.app.toggle(&Caller::operator(), Entity::Users, id(&anna), None, Some(enabled), None).await;
        switched.expect("switched");
    };

    switch(false).await;
    assert_eq!(tell(&world, &user("anna")).await, Notified::default());
    assert_eq!(tell(&world, &To::All).await, Notified::default());
    switch(true).await;

    assert_eq!(unread(&world.app, &anna).await, 1);
}

#[tokio::test]
async fn what_is_older_than_it_is_kept_is_forgotten() {
    let world = world().await;
    let anna = world.person("anna", &[]).await;
    tell(&world, &user("anna")).await;
    world.hands.forward(2 * DAY_MS);
    tell(&world, &user("anna")).await;
    let before = world.sent().len();

    world.app.forget_notices(2).await.expect("nothing to forget");
    assert_eq!(unread(&world.app, &anna).await, 2);
    world.app.forget_notices(1).await.expect("forgotten");

    assert_eq!(unread(&world.app, &anna).await, 1);
    assert_eq!(sent(&world, before).len(), 1, "her pages are told that one is gone");
}

fn write(world: &World, level: Level, source: &str, message: &str) {
    let (level, source, message) = (Some(level), Some(source.to_owned()), message.to_owned());
    world.app.logs().write(NewLine { message, level, source, ..NewLine::default() });
}

#[tokio::test]
async fn grave_lines_are_told_to_those_who_may_read_logs_and_counted_to_the_last() {
    let world = world().await;
    let anna = world.person("anna", &["logs.view"]).await;
    let boris = world.person("boris", &["files.view"]).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let app = world.app.clone();
    let telling = tokio::spawn(async move { app.tell_errors(async { drop(stopped.await) }).await });

    write(&world, Level::Info, "disk", "all is well");
    write(&world, Level::Error, "disk", "the first");
    while unread(&world.app, &anna).await == 0 {
        tokio::task::yield_now().await;
    }
    for number in 0..99 {
        write(&world, Level::Critical, "disk", &format!("number {number}"));
    }
    write(&world, Level::Error, "net\u{7}", &"й".repeat(3000));
    stop.send(()).expect("it goes on until it is told to stop");
    telling.await.expect("ended");

    let listed = listed(&world.app, &anna).await;
    assert_eq!(listed.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["log_event", "log_event"]);
    let (net, disk) = (&listed[0].1, &listed[1].1);
    assert_eq!(
        (&disk["message"], &disk["count"], &disk["level"]),
        (&json!("number 98"), &json!(100), &json!("critical"))
    );
    assert_eq!(
        (net["count"].clone(), net["message"].as_str().map(|text| text.chars().count())),
        (json!(1), Some(1000))
    );
    assert_eq!(unread(&world.app, &boris).await, 0);
}

#[tokio::test]
async fn the_status_is_one_of_four() {
    for status in NoticeStatus::ALL {
        assert_eq!(status.name().parse(), Ok(status));
    }
    assert!("fine".parse::<NoticeStatus>().is_err());
    let world = world().await;
    let anna = world.person("anna", &[]).await;
    let notice = NewNotice { status: Some(NoticeStatus::Warning), ..alert(&json!({})) };
    world.app.notify(&Caller::operator(), &user("anna"), notice).await.expect("told");
    let page = world.app.notices(&anna, &NoticeQuery::read([]).expect("no words")).await.expect("listed");
    assert_eq!(page.items[0].notice.status, Some(NoticeStatus::Warning));
    assert!(matches!(world.app.read_notice(&anna, "999", None).await, Err(Error::NotFound)));
}
