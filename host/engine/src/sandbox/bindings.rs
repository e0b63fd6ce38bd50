//! The WIT contract as Rust, made from `wit/policy.wit` at compile time.
//!
//! Arguments borrow, so that a call and a ticket are lowered into the guest
//! straight from where they stand. Nothing here is written by hand.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "tool-policy",
    ownership: Borrowing { duplicate_if_necessary: true },
});

pub(crate) use exports::dispatch::policy::{rules, types};
