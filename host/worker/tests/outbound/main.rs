//! Sending on a real Postgres: calls that the ledger commits, and a sender that writes down
//! what it is given.

mod dead;
mod hosts;
mod order;
mod recorder;
#[expect(
    dead_code,
    reason = "the ledger's own scene, of which sending needs a part"
)]
#[path = "../../../ledger/tests/ledger/scene.rs"]
mod scene;
mod stage;
