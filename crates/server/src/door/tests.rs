//! The door as clients meet it: over real connections, with packets written by hand.

mod abuse;
mod kills;
mod lane;
mod logs;
mod requests;
mod sessions;
mod strangers;

use std::{future::pending, net::SocketAddr, os::fd::OwnedFd, sync::Arc, time::Duration};

use axum::Router;
use futures_util::{SinkExt, StreamExt};
use lockstep_app::{Caller, Client, Entity, NewUser};
use lockstep_protocol::{Room, packet::Packet};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

use super::{Door, seat::Seat};
use crate::{http, state::State, testing, watch};

const PASSWORD: &str = "correct horse";

/// Longer than anything here takes on a busy machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A worker that serves on a port of its own.
struct Site {
    state: State,
    door: Door,
    service: Router,
    address: SocketAddr,
    _directory: TempDir,
}

async fn site(environment: &[(&str, &str)]) -> Site {
    with_socket(environment, |_| {}).await
}

/// The same, on a listening socket that is prepared; its connections inherit its options.
async fn with_socket(environment: &[(&str, &str)], prepare: impl FnOnce(OwnedFd)) -> Site {
    let (state, directory) = testing::worker(environment).await;
    let (door, service) = Door::open(state.clone(), http::router(state.clone()));
    tokio::spawn(watch::keep(state.clone(), vec![Arc::new(door.clone())], pending()));
    let address = testing::serve(&state, service.clone(), prepare).await;
    Site { state, door, service, address, _directory: directory }
}

impl Site {
    /// Adds Anna, who may see files and categories; the token of her session.
    async fn anna(&self) -> String {
        self.anna_who_may(&["files.view", "categories.view"]).await
    }

    /// The same with these rights.
    async fn anna_who_may(&self, permissions: &[&str]) -> String {
        let group = json!({"name": "Staff", "permissions": permissions});
        self.state.app.create(&Caller::operator(), Entity::Groups, &group, None).await.expect("added");
        let anna = NewUser { login: "anna", name: None, password: PASSWORD, admin: false, group: Some("Staff") };
        self.state.app.add_user(&anna).await.expect("added");
        let from = Client { address: "127.0.0.1".into(), ..Client::default() };
        self.state.app.login("anna", PASSWORD, &from).await.expect("signs in").token
    }

    /// Anna's group may from now on only see categories.
    async fn take_files_away(&self) {
        let groups = self.state.app.list(&Caller::operator(), Entity::Groups, &no_filter()).await.expect("listed");
        let staff = groups.items.iter().find(|group| group["name"] == "Staff").expect("there");
        let less = json!({"permissions": ["categories.view"]});
        let id = staff["id"].as_str().expect("an id");
        self.state.app.patch(&Caller::operator(), Entity::Groups, id, None, &less, None).await.expect("changed");
    }

    /// A WebSocket on a connection of its own; the session `sid` goes on by it, or a new one begins.
    async fn websocket(&self, sid: Option<&str>, headers: &[(&'static str, &str)]) -> Result<Page, tungstenite::Error> {
        let stream = TcpStream::connect(self.address).await.expect("connects");
        self.websocket_on(stream, sid, headers).await
    }

    /// The same on a connection that is there.
    async fn websocket_on(
        &self,
        stream: TcpStream,
        sid: Option<&str>,
        headers: &[(&'static str, &str)],
    ) -> Result<Page, tungstenite::Error> {
        let sid = sid.map(|sid| format!("&sid={sid}")).unwrap_or_default();
        let url = format!("ws://{}/socket.io/?EIO=4&transport=websocket{sid}", self.address);
        let mut request = url.into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().expect("a header"));
        }
        Ok(Page(client_async(request, stream).await?.0))
    }

    /// A page whose session is over a WebSocket from the first, signed in; and the session's id.
    async fn page(&self, token: &str) -> (Page, String) {
        self.page_on(TcpStream::connect(self.address).await.expect("connects"), token).await
    }

    /// The same on a connection that is there.
    async fn page_on(&self, stream: TcpStream, token: &str) -> (Page, String) {
        let cookie = format!("lockstep_session={token}");
        let mut page = self.websocket_on(stream, None, &[("cookie", &cookie)]).await.expect("a WebSocket");
        let Packet::Open(open) = page.next().await else { panic!("no handshake") };
        let answer = page.sign_in(Value::Null).await;
        assert!(matches!(answer, Packet::Connect(_)), "{answer}");
        assert_eq!(page.event("hello").await["user"]["login"], "anna");
        (page, open["sid"].as_str().expect("an id").to_owned())
    }

    /// Returns once no page is in.
    async fn empty(&self) {
        while self.door.pages() > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// How many of this worker's pages are in `room`.
    async fn in_room(&self, room: Room) -> usize {
        let rooms = self.state.sync.rooms().await.expect("an answer");
        rooms.into_iter().find(|(name, _)| *name == room).map_or(0, |(_, pages)| pages)
    }
}

fn no_filter() -> lockstep_app::ListQuery {
    lockstep_app::ListQuery::read(std::iter::empty::<(String, String)>()).expect("nothing is wrong with nothing")
}

struct Page(WebSocketStream<TcpStream>);

impl Page {
    /// The next packet but pings, beats and who is present, which come when it is their time; [`Packet::Close`] when the connection has
    /// ended.
    async fn next(&mut self) -> Packet {
        timeout(PATIENCE, self.next_of_interest()).await.expect("something happens")
    }

    async fn next_of_interest(&mut self) -> Packet {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => match Packet::parse(&text).expect("a packet") {
                    Packet::Ping => self.send(&Packet::Pong).await,
                    Packet::Event { name, .. } if name == "sync:pos" || name.starts_with("presence:") => {}
                    packet => return packet,
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Packet::Close,
                Some(Ok(_)) => {}
            }
        }
    }

    async fn send(&mut self, packet: &Packet) {
        self.0.send(Message::text(packet.to_string())).await.expect("takes it");
    }

    async fn sign_in(&mut self, payload: Value) -> Packet {
        self.send(&Packet::Connect(payload)).await;
        self.next().await
    }

    /// The argument of the next event, which must be `name`.
    async fn event(&mut self, name: &str) -> Value {
        match self.next().await {
            Packet::Event { name: given, mut args, .. } if given == name => args.remove(0),
            other => panic!("{other} instead of {name}"),
        }
    }

    /// Joins `room` and says whether it could.
    async fn join(&mut self, room: &str) -> bool {
        self.send(&Packet::event(Some(1), "sync:join", json!({"room": room}))).await;
        loop {
            match self.next().await {
                Packet::Ack { args, .. } => return args[0]["ok"] == true,
                Packet::Event { .. } => {}
                other => panic!("{other} instead of an ack"),
            }
        }
    }

    /// Waits for the end of the connection; whether the session was ended for good before.
    async fn ends(mut self) -> bool {
        let mut dismissed = false;
        loop {
            match self.next().await {
                Packet::Close => return dismissed,
                Packet::Disconnect => {
                    dismissed = true;
                    self.0.close(None).await.ok();
                }
                _ => {}
            }
        }
    }
}
