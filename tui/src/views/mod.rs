//! The views: a room each, with what it shows, what it asks the host for and how it is
//! drawn. No view knows another; what all may look at is the world.

pub(crate) mod audit;
pub(crate) mod board;
mod browser;
pub(crate) mod columns;
pub(crate) mod decisions;
pub(crate) mod due;
pub(crate) mod fields;
pub(crate) mod gateways;
pub(crate) mod inbox;
pub(crate) mod packs;
pub(crate) mod tickets;

use dispatch_contract::{Event, TicketId};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use crate::ask::{Answered, Ask};
use crate::keys::{Action, Context};
use crate::shell::export::Table;
use crate::theme::Role;
use crate::world::World;

/// From this width on, two panes stand side by side.
pub(crate) const WIDE: u16 = 110;
/// From this width on, three do.
pub(crate) const WIDEST: u16 = 170;

/// Which view.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) enum Tab {
    /// The queue and a ticket.
    #[default]
    Tickets,
    /// States as lanes.
    Board,
    /// Every event.
    Audit,
    /// Every verdict.
    Decisions,
    /// The rules and their history.
    Packs,
    /// Gateways and how they are.
    Gateways,
    /// What waits for a person.
    Inbox,
}

impl Tab {
    /// Every view, in the order of their numbers.
    pub(crate) const ALL: [Self; 7] = [
        Self::Tickets,
        Self::Board,
        Self::Audit,
        Self::Decisions,
        Self::Packs,
        Self::Gateways,
        Self::Inbox,
    ];

    /// Its name, as a command too.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tickets => "tickets",
            Self::Board => "board",
            Self::Audit => "audit",
            Self::Decisions => "decisions",
            Self::Packs => "packs",
            Self::Gateways => "gateways",
            Self::Inbox => "inbox",
        }
    }

    /// Heads it.
    #[must_use]
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Tickets => "Tickets",
            Self::Board => "Board",
            Self::Audit => "Audit",
            Self::Decisions => "Decisions",
            Self::Packs => "Packs",
            Self::Gateways => "Gateways",
            Self::Inbox => "Inbox",
        }
    }

    /// Where there is little room.
    pub(crate) fn short(self) -> &'static str {
        match self {
            Self::Tickets => "Tick",
            Self::Decisions => "Dec",
            Self::Gateways => "Gate",
            other => other.title(),
        }
    }

    /// 1 to 7.
    #[must_use]
    pub(crate) fn number(self) -> usize {
        self.index() + 1
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// What comes of an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    /// It is done.
    Done,
    /// This view has nothing to do for it.
    Nothing,
    /// It is done, or cannot be: say so.
    Say(Role, String),
}

/// What the mouse does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mouse {
    Click,
    ScrollUp,
    ScrollDown,
}

/// What a view lists.
pub(crate) trait Listed {
    /// See [`View::filter`].
    fn filter(&self) -> &str;

    /// See [`View::set_filter`].
    fn set_filter(&mut self, text: &str);

    /// See [`View::ids`].
    fn ids(&self) -> Vec<String>;

    /// Columns it can be sorted and filtered by.
    fn columns(&self) -> Vec<&'static str>;

    /// Sort by a column.
    fn sort_by(&mut self, column: usize);

    /// How many are marked.
    fn marked(&self) -> usize;

    /// Nothing is marked any more.
    fn unmark(&mut self);

    /// What is shown, to be written down.
    fn table(&self, world: &World) -> Table;
}

/// A view.
pub(crate) trait View {
    /// What it lists.
    fn list(&self) -> &dyn Listed;

    /// The same, to change it.
    fn list_mut(&mut self) -> &mut dyn Listed;

    /// Where its keys count.
    fn context(&self) -> Context {
        Context::Anywhere
    }

    /// Something was committed.
    fn news(&mut self, event: &Event, world: &World);

    /// Anything may have changed: read it all again.
    fn reload(&mut self);

    /// What to read now, `room` at most; each is answered by one [`View::take`].
    fn wants(&mut self, world: &World, room: usize) -> Vec<Ask>;

    /// What to read while another view is shown, `room` at most: what its count stands on, and
    /// no more.
    fn wants_unseen(&mut self, _world: &World, _room: usize) -> Vec<Ask> {
        Vec::new()
    }

    /// What came of a read.
    fn take(&mut self, ask: &Ask, answered: Answered, world: &World);

    /// Do what a key asks for; `half` is half a screen's rows.
    fn act(&mut self, action: Action, half: isize, world: &World) -> Act;

    /// What it is filtered by; a part of it may be the host's.
    fn filter(&self) -> &str {
        self.list().filter()
    }

    /// Filter it.
    fn set_filter(&mut self, text: &str) {
        self.list_mut().set_filter(text);
    }

    /// The ids marked, else the one under the cursor.
    fn ids(&self) -> Vec<String> {
        self.list().ids()
    }

    /// The ticket that the cursor is on.
    fn ticket(&self) -> Option<TicketId>;

    /// The host has more of what is listed than is loaded.
    fn has_more(&self) -> bool {
        false
    }

    /// What is to be said about something that was finished.
    fn said(&mut self) -> Option<(Role, String)> {
        None
    }

    /// How many wait for somebody by the clock's time; stands beside its name where there
    /// are any, whatever view is shown.
    fn waiting(&self, _world: &World) -> usize {
        0
    }

    /// Bring cursor and scrolling into line with what changed and with this area.
    fn settle(&mut self, area: Rect, world: &World);

    /// Show it.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, world: &World);

    /// The mouse was used at a place within the area.
    fn mouse(&mut self, area: Rect, at: Position, what: Mouse, world: &World);
}
