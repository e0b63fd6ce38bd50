//! The ticket beside the queue: its case file, its section, the cursor in its timeline. Pure.

use dispatch_contract::reading::CaseFile;
use dispatch_contract::{Event, TicketId};

use crate::trouble::Trouble;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Detail {
    /// The ticket that is wanted.
    pub(crate) id: Option<TicketId>,
    /// Its case file, once it is there.
    pub(crate) case: Option<Box<CaseFile>>,
    /// Why it is not, or not as it stands now.
    pub(crate) trouble: Option<Trouble>,
    /// The event under the cursor, from 0.
    pub(crate) at: usize,
    /// Lines of the section that are scrolled past.
    pub(crate) scroll: usize,
    /// And at most so many.
    pub(crate) scroll_most: usize,
    /// Shown whatever the queue's cursor is on.
    pub(crate) pinned: Option<TicketId>,
    /// It changed since it was read.
    pub(crate) changed: bool,
    /// It is being read.
    pub(crate) reading: Option<TicketId>,
}

impl Detail {
    /// Another ticket is wanted.
    pub(crate) fn want(&mut self, id: Option<TicketId>) {
        if self.id != id {
            *self = Self {
                id,
                changed: id.is_some(),
                reading: self.reading,
                pinned: self.pinned,
                ..Self::default()
            };
        }
    }

    /// What to read now: one at a time, and the last one wanted.
    pub(crate) fn next_read(&mut self) -> Option<TicketId> {
        if self.reading.is_some() || !self.changed {
            return None;
        }
        self.changed = false;
        self.reading = self.id;
        self.id
    }

    /// What came of reading.
    pub(crate) fn take(&mut self, id: TicketId, result: Result<Box<CaseFile>, Trouble>) {
        self.reading = None;
        if self.id != Some(id) {
            return;
        }
        match result {
            Ok(case) => {
                let events = case.audit.len();
                let at_end = self
                    .case
                    .as_ref()
                    .is_none_or(|old| self.at + 1 >= old.audit.len());
                if at_end {
                    self.move_to(events.saturating_sub(1), events);
                }
                self.case = Some(case);
                self.trouble = None;
            }
            Err(trouble) => {
                self.changed = !trouble.is_not_found() && !trouble.is_final();
                self.trouble = Some(trouble);
            }
        }
    }

    /// The timeline, oldest first.
    #[must_use]
    pub(crate) fn events(&self) -> &[Event] {
        self.case.as_ref().map_or(&[], |case| &case.audit)
    }

    /// Put the cursor on an event, or the nearest there is.
    pub(crate) fn select(&mut self, at: usize) {
        let events = self.events().len();
        self.move_to(at, events);
    }

    fn move_to(&mut self, at: usize, events: usize) {
        let at = at.min(events.saturating_sub(1));
        if at != self.at {
            self.scroll = 0;
        }
        self.at = at;
    }
}
