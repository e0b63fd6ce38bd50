//! The steps of a lifecycle, and whoever looks on.

use std::fmt;

/// One step of a lifecycle. Every step may be done again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    /// `agents.create`.
    Create,
    /// The created agent shows in `agents.list`.
    Visible,
    /// `agents.update`.
    Update,
    /// The heartbeat stands in the configuration.
    Heartbeat,
    /// The files are rendered and written.
    Files,
    /// A lead's files that are no longer wanted are gone.
    Stale,
    /// `sessions.reset`.
    Reset,
    /// `sessions.patch`, before a message.
    Session,
    /// `chat.send`.
    Wake,
    /// `agents.delete`.
    DeleteAgent,
    /// `sessions.delete`.
    DeleteSession,
}

impl Step {
    /// The steps of an apply, in order.
    pub const APPLY: [Self; 9] = [
        Self::Create,
        Self::Visible,
        Self::Update,
        Self::Heartbeat,
        Self::Files,
        Self::Stale,
        Self::Reset,
        Self::Session,
        Self::Wake,
    ];

    /// The steps of a deletion, in order.
    pub const DELETE: [Self; 2] = [Self::DeleteAgent, Self::DeleteSession];

    /// What is done, as it reads after "while".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "creating the agent",
            Self::Visible => "waiting for the agent to show",
            Self::Update => "updating the agent",
            Self::Heartbeat => "setting the heartbeat",
            Self::Files => "writing files",
            Self::Stale => "removing old files",
            Self::Reset => "resetting the session",
            Self::Session => "making the session",
            Self::Wake => "waking the agent",
            Self::DeleteAgent => "deleting the agent",
            Self::DeleteSession => "deleting the session",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an onlooker says after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Go {
    /// On with it.
    On,
    /// Stop here, as a crash would.
    Stop,
}

/// Told after each step that was done; may stop the rest.
pub trait Observer: Send + Sync {
    /// After `step` of the agent `agent_id`.
    fn after(&self, agent_id: &str, step: Step) -> Go;
}

/// Nobody looks on.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn after(&self, _: &str, _: Step) -> Go {
        Go::On
    }
}
