//! Verifying: a token becomes a principal, or a reason why not.

use std::fmt;

use arc_swap::ArcSwap;
use dispatch_contract::{Actor, OrganizationId, PrincipalId, Role, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode, decode_header};
use quick_cache::sync::Cache;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::keyring::Keyring;
use crate::mint::{ISSUER, seconds};
use crate::refused::CredentialError;
use crate::revoked::RevocationList;

/// Bytes of a token at most; ours have some 350.
pub const MAX_TOKEN_BYTES: usize = 4096;

/// How far the clocks of issuer and host may be apart.
pub const LEEWAY_SECONDS: i64 = 30;

/// What a host accepts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifierConfig {
    /// The house's own name.
    pub audience: String,
    /// From issue to expiry at most.
    pub max_lifetime_seconds: i64,
    /// Verified tokens remembered at most.
    pub cached_tokens: usize,
}

impl Default for VerifierConfig {
    /// A year at most; 10,000 tokens.
    fn default() -> Self {
        Self {
            audience: ISSUER.into(),
            max_lifetime_seconds: 366 * 86_400,
            cached_tokens: 10_000,
        }
    }
}

/// Who calls, by a credential that holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Principal {
    /// Role and id.
    pub actor: Actor,
    /// The one organization that an operator may know of; all of them where absent.
    pub organization: Option<OrganizationId>,
    /// The credential's own id, by which it is revoked.
    pub token_id: Ulid,
    /// Until when it holds.
    pub expires_at: Timestamp,
}

/// A ring and its number, so that what an older ring verified is forgotten.
struct Ring {
    number: u64,
    keys: Keyring,
}

/// What is remembered of a token whose signature held.
#[derive(Clone, Copy)]
struct Known {
    ring: u64,
    principal: Principal,
    /// Not before this second.
    from: i64,
}

/// The claims that are read after the signature held; `iss` and `aud` are checked with it.
#[derive(Deserialize)]
struct Read {
    sub: String,
    role: String,
    #[serde(default)]
    org: Option<String>,
    jti: String,
    iat: i64,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
}

/// Turns tokens into principals. Shared by all connections of a host.
pub struct Verifier {
    config: VerifierConfig,
    ring: ArcSwap<Ring>,
    revoked: RevocationList,
    /// By SHA-256 of the token; signatures only, never revocation or expiry.
    known: Cache<[u8; 32], Known>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("config", &self.config)
            .field("keys", &self.ring.load().keys)
            .finish_non_exhaustive()
    }
}

impl Verifier {
    /// A verifier of these keys.
    #[must_use]
    pub fn new(keys: Keyring, config: VerifierConfig, revoked: RevocationList) -> Self {
        Self {
            known: Cache::new(config.cached_tokens),
            ring: ArcSwap::from_pointee(Ring { number: 0, keys }),
            config,
            revoked,
        }
    }

    /// Put another ring in place, in one step: what a removed key signed is
    /// refused from the next call on.
    pub fn replace_keys(&self, keys: Keyring) {
        self.ring.rcu(|ring| Ring {
            number: ring.number + 1,
            keys: keys.clone(),
        });
        self.known.clear();
    }

    /// The list that every call is held against.
    #[must_use]
    pub fn revoked(&self) -> &RevocationList {
        &self.revoked
    }

    /// Tokens whose signature is remembered now.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.known.len()
    }

    /// Who calls. Signatures are remembered; expiry and revocation are looked at every time.
    ///
    /// # Errors
    /// [`CredentialError`], all of which answer 401.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Principal, CredentialError> {
        if token.is_empty() {
            return Err(CredentialError::Missing);
        }
        if token.len() > MAX_TOKEN_BYTES {
            return Err(CredentialError::TooLong);
        }
        let ring = self.ring.load();
        let digest: [u8; 32] = Sha256::digest(token).into();
        let known = match self.known.get(&digest) {
            Some(known) if known.ring == ring.number => known,
            _ => {
                let known = self.read(&ring, token)?;
                self.known.insert(digest, known);
                known
            }
        };
        let principal = known.principal;
        if seconds(now) >= seconds(principal.expires_at) + LEEWAY_SECONDS {
            return Err(CredentialError::Expired);
        }
        if seconds(now) + LEEWAY_SECONDS < known.from {
            return Err(CredentialError::NotYetValid);
        }
        if self.revoked.contains(principal.token_id) {
            return Err(CredentialError::Revoked);
        }
        Ok(principal)
    }

    /// Everything that does not depend on when it is asked.
    fn read(&self, ring: &Ring, token: &str) -> Result<Known, CredentialError> {
        let header = decode_header(token).map_err(|error| refused(error.kind()))?;
        if header.crit.is_some() {
            return Err(CredentialError::Malformed);
        }
        let key = header
            .kid
            .as_deref()
            .and_then(|kid| ring.keys.key(kid))
            .ok_or(CredentialError::UnknownKey)?;
        // the key says how it signs; a header that says otherwise is an attack
        let mut rules = Validation::new(key.alg().of_token());
        rules.validate_exp = false;
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[&self.config.audience]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let read = decode::<Read>(token, &key.verifies, &rules)
            .map_err(|error| refused(error.kind()))?
            .claims;
        let role: Role = read.role.parse().map_err(|_| CredentialError::WrongRole)?;
        let id = read.sub.parse::<PrincipalId>();
        let token_id = read.jti.parse::<PrincipalId>();
        let expires_at = read
            .exp
            .checked_mul(1_000_000)
            .and_then(Timestamp::from_micros);
        // a limit that cannot be read is not left out
        let organization = read.org.as_deref().map(str::parse::<OrganizationId>);
        let (Ok(id), Ok(token_id), Some(expires_at), Ok(organization)) =
            (id, token_id, expires_at, organization.transpose())
        else {
            return Err(CredentialError::Malformed);
        };
        match read.exp.checked_sub(read.iat) {
            Some(lifetime) if lifetime <= self.config.max_lifetime_seconds => {}
            _ => return Err(CredentialError::LifetimeTooLong),
        }
        Ok(Known {
            ring: ring.number,
            principal: Principal {
                actor: Actor { role, id },
                organization,
                token_id: token_id.0,
                expires_at,
            },
            from: read.iat.max(read.nbf.unwrap_or(i64::MIN)),
        })
    }
}

fn refused(kind: &ErrorKind) -> CredentialError {
    match kind {
        ErrorKind::InvalidAlgorithm => CredentialError::WrongAlgorithm,
        ErrorKind::InvalidSignature => CredentialError::BadSignature,
        ErrorKind::InvalidIssuer => CredentialError::WrongIssuer,
        ErrorKind::InvalidAudience => CredentialError::WrongAudience,
        _ => CredentialError::Malformed,
    }
}
