//! What is seen of an element.

use super::Tag;
use crate::{Code, Place};

/// The element that has just opened or that closes.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// The open elements, the present one last.
    pub(crate) path: &'a [Tag],
    /// The text of the element that closes, without the blanks around it; of one with children, what stands behind the last.
    pub(crate) text: &'a str,
    pub(super) attributes: &'a [(Tag, String)],
    /// What was odd in the text or the attributes.
    pub(crate) flaws: &'a [Flaw],
    /// Where the last row or number began.
    pub(crate) place: Place,
}

impl<'a> Seen<'a> {
    /// An attribute of the element that has opened.
    pub(crate) fn attribute(&self, name: Tag) -> Option<&'a str> {
        self.attributes.iter().find(|(tag, _)| *tag == name).map(|(_, value)| value.as_str())
    }

    /// The text, if there is any.
    pub(crate) fn kept(&self) -> Option<String> {
        (!self.text.is_empty()).then(|| self.text.to_owned())
    }
}

/// Something in a text that is no reason to stop.
pub(crate) struct Flaw {
    pub(crate) code: Code,
    pub(crate) place: Place,
    pub(crate) field: Tag,
    pub(crate) value: String,
}
