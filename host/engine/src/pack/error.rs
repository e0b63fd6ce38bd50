//! Why a pack was refused: at which step, in which file, on which line.

use std::fmt;

use dispatch_contract::Tool;

/// The steps from a folder to an active pack, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// Reading the files.
    Read,
    /// `pack.toml`.
    Manifest,
    /// The Cedar schema and policies.
    Cedar,
    /// Checking and compiling the components.
    Components,
    /// The components' own word on their settings.
    Settings,
    /// The pack's decision cases.
    Tests,
    /// The revision must grow.
    Revision,
}

impl Step {
    /// The step's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Manifest => "manifest",
            Self::Cedar => "cedar",
            Self::Components => "components",
            Self::Settings => "settings",
            Self::Tests => "tests",
            Self::Revision => "revision",
        }
    }
}

/// Why a pack was refused.
#[derive(Debug, thiserror::Error)]
pub struct PackError {
    /// At which step.
    pub step: Step,
    /// The file within the pack, where one is to blame.
    pub file: Option<String>,
    /// Its line, counted from 1.
    pub line: Option<usize>,
    /// The component's tool, where one is to blame.
    pub component: Option<Tool>,
    /// What is wrong and what to do.
    pub message: String,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl PackError {
    pub(crate) fn new(step: Step, message: impl Into<String>) -> Self {
        Self {
            step,
            file: None,
            line: None,
            component: None,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn in_file(mut self, file: impl Into<String>, line: Option<usize>) -> Self {
        self.file = Some(file.into());
        self.line = line;
        self
    }

    pub(crate) fn of(mut self, component: Tool) -> Self {
        self.component = Some(component);
        self
    }

    pub(crate) fn because(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
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
            }
            write!(f, ": ")?;
        }
        if let Some(tool) = self.component {
            write!(f, "the component of {tool}: ")?;
        }
        f.write_str(&self.message)
    }
}
