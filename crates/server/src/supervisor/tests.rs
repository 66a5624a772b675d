//! The supervisor over real processes. Each is a shell script that reports over TCP, so tests wait for reports and not for time.

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinHandle,
};

use super::*;

/// A fleet under test.
struct Fleet {
    reports: TcpListener,
    requests: mpsc::Sender<Request>,
    /// How many requests the supervisor has followed.
    followed: watch::Receiver<usize>,
    supervisor: JoinHandle<Result<(), GaveUp>>,
    directory: TempDir,
}

/// A worker's report: its number, its process, what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Report {
    number: u16,
    pid: i32,
    word: String,
}

/// What every script may use: `say WORD` reports, `ask WORD` also waits until the report is let go of, `ready` and `alive` tell the
/// supervisor, `turn` is a moment in which signals are looked at. `DIRECTORY` is the test's own.
const WORDS: &str = r#"
say() { echo "$0 $$ $1" > /dev/tcp/127.0.0.1/PORT; }
ask() { exec 4<>/dev/tcp/127.0.0.1/PORT; echo "$0 $$ $1" >&4; read -r <&4; exec 4>&-; }
ready() { printf R >&0; }
alive() { printf . >&0; }
exec 3<> <(:)
turn() { read -t 0.05 <&3; }
"#;

/// Runs `script` as each worker.
async fn fleet(workers: u16, script: &str, grace: Duration) -> Fleet {
    fleet_with(workers, script, "", |plan| plan.grace = grace).await
}

/// The same with `check` as the script that checks the settings.
async fn fleet_with(workers: u16, script: &str, check: &str, adapt: impl FnOnce(&mut Plan)) -> Fleet {
    let reports = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let port = reports.local_addr().expect("bound").port().to_string();
    let directory = TempDir::new().expect("a directory");
    let whole = |script: &str| {
        let script = format!("{WORDS}\n{script}").replace("PORT", &port);
        script.replace("DIRECTORY", &directory.path().display().to_string())
    };
    let mut plan = Plan {
        program: "/bin/bash".into(),
        arguments: vec!["-c".into(), whole(script).into()],
        workers,
        listener: None,
        grace: LONG,
        check: Check { arguments: vec!["-c".into(), whole(check).into(), "9".into()], ..Check::default() },
        pace: Pace { ready: LONG, check: LONG, ..Pace::default() },
    };
    adapt(&mut plan);
    let (requests, mut requested) = mpsc::channel(4);
    let (follows, followed) = watch::channel(0);
    let next = async move || match requested.recv().await {
        Some(request) => {
            follows.send_modify(|count| *count += 1);
            request
        }
        None => std::future::pending().await,
    };
    let supervisor = tokio::spawn(async move { run(plan, next).await });
    Fleet { reports, requests, followed, supervisor, directory }
}

impl Fleet {
    async fn report(&self) -> Report {
        self.question().await.0
    }

    /// A report, and what its worker waits for if it has asked: dropped, it goes on.
    async fn question(&self) -> (Report, TcpStream) {
        let (mut stream, _) = self.reports.accept().await.expect("a report");
        (read(&mut stream).await, stream)
    }

    /// The next reports, as number and word.
    async fn reports<const N: usize>(&self) -> [(u16, String); N] {
        let mut reports = Vec::new();
        for _ in 0..N {
            let Report { number, word, .. } = self.report().await;
            reports.push((number, word));
        }
        reports.try_into().expect("as many")
    }

    /// The reports of all workers' first start, by number.
    async fn up(&self, workers: u16) -> Vec<Report> {
        let mut reports = Vec::new();
        for _ in 0..workers {
            reports.push(self.report().await);
        }
        reports.sort_by_key(|report| report.number);
        assert!(reports.iter().all(|report| report.word == "up"), "{reports:?}");
        reports
    }

    async fn request(&self, request: Request) {
        self.requests.send(request).await.expect("it listens");
    }

    /// A file by which scripts know that something is otherwise.
    fn mark(&self) -> std::path::PathBuf {
        self.directory.path().join("mark")
    }

    async fn stop(self) -> Result<(), GaveUp> {
        self.request(Request::Stop).await;
        self.supervisor.await.expect("does not panic")
    }
}

async fn read(stream: &mut TcpStream) -> Report {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.expect("a line");
    let words: Vec<&str> = line.split_whitespace().collect();
    let [number, pid, word] = words[..] else { panic!("`{line}` is no report") };
    Report { number: number.parse().expect("a number"), pid: pid.parse().expect("a pid"), word: word.into() }
}

fn pid(report: &Report) -> Pid {
    Pid::from_raw(report.pid).expect("a process")
}

fn words<const N: usize>(words: [(u16, &str); N]) -> [(u16, String); N] {
    words.map(|(number, word)| (number, word.to_owned()))
}

const LONG: Duration = Duration::from_secs(60);

/// A worker as it should be.
const STAYS: &str = "trap 'say bye; exit 0' TERM; say up; ready; while :; do alive; turn; done";

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
async fn a_reload_restarts_one_worker_after_the_other_each_ready_before_the_next_goes() {
    let script = STAYS.replace("say up; ready", "ask up; ready");
    let fleet = fleet(3, &script, LONG).await;
    let before = fleet.up(3).await;

    fleet.request(Request::Reload).await;

    for number in 0..3 {
        assert_eq!(fleet.reports().await, words([(number, "bye")]));
        let (up, not_ready_yet) = fleet.question().await;
        assert_eq!((up.number, up.word.as_str()), (number, "up"));
        assert_ne!(up.pid, before[usize::from(number)].pid);
        let too_soon = tokio::time::timeout(Duration::from_millis(150), fleet.report()).await;
        assert!(too_soon.is_err(), "{too_soon:?} while worker {number} was not ready");
        drop(not_ready_yet);
    }
    drop(fleet.stop());
}

#[tokio::test]
async fn reloads_that_come_during_a_reload_are_one_more() {
    let script = STAYS.replace("say up; ready", "ask up; ready");
    let fleet = fleet_with(1, &script, "say checked", |_| {}).await;
    fleet.up(1).await;
    fleet.request(Request::Reload).await;
    assert_eq!(fleet.reports().await, words([(9, "checked"), (0, "bye")]));
    let (_, under_way) = fleet.question().await;

    for _ in 0..3 {
        fleet.request(Request::Reload).await;
    }
    fleet.followed.clone().wait_for(|count| *count == 4).await.expect("it listens");
    drop(under_way);

    assert_eq!(fleet.reports().await, words([(9, "checked"), (0, "bye"), (0, "up")]));
    fleet.request(Request::Stop).await;
    assert_eq!(fleet.reports().await, words([(0, "bye")]));
    fleet.supervisor.await.expect("does not panic").expect("an orderly end");
}

#[tokio::test]
async fn with_wrong_settings_nothing_is_restarted() {
    let fleet = fleet_with(2, STAYS, "say checked; exit 2", |_| {}).await;
    let before = fleet.up(2).await;

    // The second is looked at when the first is over.
    for _ in 0..2 {
        fleet.request(Request::Reload).await;
        assert_eq!(fleet.reports().await, words([(9, "checked")]));
    }

    before.iter().for_each(|report| test_kill_process(pid(report)).expect("still lives"));
    drop(fleet.stop());
}

#[tokio::test]
async fn a_reload_halts_at_a_worker_that_does_not_become_ready_and_the_next_reload_mends_it() {
    let script = STAYS.replace("say up; ready", "[ ! -e DIRECTORY/mark ]; well=$?; say up; [ $well = 1 ] || ready");
    let fleet = fleet_with(2, &script, "", |plan| plan.pace.ready = Duration::from_secs(2)).await;
    fleet.up(2).await;
    std::fs::write(fleet.mark(), "").expect("writes");

    fleet.request(Request::Reload).await;
    assert_eq!(fleet.reports().await, words([(0, "bye"), (0, "up")]));
    fleet.request(Request::Reload).await;
    // Had the first reload gone on, worker 1 would be the next to say something.
    assert_eq!(fleet.reports().await, words([(0, "bye"), (0, "up")]));
    std::fs::remove_file(fleet.mark()).expect("is there");
    fleet.request(Request::Reload).await;

    assert_eq!(fleet.reports().await, words([(0, "bye"), (0, "up"), (1, "bye"), (1, "up")]));
    drop(fleet.stop());
}

/// A wrong setting that the check does not see, or a new program that cannot run, must not end a service that runs.
#[tokio::test]
async fn a_worker_that_was_well_once_is_started_again_whatever_it_says_then() {
    let script = format!("[ ! -e DIRECTORY/mark ] || {{ say wrong; exit 2; }}; {STAYS}");
    let fleet = fleet(2, &script, LONG).await;
    let before = fleet.up(2).await;
    std::fs::write(fleet.mark(), "").expect("writes");

    fleet.request(Request::Reload).await;
    assert_eq!(fleet.reports().await, words([(0, "bye"), (0, "wrong"), (0, "wrong")]));
    test_kill_process(pid(&before[1])).expect("still lives");
    std::fs::remove_file(fleet.mark()).expect("is there");

    loop {
        match fleet.report().await {
            Report { number: 0, word, .. } if word == "wrong" => {}
            Report { number, word, .. } => break assert_eq!((number, word.as_str()), (0, "up")),
        }
    }
    assert_eq!(fleet.reports().await, words([(1, "bye"), (1, "up")]));
    drop(fleet.stop());
}

#[tokio::test]
async fn a_stop_during_a_reload_ends_everything_at_once() {
    let fleet = fleet(2, &STAYS.replace("say up; ready", "say up"), LONG).await;
    fleet.up(2).await;
    fleet.request(Request::Reload).await;
    assert_eq!(fleet.reports().await, words([(0, "bye"), (0, "up")]));

    fleet.request(Request::Stop).await;

    let mut reports: [(u16, String); 2] = fleet.reports().await;
    reports.sort();
    assert_eq!(reports, words([(0, "bye"), (1, "bye")]));
    fleet.supervisor.await.expect("does not panic").expect("an orderly end");
}

#[tokio::test]
async fn a_worker_that_hangs_is_killed_and_started_again() {
    let script = STAYS.replace("say up; ready", "ready; say up");
    let fleet = fleet_with(1, &script, "", |plan| plan.pace.sign = Duration::from_millis(50)).await;
    let up = fleet.report().await;

    kill_process(pid(&up), Signal::STOP).expect("is there");
    let again = fleet.report().await;

    assert_eq!(again.word, "up");
    assert_ne!(again.pid, up.pid);
    assert!(test_kill_process(pid(&up)).is_err(), "the process is gone");
    drop(fleet.stop());
}

/// Somebody stops the supervisor for a while, or the whole machine: when it goes on, its workers are as well as before.
#[tokio::test]
async fn a_supervisor_that_stood_still_itself_kills_nobody() {
    let sign = Duration::from_millis(250);
    let script = STAYS.replace("alive;", "alive; printf . >> DIRECTORY/signs;");
    let fleet = fleet_with(1, &script, "", |plan| plan.pace.sign = sign).await;
    let up = fleet.report().await;
    let signs = || std::fs::metadata(fleet.directory.path().join("signs")).map_or(0, |file| file.len());

    // Half as long again as silence is borne, in this thread, which is the supervisor's, too.
    let began = std::time::Instant::now();
    while began.elapsed() < sign * 12 {
        std::thread::sleep(sign);
    }
    let before = signs();
    while signs() < before + 30 {
        tokio::time::sleep(sign / 10).await;
    }

    test_kill_process(pid(&up)).expect("still lives");
    drop(fleet.stop());
}

#[tokio::test]
async fn a_worker_that_will_not_stop_is_killed() {
    let fleet = fleet(1, "trap '' TERM; say up; while :; do turn; done", Duration::from_millis(50)).await;
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
    let fleet = fleet_with(1, "", "", |plan| plan.program = "/nowhere/lockstep".into()).await;

    let outcome = fleet.supervisor.await.expect("does not panic");

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
