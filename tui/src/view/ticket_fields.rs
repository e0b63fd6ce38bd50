//! A ticket and an event as readable fields: pairs of a name and what it holds.

use dispatch_contract::Event;
use dispatch_contract::reading::CaseFile;
use dispatch_contract::ticket::{Item, Priority};
use serde_json::Value;

use super::text::{time, window};

/// A name and what it holds.
pub(super) type Field = (String, String);

/// Fields of one event at most; a payload may be large.
const MAX_FIELDS: usize = 200;

/// The snapshot and what the case file adds, the most asked for first.
pub(super) fn of_case(case: &CaseFile) -> Vec<Field> {
    let ticket = &case.ticket;
    let mut fields = Vec::new();
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    let priority = ticket.priority.map_or("no priority", Priority::name);
    add(
        "state",
        format!("{}, {priority}, version {}", ticket.state, ticket.version),
    );
    let customer = &ticket.customer;
    let told = [&customer.site_name, &customer.phone, &customer.email];
    let told = told.into_iter().flatten().map(String::as_str);
    let who: Vec<&str> = std::iter::once(customer.contact_name.as_str())
        .chain(told)
        .collect();
    add("customer", who.join(", "));
    let place = &ticket.service_location;
    let second = place
        .address_line2
        .as_deref()
        .map(|line| format!(", {line}"));
    add(
        "where",
        format!(
            "{}{}, {}, {} {}",
            place.address_line1,
            second.unwrap_or_default(),
            place.city,
            place.region,
            place.postal_code
        ),
    );
    add("issue", ticket.issue.summary.clone());
    let agreed = ticket.schedule.as_ref().map_or_else(
        || "nothing offered".to_owned(),
        |schedule| {
            let eta = schedule
                .eta_text
                .as_deref()
                .map(|eta| format!(", eta {eta}"));
            format!(
                "{} {}{}",
                window(schedule),
                schedule.timezone,
                eta.unwrap_or_default()
            )
        },
    );
    add("schedule", agreed);
    let assigned = case
        .assignment_history
        .iter()
        .rfind(|a| a.ended_at.is_none());
    add(
        "technician",
        assigned.map_or("nobody yet".to_owned(), |a| a.technician_name.clone()),
    );
    let checklist = &ticket.closeout.checklist;
    let items = Item::ALL.map(|item| {
        let mark = if checklist.done(item) { "x" } else { "_" };
        format!("[{mark}]{}", item.name())
    });
    add("checklist", items.join(" "));
    add(
        "kept",
        format!(
            "{} notes, {} messages, {} attachments",
            case.technician_timeline.len(),
            case.messages.len(),
            case.attachments.len()
        ),
    );
    for (name, value) in [
        ("class", &ticket.issue.classification),
        ("access", &ticket.issue.access_details),
        ("safety", &ticket.issue.security_safety_status),
    ] {
        if let Some(value) = value {
            add(name, value.clone());
        }
    }
    if let Some(total) = &ticket.billing.invoice_total {
        let cents = total.amount_cents;
        add(
            "invoice",
            format!(
                "{}.{:02} {}",
                cents / 100,
                cents.abs() % 100,
                total.currency
            ),
        );
    }
    add("opened", time(ticket.created_at));
    add("changed", time(ticket.updated_at));
    add("ticket", ticket.ticket_id.to_string());
    fields
}

/// An event: its frame, then its payload with dotted names.
pub(super) fn of_event(event: &Event) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    add("event", event.kind.name().to_owned());
    add("at", time(event.occurred_at));
    add("actor", format!("{} {}", event.actor.role, event.actor.id));
    if let (Some(from), Some(to)) = (event.previous_state, event.next_state) {
        add("move", format!("{from} -> {to}"));
    }
    payload("", &event.payload, &mut fields);
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    add("request", event.request_id.clone());
    if let Some(id) = &event.correlation_id {
        add("correlation", id.clone());
    }
    let pack = &event.pack;
    add(
        "pack",
        format!("{} {} {}", pack.name, pack.version, pack.digest),
    );
    if !event.determining_policies.is_empty() {
        add("permitted by", event.determining_policies.join(", "));
    }
    add("sequence", event.sequence.to_string());
    add("hash", event.hash.clone());
    fields
}

fn payload(name: &str, value: &Value, fields: &mut Vec<Field>) {
    if fields.len() >= MAX_FIELDS {
        return;
    }
    let below = |key: &str| match name {
        "" => key.to_owned(),
        name => format!("{name}.{key}"),
    };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                payload(&below(key), value, fields);
            }
        }
        Value::Array(values) => {
            for (n, value) in values.iter().enumerate() {
                payload(&below(&(n + 1).to_string()), value, fields);
            }
        }
        Value::Null => {}
        Value::String(text) => fields.push((name.to_owned(), text.clone())),
        other => fields.push((name.to_owned(), other.to_string())),
    }
}
