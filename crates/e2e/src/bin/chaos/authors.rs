//! People who edit: several at once, at a steady pace, through the proxy, each on rows of his own.
//!
//! An answer that does not come leaves open whether the edit was made; then the author looks, as a person would.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Method;
use lockstep_e2e::{Api, Reply, http as wire};
use lockstep_protocol::Room;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use crate::history::Known;

/// How many edit at once.
const AUTHORS: u32 = 8;

/// How long an author waits for an answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// Between two looks at what became of an edit without answer.
const PAUSE: Duration = Duration::from_millis(200);

/// Rows of an author: so many categories, files and registrators.
const OWN: [(Room, usize); 3] = [(Room::Categories, 4), (Room::Files, 2), (Room::Registrators, 1)];

/// So that an event has the size that events have.
const TEXT_BYTES: usize = 400;

/// All of them. Dropped, they stop.
pub(crate) struct Authors {
    known: Arc<Mutex<Known>>,
    /// Whether they are to edit, and how many are at it just now.
    work: watch::Sender<bool>,
    busy: watch::Receiver<usize>,
    /// How many edits were answered for.
    answered: watch::Receiver<u64>,
    _tasks: JoinSet<()>,
}

impl Authors {
    /// Sets them to work, so many edits a second together.
    ///
    /// # Errors
    /// When their rows could not be made.
    pub(crate) async fn begin(person: &Api, edits_per_s: u32, seed: u64) -> Result<Authors, String> {
        let (known, work) = (Arc::default(), watch::Sender::new(true));
        let ((count, busy), (answers, answered)) = (watch::channel(0), watch::channel(0));
        let mut tasks = JoinSet::new();
        for number in 0..AUTHORS {
            let mut author = Author {
                number,
                person: person.clone(),
                rows: Vec::new(),
                known: Arc::clone(&known),
                work: work.subscribe(),
                busy: count.clone(),
                answers: answers.clone(),
                random: StdRng::seed_from_u64(seed.wrapping_add(u64::from(number))),
            };
            author.settle().await?;
            let pace = Duration::from_secs(1) * AUTHORS / edits_per_s;
            tasks.spawn(author.edit_on(pace));
        }
        Ok(Authors { known, work, busy, answered, _tasks: tasks })
    }

    /// Stops them, and waits until none is in the middle of an edit.
    pub(crate) async fn pause(&self) {
        self.work.send_replace(false);
        let mut busy = self.busy.clone();
        let _ = busy.wait_for(|busy| *busy == 0).await;
    }

    /// Sets them to work again.
    pub(crate) fn resume(&self) {
        self.work.send_replace(true);
    }

    /// Waits until an edit is answered for; how long that took, unless it is more than `limit`.
    pub(crate) async fn succeed(&self, limit: Duration) -> Option<Duration> {
        let (started, mut answered) = (Instant::now(), self.answered.clone());
        answered.mark_unchanged();
        timeout(limit, answered.changed()).await.ok().map(|_| started.elapsed())
    }

    /// When each revision was known to be committed.
    pub(crate) fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Author {
    number: u32,
    person: Api,
    rows: Vec<Row>,
    known: Arc<Mutex<Known>>,
    work: watch::Receiver<bool>,
    busy: watch::Sender<usize>,
    answers: watch::Sender<u64>,
    random: StdRng,
}

struct Row {
    room: Room,
    id: String,
    rev: i64,
}

impl Author {
    async fn settle(&mut self) -> Result<(), String> {
        for (room, count) in OWN {
            for place in 0..count {
                let name = format!("chaos {} {place}", self.number);
                let body = match room {
                    Room::Files => json!({"name": name, "size": 1, "mime": "text/plain", "note": ""}),
                    Room::Registrators => json!({"name": name, "folder": name, "enabled": true}),
                    _ => json!({"name": name, "description": "", "enabled": true}),
                };
                let path = format!("/api/{room}");
                let reply = self.ask(Method::POST, &path, &[], &body).await;
                let row = match reply {
                    Some(reply) if reply.status == 201 => reply.json(),
                    other => return Err(format!("{path}: {}", other.map_or("no answer".into(), |reply| reply.text()))),
                };
                self.rows.push(Row { room: room.clone(), id: text(&row["id"]), rev: row["rev"].as_i64().unwrap_or(0) });
            }
        }
        Ok(())
    }

    async fn edit_on(mut self, pace: Duration) {
        let mut turns = interval(pace);
        turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            turns.tick().await;
            if self.work.wait_for(|work| *work).await.is_err() {
                return;
            }
            self.busy.send_modify(|busy| *busy += 1);
            // Told to stop in between: nothing has begun yet.
            if *self.work.borrow() {
                let row = self.random.random_range(0..self.rows.len());
                self.edit(row).await;
            }
            self.busy.send_modify(|busy| *busy -= 1);
        }
    }

    async fn edit(&mut self, row: usize) {
        let Row { room, id, rev } = &self.rows[row];
        let (path, seen) = (format!("/api/{room}/{id}"), format!("\"{rev}\""));
        let words: String = (0..TEXT_BYTES).map(|_| char::from(self.random.random_range(b'a'..=b'z'))).collect();
        let body = match room {
            Room::Files => json!({"note": words}),
            Room::Registrators => json!({"folder": words[..40]}),
            _ => json!({"description": words}),
        };
        let sent = Instant::now();
        let reply = self.ask(Method::PATCH, &path, &[("if-match", &seen)], &body).await;
        match reply {
            Some(reply) if reply.status == 200 => {
                self.learn(row, &reply.json(), Instant::now());
                self.answers.send_modify(|answers| *answers += 1);
            }
            _ => self.look(row, &path, sent).await,
        }
    }

    /// What became of an edit without a good answer? It was made at some moment after `sent`.
    async fn look(&mut self, row: usize, path: &str, sent: Instant) {
        while *self.work.borrow() || self.busy.receiver_count() > 0 {
            let reply = self.ask(Method::GET, path, &[], &Value::Null).await;
            match reply {
                Some(reply) if reply.status == 200 => return self.learn(row, &reply.json(), sent),
                _ => sleep(PAUSE).await,
            }
        }
    }

    fn learn(&mut self, row: usize, now: &Value, at: Instant) {
        let row = &mut self.rows[row];
        let rev = now["rev"].as_i64().unwrap_or(row.rev);
        if rev > row.rev {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert((row.room.clone(), row.id.clone(), rev), at);
        }
        row.rev = rev;
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Option<Reply> {
        let mut all = vec![
            ("cookie", self.person.cookie.as_str()),
            ("x-csrf-token", self.person.csrf.as_str()),
            ("content-type", "application/json"),
        ];
        all.extend_from_slice(headers);
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let asked = wire::send(&self.person.address, method, path, &all, body);
        timeout(PATIENCE, asked).await.ok()?.ok()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
