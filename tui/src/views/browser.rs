//! A list beside the row that is open: what most views are made of.

use dispatch_contract::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::widgets::Paragraph;

use super::fields::{Field, lines};
use super::{Act, Listed, Mouse, WIDE};
use crate::draw::pane;
use crate::grid::draw::{Grid, Look, height, row_at};
use crate::grid::{Column, Item, Rows};
use crate::keys::Action;
use crate::shell::export::Table;
use crate::shell::query::Query;
use crate::text::as_of;
use crate::theme::Role;
use crate::world::World;

/// From this height on, a narrow screen has the open row below the list.
const TALL: u16 = 34;

/// See the module.
pub(crate) struct Browser<T: 'static> {
    pub(crate) rows: Rows<T>,
    pub(crate) columns: &'static [Column<T>],
    /// The keys go to the open row.
    pub(crate) inside: bool,
    /// The keys go to neither: to a part that is not the list's.
    pub(crate) away: bool,
    /// Lines of the open row that are scrolled past.
    pub(crate) scroll: usize,
    lines_most: usize,
    /// Of what is read again and again: when the rows were so.
    pub(crate) as_of: Option<Timestamp>,
}

/// Where the two parts are; one of them is empty where only one fits.
pub(crate) struct Parts {
    pub(crate) list: Rect,
    pub(crate) open: Rect,
}

impl<T: Item> Browser<T> {
    pub(crate) fn new(columns: &'static [Column<T>], most: usize) -> Self {
        Self {
            rows: Rows::new(most),
            columns,
            inside: false,
            away: false,
            scroll: 0,
            lines_most: usize::MAX,
            as_of: None,
        }
    }

    /// Of what comes by itself: the cursor keeps to the newest row until it is moved.
    pub(crate) fn live(columns: &'static [Column<T>], most: usize) -> Self {
        let mut browser = Self::new(columns, most);
        browser.rows.live = true;
        browser.rows.follow = true;
        browser
    }

    pub(crate) fn parts(&self, area: Rect) -> Parts {
        if area.width >= WIDE {
            let halves = [Constraint::Percentage(58), Constraint::Percentage(42)];
            let [list, open] = Layout::horizontal(halves).areas(area);
            return Parts { list, open };
        }
        if area.height >= TALL {
            let halves = [Constraint::Percentage(55), Constraint::Percentage(45)];
            let [list, open] = Layout::vertical(halves).areas(area);
            return Parts { list, open };
        }
        let none = Rect::new(area.x, area.y, 0, 0);
        if self.inside {
            Parts {
                list: none,
                open: area,
            }
        } else {
            Parts {
                list: area,
                open: none,
            }
        }
    }

    pub(crate) fn act(&mut self, action: Action, half: isize) -> Act {
        let step = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::HalfDown => half,
            Action::HalfUp => -half,
            Action::Last => isize::MAX,
            Action::First => isize::MIN,
            _ => return self.act_else(action),
        };
        if self.inside {
            self.scroll = self.scroll.saturating_add_signed(step).min(self.lines_most);
        } else {
            self.rows.step(step);
            self.scroll = 0;
        }
        Act::Done
    }

    fn act_else(&mut self, action: Action) -> Act {
        match action {
            Action::Open | Action::Right => self.inside = self.rows.len() > 0,
            Action::Left | Action::Back if self.inside => self.inside = false,
            Action::OtherPane => self.inside = !self.inside && self.rows.len() > 0,
            Action::Mark => self.rows.mark(),
            Action::Follow => {
                self.rows.follow();
                let said = if self.rows.follow {
                    "following: the cursor keeps to the newest row"
                } else {
                    "not following: the cursor keeps to its row"
                };
                return Act::Say(Role::Strong, said.into());
            }
            Action::Sort => self.rows.sort_next(self.columns.len()),
            Action::Reverse => self.rows.reverse(),
            Action::ScrollDown => self.scroll = (self.scroll + 1).min(self.lines_most),
            Action::ScrollUp => self.scroll = self.scroll.saturating_sub(1),
            _ => return Act::Nothing,
        }
        Act::Done
    }

    /// `lines`: of the open row, so that scrolling ends with them.
    pub(crate) fn settle(&mut self, area: Rect, world: &World, fields: &[Field]) {
        let parts = self.parts(area);
        self.rows
            .settle(self.columns, world, height(pane::inside(parts.list)));
        if self.rows.len() == 0 {
            self.inside = false;
        }
        let open = pane::inside(parts.open);
        let all = lines(fields, open.width.into(), &world.theme).len();
        self.lines_most = all.saturating_sub(open.height.into());
        self.scroll = self.scroll.min(self.lines_most);
    }

    pub(crate) fn draw_list(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        world: &World,
        title: &str,
        look: &dyn Fn(&T) -> Look,
    ) {
        let focused = !self.inside && !self.away;
        let inner = pane::framed(frame, area, &self.title(title), focused, world);
        if inner.is_empty() {
            return;
        }
        let marked = |item: &T| Look {
            marked: self.rows.marks.contains(&item.id()),
            stale: world.link.is_stale(),
            ..look(item)
        };
        Grid {
            columns: self.columns,
            rows: &self.rows.shown(),
            offset: self.rows.offset(),
            at: self.rows.index(),
            focused,
            sort: self.rows.sort,
            look: &marked,
        }
        .draw(frame, inner, world);
    }

    fn title(&self, title: &str) -> String {
        let mut said = title.to_owned();
        if self.rows.len() > 0 {
            said.push_str(&format!(" {}/{}", self.rows.index() + 1, self.rows.len()));
        }
        if !self.rows.query.is_empty() {
            said.push_str(&format!(
                " of {} /{}",
                self.rows.held(),
                self.rows.query.text()
            ));
        }
        if !self.rows.marks.is_empty() {
            said.push_str(&format!(" *{}", self.rows.marks.len()));
        }
        if self.rows.follow && self.rows.len() > 0 {
            said.push_str(" following");
        }
        as_of(&said, self.as_of)
    }

    pub(crate) fn draw_open(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        world: &World,
        title: &str,
        fields: &[Field],
    ) {
        let width = usize::from(pane::inside(area).width);
        let all = lines(fields, width, &world.theme);
        let below = all
            .len()
            .saturating_sub(self.scroll + usize::from(pane::inside(area).height));
        let said = match below {
            0 => title.to_owned(),
            more => format!("{title}, {more} more (J)"),
        };
        let inner = pane::framed(frame, area, &said, self.inside, world);
        let shown: Vec<_> = all.into_iter().skip(self.scroll).collect();
        frame.render_widget(Paragraph::new(shown), inner);
    }

    pub(crate) fn mouse(&mut self, area: Rect, at: Position, what: Mouse) {
        let parts = self.parts(area);
        let on_list = parts.list.contains(at);
        match what {
            Mouse::ScrollDown | Mouse::ScrollUp => {
                let by = if what == Mouse::ScrollDown { 3 } else { -3 };
                if on_list {
                    self.rows.step(by);
                    self.scroll = 0;
                } else {
                    self.scroll = self.scroll.saturating_add_signed(by).min(self.lines_most);
                }
            }
            Mouse::Click if on_list => {
                let row = row_at(pane::inside(parts.list), at.y, self.rows.offset());
                if let Some(row) = row.filter(|row| *row < self.rows.len()) {
                    self.inside = self.inside || row == self.rows.index() && parts.open.is_empty();
                    self.rows.select(row);
                    self.scroll = 0;
                }
                self.inside = self.inside && parts.open.is_empty();
            }
            Mouse::Click => self.inside = self.rows.len() > 0,
        }
    }
}

impl<T: Item> Listed for Browser<T> {
    fn columns(&self) -> Vec<&'static str> {
        self.columns.iter().map(|column| column.name).collect()
    }

    fn set_filter(&mut self, text: &str) {
        let mut names = self.columns();
        names.push("ID");
        self.rows.filter(Query::parse(text, &names));
        self.inside = false;
    }

    fn ids(&self) -> Vec<String> {
        if self.rows.marks.is_empty() {
            return self.rows.selected().map(Item::id).into_iter().collect();
        }
        let shown = self.rows.shown().into_iter().map(Item::id);
        shown.filter(|id| self.rows.marks.contains(id)).collect()
    }

    fn table(&self, world: &World) -> Table {
        Table::of("ID", self.columns, self.rows.shown(), world)
    }

    fn filter(&self) -> &str {
        self.rows.query.text()
    }

    fn sort_by(&mut self, column: usize) {
        self.rows.sort_by(column);
    }

    fn marked(&self) -> usize {
        self.rows.marks.len()
    }

    fn unmark(&mut self) {
        self.rows.marks.clear();
    }
}
