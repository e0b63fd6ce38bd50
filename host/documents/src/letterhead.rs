//! The head of a first page: who sends it, what it is, and to whom.

use crate::canvas::{ACCENT, INK, MUTED, Style, WARN, WHITE};
use crate::company::Company;
use crate::flow::Flow;

/// Company on the left, title and its facts on the right.
pub(crate) fn letterhead(
    flow: &mut Flow<'_>,
    company: &Company,
    title: &str,
    tag: Option<&str>,
    facts: &[(&str, String)],
) {
    let half = flow.inner() / 2.0 - 10.0;
    flow.fill(flow.left(), flow.y, flow.inner(), 3.0, ACCENT);
    flow.y += 16.0;
    let top = flow.y;
    flow.text(flow.left(), Style::bold(15.0, ACCENT), &company.name, half);
    flow.y += 23.0;
    for line in lines(company) {
        flow.text(flow.left(), Style::SMALL, &line, half);
        flow.y += Style::SMALL.leading();
    }
    let left_end = flow.y;
    flow.y = top;
    flow.text_right(flow.right(), Style::bold(17.0, INK), title, half);
    flow.y += 25.0;
    if let Some(tag) = tag {
        pill(flow, tag);
    }
    for (label, value) in facts {
        flow.text(flow.right() - half + 20.0, Style::SMALL, label, 60.0);
        flow.text_right(flow.right(), Style::bold(8.5, INK), value, half - 82.0);
        flow.y += 13.0;
    }
    flow.y = flow.y.max(left_end) + 10.0;
    flow.rule();
    flow.y += 12.0;
}

fn pill(flow: &mut Flow<'_>, tag: &str) {
    let style = Style::bold(7.5, WHITE);
    let width = flow.face.width(style.weight, style.size, tag) + 14.0;
    let top = flow.y;
    flow.fill(flow.right() - width, top, width, 14.0, WARN);
    flow.y = top + 2.6;
    flow.text_right(flow.right() - 7.0, style, tag, width);
    flow.y = top + 20.0;
}

fn lines(company: &Company) -> Vec<String> {
    let mut lines: Vec<String> = company.address_lines.iter().take(6).cloned().collect();
    let reach: Vec<&str> = [&company.phone, &company.email]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    if !reach.is_empty() {
        lines.push(reach.join(" · "));
    }
    lines.extend(company.tax_id.iter().map(|id| format!("Tax ID {id}")));
    lines
}

/// What every foot says.
pub(crate) fn foot(company: &Company, what: &str) -> String {
    let mut parts = vec![company.name.as_str()];
    parts.extend(company.phone.as_deref());
    parts.extend(company.email.as_deref());
    parts.push(what);
    parts.join(" · ")
}

/// Blocks of text side by side, each under its label.
pub(crate) fn blocks(flow: &mut Flow<'_>, blocks: &[(&str, Vec<String>)]) {
    let gap = 18.0;
    let count = blocks.len().max(1) as f32;
    let width = (flow.inner() - gap * (count - 1.0)) / count;
    flow.room(90.0);
    let (top, mut end) = (flow.y, flow.y);
    for (n, (label, lines)) in blocks.iter().enumerate() {
        let x = flow.left() + n as f32 * (width + gap);
        flow.y = top;
        flow.label(x, label, width);
        for (n, line) in lines.iter().enumerate() {
            let style = if n == 0 {
                Style::bold(9.5, INK)
            } else {
                Style::regular(9.0, if n < 6 { INK } else { MUTED })
            };
            for line in crate::text::wrap(flow.face, style.weight, style.size, line, width)
                .iter()
                .take(3)
            {
                flow.text(x, style, line, width + 1.0);
                flow.y += style.leading();
            }
        }
        end = flow.y.max(end);
    }
    flow.y = end + 6.0;
}
