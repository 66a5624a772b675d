//! Coming in and going out.

use crate::common::{PASSWORD, told, world};
use lockstep_app::{Caller, Client, Entity, NewUser, Right};
use serde_json::json;

fn from(address: &str) -> Client {
    Client { address: address.into(), counted: address.into(), agent: "a browser".into() }
}

#[tokio::test]
async fn a_session_lasts_until_its_end_or_until_one_signs_out() {
    let world = world().await;
    world.person("anna", &["files.view"]).await;
    let first = world.app.login(" Anna ", PASSWORD, &from("1.2.3.4")).await.expect("signed in");
    let second = world.app.login("anna", PASSWORD, &from("1.2.3.4")).await.expect("signed in");
    assert_ne!(first.token, second.token);
    let alive = async |token: &str| world.app.session(token).await.expect("readable").is_some();
    assert!(alive(&first.token).await && alive(&second.token).await);

    world.app.logout(&first.token).await.expect("signed out");

    assert!(!alive(&first.token).await && alive(&second.token).await);
    world.hands.forward(2 * 3_600_000 - 1);
    assert!(alive(&second.token).await);
    world.hands.forward(1);
    assert!(!alive(&second.token).await);
    assert!(!alive("no token").await);
}

#[tokio::test]
async fn unknown_login_wrong_password_and_disabled_person_are_told_alike() {
    let world = world().await;
    let anna = world.person("anna", &["files.view"]).await;
    world.person("boris", &["files.view"]).await;
    let id = &anna.user().expect("a person").id;
    world.app.toggle(&Caller::operator(), Entity::Users, id, None, Some(false), None).await.expect("disabled");

    for (login, password) in [("anna", PASSWORD), ("boris", "wrong horse"), ("nobody", PASSWORD), ("boris", "")] {
        let refused = world.app.login(login, password, &from(login)).await;
        assert_eq!(told(refused), ("bad_credentials", vec![]), "{login}");
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_and_the_owner_elsewhere_is_not() {
    let world = world().await;
    world.person("anna", &["files.view"]).await;
    for _ in 0..3 {
        assert_eq!(told(world.app.login("anna", "a guess", &from("6.6.6.6")).await).0, "bad_credentials");
    }

    let fourth = world.app.login("anna", PASSWORD, &from("6.6.6.6")).await;

    assert_eq!(told(fourth).0, "rate_limited");
    world.app.login("anna", PASSWORD, &from("1.2.3.4")).await.expect("the owner");
    world.hands.forward(60_000);
    world.app.login("anna", PASSWORD, &from("6.6.6.6")).await.expect("the next minute");
}

#[tokio::test]
async fn whoever_is_disabled_moved_or_given_another_password_is_signed_out() {
    let world = world().await;
    let operator = Caller::operator();
    let group = world.row(Entity::Groups, &json!({"name": "Others"})).await;
    let changes = [json!({"enabled": false}), json!({"group_id": group}), json!({"password": "another horse"})];
    for (n, change) in changes.iter().enumerate() {
        let login = format!("person{n}");
        let id = world.person(&login, &["files.view"]).await.user().expect("a person").id.clone();
        let session = world.app.login(&login, PASSWORD, &from("1.2.3.4")).await.expect("signed in");
        world.app.patch(&operator, Entity::Users, &id, None, &json!({"name": "Renamed"}), None).await.expect("renamed");
        assert!(world.app.session(&session.token).await.expect("readable").is_some());

        world.app.patch(&operator, Entity::Users, &id, None, change, None).await.expect("changed");

        assert!(world.app.session(&session.token).await.expect("readable").is_none(), "{change}");
    }
}

#[tokio::test]
async fn rights_of_a_session_are_those_of_this_moment() {
    let world = world().await;
    let group = world.row(Entity::Groups, &json!({"name": "Clerks", "permissions": ["files.view"]})).await;
    world.member("anna", &group).await;
    let session = world.app.login("anna", PASSWORD, &from("1.2.3.4")).await.expect("signed in");

    let change = json!({"permissions": ["logs.view"]});
    world.app.patch(&Caller::operator(), Entity::Groups, &group, None, &change, None).await.expect("changed");

    let anna = world.app.session(&session.token).await.expect("readable").expect("still signed in");
    assert_eq!(anna.user().expect("a person").permissions, ["logs.view"]);
}

#[tokio::test]
async fn a_call_that_changes_something_repeats_the_token_of_its_session() {
    let world = world().await;
    let anna = world.person("anna", &["files.view"]).await;
    let csrf = anna.csrf().expect("a session has one").to_owned();

    assert!(anna.check_csrf(Some(&csrf)).is_ok());
    assert_eq!(told(anna.check_csrf(None)).0, "csrf");
    assert_eq!(told(anna.check_csrf(Some("guess"))).0, "csrf");
    let (_, token) = world.app.add_key(&Caller::operator(), "script", &["publish".into()]).await.expect("a key");
    let key = world.app.api_key(&token).await.expect("readable").expect("known");
    assert!(key.check_csrf(None).is_ok());
    assert!(!format!("{anna:?}").contains(&csrf));
}

#[tokio::test]
async fn the_operator_adds_people_and_gives_them_passwords() {
    let world = world().await;
    assert!(world.app.first_run().await.expect("readable"));
    let anna = NewUser { login: "anna", name: Some("Anna"), password: PASSWORD, admin: false, group: None };
    let admin = NewUser { login: "root", name: None, password: PASSWORD, admin: true, group: None };
    let lost = NewUser { login: "lost", name: None, password: PASSWORD, admin: false, group: Some("Nobody") };
    let weak = NewUser { login: "weak", name: None, password: "1234", admin: false, group: None };

    world.app.add_user(&anna).await.expect("added");
    world.app.add_user(&admin).await.expect("added");

    assert!(!world.app.first_run().await.expect("readable"));
    assert_eq!(told(world.app.add_user(&anna).await).0, "duplicate");
    assert_eq!(told(world.app.add_user(&lost).await).1, [("group".to_owned(), "field.no_such")]);
    assert_eq!(told(world.app.add_user(&weak).await).1, [("password".to_owned(), "field.too_short")]);
    world.app.set_password("Anna", "another horse").await.expect("changed");
    assert_eq!(told(world.app.login("anna", PASSWORD, &from("1.2.3.4")).await).0, "bad_credentials");
    let anna = world.app.login("anna", "another horse", &from("1.2.3.4")).await.expect("signed in").caller;
    assert!(!anna.user().expect("a person").admin);
    assert_eq!(told(world.app.set_password("nobody", "another horse").await).0, "not_found");
}

#[tokio::test]
async fn a_ticket_opens_one_door_once_and_soon() {
    let world = world().await;
    let anna = world.person("anna", &["files.view"]).await;
    let redeem = async |token: &str| world.app.redeem(token).await.expect("readable");
    let used = world.app.ticket(&anna).await.expect("a ticket");
    let late = world.app.ticket(&anna).await.expect("a ticket");

    let opened = redeem(&used.token).await.expect("good once");

    assert_eq!(opened.user(), anna.user());
    assert!(redeem(&used.token).await.is_none());
    world.hands.forward(i64::from(late.expires_in) * 1000);
    assert!(redeem(&late.token).await.is_none());
    assert_eq!(told(world.app.ticket(&Caller::operator()).await.map(|_| ())).0, "unauthorized");
}

#[tokio::test]
async fn a_ticket_of_a_session_that_has_ended_is_worth_nothing() {
    let world = world().await;
    world.person("anna", &["files.view"]).await;
    let session = world.app.login("anna", PASSWORD, &from("1.2.3.4")).await.expect("signed in");
    let ticket = world.app.ticket(&session.caller).await.expect("a ticket");

    world.app.logout(&session.token).await.expect("signed out");

    assert!(world.app.redeem(&ticket.token).await.expect("readable").is_none());
    assert_eq!(told(world.app.ticket(&session.caller).await.map(|_| ())).0, "unauthorized");
}

#[tokio::test]
async fn a_long_connection_can_ask_whether_its_caller_still_may() {
    let world = world().await;
    let operator = Caller::operator();
    let group = world.row(Entity::Groups, &json!({"name": "Clerks", "permissions": ["files.view"]})).await;
    let anna = world.member("anna", &group).await;
    let (_, token) = world.app.add_key(&Caller::operator(), "script", &["files.view".into()]).await.expect("a key");
    let key = world.app.api_key(&token).await.expect("readable").expect("known");
    let refresh = async |caller: &Caller| world.app.refresh(caller).await.expect("readable");

    let change = json!({"permissions": ["logs.view"]});
    world.app.patch(&operator, Entity::Groups, &group, None, &change, None).await.expect("changed");
    let changed = refresh(&anna).await.expect("still signed in");
    assert!(!changed.may(Right::View(Entity::Files)) && changed.may(Right::LogsView));

    let id = &anna.user().expect("a person").id;
    world.app.delete(&operator, Entity::Users, id, None, None).await.expect("deleted");
    assert!(refresh(&anna).await.is_none());
    assert!(refresh(&key).await.is_some() && refresh(&operator).await.is_some());
    let id = world.app.keys(&Caller::operator()).await.expect("readable").remove(0).program.id;
    world.app.remove_key(&Caller::operator(), &id).await.expect("withdrawn");
    assert!(refresh(&key).await.is_none());
    assert_eq!(told(world.app.remove_key(&Caller::operator(), &id).await).0, "not_found");
}

/// Workers once heard nothing of it: sockets of a session that had ended, or of a withdrawn key, stayed open for up to a minute.
#[tokio::test]
async fn whoever_goes_out_is_told_of_on_the_road() {
    let world = world().await;
    let anna = world.person("anna", &["files.view"]).await;
    let session = world.app.login("anna", PASSWORD, &from("1.2.3.4")).await.expect("signed in");
    world.app.add_key(&Caller::operator(), "script", &["publish".into()]).await.expect("a key");
    let key = world.app.keys(&Caller::operator()).await.expect("readable").remove(0).program.id;
    let before = world.sent().len();

    world.app.logout(&session.token).await.expect("signed out");
    world.app.logout(&session.token).await.expect("signed out already");
    world.app.logout("no session").await.expect("signed out already");
    world.app.remove_key(&Caller::operator(), &key).await.expect("withdrawn");

    let told = world.sent().split_off(before).into_iter();
    let told: Vec<_> = told.map(|record| (record.event.to_string(), record.scope.to_string(), record.id)).collect();
    let id = anna.user().expect("a person").id.clone();
    let expected = [("session:ended", format!("room:user:{id}"), id), ("keys:changed", "room:admin".into(), key)];
    assert_eq!(told, expected.map(|(event, scope, id)| (event.to_owned(), scope, id)));
}
