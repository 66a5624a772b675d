//! Customers. Pages hear that some have changed, never which.

use lockstep_protocol::Room;
use serde_json::{Value as Json, json};

use super::{
    CustomerKind, CustomerRow, Mode, Written,
    sheet::{CUSTOMERS, Entry},
};
use crate::{
    error::Error,
    jobs::{BatchTx, Counts},
};

impl BatchTx {
    /// Takes customers.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn write_customers(&mut self, rows: &[CustomerRow], mode: Mode) -> Result<Written, Error> {
        let (written, _) = self.take(&CUSTOMERS, rows.iter().enumerate().map(entry).collect(), mode).await?;
        if mode == Mode::Write {
            let Written { created, updated, deactivated, .. } = written;
            self.owe_customers(Counts { created, updated, deleted: deactivated });
        }
        Ok(written)
    }

    pub(super) fn owe_customers(&mut self, counts: Counts) {
        self.owe_unnamed(&Room::Products, "customer", counts);
    }
}

fn entry((n, row): (usize, &CustomerRow)) -> Entry {
    let values = vec![
        json!(row.kind.map(CustomerKind::name)),
        json!(row.full_name),
        json!(row.inn),
        json!(row.kpp),
        json!(row.email),
        json!(row.phone),
        json!(row.address),
        json!(row.role),
    ];
    Entry::new(n, &row.ext_id, row.name.as_deref(), row.deleted, values, &Json::Null).found_by([
        row.full_name.as_ref(),
        row.inn.as_ref(),
        row.email.as_ref(),
        row.phone.as_ref(),
    ])
}
