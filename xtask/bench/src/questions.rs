//! One realistic question for each tool that the shipped pack allows, and one that it
//! refuses. Made through the contract's own schemas, so that they are calls that a
//! host could have been sent.

use anyhow::{Context, Result, anyhow};
use dispatch_contract::actor::{Actor, Role};
use dispatch_contract::question::{Facts, ObjectFact, Question, TechnicianFact};
use dispatch_contract::{State, Tool, schema};
use serde_json::{Value, json};

const NOW: &str = "2026-03-02T08:00:00Z";
const TICKET: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1K0T";
const CUSTOMER: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1C0A";
const TECHNICIAN: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1T0A";
const SOMEBODY: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1A0G";
const SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A tool's two questions.
pub(crate) struct Pair {
    pub(crate) tool: Tool,
    pub(crate) allowed: Question,
    pub(crate) refused: Question,
}

/// The twelve pairs, in the contract's order.
pub(crate) fn all() -> Result<Vec<Pair>> {
    Tool::ALL.into_iter().map(pair).collect()
}

fn pair(tool: Tool) -> Result<Pair> {
    let (role, state, body) = allowed(tool);
    let question = question(tool, role, state, &body)?;
    // out of its place in the lifecycle, wherever a tool has one
    let (state, body) = match tool {
        Tool::TicketCreate => {
            let mut body = body;
            body["customer"]["contact_name"] = json!("  ");
            (state, body)
        }
        Tool::TicketAddMessage => {
            let mut body = body;
            body["message"]["intent"] = json!("cancel");
            (state, body)
        }
        _ => (Some(State::Closed), body),
    };
    Ok(Pair {
        tool,
        allowed: question,
        refused: self::question(tool, role, state, &body)?,
    })
}

fn question(tool: Tool, role: Role, state: Option<State>, body: &Value) -> Result<Question> {
    let mut body = body.clone();
    body["request_id"] = json!("bench-7f3a91c2");
    if state.is_some() {
        body["ticket_id"] = json!(TICKET);
    }
    let parsed = schema::parse(tool, &serde_json::to_vec(&body)?, None)
        .map_err(|refusal| anyhow!("{tool}: {} {:?}", refusal.detail, refusal.violations))?;
    let id = match role {
        Role::Technician => TECHNICIAN,
        Role::Customer => CUSTOMER,
        _ => SOMEBODY,
    };
    let case = match state {
        Some(state) => Some(serde_json::from_value(case(tool, state)).context("the case")?),
        None => None,
    };
    Ok(Question {
        actor: Actor {
            role,
            id: id.parse()?,
        },
        call: parsed.call,
        facts: Facts {
            case,
            technician: (tool == Tool::DispatchAssignTech)
                .then(|| {
                    anyhow::Ok(TechnicianFact {
                        technician_id: TECHNICIAN.parse()?,
                        active: true,
                        timezone: "America/Chicago".parse()?,
                    })
                })
                .transpose()?,
            object: (tool == Tool::CloseoutAddPhoto).then(|| ObjectFact {
                size_bytes: 2_481_113,
                sha256: SHA256.to_owned(),
                content_type: "image/jpeg".to_owned(),
            }),
        },
        now: NOW.parse()?,
    })
}

/// Who calls it, where the ticket stands, and the body.
fn allowed(tool: Tool) -> (Role, Option<State>, Value) {
    match tool {
        Tool::TicketCreate => (Role::SystemIntakeAgent, None, create()),
        Tool::TicketAddMessage => (
            Role::Customer,
            Some(State::Scheduled),
            json!({
                "channel": { "kind": "sms", "peer": "+13125550100" },
                "message": {
                    "raw": "hi, is the tech still coming today?? the rear door is open about a foot",
                    "normalized": "Customer asks whether the technician still comes today; the rear \
                                   door stands open about one foot.",
                    "direction": "inbound",
                },
            }),
        ),
        Tool::TicketSetPriority => (
            Role::OperatorAdmin,
            Some(State::Scheduled),
            json!({ "priority": "emergency" }),
        ),
        Tool::ScheduleProposeSlots => (
            Role::SystemSchedulingAgent,
            Some(State::Schedulable),
            json!({ "windows": windows() }),
        ),
        Tool::ScheduleConfirm => (
            Role::SystemSchedulingAgent,
            Some(State::Schedulable),
            json!({ "selected_window": windows()[1] }),
        ),
        Tool::DispatchAssignTech => (
            Role::SystemSchedulingAgent,
            Some(State::Scheduled),
            json!({ "technician_id": TECHNICIAN }),
        ),
        Tool::DispatchSetEta => (
            Role::SystemSchedulingAgent,
            Some(State::Scheduled),
            json!({ "eta_text": "between 9:15 and 9:45", "eta_at": "2026-03-02T09:30:00-06:00" }),
        ),
        Tool::CloseoutAddNote => (
            Role::Technician,
            Some(State::Onsite),
            json!({ "note": { "text": "Replaced both top rollers and the left cable; track \
                                       straightened, door balanced, reversal tested twice." } }),
        ),
        Tool::CloseoutAddPhoto => (
            Role::Technician,
            Some(State::Onsite),
            json!({ "photo": {
                "storage_key": "uploads/01J9ZQ4Y7M8K6T5R4E3W2Q1P0N",
                "sha256": SHA256,
                "content_type": "image/jpeg",
                "size_bytes": 2_481_113,
                "phase": "after",
            } }),
        ),
        Tool::CloseoutChecklistComplete => (
            Role::SystemTechnicianLiaisonAgent,
            Some(State::Onsite),
            json!({ "item_key": "billing_authorization" }),
        ),
        Tool::BillingGenerateInvoiceDraft => (
            Role::SystemCloseoutAgent,
            Some(State::CloseoutPending),
            json!({
                "line_items": [
                    { "description": "Service call, weekday", "quantity": 1, "unit_amount_cents": 12500 },
                    { "description": "Top roller, 3 inch", "quantity": 2, "unit_amount_cents": 1850 },
                    { "description": "Lift cable, 12 ft", "quantity": 1, "unit_amount_cents": 4200 },
                    { "description": "Labour, per quarter hour", "quantity": 6, "unit_amount_cents": 3125 },
                ],
                "tax_basis_points": 825,
            }),
        ),
        Tool::BillingCompileCloseoutPacket => (
            Role::SystemCloseoutAgent,
            Some(State::CloseoutPending),
            json!({}),
        ),
    }
}

fn create() -> Value {
    json!({
        "customer": {
            "site_name": "Halsted Cold Storage",
            "contact_name": "Maria Lindqvist",
            "phone": "+1 312 555 0100",
            "email": "maria@halsted-cold.example",
        },
        "service_location": address(),
        "issue": issue(),
        "priority": "standard",
        "initial_message": {
            "raw": "dock door 3 came off the track this morning, we cant close it",
            "normalized": "Dock door 3 came off its track this morning and cannot be closed.",
        },
    })
}

fn address() -> Value {
    json!({
        "address_line1": "1400 S Halsted St",
        "address_line2": "Dock 3",
        "city": "Chicago",
        "region": "IL",
        "postal_code": "60607",
        "country": "US",
        "lat": 41.8623,
        "lon": -87.6469,
    })
}

fn issue() -> Value {
    json!({
        "summary": "Dock door 3 is off its track and stands open about a foot",
        "classification": "door_off_track",
        "door_system_type": "sectional, 10 x 12, high lift",
        "security_safety_status": "opening is taped off; the site is manned until 18:00",
        "access_details": "ask for Maria at the gate; high-visibility vest required",
        "photos_available": true,
    })
}

fn windows() -> [Value; 3] {
    [(2, "15:00"), (2, "19:00"), (3, "15:00")].map(|(day, start)| {
        let end = if start == "15:00" { "17:00" } else { "21:00" };
        json!({
            "window_start": format!("2026-03-0{day}T{start}:00Z"),
            "window_end": format!("2026-03-0{day}T{end}:00Z"),
            "timezone": "America/Chicago",
        })
    })
}

/// A ticket as it stands in the middle of its life, in `state`.
fn case(tool: Tool, state: State) -> Value {
    let mut ticket = json!({
        "ticket_id": TICKET,
        "state": state,
        "created_at": "2026-03-01T14:02:11.482113Z",
        "updated_at": "2026-03-02T07:41:09.112004Z",
        "version": 9,
        "customer_id": CUSTOMER,
        "customer": create()["customer"],
        "service_location": address(),
        "issue": issue(),
        "priority": "standard",
        "billing": { "account_type": "account" },
        "closeout": { "checklist": {
            "work_performed": true,
            "parts_used_or_needed": true,
            "resolution_status": true,
            "onsite_photos_after": true,
            "billing_authorization": state == State::CloseoutPending,
        } },
    });
    if state != State::Schedulable {
        let mut schedule = windows()[0].clone();
        schedule["status"] = json!("confirmed");
        // what the other half of a dispatch still waits for
        if tool != Tool::DispatchSetEta {
            schedule["eta_text"] = json!("about nine thirty");
        }
        ticket["schedule"] = schedule;
        if tool != Tool::DispatchAssignTech {
            ticket["assigned_technician_id"] = json!(TECHNICIAN);
        }
    }
    if tool == Tool::BillingCompileCloseoutPacket {
        ticket["billing"]["invoice_draft_attachment_id"] = json!("01J9ZQ4Y7M8K6T5R4E3W2Q1D0C");
        ticket["billing"]["invoice_total"] = json!({ "currency": "USD", "amount_cents": 42_410 });
    }
    let mut case = json!({
        "ticket": ticket,
        "evidence": { "notes": 2, "photos_before": 1, "photos_after": 2 },
    });
    if state == State::Schedulable {
        case["open_proposal"] = json!({
            "proposal_id": "01J9ZQ4Y7M8K6T5R4E3W2Q1P0S",
            "windows": windows(),
        });
    }
    case
}
