//! The client against a real gateway. SKIPPED, and said so, where none is installed.

mod agents;
mod away;
mod devices;
mod support;
mod talk;
