//! What the host is put together from, each from its own flags: a database, an object
//! store, a keyring, a company, a pack. Shared by `serve` and the offline commands.

pub(crate) mod company;
pub(crate) mod database;
pub(crate) mod keyring;
pub(crate) mod objects;
pub(crate) mod policies;
