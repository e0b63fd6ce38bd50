//! The configuration of a gateway that runs the four dispatch agents: rendered, and an
//! existing one checked against the same rules.
//!
//! The rules are the safety baseline: the closed toolset only, no shell, no file system, no
//! elevated tools, no skills from a market place, agents named one by one, every secret a
//! reference. What a gateway allows is comfort, not authority: the host judges each call.

mod agents;
mod check;
mod fixed;
mod models;
mod path;
mod plan;
mod plugins;
mod render;
mod secrets;

pub use check::{check, check_running};
pub use plan::{AgentPlan, Plan, PlanError, agent_id, credential};
pub use render::render;

use serde::Serialize;

/// The plugin's id on a gateway.
pub const PLUGIN: &str = "real-dispatch";

/// A rule that a configuration breaks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// Where: keys joined by dots, `agents.entries.dispatch-intake.tools.allow`.
    pub path: String,
    /// How much it matters.
    pub weight: Weight,
    /// What is wrong with it.
    pub why: String,
    /// What to set.
    pub set: String,
}

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// The baseline does not hold.
    Breaks,
    /// Can be meant so; an operator should know.
    Look,
}

impl Finding {
    pub(crate) fn breaks(
        path: impl Into<String>,
        why: impl Into<String>,
        set: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            weight: Weight::Breaks,
            why: why.into(),
            set: set.into(),
        }
    }

    pub(crate) fn look(
        path: impl Into<String>,
        why: impl Into<String>,
        set: impl Into<String>,
    ) -> Self {
        Self {
            weight: Weight::Look,
            ..Self::breaks(path, why, set)
        }
    }
}
