//! `tail`: events as they happen, one a line.
//!
//! A page without a screen: it joins rooms, keeps its place over reconnects, and where changes were missed for good it says so.

mod follower;
mod line;
mod session;

use std::{future::Future, io, path::PathBuf, time::Duration};

use lockstep_protocol::Room;
use tokio::time::{Instant, sleep, timeout_at};

use self::{
    follower::{Follower, Output},
    session::{Ended, Session},
};
use super::{
    args::Tail,
    client::Target,
    failure::{Failure, chain},
    output,
};
use crate::{clock, config::Secret, supervisor::Backoff};

/// Rooms to listen in when none is named: those with a list of their own.
const ALL: [Room; 7] =
    [Room::Index, Room::Files, Room::Users, Room::Groups, Room::Categories, Room::Registrators, Room::Admin];

pub(super) async fn run(config: Option<PathBuf>, tail: Tail) -> Result<(), Failure> {
    let rooms = if tail.rooms.is_empty() { ALL.to_vec() } else { tail.rooms.clone() };
    let target = tail.connection.target(config)?;
    let key = tail.connection.key()?;
    let mut follower = Follower::new(rooms);
    let mut backoff = Backoff::default();
    loop {
        let started = Instant::now();
        let ended = follow(&target, key, &mut follower, tail.json).await;
        follower.disconnected();
        let pause = match ended {
            Ended::Pause(pause) => pause,
            Ended::Lost(why) => {
                let pause = backoff.after(started.elapsed(), rand::random());
                output::note(&format!("lost the server: {why}; trying again in {pause:.1?}"));
                pause
            }
            Ended::Full => return Ok(()),
            Ended::Failed(failure) => return Err(failure),
        };
        sleep(pause).await;
    }
}

/// One connection, until it ends.
async fn follow(target: &Target, key: &Secret<String>, follower: &mut Follower, json: bool) -> Ended {
    let mut session = match Session::open(target, key).await {
        Ok(session) => session,
        Err(ended) => return ended,
    };
    let mut outputs = follower.connected();
    let mut turn = None;
    loop {
        for output in outputs {
            if let Output::Move(after) = output {
                turn.get_or_insert(Instant::now() + after);
            } else if let Err(ended) = put(output, &mut session, json).await {
                return at_its_turn(ended, turn);
            }
        }
        if follower.is_empty() {
            return Ended::Failed(Failure::Failed("the key may not listen in any of these rooms".to_owned()));
        }
        let next = session.next(follower.waits().then_some(ACK));
        outputs = match before(turn, next).await {
            None => return Ended::Pause(Duration::ZERO),
            Some(Ok(Some(packet))) => follower.packet(packet),
            Some(Ok(None)) => follower.late(),
            Some(Err(ended)) => return at_its_turn(ended, turn),
        };
    }
}

/// What `work` gives, unless our turn to move comes first.
async fn before<T>(turn: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match turn {
        Some(turn) => timeout_at(turn, work).await.ok(),
        None => Some(work.await),
    }
}

/// A worker that has said goodbye may cut the connection; our turn to come back is the same.
fn at_its_turn(ended: Ended, turn: Option<Instant>) -> Ended {
    match (ended, turn) {
        (Ended::Lost(_), Some(turn)) => Ended::Pause(turn.saturating_duration_since(Instant::now())),
        (ended, _) => ended,
    }
}

/// How long the server may take to answer a join.
const ACK: Duration = Duration::from_secs(5);

async fn put(output: Output, session: &mut Session, json: bool) -> Result<(), Ended> {
    match output {
        Output::Send(packet) => return session.send(&packet).await,
        // Whoever follows keeps the time.
        Output::Move(_) => {}
        Output::Reconnect => return Err(Ended::Lost("no answer to a join".to_owned())),
        Output::Gap { room, seq } => {
            output::note(&format!("{room}: changes up to {seq} were missed; the list of this room tells"));
        }
        Output::Denied { room, why } => output::note(&format!("{room}: not joined: {why}")),
        Output::Show(item) => {
            let line = if json { line::json(&item, clock::now_ms()) } else { line::text(&item, clock::now_ms()) };
            return output::line(&line).map_err(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Ended::Full,
                _ => Ended::Failed(Failure::Failed(format!("cannot write to standard output: {}", chain(&error)))),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_the_farewell_it_moves_at_its_turn_whoever_ends_the_connection() {
        let turn = Some(Instant::now() + Duration::from_secs(3));
        let lost = || Ended::Lost("closed".into());

        assert_eq!(before(turn, sleep(Duration::from_secs(2))).await, Some(()));
        assert!(matches!(at_its_turn(lost(), turn), Ended::Pause(rest) if rest == Duration::from_secs(1)));
        assert_eq!(before(turn, sleep(Duration::from_secs(2))).await, None);
        assert!(matches!(at_its_turn(lost(), turn), Ended::Pause(Duration::ZERO)));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_farewell_a_lost_connection_is_a_lost_connection() {
        assert_eq!(before(None, sleep(Duration::from_secs(60))).await, Some(()));
        assert!(matches!(at_its_turn(Ended::Lost("closed".into()), None), Ended::Lost(_)));
    }
}
