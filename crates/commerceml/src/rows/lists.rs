//! Units, warehouses and types of prices.

use super::{Builder, Sink, values::is_deleted};
use crate::{
    PriceType, Row, Unit, Warehouse,
    xml::{Seen, Tag},
};

pub(super) fn unit(element: Seen<'_>) -> Box<dyn Builder> {
    Box::new(Unit { deleted: is_deleted(&[], element), ..Unit::default() })
}

pub(super) fn warehouse(element: Seen<'_>) -> Box<dyn Builder> {
    Box::new(Warehouse { deleted: is_deleted(&[], element), ..Warehouse::default() })
}

pub(super) fn price_type(element: Seen<'_>) -> Box<dyn Builder> {
    Box::new(PriceType { deleted: is_deleted(&[], element), ..PriceType::default() })
}

impl Builder for Unit {
    fn close(&mut self, path: &[Tag], element: Seen<'_>, sink: &mut Sink<'_>) {
        match path {
            [Tag::Code] => {
                self.code = sink.reference(element.place, Tag::Code, element.text);
                // Where the unit has no `Ид`, products name it by its code.
                sink.head.id = sink.head.id.take().or_else(|| self.code.clone());
            }
            [Tag::ShortName | Tag::Name] => self.name = element.kept(),
            [Tag::FullName] => self.full_name = element.kept(),
            path => self.deleted |= is_deleted(path, element),
        }
    }

    fn end(&mut self, id: String, sink: &mut Sink<'_>) {
        sink.row(Row::Unit(Self { id, ..std::mem::take(self) }));
    }
}

impl Builder for Warehouse {
    fn close(&mut self, path: &[Tag], element: Seen<'_>, _sink: &mut Sink<'_>) {
        match path {
            [Tag::Name] => self.name = element.kept(),
            [Tag::Address, Tag::Presentation] => self.address = element.kept(),
            path => self.deleted |= is_deleted(path, element),
        }
    }

    fn end(&mut self, id: String, sink: &mut Sink<'_>) {
        sink.row(Row::Warehouse(Self { id, ..std::mem::take(self) }));
    }
}

impl Builder for PriceType {
    fn close(&mut self, path: &[Tag], element: Seen<'_>, _sink: &mut Sink<'_>) {
        match path {
            [Tag::Name] => self.name = element.kept(),
            [Tag::Currency] => self.currency = element.kept(),
            path => self.deleted |= is_deleted(path, element),
        }
    }

    fn end(&mut self, id: String, sink: &mut Sink<'_>) {
        sink.row(Row::PriceType(Self { id, ..std::mem::take(self) }));
    }
}
