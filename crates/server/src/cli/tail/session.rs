//! One Socket.IO connection over a WebSocket: signed in by a key, its heartbeat answered and watched.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use lockstep_protocol::packet::Packet;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message},
};

use super::super::{client::Target, failure::Failure};
use crate::{config::Secret, listen::Stream};

/// How long each step of the sign-in may take.
const STEP: Duration = Duration::from_secs(5);

/// How a connection came to its end.
pub(super) enum Ended {
    /// The server asked to come back after this.
    Pause(Duration),
    /// It went away.
    Lost(String),
    /// Whoever reads our output has had enough.
    Full,
    /// Trying again would not help.
    Failed(Failure),
}

pub(super) struct Session {
    socket: WebSocketStream<Stream>,
    /// A server that is silent for longer than this is gone.
    patience: Duration,
}

impl Session {
    /// Connects and signs in.
    pub(super) async fn open(target: &Target, key: &Secret<String>) -> Result<Self, Ended> {
        let stream = target.connect().await.map_err(|failure| Ended::Lost(failure.to_string()))?;
        let url = format!("ws://{}/socket.io/?EIO=4&transport=websocket", target.host());
        let shake = timeout(STEP, client_async(url, stream)).await;
        let (socket, _) =
            shake.map_err(|_| lost("no answer to the handshake"))?.map_err(|error| handshake(target, error))?;
        let mut session = Self { socket, patience: STEP };
        session.patience = patience(&session.expect().await?);
        session.send(&Packet::Connect(json!({"token": key.expose()}))).await?;
        match session.expect().await? {
            Packet::Connect(_) => Ok(session),
            Packet::ConnectError(error) => Err(refused(&error)),
            other => Err(Ended::Lost(format!("`{other}` instead of a welcome"))),
        }
    }

    async fn expect(&mut self) -> Result<Packet, Ended> {
        loop {
            match self.next(Some(STEP)).await? {
                None => return Err(lost("no answer to the sign-in")),
                Some(Packet::Ping) => {}
                Some(packet) => return Ok(packet),
            }
        }
    }

    /// The next packet; None when there was none within `limit`. Pings are answered on the way.
    pub(super) async fn next(&mut self, limit: Option<Duration>) -> Result<Option<Packet>, Ended> {
        let wait = limit.unwrap_or(self.patience).min(self.patience);
        let message = match timeout(wait, self.socket.next()).await {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(error))) => return Err(Ended::Lost(error.to_string())),
            Ok(None) => return Err(lost("closed")),
            Err(_) if limit.is_some() => return Ok(None),
            Err(_) => return Err(lost("no sign of life")),
        };
        // What is no packet of ours is the WebSocket's own business.
        let Message::Text(text) = message else { return Ok(Some(Packet::Noop)) };
        let packet = Packet::parse(&text).map_err(|error| Ended::Lost(error.to_string()))?;
        match packet {
            Packet::Ping => self.send(&Packet::Pong).await?,
            Packet::Close | Packet::Disconnect => return Err(lost("the server ended the session")),
            _ => {}
        }
        Ok(Some(packet))
    }

    /// Sends one packet.
    pub(super) async fn send(&mut self, packet: &Packet) -> Result<(), Ended> {
        let sent = timeout(STEP, self.socket.send(Message::text(packet.to_string()))).await;
        sent.map_err(|_| lost("it takes nothing"))?.map_err(|error| Ended::Lost(error.to_string()))
    }
}

fn lost(why: &str) -> Ended {
    Ended::Lost(why.to_owned())
}

/// What the server promises in its first packet, and a little more.
fn patience(open: &Packet) -> Duration {
    const SLACK: Duration = Duration::from_secs(2);
    let Packet::Open(open) = open else { return STEP };
    let field = |name: &str| open.get(name).and_then(Value::as_u64).unwrap_or(20_000);
    Duration::from_millis(field("pingInterval") + field("pingTimeout")) + SLACK
}

fn refused(error: &Value) -> Ended {
    match error.get("message").and_then(Value::as_str) {
        Some("unauthorized") | None => Ended::Failed(Failure::Failed(
            "the server does not know this key; `lockstep key add NAME --scope files.view,…` makes one that may listen"
                .to_owned(),
        )),
        // These pass by themselves.
        Some(busy @ ("unavailable" | "rate_limited")) => Ended::Lost(format!("it says {busy}")),
        Some(other) => Ended::Failed(Failure::Failed(format!("the server refuses the connection: {other}"))),
    }
}

fn handshake(target: &Target, error: Error) -> Ended {
    match error {
        // A server that is busy or about to go may take us in a moment.
        Error::Http(response) if response.status().is_server_error() => {
            Ended::Lost(format!("status {}", response.status()))
        }
        Error::Http(response) => Ended::Failed(Failure::Failed(format!(
            "{target} refuses a WebSocket with status {}; is it Lockstep, and does the proxy before it pass Upgrade on?",
            response.status()
        ))),
        other => Ended::Lost(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use tokio::{
        net::{UnixListener, UnixStream},
        task::JoinHandle,
        time::Instant,
    };
    use tokio_tungstenite::accept_async;

    use super::*;

    type Server = WebSocketStream<UnixStream>;

    const OPEN: &str = r#"0{"sid":"s","upgrades":[],"pingInterval":1000,"pingTimeout":500,"maxPayload":1000}"#;

    /// A server that says `lines`, hearing one message before each after the first, then does `rest`.
    async fn server<F>(lines: &[&str], rest: fn(Server) -> F) -> (Target, JoinHandle<Vec<String>>, TempDir)
    where
        F: Future<Output = Vec<String>> + Send + 'static,
    {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("s.sock");
        let listener = UnixListener::bind(&path).expect("binds");
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let task = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a client");
            let mut socket = accept_async(stream).await.expect("a handshake");
            let mut heard = Vec::new();
            for (n, line) in lines.into_iter().enumerate() {
                if n > 0 {
                    heard.push(hear(&mut socket).await);
                }
                socket.send(Message::text(line)).await.expect("sends");
            }
            heard.extend(rest(socket).await);
            heard
        });
        (Target::Unix(path), task, directory)
    }

    async fn hear(socket: &mut Server) -> String {
        match socket.next().await.expect("open").expect("a message") {
            Message::Text(text) => text.to_string(),
            other => panic!("{other:?}"),
        }
    }

    async fn open(target: &Target) -> Result<Session, Ended> {
        Session::open(target, &Secret::new("k".to_owned())).await
    }

    fn failure(ended: Ended) -> String {
        match ended {
            Ended::Failed(failure) => failure.to_string(),
            Ended::Lost(why) => panic!("lost: {why}"),
            Ended::Pause(_) | Ended::Full => panic!("neither"),
        }
    }

    #[tokio::test]
    async fn it_signs_in_with_the_key_and_answers_the_heartbeat() {
        let lines = [OPEN, r#"40{"sid":"x"}"#];
        let (target, server, _directory) = server(&lines, |mut socket| async move {
            socket.send(Message::text("2")).await.expect("sends");
            vec![hear(&mut socket).await]
        })
        .await;

        let mut session = open(&target).await.ok().expect("signed in");
        let packet = session.next(None).await.ok().expect("a packet");

        assert_eq!(packet, Some(Packet::Ping));
        assert_eq!(server.await.expect("ends"), [r#"40{"token":"k"}"#, "3"]);
    }

    #[tokio::test]
    async fn a_key_that_nobody_knows_is_final_and_the_cure_is_named() {
        let lines = [OPEN, r#"44{"message":"unauthorized"}"#];
        let (target, _server, _directory) = server(&lines, |_| async { Vec::new() }).await;

        let ended = open(&target).await.err().expect("refused");

        assert!(failure(ended).contains("lockstep key add"));
    }

    #[tokio::test]
    async fn a_server_that_falls_silent_is_given_up_after_its_own_heartbeat() {
        let lines = [OPEN, r#"40{"sid":"x"}"#];
        let (target, _server, _directory) = server(&lines, |socket| async move {
            std::future::pending::<()>().await;
            drop(socket);
            Vec::new()
        })
        .await;
        let mut session = open(&target).await.ok().expect("signed in");

        tokio::time::pause();
        let began = Instant::now();
        let ended = session.next(None).await.expect_err("given up");

        assert!(matches!(ended, Ended::Lost(why) if why == "no sign of life"));
        let heartbeat = Duration::from_millis(1_000 + 500 + 2_000);
        assert!((heartbeat..heartbeat * 2).contains(&began.elapsed()), "{:?}", began.elapsed());
    }
}
