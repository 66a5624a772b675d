//! The file of a unix socket: made without a moment in which anybody could connect who must not, taken away at the end.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    net::{UnixListener, UnixSocket, UnixStream},
    time::timeout,
};

use super::bind::BindError;
use crate::config::Mode;

/// Connections that the kernel keeps while nobody accepts; it lowers this to its own limit.
const BACKLOG: u32 = 4096;

/// How long the owner of an old socket file may take to answer. One that hangs is alive.
const PROBE: Duration = Duration::from_secs(1);

/// For the owner and his group: the group is nginx's.
const DIRECTORY_MODE: u32 = 0o750;

/// A socket file that is removed when this is dropped, unless somebody has put another one in its place.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl SocketFile {
    /// Listens at `path`. The file appears there with its mode and group already set, in place of a dead one.
    ///
    /// # Errors
    /// [`BindError::InUse`] when a server answers at `path`.
    pub async fn create(path: &Path, mode: Mode, group: Option<&str>) -> Result<(UnixListener, Self), BindError> {
        let failed = |source| BindError::failed(format!("unix:{}", path.display()), source);
        let gid = group.map(group_id).transpose()?;
        make_directory(path, gid).map_err(failed)?;
        refuse_living(path).await?;
        let listener = listen(path, mode, gid).map_err(failed)?;
        let identity = identity(path).map_err(failed)?;
        Ok((listener, Self { path: path.to_owned(), identity }))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            // At worst a dead file stays; the next start replaces it.
            fs::remove_file(&self.path).ok();
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()))
}

fn make_directory(path: &Path, gid: Option<u32>) -> io::Result<()> {
    let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) else { return Ok(()) };
    if directory.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory)?;
    gid.map_or(Ok(()), |gid| chown(directory, None, Some(gid)))
}

async fn refuse_living(path: &Path) -> Result<(), BindError> {
    let address = format!("unix:{}", path.display());
    match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(file) if !std::os::unix::fs::FileTypeExt::is_socket(&file.file_type()) => {
            return Err(BindError::NotASocket(address));
        }
        Ok(_) => {}
    }
    match timeout(PROBE, UnixStream::connect(path)).await {
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => Err(BindError::failed(address, error)),
        _ => Err(BindError::InUse(address)),
    }
}

/// Makes the socket under a passing name, so that mode and group are right before it can be found, and no connect in between is
/// refused.
fn listen(path: &Path, mode: Mode, gid: Option<u32>) -> io::Result<UnixListener> {
    let passing = path.with_added_extension("new");
    fs::remove_file(&passing)
        .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    let socket = UnixSocket::new_stream()?;
    socket.bind(&passing)?;
    fs::set_permissions(&passing, Permissions::from_mode(mode.0))?;
    chown(&passing, None, gid)?;
    let listener = socket.listen(BACKLOG)?;
    fs::rename(&passing, path)?;
    Ok(listener)
}

/// The number of a group, which may itself be a number.
///
/// # Errors
/// [`BindError::NoSuchGroup`].
pub fn group_id(group: &str) -> Result<u32, BindError> {
    const GROUPS: &str = "/etc/group";
    let unknown = || BindError::NoSuchGroup(group.to_owned());
    if let Ok(gid) = group.parse() {
        return Ok(gid);
    }
    let groups = fs::read_to_string(GROUPS).map_err(|_| unknown())?;
    groups.lines().find_map(|line| gid_in(line, group)).ok_or_else(unknown)
}

/// A line is `name:password:number:members`.
fn gid_in(line: &str, group: &str) -> Option<u32> {
    let mut fields = line.split(':');
    (fields.next() == Some(group)).then(|| fields.nth(1))?.and_then(|gid| gid.parse().ok())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    async fn create(path: &Path) -> Result<(UnixListener, SocketFile), BindError> {
        SocketFile::create(path, Mode(0o660), None).await
    }

    #[tokio::test]
    async fn the_file_has_its_mode_and_goes_with_its_owner() {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("run/worker-0.sock");

        let (_listener, file) = create(&path).await.expect("listens");

        assert_eq!(fs::metadata(&path).expect("is there").mode() & 0o777, 0o660);
        assert_eq!(fs::metadata(path.parent().expect("one")).expect("is there").mode() & 0o777, DIRECTORY_MODE);
        UnixStream::connect(&path).await.expect("somebody listens");
        drop(file);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_dead_file_is_replaced() {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("s.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("binds"));
        assert!(path.exists(), "a listener leaves its file behind");

        let _held = create(&path).await.expect("replaces it");

        UnixStream::connect(&path).await.expect("somebody listens");
    }

    #[tokio::test]
    async fn a_living_server_is_left_alone() {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("s.sock");
        let _held = create(&path).await.expect("listens");

        let error = create(&path).await.expect_err("taken");

        assert!(matches!(error, BindError::InUse(_)), "{error}");
        UnixStream::connect(&path).await.expect("the first one still listens");
    }

    #[tokio::test]
    async fn a_file_that_is_no_socket_is_left_alone() {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("precious");
        fs::write(&path, "data").expect("writes");

        assert!(matches!(create(&path).await, Err(BindError::NotASocket(_))));
        assert_eq!(fs::read_to_string(&path).expect("still there"), "data");
    }

    #[tokio::test]
    async fn the_file_of_a_successor_is_not_removed() {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("s.sock");
        let (listener, first) = create(&path).await.expect("listens");
        drop(listener);
        let _second = create(&path).await.expect("replaces the dead one");

        drop(first);

        UnixStream::connect(&path).await.expect("the second one still listens");
    }

    #[test]
    fn groups_are_found_by_name_or_number() {
        assert_eq!(gid_in("www-data:x:33:anna,boris", "www-data"), Some(33));
        assert_eq!(gid_in("www:x:34:", "www-data"), None);
        assert_eq!(group_id("4711").expect("a number"), 4711);
        assert!(group_id("no such group").is_err());
    }
}
