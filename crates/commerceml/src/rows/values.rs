//! What several kinds of rows have alike.

use super::Sink;
use crate::{
    Code, PropertyValue,
    number::is_no_value,
    xml::{Seen, Tag},
};

/// Whether the row's own element (with an empty path, by its attribute) or a child of it marks the row as deleted.
pub(super) fn is_deleted(path: &[Tag], element: Seen<'_>) -> bool {
    match path {
        [] => element.attribute(Tag::Status) == Some("Удален"),
        [Tag::DeletionMark] => ["true", "1", "истина"].contains(&element.text.to_lowercase().as_str()),
        [Tag::Status] => element.text == "Удален",
        _ => false,
    }
}

/// Reads `ЗначенияСвойств`.
#[derive(Default)]
pub(super) struct Values {
    pub(super) read: Vec<PropertyValue>,
    next: PropertyValue,
}

impl Values {
    /// An element below `ЗначенияСвойств` closes; the path begins there.
    pub(super) fn close(&mut self, path: &[Tag], element: Seen<'_>, sink: &mut Sink<'_>) {
        match path {
            [Tag::PropertyValue, Tag::Id] => {
                let property = sink.reference(sink.head.place, Tag::PropertyValue, element.text);
                self.next.property = property.unwrap_or_default();
            }
            [Tag::PropertyValue, Tag::Value] if !is_no_value(element.text) => {
                self.next.values.push(element.text.to_owned());
            }
            [Tag::PropertyValue] => self.end(sink),
            _ => {}
        }
    }

    fn end(&mut self, sink: &mut Sink<'_>) {
        let value = std::mem::take(&mut self.next);
        match (value.values.first(), value.property.is_empty()) {
            (None, _) => {}
            (Some(_), false) => self.read.push(value),
            (Some(text), true) => sink.problem(Code::NoId, sink.head.place, Tag::PropertyValue, text),
        }
    }
}
