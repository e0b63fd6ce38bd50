//! Which pack judges: found at the start, proposed by the folder or an operator,
//! followed from other hosts.
//!
//! Whatever proposes, a candidate goes one way ([`attempt`]): proven by the engine,
//! compared with what was judged lately, written into the ledger as the active one,
//! then swapped in ([`take_up`]). A step that fails changes nothing. The ledger remembers: its
//! highest revision is the active one on every host ([`follow`]), and the house's
//! chain tells every attempt with the evidence of its steps.

mod attempt;
mod book;
mod commands;
mod follow;
mod modes;
mod open;
mod prove;
mod replay;
mod steps;
mod swap;
mod take_up;

use std::path::PathBuf;
use std::time::Duration;

use dispatch_engine::PackError;
use dispatch_ledger::LedgerError;

pub use book::PackAlarm;
pub(crate) use book::PackBook;
pub use commands::{Candidate, RollBackTo};
pub use follow::Following;
pub use modes::ModeWish;
pub(crate) use swap::let_go;

/// Recorded decisions that a candidate is compared on, where nobody says otherwise.
pub const REPLAYED: u32 = 2_000;

/// How packs are taken up on this host.
#[derive(Clone, Debug)]
pub struct PackSettings {
    /// A changed folder that would flip more recorded calls than this, those that cannot be
    /// read among them, is not taken up.
    pub max_flips: Option<u64>,
    /// A changed folder is taken up when nothing in it has changed for so long.
    pub folder_rest: Duration,
    /// While this host is stale it takes no calls.
    pub refuse_when_stale: bool,
}

impl Default for PackSettings {
    /// Any number of flips, two seconds of rest, calls even while stale.
    fn default() -> Self {
        Self {
            max_flips: None,
            folder_rest: Duration::from_secs(2),
            refuse_when_stale: false,
        }
    }
}

/// A desk cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder holds no pack that can judge, and the ledger remembers none.
    #[error("no pack can judge: the one in {folder} was refused, and none was active before")]
    NoPack {
        /// The folder.
        folder: PathBuf,
        /// Why it was refused.
        source: PackError,
    },
    /// The folder's pack is in order, and did not come to be the active one: what is not in
    /// the ledger must not judge.
    #[error("no pack can judge: the one in {folder} could not take over, at {step}: {reason}")]
    NotTakenUp {
        /// The folder.
        folder: PathBuf,
        /// The step that it did not pass.
        step: String,
        /// Why.
        reason: String,
    },
    /// The pack that was active is not whole in the ledger, or not to be trusted here.
    #[error(
        "the pack that was active last, {digest:.12}, cannot be loaded from the database, and the \
         folder's cannot take its place: {folder}"
    )]
    LastGood {
        /// Its digest.
        digest: String,
        /// What is wrong with the folder's.
        folder: String,
        /// Why.
        source: Option<PackError>,
    },
    /// The database did not answer.
    #[error("the database did not answer")]
    Ledger(#[from] LedgerError),
}
