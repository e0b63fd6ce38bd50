//! Where packs are made: compilers for Wasm are found or set up, guests are built to
//! components, and new packs are laid out.
//!
//! It must not know databases, HTTP or the engine: whether a component may judge is
//! found out where it is loaded.

mod apt;
mod build;
mod c;
mod clang;
pub mod command;
mod compiler;
mod component;
#[cfg(feature = "sources")]
mod draft;
mod error;
mod folder;
mod guest;
mod plan;
mod record;

pub use build::{Built, Job, Outcome, build};
pub use clang::CCompiler;
pub use compiler::{Compiler, TARGET};
#[cfg(feature = "sources")]
pub use draft::{Draft, LaidOut, lay_out};
pub use error::WorkshopError;
pub use plan::{BUILD_FILE, Plan};

/// What is being done, for whoever waits: one line at a time.
pub type Tell<'a> = &'a dyn Fn(&str);

type Result<T> = std::result::Result<T, WorkshopError>;

/// A rustc for Wasm, made ready below `toolchains` where the machine has none.
/// Half a minute the first time on a Debian without the target; cheap after that.
///
/// # Errors
/// Where there is none and none can be made, with what to install.
pub fn wasm_compiler(toolchains: &std::path::Path, tell: Tell<'_>) -> Result<Compiler> {
    compiler::ensure(toolchains, tell)
}

/// A C compiler for Wasm, made ready below `toolchains` where the machine has none;
/// `None` where none can be had without installing it.
///
/// # Errors
/// Where one should be there and is not, such as after a download that failed.
pub fn c_compiler(toolchains: &std::path::Path, tell: Tell<'_>) -> Result<Option<CCompiler>> {
    clang::ensure(toolchains, tell)
}
