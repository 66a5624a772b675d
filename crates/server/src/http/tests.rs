//! The HTTP face over a real database, as browsers and programs meet it.

mod admin;
mod api;
mod catalog;
mod doors;
mod exchange;
mod exports;
mod front;
mod imports;
mod jobs;
mod locks;
mod logs;
mod notices;
mod refusals;
mod strangers;
mod uploads;

use std::sync::atomic::Ordering;

use axum::{Router, body::Body};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use lockstep_app::{Caller, NewUser};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use super::{Worker, assets::Assets, with_assets};
use crate::testing;

const PASSWORD: &str = "correct horse";

/// The front end's files as a build would leave them.
#[derive(rust_embed::Embed)]
#[folder = "tests/front"]
struct Front;

/// A worker with its HTTP face, and a directory of its own.
struct Server {
    router: Router,
    worker: Worker,
    _directory: TempDir,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Status and code of an error.
    fn error(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["error"]["code"].as_str().expect("a code").to_owned())
    }
}

async fn server() -> Server {
    server_with(&[]).await
}

async fn server_with(environment: &[(&str, &str)]) -> Server {
    server_of(environment, Assets::of(Front::get)).await
}

async fn server_of(environment: &[(&str, &str)], assets: Assets) -> Server {
    let (worker, directory) = testing::worker(environment).await;
    Server { router: with_assets(worker.clone(), assets), worker, _directory: directory }
}

impl Server {
    async fn send(&self, mut request: Request<Body>) -> Answer {
        request.headers_mut().entry(header::HOST).or_insert(HeaderValue::from_static("lockstep.example"));
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Answer { status: head.status, headers: head.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// An account in `group`, or one that may do everything, signed in.
    async fn person(&self, login: &str, group: Option<&str>) -> Person<'_> {
        let user = NewUser { login, name: None, password: PASSWORD, admin: group.is_none(), group };
        self.worker.app.add_user(&user).await.expect("added");
        self.sign_in(login).await
    }

    async fn sign_in(&self, login: &str) -> Person<'_> {
        let answer = self.login(login, PASSWORD, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        let csrf = answer.json()["csrf"].as_str().expect("a token").to_owned();
        Person { server: self, headers: vec![("cookie", cookie), ("x-csrf-token", csrf)] }
    }

    async fn login(&self, login: &str, password: &str, headers: &[(&str, &str)]) -> Answer {
        let body = json!({"login": login, "password": password});
        self.send(request(Method::POST, "/api/login", headers, Some(&body))).await
    }

    /// A program with a key.
    async fn program(&self, scopes: &[&str]) -> Person<'_> {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let (_, key) = self.worker.app.add_key(&Caller::operator(), &scopes.join("+"), &scopes).await.expect("added");
        Person { server: self, headers: vec![("authorization", format!("Bearer {key}"))] }
    }
}

/// Somebody with his credentials.
struct Person<'a> {
    server: &'a Server,
    headers: Vec<(&'static str, String)>,
}

impl Person<'_> {
    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let own = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let all: Vec<(&str, &str)> = own.chain(headers.iter().copied()).collect();
        self.server.send(request(method, path, &all, body)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    async fn patch(&self, path: &str, rev: i64, body: &Value) -> Answer {
        self.send(Method::PATCH, path, &[("if-match", &format!("\"{rev}\""))], Some(body)).await
    }

    /// A new row; its id.
    async fn add(&self, entity: &str, body: Value) -> String {
        let answer = self.post(&format!("/api/{entity}"), &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()["id"].as_str().expect("an id").to_owned()
    }
}

fn request(method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    match body {
        Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(body.to_string().into()),
        None => request.body(Body::empty()),
    }
    .expect("a request")
}

fn drain(worker: &Worker) {
    worker.draining.store(true, Ordering::Relaxed);
}
