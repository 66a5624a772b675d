//! Hostile input: it harms its own connection at most, and says why.

use tokio_tungstenite::tungstenite::protocol::frame::{
    Frame,
    coding::{Data, OpCode},
};

use super::*;
use crate::{listen::KillReason, nasty::texts};

#[tokio::test]
async fn what_is_not_understood_is_answered_and_the_connection_stays() {
    let site = site(&[]).await;
    let token = site.anna().await;
    for path in [NOTIFICATIONS, STREAM, LOGS] {
        let mut client = site.client(path, &token).await;
        if path == STREAM {
            client.backfill().await;
        }
        let check = async |client: &mut RawClient, message: Message, code: &str| {
            client.send(message.clone()).await;
            let error = client.next().await;
            assert_eq!((&error["type"], &error["code"]), (&"error".into(), &code.into()), "{path} {message}");
            assert!(error["message"].is_string());
        };

        check(&mut client, Message::text("garbage"), "bad_message").await;
        check(&mut client, Message::text(""), "bad_message").await;
        check(&mut client, Message::text("[]"), "bad_message").await;
        check(&mut client, Message::text(r#"{"type":7}"#), "bad_message").await;
        check(&mut client, Message::text("[".repeat(60_000)), "bad_message").await;
        check(&mut client, Message::text(r#"{"type":"notification"}"#), "unknown_type").await;
        check(&mut client, Message::Binary(vec![0, 159].into()), "bad_message").await;
        assert_eq!(client.ask(&json!({"type": "ping"})).await["type"], "pong");
    }
}

/// The name comes back in the complaint.
#[tokio::test]
async fn of_a_long_type_only_the_beginning_comes_back() {
    let site = site(&[]).await;
    let mut client = site.client(NOTIFICATIONS, &site.anna().await).await;

    let error = client.ask(&json!({"type": "й".repeat(20_000)})).await;

    assert!(error.to_string().len() < 1_000);
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_its_connection_with_1009_whoever_still_sends() {
    let site = site(&[]).await;
    let token = site.anna().await;
    for size in [64 * 1024 + 1, 300_000] {
        let mut client = site.client(NOTIFICATIONS, &token).await;

        client.0.send(Message::text("x".repeat(size))).await.ok();

        assert_eq!(client.ends().await.map(|(code, _)| code), Some(1009), "{size}");
    }
    let mut client = site.client(NOTIFICATIONS, &token).await;
    let error = client.ask(&json!({"type": "x", "pad": "x".repeat(60_000)})).await;
    assert_eq!(error["code"], "unknown_type", "what is as large as may be is read");
}

#[tokio::test]
async fn frames_that_are_no_websocket_end_their_connection_alone() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let mut bystander = site.client(NOTIFICATIONS, &token).await;
    let (mut odd, mut text) = (site.client(STREAM, &token).await, site.client(STREAM, &token).await);

    let fragment = Frame::message("x", OpCode::Data(Data::Continue), true);
    odd.send(Message::Frame(fragment)).await;
    text.send(Message::Frame(Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true))).await;

    assert_eq!(odd.ends().await.map(|(code, _)| code), Some(1002));
    assert_eq!(text.ends().await.map(|(code, _)| code), Some(1007));
    assert_eq!(bystander.ask(&json!({"type": "ping"})).await["type"], "pong");
}

#[tokio::test]
async fn whatever_a_client_says_it_gets_an_answer_and_the_door_stays_open() {
    let site = site(&[
        ("LOCKSTEP__LIMITS__SOCKET_EVENTS_PER_S", "1000000"),
        ("LOCKSTEP__LIMITS__SOCKET_EVENTS_BURST", "1000000"),
    ])
    .await;
    let token = site.anna().await;
    let seeds = [
        r#"{"type":"ping"}"#,
        r#"{"type":"subscribe","topics":["alerts","*"]}"#,
        r#"{"type":"resume","epoch":"x","seq":1}"#,
        r#"{"type":"mark_read","id":"1"}"#,
        r#"{"type":"set_filters","filters":{"type":"scan","text":"(a+)+$","regex":true},"backfill":3}"#,
        r#"{"type":"pause"}"#,
    ];
    for path in [NOTIFICATIONS, STREAM, LOGS] {
        let mut client = site.client(path, &token).await;
        for text in texts(&seeds, 300) {
            client.send(Message::text(text)).await;
        }

        client.say(&json!({"type": "ping", "last": true})).await;
        client.send(Message::Ping("the end".into())).await;
        let answered = async {
            loop {
                match client.0.next().await {
                    Some(Ok(Message::Pong(payload))) if payload.as_ref() == b"the end" => return,
                    Some(Ok(Message::Close(frame))) => panic!("{path}: {frame:?}"),
                    Some(Ok(_)) => {}
                    other => panic!("{path}: {other:?}"),
                }
            }
        };
        timeout(PATIENCE, answered).await.expect("it lives");
    }
}

#[tokio::test]
async fn a_flood_is_scolded_once_and_who_goes_on_is_out() {
    let site =
        site(&[("LOCKSTEP__LIMITS__SOCKET_EVENTS_PER_S", "1"), ("LOCKSTEP__LIMITS__SOCKET_EVENTS_BURST", "2")]).await;
    let mut client = site.client(NOTIFICATIONS, &site.anna().await).await;

    for _ in 0..20 {
        client.say(&json!({"type": "ping"})).await;
    }
    for expected in ["pong", "pong", "error"] {
        assert_eq!(client.next().await["type"], expected);
    }

    let flood = async {
        loop {
            if client.0.send(Message::Ping("x".into())).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, flood).await.expect("it is out");
    let (code, reason) = client.ends().await.expect("a close");
    assert_eq!(code, 4429);
    assert!(reason.starts_with("retry after "), "{reason}");
}

#[tokio::test]
async fn who_shows_no_sign_of_life_is_cut() {
    let site = site(&[
        ("LOCKSTEP__SOCKETIO__PING_INTERVAL_MS", "1000"),
        ("LOCKSTEP__SOCKETIO__PING_TIMEOUT_MS", "1000"),
        ("LOCKSTEP__LIMITS__WRITE_STALL_S", "1"),
    ])
    .await;
    let token = site.anna().await;

    // The library answers pings only while somebody reads.
    let _silent = site.client(NOTIFICATIONS, &token).await;

    site.empty().await;
    assert_eq!(site.state.traffic.kills(KillReason::Idle), 1);
}
