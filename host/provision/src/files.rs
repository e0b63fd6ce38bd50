//! The files of a workspace: which belong to whom, which the agent may keep, and where a
//! file's text goes on a gateway that takes no such file.

use std::fmt;

use crate::keys::Kind;
use crate::options::{Action, Options};

/// A file that OpenClaw gives an agent to read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum File {
    /// How to work.
    Agents,
    /// How to be.
    Soul,
    /// What there is to work with, and `KEY=VALUE` lines.
    Tools,
    /// Who one is.
    Identity,
    /// Whom one works for.
    User,
    /// What to look at now and then.
    Heartbeat,
    /// What is worth keeping.
    Memory,
    /// What to do first.
    Bootstrap,
}

/// Files of earlier sets and of agents' own making: a lead's workspace is rid of them.
const OLD_NAMES: [&str; 11] = [
    "TASK_SOUL.md",
    "SELF.md",
    "AUTONOMY.md",
    "BOOT.md",
    "ROUTING.md",
    "LEARNINGS.md",
    "ROLE.md",
    "WORKFLOW.md",
    "STATUS.md",
    "APIS.md",
    "BOOTSTRAP.md",
];

impl File {
    /// Every file, in the order in which they are written: those whose text may have to
    /// move into AGENTS.md before it, IDENTITY.md after those by which a gateway knows that
    /// its own ritual is over, and what is to be done first at the very end.
    pub const ALL: [Self; 8] = [
        Self::Tools,
        Self::Heartbeat,
        Self::Soul,
        Self::User,
        Self::Identity,
        Self::Memory,
        Self::Agents,
        Self::Bootstrap,
    ];

    /// Its name in the workspace.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Agents => "AGENTS.md",
            Self::Soul => "SOUL.md",
            Self::Tools => "TOOLS.md",
            Self::Identity => "IDENTITY.md",
            Self::User => "USER.md",
            Self::Heartbeat => "HEARTBEAT.md",
            Self::Memory => "MEMORY.md",
            Self::Bootstrap => "BOOTSTRAP.md",
        }
    }

    /// The file of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.name() == name)
    }

    /// The section of AGENTS.md that takes this file's text on a gateway that takes no such
    /// file. OpenClaw retired TOOLS.md into that section itself; it reads HEARTBEAT.md no
    /// more, while AGENTS.md is read at every heartbeat. No other file has a second home.
    #[must_use]
    pub fn section(self) -> Option<&'static str> {
        match self {
            Self::Tools => Some("Tools"),
            Self::Heartbeat => Some("Heartbeat"),
            _ => None,
        }
    }

    /// The most characters of it that the gateway puts before the agent; what is longer is
    /// cut there, so it is refused here.
    #[must_use]
    pub fn budget(self) -> usize {
        match self {
            Self::User => 4_000,
            _ => 20_000,
        }
    }

    /// Whether an agent of this kind has such a file.
    #[must_use]
    pub fn belongs_to(self, kind: Kind) -> bool {
        self != Self::Bootstrap || kind == Kind::Lead
    }

    /// Whether the agent may make the file its own, so that an update keeps it. The main
    /// agent's USER.md is this house's: it follows the operator's settings.
    #[must_use]
    pub fn is_preserved(self, kind: Kind) -> bool {
        match self {
            Self::Memory => true,
            Self::User => kind != Kind::Main,
            _ => false,
        }
    }

    /// Whether an agent of this kind can do without it where the gateway takes no such file.
    /// A lead cannot: it answers for a board.
    #[must_use]
    pub fn is_required(self, kind: Kind) -> bool {
        kind == Kind::Lead && self.section().is_none()
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a file was found in the workspace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// There is none.
    Missing,
    /// It is there, with nothing in it.
    Empty,
    /// It is there.
    Filled,
}

/// Whether this run writes the file, given how it was found. An empty file is a file: an
/// agent may have emptied its USER.md on purpose.
#[must_use]
pub fn is_written(file: File, kind: Kind, found: Found, options: &Options) -> bool {
    if !file.belongs_to(kind) {
        return false;
    }
    if options.action == Action::Provision {
        return true;
    }
    if file == File::Bootstrap {
        // the agent is through with it: it deleted it, or emptied what it could not delete
        return found == Found::Filled || options.force_bootstrap;
    }
    !file.is_preserved(kind) || options.overwrite || found == Found::Missing
}

/// Whether a file that was found is to be taken out of the workspace: a lead's files that
/// belong to no set any more; on first provisioning also the gateway's own BOOTSTRAP.md,
/// which would have a dispatch agent ask strangers for a name.
#[must_use]
pub fn is_stale(name: &str, kind: Kind, found: Found, action: Action) -> bool {
    if found != Found::Filled {
        return false;
    }
    let wanted = File::named(name).is_some_and(|file| file.belongs_to(kind));
    if wanted || !OLD_NAMES.contains(&name) {
        return false;
    }
    kind == Kind::Lead || (name == File::Bootstrap.name() && action == Action::Provision)
}

#[cfg(test)]
mod tests;
