//! Dialogs of calling a tool.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::confirm::draw_confirm;
use super::menu::Legal;
use super::{Doing, Menu, Sheet, Stage};
use crate::app::App;
use crate::draw::pane;
use crate::form::Kind;
use crate::keys::{Action, Context};
use crate::text::{fit, tail_of, wrap};
use crate::theme::Role;
use crate::world::World;

/// The widest dialog.
pub(super) const WIDTH: u16 = 100;

pub(crate) fn draw(frame: &mut Frame<'_>, area: Rect, doing: &Doing, app: &App) {
    match doing {
        Doing::Menu(menu) => draw_menu(frame, area, menu, app),
        Doing::Sheet(sheet) => match sheet.stage {
            Stage::Filling | Stage::Uploading | Stage::Judging | Stage::Reading => {
                draw_form(frame, area, sheet, app)
            }
            Stage::Confirming | Stage::Committing => draw_confirm(frame, area, sheet, app),
        },
    }
}

fn draw_menu(frame: &mut Frame<'_>, area: Rect, menu: &Menu, app: &App) {
    let world = &app.world;
    let title = match &menu.ticket {
        Some((id, state)) => format!("call a tool on {id}, {state}"),
        None => "call a tool".to_owned(),
    };
    let title = if menu.is_for_reading() {
        format!("{title}: read-only, this token may call none")
    } else {
        title
    };
    let rows = u16::try_from(menu.tools.len()).unwrap_or(12);
    let inner = pane::dialog(frame, area, (WIDTH, rows + 6), &title, world);
    let width = usize::from(inner.width);
    let said = menu.said();
    let words = said
        .as_ref()
        .map(|(_, said)| wrap(said, width.saturating_sub(2)));
    let words = words.unwrap_or_default();
    let room = usize::from(inner.height).saturating_sub(words.len().clamp(2, 3) + 1);
    let first = crate::grid::first_row(0, menu.at, menu.tools.len(), room);
    let mut lines = Vec::new();
    for (n, entry) in menu.tools.iter().enumerate().skip(first).take(room) {
        let legal = menu.legal(entry);
        let (mark, style) = match &legal {
            Legal::Yes => ("  ", Style::new()),
            Legal::No(_) => ("x ", world.theme.style(Role::Faint)),
            Legal::Asking => ("? ", world.theme.style(Role::Faint)),
        };
        let why = match legal {
            Legal::No(why) => why,
            Legal::Yes | Legal::Asking => entry.purpose.clone(),
        };
        let line = format!(
            " {mark}{} {}",
            fit(entry.name.name(), 31),
            fit(&why, width.saturating_sub(36))
        );
        let style = if n == menu.at {
            style.patch(world.theme.style(Role::Cursor))
        } else {
            style
        };
        lines.push(Line::styled(line, style));
    }
    lines.push(pane::rule("", width, world));
    if let Some((role, _)) = said {
        for word in words.into_iter().take(3) {
            lines.push(Line::styled(format!(" {word}"), world.theme.style(role)));
        }
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

fn draw_form(frame: &mut Frame<'_>, area: Rect, sheet: &Sheet, app: &App) {
    let world = &app.world;
    let wanted = sheet.form.fields.len() * 2 + 12;
    let height = u16::try_from(wanted).unwrap_or(area.height);
    let on = sheet
        .ticket
        .as_ref()
        .map_or(String::new(), |ticket| format!(" on {}", ticket.ticket_id));
    let title = format!("{}{on}", sheet.tool);
    let inner = pane::dialog(frame, area, (WIDTH, height), &title, world);
    let width = usize::from(inner.width);
    let foot = foot(sheet, app, width);
    let room = usize::from(inner.height).saturating_sub(foot.len());
    let (mut lines, mut at) = (Vec::new(), 0);
    for (n, field) in sheet.form.fields.iter().enumerate() {
        if n == sheet.form.at {
            at = lines.len();
        }
        lines.extend(field_lines(sheet, n, field, width, world));
    }
    if lines.is_empty() {
        let faint = world.theme.style(Role::Faint);
        lines.push(Line::styled(" Nothing is to be filled in.", faint));
    }
    let first = crate::grid::first_row(0, at + 2, lines.len(), room);
    let mut shown: Vec<Line<'_>> = lines.into_iter().skip(first).take(room).collect();
    shown.resize(room, Line::default());
    shown.extend(foot);
    frame.render_widget(Paragraph::new(shown), inner);
}

fn field_lines(
    sheet: &Sheet,
    n: usize,
    field: &crate::form::Field,
    width: usize,
    world: &World,
) -> Vec<Line<'static>> {
    let theme = &world.theme;
    let here = n == sheet.form.at && sheet.stage == Stage::Filling;
    let label = format!(
        "{}{}",
        field.label(),
        if field.required {
            ""
        } else {
            " (may be left out)"
        }
    );
    let name_style = if here {
        theme.style(Role::Strong)
    } else {
        theme.style(Role::Faint)
    };
    let names = 40.min(width / 2);
    let mut spans = vec![
        Span::styled(if here { ">" } else { " " }, name_style),
        Span::styled(fit(&label, names), name_style),
        Span::raw(" "),
    ];
    let room = width.saturating_sub(names + 2);
    match &field.kind {
        Kind::Choice(choices) => {
            let said = choices.get(field.choice).map_or("-", |(_, said)| said);
            let said = if here {
                format!("< {said} >  {} of {}", field.choice + 1, choices.len())
            } else {
                said.to_owned()
            };
            let style = if here {
                theme.style(Role::Cursor)
            } else {
                Style::new()
            };
            spans.push(Span::styled(fit(&said, room), style));
        }
        _ if here => {
            let (before, under, after) = field.line.parts();
            let cut: String = tail_of(&before, room.saturating_sub(2));
            spans.push(Span::raw(cut));
            spans.push(Span::styled(
                under,
                Style::new().add_modifier(ratatui::style::Modifier::REVERSED),
            ));
            spans.push(Span::raw(after));
        }
        _ => spans.push(Span::raw(fit(&field.line.text(), room))),
    }
    let mut lines = vec![Line::from(spans)];
    if let Some(problem) = &field.problem {
        for part in wrap(problem, width.saturating_sub(4)) {
            lines.push(Line::styled(
                format!("   ! {part}"),
                theme.style(Role::Alarm),
            ));
        }
    } else if let Some(note) = &field.note {
        for part in wrap(note, width.saturating_sub(4)) {
            lines.push(Line::styled(
                format!("   {part}"),
                theme.style(Role::Strong),
            ));
        }
    } else if here && !field.help.is_empty() {
        let help = field.help.replace('`', "");
        let help = wrap(&help, width.saturating_sub(4)).into_iter().take(2);
        lines.extend(help.map(|part| Line::styled(format!("   {part}"), theme.style(Role::Faint))));
    }
    lines
}

/// What the host said against it, and the keys.
fn foot(sheet: &Sheet, app: &App, width: usize) -> Vec<Line<'static>> {
    let theme = &app.world.theme;
    let mut lines = vec![pane::rule("", width, &app.world)];
    let room = width.saturating_sub(2);
    let mut say = |said: &str, role: Role| {
        for part in wrap(said, room).into_iter().take(4) {
            lines.push(Line::styled(format!(" {part}"), theme.style(role)));
        }
    };
    if let Some(refusal) = &sheet.refusal {
        let title = format!(
            "refused: {} ({} {}, phase {})",
            refusal.code.title(),
            refusal.code.status(),
            refusal.code,
            refusal.phase.name()
        );
        say(&title, Role::Alarm);
        say(&refusal.detail, Role::Alarm);
        if !refusal.missing_gates.is_empty() {
            say(
                &format!("gates: {}", refusal.missing_gates.join(", ")),
                Role::Warn,
            );
        }
        if !refusal.allowed_tools.is_empty() {
            let tools: Vec<&str> = refusal
                .allowed_tools
                .iter()
                .map(|tool| tool.name())
                .collect();
            say(&format!("legal now: {}", tools.join(", ")), Role::Faint);
        }
    }
    for problem in &sheet.form.problems {
        say(problem, Role::Alarm);
    }
    if let Some((role, said)) = &sheet.note {
        say(said, *role);
    }
    if sheet.stage == Stage::Uploading {
        say("uploading the file; nothing is committed yet", Role::Faint);
    } else if sheet.stage == Stage::Reading {
        let said = "somebody changed the ticket: it is read and the call judged anew";
        say(said, Role::Faint);
    } else if sheet.stage == Stage::Judging {
        say(
            "the host is judging it; nothing is committed yet",
            Role::Faint,
        );
    } else {
        let key = |action| app.keys.first(Context::Form, action).to_owned();
        let mut hint = format!(
            "{} next | {} has the host judge it, commits nothing | {} leaves",
            key(Action::NextField),
            key(Action::Submit),
            key(Action::Back)
        );
        if sheet.form.has_list() {
            hint.push_str(&format!(
                " | {} one more | {} one less",
                key(Action::AddItem),
                key(Action::RemoveItem)
            ));
        }
        say(&hint, Role::Faint);
    }
    lines
}
