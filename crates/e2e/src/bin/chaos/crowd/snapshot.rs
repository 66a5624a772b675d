//! Fetching the data of a room together with its position.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use http::Method;
use lockstep_e2e::{Api, http as wire};
use lockstep_protocol::{Position, Room};
use serde_json::Value;
use tokio::time::{sleep, timeout};

/// How long an answer may take before the request is made again.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(300);

/// Data as of a position.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Whose.
    pub(crate) room: Room,
    /// Which fetch it is.
    pub(crate) number: u64,
    /// As of when.
    pub(crate) position: Position,
    /// The rows and their revisions.
    pub(crate) rows: HashMap<String, i64>,
}

/// Tries until there is an answer.
pub(crate) async fn fetch(person: &Api, room: Room, number: u64) -> Snapshot {
    loop {
        if let Ok(Some((position, rows))) = timeout(ANSWER_LIMIT, list(person, &room)).await {
            return Snapshot { room, number, position, rows };
        }
        sleep(PAUSE).await;
    }
}

async fn list(person: &Api, room: &Room) -> Option<(Position, HashMap<String, i64>)> {
    let path = format!("/api/{room}?per_page=500");
    let headers = [("cookie", person.cookie.as_str())];
    let reply = wire::send(&person.address, Method::GET, &path, &headers, Bytes::new()).await.ok()?;
    let position = reply.header("x-sync-position").parse().ok()?;
    let body = reply.json();
    let row = |row: &Value| Some((row["id"].as_str()?.to_owned(), row["rev"].as_i64()?));
    let rows = body["items"].as_array()?.iter().map(row).collect::<Option<_>>()?;
    Some((position, rows))
}
