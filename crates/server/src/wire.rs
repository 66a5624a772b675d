//! What the application sends, on its way to all workers.

use lockstep_app::Wire;
use lockstep_protocol::{Record, log::Batch};
use lockstep_sync_manager::SyncManager;

/// The road as the application sees it.
#[derive(Clone)]
pub(crate) struct Road(pub(crate) SyncManager);

impl Wire for Road {
    fn publish(&self, records: &[Record]) {
        self.0.publish_all(records);
    }

    fn log(&self, batch: Batch) {
        drop(batch);
    }
}
