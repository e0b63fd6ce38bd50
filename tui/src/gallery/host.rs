//! A host whose clock stands still: the same answers every time.

use dispatch_contract::answer::{Answer, Data};
use dispatch_contract::case::{Case, Evidence};
use dispatch_contract::decision::Decision;
use dispatch_contract::event::ChainHead;
use dispatch_contract::reading::{CaseFile, Page};
use dispatch_contract::summary::Summary;
use dispatch_contract::{Code, Event, State, Ticket, TicketId, Tool};
use serde_json::{Value, json};

use super::house;
use crate::ask::{Answered, Ask, Called, Got, Judged, Seen};
use crate::testing::{at, decision, event, id, ticket, tools};
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
        } => Got::Events(page(house::told(*kind))),
        Ask::Events { .. } => {
            let mut all: Vec<Event> = [1, 3, 5].into_iter().flat_map(chain).collect();
            all.sort_by_key(|event| std::cmp::Reverse((event.occurred_at, event.event_id)));
            Got::Events(page(all))
        }
        Ask::Chain(id, _) => Got::Events(page(chain(id.0.0))),
        Ask::Decisions(_) => Got::Decisions(page(decisions())),
        Ask::Packs => Got::Packs(serde_json::from_value(house::pack_status()).unwrap()),
        Ask::PackLog => Got::Events(page(house::pack_log())),
        Ask::Differences => Got::Differences(page(house::differences())),
        Ask::Metrics => Got::Text(
            "dispatch_component_faults_total{component=\"schedule-confirm\",kind=\"deadline\"} 2\n"
                .into(),
        ),
        Ask::Gateways(_) => Got::Gateways(page(house::gateways())),
        Ask::GatewayHealths => Got::GatewayHealths(house::gateway_healths()),
        Ask::GatewayHealth(id) => Got::GatewayHealth(Box::new(house::gateway_health(*id))),
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
