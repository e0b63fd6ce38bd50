//! What is kept: tickets, chains, idempotency, decisions, the feed, the outbox.
//!
//! The only crate that knows SQL. It must not know Wasm, Cedar, HTTP, nor how a
//! verdict is reached: it reads what a verdict depends on under a lock, and
//! writes down what follows from it, all or nothing.
//!
//! One call's way through here: [`Ledger::begin`] locks the ticket and reads
//! (or replays the key's earlier answer), [`Open::commit`] writes everything and
//! commits, [`Open::abandon`] lets go. A refusal goes to [`Ledger::record_refusal`].

mod begin;
mod commit;
mod cursor;
mod error;
mod lanes;
mod ledger;
mod refusals;
mod rows;
mod stored;
mod tickets;
mod words;
mod write;

pub use begin::{Contact, Lookup, Open, Opening};
pub use commit::Commit;
pub use error::LedgerError;
pub use ledger::{Ledger, Settings, migrate};
pub use tickets::RawSnapshot;
