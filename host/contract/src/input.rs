//! What each tool is given, beyond what every call carries.
//!
//! Shapes and lengths are stated here and checked against the JSON Schema made
//! from them; what a value must mean is the rule components' business.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::TechnicianId;
use crate::ticket::{AccountType, Address, Item, Priority};
use crate::time::{Timestamp, Window};
use crate::tool::Tool;

/// The customer of a new ticket.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    /// The site, where it has a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub site_name: Option<String>,
    /// Whom to speak to.
    #[schemars(length(min = 1, max = 200))]
    pub contact_name: String,
    /// Telephone, as given; customers are found again by its digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub phone: Option<String>,
    /// Mail address; customers are found again by it, ignoring case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 254))]
    pub email: Option<String>,
}

/// The trouble as first told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIssue {
    /// What is wrong, in a few sentences.
    #[schemars(length(min = 1, max = 2000))]
    pub summary: String,
    /// The kind of job, in the operation's own terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub classification: Option<String>,
    /// The kind of door system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub door_system_type: Option<String>,
    /// Whether the site is safe and secured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    pub security_safety_status: Option<String>,
    /// How a technician gets in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000))]
    pub access_details: Option<String>,
    /// Whether the customer has photos.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos_available: Option<bool>,
}

/// A message as it came and as it was understood.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstMessage {
    /// Word for word.
    #[schemars(length(min = 1, max = 32_768))]
    pub raw: String,
    /// Normalized by the control plane.
    #[schemars(length(min = 1, max = 32_768))]
    pub normalized: String,
}

/// `ticket.create`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketCreate {
    /// Who asks.
    pub customer: NewCustomer,
    /// Where the work is.
    pub service_location: Address,
    /// What is wrong.
    pub issue: NewIssue,
    /// How it is billed; `tbd` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_account_type: Option<AccountType>,
    /// How urgent it is, where already known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The request itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_message: Option<FirstMessage>,
}

/// Which way a message went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From outside to the house.
    Inbound,
    /// From the house to outside.
    Outbound,
}

/// What a message does to the ticket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// The technician is there.
    CheckIn,
    /// The job is called off.
    Cancel,
}

/// A message of the case file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// Word for word.
    #[schemars(length(min = 1, max = 32_768))]
    pub raw: String,
    /// Normalized by the control plane.
    #[schemars(length(min = 1, max = 32_768))]
    pub normalized: String,
    /// Which way it went.
    pub direction: Direction,
    /// What it does beyond being kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
}

/// How to reach the customer, as a later message tells.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IntakeCustomer {
    /// Telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub phone: Option<String>,
    /// Mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 254))]
    pub email: Option<String>,
}

/// What a later message adds about the trouble.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IntakeIssue {
    /// The kind of job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub classification: Option<String>,
    /// The kind of door system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub door_system_type: Option<String>,
    /// Whether the site is safe and secured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    pub security_safety_status: Option<String>,
    /// How a technician gets in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000))]
    pub access_details: Option<String>,
    /// Whether the customer has photos.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos_available: Option<bool>,
}

/// Intake details that a message carries; absent fields leave the ticket as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    /// How to reach the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<IntakeCustomer>,
    /// About the trouble.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<IntakeIssue>,
}

/// `ticket.add_message`; its `channel` is required.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketAddMessage {
    /// The message.
    pub message: NewMessage,
    /// What it tells about the intake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intake: Option<Intake>,
}

/// `ticket.set_priority`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketSetPriority {
    /// How urgent it is.
    pub priority: Priority,
}

/// `schedule.propose_slots`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleProposeSlots {
    /// What the customer may choose from.
    #[schemars(length(min = 1, max = 10))]
    pub windows: Vec<Window>,
}

/// `schedule.confirm`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleConfirm {
    /// One of the open proposal's windows.
    pub selected_window: Window,
}

/// `dispatch.assign_tech`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DispatchAssignTech {
    /// A known, active technician.
    pub technician_id: TechnicianId,
}

/// `dispatch.set_eta`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DispatchSetEta {
    /// As it is told to the customer: "between 9 and 10".
    #[schemars(length(min = 1, max = 200))]
    pub eta_text: String,
    /// As an instant, where it is that exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_at: Option<Timestamp>,
}

/// The text of a note.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// What was found or done.
    #[schemars(length(min = 1, max = 8192))]
    pub text: String,
}

/// `closeout.add_note`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseoutAddNote {
    /// The note.
    pub note: NewNote,
}

/// When a photo was taken, seen from the work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhotoPhase {
    /// Before the work.
    Before,
    /// After the work; this is what the evidence gate asks for.
    #[default]
    After,
}

/// A photo that was uploaded with `PUT /v0/attachments`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPhoto {
    /// The key that the upload answered.
    #[schemars(length(min = 1, max = 200))]
    pub storage_key: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits; checked where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: Option<String>,
    /// As uploaded.
    #[schemars(length(min = 1, max = 100))]
    pub content_type: String,
    /// As uploaded.
    #[schemars(range(min = 1, max = 1_073_741_824u64))]
    pub size_bytes: u64,
    /// Before or after the work; `after` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<PhotoPhase>,
}

/// `closeout.add_photo`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseoutAddPhoto {
    /// The photo.
    pub photo: NewPhoto,
}

/// `closeout.checklist_complete`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseoutChecklistComplete {
    /// The item that is done.
    pub item_key: Item,
}

/// A line of an invoice draft.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineItem {
    /// Part or labour.
    #[schemars(length(min = 1, max = 500))]
    pub description: String,
    /// How many, whole units.
    #[schemars(range(min = 1, max = 9999))]
    pub quantity: u32,
    /// Price of one in cents; negative for a credit.
    #[schemars(range(min = -10_000_000, max = 10_000_000))]
    pub unit_amount_cents: i64,
}

/// `billing.generate_invoice_draft`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BillingGenerateInvoiceDraft {
    /// The lines; none makes a draft of nothing, to be filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub line_items: Option<Vec<LineItem>>,
    /// Tax in hundredths of a percent: 825 is 8.25 %. None where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000))]
    pub tax_basis_points: Option<u32>,
}

/// `billing.compile_closeout_packet`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BillingCompileCloseoutPacket {}

/// The input of one call, of the tool it is for.
#[expect(
    clippy::large_enum_variant,
    reason = "one per call, never in a collection"
)]
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "tool", content = "input")]
pub enum Input {
    /// `ticket.create`
    #[serde(rename = "ticket.create")]
    TicketCreate(TicketCreate),
    /// `ticket.add_message`
    #[serde(rename = "ticket.add_message")]
    TicketAddMessage(TicketAddMessage),
    /// `ticket.set_priority`
    #[serde(rename = "ticket.set_priority")]
    TicketSetPriority(TicketSetPriority),
    /// `schedule.propose_slots`
    #[serde(rename = "schedule.propose_slots")]
    ScheduleProposeSlots(ScheduleProposeSlots),
    /// `schedule.confirm`
    #[serde(rename = "schedule.confirm")]
    ScheduleConfirm(ScheduleConfirm),
    /// `dispatch.assign_tech`
    #[serde(rename = "dispatch.assign_tech")]
    DispatchAssignTech(DispatchAssignTech),
    /// `dispatch.set_eta`
    #[serde(rename = "dispatch.set_eta")]
    DispatchSetEta(DispatchSetEta),
    /// `closeout.add_note`
    #[serde(rename = "closeout.add_note")]
    CloseoutAddNote(CloseoutAddNote),
    /// `closeout.add_photo`
    #[serde(rename = "closeout.add_photo")]
    CloseoutAddPhoto(CloseoutAddPhoto),
    /// `closeout.checklist_complete`
    #[serde(rename = "closeout.checklist_complete")]
    CloseoutChecklistComplete(CloseoutChecklistComplete),
    /// `billing.generate_invoice_draft`
    #[serde(rename = "billing.generate_invoice_draft")]
    BillingGenerateInvoiceDraft(BillingGenerateInvoiceDraft),
    /// `billing.compile_closeout_packet`
    #[serde(rename = "billing.compile_closeout_packet")]
    BillingCompileCloseoutPacket(BillingCompileCloseoutPacket),
}

impl Input {
    /// The tool this input is for.
    #[must_use]
    pub fn tool(&self) -> Tool {
        match self {
            Self::TicketCreate(_) => Tool::TicketCreate,
            Self::TicketAddMessage(_) => Tool::TicketAddMessage,
            Self::TicketSetPriority(_) => Tool::TicketSetPriority,
            Self::ScheduleProposeSlots(_) => Tool::ScheduleProposeSlots,
            Self::ScheduleConfirm(_) => Tool::ScheduleConfirm,
            Self::DispatchAssignTech(_) => Tool::DispatchAssignTech,
            Self::DispatchSetEta(_) => Tool::DispatchSetEta,
            Self::CloseoutAddNote(_) => Tool::CloseoutAddNote,
            Self::CloseoutAddPhoto(_) => Tool::CloseoutAddPhoto,
            Self::CloseoutChecklistComplete(_) => Tool::CloseoutChecklistComplete,
            Self::BillingGenerateInvoiceDraft(_) => Tool::BillingGenerateInvoiceDraft,
            Self::BillingCompileCloseoutPacket(_) => Tool::BillingCompileCloseoutPacket,
        }
    }
}
