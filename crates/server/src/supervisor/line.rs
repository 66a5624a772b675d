//! The private line between a supervisor and one of its workers: a pair of sockets, whose other end is the worker's standard input.
//!
//! Before the worker starts, the listener that all workers share is put on it, if there is one. From then on the worker says single
//! bytes: that it is ready, then signs of life. The line has no name and no file, so nobody else can speak on it.
//!
//! After an upgrade by SIGHUP the supervisor is older than its workers. So words, like the arguments of `lockstep worker`, are only ever
//! added, and a byte that is no known word is passed over.

use std::{
    future::pending,
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixStream as StdUnixStream,
    },
};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

/// What a worker may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It serves and is in step with the ledger.
    Ready,
    /// It got something done since it last said so.
    Alive,
}

impl Word {
    const ALL: [Self; 2] = [Self::Ready, Self::Alive];

    const fn byte(self) -> u8 {
        match self {
            Self::Ready => b'R',
            Self::Alive => b'.',
        }
    }
}

/// The supervisor's end.
#[derive(Debug)]
pub(super) struct Line(UnixStream);

impl Line {
    /// A line, and the end of it that is to be a worker's standard input; `listener` lies ready there.
    pub(super) fn open(listener: Option<BorrowedFd<'_>>) -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = StdUnixStream::pair()?;
        if let Some(listener) = listener {
            hand_over(&ours, listener)?;
        }
        ours.set_nonblocking(true)?;
        Ok((Self(UnixStream::from_std(ours)?), theirs.into()))
    }

    /// What the worker says next. Once it has closed the line it says nothing for ever.
    pub(super) async fn next(&mut self) -> Word {
        let mut byte = [0];
        while let Ok(1) = self.0.read(&mut byte).await {
            if let Some(word) = Word::ALL.into_iter().find(|word| word.byte() == byte[0]) {
                return word;
            }
        }
        pending().await
    }
}

fn hand_over(line: &StdUnixStream, listener: BorrowedFd<'_>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors = [listener];
    assert!(ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)), "there is space for one descriptor");
    sendmsg(line, &[IoSlice::new(&[0])], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The worker's end.
#[derive(Debug)]
pub struct Reporter(UnixStream);

impl Reporter {
    /// The end at standard input, where the supervisor has put it.
    ///
    /// # Errors
    /// When standard input is something else.
    pub fn at_stdin() -> io::Result<Self> {
        Self::at(io::stdin().as_fd().try_clone_to_owned()?)
    }

    fn at(descriptor: OwnedFd) -> io::Result<Self> {
        let line = StdUnixStream::from(descriptor);
        line.set_nonblocking(true)?;
        line.peer_addr()?;
        UnixStream::from_std(line).map(Self)
    }

    /// The listener that lies ready on the line.
    ///
    /// # Errors
    /// When none does.
    pub fn listener(&self) -> io::Result<OwnedFd> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        recvmsg(&self.0, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
        let handed = ancillary.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        handed.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no listener was handed over"))
    }

    /// Says `word`. Waits while nobody listens, as at a supervisor that is stopped.
    ///
    /// # Errors
    /// When the supervisor is gone.
    pub async fn say(&mut self, word: Word) -> io::Result<()> {
        self.0.write_all(&[word.byte()]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_ends(listener: Option<BorrowedFd<'_>>) -> (Line, Reporter) {
        let (line, theirs) = Line::open(listener).expect("opens");
        (line, Reporter::at(theirs).expect("the other end"))
    }

    #[tokio::test]
    async fn words_arrive_as_they_were_said_and_what_is_no_word_is_passed_over() {
        let (mut line, mut reporter) = both_ends(None);

        reporter.say(Word::Ready).await.expect("heard");
        reporter.0.write_all(b"nonsense").await.expect("taken");
        reporter.say(Word::Alive).await.expect("heard");

        assert_eq!([line.next().await, line.next().await], [Word::Ready, Word::Alive]);
    }

    #[tokio::test]
    async fn a_listener_that_is_handed_over_takes_connections_though_its_first_owner_is_gone() {
        let first = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
        let address = first.local_addr().expect("bound");
        let (_line, reporter) = both_ends(Some(first.as_fd()));
        drop(first);

        let second = std::net::TcpListener::from(reporter.listener().expect("lies ready"));
        let _client = std::net::TcpStream::connect(address).expect("somebody listens");

        assert!(second.accept().is_ok());
    }

    #[tokio::test]
    async fn a_line_without_a_listener_says_so() {
        let (_line, reporter) = both_ends(None);

        assert!(reporter.listener().is_err());
    }

    #[tokio::test]
    async fn what_is_no_line_is_refused() {
        let null = std::fs::File::open("/dev/null").expect("there");

        assert!(Reporter::at(null.into()).is_err());
    }
}
