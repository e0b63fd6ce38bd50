//! The line below the view: a filter or a command being typed, pasted text, and what
//! commands do.

use crossterm::event::{KeyCode, KeyEvent};

use super::{App, Effect, Typing};
use crate::doing::{Doing, Stage};
use crate::keys::Action;
use crate::shell::command::{self, Command, Format};
use crate::shell::export;
use crate::shell::line::Line;
use crate::shell::query::MAX_TEXT;
use crate::theme::{Palette, Role};
use crate::views::Tab;

/// The longest command, in letters.
const MAX_COMMAND: usize = 300;

impl App {
    pub(super) fn type_line(&mut self, text: String, is_command: bool) {
        self.history.rewind();
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

    pub(super) fn type_key(&mut self, key: KeyEvent) -> Vec<Effect> {
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
            sheet.paste(text);
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
            Command::View(tab) => self.go(tab),
            Command::Ticket(id) => self.show(id),
            Command::Filter(text) => self.with(tab).0.set_filter(&text),
            // lanes have an order of their own, and say so
            Command::Sort(_) if tab == Tab::Board => return self.act(Action::Sort),
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
            Command::Theme(name) => match Palette::named(&name) {
                Some(palette) => self.world.theme.palette = palette,
                None => self.say(Role::Warn, "`theme` takes dark, light, safe or safe-light"),
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
        let table = self.view().list().table(&self.world);
        Effect::Write {
            path,
            text: export::write(&table, format),
            says: table.says(self.view().has_more()),
        }
    }
}
