//! What the application sends, on its way to all workers.

use lockstep_app::Wire;
use lockstep_protocol::{Record, Room, log::Batch};
use lockstep_sync_manager::SyncManager;
use serde_json::value::RawValue;

/// The road as the application sees it.
#[derive(Clone)]
pub(crate) struct Road(pub(crate) SyncManager);

impl Wire for Road {
    fn publish(&self, records: &[Record]) {
        self.0.publish_all(records);
    }

    fn log(&self, batch: Batch) {
        self.0.log(&batch);
    }

    fn tell(&self, room: &Room, name: &str, payload: Box<RawValue>) {
        match name.parse() {
            Ok(event) => self.0.tell_room(room, &event, payload),
            Err(error) => tracing::error!(%error, "nothing is told under such a name: {error}"),
        }
    }
}
