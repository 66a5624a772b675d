//! The two writers of a connection against each other: whatever the kernel takes and whenever, the page reads whole frames, each
//! writer's in its order, each once.

#![expect(clippy::disallowed_methods, reason = "here the lane itself is tried")]

use std::{
    future::pending,
    io::{self, IoSlice},
    sync::{Mutex, MutexGuard},
    task::{Context, Poll},
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::Instant,
};

use super::{
    super::{
        connection::Bounds,
        guard::Guarded,
        pipe::{Peer, PipeReader, PipeWriter, pipe},
        traffic::{KillReason, Traffic},
    },
    *,
};

const BOUNDS: Bounds = Bounds { write_stall: Duration::from_secs(10), packets: 20, bytes: 20_000 };

/// A kernel that takes as much as it is told to.
#[derive(Default)]
struct Kernel {
    room: Mutex<usize>,
    taken: Mutex<Vec<u8>>,
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().expect("no panic inside")
}

impl Way for Kernel {
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut room = lock(&self.room);
        if *room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let bytes = slices.iter().flat_map(|slice| slice.iter().copied()).take(*room);
        let mut taken = lock(&self.taken);
        let before = taken.len();
        taken.extend(bytes);
        *room -= taken.len() - before;
        Ok(taken.len() - before)
    }

    fn poll_writable(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    async fn writable(&self) -> io::Result<()> {
        pending().await
    }

    fn finish(&self) -> io::Result<()> {
        Ok(())
    }

    fn shut_down(&self) {}
}

/// A text frame of `writer`'s with its number and so much more.
fn frame(head: u8, writer: char, number: usize, more: usize) -> Vec<u8> {
    let text = format!("{writer}{number} {}", "x".repeat(more));
    let mut frame = vec![head];
    match text.len() {
        short @ ..126 => frame.push(short as u8),
        medium @ ..65_536 => frame.extend([126].into_iter().chain((medium as u16).to_be_bytes())),
        long => frame.extend([127].into_iter().chain((long as u64).to_be_bytes())),
    }
    frame.extend(text.as_bytes());
    frame
}

/// Splits what a page reads into its frames: head and text.
fn frames(mut bytes: &[u8]) -> Vec<(u8, String)> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (head, length) = match bytes[1] {
            126 => (4, u16::from_be_bytes(bytes[2..4].try_into().expect("two bytes")).into()),
            127 => (10, u64::from_be_bytes(bytes[2..10].try_into().expect("eight bytes")) as usize),
            short => (2, usize::from(short)),
        };
        frames.push((bytes[0], String::from_utf8(bytes[head..head + length].to_vec()).expect("text")));
        bytes = &bytes[head + length..];
    }
    frames
}

/// The numbers of `writer`'s frames in the order in which a page reads them.
fn numbers(frames: &[(u8, String)], writer: char) -> Vec<usize> {
    let number = |text: &str| text.strip_prefix(writer)?.split(' ').next()?.parse().ok();
    frames.iter().filter_map(|(_, text)| number(text)).collect()
}

fn length(random: &mut StdRng) -> usize {
    match random.random_range(0..20) {
        0 => random.random_range(60_000..70_000),
        1..5 => random.random_range(100..3_000),
        _ => random.random_range(0..150),
    }
}

/// Both writers with a kernel of moods.
struct Duel {
    random: StdRng,
    kernel: Kernel,
    out: Out,
    /// What the engine has still to write.
    engine: Vec<u8>,
    engine_frames: usize,
    lane_frames: usize,
    accepted: Vec<usize>,
    refused: usize,
}

impl Duel {
    fn new(seed: u64) -> Self {
        let mut out = Out::default();
        out.track.switching();
        out.track.feed(b"HTTP/1.1 101 Switching Protocols\r\n\r\n");
        let engine = b"\x81\x0540{}!".to_vec();
        let (kernel, random) = (Kernel::default(), StdRng::seed_from_u64(seed));
        Self { random, kernel, out, engine, engine_frames: 0, lane_frames: 0, accepted: Vec::new(), refused: 0 }
    }

    fn step(&mut self) {
        match self.random.random_range(0..10) {
            0..4 => self.lane_pushes(),
            4..6 => self.engine_speaks(),
            6..8 => self.engine_writes(),
            8 => {
                let room = self.random.random_range(0..5_000);
                *lock(&self.kernel.room) = room;
            }
            _ => drop(self.out.drain(&self.kernel)),
        }
    }

    fn lane_pushes(&mut self) {
        let (first, packets) = (self.lane_frames, self.random.random_range(1..5));
        let sizes: Vec<_> = (0..packets).map(|_| length(&mut self.random)).collect();
        let bytes: Vec<u8> =
            sizes.iter().enumerate().flat_map(|(place, more)| frame(0x81, 'l', first + place, *more)).collect();
        self.lane_frames += packets;
        let claim = match self.random.random_range(0..10) {
            0 => Claim::Owed,
            1 => Claim::Spare,
            _ => Claim::Whole,
        };
        let run = Run { bytes: bytes.into(), packets, claim };
        match self.out.push(&self.kernel, run, BOUNDS) {
            Pushed::Full => self.refused += packets,
            Pushed::Gone => panic!("nobody closed it"),
            _ => self.accepted.extend(first..first + packets),
        }
    }

    /// A message, now and then in two fragments with a ping between.
    fn engine_speaks(&mut self) {
        let (number, more) = (self.engine_frames, length(&mut self.random));
        if self.random.random_bool(0.2) {
            for (head, place) in [(0x01, number), (0x89, number + 1), (0x80, number + 2)] {
                self.engine.extend(frame(head, 'e', place, if head == 0x89 { 0 } else { more }));
            }
            self.engine_frames += 3;
        } else {
            self.engine.extend(frame(0x81, 'e', number, more));
            self.engine_frames += 1;
        }
    }

    /// Cut anywhere, as the engine's own buffers do.
    fn engine_writes(&mut self) {
        let length = self.random.random_range(0..=self.engine.len());
        let middle = self.random.random_range(0..=length);
        let slices = [IoSlice::new(&self.engine[..middle]), IoSlice::new(&self.engine[middle..length])];
        if length > 0
            && let Ok(taken) = self.out.engine_writes(&self.kernel, &slices)
        {
            self.engine.drain(..taken);
        }
    }

    fn finish(&mut self) -> Vec<(u8, String)> {
        *lock(&self.kernel.room) = usize::MAX;
        let rest = std::mem::take(&mut self.engine);
        let taken = self.out.engine_writes(&self.kernel, &[IoSlice::new(&rest)]).expect("there is room");
        assert_eq!(taken, rest.len());
        assert_eq!(self.out.drain(&self.kernel), Drained::Done);
        frames(&lock(&self.kernel.taken))
    }
}

#[test]
fn each_writers_frames_arrive_whole_in_order_and_once_whatever_the_kernel_takes() {
    let mut refused = 0;
    for seed in 0..100 {
        let mut duel = Duel::new(seed);

        (0..400).for_each(|_| duel.step());
        let read = duel.finish();

        assert_eq!(numbers(&read, 'e'), (0..duel.engine_frames).collect::<Vec<_>>(), "seed {seed}");
        assert_eq!(numbers(&read, 'l'), duel.accepted, "seed {seed}");
        let lane = |text: &str| text.starts_with('l');
        for (place, (head, _)) in read.iter().enumerate().filter(|(_, (head, _))| *head == 0x01) {
            let message = &read[place..place + 3];
            assert!(message.iter().all(|(_, text)| !lane(text)), "seed {seed}: within a message, head {head}");
        }
        refused += duel.refused;
    }
    assert!(refused > 0, "the bound was never met");
}

/// A WebSocket whose page has been told that it is connected.
fn websocket(capacity: usize) -> (Guarded<PipeReader, PipeWriter>, Arc<Connection<PipeWriter>>, Peer, Arc<Traffic>) {
    let (reader, writer, theirs) = pipe(capacity);
    let traffic = Arc::new(Traffic::default());
    let connection = Connection::new(writer, BOUNDS, traffic.clone(), None);
    connection.head_seen();
    connection.switching();
    (Guarded::new(reader, connection.clone(), Duration::from_secs(5)), connection, theirs, traffic)
}

const CONNECTED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x0440{}";

async fn connected(
    capacity: usize,
) -> (Guarded<PipeReader, PipeWriter>, Arc<Connection<PipeWriter>>, Peer, Arc<Traffic>) {
    let (mut ours, connection, mut theirs, traffic) = websocket(capacity);
    let (said, heard) = (ours.write_all(CONNECTED), read(&mut theirs, CONNECTED.len()));
    let (said, heard) = tokio::join!(said, heard);
    said.expect("written");
    assert_eq!(heard, CONNECTED);
    (ours, connection, theirs, traffic)
}

async fn read(theirs: &mut Peer, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    // The clock stands still, so this waits for nothing but what never comes.
    timeout(BOUNDS.write_stall, theirs.read_exact(&mut bytes)).await.expect("comes").expect("arrives");
    bytes
}

#[tokio::test(start_paused = true)]
async fn what_is_said_before_the_page_is_connected_follows_its_connect() {
    let (mut ours, connection, mut theirs, _) = websocket(1_000);
    let hello = frame(0x81, 'l', 0, 10);
    ours.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").await.expect("fits");
    assert!(connection.is_websocket());

    assert_eq!(connection.send(hello.clone().into(), 1), Taken::Yes);
    ours.write_all(b"\x81\x0440{}").await.expect("fits");

    assert_eq!(read(&mut theirs, CONNECTED.len() + hello.len()).await, [CONNECTED, &hello].concat());
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_run_follows_as_the_page_reads() {
    let (_ours, connection, mut theirs, traffic) = connected(100).await;
    let run = [frame(0x81, 'l', 0, 300), frame(0x81, 'l', 1, 300)].concat();

    assert_eq!(connection.send(run.clone().into(), 2), Taken::Yes);
    let last = frame(0x81, 'l', 2, 0);
    assert_eq!(connection.send(last.clone().into(), 1), Taken::Yes);

    let all = [run, last].concat();
    assert_eq!(read(&mut theirs, all.len()).await, all);
    assert_eq!(traffic.bytes_out(), (CONNECTED.len() + all.len()) as u64);
}

#[tokio::test(start_paused = true)]
async fn what_waited_for_the_end_of_the_engines_frame_follows_as_the_page_reads() {
    let (mut ours, connection, mut theirs, _) = connected(100).await;
    let (message, run) = (frame(0x81, 'e', 0, 20), frame(0x81, 'l', 0, 300));

    ours.write_all(&message[..5]).await.expect("fits");
    assert_eq!(connection.send(run.clone().into(), 1), Taken::Yes);
    ours.write_all(&message[5..]).await.expect("fits");

    let all = [message, run].concat();
    assert_eq!(read(&mut theirs, all.len()).await, all);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_reads_nothing_is_cut_though_the_engine_has_nothing_to_say() {
    let (mut ours, connection, _theirs, traffic) = connected(100).await;
    let start = Instant::now();

    assert_eq!(connection.send(frame(0x81, 'l', 0, 300).into(), 1), Taken::Yes);

    assert!(ours.read_u8().await.is_err());
    assert_eq!((start.elapsed(), traffic.kills(KillReason::WriteStall)), (BOUNDS.write_stall, 1));
    assert_eq!(connection.send(Bytes::new(), 1), Taken::Gone);
}

#[tokio::test(start_paused = true)]
async fn the_engine_waits_for_the_run_that_was_begun_and_not_for_the_others() {
    let (mut ours, connection, mut theirs, _) = connected(100).await;
    let runs = [0, 1, 2].map(|number| frame(0x81, 'l', number, 300));
    for run in &runs {
        assert_eq!(connection.send(run.clone().into(), 1), Taken::Yes);
    }
    let ping = frame(0x89, 'e', 0, 0);

    let writing = tokio::spawn({
        let ping = ping.clone();
        async move {
            ours.write_all(&ping).await.expect("written");
            ours
        }
    });
    tokio::task::yield_now().await;

    let expected = [&runs[0], &ping, &runs[1], &runs[2]].map(Vec::as_slice).concat();
    assert_eq!(read(&mut theirs, expected.len()).await, expected);
    writing.await.expect("runs");
}

#[tokio::test(start_paused = true)]
async fn too_much_is_refused_until_the_page_has_read_the_rest() {
    let (_ours, connection, mut theirs, _) = connected(100).await;
    let small = || Bytes::from(frame(0x81, 'l', 7, 0));
    let taken = (0..).take_while(|_| connection.send(frame(0x81, 'l', 0, 1_000).into(), 1) == Taken::Yes).count();
    let waiting = taken * frame(0x81, 'l', 0, 1_000).len();

    assert!(connection.is_behind());
    read(&mut theirs, waiting - 200).await;
    assert_eq!(connection.send(small(), 1), Taken::Full, "one gap, not many");
    assert_eq!(connection.answer(small()), Taken::Yes, "an answer is owed");
    read(&mut theirs, 200 + small().len()).await;

    assert_eq!(connection.send(small(), 1), Taken::Yes);
    assert_eq!(read(&mut theirs, small().len()).await, small());
}

/// Log lines are many, and a page that reads slowly is to hear of changes all the same.
#[tokio::test(start_paused = true)]
async fn what_can_wait_is_refused_early_and_takes_nobodys_place() {
    let (_ours, connection, mut theirs, _) = connected(100).await;
    let one = || Bytes::from(frame(0x81, 'l', 0, 1_000));
    let spare = (0..).take_while(|_| connection.send_spare(one(), 1) == Taken::Yes).count();

    assert!(!connection.is_behind());
    assert_eq!(connection.send(one(), 1), Taken::Yes, "three quarters are left");
    assert_eq!(connection.send_spare(one(), 1), Taken::Full);
    read(&mut theirs, (spare + 1) * one().len()).await;

    assert_eq!(connection.send_spare(one(), 1), Taken::Yes);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_once_the_engine_has_closed() {
    let (mut ours, connection, mut theirs, _) = connected(100).await;

    ours.write_all(&[0x88, 0]).await.expect("fits");

    assert_eq!(connection.send(frame(0x81, 'l', 0, 0).into(), 1), Taken::Gone);
    assert_eq!(read(&mut theirs, 2).await, [0x88, 0]);
}
