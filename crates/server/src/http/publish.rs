//! Events that belong to no row, and what is known of those that were.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use lockstep_app::{Error, FieldError, FieldErrors, Publication, Receipt, Right};
use lockstep_protocol::{
    Position, Record, Room,
    presence::{ENTITIES, Present},
};
use lockstep_sync_manager::WorkerInfo;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use super::{
    Face,
    body::{JsonBytes, not_an_object},
    identity::Signed,
    page::Page,
    problem::Problem,
};

/// Changes that are given when nothing is said.
const CHANGES: u32 = 50;

/// A JSON object whose members are not looked into yet.
pub(super) type Members = BTreeMap<String, Box<RawValue>>;

/// One publication, or several in an array: all of them or none.
pub(super) async fn publish(
    State(face): State<Face>,
    signed: Signed,
    Page(origin): Page,
    body: JsonBytes,
) -> Result<Json<Value>, Problem> {
    // Before the body is judged: who may not publish is told so first.
    signed.caller.must(Right::Publish)?;
    let several = body.0.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let publications = if several { read_all(&body)? } else { vec![read(members(&body)?).map_err(Problem::invalid)?] };
    let receipts = face.worker.app.publish(&signed.caller, publications, origin.as_deref()).await?;
    let mut answers = receipts.iter().map(answer);
    Ok(Json(if several { answers.collect() } else { answers.next().ok_or_else(Problem::internal)? }))
}

fn answer(receipt: &Receipt) -> Value {
    json!({"seq": receipt.seq, "epoch": receipt.epoch, "duplicate": receipt.duplicate})
}

/// Of a JSON text that is no object; of no JSON the place where it breaks.
pub(super) fn members(body: &JsonBytes) -> Result<Members, Problem> {
    let raw: Box<RawValue> = body.parse()?;
    serde_json::from_str(raw.get()).map_err(|_| not_an_object())
}

/// All that is wrong with all of them, at once.
fn read_all(body: &JsonBytes) -> Result<Vec<Publication>, Problem> {
    let all: Vec<Box<RawValue>> = body.parse()?;
    let all = all.iter().map(|raw| serde_json::from_str(raw.get()).map_err(|_| not_an_object()));
    let all = all.collect::<Result<Vec<Members>, Problem>>()?;
    let (mut publications, mut errors) = (Vec::with_capacity(all.len()), FieldErrors::new());
    for (n, members) in all.into_iter().enumerate() {
        match read(members) {
            Ok(publication) => publications.push(publication),
            Err(wrong) => errors.extend(wrong.into_iter().map(|(field, error)| (format!("{n}.{field}"), error))),
        }
    }
    if errors.is_empty() { Ok(publications) } else { Err(Problem::invalid(errors)) }
}

fn read(members: Members) -> Result<Publication, FieldErrors> {
    let mut reader = Reader::new(members);
    let (event, reason, id) = (reader.text("event"), reader.text("reason"), reader.text("id"));
    let (room, scope, key) = (reader.perhaps("room"), reader.perhaps("scope"), reader.perhaps("key"));
    let data = reader.take("data");
    let errors = reader.finish();
    match (event, reason, id) {
        (Some(event), Some(reason), Some(id)) if errors.is_empty() => {
            Ok(Publication { event, reason, id, data, room, scope, key })
        }
        _ => Err(errors),
    }
}

/// Takes members out of an object and notes what is wrong with it. Data stay as they were written.
pub(super) struct Reader {
    pub(super) members: Members,
    pub(super) errors: FieldErrors,
}

impl Reader {
    pub(super) fn new(members: Members) -> Self {
        Self { members, errors: FieldErrors::new() }
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let given = self.members.get(name).is_some_and(|raw| raw.get() != "null");
        let text = self.perhaps(name);
        if !given {
            self.errors.insert(name.to_owned(), FieldError::new("field.required"));
        }
        text
    }

    /// What is given as null is left out.
    pub(super) fn take(&mut self, name: &str) -> Option<Box<RawValue>> {
        self.members.remove(name).filter(|raw| raw.get() != "null")
    }

    /// A text that may be there.
    pub(super) fn perhaps(&mut self, name: &str) -> Option<String> {
        let raw = self.take(name)?;
        let text = serde_json::from_str(raw.get());
        text.inspect_err(|_| drop(self.errors.insert(name.to_owned(), FieldError::new("field.not_a_string")))).ok()
    }

    pub(super) fn wrong(&mut self, name: &str, error: FieldError) {
        self.errors.insert(name.to_owned(), error);
    }

    /// What was wrong, and what is left over.
    pub(super) fn finish(self) -> FieldErrors {
        let Self { members, mut errors } = self;
        errors.extend(members.into_keys().map(|name| (name, FieldError::new("field.unknown"))));
        errors
    }
}

#[derive(Deserialize)]
pub(super) struct OfRoom {
    room: Option<String>,
}

/// How far the ledger has come.
pub(super) async fn position(
    State(face): State<Face>,
    signed: Signed,
    query: Result<Query<OfRoom>, QueryRejection>,
) -> Result<Json<Position>, Problem> {
    let Query(OfRoom { room }) = query.map_err(|_| Problem::bad_request())?;
    let unknown = |name: &str| Error::BadRoom { room: name.chars().take(64).collect() };
    let room = room.map(|name| name.parse::<Room>().map_err(|_| no_room(unknown(&name)))).transpose()?;
    Ok(Json(face.worker.app.position(&signed.caller, room.as_ref()).await.map_err(no_room)?))
}

/// Who asks about a room that is none is told which there are.
fn no_room(error: Error) -> Problem {
    let named = matches!(error, Error::BadRoom { .. });
    let problem = Problem::from(error);
    if !named {
        return problem;
    }
    let rooms: Vec<String> = Room::NAMED.iter().map(ToString::to_string).collect();
    problem.with("rooms", rooms.join(", ")).saying("error.no_room")
}

#[derive(Deserialize)]
pub(super) struct HowMany {
    limit: Option<u32>,
}

/// What is listed.
#[derive(Serialize)]
pub(super) struct Items<T> {
    items: Vec<T>,
}

/// The newest changes in the rooms that one may join.
pub(super) async fn changes(
    State(face): State<Face>,
    signed: Signed,
    query: Result<Query<HowMany>, QueryRejection>,
) -> Result<Json<Items<Record>>, Problem> {
    let Query(HowMany { limit }) = query.map_err(|_| Problem::bad_request())?;
    let items = face.worker.app.changes(&signed.caller, limit.unwrap_or(CHANGES)).await?;
    Ok(Json(Items { items }))
}

/// Who is present, at the entities whose rows the caller may see.
pub(super) async fn presence(State(face): State<Face>, signed: Signed) -> Result<Json<Items<Present>>, Problem> {
    let mut items = Vec::new();
    for entity in ENTITIES.into_iter().filter(|entity| signed.caller.may_join(entity)) {
        let state = face.worker.sync.present(entity).await.map_err(|_| Problem::unavailable())?;
        items.extend(state.entries.into_iter().map(|entry| Present { entity: state.entity.clone(), entry }));
    }
    Ok(Json(Items { items }))
}

/// How the workers are.
pub(super) async fn workers(State(face): State<Face>, signed: Signed) -> Result<Json<Items<WorkerInfo>>, Problem> {
    signed.caller.must(Right::Admin)?;
    let items = face.worker.sync.workers().await.map_err(|_| Problem::unavailable())?;
    Ok(Json(Items { items }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(body: &str) -> Vec<(String, &'static str)> {
        let errors = read(serde_json::from_str(body).expect("an object")).expect_err(body);
        errors.into_iter().map(|(field, error)| (field, error.code)).collect()
    }

    #[test]
    fn every_wrong_field_is_named() {
        assert_eq!(
            wrong(r#"{"event": 1, "id": "7", "colour": "red", "room": []}"#),
            [
                ("colour".to_owned(), "field.unknown"),
                ("event".to_owned(), "field.not_a_string"),
                ("reason".to_owned(), "field.required"),
                ("room".to_owned(), "field.not_a_string"),
            ]
        );
    }

    #[test]
    fn null_is_as_good_as_left_out() {
        let body = r#"{"event":"e","reason":"added","id":"1","data":null,"room":null,"scope":null,"key":null}"#;

        let publication = read(serde_json::from_str(body).expect("an object")).expect("right");

        assert!(publication.data.is_none() && publication.key.is_none());
        assert_eq!((publication.room, publication.scope), (None, None));
        assert_eq!(wrong(r#"{"event": null, "reason": "added", "id": "1"}"#), [("event".to_owned(), "field.required")]);
    }

    #[test]
    fn data_is_passed_on_as_it_stands() {
        let body = r#"{"event":"e","reason":"added","id":"1","data":{"b": 1.10, "a":[ ]}}"#;

        let publication = read(serde_json::from_str(body).expect("an object")).expect("right");

        assert_eq!(publication.data.expect("some").get(), r#"{"b": 1.10, "a":[ ]}"#);
    }
}
