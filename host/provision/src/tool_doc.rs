//! The `KEY=VALUE` lines of TOOLS.md: what an agent's document says about where this house
//! is and which token to show it, written and read back.
//!
//! Read in both forms that are in use: bare lines, and lines as list items in backquotes.

use crate::plan::AgentPlan;
use dispatch_gateway::Secret;

/// The key of the token's line.
pub const AUTH_TOKEN: &str = "AUTH_TOKEN";

/// The lines for an agent, one per key.
#[must_use]
pub fn lines(plan: &AgentPlan, token: &Secret) -> String {
    let registration = plan.registration();
    let record = plan.record_id.to_string();
    let board = plan.post.board().map(|board| board.board_id.to_string());
    let mut lines = vec![
        ("BASE_URL", plan.base_url.as_str()),
        (AUTH_TOKEN, token.expose()),
        ("AGENT_NAME", &plan.name),
        ("AGENT_ID", &record),
    ];
    if let Some(board) = &board {
        lines.push(("BOARD_ID", board));
    }
    lines.push(("WORKSPACE_ROOT", plan.workspace_root.trim()));
    lines.push(("WORKSPACE_PATH", &registration.workspace));
    lines
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every key and value of a document, in order. A line counts where it is `KEY=VALUE` with
/// a key of capitals, digits and underscores, by itself or as `` - `KEY=VALUE` ``.
pub fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(pair)
}

/// The value of a key; the first where it is there twice.
#[must_use]
pub fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    pairs(text)
        .find(|(found, _)| *found == key)
        .map(|(_, value)| value)
}

/// The token a document holds; none where it has none or an empty one.
#[must_use]
pub fn token(text: &str) -> Option<Secret> {
    value(text, AUTH_TOKEN)
        .filter(|token| !token.is_empty())
        .map(Secret::new)
}

fn pair(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let bare = line
        .strip_prefix(['-', '*'])
        .and_then(|item| item.trim_start().strip_prefix('`')?.strip_suffix('`'))
        .unwrap_or(line);
    let (key, value) = bare.split_once('=')?;
    let is_key = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    is_key.then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn what_is_written_is_read_back_in_both_forms() {
        let plan = sample::worker();
        let written = lines(&plan, &Secret::new("s3cr=t"));
        let expected = [
            ("BASE_URL", "https://dispatch.example"),
            ("AUTH_TOKEN", "s3cr=t"),
            ("AGENT_NAME", "Iris"),
            ("AGENT_ID", "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N"),
            ("BOARD_ID", "01J9ZQ4Y7M8K6T5R4E3W2Q1P0B"),
            ("WORKSPACE_ROOT", "~/.openclaw"),
            (
                "WORKSPACE_PATH",
                "~/.openclaw/workspace-rd-01j9zq4y7m8k6t5r4e3w2q1p0n",
            ),
        ];
        assert_eq!(pairs(&written).collect::<Vec<_>>(), expected);
        let items: String = written
            .lines()
            .map(|line| format!("- `{line}`\n"))
            .collect();
        assert_eq!(pairs(&items).collect::<Vec<_>>(), expected);
        assert_eq!(token(&items), Some(Secret::new("s3cr=t")));
        assert!(!lines(&sample::main(), &Secret::new("t")).contains("BOARD_ID"));
    }

    #[test]
    fn only_lines_of_that_form_count() {
        for (line, expected) in [
            ("A=b", Some(("A", "b"))),
            ("  A_1=", Some(("A_1", ""))),
            ("* `A=b c`", Some(("A", "b c"))),
            ("-   `A=b`  ", Some(("A", "b"))),
            ("a=b", None),
            ("=b", None),
            ("A b=c", None),
            ("- A", None),
            ("- `A=b", None),
            ("export A=b", None),
            ("", None),
        ] {
            assert_eq!(pair(line), expected, "{line}");
        }
        assert_eq!(token("AUTH_TOKEN="), None);
        assert_eq!(value("A=1\nA=2", "A"), Some("1"));
    }
}
