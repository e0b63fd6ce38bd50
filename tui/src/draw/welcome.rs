//! The screen of a start that leads to no host: what to do, in one look.

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::pane;
use crate::launch::Missing;
use crate::text::wrap;
use crate::theme::{Role, Theme};
use crate::world::World;

/// Draw it.
pub(crate) fn welcome(frame: &mut Frame<'_>, missing: &Missing, world: &World) {
    let inner = pane::framed(frame, frame.area(), "dispatch console", true, world);
    let said = match missing {
        Missing::Host { path, hosts } => which(path, hosts),
        Missing::Token { path, configured } => first(path, *configured, &world.url),
    };
    let width = usize::from(inner.width);
    let lines = said
        .into_iter()
        .flat_map(|(how, said)| line(how, &said, width, &world.theme));
    frame.render_widget(Paragraph::new(Vec::from_iter(lines)), inner);
}

/// How a line is meant.
#[derive(Clone, Copy)]
enum How {
    /// What it is about.
    Heading,
    Said,
    /// To be typed, or written into a file, as it is.
    Typed,
}

/// What is typed stands as it is; what is said goes on in the next line.
fn line(how: How, said: &str, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let (style, said) = match how {
        How::Heading => (
            theme.style(Role::Strong),
            wrap(said, width.saturating_sub(2)),
        ),
        How::Said => (Style::new(), wrap(said, width.saturating_sub(2))),
        How::Typed => (theme.style(Role::Faint), vec![format!("   {said}")]),
    };
    let lines = said.into_iter();
    lines
        .map(|line| Line::styled(format!(" {line}"), style))
        .collect()
}

fn said(how: How, lines: &[&str]) -> Vec<(How, String)> {
    lines.iter().map(|line| (how, (*line).to_owned())).collect()
}

/// The configuration has hosts, and none of them is meant.
fn which(path: &str, hosts: &[String]) -> Vec<(How, String)> {
    let command = |name: &String| format!("dispatch console --host {name}");
    let each = hosts.iter().map(|name| (How::Typed, command(name)));
    let default = format!(
        "default = \"{}\"",
        hosts.first().map_or("NAME", String::as_str)
    );
    [
        said(
            How::Heading,
            &["", "There are several hosts, and none was named.", ""],
        ),
        vec![(
            How::Said,
            format!("{path} has no default. Name one of its hosts:"),
        )],
        said(How::Said, &[""]),
        each.collect(),
        said(
            How::Said,
            &["", "Or write the one you mean most above its hosts:", ""],
        ),
        vec![(How::Typed, default)],
        said(How::Heading, &["", "Any key leaves this screen."]),
    ]
    .concat()
}

/// No token is given or configured.
fn first(path: &str, configured: bool, url: &str) -> Vec<(How, String)> {
    let so = if configured {
        "There is no token yet, and the configuration has no host."
    } else {
        "There is no token yet, and no configuration."
    };
    let write = if configured { "Add to" } else { "Write" };
    let url = format!("url = \"{url}\"");
    [
        said(How::Heading, &["", so, ""]),
        said(
            How::Said,
            &[
                "1. Mint a token where the host runs, and keep it to yourself:",
                "",
            ],
        ),
        said(
            How::Typed,
            &[
                "dispatch token mint --role operator_admin > operator.token",
                "chmod 600 operator.token",
            ],
        ),
        said(How::Said, &["", &format!("2. {write} {path}:"), ""]),
        said(
            How::Typed,
            &[
                "default = \"home\"",
                "[hosts.home]",
                &url,
                "token = { file = \"/path/to/operator.token\" }",
                "# or token = { env = \"NAME\" }",
                "# or token = { command = [\"pass\", \"dispatch\"] }",
            ],
        ),
        said(
            How::Said,
            &[
                "",
                "Or without a file: dispatch console --token-file operator.token",
                "",
                "3. `dispatch console`. No host yet? `dispatch serve` starts one.",
            ],
        ),
        said(How::Heading, &["Any key leaves this screen."]),
    ]
    .concat()
}
