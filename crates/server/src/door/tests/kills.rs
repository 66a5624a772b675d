//! Whose session or rights are taken away is out, whatever he does.

use lockstep_sync_manager::{Outlet, Run, Sent};

use super::*;
use crate::{listen::KillReason, watch::Seated};

#[tokio::test]
async fn a_page_whose_rights_change_is_cut_and_comes_back_with_the_new_ones() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut page, _) = site.page(&token).await;
    assert!(page.join("files").await && page.join("categories").await);

    site.take_files_away().await;

    assert!(!page.ends().await, "a cut page comes back by itself");
    let (mut page, _) = site.page(&token).await;
    assert!(!page.join("files").await && page.join("categories").await);
}

/// The engine answers a second WebSocket of a session with 101 before it refuses it. The seat used to hold on to that connection, so
/// that a cut killed it and not the page.
#[tokio::test]
async fn a_second_websocket_of_a_session_does_not_protect_the_first() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut page, sid) = site.page(&token).await;
    assert!(page.join("files").await);
    let second = site.websocket(Some(&sid), &[]).await.expect("101");
    assert!(!second.ends().await, "the engine hangs up");

    site.take_files_away().await;

    assert!(!page.ends().await);
    assert_eq!(site.state.traffic.kills(KillReason::Revoked), 1);
}

/// The same before the sign-in, when no seat knows the session yet.
#[tokio::test]
async fn a_second_websocket_before_the_sign_in_does_not_protect_the_first() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let mut page = site.websocket(None, &[("cookie", &format!("lockstep_session={token}"))]).await.expect("101");
    let Packet::Open(open) = page.next().await else { panic!("no handshake") };
    let sid = open["sid"].as_str().expect("an id");
    assert!(!site.websocket(Some(sid), &[]).await.expect("101").ends().await, "the engine hangs up");
    assert!(matches!(page.sign_in(Value::Null).await, Packet::Connect(_)));
    page.event("hello").await;

    site.take_files_away().await;

    assert!(!page.ends().await);
    assert_eq!(site.state.traffic.kills(KillReason::Revoked), 1);
}

#[tokio::test]
async fn rights_are_lost_before_the_connection_is() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut page, _) = site.page(&token).await;
    assert!(page.join("files").await && page.join("categories").await);
    let seat = site.door.seats().pop().expect("one page");
    let group = json!({"name": "Few", "permissions": ["categories.view"]});
    site.state.app.create(&Caller::operator(), Entity::Groups, &group, None).await.expect("added");
    let boris = NewUser { login: "boris", name: None, password: PASSWORD, admin: false, group: Some("Few") };
    site.state.app.add_user(&boris).await.expect("added");
    let less = site.state.app.login("boris", PASSWORD, &Client::default()).await.expect("signs in").caller;

    seat.known().becomes(less);
    seat.known_anew(true, site.door.sync()).await;

    assert_eq!((site.in_room(Room::Files).await, site.in_room(Room::Categories).await), (0, 1));
    assert!(!page.join("files").await, "the connection is still there");
}

#[tokio::test]
async fn whose_session_ends_is_out_for_good() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut page, _) = site.page(&token).await;
    assert!(page.join("files").await);
    let seat = site.door.seats().pop().expect("one page");

    site.state.app.logout(&token).await.expect("ends");
    watch::check(&site.state, &*seat).await;

    assert_eq!(site.in_room(Room::Files).await, 0);
    assert!(page.ends().await, "it is told that it shall not come back");
}

/// A worker that loses count skips records. The end of a session among them was once noticed by the next look at everybody, up to a
/// minute later.
#[tokio::test]
async fn whose_session_ends_in_a_record_that_is_skipped_is_out_all_the_same() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut page, _) = site.page(&token).await;
    assert!(page.join("files").await);
    let mut resets = site.state.sync.resets();
    let elsewhere =
        crate::database::open(&site.state.settings, |_: &[lockstep_protocol::Record]| {}).await.expect("opens");

    elsewhere.logout(&token).await.expect("ends");
    elsewhere.new_epoch().await.expect("begins");

    timeout(PATIENCE, resets.changed()).await.expect("it loses count").expect("it lives");
    assert!(page.ends().await, "it is told that it shall not come back");
    elsewhere.close().await;
}

/// A look that failed was once forgotten until the next one at everybody, up to a minute later.
#[tokio::test]
async fn when_the_database_does_not_answer_nobody_is_put_out_and_it_is_asked_again() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (_page, _) = site.page(&token).await;
    let mut status = site.state.sync.status();
    status.wait_for(|status| status.position.is_some()).await.expect("it lives");
    site.state.app.close().await;
    let before = site.state.changes.count();

    site.state.sync.publish(&next_of_users(&status.borrow().position.clone().expect("a position")));

    let asked_again = async {
        while site.state.changes.count() < before + 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, asked_again).await.expect("it is asked until it answers");
    assert_eq!(site.door.pages(), 1);
}

/// A record that follows `position` and concerns whoever may be a user.
fn next_of_users(position: &lockstep_protocol::Position) -> lockstep_protocol::Record {
    use lockstep_protocol::{Draft, EventName, Reason, Scope, Seq};
    let (event, scope) = (EventName::changed(&Room::Users), Scope::Room(Room::Users));
    let draft = Draft {
        event,
        reason: Reason::Updated,
        worker: 1,
        scope,
        id: "*".into(),
        data: None,
        rev: None,
        actor: None,
        origin: None,
    };
    draft.stamped(position.epoch.clone(), Seq(position.seq.0 + 1), position.seq)
}

/// A disconnect needs a place in the page's queue, and does nothing without one.
#[tokio::test]
async fn whose_session_ends_is_out_though_he_reads_nothing() {
    let site = site(&[("LOCKSTEP__LIMITS__SOCKET_QUEUE_PACKETS", "16")]).await;
    let token = site.anna().await;
    let (page, _) = site.page(&token).await;
    let seat = site.door.seats().pop().expect("one page");
    let large = Run::of("files:changed", &"x".repeat(1 << 20));
    let fill = async {
        while seat.send(&large) == Sent::Queued {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, fill).await.expect("the queue is full at last");

    site.state.app.logout(&token).await.expect("ends");
    watch::check(&site.state, &*seat).await;

    timeout(PATIENCE, site.empty()).await.expect("the page is out");
    assert_eq!(site.state.traffic.kills(KillReason::Revoked), 1);
    drop(page);
}

/// The sign-in reads the session, and only the welcome takes the seat by which the page is found: what happened in between was lost.
#[tokio::test]
async fn a_session_that_ends_between_sign_in_and_welcome_is_out() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (page, _) = site.page(&token).await;
    let socket = site.door.0.io.sockets().pop().expect("one page");
    site.door.lock().clear();
    let before = site.state.changes.count();
    site.state.app.logout(&token).await.expect("ends");
    let heard = async {
        while site.state.changes.count() == before {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, heard).await.expect("heard");

    site.door.welcome(socket).await;

    assert!(page.ends().await);
}

/// The welcome runs as a task of its own. A seat taken after the page had left was never given back.
#[tokio::test]
async fn a_page_that_left_before_its_welcome_gets_no_seat() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (page, _) = site.page(&token).await;
    let socket = site.door.0.io.sockets().pop().expect("one page");
    let seat = site.door.seats().pop().expect("one page");
    drop(page);
    timeout(PATIENCE, site.empty()).await.expect("the page is out");

    assert!(!site.door.seat(&socket, &seat));

    assert_eq!(site.door.pages(), 0);
}
