//! Questions whose gates hold: on their own merits every one would be allowed.

use dispatch_contract::question::Question;
use dispatch_contract::{Role, State, Tool};
use serde_json::{Value, json};

/// The technician and the customer of the ticket.
pub(crate) const TECHNICIAN: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1T0A";
pub(crate) const CUSTOMER: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1C0A";
/// Somebody else.
pub(crate) const OTHER: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1Z0Z";

const TICKET: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1X0A";
const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn window() -> Value {
    json!({"window_start": "2026-03-02T15:00:00Z", "window_end": "2026-03-02T17:00:00Z",
        "timezone": "America/Chicago"})
}

/// A ticket in this state with everything that any rule asks for.
fn case(state: State) -> Value {
    let settled = !matches!(state, State::New | State::Triaged | State::Schedulable);
    let mut ticket = json!({
        "ticket_id": TICKET, "state": state, "version": 3,
        "created_at": "2026-03-01T08:00:00Z", "updated_at": "2026-03-01T08:00:00Z",
        "customer_id": CUSTOMER,
        "customer": {"contact_name": "Ada Park", "phone": "+1 312 555 0100"},
        "service_location": {"address_line1": "100 Main Street", "city": "Chicago",
            "region": "IL", "postal_code": "60601", "country": "US"},
        "issue": {"summary": "the door does not close", "classification": "door_off_track",
            "access_details": "ring twice"},
        "priority": "standard",
        "billing": {"account_type": "cod", "invoice_draft_attachment_id": OTHER},
        "assigned_technician_id": TECHNICIAN,
        "closeout": {"checklist": {"work_performed": state != State::Onsite,
            "parts_used_or_needed": true, "resolution_status": true,
            "onsite_photos_after": true, "billing_authorization": true}},
    });
    if settled {
        let mut schedule = window();
        schedule["status"] = json!("confirmed");
        schedule["eta_text"] = json!("about nine");
        ticket["schedule"] = schedule;
    }
    json!({
        "ticket": ticket,
        "evidence": {"notes": 1, "photos_before": 1, "photos_after": 1},
        "open_proposal": {"proposal_id": OTHER, "windows": [window()]},
    })
}

/// A well-formed input of the tool.
pub(crate) fn input(tool: Tool) -> Value {
    match tool {
        Tool::TicketCreate => json!({
            "customer": {"contact_name": "Ada Park", "phone": "+1 312 555 0100"},
            "service_location": {"address_line1": "100 Main Street", "city": "Chicago",
                "region": "IL", "postal_code": "60601", "country": "US"},
            "issue": {"summary": "the door does not close", "classification": "door_off_track",
                "access_details": "ring twice"},
            "priority": "standard"}),
        Tool::TicketAddMessage => message(None),
        Tool::TicketSetPriority => json!({"priority": "standard"}),
        Tool::ScheduleProposeSlots => json!({"windows": [window()]}),
        Tool::ScheduleConfirm => json!({"selected_window": window()}),
        Tool::DispatchAssignTech => json!({"technician_id": TECHNICIAN}),
        Tool::DispatchSetEta => json!({"eta_text": "about nine"}),
        Tool::CloseoutAddNote => json!({"note": {"text": "replaced both rollers"}}),
        Tool::CloseoutAddPhoto => json!({"photo": {"storage_key": "k", "sha256": HASH,
            "content_type": "image/jpeg", "size_bytes": 1000}}),
        Tool::CloseoutChecklistComplete => json!({"item_key": "work_performed"}),
        Tool::BillingGenerateInvoiceDraft => json!({"line_items": [{"description": "labour",
            "quantity": 1, "unit_amount_cents": 12000}], "tax_basis_points": 825}),
        Tool::BillingCompileCloseoutPacket => json!({}),
    }
}

/// A message, with or without an intent.
pub(crate) fn message(intent: Option<&str>) -> Value {
    let mut message = json!({"raw": "hello", "normalized": "hello", "direction": "inbound"});
    if let Some(intent) = intent {
        message["intent"] = json!(intent);
    }
    json!({ "message": message })
}

/// A question on a ticket in this state.
pub(crate) fn ask(tool: Tool, input: Value, role: Role, id: &str, state: State) -> Question {
    let creates = tool == Tool::TicketCreate;
    let mut call = json!({"request_id": "r", "input": {"tool": tool, "input": input},
        "channel": {"kind": "sms", "peer": "+13125550100"}});
    let mut facts = json!({
        "technician": {"technician_id": TECHNICIAN, "active": true, "timezone": "America/Chicago"},
        "object": {"size_bytes": 1000, "sha256": HASH, "content_type": "image/jpeg"},
    });
    if !creates {
        call["ticket_id"] = json!(TICKET);
        facts["case"] = case(state);
    }
    serde_json::from_value(json!({
        "actor": {"role": role, role.id_key(): id},
        "call": call, "facts": facts, "now": "2026-03-01T09:00:00Z",
    }))
    .unwrap()
}

/// The plain question of a tool, by whoever is this role on the ticket.
pub(crate) fn plain(tool: Tool, role: Role, state: State) -> Question {
    ask(tool, input(tool), role, own_id(role), state)
}

/// The id with which an actor of this role owns the ticket.
pub(crate) fn own_id(role: Role) -> &'static str {
    if role == Role::Customer {
        CUSTOMER
    } else {
        TECHNICIAN
    }
}
