//! Compiled components, kept in a private folder.
//!
//! Compiled code is native code: whoever can write it owns this process. It is
//! therefore read only from a folder that nobody but this user can enter, never
//! from a pack or an upload, and only where its bytes are those that were
//! written. The key is the component's own hash and the engine's settings, so
//! neither another component nor another engine ever finds it.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::sandbox::Sandbox;

/// Files kept at most: twelve of each of some twenty packs.
const MAX_FILES: usize = 256;
/// Bytes kept at most.
const MAX_BYTES: u64 = 256 << 20;
/// The largest compiled component.
const MAX_FILE_BYTES: u64 = 32 << 20;

const ENDING: &str = "compiled";
const DIGEST_BYTES: usize = 32;

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It could not be made or read.
    #[error("the folder for compiled components, {folder}, cannot be used")]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others may enter it, or it is another's.
    #[error(
        "{folder} is not private: it must be a folder of this user with mode 0700, since \
         compiled components are native code; remove it, or name another"
    )]
    NotPrivate {
        /// The folder.
        folder: PathBuf,
    },
}

/// A component by its hash, in one engine.
type Key = (u64, [u8; DIGEST_BYTES]);

/// The private folder, or none: then every start compiles.
pub(crate) struct Cache {
    folder: Option<PathBuf>,
    written: AtomicU64,
    /// Components that some pack has: the next pack that has them too shares them, and
    /// neither maps their code again nor unmaps it.
    in_use: Mutex<HashMap<Key, Weak<Component>>>,
}

impl Cache {
    pub(crate) fn open(folder: Option<PathBuf>) -> Result<Self, CacheError> {
        if let Some(folder) = &folder {
            let failed = |source| CacheError::Io {
                folder: folder.clone(),
                source,
            };
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(failed)?;
            let found = fs::symlink_metadata(folder).map_err(failed)?;
            let private = found.is_dir() && found.mode() & 0o077 == 0;
            if !private || found.uid() != own_uid(folder).map_err(failed)? {
                return Err(CacheError::NotPrivate {
                    folder: folder.clone(),
                });
            }
        }
        Ok(Self {
            folder,
            written: AtomicU64::new(0),
            in_use: Mutex::default(),
        })
    }

    /// The component: the one that another pack has, else from the folder where it is there
    /// and whole, else compiled and kept; and whether it was there. A cache that fails costs
    /// time, never a pack.
    pub(crate) fn compiled(
        &self,
        sandbox: &Sandbox,
        bytes: &[u8],
    ) -> wasmtime::Result<(Arc<Component>, bool)> {
        let hash = Sha256::digest(bytes).into();
        if let Some(shared) = self.shared(sandbox, hash) {
            return Ok((shared, true));
        }
        let (component, kept) = self.kept_or_compiled(sandbox, bytes, hash)?;
        Ok((self.share(sandbox, hash, component), kept))
    }

    /// The same component for an engine [`Sandbox::beside`] the one it was compiled for.
    pub(crate) fn beside(
        &self,
        sandbox: &Sandbox,
        bytes: &[u8],
        compiled: &Component,
    ) -> wasmtime::Result<Arc<Component>> {
        let hash = Sha256::digest(bytes).into();
        if let Some(shared) = self.shared(sandbox, hash) {
            return Ok(shared);
        }
        let component = revive(sandbox.engine(), &compiled.serialize()?)?;
        Ok(self.share(sandbox, hash, component))
    }

    fn shared(&self, sandbox: &Sandbox, hash: [u8; DIGEST_BYTES]) -> Option<Arc<Component>> {
        let in_use = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        in_use.get(&(sandbox.number(), hash))?.upgrade()
    }

    fn share(
        &self,
        sandbox: &Sandbox,
        hash: [u8; DIGEST_BYTES],
        component: Component,
    ) -> Arc<Component> {
        let component = Arc::new(component);
        let mut in_use = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        in_use.retain(|_, known| known.strong_count() > 0);
        in_use.insert((sandbox.number(), hash), Arc::downgrade(&component));
        component
    }

    fn kept_or_compiled(
        &self,
        sandbox: &Sandbox,
        bytes: &[u8],
        hash: [u8; DIGEST_BYTES],
    ) -> wasmtime::Result<(Component, bool)> {
        let Some(folder) = &self.folder else {
            return Ok((Component::new(sandbox.engine(), bytes)?, false));
        };
        let name = hex::encode(hash);
        let file = folder.join(format!("{name}-{}.{ENDING}", sandbox.compatibility()));
        match read(&file) {
            Ok(Some(code)) => match revive(sandbox.engine(), &code) {
                Ok(component) => return Ok((component, true)),
                Err(error) => {
                    tracing::warn!(%error, "a compiled component was not taken; compiling again")
                }
            },
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "a compiled component was not taken; compiling again")
            }
        }
        let code = sandbox.engine().precompile_component(bytes)?;
        if let Err(error) = self.keep(folder, &file, &code) {
            tracing::warn!(%error, "a compiled component could not be kept");
        }
        Ok((revive(sandbox.engine(), &code)?, false))
    }

    /// Written beside and renamed: nobody reads half a file.
    fn keep(&self, folder: &Path, file: &Path, code: &[u8]) -> io::Result<()> {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let beside = folder.join(format!(".{}-{number}.tmp", std::process::id()));
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut out| {
                out.write_all(&Sha256::digest(code))?;
                out.write_all(code)
            })
            .and_then(|()| fs::rename(&beside, file));
        if written.is_err() {
            // It may not have been made at all; what failed first is the reason.
            let _gone = fs::remove_file(&beside);
        }
        written?;
        trim(folder)
    }
}

/// The user whom new files of this process belong to.
fn own_uid(folder: &Path) -> io::Result<u32> {
    let probe = folder.join(format!(".{}-probe.tmp", std::process::id()));
    let made = File::create(&probe)?.metadata()?.uid();
    match fs::remove_file(&probe) {
        // Another engine of this process probed at the same time.
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(made),
    }
}

/// The code of a file, where it is there; an error where it is not what was written.
fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut opened = match File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let spoiled = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "its bytes are not those written",
        )
    };
    let mut digest = [0; DIGEST_BYTES];
    opened.read_exact(&mut digest).map_err(|_| spoiled())?;
    let mut code = Vec::new();
    opened.take(MAX_FILE_BYTES + 1).read_to_end(&mut code)?;
    if code.len() as u64 > MAX_FILE_BYTES || Sha256::digest(&code)[..] != digest {
        return Err(spoiled());
    }
    Ok(Some(code))
}

/// Remove the oldest until count and bytes are within their bounds, and what a
/// process that died has left half written.
fn trim(folder: &Path) -> io::Result<()> {
    let mut kept: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Another process may be trimming too: what is gone is gone.
        let Ok(found) = entry.metadata() else {
            continue;
        };
        let path = entry.path();
        let modified = found.modified()?;
        if path.extension().is_some_and(|ending| ending == ENDING) {
            kept.push((modified, found.len(), path));
        } else if modified.elapsed().is_ok_and(|age| age.as_secs() > 3600) {
            let _gone = fs::remove_file(path);
        }
    }
    kept.sort_unstable();
    let (mut count, mut bytes) = (
        kept.len(),
        kept.iter().map(|(_, size, _)| size).sum::<u64>(),
    );
    for (_, size, path) in kept {
        if count <= MAX_FILES && bytes <= MAX_BYTES {
            break;
        }
        let _gone = fs::remove_file(path);
        count -= 1;
        bytes -= size;
    }
    Ok(())
}

/// Compiled code as a component.
#[expect(
    unsafe_code,
    reason = "deserializing is unsafe because the bytes are native code. These were either made \
              by this process, or read from a folder that only this user can enter, \
              under the hash they were written with. wasmtime itself checks that they are of this \
              very version and these very settings."
)]
fn revive(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` is what `Engine::precompile_component` or `Component::serialize`
    // answered, unchanged: see the reason above and `read`.
    unsafe { Component::deserialize(engine, code) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::sandbox::SandboxConfig;

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn sandbox(metered: bool) -> Sandbox {
        Sandbox::new(&SandboxConfig { slots: 4, metered }).unwrap()
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    }

    #[test]
    fn a_folder_others_can_enter_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(
            Cache::open(Some(open)),
            Err(CacheError::NotPrivate { .. })
        ));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        assert!(matches!(
            Cache::open(Some(link)),
            Err(CacheError::NotPrivate { .. })
        ));
    }

    #[test]
    fn packs_share_a_component_as_long_as_one_of_them_has_it() {
        let cache = Cache::open(None).unwrap();
        let calls = sandbox(false);
        let aside = calls.beside(4);
        let (first, there) = cache.compiled(&calls, EMPTY).unwrap();
        assert!(!there);
        let (second, there) = cache.compiled(&calls, EMPTY).unwrap();
        assert!(there && Arc::ptr_eq(&first, &second));
        let one = cache.beside(&aside, EMPTY, &first).unwrap();
        let other = cache.beside(&aside, EMPTY, &second).unwrap();
        assert!(Arc::ptr_eq(&one, &other) && !Arc::ptr_eq(&one, &first));
        let seen = Arc::downgrade(&first);
        drop((first, second));
        assert!(seen.upgrade().is_none(), "nobody else holds it");
        let (_, there) = cache.compiled(&calls, EMPTY).unwrap();
        assert!(!there);
    }

    #[test]
    fn a_tampered_file_is_compiled_again_and_engines_do_not_share() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("cache");
        let cache = Cache::open(Some(folder.clone())).unwrap();
        let plain = sandbox(false);
        cache.compiled(&plain, EMPTY).unwrap();
        let [file] = files(&folder).try_into().unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        let whole = fs::read(&file).unwrap();
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for spoiled in [flipped.as_slice(), &whole[..100], &whole[..10], b""] {
            fs::write(&file, spoiled).unwrap();
            cache.compiled(&plain, EMPTY).unwrap();
            assert_eq!(fs::read(&file).unwrap(), whole, "healed");
        }
        cache.compiled(&sandbox(true), EMPTY).unwrap();
        assert_eq!(files(&folder).len(), 2);
    }

    #[test]
    fn the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..MAX_FILES + 3 {
            let file = File::create(folder.path().join(format!("{n:04}.{ENDING}"))).unwrap();
            let age = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(n as u64);
            file.set_modified(age).unwrap();
        }
        trim(folder.path()).unwrap();
        assert_eq!(files(folder.path()).len(), MAX_FILES);
        assert!(!folder.path().join(format!("0002.{ENDING}")).exists());
        assert!(folder.path().join(format!("0003.{ENDING}")).exists());
    }
}
