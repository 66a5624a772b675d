//! Bad input: a clear error, nothing half done.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::stream;

use super::*;

async fn post_raw(server: &Server, kind: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post("/api/login").header(header::CONTENT_TYPE, kind).body(body.into());
    server.send(request.expect("a request")).await
}

#[tokio::test]
async fn a_body_that_is_no_json_is_told_where_it_breaks() {
    let server = server().await;

    let broken = post_raw(&server, "application/json", "{\n  \"login\": }").await;

    assert_eq!(broken.error(), (400, "bad_json".into()));
    assert_eq!(broken.json()["error"]["params"]["line"], 2);
    for body in ["", "[1]", "\"x\"", "\u{feff}{}"] {
        assert_eq!(
            post_raw(&server, "application/json", body.to_owned()).await.error(),
            (400, "bad_json".into()),
            "{body}"
        );
    }
    let invalid = Bytes::from_static(b"{\"login\": \"\xff\"}");
    assert_eq!(post_raw(&server, "application/json", invalid).await.error(), (400, "bad_json".into()));
    let deep = "[".repeat(10_000);
    assert_eq!(post_raw(&server, "application/json", deep).await.error(), (400, "bad_json".into()));
}

#[tokio::test]
async fn another_media_type_is_refused() {
    let server = server().await;

    assert_eq!(post_raw(&server, "text/plain", "{}").await.error(), (415, "unsupported_media".into()));
    assert_eq!(post_raw(&server, "multipart/form-data", "{}").await.error(), (415, "unsupported_media".into()));
}

#[tokio::test]
async fn a_body_of_two_megabytes_is_refused_whether_it_says_its_length_or_not() {
    let server = server().await;
    let chunks = stream::iter((0..32).map(|_| Ok::<_, Infallible>(Bytes::from(vec![b' '; 65_536]))));

    let said = Request::post("/api/login")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_LENGTH, "2097152")
        .body(Body::from(vec![b' '; 2 << 20]));
    let said = server.send(said.expect("a request")).await;
    let unsaid = post_raw(&server, "application/json", Body::from_stream(chunks)).await;

    assert_eq!(said.error(), (413, "too_large".into()));
    assert_eq!(unsaid.error(), (413, "too_large".into()));
    assert_eq!(said.json()["error"]["params"]["max"], 1_048_576);
}

/// The answer once came only after the whole body or five seconds, though its length had said enough.
#[tokio::test]
async fn a_length_that_is_too_large_is_refused_before_the_body_comes() {
    let server = server().await;
    tokio::time::pause();
    let began = tokio::time::Instant::now();

    let silent = stream::pending::<Result<Bytes, Infallible>>();
    let request = Request::post("/api/login")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_LENGTH, "2147483648")
        .body(Body::from_stream(silent));
    let answer = server.send(request.expect("a request")).await;

    assert_eq!(answer.error(), (413, "too_large".into()));
    assert_eq!(answer.header("connection"), "close");
    assert!(began.elapsed() < Duration::from_millis(100), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_body_that_does_not_end_is_given_up() {
    let server = server().await;
    tokio::time::pause();
    let limit = server.worker.settings.limits.body();
    let began = tokio::time::Instant::now();

    let endless = stream::once(async { Ok::<_, Infallible>(Bytes::from_static(b"{")) });
    let endless = futures_util::StreamExt::chain(endless, stream::pending());
    let answer = post_raw(&server, "application/json", Body::from_stream(endless)).await;

    assert_eq!(answer.error(), (408, "timeout".into()));
    assert!(began.elapsed() >= limit && began.elapsed() < limit + Duration::from_secs(1));
}

#[tokio::test]
async fn every_missing_field_of_a_sign_in_is_named() {
    let server = server().await;

    let answer = post_raw(&server, "application/json", r#"{"login": 1, "passwd": "x"}"#).await;

    assert_eq!(answer.error(), (422, "invalid".into()));
    let fields = &answer.json()["error"]["fields"];
    assert_eq!(fields["login"]["code"], "field.not_a_string");
    assert_eq!(fields["password"]["code"], "field.required");
    assert_eq!(fields["passwd"]["code"], "field.unknown");
}

#[tokio::test]
async fn paths_and_methods_that_do_not_exist_are_answered_in_json() {
    let server = server().await;

    let path = server.get("/api/flies").await;
    let method = server.send(request(Method::PUT, "/api/files", &[], None)).await;
    let id = server.get("/api/files/%ff").await;

    assert_eq!(path.error(), (404, "not_found".into()));
    assert_eq!(method.error(), (405, "method_not_allowed".into()));
    assert_eq!(method.header("allow"), "GET,HEAD,POST");
    assert_eq!(id.status, StatusCode::UNAUTHORIZED, "who is not signed in learns nothing");
}

#[tokio::test]
async fn every_error_carries_the_requests_id() {
    let server = server().await;

    let answer = server.get("/api/flies").await;

    assert_eq!(answer.json()["error"]["requestId"], answer.header("x-request-id"));
    assert_ne!(server.get("/api/flies").await.header("x-request-id"), answer.header("x-request-id"));
}

#[tokio::test]
async fn an_id_that_is_none_names_no_row() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    anna.add("files", json!({"name": "a.pdf", "size": 1, "mime": "application/pdf"})).await;
    assert_eq!(anna.get("/api/files/1").await.status, StatusCode::OK);

    for id in ["0", "-1", "x", "01", "+1", "%201", "99999999999999999999", "%ff", "1%2F2"] {
        assert_eq!(anna.get(&format!("/api/files/{id}")).await.error(), (404, "not_found".into()), "{id}");
    }
}

#[tokio::test]
async fn a_list_is_not_asked_what_it_does_not_know() {
    let server = server().await;
    let anna = server.person("anna", None).await;

    for query in ["sort=colour", "colour=red", "page=0", "per_page=1001", "page=x"] {
        assert_eq!(anna.get(&format!("/api/files?{query}")).await.error(), (422, "invalid".into()), "{query}");
    }
}

#[tokio::test]
async fn no_ids_are_no_rows() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let id = anna.add("categories", json!({"name": "A"})).await;

    assert_eq!(anna.get(&format!("/api/categories?ids={id}")).await.json()["total"], 1);
    let none = anna.get("/api/categories?ids=").await.json();
    assert_eq!((&none["total"], &none["items"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn a_refusal_says_what_is_wrong_and_not_something_near_it() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let program = server.program(&["publish"]).await;
    let said = |answer: Answer| answer.json()["error"]["message"].as_str().map(ToOwned::to_owned).unwrap_or_default();

    let stranger = server.send(request(Method::GET, "/api/me?lang=en", &[("authorization", "Bearer x")], None)).await;
    assert_eq!((stranger.error(), said(stranger).contains("lockstep key add")), ((401, "unauthorized".into()), true));
    let nobody = server.send(request(Method::GET, "/api/me?lang=en", &[], None)).await;
    assert!(said(nobody).contains("Sign in again"));
    let room = anna.get("/api/sync/position?lang=en&room=flies").await;
    assert_eq!(
        said(room),
        "There is no room “flies”. Rooms: index, files, users, groups, categories, registrators, admin, imports, products, logs."
    );
    for body in [json!(null), json!("x"), json!(7), json!([7])] {
        let answer = program.post("/api/publish?lang=en", &body).await;
        assert_eq!(answer.error(), (400, "bad_json".into()), "{body}");
        assert!(said(answer).contains("JSON object"), "{body}");
    }
    for body in ["[]", "null", "\"x\""] {
        let request = Request::post("/api/login?lang=en").header(header::CONTENT_TYPE, "application/json");
        let answer = server.send(request.body(Body::from(body)).expect("a request")).await;
        assert!(said(answer).contains("JSON object"), "{body}");
    }
    let page = anna.get("/api/files?page=99999999999999999999").await.json();
    assert_eq!(page["error"]["fields"]["page"]["code"], "field.out_of_range");
}

#[tokio::test]
async fn a_panic_is_an_answer_too() {
    let server = server().await;
    let face = crate::http::face(server.worker.clone(), Assets::of(Front::get));
    let boom = axum::routing::get(async || -> &'static str { panic!("a defect") });
    let router = crate::http::finish(Router::new().route("/api/boom", boom), face);

    let server = Server { router, ..server };

    assert_eq!(server.get("/api/boom").await.error(), (500, "internal".into()));
}

#[tokio::test]
async fn over_a_real_connection_the_refusal_arrives_though_the_client_is_still_sending() {
    let server = server().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(axum::serve(listener, server.router.clone()).into_future());
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();

    let body = http_body_util::Full::new(Bytes::from(vec![b' '; 8 << 20]));
    let large = Request::post(format!("http://{address}/api/login"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(body);
    let answer = client.request(large.expect("a request")).await.expect("an answer");

    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}
