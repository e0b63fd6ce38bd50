//! The host over HTTP: reads, and the event stream. Knows nothing of what is shown.

mod client;
mod feed;
mod sse;
mod upload;

pub(crate) use client::Client;
pub(crate) use feed::follow;
