//! The tools there are, and which of them this caller may call on this ticket now. The
//! host says so: its summary of the ticket, and a dry run of what is on no ticket yet; for
//! the others a dry run says why not.

use std::collections::HashMap;

use dispatch_contract::{Code, Refusal, State, TicketId, Tool};
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
    /// That is the host's word, not for want of it.
    heard: bool,
    /// A ticket may be opened; none until the host said so.
    may_create: Option<bool>,
    asked: Vec<Tool>,
    /// Not answered yet: an answer to anything else is for a menu of before.
    pending: Vec<Ask>,
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
            heard: false,
            may_create: None,
            pending: Vec::new(),
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
            return match (self.may_create, self.why.get(&entry.name)) {
                (None, _) => Legal::Asking,
                (Some(true), _) => Legal::Yes,
                (Some(false), why) => Legal::No(why.cloned().unwrap_or_default()),
            };
        }
        let Some((_, state)) = self.ticket else {
            return Legal::No("it needs a ticket, and this row is about none".into());
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

    /// The host was asked, and nothing is legal for this caller: it may look on only.
    pub(crate) fn is_for_reading(&self) -> bool {
        let no = |entry: &ToolEntry| matches!(self.legal(entry), Legal::No(_));
        !self.read_only && self.heard && self.tools.iter().all(no)
    }

    pub(super) fn wants(&mut self) -> Vec<Ask> {
        let mut asks = Vec::new();
        if let (Some((id, _)), true) = (self.ticket, std::mem::take(&mut self.wants_summary)) {
            asks.push(Ask::Summary(id));
        }
        let create = |entry: &&ToolEntry| entry.name == Tool::TicketCreate;
        let create = self.tools.iter().find(create).cloned();
        let refused = self.current().filter(|entry| {
            let known = self.next.is_some() && self.ticket.is_some();
            known && matches!(self.legal(entry), Legal::No(_))
        });
        let refused = refused.cloned();
        for entry in [create, refused].into_iter().flatten() {
            if !self.read_only && !self.asked.contains(&entry.name) {
                self.asked.push(entry.name);
                asks.push(self.may_i(&entry));
            }
        }
        self.pending.extend(asks.iter().cloned());
        asks
    }

    /// A made-up call, to be judged alone.
    fn may_i(&self, entry: &ToolEntry) -> Ask {
        let mut body = form::sample(&entry.schema, &self.known);
        body["request_id"] = json!("console-may-i");
        if let Some((id, _)) = self.ticket.filter(|_| entry.name != Tool::TicketCreate) {
            body["ticket_id"] = json!(id);
        }
        Ask::Call {
            tool: entry.name,
            body,
            dry_run: true,
        }
    }

    pub(super) fn take(&mut self, ask: &Ask, answered: Answered) {
        let Some(at) = self.pending.iter().position(|known| known == ask) else {
            return;
        };
        self.pending.remove(at);
        match (ask, answered) {
            (Ask::Summary(_), Ok(Got::Summary(summary))) => {
                if let Some((_, state)) = &mut self.ticket {
                    *state = summary.state;
                }
                self.next = Some(summary.next_tools);
                self.heard = true;
            }
            (Ask::Summary(_), Err(trouble)) => {
                // without its word nothing is offered
                self.next = Some(Vec::new());
                for entry in &self.tools {
                    self.why.insert(entry.name, trouble.to_string());
                }
            }
            (Ask::Call { tool, .. }, answered) => self.judged(*tool, answered),
            _ => {}
        }
    }

    fn judged(&mut self, tool: Tool, answered: Answered) {
        let why = match answered {
            // about a made-up body only its reasons beside the body count
            Ok(Got::Called(Called::Refused(refusal))) if !about_body(&refusal) => {
                Some(refusal.detail)
            }
            Err(trouble) if tool == Tool::TicketCreate => Some(trouble.to_string()),
            _ => None,
        };
        if tool == Tool::TicketCreate {
            self.may_create = Some(why.is_none());
        }
        if let Some(why) = why {
            self.why.insert(tool, why);
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

/// A refusal for what stands in the body alone: of a made-up body it says nothing about
/// whether a call would be taken.
fn about_body(refusal: &Refusal) -> bool {
    matches!(refusal.code, Code::InvalidInput | Code::NotFound)
}
