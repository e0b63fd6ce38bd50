//! Files and folders: read, replaced in one move, removed.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Result;
use crate::error::WorkshopError;

pub(crate) fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(WorkshopError::at("make", folder))
}

pub(crate) fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(WorkshopError::at("read", file))
}

pub(crate) fn read_text(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(WorkshopError::at("read", file))
}

pub(crate) fn write(file: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    fs::write(file, bytes).map_err(WorkshopError::at("write", file))
}

/// In one move, so that a host that watches the pack never reads half a component; and
/// only when it differs, so that it has nothing to reload when it does not.
pub(crate) fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    make(folder)?;
    let written = tempfile::Builder::new()
        .prefix(".new-")
        // the host may run as another user than the one who builds
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile_in(folder)
        .and_then(|mut new| {
            new.write_all(bytes)?;
            new.persist(path).map_err(|failed| failed.error)
        });
    written.map(drop).map_err(WorkshopError::at("write", path))
}

/// Removes a file, link or folder that may be absent.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    removed.map_err(WorkshopError::at("remove", path))
}

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The path without `.` and `..`, where what stands there need not exist.
pub(crate) fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if tidied.file_name().is_some() => {
                tidied.pop();
            }
            other => tidied.push(other),
        }
    }
    tidied
}

/// The way from one folder to another; both absolute, and neither need exist.
#[cfg(feature = "sources")]
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let down = to.components().skip(shared);
    let way: PathBuf = up.chain(down).collect();
    if way.as_os_str().is_empty() {
        return PathBuf::from(".");
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_rewritten_only_when_it_differs() {
        let folder = tempfile::tempdir().expect("temp folder");
        let path = folder.path().join("components/x.wasm");
        let time = || {
            fs::metadata(&path)
                .expect("there")
                .modified()
                .expect("time")
        };
        write_if_changed(&path, b"one").expect("written");
        let first = time();
        std::thread::sleep(std::time::Duration::from_millis(20));
        write_if_changed(&path, b"one").expect("kept");
        assert_eq!(time(), first);
        write_if_changed(&path, b"two").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"two");
        let left = fs::read_dir(folder.path().join("components"))
            .expect("there")
            .count();
        assert_eq!(left, 1, "no half-written file stays");
    }

    #[test]
    fn paths_are_tidied_without_looking() {
        assert_eq!(tidy(Path::new("/a/b/../c/./d")), Path::new("/a/c/d"));
        assert_eq!(tidy(Path::new("../x")), Path::new("../x"));
    }

    #[cfg(feature = "sources")]
    #[test]
    fn the_way_goes_up_and_down() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(way("/a/b", "/a/c/d"), Path::new("../c/d"));
        assert_eq!(way("/a/b", "/a"), Path::new(".."));
        assert_eq!(way("/a", "/a"), Path::new("."));
    }
}
