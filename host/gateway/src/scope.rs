//! What an operator's connection may do on a gateway.

use std::fmt;

/// A scope of the operator role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Look.
    Read,
    /// Send messages, run agents.
    Write,
    /// Change agents, sessions and configuration.
    Admin,
    /// Decide approvals.
    Approvals,
    /// Look after devices.
    Pairing,
}

impl Scope {
    /// All that this client asks for where nothing else is said.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Write,
        Self::Admin,
        Self::Approvals,
        Self::Pairing,
    ];

    /// On the wire, such as `operator.read`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "operator.read",
            Self::Write => "operator.write",
            Self::Admin => "operator.admin",
            Self::Approvals => "operator.approvals",
            Self::Pairing => "operator.pairing",
        }
    }

    /// From the wire.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
