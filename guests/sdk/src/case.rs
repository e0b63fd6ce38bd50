//! One call as a rule sees it: everything a verdict may depend on, and nothing else.

use crate::{Instant, Settings, TicketView};

/// The case put before a rule. `I` is what the tool's call carries.
#[derive(Debug)]
pub struct Case<'a, I> {
    /// The host's time of the call, in microseconds since 1970-01-01T00:00:00Z.
    pub now: Instant,
    /// The call's own input.
    pub input: &'a I,
    /// The ticket as it was read under its lock; for a tool that opens one, a
    /// blank ticket in state `new`.
    pub ticket: &'a TicketView,
    /// Why an operator passes the gates, where one does.
    pub override_reason: Option<&'a str>,
    /// What the pack sets for this tool.
    pub settings: Settings<'a>,
}

impl<I> Case<'_, I> {
    /// Does an operator pass the gates of this call?
    pub fn overrides(&self) -> bool {
        self.override_reason.is_some()
    }
}
