//! What a guarded connection does with clients that hold still. The clock is paused: time passes only when everybody waits.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinHandle,
    time::{Instant, advance},
};

use super::{
    super::{
        connection::Bounds,
        pipe::{Peer, PipeReader, PipeWriter, pipe},
        stream::Stream,
        traffic::Traffic,
    },
    *,
};

const WRITE_LIMIT: Duration = Duration::from_secs(10);
const HEAD_LIMIT: Duration = Duration::from_secs(5);
const BOUNDS: Bounds = Bounds { write_stall: WRITE_LIMIT, packets: 512, bytes: 1 << 20 };

/// Bytes between the two ends before a writer must wait.
const PIPE: usize = 64;

type Ours = Guarded<PipeReader, PipeWriter>;

struct Pair {
    ours: Ours,
    theirs: Peer,
    connection: Arc<Connection<PipeWriter>>,
    traffic: Arc<Traffic>,
}

/// A connection whose head has been seen.
fn pair() -> Pair {
    let pair = fresh_pair();
    pair.connection.head_seen();
    pair
}

fn fresh_pair() -> Pair {
    let (reader, writer, theirs) = pipe(PIPE);
    let traffic = Arc::new(Traffic::default());
    let connection = Connection::new(writer, BOUNDS, Arc::clone(&traffic), None);
    let ours = Guarded::new(reader, Arc::clone(&connection), HEAD_LIMIT);
    Pair { ours, theirs, connection, traffic }
}

fn timed_out<T: std::fmt::Debug>(result: io::Result<T>) {
    assert_eq!(result.expect_err("the guard ends it").kind(), io::ErrorKind::TimedOut);
}

/// Lets tasks that can run do so, without time passing.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stops_is_cut_after_the_limit_and_not_before() {
    let Pair { mut ours, theirs: _theirs, traffic, .. } = pair();
    let start = Instant::now();

    timed_out(ours.write_all(&[0; PIPE + 1]).await);

    assert_eq!(start.elapsed(), WRITE_LIMIT);
    assert_eq!((traffic.stalls(), traffic.kills(KillReason::WriteStall)), (1, 1));
    timed_out(ours.read_u8().await);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_a_byte_now_and_then_is_not_stalled() {
    let Pair { mut ours, mut theirs, traffic, .. } = pair();

    let writer = tokio::spawn(async move { ours.write_all(&[0; PIPE + 5]).await });
    for _ in 0..5 {
        settle().await;
        advance(WRITE_LIMIT - Duration::from_millis(1)).await;
        theirs.read_u8().await.expect("a byte");
    }

    writer.await.expect("runs").expect("all is written");
    assert_eq!(traffic.stalls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_vectored_write_is_watched_like_any_other() {
    let (ours, _theirs) = tokio::net::UnixStream::pair().expect("a pair");
    let (reader, writer) = Stream::Unix(ours).into_split();
    let connection = Connection::new(writer, BOUNDS, Arc::default(), None);
    connection.head_seen();
    let mut ours = Guarded::new(reader, connection, HEAD_LIMIT);
    assert!(ours.is_write_vectored());
    let block = [0; 4096];

    let error = loop {
        if let Err(error) = ours.write_vectored(&[IoSlice::new(&block), IoSlice::new(&block)]).await {
            break error;
        }
    };

    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

/// Splits a connection as an upgrade does: one task waits in a read, another in a write.
fn split_and_wait(ours: Ours) -> (JoinHandle<io::Result<u8>>, JoinHandle<io::Result<()>>) {
    let (mut reader, mut writer) = tokio::io::split(ours);
    let reading = tokio::spawn(async move { reader.read_u8().await });
    let writing = tokio::spawn(async move { writer.write_all(&[0; PIPE + 1]).await });
    (reading, writing)
}

#[tokio::test(start_paused = true)]
async fn a_kill_wakes_the_reader_and_the_writer_at_once() {
    let Pair { ours, theirs: _theirs, connection, .. } = pair();
    let (reading, writing) = split_and_wait(ours);
    settle().await;
    let start = Instant::now();

    connection.kill(KillReason::SlowConsumer);

    timed_out(reading.await.expect("runs"));
    timed_out(writing.await.expect("runs"));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_write_stall_ends_the_reader_too() {
    let Pair { ours, theirs: _theirs, .. } = pair();

    let (reading, writing) = split_and_wait(ours);

    timed_out(writing.await.expect("runs"));
    timed_out(reading.await.expect("runs"));
}

#[tokio::test(start_paused = true)]
async fn only_the_first_kill_counts() {
    let Pair { ours: _ours, connection, traffic, .. } = pair();

    assert!(connection.kill(KillReason::Drain));
    assert!(!connection.kill(KillReason::Revoked));

    assert_eq!((traffic.kills(KillReason::Drain), traffic.kills(KillReason::Revoked)), (1, 0));
}

/// Who ends a session by its connection must learn that there is none any more, and end it in another way.
#[tokio::test(start_paused = true)]
async fn a_connection_that_closed_by_itself_is_not_killed() {
    let Pair { ours, connection, traffic, .. } = pair();
    drop(ours);

    assert!(!connection.kill(KillReason::Revoked));

    assert_eq!((traffic.kills(KillReason::Revoked), traffic.open()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_ends_the_connection() {
    let Pair { mut ours, theirs: _theirs, traffic, .. } = fresh_pair();
    let start = Instant::now();

    timed_out(ours.read_u8().await);

    assert_eq!((start.elapsed(), traffic.kills(KillReason::HeaderTimeout)), (HEAD_LIMIT, 1));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_cut_at_the_same_deadline() {
    let Pair { mut ours, mut theirs, .. } = fresh_pair();
    let start = Instant::now();
    let drip = tokio::spawn(async move {
        while theirs.write_u8(b'x').await.is_ok() {
            sleep(Duration::from_millis(900)).await;
        }
    });

    let error = loop {
        if let Err(error) = ours.read_u8().await {
            break error;
        }
    };

    assert_eq!((error.kind(), start.elapsed()), (io::ErrorKind::TimedOut, HEAD_LIMIT));
    drop(ours);
    drip.await.expect("ends with the connection");
}

#[tokio::test(start_paused = true)]
async fn once_the_head_is_there_a_connection_may_be_silent_for_a_while() {
    let Pair { mut ours, mut theirs, connection, .. } = fresh_pair();
    let reading = tokio::spawn(async move { ours.read_u8().await });
    settle().await;

    connection.head_seen();
    advance(HEAD_LIMIT).await;
    settle().await;
    advance(IDLE - Duration::from_secs(1)).await;
    settle().await;
    theirs.write_u8(7).await.expect("still open");

    assert_eq!(reading.await.expect("runs").expect("a byte"), 7);
}

#[tokio::test(start_paused = true)]
async fn a_connection_on_which_nothing_goes_is_cut_in_the_end() {
    let Pair { mut ours, theirs: _theirs, traffic, .. } = pair();
    let start = Instant::now();

    timed_out(ours.read_u8().await);

    assert!(start.elapsed() >= IDLE && start.elapsed() <= IDLE * 2, "{:?}", start.elapsed());
    assert_eq!(traffic.kills(KillReason::Idle), 1);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_only_listens_lives_as_long_as_something_is_sent_to_it() {
    let Pair { ours, mut theirs, connection, .. } = pair();
    let (mut reader, mut writer) = tokio::io::split(ours);
    let reading = tokio::spawn(async move { reader.read_u8().await });

    for _ in 0..20 {
        settle().await;
        advance(IDLE / 2).await;
        writer.write_u8(1).await.expect("still open");
        theirs.read_u8().await.expect("arrives");
    }

    assert!(!connection.is_dead());
    connection.kill(KillReason::Drain);
    timed_out(reading.await.expect("runs"));
}

#[tokio::test(start_paused = true)]
async fn a_dead_connection_shuts_down_without_complaint() {
    let Pair { mut ours, connection, .. } = pair();

    connection.kill(KillReason::Drain);

    timed_out(ours.flush().await);
    ours.shutdown().await.expect("nothing is left to do");
}

#[tokio::test(start_paused = true)]
async fn bytes_and_connections_are_counted() {
    let Pair { mut ours, mut theirs, connection, traffic } = pair();

    ours.write_all(b"12345").await.expect("fits");
    theirs.write_all(b"123").await.expect("fits");
    ours.read_exact(&mut [0; 3]).await.expect("is there");

    assert_eq!((connection.bytes_out(), connection.bytes_in(), traffic.bytes_out(), traffic.bytes_in()), (5, 3, 5, 3));
    assert_eq!((traffic.accepted(), traffic.open()), (1, 1));
    drop(ours);
    assert_eq!((traffic.accepted(), traffic.open()), (1, 0));
}
