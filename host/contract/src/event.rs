//! A committed fact in a chain: who, what, when, by which rules, after which fact.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actor::Actor;
use crate::canonical;
use crate::channel::Channel;
use crate::id::{EventId, TicketId};
use crate::state::State;
use crate::time::Timestamp;

/// Every type of event. The one place where one is declared; gateways and fleets
/// declare theirs here with the code that writes them.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
pub enum EventType {
    /// A ticket was taken in.
    #[serde(rename = "ticket.created")]
    TicketCreated,
    /// A message was kept.
    #[serde(rename = "ticket.message_added")]
    TicketMessageAdded,
    /// The priority was set.
    #[serde(rename = "ticket.priority_set")]
    TicketPrioritySet,
    /// The ticket moved.
    #[serde(rename = "ticket.state_changed")]
    TicketStateChanged,
    /// Windows were offered.
    #[serde(rename = "schedule.slots_proposed")]
    ScheduleSlotsProposed,
    /// A window was agreed.
    #[serde(rename = "schedule.confirmed")]
    ScheduleConfirmed,
    /// A technician was put on it.
    #[serde(rename = "dispatch.tech_assigned")]
    DispatchTechAssigned,
    /// The ETA was set.
    #[serde(rename = "dispatch.eta_set")]
    DispatchEtaSet,
    /// A note was taken.
    #[serde(rename = "closeout.note_added")]
    CloseoutNoteAdded,
    /// A photo was attached.
    #[serde(rename = "closeout.photo_added")]
    CloseoutPhotoAdded,
    /// A checklist item is done.
    #[serde(rename = "closeout.checklist_item_completed")]
    CloseoutChecklistItemCompleted,
    /// An invoice was drafted.
    #[serde(rename = "billing.invoice_draft_generated")]
    BillingInvoiceDraftGenerated,
    /// The closeout packet was compiled.
    #[serde(rename = "billing.closeout_packet_compiled")]
    BillingCloseoutPacketCompiled,
    /// An operator passed gates.
    #[serde(rename = "override.applied")]
    OverrideApplied,
    /// A pack became the active one.
    #[serde(rename = "policy.pack_activated")]
    PolicyPackActivated,
    /// A pack was refused.
    #[serde(rename = "policy.pack_rejected")]
    PolicyPackRejected,
    /// An older pack became the active one again.
    #[serde(rename = "policy.pack_rolled_back")]
    PolicyPackRolledBack,
    /// A pack was put into shadow, or taken out of it.
    #[serde(rename = "policy.mode_changed")]
    PolicyModeChanged,
    /// Something waits for a person.
    #[serde(rename = "escalation.raised")]
    EscalationRaised,
    /// A call was put before an operator instead of being taken.
    #[serde(rename = "proposal.created")]
    ProposalCreated,
    /// An operator let it through.
    #[serde(rename = "proposal.approved")]
    ProposalApproved,
    /// An operator turned it down.
    #[serde(rename = "proposal.rejected")]
    ProposalRejected,
    /// A technician was registered or changed.
    #[serde(rename = "technician.registered")]
    TechnicianRegistered,
    /// A credential was revoked.
    #[serde(rename = "credential.revoked")]
    CredentialRevoked,
    /// An organization was registered.
    #[serde(rename = "organization.registered")]
    OrganizationRegistered,
    /// A gateway was registered.
    #[serde(rename = "gateway.registered")]
    GatewayRegistered,
    /// A gateway's entry was changed.
    #[serde(rename = "gateway.updated")]
    GatewayUpdated,
    /// A gateway was struck off the register.
    #[serde(rename = "gateway.removed")]
    GatewayRemoved,
    /// A gateway was found in another condition than before.
    #[serde(rename = "gateway.status_changed")]
    GatewayStatusChanged,
    /// A board was registered.
    #[serde(rename = "board.registered")]
    BoardRegistered,
    /// A board's entry was changed.
    #[serde(rename = "board.updated")]
    BoardUpdated,
    /// A board was struck off the register.
    #[serde(rename = "board.removed")]
    BoardRemoved,
    /// An agent of a gateway was registered; nothing was done on the gateway yet.
    #[serde(rename = "agent.registered")]
    AgentRegistered,
    /// The entry of an agent of a gateway was changed; its gateway was not told yet.
    #[serde(rename = "agent.updated")]
    AgentUpdated,
    /// Provisioning an agent on its gateway came to an end, good or bad.
    #[serde(rename = "agent.provisioned")]
    AgentProvisioned,
    /// An agent of a gateway was given another token.
    #[serde(rename = "agent.token_rotated")]
    AgentTokenRotated,
    /// An agent of a gateway was written to, or could not be.
    #[serde(rename = "agent.messaged")]
    AgentMessaged,
    /// An agent of a gateway did not check in, however often it was woken.
    #[serde(rename = "agent.offline")]
    AgentOffline,
    /// An agent of a gateway that was taken for away checked in.
    #[serde(rename = "agent.online")]
    AgentOnline,
    /// An agent of a gateway was removed.
    #[serde(rename = "agent.removed")]
    AgentRemoved,
    /// An outbound message was given up.
    #[serde(rename = "outbound.dead_lettered")]
    OutboundDeadLettered,
    /// An operator had an outbound message tried again.
    #[serde(rename = "outbound.replayed")]
    OutboundReplayed,
}

impl EventType {
    /// Every type.
    pub const ALL: [Self; 42] = [
        Self::TicketCreated,
        Self::TicketMessageAdded,
        Self::TicketPrioritySet,
        Self::TicketStateChanged,
        Self::ScheduleSlotsProposed,
        Self::ScheduleConfirmed,
        Self::DispatchTechAssigned,
        Self::DispatchEtaSet,
        Self::CloseoutNoteAdded,
        Self::CloseoutPhotoAdded,
        Self::CloseoutChecklistItemCompleted,
        Self::BillingInvoiceDraftGenerated,
        Self::BillingCloseoutPacketCompiled,
        Self::OverrideApplied,
        Self::PolicyPackActivated,
        Self::PolicyPackRejected,
        Self::PolicyPackRolledBack,
        Self::PolicyModeChanged,
        Self::EscalationRaised,
        Self::ProposalCreated,
        Self::ProposalApproved,
        Self::ProposalRejected,
        Self::TechnicianRegistered,
        Self::CredentialRevoked,
        Self::OrganizationRegistered,
        Self::GatewayRegistered,
        Self::GatewayUpdated,
        Self::GatewayRemoved,
        Self::GatewayStatusChanged,
        Self::BoardRegistered,
        Self::BoardUpdated,
        Self::BoardRemoved,
        Self::AgentRegistered,
        Self::AgentUpdated,
        Self::AgentProvisioned,
        Self::AgentTokenRotated,
        Self::AgentMessaged,
        Self::AgentOffline,
        Self::AgentOnline,
        Self::AgentRemoved,
        Self::OutboundDeadLettered,
        Self::OutboundReplayed,
    ];

    /// The type's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TicketCreated => "ticket.created",
            Self::TicketMessageAdded => "ticket.message_added",
            Self::TicketPrioritySet => "ticket.priority_set",
            Self::TicketStateChanged => "ticket.state_changed",
            Self::ScheduleSlotsProposed => "schedule.slots_proposed",
            Self::ScheduleConfirmed => "schedule.confirmed",
            Self::DispatchTechAssigned => "dispatch.tech_assigned",
            Self::DispatchEtaSet => "dispatch.eta_set",
            Self::CloseoutNoteAdded => "closeout.note_added",
            Self::CloseoutPhotoAdded => "closeout.photo_added",
            Self::CloseoutChecklistItemCompleted => "closeout.checklist_item_completed",
            Self::BillingInvoiceDraftGenerated => "billing.invoice_draft_generated",
            Self::BillingCloseoutPacketCompiled => "billing.closeout_packet_compiled",
            Self::OverrideApplied => "override.applied",
            Self::PolicyPackActivated => "policy.pack_activated",
            Self::PolicyPackRejected => "policy.pack_rejected",
            Self::PolicyPackRolledBack => "policy.pack_rolled_back",
            Self::PolicyModeChanged => "policy.mode_changed",
            Self::EscalationRaised => "escalation.raised",
            Self::ProposalCreated => "proposal.created",
            Self::ProposalApproved => "proposal.approved",
            Self::ProposalRejected => "proposal.rejected",
            Self::TechnicianRegistered => "technician.registered",
            Self::CredentialRevoked => "credential.revoked",
            Self::OrganizationRegistered => "organization.registered",
            Self::GatewayRegistered => "gateway.registered",
            Self::GatewayUpdated => "gateway.updated",
            Self::GatewayRemoved => "gateway.removed",
            Self::GatewayStatusChanged => "gateway.status_changed",
            Self::BoardRegistered => "board.registered",
            Self::BoardUpdated => "board.updated",
            Self::BoardRemoved => "board.removed",
            Self::AgentRegistered => "agent.registered",
            Self::AgentUpdated => "agent.updated",
            Self::AgentProvisioned => "agent.provisioned",
            Self::AgentTokenRotated => "agent.token_rotated",
            Self::AgentMessaged => "agent.messaged",
            Self::AgentOffline => "agent.offline",
            Self::AgentOnline => "agent.online",
            Self::AgentRemoved => "agent.removed",
            Self::OutboundDeadLettered => "outbound.dead_lettered",
            Self::OutboundReplayed => "outbound.replayed",
        }
    }
}

/// The pack that judged: its name, version and the digest of its content.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PackRef {
    /// The pack's name.
    pub name: String,
    /// The pack's version.
    pub version: String,
    /// SHA-256 over its content, 64 hexadecimal digits.
    pub digest: String,
}

/// The previous hash of a chain's first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A committed fact with its place in a chain. There is one chain per ticket,
/// and one, with no ticket, for the house itself.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Which.
    pub event_id: EventId,
    /// When it was committed, by the host's clock.
    pub occurred_at: Timestamp,
    /// The call it came from.
    pub request_id: String,
    /// What kind of fact.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// The ticket; none in the house's own chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<TicketId>,
    /// The ticket's version once the call is committed; 0 in the house's own chain.
    pub ticket_version: u64,
    /// Who did it.
    pub actor: Actor,
    /// Where the word came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Moves only: from where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_state: Option<State>,
    /// Moves only: to where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_state: Option<State>,
    /// The fact itself; see [`crate::fact::Fact`] for each type's shape.
    pub payload: Value,
    /// What the control plane ties together across calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The pack that judged the call.
    pub pack: PackRef,
    /// The Cedar policies that permitted it, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub determining_policies: Vec<String>,
    /// SHA-256 of the call's canonical content, 64 hexadecimal digits.
    pub request_sha256: String,
    /// Place in the chain, from 1.
    pub sequence: u64,
    /// Hash of the event before, or [`GENESIS`].
    pub previous_hash: String,
    /// SHA-256 over this event's canonical JSON without `hash`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hash: String,
}

impl Event {
    /// The hash that belongs to this event's content.
    #[must_use]
    pub fn compute_hash(&self) -> String {
        let bare = Self {
            hash: String::new(),
            ..self.clone()
        };
        canonical::sha256_hex(&canonical::bytes(&bare))
    }
}

/// The end of a chain: where the next event joins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainHead {
    /// Sequence of the last event, 0 for an empty chain.
    pub sequence: u64,
    /// Hash of the last event, or [`GENESIS`].
    pub hash: String,
}

impl Default for ChainHead {
    fn default() -> Self {
        Self {
            sequence: 0,
            hash: GENESIS.into(),
        }
    }
}

impl ChainHead {
    /// Put an event at the end: gives it its place and its hash.
    pub fn append(&mut self, event: &mut Event) {
        event.sequence = self.sequence + 1;
        event.previous_hash = std::mem::take(&mut self.hash);
        event.hash = event.compute_hash();
        self.sequence = event.sequence;
        self.hash.clone_from(&event.hash);
    }

    /// Does this event belong right after this head? Moves the head on where it does.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn verify(&mut self, event: &Event) -> Result<(), String> {
        if event.sequence != self.sequence + 1 {
            return Err(format!(
                "sequence is {}, expected {}",
                event.sequence,
                self.sequence + 1
            ));
        }
        if event.previous_hash != self.hash {
            return Err("previous_hash is not the hash of the event before".into());
        }
        if event.hash != event.compute_hash() {
            return Err("hash does not belong to the content".into());
        }
        self.sequence = event.sequence;
        self.hash.clone_from(&event.hash);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_wire_are_the_serde_names() {
        for kind in EventType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
