//! Draws rows in columns.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Column;
use super::column::widths;
use crate::theme::Role;
use crate::world::World;

/// Lines above the rows.
pub(crate) const HEADING: u16 = 1;

/// A list and how it stands.
pub(crate) struct Grid<'a, T> {
    pub(crate) columns: &'a [Column<T>],
    /// All rows, in order.
    pub(crate) rows: &'a [&'a T],
    /// The first row drawn.
    pub(crate) offset: usize,
    /// The row under the cursor.
    pub(crate) at: usize,
    /// The keys go to this list.
    pub(crate) focused: bool,
    pub(crate) sort: Option<(usize, bool)>,
    /// Before the columns, and the row's own colour.
    pub(crate) look: &'a dyn Fn(&T) -> Look,
}

/// How a row looks.
#[derive(Clone, Copy, Default)]
pub(crate) struct Look {
    /// One letter before it.
    pub(crate) mark: char,
    pub(crate) role: Option<Role>,
    pub(crate) marked: bool,
    pub(crate) stale: bool,
}

/// How many rows fit.
pub(crate) fn height(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(HEADING))
}

/// Which row is at this line of the screen.
pub(crate) fn row_at(area: Rect, line: u16, offset: usize) -> Option<usize> {
    let first = area.y + HEADING;
    (line >= first && line < area.bottom()).then(|| offset + usize::from(line - first))
}

impl<T> Grid<'_, T> {
    pub(crate) fn draw(&self, frame: &mut Frame<'_>, area: Rect, world: &World) {
        let theme = &world.theme;
        // two columns are for the marks
        let columns = widths(self.columns, usize::from(area.width).saturating_sub(2));
        let mut heading = vec![Span::raw("  ")];
        for (column, width) in &columns {
            let sorted = self.sort.filter(|(at, _)| {
                self.columns
                    .get(*at)
                    .is_some_and(|sorted| sorted.name == column.name)
            });
            let name = match sorted {
                Some((_, false)) => format!("{}▲", column.name),
                Some((_, true)) => format!("{}▼", column.name),
                None => column.name.to_owned(),
            };
            heading.push(Span::styled(
                format!("{} ", column.fit(&name, *width)),
                theme.style(if sorted.is_some() {
                    Role::Strong
                } else {
                    Role::Faint
                }),
            ));
        }
        let mut lines = vec![Line::from(heading)];
        let rows = self.rows.iter().enumerate();
        for (n, row) in rows.skip(self.offset).take(height(area)) {
            lines.push(self.row(n, row, &columns, world));
        }
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn row(
        &self,
        n: usize,
        row: &T,
        columns: &[(&Column<T>, usize)],
        world: &World,
    ) -> Line<'static> {
        let theme = &world.theme;
        let look = (self.look)(row);
        let mut base = look.role.map_or(Style::new(), |role| theme.style(role));
        if look.stale {
            base = base.patch(theme.style(Role::Stale));
        }
        let star = if look.marked { "*" } else { " " };
        let mark = if look.mark == '\0' { ' ' } else { look.mark };
        let mut spans = vec![
            Span::styled(star, theme.style(Role::Marked)),
            Span::styled(mark.to_string(), base),
        ];
        for (column, width) in columns {
            let text = column.fit(&(column.cell)(row, world), *width);
            let own = column.role.and_then(|role| role(row, world));
            let style = match own {
                Some(role) if !look.stale => base.patch(theme.style(role)),
                _ => base,
            };
            spans.push(Span::styled(text, style));
            spans.push(Span::styled(" ", base));
        }
        let line = Line::from(spans);
        if n == self.at {
            let cursor = if self.focused {
                theme.style(Role::Cursor)
            } else {
                Style::new().add_modifier(ratatui::style::Modifier::BOLD)
            };
            return line.style(cursor).patch_style(cursor);
        }
        line
    }
}
