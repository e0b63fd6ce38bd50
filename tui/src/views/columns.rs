//! A ticket's columns: for the queue, and for what the board is filtered by and exports.

use dispatch_contract::Ticket;
use dispatch_contract::ticket::Priority;

use crate::grid::{Column, Width};
use crate::text::{age, window};
use crate::theme::Role;
use crate::views::due::due;

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
    }),
    Column::new("STATE", Width::Fixed(11), |ticket: &Ticket, _| {
        state(ticket.state).into()
    })
    .by(|ticket, _| ticket.state as i64)
    .colored(|ticket, _| Some(Role::Lane(ticket.state as u8))),
    Column::new("SITE", Width::Grow(10, 3), |ticket: &Ticket, _| who(ticket)),
    Column::new("CITY", Width::Grow(6, 1), |ticket: &Ticket, _| {
        ticket.service_location.city.clone()
    })
    .from(72),
    Column::new("ISSUE", Width::Grow(16, 3), |ticket: &Ticket, _| {
        ticket.issue.summary.clone()
    })
    .from(100),
    Column::new("TECH", Width::Grow(6, 1), |ticket: &Ticket, world| {
        ticket
            .assigned_technician_id
            .map_or_else(|| "-".into(), |id| world.technician(id))
    }),
    Column::new("WINDOW", Width::Fixed(19), |ticket: &Ticket, _| {
        ticket.schedule.as_ref().map_or("-".to_owned(), window)
    })
    .by(|ticket, _| {
        let start = ticket.schedule.as_ref().map(|s| s.window_start.micros());
        start.unwrap_or(i64::MAX)
    })
    .from(88),
    Column::new("CHG", Width::Fixed(4), |ticket: &Ticket, world| {
        age(ticket.updated_at, world.now)
    })
    .by(|ticket, _| -ticket.updated_at.micros()),
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
