//! The supervisor over real processes. Each is a shell script that reports over TCP, so tests wait for reports and not for time.

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

use super::*;

/// A fleet under test.
struct Fleet {
    reports: TcpListener,
    requests: mpsc::Sender<Request>,
    supervisor: JoinHandle<Result<(), GaveUp>>,
}

/// A worker's report: its number, its process, what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Report {
    number: u16,
    pid: i32,
    word: String,
}

/// Runs `script` as each worker. In it `say WORD` reports.
async fn fleet(workers: u16, script: &str, grace: Duration) -> Fleet {
    let reports = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let port = reports.local_addr().expect("bound").port();
    let script = format!("say() {{ echo \"$0 $$ $1\" > /dev/tcp/127.0.0.1/{port}; }}\n{script}");
    let plan = Plan {
        program: "/bin/bash".into(),
        arguments: vec!["-c".into(), script.into()],
        workers,
        listener: None,
        grace,
    };
    let (requests, mut requested) = mpsc::channel(4);
    let next = async move || match requested.recv().await {
        Some(request) => request,
        None => std::future::pending().await,
    };
    let supervisor = tokio::spawn(async move { run(plan, next).await });
    Fleet { reports, requests, supervisor }
}

impl Fleet {
    async fn report(&self) -> Report {
        let (stream, _) = self.reports.accept().await.expect("a report");
        read(stream).await
    }

    async fn stop(self) -> Result<(), GaveUp> {
        self.requests.send(Request::Stop).await.expect("it listens");
        self.supervisor.await.expect("does not panic")
    }
}

async fn read(stream: TcpStream) -> Report {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.expect("a line");
    let words: Vec<&str> = line.split_whitespace().collect();
    let [number, pid, word] = words[..] else { panic!("`{line}` is no report") };
    Report { number: number.parse().expect("a number"), pid: pid.parse().expect("a pid"), word: word.into() }
}

fn pid(report: &Report) -> Pid {
    Pid::from_raw(report.pid).expect("a process")
}

const LONG: Duration = Duration::from_secs(60);
const STAYS: &str =
    "trap 'say bye; exit 0' TERM; trap 'say reload' HUP; say up; while :; do read -t 0.05 <> <(:); done";

#[tokio::test]
async fn a_worker_that_dies_is_started_again_and_the_other_is_left_alone() {
    let fleet = fleet(2, STAYS, LONG).await;
    let (first, second) = (fleet.report().await, fleet.report().await);
    let mut numbers = [first.number, second.number];
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1]);

    kill_process(pid(&first), Signal::KILL).expect("is there");
    let again = fleet.report().await;

    assert_eq!((again.number, again.word.as_str()), (first.number, "up"));
    assert_ne!(again.pid, first.pid);
    test_kill_process(pid(&second)).expect("still lives");
    drop(fleet.stop());
}

#[tokio::test]
async fn a_stop_lets_every_worker_say_good_bye() {
    let fleet = fleet(2, STAYS, LONG).await;
    fleet.report().await;
    fleet.report().await;

    fleet.requests.send(Request::Stop).await.expect("it listens");
    let words = [fleet.report().await.word, fleet.report().await.word];

    assert_eq!(words, ["bye", "bye"]);
    fleet.supervisor.await.expect("does not panic").expect("an orderly end");
}

#[tokio::test]
async fn a_reload_is_passed_on() {
    let fleet = fleet(1, STAYS, LONG).await;
    let up = fleet.report().await;

    fleet.requests.send(Request::Reload).await.expect("it listens");

    assert_eq!(fleet.report().await, Report { word: "reload".into(), ..up });
    drop(fleet.stop());
}

#[tokio::test]
async fn a_worker_that_will_not_stop_is_killed() {
    let fleet = fleet(1, "trap '' TERM; say up; while :; do read -t 1 <> <(:); done", Duration::from_millis(50)).await;
    let up = fleet.report().await;

    fleet.stop().await.expect("an orderly end");

    assert!(test_kill_process(pid(&up)).is_err(), "the process is gone");
}

#[tokio::test]
async fn a_worker_that_was_started_wrongly_ends_everything() {
    let fleet = fleet(1, "exit 2", LONG).await;

    let outcome = fleet.supervisor.await.expect("does not panic");

    assert!(matches!(outcome, Err(GaveUp::Misused { number: 0, status: 2 })), "{outcome:?}");
}

#[tokio::test]
async fn a_program_that_is_missing_is_said_so() {
    let plan =
        Plan { program: "/nowhere/lockstep".into(), arguments: Vec::new(), workers: 1, listener: None, grace: LONG };

    let outcome = run(plan, async || std::future::pending().await).await;

    assert!(matches!(outcome, Err(GaveUp::Spawn { number: 0, .. })), "{outcome:?}");
}

#[tokio::test]
async fn workers_whose_first_starts_all_fail_are_given_up() {
    let fleet = fleet(1, "say up; exit 1", LONG).await;
    for _ in 0..5 {
        assert_eq!(fleet.report().await.word, "up");
    }

    let outcome = fleet.supervisor.await.expect("does not panic");

    assert!(matches!(outcome, Err(GaveUp::NeverStarted { number: 0, starts: 5, .. })), "{outcome:?}");
}

#[tokio::test]
async fn several_workers_take_connections_from_one_listener_handed_to_them() {
    let settings = crate::config::load(&crate::config::Inputs::default()).expect("the defaults").settings;
    let listener = crate::listen::bind(&"127.0.0.1:0".parse().expect("one"), &settings.server).await.expect("binds");
    let reports = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let port = reports.local_addr().expect("bound").port();
    // The kernel says of standard input whether it is a socket.
    let script = format!("echo \"$0 $$ $(readlink /proc/$$/fd/0 | cut -c1-6)\" > /dev/tcp/127.0.0.1/{port}; sleep 60");
    let plan = Plan {
        program: "/bin/bash".into(),
        arguments: vec!["-c".into(), script.into()],
        workers: 2,
        listener: Some(listener),
        grace: Duration::from_millis(50),
    };
    let supervisor = tokio::spawn(run(plan, async || std::future::pending().await));

    for _ in 0..2 {
        let (stream, _) = reports.accept().await.expect("a report");
        assert_eq!(read(stream).await.word, "socket");
    }
    supervisor.abort();
}
