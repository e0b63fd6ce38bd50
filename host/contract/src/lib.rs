//! What is said: tools, roles, states, snapshots, events and refusals, with their schemas.
//!
//! Pure: no I/O, no clock, no randomness, no database, no Wasm. `now` and every
//! id are handed in, so that the same call on the same case always gives the
//! same events.

pub mod actor;
pub mod agent_tools;
pub mod answer;
pub mod artifact;
pub mod board;
mod body;
mod broken;
pub mod call;
pub mod canonical;
pub mod case;
pub mod channel;
pub mod decision;
pub mod event;
pub mod fact;
pub mod gateway;
pub mod gateway_agent;
pub mod gateway_drift;
pub mod gateway_health;
pub mod gateway_work;
pub mod id;
pub mod input;
pub mod invoice;
pub mod outbox;
pub mod packs;
pub mod question;
pub mod reading;
pub mod refusal;
pub mod schema;
pub mod settle;
pub mod state;
pub mod summary;
pub mod ticket;
pub mod time;
pub mod tool;
pub mod verdict;

pub use actor::{Actor, Role};
pub use call::{Call, Override};
pub use case::Case;
pub use event::Event;
pub use id::*;
pub use refusal::{Code, Phase, Refusal, Violation};
pub use state::State;
pub use ticket::Ticket;
pub use time::Timestamp;
pub use tool::Tool;
pub use verdict::Verdict;
