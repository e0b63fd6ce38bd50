//! The lines above the view (where, how live; the views) and the one below it (what is
//! typed, what went wrong, keys).

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;
use unicode_width::UnicodeWidthStr;

use crate::app::App;
use crate::keys::{Action, Context};
use crate::link::Link;
use crate::text::{clean, clock, fit, tail_of};
use crate::theme::Role;
use crate::views::Tab;

pub(super) fn top(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let world = &app.world;
    let (said, role) = match &world.link {
        Link::Opening => ("connecting".to_owned(), Role::Faint),
        Link::Live => ("● live".to_owned(), Role::Good),
        Link::Stale {
            since, retry_at, ..
        } => {
            let since = match since {
                Some(at) => format!("STALE since {}", clock(*at)),
                None => "NOT LIVE".to_owned(),
            };
            let next = match retry_at {
                Some(at) if *at > world.now => {
                    let seconds = (at.micros() - world.now.micros() + 999_999) / 1_000_000;
                    format!("again in {seconds}s")
                }
                Some(_) => "trying again".to_owned(),
                None => "r tries again".to_owned(),
            };
            (format!("{since}, {next}"), Role::Alarm)
        }
    };
    let said = format!(" {said} ");
    let width = u16::try_from(said.width()).unwrap_or(area.width);
    frame.render_widget(Block::new().style(world.theme.style(Role::Bar)), area);
    let [left, right] =
        Layout::horizontal([Constraint::Min(0), Constraint::Length(width)]).areas(area);
    let mut spans = vec![Span::styled(" dispatch ", world.theme.style(Role::Strong))];
    // before what may be long
    if world.read_only {
        spans.push(Span::styled("read-only  ", world.theme.style(Role::Warn)));
    }
    spans.push(Span::raw(clean(&world.host)));
    if world.host != world.url {
        spans.push(Span::styled(
            format!("  {}", clean(&world.url)),
            world.theme.style(Role::Faint),
        ));
    }
    if area.width >= 100 {
        spans.push(Span::styled(
            format!("  {}", clock(world.now)),
            world.theme.style(Role::Faint),
        ));
    }
    frame.render_widget(Line::from(spans), left);
    frame.render_widget(Span::styled(said, world.theme.style(role)), right);
}

/// Those whose names are shortened where there is little room, in this order.
const SHORTENED: [Tab; 3] = [Tab::Decisions, Tab::Gateways, Tab::Tickets];

/// Each view's words on the tabs' line, and whether something waits there.
fn labels(app: &App) -> [(Tab, String, usize); 7] {
    let waiting = Tab::ALL.map(|tab| app.view_of(tab).waiting(&app.world));
    let named = |short: &[Tab]| {
        Tab::ALL.map(|tab| {
            let waiting = waiting[tab.index()];
            let count = if waiting > 0 {
                format!(" {waiting}!")
            } else {
                String::new()
            };
            let name = if short.contains(&tab) {
                tab.short()
            } else {
                tab.title()
            };
            let label = format!(" {} {name}{count} ", tab.number());
            (tab, label, waiting)
        })
    };
    let fits = |labels: &[(Tab, String, usize); 7]| {
        let width: usize = labels.iter().map(|(_, label, _)| label.width()).sum();
        width <= usize::from(app.size.0)
    };
    let mut shortened = (0..SHORTENED.len()).map(|many| named(&SHORTENED[..many]));
    let fitting = shortened.find(fits);
    fitting.unwrap_or_else(|| named(&SHORTENED))
}

pub(super) fn tabs(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = &app.world.theme;
    let spans = labels(app).map(|(tab, label, waiting)| {
        let style = if tab == app.tab {
            theme.style(Role::Strong).patch(theme.style(Role::Cursor))
        } else if waiting > 0 {
            theme.style(Role::Alarm)
        } else {
            theme.style(Role::Faint)
        };
        Span::styled(label, style)
    });
    frame.render_widget(Line::from_iter(spans), area);
}

pub(super) fn tab_at(app: &App, column: u16) -> Option<Tab> {
    let mut end = 0;
    let found = labels(app).into_iter().find(|(_, label, _)| {
        end += label.width();
        usize::from(column) < end
    });
    found.map(|(tab, ..)| tab)
}

pub(super) fn bottom(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let world = &app.world;
    let theme = &world.theme;
    let width = usize::from(area.width);
    if let Some(typing) = &app.typing {
        let (before, under, after) = typing.line.parts();
        let (sign, hint) = if typing.is_command {
            (":", "")
        } else {
            ("/", "   enter filters, !word leaves out, column:word, esc")
        };
        // the cursor stays on the screen, however long the line is: it takes two columns
        // where a wide letter is under it
        let line = Line::from(vec![
            Span::styled(sign, theme.style(Role::Strong)),
            Span::raw(tail_of(&before, width.saturating_sub(3))),
            Span::styled(
                under,
                ratatui::style::Style::new().add_modifier(ratatui::style::Modifier::REVERSED),
            ),
            Span::raw(after),
            Span::styled(hint, theme.style(Role::Faint)),
        ]);
        frame.render_widget(line, area);
        return;
    }
    let trouble = app.tickets.trouble.as_ref().filter(|_| app.tickets.listed);
    let lost = match &world.link {
        Link::Stale { trouble, .. } => Some(trouble),
        _ => None,
    };
    let line = match lost.or(trouble) {
        Some(trouble) => Line::styled(
            fit(&format!(" {trouble}. {}", trouble.advice()), width),
            theme.style(Role::Alarm),
        ),
        None => Line::styled(hints(app, width), theme.style(Role::Faint)),
    };
    frame.render_widget(line, area);
}

/// The keys asked for most, of this view first, and how to leave; whole ones, those that fit.
fn hints(app: &App, width: usize) -> String {
    let context = app.view().context();
    let key = |action| app.keys.first(Context::Anywhere, action);
    let own: &[(Action, &str)] = match context {
        Context::Tickets => &[
            (Action::Call, "call a tool"),
            (Action::Create, "new"),
            (Action::NextSection, "section"),
            (Action::NextState, "state"),
        ],
        Context::Audit => &[(Action::Verify, "verify its chain")],
        Context::Decisions => &[(Action::Only, "only refusals")],
        _ => &[],
    };
    let mut said: Vec<String> = own
        .iter()
        .map(|(action, says)| format!("{} {says}", app.keys.first(context, *action)))
        .collect();
    for (action, says) in [
        (Action::Help, "keys"),
        (Action::Filter, "filter"),
        (Action::Command, "command"),
        (Action::Sort, "sort"),
        (Action::Copy, "copy"),
    ] {
        said.push(format!("{} {says}", key(action)));
    }
    let leave = format!("{} quit", key(Action::Quit));
    let long = |said: &[String]| said.iter().map(|one| one.width() + 2).sum::<usize>();
    while long(&said) + leave.width() + 1 > width && said.pop().is_some() {}
    said.push(leave);
    format!(" {}", said.join("  "))
}
