//! The rules: what judges, what is beside it, what became of every candidate.

mod read;

use dispatch_contract::packs::{FlippedCall, PackStatus};
use dispatch_contract::{Event, TicketId};
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
use crate::theme::Role;
use crate::trouble::Trouble;
use crate::world::World;

/// Entries of the log held at most.
const MOST: usize = 400;

/// See the module.
pub(crate) struct Packs {
    list: Browser<Entry>,
    status: Option<Box<PackStatus>>,
    differences: Vec<FlippedCall>,
    faults: Vec<(String, u64)>,
    trouble: Option<Trouble>,
    stale: bool,
    reading: usize,
}

impl Packs {
    pub(crate) fn new() -> Self {
        Self {
            list: Browser::new(&COLUMNS, MOST),
            status: None,
            differences: Vec::new(),
            faults: Vec::new(),
            trouble: None,
            stale: true,
            reading: 0,
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
        let mut fields = read::status(status);
        fields.extend(read::flips(&self.differences));
        fields.push(read::faults(&self.faults));
        fields
    }

    fn parts(&self, area: Rect) -> (Rect, Rect) {
        let wanted = u16::try_from(self.above().len() + 2).unwrap_or(12);
        let top = wanted.clamp(4, 14).min(area.height / 2);
        let [top, rest] =
            Layout::vertical([Constraint::Length(top), Constraint::Min(0)]).areas(area);
        (top, rest)
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
            self.stale = true;
        }
    }

    fn reload(&mut self) {
        self.stale = true;
    }

    fn wants(&mut self, _world: &World, room: usize) -> Vec<Ask> {
        if !self.stale || self.reading > 0 || room < 4 {
            return Vec::new();
        }
        self.stale = false;
        self.reading = 4;
        vec![Ask::Packs, Ask::PackLog, Ask::Differences, Ask::Metrics]
    }

    fn take(&mut self, _ask: &Ask, answered: Answered, _world: &World) {
        self.reading = self.reading.saturating_sub(1);
        match answered {
            Ok(Got::Packs(status)) => {
                self.status = Some(status);
                self.trouble = None;
            }
            Ok(Got::Events(page)) => {
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
                self.stale |= !trouble.is_final();
                self.trouble = Some(trouble);
            }
        }
    }

    fn act(&mut self, action: Action, half: isize, _world: &World) -> Act {
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

    fn waiting(&self, _world: &World) -> usize {
        let status = self.status.as_ref();
        usize::from(
            status.is_some_and(|s| s.rejected.is_some() || s.stale.is_some() || s.last_good),
        )
    }

    fn settle(&mut self, area: Rect, world: &World) {
        let fields = self.fields();
        let rest = self.parts(area).1;
        self.list.settle(rest, world, &fields);
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, world: &World) {
        let (top, rest) = self.parts(area);
        let inner = pane::framed(frame, top, "Packs: what judges", false, world);
        match (&self.status, &self.trouble) {
            (Some(_), _) => {
                let shown = lines(&self.above(), inner.width.into(), &world.theme);
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

    fn mouse(&mut self, area: Rect, at: Position, what: Mouse, _world: &World) {
        let rest = self.parts(area).1;
        self.list.mouse(rest, at, what);
    }
}
