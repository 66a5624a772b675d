//! One worker, from its first breath to its last.
//!
//! Takes its addresses, opens the store, follows the ledger, serves pages and leaves politely: not ready any more, nobody let in,
//! pages asked to go elsewhere, sockets closed, requests answered, store and bus closed.
//! All its parts are made here and owned here; nothing outlives [`run`].

use std::{future::Future, sync::Arc, sync::atomic::Ordering, time::Duration};

use lockstep_app::Keep;
use lockstep_protocol::{SharedSecret, log::Archive};
use lockstep_sync_manager::{
    Identity, Options as SyncOptions, SyncManager,
    bus::{Bus, BusError, Memory, Redis, RedisAddress, RedisOptions, Sentinels},
};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{
    clock,
    config::{Redis as RedisSettings, Secret, Settings},
    database::{self, CannotOpen},
    door::Door,
    http,
    listen::{BindError, Conn, Guard, GuardedListener, Listener, bind, connection_cap},
    logging,
    state::State,
    supervisor::Reporter,
    watch::{self, Hall},
    wire::Road,
    ws::Raw,
};

mod alerts;
mod drain;
mod jobs;
mod life;

/// How long requests under way may take to their answer once no page is left. An edit takes milliseconds. With the door's three
/// seconds and the next limit it stays within the ten that the supervisor allows after the drain.
const REQUESTS_LIMIT: Duration = Duration::from_secs(3);

/// How long what is left may take to end after that.
const CLOSE_LIMIT: Duration = Duration::from_secs(3);

/// Connections of the operator's address: a few monitors, none of which may take the place of another for long.
const OPERATORS: usize = 64;

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

/// Serves until `shutdown`, on `listener` or else on the configured address. Tells `reporter` how it goes.
///
/// # Errors
/// Whatever keeps the worker from starting, with its cure.
pub async fn run(
    settings: Arc<Settings>,
    number: u16,
    listener: Option<Listener>,
    reporter: Option<Reporter>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    // Taken first: a worker that cannot have its addresses opens nothing.
    let listener = match listener {
        Some(listener) => listener,
        None => bind(&settings.server.listen.for_worker(number), &settings.server).await?,
    };
    let operator = match &settings.server.ops_listen {
        Some(listen) => Some(bind(&listen.for_worker(number), &settings.server).await?),
        None => None,
    };
    let parts = Parts::open(settings, number).await?;
    let outcome = parts.serve(listener, operator, number, reporter, shutdown).await;
    parts.close().await;
    info!("stopped");
    outcome
}

/// A worker's parts, whether they serve or not.
struct Parts {
    state: State,
    /// What this process reports is among the log lines meanwhile.
    _reports: logging::Bound,
    tasks: TaskTracker,
    /// Ends what runs beside the serving, once that is over.
    stop: CancellationToken,
    /// Ends long work, which others go on with meanwhile.
    leaving: CancellationToken,
}

impl Parts {
    async fn open(settings: Arc<Settings>, number: u16) -> Result<Self, Error> {
        let store = database::open_store(&settings).await?;
        let bus = match open_bus(&settings, store.secret()) {
            Ok(bus) => bus,
            Err(error) => {
                store.close().await;
                return Err(error.into());
            }
        };
        let archive = (settings.logs.retention_days > 0).then(|| Arc::new(store.clone()) as Arc<dyn Archive>);
        let options = SyncOptions { archive, ..settings.follow(number) };
        let name = options.identity.name.clone();
        let sync = SyncManager::start(Arc::new(store.clone()), bus, options);
        database::make_scan_root(&settings);
        database::make_import_root(&settings);
        let app = match database::application(&settings, store, Road(sync.clone()), &name) {
            Ok(app) => app,
            Err(error) => {
                sync.close().await;
                return Err(error.into());
            }
        };
        let reports = logging::bind(app.logs());
        let state = State::new(settings, app, sync);
        let (stop, leaving) = (CancellationToken::new(), CancellationToken::new());
        Ok(Self { state, _reports: reports, tasks: TaskTracker::new(), stop, leaving })
    }

    /// Serves until `shutdown` and through the drain, to the last answer.
    async fn serve(
        &self,
        listener: Listener,
        operator: Option<Listener>,
        number: u16,
        reporter: Option<Reporter>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        let raw = Raw::open(self.state.clone());
        let inside = raw.routes().merge(http::router(self.state.clone()));
        let (door, service) = Door::open(self.state.clone(), inside);
        self.begin_upkeep(&door, &raw);
        operator.into_iter().for_each(|listener| self.serve_operator(listener));
        let last_entry = CancellationToken::new();
        let guarded = GuardedListener::new(listener, self.guard()).until(last_entry.clone());
        info!(address = guarded.url(), worker = number, "serving at {}", guarded.url());
        self.greet(&guarded.url()).await;
        let last_call = CancellationToken::new();
        let server = axum::serve(guarded, service.into_make_service_with_connect_info::<Conn>())
            .with_graceful_shutdown(last_call.clone().cancelled_owned());
        let mut serving = tokio::spawn(server.into_future());
        reporter.into_iter().for_each(|reporter| self.report_to(reporter));
        tokio::select! {
            () = shutdown => {}
            ended = &mut serving => {
                tokio::join!(door.close(), raw.close());
                return Err(ended_by_itself(ended));
            }
        }
        // From here on an answer is the last one on its connection, and no page begins; then nobody comes in any more.
        self.state.draining.store(true, Ordering::Relaxed);
        self.leaving.cancel();
        last_entry.cancel();
        drain::drain(&self.state, &door, &raw).await;
        // Idle connections end, and those with a WebSocket or a request under way go on.
        last_call.cancel();
        tokio::join!(door.close(), raw.close());
        if timeout(REQUESTS_LIMIT, &mut serving).await.is_err() {
            warn!("some requests were not answered within {REQUESTS_LIMIT:?} of the end");
            serving.abort();
        }
        Ok(())
    }

    /// What runs beside the serving: seats kept true, the ledger kept short, errors told.
    fn begin_upkeep(&self, door: &Door, raw: &Raw) {
        let halls: Vec<Arc<dyn Hall>> = vec![Arc::new(door.clone()), Arc::new(raw.clone())];
        self.tasks.spawn(watch::keep(self.state.clone(), halls, self.stop.clone().cancelled_owned()));
        let (app, keep) = (self.state.app.clone(), self.state.settings.keep());
        let stop = self.stop.clone().cancelled_owned();
        self.tasks.spawn(async move { app.upkeep(keep, stop).await });
        let (app, stop) = (self.state.app.clone(), self.stop.clone().cancelled_owned());
        self.tasks.spawn(async move { app.tell_errors(stop).await });
        self.tasks.spawn(alerts::watch(self.state.clone(), host(), self.stop.clone()));
        self.tasks.spawn(jobs::listen(self.state.app.clone(), self.state.sync.clone(), self.stop.clone()));
        self.tasks.spawn(jobs::run(self.state.clone(), self.leaving.clone()));
    }

    /// To the very end: a worker that takes leave of its pages gets something done, too.
    fn report_to(&self, reporter: Reporter) {
        let (sync, stop) = (self.state.sync.clone(), self.stop.clone());
        self.tasks.spawn(async move { stop.run_until_cancelled(life::report(reporter, sync)).await });
    }

    fn guard(&self) -> Guard {
        let limits = &self.state.settings.limits;
        Guard {
            traffic: self.state.traffic.clone(),
            connections: connection_cap(limits.connections),
            bounds: limits.bounds(),
            header: limits.header(),
        }
    }

    /// Health and metrics for the operator alone; to the very end, since that is when they are looked at.
    fn serve_operator(&self, listener: Listener) {
        let guarded = GuardedListener::new(listener, Guard { connections: OPERATORS, ..self.guard() });
        info!(address = guarded.url(), "health and metrics at {}", guarded.url());
        let service = http::operator_router(self.state.clone()).into_make_service_with_connect_info::<Conn>();
        let server = axum::serve(guarded, service).with_graceful_shutdown(self.stop.clone().cancelled_owned());
        self.tasks.spawn(server.into_future());
    }

    /// The first time there is nobody who could sign in; then the log says how to make somebody.
    async fn greet(&self, url: &str) {
        if let Ok(true) = self.state.app.first_run().await {
            warn!("nobody can sign in at {url} yet; make the first administrator: lockstep user add NAME --admin");
        }
    }

    /// Ends all that was opened. The application before the road, so that the last commits still reach the other workers.
    async fn close(&self) {
        self.stop.cancel();
        self.leaving.cancel();
        self.tasks.close();
        let all = async {
            self.tasks.wait().await;
            self.state.app.close().await;
            self.state.sync.close().await;
        };
        if timeout(CLOSE_LIMIT, all).await.is_err() {
            warn!("not everything ended within {CLOSE_LIMIT:?}");
        }
    }
}

fn ended_by_itself(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> Error {
    let error = ended.map_err(std::io::Error::other).and_then(|ended| ended).err();
    Error::Serve(error.unwrap_or_else(|| std::io::Error::other("ended by itself")))
}

/// Whoever shares the database shares the secret, and so is heard.
fn open_bus(settings: &Settings, secret: &SharedSecret) -> Result<Arc<dyn Bus>, BusError> {
    let Some(options) = settings.bus(secret) else { return Ok(Arc::new(Memory::new())) };
    Ok(Arc::new(Redis::connect(options)?))
}

impl Settings {
    fn keep(&self) -> Keep {
        let small = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Keep {
            days: small(self.sync.ledger_days),
            events: small(self.sync.ledger_min_events),
            notice_days: self.notifications.keep_days,
        }
    }

    pub(crate) fn bus(&self, secret: &SharedSecret) -> Option<RedisOptions> {
        let redis = &self.redis;
        let address = redis.address()?;
        let has_databases = matches!(address, RedisAddress::Unix(_) | RedisAddress::Sentinel(_));
        Some(RedisOptions {
            db: has_databases.then_some(redis.db),
            address,
            username: redis.username.clone(),
            password: exposed(redis.password.as_ref()),
            prefix: redis.prefix.clone(),
            secret: secret.clone(),
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
            ring_lines: self.logs.ring_lines,
            ..SyncOptions::new(identity)
        }
    }
}

impl RedisSettings {
    fn address(&self) -> Option<RedisAddress> {
        if let Some(path) = &self.socket {
            return Some(RedisAddress::Unix(path.clone()));
        }
        if let Some(url) = &self.url {
            return Some(RedisAddress::Url(url.expose().clone()));
        }
        if !self.cluster.is_empty() {
            return Some(RedisAddress::Cluster(self.cluster.to_vec()));
        }
        let sentinels = Sentinels {
            hosts: self.sentinels.to_vec(),
            service: self.service.clone(),
            username: self.sentinel_username.clone(),
            password: exposed(self.sentinel_password.as_ref()),
        };
        (!sentinels.hosts.is_empty()).then_some(RedisAddress::Sentinel(sentinels))
    }
}

fn exposed(secret: Option<&Secret<String>>) -> Option<String> {
    secret.map(|secret| secret.expose().clone())
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
