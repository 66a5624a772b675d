//! Who loses his session or his right is out, and who comes while the worker goes is sent elsewhere.

use super::*;

#[tokio::test]
async fn whose_session_ends_is_told_to_sign_in_again_at_every_door() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let mut clients = Vec::new();
    for path in [NOTIFICATIONS, STREAM, LOGS] {
        clients.push(site.client(path, &token).await);
    }

    site.state.app.logout(&token).await.expect("ends");

    for client in &mut clients {
        assert_eq!(client.ends().await, Some((4401, "sign in again".to_owned())));
    }
    site.empty().await;
}

#[tokio::test]
async fn who_may_no_longer_read_logs_is_out_of_the_logs_and_keeps_his_notifications() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let mut notices = site.client(NOTIFICATIONS, &token).await;
    let (mut stream, mut logs) = (site.client(STREAM, &token).await, site.client(LOGS, &token).await);

    site.grant("anna", &["files.view"]).await;

    assert_eq!(stream.ends().await.map(|(code, _)| code), Some(4403));
    assert_eq!(logs.ends().await.map(|(code, _)| code), Some(4403));
    assert_eq!(notices.ask(&json!({"type": "ping"})).await["type"], "pong");
}

#[tokio::test]
async fn a_worker_that_goes_asks_everybody_to_come_back_after_a_while() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let mut client = site.client(NOTIFICATIONS, &token).await;

    site.raw.close().await;

    let (code, reason) = client.ends().await.expect("a close");
    assert_eq!(code, 1012);
    let wait = reason.strip_prefix("retry after ").and_then(|rest| rest.strip_suffix(" ms"));
    assert!(wait.and_then(|wait| wait.parse::<u64>().ok()).is_some_and(|wait| wait < 5_000), "{reason}");
}

#[tokio::test]
async fn who_comes_while_the_worker_goes_is_to_ask_another() {
    let site = site(&[]).await;
    let cookie = format!("lockstep_session={}", site.anna().await);

    site.state.draining.store(true, std::sync::atomic::Ordering::Relaxed);

    let Err(tungstenite::Error::Http(answer)) = site.knock(STREAM, &[("cookie", &cookie)]).await else {
        panic!("let in")
    };
    assert_eq!(answer.status(), 503);
}
