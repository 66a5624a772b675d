//! What stands around the rows: the root, the sections, and the orders, which are passed over.

use crate::{
    Section, SectionName, Summary,
    xml::{Seen, Tag},
};

/// Knows whether the document is inside an order, and what the root said of all sections.
#[derive(Default)]
pub(super) struct Sections {
    /// How many elements are open when the order's own is the last.
    document: Option<usize>,
    /// The root says that everything in it is everything there is.
    all_full: bool,
}

impl Sections {
    /// Returns whether the element was none that could bring rows.
    pub(super) fn open(&mut self, element: Seen<'_>, summary: &mut Summary) -> bool {
        let depth = element.path.len();
        match element.path {
            [.., Tag::Document] if self.document.is_none() => {
                self.document = Some(depth);
                summary.documents += 1;
            }
            [Tag::Root] => self.root(element, summary),
            [tag] | [Tag::Root, tag] => self.section(*tag, element, summary),
            _ => {}
        }
        self.document.is_some()
    }

    /// Returns whether the element was none that could bring rows.
    pub(super) fn close(&mut self, element: Seen<'_>, summary: &mut Summary) -> bool {
        if let Some(depth) = self.document {
            self.document = Some(depth).filter(|&depth| depth < element.path.len());
            return true;
        }
        let (last, within) = (summary.sections.last_mut(), element.path);
        if let ([Tag::Root, tag, Tag::OnlyChanges] | [tag, Tag::OnlyChanges], Some(section)) = (within, last) {
            section.full = *tag != Tag::PackageChanges && is_false(element.text);
        }
        false
    }

    fn root(&mut self, element: Seen<'_>, summary: &mut Summary) {
        self.all_full = element.attribute(Tag::OnlyChanges).is_some_and(is_false);
        summary.schema = element.attribute(Tag::SchemaVersion).map(str::to_owned);
        summary.made_at = element.attribute(Tag::MadeAt).map(str::to_owned);
    }

    fn section(&mut self, tag: Tag, element: Seen<'_>, summary: &mut Summary) {
        let name = match tag {
            Tag::Classifier => SectionName::Classifier,
            Tag::Catalog => SectionName::Catalog,
            Tag::Package | Tag::PackageChanges => SectionName::Package,
            Tag::Customers => SectionName::Customers,
            _ => return,
        };
        let full = element.attribute(Tag::OnlyChanges).map_or(self.all_full, is_false) && tag != Tag::PackageChanges;
        summary.sections.push(Section { name, full });
    }
}

/// Anything but a clear no means that there may be more than what the file holds.
fn is_false(text: &str) -> bool {
    ["false", "0", "ложь"].contains(&text.to_lowercase().as_str())
}
