//! Who gets in: sessions, keys, origins, limits, health.

use super::*;

#[tokio::test]
async fn nobody_gets_in_without_a_session_or_key() {
    let server = server().await;
    let refused = async |headers: &[(&str, &str)]| {
        let answer = server.send(request(Method::GET, "/api/files", headers, None)).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        answer.error()
    };
    let unauthorized = (401, "unauthorized".to_owned());

    assert_eq!(refused(&[]).await, unauthorized);
    assert_eq!(refused(&[("cookie", "lockstep_session=forged")]).await, unauthorized);
    assert_eq!(refused(&[("authorization", "Bearer forged")]).await, unauthorized);
    assert_eq!(refused(&[("authorization", &format!("Bearer {}", "x".repeat(5_000)))]).await, unauthorized);
    assert_eq!(refused(&[("authorization", "Basic YTpi")]).await, unauthorized);
    assert_eq!(refused(&[("authorization", "")]).await, unauthorized);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_answered_alike() {
    let server = server().await;
    server.person("anna", None).await;

    let wrong = server.login("anna", "wrong", &[]).await;
    let unknown = server.login("nobody", PASSWORD, &[]).await;

    assert_eq!(wrong.error(), (401, "bad_credentials".into()));
    assert_eq!(unknown.error(), wrong.error());
    assert!(wrong.header("set-cookie").is_empty());
}

#[tokio::test]
async fn signing_in_again_ends_the_former_session() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let cookie = anna.headers[0].1.clone();

    let answer = server.login("anna", PASSWORD, &[("cookie", &cookie)]).await;

    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(anna.get("/api/me").await.error(), (401, "unauthorized".into()));
}

#[tokio::test]
async fn the_cookie_is_for_tls_alone_where_there_is_tls() {
    let server = server().await;
    server.person("anna", None).await;

    let plain = server.login("anna", PASSWORD, &[]).await;
    let tls = server.login("anna", PASSWORD, &[("x-forwarded-proto", "https"), ("x-forwarded-for", "9.9.9.9")]).await;

    assert!(plain.header("set-cookie").contains("HttpOnly; SameSite=Lax;"), "{plain:?}");
    assert!(!plain.header("set-cookie").contains("Secure") && tls.header("set-cookie").contains("Secure"));
}

#[tokio::test]
async fn another_sites_page_can_change_nothing() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let body = json!({"name": "A"});
    let cookie_only = Person { server: &server, headers: vec![anna.headers[0].clone()] };
    let evil = [("origin", "https://evil.example")];

    let forged = cookie_only.post("/api/categories", &body).await;
    let wrong = cookie_only.send(Method::POST, "/api/categories", &[("x-csrf-token", "guess")], Some(&body)).await;
    let foreign = anna.send(Method::POST, "/api/categories", &evil, Some(&body)).await;
    let own = anna.send(Method::POST, "/api/categories", &[("origin", "https://lockstep.example")], Some(&body)).await;
    let login = server.login("anna", PASSWORD, &evil).await;

    assert_eq!(forged.error(), (403, "csrf".into()));
    assert_eq!(wrong.error(), (403, "csrf".into()));
    assert_eq!(foreign.error(), (403, "bad_origin".into()));
    assert_eq!(own.status, StatusCode::CREATED);
    assert_eq!(login.error(), (403, "bad_origin".into()));
}

#[tokio::test]
async fn a_key_needs_no_token_and_has_its_own_rights_only() {
    let server = server().await;
    let program = server.program(&["categories.edit"]).await;

    let added = program.post("/api/categories", &json!({"name": "A"})).await;

    assert_eq!(added.status, StatusCode::CREATED);
    assert_eq!(program.get("/api/users").await.error(), (403, "forbidden".into()));
    assert_eq!(program.post("/api/publish", &json!({})).await.error(), (403, "forbidden".into()));
    assert_eq!(program.get("/api/me").await.json(), json!({"user": null, "csrf": null, "locks": []}));
}

/// Asks until it is refused; there must come a refusal, since the burst is one and the rate one a second.
async fn until_limited(ask: impl AsyncFn() -> Answer) -> Answer {
    for _ in 0..1_000 {
        let answer = ask().await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return answer;
        }
    }
    panic!("a thousand requests were not too many");
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let server =
        server_with(&[("LOCKSTEP__LIMITS__REQUESTS_PER_S", "1"), ("LOCKSTEP__LIMITS__REQUESTS_BURST", "1")]).await;
    let program = server.program(&["files.view"]).await;

    let stranger = until_limited(async || server.get("/api/files").await).await;

    assert_eq!(stranger.error(), (429, "rate_limited".into()));
    assert_eq!((stranger.header("retry-after"), &stranger.json()["error"]["params"]["seconds"]), ("1", &json!(1)));
    assert_eq!(program.get("/api/files").await.status, StatusCode::OK, "a key has a limit of its own");
    let metrics = server.worker.metrics.text();
    assert!(metrics.contains("lockstep_rate_limited_total{kind=\"address\"} 1\n"), "{metrics}");
}

#[tokio::test]
async fn a_program_has_its_limit_too() {
    let server =
        server_with(&[("LOCKSTEP__LIMITS__KEY_REQUESTS_PER_S", "1"), ("LOCKSTEP__LIMITS__KEY_REQUESTS_BURST", "1")])
            .await;
    let program = server.program(&["files.view"]).await;

    let limited = until_limited(async || program.get("/api/files").await).await;

    assert_eq!(limited.error(), (429, "rate_limited".into()));
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let server = server_with(&[("LOCKSTEP__LIMITS__LOGIN_ATTEMPTS", "2")]).await;
    server
        .worker
        .app
        .add_user(&NewUser { login: "anna", name: None, password: PASSWORD, admin: true, group: None })
        .await
        .expect("added");

    let from = [("x-forwarded-for", "9.9.9.9")];
    let tries = [server.login("anna", "a", &from).await, server.login("anna", "b", &from).await];
    let third = server.login("anna", PASSWORD, &from).await;
    let elsewhere = server.login("anna", PASSWORD, &[("x-forwarded-for", "8.8.8.8")]).await;

    assert!(tries.iter().all(|answer| answer.error() == (401, "bad_credentials".into())));
    assert_eq!(third.error(), (429, "rate_limited".into()));
    assert_eq!(elsewhere.status, StatusCode::OK);
    let metrics = server.worker.metrics.text();
    assert!(metrics.contains("lockstep_rate_limited_total{kind=\"login\"} 1\n"), "{metrics}");
}

/// Attempts were once counted by the whole address, of which an IPv6 customer has more than there are passwords.
#[tokio::test]
async fn whoever_guesses_from_one_address_of_his_network_after_another_is_one_guesser() {
    let server = server_with(&[("LOCKSTEP__LIMITS__LOGIN_ATTEMPTS", "2")]).await;
    server.person("anna", None).await;
    let guess = async |address: &str| server.login("anna", "wrong", &[("x-forwarded-for", address)]).await.error();

    let tries = [guess("2001:db8::1").await, guess("2001:db8::2").await, guess("2001:db8::3:4").await];

    assert_eq!(tries.map(|(status, _)| status), [401, 401, 429]);
    assert_eq!(guess("2001:db8:0:1::1").await.0, 401, "another network is another customer");
}

#[tokio::test]
async fn a_worker_is_ready_once_it_follows_and_not_while_it_goes() {
    let server = server().await;
    let mut status = server.worker.sync.status();
    status.wait_for(lockstep_sync_manager::Status::is_ready).await.expect("it becomes ready");

    let ready = server.get("/readyz").await;
    drain(&server.worker);
    let draining = server.get("/readyz").await;

    assert_eq!((ready.status, &ready.json()["ready"]), (StatusCode::OK, &json!(true)));
    assert_eq!(draining.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(draining.json()["reasons"][0].as_str().is_some_and(|reason| reason.starts_with("draining")));
    assert_eq!(server.get("/healthz").await.json()["ok"], true);
}

#[tokio::test]
async fn metrics_are_for_administrators_and_for_the_private_address() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let private = Server {
        router: crate::http::operator_router(server.worker.clone()),
        worker: server.worker.clone(),
        _directory: TempDir::new().expect("one"),
    };

    let admin = anna.get("/metrics").await;

    assert_eq!(server.get("/metrics").await.status, StatusCode::UNAUTHORIZED);
    assert!(admin.text.contains("lockstep_http_requests_total{method=\"POST\",status=\"2xx\"}"), "{}", admin.text);
    let families = ["kills_total{why=\"flood\"} 0", "repaired_total{by=\"tick\"} 0", "joins_total{mode=\"live\"} 0"];
    for family in families {
        assert!(admin.text.contains(&format!("lockstep_{family}\n")), "{family}: {}", admin.text);
    }
    assert_eq!(private.get("/metrics").await.status, StatusCode::OK);
    assert_eq!(private.get("/api/files").await.status, StatusCode::NOT_FOUND);
}
