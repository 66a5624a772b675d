//! A crowd of pages: sockets that join one room and count what they get.

use std::{cell::RefCell, io, net::SocketAddr, rc::Rc, time::Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{score::Score, wire};

/// Connections being set up at a time: a rush of all at once would measure the accept queue.
const CONNECTING: usize = 50;

/// What one read takes at most. Shared by all sockets, since one thread reads them one after another.
const READ: usize = 256 * 1024;

/// How a page gets from a fresh connection into the room.
#[derive(Clone)]
pub(crate) struct Greeting {
    /// Path and query of the WebSocket.
    pub(crate) path: &'static str,
    /// The session, `name=value`; empty where the server wants none.
    pub(crate) cookie: String,
    /// In turn: wait for a packet that begins with the first, then send the second, unless it is empty.
    pub(crate) steps: Vec<(&'static str, String)>,
    /// How a packet begins that is a delivery.
    pub(crate) event: String,
}

/// Connected sockets; dropped, they close.
pub(crate) struct Crowd {
    tasks: JoinSet<()>,
}

impl Crowd {
    pub(crate) fn new() -> Crowd {
        Crowd { tasks: JoinSet::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Connects `count` more, spread evenly over the addresses; they are in the room when this returns.
    pub(crate) async fn grow(
        &mut self,
        count: usize,
        addresses: &[SocketAddr],
        greeting: &Greeting,
        score: &Rc<Score>,
    ) -> Result<(), String> {
        let mut connecting = JoinSet::new();
        let mut remaining =
            (self.len()..self.len() + count).map(|number| (number, addresses[number % addresses.len()]));
        let buffer = Rc::new(RefCell::new(vec![0; READ]));
        loop {
            while connecting.len() < CONNECTING {
                let Some((number, address)) = remaining.next() else { break };
                connecting.spawn_local(greet(number, address, greeting.clone()));
            }
            let Some(joined) = connecting.join_next().await else { return Ok(()) };
            let member = joined.map_err(|error| error.to_string())?.map_err(|error| format!("connecting: {error}"))?;
            self.tasks.spawn_local(member.listen(score.clone(), buffer.clone(), greeting.event.clone()));
        }
    }
}

/// One socket in the room.
struct Member {
    number: usize,
    stream: TcpStream,
    /// The beginning of a frame whose end has not been read yet.
    carry: Vec<u8>,
}

async fn greet(number: usize, address: SocketAddr, greeting: Greeting) -> io::Result<Member> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = wire::upgrade(&address.to_string(), greeting.path, &greeting.cookie);
    stream.write_all(request.as_bytes()).await?;
    let mut member = Member { number, stream, carry: Vec::new() };
    member.head().await?;
    for (expected, answer) in &greeting.steps {
        member.expect(expected).await?;
        if !answer.is_empty() {
            member.stream.write_all(&wire::masked_text(answer)).await?;
        }
    }
    member.carry.shrink_to_fit();
    Ok(member)
}

impl Member {
    async fn head(&mut self) -> io::Result<()> {
        loop {
            if let Some(end) = self.carry.windows(4).position(|window| window == b"\r\n\r\n") {
                let head: Vec<u8> = self.carry.drain(..end + 4).collect();
                let accepted = head.starts_with(b"HTTP/1.1 101");
                return if accepted {
                    Ok(())
                } else {
                    Err(io::Error::other(String::from_utf8_lossy(&head).into_owned()))
                };
            }
            self.read_more().await?;
        }
    }

    /// Skips packets until one begins with `expected`.
    async fn expect(&mut self, expected: &str) -> io::Result<()> {
        loop {
            while let Some((payload, used)) = wire::first_frame(&self.carry) {
                let text = String::from_utf8_lossy(payload).into_owned();
                self.carry.drain(..used);
                if text.starts_with(expected) {
                    return Ok(());
                }
                if text.starts_with("44") || text.contains("\"ok\":false") {
                    return Err(io::Error::other(format!("expected `{expected}`, got `{text}`")));
                }
                if text == "2" {
                    self.stream.write_all(&wire::masked_text("3")).await?;
                }
            }
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.carry).await? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            _ => Ok(()),
        }
    }

    /// Counts deliveries until the connection ends.
    async fn listen(mut self, score: Rc<Score>, buffer: Rc<RefCell<Vec<u8>>>, event: String) {
        let mut number = 0;
        while self.stream.readable().await.is_ok() {
            let mut buffer = buffer.borrow_mut();
            let kept = self.carry.len();
            buffer[..kept].copy_from_slice(&self.carry);
            let length = match self.stream.try_read(&mut buffer[kept..]) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(_) => break,
            };
            let now = Instant::now();
            let mut rest = &buffer[..kept + length];
            while let Some((payload, used)) = wire::first_frame(rest) {
                if payload.starts_with(event.as_bytes()) {
                    score.delivered(self.number, number, payload.len(), now);
                    number += 1;
                } else if payload == b"2" {
                    let _ = self.stream.try_write(&wire::masked_text("3"));
                }
                rest = &rest[used..];
            }
            self.carry.clear();
            self.carry.extend_from_slice(rest);
        }
        score.fail(format!("the server closed socket {}", self.number));
    }
}
