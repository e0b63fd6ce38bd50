//! What a gateway says when it lets us in (`hello-ok`). Protocol 3 leaves parts out.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::scope::Scope;
use crate::secret::Secret;

/// A gateway that wants to be silent for longer is not waited for.
const LONGEST_TICK: Duration = Duration::from_secs(300);

/// What a gateway said when it let us in. Debug shows no token.
#[derive(Clone, Debug)]
pub struct Hello {
    /// The protocol that it speaks with us.
    pub protocol: u16,
    /// Its version in its own words; empty where it did not say.
    pub version: String,
    /// Another one after each start.
    pub boot_id: Option<String>,
    /// What it calls this connection.
    pub connection_id: Option<String>,
    /// The methods it advertises, sorted; there are more.
    pub methods: Vec<String>,
    /// The events it advertises, sorted.
    pub events: Vec<String>,
    /// What the connection may do.
    pub scopes: Vec<String>,
    /// How it was let in, such as `token` or `device-token`.
    pub auth_method: Option<String>,
    /// A token for this device, gateway and role.
    pub device_token: Option<Secret>,
    /// Its limits.
    pub policy: Policy,
    /// How it is, when we were let in: health, presence, uptime.
    pub snapshot: Value,
}

impl Hello {
    /// Does it advertise the method?
    #[must_use]
    pub fn has_method(&self, name: &str) -> bool {
        self.methods
            .binary_search_by(|one| one.as_str().cmp(name))
            .is_ok()
    }

    /// May the connection?
    #[must_use]
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|one| one == scope.as_str())
    }

    /// How long it has been running, in milliseconds.
    #[must_use]
    pub fn uptime_ms(&self) -> Option<u64> {
        self.snapshot.get("uptimeMs").and_then(Value::as_u64)
    }
}

/// A gateway's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The largest frame, in bytes, either way.
    pub max_payload: usize,
    /// A `tick` comes so often.
    pub tick_interval: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_payload: 25 << 20,
            tick_interval: Duration::from_secs(30),
        }
    }
}

/// As it is on the wire.
#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    protocol: u16,
    #[serde(default)]
    server: Server,
    #[serde(default)]
    features: Features,
    #[serde(default)]
    snapshot: Value,
    #[serde(default)]
    auth: Option<Auth>,
    #[serde(default)]
    policy: Option<WirePolicy>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Server {
    version: String,
    boot_id: Option<String>,
    conn_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Features {
    methods: Vec<String>,
    events: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Auth {
    method: Option<String>,
    scopes: Vec<String>,
    device_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePolicy {
    max_payload: Option<usize>,
    tick_interval_ms: Option<u64>,
}

impl Hello {
    /// Reads a hello.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(payload: Value) -> Result<Self, String> {
        let wire: Wire = serde_json::from_value(payload).map_err(|error| error.to_string())?;
        if wire.protocol == 0 {
            return Err("no protocol in hello-ok".into());
        }
        let auth = wire.auth.unwrap_or_default();
        let usual = Policy::default();
        let policy = wire.policy.unwrap_or_default();
        let mut methods = wire.features.methods;
        methods.sort_unstable();
        let mut events = wire.features.events;
        events.sort_unstable();
        Ok(Self {
            protocol: wire.protocol,
            version: wire.server.version,
            boot_id: wire.server.boot_id,
            connection_id: wire.server.conn_id,
            methods,
            events,
            scopes: auth.scopes,
            auth_method: auth.method,
            device_token: auth
                .device_token
                .filter(|token| !token.is_empty())
                .map(Secret::new),
            policy: Policy {
                max_payload: policy.max_payload.unwrap_or(usual.max_payload),
                tick_interval: policy
                    .tick_interval_ms
                    .filter(|ms| *ms > 0)
                    .map_or(usual.tick_interval, Duration::from_millis)
                    .min(LONGEST_TICK),
            },
            snapshot: wire.snapshot,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_hello_of_protocol_3_leaves_most_out() {
        let hello = Hello::read(json!({"type": "hello-ok", "protocol": 3})).expect("read");
        assert_eq!(hello.protocol, 3);
        assert_eq!(hello.policy, Policy::default());
        assert!(hello.version.is_empty() && hello.scopes.is_empty());
        assert!(Hello::read(json!({})).is_err());
        assert!(Hello::read(json!("hello")).is_err());
    }

    #[test]
    fn a_device_token_is_kept_and_not_shown() {
        let hello = Hello::read(json!({
            "protocol": 4, "auth": {"scopes": ["operator.read"], "deviceToken": "s3cret", "new": 1},
            "features": {"methods": ["status", "health"]},
            "policy": {"maxPayload": 1000, "tickIntervalMs": 15000},
        }))
        .expect("read");
        assert_eq!(
            hello.device_token.as_ref().expect("there").expose(),
            "s3cret"
        );
        assert!(!format!("{hello:?}").contains("s3cret"));
        assert!(hello.has_method("health") && !hello.has_method("x"));
        assert!(hello.has_scope(Scope::Read) && !hello.has_scope(Scope::Admin));
        assert_eq!(hello.policy.max_payload, 1000);
    }
}
