//! The time between the order to stop and the end, in which whoever is here goes elsewhere.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tracing::info;

use crate::{door::Door, state::State, ws::Raw};

/// How long a proxy's idle connections stay open after the worker was told to stop, where there are others to go to. A proxy may send a
/// request on one in the very moment in which it is closed here, and an edit it may not send again: it would answer 502. In this time a
/// busy proxy uses them up, since each answer is the last one on its connection; on those of a quiet one a request is rare.
const LINGER: Duration = Duration::from_secs(1);

/// How long those are waited for who have been welcomed but are not yet known to the road. It takes them a millisecond, and then they are
/// asked to go like everybody else.
const WELCOMED: Duration = Duration::from_secs(1);

/// How often it is looked whether pages and connections have gone.
const LOOK: Duration = Duration::from_millis(50);

/// Asks all pages and raw WebSockets to go, and leaves them and the proxy time for it where there is an elsewhere.
pub(super) async fn drain(state: &State, door: &Door, raw: &Raw) {
    state.sync.farewell().await;
    raw.farewell();
    let road = state.sync.status();
    let _ = timeout(WELCOMED, until(|| road.borrow().sockets >= door.pages())).await;
    let server = &state.settings.server;
    if server.workers < 2 {
        return;
    }
    let patience = Duration::from_secs(server.drain_s);
    info!(pages = door.pages(), "stopping; {} pages are asked to go elsewhere within {patience:?}", door.pages());
    let lingering = sleep(LINGER.min(patience));
    // However late the pages are: then they are cut.
    let _ = timeout(patience, until(|| door.pages() + raw.count() == 0)).await;
    tokio::select! {
        () = lingering => {}
        () = until(|| state.traffic.open() == 0) => {}
    }
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        sleep(LOOK).await;
    }
}
