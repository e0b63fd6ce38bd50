//! Against a real OpenClaw gateway on loopback. Each test says SKIPPED where there is none.

mod harness;
