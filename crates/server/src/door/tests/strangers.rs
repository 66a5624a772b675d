//! Who is let in, from where, and how often he may try.

use ::http::{Method, Request, Response, StatusCode};
use axum::body::Body;
use lockstep_app::Caller;
use tower::ServiceExt;

use super::*;

impl Site {
    /// A request from a page of `origin`.
    async fn ask(&self, method: Method, path: &str, origin: &str) -> Response<Body> {
        let request = Request::builder().method(method).uri(path).header("host", "lockstep.example");
        let request = request.header("origin", origin).header("access-control-request-method", "PATCH");
        self.service.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("infallible")
    }
}

fn allowed<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    let name = format!("access-control-allow-{name}");
    response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";

#[tokio::test]
async fn a_listed_site_may_read_our_answers_and_the_engines() {
    let site = site(&[("LOCKSTEP__SERVER__ALLOWED_ORIGINS", "https://shop.example")]).await;

    for path in ["/api/files/1", HANDSHAKE] {
        let preflight = site.ask(Method::OPTIONS, path, "https://shop.example").await;
        let listed = site.ask(Method::GET, path, "https://shop.example").await;

        assert_eq!(preflight.status(), StatusCode::OK, "{path}");
        assert!(
            allowed(&preflight, "methods").contains("PATCH") && allowed(&preflight, "headers").contains("x-csrf-token")
        );
        for response in [preflight, listed] {
            assert_eq!(allowed(&response, "origin"), "https://shop.example", "{path}");
            assert_eq!(allowed(&response, "credentials"), "true", "{path}");
        }
    }
    assert_eq!(site.ask(Method::GET, HANDSHAKE, "https://shop.example").await.status(), StatusCode::OK);
}

/// Pages say there what they hear, in text that others have written: no browser is to take it for a page, whoever leads it there.
#[tokio::test]
async fn what_the_engine_says_is_kept_by_nobody_and_shown_as_no_page() {
    let site = site(&[]).await;

    for origin in ["https://lockstep.example", "https://evil.example"] {
        for path in [HANDSHAKE, "/socket.io/", "/socket.io/?EIO=3&transport=polling"] {
            let answer = site.ask(Method::GET, path, origin).await;
            let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().expect("text"));

            assert_eq!((header("x-content-type-options"), header("cache-control")), ("nosniff", "no-store"), "{path}");
            assert!(header("content-security-policy").contains("default-src 'none'; frame-ancestors 'none'"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_site_that_is_not_listed_may_read_nothing() {
    let site = site(&[("LOCKSTEP__SERVER__ALLOWED_ORIGINS", "https://shop.example")]).await;

    for path in ["/api/files/1", HANDSHAKE] {
        for method in [Method::OPTIONS, Method::GET] {
            assert_eq!(allowed(&site.ask(method, path, "https://evil.example").await, "origin"), "", "{path}");
        }
    }
    assert_eq!(site.ask(Method::GET, HANDSHAKE, "https://evil.example").await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn without_listed_sites_a_preflight_is_refused() {
    let site = site(&[]).await;

    let preflight = site.ask(Method::OPTIONS, HANDSHAKE, "https://evil.example").await;

    assert_eq!((preflight.status(), allowed(&preflight, "origin")), (StatusCode::FORBIDDEN, ""));
}

/// What the engine makes of it: signed in, or why not.
async fn knock(site: &Site, headers: &[(&'static str, &str)], payload: Value) -> String {
    let mut page = site.websocket(None, headers).await.expect("101");
    page.next().await;
    match page.sign_in(payload).await {
        Packet::Connect(_) => "accepted".to_owned(),
        Packet::ConnectError(error) => error["message"].as_str().expect("text").to_owned(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_cookie_and_a_key_are_known_as_they_are_at_the_other_doors() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let cookie = format!("lockstep_session={token}");
    let (_, key) =
        site.state.app.add_key(&Caller::operator(), "shop", &["files.view".to_owned()]).await.expect("added");

    assert_eq!(knock(&site, &[("cookie", "a=1"), ("cookie", &cookie)], Value::Null).await, "accepted");
    assert_eq!(knock(&site, &[("authorization", &format!("bearer  {key}"))], Value::Null).await, "accepted");
    assert_eq!(knock(&site, &[], json!({"token": key})).await, "accepted");
    assert_eq!(knock(&site, &[], json!({"token": key.repeat(20)})).await, "unauthorized");
    assert_eq!(knock(&site, &[], json!({"token": 7})).await, "unauthorized");
}

#[tokio::test]
async fn who_guesses_too_often_is_told_so_and_counted() {
    let site = site(&[("LOCKSTEP__LIMITS__REQUESTS_PER_S", "1"), ("LOCKSTEP__LIMITS__REQUESTS_BURST", "1")]).await;
    let (_, key) =
        site.state.app.add_key(&Caller::operator(), "shop", &["files.view".to_owned()]).await.expect("added");

    let mut answers = Vec::new();
    while !answers.contains(&"rate_limited".to_owned()) && answers.len() < 1_000 {
        answers.push(knock(&site, &[], json!({"token": "guess"})).await);
    }

    assert_eq!((answers[0].as_str(), answers.last().map(String::as_str)), ("unauthorized", Some("rate_limited")));
    assert_eq!(knock(&site, &[], json!({"token": key})).await, "accepted", "others behind the address are let in");
    let metrics = site.state.metrics.text();
    assert!(metrics.contains("lockstep_rate_limited_total{kind=\"address\"} 1\n"), "{metrics}");
    assert!(metrics.contains("lockstep_connects_total{transport=\"websocket\",result=\"accepted\"} 1\n"), "{metrics}");
}

/// A page may ask as soon as it is connected: before its welcome has run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_in_a_hurry_hears_hello_first_and_once() {
    let site = site(&[]).await;
    let cookie = format!("lockstep_session={}", site.anna().await);

    for _ in 0..200 {
        let mut page = site.websocket(None, &[("cookie", &cookie)]).await.expect("a WebSocket");
        assert!(matches!(page.next().await, Packet::Open(_)));
        assert!(matches!(page.sign_in(Value::Null).await, Packet::Connect(_)));
        page.send(&Packet::event(Some(1), "sync:join", json!({"room": "files"}))).await;
        page.send(&Packet::event(Some(2), "sync:pos", json!({"room": "files"}))).await;

        page.event("hello").await;
        for _ in 0..2 {
            let answer = page.next().await;
            assert!(matches!(answer, Packet::Ack { .. }), "{answer}");
        }
    }
}

/// The engine lets a page speak a moment before it counts as connected: an answer went out then, and hello was dropped in silence.
#[tokio::test]
async fn what_a_page_asks_before_its_welcome_waits_for_it() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut page, _) = site.page(&token).await;
    let socket = site.door.0.io.sockets().pop().expect("one page");
    let caller = site.door.seats().pop().expect("one page").caller();
    socket.extensions.insert(Arc::new(Seat::new((*caller).clone(), 0, None, &site.state.settings)));

    page.send(&Packet::event(Some(1), "sync:join", json!({"room": "files"}))).await;
    let (mut other, _) = site.page(&token).await;
    for _ in 0..10 {
        assert!(other.join("files").await, "the worker is busy with others meanwhile");
    }
    site.door.welcome(socket).await;

    page.event("hello").await;
    let answer = page.next().await;
    assert!(matches!(answer, Packet::Ack { .. }), "{answer}");
}
