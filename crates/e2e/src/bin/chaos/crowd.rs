//! The pages: many at once, each with its own connection and its own account of what it saw.

mod connection;
mod seat;
pub(crate) mod snapshot;
mod told;
pub(crate) mod track;
mod visitor;

use std::{
    collections::BTreeMap,
    sync::PoisonError,
    time::{Duration, Instant},
};

use lockstep_e2e::{Address, Api};
use lockstep_protocol::{Room, Seq};
use tokio::{sync::watch, task::JoinSet, time::sleep};

use self::visitor::{Tracks, Visitor};
use track::Track;

/// How often we look whether everybody has arrived.
const LOOK: Duration = Duration::from_millis(20);

/// How a page behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// As it should.
    Read,
    /// It takes a few messages a second.
    Slow,
    /// It stands still, as a tab that the browser froze: nothing is read, and no time passes for it.
    Frozen,
    /// Nothing reaches it any more and it does not know: its network has gone without a word.
    Deaf,
}

/// One page, seen from outside.
struct Handle {
    orders: watch::Sender<Order>,
    tracks: Tracks,
}

/// All pages. Dropped, they are gone.
pub(crate) struct Crowd {
    pages: Vec<Handle>,
    /// Pages from here on are connected to a worker itself, past the proxy.
    first_neighbour: usize,
    _tasks: JoinSet<()>,
}

impl Crowd {
    /// Opens `count` pages through `proxy`, and for each ten of them one more at a worker's own socket.
    pub(crate) fn open(count: usize, proxy: &Address, workers: &[Address], person: &Api) -> Crowd {
        let mut tasks = JoinSet::new();
        let neighbours = count / 10;
        let first_neighbour = count - neighbours;
        let pages = (0..count)
            .map(|number| {
                let addresses = if number < first_neighbour { vec![proxy.clone()] } else { workers.to_vec() };
                let person = person.at(&addresses[0]);
                let (orders, obeyed) = watch::channel(Order::Read);
                let tracks = Tracks::default();
                let visitor = Visitor::new(number, addresses, person, obeyed, tracks.clone());
                tasks.spawn(visitor.run(rooms_of(number)));
                Handle { orders, tracks }
            })
            .collect();
        Crowd { pages, first_neighbour, _tasks: tasks }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.pages.len()
    }

    /// The pages that sit at a worker's own socket.
    pub(crate) fn neighbours(&self) -> Vec<usize> {
        (self.first_neighbour..self.pages.len()).collect()
    }

    /// Tells some pages how to behave. Back at [`Order::Read`], a page that could not read is not blamed for what it could not see.
    pub(crate) fn order(&self, pages: &[usize], order: Order) {
        for page in pages {
            let was = self.pages[*page].orders.send_replace(order);
            self.each(*page, |track| track.victim = true);
            if order == Order::Read && matches!(was, Order::Slow | Order::Frozen) {
                self.each(*page, |track| track.away_until = Some(Instant::now()));
            }
        }
    }

    /// Begins all accounts anew.
    pub(crate) fn rebase(&self) {
        (0..self.len()).for_each(|page| self.each(page, Track::rebase));
    }

    /// Gives every track to `look`.
    pub(crate) fn look(&self, mut look: impl FnMut(&Room, &Track)) {
        for page in &self.pages {
            let tracks = page.tracks.lock().unwrap_or_else(PoisonError::into_inner);
            tracks.iter().for_each(|(room, track)| look(room, track));
        }
    }

    /// Waits until every page follows and has come to the top of each of its rooms; how long that took, unless it is more than `limit`.
    pub(crate) async fn arrive(&self, tops: &BTreeMap<Room, Seq>, limit: Duration) -> Option<Duration> {
        let started = Instant::now();
        while started.elapsed() < limit {
            if self.late(tops) == 0 {
                return Some(started.elapsed());
            }
            sleep(LOOK).await;
        }
        None
    }

    /// How many places in rooms are not where they should be.
    pub(crate) fn late(&self, tops: &BTreeMap<Room, Seq>) -> usize {
        let (mut late, mut seen) = (0, 0);
        self.look(|room, track| {
            seen += 1;
            late += usize::from(!track.live || tops.get(room).is_some_and(|top| track.place() < *top));
        });
        late + (2 * self.len()).saturating_sub(seen)
    }

    fn each(&self, page: usize, mut change: impl FnMut(&mut Track)) {
        let mut tracks = self.pages[page].tracks.lock().unwrap_or_else(PoisonError::into_inner);
        tracks.values_mut().for_each(&mut change);
    }
}

/// Everybody is in two rooms: that of the edits, and one of the two that follow it or the like.
fn rooms_of(page: usize) -> [Room; 2] {
    [Room::Categories, if page.is_multiple_of(2) { Room::Files } else { Room::Registrators }]
}
