//! The screen of a first start without configuration: what to do, in one look.

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::pane;
use crate::theme::Role;
use crate::world::World;

/// Draw it. `path`: where the configuration would be; `tried`: the host that was looked at.
pub(crate) fn welcome(frame: &mut Frame<'_>, path: &str, world: &World) {
    let strong = world.theme.style(Role::Strong);
    let (plain, faint) = (Style::new(), world.theme.style(Role::Faint));
    let inner = pane::framed(frame, frame.area(), "dispatch console", true, world);
    let file = format!(" 2. Write {path}:");
    let url = format!("    url = \"{}\"", world.url);
    let lines: Vec<(&str, Style)> = vec![
        ("", plain),
        (" There is no token yet, and no configuration.", strong),
        ("", plain),
        (
            " 1. Mint a token where the host runs, and keep it to yourself:",
            plain,
        ),
        ("", plain),
        (
            "    dispatch token mint --role operator_admin > operator.token",
            faint,
        ),
        ("    chmod 600 operator.token", faint),
        ("", plain),
        (&file, plain),
        ("", plain),
        ("    default = \"home\"", faint),
        ("", plain),
        ("    [hosts.home]", faint),
        (&url, faint),
        ("    token = { file = \"/path/to/operator.token\" }", faint),
        (
            "    # or token = { env = \"NAME\" }, or token = { command = [\"pass\", \"dispatch\"] }",
            faint,
        ),
        ("", plain),
        (
            "    Or without a file: dispatch console --token-file operator.token",
            plain,
        ),
        ("", plain),
        (
            " 3. `dispatch console`. No host yet? `dispatch serve` starts one.",
            plain,
        ),
        (" Any key leaves this screen.", strong),
    ];
    let lines: Vec<Line<'_>> = lines
        .into_iter()
        .map(|(said, style)| Line::styled(said, style))
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}
