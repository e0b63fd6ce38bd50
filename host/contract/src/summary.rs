//! A ticket in at most 2 KiB, for a model's context: deterministic, compact,
//! with what the caller may call next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::id::TicketId;
use crate::state::State;
use crate::ticket::{Item, Money, Priority, ScheduleStatus};
use crate::time::{Timestamp, Window};
use crate::tool::Tool;

/// The largest summary, in bytes of JSON.
pub const MAX_BYTES: usize = 2048;

/// A ticket in brief.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Where it stands.
    pub state: State,
    /// Its version.
    pub version: u64,
    /// How urgent it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Contact and site, cut to length.
    pub customer: String,
    /// How to reach them: `phone`, `email`, both or neither. Never the number itself.
    pub reachable_by: Vec<String>,
    /// Street, city, region, cut to length.
    pub location: String,
    /// What is wrong, cut to length.
    pub issue: String,
    /// The kind of job, cut to length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// Offered or agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleStatus>,
    /// The window offered first or agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Windows the customer may choose from, at most three, until a technician is under way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offered: Vec<Window>,
    /// The ETA as told, cut to length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<String>,
    /// A technician is on it.
    pub technician_assigned: bool,
    /// Notes and photos.
    pub notes: u32,
    /// Photos from after the work.
    pub photos_after: u32,
    /// Checklist items still to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklist_open: Vec<Item>,
    /// Intake details still to ask for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intake_open: Vec<String>,
    /// Total of the invoice draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_total: Option<Money>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What the caller may call now.
    pub next_tools: Vec<Tool>,
}

/// So much of a text as takes no more than `bytes` of JSON.
fn cut(text: &str, bytes: usize) -> String {
    let mut out = String::with_capacity(bytes);
    let mut spent = 0;
    for c in text.chars() {
        let c = if c.is_control() { ' ' } else { c };
        // a quote or a backslash doubles in JSON
        spent += c.len_utf8() + usize::from(matches!(c, '"' | '\\'));
        if spent + '…'.len_utf8() > bytes {
            out.push('…');
            break;
        }
        out.push(c);
    }
    out
}

impl Summary {
    /// Make it. `next_tools` is what this caller may call in this state.
    #[must_use]
    pub fn of(case: &Case, next_tools: Vec<Tool>) -> Self {
        let ticket = &case.ticket;
        let has = |text: &Option<String>| text.as_ref().is_some_and(|t| !t.trim().is_empty());
        let mut reachable_by = Vec::new();
        if has(&ticket.customer.phone) {
            reachable_by.push("phone".to_owned());
        }
        if has(&ticket.customer.email) {
            reachable_by.push("email".to_owned());
        }
        let mut intake_open = Vec::new();
        if matches!(ticket.state, State::New | State::Triaged) {
            let mut ask = |open: bool, what: &str| {
                if open {
                    intake_open.push(what.to_owned());
                }
            };
            ask(!has(&ticket.issue.classification), "classification");
            ask(ticket.priority.is_none(), "priority");
            ask(reachable_by.is_empty(), "contact");
            ask(!has(&ticket.issue.access_details), "access_details");
            ask(!ticket.service_location.is_complete(), "address");
        }
        let location = &ticket.service_location;
        let customer = match &ticket.customer.site_name {
            Some(site) => format!("{}, {site}", ticket.customer.contact_name),
            None => ticket.customer.contact_name.clone(),
        };
        let in_closeout = matches!(ticket.state, State::Onsite | State::CloseoutPending);
        let choosing = matches!(ticket.state, State::Schedulable | State::Scheduled);
        let schedule = ticket.schedule.as_ref();
        Self {
            ticket_id: ticket.ticket_id,
            state: ticket.state,
            version: ticket.version,
            priority: ticket.priority,
            customer: cut(&customer, 120),
            reachable_by,
            location: cut(
                &format!(
                    "{}, {}, {}",
                    location.address_line1, location.city, location.region
                ),
                160,
            ),
            issue: cut(&ticket.issue.summary, 300),
            classification: ticket.issue.classification.as_deref().map(|c| cut(c, 60)),
            schedule: schedule.map(|s| s.status),
            window: schedule.map(crate::ticket::Schedule::window),
            offered: case
                .open_proposal
                .iter()
                .filter(|_| choosing)
                .flat_map(|open| open.windows.iter().take(3).cloned())
                .collect(),
            eta: schedule
                .and_then(|s| s.eta_text.as_deref())
                .map(|t| cut(t, 80)),
            technician_assigned: ticket.assigned_technician_id.is_some(),
            notes: case.evidence.notes,
            photos_after: case.evidence.photos_after,
            checklist_open: Item::ALL
                .into_iter()
                .filter(|item| in_closeout && !ticket.closeout.checklist.done(*item))
                .collect(),
            intake_open,
            invoice_total: ticket.billing.invoice_total.clone(),
            updated_at: ticket.updated_at,
            next_tools,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_keeps_to_its_bytes_of_json() {
        for text in ["\"", "\\", "a", "ä", "\n", "\u{7f}", "🔧", "a\"ä\\🔧"] {
            let cut = cut(&text.repeat(400), 120);
            let json = serde_json::to_string(&cut).unwrap();
            assert!((110..=122).contains(&json.len()), "{json}");
        }
        assert_eq!(cut("short", 120), "short");
    }
}
