//! Agents on a real gateway, as plans say. Each test says SKIPPED where there is none.
//!
//! A gateway takes long to start, so that what can share one is one test.

mod crash;
mod house;
mod lifecycle;
mod many;
mod rendered;
