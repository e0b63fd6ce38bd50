//! The rules: what judges, what is beside it, what became of every candidate.

mod read;

use dispatch_contract::packs::{FlippedCall, PackStatus};
use dispatch_contract::{Event, TicketId, Timestamp};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::widgets::Paragraph;

use self::read::{COLUMNS, Entry};
use super::browser::Browser;
use super::fields::{Field, lines};
use super::{Act, Listed, Mouse, View};
use crate::ask::{Answered, Ask, Got};
use crate::draw::pane;
use crate::grid::draw::Look;
use crate::keys::Action;
use crate::text::as_of;
use crate::theme::Role;
use crate::trouble::Trouble;
use crate::world::World;

/// Entries of the log held at most.
const MOST: usize = 400;

/// How often what is counted is read again while it is looked at, in microseconds.
const LOOK_AGAIN_US: i64 = 5_000_000;
/// What is read, the most important first.
const READS: [Ask; 4] = [Ask::Packs, Ask::Differences, Ask::Metrics, Ask::PackLog];
/// Of those, what no event tells of: counts.
const COUNTED: [Ask; 3] = [Ask::Packs, Ask::Differences, Ask::Metrics];

/// See the module.
pub(crate) struct Packs {
    list: Browser<Entry>,
    status: Option<Box<PackStatus>>,
    differences: Vec<FlippedCall>,
    faults: Vec<(String, u64)>,
    trouble: Option<Trouble>,
    /// The log goes on where it was not read.
    more: bool,
    wanted: Vec<Ask>,
    asked: Vec<Ask>,
    /// When counts were asked for last, and when those shown were.
    looked_at: Option<Timestamp>,
    as_of: Option<Timestamp>,
    /// The keys go to what judges, scrolled so far.
    above: bool,
    scroll: usize,
    scroll_most: usize,
}

impl Packs {
    pub(crate) fn new() -> Self {
        Self {
            list: Browser::new(&COLUMNS, MOST),
            status: None,
            differences: Vec::new(),
            faults: Vec::new(),
            trouble: None,
            more: false,
            wanted: READS.into(),
            asked: Vec::new(),
            looked_at: None,
            as_of: None,
            above: false,
            scroll: 0,
            scroll_most: 0,
        }
    }

    fn fields(&self) -> Vec<Field> {
        self.list
            .rows
            .selected()
            .map(|entry| read::attempt(&entry.event))
            .unwrap_or_default()
    }

    fn above(&self) -> Vec<Field> {
        let Some(status) = &self.status else {
            return Vec::new();
        };
        read::status(status, &self.differences, &self.faults)
    }

    /// What judges, as high as it is long; below it the log.
    fn parts(&self, area: Rect, world: &World) -> (Rect, Rect) {
        let width = usize::from(area.width.saturating_sub(2));
        let long = lines(&self.above(), width, &world.theme).len();
        let most = area.height * 3 / 5;
        let top = u16::try_from(long + 2)
            .unwrap_or(most)
            .clamp(4, most.max(4));
        let halves = [Constraint::Length(top), Constraint::Min(0)];
        let [top, rest] = Layout::vertical(halves).areas(area);
        (top, rest)
    }

    fn want(&mut self, asks: &[Ask]) {
        for ask in asks {
            if !self.wanted.contains(ask) {
                self.wanted.push(ask.clone());
            }
        }
    }

    /// What is wanted of these and not asked yet.
    fn asks(&mut self, of: &[Ask], room: usize) -> Vec<Ask> {
        let asked = &self.asked;
        let is_free = |ask: &&Ask| of.contains(ask) && !asked.contains(ask);
        let free = self.wanted.iter().filter(is_free).take(room);
        let free: Vec<Ask> = free.cloned().collect();
        self.wanted.retain(|ask| !free.contains(ask));
        self.asked.extend(free.iter().cloned());
        free
    }

    fn act_above(&mut self, action: Action, half: isize) -> Act {
        let step = match action {
            Action::Down | Action::ScrollDown => 1,
            Action::Up | Action::ScrollUp => -1,
            Action::HalfDown => half,
            Action::HalfUp => -half,
            Action::Last => isize::MAX,
            Action::First => isize::MIN,
            Action::OtherPane | Action::Back | Action::Left => {
                self.above = false;
                return Act::Done;
            }
            _ => return Act::Nothing,
        };
        self.scroll = self
            .scroll
            .saturating_add_signed(step)
            .min(self.scroll_most);
        Act::Done
    }
}

impl View for Packs {
    fn list(&self) -> &dyn Listed {
        &self.list
    }

    fn list_mut(&mut self) -> &mut dyn Listed {
        &mut self.list
    }

    fn news(&mut self, event: &Event, _world: &World) {
        if event.kind.name().starts_with("policy.") {
            self.want(&READS);
        }
    }

    fn reload(&mut self) {
        self.want(&READS);
    }

    fn wants(&mut self, world: &World, room: usize) -> Vec<Ask> {
        let old = |at: Timestamp| (world.now.micros() - at.micros()).abs() >= LOOK_AGAIN_US;
        if self.looked_at.is_none_or(old) {
            self.looked_at = Some(world.now);
            self.want(&COUNTED);
        }
        self.asks(&READS, room)
    }

    fn wants_unseen(&mut self, _world: &World, room: usize) -> Vec<Ask> {
        self.asks(&[Ask::Packs], room)
    }

    fn take(&mut self, ask: &Ask, answered: Answered, _world: &World) {
        self.asked.retain(|asked| asked != ask);
        match answered {
            Ok(Got::Packs(status)) => {
                self.status = Some(status);
                self.as_of = self.looked_at;
                self.trouble = None;
            }
            Ok(Got::Events(page)) => {
                self.more = page.next_cursor.is_some();
                self.list.rows.clear();
                let entries = page.items.into_iter().map(|event| Entry { event });
                self.list.rows.older(entries);
            }
            Ok(Got::Differences(page)) => self.differences = page.items,
            Ok(Got::Text(metrics)) => self.faults = read::faults_in(&metrics),
            Ok(_) => {}
            // no pack was ever in shadow: there is nothing to differ
            Err(trouble) if trouble.is_not_found() => {}
            Err(trouble) => {
                if !trouble.is_final() {
                    self.want(std::slice::from_ref(ask));
                }
                self.trouble = Some(trouble);
            }
        }
    }

    /// `tab` goes round: the log, the row that is open, what judges.
    fn act(&mut self, action: Action, half: isize, _world: &World) -> Act {
        if self.above {
            let done = self.act_above(action, half);
            return match done {
                Act::Nothing => self.list.act(action, half),
                done => done,
            };
        }
        let from_log = !self.list.inside && self.list.rows.len() > 0;
        if action == Action::OtherPane && !from_log {
            (self.above, self.list.inside) = (true, false);
            return Act::Done;
        }
        self.list.act(action, half)
    }

    /// What is copied is the digest: commands take it.
    fn ids(&self) -> Vec<String> {
        let entry = self.list.rows.selected();
        let digest = entry.and_then(|entry| entry.event.payload["pack"]["digest"].as_str());
        let active = self
            .status
            .as_ref()
            .map(|status| status.active.digest.clone());
        digest.map(str::to_owned).or(active).into_iter().collect()
    }

    fn ticket(&self) -> Option<TicketId> {
        None
    }

    fn has_more(&self) -> bool {
        self.more
    }

    fn waiting(&self, _world: &World) -> usize {
        let status = self.status.as_ref();
        usize::from(
            status.is_some_and(|s| s.rejected.is_some() || s.stale.is_some() || s.last_good),
        )
    }

    fn settle(&mut self, area: Rect, world: &World) {
        let fields = self.fields();
        let (top, rest) = self.parts(area, world);
        self.list.settle(rest, world, &fields);
        let inner = pane::inside(top);
        let long = lines(&self.above(), inner.width.into(), &world.theme).len();
        self.scroll_most = long.saturating_sub(inner.height.into());
        self.scroll = self.scroll.min(self.scroll_most);
        self.list.away = self.above;
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, world: &World) {
        let (top, rest) = self.parts(area, world);
        let mut title = as_of("Packs: what judges", self.as_of);
        let below = self.scroll_most.saturating_sub(self.scroll);
        if below > 0 {
            title.push_str(&format!(", {below} more (tab)"));
        }
        let inner = pane::framed(frame, top, &title, self.above, world);
        match (&self.status, &self.trouble) {
            (Some(_), _) => {
                let shown = lines(&self.above(), inner.width.into(), &world.theme);
                let shown: Vec<_> = shown.into_iter().skip(self.scroll).collect();
                frame.render_widget(Paragraph::new(shown), inner);
            }
            (None, Some(trouble)) => pane::say_trouble(frame, inner, trouble, world),
            (None, None) => {
                let faint = world.theme.style(Role::Faint);
                pane::say(frame, inner, &[("Reading packs.", faint)]);
            }
        }
        let parts = self.list.parts(rest);
        let look = |entry: &Entry| Look {
            role: entry.is_failed().then_some(Role::Alarm),
            ..Look::default()
        };
        self.list.draw_list(frame, parts.list, world, "Log", &look);
        if self.list.rows.len() == 0 && self.status.is_some() {
            let faint = world.theme.style(Role::Faint);
            let said = "No activation was recorded yet: the folder's pack was taken at the start.";
            pane::say(frame, pane::inside(parts.list), &[(said, faint)]);
        }
        if !parts.open.is_empty() {
            let fields = self.fields();
            self.list
                .draw_open(frame, parts.open, world, "what became of it", &fields);
        }
    }

    fn mouse(&mut self, area: Rect, at: Position, what: Mouse, world: &World) {
        let (top, rest) = self.parts(area, world);
        if !top.contains(at) {
            self.above &= what != Mouse::Click;
            return self.list.mouse(rest, at, what);
        }
        match what {
            Mouse::Click => (self.above, self.list.inside) = (true, false),
            Mouse::ScrollDown => self.scroll = (self.scroll + 3).min(self.scroll_most),
            Mouse::ScrollUp => self.scroll = self.scroll.saturating_sub(3),
        }
    }
}

#[cfg(test)]
mod tests;
