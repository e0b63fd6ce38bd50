//! Which Postgres the tests run on: the one they are given, or one shared, undurable
//! cluster in the folder for temporary files, started by the first test that needs it
//! and left running for the next. Knows no tables.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use dispatch_cluster::{Cluster, Settings, shared_test_folder};
use nix::unistd::Uid;

/// The variable that names a server to use instead: a URL whose role may create databases.
pub const SERVER_URL: &str = "DISPATCH_TEST_DATABASE_URL";

/// The server's URL, found or started once per process. Blocks for up to a few seconds.
///
/// # Errors
/// When no server is named and the shared cluster could not be started.
pub(crate) fn url() -> Result<&'static str> {
    static URL: OnceLock<String> = OnceLock::new();
    if let Some(url) = URL.get() {
        return Ok(url);
    }
    // two threads may both look: the second finds what the first started
    let url = match std::env::var(SERVER_URL) {
        Ok(url) if !url.is_empty() => url,
        _ => shared(&shared_test_folder())?,
    };
    Ok(URL.get_or_init(|| url))
}

/// Attaches to the shared cluster, or starts it; only one process at a time tries.
fn shared(folder: &Path) -> Result<String> {
    own_folder(folder)?;
    if let Ok(cluster) = Cluster::attach(folder) {
        return Ok(cluster.url("postgres"));
    }
    let lock = start_lock(folder).context("the shared test cluster's lock")?;
    lock.lock().context("waiting for the shared test cluster")?;
    if let Ok(cluster) = Cluster::attach(folder) {
        return Ok(cluster.url("postgres"));
    }
    let cluster = Cluster::open_with(folder, Settings::for_tests())
        .context("the shared test cluster did not start")?;
    let url = cluster.url("postgres");
    cluster.detach();
    Ok(url)
}

/// Made here, passable for the server's user when we are root, and refused if somebody
/// else made it: every user of the machine knows its path.
fn own_folder(folder: &Path) -> Result<()> {
    match DirBuilder::new().mode(0o711).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| format!("creating {}", folder.display()));
        }
        _ => {}
    }
    let owner = folder.symlink_metadata()?.uid();
    ensure!(
        owner == Uid::effective().as_raw(),
        "{} belongs to another user: remove it, or set {SERVER_URL}",
        folder.display()
    );
    Ok(())
}

fn start_lock(folder: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(folder.join("tests.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_no_folder_of_ours_is_refused() {
        let folder = tempfile::tempdir().expect("temp folder");
        own_folder(&folder.path().join("new")).expect("made");
        own_folder(&folder.path().join("new")).expect("found");
        assert!(own_folder(&folder.path().join("absent/new")).is_err());
        if !Uid::effective().is_root() {
            assert!(own_folder(Path::new("/")).is_err(), "root's");
        }
    }

    #[test]
    fn eight_at_once_share_one_server() {
        let folder = tempfile::tempdir().expect("temp folder");
        let folder = folder.path().join("shared");
        let urls: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| shared(&folder).expect("a server")))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("ended well"))
                .collect()
        });
        assert!(urls.iter().all(|url| *url == urls[0]));
        Cluster::open_with(&folder, Settings::for_tests())
            .expect("adopted")
            .stop()
            .expect("stops");
    }
}
