//! A signed-in person at the JSON API.

use ::http::Method;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{Address, Reply, http};

/// The administrator every cluster is born with.
pub const ADMIN: (&str, &str) = ("admin", "a password of the tests");

/// A session at one worker, or at the proxy.
#[derive(Debug, Clone)]
pub struct Api {
    /// Where the requests go.
    pub address: Address,
    /// `name=value` of the session.
    pub cookie: String,
    /// The token that changes need.
    pub csrf: String,
    /// `user` of the answer to the sign-in.
    pub user: Value,
}

impl Api {
    /// Signs in.
    ///
    /// # Panics
    /// When the server does not let this person in.
    pub async fn sign_in(address: &Address, login: &str, password: &str) -> Api {
        let reply = try_sign_in(address, login, password).await.expect(200);
        let cookie = reply.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let body = reply.json();
        Api {
            address: address.clone(),
            cookie,
            csrf: body["csrf"].as_str().unwrap_or_default().to_owned(),
            user: body["user"].clone(),
        }
    }

    /// Signs the administrator in.
    pub async fn sign_in_admin(address: &Address) -> Api {
        Api::sign_in(address, ADMIN.0, ADMIN.1).await
    }

    /// The same session at another worker.
    #[must_use]
    pub fn at(&self, address: &Address) -> Api {
        Api { address: address.clone(), ..self.clone() }
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.json(Method::POST, path, &[], body).await
    }

    /// `PATCH path` with `If-Match: "<rev>"`.
    pub async fn patch(&self, path: &str, rev: u64, body: &Value) -> Reply {
        self.json(Method::PATCH, path, &[("if-match", &format!("\"{rev}\""))], body).await
    }

    /// `DELETE path` with `If-Match: "<rev>"`.
    pub async fn delete(&self, path: &str, rev: u64) -> Reply {
        self.json(Method::DELETE, path, &[("if-match", &format!("\"{rev}\""))], &Value::Null).await
    }

    /// Creates a row and gives it as the server answered.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn create(&self, entity: &str, row: Value) -> Value {
        self.post(&format!("/api/{entity}"), &row).await.expect(201).json()
    }

    /// How far the ledger has come, whether or not any worker has told of it yet. For those who may see categories.
    ///
    /// # Panics
    /// When the server does not say.
    pub async fn committed(&self) -> u64 {
        let list = self.get("/api/categories?per_page=1").await.expect(200);
        let (_, seq) = list.header("x-sync-position").rsplit_once(':').expect("epoch:seq");
        seq.parse().expect("a number")
    }

    /// A JSON request with more headers.
    pub async fn json(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send(method, path, &all, body).await
    }

    /// Any request, with the session's cookie and token.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Bytes) -> Reply {
        let mut all = vec![("cookie", self.cookie.as_str()), ("x-csrf-token", self.csrf.as_str())];
        all.extend_from_slice(headers);
        http::send(&self.address, method, path, &all, body).await.expect("the server answers")
    }
}

/// The answer to a sign-in, whatever it is.
///
/// # Panics
/// When nobody answers.
pub async fn try_sign_in(address: &Address, login: &str, password: &str) -> Reply {
    let body = json!({"login": login, "password": password}).to_string();
    let headers = [("content-type", "application/json")];
    http::send(address, Method::POST, "/api/login", &headers, body.into()).await.expect("the server answers")
}
