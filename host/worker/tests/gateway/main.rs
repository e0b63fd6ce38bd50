//! What happens later on gateways. The whole way of a message, from a committed call to a channel
//! of a real OpenClaw: the channel is a small plugin (`tests/openclaw/paper`) that writes down
//! what it is given. And agents that do not check in, on a real gateway and on a scripted one.

mod checks;
mod real;
#[expect(
    dead_code,
    reason = "the ledger's own scene, of which sending needs a part"
)]
#[path = "../../../ledger/tests/ledger/scene.rs"]
mod scene;
mod stage;
