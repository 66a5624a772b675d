//! Where rows and problems go while they are found.

use std::{collections::VecDeque, mem, sync::Arc};

use crate::{Code, Found, Kind, Place, Problem, Row, Summary, xml::Tag};

/// The longest `Ид`, in bytes. Offers have 73; a database's index takes about 2,700.
const LONGEST_ID: usize = 255;

/// Found and not yet handed out. Never more than one element yields.
pub(crate) struct Out {
    pub(super) file: Arc<str>,
    pub(super) waiting: VecDeque<(Place, Found)>,
    pub(super) summary: Summary,
    pub(super) rows: u64,
}

/// What is known of a row whose element is open.
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) place: Place,
    pub(super) id: Option<String>,
    /// It had an `Ид` that cannot be used, and that was said.
    pub(super) bad_id: bool,
    /// About how many bytes are kept for it.
    pub(super) spent: usize,
}

/// The way out for the row that is being read.
pub(super) struct Sink<'a> {
    pub(super) head: &'a mut Head,
    pub(super) out: &'a mut Out,
}

impl Sink<'_> {
    /// The `Ид` of the row, if it has been read.
    pub(super) fn id(&self) -> Option<&str> {
        self.head.id.as_deref()
    }

    /// Hands out a row.
    pub(super) fn row(&mut self, row: Row) {
        self.out.count(&row);
        self.again(row);
    }

    /// Hands out a row that was handed out before, and has changed.
    pub(super) fn again(&mut self, row: Row) {
        self.head.spent = 0;
        self.out.waiting.push_back((self.head.place, Found::Row(row)));
    }

    /// Says that something in the row was skipped or mended.
    pub(super) fn problem(&mut self, code: Code, place: Place, field: Tag, value: &str) {
        let head = (Some(self.head.kind), self.head.id.clone());
        self.out.problem(head, code, place, field, value);
    }

    /// A reference to another row. Too long a one cannot be right; it is left out, and that is said.
    pub(super) fn reference(&mut self, place: Place, field: Tag, text: &str) -> Option<String> {
        if text.len() > LONGEST_ID {
            self.problem(Code::BadId, place, field, text);
            return None;
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Takes the `Ид` of the row itself.
    pub(super) fn take_id(&mut self, text: &str) {
        let place = self.head.place;
        self.head.bad_id |= text.len() > LONGEST_ID;
        self.head.id = self.reference(place, Tag::Id, text);
    }

    /// The `Ид` at the end of the row; without one the row is skipped, and that is said.
    pub(super) fn settle_id(&mut self) -> Option<String> {
        let id = mem::take(&mut self.head.id);
        if id.is_none() && !self.head.bad_id {
            self.problem(Code::NoId, self.head.place, Tag::Id, "");
        }
        id
    }
}

impl Out {
    pub(super) fn problem(
        &mut self,
        (kind, id): (Option<Kind>, Option<String>),
        code: Code,
        place: Place,
        field: Tag,
        value: &str,
    ) {
        let file = Arc::clone(&self.file);
        let field = (field != Tag::Other).then(|| field.name());
        let problem = Problem { code, file, place, kind, id, field, value: Problem::shown(value) };
        *self.summary.problems.entry(code).or_default() += 1;
        self.waiting.push_back((place, Found::Problem(problem)));
    }

    fn count(&mut self, row: &Row) {
        self.rows += 1;
        match row {
            Row::Offer(offer) => {
                self.add(Kind::Offer, u64::from(offer.declared));
                self.add(Kind::Price, offer.prices.len() as u64);
                self.add(Kind::Stock, offer.stocks.len() as u64);
            }
            other => self.add(other.kind(), 1),
        }
    }

    fn add(&mut self, kind: Kind, number: u64) {
        if number > 0 {
            *self.summary.counts.entry(kind).or_default() += number;
        }
    }
}
