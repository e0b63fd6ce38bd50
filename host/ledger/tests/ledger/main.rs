//! The ledger on a real Postgres, each test on its own database.

mod agents;
mod append_only;
mod commit;
mod feed;
mod gateway_watch;
mod gateways;
mod house;
mod lifecycle;
mod lists;
mod modes;
mod outbox;
mod recorded;
mod refusals;
mod scene;
mod verify_and_replay;
