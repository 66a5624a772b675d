//! Whatever a stranger sends by HTTP: an answer with a code, and never a fault of ours.

use super::*;
use crate::nasty::{bytes, texts};

/// Longer than any answer here has to be: what was sent is not sent back whole.
const LONGEST_ANSWER: usize = 32 << 10;

/// A server whose brakes are off: all of these come from one address.
async fn patient_server() -> Server {
    let limits = ["REQUESTS_PER_S", "REQUESTS_BURST", "KEY_REQUESTS_PER_S", "KEY_REQUESTS_BURST"];
    let names: Vec<String> = limits.iter().map(|limit| format!("LOCKSTEP__LIMITS__{limit}")).collect();
    server_with(&names.iter().map(|name| (name.as_str(), "1000000")).collect::<Vec<_>>()).await
}

/// An answer in good order, whatever it says.
fn check(answer: &Answer, sent: &str) {
    assert!(!answer.status.is_server_error(), "{sent}: {} {}", answer.status, answer.text);
    assert!(answer.text.len() < LONGEST_ANSWER, "{sent}: {} bytes", answer.text.len());
    assert!(
        !answer.header("x-request-id").is_empty() && answer.header("x-content-type-options") == "nosniff",
        "{sent}"
    );
    if answer.status.is_client_error() && answer.header("content-type").starts_with("application/json") {
        let error = &answer.json()["error"];
        assert!(
            error["code"].is_string() && error["message"].is_string() && error["requestId"].is_string(),
            "{sent}: {error}"
        );
    }
}

#[tokio::test]
async fn no_body_is_a_fault_of_ours() {
    const BODIES: [&str; 10] = [
        r#"{"login":"anna","password":"correct horse"}"#,
        r#"{"name":"Contracts","description":"","parent_id":null,"enabled":true}"#,
        r#"{"name":"a.pdf","size":9223372036854775807,"mime":"application/pdf","status":"new","category_id":"1"}"#,
        r#"{"event":"files:changed","reason":"updated","id":"7","data":{"a":[1,{"b":null}]},"key":"k"}"#,
        r#"[{"event":"shop:sold","reason":"added","id":"*","scope":"global"},{"event":"e","reason":"deleted","id":"1","room":"files"}]"#,
        r#"{"name":"x","permissions":["admin","files.view",7,null]}"#,
        r#"{"login":"a","name":"b","password":"12345678","group_id":"1","enabled":1,"email":"a@b"}"#,
        r#"{"name":"r","folder":"/srv/../etc","category_id":-1}"#,
        r#"{"id":"1","rev":9,"created_at":0,"updated_by":"x","password_hash":"$argon2id$"}"#,
        r#"{"__proto__":{"admin":true},"name":{"$gt":""}}"#,
    ];
    let server = patient_server().await;
    let (anna, program) = (server.person("anna", None).await, server.program(&["publish"]).await);
    let row = anna.add("categories", json!({"name": "A"})).await;
    let paths = ["categories", "files", "groups", "users", "registrators"].map(|entity| format!("/api/{entity}"));

    for (number, body) in texts(&BODIES, 400).enumerate() {
        let send = async |person: &Person<'_>, method: Method, path: &str| {
            let mut request = request(method, path, &[("content-type", "application/json"), ("if-match", "*")], None);
            for (name, value) in &person.headers {
                request.headers_mut().insert(*name, value.parse().expect("a value"));
            }
            *request.body_mut() = body.clone().into();
            check(&server.send(request).await, &body);
        };
        send(&anna, Method::POST, &paths[number % paths.len()]).await;
        send(&anna, Method::PATCH, &format!("/api/categories/{row}")).await;
        send(&program, Method::POST, "/api/publish").await;
        if number < BODIES.len() {
            send(&program, Method::POST, "/api/login").await;
        }
    }
    assert_eq!(anna.get(&format!("/api/categories/{row}")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_query_and_no_path_is_a_fault_of_ours() {
    const TARGETS: [&str; 14] = [
        "/api/files?q=a&sort=-name&page=1&per_page=500&ids=1,2,3",
        "/api/users?q=%25_%5C&sort=login&enabled=true",
        "/api/categories?ids=,,99999999999999999999,-1&page=9223372036854775807",
        "/api/registrators?category_id=1&category_id=2&q=%ff%00",
        "/api/sync/position?room=files",
        "/api/sync/position?room=user:1&room=%F0%9F%92%A5",
        "/api/changes?limit=4294967295",
        "/api/changes?limit=-1",
        "/api/files/1",
        "/api/files/%2e%2e%2f%2e%2e",
        "/static/dist/%2e%2e/%2e%2e/Cargo.toml",
        "/login?next=//evil.example",
        "/categories?lang=en&lang=%00",
        "/metrics?x=",
    ];
    let server = patient_server().await;
    let anna = server.person("anna", None).await;

    for target in texts(&TARGETS, 1_500) {
        // What is no target at all is refused by the HTTP library.
        if target.starts_with('/') && target.parse::<http::Uri>().is_ok() {
            check(&anna.get(&target).await, &target);
        }
    }
}

#[tokio::test]
async fn no_header_is_a_fault_of_ours() {
    const VALUES: [&[u8]; 22] = [
        b"\"42\", W/\"43\",*",
        b"\"a,b\",,W/\"4\" ,",
        b"lockstep_session=x; lockstep_session=y; =; ;;a",
        b"lockstep_lang=en; lockstep_session=\"x\"",
        b"application/json; charset=utf-8; boundary=\"",
        b"multipart/form-data; boundary=----x",
        b"ru-RU,ru;q=0.9,en;q=NaN,*;q=-1",
        b"https://lockstep.example:443",
        b"http://[::1]:99999",
        b"null",
        b"Bearer ",
        b"bEARER \xff\xfe",
        b"Basic YTpi",
        b"1.2.3.4, ::ffff:8.8.8.8, unknown, [::1]:8080",
        b"https, http",
        b"lockstep.example, evil.example",
        b"gzip;q=1.0, br;q=0, identity;q=0, *;q=0",
        b"c81-\xc3\x28",
        b"100-continue",
        b"text/html, application/json;q=0.9, */*;q=0.8",
        b"bytes=0-18446744073709551616,-1",
        b"websocket",
    ];
    const NAMES: [&str; 18] = [
        "if-match",
        "if-none-match",
        "cookie",
        "content-type",
        "accept-language",
        "origin",
        "authorization",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-client-id",
        "x-csrf-token",
        "accept",
        "accept-encoding",
        "host",
        "expect",
        "range",
        "upgrade",
    ];
    let server = patient_server().await;
    let anna = server.person("anna", None).await;
    let row = anna.add("categories", json!({"name": "A"})).await;
    let of_row = format!("/api/categories/{row}");

    let mut sent = 0;
    for (number, value) in bytes(&VALUES, 1_200).enumerate() {
        let Ok(value) = http::HeaderValue::from_bytes(&value) else { continue };
        for (method, path) in [(Method::GET, "/"), (Method::GET, of_row.as_str()), (Method::PATCH, of_row.as_str())] {
            let own: Vec<(&str, &str)> = anna.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let mut request = request(method, path, &own, Some(&json!({"description": "x"})));
            request.headers_mut().append(NAMES[number % NAMES.len()], value.clone());
            check(&server.send(request).await, &format!("{}: {value:?}", NAMES[number % NAMES.len()]));
            sent += 1;
        }
    }
    assert!(sent > 1_000, "{sent}");
}

#[tokio::test]
async fn a_request_for_no_host_or_for_two_is_refused_in_words() {
    let server = server().await;
    let ask = async |hosts: &[&str]| {
        let mut request = Request::get("/api/me?lang=en").body(Body::empty()).expect("a request");
        for host in hosts {
            request.headers_mut().append("host", host.parse().expect("a value"));
        }
        let response = server.router.clone().oneshot(request).await.expect("infallible");
        let closes = response.headers().get("connection").is_some_and(|value| value == "close");
        (response.status().as_u16(), closes)
    };

    assert_eq!(ask(&["lockstep.example"]).await, (401, false));
    assert_eq!(ask(&[]).await, (400, true));
    assert_eq!(ask(&["lockstep.example", "evil.example"]).await, (400, true));
    assert_eq!(ask(&["lockstep.example", "lockstep.example"]).await, (400, true));
    assert_eq!(ask(&["a/b"]).await, (400, true));
}
