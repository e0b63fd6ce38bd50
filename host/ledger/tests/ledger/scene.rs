//! A house without rules: calls are taken as told, so that the ledger alone is tested.

use std::sync::atomic::{AtomicU64, Ordering};

use dispatch_contract::actor::{Actor, Role};
use dispatch_contract::answer::{Answer, Data};
use dispatch_contract::call::{Call, Override};
use dispatch_contract::case::Case;
use dispatch_contract::decision::{Decision, DecisionRecord};
use dispatch_contract::event::{Event, PackRef};
use dispatch_contract::fact::Fact;
use dispatch_contract::id::{CustomerId, DecisionId, EventId, PrincipalId, TechnicianId, TicketId};
use dispatch_contract::input::{
    DispatchAssignTech, FirstMessage, Input, NewCustomer, NewIssue, TicketCreate,
};
use dispatch_contract::question::Question;
use dispatch_contract::refusal::{Code, Phase};
use dispatch_contract::settle::{self, Given, Papers};
use dispatch_contract::ticket::{Address, Priority};
use dispatch_contract::verdict::{Outcome, Verdict};
use dispatch_contract::{State, Timestamp, outbox};
use dispatch_ledger::{Commit, Contact, Ledger, LedgerError, Lookup, Open, Opening};
use dispatch_testing::TestDatabase;
use ulid::Ulid;

/// A ledger on a database of its own.
pub(crate) struct Scene {
    pub(crate) database: TestDatabase,
    pub(crate) ledger: Ledger,
}

/// What became of a call.
#[derive(Debug, PartialEq)]
pub(crate) enum Taken {
    Committed(Vec<u8>),
    Replayed(Vec<u8>),
    Conflict,
}

impl Taken {
    pub(crate) fn answer(&self) -> Answer {
        match self {
            Self::Committed(bytes) | Self::Replayed(bytes) => {
                serde_json::from_slice(bytes).expect("an answer")
            }
            Self::Conflict => panic!("a conflict has no answer"),
        }
    }

    pub(crate) fn ticket_id(&self) -> TicketId {
        self.answer().ticket.ticket_id
    }
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::new().await;
        let ledger = Ledger::connect(database.url(), 16).await.expect("connects");
        Self { database, ledger }
    }

    /// Takes a call: it is allowed and moves the ticket to `to`.
    pub(crate) async fn take(&self, call: &Call, to: Option<State>) -> Taken {
        take(&self.ledger, operator(), call, to)
            .await
            .expect("taken")
    }

    /// A new ticket.
    pub(crate) async fn ticket(&self) -> TicketId {
        self.take(&create(&fresh_key()), None).await.ticket_id()
    }
}

pub(crate) fn operator() -> Actor {
    actor(Role::OperatorAdmin, 1)
}

pub(crate) fn actor(role: Role, number: u128) -> Actor {
    Actor {
        role,
        id: PrincipalId(Ulid(number)),
    }
}

pub(crate) fn technician_id(number: u128) -> TechnicianId {
    TechnicianId(Ulid(number))
}

/// A key that was not used before.
pub(crate) fn fresh_key() -> String {
    Ulid::generate().to_string()
}

/// A new ticket's id, after all before it: of two ids made in one millisecond, chance
/// says which is the later.
fn later_ticket() -> TicketId {
    static MADE: AtomicU64 = AtomicU64::new(1_790_000_000_000);
    let at_ms = MADE.fetch_add(1, Ordering::Relaxed);
    TicketId(Ulid::from_parts(at_ms, Ulid::generate().random()))
}

/// An instant that only grows.
pub(crate) fn now() -> Timestamp {
    static SECONDS: AtomicU64 = AtomicU64::new(0);
    let seconds = SECONDS.fetch_add(1, Ordering::Relaxed);
    Timestamp::from_micros(1_790_000_000_000_000 + i64::try_from(seconds).expect("few") * 1_000_001)
        .expect("in the calendar")
}

pub(crate) fn pack() -> PackRef {
    PackRef {
        name: "real-dispatch".into(),
        version: "0.1.0".into(),
        digest: "ab".repeat(32),
    }
}

pub(crate) fn create(request_id: &str) -> Call {
    create_for(
        request_id,
        "Ann Lee",
        &format!("+1 555 {request_id}"),
        "Dock door stuck",
    )
}

pub(crate) fn create_for(request_id: &str, contact: &str, phone: &str, summary: &str) -> Call {
    Call {
        request_id: request_id.into(),
        ticket_id: None,
        channel: None,
        expected_version: None,
        gate_override: None,
        input: Input::TicketCreate(TicketCreate {
            customer: NewCustomer {
                site_name: Some("Café Norte".into()),
                contact_name: contact.into(),
                phone: Some(phone.into()),
                email: None,
            },
            service_location: Address {
                address_line1: "12 Main St".into(),
                address_line2: None,
                city: "Springfield".into(),
                region: "IL".into(),
                postal_code: "62701".into(),
                country: "US".into(),
                lat: Some(39.0),
                lon: Some(-89.65),
            },
            issue: NewIssue {
                summary: summary.into(),
                classification: Some("door_repair".into()),
                door_system_type: None,
                security_safety_status: None,
                access_details: None,
                photos_available: None,
            },
            billing_account_type: None,
            priority: Some(Priority::Standard),
            initial_message: Some(FirstMessage {
                raw: "the dock door is stuck!!".into(),
                normalized: "Dock door stuck.".into(),
            }),
        }),
    }
}

/// A call on a ticket.
pub(crate) fn on(ticket_id: TicketId, request_id: &str, input: Input) -> Call {
    Call {
        request_id: request_id.into(),
        ticket_id: Some(ticket_id),
        channel: None,
        expected_version: None,
        gate_override: None,
        input,
    }
}

/// What a call names, as the desk looks it up.
pub(crate) fn lookup<'a>(actor: Actor, call: &'a Call) -> Lookup<'a> {
    Lookup {
        ticket_id: call.ticket_id,
        key_digest: call.key_digest(actor),
        content_digest: call.content_digest(actor),
        technician_id: match &call.input {
            Input::DispatchAssignTech(DispatchAssignTech { technician_id }) => Some(*technician_id),
            _ => None,
        },
        storage_key: match &call.input {
            Input::CloseoutAddPhoto(add) => Some(&add.photo.storage_key),
            _ => None,
        },
        contact: match &call.input {
            Input::TicketCreate(create) => Some(Contact {
                phone: create.customer.phone.as_deref(),
                email: create.customer.email.as_deref(),
            }),
            _ => None,
        },
    }
}

/// Everything that a commit takes, made from an open call.
pub(crate) struct Made {
    pub(crate) case: Case,
    pub(crate) events: Vec<Event>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) decision: DecisionRecord,
    pub(crate) answer: Vec<u8>,
}

/// Settles an allowed call as the desk does.
pub(crate) fn make(
    open: &Open,
    actor: Actor,
    call: &Call,
    to: Option<State>,
    papers: Option<Papers>,
) -> Made {
    let outcome = Outcome {
        to,
        overridden: call
            .gate_override
            .iter()
            .map(|Override { .. }| "evidence.note".to_owned())
            .collect(),
        determining_policies: vec!["operator".into()],
    };
    let at = now();
    let ticket_id = call.ticket_id.unwrap_or_else(later_ticket);
    let facts = settle::facts(
        call,
        &outcome,
        Given {
            actor,
            case: open.facts.case.as_ref(),
            customer: Some(
                open.customer
                    .unwrap_or_else(|| (CustomerId(Ulid::generate()), false)),
            ),
            object: open.facts.object.as_ref(),
            papers,
            fresh: &mut Ulid::generate,
        },
    )
    .expect("settled");
    let version = open
        .facts
        .case
        .as_ref()
        .map_or(0, |case| case.ticket.version)
        + 1;
    let mut chain = open.chain.clone();
    let mut case = open.facts.case.clone();
    let mut events = Vec::new();
    for fact in &facts {
        let (previous_state, next_state) = match fact {
            Fact::StateChanged(change) => (Some(change.from), Some(change.to)),
            _ => (None, None),
        };
        let mut event = Event {
            event_id: EventId(Ulid::generate()),
            occurred_at: at,
            request_id: call.request_id.clone(),
            kind: fact.kind(),
            ticket_id: Some(ticket_id),
            ticket_version: version,
            actor,
            channel: call.channel.clone(),
            previous_state,
            next_state,
            payload: fact.payload(),
            correlation_id: None,
            pack: pack(),
            determining_policies: outcome.determining_policies.clone(),
            request_sha256: hex::encode(call.content_digest(actor)),
            sequence: 0,
            previous_hash: String::new(),
            hash: String::new(),
        };
        chain.append(&mut event);
        case = Some(Case::after(case.take(), &event).expect("fits"));
        events.push(event);
    }
    let case = case.expect("at least one event");
    let answer = serde_json::to_vec(&Answer {
        request_id: call.request_id.clone(),
        ticket: case.ticket.clone(),
        emitted_event_ids: events.iter().map(|event| event.event_id).collect(),
        data: Data::of(ticket_id, &facts),
    })
    .expect("serializes");
    let mut decision = decision(actor, call.tool().name(), Some(ticket_id), None);
    decision.request_id = Some(call.request_id.clone());
    decision
        .determining_policies
        .clone_from(&outcome.determining_policies);
    Made {
        case,
        events,
        facts,
        decision: DecisionRecord {
            decision,
            question: Some(Question {
                actor,
                call: call.clone(),
                facts: open.facts.clone(),
                now: at,
            }),
            verdict: Some(Verdict::Allow(outcome)),
        },
        answer,
    }
}

pub(crate) fn decision(
    actor: Actor,
    tool: &str,
    ticket_id: Option<TicketId>,
    code: Option<Code>,
) -> Decision {
    Decision {
        decision_id: DecisionId(Ulid::generate()),
        decided_at: now(),
        request_id: Some(fresh_key()),
        correlation_id: None,
        tool: tool.into(),
        ticket_id,
        actor: Some(actor),
        allowed: code.is_none(),
        code,
        phase: code.map(|_| Phase::Authorization),
        determining_policies: Vec::new(),
        pack: Some(pack()),
        judged_us: 42,
    }
}

/// A refusal's record, as small as the early ones are.
pub(crate) fn refusal(tool: &str, ticket_id: Option<TicketId>, code: Code) -> DecisionRecord {
    DecisionRecord {
        decision: decision(actor(Role::Customer, 9), tool, ticket_id, Some(code)),
        question: None,
        verdict: None,
    }
}

/// Begin, settle, commit.
pub(crate) async fn take(
    ledger: &Ledger,
    actor: Actor,
    call: &Call,
    to: Option<State>,
) -> Result<Taken, LedgerError> {
    take_with(ledger, actor, call, to, None).await
}

/// The same with papers.
pub(crate) async fn take_with(
    ledger: &Ledger,
    actor: Actor,
    call: &Call,
    to: Option<State>,
    papers: Option<Papers>,
) -> Result<Taken, LedgerError> {
    loop {
        let open = match ledger.begin(&lookup(actor, call)).await? {
            Opening::Replay(answer) => return Ok(Taken::Replayed(answer)),
            Opening::Conflict => return Ok(Taken::Conflict),
            Opening::Open(open) => open,
        };
        let made = make(&open, actor, call, to, papers.clone());
        match commit(open, &made).await {
            // another ledger was first: judged again, as the desk does
            Err(LedgerError::Overtaken) => continue,
            outcome => outcome?,
        }
        return Ok(Taken::Committed(made.answer));
    }
}

/// The end of a call that was begun and settled.
pub(crate) async fn commit(open: Box<Open>, made: &Made) -> Result<(), LedgerError> {
    open.commit(Commit {
        case: &made.case,
        events: &made.events,
        decision: &made.decision,
        answer: &made.answer,
        owed: &outbox::owed(&made.facts),
    })
    .await
}

/// A call that is begun, whose key is new.
pub(crate) async fn begin(ledger: &Ledger, call: &Call) -> Box<Open> {
    match ledger.begin(&lookup(operator(), call)).await {
        Ok(Opening::Open(open)) => open,
        other => panic!("the key is new: {other:?}"),
    }
}
