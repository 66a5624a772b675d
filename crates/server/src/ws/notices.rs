//! A person's notifications at a raw door: his room of the road, in words of JSON.
//!
//! What a client hears is what a Socket.IO page hears in `user:<id>`, by the same road and in the same order; a client that comes back
//! says how far it had come, and gets what it missed.

use std::sync::{Arc, Mutex, PoisonError};

use lockstep_app::Error;
use lockstep_protocol::{Emission, EventName, Join, JoinMode, Position, Room, RoomAck, frame};
use lockstep_sync_manager::{Run, Sent, Unavailable};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    Raw,
    close::Close,
    seat::Seat,
    talk::{Complaint, greeting, unknown_type},
};

/// The most topics of one subscription. There are six that are ours; a client that wants more wants all.
const MAX_TOPICS: usize = 64;

/// What a client may say at this door.
const KNOWN: &str = "ping, mark_read, subscribe, resume";

/// What of his notifications a client wants.
#[derive(Default)]
pub(super) struct Notices(Mutex<Wanted>);

#[derive(Default)]
struct Wanted {
    /// Types of notices; none is all.
    types: Option<Vec<String>>,
    /// Something was lost on the way: to be told once the client reads again.
    lost: bool,
}

impl Notices {
    fn with<T>(&self, what: impl FnOnce(&mut Wanted) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What must be known of a notice to judge whether it is wanted.
#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
}

/// That notices were read, as the road has it.
#[derive(Deserialize)]
struct Marks<'a> {
    id: &'a str,
    #[serde(borrow)]
    data: Marked<'a>,
}

#[derive(Deserialize)]
struct Marked<'a> {
    #[serde(borrow)]
    ids: Option<&'a RawValue>,
    archived: bool,
    unread: u64,
}

impl Seat {
    /// Says what of a run is for this client.
    pub(super) fn hear(&self, run: &Run) -> Sent {
        let (mut frames, mut events) = (Vec::new(), 0);
        for (event, payload) in run.events() {
            events += usize::from(self.translate(&mut frames, event, payload));
        }
        let sent = self.send_frames(frames.into(), events);
        if let Sent::Full(_) = sent {
            self.notices.with(|wanted| wanted.lost = true);
        }
        sent
    }

    /// Appends an event as this client hears it; false where it does not.
    fn translate(&self, frames: &mut Vec<u8>, event: &str, payload: &str) -> bool {
        let text = match event {
            EventName::NOTIFICATION => return self.wants(payload) && append(frames, payload),
            EventName::NOTICES_READ => read_marks(payload),
            "sync:reset" => start_afresh(payload),
            // A beat that it takes after it had lost something: there is no other way to know what.
            "sync:pos" if self.notices.with(|wanted| std::mem::take(&mut wanted.lost)) => beat_afresh(payload),
            _ => None,
        };
        text.is_some_and(|text| append(frames, &text))
    }

    fn wants(&self, payload: &str) -> bool {
        self.notices.with(|wanted| {
            let Some(types) = &wanted.types else { return true };
            let kind = serde_json::from_str::<Kind<'_>>(payload);
            kind.is_ok_and(|Kind { kind }| types.iter().any(|wanted| *wanted == kind))
        })
    }

    /// What was missed, each as it would have come.
    fn catch_up(&self, missed: &[Arc<Emission>]) {
        let (mut frames, mut events) = (Vec::new(), 0);
        for emission in missed {
            events += usize::from(self.translate(&mut frames, emission.event.as_str(), &emission.payload));
        }
        if let Sent::Full(_) = self.send_frames(frames.into(), events) {
            self.notices.with(|wanted| wanted.lost = true);
        }
    }
}

impl Raw {
    /// The greeting, the person's room, and what happened since his unread notices were counted, in this order.
    pub(super) async fn greet_with_notices(&self, seat: &Arc<Seat>) -> Result<(), Close> {
        let (unread, from) = self.unread(seat).await?;
        let (greeted, counted) = (seat.clone(), from.clone());
        let told = move |position: &Position, mode: &JoinMode| {
            greeted.say(&greeting(&greeted, Some(&counted), Some(unread)));
            match mode {
                JoinMode::Live => {}
                JoinMode::Recovered(missed) => greeted.catch_up(missed),
                JoinMode::Refresh(_) => greeted.say(&resumed(mode, position)),
            }
        };
        self.join(seat, Some(from), told).await.map_err(|Unavailable| Close::unavailable())
    }

    /// How many of his notices the person has not read, and when that was.
    pub(super) async fn unread(&self, seat: &Seat) -> Result<(i64, Position), Close> {
        self.state().app.unread_notices(&seat.caller()).await.map_err(|_| Close::unavailable())
    }

    /// Joins the person's room from a position; `tell` is told of it in order with the room's events.
    async fn join(
        &self,
        seat: &Arc<Seat>,
        from: Option<Position>,
        tell: impl FnOnce(&Position, &JoinMode) + Send + 'static,
    ) -> Result<(), Unavailable> {
        let sync = &self.state().sync;
        let caller = seat.caller();
        let Some(room) = caller.user().map(|user| Room::User(user.id.as_str().into())) else { return Err(Unavailable) };
        let member = seat.member(sync).await?;
        let tell = move |acks: &[RoomAck]| {
            if let [RoomAck::Joined { mode, position, .. }] = acks {
                tell(position, mode);
            }
        };
        match sync.join_and(member, vec![(room, from)], tell).await?.first() {
            Some(RoomAck::Joined { .. }) => Ok(()),
            _ => Err(Unavailable),
        }
    }

    pub(super) async fn answer_about_notices(
        &self,
        seat: &Arc<Seat>,
        kind: &str,
        message: &Value,
    ) -> Result<(), Complaint> {
        match kind {
            "mark_read" => self.mark_read(seat, &message["id"]).await,
            "subscribe" => subscribe(seat, message),
            "resume" => self.resume(seat, message).await,
            _ => Err(unknown_type(kind, KNOWN)),
        }
    }

    /// One of his notices, or `*`: all of them. He hears of it as an event, too, like all his pages.
    async fn mark_read(&self, seat: &Seat, id: &Value) -> Result<(), Complaint> {
        let wrong = || Complaint::new("bad_request", "`mark_read` takes the `id` of a notice, or `*`");
        let (app, caller) = (&self.state().app, seat.caller());
        let marked = match id.as_str().ok_or_else(wrong)? {
            "*" => app.read_all_notices(&caller, None).await,
            id => app.read_notice(&caller, id, None).await,
        };
        let unread = marked.map_err(|error| match error {
            Error::NotFound => Complaint::new("not_found", "there is no such notice of yours"),
            _ => Complaint::unavailable(),
        })?;
        seat.say(&json!({"type": "marked", "id": id, "unread": unread}));
        Ok(())
    }

    async fn resume(&self, seat: &Arc<Seat>, message: &Value) -> Result<(), Complaint> {
        let wrong = || Complaint::new("bad_request", "`resume` takes `epoch` and `seq`, as an event has them");
        let mut own = message.clone();
        own["room"] = "".into();
        let Ok(Join::One((_, from))) = Join::parse(&own) else { return Err(wrong()) };
        let told = {
            let seat = seat.clone();
            move |position: &Position, mode: &JoinMode| {
                if let JoinMode::Recovered(missed) = mode {
                    seat.catch_up(missed);
                }
                seat.say(&resumed(mode, position));
            }
        };
        self.join(seat, from, told).await.map_err(|Unavailable| Complaint::unavailable())
    }
}

fn resumed(mode: &JoinMode, position: &Position) -> Value {
    json!({"type": "resumed", "mode": mode.code(), "epoch": position.epoch, "seq": position.seq})
}

/// `{topics: [types, or their plurals, or "*"]}`
fn subscribe(seat: &Seat, message: &Value) -> Result<(), Complaint> {
    let wrong = || Complaint::new("bad_request", r#"`subscribe` takes `topics`: a list of types of notices, or ["*"]"#);
    let topics = message["topics"].as_array().filter(|topics| topics.len() <= MAX_TOPICS).ok_or_else(wrong)?;
    let topics: Vec<&str> = topics.iter().map(|topic| topic.as_str().ok_or_else(wrong)).collect::<Result<_, _>>()?;
    let all = topics.contains(&"*");
    let types = (!all).then(|| topics.iter().map(|topic| type_of(topic).to_owned()).collect());
    seat.notices.with(|wanted| wanted.types = types);
    seat.say(&json!({"type": "subscribed", "topics": topics}));
    Ok(())
}

/// The type that a topic means.
fn type_of(topic: &str) -> &str {
    match topic {
        "alerts" => "alert",
        "logs" => "log_event",
        "uploads" => "upload_status",
        "scans" => "scan_complete",
        "imports" => "import_complete",
        other => other,
    }
}

fn append(frames: &mut Vec<u8>, text: &str) -> bool {
    frame::text(frames, text);
    true
}

fn read_marks(payload: &str) -> Option<String> {
    let Marks { id, data: Marked { ids, archived, unread } } = serde_json::from_str(payload).ok()?;
    let marks = json!({"type": "notification_read", "id": id, "ids": ids, "archived": archived, "unread": unread});
    Some(marks.to_string())
}

/// The worker lost count: what the client knows may not be all.
fn start_afresh(reset: &str) -> Option<String> {
    let reset: Value = serde_json::from_str(reset).ok()?;
    Some(json!({"type": "resumed", "mode": "refresh", "epoch": reset["epoch"], "seq": reset["seq"]}).to_string())
}

fn beat_afresh(beat: &str) -> Option<String> {
    let beat: Value = serde_json::from_str(beat).ok()?;
    let seq = beat["rooms"].as_object()?.values().next()?;
    Some(json!({"type": "resumed", "mode": "refresh", "epoch": beat["epoch"], "seq": seq}).to_string())
}
