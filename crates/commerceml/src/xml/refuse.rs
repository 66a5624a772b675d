//! What a document is refused for, and where.

use std::io::Read;

use quick_xml::{
    Error as XmlError,
    errors::{IllFormedError, SyntaxError},
};

use super::{input::Failure, walker::Walker};
use crate::{Error, Refusal, Why, error::excerpt};

impl<R: Read> Walker<R> {
    /// Refuses what the parser has just read, and so where that began.
    pub(crate) fn refuse(&mut self, why: Why) -> Error {
        let place = self.xml.get_mut().event_place();
        Refusal { name: self.file.to_string(), place: Some(place), why }.into()
    }

    /// Refuses where the parser stands.
    pub(super) fn refuse_here(&mut self, why: Why) -> Error {
        let place = self.xml.get_mut().place();
        Refusal { name: self.file.to_string(), place: Some(place), why }.into()
    }

    /// What the parser could not read, said in our words.
    pub(super) fn broken(&mut self, error: XmlError, event: &[u8]) -> Error {
        match self.xml.get_mut().take_failure() {
            Some(Failure::Disk(error)) => return Error::io(&*self.file, error),
            Some(Failure::Refused(why @ Why::TextSize(_))) => return self.refuse(why),
            Some(Failure::Refused(why)) => return self.refuse_here(why),
            None => {}
        }
        let why = match error {
            XmlError::Encoding(_) => return self.bad_bytes(event),
            XmlError::Syntax(SyntaxError::UnclosedDoctype) => Why::Doctype,
            XmlError::IllFormed(IllFormedError::MissingDoctypeName) => Why::Doctype,
            XmlError::Syntax(_) | XmlError::IllFormed(IllFormedError::UnclosedReference)
                if self.xml.get_mut().is_at_end() =>
            {
                return self.refuse_here(Why::Truncated);
            }
            XmlError::IllFormed(IllFormedError::UnclosedReference) => {
                Why::Malformed("an `&` begins no reference; it is written `&amp;`".to_owned())
            }
            other => Why::Malformed(excerpt(&other.to_string())),
        };
        self.refuse(why)
    }

    /// The parser has taken the whole event, of which some bytes mean nothing; those of half a character at the very end would have meant
    /// something.
    fn bad_bytes(&mut self, event: &[u8]) -> Error {
        let Err(error) = std::str::from_utf8(event) else {
            return self.refuse(Why::BadBytes("UTF-8"));
        };
        let place = self.xml.get_mut().event_place().after(&event[..error.valid_up_to()]);
        let why = match error.error_len().is_none() && self.xml.get_mut().is_at_end() {
            true => Why::Truncated,
            false => Why::BadBytes("UTF-8"),
        };
        Refusal { name: self.file.to_string(), place: Some(place), why }.into()
    }
}
