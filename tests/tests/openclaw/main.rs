//! Against a real OpenClaw gateway on loopback. Each test says SKIPPED where there is none.
//!
//! A gateway takes long to start, so that what can share one is one test.

mod guide;
mod harness;
mod story;
mod weather;
mod world;
