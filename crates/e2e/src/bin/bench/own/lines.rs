//! Readers of the log who count what they get, by bytes: the generator shares the machine with what it measures.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{
    crowd::READ,
    member::{Greeting, Member},
    system::lockstep::Lockstep,
};

/// A byte that each line has once, and nothing else that a reader is sent.
pub(super) const MARK: u8 = b'~';

/// Silence after which what is missing will not come: far more than the pauses of the log's road, which repairs within a second.
const QUIET: Duration = Duration::from_secs(5);

/// How often it is looked whether all has come.
const LOOK: Duration = Duration::from_millis(20);

/// Readers on their connections; dropped, they go.
pub(super) struct Readers {
    tally: Rc<Tally>,
    _tasks: JoinSet<()>,
}

/// What has become of the lines, of each reader.
struct Tally {
    readers: Vec<Cell<Lines>>,
    latest: Cell<Instant>,
    closed: Cell<usize>,
}

/// Lines of one or of all readers.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Lines {
    pub(super) got: u64,
    /// Lost, and he was told so.
    pub(super) told: u64,
}

/// What came of all lines.
pub(super) struct Outcome {
    pub(super) all: Lines,
    /// Lines that a reader has neither got nor was told of.
    pub(super) silent: u64,
    /// When the last one came.
    pub(super) latest: Instant,
}

impl Readers {
    /// Connects so many; all of them read when this returns.
    pub(super) async fn come(lockstep: &Lockstep, greeting: &Greeting, count: usize) -> Result<Readers, String> {
        let tally = Rc::new(Tally {
            readers: vec![Cell::default(); count],
            latest: Cell::new(Instant::now()),
            closed: Cell::default(),
        });
        let (mut tasks, buffer) = (JoinSet::new(), Rc::new(RefCell::new(vec![0; READ])));
        for number in 0..count {
            let address = lockstep.addresses[number % lockstep.addresses.len()];
            let greeted = Member::greet(address, greeting).await;
            let (member, _) = greeted.map_err(|error| format!("reader {number}: {error}"))?;
            let (tally, buffer) = (tally.clone(), buffer.clone());
            tasks.spawn_local(async move {
                member.listen(buffer, |message, now| tally.hear(number, message, now)).await;
                tally.closed.set(tally.closed.get() + 1);
            });
        }
        Ok(Readers { tally, _tasks: tasks })
    }

    /// Waits until each has got, or was told of, all `sent` lines, or nothing has come for a while.
    ///
    /// # Errors
    /// When a reader's connection was closed, or he got more than was sent: then nothing here can be trusted.
    pub(super) async fn settle(&self, sent: u64) -> Result<Outcome, String> {
        while !self.tally.is_whole(sent) && self.tally.latest.get().elapsed() < QUIET {
            tokio::time::sleep(LOOK).await;
        }
        match self.tally.closed.get() {
            0 => self.tally.outcome(sent),
            closed => Err(format!("{closed} readers were cut")),
        }
    }
}

impl Tally {
    fn hear(&self, number: usize, message: &[u8], now: Instant) {
        let read = read(message);
        if read != Lines::default() {
            let before = self.readers[number].get();
            self.readers[number].set(Lines { got: before.got + read.got, told: before.told + read.told });
            self.latest.set(now);
        }
    }

    fn is_whole(&self, sent: u64) -> bool {
        self.readers.iter().map(Cell::get).all(|lines| lines.got + lines.told >= sent)
    }

    fn outcome(&self, sent: u64) -> Result<Outcome, String> {
        let mut outcome = Outcome { all: Lines::default(), silent: 0, latest: self.latest.get() };
        for (number, lines) in self.readers.iter().map(Cell::get).enumerate() {
            let silent = sent.checked_sub(lines.got + lines.told);
            outcome.silent += silent.ok_or_else(|| format!("of {sent} lines reader {number} has {lines:?}"))?;
            outcome.all.got += lines.got;
            outcome.all.told += lines.told;
        }
        Ok(outcome)
    }
}

/// What a message says of lines, in either dialect.
fn read(message: &[u8]) -> Lines {
    let got = message.iter().filter(|byte| **byte == MARK).count() as u64;
    Lines { got, told: if got == 0 { dropped(message) } else { 0 } }
}

/// The number in a gap; nothing in anything else.
fn dropped(message: &[u8]) -> u64 {
    const KEY: &[u8] = br#""dropped":"#;
    let Some(place) = message.windows(KEY.len()).position(|window| window == KEY) else { return 0 };
    let digits = message[place + KEY.len()..].iter().map_while(|byte| char::from(*byte).to_digit(10));
    digits.fold(0, |number, digit| 10 * number + u64::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, got: u64, told: u64) {
        assert_eq!(read(message.as_bytes()), Lines { got, told }, "{message}");
    }

    #[test]
    fn lines_and_gaps_are_counted_in_both_dialects() {
        check(r#"42["log",[{"n":1,"message":"~ a"},{"n":2,"message":"~ b"}]]"#, 2, 0);
        check(r#"{"type":"log_entry","data":{"n":1,"message":"~ a"}}"#, 1, 0);
        check(r#"42["log:gap",{"after":"7","dropped":120,"why":"slow"}]"#, 0, 120);
        check(r#"{"type":"gap","dropped":3,"why":"wire","after":null}"#, 0, 3);
        check(r#"42["sync:pos",{"rooms":{"logs":7}}]"#, 0, 0);
    }

    #[test]
    fn who_neither_got_a_line_nor_was_told_of_it_has_lost_it_in_silence() {
        let readers = vec![Cell::new(Lines { got: 7, told: 3 }), Cell::new(Lines { got: 8, told: 0 })];
        let tally = Tally { readers, latest: Cell::new(Instant::now()), closed: Cell::default() };

        assert!(!tally.is_whole(10));
        assert_eq!(tally.outcome(10).map(|outcome| (outcome.silent, outcome.all.got)), Ok((2, 15)));
        assert!(tally.outcome(9).is_err(), "more than was sent");
    }
}
