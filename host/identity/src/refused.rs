//! Why a credential is no good. One line for the caller, nothing of the token.

/// Why a credential is no good. Every variant answers 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// None was given.
    #[error("no credential was given: send Authorization: Bearer <token>")]
    Missing,
    /// Not a token of ours: not three parts, not JSON, a claim missing or of another shape.
    #[error("the credential is not a token of this house")]
    Malformed,
    /// Longer than any token of ours.
    #[error("the credential is longer than 4096 bytes")]
    TooLong,
    /// No such key, or the header names none.
    #[error("the credential is signed with a key that this host does not know")]
    UnknownKey,
    /// The header claims another algorithm than its key has.
    #[error("the credential claims an algorithm that its key does not have")]
    WrongAlgorithm,
    /// The signature is not the key's.
    #[error("the credential's signature is wrong")]
    BadSignature,
    /// Of another issuer.
    #[error("the credential was issued by somebody else")]
    WrongIssuer,
    /// For another house.
    #[error("the credential is meant for another audience")]
    WrongAudience,
    /// Not one of the seven roles.
    #[error("the credential names a role that does not exist")]
    WrongRole,
    /// Its time is over.
    #[error("the credential has expired: ask for a new one")]
    Expired,
    /// Its time has not come.
    #[error("the credential is not valid yet")]
    NotYetValid,
    /// Valid for longer than this host takes.
    #[error("the credential is valid for longer than this host accepts: ask for a shorter one")]
    LifetimeTooLong,
    /// Taken back.
    #[error("the credential was revoked")]
    Revoked,
}

impl CredentialError {
    /// A short stable name, for metrics and decisions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
            Self::UnknownKey => "unknown_key",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::BadSignature => "bad_signature",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::WrongRole => "wrong_role",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::LifetimeTooLong => "lifetime_too_long",
            Self::Revoked => "revoked",
        }
    }
}
