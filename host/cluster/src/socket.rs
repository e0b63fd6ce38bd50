//! The unix socket: where its folder is, whether somebody answers there, and its URL.
//! Knows the first eight bytes of Postgres's protocol and no more of it.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::Uid;

use crate::account::Account;
use crate::error::ClusterError;
use crate::folder::{Layout, private_folder};

/// The port is part of the socket's file name; nothing listens on a network.
pub(crate) const PORT: u16 = 5432;

/// `sun_path` has 108 bytes with its final zero on Linux, 104 on macOS.
const PATH_LIMIT_BYTES: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// SSLRequest: a length of 8, then the request code. Every server answers one byte.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// The socket's file inside its folder.
pub(crate) fn file_in(folder: &Path) -> PathBuf {
    folder.join(format!(".s.PGSQL.{PORT}"))
}

fn fits(folder: &Path) -> bool {
    file_in(folder).as_os_str().as_bytes().len() <= PATH_LIMIT_BYTES
}

/// The private folder for the socket: below the data folder, or a short one elsewhere
/// (recorded, and used again) when that path is too long.
pub(crate) fn folder(layout: &Layout, account: Option<&Account>) -> Result<PathBuf, ClusterError> {
    let own = layout.socket();
    if fits(&own) {
        private_folder(&own, account)?;
        return Ok(own);
    }
    let record = layout.socket_record();
    if let Ok(text) = fs::read_to_string(&record) {
        let recorded = PathBuf::from(text.trim());
        if is_private(&recorded, account) {
            return Ok(recorded);
        }
    }
    let short = short_folder(account).map_err(|source| ClusterError::SocketPath {
        folder: own,
        source,
    })?;
    fs::write(&record, short.as_os_str().as_bytes()).map_err(ClusterError::io("write", &record))?;
    Ok(short)
}

/// Is it there, and closed to everyone but the server's user?
fn is_private(folder: &Path, account: Option<&Account>) -> bool {
    let owner = account.map_or_else(|| Uid::effective().as_raw(), |account| account.uid);
    fs::symlink_metadata(folder)
        .is_ok_and(|m| m.is_dir() && m.uid() == owner && m.mode() & 0o077 == 0)
}

fn short_folder(account: Option<&Account>) -> io::Result<PathBuf> {
    let mut parents = Vec::new();
    if account.is_some() {
        parents.push(PathBuf::from("/run"));
    } else if let Some(runtime) = std::env::var_os("XDG_RUNTIME_DIR") {
        parents.push(PathBuf::from(runtime));
    }
    parents.push(std::env::temp_dir());
    parents.push(PathBuf::from("/tmp"));
    let mut last = io::Error::other("no folder for temporary files is short enough");
    for parent in parents {
        if !fits(&parent.join("real-dispatch-123456"))
            || account.is_some_and(|account| account.blocked_at(&parent).is_some())
        {
            continue;
        }
        // a random name: nobody can have put a folder of theirs there before
        match tempfile::Builder::new()
            .prefix("real-dispatch-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)
        {
            Ok(folder) => {
                if let Some(account) = account {
                    chown(folder.path(), Some(account.uid), Some(account.gid))?;
                }
                return Ok(folder.keep());
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Does a Postgres answer on the socket in `folder`?
pub(crate) fn answers(folder: &Path) -> bool {
    let ask = || -> io::Result<u8> {
        let mut stream = UnixStream::connect(file_in(folder))?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        stream.set_write_timeout(Some(ANSWER_TIMEOUT))?;
        stream.write_all(&SSL_REQUEST)?;
        let mut answer = [0];
        stream.read_exact(&mut answer)?;
        Ok(answer[0])
    };
    matches!(ask(), Ok(b'N' | b'S'))
}

/// A URL for the socket in `folder`, as sqlx and libpq read it.
pub(crate) fn url(folder: &Path, role: &str, database: &str) -> String {
    format!(
        "postgres://{role}@{}:{PORT}/{}?sslmode=disable",
        encode(folder.as_os_str().as_bytes()),
        encode(database.as_bytes())
    )
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_encoded() {
        assert_eq!(
            url(Path::new("/var/lib/real dispatch"), "dispatch", "a/b"),
            "postgres://dispatch@%2Fvar%2Flib%2Freal%20dispatch:5432/a%2Fb?sslmode=disable"
        );
    }

    #[test]
    fn nobody_answers_on_an_empty_folder() {
        let folder = tempfile::tempdir().expect("temp folder");
        assert!(!answers(folder.path()));
    }

    #[test]
    fn a_long_path_gets_a_short_folder_that_is_found_again() {
        let folder = tempfile::tempdir().expect("temp folder");
        let long = folder.path().join("l".repeat(120));
        fs::create_dir(&long).expect("folder");
        let layout = Layout::existing(&long).expect("exists");
        let first = super::folder(&layout, None).expect("short folder");
        assert!(fits(&first));
        assert!(is_private(&first, None));
        assert_eq!(super::folder(&layout, None).expect("again"), first);
        // one that others can enter is not used again
        fs::set_permissions(&first, Permissions::from_mode(0o755)).expect("mode");
        let second = super::folder(&layout, None).expect("another");
        assert_ne!(second, first);
        for folder in [first, second] {
            fs::remove_dir(folder).expect("remove");
        }
    }
}
