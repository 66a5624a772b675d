//! One worker, from its first breath to its last.
//!
//! Opens the store, follows the ledger, serves pages and leaves politely: not ready any more, pages asked to go elsewhere, sockets
//! closed, bus and store closed.
//! All its parts are made here and owned here; nothing outlives [`run`].

use std::{future::Future, sync::Arc, sync::atomic::Ordering, time::Duration};

use lockstep_app::Keep;
use lockstep_protocol::Record;
use lockstep_sync_manager::{
    Identity, Options as SyncOptions, SyncManager,
    bus::{Bus, BusError, Memory, Redis, RedisAddress, RedisOptions},
};
use tokio::time::{sleep, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{
    clock,
    config::Settings,
    database::{self, CannotOpen},
    door::Door,
    http,
    listen::{BindError, Conn, Guard, GuardedListener, Listener, Traffic, bind, connection_cap},
    metrics::Metrics,
    state::State,
};

/// How long what is left may take to end once the pages are gone.
const CLOSE_LIMIT: Duration = Duration::from_secs(8);

/// Why a worker cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be used.
    #[error(transparent)]
    Open(#[from] CannotOpen),
    /// Redis is set up wrongly.
    #[error("cannot use [redis]")]
    Bus(#[from] BusError),
    /// The address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Serving ended by itself.
    #[error("the listener failed")]
    Serve(#[source] std::io::Error),
}

/// Serves until `shutdown`, on `listener` or else on the configured address.
///
/// # Errors
/// Whatever keeps the worker from starting, with its cure.
pub async fn run(
    settings: Arc<Settings>,
    number: u16,
    listener: Option<Listener>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let parts = Parts::open(settings, number).await?;
    let address = parts.state.settings.server.listen.for_worker(number);
    let listener = match listener {
        Some(listener) => listener,
        None => bind(&address, &parts.state.settings.server).await?,
    };
    parts.serve(listener, number, shutdown).await
}

/// A worker that is not serving yet.
struct Parts {
    state: State,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Parts {
    async fn open(settings: Arc<Settings>, number: u16) -> Result<Self, Error> {
        let store = database::open_store(&settings).await?;
        let bus = open_bus(&settings)?;
        let sync = SyncManager::start(Arc::new(store.clone()), bus, settings.follow(number));
        let wire = sync.clone();
        let app = database::application(&settings, store, move |record: Record| wire.publish(&record))?;
        let traffic = Arc::<Traffic>::default();
        let metrics = Arc::new(Metrics::new(sync.clone(), traffic.clone()));
        let state = State { settings, app, sync, metrics, traffic, draining: Arc::default() };
        Ok(Self { state, tasks: TaskTracker::new(), stop: CancellationToken::new() })
    }

    async fn serve(
        self,
        listener: Listener,
        number: u16,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        let (door, service) = Door::open(self.state.clone(), http::router(self.state.clone()));
        self.tasks.spawn(door.clone().watch(self.stop.clone().cancelled_owned()));
        let (app, keep) = (self.state.app.clone(), self.state.settings.keep());
        let stop = self.stop.clone().cancelled_owned();
        self.tasks.spawn(async move { app.upkeep(keep, stop).await });
        self.serve_operator(number).await?;
        let guarded = GuardedListener::new(listener, self.guard());
        info!(address = guarded.url(), worker = number, "serving at {}", guarded.url());
        self.greet(&guarded.url()).await;
        let stop = self.stop.clone();
        let server = axum::serve(guarded, service.into_make_service_with_connect_info::<Conn>())
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        let mut serving = tokio::spawn(server.into_future());
        tokio::select! {
            () = shutdown => {}
            ended = &mut serving => {
                return Err(Error::Serve(ended.map_err(std::io::Error::other).and_then(|ended| ended).err().unwrap_or_else(
                    || std::io::Error::other("ended by itself"),
                )));
            }
        }
        self.drain(&door).await;
        stop.cancel();
        door.close().await;
        if timeout(CLOSE_LIMIT, self.close()).await.is_err() {
            warn!("not everything ended within {CLOSE_LIMIT:?}");
        }
        serving.abort();
        info!("stopped");
        Ok(())
    }

    fn guard(&self) -> Guard {
        let limits = &self.state.settings.limits;
        Guard {
            traffic: self.state.traffic.clone(),
            connections: connection_cap(limits.connections),
            write_stall: limits.write_stall(),
            header: limits.header(),
        }
    }

    /// Health and metrics for the operator alone, where an address is set.
    async fn serve_operator(&self, number: u16) -> Result<(), Error> {
        let Some(listen) = &self.state.settings.server.ops_listen else { return Ok(()) };
        let listener = bind(&listen.for_worker(number), &self.state.settings.server).await?;
        let guarded = GuardedListener::new(listener, Guard { connections: 64, ..self.guard() });
        info!(address = guarded.url(), "health and metrics at {}", guarded.url());
        let service = http::operator_router(self.state.clone()).into_make_service_with_connect_info::<Conn>();
        let server = axum::serve(guarded, service).with_graceful_shutdown(self.stop.clone().cancelled_owned());
        self.tasks.spawn(server.into_future());
        Ok(())
    }

    /// The first time there is nobody who could sign in; then the log says how to make somebody.
    async fn greet(&self, url: &str) {
        if let Ok(true) = self.state.app.first_run().await {
            warn!("nobody can sign in at {url} yet; make the first administrator: lockstep user add NAME --admin");
        }
    }

    /// Leaves time for pages to go elsewhere, where there is an elsewhere.
    async fn drain(&self, door: &Door) {
        self.state.draining.store(true, Ordering::Relaxed);
        self.state.sync.farewell().await;
        if self.state.settings.server.workers < 2 {
            return;
        }
        let patience = Duration::from_secs(self.state.settings.server.drain_s);
        info!(pages = door.pages(), "stopping; {} pages are asked to go elsewhere within {patience:?}", door.pages());
        let empty = async {
            while door.pages() > 0 {
                sleep(Duration::from_millis(50)).await;
            }
        };
        let _ = timeout(patience, empty).await;
    }

    async fn close(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.state.sync.close().await;
        self.state.app.close().await;
    }
}

fn open_bus(settings: &Settings) -> Result<Arc<dyn Bus>, BusError> {
    let Some(options) = settings.bus() else { return Ok(Arc::new(Memory::new())) };
    Ok(Arc::new(Redis::connect(options)?))
}

impl Settings {
    fn keep(&self) -> Keep {
        let small = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Keep { days: small(self.sync.ledger_days), events: small(self.sync.ledger_min_events) }
    }

    fn bus(&self) -> Option<RedisOptions> {
        let address = match (&self.redis.socket, &self.redis.url) {
            (Some(path), _) => RedisAddress::Unix(path.clone()),
            (None, Some(url)) => RedisAddress::Url(url.expose().clone()),
            (None, None) => return None,
        };
        Some(RedisOptions {
            db: matches!(address, RedisAddress::Unix(_)).then_some(self.redis.db),
            address,
            username: None,
            password: self.redis.password.as_ref().map(|password| password.expose().clone()),
            prefix: self.redis.prefix.clone(),
        })
    }

    fn follow(&self, number: u16) -> SyncOptions {
        let (worker, started, host) = (std::process::id(), clock::now_ms(), host());
        let name = format!("{host}/{number}/{worker}-{started}");
        let identity = Identity { worker, name, host, started, build: http::build().into() };
        SyncOptions {
            fanout: Arc::new(self.sync.fanout()),
            ring: self.sync.ring_events,
            tick: Duration::from_millis(self.sync.tick_ms),
            tick_without_bus: Duration::from_millis(self.sync.tick_degraded_ms),
            beat: Duration::from_millis(self.sync.beat_ms),
            ..SyncOptions::new(identity)
        }
    }
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
