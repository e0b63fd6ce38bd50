//! What on a gateway is not as its register says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::gateway_work::SyncTrouble;
use crate::id::{AgentRecordId, GatewayId};

/// A gateway compared with its register. Nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GatewayDrift {
    /// Which.
    pub gateway_id: GatewayId,
    /// Agents that were compared.
    pub agents: u32,
    /// What differs, agent by agent; empty where nothing does.
    pub differs: Vec<Drift>,
    /// Agents that could not be compared, with the reason.
    pub errors: Vec<SyncTrouble>,
}

/// One difference between plan and gateway.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// The agent's record; absent for an agent that nobody planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentRecordId>,
    /// Its id on the gateway.
    pub gateway_agent_id: String,
    /// What differs.
    pub what: Differs,
}

/// What differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Differs {
    /// The gateway has no such agent.
    AgentMissing,
    /// The gateway has an agent whose id is one of ours, but none is planned.
    AgentUnplanned,
    /// Its name or workspace is another.
    Registration {
        /// As the gateway has it.
        found: String,
        /// As planned.
        wanted: String,
    },
    /// Its heartbeat stands otherwise in the configuration.
    Heartbeat,
    /// Its files hold no token that could be read.
    TokenUnreadable,
    /// A file that every such agent has is not there.
    FileMissing {
        /// Which.
        file: String,
    },
    /// A file is not what its template says now.
    FileDiffers {
        /// Which.
        file: String,
    },
    /// Its texts cannot be made.
    Template {
        /// Why.
        message: String,
    },
    /// The gateway's configuration cannot be understood.
    Config {
        /// Why.
        message: String,
    },
}
