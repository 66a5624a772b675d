//! How a page keeps in step with a room.
//!
//! The machine of one page and one room, without socket, clock or data: it is told what arrived and answers what to do.
//! It guarantees that changes are applied in order, each once, and that a hole ends in a rejoin or in fresh data, never in silence.
//! `static/js/core/cursor.js` is the same machine; both are driven by the traces in `golden/page-traces.json`.
//!
//! ```text
//! event    joining or refreshing → hold · other epoch → refresh · seq ≤ pos → drop · prev ≤ pos → apply · else → hole: join again
//! beat     other epoch, or seq > pos → join again
//! ack      recovered → its events by the same rules, then the held ones · live → run the views once · refresh → fetch
//! snapshot older than announced → fetched again · newer → shown, then join again with it: the worker must know that place too
//!          otherwise shown; then the held events by the same rules
//! ```

use serde::{Deserialize, Serialize};

use crate::position::{Epoch, Position, Seq};

/// Events held while joining or refreshing. A page that is behind by more fetches its data again.
pub const MAX_HELD: usize = 1_000;

/// Joins without an answer before the connection itself is given up.
const MAX_TRIES: u8 = 3;

/// The part of an event that decides what happens to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// Which life of the ledger.
    pub epoch: Epoch,
    /// Its place.
    pub seq: Seq,
    /// The seq of the event before it in this room.
    pub prev: Seq,
}

/// The answer to a join.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Joined {
    /// From now on.
    Live(Position),
    /// With what was missed.
    Recovered {
        /// Where the worker is.
        #[serde(flatten)]
        position: Position,
        /// The events after the page's position.
        events: Vec<Mark>,
    },
    /// Data must be fetched, at least as new as this.
    Refresh(Position),
    /// Not allowed, or no such room.
    Denied,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The connection is up, for the first time or again.
    Connect,
    /// It is gone.
    Disconnect,
    /// An event of the room arrived.
    Event(Mark),
    /// The server says how far the room has come.
    Beat(Position),
    /// The server lost count: fetch, at least as new as this.
    Reset(Position),
    /// The join was answered.
    Ack(Joined),
    /// Fetched data has arrived, as of this position.
    Snapshot(Position),
    /// No answer to the join within 5 s.
    Timeout,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Send `sync:join` with this position.
    Join(Option<Position>),
    /// Hand the event to the views.
    Apply(Seq),
    /// Forget it, it was applied before.
    Drop(Seq),
    /// Keep it until the join or the fetch is over.
    Hold(Seq),
    /// Too many held: all are forgotten, the data will be fetched.
    Overflow,
    /// Fetch the data, at least as new as this.
    Fetch(Position),
    /// The fetched data was too old or came too early: fetch again after a pause.
    FetchAgain(Position),
    /// Show the fetched data.
    Show(Seq),
    /// Run the views that have no data of this place yet.
    Run(Seq),
    /// The position is proved as of now.
    Proven,
    /// Give the connection up and make a new one.
    Reconnect,
    /// Say that this room cannot be joined.
    Denied,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Offline,
    Joining { tries: u8 },
    Refreshing { base: Position },
    Live,
    Denied,
}

/// The machine. Two that are equal decide alike for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Page {
    state: State,
    position: Option<Position>,
    held: Vec<Mark>,
    /// The highest seq forgotten by an overflow: a snapshot must include it.
    overflown: Option<Seq>,
}

impl Default for Page {
    fn default() -> Self {
        Self { state: State::Offline, position: None, held: Vec::new(), overflown: None }
    }
}

impl Page {
    /// A page whose data is as of `position`, not connected yet.
    pub fn at(position: Position) -> Self {
        Self { position: Some(position), ..Self::default() }
    }

    /// How far it has come.
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// Whether what it shows is proved up to its position and follows live.
    pub fn is_live(&self) -> bool {
        self.state == State::Live
    }

    /// Takes one input and says what to do, in order.
    pub fn step(&mut self, input: Input) -> Vec<Act> {
        let mut acts = Vec::new();
        match input {
            Input::Connect => self.join(0, &mut acts),
            Input::Disconnect => self.forget(State::Offline),
            Input::Event(mark) => self.event(mark, &mut acts),
            Input::Beat(position) => self.beat(&position, &mut acts),
            Input::Reset(base) => self.reset(base, &mut acts),
            Input::Ack(joined) => self.ack(joined, &mut acts),
            Input::Snapshot(position) => self.snapshot(position, &mut acts),
            Input::Timeout => self.timeout(&mut acts),
        }
        acts
    }

    fn join(&mut self, tries: u8, acts: &mut Vec<Act>) {
        self.forget(State::Joining { tries });
        acts.push(Act::Join(self.position.clone()));
    }

    fn forget(&mut self, state: State) {
        self.state = state;
        self.held.clear();
        self.overflown = None;
    }

    fn event(&mut self, mark: Mark, acts: &mut Vec<Act>) {
        match self.state {
            State::Live => self.judge(mark, acts),
            State::Joining { .. } | State::Refreshing { .. } => self.hold(mark, acts),
            State::Offline | State::Denied => acts.push(Act::Drop(mark.seq)),
        }
    }

    fn hold(&mut self, mark: Mark, acts: &mut Vec<Act>) {
        if self.held.len() < MAX_HELD {
            acts.push(Act::Hold(mark.seq));
            self.held.push(mark);
            return;
        }
        let highest = self.held.iter().map(|held| held.seq).chain([mark.seq]).max();
        self.overflown = self.overflown.max(highest);
        self.held.clear();
        acts.push(Act::Overflow);
    }

    fn judge(&mut self, mark: Mark, acts: &mut Vec<Act>) {
        let Some(position) = &mut self.position else {
            return self.refresh(Position::new(mark.epoch, mark.seq), acts);
        };
        if mark.epoch != position.epoch {
            return self.refresh(Position::new(mark.epoch, mark.seq), acts);
        }
        if mark.seq <= position.seq {
            return acts.push(Act::Drop(mark.seq));
        }
        if mark.prev <= position.seq {
            position.seq = mark.seq;
            return acts.push(Act::Apply(mark.seq));
        }
        self.join_holding(acts);
        self.hold(mark, acts);
    }

    /// Joins again and keeps what is held.
    fn join_holding(&mut self, acts: &mut Vec<Act>) {
        self.state = State::Joining { tries: 0 };
        acts.push(Act::Join(self.position.clone()));
    }

    fn refresh(&mut self, base: Position, acts: &mut Vec<Act>) {
        acts.push(Act::Fetch(base.clone()));
        self.state = State::Refreshing { base };
    }

    /// Whether the worker has yet to hear of what is shown here already. It gets a moment, or page and worker would go round at once.
    fn is_ahead_of(&self, base: &Position) -> bool {
        self.position.as_ref().is_some_and(|own| own.epoch == base.epoch && own.seq > base.seq)
    }

    fn beat(&mut self, beat: &Position, acts: &mut Vec<Act>) {
        if self.state != State::Live {
            return;
        }
        let proven = self.position.as_ref().is_some_and(|own| own.epoch == beat.epoch && beat.seq <= own.seq);
        if proven { acts.push(Act::Proven) } else { self.join(0, acts) }
    }

    fn reset(&mut self, base: Position, acts: &mut Vec<Act>) {
        if matches!(self.state, State::Offline | State::Denied) {
            return;
        }
        self.forget(State::Live);
        self.refresh(base, acts);
    }

    fn ack(&mut self, joined: Joined, acts: &mut Vec<Act>) {
        if !matches!(self.state, State::Joining { .. }) {
            return;
        }
        match joined {
            Joined::Denied => {
                self.forget(State::Denied);
                acts.push(Act::Denied);
            }
            Joined::Refresh(base) if self.is_ahead_of(&base) => {
                acts.push(Act::FetchAgain(base.clone()));
                self.state = State::Refreshing { base };
            }
            Joined::Refresh(base) => self.refresh(base, acts),
            Joined::Live(position) => {
                acts.push(Act::Run(position.seq));
                self.settle(position, acts);
            }
            Joined::Recovered { position, events } => {
                self.state = State::Live;
                for mark in events {
                    self.event_of_ack(mark, acts);
                }
                if self.state == State::Live {
                    let seq = self.position.as_ref().map_or(position.seq, |own| own.seq.max(position.seq));
                    self.settle(Position::new(position.epoch, seq), acts);
                }
            }
        }
    }

    /// An event inside an ack is judged while all is well; once one of them was not, the new join will bring the rest.
    fn event_of_ack(&mut self, mark: Mark, acts: &mut Vec<Act>) {
        if self.state == State::Live {
            self.judge(mark, acts);
        }
    }

    /// Goes on live from `position`: what was held meanwhile is judged now.
    fn settle(&mut self, position: Position, acts: &mut Vec<Act>) {
        self.position = Some(position);
        self.state = State::Live;
        if let Some(seq) = self.overflown.take() {
            let epoch = self.position.as_ref().map(|own| own.epoch.clone()).expect("set above");
            return self.refresh(Position::new(epoch, seq), acts);
        }
        for mark in std::mem::take(&mut self.held) {
            self.event(mark, acts);
        }
    }

    fn snapshot(&mut self, position: Position, acts: &mut Vec<Act>) {
        let State::Refreshing { base } = &self.state else { return };
        // What was held meanwhile is judged afterwards, so a snapshot need not include it: in a busy room none ever would.
        let needed = self.overflown.map_or(base.seq, |seq| seq.max(base.seq));
        if position.epoch != base.epoch || position.seq < needed {
            let again = Position::new(base.epoch.clone(), needed);
            return acts.push(Act::FetchAgain(again));
        }
        self.overflown = None;
        acts.push(Act::Show(position.seq));
        if position.seq > needed {
            // The worker has not said so much. Should a restored backup undo it before the worker hears of it, nobody would notice.
            self.position = Some(position);
            return self.join_holding(acts);
        }
        self.settle(position, acts);
    }

    fn timeout(&mut self, acts: &mut Vec<Act>) {
        let State::Joining { tries } = self.state else { return };
        if tries + 1 < MAX_TRIES {
            self.state = State::Joining { tries: tries + 1 };
            return acts.push(Act::Join(self.position.clone()));
        }
        self.forget(State::Offline);
        acts.push(Act::Reconnect);
    }
}
