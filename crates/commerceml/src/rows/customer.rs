//! Customers.

use super::{Builder, Sink, values::is_deleted};
use crate::{
    Customer, CustomerKind, Row,
    xml::{Seen, Tag},
};

#[derive(Default)]
struct Building {
    customer: Customer,
    /// `Адрес`, which counts when there is no address of registration.
    other_address: Option<String>,
    /// Type and value.
    contact: (String, String),
}

pub(super) fn begin(element: Seen<'_>) -> Box<dyn Builder> {
    let customer = Customer { deleted: is_deleted(&[], element), ..Customer::default() };
    Box::new(Building { customer, ..Building::default() })
}

impl Builder for Building {
    fn close(&mut self, path: &[Tag], element: Seen<'_>, _sink: &mut Sink<'_>) {
        let customer = &mut self.customer;
        match path {
            [Tag::Contacts, Tag::Contact, rest @ ..] => self.close_contact(rest, element),
            [Tag::Name] => customer.name = element.kept(),
            [Tag::FirmName] if !element.text.is_empty() => {
                (customer.full_name, customer.kind) = (element.kept(), Some(CustomerKind::Firm));
            }
            [Tag::PersonName] if !element.text.is_empty() && customer.kind.is_none() => {
                (customer.full_name, customer.kind) = (element.kept(), Some(CustomerKind::Person));
            }
            [Tag::Inn] => customer.inn = element.kept(),
            [Tag::Kpp] => customer.kpp = element.kept(),
            [Tag::Role] => customer.role = element.kept(),
            [Tag::RegisteredAddress, Tag::Presentation] => customer.address = element.kept(),
            [Tag::Address, Tag::Presentation] => self.other_address = element.kept(),
            path => customer.deleted |= is_deleted(path, element),
        }
    }

    fn end(&mut self, id: String, sink: &mut Sink<'_>) {
        let customer = std::mem::take(&mut self.customer);
        let kind = customer.kind.or_else(|| kind_by_tax_number(customer.inn.as_deref()?));
        let address = customer.address.or(self.other_address.take());
        sink.row(Row::Customer(Box::new(Customer { id, kind, address, ..customer })));
    }
}

impl Building {
    fn close_contact(&mut self, path: &[Tag], element: Seen<'_>) {
        match path {
            [Tag::Kind] => self.contact.0 = element.text.to_lowercase(),
            [Tag::Value] => element.text.clone_into(&mut self.contact.1),
            [] => {
                let (kind, value) = std::mem::take(&mut self.contact);
                self.add_contact(&kind, value);
            }
            _ => {}
        }
    }

    /// The first of its sort counts. The types are free text: `Электронная почта`, `E-mail`, `Телефон рабочий`, and `Почта` for an
    /// address on paper; so an address of e-mail is known by its sign.
    fn add_contact(&mut self, kind: &str, value: String) {
        let sort = match kind {
            _ if value.contains('@') && !value.contains(char::is_whitespace) => &mut self.customer.email,
            kind if kind.contains("телефон") && !value.is_empty() => &mut self.customer.phone,
            _ => return,
        };
        sort.get_or_insert(value);
    }
}

/// A firm's number has 10 digits, a person's 12.
fn kind_by_tax_number(inn: &str) -> Option<CustomerKind> {
    match inn.len() {
        _ if !inn.bytes().all(|byte| byte.is_ascii_digit()) => None,
        10 => Some(CustomerKind::Firm),
        12 => Some(CustomerKind::Person),
        _ => None,
    }
}
