//! The walk through a document, one element's beginning or end after the other.

use std::{io::Read, mem, sync::Arc};

use quick_xml::{
    Reader,
    events::{BytesDecl, BytesRef, BytesStart, Event},
};

use super::{
    encoding,
    input::Input,
    seen::{Flaw, Seen},
    tag::Tag,
    text::{Text, attribute_value, resolve},
};
use crate::{Code, Error, Limits, Place, Why, error::excerpt};

/// What happened next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The last element of the path has begun; its attributes are known.
    Open,
    /// The last element of the path ends; its text is known. The path loses it with the next step.
    Close,
    /// The document is complete.
    End,
}

/// A document being walked through. After an error it must not be asked again.
pub(crate) struct Walker<R> {
    pub(super) xml: Reader<Input<R>>,
    pub(super) file: Arc<str>,
    limits: Limits,
    buffer: Vec<u8>,
    path: Vec<Tag>,
    text: Text,
    attributes: Vec<(Tag, String)>,
    flaws: Vec<Flaw>,
    place: Place,
    last: Last,
    root: Option<Tag>,
    /// Whether anything, be it a comment, came before; a declaration must be first.
    begun: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Other,
    /// An element that opens and closes in one tag was opened.
    EmptyTag,
    Close,
}

impl<R: Read> Walker<R> {
    pub(crate) fn new(file: Arc<str>, input: R, limits: &Limits) -> Self {
        let mut xml = Reader::from_reader(Input::new(input, limits));
        xml.config_mut().check_end_names = true;
        Self {
            xml,
            file,
            limits: limits.clone(),
            buffer: Vec::new(),
            path: Vec::new(),
            text: Text::default(),
            attributes: Vec::new(),
            flaws: Vec::new(),
            place: Place::START,
            last: Last::Other,
            root: None,
            begun: false,
        }
    }

    /// Goes on to the next beginning or end.
    pub(crate) fn step(&mut self) -> Result<Step, Error> {
        self.flaws.clear();
        match mem::replace(&mut self.last, Last::Other) {
            Last::EmptyTag => return Ok(self.close()),
            Last::Close => {
                self.path.pop();
                self.text.clear();
            }
            Last::Other => {}
        }
        let mut buffer = mem::take(&mut self.buffer);
        let step = self.read(&mut buffer);
        self.buffer = buffer;
        step
    }

    /// The present element.
    pub(crate) fn seen(&self) -> Seen<'_> {
        Seen {
            path: &self.path,
            text: self.text.trimmed(),
            attributes: &self.attributes,
            flaws: &self.flaws,
            place: self.place,
        }
    }

    /// Bytes read of the file.
    pub(crate) fn bytes(&self) -> u64 {
        self.xml.get_ref().bytes()
    }

    /// Takes the SHA-256 of the file, of which nothing must have been read.
    pub(crate) fn begin_digest(&mut self) {
        self.xml.get_mut().begin_digest();
    }

    /// The SHA-256 of the file so far, if it was taken.
    pub(crate) fn digest(&self) -> Option<[u8; 32]> {
        self.xml.get_ref().digest()
    }

    /// The name of the file's encoding.
    pub(crate) fn encoding(&self) -> &'static str {
        self.xml.get_ref().chosen().map_or("UTF-8", |chosen| encoding::name(chosen.encoding))
    }

    /// Where the document ends.
    pub(crate) fn end_place(&mut self) -> Place {
        self.xml.get_mut().place()
    }

    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<Step, Error> {
        loop {
            buffer.clear();
            self.xml.get_mut().begin_event();
            let event = match self.xml.read_event_into(buffer) {
                Ok(event) => event,
                Err(error) => return Err(self.broken(error, buffer)),
            };
            match event {
                Event::Text(piece) => self.add(&piece)?,
                Event::CData(piece) => self.add(&piece)?,
                Event::GeneralRef(reference) => self.add_reference(&reference)?,
                Event::Start(tag) => return self.open(&tag, Last::Other),
                Event::Empty(tag) => return self.open(&tag, Last::EmptyTag),
                Event::End(_) => return Ok(self.close()),
                Event::Decl(declaration) => self.declared(&declaration)?,
                Event::DocType(_) => return Err(self.refuse(Why::Doctype)),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => return self.end(),
            }
            self.begun = true;
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>, last: Last) -> Result<Step, Error> {
        let name = Tag::of_any(tag.name().into_inner());
        if self.path.is_empty() {
            self.begin_root(name, tag)?;
        }
        if self.path.len() >= self.limits.depth {
            return Err(self.refuse(Why::Depth(self.limits.depth)));
        }
        self.path.push(name);
        self.text.clear();
        self.attributes.clear();
        if name.is_landmark() {
            self.place = self.xml.get_mut().event_place();
        }
        if !tag.attributes_raw().trim_ascii().is_empty() {
            self.read_attributes(tag, name)?;
        }
        self.last = last;
        self.begun = true;
        Ok(Step::Open)
    }

    fn close(&mut self) -> Step {
        if self.text.had_controls() {
            let value = excerpt(self.text.trimmed());
            self.flaw(Code::ControlCharacter, value);
        }
        self.last = Last::Close;
        Step::Close
    }

    fn end(&mut self) -> Result<Step, Error> {
        let why = match (self.path.is_empty(), self.root) {
            (false, _) => Why::Truncated,
            (true, None) if self.begun => Why::Truncated,
            (true, None) => Why::Empty,
            (true, Some(_)) => return Ok(Step::End),
        };
        Err(self.refuse_here(why))
    }

    fn begin_root(&mut self, name: Tag, tag: &BytesStart<'_>) -> Result<(), Error> {
        let sections = [Tag::Root, Tag::Classifier, Tag::Catalog, Tag::Package, Tag::PackageChanges, Tag::Customers];
        if self.root.is_some() {
            return Err(self.refuse(Why::Malformed("a second document begins".to_owned())));
        }
        if !sections.contains(&name) {
            return Err(self.refuse(Why::Foreign(excerpt(tag.name().as_ref()))));
        }
        self.root = Some(name);
        Ok(())
    }

    fn read_attributes(&mut self, tag: &BytesStart<'_>, element: Tag) -> Result<(), Error> {
        for (number, attribute) in tag.attributes().enumerate() {
            if number >= self.limits.attributes {
                return Err(self.refuse(Why::Attributes(self.limits.attributes)));
            }
            let attribute = attribute.map_err(|error| self.refuse(Why::Malformed(error.to_string())))?;
            let name = Tag::of_any(attribute.key.into_inner());
            if name == Tag::Other || element == Tag::Other {
                continue;
            }
            let value = attribute_value(&attribute).unwrap_or_else(|| {
                self.flaw_in(name, Code::UnknownReference, excerpt(&attribute.value));
                attribute.value.clone().into_owned()
            });
            let mut text = Text::default();
            text.add(&value, true);
            if text.had_controls() {
                self.flaw_in(name, Code::ControlCharacter, excerpt(text.trimmed()));
            }
            self.attributes.push((name, text.trimmed().to_owned()));
        }
        Ok(())
    }

    fn add(&mut self, piece: &str) -> Result<(), Error> {
        let Some(&tag) = self.path.last() else {
            let blank = piece.trim_ascii().is_empty();
            return if blank { Ok(()) } else { Err(self.refuse(self.outside())) };
        };
        match self.text.add(piece, tag != Tag::Other) > self.limits.text {
            true => Err(self.refuse(Why::TextSize(self.limits.text))),
            false => Ok(()),
        }
    }

    fn add_reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Error> {
        if let Some(character) = resolve(reference) {
            return self.add(character.encode_utf8(&mut [0; 4]));
        }
        let written = format!("&{};", &**reference);
        let (unseen, wanted) =
            (!self.flaws.iter().any(|flaw| flaw.code == Code::UnknownReference), self.path.last() != Some(&Tag::Other));
        if unseen && wanted {
            self.flaw(Code::UnknownReference, excerpt(&written));
        }
        self.add(&written)
    }

    /// Text before the root says that it is no XML at all, text behind it that something was appended.
    fn outside(&self) -> Why {
        Why::Malformed(match self.root {
            None => "it does not begin with an element".to_owned(),
            Some(_) => "text stands behind the last element".to_owned(),
        })
    }

    /// A declaration must come first, and say what the file was begun with unless a byte order mark did.
    fn declared(&mut self, declaration: &BytesDecl<'_>) -> Result<(), Error> {
        if self.begun {
            return Err(self.refuse(Why::Malformed("a declaration stands in the middle".to_owned())));
        }
        let label = match declaration.encoding() {
            None => return Ok(()),
            Some(label) => label.map_err(|error| self.refuse(Why::Malformed(error.to_string())))?,
        };
        let chosen = self.xml.get_ref().chosen();
        match chosen.is_none_or(|chosen| chosen.by_mark || encoding::accepted(&label) == Ok(chosen.encoding)) {
            true => Ok(()),
            false => Err(self.refuse(Why::Encoding(excerpt(&label)))),
        }
    }

    fn flaw(&mut self, code: Code, value: String) {
        self.flaw_in(self.path.last().copied().unwrap_or(Tag::Other), code, value);
    }

    fn flaw_in(&mut self, field: Tag, code: Code, value: String) {
        let place = self.xml.get_mut().event_place();
        self.flaws.push(Flaw { code, place, field, value });
    }
}
