//! What the engine's tests share: the engine, the shipped pack, questions, bad guests.

pub(crate) mod hostile;
pub(crate) mod scene;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use dispatch_engine::{Engine, EngineConfig, Pack, PackFiles};

/// The pack that the repository ships.
pub(crate) fn shipped_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/real-dispatch")
}

/// Its files, components included.
pub(crate) fn shipped_files() -> PackFiles {
    let folder = shipped_folder();
    assert!(
        folder.join("components/ticket-create.wasm").exists(),
        "run `cargo xtask guests` first"
    );
    PackFiles::read(&folder).expect("the shipped pack can be read")
}

/// One engine for all tests of a process, as in a host.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(EngineConfig::default()).expect("an engine can be made"))
}

/// The shipped pack, loaded once.
pub(crate) fn shipped() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| {
        engine()
            .load(&shipped_files())
            .expect("the shipped pack loads")
    })
}
