//! The bytes of a pack and their digest. Nothing here looks into a file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::error::PackError;
use super::signature::SEALED;
use super::step::Step;

/// The largest file of a pack, in bytes.
pub(super) const MAX_FILE_BYTES: u64 = 4 << 20;
/// All files of a pack together, in bytes.
pub(super) const MAX_PACK_BYTES: u64 = 32 << 20;
/// Files in a pack.
pub(super) const MAX_FILES: usize = 256;
/// Characters in a path.
pub(super) const MAX_PATH_BYTES: usize = 200;

/// Where files of a pack stand; anything else in its folder is not part of it.
const FOLDERS: [(&str, &[&str]); 3] = [
    ("cedar", &["cedar", "cedarschema"]),
    ("components", &["wasm"]),
    ("tests", &["toml"]),
];
pub(crate) const MANIFEST: &str = "pack.toml";

/// Every file of a pack by its path, and the digest of them all.
#[derive(Clone)]
pub struct PackFiles {
    files: Arc<BTreeMap<String, PackFile>>,
    digest: [u8; 32],
    read_in: Duration,
}

struct PackFile {
    bytes: Vec<u8>,
    sha256: [u8; 32],
}

impl PartialEq for PackFiles {
    /// By content: how long it took to read is no part of a pack.
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for PackFiles {}

impl std::fmt::Debug for PackFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let paths: Vec<_> = self.files.keys().collect();
        f.debug_struct("PackFiles")
            .field("digest", &self.digest_hex())
            .field("files", &paths)
            .finish()
    }
}

impl PackFiles {
    /// Read a pack's folder: `pack.toml`, what stands in `cedar/`, `components/`
    /// and `tests/` with the endings that belong there, and the signature.
    ///
    /// # Errors
    /// Where there is no manifest, a file cannot be read, or a limit is passed.
    pub fn read(folder: &Path) -> Result<Self, PackError> {
        let began = Instant::now();
        let mut files = BTreeMap::new();
        let mut total = 0;
        let sealed = SEALED.into_iter().filter(|file| folder.join(file).exists());
        for file in [MANIFEST].into_iter().chain(sealed) {
            let from = folder.join(file);
            take(&from, file.to_owned(), &mut files, &mut total)?;
        }
        for (sub, endings) in FOLDERS {
            let entries = match fs::read_dir(folder.join(sub)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(PackError::new(Step::Read, "cannot be read")
                        .in_file(sub, None)
                        .because(error));
                }
            };
            for entry in entries {
                let entry = entry.map_err(|error| {
                    PackError::new(Step::Read, "cannot be read")
                        .in_file(sub, None)
                        .because(error)
                })?;
                let name = entry.file_name();
                let shown = name.to_string_lossy();
                let ending = shown.rsplit_once('.').map_or("", |(_, ending)| ending);
                if shown.starts_with('.') || !endings.contains(&ending) {
                    continue;
                }
                let path = format!("{sub}/{shown}");
                // left out, it would be a rule that somebody relies on and nobody asks
                if name.to_str().is_none() {
                    return Err(
                        PackError::new(Step::Read, "the file's name is not UTF-8 text")
                            .in_file(path, None)
                            .help("rename it"),
                    );
                }
                take(&entry.path(), path, &mut files, &mut total)?;
            }
        }
        Self::read_since(began, files)
    }

    /// What stands where a pack's files do and is none of them: whoever put it there may
    /// think that it counts. Words about a pack (`.md`) and hidden files are left aside.
    #[must_use]
    pub fn left_out(folder: &Path) -> Vec<PackError> {
        let mut found = Vec::new();
        for (sub, endings) in FOLDERS {
            for entry in fs::read_dir(folder.join(sub))
                .into_iter()
                .flatten()
                .flatten()
            {
                let name = entry.file_name().to_string_lossy().into_owned();
                let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
                if name.starts_with('.') || ending == "md" || endings.contains(&ending) {
                    continue;
                }
                let wanted = endings.join(" or .");
                found.push(
                    PackError::new(Step::Read, "is no part of the pack")
                        .in_file(format!("{sub}/{name}"), None)
                        .help(format!(
                            "only files in {sub}/ itself that end in .{wanted} are"
                        )),
                );
            }
        }
        found.sort_by(|a, b| a.file.cmp(&b.file));
        found
    }

    /// From files that are in memory already.
    ///
    /// # Errors
    /// Where a limit is passed or the manifest is not there.
    pub fn of(files: BTreeMap<String, Vec<u8>>) -> Result<Self, PackError> {
        Self::read_since(Instant::now(), files)
    }

    pub(super) fn read_since(
        began: Instant,
        files: BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, PackError> {
        let total: u64 = files.values().map(|bytes| bytes.len() as u64).sum();
        if files.len() > MAX_FILES || total > MAX_PACK_BYTES {
            return Err(too_much());
        }
        if let Some(path) = files.keys().find(|path| path.len() > MAX_PATH_BYTES) {
            let message = format!("a path has at most {MAX_PATH_BYTES} bytes");
            return Err(PackError::new(Step::Read, message).in_file(path, None));
        }
        let large = |(_, bytes): &(&String, &Vec<u8>)| bytes.len() as u64 > MAX_FILE_BYTES;
        if let Some((path, _)) = files.iter().find(large) {
            return Err(too_large(path));
        }
        // One line per file, in the digest and in what is signed: a path with a line
        // break would be two.
        if let Some(path) = files.keys().find(|path| path.contains(char::is_control)) {
            let shown = path.escape_debug().to_string();
            return Err(
                PackError::new(Step::Read, "a path has no control characters").in_file(shown, None),
            );
        }
        if !files.contains_key(MANIFEST) {
            return Err(PackError::new(Step::Read, "there is no pack.toml"));
        }
        let files: BTreeMap<String, PackFile> = files
            .into_iter()
            .map(|(path, bytes)| {
                let sha256 = Sha256::digest(&bytes).into();
                (path, PackFile { bytes, sha256 })
            })
            .collect();
        // One line per file, sorted by path: what `sha256sum` would print.
        let mut listing = Sha256::new();
        for (path, file) in &files {
            listing.update(format!("{}  {path}\n", hex::encode(file.sha256)));
        }
        Ok(Self {
            files: Arc::new(files),
            digest: listing.finalize().into(),
            read_in: began.elapsed(),
        })
    }

    /// How long reading and hashing took.
    pub(crate) fn read_in(&self) -> Duration {
        self.read_in
    }

    /// Every path with its file's SHA-256 in hexadecimal digits, sorted by path.
    pub fn hashes(&self) -> impl Iterator<Item = (&str, String)> {
        self.hashed()
            .map(|(path, _, sha256)| (path, hex::encode(sha256)))
    }

    /// Every path with its file's bytes and their SHA-256, sorted by path.
    pub fn hashed(&self) -> impl Iterator<Item = (&str, &[u8], [u8; 32])> {
        self.files
            .iter()
            .map(|(path, file)| (path.as_str(), file.bytes.as_slice(), file.sha256))
    }

    /// SHA-256 over the listing of paths and their hashes.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The same, as 64 hexadecimal digits.
    #[must_use]
    pub fn digest_hex(&self) -> String {
        hex::encode(self.digest)
    }

    /// One file's bytes.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(|file| file.bytes.as_slice())
    }

    /// Every file, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(path, file)| (path.as_str(), file.bytes.as_slice()))
    }

    /// The text files below a folder with this ending.
    pub(crate) fn texts<'a>(
        &'a self,
        step: Step,
        ending: &'a str,
    ) -> impl Iterator<Item = Result<(&'a str, &'a str), PackError>> {
        self.iter()
            .filter(move |(path, _)| path.ends_with(ending))
            .map(move |(path, bytes)| {
                str::from_utf8(bytes)
                    .map(|text| (path, text))
                    .map_err(|error| {
                        let end = error.valid_up_to();
                        let before = String::from_utf8_lossy(&bytes[..end]);
                        PackError::new(step, "not UTF-8 text")
                            .at(path, &before, Some(end))
                            .because(error)
                    })
            })
    }
}

fn too_large(path: &str) -> PackError {
    let message = format!("a file has at most {} MiB", MAX_FILE_BYTES >> 20);
    PackError::new(Step::Read, message).in_file(path, None)
}

fn too_much() -> PackError {
    PackError::new(
        Step::Read,
        format!(
            "a pack has at most {MAX_FILES} files and {} MiB",
            MAX_PACK_BYTES >> 20
        ),
    )
    .help("take out of cedar/, components/ and tests/ what is no part of it")
}

/// Read one file, never more of it than the limit, whatever its metadata says.
fn take(
    from: &Path,
    path: String,
    files: &mut BTreeMap<String, Vec<u8>>,
    total: &mut u64,
) -> Result<(), PackError> {
    use std::io::Read as _;
    let failed = |error: std::io::Error| {
        PackError::new(Step::Read, "cannot be read")
            .in_file(path.clone(), None)
            .because(error)
    };
    // whoever opens a pipe waits for somebody who writes
    if !fs::metadata(from).map_err(failed)?.is_file() {
        return Err(PackError::new(Step::Read, "is no file")
            .in_file(path.as_str(), None)
            .help("a pack is made of files, or links to files"));
    }
    let mut bytes = Vec::new();
    fs::File::open(from)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large(&path));
    }
    *total += bytes.len() as u64;
    if *total > MAX_PACK_BYTES || files.len() >= MAX_FILES {
        return Err(too_much());
    }
    files.insert(path, bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_of_names_and_contents_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let to = folder.path().join(path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, text).unwrap();
        };
        assert_eq!(PackFiles::read(folder.path()).unwrap_err().step, Step::Read);
        write("pack.toml", "a");
        write("cedar/b.cedar", "b");
        let first = PackFiles::read(folder.path()).unwrap();
        write("cedar/.b.cedar.swp", "editor");
        write("README.md", "words");
        assert_eq!(first, PackFiles::read(folder.path()).unwrap());
        write("cedar/b.cedar", "c");
        let second = PackFiles::read(folder.path()).unwrap();
        assert_ne!(first.digest(), second.digest());
        let back = PackFiles::from_archive(&second.to_archive()).unwrap();
        assert_eq!(back, second);
        assert_eq!(back.to_archive(), second.to_archive());
    }

    #[test]
    fn a_file_over_the_limit_is_not_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = fs::File::create(folder.path().join("pack.toml")).unwrap();
        file.set_len(MAX_FILE_BYTES + 1).unwrap();
        let refused = PackFiles::read(folder.path()).unwrap_err();
        assert_eq!(refused.file.as_deref(), Some("pack.toml"));
    }

    #[test]
    fn what_is_no_file_or_has_no_name_is_refused_and_not_waited_for() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pack.toml"), "a").unwrap();
        let cedar = folder.path().join("cedar");
        fs::create_dir(&cedar).unwrap();
        let refused = |name: &std::ffi::OsStr, words: &str| {
            let error = PackFiles::read(folder.path()).unwrap_err();
            let file = format!("cedar/{}", name.to_string_lossy());
            assert_eq!(
                (error.step, error.file),
                (Step::Read, Some(file)),
                "{words}"
            );
            assert!(error.message.contains(words), "{}", error.message);
        };
        let name = std::ffi::OsStr::from_bytes(b"forbid-\xff.cedar");
        fs::write(cedar.join(name), "x").unwrap();
        refused(name, "not UTF-8");
        fs::remove_file(cedar.join(name)).unwrap();

        let name = std::ffi::OsStr::new("a.cedar");
        fs::create_dir(cedar.join(name)).unwrap();
        refused(name, "is no file");
        fs::remove_dir(cedar.join(name)).unwrap();

        let mode = nix::sys::stat::Mode::S_IRUSR;
        nix::unistd::mkfifo(&cedar.join(name), mode).unwrap();
        refused(name, "is no file");
    }

    #[test]
    fn too_many_files_are_not_blamed_on_one() {
        let mut files = BTreeMap::from([(MANIFEST.to_owned(), Vec::new())]);
        files.extend((0..MAX_FILES).map(|n| (format!("cedar/{n}.cedar"), Vec::new())));
        let refused = PackFiles::of(files.clone()).unwrap_err();
        assert_eq!(refused.file, None);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("cedar")).unwrap();
        for path in files.keys() {
            fs::write(folder.path().join(path), "").unwrap();
        }
        let refused = PackFiles::read(folder.path()).unwrap_err();
        assert_eq!(refused.file, None);
        assert!(refused.message.contains("256 files"), "{refused}");
    }
}
