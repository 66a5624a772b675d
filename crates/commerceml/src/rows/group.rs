//! Groups of products, which lie in one another.

use super::{Builder, Sink, values::is_deleted};
use crate::{
    Group, Row,
    xml::{Seen, Tag},
};

/// A group goes out before the groups in it, so that nobody has to wait for its end with a whole tree in memory.
struct Building {
    group: Group,
    gone_out: Option<Group>,
}

pub(super) fn begin(element: Seen<'_>, parent: Option<String>) -> Box<dyn Builder> {
    let group = Group { parent, deleted: is_deleted(&[], element), ..Group::default() };
    Box::new(Building { group, gone_out: None })
}

impl Builder for Building {
    fn open(&mut self, path: &[Tag], _element: Seen<'_>, sink: &mut Sink<'_>) {
        if let ([Tag::Groups], Some(id)) = (path, sink.id()) {
            self.go_out(id.to_owned(), sink);
        }
    }

    fn close(&mut self, path: &[Tag], element: Seen<'_>, _sink: &mut Sink<'_>) {
        match path {
            [Tag::Name] => self.group.name = element.kept(),
            path => self.group.deleted |= is_deleted(path, element),
        }
    }

    fn end(&mut self, id: String, sink: &mut Sink<'_>) {
        self.go_out(id, sink);
    }
}

impl Building {
    fn go_out(&mut self, id: String, sink: &mut Sink<'_>) {
        self.group.id = id;
        match self.gone_out.as_ref() {
            Some(gone_out) if *gone_out == self.group => return,
            Some(_) => sink.again(Row::Group(self.group.clone())),
            None => sink.row(Row::Group(self.group.clone())),
        }
        self.gone_out = Some(self.group.clone());
    }
}
