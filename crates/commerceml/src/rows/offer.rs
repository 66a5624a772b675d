//! Offers with their prices and rests.
//!
//! Rests come in three dialects: by warehouse in attributes, by warehouse in elements, and as one total. What stands by warehouse is
//! more exact than the total beside it.

use rust_decimal::Decimal;

use super::{
    Builder, Sink,
    values::{Values, is_deleted},
};
use crate::{
    Characteristic, Code, Offer, Place, Price, Row, Stock,
    number::{decimal, is_no_value},
    xml::{Seen, Tag},
};

#[derive(Default)]
struct Building {
    offer: Offer,
    values: Values,
    price: Price,
    amount: Option<Number>,
    warehouse: Option<String>,
    /// It was named in a way that cannot be right, which is not the same as not at all.
    bad_warehouse: bool,
    quantity: Option<Number>,
    /// `Остаток/Количество`, with no warehouse named.
    rest: Option<Number>,
    /// `Количество` of the offer itself.
    total: Option<Number>,
    characteristic: Characteristic,
}

/// A number that is judged once it is known whether it is needed.
struct Number {
    place: Place,
    text: String,
}

pub(super) fn begin(element: Seen<'_>) -> Box<dyn Builder> {
    let offer = Offer { deleted: is_deleted(&[], element), ..Offer::default() };
    Box::new(Building { offer, ..Building::default() })
}

impl Builder for Building {
    fn open(&mut self, path: &[Tag], element: Seen<'_>, sink: &mut Sink<'_>) {
        if let &[child] = path {
            self.offer.declared |= declares(child);
        }
        if path.last() == Some(&Tag::Warehouse) {
            self.take_warehouse(element.attribute(Tag::WarehouseId).unwrap_or_default(), element, sink);
            let quantity = element.attribute(Tag::WarehouseQuantity);
            self.quantity = quantity.map(|text| Number { place: element.place, text: text.to_owned() });
        }
    }

    fn close(&mut self, path: &[Tag], element: Seen<'_>, sink: &mut Sink<'_>) {
        match path {
            [Tag::Prices, Tag::Price, rest @ ..] => self.close_price(rest, element, sink),
            [Tag::PropertyValues, rest @ ..] => self.values.close(rest, element, sink),
            [Tag::Characteristics, Tag::Characteristic, rest @ ..] => self.close_characteristic(rest, element),
            [Tag::Rests, Tag::Rest, Tag::Quantity] => self.rest = number(element),
            [Tag::Rests, Tag::Rest] => self.close_rest(sink),
            [.., Tag::Warehouse, Tag::Id] => self.take_warehouse(element.text, element, sink),
            [.., Tag::Warehouse, Tag::Quantity] => self.quantity = number(element),
            [.., Tag::Warehouse] => self.close_warehouse(element, sink),
            [Tag::Quantity] => self.total = number(element),
            [Tag::Name] => self.offer.name = element.kept(),
            [Tag::Sku] => self.offer.sku = element.kept(),
            [Tag::Barcode] => self.offer.barcode = element.kept(),
            path => self.offer.deleted |= is_deleted(path, element),
        }
    }

    fn end(&mut self, id: String, sink: &mut Sink<'_>) {
        if let (true, Some(total)) = (self.offer.stocks.is_empty(), self.total.take()) {
            self.add_stock(None, &total, Tag::Quantity, sink);
        }
        // `product#` names the product itself.
        let id = id.strip_suffix('#').map(str::to_owned).unwrap_or(id);
        let values = std::mem::take(&mut self.values.read);
        sink.row(Row::Offer(Box::new(Offer { id, values, ..std::mem::take(&mut self.offer) })));
    }
}

impl Building {
    fn close_price(&mut self, path: &[Tag], element: Seen<'_>, sink: &mut Sink<'_>) {
        match path {
            [Tag::PriceTypeId] => {
                let price_type = sink.reference(element.place, Tag::PriceTypeId, element.text);
                self.price.price_type = price_type.unwrap_or_default();
            }
            [Tag::PerUnit] => self.amount = number(element),
            [Tag::Currency] => self.price.currency = element.kept(),
            [Tag::PriceUnit] => self.price.unit = element.kept(),
            [Tag::Factor] => self.price.factor = decimal(element.text),
            [] => self.end_price(element.place, sink),
            _ => {}
        }
    }

    fn end_price(&mut self, place: Place, sink: &mut Sink<'_>) {
        let (price, amount) = (std::mem::take(&mut self.price), self.amount.take());
        let amount = amount.unwrap_or(Number { place, text: String::new() });
        if price.price_type.is_empty() {
            return sink.problem(Code::NoId, place, Tag::PriceTypeId, &amount.text);
        }
        if let Some(amount) = judge(&amount, Tag::PerUnit, sink) {
            self.offer.prices.push(Price { amount, ..price });
        }
    }

    /// The empty reference is the default warehouse, as no reference is.
    fn take_warehouse(&mut self, text: &str, element: Seen<'_>, sink: &mut Sink<'_>) {
        let named = !is_no_value(text);
        self.warehouse = sink.reference(element.place, Tag::WarehouseId, text).filter(|_| named);
        self.bad_warehouse = named && self.warehouse.is_none();
    }

    fn close_warehouse(&mut self, element: Seen<'_>, sink: &mut Sink<'_>) {
        let nothing = Number { place: element.place, text: String::new() };
        let (warehouse, quantity) = (self.warehouse.take(), self.quantity.take().unwrap_or(nothing));
        if !self.bad_warehouse {
            self.add_stock(warehouse, &quantity, Tag::Warehouse, sink);
        }
    }

    fn close_rest(&mut self, sink: &mut Sink<'_>) {
        if let Some(rest) = self.rest.take() {
            self.add_stock(None, &rest, Tag::Quantity, sink);
        }
    }

    fn add_stock(&mut self, warehouse: Option<String>, quantity: &Number, field: Tag, sink: &mut Sink<'_>) {
        if let Some(quantity) = judge(quantity, field, sink) {
            self.offer.stocks.push(Stock { warehouse, quantity });
        }
    }

    fn close_characteristic(&mut self, path: &[Tag], element: Seen<'_>) {
        match path {
            [Tag::Id] => self.characteristic.id = element.kept(),
            [Tag::Name] => self.characteristic.name = element.kept(),
            [Tag::Value] => self.characteristic.value = element.kept(),
            [] => {
                let read = std::mem::take(&mut self.characteristic);
                if read != Characteristic::default() {
                    self.offer.characteristics.push(read);
                }
            }
            _ => {}
        }
    }
}

/// Whether a child says something about the offer itself, rather than what it costs and how many there are.
fn declares(child: Tag) -> bool {
    let silent =
        [Tag::Id, Tag::Version, Tag::DeletionMark, Tag::Status, Tag::Prices, Tag::Rests, Tag::Warehouse, Tag::Quantity];
    !silent.contains(&child)
}

/// An empty element says nothing.
fn number(element: Seen<'_>) -> Option<Number> {
    element.kept().map(|text| Number { place: element.place, text })
}

/// The number, or the problem that it is none.
fn judge(number: &Number, field: Tag, sink: &mut Sink<'_>) -> Option<Decimal> {
    let read = decimal(&number.text);
    if read.is_none() {
        sink.problem(Code::BadNumber, number.place, field, &number.text);
    }
    read
}
