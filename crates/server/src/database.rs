//! Opening the application over the configured database.

use std::{
    fs::DirBuilder,
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use lockstep_app::{App, LoginLimits, OpenError, Options, SharedClock, Store, StoreOptions, Wire};

use crate::config::{Settings, Synchronous};

/// For the owner and his group: the database holds people's names and hashes of their passwords.
const DIRECTORY_MODE: u32 = 0o750;

/// The window in which sign-in attempts are counted, as the names of the settings say.
const MINUTE: u32 = 60;

/// Why the application cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum CannotOpen {
    /// The data directory cannot be made.
    #[error("cannot make the data directory `{}`; make it, or set [server] data_dir to one that may be written", .path.display())]
    Directory {
        /// `[server] data_dir`.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The application cannot be set up.
    #[error(transparent)]
    App(#[from] lockstep_app::Error),
}

/// Opens the database, makes it when it is missing, and puts the application on top. Committed events go to `wire`.
///
/// # Errors
/// [`CannotOpen`], which names the cure.
pub async fn open(settings: &Settings, wire: impl Wire) -> Result<App, CannotOpen> {
    application(settings, open_store(settings).await?, wire)
}

/// Opens the database alone, for a worker whose wire follows its ledger.
///
/// # Errors
/// [`CannotOpen`], which names the cure.
pub async fn open_store(settings: &Settings) -> Result<Store, CannotOpen> {
    let options = store_options(settings);
    if options.is_file() {
        make_directory(&settings.server.data_dir)?;
    }
    Ok(Store::open(&options, SharedClock::system()).await?)
}

fn make_directory(path: &Path) -> Result<(), CannotOpen> {
    let made = DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(path);
    made.map_err(|source| CannotOpen::Directory { path: path.to_owned(), source })
}

/// The application on top of `store`.
///
/// # Errors
/// [`CannotOpen::App`].
pub fn application(settings: &Settings, store: Store, wire: impl Wire) -> Result<App, CannotOpen> {
    Ok(App::new(store, wire, app_options(settings))?)
}

fn store_options(settings: &Settings) -> StoreOptions {
    let synchronous = match settings.database.synchronous {
        Synchronous::Full => lockstep_app::Synchronous::Full,
        Synchronous::Normal => lockstep_app::Synchronous::Normal,
    };
    StoreOptions { synchronous, host: machine(), ..StoreOptions::new(settings.database_url().expose()) }
}

/// What tells this machine from another that might open the same file over a network: its own id, or that of its kernel's present
/// life, which containers share. A host name would not do: a restarted container has a new one.
fn machine() -> Option<String> {
    let id = |path| std::fs::read_to_string(path).ok().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
    id("/etc/machine-id").or_else(|| id("/proc/sys/kernel/random/boot_id"))
}

fn app_options(settings: &Settings) -> Options {
    let login = LoginLimits {
        attempts: settings.limits.login_attempts,
        attempts_per_address: settings.limits.login_attempts_per_address,
        window_s: MINUTE,
    };
    Options { session_hours: settings.auth.session_hours, login }
}
