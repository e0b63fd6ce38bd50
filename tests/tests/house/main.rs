//! The whole house from outside: HTTP in, Postgres, Wasm, Cedar and objects behind it,
//! nothing mocked.
//!
//! One binary for all of it, because each one links the whole house. A file here is
//! one promise of the house; what they share is in `support`.

mod attachments;
mod case_file;
mod console;
mod crash;
mod feed;
mod gateways;
mod hot_reload;
mod idempotency;
mod lifecycle;
mod listing;
mod openapi;
mod outbox;
mod packs;
mod refusals;
mod routes;
mod state_machine;
mod support;
