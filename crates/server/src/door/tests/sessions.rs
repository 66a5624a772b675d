//! Sessions that are opened and left, and what each may cost.

use ::http::{Method, StatusCode};
use axum::body::Body;
use futures_util::stream;

use super::{abuse::POLLING, *};
use crate::listen::KillReason;

/// The engine keeps a session without a page as long as it shows signs of life, connection and all.
#[tokio::test]
async fn who_leaves_and_stays_on_the_line_is_cut() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut page, _) = site.page(&token).await;

    page.send(&Packet::Disconnect).await;

    assert!(!page.ends().await);
    assert_eq!(site.state.traffic.kills(KillReason::NotSignedIn), 1);
}

/// A client of ours closes the connection when it is dismissed; one that does not kept its place for as long as it answered pings.
#[tokio::test]
async fn who_is_dismissed_and_stays_on_the_line_is_cut() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut page, _) = site.page(&token).await;

    site.state.app.logout(&token).await.expect("ends");

    let mut said = Vec::new();
    while said.last() != Some(&Packet::Close) {
        said.push(page.next().await);
    }
    assert!(said.contains(&Packet::Disconnect), "{said:?}");
    assert_eq!(site.state.traffic.kills(KillReason::NotSignedIn), 1);
}

#[tokio::test]
async fn who_leaves_and_signs_in_again_stays() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut page, _) = site.page(&token).await;
    page.send(&Packet::Disconnect).await;
    timeout(PATIENCE, site.empty()).await.expect("the page is out");

    let connect = async {
        // The library takes the session's former page out a moment later than it tells us.
        while site.door.pages() == 0 {
            page.send(&Packet::Connect(Value::Null)).await;
            page.next().await;
        }
    };
    timeout(PATIENCE, connect).await.expect("signed in");

    assert!(page.join("files").await);
    assert_eq!(site.state.traffic.kills(KillReason::NotSignedIn), 0);
}

#[tokio::test]
async fn a_session_on_long_polling_whose_page_has_left_is_served_no_more() {
    let site = site(&[]).await;
    let cookie = site.cookie().await;
    let (path, answer) = site.poller(&cookie).await;
    assert!(answer.starts_with("40"), "{answer}");
    site.poll(Method::POST, &path, &cookie, "41").await;
    timeout(PATIENCE, site.empty()).await.expect("the page is out");

    tokio::time::pause();
    let served = async {
        while site.poll(Method::POST, &path, &cookie, "3").await.0 == StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(2 * super::super::CONNECT_LIMIT, served).await.expect("an end");

    let (status, refusal) = site.poll(Method::GET, &path, &cookie, "").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(refusal.contains("Session ID unknown"), "{refusal}");
}

#[tokio::test]
async fn sessions_on_long_polling_are_bounded_like_connections() {
    let site = site(&[("LOCKSTEP__LIMITS__CONNECTIONS", "2")]).await;
    let cookie = site.cookie().await;

    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(site.poller(&cookie).await.1);
    }

    assert!(answers[0].starts_with("40") && answers[1].starts_with("40"), "{answers:?}");
    assert_eq!(answers[2], "44{\"message\":\"unavailable\"}");
}

/// Each costs memory for five seconds, signed in or not, and no connection that would be counted.
#[tokio::test]
async fn who_opens_too_many_sessions_on_long_polling_waits() {
    let site = site(&[("LOCKSTEP__LIMITS__REQUESTS_PER_S", "1"), ("LOCKSTEP__LIMITS__REQUESTS_BURST", "2")]).await;

    let mut statuses = Vec::new();
    while statuses.last() != Some(&StatusCode::TOO_MANY_REQUESTS) && statuses.len() < 1_000 {
        statuses.push(site.poll(Method::GET, POLLING, "", "").await.0);
    }

    assert_eq!(statuses[..2], [StatusCode::OK; 2]);
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
}

/// The engine would wait for the rest for ever.
#[tokio::test]
async fn what_is_posted_to_a_session_has_its_time_like_any_body() {
    let site = site(&[]).await;
    let cookie = site.cookie().await;
    let (path, _) = site.poller(&cookie).await;
    tokio::time::pause();
    let began = tokio::time::Instant::now();

    let endless = stream::pending::<Result<bytes::Bytes, std::convert::Infallible>>();
    let (status, _) = site.poll(Method::POST, &path, &cookie, Body::from_stream(endless)).await;

    assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
    assert!(began.elapsed() >= site.state.settings.limits.body());
}
