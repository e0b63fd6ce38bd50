//! What a rule is written with.
//!
//! A rule is a plain type that implements [`Rule`] for one [tool](tools). It
//! sees its [`Case`] (the call, the ticket, the settings, `now`) and answers with
//! [`Violations`] and a [`Proposal`]. It must not know the host, JSON, a clock,
//! a random source, or anything else outside its arguments.

#[rustfmt::skip]
#[expect(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::allow_attributes,
    reason = "generated from wit/ by `cargo xtask bindings`"
)]
pub mod bindings;

#[cfg(target_arch = "wasm32")]
#[expect(unsafe_code, reason = "an allocator is unsafe; it is one page")]
mod arena;
mod case;
pub mod component;
pub mod contact;
pub mod evidence;
mod gates;
pub mod intake;
mod names;
mod proposal;
mod rule;
mod settings;
pub mod tools;
mod violations;
pub mod windows;

#[cfg(not(target_arch = "wasm32"))]
pub mod scene;

pub use bindings::exports::dispatch::policy::types::*;
pub use case::Case;
pub use gates::Gates;
pub use rule::Rule;
pub use settings::{Key, Settings};
pub use violations::{Violations, is_blank, item_path};
