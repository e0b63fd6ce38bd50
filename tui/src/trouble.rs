//! What went wrong between console and host, and what to do about it.

/// Why the host did not answer with what was asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Nothing answers there, or not in time.
    #[error("no host answers at {url}: {why}")]
    Unreachable {
        /// Where.
        url: String,
        /// In the network's words.
        why: String,
    },
    /// The token is not taken.
    #[error("the host does not take this token (401): {detail}")]
    Token {
        /// In the host's words.
        detail: String,
    },
    /// The token's role may not.
    #[error("this token may not (403): {detail}")]
    Role {
        /// In the host's words.
        detail: String,
    },
    /// The host turned it away otherwise.
    #[error("the host answered {status}: {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// In the host's words.
        detail: String,
    },
    /// What answers is no host of ours.
    #[error("what answers at {url} does not speak this version of Real Dispatch: {why}")]
    Foreign {
        /// Where.
        url: String,
        /// How that showed.
        why: String,
    },
}

impl Trouble {
    /// What to do about it.
    #[must_use]
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => {
                "Start a host with `dispatch serve`, or name it with --url or DISPATCH_URL. \
                 `r` tries again."
            }
            Self::Token { .. } => {
                "Mint another with `dispatch token mint --role operator_admin`, then start the \
                 console with --token-file or DISPATCH_TOKEN."
            }
            Self::Role { .. } => {
                "Use an operator's token: `dispatch token mint --role operator_admin`."
            }
            Self::Refused { status: 429, .. } => "Wait a little; `r` reads again.",
            Self::Refused { .. } => "`r` reads again; the host's log says more.",
            Self::Foreign { .. } => "Check --url; host and console should be of one version.",
        }
    }

    /// The ticket is not there, or not for this token.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Trying again unasked would not help.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Token { .. } | Self::Role { .. })
    }
}
