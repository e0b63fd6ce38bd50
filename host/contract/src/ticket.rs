//! The canonical snapshot of a ticket, as every committed call answers it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{AttachmentId, CustomerId, TechnicianId, TicketId};
use crate::state::State;
use crate::time::{Timestamp, Window, Zone};

/// How urgent a ticket is.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// In its turn.
    Standard,
    /// Now.
    Emergency,
}

impl Priority {
    /// The priority's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Emergency => "emergency",
        }
    }
}

/// How a customer is billed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountType {
    /// On delivery.
    Cod,
    /// On account.
    Account,
    /// On a national account.
    NationalAccount,
    /// To be determined.
    #[default]
    Tbd,
}

/// An item of the closeout checklist.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// The work is done and noted.
    WorkPerformed,
    /// Parts used or still needed are recorded.
    PartsUsedOrNeeded,
    /// Whether the trouble is gone.
    ResolutionStatus,
    /// Photos of the finished work.
    OnsitePhotosAfter,
    /// Somebody agreed to the bill.
    BillingAuthorization,
}

impl Item {
    /// Every item, in order.
    pub const ALL: [Self; 5] = [
        Self::WorkPerformed,
        Self::PartsUsedOrNeeded,
        Self::ResolutionStatus,
        Self::OnsitePhotosAfter,
        Self::BillingAuthorization,
    ];

    /// The item's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WorkPerformed => "work_performed",
            Self::PartsUsedOrNeeded => "parts_used_or_needed",
            Self::ResolutionStatus => "resolution_status",
            Self::OnsitePhotosAfter => "onsite_photos_after",
            Self::BillingAuthorization => "billing_authorization",
        }
    }
}

/// Integer cents of one currency, never a float.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// ISO 4217: `USD`.
    pub currency: String,
    /// Hundredths.
    pub amount_cents: i64,
}

impl Money {
    /// So many US cents.
    #[must_use]
    pub fn usd(amount_cents: i64) -> Self {
        Self {
            currency: "USD".into(),
            amount_cents,
        }
    }
}

/// Where the work is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Street and number.
    #[schemars(length(min = 1, max = 200))]
    pub address_line1: String,
    /// Suite, building, gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub address_line2: Option<String>,
    /// City.
    #[schemars(length(min = 1, max = 100))]
    pub city: String,
    /// State, province or region.
    #[schemars(length(min = 1, max = 100))]
    pub region: String,
    /// Postal code.
    #[schemars(length(min = 1, max = 20))]
    pub postal_code: String,
    /// Country.
    #[schemars(length(min = 1, max = 60))]
    pub country: String,
    /// Degrees north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -90, max = 90))]
    pub lat: Option<f64>,
    /// Degrees east.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -180, max = 180))]
    pub lon: Option<f64>,
}

impl Address {
    /// Every part that a visit needs is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        [
            &self.address_line1,
            &self.city,
            &self.region,
            &self.postal_code,
            &self.country,
        ]
        .iter()
        .all(|part| !part.trim().is_empty())
    }
}

/// The customer as this ticket knows them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Customer {
    /// The site, where it has a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    /// Whom to speak to.
    pub contact_name: String,
    /// Telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// The trouble.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// What is wrong.
    pub summary: String,
    /// The kind of job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// The kind of door system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door_system_type: Option<String>,
    /// Whether the site is safe and secured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_safety_status: Option<String>,
    /// How a technician gets in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_details: Option<String>,
    /// Whether the customer has photos.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos_available: Option<bool>,
}

/// How the ticket is billed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Billing {
    /// The kind of account.
    pub account_type: AccountType,
    /// Present once the priority is `emergency`: true where an operator set it,
    /// false where the intake agent did and nobody has agreed to the rate yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency_rate_approved: Option<bool>,
    /// The invoice draft's PDF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_draft_attachment_id: Option<AttachmentId>,
    /// The closeout packet's PDF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closeout_packet_attachment_id: Option<AttachmentId>,
    /// Total of the latest draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_total: Option<Money>,
}

/// Whether a window stands or is only offered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleStatus {
    /// Offered; the window shown is the first of the open proposal.
    Proposed,
    /// Agreed.
    Confirmed,
}

/// When somebody comes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Schedule {
    /// Offered or agreed.
    pub status: ScheduleStatus,
    /// First instant of the window.
    pub window_start: Timestamp,
    /// End of the window.
    pub window_end: Timestamp,
    /// The customer's zone.
    pub timezone: Zone,
    /// The ETA as told; dropped when another window is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_text: Option<String>,
    /// The ETA as an instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_at: Option<Timestamp>,
}

impl Schedule {
    /// A window with nothing said about arrival yet.
    #[must_use]
    pub fn of(window: &Window, status: ScheduleStatus) -> Self {
        Self {
            status,
            window_start: window.window_start,
            window_end: window.window_end,
            timezone: window.timezone,
            eta_text: None,
            eta_at: None,
        }
    }

    /// The window alone.
    #[must_use]
    pub fn window(&self) -> Window {
        Window {
            window_start: self.window_start,
            window_end: self.window_end,
            timezone: self.timezone,
        }
    }
}

/// The five items that closing needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Checklist {
    /// See [`Item::WorkPerformed`].
    pub work_performed: bool,
    /// See [`Item::PartsUsedOrNeeded`].
    pub parts_used_or_needed: bool,
    /// See [`Item::ResolutionStatus`].
    pub resolution_status: bool,
    /// See [`Item::OnsitePhotosAfter`].
    pub onsite_photos_after: bool,
    /// See [`Item::BillingAuthorization`].
    pub billing_authorization: bool,
}

impl Checklist {
    /// Is this item done?
    #[must_use]
    pub fn done(&self, item: Item) -> bool {
        match item {
            Item::WorkPerformed => self.work_performed,
            Item::PartsUsedOrNeeded => self.parts_used_or_needed,
            Item::ResolutionStatus => self.resolution_status,
            Item::OnsitePhotosAfter => self.onsite_photos_after,
            Item::BillingAuthorization => self.billing_authorization,
        }
    }

    /// Mark this item done.
    pub fn complete(&mut self, item: Item) {
        *match item {
            Item::WorkPerformed => &mut self.work_performed,
            Item::PartsUsedOrNeeded => &mut self.parts_used_or_needed,
            Item::ResolutionStatus => &mut self.resolution_status,
            Item::OnsitePhotosAfter => &mut self.onsite_photos_after,
            Item::BillingAuthorization => &mut self.billing_authorization,
        } = true;
    }
}

/// How far the closeout is.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Closeout {
    /// The five items.
    pub checklist: Checklist,
    /// When the ticket reached `closeout_pending`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
}

/// The canonical snapshot.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Ticket {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Where it stands.
    pub state: State,
    /// When it was taken in.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Grows by one with every committed call.
    pub version: u64,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The customer as this ticket knows them.
    pub customer: Customer,
    /// Where the work is.
    pub service_location: Address,
    /// What is wrong.
    pub issue: Issue,
    /// How urgent it is; null until somebody has said.
    pub priority: Option<Priority>,
    /// How it is billed.
    pub billing: Billing,
    /// Who is on it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_technician_id: Option<TechnicianId>,
    /// When somebody comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// How far the closeout is.
    pub closeout: Closeout,
}
