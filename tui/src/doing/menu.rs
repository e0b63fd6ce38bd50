//! The tools there are, and which of them this caller may call on this ticket now. The
//! host says so: its summary of the ticket, and for the others a dry run says why not.

use std::collections::HashMap;

use dispatch_contract::{Code, State, TicketId, Tool};
use serde_json::json;

use super::Next;
use crate::ask::{Answered, Ask, Called, Got, ToolEntry};
use crate::form::{self, Known};
use crate::keys::Action;
use crate::theme::Role;
use crate::world::World;

/// Whether a tool may be called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Legal {
    Yes,
    No(String),
    /// The host was asked.
    Asking,
}

/// See the module.
pub(crate) struct Menu {
    pub(crate) ticket: Option<(TicketId, State)>,
    pub(crate) tools: Vec<ToolEntry>,
    pub(crate) at: usize,
    /// What the host says may be called next.
    next: Option<Vec<Tool>>,
    why: HashMap<Tool, String>,
    asked: Vec<Tool>,
    wants_summary: bool,
    read_only: bool,
    known: Known,
}

impl Menu {
    pub(crate) fn new(
        tools: Vec<ToolEntry>,
        ticket: Option<(TicketId, State)>,
        known: Known,
        read_only: bool,
    ) -> Self {
        let mut menu = Self {
            wants_summary: ticket.is_some(),
            ticket,
            tools,
            at: 0,
            next: None,
            why: HashMap::new(),
            asked: Vec::new(),
            read_only,
            known,
        };
        menu.at = usize::from(menu.ticket.is_some());
        menu
    }

    pub(crate) fn legal(&self, entry: &ToolEntry) -> Legal {
        if self.read_only {
            return Legal::No(
                "this console is read-only: it was started so, or the file says so".into(),
            );
        }
        if entry.name == Tool::TicketCreate {
            return Legal::Yes;
        }
        let Some((_, state)) = self.ticket else {
            return Legal::No("it needs a ticket: choose one in the queue first".into());
        };
        let Some(next) = &self.next else {
            return Legal::Asking;
        };
        if next.contains(&entry.name) {
            return Legal::Yes;
        }
        if let Some(why) = self.why.get(&entry.name) {
            return Legal::No(why.clone());
        }
        if !entry.legal_states.contains(&state) {
            let states: Vec<&str> = entry.legal_states.iter().map(|s| s.name()).collect();
            return Legal::No(format!(
                "legal in {}; this one is {state}",
                states.join(", ")
            ));
        }
        Legal::No("your role may not call it here".into())
    }

    fn current(&self) -> Option<&ToolEntry> {
        self.tools.get(self.at)
    }

    pub(super) fn wants(&mut self) -> Vec<Ask> {
        let mut asks = Vec::new();
        let Some((id, _)) = self.ticket else {
            return asks;
        };
        if std::mem::take(&mut self.wants_summary) {
            asks.push(Ask::Summary(id));
        }
        let Some(entry) = self.current() else {
            return asks;
        };
        let refused = matches!(self.legal(entry), Legal::No(_)) && !self.read_only;
        if refused && self.next.is_some() && !self.asked.contains(&entry.name) {
            let mut body = form::sample(&entry.schema, &self.known);
            body["ticket_id"] = json!(id);
            body["request_id"] = json!("console-may-i");
            let tool = entry.name;
            self.asked.push(tool);
            asks.push(Ask::Call {
                tool,
                body,
                dry_run: true,
            });
        }
        asks
    }

    pub(super) fn take(&mut self, ask: &Ask, answered: Answered) {
        match (ask, answered) {
            (Ask::Summary(_), Ok(Got::Summary(summary))) => {
                if let Some((_, state)) = &mut self.ticket {
                    *state = summary.state;
                }
                self.next = Some(summary.next_tools);
            }
            (Ask::Summary(_), Err(trouble)) => {
                // without its word nothing is offered
                self.next = Some(Vec::new());
                for entry in &self.tools {
                    self.why.insert(entry.name, trouble.to_string());
                }
            }
            (Ask::Call { tool, .. }, Ok(Got::Called(Called::Refused(refusal)))) => {
                // about a made-up body only its reasons beside the body count
                let about_body = matches!(refusal.code, Code::InvalidInput | Code::NotFound);
                if !about_body {
                    self.why.insert(*tool, refusal.detail);
                }
            }
            _ => {}
        }
    }

    pub(super) fn act(&mut self, action: Action, _world: &World) -> Next {
        let last = self.tools.len().saturating_sub(1);
        match action {
            Action::Down => self.at = (self.at + 1).min(last),
            Action::Up => self.at = self.at.saturating_sub(1),
            Action::Back => return Next::Over(None),
            Action::Open => {
                let Some(entry) = self.current() else {
                    return Next::Stay;
                };
                return match self.legal(entry) {
                    Legal::Yes => Next::Fill(entry.name),
                    Legal::No(_) | Legal::Asking => Next::Stay,
                };
            }
            _ => {}
        }
        Next::Stay
    }

    /// Words about the entry under the cursor, and how they are meant.
    pub(crate) fn said(&self) -> Option<(Role, String)> {
        let entry = self.current()?;
        Some(match self.legal(entry) {
            Legal::Yes => (Role::Good, entry.purpose.clone()),
            Legal::No(why) => (Role::Warn, format!("{} {why}", entry.purpose)),
            Legal::Asking => (Role::Faint, "asking the host what is legal".into()),
        })
    }
}
