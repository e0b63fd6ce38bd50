//! What is kept: tickets, chains, idempotency, decisions, the feed, the outbox.
//!
//! The only crate that knows SQL. It must not know Wasm, Cedar, HTTP, nor how a
//! verdict is reached: it reads what a verdict depends on, and writes down what
//! follows from it, all or nothing, and only while what was read is still so.
//!
//! One call's way through here: [`Ledger::begin`] waits for the ticket's turn and reads
//! (or replays the key's earlier answer), [`Open::commit`] writes everything at once,
//! [`Open::abandon`] lets go. A refusal goes to [`Ledger::record_refusal`].

mod added;
mod attachments;
mod audit;
mod batch;
mod begin;
mod case_file;
mod commit;
mod create;
mod cursor;
mod decisions;
mod entry;
mod error;
mod feed;
mod house;
mod lanes;
mod ledger;
mod pack_modes;
mod packs;
mod refusals;
mod replay;
mod rows;
mod stored;
mod technicians;
mod tickets;
mod tokens;
mod turns;
mod uploads;
mod verify;
mod words;
mod writers;

pub use attachments::FoundAttachment;
pub use begin::{Contact, Lookup, Open, Opening};
pub use commit::Commit;
pub use error::LedgerError;
pub use feed::{BadPosition, FeedPosition};
pub use house::HouseEvent;
pub use ledger::{Ledger, Settings, migrate};
pub use pack_modes::{MAX_DIFFERENCES, PackOrder, Shadowed};
pub use packs::{Activation, StoredPack};
pub use replay::{Difference, Rejudge, ReplayReport};
pub use technicians::Registration;
pub use tickets::RawSnapshot;
pub use tokens::Revocation;
pub use uploads::Upload;
pub use verify::{Fault, Progress, VerifyReport};
