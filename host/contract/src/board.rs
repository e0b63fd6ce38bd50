//! Boards: agents of one gateway that work together under a lead.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{BoardId, GatewayId, OrganizationId};
use crate::time::Timestamp;

/// Workers on a board, where nothing else is said.
pub const DEFAULT_MAX_AGENTS: u32 = 10;

/// Workers on a board at most, whatever is said.
pub const MOST_AGENTS: u32 = 200;

/// A board in the register.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Board {
    /// Which.
    pub board_id: BoardId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// The gateway its agents live on, of the same organization; absent once that
    /// gateway was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<GatewayId>,
    /// By name, unlike any other of its organization.
    pub name: String,
    /// What it is for, as its agents are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<String>,
    /// Workers at most; the lead is not counted.
    pub max_agents: u32,
    /// Template sync leaves its agents alone.
    pub paused: bool,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When its entry was changed last.
    pub updated_at: Timestamp,
}

/// What an operator says to register a board.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBoard {
    /// Whose; the operator's own organization where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// The gateway its agents live on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<GatewayId>,
    /// By name, unlike any other of its organization.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4000))]
    pub objective: Option<String>,
    /// Workers at most; 10 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 200))]
    pub max_agents: Option<u32>,
}

/// What an operator says to change a board. What is absent stays; a blank objective
/// is taken away.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BoardChange {
    /// Another gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<GatewayId>,
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name: Option<String>,
    /// Another objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4000))]
    pub objective: Option<String>,
    /// Another limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 200))]
    pub max_agents: Option<u32>,
    /// Paused, or no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
}
