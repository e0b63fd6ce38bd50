//! What is wrong with a pack, as its author reads it: the place in its file, and what
//! to do. With the lines around it on a terminal, on one line anywhere else.

use std::fmt;
use std::path::Path;

use dispatch_engine::PackError;
use miette::{
    Diagnostic, LabeledSpan, MietteHandlerOpts, NamedSource, ReportHandler as _, RgbColors,
    SourceCode,
};
use serde::Serialize;

use crate::failure::chain;
use crate::show::clean;
use crate::show::paint::Paint;

/// Why a pack would be refused, with `--json`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Wrong {
    pub(super) step: &'static str,
    pub(super) file: Option<String>,
    pub(super) line: Option<usize>,
    pub(super) column: Option<usize>,
    pub(super) tool: Option<String>,
    pub(super) reason: String,
    pub(super) help: Option<String>,
}

impl From<&PackError> for Wrong {
    fn from(error: &PackError) -> Self {
        let mut reason = error.message.clone();
        if let Some(source) = &error.source {
            let said = chain(source.as_ref());
            if !reason.contains(&said) {
                reason = format!("{reason}: {said}");
            }
        }
        Self {
            step: error.step.name(),
            file: error.file.clone(),
            line: error.line,
            column: error.column,
            tool: error.component.map(|tool| tool.to_string()),
            reason,
            help: error.help.clone(),
        }
    }
}

impl Wrong {
    /// For people. `headline` says what it is: "refused", "unused"; `folder` is where the
    /// pack stands, if it does.
    pub(super) fn text(&self, headline: &str, folder: Option<&Path>, paint: Paint) -> String {
        let lines = folder
            .zip(self.file.as_ref())
            .filter(|_| paint.draws())
            .and_then(|(folder, file)| {
                let bytes = std::fs::read(folder.join(file)).ok()?;
                let text = harmless(&String::from_utf8(bytes).ok()?);
                let shown = Shown::new(self, headline, file, text)?;
                Some(Drawn { shown, paint }.to_string())
            });
        lines.unwrap_or_else(|| self.line(headline, paint))
    }

    /// On one line: the place, what is wrong, what to do.
    pub(super) fn told(&self) -> String {
        let help = self.help.as_ref();
        let help = help.map_or_else(String::new, |help| format!("; {help}"));
        clean(&format!("{}{}{help}", self.place(), self.what()))
    }

    fn line(&self, headline: &str, paint: Paint) -> String {
        let head = paint.bad(&format!("{headline}:"));
        let mut text = format!("{head} {}{}\n", clean(&self.place()), clean(&self.what()));
        if let Some(help) = &self.help {
            text.push_str(&format!("  help: {}\n", clean(help)));
        }
        text
    }

    /// `pack.toml:12:4: `, as far as it is known.
    fn place(&self) -> String {
        let place: String = [
            self.file.clone(),
            self.line.map(|line| line.to_string()),
            self.column.map(|column| column.to_string()),
        ]
        .into_iter()
        .flatten()
        .map(|part| format!("{part}:"))
        .collect();
        if place.is_empty() {
            place
        } else {
            format!("{place} ")
        }
    }

    fn what(&self) -> String {
        match &self.tool {
            Some(tool) => format!("{} (step {}, tool {tool})", self.reason, self.step),
            None => format!("{} (step {})", self.reason, self.step),
        }
    }
}

/// A text of many lines, each byte in its place, that gives the terminal no commands.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            // as long as what they stand for: one byte, and two
            c if c.is_ascii_control() => ' ',
            c if c.is_control() => '\u{a0}',
            c => c,
        })
        .collect()
}

/// What a place is said to be of: up to the next blank, a text in quotes whole. Where a
/// mistake ends nobody says, and a line may be longer than a terminal is wide.
fn word(rest: &str) -> &str {
    let quoted = rest.strip_prefix('"').and_then(|inner| inner.find('"'));
    let end = quoted.map_or_else(|| rest.find(char::is_whitespace), |end| Some(end + 2));
    &rest[..end.unwrap_or(rest.len())]
}

/// The same as miette draws it.
#[derive(Debug)]
struct Shown {
    message: String,
    help: Option<String>,
    source: NamedSource<String>,
    label: LabeledSpan,
}

/// As wide as the terminal is, in characters that it has.
struct Drawn {
    shown: Shown,
    paint: Paint,
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        MietteHandlerOpts::new()
            .force_graphical(true)
            .color(self.paint.is_on())
            .rgb_colors(RgbColors::Never)
            .terminal_links(false)
            .build()
            .debug(&self.shown, f)
    }
}

impl Shown {
    /// None where no place in the text is known.
    fn new(wrong: &Wrong, headline: &str, file: &str, text: String) -> Option<Self> {
        let line = wrong.line?;
        let start: usize = text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let rest = text.get(start..)?.lines().next()?;
        let before: usize = rest
            .chars()
            .take(wrong.column.unwrap_or(1).saturating_sub(1))
            .map(char::len_utf8)
            .sum();
        let marked = word(rest.get(before..)?).len();
        let label = LabeledSpan::new(None, start + before, marked);
        Some(Self {
            message: format!("{headline}: {}", clean(&wrong.what())),
            help: wrong.help.as_ref().map(|help| clean(help)),
            source: NamedSource::new(file, text),
            label,
        })
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.label.clone())))
    }
}
