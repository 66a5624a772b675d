//! Properties and the values to choose from for them. One property may have many thousands, so they go out one by one.

use super::{Builder, Sink, values::is_deleted};
use crate::{
    Code, Property, PropertyVariant, Row, ValueType,
    xml::{Seen, Tag},
};

#[derive(Default)]
struct Building {
    property: Property,
    gone_out: Option<Property>,
    variant: PropertyVariant,
}

pub(super) fn begin(element: Seen<'_>) -> Box<dyn Builder> {
    let property = Property { deleted: is_deleted(&[], element), ..Property::default() };
    Box::new(Building { property, ..Building::default() })
}

impl Builder for Building {
    fn open(&mut self, path: &[Tag], _element: Seen<'_>, _sink: &mut Sink<'_>) {
        if let [.., Tag::Variants, Tag::Variant | Tag::OldVariant] = path {
            self.variant = PropertyVariant::default();
        }
    }

    fn close(&mut self, path: &[Tag], element: Seen<'_>, sink: &mut Sink<'_>) {
        match path {
            [Tag::Name] => self.property.name = element.kept(),
            [Tag::ValueType] | [Tag::ValueTypes, Tag::ValueType, Tag::Kind] => {
                self.property.value_type = value_type(element.text);
            }
            [.., Tag::Variants, Tag::Variant, Tag::VariantId] | [.., Tag::Variants, Tag::OldVariant, Tag::Id] => {
                let id = sink.reference(element.place, Tag::VariantId, element.text);
                self.variant.id = id.unwrap_or_default();
            }
            [.., Tag::Variants, Tag::Variant | Tag::OldVariant, Tag::Value] => self.variant.value = element.kept(),
            [.., Tag::Variants, Tag::Variant | Tag::OldVariant] => self.variant_out(element, sink),
            path => self.property.deleted |= is_deleted(path, element),
        }
    }

    fn end(&mut self, id: String, sink: &mut Sink<'_>) {
        self.go_out(id, sink);
    }
}

impl Building {
    fn variant_out(&mut self, element: Seen<'_>, sink: &mut Sink<'_>) {
        let variant = std::mem::take(&mut self.variant);
        match sink.id() {
            Some(property) if !variant.id.is_empty() => {
                let property = property.to_owned();
                self.go_out(property.clone(), sink);
                sink.row(Row::PropertyVariant(PropertyVariant { property, ..variant }));
            }
            _ => sink.problem(Code::NoId, element.place, Tag::VariantId, variant.value.as_deref().unwrap_or_default()),
        }
    }

    fn go_out(&mut self, id: String, sink: &mut Sink<'_>) {
        self.property.id = id;
        match self.gone_out.as_ref() {
            Some(gone_out) if *gone_out == self.property => return,
            Some(_) => sink.again(Row::Property(self.property.clone())),
            None => sink.row(Row::Property(self.property.clone())),
        }
        self.gone_out = Some(self.property.clone());
    }
}

fn value_type(text: &str) -> ValueType {
    match text {
        "Справочник" => ValueType::Variant,
        "Число" => ValueType::Number,
        _ => ValueType::Text,
    }
}
