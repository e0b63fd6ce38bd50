//! The whole from outside: what the end-to-end tests in `tests/` stand on.
//!
//! Each test that needs a database takes a [`TestDatabase`]: a clone of one migrated
//! template on a real Postgres, the test's own. Must not know how a verdict is reached.

mod database;
pub mod openclaw;
mod server;
mod template;
pub mod terminal;

pub use database::TestDatabase;
pub use server::SERVER_URL;
