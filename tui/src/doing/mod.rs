//! Calling a tool: choosing one of those that are legal, filling in its form, having the
//! host judge it, seeing before and after, committing. Pure; knows no view.

mod before_after;
mod confirm;
pub(crate) mod draw;
mod menu;
mod sheet;

pub(crate) use menu::Menu;
pub(crate) use sheet::{Sheet, Stage};

use dispatch_contract::Tool;
use ratatui::layout::Rect;

use crate::ask::{Answered, Ask, Called, Got};
use crate::keys::{Action, Context};
use crate::theme::Role;
use crate::world::World;

/// Keys of calls from here on.
pub(crate) fn keys(seed: u128) -> sheet::Keys {
    sheet::Keys(seed)
}

/// What came of a call whose dialog was left before it was answered.
pub(crate) fn outcome(ask: &Ask, answered: &Answered) -> Option<(Role, String)> {
    let Ask::Call {
        tool,
        dry_run: false,
        ..
    } = ask
    else {
        return None;
    };
    Some(match answered {
        Ok(Got::Called(Called::Refused(refusal))) => {
            let said = format!("{tool} was refused: {}", refusal.detail);
            (Role::Alarm, said)
        }
        Ok(_) => (Role::Good, format!("{tool} committed")),
        Err(trouble) => {
            let said = format!("{tool} was sent: {trouble}. The audit shows whether it was taken.");
            (Role::Alarm, said)
        }
    })
}

/// What is being done.
pub(crate) enum Doing {
    /// A tool is being chosen.
    Menu(Box<Menu>),
    /// A form is being filled in.
    Sheet(Box<Sheet>),
}

/// What comes of a key or of an answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// It goes on.
    Stay,
    /// The form of this tool.
    Fill(Tool),
    /// It is over; say so.
    Over(Option<(Role, String)>),
}

impl Doing {
    pub(crate) fn context(&self) -> Context {
        match self {
            Self::Menu(_) => Context::Menu,
            Self::Sheet(sheet) if sheet.stage == Stage::Filling => Context::Form,
            Self::Sheet(_) => Context::Confirm,
        }
    }

    /// Bring scrolling into line with what is shown in this area.
    pub(crate) fn settle(&mut self, area: Rect, world: &World) {
        if let Self::Sheet(sheet) = self {
            let most = confirm::scroll_most(sheet, area, world);
            sheet.scroll = sheet.scroll.min(most);
        }
    }

    pub(crate) fn wants(&mut self) -> Vec<Ask> {
        match self {
            Self::Menu(menu) => menu.wants(),
            Self::Sheet(sheet) => sheet.wants(),
        }
    }

    pub(crate) fn take(&mut self, ask: &Ask, answered: Answered) -> Next {
        match self {
            Self::Menu(menu) => {
                menu.take(ask, answered);
                Next::Stay
            }
            Self::Sheet(sheet) => sheet.take(ask, answered),
        }
    }

    pub(crate) fn act(&mut self, action: Action, world: &World) -> Next {
        match self {
            Self::Menu(menu) => menu.act(action, world),
            Self::Sheet(sheet) => sheet.act(action),
        }
    }
}

#[cfg(test)]
mod tests;
