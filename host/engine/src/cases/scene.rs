//! From a case's few lines to a whole question. What a case leaves out is fixed,
//! so that a case means the same wherever it runs.

use dispatch_contract::case::{Evidence, Proposal};
use dispatch_contract::question::{Facts, ObjectFact, Question, TechnicianFact};
use dispatch_contract::ticket::{
    AccountType, Address, Billing, Checklist, Closeout, Customer, Issue, Schedule, ScheduleStatus,
    Ticket,
};
use dispatch_contract::time::{Timestamp, Window};
use dispatch_contract::{
    Actor, AttachmentId, Case, CustomerId, ProposalId, Refusal, TicketId, Tool, schema,
};
use serde_json::{Map, Value};

use super::format::{DecisionCase, ScheduleForm, TicketForm, WindowForm};

const TICKET: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1X0A";
const CUSTOMER: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1C0A";
const PROPOSAL: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1S0A";
const DRAFT: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1D0A";
const CREATED_AT: &str = "2026-03-01T08:00:00Z";

pub(super) fn fixed<T: std::str::FromStr>(text: &str) -> T {
    text.parse()
        .ok()
        .expect("the constants of this file are well-formed")
}

/// What stands in for a question.
pub(super) enum Posed {
    /// A question.
    Question(Box<Question>),
    /// The schema has refused the call already.
    Refused(Box<Refusal>),
}

/// The question of a case; an error where the case itself is no question.
pub(super) fn question(case: &DecisionCase) -> Result<Posed, String> {
    let mut body = Map::new();
    for (key, value) in &case.call {
        body.insert(key.clone(), json(value));
    }
    for key in ["request_id", "ticket_id"] {
        if body.contains_key(key) {
            return Err(format!("`call` must not have {key}: it is added"));
        }
    }
    body.insert("request_id".into(), "case".into());
    if case.tool != Tool::TicketCreate {
        body.insert("ticket_id".into(), TICKET.into());
    }
    let bytes = Value::Object(body).to_string();
    let parsed = match schema::parse(case.tool, bytes.as_bytes(), None) {
        Ok(parsed) => parsed,
        Err(refusal) => return Ok(Posed::Refused(Box::new(refusal))),
    };
    Ok(Posed::Question(Box::new(Question {
        actor: Actor {
            role: case.actor.role,
            id: case.actor.id,
        },
        call: parsed.call,
        facts: Facts {
            case: case.ticket.as_ref().map(of_ticket).transpose()?,
            technician: case.technician.as_ref().map(|known| TechnicianFact {
                technician_id: known.id,
                active: known.active,
                timezone: known.zone.unwrap_or_else(|| fixed("UTC")),
            }),
            object: case.object.as_ref().map(|stored| ObjectFact {
                size_bytes: stored.size_bytes,
                sha256: stored.sha256.clone(),
                content_type: stored.content_type.clone(),
            }),
        },
        now: case.now,
    })))
}

/// TOML as JSON; a TOML date is the text it is written as.
fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
        toml::Value::Datetime(at) => at.to_string().into(),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::Table(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.clone(), json(value)));
            Value::Object(fields.collect())
        }
    }
}

fn window(form: &WindowForm) -> Window {
    Window {
        window_start: form.start,
        window_end: form.end,
        timezone: form.timezone,
    }
}

fn schedule(form: &ScheduleForm, eta_text: Option<String>) -> Schedule {
    Schedule {
        status: if form.confirmed {
            ScheduleStatus::Confirmed
        } else {
            ScheduleStatus::Proposed
        },
        window_start: form.start,
        window_end: form.end,
        timezone: form.timezone,
        eta_text,
        eta_at: None,
    }
}

fn of_ticket(form: &TicketForm) -> Result<Case, String> {
    if form.eta_text.is_some() && form.window.is_none() {
        return Err("`eta_text` needs a `window`: an ETA is told for one".into());
    }
    let created_at: Timestamp = fixed(CREATED_AT);
    let customer_id = form
        .customer_id
        .unwrap_or_else(|| fixed::<CustomerId>(CUSTOMER));
    let mut checklist = Checklist::default();
    for item in &form.checklist {
        checklist.complete(*item);
    }
    let draft = form.invoice_draft.then(|| fixed::<AttachmentId>(DRAFT));
    let windows: Vec<Window> = form.open_proposal.iter().map(window).collect();
    Ok(Case {
        ticket: Ticket {
            ticket_id: fixed::<TicketId>(TICKET),
            state: form.state,
            created_at,
            updated_at: created_at,
            version: 1,
            customer_id,
            customer: Customer {
                site_name: None,
                contact_name: "Ada Park".into(),
                phone: form.phone.clone(),
                email: form.email.clone(),
            },
            service_location: Address {
                address_line1: "100 Main Street".into(),
                address_line2: None,
                city: "Chicago".into(),
                region: "IL".into(),
                postal_code: "60601".into(),
                country: "US".into(),
                lat: None,
                lon: None,
            },
            issue: Issue {
                summary: "the door does not close".into(),
                classification: form.classification.clone(),
                door_system_type: None,
                security_safety_status: None,
                access_details: form.access_details.clone(),
                photos_available: None,
            },
            priority: form.priority,
            billing: Billing {
                account_type: AccountType::Tbd,
                emergency_rate_approved: None,
                invoice_draft_attachment_id: draft,
                closeout_packet_attachment_id: None,
                invoice_total: None,
            },
            assigned_technician_id: form.technician_id,
            schedule: form
                .window
                .as_ref()
                .map(|of| schedule(of, form.eta_text.clone())),
            closeout: Closeout {
                checklist,
                completed_at: None,
            },
        },
        evidence: Evidence {
            notes: form.notes,
            photos_before: form.photos_before,
            photos_after: form.photos_after,
        },
        open_proposal: (!windows.is_empty()).then(|| Proposal {
            proposal_id: fixed::<ProposalId>(PROPOSAL),
            windows,
        }),
    })
}
