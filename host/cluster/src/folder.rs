//! The data folder: its layout, its owner, its lock. Knows paths and permissions,
//! not processes.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::unistd::Uid;

use crate::account::Account;
use crate::error::ClusterError;

/// A log larger than this is set aside when the server starts.
const LOG_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// Where a host keeps its data unless told otherwise: `/var/lib/real-dispatch` for
/// root, else `$XDG_DATA_HOME/real-dispatch`, else `~/.local/share/real-dispatch`.
#[must_use]
pub fn default_folder() -> PathBuf {
    folder_for(
        Uid::effective().is_root(),
        std::env::var_os("XDG_DATA_HOME").map(PathBuf::from),
        std::env::home_dir(),
    )
}

fn folder_for(root: bool, data_home: Option<PathBuf>, home: Option<PathBuf>) -> PathBuf {
    let system = PathBuf::from("/var/lib");
    let base = if root {
        system
    } else {
        data_home
            // the XDG specification has relative paths ignored
            .filter(|path| path.is_absolute())
            .or_else(|| home.map(|home| home.join(".local/share")))
            .unwrap_or(system)
    };
    base.join("real-dispatch")
}

/// The well-known folder of this user's shared test cluster, below the folder for
/// temporary files. Not durable, never to be used for data that matters.
#[must_use]
pub fn shared_test_folder() -> PathBuf {
    std::env::temp_dir().join(format!("real-dispatch-tests-{}", Uid::effective()))
}

/// Paths below one data folder.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout below an existing folder, its links resolved.
    pub(crate) fn existing(folder: &Path) -> Result<Self, ClusterError> {
        fs::canonicalize(folder)
            .map(|root| Self { root })
            .map_err(ClusterError::io("open the data folder", folder))
    }

    /// Makes what is missing: the folder, and the part of it that belongs to the server's user.
    pub(crate) fn prepare(folder: &Path, account: Option<&Account>) -> Result<Self, ClusterError> {
        // under root the server's user must be able to pass through, not to look around
        let mode = if account.is_some() { 0o711 } else { 0o700 };
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(folder)
            .map_err(ClusterError::io("create the data folder", folder))?;
        let layout = Self::existing(folder)?;
        if let Some(account) = account {
            layout.open_up(account, mode)?;
        }
        private_folder(&layout.postgres(), account)?;
        Ok(layout)
    }

    /// An empty folder is opened for the server's user; a filled one's mode is its
    /// owner's business, and refused if that user cannot pass.
    fn open_up(&self, account: &Account, mode: u32) -> Result<(), ClusterError> {
        let empty = fs::read_dir(&self.root)
            .map_err(ClusterError::io("read the data folder", &self.root))?
            .next()
            .is_none();
        if empty {
            fs::set_permissions(&self.root, Permissions::from_mode(mode))
                .map_err(ClusterError::io("open up", &self.root))?;
        }
        match account.blocked_at(&self.root) {
            None => Ok(()),
            Some(blocked) => Err(ClusterError::Unreachable {
                account: account.name.clone(),
                blocked,
            }),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The part that belongs to the server's user.
    pub(crate) fn postgres(&self) -> PathBuf {
        self.root.join("postgres")
    }

    /// PGDATA. It exists only when it is whole.
    pub(crate) fn data(&self) -> PathBuf {
        self.postgres().join("data")
    }

    /// Where PGDATA is made before it is moved into place.
    pub(crate) fn staging(&self) -> PathBuf {
        self.postgres().join("data.new")
    }

    /// The socket's folder, where its path is short enough.
    pub(crate) fn socket(&self) -> PathBuf {
        self.postgres().join("socket")
    }

    /// Names the socket's folder where it had to be elsewhere.
    pub(crate) fn socket_record(&self) -> PathBuf {
        self.root.join("socket.path")
    }

    /// What the server says. In our part, not the server's: root writes no file that
    /// another user could have put a link in place of.
    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// Takes the folder for this process until the file is dropped.
    pub(crate) fn lock(&self) -> Result<File, ClusterError> {
        let path = self.root.join("host.lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(ClusterError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(ClusterError::InUse {
                folder: self.root.clone(),
            }),
            Err(TryLockError::Error(source)) => Err(ClusterError::Io {
                action: "lock",
                path,
                source,
            }),
        }
    }

    /// Opens the log to append to, with an overlong one set aside.
    pub(crate) fn open_log(&self) -> Result<File, ClusterError> {
        let path = self.log();
        if fs::metadata(&path).is_ok_and(|m| m.len() > LOG_LIMIT_BYTES) {
            let old = self.root.join("postgres.log.1");
            fs::rename(&path, &old).map_err(ClusterError::io("set aside", &path))?;
        }
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(ClusterError::io("open", path))
    }
}

/// A folder of mode 0700 that belongs to the server's user, made if it is not there.
pub(crate) fn private_folder(path: &Path, account: Option<&Account>) -> Result<(), ClusterError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(source) => return Err(ClusterError::io("create", path)(source)),
    }
    if let Some(account) = account {
        chown(path, Some(account.uid), Some(account.gid))
            .map_err(ClusterError::io("change the owner of", path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_folders() {
        let home = Some(PathBuf::from("/home/ann"));
        let of = |root, xdg: Option<&str>, home| folder_for(root, xdg.map(PathBuf::from), home);
        let path = Path::new;
        assert_eq!(
            of(true, Some("/x"), home.clone()),
            path("/var/lib/real-dispatch")
        );
        assert_eq!(
            of(false, Some("/x"), home.clone()),
            path("/x/real-dispatch")
        );
        assert_eq!(
            of(false, Some("relative"), home.clone()),
            path("/home/ann/.local/share/real-dispatch")
        );
        assert_eq!(
            of(false, None, home),
            path("/home/ann/.local/share/real-dispatch")
        );
        assert_eq!(of(false, None, None), path("/var/lib/real-dispatch"));
    }

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().expect("temp folder");
        let layout = Layout::existing(folder.path()).expect("exists");
        let held = layout.lock().expect("free");
        assert!(matches!(layout.lock(), Err(ClusterError::InUse { .. })));
        drop(held);
        layout.lock().expect("free again");
    }

    #[test]
    fn a_filled_closed_folder_is_refused_not_opened() {
        let folder = tempfile::tempdir().expect("temp folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).expect("mode");
        fs::write(folder.path().join("secret"), "").expect("write");
        let layout = Layout::existing(folder.path()).expect("exists");
        let stranger = Account {
            name: "stranger".into(),
            uid: 4_000_000_001,
            gid: 4_000_000_001,
        };
        let error = layout
            .open_up(&stranger, 0o711)
            .expect_err("closed to strangers");
        assert!(error.to_string().contains("/var/lib/real-dispatch"));
        fs::remove_file(folder.path().join("secret")).expect("remove");
        layout.open_up(&stranger, 0o711).expect("empty: opened");
    }
}
