//! Rows as lines of CSV, in the words of the reader's language.
//!
//! A person's file: headings instead of names of fields, the names of other rows instead of their ids, yes and no.

use csv::{Terminator, WriterBuilder};
use jiff::Timestamp;
use lockstep_app::Entity;
use serde_json::{Map, Value};

use super::language::Language;

/// What a spreadsheet takes for the beginning of a formula, or passes over before one.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Columns before and after the entity's own.
const BEFORE: [&str; 1] = ["id"];
const AFTER: [&str; 3] = ["created_at", "updated_at", "updated_by"];

/// How the rows of an entity become lines.
pub(super) struct Sheet {
    language: Language,
    columns: Vec<Column>,
}

struct Column {
    heading: String,
    field: String,
}

impl Sheet {
    pub(super) fn new(entity: Entity, language: Language) -> Self {
        let own: Vec<&str> = entity.fields().collect();
        let names = own.iter().filter_map(|field| named(field, &own)).collect::<Vec<String>>();
        let shown = own.iter().filter(|field| !names.iter().any(|name| name == *field));
        let fields = BEFORE.iter().chain(shown).chain(&AFTER);
        let column = |field: &&str| Column {
            heading: heading(entity, language, field),
            field: named(field, &own).unwrap_or_else(|| (*field).to_owned()),
        };
        Self { language, columns: fields.map(column).collect() }
    }

    /// The line of headings.
    pub(super) fn head(&self) -> String {
        lines([self.columns.iter().map(|column| safe(column.heading.clone()))])
    }

    /// The lines of rows as the API gives them.
    pub(super) fn rows(&self, rows: &[Value]) -> String {
        lines(rows.iter().map(|row| self.columns.iter().map(|column| safe(self.cell(column, &row[&column.field])))))
    }

    /// A time that the API gives in milliseconds is written as the others are.
    fn cell(&self, column: &Column, value: &Value) -> String {
        let ms = value.as_i64().filter(|_| column.field.ends_with("_at"));
        let time = ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        time.map_or_else(|| self.text(value), |time| format!("{time:.3}"))
    }

    fn text(&self, value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::Bool(flag) => self.language.message(if *flag { "word.yes" } else { "word.no" }, &Map::new()),
            Value::String(text) => text.clone(),
            Value::Array(items) => items.iter().map(|item| self.text(item)).collect::<Vec<_>>().join(", "),
            // Who changed it.
            Value::Object(members) => self.text(members.get("name").unwrap_or(&Value::Null)),
            Value::Number(number) => number.to_string(),
        }
    }
}

/// The field that has the name of what `field` refers to, if it refers to anything.
fn named(field: &str, all: &[&str]) -> Option<String> {
    let name = format!("{}_name", field.strip_suffix("_id")?);
    all.contains(&name.as_str()).then_some(name)
}

/// As the pages call it: in its entity or in general.
fn heading(entity: Entity, language: Language, field: &str) -> String {
    let own = format!("col.{entity}.{field}");
    let text = language.message(&own, &Map::new());
    if text == own { language.message(&format!("col.{field}"), &Map::new()) } else { text }
}

/// A line of other people's text.
pub(super) fn line(cells: impl Iterator<Item = String>) -> String {
    lines([cells.map(safe)])
}

/// The same as text that no spreadsheet runs.
fn safe(text: String) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text }
}

fn lines<L: IntoIterator<Item = String>>(all: impl IntoIterator<Item = L>) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for line in all {
        writer.write_record(line).expect("memory takes everything, and all lines have the same columns");
    }
    let bytes = writer.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("made of texts")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_stand_in_the_place_of_ids_and_every_column_has_a_heading() {
        for (language, word) in [(Language::English, "Category"), (Language::Russian, "Категория")] {
            for entity in Entity::ALL {
                let head = Sheet::new(entity, language).head();
                assert!(!head.contains("col.") && !head.contains('_') && head.ends_with("\r\n"), "{entity}: {head}");
            }
            assert!(Sheet::new(Entity::Files, language).head().contains(word));
        }
    }

    #[test]
    fn a_row_is_written_for_people() {
        let sheet = Sheet::new(Entity::Users, Language::English);
        let row = json!({"id": "7", "rev": 3, "created_at": "2025-11-22T09:30:00.123Z", "updated_at": "2025-11-22T09:31:00.000Z",
            "updated_by": {"id": "1", "name": "Анна"}, "login": "anna", "name": "Ветрова, \"А.\"\nАнна", "email": null,
            "group_id": "2", "group_name": "Редакторы", "enabled": false, "seen_at": 1_763_803_800_123_i64});

        assert_eq!(sheet.head(), "ID,Login,Name,Email,Group,May sign in,Last seen,Created,Changed,Changed by\r\n");
        assert_eq!(
            sheet.rows(&[row]),
            "7,anna,\"Ветрова, \"\"А.\"\"\nАнна\",,Редакторы,no,2025-11-22T09:30:00.123Z,2025-11-22T09:30:00.123Z,2025-11-22T09:31:00.000Z,Анна\r\n"
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(safe(text.to_owned()), format!("'{text}"));
        }
        for text in ["", "1-1", "a=b", "'=1", " =1"] {
            assert_eq!(safe(text.to_owned()), text);
        }
    }
}
