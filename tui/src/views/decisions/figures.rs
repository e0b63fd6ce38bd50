//! Figures over the decisions shown: how long they took, and what was refused why.

use std::collections::BTreeMap;

use dispatch_contract::decision::Decision;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::draw::pane;
use crate::text::{fit, micros};
use crate::theme::Role;
use crate::world::World;

/// Lines of the figures, their frame included.
pub(super) const HEIGHT: u16 = 10;

/// Upper ends of the histogram's bars, in microseconds.
const BARS: [u64; 8] = [25, 50, 100, 250, 500, 1_000, 10_000, u64::MAX];

/// How many took so long, bar by bar.
pub(super) fn histogram(decisions: &[&Decision]) -> [usize; BARS.len()] {
    let mut counts = [0; BARS.len()];
    for decision in decisions {
        let bar = BARS.iter().position(|end| decision.judged_us < *end);
        counts[bar.unwrap_or(BARS.len() - 1)] += 1;
    }
    counts
}

/// The value that so many of a hundred stay below.
pub(super) fn percentile(decisions: &[&Decision], of_100: usize) -> u64 {
    let mut times: Vec<u64> = decisions.iter().map(|d| d.judged_us).collect();
    times.sort_unstable();
    let at = (times.len() * of_100).div_ceil(100).saturating_sub(1);
    times.get(at).copied().unwrap_or(0)
}

/// Refusals by reason, the most frequent first.
pub(super) fn refusals(decisions: &[&Decision]) -> Vec<(&'static str, usize)> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for code in decisions.iter().filter_map(|decision| decision.code) {
        *counts.entry(code.name()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    counts
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, decisions: &[&Decision], world: &World) {
    if area.is_empty() {
        return;
    }
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
    let title = format!(
        "judged in: p50 {}, p99 {}",
        micros(percentile(decisions, 50)),
        micros(percentile(decisions, 99))
    );
    let inner = pane::framed(frame, left, &title, false, world);
    let counts = histogram(decisions);
    let bars = BARS.iter().zip(counts).map(|(end, count)| {
        let name = match *end {
            u64::MAX => "longer".to_owned(),
            end => format!("< {}", micros(end)),
        };
        bar(&name, count, decisions.len(), Role::Strong, inner, world)
    });
    frame.render_widget(Paragraph::new(Vec::from_iter(bars)), inner);

    let refused = refusals(decisions);
    let total: usize = refused.iter().map(|(_, count)| count).sum();
    let title = format!("refused {total} of {}", decisions.len());
    let inner = pane::framed(frame, right, &title, false, world);
    let bars = refused
        .iter()
        .map(|(name, count)| bar(name, *count, total, Role::Alarm, inner, world));
    frame.render_widget(Paragraph::new(Vec::from_iter(bars)), inner);
}

/// A name, a bar as long as its share, a count.
fn bar(
    name: &str,
    count: usize,
    of: usize,
    role: Role,
    area: Rect,
    world: &World,
) -> Line<'static> {
    let names = 21.min(usize::from(area.width) / 2);
    let room = usize::from(area.width).saturating_sub(names + 8);
    let long = if of == 0 {
        0
    } else {
        (room * count).div_ceil(of)
    };
    Line::from(vec![
        Span::styled(fit(name, names), world.theme.style(Role::Faint)),
        Span::styled(format!(" {}", "█".repeat(long)), world.theme.style(role)),
        Span::raw(if count > 0 {
            format!(" {count}")
        } else {
            String::new()
        }),
    ])
}
