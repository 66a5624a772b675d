//! A person's notifications at the raw doors.

use lockstep_app::{NewNotice, To};

use super::*;

impl Site {
    /// Tells the person something; the notice's id.
    async fn notify(&self, login: &str, kind: &str, data: Value) -> String {
        let notice = NewNotice::new(kind, &data);
        let to = To::User(login.to_owned());
        self.state.app.notify(&Caller::operator(), &to, notice).await.expect("told").id.expect("somebody is told")
    }
}

#[tokio::test]
async fn a_notice_comes_as_it_always_looked_with_all_that_a_page_gets() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut notices, mut logs) = (site.client(NOTIFICATIONS, &token).await, site.client(LOGS, &token).await);

    let id = site.notify("anna", "alert", json!({"title": "Диск"})).await;

    for client in [&mut notices, &mut logs] {
        let notice = client.next().await;
        assert_eq!((&notice["type"], &notice["id"]), (&"alert".into(), &id.as_str().into()), "{notice}");
        assert_eq!((&notice["data"], &notice["unread"]), (&json!({"title": "Диск"}), &1.into()));
        assert!(notice["timestamp"].is_string() && notice["seq"].is_u64() && notice["epoch"].is_string(), "{notice}");
    }
    assert_eq!(
        site.open(NOTIFICATIONS, &[("cookie", &format!("lockstep_session={token}"))]).await.next().await["unread"],
        1
    );
}

#[tokio::test]
async fn who_reads_a_notice_by_one_door_is_followed_by_the_others() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let ids = [site.notify("anna", "alert", json!({})).await, site.notify("anna", "system", json!({})).await];
    let (mut reads, mut follows) = (site.client(NOTIFICATIONS, &token).await, site.client(NOTIFICATIONS, &token).await);

    reads.say(&json!({"type": "mark_read", "id": ids[0]})).await;
    let read = json!({"type": "notification_read", "id": ids[0], "ids": [ids[0]], "archived": false, "unread": 1});
    assert_eq!(follows.next().await, read);
    // The answer and the event may come in either order.
    let said = [reads.next().await, reads.next().await];
    let marked = json!({"type": "marked", "id": ids[0], "unread": 1});
    assert!(said.contains(&marked) && said.contains(&read), "{said:?}");

    follows.say(&json!({"type": "mark_read", "id": "*"})).await;
    assert_eq!(reads.next().await["unread"], 0);
    let error = reads.ask(&json!({"type": "mark_read", "id": "999999"})).await;
    assert_eq!(error["code"], "not_found", "{error}");
    assert_eq!(reads.ask(&json!({"type": "mark_read", "id": 7})).await["code"], "bad_request");
}

#[tokio::test]
async fn who_subscribes_to_topics_hears_those_alone() {
    let site = site(&[]).await;
    let mut client = site.client(NOTIFICATIONS, &site.anna().await).await;

    let answer = client.ask(&json!({"type": "subscribe", "topics": ["logs", "system"]})).await;
    assert_eq!(answer, json!({"type": "subscribed", "topics": ["logs", "system"]}));
    for kind in ["alert", "log_event", "upload_status", "system"] {
        site.notify("anna", kind, json!({})).await;
    }
    assert_eq!(
        (client.next().await["type"].clone(), client.next().await["type"].clone()),
        ("log_event".into(), "system".into())
    );

    client.ask(&json!({"type": "subscribe", "topics": ["*"]})).await;
    site.notify("anna", "invented", json!({})).await;
    assert_eq!(client.next().await["type"], "invented");
    for wrong in [json!({"type": "subscribe"}), json!({"type": "subscribe", "topics": [7]})] {
        assert_eq!(client.ask(&wrong).await["code"], "bad_request");
    }
}

#[tokio::test]
async fn who_comes_back_says_how_far_he_had_come_and_gets_what_he_missed() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let mut client = site.client(NOTIFICATIONS, &token).await;
    site.notify("anna", "alert", json!({"number": 1})).await;
    let first = client.next().await;
    drop(client);
    site.empty().await;
    for number in [2, 3] {
        site.notify("anna", "alert", json!({"number": number})).await;
    }

    let mut client = site.client(NOTIFICATIONS, &token).await;
    client.say(&json!({"type": "resume", "epoch": first["epoch"], "seq": first["seq"]})).await;
    for number in [2, 3] {
        assert_eq!(client.next().await["data"]["number"], number);
    }
    let resumed = client.next().await;
    assert_eq!((&resumed["type"], &resumed["mode"]), (&"resumed".into(), &"recovered".into()), "{resumed}");

    let refresh = client.ask(&json!({"type": "resume", "epoch": "another", "seq": 1})).await;
    assert_eq!(refresh["mode"], "refresh");
    assert_eq!(client.ask(&json!({"type": "resume", "epoch": 7})).await["code"], "bad_request");
}

#[tokio::test]
async fn nobody_hears_what_another_is_told() {
    let site = site(&[]).await;
    let (anna, boris) = (site.anna().await, site.person("boris", &[]).await);
    let (mut hers, mut his) = (site.client(NOTIFICATIONS, &anna).await, site.client(NOTIFICATIONS, &boris).await);

    site.notify("anna", "alert", json!({"for": "anna"})).await;
    site.notify("boris", "alert", json!({"for": "boris"})).await;

    assert_eq!(hers.next().await["data"]["for"], "anna");
    assert_eq!(his.next().await["data"]["for"], "boris");
}

/// A beat is the only sign that something was lost; the client cannot know what.
#[tokio::test]
async fn a_worker_that_lost_count_tells_its_clients_to_look_afresh() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let mut client = site.client(NOTIFICATIONS, &token).await;

    site.state.app.new_epoch().await.expect("begins");

    let resumed = client.next().await;
    assert_eq!((&resumed["type"], &resumed["mode"]), (&"resumed".into(), &"refresh".into()), "{resumed}");
}
