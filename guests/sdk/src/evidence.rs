//! Evidence and checklist: what shows that the work was done.

use crate::{Checklist, Gates, Item, Key, Settings, TicketView};

/// How many notes the evidence gate asks for.
pub const NOTES_MIN: Key = Key::integer("notes_min", 1, 1, 100);
/// How many photos of the finished work the evidence gate asks for.
pub const PHOTOS_AFTER_MIN: Key = Key::integer("photos_after_min", 1, 1, 100);

/// Are there notes enough?
pub fn has_notes(ticket: &TicketView, settings: &Settings<'_>) -> bool {
    i64::from(ticket.notes) >= settings.integer(&NOTES_MIN)
}

/// Are there photos enough of the finished work?
pub fn has_photos_after(ticket: &TicketView, settings: &Settings<'_>) -> bool {
    i64::from(ticket.photos_after) >= settings.integer(&PHOTOS_AFTER_MIN)
}

/// The gates before the paperwork: the evidence and all five items, `done` being
/// those that are.
pub fn gates(ticket: &TicketView, settings: &Settings<'_>, done: Checklist) -> Gates {
    let evidence = Gates::new()
        .need(has_notes(ticket, settings), "evidence.note")
        .need(has_photos_after(ticket, settings), "evidence.photo_after");
    Item::ALL.into_iter().fold(evidence, |gates, item| {
        gates.need(done.contains(item.flag()), item.gate())
    })
}
