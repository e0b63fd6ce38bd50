//! What an agent on a gateway should be, and the steps that make it so.
//!
//! A plan ([`AgentPlan`]) and an agent's token give its ids ([`keys`]), its registration, its
//! heartbeat ([`heartbeat`]) and its files ([`files`], [`Templates`]); [`apply_lifecycle`]
//! makes the gateway agree, [`delete_lifecycle`] takes the agent away, [`sync()`] does many,
//! [`drift()`] says what differs, [`coordinate`] tells agents something.
//!
//! Must not know SQL, HTTP, nor tickets. Speaks with a gateway only through its trait
//! [`ControlPlane`]; every step may be done again.

mod context;
mod control;
pub mod coordinate;
pub mod dispatch_config;
mod drift;
mod error;
pub mod files;
pub mod heartbeat;
pub mod keys;
mod lifecycle;
mod merge;
mod observe;
mod openclaw;
mod options;
mod pace;
mod patient;
mod plan;
#[cfg(test)]
mod recorder;
#[cfg(test)]
mod sample;
mod sync;
mod templates;
pub mod tolerance;
pub mod tool_doc;
mod wake_text;
mod workspace;

pub use control::{
    AgentSeen, Asked, ConfigPatch, ConfigSeen, ControlPlane, FileSeen, Message, same_folder,
};
pub use drift::drift;
pub use error::LifecycleError;
pub use heartbeat::Heartbeat;
pub use keys::{AgentKey, Kind};
pub use lifecycle::{Applied, Deleted, apply_lifecycle, delete_lifecycle};
pub use merge::Difference;
pub use observe::{Go, Observer, Step, Unobserved};
pub use openclaw::OpenClaw;
pub use options::{Action, Destructive, Options, Wake};
pub use patient::Patient;
pub use plan::{AgentPlan, Board, Overrides, PlanError, Post, Profile, Registration, User};
pub use sync::{SyncOptions, SyncReport, SyncTrouble, Tokens, TokensError, read_token, sync};
pub use templates::{TemplateError, Templates};
pub use wake_text::wake_text;
pub use workspace::{Written, render_all};
