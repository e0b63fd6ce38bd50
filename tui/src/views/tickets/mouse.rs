//! What the mouse does with the queue and the ticket.

use ratatui::layout::{Position, Rect};

use super::{Focus, Tickets, draw};
use crate::draw::pane;
use crate::grid::draw::row_at;
use crate::views::Mouse;
use crate::world::World;

impl Tickets {
    pub(super) fn pointed(&mut self, area: Rect, at: Position, what: Mouse, world: &World) {
        let parts = draw::parts(area, self.focus);
        let by = match what {
            Mouse::ScrollDown => 3,
            Mouse::ScrollUp => -3,
            Mouse::Click => 0,
        };
        let before = self.focus;
        if parts.queue.contains(at) {
            self.focus = Focus::Queue;
            if by != 0 {
                self.step(by);
                self.focus = before;
                return;
            }
            self.back_to_queue();
            let inside = pane::inside(parts.queue);
            let row = row_at(inside, at.y, self.queue.offset());
            if let Some(row) = row.filter(|row| *row < self.queue.len()) {
                let again = row == self.queue.index() && before == Focus::Queue;
                self.queue.select(row);
                if again && parts.ticket.is_empty() {
                    self.focus = Focus::Ticket;
                }
            }
        } else if parts.ticket.contains(at) {
            self.focus = Focus::Ticket;
            if by != 0 {
                self.step(by);
                self.focus = before;
            } else if let Some(section) = draw::section_at(parts.ticket, at) {
                self.section = section;
                self.detail.scroll = 0;
            } else if let Some(event) = draw::event_at(self, parts.ticket, at, world) {
                self.detail.select(event);
            }
        }
    }
}
