//! The raw doors as clients meet them: over real connections.

mod abuse;
mod entry;
mod lines;
mod notices;
mod revoked;

use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use futures_util::{SinkExt, StreamExt};
use lockstep_app::{Caller, Client, Entity, NewUser};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest, handshake::client::Response},
};

use super::Raw;
use crate::{state::State, testing, watch};

const PASSWORD: &str = "correct horse";

/// Longer than anything here takes on a busy machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

const NOTIFICATIONS: &str = "/ws/notifications/";
const STREAM: &str = "/ws/logs/stream/";
const LOGS: &str = "/ws/logs/";

/// A worker that serves the raw doors on a port of its own.
struct Site {
    state: State,
    raw: Raw,
    address: SocketAddr,
    _directory: TempDir,
}

async fn site(environment: &[(&str, &str)]) -> Site {
    let (state, directory) = testing::worker(environment).await;
    let raw = Raw::open(state.clone());
    let service: Router = raw.routes();
    tokio::spawn(watch::keep(state.clone(), vec![Arc::new(raw.clone())], pending()));
    let address = testing::serve(&state, service, |_| {}).await;
    Site { state, raw, address, _directory: directory }
}

/// A client's headers, in the order of their names and values.
type Headers<'a> = &'a [(&'static str, &'a str)];

impl Site {
    /// Adds a person in a group of his own with these rights; the token of his session.
    async fn person(&self, login: &str, permissions: &[&str]) -> String {
        let group = json!({"name": login, "permissions": permissions});
        self.state.app.create(&Caller::operator(), Entity::Groups, &group, None).await.expect("added");
        let person = NewUser { login, name: None, password: PASSWORD, admin: false, group: Some(login) };
        self.state.app.add_user(&person).await.expect("added");
        self.state.app.login(login, PASSWORD, &Client::default()).await.expect("signs in").token
    }

    /// Anna, who may read logs; the token of her session.
    async fn anna(&self) -> String {
        self.person("anna", &["files.view", "logs.view"]).await
    }

    async fn key(&self, scopes: &[&str]) -> String {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.state.app.add_key(&Caller::operator(), "shop", &scopes).await.expect("added").1
    }

    /// From now on those in the group of this name have these rights.
    async fn grant(&self, name: &str, permissions: &[&str]) {
        let all = lockstep_app::ListQuery::read(std::iter::empty::<(String, String)>()).expect("no filter");
        let groups = self.state.app.list(&Caller::operator(), Entity::Groups, &all).await.expect("listed");
        let group = groups.items.iter().find(|group| group["name"] == name).expect("there");
        let (id, change) = (group["id"].as_str().expect("an id"), json!({"permissions": permissions}));
        self.state.app.patch(&Caller::operator(), Entity::Groups, id, None, &change, None).await.expect("changed");
    }

    async fn knock(&self, path: &str, headers: Headers<'_>) -> Result<(RawClient, Response), tungstenite::Error> {
        let stream = TcpStream::connect(self.address).await.expect("connects");
        let mut request = format!("ws://{}{path}", self.address).into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().expect("a header"));
        }
        let (socket, response) = client_async(request, stream).await?;
        Ok((RawClient(socket), response))
    }

    async fn open(&self, path: &str, headers: Headers<'_>) -> RawClient {
        self.knock(path, headers).await.expect("101").0
    }

    /// A client of whoever has this session, greeted.
    async fn client(&self, path: &str, token: &str) -> RawClient {
        let mut client = self.open(path, &[("cookie", &format!("lockstep_session={token}"))]).await;
        assert_eq!(client.next().await["type"], "connection_established");
        client
    }

    /// By which code who shows this is refused, and the reason; nothing when he is let in.
    async fn refused(&self, path: &str, headers: Headers<'_>) -> Option<(u16, String)> {
        match self.open(path, headers).await.hear().await {
            Heard::Text(greeting) if greeting["type"] == "connection_established" => None,
            Heard::Text(other) => panic!("{other}"),
            Heard::Closed(close) => close,
        }
    }

    /// Returns once nobody is in.
    async fn empty(&self) {
        let gone = async {
            while self.raw.count() > 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, gone).await.expect("they go");
    }
}

/// What a client hears.
#[derive(Debug, PartialEq)]
enum Heard {
    Text(Value),
    /// The end, with its code where there is one.
    Closed(Option<(u16, String)>),
}

struct RawClient(WebSocketStream<TcpStream>);

impl RawClient {
    async fn hear(&mut self) -> Heard {
        let heard = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => return Heard::Text(serde_json::from_str(&text).expect("JSON")),
                    Some(Ok(Message::Close(frame))) => {
                        return Heard::Closed(frame.map(|frame| (frame.code.into(), frame.reason.to_string())));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Heard::Closed(None),
                }
            }
        };
        timeout(PATIENCE, heard).await.expect("something happens")
    }

    /// The next message.
    async fn next(&mut self) -> Value {
        match self.hear().await {
            Heard::Text(text) => text,
            Heard::Closed(close) => panic!("closed: {close:?}"),
        }
    }

    /// By which code it ends, whatever is said before.
    async fn ends(&mut self) -> Option<(u16, String)> {
        loop {
            if let Heard::Closed(close) = self.hear().await {
                return close;
            }
        }
    }

    async fn send(&mut self, message: impl Into<Message>) {
        self.0.send(message.into()).await.expect("takes it");
    }

    async fn say(&mut self, message: &Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// The answer to a message.
    async fn ask(&mut self, message: &Value) -> Value {
        self.say(message).await;
        self.next().await
    }
}
