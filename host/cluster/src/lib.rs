//! A private Postgres below a data folder: found, made, started, adopted, stopped.
//!
//! This crate knows processes, folders and signals. It must not know SQL beyond the
//! one statement that creates the database, nor anything of tickets. The API blocks:
//! callers on an async runtime use a blocking thread.
//!
//! Layout of a data folder:
//!
//! ```text
//! host.lock        held by the one host that manages the cluster
//! postgres.log     what the server says
//! socket.path      where the socket is, when the folder's own path is too long for one
//! postgres/        owned by the user the server runs as, mode 0700
//!   data/          PGDATA
//!   socket/        the only way in
//! ```
//!
//! Access: the server listens on no network address. Whoever can enter the socket
//! folder (its owner, and root) is trusted; nobody else can reach it.

mod account;
mod binaries;
mod cluster;
mod error;
mod folder;
mod initialise;
mod postmaster;
mod server;
mod settings;
mod socket;

pub use binaries::Binaries;
pub use cluster::{Cluster, DATABASE, ROLE};
pub use error::ClusterError;
pub use folder::{default_folder, shared_test_folder};
pub use settings::Settings;
