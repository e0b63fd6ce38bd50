//! A real OpenClaw gateway for tests, on loopback, a model server that says what a test
//! wants said, and a scripted gateway for what a real one cannot be made to do. Knows no
//! room of the house.
//!
//! A gateway takes some ten seconds to start and 0.8 GB: tests that can share one do. Tests
//! that need one begin with
//!
//! ```no_run
//! # async fn test() -> anyhow::Result<()> {
//! use dispatch_testing::openclaw::{Installation, ModelServer, RealGateway, Reply};
//!
//! let Some(installation) = Installation::found() else {
//!     return Ok(()); // it has said SKIPPED, and why
//! };
//! let model = ModelServer::start(|_| Reply::say("done")).await?;
//! let gateway = RealGateway::start(&installation, model.configuration(&["intake"])).await?;
//! # Ok(())
//! # }
//! ```

mod install;
mod json;
mod model;
mod real;
pub mod scripted;
mod wire;

pub use install::{INSTALLATION, Installation};
pub use json::merge;
pub use model::{Asked, ModelServer, Reply, ToolCall};
pub use real::{RealGateway, Settings};
