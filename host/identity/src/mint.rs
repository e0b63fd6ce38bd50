//! Minting: what an operator hands to an agent, a technician or a customer.

use dispatch_contract::{Actor, OrganizationId, Timestamp};
use jsonwebtoken::{Header, encode};
use serde::Serialize;
use ulid::Ulid;

use crate::keyring::Keyring;

/// Who issues.
pub const ISSUER: &str = "real-dispatch";

/// What a token shall say. Times are cut to whole seconds, as tokens have them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claims {
    /// For whom.
    pub actor: Actor,
    /// The token's own id, by which it is revoked.
    pub token_id: Ulid,
    /// The one organization that an operator may know of; all of them where absent.
    pub organization: Option<OrganizationId>,
    /// For which house.
    pub audience: String,
    /// When.
    pub issued_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MintError {
    /// No key may sign now.
    #[error("no key of the keyring can sign now: add one, or wait for its not_before")]
    NoKey,
    /// It would have expired at once.
    #[error("a token must expire after it is issued")]
    Lifetime,
    /// The key does not sign.
    #[error("the key {kid} does not sign")]
    Sign {
        /// Which.
        kid: String,
        /// What it said.
        source: jsonwebtoken::errors::Error,
    },
}

/// The claims on the wire.
#[derive(Serialize)]
struct ClaimsForm<'a> {
    iss: &'static str,
    aud: &'a str,
    sub: String,
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<OrganizationId>,
    jti: String,
    iat: i64,
    exp: i64,
}

impl Keyring {
    /// Sign a token with the key that is active when it is issued.
    ///
    /// # Errors
    /// [`MintError`].
    pub fn mint(&self, claims: &Claims) -> Result<String, MintError> {
        let key = self.active(claims.issued_at).ok_or(MintError::NoKey)?;
        let signs = key.signs.as_ref().ok_or(MintError::NoKey)?;
        let form = ClaimsForm {
            iss: ISSUER,
            aud: &claims.audience,
            sub: claims.actor.id.to_string(),
            role: claims.actor.role.name(),
            org: claims.organization,
            jti: claims.token_id.to_string(),
            iat: seconds(claims.issued_at),
            exp: seconds(claims.expires_at),
        };
        if form.exp <= form.iat {
            return Err(MintError::Lifetime);
        }
        let mut header = Header::new(key.alg().of_token());
        header.kid = Some(key.kid().to_owned());
        encode(&header, &form, signs).map_err(|source| MintError::Sign {
            kid: key.kid().to_owned(),
            source,
        })
    }
}

pub(crate) fn seconds(at: Timestamp) -> i64 {
    at.micros().div_euclid(1_000_000)
}
