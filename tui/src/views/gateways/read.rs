//! What the host says of a gateway: the fields known by name stand in columns, everything
//! else it says is shown as it is.

use dispatch_contract::gateway_health::{ChannelHealth, GatewayHealth};
use serde_json::Value;

use crate::grid::{Column, Item, Width};
use crate::text::{micros, short_time, time};
use crate::theme::Role;
use crate::views::fields::{Field, field, flatten, heading};

/// Pings of the sparkline, the latest.
const SHOWN: usize = 40;

/// A gateway of the register, and how it is.
pub(super) struct Gateway {
    pub(super) record: Value,
    pub(super) health: Option<Value>,
}

impl Item for Gateway {
    fn id(&self) -> String {
        text(&self.record, &["gateway_id", "id", "name"])
    }
}

impl Gateway {
    /// From the health where it is known, else from the register.
    fn says(&self, names: &[&str]) -> String {
        let health = self.health.as_ref().map(|health| text(health, names));
        let said = health.filter(|said| said != "-");
        said.unwrap_or_else(|| text(&self.record, names))
    }

    pub(super) fn status(&self) -> String {
        self.says(&["status", "state"])
    }

    pub(super) fn is_ill(&self) -> bool {
        !matches!(
            self.status().as_str(),
            "-" | "online" | "ok" | "healthy" | "connected" | "ready" | "unknown" | "starting"
        )
    }
}

pub(super) static COLUMNS: [Column<Gateway>; 7] = [
    Column::new("NAME", Width::Grow(12, 2), |gateway: &Gateway, _| {
        text(&gateway.record, &["name"])
    }),
    Column::new("STATUS", Width::Fixed(14), |gateway: &Gateway, _| {
        gateway.status()
    })
    .colored(|gateway, _| {
        Some(if gateway.is_ill() {
            Role::Alarm
        } else {
            Role::Good
        })
    }),
    Column::new("VERSION", Width::Fixed(10), |gateway: &Gateway, _| {
        gateway.says(&["version", "gateway_version"])
    }),
    Column::new("PROTOCOL", Width::Fixed(8), |gateway: &Gateway, _| {
        gateway.says(&["protocol", "protocol_version"])
    }),
    Column::new("LATENCY", Width::Fixed(8), |gateway: &Gateway, _| {
        gateway
            .health
            .as_ref()
            .and_then(latency)
            .map_or("-".into(), micros)
    }),
    Column::new("RECONNECTS", Width::Fixed(10), |gateway: &Gateway, _| {
        let connections = gateway.health.as_ref().map(|health| &health["connections"]);
        let connections = connections.and_then(Value::as_u64);
        connections.map_or("-".into(), |n| n.saturating_sub(1).to_string())
    })
    .from(92),
    Column::new("URL", Width::Grow(12, 3), |gateway: &Gateway, _| {
        text(&gateway.record, &["url", "address"])
    })
    .from(76),
];

/// The first of these that it says, as text.
fn text(value: &Value, names: &[&str]) -> String {
    let found = names.iter().find_map(|name| match &value[*name] {
        Value::Null | Value::Object(_) | Value::Array(_) => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    });
    found.unwrap_or_else(|| "-".into())
}

/// The last answer to a ping, in microseconds.
pub(super) fn latency(health: &Value) -> Option<u64> {
    health["latency"]["last_us"].as_u64()
}

/// A listing, whether it is a page or a list.
pub(super) fn listed(value: Value) -> Vec<Gateway> {
    let items = match value {
        Value::Array(items) => items,
        Value::Object(mut fields) => {
            let named = ["items", "gateways"].into_iter();
            let found = named.filter_map(|name| fields.remove(name)).next();
            match found {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    };
    items
        .into_iter()
        .map(|record| Gateway {
            record,
            health: None,
        })
        .collect()
}

/// Everything that is said of it.
pub(super) fn fields(gateway: &Gateway) -> Vec<Field> {
    let mut fields = vec![field("status", gateway.status())];
    match &gateway.health {
        Some(health) => match serde_json::from_value(health.clone()) {
            Ok(health) => of_health(&health, &mut fields),
            // what answers says it otherwise: shown as it is
            Err(_) => flatten("", health, &mut fields),
        },
        None => fields.push(field("health", "not asked yet")),
    }
    fields.push(heading("as registered"));
    flatten("", &gateway.record, &mut fields);
    fields
}

fn of_health(health: &GatewayHealth, fields: &mut Vec<Field>) {
    fields.push(field("since", time(health.since)));
    for (name, said) in [
        ("trouble", &health.trouble),
        ("reason", &health.reason),
        ("next step", &health.next_step),
        ("version", &health.version),
    ] {
        if let Some(said) = said {
            fields.push(field(name, said.clone()));
        }
    }
    if let Some(protocol) = health.protocol {
        fields.push(field("protocol", protocol.to_string()));
    }
    let latency = &health.latency;
    if let (Some(last), Some(median), Some(max)) =
        (latency.last_us, latency.median_us, latency.max_us)
    {
        let history: Vec<u64> = latency.history.iter().map(|sample| sample.us).collect();
        let latest = history.len().saturating_sub(SHOWN);
        fields.push(field("latency", sparkline(&history[latest..])));
        fields.push(field(
            "pings",
            format!(
                "last {}, median {}, longest {}",
                micros(last),
                micros(median),
                micros(max)
            ),
        ));
    }
    let reconnects = health.connections.saturating_sub(1);
    fields.push(field(
        "reconnects",
        format!("{reconnects}, {} failed since the last", health.failures),
    ));
    if let Some(at) = health.next_attempt {
        fields.push(field("next try", time(at)));
    }
    fields.push(field("scopes", health.scopes.join(", ")));
    fields.push(heading("channels"));
    for channel in &health.channels {
        fields.push(field(
            &format!("{} {}", channel.channel, channel.account_id),
            account(channel),
        ));
    }
    fields.push(heading(&format!(
        "{} agents, {} sessions",
        health.agents.len(),
        health.sessions
    )));
    for agent in &health.agents {
        let name = agent.name.as_deref().unwrap_or(&agent.agent_id);
        fields.push(field(name, format!("{} sessions", agent.sessions)));
    }
    fields.push(heading("errors lately"));
    for error in &health.errors {
        fields.push(field(
            &short_time(error.at),
            format!("{} x{}: {}", error.trouble, error.times, error.message),
        ));
    }
}

/// How an account of a channel stands: the first thing that keeps it from working.
fn account(channel: &ChannelHealth) -> String {
    let stands = [
        (channel.enabled, "switched off"),
        (channel.configured, "not configured"),
        (channel.running, "not running"),
        (channel.connected, "not connected"),
    ];
    let wrong = stands.into_iter().find(|(so, _)| *so == Some(false));
    let mut said = match (wrong, channel.connected) {
        (Some((_, wrong)), _) => wrong.to_owned(),
        (None, Some(_)) => "connected".to_owned(),
        (None, None) => "nothing known".to_owned(),
    };
    if let Some(attempts) = channel.reconnect_attempts.filter(|attempts| *attempts > 0) {
        said.push_str(&format!(", {attempts} reconnects"));
    }
    if let Some(error) = &channel.last_error {
        said.push_str(&format!(", {error}"));
    }
    said
}

/// Values as bars of eight heights, the highest is the largest.
pub(super) fn sparkline(values: &[u64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let bar = |value: &u64| BARS[usize::try_from(value * 7 / most).unwrap_or(7).min(7)];
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sparkline_is_as_high_as_its_largest_value() {
        assert_eq!(sparkline(&[0, 5, 10]), "▁▄█");
        assert_eq!(sparkline(&[]), "");
        assert_eq!(sparkline(&[0]), "▁");
    }

    #[test]
    fn a_listing_is_read_as_a_page_or_a_list() {
        let one = json!({"gateway_id": "G1", "name": "front", "status": "offline"});
        for listing in [
            json!([one]),
            json!({"items": [one]}),
            json!({"gateways": [one]}),
        ] {
            let gateways = listed(listing);
            assert_eq!(gateways[0].id(), "G1");
            assert!(gateways[0].is_ill());
        }
        assert!(listed(json!("?")).is_empty());
    }
}
