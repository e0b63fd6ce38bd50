//! The gateways this house knows: their register, their agents, a watched connection each.
//!
//! Must not know HTTP, Wasm, nor how a verdict is reached. What is kept goes through the
//! ledger; what is said to a gateway goes through `gateway` and `provision`.
