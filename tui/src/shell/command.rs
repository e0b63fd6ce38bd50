//! Commands behind `:`, what completes them, and those typed before.

use std::collections::VecDeque;

use dispatch_contract::{TicketId, Tool};

use crate::views::Tab;

/// Remembered at most.
const HISTORY: usize = 50;

/// What can be asked for behind `:`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Command {
    /// Show this view.
    View(Tab),
    /// Show this ticket.
    Ticket(TicketId),
    /// Filter by this; nothing shows all.
    Filter(String),
    /// Sort by the column whose name begins so.
    Sort(String),
    /// Write the view to a file.
    Export {
        /// `json` or `csv`.
        format: Format,
        /// Where; none: a name in the working folder.
        path: Option<String>,
    },
    /// Fill in this tool's form.
    Call(Tool),
    /// Use these colours.
    Theme(String),
    /// Read again.
    Reload,
    /// Show the keys.
    Help,
    /// Leave.
    Quit,
}

/// How a view is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// A list of objects.
    Json,
    /// A line of names, then a line a row.
    Csv,
}

const WORDS: [(&str, &str); 9] = [
    ("ticket", "ticket ID: show it"),
    ("filter", "filter WORDS: as `/`"),
    ("sort", "sort COLUMN"),
    ("export", "export json|csv [FILE]"),
    ("call", "call TOOL: on the ticket under the cursor"),
    ("theme", "theme dark|light|safe|safe-light"),
    ("reload", "read again from the host"),
    ("help", "the keys"),
    ("quit", "leave"),
];

/// Read a command.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub(crate) fn parse(text: &str) -> Result<Command, String> {
    let mut words = text.split_whitespace();
    let Some(word) = words.next() else {
        return Err("type a command, or esc".into());
    };
    let rest: Vec<&str> = words.collect();
    let one = |what: &str| match rest.as_slice() {
        [one] => Ok(*one),
        _ => Err(format!("`{word}` takes {what}")),
    };
    if let Some(tab) = Tab::ALL.into_iter().find(|tab| tab.name() == word) {
        return Ok(Command::View(tab));
    }
    Ok(match word {
        "ticket" => {
            let id = one("the id of a ticket")?;
            Command::Ticket(id.parse().map_err(|error| format!("`{id}` is {error}"))?)
        }
        "filter" => Command::Filter(rest.join(" ")),
        "sort" => Command::Sort(one("the name of a column")?.to_owned()),
        "export" => {
            let format = match rest.first() {
                Some(&"json") => Format::Json,
                Some(&"csv") => Format::Csv,
                _ => return Err("`export` takes json or csv, then a file if you like".into()),
            };
            Command::Export {
                format,
                path: (rest.len() > 1).then(|| rest[1..].join(" ")),
            }
        }
        "call" => {
            let name = one("the name of a tool; tab shows the twelve")?;
            Command::Call(name.parse().map_err(|_| {
                format!("there is no tool `{name}`; `call` and tab show the twelve there are")
            })?)
        }
        "theme" => Command::Theme(one("dark, light, safe or safe-light")?.to_owned()),
        "reload" => Command::Reload,
        "help" => Command::Help,
        "quit" | "q" => Command::Quit,
        _ => {
            return Err(format!(
                "there is no command `{word}`; tab shows those there are"
            ));
        }
    })
}

/// What the text may become: whole lines, and what each does.
pub(crate) fn complete(text: &str, columns: &[&str]) -> Vec<(String, String)> {
    let (head, last) = text.rsplit_once(' ').map_or(("", text), |(h, l)| (h, l));
    let choices: Vec<(String, String)> = match head.trim() {
        "" => Tab::ALL
            .iter()
            .map(|tab| (tab.name().to_owned(), format!("view {}", tab.number())))
            .chain(WORDS.map(|(word, says)| (word.to_owned(), says.to_owned())))
            .collect(),
        "call" => Tool::ALL
            .iter()
            .map(|tool| (tool.name().to_owned(), tool.purpose().to_owned()))
            .collect(),
        "sort" => columns
            .iter()
            .map(|column| (column.to_lowercase(), "column".to_owned()))
            .collect(),
        "export" => [("json", "a list of objects"), ("csv", "a line a row")]
            .map(|(word, says)| (word.to_owned(), says.to_owned()))
            .into(),
        "theme" => [
            ("dark", "for a dark background"),
            ("light", "for a light one"),
            ("safe", "told apart by everybody, on a dark background"),
            ("safe-light", "the same on a light one"),
        ]
        .map(|(word, says)| (word.to_owned(), says.to_owned()))
        .into(),
        _ => Vec::new(),
    };
    let head = if head.is_empty() {
        String::new()
    } else {
        format!("{head} ")
    };
    choices
        .into_iter()
        .filter(|(word, _)| word.starts_with(last))
        .map(|(word, says)| (format!("{head}{word}"), says))
        .collect()
}

/// Commands typed before, the latest last.
#[derive(Debug, Default)]
pub(crate) struct History {
    lines: VecDeque<String>,
    at: usize,
}

impl History {
    pub(crate) fn keep(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.lines.retain(|known| known != line);
            self.lines.push_back(line.to_owned());
            if self.lines.len() > HISTORY {
                self.lines.pop_front();
            }
        }
        self.rewind();
    }

    /// A line is begun: the one before it is the latest.
    pub(crate) fn rewind(&mut self) {
        self.at = self.lines.len();
    }

    /// The one before.
    pub(crate) fn older(&mut self) -> Option<&str> {
        self.at = self.at.checked_sub(1)?;
        self.lines.get(self.at).map(String::as_str)
    }

    /// The one after; an empty line behind the latest.
    pub(crate) fn newer(&mut self) -> &str {
        self.at = (self.at + 1).min(self.lines.len());
        self.lines.get(self.at).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_or_say_what_would_be_right() {
        assert_eq!(parse("audit"), Ok(Command::View(Tab::Audit)));
        assert_eq!(parse(" q "), Ok(Command::Quit));
        assert_eq!(
            parse("export csv my file.csv"),
            Ok(Command::Export {
                format: Format::Csv,
                path: Some("my file.csv".into())
            })
        );
        assert_eq!(
            parse("call dispatch.set_eta"),
            Ok(Command::Call(Tool::DispatchSetEta))
        );
        for (bad, says) in [
            ("", "type a command"),
            ("fly", "no command `fly`"),
            ("ticket x", "not an id"),
            ("ticket", "takes the id"),
            ("export", "json or csv"),
            ("call ticket.delete", "no tool"),
        ] {
            let said = parse(bad).unwrap_err();
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn what_completes_is_a_whole_line_that_is_read() {
        let lines = |text| -> Vec<String> {
            let found = complete(text, &["AGE"]);
            found.into_iter().map(|(line, _)| line).collect()
        };
        assert_eq!(lines("au"), ["audit"]);
        assert_eq!(
            lines("call billing.g"),
            ["call billing.generate_invoice_draft"]
        );
        assert_eq!(lines("sort "), ["sort age"]);
        assert_eq!(lines("export c"), ["export csv"]);
        assert_eq!(lines("theme x"), [""; 0]);
        assert!(lines("").len() > 10);
    }

    #[test]
    fn history_goes_back_and_forth_and_ends() {
        let mut history = History::default();
        for line in ["audit", "quit", "audit"] {
            history.keep(line);
        }
        assert_eq!(history.older(), Some("audit"));
        assert_eq!(history.older(), Some("quit"));
        assert_eq!(history.older(), None);
        assert_eq!(history.newer(), "audit");
        assert_eq!(history.newer(), "");
    }
}
