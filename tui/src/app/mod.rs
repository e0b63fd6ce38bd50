//! The whole console as a value: messages change it and ask for effects. Pure; knows
//! neither terminal nor network, and takes its clock from [`Message::Tick`].

mod act;
mod call;
mod reads;
#[cfg(test)]
mod tests;
mod typing;

use crossterm::event::{KeyEvent, KeyEventKind, MouseEvent};
use dispatch_contract::Timestamp;
use ratatui::layout::Rect;

use self::call::{Subject, Waiting};
use self::reads::Reads;
use crate::ask::{Answered, Ask, Got, ToolEntry};
use crate::doing::{self, Doing, Next};
use crate::keys::Keys;
use crate::link::{Link, News};
use crate::shell::command::History;
use crate::shell::line::Line;
use crate::shell::toast::Toasts;
use crate::theme::{Role, Theme};
use crate::trouble::Trouble;
use crate::views::audit::Audit;
use crate::views::board::Board;
use crate::views::decisions::Decisions;
use crate::views::gateways::Gateways;
use crate::views::inbox::Inbox;
use crate::views::packs::Packs;
use crate::views::tickets::{Focus, Tickets};
use crate::views::{Tab, View};
use crate::world::World;

/// Reads that are left to the view that is shown.
const SPARED: usize = 8;

/// What happens to the console.
#[derive(Debug)]
pub(crate) enum Message {
    /// Time passes.
    Tick(Timestamp),
    /// A key.
    Key(KeyEvent),
    /// Text that was pasted.
    Paste(String),
    /// The mouse.
    Mouse(MouseEvent),
    /// There will be no more keys.
    Closed,
    /// The terminal has this size now, in columns and rows.
    Resize(u16, u16),
    /// What came of [`Effect::Ask`].
    Got(u64, Answered),
    /// From the event stream.
    News(News),
    /// What came of [`Effect::Write`]: where it is, or why not.
    Wrote(Result<String, String>),
}

/// What the console asks to be done.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Effect {
    /// Ask the host; the number goes back with the answer.
    Ask(u64, Ask),
    /// Open the event stream now rather than when its wait is over.
    Reconnect,
    /// Put this into the clipboard of whoever looks.
    Copy(String),
    /// Write a file: never over another.
    Write {
        /// Where.
        path: String,
        /// What.
        text: String,
        /// What it is, in words.
        says: String,
    },
    /// Give the terminal back and stop, until the shell goes on with it.
    Suspend,
    /// Leave.
    Quit,
}

/// From one tick to the next no more time passes than this, in microseconds, unless the
/// machine slept or its clock was set.
const JUMP_US: i64 = 10_000_000;

/// Whom an answer is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum To {
    View(Tab),
    /// The dialog of this number.
    Doing(u64),
    /// The tools' list, for whoever needs it.
    Tools,
    /// What a dialog that waits is about.
    Subject,
}

/// What is being typed below the view.
pub(crate) struct Typing {
    pub(crate) line: Line,
    pub(crate) is_command: bool,
    /// What the line may become, and which of it is chosen.
    pub(crate) choices: Vec<(String, String)>,
    pub(crate) chosen: Option<usize>,
}

/// How a console is to be.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The host's name, or its address.
    pub(crate) host: String,
    pub(crate) url: String,
    pub(crate) read_only: bool,
    pub(crate) theme: Theme,
    pub(crate) keys: Keys,
    /// Where the keys of calls begin.
    pub(crate) seed: u128,
}

/// See the module.
pub(crate) struct App {
    pub(crate) world: World,
    pub(crate) keys: Keys,
    /// Columns and rows of the terminal.
    pub(crate) size: (u16, u16),
    pub(crate) tab: Tab,
    pub(crate) tickets: Tickets,
    board: Board,
    audit: Audit,
    decisions: Decisions,
    packs: Packs,
    gateways: Gateways,
    inbox: Inbox,
    /// The help is shown, scrolled so far.
    pub(crate) help: Option<usize>,
    pub(crate) typing: Option<Typing>,
    pub(crate) doing: Option<Doing>,
    pub(crate) toasts: Toasts,
    history: History,
    tools: Option<Vec<ToolEntry>>,
    /// A tool's dialog that waits for what it needs.
    waiting: Option<Waiting>,
    subject: Subject,
    /// The number of the dialog: an answer for another one is of before.
    dialog: u64,
    /// The view from which the ticket was opened.
    came_from: Option<Tab>,
    prefix: Option<String>,
    reads: Reads,
    seed: u128,
    /// How often it was brought into line.
    #[cfg(test)]
    pub(crate) settled: usize,
}

impl App {
    /// A console that has seen nothing yet.
    pub(crate) fn new(setup: Setup, now: Timestamp, size: (u16, u16)) -> Self {
        Self {
            world: World {
                now,
                link: Link::default(),
                technicians: Default::default(),
                host: setup.host,
                url: setup.url,
                read_only: setup.read_only,
                theme: setup.theme,
            },
            keys: setup.keys,
            size,
            tab: Tab::Tickets,
            tickets: Tickets::new(),
            board: Board::new(),
            audit: Audit::new(),
            decisions: Decisions::new(),
            packs: Packs::new(),
            gateways: Gateways::new(),
            inbox: Inbox::new(),
            help: None,
            typing: None,
            doing: None,
            toasts: Toasts::default(),
            history: History::default(),
            tools: None,
            waiting: None,
            subject: Subject::default(),
            dialog: 0,
            came_from: None,
            prefix: None,
            reads: Reads::new(now),
            seed: setup.seed,
            #[cfg(test)]
            settled: 0,
        }
    }

    pub(crate) fn view_of(&self, tab: Tab) -> &dyn View {
        match tab {
            Tab::Tickets => &self.tickets,
            Tab::Board => &self.board,
            Tab::Audit => &self.audit,
            Tab::Decisions => &self.decisions,
            Tab::Packs => &self.packs,
            Tab::Gateways => &self.gateways,
            Tab::Inbox => &self.inbox,
        }
    }

    /// The view that is shown.
    pub(crate) fn view(&self) -> &dyn View {
        self.view_of(self.tab)
    }

    /// A view, with the world beside it.
    fn with(&mut self, tab: Tab) -> (&mut dyn View, &mut World) {
        let view: &mut dyn View = match tab {
            Tab::Tickets => &mut self.tickets,
            Tab::Board => &mut self.board,
            Tab::Audit => &mut self.audit,
            Tab::Decisions => &mut self.decisions,
            Tab::Packs => &mut self.packs,
            Tab::Gateways => &mut self.gateways,
            Tab::Inbox => &mut self.inbox,
        };
        (view, &mut self.world)
    }

    /// The part of the screen that the view has.
    pub(crate) fn area(&self) -> Rect {
        crate::draw::parts(Rect::new(0, 0, self.size.0, self.size.1)).view
    }

    pub(crate) fn say(&mut self, role: Role, says: impl Into<String>) {
        self.toasts.say(role, says, self.world.now);
    }

    /// The first thing to do.
    pub(crate) fn start(&mut self) -> Vec<Effect> {
        self.settle(Vec::new())
    }

    /// Take a message in.
    pub(crate) fn update(&mut self, message: Message) -> Vec<Effect> {
        self.update_all([message])
    }

    /// Take messages in. What the host tells is brought into line once, however much it is:
    /// before a hand does something, which is about what would be shown then, and at the end.
    pub(crate) fn update_all(
        &mut self,
        messages: impl IntoIterator<Item = Message>,
    ) -> Vec<Effect> {
        let (mut effects, mut told) = (Vec::new(), false);
        for message in messages {
            let from_host = matches!(message, Message::News(_) | Message::Got(..));
            if told && !from_host {
                effects = self.settle(effects);
            }
            effects.extend(self.take(message));
            if !from_host {
                effects = self.settle(effects);
            }
            told = from_host;
        }
        if told {
            effects = self.settle(effects);
        }
        effects
    }

    fn take(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Tick(now) => {
                let jumped = (now.micros() - self.world.now.micros()).abs() > JUMP_US;
                self.world.now = now;
                self.toasts.tick(now);
                self.reads.tick(now);
                // the machine slept: the line is of before, whatever it looks like
                self.suspect(jumped)
            }
            Message::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
            Message::Key(key) => self.key(key),
            Message::Paste(text) => self.paste(&text),
            Message::Mouse(event) => self.mouse(event),
            Message::Closed => vec![Effect::Quit],
            Message::Resize(columns, rows) => {
                self.size = (columns, rows);
                Vec::new()
            }
            Message::Got(number, answered) => {
                let away = matches!(answered, Err(Trouble::Unreachable { .. }));
                self.got(number, answered);
                self.suspect(away)
            }
            Message::News(news) => {
                self.news(news);
                Vec::new()
            }
            Message::Wrote(Ok(path)) => {
                self.say(Role::Good, format!("written: {path}"));
                Vec::new()
            }
            Message::Wrote(Err(why)) => {
                self.say(Role::Alarm, why);
                Vec::new()
            }
        }
    }

    /// The stream may be dead though it says nothing: open it anew, after the last event.
    fn suspect(&self, is_so: bool) -> Vec<Effect> {
        let is_live = self.world.link == Link::Live;
        let reconnect = (is_so && is_live).then_some(Effect::Reconnect);
        reconnect.into_iter().collect()
    }

    fn got(&mut self, number: u64, answered: Answered) {
        let Some((to, ask)) = self.reads.answered(number, answered.as_ref().err()) else {
            return;
        };
        if let Ok(Got::Technicians(technicians)) = &answered {
            let known = technicians
                .iter()
                .map(|one| (one.technician_id, one.clone()));
            self.world.technicians = known.collect();
        }
        match to {
            To::View(tab) => {
                let (view, world) = self.with(tab);
                view.take(&ask, answered, world);
            }
            To::Doing(dialog) => match &mut self.doing {
                Some(doing) if dialog == self.dialog => {
                    let next = doing.take(&ask, answered);
                    self.next(next);
                }
                _ => {
                    if let Some((role, said)) = doing::outcome(&ask, &answered) {
                        self.say(role, said);
                    }
                }
            },
            To::Subject => self.subject_came(answered),
            To::Tools => match answered {
                Ok(Got::Tools(tools)) => {
                    self.tools = Some(tools);
                    self.begin();
                }
                Ok(_) => {}
                Err(trouble) => {
                    self.waiting = None;
                    self.say(Role::Alarm, format!("{trouble}. {}", trouble.advice()));
                }
            },
        }
    }

    /// What comes of a dialog.
    fn next(&mut self, next: Next) {
        match next {
            Next::Stay => {}
            Next::Fill(tool) => self.fill(tool),
            Next::Over(said) => {
                (self.doing, self.waiting) = (None, None);
                if let Some((role, said)) = said {
                    self.say(role, said);
                }
            }
        }
    }

    fn news(&mut self, news: News) {
        match news {
            News::Open { resumed } => {
                let was_stale = self.world.link.is_stale();
                self.world.link = Link::Live;
                self.reads.go_on();
                // what was committed before the stream opened is in no event of it
                if !resumed {
                    self.reload();
                }
                if was_stale {
                    let how = if resumed {
                        "live again, from where it broke"
                    } else {
                        "live again; everything is read anew"
                    };
                    self.say(Role::Good, how);
                }
            }
            News::Event(event) => {
                for tab in Tab::ALL {
                    let (view, world) = self.with(tab);
                    view.news(&event, world);
                }
                let called = self.inbox.called();
                if let Some((role, said)) = called.filter(|_| self.tab != Tab::Inbox) {
                    self.say(role, said);
                }
            }
            News::Refusals => self.decisions.refused(),
            News::Lost {
                trouble,
                retry_in_s,
            } => self.world.link = self.world.link.broken(trouble, retry_in_s, self.world.now),
        }
    }

    fn reload(&mut self) {
        self.reads.go_on();
        for tab in Tab::ALL {
            self.with(tab).0.reload();
        }
    }

    /// Bring what is shown into line with what changed, and ask for what is missing.
    fn settle(&mut self, mut effects: Vec<Effect>) -> Vec<Effect> {
        #[cfg(test)]
        {
            self.settled += 1;
        }
        let (tab, area) = (self.tab, self.area());
        let (view, world) = self.with(tab);
        view.settle(area, world);
        let said = view.said();
        if let Some((role, said)) = said {
            self.say(role, said);
        }
        if let Some(doing) = &mut self.doing {
            doing.settle(area, &self.world);
            for ask in doing.wants() {
                effects.push(self.reads.send(To::Doing(self.dialog), ask));
            }
        }
        effects.extend(self.wants_for_dialog());
        if self.tab != Tab::Tickets || self.tickets.focus == Focus::Queue {
            self.came_from = None;
        }
        if effects.contains(&Effect::Quit) {
            return effects;
        }
        // the view that is shown goes first; the others read what their counts stand on
        let others = Tab::ALL.into_iter().filter(|other| *other != tab);
        for tab in std::iter::once(tab).chain(others) {
            let is_shown = tab == self.tab;
            let spared = if is_shown { 0 } else { SPARED };
            let room = self.reads.room().saturating_sub(spared);
            if room == 0 {
                continue;
            }
            let (view, world) = self.with(tab);
            let asks = if is_shown {
                view.wants(world, room)
            } else {
                view.wants_unseen(world, room)
            };
            for ask in asks {
                effects.push(self.reads.send(To::View(tab), ask));
            }
        }
        effects
    }
}
