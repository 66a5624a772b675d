//! Who is let in, by what he shows, and how many.

use super::*;

#[tokio::test]
async fn a_client_is_told_who_and_where_it_is_and_pings_are_answered() {
    let site = site(&[]).await;
    let cookie = format!("lockstep_session={}", site.anna().await);
    for path in [NOTIFICATIONS, "/ws/notifications", LOGS, "/ws/logs", STREAM, "/ws/logs/stream"] {
        let mut client = site.open(path, &[("cookie", &cookie)]).await;

        let greeting = client.next().await;
        assert_eq!(greeting["type"], "connection_established", "{path}");
        assert_eq!((&greeting["user"]["login"], &greeting["unread"]), (&"anna".into(), &0.into()));
        assert_eq!(greeting["worker"], std::process::id());
        assert!(greeting["epoch"].is_string() && greeting["seq"].is_u64(), "{greeting}");

        if path.starts_with("/ws/logs/stream") {
            client.backfill().await;
        }
        let pong = client.ask(&json!({"type": "ping"})).await;
        assert_eq!(pong["type"], "pong");
        assert!(pong["serverTime"].as_str().expect("a time").ends_with('Z'), "{pong}");
        client.send(Message::Ping("life".into())).await;
        let answered = timeout(PATIENCE, client.0.next()).await.expect("answered");
        assert_eq!(answered.expect("open").expect("a frame"), Message::Pong("life".into()));
    }
}

#[tokio::test]
async fn a_session_a_ticket_and_a_key_open_the_door_however_they_are_shown() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let key = site.key(&["logs.view"]).await;
    let caller = site.state.app.session(&token).await.expect("asked").expect("signed in");
    let ticket = async || site.state.app.ticket(&caller).await.expect("given").token;

    let shown = format!("{STREAM}?ticket={}", ticket().await);
    assert_eq!(site.refused(&shown, &[]).await, None);
    assert_eq!(site.refused(&shown, &[]).await, sign_in(), "a ticket is good once");
    let (mut client, answer) = {
        let offered = format!("lockstep, ticket.{}", ticket().await);
        site.knock(NOTIFICATIONS, &[("sec-websocket-protocol", &offered)]).await.expect("101")
    };
    assert_eq!(answer.headers()["sec-websocket-protocol"], "lockstep");
    assert_eq!(client.next().await["user"]["login"], "anna");
    assert_eq!(site.refused(STREAM, &[("authorization", &format!("Bearer {key}"))]).await, None);
    let offered = format!("lockstep, bearer.{key}");
    assert_eq!(site.refused(LOGS, &[("sec-websocket-protocol", &offered)]).await, None);
}

#[tokio::test]
async fn a_token_in_the_url_needs_the_operators_leave() {
    let shut = site(&[]).await;
    let path = format!("{STREAM}?token={}", shut.key(&["logs.view"]).await);
    let (code, reason) = shut.refused(&path, &[]).await.expect("refused");
    assert_eq!(code, 4401);
    assert!(reason.contains("[auth] allow_query_token"), "{reason}");

    let open = site(&[("LOCKSTEP__AUTH__ALLOW_QUERY_TOKEN", "on")]).await;
    let path = format!("{STREAM}?token={}", open.key(&["logs.view"]).await);
    assert_eq!(open.refused(&path, &[]).await, None);
}

fn sign_in() -> Option<(u16, String)> {
    Some((4401, "sign in again".to_owned()))
}

#[tokio::test]
async fn who_is_refused_can_read_why() {
    let site = site(&[]).await;
    let boris = format!("lockstep_session={}", site.person("boris", &["files.view"]).await);
    let key = format!("Bearer {}", site.key(&["files.view", "logs.view"]).await);
    let code = async |path: &str, headers: Headers<'_>| site.refused(path, headers).await.map(|(code, _)| code);

    assert_eq!(site.refused(NOTIFICATIONS, &[]).await, sign_in());
    assert_eq!(site.refused(NOTIFICATIONS, &[("cookie", "lockstep_session=gone")]).await, sign_in());
    assert_eq!(code(NOTIFICATIONS, &[("cookie", &boris)]).await, None);
    assert_eq!(code(STREAM, &[("cookie", &boris)]).await, Some(4403));
    assert_eq!(code(LOGS, &[("cookie", &boris)]).await, Some(4403));
    assert_eq!(code(NOTIFICATIONS, &[("authorization", &key)]).await, Some(4403));
    let text = site.state.metrics.text();
    assert!(text.contains("lockstep_ws_closes_total{kind=\"4403\"} 3"), "{text}");
}

#[tokio::test]
async fn who_guesses_too_often_is_told_how_long_to_wait() {
    let site = site(&[("LOCKSTEP__LIMITS__REQUESTS_PER_S", "1"), ("LOCKSTEP__LIMITS__REQUESTS_BURST", "1")]).await;

    let mut answers = Vec::new();
    while answers.last().is_none_or(|code| *code == 4401) && answers.len() < 1_000 {
        let (code, reason) = site.refused(STREAM, &[("authorization", "Bearer guess")]).await.expect("refused");
        assert!(code == 4401 || reason.starts_with("retry after "), "{code} {reason}");
        answers.push(code);
    }

    assert_eq!((answers[0], answers.last()), (4401, Some(&4429)));
}

#[tokio::test]
async fn a_person_and_an_address_have_so_many_and_who_goes_makes_room() {
    let site = site(&[("LOCKSTEP__LIMITS__WS_PER_USER", "1"), ("LOCKSTEP__LIMITS__WS_PER_ADDRESS", "2")]).await;
    let anna = format!("lockstep_session={}", site.anna().await);
    let boris = format!("lockstep_session={}", site.person("boris", &[]).await);
    let code = async |cookie: &str| site.refused(NOTIFICATIONS, &[("cookie", cookie)]).await.map(|(code, _)| code);

    let mut first = site.open(NOTIFICATIONS, &[("cookie", &anna)]).await;
    first.next().await;
    assert_eq!(code(&anna).await, Some(4429), "the person has one");
    let mut second = site.open(NOTIFICATIONS, &[("cookie", &boris)]).await;
    second.next().await;
    assert_eq!(code("").await, Some(4429), "the address has two");

    for client in [&mut first, &mut second] {
        client.0.close(None).await.expect("closes");
        client.ends().await;
    }
    site.empty().await;
    assert_eq!(code(&anna).await, None);
}

#[tokio::test]
async fn another_sites_page_and_what_is_no_websocket_are_refused_before() {
    let site = site(&[("LOCKSTEP__SERVER__ALLOWED_ORIGINS", "https://shop.example")]).await;
    let cookie = format!("lockstep_session={}", site.anna().await);
    let status = async |origin: &str| match site.knock(LOGS, &[("cookie", &cookie), ("origin", origin)]).await {
        Ok((_, answer)) => answer.status().as_u16(),
        Err(tungstenite::Error::Http(answer)) => answer.status().as_u16(),
        Err(other) => panic!("{other}"),
    };

    assert_eq!(status("https://evil.example").await, 403);
    assert_eq!(status("https://shop.example").await, 101);
    assert_eq!(status(&format!("http://{}", site.address)).await, 101);
    for head in ["GET /ws/logs/ HTTP/1.1", "POST /ws/logs/ HTTP/1.1", "GET /ws/logs/ HTTP/1.0"] {
        assert_eq!(plain(&site, head).await, "426", "{head}");
    }
}

/// The status of a request that is no WebSocket's.
async fn plain(site: &Site, head: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = TcpStream::connect(site.address).await.expect("connects");
    let request = format!("{head}\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", site.address);
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("answered").expect("text");
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_operator_sees_how_many_are_in_by_which_door() {
    let site = site(&[]).await;
    let token = site.anna().await;

    let (_one, _other) = (site.client(NOTIFICATIONS, &token).await, site.client(STREAM, &token).await);

    let text = site.state.metrics.text();
    for door in ["notifications", "log_stream"] {
        assert!(text.contains(&format!("lockstep_ws_connections{{kind=\"{door}\"}} 1")), "{text}");
    }
}
