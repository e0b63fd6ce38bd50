//! Beginning a tool's dialog: what it is about, wherever it is called from, and what it may
//! offer. What is not held is read first.

use dispatch_contract::reading::{CaseFile, ProposalStatus};
use dispatch_contract::{Ticket, TicketId, Tool};

use super::{App, Effect, To};
use crate::ask::{Answered, Ask, Got};
use crate::doing::{Doing, Menu, Sheet};
use crate::form::{self, Form, Known};
use crate::theme::Role;

/// A dialog that waits for what it needs.
#[derive(Default)]
pub(super) struct Waiting {
    /// Of this tool, or to choose one.
    tool: Option<Tool>,
    about: Option<TicketId>,
    /// It was chosen among those that are legal.
    is_chosen: bool,
}

/// What was read of the ticket that a dialog is about, beside what views hold.
#[derive(Default)]
pub(super) struct Subject {
    ticket: Option<Ticket>,
    case: Option<Box<CaseFile>>,
}

impl App {
    /// Begin a tool's dialog: of this tool, or to choose one.
    pub(super) fn call(&mut self, tool: Option<Tool>) {
        if self.world.read_only && tool.is_some() {
            self.say(Role::Warn, "this console is read-only: it calls no tool");
            return;
        }
        let about = self.view().ticket();
        if about.is_none() && tool.is_some_and(|tool| tool != Tool::TicketCreate) {
            self.say(
                Role::Warn,
                "this row is about no ticket: choose one in the queue",
            );
            return;
        }
        self.subject = Subject::default();
        self.waiting = Some(Waiting {
            tool,
            about: about.filter(|_| tool != Some(Tool::TicketCreate)),
            is_chosen: false,
        });
        self.begin();
    }

    /// The form of a tool that was chosen in the menu, on the menu's ticket.
    pub(super) fn fill(&mut self, tool: Tool) {
        let about = match &self.doing {
            Some(Doing::Menu(menu)) => menu.ticket.map(|(id, _)| id),
            _ => None,
        };
        self.waiting = Some(Waiting {
            tool: Some(tool),
            about: about.filter(|_| tool != Tool::TicketCreate),
            is_chosen: true,
        });
        self.begin();
    }

    /// Open the dialog that waits, if everything it needs is there.
    pub(super) fn begin(&mut self) {
        let Some(waiting) = self.waiting.take() else {
            return;
        };
        let Some(tools) = self.tools.clone() else {
            self.waiting = Some(waiting);
            return;
        };
        if self.missing(&waiting).is_some() {
            self.waiting = Some(waiting);
            return;
        }
        let ticket = waiting.about.and_then(|id| self.ticket(id)).cloned();
        let known = self.known(ticket.as_ref(), waiting.tool);
        let doing = match waiting.tool {
            None => Doing::Menu(Box::new(Menu::new(
                tools,
                ticket.map(|ticket| (ticket.ticket_id, ticket.state)),
                known,
                self.world.read_only,
            ))),
            Some(tool) => {
                let Some(entry) = tools.iter().find(|entry| entry.name == tool) else {
                    self.say(Role::Alarm, format!("this host has no tool {tool}"));
                    return;
                };
                self.seed = self
                    .seed
                    .wrapping_add(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
                let keys = crate::doing::keys(self.seed);
                let sample = form::sample(&entry.schema, &known);
                let form = Form::new(&entry.schema, known);
                let mut sheet = Sheet::new(tool, ticket, form, keys);
                if !waiting.is_chosen {
                    sheet.may_i(sample);
                }
                Doing::Sheet(Box::new(sheet))
            }
        };
        self.dialog += 1;
        self.doing = Some(doing);
    }

    /// What to read for the dialog that waits.
    pub(super) fn wants_for_dialog(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Some(waiting) = &self.waiting else {
            return effects;
        };
        let missing = self.missing(waiting);
        if self.tools.is_none() && !self.reads.asked(To::Tools) {
            effects.push(self.reads.send(To::Tools, Ask::Tools));
        }
        if let Some(ask) = missing.filter(|_| !self.reads.asked(To::Subject)) {
            effects.push(self.reads.send(To::Subject, ask));
        }
        effects
    }

    /// The ticket, where nothing holds it; its case, where the tool offers something of it.
    fn missing(&self, waiting: &Waiting) -> Option<Ask> {
        let id = waiting.about?;
        if waiting.tool == Some(Tool::ScheduleConfirm) && self.case(id).is_none() {
            return Some(Ask::Case(id));
        }
        self.ticket(id).is_none().then_some(Ask::Ticket(id))
    }

    pub(super) fn subject_came(&mut self, answered: Answered) {
        match answered {
            Ok(Got::Ticket(ticket)) => self.subject.ticket = Some(*ticket),
            Ok(Got::Case(case)) => self.subject.case = Some(case),
            Ok(_) => {}
            Err(trouble) => {
                self.waiting = None;
                self.say(Role::Alarm, format!("{trouble}. {}", trouble.advice()));
            }
        }
        self.begin();
    }

    /// A ticket's case, as it was last read.
    fn case(&self, id: TicketId) -> Option<&CaseFile> {
        let open = self.tickets.detail.case.as_ref();
        let known = [open, self.subject.case.as_ref()].into_iter().flatten();
        known
            .map(|case| &**case)
            .filter(|case| case.ticket.ticket_id == id)
            .max_by_key(|case| case.ticket.version)
    }

    /// A ticket as it was last seen, by whatever holds it.
    fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        let known = [
            self.tickets.queue.find(id),
            self.board.find(id),
            self.subject.ticket.as_ref(),
            self.case(id).map(|case| &case.ticket),
        ];
        let known = known.into_iter().flatten();
        known
            .filter(|ticket| ticket.ticket_id == id)
            .max_by_key(|ticket| ticket.version)
    }

    fn known(&self, ticket: Option<&Ticket>, tool: Option<Tool>) -> Known {
        let active = self.world.technicians.values().filter(|one| one.active);
        let mut technicians: Vec<(String, String)> = active
            .clone()
            .map(|one| (one.technician_id.to_string(), one.name.clone()))
            .collect();
        technicians.sort_by(|a, b| a.1.cmp(&b.1));
        let zone = active
            .map(|one| one.timezone)
            .min_by_key(ToString::to_string);
        let case = ticket.and_then(|ticket| self.case(ticket.ticket_id));
        let open = case.and_then(|case| {
            let history = case.schedule_history.iter();
            history
                .rev()
                .find(|entry| entry.status == ProposalStatus::Open)
        });
        let mut given = Vec::new();
        if let (Some(ticket), Some(Tool::TicketSetPriority)) = (ticket, tool)
            && let Some(priority) = ticket.priority
        {
            given.push(("/priority".to_owned(), priority.name().to_owned()));
        }
        if tool == Some(Tool::TicketCreate) {
            given.push(("/service_location/country".to_owned(), "US".to_owned()));
        }
        if let (Some(ticket), Some(Tool::TicketAddMessage)) = (ticket, tool)
            && let Some(phone) = &ticket.customer.phone
        {
            given.push(("/channel/kind".to_owned(), "sms".to_owned()));
            given.push(("/channel/peer".to_owned(), phone.clone()));
        }
        Known {
            technicians,
            offered: open.map(|entry| entry.windows.clone()).unwrap_or_default(),
            zone: Known::zone_of(ticket, zone),
            given,
            now: Some(self.world.now),
        }
    }
}
