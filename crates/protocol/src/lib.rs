//! The words of Lockstep, and the rules that need no world.
//!
//! Events, rooms, positions, who hears what, what a page may say, and the two state machines that keep a worker and a page in step
//! with the ledger.
//! Everything here is pure: the crate knows no runtime, no clock and no I/O, so each rule can be tested, fuzzed and model-checked
//! as it stands.
//! The same words exist in JavaScript (`static/js/core`); the golden files under `golden/` are read by both test suites.

mod client;
mod event;
mod fanout;
pub mod frame;
pub mod ledger;
pub mod log;
mod notice;
pub mod packet;
pub mod page;
mod position;
pub mod presence;
mod ring;
mod room;
mod secret;
pub mod worker;

pub use client::{Ack, Join, JoinMode, RefreshWhy, Refusal, RoomAck, Wish, short_name};
pub use event::{
    Actor, BadEventName, Cause, Draft, Emission, Event, EventName, MAX_DATA_BYTES, MAX_DATA_DEPTH, Reason, Record,
    UnknownReason, depth,
};
pub use fanout::{BadDependency, FanOut, Target};
pub use notice::{Notice, NoticeStatus, NoticesRead, UnknownStatus};
pub use position::{BadPosition, Epoch, Position, Seq};
pub use room::{BadScope, Room, Scope, UnknownRoom};
pub use secret::{BadSecret, SharedSecret};
