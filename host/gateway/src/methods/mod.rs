//! The calls we make, typed: what is sent has no field the gateway would refuse, what
//! comes back may have fields that we do not know. Everything else goes by
//! [`Caller::call`](crate::Caller::call).

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::scope::Scope;

pub mod agents;
pub mod channels;
pub mod chat;
pub mod config;
pub mod devices;
pub mod files;
pub mod models;
pub mod runs;
pub mod sessions;
pub mod system;
pub mod tools;

/// How long a call may take where nothing else is said, as the reference client has it.
pub const WITHIN: Duration = Duration::from_secs(30);

/// One call: its parameters, and what answers it.
pub trait Method: Serialize + Send + Sync {
    /// Its name on the wire.
    const NAME: &'static str;
    /// The scope a caller needs. Where the gateway decides by the parameters
    /// (`sessions.patch`, `agent`), the widest.
    const SCOPE: Scope;
    /// What answers it.
    type Answer: DeserializeOwned + Send;

    /// How long it may take.
    fn within(&self) -> Duration {
        WITHIN
    }
}

/// Says which method a struct of parameters is.
macro_rules! method {
    ($params:ty, $name:literal, $scope:ident, $answer:ty) => {
        impl crate::methods::Method for $params {
            const NAME: &'static str = $name;
            const SCOPE: crate::scope::Scope = crate::scope::Scope::$scope;
            type Answer = $answer;
        }
    };
}
pub(crate) use method;

/// A key that marks a repeated call as the same one: fresh, 26 characters.
#[must_use]
pub fn idempotency_key() -> String {
    ulid::Ulid::generate().to_string()
}
