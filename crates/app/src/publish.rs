//! Publishing events that belong to no row: checked one by one, written down many at a time.
//!
//! Requests wait in a bounded queue; one task takes what is there, up to a batch, and commits it in one transaction. So a thousand
//! publishers cost as many disk writes as one. When the database fails, a batch fails as a whole and each of its requests is told.

use std::{sync::Arc, time::Duration};

use lockstep_protocol::{Draft, EventName, MAX_DATA_BYTES, MAX_DATA_DEPTH, Reason, Room, Scope, depth};
use lockstep_store::{Answer as Written, Error as StoreError, KeyReused, Publication as Entry, Receipt, Store};
use serde_json::value::RawValue;
use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{App, Caller, Error, Road, error::FieldError, rights::Right};

/// Publications that go into one transaction at most, and into one request.
pub const MAX_BATCH: usize = 256;

/// Requests that may wait. At some thousand a second that is well under a second of waiting.
const QUEUE: usize = 1024;

/// How long a request waits for a place in the queue.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest id or key, in bytes.
const MAX_NAME: usize = 128;

/// The longest name of a page, in bytes. It comes back in every copy of the event, so whoever chose a long one would make all pages pay.
const MAX_ORIGIN: usize = 64;

/// An event to publish, as it comes from outside.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// Its name, such as `files:changed`.
    pub event: String,
    /// `updated`, `added`, `deleted` or `toggled`.
    pub reason: String,
    /// The item, `*` for many.
    pub id: String,
    /// Whatever the page needs to know.
    #[serde(default)]
    pub data: Option<Box<RawValue>>,
    /// The room that hears it. Without room and scope: the room in the event's name, else everybody.
    #[serde(default)]
    pub room: Option<String>,
    /// `global` or `room:<name>`.
    #[serde(default)]
    pub scope: Option<String>,
    /// Makes a second try harmless. It is the publisher's own: another one's equal key is another key.
    #[serde(default)]
    pub key: Option<String>,
}

impl App {
    /// Publishes; one answer for each, in their order. All of them or none.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::BadEvent`], [`Error::BadRoom`], [`Error::Invalid`] with the number of the publication before
    /// the field when there are several, [`Error::KeyReused`] for a key that stands for another event, [`Error::TooLarge`],
    /// [`Error::Unavailable`].
    pub async fn publish(
        &self,
        caller: &Caller,
        publications: Vec<Publication>,
        origin: Option<&str>,
    ) -> Result<Vec<Receipt>, Error> {
        caller.must(Right::Publish)?;
        if publications.len() > MAX_BATCH {
            return Err(Error::TooLarge { max: MAX_BATCH });
        }
        let several = publications.len() > 1;
        let entries = publications.into_iter().enumerate().map(|(n, publication)| {
            let entry = self.check(caller, publication, origin);
            entry.map_err(|error| if several { numbered(error, n) } else { error })
        });
        let entries = entries.collect::<Result<Vec<Entry>, Error>>()?;
        if entries.is_empty() { Ok(Vec::new()) } else { self.0.publisher.publish(entries).await }
    }

    fn check(&self, caller: &Caller, publication: Publication, origin: Option<&str>) -> Result<Entry, Error> {
        let Publication { event, reason, id, data, room, scope, key } = publication;
        let event =
            event.parse::<EventName>().ok().filter(|name| !name.is_reserved()).ok_or_else(|| bad_event(&event))?;
        let reason = reason.parse::<Reason>().map_err(|_| Error::field("reason", not_a_reason()))?;
        let scope = read_scope(&event, room, scope)?;
        check_name("id", &id, MAX_NAME)?;
        key.as_deref().map_or(Ok(()), |key| check_name("key", key, MAX_NAME))?;
        let origin = origin.filter(|origin| !origin.is_empty());
        origin.map_or(Ok(()), |origin| check_name("origin", origin, MAX_ORIGIN))?;
        if data.as_ref().is_some_and(|data| data.get().len() > MAX_DATA_BYTES) {
            return Err(Error::TooLarge { max: MAX_DATA_BYTES });
        }
        if data.as_ref().is_some_and(|data| depth(data) > MAX_DATA_DEPTH) {
            return Err(Error::field("data", FieldError::new("field.too_deep").with("max", MAX_DATA_DEPTH)));
        }
        let worker = self.0.store.worker();
        let (actor, origin) = (caller.actor(), origin.map(ToOwned::to_owned));
        let draft = Draft { event, reason, worker, scope, id, data, rev: None, actor, origin };
        // No publisher's name holds a space, so no two of them can make the same key.
        let key = key.map(|key| format!("{} {key}", caller.publisher()));
        Ok(Entry { draft, key })
    }
}

/// The key as its publisher wrote it.
fn own(KeyReused(key): KeyReused) -> Error {
    Error::KeyReused { key: key.split_once(' ').map_or(key.as_str(), |(_publisher, key)| key).to_owned() }
}

fn bad_event(event: &str) -> Error {
    Error::BadEvent { event: event.chars().take(EventName::MAX_BYTES).collect() }
}

fn not_a_reason() -> FieldError {
    FieldError::new("field.not_allowed").with("allowed", ["updated", "added", "deleted", "toggled"].as_slice())
}

fn read_scope(event: &EventName, room: Option<String>, scope: Option<String>) -> Result<Scope, Error> {
    let bad = |text: &str| Error::BadRoom { room: text.chars().take(64).collect() };
    let scope = match (room, scope) {
        (Some(room), None) => Scope::Room(room.parse().map_err(|_| bad(&room))?),
        (None, Some(scope)) => scope.parse().map_err(|_| bad(&scope))?,
        (None, None) => event.room().map_or(Scope::Global, Scope::Room),
        (Some(room), Some(scope)) => {
            let said = scope.parse().map_err(|_| bad(&scope))?;
            let meant = Scope::Room(room.parse().map_err(|_| bad(&room))?);
            if said == meant { said } else { return Err(bad(&scope)) }
        }
    };
    match scope {
        // One's own room is for notifications, which have a door of their own.
        Scope::Room(room @ Room::User(_)) => Err(bad(&room.to_string())),
        scope => Ok(scope),
    }
}

fn check_name(field: &str, name: &str, max: usize) -> Result<(), Error> {
    let error = match name.len() {
        0 => FieldError::new("field.required"),
        bytes if bytes > max => FieldError::new("field.too_long").with("max", max),
        _ if name.chars().any(char::is_control) => FieldError::new("field.format"),
        _ => return Ok(()),
    };
    Err(Error::field(field, error))
}

fn numbered(error: Error, n: usize) -> Error {
    match error {
        Error::Invalid { fields } => Error::Invalid {
            fields: fields.into_iter().map(|(field, error)| (format!("{n}.{field}"), error)).collect(),
        },
        other => other,
    }
}

type Answer = Result<Vec<Receipt>, Error>;

/// One request that waits.
struct Request {
    entries: Vec<Entry>,
    answer: oneshot::Sender<Answer>,
}

/// The queue before the task that writes.
pub(crate) struct Publisher {
    requests: mpsc::Sender<Request>,
    stopping: CancellationToken,
}

impl Publisher {
    /// Starts the task; the road's tracker owns it.
    pub(crate) fn start(store: Store, road: &Road) -> Self {
        let (requests, queue) = mpsc::channel(QUEUE);
        let stopping = CancellationToken::new();
        let task = run(store, road.clone(), queue, stopping.clone());
        road.tasks.spawn(task);
        Self { requests, stopping }
    }

    /// Takes nothing new. What is in the queue is still written.
    pub(crate) fn stop(&self) {
        self.stopping.cancel();
    }

    async fn publish(&self, entries: Vec<Entry>) -> Answer {
        let (answer, answered) = oneshot::channel();
        let place = timeout(PATIENCE, self.requests.reserve()).await.map_err(|_| Error::RateLimited { seconds: 1 })?;
        place.map_err(|_| closing())?.send(Request { entries, answer });
        answered.await.map_err(|_| closing())?
    }
}

fn closing() -> Error {
    Error::Unavailable(Arc::new(std::io::Error::other("the worker is going down")))
}

async fn run(store: Store, road: Road, mut queue: mpsc::Receiver<Request>, stopping: CancellationToken) {
    let mut held = None;
    loop {
        let first = match held.take() {
            Some(request) => request,
            None => tokio::select! {
                request = queue.recv() => match request {
                    Some(request) => request,
                    None => return,
                },
                () = stopping.cancelled(), if !queue.is_closed() => {
                    queue.close();
                    continue;
                }
            },
        };
        // One turn for the others: who is about to ask is in the same transaction, and not in one of its own after this.
        yield_now().await;
        let batch = gather(first, &mut queue, &mut held);
        settle(&store, &road, batch).await;
    }
}

/// What waits already, up to a batch; the request that would go beyond it is held for the next.
fn gather(first: Request, queue: &mut mpsc::Receiver<Request>, held: &mut Option<Request>) -> Vec<Request> {
    let mut size = first.entries.len();
    let mut batch = vec![first];
    while size < MAX_BATCH {
        let Ok(request) = queue.try_recv() else { break };
        size += request.entries.len();
        if size > MAX_BATCH {
            *held = Some(request);
            break;
        }
        batch.push(request);
    }
    batch
}

async fn settle(store: &Store, road: &Road, batch: Vec<Request>) {
    let (requests, waiting): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|request| (request.entries, request.answer)).unzip();
    let answers: Vec<Answer> = match write(store, road, requests).await {
        Ok(answers) => answers.into_iter().map(|answer| answer.map_err(own)).collect(),
        Err(error) => vec![Err(error.into()); waiting.len()],
    };
    for (waiter, answer) in waiting.into_iter().zip(answers) {
        // Whoever no longer waits has his event all the same.
        drop(waiter.send(answer));
    }
}

async fn write(store: &Store, road: &Road, requests: Vec<Vec<Entry>>) -> Result<Vec<Written>, StoreError> {
    let pending = store.publish(requests).await?;
    road.send(pending).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(entries: usize) -> Request {
        let draft = Draft {
            event: EventName::changed(&Room::Files),
            reason: Reason::Updated,
            worker: 1,
            scope: Scope::Room(Room::Files),
            id: "*".into(),
            data: None,
            rev: None,
            actor: None,
            origin: None,
        };
        Request { entries: vec![Entry { draft, key: None }; entries], answer: oneshot::channel().0 }
    }

    #[tokio::test]
    async fn a_batch_takes_what_waits_but_no_request_that_would_go_beyond_it() {
        let (sender, mut queue) = mpsc::channel(8);
        for entries in [100, 56, 1, 5] {
            sender.try_send(request(entries)).expect("room in the queue");
        }
        let mut held = None;

        let batch = gather(request(100), &mut queue, &mut held);

        assert_eq!(batch.iter().map(|request| request.entries.len()).collect::<Vec<_>>(), [100, 100, 56]);
        assert!(held.is_none());
        let batch = gather(request(MAX_BATCH - 3), &mut queue, &mut held);
        assert_eq!(batch.len(), 2);
        assert_eq!(held.map(|request| request.entries.len()), Some(5));
    }
}
