//! What every face of a worker needs.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use lockstep_app::App;
use lockstep_sync_manager::SyncManager;

use crate::{config::Settings, limits::Limits, listen::Traffic, metrics::Metrics, watch::Changes};

/// The name of the session's cookie.
pub const SESSION_COOKIE: &str = "lockstep_session";

/// One worker's parts. Cheap to clone; all clones are the same worker.
#[derive(Clone)]
pub struct State {
    /// The checked configuration.
    pub settings: Arc<Settings>,
    /// What people may do.
    pub app: App,
    /// The road to the pages.
    pub sync: SyncManager,
    /// What has been counted.
    pub metrics: Arc<Metrics>,
    /// What all connections did together.
    pub traffic: Arc<Traffic>,
    /// How often one may ask, at all doors together.
    pub(crate) limits: Arc<Limits>,
    /// What has been heard that may change what somebody may.
    pub(crate) changes: Arc<Changes>,
    /// True once the worker was told to stop: not ready any more.
    pub draining: Arc<AtomicBool>,
}

impl State {
    /// The parts of a worker that has just opened `app` and begun to follow with `sync`.
    pub fn new(settings: Arc<Settings>, app: App, sync: SyncManager) -> Self {
        let traffic = Arc::<Traffic>::default();
        let metrics = Arc::new(Metrics::new(app.clone(), sync.clone(), traffic.clone()));
        let limits = Arc::new(Limits::new(&settings.limits, metrics.clone()));
        Self { settings, app, sync, metrics, traffic, limits, changes: Arc::default(), draining: Arc::default() }
    }

    /// Whether the worker was told to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
