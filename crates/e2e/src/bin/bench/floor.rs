//! The floor: what two workers behind Redis cannot do with less.
//!
//! A bare WebSocket server. It subscribes to one channel and hands each message to each socket as one frame in one `write`; or, asked
//! for bursts, everything that is ready in one `write` a socket. No rooms, no sessions, no acknowledgements, no heartbeats, no memory of
//! what was sent: everything a real server adds costs on top of this.

use std::{
    cell::RefCell,
    io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    rc::Rc,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
};

use crate::wire;

/// The channel the floor listens to.
pub(crate) const CHANNEL: &str = "floor";

/// What one read from Redis takes at most: more than any burst of the benchmark.
const READ: usize = 256 * 1024;

type Sockets = Rc<RefCell<Vec<Rc<TcpStream>>>>;

/// Serves for ever.
pub(crate) async fn serve(port: u16, redis: &Path, bursts: bool) -> io::Result<()> {
    let sockets = Sockets::default();
    let mut subscriber = UnixStream::connect(redis).await?;
    subscriber.write_all(&lockstep_e2e::redis::encode(&["SUBSCRIBE", CHANNEL])).await?;
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    tokio::try_join!(accept(listener, sockets.clone()), fan_out(subscriber, sockets, bursts))?;
    Ok(())
}

async fn accept(listener: TcpListener, sockets: Sockets) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let sockets = sockets.clone();
        tokio::task::spawn_local(async move {
            if let Ok(socket) = tokio_tungstenite::accept_async(stream).await {
                sockets.borrow_mut().push(Rc::new(socket.into_inner()));
            }
        });
    }
}

async fn fan_out(mut subscriber: UnixStream, sockets: Sockets, bursts: bool) -> io::Result<()> {
    let mut input = Vec::with_capacity(READ);
    let mut frames = Vec::new();
    while subscriber.read_buf(&mut input).await? > 0 {
        let mut done = 0;
        while let Some((message, used)) = next_message(&input[done..]) {
            frames.extend(message.map(wire::text).unwrap_or_default());
            done += used;
            if !bursts {
                write_to_all(&sockets, &frames).await;
                frames.clear();
            }
        }
        input.drain(..done);
        write_to_all(&sockets, &frames).await;
        frames.clear();
    }
    Err(io::Error::other("redis closed the subscription"))
}

/// One write a socket. Where the kernel does not take all of it at once, all wait: the floor has no queues. Who has gone is forgotten.
async fn write_to_all(sockets: &Sockets, frames: &[u8]) {
    if frames.is_empty() {
        return;
    }
    let mut slow = Vec::new();
    sockets.borrow_mut().retain(|socket| match socket.try_write(frames) {
        Ok(length) if length == frames.len() => true,
        Ok(length) => {
            slow.push((socket.clone(), length));
            true
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            slow.push((socket.clone(), 0));
            true
        }
        Err(_) => false,
    });
    for (socket, written) in slow {
        // One that fails here fails again at the next write, and is forgotten then.
        let _ = finish(&socket, &frames[written..]).await;
    }
    tokio::task::yield_now().await;
}

async fn finish(socket: &TcpStream, mut rest: &[u8]) -> io::Result<()> {
    while !rest.is_empty() {
        socket.writable().await?;
        match socket.try_write(rest) {
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The first whole answer in `input`, and how many bytes it takes: an array of three, `message`, channel, payload. Confirmations have a
/// number in the third place and no payload.
fn next_message(input: &[u8]) -> Option<(Option<&str>, usize)> {
    let mut at = 0;
    let mut payload = None;
    line(input, &mut at)?;
    for _ in 0..3 {
        let head = line(input, &mut at)?;
        payload = None;
        if let Some(length) = head.strip_prefix('$') {
            let end = at + length.parse::<usize>().ok()?;
            payload = std::str::from_utf8(input.get(at..end)?).ok();
            at = end + 2;
        }
    }
    (at <= input.len()).then_some((payload, at))
}

fn line<'a>(input: &'a [u8], at: &mut usize) -> Option<&'a str> {
    let rest = input.get(*at..)?;
    let end = rest.windows(2).position(|window| window == b"\r\n")?;
    *at += end + 2;
    std::str::from_utf8(&rest[..end]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_only_when_it_is_whole() {
        let whole = b"*3\r\n$7\r\nmessage\r\n$5\r\nfloor\r\n$3\r\nabc\r\n";

        assert_eq!(next_message(whole), Some((Some("abc"), whole.len())));
        assert!((0..whole.len()).all(|cut| next_message(&whole[..cut]).is_none()));
    }

    #[test]
    fn a_confirmation_carries_no_message() {
        let confirmation = b"*3\r\n$9\r\nsubscribe\r\n$5\r\nfloor\r\n:1\r\n";

        assert_eq!(next_message(confirmation), Some((None, confirmation.len())));
    }
}
