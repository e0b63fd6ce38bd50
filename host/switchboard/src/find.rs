//! Rows, by who asks: what is another organization's is as if it were not there.

use dispatch_contract::board::Board;
use dispatch_contract::gateway::{Gateway, Organization};
use dispatch_contract::gateway_agent::GatewayAgent;
use dispatch_contract::{AgentRecordId, BoardId, GatewayId, OrganizationId, Refusal};

use crate::Switchboard;
use crate::house::Visitor;
use crate::refuse::{no_such, unread, wrong_at};

impl Switchboard {
    /// A gateway that is asked for by its id: 404 where there is none for this visitor.
    pub(crate) async fn gateway_for(
        &self,
        who: &Visitor,
        id: GatewayId,
    ) -> Result<Gateway, Refusal> {
        let found = self.inner.ledger.gateway(id).await.map_err(unread)?;
        found
            .filter(|gateway| who.knows(gateway.organization_id))
            .ok_or_else(|| no_such("gateway", id))
    }

    /// A board that is asked for by its id.
    pub(crate) async fn board_for(&self, who: &Visitor, id: BoardId) -> Result<Board, Refusal> {
        let found = self.inner.ledger.board(id).await.map_err(unread)?;
        found
            .filter(|board| who.knows(board.organization_id))
            .ok_or_else(|| no_such("board", id))
    }

    /// An agent that is asked for by its id.
    pub(crate) async fn agent_for(
        &self,
        who: &Visitor,
        id: AgentRecordId,
    ) -> Result<GatewayAgent, Refusal> {
        let found = self.inner.ledger.gateway_agent(id).await.map_err(unread)?;
        found
            .filter(|agent| who.knows(agent.organization_id))
            .ok_or_else(|| no_such("agent", id))
    }

    /// A gateway that an entry refers to: 422 where it is not one of the organization.
    pub(crate) async fn gateway_of(
        &self,
        organization: OrganizationId,
        id: GatewayId,
    ) -> Result<Gateway, Refusal> {
        let found = self.inner.ledger.gateway(id).await.map_err(unread)?;
        found
            .filter(|gateway| gateway.organization_id == organization)
            .ok_or_else(|| wrong_at("gateway_id", "unknown", "Board gateway_id is invalid"))
    }

    /// The gateway that a board's agents live on.
    pub(crate) async fn gateway_of_board(&self, board: &Board) -> Result<Gateway, Refusal> {
        let id = board
            .gateway_id
            .ok_or_else(|| wrong_at("gateway_id", "required", "Board gateway_id is required"))?;
        self.gateway_of(board.organization_id, id).await
    }

    /// The organization that a new entry is to be of: the visitor's own, or the one they
    /// name where they may.
    pub(crate) async fn organization_for(
        &self,
        who: &Visitor,
        named: Option<OrganizationId>,
    ) -> Result<Organization, Refusal> {
        let id = named.or(who.organization).unwrap_or(OrganizationId::HOUSE);
        let found = if who.knows(id) {
            self.inner
                .ledger
                .organizations(Some(id))
                .await
                .map_err(unread)?
        } else {
            Vec::new()
        };
        found.into_iter().next().ok_or_else(|| {
            wrong_at(
                "organization_id",
                "unknown",
                format!("There is no organization {id}."),
            )
        })
    }
}
