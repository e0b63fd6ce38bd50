//! Who calls in the tests: one of each role, and whoever else a test needs.

use std::sync::Arc;

use dispatch_contract::{Actor, Role, Timestamp};
use dispatch_identity::{Alg, Claims, ISSUER, Key, Keyring};
use ulid::Ulid;

/// The technician of the register whom tests assign.
pub(crate) const TECHNICIAN: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1T0A";
/// Another one, active too.
pub(crate) const OTHER_TECHNICIAN: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1T0B";
/// One who left.
pub(crate) const INACTIVE_TECHNICIAN: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1T0C";

/// An actor and the bearer token that proves it.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) actor: Actor,
    pub(crate) token: String,
}

/// Issues credentials of one house.
#[derive(Clone)]
pub(crate) struct People {
    pub(crate) keys: Arc<Keyring>,
}

impl People {
    pub(crate) fn new() -> Self {
        let key = Key::generate("test", Alg::EdDSA, None).expect("a key");
        Self::of(Keyring::of(key))
    }

    pub(crate) fn of(keys: Keyring) -> Self {
        Self {
            keys: Arc::new(keys),
        }
    }

    /// The one of this role whom every test knows.
    pub(crate) fn of_role(&self, role: Role) -> Person {
        let id = match role {
            Role::SystemIntakeAgent => "01J9ZQ4Y7M8K6T5R4E3W2Q1A0A",
            Role::SystemSchedulingAgent => "01J9ZQ4Y7M8K6T5R4E3W2Q1A0B",
            Role::SystemTechnicianLiaisonAgent => "01J9ZQ4Y7M8K6T5R4E3W2Q1A0C",
            Role::SystemCloseoutAgent => "01J9ZQ4Y7M8K6T5R4E3W2Q1A0D",
            Role::OperatorAdmin => "01J9ZQ4Y7M8K6T5R4E3W2Q1A0E",
            Role::Technician => TECHNICIAN,
            Role::Customer => "01J9ZQ4Y7M8K6T5R4E3W2Q1C0A",
        };
        self.person(role, id)
    }

    /// Somebody of this role and id.
    pub(crate) fn person(&self, role: Role, id: &str) -> Person {
        let actor = Actor {
            role,
            id: id.parse().expect("an id"),
        };
        Person {
            actor,
            token: self.token(actor, Ulid::generate(), 0, 3600),
        }
    }

    /// A token issued and expiring so many seconds from now.
    pub(crate) fn token(&self, actor: Actor, token_id: Ulid, issued: i64, expires: i64) -> String {
        let now = crate::support::bodies::now();
        let at = |seconds: i64| {
            Timestamp::from_micros(now.micros() + seconds * 1_000_000).expect("in the calendar")
        };
        self.keys
            .mint(&Claims {
                actor,
                token_id,
                organization: None,
                audience: ISSUER.into(),
                issued_at: at(issued),
                expires_at: at(expires),
            })
            .expect("minted")
    }
}
