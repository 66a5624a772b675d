//! From elements to rows.
//!
//! A state machine over the path of open elements. Whatever begins a row gets a builder, which hears of all that opens and closes below
//! it until its own element closes. Only groups lie in one another, so there is a stack of builders, and it grows no deeper than the
//! document may be.

mod customer;
mod group;
mod lists;
mod offer;
mod product;
mod property;
mod section;
mod sink;
mod values;

use std::{collections::VecDeque, sync::Arc};

use section::Sections;
use sink::{Head, Out, Sink};

use crate::{
    Code, Found, Kind, Place, Summary,
    xml::{Seen, Tag},
};

/// What a field costs besides its text: a string, its place in a list, and the heap's own.
const FIELD: usize = 128;

/// Makes rows of what is seen of a document.
pub(crate) struct Machine {
    building: Vec<Building>,
    sections: Sections,
    out: Out,
    /// Bytes kept for one row.
    largest_row: usize,
}

/// A row whose element is open.
struct Building {
    head: Head,
    /// How many elements are open, its own among them.
    depth: usize,
    /// None when the row is skipped because it is too large.
    builder: Option<Box<dyn Builder>>,
}

/// Reads one row.
trait Builder: Send {
    /// An element below the row's own has opened; `path` begins below the row's own and ends with it.
    fn open(&mut self, _path: &[Tag], _element: Seen<'_>, _sink: &mut Sink<'_>) {}

    /// An element below the row's own closes.
    fn close(&mut self, path: &[Tag], element: Seen<'_>, sink: &mut Sink<'_>);

    /// The row's own element closes.
    fn end(&mut self, id: String, sink: &mut Sink<'_>);
}

impl Machine {
    pub(crate) fn new(file: Arc<str>, largest_row: usize) -> Self {
        let out = Out { file, waiting: VecDeque::new(), summary: Summary::default(), rows: 0 };
        Self { building: Vec::new(), sections: Sections::default(), out, largest_row }
    }

    /// The next of what was found, and where.
    pub(crate) fn pop(&mut self) -> Option<(Place, Found)> {
        self.out.waiting.pop_front()
    }

    /// Rows found so far.
    pub(crate) fn rows(&self) -> u64 {
        self.out.rows
    }

    /// What was found in all.
    pub(crate) fn summary(&mut self) -> Summary {
        std::mem::take(&mut self.out.summary)
    }

    pub(crate) fn open(&mut self, element: Seen<'_>) {
        self.flaws(element);
        if self.sections.open(element, &mut self.out.summary) {
            return;
        }
        if let Some(Building { head, depth, builder: Some(builder) }) = self.building.last_mut() {
            builder.open(&element.path[*depth..], element, &mut Sink { head, out: &mut self.out });
        }
        if let Some((kind, builder)) = self.begins(element) {
            let head = Head { kind, place: element.place, id: None, bad_id: false, spent: 0 };
            self.building.push(Building { head, depth: element.path.len(), builder: Some(builder) });
        }
    }

    pub(crate) fn close(&mut self, element: Seen<'_>) {
        self.flaws(element);
        if self.sections.close(element, &mut self.out.summary) {
            return;
        }
        match self.building.last() {
            Some(building) if building.depth == element.path.len() => self.end(),
            Some(_) => self.close_within(element),
            None => {}
        }
    }

    /// The row that begins with this element.
    fn begins(&self, element: Seen<'_>) -> Option<(Kind, Box<dyn Builder>)> {
        let &[.., parent, tag] = element.path else {
            return None;
        };
        if let Some(above) = self.building.last() {
            let is_subgroup = above.head.kind == Kind::Group && element.path.len() == above.depth + 2;
            return (is_subgroup && (parent, tag) == (Tag::Groups, Tag::Group)).then(|| self.group(element));
        }
        Some(match (parent, tag) {
            (Tag::Products, Tag::Product) => (Kind::Product, product::begin(element)),
            (Tag::Offers, Tag::Offer) => (Kind::Offer, offer::begin(element)),
            (Tag::Groups, Tag::Group) => self.group(element),
            (Tag::Properties, Tag::Property | Tag::OldProperty) => (Kind::Property, property::begin(element)),
            (Tag::PriceTypes, Tag::PriceType) => (Kind::PriceType, lists::price_type(element)),
            (Tag::Warehouses, Tag::Warehouse) => (Kind::Warehouse, lists::warehouse(element)),
            (Tag::Units, Tag::Unit) => (Kind::Unit, lists::unit(element)),
            (Tag::Customers, Tag::Customer) => (Kind::Customer, customer::begin(element)),
            _ => return None,
        })
    }

    /// A group knows the nearest group around it that has an `Ид`.
    fn group(&self, element: Seen<'_>) -> (Kind, Box<dyn Builder>) {
        let parent = self.building.iter().rev().find_map(|above| above.head.id.clone());
        (Kind::Group, group::begin(element, parent))
    }

    fn close_within(&mut self, element: Seen<'_>) {
        let Some(Building { head, depth, builder: Some(builder) }) = self.building.last_mut() else {
            return;
        };
        let path = &element.path[*depth..];
        let mut sink = Sink { head, out: &mut self.out };
        sink.head.spent += element.text.len() + FIELD;
        match path {
            [Tag::Id] => sink.take_id(element.text),
            path => builder.close(path, element, &mut sink),
        }
        if sink.head.spent > self.largest_row {
            sink.problem(Code::RowSize, sink.head.place, Tag::Other, "");
            self.building.last_mut().expect("it was there above").builder = None;
        }
    }

    fn end(&mut self) {
        let Some(Building { mut head, builder: Some(mut builder), .. }) = self.building.pop() else {
            return;
        };
        let mut sink = Sink { head: &mut head, out: &mut self.out };
        if let Some(id) = sink.settle_id() {
            builder.end(id, &mut sink);
        }
    }

    fn flaws(&mut self, element: Seen<'_>) {
        for flaw in element.flaws {
            let head = self.building.last().map(|building| &building.head);
            let (kind, id) = (head.map(|head| head.kind), head.and_then(|head| head.id.clone()));
            self.out.problem((kind, id), flaw.code, flaw.place, flaw.field, &flaw.value);
        }
    }
}
