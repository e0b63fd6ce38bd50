//! Why a pack was refused: at which step, in which file, at which place.

use std::fmt;

use dispatch_contract::Tool;

use super::Pack;
use super::step::{Step, Taken};

/// Why a pack was refused.
#[derive(Debug, thiserror::Error)]
pub struct PackError {
    /// At which step.
    pub step: Step,
    /// The file within the pack, where one is to blame.
    pub file: Option<String>,
    /// Its line, counted from 1.
    pub line: Option<usize>,
    /// The place in the line, in characters, counted from 1.
    pub column: Option<usize>,
    /// The component's tool, where one is to blame.
    pub component: Option<Tool>,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where that is known.
    pub help: Option<String>,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Line and column of an offset in a text, both counted from 1, the column in
/// characters; none where the offset is not in the text.
pub(crate) fn place(text: &str, offset: usize) -> Option<(usize, usize)> {
    let before = text.get(..offset)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    Some((line, before[line_start..].chars().count() + 1))
}

impl PackError {
    /// A refusal at this step.
    #[must_use]
    pub fn new(step: Step, message: impl Into<String>) -> Self {
        Self {
            step,
            file: None,
            line: None,
            column: None,
            component: None,
            message: message.into(),
            help: None,
            source: None,
        }
    }

    /// In this file of the pack, and on this line.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>, line: Option<usize>) -> Self {
        self.file = Some(file.into());
        self.line = line;
        self
    }

    /// In this file of the pack, where its text has this offset.
    pub(crate) fn at(mut self, file: impl Into<String>, text: &str, offset: Option<usize>) -> Self {
        let place = offset.and_then(|offset| place(text, offset));
        self.file = Some(file.into());
        (self.line, self.column) = place.unzip();
        self
    }

    pub(crate) fn of(mut self, component: Tool) -> Self {
        self.component = Some(component);
        self
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With what lies beneath.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.step.name())?;
        if let Some(file) = &self.file {
            write!(f, "{file}")?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
                if let Some(column) = self.column {
                    write!(f, ":{column}")?;
                }
            }
            write!(f, ": ")?;
        }
        if let Some(tool) = self.component {
            write!(f, "the component of {tool}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// A candidate that was turned down, with the steps it had passed before.
#[derive(Debug)]
pub struct Rejected {
    /// The step that was not passed, and why.
    pub error: PackError,
    /// The steps before it.
    pub passed: Vec<Taken>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Rejected {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}

impl From<PackError> for Rejected {
    /// At its first step.
    fn from(error: PackError) -> Self {
        Self {
            error,
            passed: Vec::new(),
        }
    }
}

/// A pack that loads and whose decision cases hold, with the evidence of each step.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The pack.
    pub pack: Pack,
    /// The steps it passed, in their order.
    pub passed: Vec<Taken>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let text = "a = 1\nä = é";
        assert_eq!(place(text, 0), Some((1, 1)));
        assert_eq!(place(text, 6), Some((2, 1)));
        assert_eq!(place(text, 11), Some((2, 5)));
        assert_eq!(place(text, text.len()), Some((2, 6)));
        assert_eq!(place(text, 7), None, "inside a character");
        assert_eq!(place(text, 99), None);
    }

    #[test]
    fn an_error_names_its_place_and_what_to_do() {
        let error = PackError::new(Step::Cedar, "a semicolon is missing")
            .at("cedar/a.cedar", "permit (\n  x", Some(11))
            .help("add one");
        assert_eq!(
            error.to_string(),
            "cedar: cedar/a.cedar:2:3: a semicolon is missing; add one"
        );
    }
}
