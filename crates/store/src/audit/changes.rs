//! What is different between two states of a row, in the fields that people edit.

use serde_json::{Map, Value as Json};

use super::Edit;
use crate::entity::Entity;

type Row = Map<String, Json>;

/// The changes of one edit: of a new row all that it has, of a deleted one all that it had. None where the state before is not known.
pub(super) fn of(entity: Entity, reason: &str, rev: i64, row: &Row, before: Option<&Edit>) -> Option<Json> {
    let nothing = Row::new();
    let (from, to) = match reason {
        "added" => (&nothing, row),
        "deleted" => (row, &nothing),
        _ => (before.filter(|(known, _)| known + 1 == rev).and_then(|(_, row)| row.as_ref())?, row),
    };
    let whole = from.is_empty() || to.is_empty();
    let columns = entity.table().columns.iter().filter(|column| !column.hidden).map(|column| column.name);
    let changed = columns.filter_map(|name| Some((name.to_owned(), change(name, from, to, whole)?)));
    Some(Json::Object(changed.collect()))
}

/// The change of one field. One that only the other state has was added to rows in between by another build: no person changed it.
fn change(name: &str, from: &Row, to: &Row, whole: bool) -> Option<Json> {
    let (was, is) = (from.get(name), to.get(name));
    if was == is || (!whole && (was.is_none() || is.is_none())) {
        return None;
    }
    let value = |side: Option<&Json>| side.cloned().unwrap_or_default();
    let mut change = Row::from_iter([("from".to_owned(), value(was)), ("to".to_owned(), value(is))]);
    if let Some(stem) = name.strip_suffix("_id") {
        // What it refers to has a name beside it in the row.
        let named = format!("{stem}_name");
        change.insert("from_name".to_owned(), value(from.get(&named)));
        change.insert("to_name".to_owned(), value(to.get(&named)));
    }
    (value(was) != value(is)).then_some(Json::Object(change))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: &Json) -> Row {
        value.as_object().cloned().expect("an object")
    }

    fn check(reason: &str, before: Option<(i64, &Json)>, now: &Json, expect: Option<&Json>) {
        let before = before.map(|(rev, value)| (rev, Some(row(value))));
        assert_eq!(of(Entity::Files, reason, 5, &row(now), before.as_ref()).as_ref(), expect);
    }

    #[test]
    fn only_what_people_edit_is_compared() {
        let was = json!({"name": "a", "size": 1, "rev": 4, "updated_at": "x", "registrator_name": "old"});
        let now = json!({"name": "b", "size": 1, "rev": 5, "updated_at": "y", "registrator_name": "new"});
        check("updated", Some((4, &was)), &now, Some(&json!({"name": {"from": "a", "to": "b"}})));
    }

    #[test]
    fn a_reference_has_the_names_of_both() {
        let was = json!({"category_id": "1", "category_name": "Letters"});
        let now = json!({"category_id": null, "category_name": null});
        let change = json!({"from": "1", "to": null, "from_name": "Letters", "to_name": null});
        check("updated", Some((4, &was)), &now, Some(&json!({ "category_id": change })));
    }

    #[test]
    fn what_comes_from_nothing_or_goes_to_nothing_is_told_whole() {
        let now = json!({"name": "a", "note": null});
        check("added", None, &now, Some(&json!({"name": {"from": null, "to": "a"}})));
        check("deleted", Some((4, &now)), &now, Some(&json!({"name": {"from": "a", "to": null}})));
    }

    #[test]
    fn where_the_state_before_is_not_known_nothing_is_said() {
        check("updated", None, &json!({"name": "a"}), None);
        check("updated", Some((3, &json!({"name": "a"}))), &json!({"name": "b"}), None);
        assert_eq!(of(Entity::Files, "updated", 5, &Row::new(), Some(&(4, None))), None);
    }

    /// A build that adds a column writes rows with it beside those that have none.
    #[test]
    fn a_field_that_another_build_added_is_nobodys_change() {
        let (without, with) = (json!({"name": "a"}), json!({"name": "a", "note": ""}));
        check("updated", Some((4, &without)), &with, Some(&json!({})));
        check("updated", Some((4, &with)), &without, Some(&json!({})));
    }
}
