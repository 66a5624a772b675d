//! A page's place in one room: carries out what the machine decides, and keeps the account.

use std::{collections::HashMap, time::Duration};

use lockstep_protocol::{
    Position, Seq,
    page::{Act, Input, Mark, Page},
};

use super::{
    snapshot::Snapshot,
    told::News,
    track::{Step, Track},
};

/// First wait before data that came too old is fetched again, doubled up to the cap.
const AGAIN: Duration = Duration::from_millis(200);
const AGAIN_CAP: Duration = Duration::from_secs(5);

/// What the machine wants of the world outside.
pub(super) enum Deed {
    /// Ask to join, from here on.
    Join(Option<Position>),
    /// Fetch the data, under this number, after a while.
    Fetch(u64, Duration),
    /// Give the connection up.
    Reconnect,
}

/// The machine and what belongs to it.
#[derive(Default)]
pub(super) struct Seat {
    page: Page,
    /// What the events that are not judged yet say, by their place.
    news: HashMap<Seq, News>,
    /// The fetch that counts; an older one that answers late does not.
    fetch: u64,
    fetched: Option<Snapshot>,
    again: u32,
}

impl Seat {
    /// A place of a page that begins with this data.
    pub(super) fn begin(snapshot: Snapshot, track: &mut Track) -> Self {
        track.position = Some(snapshot.position.clone());
        track.rows = snapshot.rows;
        track.rebase();
        Self { page: Page::at(snapshot.position), ..Self::default() }
    }

    /// Takes data that was fetched; its position, unless a newer fetch is under way.
    pub(super) fn offer(&mut self, snapshot: Snapshot) -> Option<Position> {
        if snapshot.number != self.fetch {
            return None;
        }
        let position = snapshot.position.clone();
        self.fetched = Some(snapshot);
        Some(position)
    }

    /// One step of the machine. `news` is what the events of this input say.
    pub(super) fn step(&mut self, input: Input, news: Vec<(Mark, News)>, track: &mut Track) -> Vec<Deed> {
        self.news.extend(news.into_iter().map(|(mark, news)| (mark.seq, news)));
        let noticed = matches!(input, Input::Event(_) | Input::Beat(_));
        if matches!(&input, Input::Ack(lockstep_protocol::page::Joined::Recovered { .. })) {
            track.recovered += 1;
        }
        let acts = self.page.step(input);
        let deeds = acts.into_iter().filter_map(|act| self.carry(act, noticed, track)).collect();
        track.position = self.page.position().cloned();
        track.live = self.page.is_live();
        deeds
    }

    fn carry(&mut self, act: Act, noticed: bool, track: &mut Track) -> Option<Deed> {
        match act {
            Act::Join(position) => {
                track.holes += u64::from(noticed);
                Some(Deed::Join(position))
            }
            Act::Fetch(_) => {
                self.again = 0;
                Some(self.fetch(Duration::ZERO))
            }
            Act::FetchAgain(_) => {
                let after = AGAIN.saturating_mul(1 << self.again.min(6)).min(AGAIN_CAP);
                self.again += 1;
                Some(self.fetch(after))
            }
            Act::Reconnect => Some(Deed::Reconnect),
            Act::Apply(seq) => self.apply(seq, track),
            Act::Show(seq) => self.show(seq, track),
            Act::Drop(seq) => {
                self.news.remove(&seq);
                None
            }
            Act::Overflow => {
                self.news.clear();
                None
            }
            // Nobody joins without data, so nobody is asked to run for it.
            Act::Hold(_) | Act::Run(_) | Act::Proven | Act::Denied => None,
        }
    }

    fn fetch(&mut self, after: Duration) -> Deed {
        self.fetch += 1;
        Deed::Fetch(self.fetch, after)
    }

    fn apply(&mut self, seq: Seq, track: &mut Track) -> Option<Deed> {
        let news = self.news.remove(&seq).expect("an event that is applied was heard");
        if news.deleted && !news.soft {
            track.rows.remove(&news.content.id);
        } else if let Some(rev) = news.content.rev {
            track.rows.insert(news.content.id.clone(), rev);
        }
        track.note(Step::Applied(seq, news.content));
        None
    }

    fn show(&mut self, seq: Seq, track: &mut Track) -> Option<Deed> {
        let snapshot = self.fetched.take().expect("data that is shown was fetched");
        track.rows = snapshot.rows;
        track.note(Step::Shown(seq));
        None
    }
}
