//! How an event enters each system: the door it really has, over a connection that stays open.

use std::{io, net::SocketAddr, path::PathBuf};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UnixStream},
};

/// Where and what to publish.
#[derive(Clone)]
pub(crate) enum Door {
    /// `POST` to a worker.
    Http {
        address: SocketAddr,
        /// Request line, headers and body.
        request: String,
    },
    /// `PUBLISH` to Redis.
    Redis {
        socket: PathBuf,
        /// The command as Redis reads it.
        command: Vec<u8>,
    },
}

/// One open connection; one publish at a time.
pub(crate) enum Publisher {
    Http(TcpStream, String),
    Redis(UnixStream, Vec<u8>),
}

/// The bytes of a `POST` that keeps its connection.
pub(crate) fn post(address: SocketAddr, path: &str, headers: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

impl Door {
    pub(crate) async fn open(&self) -> io::Result<Publisher> {
        Ok(match self {
            Door::Http { address, request } => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Publisher::Http(stream, request.clone())
            }
            Door::Redis { socket, command } => Publisher::Redis(UnixStream::connect(socket).await?, command.clone()),
        })
    }
}

impl Publisher {
    /// Publishes once and waits for the answer.
    pub(crate) async fn publish(&mut self) -> io::Result<()> {
        match self {
            Publisher::Http(stream, request) => {
                stream.write_all(request.as_bytes()).await?;
                read_answer(stream).await
            }
            Publisher::Redis(stream, command) => {
                stream.write_all(command).await?;
                let mut answer = [0; 64];
                let length = stream.read(&mut answer).await?;
                if answer[..length].starts_with(b":") {
                    return Ok(());
                }
                Err(io::Error::other(String::from_utf8_lossy(&answer[..length]).into_owned()))
            }
        }
    }
}

/// Reads one HTTP answer with a `Content-Length` (204 has none) and judges its status.
async fn read_answer(stream: &mut TcpStream) -> io::Result<()> {
    let mut answer = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if body.len() < content_length(head) {
            continue;
        }
        return if head.starts_with("HTTP/1.1 2") { Ok(()) } else { Err(io::Error::other(text.into_owned())) };
    }
}

fn content_length(head: &str) -> usize {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next().and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0)
}
