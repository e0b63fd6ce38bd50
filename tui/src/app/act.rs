//! Keys, pasted text, the mouse, commands: what they do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dispatch_contract::Tool;
use dispatch_contract::reading::ProposalStatus;
use ratatui::layout::Position;

use super::{App, Effect, Typing};
use crate::doing::{Doing, Menu, Sheet, Stage};
use crate::form::{Form, Known};
use crate::keys::{Action, Context, Found};
use crate::shell::command::{self, Command, Format};
use crate::shell::export;
use crate::shell::line::Line;
use crate::shell::query::MAX_TEXT;
use crate::theme::{Palette, Role};
use crate::views::{Act, Mouse, Tab};

/// The longest command, in letters.
const MAX_COMMAND: usize = 300;

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
            Some(Doing::Sheet(sheet)) if sheet.stage == Stage::Filling => sheet.form.key(key),
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
        match self.keys.look_up(Context::Anywhere, None, key) {
            Found::Action(Action::Quit) => return vec![Effect::Quit],
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
            self.tab = Tab::ALL[at];
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

    fn show_ticket(&mut self) {
        match self.view().ticket() {
            Some(id) => {
                self.tab = Tab::Tickets;
                self.tickets.show(id);
            }
            None => self.say(Role::Warn, "this row is about no ticket"),
        }
    }

    /// Out of what is open; then marks go, then the filter.
    fn back(&mut self) {
        let half = self.half();
        let tab = self.tab;
        let (view, world) = self.with(tab);
        if view.act(Action::Back, half, world) != Act::Nothing {
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

    /// Begin a tool's dialog: of this tool, or to choose one.
    pub(super) fn call(&mut self, tool: Option<Tool>) {
        if self.world.read_only && tool.is_some() {
            self.say(Role::Warn, "this console is read-only: it calls no tool");
            return;
        }
        let Some(tools) = self.tools.clone() else {
            self.waiting = Some(tool);
            return;
        };
        match tool {
            Some(tool) => self.fill(tool),
            None => {
                let ticket = self.subject();
                let menu = Menu::new(
                    tools,
                    ticket
                        .as_ref()
                        .map(|ticket| (ticket.ticket_id, ticket.state)),
                    self.known(ticket.as_ref(), None),
                    self.world.read_only,
                );
                self.doing = Some(Doing::Menu(Box::new(menu)));
            }
        }
    }

    /// The ticket under the cursor, as it was last seen.
    fn subject(&self) -> Option<dispatch_contract::Ticket> {
        let id = self.view().ticket()?;
        let case = self.tickets.detail.case.as_ref();
        let read = case.filter(|case| case.ticket.ticket_id == id);
        let held = self.tickets.queue.find(id);
        match (read.map(|case| &case.ticket), held) {
            (Some(a), Some(b)) => Some(if a.version >= b.version { a } else { b }.clone()),
            (a, b) => a.or(b).cloned(),
        }
    }

    fn known(&self, ticket: Option<&dispatch_contract::Ticket>, tool: Option<Tool>) -> Known {
        let active = self.world.technicians.values().filter(|one| one.active);
        let mut technicians: Vec<(String, String)> = active
            .clone()
            .map(|one| (one.technician_id.to_string(), one.name.clone()))
            .collect();
        technicians.sort_by(|a, b| a.1.cmp(&b.1));
        let zone = active
            .map(|one| one.timezone)
            .min_by_key(ToString::to_string);
        let case = self.tickets.detail.case.as_ref();
        let case = case.filter(|case| Some(case.ticket.ticket_id) == ticket.map(|t| t.ticket_id));
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

    /// The form of a tool, on the ticket under the cursor.
    pub(super) fn fill(&mut self, tool: Tool) {
        let entry = self.tools.iter().flatten().find(|entry| entry.name == tool);
        let Some(schema) = entry.map(|entry| entry.schema.clone()) else {
            self.say(Role::Alarm, format!("this host has no tool {tool}"));
            return;
        };
        let ticket = self.subject();
        if ticket.is_none() && tool != Tool::TicketCreate {
            self.say(Role::Warn, "choose a ticket in the queue first");
            return;
        }
        self.seed = self
            .seed
            .wrapping_add(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let keys = crate::doing::keys(self.seed);
        let form = Form::new(&schema, self.known(ticket.as_ref(), Some(tool)));
        let sheet = Sheet::new(tool, ticket, form, keys);
        self.doing = Some(Doing::Sheet(Box::new(sheet)));
    }

    fn type_line(&mut self, text: String, is_command: bool) {
        let most = if is_command { MAX_COMMAND } else { MAX_TEXT };
        self.typing = Some(Typing {
            line: Line::new(&text, most),
            is_command,
            choices: Vec::new(),
            chosen: None,
        });
        self.complete();
    }

    /// What the command may become.
    fn complete(&mut self) {
        let columns = self.view().list().columns();
        if let Some(typing) = &mut self.typing {
            typing.chosen = None;
            typing.choices = if typing.is_command {
                command::complete(&typing.line.text(), &columns)
            } else {
                Vec::new()
            };
        }
    }

    fn type_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let Some(typing) = &mut self.typing else {
            return Vec::new();
        };
        match key.code {
            KeyCode::Esc => self.typing = None,
            KeyCode::Backspace if typing.line.is_empty() => self.typing = None,
            KeyCode::Enter => {
                let (text, is_command) = (typing.line.text(), typing.is_command);
                self.typing = None;
                if is_command {
                    return self.command(&text);
                }
                let tab = self.tab;
                self.with(tab).0.set_filter(&text);
            }
            KeyCode::Tab | KeyCode::BackTab if !typing.choices.is_empty() => {
                let len = typing.choices.len();
                let next = match (typing.chosen, key.code) {
                    (None, KeyCode::Tab) => 0,
                    (None, _) => len - 1,
                    (Some(at), KeyCode::Tab) => (at + 1) % len,
                    (Some(at), _) => (at + len - 1) % len,
                };
                typing.chosen = Some(next);
                let line = typing.choices[next].0.clone();
                typing.line.set(&line);
                if len == 1 {
                    typing.line.insert(" ");
                    self.complete();
                }
            }
            KeyCode::Up if typing.is_command => {
                if let Some(line) = self.history.older() {
                    typing.line.set(line);
                }
                self.complete();
            }
            KeyCode::Down if typing.is_command => {
                typing.line.set(self.history.newer());
                self.complete();
            }
            _ => {
                if typing.line.key(key) {
                    self.complete();
                }
            }
        }
        Vec::new()
    }

    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        if let Some(typing) = &mut self.typing {
            typing.line.insert(text);
            self.complete();
        } else if let Some(Doing::Sheet(sheet)) = &mut self.doing
            && sheet.stage == Stage::Filling
        {
            sheet.form.paste(text);
        }
        Vec::new()
    }

    fn command(&mut self, text: &str) -> Vec<Effect> {
        self.history.keep(text);
        let command = match command::parse(text) {
            Ok(command) => command,
            Err(why) => {
                self.say(Role::Warn, why);
                return Vec::new();
            }
        };
        let tab = self.tab;
        match command {
            Command::View(tab) => self.tab = tab,
            Command::Ticket(id) => {
                self.tab = Tab::Tickets;
                self.tickets.show(id);
            }
            Command::Filter(text) => self.with(tab).0.set_filter(&text),
            Command::Sort(name) => {
                let columns = self.view().list().columns();
                let begins = |column: &str| column.to_lowercase().starts_with(&name.to_lowercase());
                match columns.iter().position(|column| begins(column)) {
                    Some(at) => self.with(tab).0.list_mut().sort_by(at),
                    None => self.say(
                        Role::Warn,
                        format!(
                            "no column `{name}`; there are {}",
                            columns.join(", ").to_lowercase()
                        ),
                    ),
                }
            }
            Command::Export { format, path } => return vec![self.export(format, path)],
            Command::Call(tool) => self.call(Some(tool)),
            Command::Theme(name) => match name.as_str() {
                "dark" => self.world.theme.palette = Palette::Dark,
                "light" => self.world.theme.palette = Palette::Light,
                "safe" => self.world.theme.palette = Palette::Safe,
                _ => self.say(Role::Warn, "`theme` takes dark, light or safe"),
            },
            Command::Reload => return self.act(Action::Reload),
            Command::Help => self.help = Some(0),
            Command::Quit => return vec![Effect::Quit],
        }
        Vec::new()
    }

    fn export(&self, format: Format, path: Option<String>) -> Effect {
        let ending = match format {
            Format::Json => "json",
            Format::Csv => "csv",
        };
        let at = self.world.now.utc().format("%Y%m%d-%H%M%S");
        let path = path.unwrap_or_else(|| format!("{}-{at}.{ending}", self.tab.name()));
        Effect::Write {
            path,
            text: export::write(&self.view().list().table(&self.world), format),
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
                self.tab = tab;
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
