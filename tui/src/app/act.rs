//! Keys and the mouse: what they do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dispatch_contract::{TicketId, Tool};
use ratatui::layout::Position;

use super::{App, Effect};
use crate::doing::{Doing, Stage};
use crate::keys::{Action, Context, Found};
use crate::theme::Role;
use crate::views::tickets::Focus;
use crate::views::{Act, Mouse, Tab};

impl App {
    pub(super) fn key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let quits = |keys: &crate::keys::Keys| {
            let found = keys.look_up(Context::Anywhere, None, key);
            is_control(key) && found == Found::Action(Action::Quit)
        };
        if self.typing.is_some() {
            // every letter is text then; `ctrl-c` is none
            if quits(&self.keys) {
                return vec![Effect::Quit];
            }
            return self.type_key(key);
        }
        if self.help.is_some() {
            return self.help_key(key);
        }
        let before = self.prefix.take();
        let context = match &self.doing {
            Some(doing) => doing.context(),
            None => self.view().context(),
        };
        match self.keys.look_up(context, before.as_deref(), key) {
            Found::Prefix(prefix) => {
                self.prefix = Some(prefix);
                Vec::new()
            }
            Found::Action(Action::Quit) => vec![Effect::Quit],
            Found::Action(action) if self.doing.is_some() => {
                // letters and arrows that a field takes are the field's
                if !self.form_takes(key) {
                    self.act_in_dialog(action);
                }
                Vec::new()
            }
            Found::Action(action) => self.act(action),
            Found::Nothing => {
                self.form_key(key);
                Vec::new()
            }
        }
    }

    /// A plain letter is text in a form, whatever it is bound to.
    fn form_takes(&mut self, key: KeyEvent) -> bool {
        let letter = matches!(key.code, KeyCode::Char(_)) && !is_control(key);
        letter && self.form_key(key)
    }

    fn form_key(&mut self, key: KeyEvent) -> bool {
        match &mut self.doing {
            Some(Doing::Sheet(sheet)) if sheet.stage == Stage::Filling => sheet.key(key),
            _ => false,
        }
    }

    fn act_in_dialog(&mut self, action: Action) {
        if let Some(doing) = &mut self.doing {
            let next = doing.act(action, &self.world);
            self.next(next);
        }
    }

    fn help_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let scroll = self.help.unwrap_or(0);
        let most = crate::draw::help_lines(self).saturating_sub(1);
        let half = usize::try_from(self.half()).unwrap_or(1);
        let before = self.prefix.take();
        let found = self.keys.look_up(Context::Anywhere, before.as_deref(), key);
        match found {
            // a letter that quits elsewhere leaves the help first
            Found::Action(Action::Quit) if is_control(key) => return vec![Effect::Quit],
            Found::Prefix(prefix) => self.prefix = Some(prefix),
            Found::Action(Action::First) => self.help = Some(0),
            Found::Action(Action::Last) => self.help = Some(most),
            Found::Action(Action::Down) => self.help = Some((scroll + 1).min(most)),
            Found::Action(Action::Up) => self.help = Some(scroll.saturating_sub(1)),
            Found::Action(Action::HalfDown) => self.help = Some((scroll + half).min(most)),
            Found::Action(Action::HalfUp) => self.help = Some(scroll.saturating_sub(half)),
            _ => self.help = None,
        }
        Vec::new()
    }

    fn half(&self) -> isize {
        (self.area().height.saturating_sub(3) / 2)
            .max(1)
            .cast_signed()
            .into()
    }

    pub(super) fn act(&mut self, action: Action) -> Vec<Effect> {
        let views = [
            Action::View1,
            Action::View2,
            Action::View3,
            Action::View4,
            Action::View5,
            Action::View6,
            Action::View7,
        ];
        if let Some(at) = views.iter().position(|view| *view == action) {
            self.go(Tab::ALL[at]);
            return Vec::new();
        }
        match action {
            Action::Help => self.help = Some(0),
            Action::Filter => self.type_line(self.view().filter().to_owned(), false),
            Action::Command => self.type_line(String::new(), true),
            Action::Export => self.type_line("export csv".into(), true),
            Action::Copy => return self.copy(),
            Action::Reload => {
                self.reload();
                self.tools = None;
                return vec![Effect::Reconnect];
            }
            Action::Ticket | Action::Open if self.opens_ticket(action) => self.show_ticket(),
            Action::Call => self.call(None),
            Action::Create => self.call(Some(Tool::TicketCreate)),
            Action::Suspend => return vec![Effect::Suspend],
            Action::Back => self.back(),
            action => {
                let half = self.half();
                let tab = self.tab;
                let (view, world) = self.with(tab);
                match view.act(action, half, world) {
                    Act::Say(role, said) => self.say(role, said),
                    Act::Done | Act::Nothing => {}
                }
            }
        }
        Vec::new()
    }

    /// On the board, into a card is to its ticket; elsewhere `t` goes there.
    fn opens_ticket(&self, action: Action) -> bool {
        action == Action::Ticket && self.tab != Tab::Tickets
            || action == Action::Open && self.tab == Tab::Board
    }

    /// To another view; what was being typed was for the one before.
    pub(super) fn go(&mut self, tab: Tab) {
        self.tab = tab;
        self.typing = None;
        self.came_from = None;
    }

    fn show_ticket(&mut self) {
        match self.view().ticket() {
            Some(id) => self.show(id),
            None => self.say(Role::Warn, "this row is about no ticket"),
        }
    }

    /// Show a ticket; out of it is back to where one is now.
    pub(super) fn show(&mut self, id: TicketId) {
        let from = self.tab;
        self.go(Tab::Tickets);
        self.came_from = (from != Tab::Tickets).then_some(from);
        self.tickets.show(id);
    }

    /// Out of what is open; then marks go, then the filter.
    fn back(&mut self) {
        if self.waiting.take().is_some() {
            return;
        }
        let is_open = self.tab == Tab::Tickets && self.tickets.focus == Focus::Ticket;
        let from = self.came_from.take().filter(|_| is_open);
        let half = self.half();
        let tab = self.tab;
        let (view, world) = self.with(tab);
        if view.act(Action::Back, half, world) != Act::Nothing {
            self.tab = from.unwrap_or(tab);
            return;
        }
        if view.list().marked() > 0 {
            view.list_mut().unmark();
        } else if !view.filter().is_empty() {
            view.set_filter("");
        }
    }

    fn copy(&mut self) -> Vec<Effect> {
        let ids = self.view().ids();
        match ids.as_slice() {
            [] => {
                self.say(Role::Warn, "there is nothing to copy");
                Vec::new()
            }
            [one] => {
                self.say(Role::Good, format!("copied {one}"));
                vec![Effect::Copy(one.clone())]
            }
            many => {
                self.say(Role::Good, format!("copied {} ids", many.len()));
                vec![Effect::Copy(many.join("\n"))]
            }
        }
    }

    pub(super) fn mouse(&mut self, event: MouseEvent) -> Vec<Effect> {
        let what = match event.kind {
            MouseEventKind::Down(MouseButton::Left) => Mouse::Click,
            MouseEventKind::ScrollDown => Mouse::ScrollDown,
            MouseEventKind::ScrollUp => Mouse::ScrollUp,
            _ => return Vec::new(),
        };
        let at = Position::new(event.column, event.row);
        if let Some(scroll) = self.help {
            let most = crate::draw::help_lines(self).saturating_sub(1);
            self.help = match what {
                Mouse::ScrollDown => Some((scroll + 3).min(most)),
                Mouse::ScrollUp => Some(scroll.saturating_sub(3)),
                Mouse::Click => None,
            };
            return Vec::new();
        }
        if self.doing.is_some() {
            match what {
                Mouse::ScrollDown => self.act_in_dialog(Action::Down),
                Mouse::ScrollUp => self.act_in_dialog(Action::Up),
                Mouse::Click => {}
            }
            return Vec::new();
        }
        if what == Mouse::Click && event.row == 1 {
            if let Some(tab) = crate::draw::tab_at(self, event.column) {
                self.go(tab);
            }
            return Vec::new();
        }
        let area = self.area();
        if area.contains(at) {
            let tab = self.tab;
            let (view, world) = self.with(tab);
            view.mouse(area, at, what, world);
        }
        Vec::new()
    }
}

fn is_control(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL)
}
