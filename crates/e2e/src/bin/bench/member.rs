//! One page: a socket that has joined a room.

use std::{cell::RefCell, io, net::SocketAddr, rc::Rc, time::Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::wire;

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

/// A socket in the room.
pub(crate) struct Member {
    stream: TcpStream,
    /// The beginning of a frame whose end has not been read yet.
    carry: Vec<u8>,
}

impl Member {
    /// Connects and joins. Gives the packet that the last step waited for, too: the answer to the join.
    pub(crate) async fn greet(address: SocketAddr, greeting: &Greeting) -> io::Result<(Member, String)> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = wire::upgrade(&address.to_string(), greeting.path, &greeting.cookie);
        stream.write_all(request.as_bytes()).await?;
        let mut member = Member { stream, carry: Vec::new() };
        member.head().await?;
        let mut heard = String::new();
        for (expected, answer) in &greeting.steps {
            heard = member.expect(expected).await?;
            if !answer.is_empty() {
                member.stream.write_all(&wire::masked_text(answer)).await?;
            }
        }
        member.carry.shrink_to_fit();
        Ok((member, heard))
    }

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
    async fn expect(&mut self, expected: &str) -> io::Result<String> {
        loop {
            while let Some((payload, used)) = wire::first_frame(&self.carry) {
                let text = String::from_utf8_lossy(payload).into_owned();
                self.carry.drain(..used);
                if text.starts_with(expected) {
                    return Ok(text);
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

    /// Gives `hear` each message until the connection ends, with the moment at which it was read. `buffer` is shared by all: one thread
    /// reads them one after another.
    pub(crate) async fn listen(mut self, buffer: Rc<RefCell<Vec<u8>>>, mut hear: impl FnMut(&[u8], Instant)) {
        // What came along with the answer to the join: a ping, perhaps, which must not wait for the next packet.
        let used = self.take(&self.carry, &mut hear);
        self.carry.drain(..used);
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
            let read = &buffer[..kept + length];
            let used = self.take(read, &mut hear);
            self.carry.clear();
            self.carry.extend_from_slice(&read[used..]);
        }
    }

    /// Takes the whole frames of `bytes`: hands messages on, answers pings. How many bytes they were.
    fn take(&self, bytes: &[u8], hear: &mut impl FnMut(&[u8], Instant)) -> usize {
        let (now, mut used) = (Instant::now(), 0);
        while let Some((payload, length)) = wire::first_frame(&bytes[used..]) {
            if wire::is_ping(bytes[used]) {
                let _ = self.stream.try_write(&wire::masked_pong(payload));
            } else if payload == b"2" {
                let _ = self.stream.try_write(&wire::masked_text("3"));
            } else {
                hear(payload, now);
            }
            used += length;
        }
        used
    }
}
