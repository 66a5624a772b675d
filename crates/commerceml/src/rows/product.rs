//! Products.

use super::{
    Builder, Sink,
    values::{Values, is_deleted},
};
use crate::{
    Maker, Product, Row,
    number::is_no_value,
    xml::{Seen, Tag},
};

#[derive(Default)]
struct Building {
    product: Product,
    values: Values,
    maker: Maker,
    requisite: (String, String),
}

pub(super) fn begin(element: Seen<'_>) -> Box<dyn Builder> {
    let product = Product { deleted: is_deleted(&[], element), ..Product::default() };
    Box::new(Building { product, ..Building::default() })
}

impl Builder for Building {
    fn open(&mut self, path: &[Tag], element: Seen<'_>, sink: &mut Sink<'_>) {
        if let ([Tag::BaseUnit], Some(code)) = (path, element.attribute(Tag::Code)) {
            self.product.unit = sink.reference(sink.head.place, Tag::BaseUnit, code);
        }
    }

    fn close(&mut self, path: &[Tag], element: Seen<'_>, sink: &mut Sink<'_>) {
        let (product, place) = (&mut self.product, sink.head.place);
        match path {
            [Tag::PropertyValues, rest @ ..] => self.values.close(rest, element, sink),
            [Tag::Requisites, rest @ ..] => self.close_requisite(rest, element),
            [Tag::Maker, rest @ ..] => self.close_maker(rest, element, sink),
            [Tag::Groups, Tag::Id] => product.groups.extend(sink.reference(place, Tag::Groups, element.text)),
            [Tag::Name] => product.name = element.kept(),
            [Tag::Sku] => product.sku = element.kept(),
            [Tag::Barcode] => product.barcode = element.kept(),
            [Tag::Description] => product.description = element.kept(),
            [Tag::Picture] => product.pictures.extend(element.kept()),
            [Tag::BaseUnit] if product.unit.is_none() => {
                product.unit = sink.reference(place, Tag::BaseUnit, element.text);
            }
            path => product.deleted |= is_deleted(path, element),
        }
    }

    fn end(&mut self, id: String, sink: &mut Sink<'_>) {
        let values = std::mem::take(&mut self.values.read);
        sink.row(Row::Product(Box::new(Product { id, values, ..std::mem::take(&mut self.product) })));
    }
}

impl Building {
    fn close_requisite(&mut self, path: &[Tag], element: Seen<'_>) {
        match path {
            [Tag::Requisite, Tag::Name] => element.text.clone_into(&mut self.requisite.0),
            [Tag::Requisite, Tag::Value] => element.text.clone_into(&mut self.requisite.1),
            [Tag::Requisite] => {
                let (name, value) = std::mem::take(&mut self.requisite);
                if !name.is_empty() && !value.is_empty() {
                    self.product.requisites.push((name, value));
                }
            }
            _ => {}
        }
    }

    /// Without an `Ид` it is known by its name; the empty reference is nobody.
    fn close_maker(&mut self, path: &[Tag], element: Seen<'_>, sink: &mut Sink<'_>) {
        match path {
            [Tag::Id] if !is_no_value(element.text) => {
                self.maker.id = sink.reference(sink.head.place, Tag::Maker, element.text).unwrap_or_default();
            }
            [Tag::Name] => self.maker.name = element.kept(),
            [] => {
                let Maker { id, name } = std::mem::take(&mut self.maker);
                let id = Some(id).filter(|id| !id.is_empty()).or_else(|| name.clone());
                self.product.maker = id.map(|id| Maker { id, name });
            }
            _ => {}
        }
    }
}
