//! Why an agent is not as it should be.

use std::time::Duration;

use dispatch_gateway::GatewayError;

use crate::heartbeat::ConfigShape;
use crate::observe::Step;
use crate::plan::PlanError;
use crate::templates::TemplateError;

/// A lifecycle that did not come to its end. Run again, it goes on from where it stopped.
#[derive(Debug, thiserror::Error)]
pub enum LifecycleError {
    /// The plan cannot be carried out; nothing was asked of the gateway. (422)
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A text could not be made. (500: the set or an override is wrong)
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The gateway failed. (502)
    #[error("{step}: {}", .source.message())]
    Gateway {
        /// While doing what.
        step: Step,
        /// What it said.
        source: GatewayError,
    },
    /// The gateway acknowledged the agent, but does not show it. (502)
    #[error(
        "the gateway acknowledged the agent {agent_id} but did not show it within {} ms: look at its log, then run this again", .waited.as_millis()
    )]
    NotVisible {
        /// The agent.
        agent_id: String,
        /// How long was waited.
        waited: Duration,
    },
    /// A lead without these files would not know its work. (502)
    #[error("Gateway rejected required lead workspace files as unsupported: {}", .0.join(", "))]
    RequiredFiles(Vec<String>),
    /// The gateway's configuration cannot be understood. (502)
    #[error(transparent)]
    Config(#[from] ConfigShape),
    /// The configuration changed under every attempt to change it. (502)
    #[error(
        "the gateway's configuration changed during each of {0} attempts to set the heartbeat: try again"
    )]
    ConfigBusy(u32),
    /// An onlooker stopped it after this step.
    #[error("stopped after {0}")]
    Stopped(Step),
}

impl LifecycleError {
    /// The gateway's own error, where there is one.
    #[must_use]
    pub fn gateway(&self) -> Option<&GatewayError> {
        match self {
            Self::Gateway { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Whether what asked for this was wrong, rather than the gateway or this house.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        matches!(self, Self::Plan(_))
    }
}

/// Says while doing what the gateway failed.
pub(crate) trait During<T> {
    fn during(self, step: Step) -> Result<T, LifecycleError>;
}

impl<T> During<T> for Result<T, GatewayError> {
    fn during(self, step: Step) -> Result<T, LifecycleError> {
        self.map_err(|source| LifecycleError::Gateway { step, source })
    }
}
