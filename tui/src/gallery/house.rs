//! What that host tells of the house: its packs, its gateways, what waits for a person.

use dispatch_contract::event::EventType;
use dispatch_contract::gateway::{Gateway, GatewayStatus, GatewayStatusChange};
use dispatch_contract::gateway_health::{GatewayAlert, GatewayHealth};
use dispatch_contract::packs::FlippedCall;
use dispatch_contract::{Event, GatewayId, OrganizationId};
use serde_json::{Value, json};

use crate::testing::{at, event, gateway, health, id};

fn pack_event(sequence: u64, kind: &str, payload: Value) -> Event {
    let mut made = event(0, sequence, kind);
    made.ticket_id = None;
    made.payload = payload;
    made.occurred_at = at(-90_000 + 9_000 * i64::try_from(sequence).unwrap());
    made
}

fn pack(version: &str, digest: &str) -> Value {
    json!({"name": "real-dispatch", "version": version, "digest": digest.repeat(8)})
}

pub(super) fn pack_log() -> Vec<Event> {
    let steps = json!([
        {"step": "read", "took_us": 2_140, "evidence": "31 files, 1.4 MB"},
        {"step": "cedar", "took_us": 9_800, "evidence": "24 policies validated"},
        {"step": "components", "took_us": 5_120, "evidence": "12 components, all cached"},
        {"step": "tests", "took_us": 10_400, "evidence": "118 cases hold"},
        {"step": "replay", "took_us": 128_000, "evidence": "2000 recorded calls judged again, 3 flip"}]);
    let failed = json!({"step": "tests", "reason": "case `closing without a photo` expected gate_blocked, got allow",
        "file": "tests/closeout.toml", "line": 41, "help": "the photo gate's setting was lowered to 0"});
    vec![
        pack_event(
            9,
            "policy.pack_rejected",
            json!({"pack": pack("1.3.0", "9e107d9d"), "revision": 8, "source": "folder", "steps": steps, "failed": failed}),
        ),
        pack_event(
            8,
            "policy.mode_changed",
            json!({"pack": pack("1.3.0-rc", "c0ffee11"), "mode": "shadow", "reason": "compare before the weekend"}),
        ),
        pack_event(
            7,
            "policy.pack_activated",
            json!({"pack": pack("1.2.0", "5f1c9a7e"), "revision": 7, "source": "command", "reason": "two photos at hospitals", "steps": steps,
            "flips": {"judged": 2_000, "flipped": 3, "refused_now": 3, "allowed_now": 0, "moves_elsewhere": 0, "other_reason": 0}}),
        ),
        pack_event(
            6,
            "policy.pack_rolled_back",
            json!({"pack": pack("1.1.0", "0badcafe"), "revision": 6, "source": "rollback", "reason": "night shift", "steps": []}),
        ),
    ]
}

pub(super) fn pack_status() -> Value {
    json!({"active": pack("1.2.0", "5f1c9a7e"), "revision": 7, "last_good": true, "folder": "refused",
        "rejected": {"at": at(-9_000), "step": "tests", "reason": "1 case does not hold", "file": "tests/closeout.toml", "line": 41},
        "shadow": {"pack": pack("1.3.0-rc", "c0ffee11"), "since": at(-18_000), "judged": 1_204, "differing": 17},
        "history": []})
}

/// What the pack in shadow judged otherwise.
pub(super) fn differences() -> Vec<FlippedCall> {
    let allowed =
        json!({"verdict": "allow", "of": {"from": null, "to": null, "determining_policies": []}});
    let kinds = ["refused_now", "refused_now", "other_reason", "refused_now"];
    let one = |(n, kind): (u128, &str)| {
        let call = json!({"decision_id": id(n), "decided_at": at(-60), "tool": "closeout.add_photo",
            "kind": kind, "before": allowed, "after": allowed});
        serde_json::from_value(call).unwrap()
    };
    (500..).zip(kinds).map(one).collect()
}

/// Two gateways of the register: names, and how they are.
const GATEWAYS: [(&str, GatewayStatus); 2] = [
    ("front-office", GatewayStatus::Online),
    ("night-desk", GatewayStatus::Unreachable),
];

pub(super) fn gateways() -> Vec<Gateway> {
    let one = |(n, (name, _)): (u128, &(&str, GatewayStatus))| Gateway {
        name: (*name).into(),
        ..gateway(n)
    };
    (1..).zip(&GATEWAYS).map(one).collect()
}

/// As the host tells of all at once: without the history of pings.
pub(super) fn gateway_healths() -> Vec<GatewayHealth> {
    let ids = gateways().into_iter().map(|one| one.gateway_id);
    let brief = |id| {
        let mut health = gateway_health(id);
        health.latency.history.clear();
        health
    };
    ids.map(brief).collect()
}

pub(super) fn gateway_health(id_: GatewayId) -> GatewayHealth {
    let n = id_.0.0;
    let (name, status) = GATEWAYS[usize::try_from(n).unwrap() - 1];
    let mut known = health(n, status);
    known.name = name.into();
    if status == GatewayStatus::Unreachable {
        known.since = at(-5_400);
        known.trouble = Some("unreachable".into());
        known.reason = Some("Connection refused".into());
        known.next_step = Some("Start the gateway, or mend its address.".into());
        (known.connections, known.failures) = (3, 41);
        known.next_attempt = Some(at(21));
        known.errors = serde_json::from_value(json!([{"at": at(-4), "trouble": "unreachable",
            "message": "Connection refused", "times": 41}]))
        .unwrap();
        return known;
    }
    let history: Vec<Value> = (0..30)
        .map(|n| json!({"at": at(-90 + 3 * n), "us": 8_000 + (n * 7_919) % 9_000}))
        .collect();
    (known.version, known.protocol) = (Some("2026.9.6".into()), Some(4));
    known.scopes = vec!["operator.read".into(), "operator.write".into()];
    known.latency = serde_json::from_value(json!(
        {"last_us": 11_200, "median_us": 9_900, "max_us": 16_800, "history": history}))
    .unwrap();
    known.connections = 2;
    known.channels = serde_json::from_value(json!([
        {"channel": "whatsapp", "account_id": "main", "enabled": true, "configured": true, "running": true, "connected": true},
        {"channel": "telegram", "account_id": "night", "enabled": true, "configured": true, "running": true, "connected": false,
            "reconnect_attempts": 3, "last_error": "401 Unauthorized"}]))
    .unwrap();
    known.agents = serde_json::from_value(json!([
        {"agent_id": "rd-gateway-1", "name": "Dispatch desk", "sessions": 6}, {"agent_id": "lead-1", "sessions": 3}]))
    .unwrap();
    (known.sessions, known.looked_at) = (9, Some(at(-2)));
    known.errors = serde_json::from_value(json!([{"at": at(-40_100), "trouble": "unreachable",
        "message": "connection refused", "times": 4}]))
    .unwrap();
    known
}

/// What the house wrote down by itself: of this second, about no ticket.
fn house(sequence: u64, kind: EventType, second: i64, payload: impl serde::Serialize) -> Event {
    let mut made = event(2, sequence, kind.name());
    made.ticket_id = None;
    made.occurred_at = at(second);
    made.payload = serde_json::to_value(payload).unwrap();
    made
}

fn status_changes() -> Vec<Event> {
    let change = |sequence, second, n: u128, from, to| {
        let change = GatewayStatusChange {
            gateway_id: GatewayId(id(n).0),
            organization_id: OrganizationId::HOUSE,
            from,
            to,
            reason: (to == GatewayStatus::Unreachable).then(|| "Connection refused".into()),
            next_step: None,
        };
        house(sequence, EventType::GatewayStatusChanged, second, change)
    };
    let (up, down) = (GatewayStatus::Online, GatewayStatus::Unreachable);
    vec![
        change(24, -5_400, 2, up, down),
        change(21, -40_000, 1, down, up),
        change(20, -40_100, 1, up, down),
    ]
}

/// Night desk is away; front office was, and is back.
fn escalations() -> Vec<Event> {
    let alert = |sequence, second, n: u128, over| {
        let gateway = gateways().swap_remove(usize::try_from(n).unwrap() - 1);
        let alert = GatewayAlert {
            about: "gateway".into(),
            gateway_id: gateway.gateway_id,
            organization_id: gateway.organization_id,
            name: gateway.name,
            over,
            status: if over {
                GatewayStatus::Online
            } else {
                GatewayStatus::Unreachable
            },
            since: at(second - 60),
            reason: (!over).then(|| "Connection refused".into()),
            next_step: (!over).then(|| "Start the gateway, or mend its address.".into()),
        };
        house(sequence, EventType::EscalationRaised, second, alert)
    };
    vec![
        alert(25, -5_340, 2, false),
        alert(23, -39_940, 1, true),
        alert(22, -40_040, 1, false),
    ]
}

pub(super) fn told(kind: EventType) -> Vec<Event> {
    let made = |sequence, payload| {
        let mut one = event(3, sequence, kind.name());
        one.payload = payload;
        one
    };
    match kind {
        EventType::EscalationRaised => escalations(),
        EventType::GatewayStatusChanged => status_changes(),
        EventType::GatewayRegistered => {
            let all = (1..).zip(gateways());
            all.map(|(n, gateway)| house(n, kind, -900_000, json!({ "gateway": gateway })))
                .collect()
        }
        EventType::ProposalCreated => vec![
            made(
                9,
                json!({"proposal_id": "P2", "tool": "ticket.set_priority", "input": {"priority": "emergency"}}),
            ),
            made(8, json!({"proposal_id": "P1", "tool": "schedule.confirm"})),
        ],
        EventType::ProposalApproved => vec![made(
            10,
            json!({"proposal_id": "P1", "reason": "agreed by phone"}),
        )],
        _ => Vec::new(),
    }
}
