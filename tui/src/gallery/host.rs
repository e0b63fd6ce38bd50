//! A host whose clock stands still: the same answers every time.

use dispatch_contract::answer::{Answer, Data};
use dispatch_contract::case::{Case, Evidence};
use dispatch_contract::decision::Decision;
use dispatch_contract::event::ChainHead;
use dispatch_contract::event::EventType;
use dispatch_contract::reading::{CaseFile, Page};
use dispatch_contract::summary::Summary;
use dispatch_contract::{Code, Event, State, Ticket, TicketId, Tool};
use serde_json::{Value, json};

use crate::ask::{Answered, Ask, Called, Got, Judged, Seen};
use crate::testing::{at, decision, event, id, ticket, tools};
use crate::trouble::Trouble;
use crate::views::due::awaited_until;
use crate::views::tickets::queue::{Listing, Place};

const SITES: [(&str, &str, &str, &str); 14] = [
    (
        "Northside Bakery",
        "Ada Osei",
        "Chicago",
        "Rear overhead door stuck half open",
    ),
    (
        "Dock 4 Logistics",
        "Zoë Müller",
        "Joliet",
        "Dock leveler drops under load",
    ),
    (
        "東京フード Midwest",
        "佐藤 健",
        "Elk Grove",
        "Freezer curtain torn, door ices shut",
    ),
    (
        "Lakeview School",
        "R. Patel",
        "Evanston",
        "Fire door does not latch",
    ),
    (
        "Harbor Cold Store",
        "M. Okafor",
        "Gary",
        "High-speed door sensor reads blocked",
    ),
    (
        "St. Brigid Hospital",
        "Facilities",
        "Oak Park",
        "Ambulance bay door will not close",
    ),
    (
        "Union Garage",
        "T. Nowak",
        "Cicero",
        "Spring broke on bay 2",
    ),
    (
        "Kestrel Air",
        "L. Brandt",
        "Rockford",
        "Hangar door motor trips breaker",
    ),
    (
        "Prairie Foods",
        "J. Diaz",
        "Aurora",
        "Roll-up door off its track",
    ),
    (
        "Linden Books",
        "P. Sharma",
        "Chicago",
        "Closer leaks oil at main entrance",
    ),
    (
        "Millrace Brewing",
        "S. Holt",
        "Waukegan",
        "Panel dented by forklift",
    ),
    (
        "Civic Arena",
        "Ops desk",
        "Chicago",
        "Loading gate stuck open",
    ),
    (
        "Alder Clinic",
        "K. Ito",
        "Skokie",
        "Automatic door too slow",
    ),
    (
        "Bluebird Motel",
        "D. Reyes",
        "Hammond",
        "Keypad dead on service door",
    ),
];

const TECHNICIANS: [(&str, &str); 3] = [
    ("01J9ZQ4Y7M8K6T5R4E3W2Q1T0A", "Ivo Reyes"),
    ("01J9ZQ4Y7M8K6T5R4E3W2Q1T0B", "Mara Lind"),
    ("01J9ZQ4Y7M8K6T5R4E3W2Q1T0C", "Sam Okoye"),
];

fn tickets() -> Vec<Ticket> {
    SITES
        .iter()
        .enumerate()
        .map(|(n, site)| one(n, site))
        .collect()
}

fn one(n: usize, (site, contact, city, issue): &(&str, &str, &str, &str)) -> Ticket {
    let states = [
        State::Scheduled,
        State::New,
        State::Dispatched,
        State::Triaged,
        State::Scheduled,
        State::Onsite,
        State::Schedulable,
        State::CloseoutPending,
        State::Dispatched,
        State::New,
        State::Closed,
        State::Scheduled,
        State::Canceled,
        State::Closed,
    ];
    let minutes = i64::try_from(n).unwrap();
    let mut ticket = ticket(n as u128 + 1);
    ticket.state = states[n];
    ticket.version = 4 + n as u64;
    ticket.created_at = at(-3_600 * (minutes + 2) - 700 * minutes);
    ticket.updated_at = at(-40 - 410 * minutes);
    ticket.customer.site_name = Some((*site).into());
    ticket.customer.contact_name = (*contact).into();
    ticket.service_location.city = (*city).into();
    ticket.issue.summary = (*issue).into();
    ticket.issue.access_details = Some("Alley entrance, ring twice".into());
    if matches!(n, 1 | 5 | 8) {
        ticket.priority = serde_json::from_value(json!("emergency")).unwrap();
    }
    if n == 9 {
        ticket.priority = None;
    }
    let window = match n {
        0 => Some((-9_000, -1_500)),
        2 => Some((-1_800, 1_200)),
        4 => Some((5_400, 12_600)),
        8 => Some((1_500, 8_700)),
        11 => Some((90_000, 97_200)),
        5 | 7 => Some((-20_000, -12_800)),
        _ => None,
    };
    if let Some((from, to)) = window {
        ticket.schedule = serde_json::from_value(json!({
            "status": "confirmed", "window_start": at(from), "window_end": at(to),
            "timezone": "America/Chicago", "eta_text": "between 9 and 10"
        }))
        .unwrap();
        let who = TECHNICIANS[n % 3].0.parse().unwrap();
        ticket.assigned_technician_id = Some(who);
    }
    if n == 6 {
        ticket.schedule = serde_json::from_value(json!({
            "status": "proposed", "window_start": at(72_000), "window_end": at(79_200),
            "timezone": "America/Chicago"
        }))
        .unwrap();
    }
    ticket
}

/// Type of event, payload, move.
type Step = (&'static str, Value, Option<(State, State)>);

/// The chain of a ticket, sealed as a host does it.
fn chain(n: u128) -> Vec<Event> {
    let mut head = ChainHead::default();
    let steps: [Step; 6] = [
        (
            "ticket.message_added",
            json!({"message_id": id(51), "raw": "door stuck!! pls hurry", "normalized": "The door is stuck; asks for speed.", "direction": "inbound"}),
            None,
        ),
        (
            "ticket.priority_set",
            json!({"priority": "emergency", "previous": "standard", "emergency_rate_approved": true}),
            None,
        ),
        (
            "ticket.state_changed",
            json!({"from": "new", "to": "triaged", "tool": "ticket.set_priority"}),
            Some((State::New, State::Triaged)),
        ),
        (
            "schedule.confirmed",
            json!({"proposal_id": id(61), "window": {"window_start": at(5_400), "window_end": at(12_600), "timezone": "America/Chicago"}}),
            None,
        ),
        (
            "ticket.state_changed",
            json!({"from": "schedulable", "to": "scheduled", "tool": "schedule.confirm"}),
            Some((State::Schedulable, State::Scheduled)),
        ),
        (
            "dispatch.tech_assigned",
            json!({"technician_id": TECHNICIANS[0].0}),
            None,
        ),
    ];
    let events = steps
        .into_iter()
        .enumerate()
        .map(|(step, (kind, payload, moves))| {
            let mut event = event(n, step as u64 + 1, kind);
            event.payload = payload;
            event.occurred_at = at(-5_000 + 700 * i64::try_from(step).unwrap());
            event.pack.digest = "5f1c9a7e".repeat(8);
            event.determining_policies = vec!["operator.tools".into()];
            if let Some((from, to)) = moves {
                (event.previous_state, event.next_state) = (Some(from), Some(to));
            }
            head.append(&mut event);
            event
        });
    events.collect()
}

fn case(id_: TicketId) -> Box<CaseFile> {
    let ticket = tickets()
        .into_iter()
        .find(|ticket| ticket.ticket_id == id_)
        .unwrap();
    let by = json!({"role": "operator_admin", "operator_id": id(3)});
    let photo = json!({"attachment": {"attachment_id": id(71), "kind": "photo", "storage_key": "k",
        "sha256": "ab".repeat(32), "content_type": "image/jpeg", "size_bytes": 284_113, "phase": "after"},
        "at": at(-900), "actor": by});
    let json = json!({
        "ticket": ticket,
        "schedule_history": [{"proposal_id": id(61), "proposed_at": at(-8_000), "status": "confirmed",
            "windows": [{"window_start": at(5_400), "window_end": at(12_600), "timezone": "America/Chicago"}],
            "confirmed_window": {"window_start": at(5_400), "window_end": at(12_600), "timezone": "America/Chicago"},
            "confirmed_at": at(-7_000)}],
        "assignment_history": [{"technician_id": TECHNICIANS[0].0, "technician_name": "Ivo Reyes",
            "assigned_at": at(-6_000), "assigned_by": by}],
        "technician_timeline": [{"note_id": id(81), "at": at(-800), "actor": by, "text": "Replaced the lower roller."}],
        "messages": [{"message_id": id(51), "at": at(-5_000), "actor": by, "channel": {"kind": "sms", "peer": "+13125550142"},
            "direction": "inbound", "raw": "door stuck!! pls hurry", "normalized": "The door is stuck; asks for speed."}],
        "attachments": [photo],
        "checklist": [{"item_key": "work_performed", "completed_at": at(-700), "completed_by": by}],
        "audit": chain(id_.0.0),
    });
    Box::new(serde_json::from_value(json).unwrap())
}

fn decisions() -> Vec<Decision> {
    let codes = [
        Some(Code::GateBlocked),
        Some(Code::RoleForbidden),
        Some(Code::InvalidInput),
        Some(Code::GateBlocked),
        Some(Code::IllegalTransition),
    ];
    let one = |n: u128| {
        let refused = n % 4 == 3;
        let code = codes[n as usize % 5].filter(|_| refused);
        let time = 28 + (n as u64 * 37) % 90 + if n.is_multiple_of(17) { 900 } else { 0 };
        let mut decision = decision(100 - n, code, time);
        decision.decided_at = at(-7 * i64::try_from(n).unwrap());
        decision.tool = Tool::ALL[n as usize % 12].name().into();
        decision
    };
    (0..60).map(one).collect()
}

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

fn pack_log() -> Vec<Event> {
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

fn pack_status() -> Value {
    json!({"active": pack("1.2.0", "5f1c9a7e"), "revision": 7, "last_good": true, "folder": "refused",
        "rejected": {"at": at(-9_000), "step": "tests", "reason": "1 case does not hold", "file": "tests/closeout.toml", "line": 41},
        "shadow": {"pack": pack("1.3.0-rc", "c0ffee11"), "since": at(-18_000), "judged": 1_204, "differing": 17},
        "history": []})
}

fn gateways() -> Value {
    json!({"items": [
        {"gateway_id": "01J9ZQ4Y7M8K6T5R4E3W2Q1G0A", "name": "front-office", "url": "wss://gw1.example:18789", "status": "online"},
        {"gateway_id": "01J9ZQ4Y7M8K6T5R4E3W2Q1G0B", "name": "night-desk", "url": "wss://gw2.example:18789", "status": "unreachable"}]})
}

fn gateway_health(id: &str) -> Value {
    let history: Vec<Value> = (0..30)
        .map(|n| json!({"at": at(-90 + 3 * n), "us": 8_000 + (n * 7_919) % 9_000}))
        .collect();
    json!({
        "gateway_id": id, "name": "front-office", "status": "online", "since": at(-40_000),
        "version": "2026.9.6", "protocol": 4, "scopes": ["operator.read", "operator.write"],
        "latency": {"last_us": 11_200, "median_us": 9_900, "max_us": 16_800, "history": history},
        "connections": 2, "failures": 0,
        "channels": [
            {"channel": "whatsapp", "account_id": "main", "enabled": true, "configured": true, "running": true, "connected": true},
            {"channel": "telegram", "account_id": "night", "enabled": true, "configured": true, "running": true, "connected": false,
                "reconnect_attempts": 3, "last_error": "401 Unauthorized"}],
        "agents": [{"agent_id": "rd-gateway-1", "name": "Dispatch desk", "sessions": 6}, {"agent_id": "lead-1", "sessions": 3}],
        "sessions": 9, "looked_at": at(-2),
        "errors": [{"at": at(-40_100), "trouble": "unreachable", "message": "connection refused", "times": 4}],
        "recorded_here": true})
}

fn inbox(kind: EventType) -> Vec<Event> {
    let made = |sequence, payload| {
        let mut one = event(3, sequence, kind.name());
        one.payload = payload;
        one
    };
    match kind {
        EventType::EscalationRaised => vec![
            made(
                4,
                json!({"reason": "No technician answers within 30 minutes", "ticket_id": id(3)}),
            ),
            made(2, json!({"reason": "Customer asks for a person"})),
        ],
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

fn page<T>(items: Vec<T>) -> Page<T> {
    Page {
        items,
        next_cursor: None,
    }
}

/// What it answers.
pub(super) fn answer(ask: &Ask) -> Answered {
    Ok(match ask {
        Ask::List(filter, place) => {
            let all = tickets();
            let urgent = match place {
                Place::Top | Place::News => all.clone(),
                _ => Vec::new(),
            };
            let fits = |ticket: &Ticket| filter.state.is_none_or(|state| state == ticket.state);
            Got::Listing(Listing {
                urgent,
                page: page(all.into_iter().filter(fits).collect()),
            })
        }
        Ask::Due(_, wanted) => {
            let mut due = tickets();
            due.retain(|ticket| awaited_until(ticket).is_some_and(|end| end < wanted.before));
            due.sort_by_key(awaited_until);
            Got::Tickets(page(due))
        }
        Ask::Lane(state) => {
            let stands = |ticket: &Ticket| ticket.state == *state;
            Got::Tickets(page(tickets().into_iter().filter(stands).collect()))
        }
        Ask::Ticket(id) => Got::Ticket(Box::new(case(*id).ticket)),
        Ask::Case(id) => Got::Case(case(*id)),
        Ask::Summary(id) => {
            let ticket = case(*id).ticket;
            let legal = |tool: &Tool| tool.legal_states().contains(&ticket.state);
            let next = Tool::ALL.into_iter().filter(legal).collect();
            let case = Case {
                ticket: ticket.clone(),
                evidence: Evidence::default(),
                open_proposal: None,
            };
            Got::Summary(Box::new(Summary::of(&case, next)))
        }
        Ask::Technicians => {
            let all = TECHNICIANS.map(|(id, name)| {
                json!({"technician_id": id, "name": name, "active": true, "timezone": "America/Chicago"})
            });
            Got::Technicians(serde_json::from_value(json!(all)).unwrap())
        }
        Ask::Events {
            kind: Some(kind), ..
        } => Got::Events(page(inbox(*kind))),
        Ask::Events { .. } => {
            let mut all: Vec<Event> = [1, 3, 5].into_iter().flat_map(chain).collect();
            all.sort_by_key(|event| std::cmp::Reverse((event.occurred_at, event.event_id)));
            Got::Events(page(all))
        }
        Ask::Chain(id, _) => Got::Events(page(chain(id.0.0))),
        Ask::Decisions(_) => Got::Decisions(page(decisions())),
        Ask::Packs => Got::Packs(serde_json::from_value(pack_status()).unwrap()),
        Ask::PackLog => Got::Events(page(pack_log())),
        Ask::Differences => Got::Differences(page(Vec::new())),
        Ask::Metrics => Got::Text(
            "dispatch_component_faults_total{component=\"schedule-confirm\",kind=\"deadline\"} 2\n"
                .into(),
        ),
        Ask::Gateways => Got::Json(gateways()),
        Ask::GatewayHealth(id) if id.ends_with('A') => Got::Json(gateway_health(id)),
        Ask::GatewayHealth(_) => {
            return Err(Trouble::Unreachable {
                url: "wss://gw2.example:18789".into(),
                why: "Connection refused".into(),
            });
        }
        Ask::Tools => Got::Tools(tools()),
        Ask::Look(_) => Got::Seen(Ok(Seen {
            content_type: "image/jpeg".into(),
            size_bytes: 2_411_724,
        })),
        Ask::Upload(_) => Got::Uploaded(Err("this host takes no file".into())),
        Ask::Call {
            tool,
            body,
            dry_run,
        } => {
            let id = body["ticket_id"].as_str().and_then(|id| id.parse().ok());
            let mut ticket = id.map_or_else(|| tickets().remove(0), |id| case(id).ticket);
            if *tool == Tool::TicketSetPriority {
                ticket.priority = serde_json::from_value(json!("emergency")).unwrap();
                ticket.billing.emergency_rate_approved = Some(true);
            }
            if *dry_run {
                let ticket = Some(Box::new(ticket));
                return Ok(Got::Called(Called::Judged(Judged { to: None, ticket })));
            }
            Got::Called(Called::Done(Box::new(Answer {
                request_id: "r".into(),
                ticket,
                emitted_event_ids: Vec::new(),
                data: Data::default(),
            })))
        }
    })
}
