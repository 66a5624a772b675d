//! Opening the application over the configured database.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use lockstep_app::{
    App, ImportMark, Locks, LogOptions, LoginLimits, OpenError, Options, Roots, SharedClock, Store, StoreOptions, Wire,
};
use tracing::warn;

use crate::{
    config::{Settings, Synchronous},
    mark,
};

/// For the owner and his group: the database holds people's names and hashes of their passwords.
const DIRECTORY_MODE: u32 = 0o750;

/// The window in which sign-in attempts are counted, as the names of the settings say.
const MINUTE: u32 = 60;

/// Why the application cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum CannotOpen {
    /// The data directory, or one in it, cannot be made.
    #[error("cannot make the directory `{}`; make it, or set [server] data_dir to one that may be written", .path.display())]
    Directory {
        /// Which.
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
    application(settings, open_store(settings).await?, wire, &uuid::Uuid::new_v4().to_string())
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
    let store = Store::open(&options, SharedClock::system()).await?;
    if let Some(file) = options.file().filter(|file| is_open_to_all(file)) {
        let file = file.display();
        warn!(%file, "everybody on this machine can read the database, hashes of passwords and all; run: chmod o= {file}*");
    }
    Ok(store)
}

fn make_directory(path: &Path) -> Result<(), CannotOpen> {
    let made = DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(path);
    made.map_err(|source| CannotOpen::Directory { path: path.to_owned(), source })
}

/// Whether everybody on the machine gets at a file that is there: we make ours for the owner and his group, but one from elsewhere (a
/// copy, a backup, an older version's) keeps the mode it has, and so do the directories above it.
fn is_open_to_all(file: &Path) -> bool {
    const READ_OR_WRITE: u32 = 0o006;
    const PASS: u32 = 0o001;
    let others_may = |path: &Path, mode: u32| fs::metadata(path).is_ok_and(|found| found.mode() & mode != 0);
    let Ok(file) = file.canonicalize() else { return false };
    others_may(&file, READ_OR_WRITE) && file.ancestors().skip(1).all(|directory| others_may(directory, PASS))
}

/// Makes the folder below which those of registrators lie where no other is set. For workers: a command keeps nothing on this machine.
pub fn make_scan_root(settings: &Settings) {
    if settings.jobs.scan_roots.is_empty()
        && let Err(error) = make_directory(&settings.own_scan_root())
    {
        warn!(%error, "no folder can be scanned: {error}; set [jobs] scan_roots");
    }
}

/// Makes the folder below which sources of imports lie where no other is set; one that is set is the operator's to make. For workers.
pub fn make_import_root(settings: &Settings) {
    if settings.jobs.import_root.is_none()
        && let Err(error) = make_directory(&settings.import_root())
    {
        warn!(%error, "nothing can be imported: {error}; set [jobs] import_root");
    }
}

/// The application on top of `store`, for the process of this unique name.
///
/// # Errors
/// [`CannotOpen::App`].
pub fn application(settings: &Settings, store: Store, wire: impl Wire, name: &str) -> Result<App, CannotOpen> {
    let mark = mark::of(settings, store.secret());
    Ok(App::new(store, wire, app_options(settings, name, mark))?)
}

fn store_options(settings: &Settings) -> StoreOptions {
    let synchronous = match settings.database.synchronous {
        Synchronous::Full => lockstep_app::Synchronous::Full,
        Synchronous::Normal => lockstep_app::Synchronous::Normal,
    };
    let locks = Locks { entities: settings.locks.entities(), lease_ms: settings.locks.lease_s * 1000 };
    StoreOptions { synchronous, host: machine(), locks, ..StoreOptions::new(settings.database_url().expose()) }
}

/// What tells this machine from another that might open the same file over a network: its own id, or that of its kernel's present
/// life, which containers share. A host name would not do: a restarted container has a new one.
pub(crate) fn machine() -> Option<String> {
    let id = |path| std::fs::read_to_string(path).ok().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
    id("/etc/machine-id").or_else(|| id("/proc/sys/kernel/random/boot_id"))
}

fn app_options(settings: &Settings, name: &str, import_mark: Option<Arc<dyn ImportMark>>) -> Options {
    let login = LoginLimits {
        attempts: settings.limits.login_attempts,
        attempts_per_address: settings.limits.login_attempts_per_address,
        window_s: MINUTE,
    };
    let logs = LogOptions {
        worker: name.to_owned(),
        environment: settings.logs.environment.clone(),
        days: settings.logs.retention_days,
        backlog: settings.logs.ring_lines,
    };
    let scan_roots = Roots::new(settings.scan_roots());
    Options {
        session_hours: settings.auth.session_hours,
        login,
        logs,
        scan_roots,
        uploads: Some(settings.uploads()),
        import_root: settings.import_root(),
        import_limits: settings.imports.limits(),
        import_mark,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::testing;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("sets the mode");
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").mode() & 0o777
    }

    #[tokio::test]
    async fn what_we_make_is_for_the_owner_and_his_group() {
        let (mut settings, directory) = testing::settings(&[]);
        settings.server.data_dir = directory.path().join("data/of/ours");

        open_store(&settings).await.expect("opens").close().await;

        let file = settings.server.data_dir.join("lockstep.db");
        assert_eq!((mode(&settings.server.data_dir), mode(&file)), (0o750, 0o640));
        assert!(!is_open_to_all(&file));
    }

    #[test]
    fn a_file_is_open_to_all_where_it_and_the_way_to_it_are() {
        let directory = tempfile::Builder::new().tempdir_in("/tmp").expect("a directory");
        let (inner, file) = (directory.path().join("data"), directory.path().join("data/lockstep.db"));
        fs::create_dir(&inner).expect("made");
        fs::write(&file, "").expect("written");
        [directory.path(), &inner].iter().for_each(|path| set_mode(path, 0o755));

        for (of_file, of_directory, expect) in
            [(0o644, 0o755, true), (0o640, 0o755, false), (0o644, 0o750, false), (0o642, 0o711, true)]
        {
            set_mode(&file, of_file);
            set_mode(&inner, of_directory);
            assert_eq!(is_open_to_all(&file), expect, "{of_file:o} in {of_directory:o}");
        }
        assert!(!is_open_to_all(&inner.join("absent")));
    }
}
