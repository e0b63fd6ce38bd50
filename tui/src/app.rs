//! The whole console as a value: messages change it and ask for effects. Pure; knows
//! neither terminal nor network, and takes its clock from [`Message::Tick`].

use std::collections::HashSet;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use dispatch_contract::event::EventType;
use dispatch_contract::reading::CaseFile;
use dispatch_contract::{Event, State, Ticket, TicketId, Timestamp};

use crate::detail::Detail;
use crate::keys::{self, Action, Found};
use crate::link::{Link, News};
use crate::queue::{Filter, Listing, Place, Queue};
use crate::trouble::Trouble;

/// From this width on, queue and ticket stand side by side, in columns.
pub const WIDE: u16 = 110;
/// Rows read again at one tick, at most.
const READS: usize = 16;
/// After a failed read, nothing is read unasked for so long, in microseconds.
const REST_US: i64 = 2_000_000;
/// The longest text to filter by, in characters.
const MAX_TEXT: usize = 100;

/// What happens to the console.
#[derive(Debug)]
pub enum Message {
    /// Time passes.
    Tick(Timestamp),
    /// A key.
    Key(KeyEvent),
    /// There will be no more keys.
    Closed,
    /// The terminal has this size now, in columns and rows.
    Resize(u16, u16),
    /// What came of [`Effect::List`].
    Listed(u64, Place, Result<Listing, Trouble>),
    /// What came of [`Effect::Row`].
    Row(TicketId, Result<Box<Ticket>, Trouble>),
    /// What came of [`Effect::Case`].
    Case(TicketId, Result<Box<CaseFile>, Trouble>),
    /// From the event stream.
    News(News),
}

/// What the console asks to be done; each read is answered by a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Read a part of the listing; the number goes back with the answer.
    List(u64, Filter, Place),
    /// Read one snapshot.
    Row(TicketId),
    /// Read one case file.
    Case(TicketId),
    /// Open the event stream now rather than when its wait is over.
    Reconnect,
    /// Leave.
    Quit,
}

/// Which pane the keys go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Focus {
    /// The queue.
    #[default]
    Queue,
    /// The ticket.
    Ticket,
}

/// See the module.
#[derive(Debug)]
pub struct App {
    /// Where the host is, as given.
    pub url: String,
    /// By the last tick.
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The queue.
    pub queue: Queue,
    /// The ticket beside it.
    pub detail: Detail,
    /// The event stream.
    pub link: Link,
    /// Which pane the keys go to.
    pub focus: Focus,
    /// The help is shown.
    pub help: bool,
    /// The text being typed to filter by.
    pub typing: Option<String>,
    /// Why the queue could not be read.
    pub trouble: Option<Trouble>,
    /// The queue was read at least once with this filter.
    pub listed: bool,
    prefix: Option<char>,
    generation: u64,
    listing: Option<Place>,
    news: bool,
    changed: HashSet<TicketId>,
    rows_in_flight: HashSet<TicketId>,
    rest_until: Option<Timestamp>,
}

impl App {
    /// A console that has seen nothing yet.
    #[must_use]
    pub fn new(url: &str, now: Timestamp, size: (u16, u16)) -> Self {
        Self {
            url: url.into(),
            now,
            size,
            queue: Queue::default(),
            detail: Detail::default(),
            link: Link::default(),
            focus: Focus::default(),
            help: false,
            typing: None,
            trouble: None,
            listed: false,
            prefix: None,
            generation: 0,
            listing: None,
            news: false,
            changed: HashSet::new(),
            rows_in_flight: HashSet::new(),
            rest_until: None,
        }
    }

    /// Both panes fit.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        self.size.0 >= WIDE
    }

    /// The queue is being read.
    #[must_use]
    pub fn is_listing(&self) -> bool {
        self.listing.is_some()
    }

    /// This row is not as the host has it, or may not be.
    #[must_use]
    pub fn is_stale(&self, id: TicketId) -> bool {
        self.link.is_stale() || self.changed.contains(&id)
    }

    /// The first thing to do.
    pub fn start(&mut self) -> Vec<Effect> {
        vec![self.list(Place::Top)]
    }

    /// Take a message in.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = match message {
            Message::Tick(now) => {
                self.now = now;
                self.catch_up()
            }
            Message::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
            Message::Key(key) => self.key(key),
            Message::Closed => vec![Effect::Quit],
            Message::Resize(columns, rows) => {
                self.size = (columns, rows);
                Vec::new()
            }
            Message::Listed(generation, place, result) => {
                if generation == self.generation {
                    self.listed(&place, result);
                }
                Vec::new()
            }
            Message::Row(id, result) => {
                self.row(id, result);
                Vec::new()
            }
            Message::Case(id, result) => {
                self.failed(result.as_ref().err());
                self.detail.take(id, result);
                Vec::new()
            }
            Message::News(news) => self.news(news),
        };
        // in one pane, a ticket is read when it is looked at
        if self.is_wide() || self.focus == Focus::Ticket {
            self.detail.want(self.queue.selected());
        }
        if self.may_read() {
            effects.extend(self.detail.next_read().map(Effect::Case));
        }
        effects
    }

    fn may_read(&self) -> bool {
        self.rest_until.is_none_or(|until| until <= self.now)
    }

    fn failed(&mut self, trouble: Option<&Trouble>) {
        if trouble.is_some_and(|trouble| !trouble.is_not_found()) {
            self.rest_until = Timestamp::from_micros(self.now.micros() + REST_US);
        }
    }

    fn list(&mut self, place: Place) -> Effect {
        self.generation += 1;
        self.listing = Some(place.clone());
        Effect::List(self.generation, self.queue.filter.clone(), place)
    }

    fn listed(&mut self, place: &Place, result: Result<Listing, Trouble>) {
        self.listing = None;
        self.failed(result.as_ref().err());
        match result {
            Ok(listing) => {
                self.queue.take(place, listing);
                self.trouble = None;
                self.listed = true;
            }
            Err(trouble) => {
                self.news |= !trouble.is_final();
                self.trouble = Some(trouble);
            }
        }
    }

    fn row(&mut self, id: TicketId, result: Result<Box<Ticket>, Trouble>) {
        self.rows_in_flight.remove(&id);
        self.failed(result.as_ref().err());
        match result {
            Ok(ticket) => self.queue.refresh(*ticket),
            Err(trouble) if trouble.is_not_found() => self.queue.remove(id),
            Err(_) => {
                self.changed.insert(id);
            }
        }
    }

    /// Read what changed, a bounded part at a time.
    fn catch_up(&mut self) -> Vec<Effect> {
        if !self.may_read() {
            return Vec::new();
        }
        let mut effects = Vec::new();
        let room = READS.saturating_sub(self.rows_in_flight.len());
        let free = |id: &&TicketId| !self.rows_in_flight.contains(*id);
        let next: Vec<TicketId> = self
            .changed
            .iter()
            .filter(free)
            .take(room)
            .copied()
            .collect();
        for id in next {
            self.changed.remove(&id);
            if self.queue.holds(id) {
                self.rows_in_flight.insert(id);
                effects.push(Effect::Row(id));
            }
        }
        if self.news && self.listing.is_none() {
            self.news = false;
            effects.push(self.list(if self.listed { Place::News } else { Place::Top }));
        }
        effects
    }

    fn news(&mut self, news: News) -> Vec<Effect> {
        match news {
            News::Open { resumed } => {
                self.link = Link::Live;
                self.rest_until = None;
                // what was committed before the stream opened is in no event of it
                if !resumed {
                    return self.reload();
                }
            }
            News::Event(event) => self.event(&event),
            News::Lost {
                trouble,
                retry_in_s,
            } => self.link = self.link.broken(trouble, retry_in_s, self.now),
        }
        Vec::new()
    }

    fn event(&mut self, event: &Event) {
        let Some(id) = event.ticket_id else { return };
        if self.detail.id == Some(id) {
            self.detail.changed = true;
        }
        if self.queue.holds(id) {
            self.changed.insert(id);
        } else if matches!(
            event.kind,
            EventType::TicketCreated | EventType::TicketPrioritySet | EventType::TicketStateChanged
        ) {
            self.news = true;
        }
    }

    fn reload(&mut self) -> Vec<Effect> {
        self.rest_until = None;
        self.detail.changed = self.detail.id.is_some();
        self.changed.clear();
        vec![self.list(Place::Top)]
    }

    fn key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let found = keys::look_up(self.prefix.take(), key);
        if self.typing.is_some() {
            // every letter is text then; `ctrl-c` is none
            return match found {
                Found::Action(Action::Quit) if is_control(key) => vec![Effect::Quit],
                _ => self.type_key(key),
            };
        }
        match found {
            Found::Prefix(prefix) => self.prefix = Some(prefix),
            Found::Action(action) => return self.act(action),
            Found::Nothing => {}
        }
        Vec::new()
    }

    fn type_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let text = self.typing.get_or_insert_default();
        match key.code {
            KeyCode::Enter => {
                let text = text.trim().to_owned();
                self.typing = None;
                return self.filter(Filter {
                    text: (!text.is_empty()).then_some(text),
                    ..self.queue.filter.clone()
                });
            }
            KeyCode::Esc => self.typing = None,
            KeyCode::Backspace => {
                text.pop();
            }
            // what some terminals send for backspace
            KeyCode::Char('h') if is_control(key) => {
                text.pop();
            }
            KeyCode::Char('u') if is_control(key) => text.clear(),
            KeyCode::Char(c)
                if !c.is_control() && !is_control(key) && text.chars().count() < MAX_TEXT =>
            {
                text.push(c);
            }
            _ => {}
        }
        Vec::new()
    }

    fn filter(&mut self, filter: Filter) -> Vec<Effect> {
        self.queue.ask_for(filter);
        self.listed = false;
        self.reload()
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if self.help && action != Action::Quit {
            self.help = false;
            return Vec::new();
        }
        match action {
            Action::Down => return self.step(1),
            Action::Up => return self.step(-1),
            Action::HalfDown => return self.step(self.half()),
            Action::HalfUp => return self.step(-self.half()),
            Action::Last => return self.step(isize::MAX),
            Action::First if self.focus == Focus::Queue && self.queue.more_before() => {
                self.queue.ask_for(self.queue.filter.clone());
                return self.reload();
            }
            Action::First => return self.step(isize::MIN),
            Action::Open => self.focus = Focus::Ticket,
            Action::Back => self.focus = Focus::Queue,
            Action::OtherPane => {
                self.focus = match self.focus {
                    Focus::Queue => Focus::Ticket,
                    Focus::Ticket => Focus::Queue,
                }
            }
            Action::Filter => {
                self.focus = Focus::Queue;
                self.typing = Some(self.queue.filter.text.clone().unwrap_or_default());
            }
            Action::NextState => return self.filter_state(1),
            Action::PreviousState => return self.filter_state(State::ALL.len()),
            Action::EventDown => self.detail.scroll = self.detail.scroll.saturating_add(1),
            Action::EventUp => self.detail.scroll = self.detail.scroll.saturating_sub(1),
            Action::Reload => {
                let mut effects = self.reload();
                effects.push(Effect::Reconnect);
                return effects;
            }
            Action::Help => self.help = true,
            Action::Quit => return vec![Effect::Quit],
        }
        Vec::new()
    }

    /// All, then each state in the order of the lifecycle, then all again.
    fn filter_state(&mut self, by: usize) -> Vec<Effect> {
        let now = self.queue.filter.state;
        let at = State::ALL.iter().position(|state| Some(*state) == now);
        let at = (at.map_or(0, |at| at + 1) + by) % (State::ALL.len() + 1);
        self.filter(Filter {
            state: at.checked_sub(1).map(|at| State::ALL[at]),
            ..self.queue.filter.clone()
        })
    }

    fn half(&self) -> isize {
        (self.size.1.saturating_sub(6) / 2)
            .max(1)
            .cast_signed()
            .into()
    }

    fn step(&mut self, by: isize) -> Vec<Effect> {
        if self.focus == Focus::Ticket {
            self.detail.select(self.detail.at.saturating_add_signed(by));
            return Vec::new();
        }
        self.queue
            .select(self.queue.index().saturating_add_signed(by));
        match (self.queue.wanted(), &self.listing) {
            (Some(place), None) => vec![self.list(place)],
            _ => Vec::new(),
        }
    }
}

fn is_control(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL)
}

#[cfg(test)]
mod tests;
