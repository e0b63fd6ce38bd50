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
mod agent_life;
mod attachments;
mod audit;
mod batch;
mod begin;
mod boards;
mod case_file;
mod commit;
mod create;
mod cursor;
mod decisions;
mod entry;
mod error;
mod feed;
mod gateway_agents;
mod gateway_watch;
mod gateways;
mod house;
mod lanes;
mod ledger;
mod organizations;
mod outbox;
mod outbox_list;
mod owed;
mod pack_files;
mod pack_modes;
mod packs;
mod refusals;
mod register;
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

pub use agent_life::LifecycleBegin;
pub use attachments::FoundAttachment;
pub use begin::{Contact, Lookup, Open, Opening};
pub use boards::BoardFilter;
pub use case_file::Extent;
pub use commit::Commit;
pub use error::LedgerError;
pub use feed::{BadPosition, FeedPosition};
pub use gateway_agents::{AgentFilter, TokenMark};
pub use gateway_watch::WatchedGateway;
pub use gateways::GatewayFilter;
pub use house::HouseEvent;
pub use ledger::{Ledger, Settings, migrate};
pub use outbox::{FailedTry, LeasedMessage};
pub use outbox_list::Replaying;
pub use owed::{CommittedCall, Reach};
pub use pack_files::{StoredFile, StoredPack};
pub use pack_modes::{MAX_DIFFERENCES, PackOrder, Shadowed};
pub use packs::Activation;
pub use register::Clash;
pub use replay::{Difference, Rejudge, ReplayReport};
pub use stored::short;
pub use technicians::Registration;
pub use tickets::RawSnapshot;
pub use tokens::Revocation;
pub use uploads::Upload;
pub use verify::{Fault, Progress, VerifyReport};
