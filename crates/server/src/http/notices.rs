//! What persons are told: telling, looking, and marking as read.

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode};
use lockstep_app::{FieldError, FieldErrors, NewNotice, NoticeQuery, Notified, Right, To, WINDOW};
use lockstep_protocol::NoticeStatus;
use serde_json::{Value, json};

use super::{
    Face, SYNC_POSITION,
    body::JsonBytes,
    entities::{Id, Words},
    identity::Signed,
    page::Page,
    problem::Problem,
    publish::{Members, Reader, members},
};

/// One's notices with how many are unread, or the number alone.
type Answer = Result<Json<Value>, Problem>;

pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/api/notifications", get(list).post(notify))
        .route("/api/notifications/read-all", post(read_all))
        .route("/api/notifications/{id}/read", post(read))
        .route("/api/notifications/{id}/archive", post(archive))
}

async fn notify(
    State(face): State<Face>,
    signed: Signed,
    body: JsonBytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    // Before the body is judged: who may not notify is told so first.
    signed.caller.must(Right::Notify)?;
    let (to, notice) = understand(members(&body)?).map_err(Problem::invalid)?;
    let Notified { id, recipients } = face.worker.app.notify(&signed.caller, &to, notice).await?;
    Ok((StatusCode::CREATED, Json(json!({"id": id, "recipients": recipients}))))
}

async fn list(State(face): State<Face>, signed: Signed, words: Words) -> Result<(HeaderMap, Json<Value>), Problem> {
    let axum::extract::Query(words) = words.map_err(|_| Problem::bad_request())?;
    // The language of error messages is no filter.
    let query = NoticeQuery::read(words.into_iter().filter(|(name, _)| name != "lang"))?;
    let page = face.worker.app.notices(&signed.caller, &query).await?;
    let position = HeaderValue::from_str(&page.position.to_string()).map_err(|_| Problem::internal())?;
    let body = json!({"items": page.items, "unread": page.unread, "next": page.next});
    Ok((HeaderMap::from_iter([(SYNC_POSITION, position)]), Json(body)))
}

async fn read(State(face): State<Face>, signed: Signed, Page(origin): Page, Id(id): Id) -> Answer {
    Ok(left(face.worker.app.read_notice(&signed.caller, &id, origin.as_deref()).await?))
}

async fn archive(State(face): State<Face>, signed: Signed, Page(origin): Page, Id(id): Id) -> Answer {
    Ok(left(face.worker.app.archive_notice(&signed.caller, &id, origin.as_deref()).await?))
}

async fn read_all(State(face): State<Face>, signed: Signed, Page(origin): Page) -> Answer {
    Ok(left(face.worker.app.read_all_notices(&signed.caller, origin.as_deref()).await?))
}

fn left(unread: i64) -> Json<Value> {
    Json(json!({ "unread": unread }))
}

fn understand(members: Members) -> Result<(To, NewNotice), FieldErrors> {
    let mut reader = Reader::new(members);
    let (kind, message, key) = (reader.text("type"), reader.perhaps("message"), reader.perhaps("key"));
    let (to, status, data) = (to(&mut reader), status(&mut reader), reader.take("data"));
    let errors = reader.finish();
    match (kind, to) {
        (Some(kind), Some(to)) if errors.is_empty() => Ok((
            to,
            NewNotice { kind, data, message, status, key, window: WINDOW, once: false, times: 1, counted: false },
        )),
        _ => Err(errors),
    }
}

fn to(reader: &mut Reader) -> Option<To> {
    let Some(raw) = reader.take("to") else {
        reader.wrong("to", FieldError::new("field.required"));
        return None;
    };
    let to = serde_json::from_str(raw.get()).ok().and_then(|to| addressee(&to));
    if to.is_none() {
        reader.wrong("to", FieldError::new("field.not_an_addressee"));
    }
    to
}

fn status(reader: &mut Reader) -> Option<NoticeStatus> {
    let word = reader.perhaps("status")?;
    let status = word.parse();
    let allowed = NoticeStatus::ALL.map(NoticeStatus::name);
    let wrong = || FieldError::new("field.not_allowed").with("allowed", allowed.as_slice());
    status.inspect_err(|_| reader.wrong("status", wrong())).ok()
}

/// `{user: id or login}`, `{group: id or name}` or `{all: true}`, and nothing besides.
fn addressee(to: &Value) -> Option<To> {
    let members = to.as_object().filter(|members| members.len() == 1)?;
    let (whom, value) = members.iter().next()?;
    let name = match value {
        Value::String(name) if !name.is_empty() => Some(name.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    };
    match whom.as_str() {
        "user" => name.map(To::User),
        "group" => name.map(To::Group),
        "all" => (*value == Value::Bool(true)).then_some(To::All),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_body(body: &str) -> Result<(To, NewNotice), FieldErrors> {
        understand(serde_json::from_str(body).expect("an object"))
    }

    #[test]
    fn an_addressee_is_one_of_three() {
        let check = |to: Value, expected: Option<To>| assert_eq!(addressee(&to), expected, "{to}");

        check(json!({"user": "anna"}), Some(To::User("anna".into())));
        check(json!({"user": 7}), Some(To::User("7".into())));
        check(json!({"group": "Storekeepers"}), Some(To::Group("Storekeepers".into())));
        check(json!({"all": true}), Some(To::All));
        for none in
            [json!({}), json!({"all": false}), json!({"user": ""}), json!({"user": "a", "all": true}), json!("a")]
        {
            check(none, None);
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = read_body(r#"{"to": {"everybody": true}, "type": 7, "status": "fine", "colour": "red"}"#)
            .expect_err("four");

        let wrong: Vec<_> = wrong.iter().map(|(field, error)| (field.as_str(), error.code)).collect();
        let expected = [
            ("colour", "field.unknown"),
            ("status", "field.not_allowed"),
            ("to", "field.not_an_addressee"),
            ("type", "field.not_a_string"),
        ];
        assert_eq!(wrong, expected);
        let wrong = read_body("{}").expect_err("two");
        assert_eq!(wrong.into_keys().collect::<Vec<_>>(), ["to", "type"]);
    }

    #[test]
    fn data_are_passed_on_as_they_stand() {
        let body = r#"{"to":{"all":true},"type":"x","status":null,"data":{"b": 1.10, "a":[ ]}}"#;

        let (_, notice) = read_body(body).expect("right");

        assert_eq!(notice.data.expect("some").get(), r#"{"b": 1.10, "a":[ ]}"#);
    }
}
