//! The steps from a folder to an active pack, and the evidence each leaves behind.

use std::fmt;
use std::time::{Duration, Instant};

use super::error::PackError;

/// The steps from a folder to an active pack, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// Reading the files.
    Read,
    /// The listing of the files' hashes, and who signed it.
    Signature,
    /// `pack.toml`.
    Manifest,
    /// The Cedar schema and policies.
    Cedar,
    /// Checking and compiling the components.
    Components,
    /// The components' own word on their settings.
    Settings,
    /// The pack's decision cases.
    Tests,
    /// The revision must grow.
    Revision,
    /// Recorded decisions, judged again: what would flip.
    Replay,
    /// The database keeps it as the active one.
    Store,
    /// It takes the place of the one before.
    Swap,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 11] = [
        Self::Read,
        Self::Signature,
        Self::Manifest,
        Self::Cedar,
        Self::Components,
        Self::Settings,
        Self::Tests,
        Self::Revision,
        Self::Replay,
        Self::Store,
        Self::Swap,
    ];

    /// The step's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Signature => "signature",
            Self::Manifest => "manifest",
            Self::Cedar => "cedar",
            Self::Components => "components",
            Self::Settings => "settings",
            Self::Tests => "tests",
            Self::Revision => "revision",
            Self::Replay => "replay",
            Self::Store => "store",
            Self::Swap => "swap",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One step that was passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Which.
    pub step: Step,
    /// How long it took.
    pub took: Duration,
    /// What was seen, in words: "175 decision cases hold".
    pub evidence: String,
}

/// Collects the steps that were passed, up to the first that was not.
#[derive(Default)]
pub(crate) struct Steps(pub(crate) Vec<Taken>);

impl Steps {
    /// Do one step; `work` answers what it made, and its evidence.
    pub(crate) fn take<T>(
        &mut self,
        step: Step,
        work: impl FnOnce() -> Result<(T, String), PackError>,
    ) -> Result<T, PackError> {
        let began = Instant::now();
        let (made, evidence) = work()?;
        self.0.push(Taken {
            step,
            took: began.elapsed(),
            evidence,
        });
        Ok(made)
    }
}
