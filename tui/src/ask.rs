//! What the console asks the host, and what it is answered.

use dispatch_contract::answer::Answer;
use dispatch_contract::decision::Decision;
use dispatch_contract::event::EventType;
use dispatch_contract::gateway::Gateway;
use dispatch_contract::gateway_health::GatewayHealth;
use dispatch_contract::packs::{FlippedCall, PackStatus};
use dispatch_contract::reading::{CaseFile, DecisionFilter, Page, Technician};
use dispatch_contract::summary::Summary;
use dispatch_contract::{Event, GatewayId, PrincipalId, Refusal, State, Ticket, TicketId, Tool};
use serde_json::Value;

use crate::form::Named;
use crate::trouble::Trouble;
use crate::views::tickets::queue::watch::Wanted;
use crate::views::tickets::queue::{Filter, Listing, Place};

/// A read, or a call.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Ask {
    /// A part of the queue.
    List(Filter, Place),
    /// Work that is awaited until a time, the longest first, of those with this text.
    Due(Option<String>, Wanted),
    /// The newest of one state.
    Lane(State),
    /// One snapshot.
    Ticket(TicketId),
    /// One case file.
    Case(TicketId),
    /// What this caller may call on a ticket.
    Summary(TicketId),
    /// The register.
    Technicians,
    /// Events, the newest first.
    Events {
        /// Of this ticket.
        ticket: Option<TicketId>,
        /// Of this type.
        kind: Option<EventType>,
        /// By this principal.
        actor: Option<PrincipalId>,
        /// After this page.
        cursor: Option<String>,
    },
    /// A ticket's chain, the oldest first.
    Chain(TicketId, Option<String>),
    /// Decisions, the newest first.
    Decisions(DecisionFilter),
    /// What judges.
    Packs,
    /// What became of packs, the newest first.
    PackLog,
    /// What a pack judged differently in shadow.
    Differences,
    /// Counters, for faults by component.
    Metrics,
    /// The gateways this house knows, after this page.
    Gateways(Option<String>),
    /// How all of them are.
    GatewayHealths,
    /// How one of them is, with its latest pings.
    GatewayHealth(GatewayId),
    /// The tools with their schemas.
    Tools,
    /// Look at a file of whoever looks.
    Look(Named),
    /// Upload it.
    Upload(Named),
    /// Have a call judged, or taken.
    Call {
        /// The tool.
        tool: Tool,
        /// The whole body.
        body: Value,
        /// Judged only.
        dry_run: bool,
    },
}

/// A tool as the host lists it.
#[derive(Clone, PartialEq, Debug, serde::Deserialize)]
pub(crate) struct ToolEntry {
    pub(crate) name: Tool,
    pub(crate) purpose: String,
    pub(crate) roles: Vec<dispatch_contract::Role>,
    pub(crate) legal_states: Vec<State>,
    pub(crate) schema: Value,
}

/// What a file is, that may be uploaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    pub(crate) content_type: String,
    pub(crate) size_bytes: u64,
}

/// An upload as the host kept it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
pub(crate) struct Uploaded {
    pub(crate) storage_key: String,
    pub(crate) sha256: String,
    pub(crate) content_type: String,
    pub(crate) size_bytes: u64,
}

/// What a call would come to.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Judged {
    /// Where the ticket would stand.
    pub(crate) to: Option<State>,
    /// The snapshot as it would be; none where papers would have to be made for it.
    pub(crate) ticket: Option<Box<Ticket>>,
}

/// What came of a call.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Called {
    /// Committed.
    Done(Box<Answer>),
    /// A dry run: it would be committed, and come to this.
    Judged(Judged),
    /// Turned away.
    Refused(Box<Refusal>),
}

/// An answer.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Got {
    Listing(Listing),
    Tickets(Page<Ticket>),
    Ticket(Box<Ticket>),
    Case(Box<CaseFile>),
    Summary(Box<Summary>),
    Technicians(Vec<Technician>),
    Events(Page<Event>),
    Decisions(Page<Decision>),
    Packs(Box<PackStatus>),
    Differences(Page<FlippedCall>),
    Text(String),
    Gateways(Page<Gateway>),
    GatewayHealths(Vec<GatewayHealth>),
    GatewayHealth(Box<GatewayHealth>),
    Tools(Vec<ToolEntry>),
    Called(Called),
    /// Of a file; or why it cannot be uploaded.
    Seen(Result<Seen, String>),
    Uploaded(Result<Uploaded, String>),
}

/// What came of asking.
pub(crate) type Answered = Result<Got, Trouble>;
