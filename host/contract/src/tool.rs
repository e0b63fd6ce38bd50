//! The closed toolset: twelve tools, who may call each, and where each is legal.
//!
//! The tables here are what the contract promises and what listings show;
//! authority is with the pack's Cedar policies and components, and a golden
//! matrix proves that the shipped pack agrees with these tables.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::state::State;

/// The only actions that change a ticket.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
pub enum Tool {
    /// Take a request in.
    #[serde(rename = "ticket.create")]
    TicketCreate,
    /// Keep a message, and what it says about intake, arrival or cancellation.
    #[serde(rename = "ticket.add_message")]
    TicketAddMessage,
    /// Set how urgent it is.
    #[serde(rename = "ticket.set_priority")]
    TicketSetPriority,
    /// Offer windows.
    #[serde(rename = "schedule.propose_slots")]
    ScheduleProposeSlots,
    /// Settle on one of the offered windows.
    #[serde(rename = "schedule.confirm")]
    ScheduleConfirm,
    /// Put a technician on it.
    #[serde(rename = "dispatch.assign_tech")]
    DispatchAssignTech,
    /// Say when the technician will be there.
    #[serde(rename = "dispatch.set_eta")]
    DispatchSetEta,
    /// Note what was found or done.
    #[serde(rename = "closeout.add_note")]
    CloseoutAddNote,
    /// Attach a photo.
    #[serde(rename = "closeout.add_photo")]
    CloseoutAddPhoto,
    /// Tick an item of the checklist.
    #[serde(rename = "closeout.checklist_complete")]
    CloseoutChecklistComplete,
    /// Draft the invoice.
    #[serde(rename = "billing.generate_invoice_draft")]
    BillingGenerateInvoiceDraft,
    /// Compile the closeout packet and close.
    #[serde(rename = "billing.compile_closeout_packet")]
    BillingCompileCloseoutPacket,
}

use Role::{
    Customer, OperatorAdmin as Operator, SystemCloseoutAgent as Closeout,
    SystemIntakeAgent as Intake, SystemSchedulingAgent as Scheduling,
    SystemTechnicianLiaisonAgent as Liaison, Technician,
};
use State::{CloseoutPending, Dispatched, New, Onsite, Schedulable, Scheduled, Triaged};

impl Tool {
    /// Every tool, in the order of the contract's table.
    pub const ALL: [Self; 12] = [
        Self::TicketCreate,
        Self::TicketAddMessage,
        Self::TicketSetPriority,
        Self::ScheduleProposeSlots,
        Self::ScheduleConfirm,
        Self::DispatchAssignTech,
        Self::DispatchSetEta,
        Self::CloseoutAddNote,
        Self::CloseoutAddPhoto,
        Self::CloseoutChecklistComplete,
        Self::BillingGenerateInvoiceDraft,
        Self::BillingCompileCloseoutPacket,
    ];

    /// The tool's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TicketCreate => "ticket.create",
            Self::TicketAddMessage => "ticket.add_message",
            Self::TicketSetPriority => "ticket.set_priority",
            Self::ScheduleProposeSlots => "schedule.propose_slots",
            Self::ScheduleConfirm => "schedule.confirm",
            Self::DispatchAssignTech => "dispatch.assign_tech",
            Self::DispatchSetEta => "dispatch.set_eta",
            Self::CloseoutAddNote => "closeout.add_note",
            Self::CloseoutAddPhoto => "closeout.add_photo",
            Self::CloseoutChecklistComplete => "closeout.checklist_complete",
            Self::BillingGenerateInvoiceDraft => "billing.generate_invoice_draft",
            Self::BillingCompileCloseoutPacket => "billing.compile_closeout_packet",
        }
    }

    /// The name of the tool's component and of its guest crate: `ticket-create`.
    #[must_use]
    pub fn slug(self) -> String {
        self.name().replace(['.', '_'], "-")
    }

    /// What the tool is for, in one sentence.
    #[must_use]
    pub fn purpose(self) -> &'static str {
        match self {
            Self::TicketCreate => "Open a ticket from a request.",
            Self::TicketAddMessage => {
                "Keep a message on the ticket; intake details, a check-in or a cancellation move it."
            }
            Self::TicketSetPriority => "Set the priority; can complete triage.",
            Self::ScheduleProposeSlots => "Offer one to ten windows; earlier offers lapse.",
            Self::ScheduleConfirm => "Confirm one window of the open offer.",
            Self::DispatchAssignTech => "Assign a technician; dispatches once an ETA stands.",
            Self::DispatchSetEta => "Set the ETA; dispatches once a technician is assigned.",
            Self::CloseoutAddNote => "Add a note to the technician's timeline.",
            Self::CloseoutAddPhoto => "Attach an uploaded photo as evidence.",
            Self::CloseoutChecklistComplete => {
                "Complete a checklist item; the fifth leads to closeout."
            }
            Self::BillingGenerateInvoiceDraft => "Draft the invoice as PDF and JSON.",
            Self::BillingCompileCloseoutPacket => {
                "Compile the closeout packet and close the ticket."
            }
        }
    }

    /// Who may call it; technician and customer only on their own tickets.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        match self {
            Self::TicketCreate | Self::TicketSetPriority => &[Intake, Operator],
            Self::TicketAddMessage => {
                &[Intake, Scheduling, Liaison, Operator, Technician, Customer]
            }
            Self::ScheduleProposeSlots
            | Self::ScheduleConfirm
            | Self::DispatchAssignTech
            | Self::DispatchSetEta => &[Scheduling, Operator],
            Self::CloseoutAddNote | Self::CloseoutAddPhoto => &[Liaison, Operator, Technician],
            Self::CloseoutChecklistComplete => &[Liaison, Operator],
            Self::BillingGenerateInvoiceDraft | Self::BillingCompileCloseoutPacket => {
                &[Closeout, Operator]
            }
        }
    }

    /// The states it is legal in; empty for `ticket.create`, which has no ticket yet.
    #[must_use]
    pub fn legal_states(self) -> &'static [State] {
        match self {
            Self::TicketCreate => &[],
            Self::TicketAddMessage => &State::ALL,
            Self::TicketSetPriority => &[
                New,
                Triaged,
                Schedulable,
                Scheduled,
                Dispatched,
                Onsite,
                CloseoutPending,
            ],
            Self::ScheduleProposeSlots | Self::ScheduleConfirm => &[Schedulable, Scheduled],
            Self::DispatchAssignTech | Self::DispatchSetEta => &[Scheduled, Dispatched],
            Self::CloseoutAddNote | Self::CloseoutAddPhoto => &[Onsite, CloseoutPending],
            Self::CloseoutChecklistComplete => &[Onsite],
            Self::BillingGenerateInvoiceDraft | Self::BillingCompileCloseoutPacket => {
                &[CloseoutPending]
            }
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that is not one of the twelve tools.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("there is no such tool; `GET /v0/tools` lists the twelve there are")]
pub struct UnknownTool;

impl FromStr for Tool {
    type Err = UnknownTool;
    fn from_str(text: &str) -> Result<Self, UnknownTool> {
        Self::ALL
            .into_iter()
            .find(|tool| tool.name() == text)
            .ok_or(UnknownTool)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_wire_are_the_serde_names() {
        for tool in Tool::ALL {
            assert_eq!(serde_json::to_value(tool).unwrap(), tool.name());
            assert_eq!(tool.name().parse(), Ok(tool));
        }
        assert_eq!("ticket.delete".parse::<Tool>(), Err(UnknownTool));
    }
}
