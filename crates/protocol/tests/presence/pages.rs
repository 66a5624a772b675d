//! One worker and its pages.

use lockstep_protocol::{
    Refusal, Room,
    presence::{Mode, Wish},
};
use serde_json::{Value, json};

use crate::{EDIT, VIEW, Worker, at, wish};

#[test]
fn what_a_page_shows_is_told_once_and_what_it_shows_no_more_too() {
    let mut worker = Worker::new("w");
    worker.show("a", "olga", "7", VIEW);
    assert_eq!(worker.turn(&mut [], at(0)), ["+a olga views 7"]);
    worker.show("a", "olga", "7", VIEW);
    assert_eq!(worker.turn(&mut [], at(0)), [""; 0], "said twice is told once");
    worker.show("a", "olga", "7", EDIT);
    worker.show("a", "olga", "*", VIEW);
    assert_eq!(worker.turn(&mut [], at(0)), ["+a olga views *", "+a olga edits 7"]);
    worker.show("a", "olga", "7", None);
    assert_eq!(worker.turn(&mut [], at(0)), ["-a 7"]);
    worker.show("a", "olga", "8", None);
    assert_eq!(worker.turn(&mut [], at(0)), [""; 0], "there was none to take away");
    assert_eq!(worker.files(), ["a olga views *"]);
}

#[test]
fn since_says_when_the_mode_began_whatever_field_one_is_in() {
    let mut worker = Worker::new("w");
    let field = |field: &str| Wish { field: Some(field.into()), ..wish("7", EDIT) };
    let since = |worker: &Worker| worker.0.state(&Room::Files).entries[0].since;

    worker.try_show("a", "olga", wish("7", VIEW), 10).expect("there is room");
    worker.try_show("a", "olga", field("name"), 20).expect("there is room");
    worker.try_show("a", "olga", field("category_id"), 30).expect("there is room");

    assert_eq!(since(&worker), 20);
    assert_eq!(worker.files(), ["a olga edits 7.category_id"]);
    worker.try_show("a", "olga", wish("7", VIEW), 40).expect("there is room");
    assert_eq!(since(&worker), 40);
}

#[test]
fn a_page_that_does_not_come_back_is_there_for_five_seconds() {
    let mut worker = Worker::new("w");
    worker.show("a", "olga", "7", EDIT);
    worker.turn(&mut [], at(0));

    worker.0.leave("a", at(10));
    worker.0.pass(at(14));
    assert_eq!((worker.turn(&mut [], at(14)), worker.files().len()), (vec![], 1));
    worker.0.pass(at(15));

    assert_eq!(worker.turn(&mut [], at(15)), ["-a 7"]);
    assert!(worker.0.is_empty());
}

#[test]
fn who_reloads_is_there_all_the_time_and_never_twice() {
    let mut worker = Worker::new("w");
    worker.show("a", "olga", "7", EDIT);
    worker.show("c", "vera", "7", VIEW);
    worker.turn(&mut [], at(0));

    worker.0.leave("a", at(10));
    worker.show("b", "vera", "7", VIEW);
    worker.show("b2", "olga", "8", VIEW);
    assert_eq!(worker.files().len(), 4, "somebody else, or elsewhere, does not mean that she is back");
    worker.turn(&mut [], at(10));
    worker.show("d", "olga", "7", VIEW);

    assert_eq!(worker.turn(&mut [], at(10)), ["+d olga views 7", "-a 7"]);
    worker.0.pass(at(100));
    assert_eq!(worker.turn(&mut [], at(100)), [""; 0]);
}

#[test]
fn what_one_may_not_show_any_more_is_gone_at_once() {
    let mut worker = Worker::new("w");
    worker.show("a", "olga", "7", EDIT);
    worker.show("a", "olga", "*", VIEW);
    worker.show("b", "vera", "7", EDIT);
    worker.turn(&mut [], at(0));

    worker.0.keep("a", |_, mode| mode == Mode::View);
    assert_eq!(worker.turn(&mut [], at(0)), ["-a 7"]);
    worker.0.keep("a", |entity, _| *entity != Room::Files);

    assert_eq!(worker.turn(&mut [], at(0)), ["-a *"]);
    assert_eq!(worker.files(), ["b vera edits 7"]);
    worker.0.leave("a", at(0));
    worker.show("a2", "olga", "7", VIEW);
    assert_eq!(worker.turn(&mut [], at(0)), ["+a2 olga views 7"]);
}

#[test]
fn each_entity_counts_its_own_diffs_and_a_state_says_how_many_came_before() {
    let mut worker = Worker::new("w");
    worker.show("a", "olga", "7", VIEW);
    worker.show("a", "olga", "8", VIEW);
    worker.try_show("a", "olga", Wish { entity: Room::Users, ..wish("1", VIEW) }, 1).expect("there is room");

    let first: Vec<_> = worker.0.turn().diffs.into_iter().map(|diff| (diff.entity, diff.n, diff.set.len())).collect();
    worker.show("a", "olga", "7", EDIT);
    let second: Vec<_> = worker.0.turn().diffs.into_iter().map(|diff| (diff.entity, diff.n, diff.set.len())).collect();

    assert_eq!(first, [(Room::Files, 1, 2), (Room::Users, 1, 1)]);
    assert_eq!(second, [(Room::Files, 2, 1)]);
    assert_eq!((worker.0.state(&Room::Files).n, worker.0.state(&Room::Groups).n), (2, 0));
}

#[test]
fn the_words_to_a_page_are_these() {
    let mut worker = Worker::new("w");
    let field = Wish { field: Some("name".into()), ..wish("7", EDIT) };
    worker.try_show("a", "5", field, 1_763_760_000_123).expect("there is room");
    let entry = json!({"tab": "a", "id": "7", "mode": "edit", "field": "name", "user": {"id": "5", "name": "5"},
        "since": 1_763_760_000_123_i64});

    let diff = serde_json::to_value(&worker.0.turn().diffs[0]).expect("string keys");
    assert_eq!(diff, json!({"entity": "files", "n": 1, "set": [entry], "gone": []}));
    let state = serde_json::to_value(worker.0.state(&Room::Files)).expect("string keys");
    assert_eq!(state, json!({"entity": "files", "n": 1, "entries": [entry]}));
    worker.show("a", "5", "7", None);
    let diff = serde_json::to_value(&worker.0.turn().diffs[0]).expect("string keys");
    assert_eq!(diff, json!({"entity": "files", "n": 2, "set": [], "gone": [{"tab": "a", "id": "7"}]}));
    assert_eq!(worker.files(), [""; 0]);
}

fn read(payload: &Value) -> Result<String, Refusal> {
    let Wish { entity, id, mode, field } = Wish::parse(payload)?;
    Ok(format!("{entity} {id} {mode:?} {field:?}"))
}

#[test]
fn a_wish_is_of_the_agreed_shape_or_refused() {
    let longest = "й".repeat(64);
    let full = json!({"entity": "files", "id": longest, "mode": "edit", "field": longest, "more": 1});
    assert_eq!(read(&full), Ok(format!("files {longest} Some(Edit) Some({longest:?})")));
    let none = json!({"entity": "registrators", "id": "*", "mode": null, "field": null});
    assert_eq!(read(&none), Ok("registrators * None None".into()));

    for wrong in [
        json!(null),
        json!({}),
        json!({"entity": "files", "id": "7"}),
        json!({"entity": "files", "id": 7, "mode": "view"}),
        json!({"entity": "files", "id": "", "mode": "view"}),
        json!({"entity": "files", "id": "й".repeat(65), "mode": "view"}),
        json!({"entity": "files", "id": "a\u{0}b", "mode": "view"}),
        json!({"entity": "files", "id": "7", "mode": "write"}),
        json!({"entity": "files", "id": "7", "mode": 1}),
        json!({"entity": "files", "id": "7", "mode": "view", "field": 7}),
        json!({"entity": "files", "id": "7", "mode": "view", "field": "й".repeat(65)}),
        json!({"entity": "flies", "id": "7", "mode": "view"}),
        json!({"entity": "logs", "id": "7", "mode": "view"}),
        json!({"entity": "user:5", "id": "7", "mode": "view"}),
    ] {
        assert_eq!(read(&wrong), Err(Refusal::BadRequest), "{wrong}");
    }
}
