//! Credentials of a run: a key of its own, and principals of every role.

use anyhow::{Context, Result};
use chrono::{TimeDelta, Utc};
use dispatch_contract::{Actor, PrincipalId, Role};
use dispatch_identity::{Alg, Claims, ISSUER, Key, Keyring};
use ulid::Ulid;

/// Principals of each role: enough to be unlike one very busy caller.
const OF_EACH_ROLE: usize = 8;

/// Somebody who may call.
pub(crate) struct Principal {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// The principals of a run.
pub(crate) struct Tokens {
    keyring: Keyring,
    by_role: Vec<(Role, Vec<Principal>)>,
}

impl Tokens {
    pub(crate) fn new() -> Result<Self> {
        let keyring = Keyring::of(Key::generate("bench", Alg::EdDSA, None)?);
        let by_role = Role::ALL
            .into_iter()
            .map(|role| {
                let some: Result<Vec<_>> = (0..OF_EACH_ROLE)
                    .map(|_| principal(&keyring, role))
                    .collect();
                Ok((role, some?))
            })
            .collect::<Result<_>>()?;
        Ok(Self { keyring, by_role })
    }

    /// The keyring's text, for the host's environment.
    pub(crate) fn keyring(&self) -> String {
        self.keyring.to_text()
    }

    /// The first principal of a role.
    pub(crate) fn of(&self, role: Role) -> &Principal {
        self.one_of(role, 0)
    }

    /// One of a role's principals, by a number that may be any.
    pub(crate) fn one_of(&self, role: Role, any: usize) -> &Principal {
        let (_, some) = self
            .by_role
            .iter()
            .find(|(known, _)| *known == role)
            .expect("every role was given principals");
        &some[any % some.len()]
    }
}

fn principal(keyring: &Keyring, role: Role) -> Result<Principal> {
    let id = PrincipalId(Ulid::generate());
    let now = Utc::now();
    let token = keyring
        .mint(&Claims {
            actor: Actor { role, id },
            token_id: Ulid::generate(),
            organization: None,
            audience: ISSUER.to_owned(),
            issued_at: now.into(),
            expires_at: (now + TimeDelta::hours(6)).into(),
        })
        .context("minting a token")?;
    Ok(Principal {
        id: id.to_string(),
        token,
    })
}
