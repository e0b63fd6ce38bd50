//! A ticket's columns: for the queue, and for what the board is filtered by and exports.

use dispatch_contract::Ticket;
use dispatch_contract::ticket::Priority;
use serde_json::Value;

use crate::grid::{Column, Item, Width};
use crate::text::{age, short_window};
use crate::theme::Role;
use crate::views::due::due;

impl Item for Ticket {
    fn id(&self) -> String {
        self.ticket_id.to_string()
    }

    fn whole(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

pub(crate) static COLUMNS: [Column<Ticket>; 9] = [
    Column::new("DUE", Width::Fixed(12), |ticket: &Ticket, world| {
        due(ticket, world.now).says()
    })
    .by(|ticket, world| due(ticket, world.now).order())
    .colored(|ticket, world| due(ticket, world.now).role()),
    Column::new("PRIO", Width::Fixed(4), |ticket: &Ticket, _| {
        match ticket.priority {
            Some(Priority::Emergency) => "!EMG",
            Some(Priority::Standard) => "std",
            None => "-",
        }
        .into()
    })
    .by(|ticket, _| match ticket.priority {
        Some(Priority::Emergency) => 0,
        Some(Priority::Standard) => 1,
        None => 2,
    })
    .colored(|ticket, _| {
        (ticket.priority == Some(Priority::Emergency) && !ticket.state.next().is_empty())
            .then_some(Role::Alarm)
    })
    .whole(|ticket, _| ticket.priority.map_or("-", |one| one.name()).into()),
    Column::new("STATE", Width::Fixed(11), |ticket: &Ticket, _| {
        state(ticket.state).into()
    })
    .by(|ticket, _| ticket.state as i64)
    .colored(|ticket, _| Some(Role::Lane(ticket.state as u8)))
    .whole(|ticket, _| ticket.state.name().into()),
    Column::new("SITE", Width::Grow(10, 3), |ticket: &Ticket, _| who(ticket)),
    Column::new("CITY", Width::Grow(6, 1), |ticket: &Ticket, _| {
        ticket.service_location.city.clone()
    })
    .from(72),
    Column::new("ISSUE", Width::Grow(16, 3), |ticket: &Ticket, _| {
        ticket.issue.summary.clone()
    })
    .from(88),
    Column::new("TECH", Width::Grow(6, 1), |ticket: &Ticket, world| {
        ticket
            .assigned_technician_id
            .map_or_else(|| "-".into(), |id| world.technician(id))
    })
    .whole(|ticket, world| {
        let id = ticket.assigned_technician_id;
        let name = |id| world.technicians.get(&id).map(|known| known.name.clone());
        id.map_or_else(
            || "-".into(),
            |id| name(id).unwrap_or_else(|| id.to_string()),
        )
    }),
    // the issue goes before it: how long it is until then is said in the first column
    Column::new("WINDOW", Width::Fixed(20), |ticket: &Ticket, _| {
        ticket
            .schedule
            .as_ref()
            .map_or("-".to_owned(), short_window)
    })
    .by(|ticket, _| {
        let start = ticket.schedule.as_ref().map(|s| s.window_start.micros());
        start.unwrap_or(i64::MAX)
    })
    .whole(|ticket, _| {
        let schedule = ticket.schedule.as_ref();
        schedule.map_or_else(
            || "-".into(),
            |agreed| format!("{}/{}", agreed.window_start, agreed.window_end),
        )
    })
    .from(106),
    Column::new("CHG", Width::Fixed(4), |ticket: &Ticket, world| {
        age(ticket.updated_at, world.now)
    })
    .by(|ticket, _| -ticket.updated_at.micros())
    .whole(|ticket, _| ticket.updated_at.to_string()),
];

/// A state in eleven letters.
pub(crate) fn state(state: dispatch_contract::State) -> &'static str {
    match state {
        dispatch_contract::State::CloseoutPending => "closeout",
        state => state.name(),
    }
}

/// Site and contact.
pub(crate) fn who(ticket: &Ticket) -> String {
    let customer = &ticket.customer;
    customer.site_name.as_ref().map_or_else(
        || customer.contact_name.clone(),
        |site| format!("{site}/{}", customer.contact_name),
    )
}
