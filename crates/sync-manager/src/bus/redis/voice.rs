//! The sending half: one connection, which is made anew together with the listening half's when that is deaf for long.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use fred::{
    clients::{Client, WithOptions},
    error::{Error, ErrorKind},
    interfaces::{ClientLike, PubsubInterface},
    types::config::Options,
};
use tokio::{task::AbortHandle, time::timeout};
use tokio_util::task::TaskTracker;

use super::{PUBLISH_LIMIT, RedisOptions};
use crate::bus::BusError;

/// How long a connection may take to say goodbye.
const QUIT_LIMIT: Duration = Duration::from_millis(500);

pub(super) struct Voice {
    options: RedisOptions,
    connection: ArcSwap<Connection>,
    tasks: TaskTracker,
}

struct Connection {
    client: Client,
    quick: WithOptions<Client>,
    task: AbortHandle,
}

impl Connection {
    fn begin(options: &RedisOptions, turn: usize, tasks: &TaskTracker) -> Result<Self, Error> {
        let client = options.builder(turn)?.build()?;
        let quick = client.with_options(&Options {
            fail_fast: true,
            timeout: Some(PUBLISH_LIMIT),
            max_attempts: Some(1),
            ..Options::default()
        });
        let connecting = client.connect();
        let task = connecting.abort_handle();
        tasks.spawn(connecting);
        Ok(Self { client, quick, task })
    }

    async fn end(&self) {
        let _ = timeout(QUIT_LIMIT, self.client.quit()).await;
        self.task.abort();
    }
}

impl Voice {
    /// Begins to connect and returns at once.
    pub(super) fn new(options: RedisOptions, turn: usize, tasks: TaskTracker) -> Result<Self, Error> {
        let connection = ArcSwap::from_pointee(Connection::begin(&options, turn, &tasks)?);
        Ok(Self { options, connection, tasks })
    }

    /// Whether there is a connection, as far as fred knows.
    pub(super) fn is_connected(&self) -> bool {
        self.connection.load().client.is_connected()
    }

    pub(super) async fn say(&self, channel: &str, message: String) -> Result<(), BusError> {
        let connection = self.connection.load_full();
        let sent = connection.quick.publish::<i64, _, _>(channel, message);
        // The limit of fred itself does not cover the time before a connection exists.
        match timeout(PUBLISH_LIMIT, sent).await {
            Err(_) => Err(BusError::Timeout),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(judge(&error)),
        }
    }

    /// Takes another connection. What is under way on the old one is given up with it.
    pub(super) fn renew(&self, turn: usize) {
        let connection = Connection::begin(&self.options, turn, &self.tasks);
        let connection = Arc::new(connection.expect("the same settings were good when the bus was connected"));
        let old = self.connection.swap(connection);
        self.tasks.spawn(async move { old.end().await });
    }

    pub(super) async fn close(&self) {
        self.connection.load_full().end().await;
    }
}

fn judge(error: &Error) -> BusError {
    match error.kind() {
        ErrorKind::Timeout => BusError::Timeout,
        ErrorKind::Auth | ErrorKind::Config | ErrorKind::InvalidArgument => BusError::Refused(error.to_string()),
        _ => BusError::Down,
    }
}
