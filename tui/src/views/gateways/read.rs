//! A gateway: its entry in the register, and how the host sees it.

use dispatch_contract::gateway::{self, GatewayStatus};
use dispatch_contract::gateway_health::{ChannelHealth, GatewayHealth};
use dispatch_contract::{GatewayId, Timestamp};
use serde_json::{Value, json};

use crate::grid::{Column, Item, Width};
use crate::text::{micros, short_time, time};
use crate::theme::Role;
use crate::views::fields::{Field, field, flatten, heading};

/// Pings of the sparkline, the latest.
const SHOWN: usize = 26;

/// A gateway of the register, and how it is.
pub(super) struct Gateway {
    pub(super) record: gateway::Gateway,
    pub(super) health: Option<GatewayHealth>,
    /// Why its health is not known.
    pub(super) unknown: Option<String>,
}

impl Item for Gateway {
    fn id(&self) -> String {
        self.record.gateway_id.to_string()
    }

    fn whole(&self) -> Value {
        json!({ "gateway": self.record, "health": self.health })
    }
}

impl Gateway {
    pub(super) fn gateway_id(&self) -> GatewayId {
        self.record.gateway_id
    }

    fn status(&self) -> Option<GatewayStatus> {
        self.health.as_ref().map(|health| health.status)
    }

    pub(super) fn is_ill(&self) -> bool {
        !matches!(
            self.status(),
            None | Some(GatewayStatus::Online | GatewayStatus::Starting)
        )
    }

    /// As it was told of just now, until it is read again.
    pub(super) fn changed(&mut self, change: gateway::GatewayStatusChange, at: Timestamp) {
        if let Some(health) = &mut self.health {
            health.status = change.to;
            health.since = at;
            health.reason = change.reason;
            health.next_step = change.next_step;
        }
    }

    /// As it was read; pings that are only told of one gateway at a time are kept.
    pub(super) fn found(&mut self, mut health: GatewayHealth) {
        if health.latency.history.is_empty()
            && let Some(known) = &mut self.health
        {
            health.latency.history = std::mem::take(&mut known.latency.history);
        }
        (self.health, self.unknown) = (Some(health), None);
    }
}

fn role(status: GatewayStatus) -> Role {
    match status {
        GatewayStatus::Online => Role::Good,
        GatewayStatus::Starting => Role::Faint,
        GatewayStatus::Degraded => Role::Warn,
        GatewayStatus::AuthFailed | GatewayStatus::Incompatible | GatewayStatus::Unreachable => {
            Role::Alarm
        }
    }
}

/// Something of its health, or a dash.
fn of(gateway: &Gateway, what: fn(&GatewayHealth) -> Option<String>) -> String {
    let said = gateway.health.as_ref().and_then(what);
    said.unwrap_or_else(|| "-".into())
}

pub(super) static COLUMNS: [Column<Gateway>; 7] = [
    Column::new("NAME", Width::Grow(12, 2), |gateway: &Gateway, _| {
        gateway.record.name.clone()
    }),
    Column::new("STATUS", Width::Fixed(12), |gateway: &Gateway, _| {
        of(gateway, |health| Some(health.status.name().into()))
    })
    .colored(|gateway, _| Some(gateway.status().map_or(Role::Faint, role))),
    Column::new("VERSION", Width::Fixed(10), |gateway: &Gateway, _| {
        of(gateway, |health| health.version.clone())
    }),
    Column::new("PROTO", Width::Fixed(5), |gateway: &Gateway, _| {
        of(gateway, |health| {
            health.protocol.map(|version| version.to_string())
        })
    }),
    Column::new("LATENCY", Width::Fixed(8), |gateway: &Gateway, _| {
        of(gateway, |health| health.latency.last_us.map(micros))
    })
    .by(|gateway, _| {
        let last = gateway.health.as_ref().and_then(|h| h.latency.last_us);
        last.map_or(i64::MAX, |us| i64::try_from(us).unwrap_or(i64::MAX))
    })
    .right(),
    Column::new("RECONNECTS", Width::Fixed(10), |gateway: &Gateway, _| {
        of(gateway, |health| Some(reconnects(health).to_string()))
    })
    .right()
    .from(92),
    Column::new("URL", Width::Grow(12, 3), |gateway: &Gateway, _| {
        gateway.record.url.clone()
    })
    .from(76),
];

fn reconnects(health: &GatewayHealth) -> u64 {
    health.connections.saturating_sub(1)
}

/// How it is.
pub(super) fn health(gateway: &Gateway) -> Vec<Field> {
    let mut fields = Vec::new();
    match (&gateway.health, &gateway.unknown) {
        (Some(health), _) => of_health(health, &mut fields),
        (None, Some(why)) => fields.push(field("health", format!("not known: {why}"))),
        (None, None) => fields.push(field("health", "not read yet")),
    }
    fields
}

/// How it is registered.
pub(super) fn record(gateway: &Gateway) -> Vec<Field> {
    let mut fields = vec![heading("as registered")];
    let record = serde_json::to_value(&gateway.record).unwrap_or_default();
    flatten("", &record, &mut fields);
    fields
}

fn of_health(health: &GatewayHealth, fields: &mut Vec<Field>) {
    fields.push(field("status", health.status.name()));
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
        if !history.is_empty() {
            fields.push(field("latency", sparkline(&history[latest..])));
        }
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
    fields.push(field(
        "reconnects",
        format!(
            "{}, {} failed since the last",
            reconnects(health),
            health.failures
        ),
    ));
    if let Some(at) = health.next_attempt {
        fields.push(field("next try", time(at)));
    }
    if !health.scopes.is_empty() {
        fields.push(field("scopes", health.scopes.join(", ")));
    }
    if !health.channels.is_empty() {
        fields.push(heading("channels"));
    }
    for channel in &health.channels {
        fields.push(field(
            &format!("{} {}", channel.channel, channel.account_id),
            account(channel),
        ));
    }
    fields.push(heading(&format!(
        "{}, {}",
        count(health.agents.len(), "agent"),
        count(health.sessions, "session")
    )));
    for agent in &health.agents {
        let name = agent.name.as_deref().unwrap_or(&agent.agent_id);
        fields.push(field(name, count(agent.sessions, "session")));
    }
    if !health.errors.is_empty() {
        fields.push(heading("errors lately"));
    }
    for error in &health.errors {
        fields.push(field(
            &short_time(error.at),
            format!("{} x{}: {}", error.trouble, error.times, error.message),
        ));
    }
}

/// `1 agent`, `2 agents`.
fn count(of: impl TryInto<u64>, what: &str) -> String {
    match of.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
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

    #[test]
    fn a_sparkline_is_as_high_as_its_largest_value() {
        assert_eq!(sparkline(&[0, 5, 10]), "▁▄█");
        assert_eq!(sparkline(&[]), "");
        assert_eq!(sparkline(&[0]), "▁");
    }
}
