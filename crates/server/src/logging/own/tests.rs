use std::sync::{Arc, Mutex};

use lockstep_app::{App, Options, SharedClock, Store, StoreOptions, Wire};
use lockstep_protocol::{
    Record,
    log::{Batch, Line},
};
use tokio::sync::Notify;
use tracing_subscriber::layer::SubscriberExt;

use super::*;

#[derive(Clone, Default)]
struct Heard {
    lines: Arc<Mutex<Vec<Arc<Line>>>>,
    more: Arc<Notify>,
}

impl Wire for Heard {
    fn publish(&self, _: &[Record]) {}

    fn log(&self, batch: Batch) {
        self.lines.lock().expect("whole").extend(batch.lines);
        self.more.notify_one();
    }
}

impl Heard {
    async fn until(&self, message: &str) -> Vec<Arc<Line>> {
        loop {
            let lines = self.lines.lock().expect("whole").clone();
            if lines.iter().any(|line| line.message == message) {
                return lines;
            }
            self.more.notified().await;
        }
    }
}

#[tokio::test]
async fn our_own_reports_are_lines_but_for_those_of_their_own_road() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let url = format!("sqlite:{}", dir.path().join("test.db").display());
    let store = Store::open(&StoreOptions::new(url), SharedClock::system()).await.expect("a store");
    let heard = Heard::default();
    let app = App::new(store, heard.clone(), Options::default()).expect("an app");
    let place: &'static Place = Box::leak(Box::new(Place::new()));
    let subscriber = tracing_subscriber::registry().with(layer_to(place, OwnLevel::Warn));
    let dispatch = tracing::Dispatch::new(subscriber);
    let report = |work: fn()| tracing::dispatcher::with_default(&dispatch, work);

    report(|| tracing::warn!("early"));
    let bound = place.bind(app.logs());
    report(|| {
        let cause = std::io::Error::other("no space");
        let error = &cause as &dyn std::error::Error;
        tracing::warn!(error, waiting = 7, "the disk is full");
        tracing::info!("not worth it");
        tracing::error!(target: "sqlx", "somebody else's");
        tracing::warn!(target: "lockstep_app::log::backlog", "of the road");
        tracing::warn!(target: "lockstep_sync_manager::outbox", "of the road");
        tracing::error!(path = "/api/logs", "of a request about lines");
        tracing::error!(long = "x".repeat(3000), "the end of it");
    });
    let lines = heard.until("the end of it").await;
    drop(bound);
    report(|| tracing::warn!("too late"));
    app.logs().log("afterwards", lockstep_protocol::log::LogType::Info);
    let all = heard.until("afterwards").await;

    let messages: Vec<&str> = lines.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(messages, ["early", "the disk is full", "the end of it"]);
    assert_eq!(all.len(), 4);
    let metadata = lines[1].metadata.as_ref().expect("some").get();
    assert_eq!(
        serde_json::from_str::<Value>(metadata).expect("JSON"),
        serde_json::json!({"error": "no space", "waiting": 7, "target": module_path!()})
    );
    assert_eq!((lines[1].level, lines[1].source.as_str()), (LineLevel::Warning, "lockstep"));
    app.close().await;
}

#[test]
fn a_flood_of_reports_is_no_flood_of_lines() {
    let place = Place::new();
    let chatty = (0..1000).filter(|_| place.inner().take_turn(true)).count();
    let taken = (0..1000).filter(|_| place.inner().take_turn(false)).count();

    // A slow machine may have come into a second second meanwhile.
    assert!((50..=200).contains(&chatty), "{chatty}");
    assert!((50..=200).contains(&taken), "chatty reports crowd out no warning: {taken}");
}
