//! Tickets that owe messages, and workers that send them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dispatch_contract::actor::Actor;
use dispatch_contract::channel::{Channel, ChannelKind};
use dispatch_contract::event::EventType;
use dispatch_contract::input::{DispatchAssignTech, Input};
use dispatch_contract::outbox::{OutboxEntry, OutboxFilter, OutboxState};
use dispatch_contract::reading::Technician;
use dispatch_contract::{EventId, State, TechnicianId, TicketId};
use dispatch_ledger::{HouseEvent, Ledger, Registration};
use dispatch_switchboard::House;
use dispatch_worker::{Company, Limits, Outbound, Outbox, Running, Texts};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::watch;
use ulid::Ulid;

use crate::recorder::Recorder;
use crate::scene::{Scene, fresh_key, now, on, operator, pack, take, technician_id};

/// How long something that must come about may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// The technician whom tests put on tickets.
pub(crate) fn technician() -> TechnicianId {
    technician_id(41)
}

pub(crate) fn house() -> House {
    House::new(now, |kind, actor| HouseEvent {
        event_id: EventId(Ulid::generate()),
        occurred_at: now(),
        request_id: "worker".into(),
        kind,
        actor: actor.unwrap_or_else(operator),
        payload: Value::Null,
        correlation_id: None,
        pack: pack(),
    })
}

/// No waits that a test would notice.
pub(crate) fn brisk() -> Limits {
    Limits {
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(5),
        away_wait: Duration::from_millis(1),
        look: Duration::from_millis(20),
        breath: Duration::from_millis(1),
        // the tests' clock goes a second with every look at it
        age: Duration::from_secs(1_000_000),
        ..Limits::default()
    }
}

pub(crate) fn outbound(ledger: &Ledger, sender: &Recorder, limits: Limits) -> Outbound {
    outbound_of(&Outbox::new(ledger.clone(), house()), sender, limits)
}

pub(crate) fn outbound_of(outbox: &Outbox, sender: &Recorder, limits: Limits) -> Outbound {
    let company = Company {
        name: "Test Doors".into(),
        phone: None,
    };
    let texts = Texts::open(None).expect("in order");
    let sender = Arc::new(sender.clone());
    Outbound::new(outbox, sender, texts, company, limits)
}

/// A worker of this host.
pub(crate) fn worker(ledger: &Ledger, sender: &Recorder, limits: Limits) -> Running {
    outbound(ledger, sender, limits).start(watch::channel(0).1)
}

fn input<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("an input")
}

impl Scene {
    pub(crate) async fn technician(&self, name: &str, phone: Option<&str>) {
        let registration = Registration {
            technician: Technician {
                technician_id: technician(),
                name: name.into(),
                active: true,
                timezone: "America/Chicago".parse().expect("a zone"),
                phone: phone.map(str::to_owned),
            },
            event: HouseEvent {
                kind: EventType::TechnicianRegistered,
                ..house_event()
            },
        };
        let registered = self.ledger.register_technician(registration).await;
        registered.expect("registered");
    }

    pub(crate) async fn confirm(&self, id: TicketId) {
        self.confirm_on(id, "2026-11-01").await;
    }

    /// Confirms the morning of this day.
    pub(crate) async fn confirm_on(&self, id: TicketId, day: &str) {
        let window = json!({ "window_start": format!("{day}T14:00:00Z"),
            "window_end": format!("{day}T16:00:00Z"), "timezone": "America/Chicago" });
        let propose = Input::ScheduleProposeSlots(input(json!({ "windows": [window] })));
        let confirm = Input::ScheduleConfirm(input(json!({ "selected_window": window })));
        self.take(&on(id, &fresh_key(), propose), None).await;
        self.take(&on(id, &fresh_key(), confirm), Some(State::Scheduled))
            .await;
    }

    pub(crate) async fn assign(&self, id: TicketId) {
        let assign = Input::DispatchAssignTech(DispatchAssignTech {
            technician_id: technician(),
        });
        self.take(&on(id, &fresh_key(), assign), None).await;
    }

    pub(crate) async fn eta(&self, id: TicketId, eta: Value, to: Option<State>) {
        let eta = Input::DispatchSetEta(input(eta));
        self.take(&on(id, &fresh_key(), eta), to).await;
    }

    /// A word from the customer that moves the ticket.
    pub(crate) async fn word(&self, id: TicketId, to: State) {
        let word = Input::TicketAddMessage(input(json!({
            "message": { "raw": "x", "normalized": "x", "direction": "inbound" } })));
        self.take(&on(id, &fresh_key(), word), Some(to)).await;
    }

    /// A word that came in from outside, as `who` writes it down.
    pub(crate) async fn said(
        &self,
        id: TicketId,
        who: Actor,
        (kind, peer): (ChannelKind, &str),
        intent: Option<&str>,
    ) {
        let mut word = json!({ "raw": "x", "normalized": "x", "direction": "inbound" });
        if let Some(intent) = intent {
            word["intent"] = json!(intent);
        }
        let word = Input::TicketAddMessage(input(json!({ "message": word })));
        let mut call = on(id, &fresh_key(), word);
        call.channel = Some(Channel {
            kind,
            peer: peer.to_owned(),
        });
        let taken = take(&self.ledger, who, &call, None).await;
        taken.expect("taken");
    }

    pub(crate) async fn entries(&self, state: OutboxState) -> Vec<OutboxEntry> {
        let filter = OutboxFilter {
            state: Some(state),
            ..OutboxFilter::default()
        };
        let mut items = self.ledger.outbox(&filter).await.expect("a page").items;
        items.reverse();
        items
    }

    /// Waits until so many messages stand there, the oldest first.
    pub(crate) async fn until(&self, state: OutboxState, messages: usize) -> Vec<OutboxEntry> {
        let began = Instant::now();
        loop {
            let entries = self.entries(state).await;
            if entries.len() >= messages {
                return entries;
            }
            let all = self.ledger.outbox(&OutboxFilter::default()).await;
            assert!(began.elapsed() < PATIENCE, "never {state:?}: {all:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::new(self.ledger.clone(), house())
    }
}

/// Waits until the recorder was given so many.
pub(crate) async fn tried(recorder: &Recorder, messages: usize) {
    let began = Instant::now();
    while recorder.tries().len() < messages {
        assert!(began.elapsed() < PATIENCE, "never tried {messages}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn house_event() -> HouseEvent {
    HouseEvent {
        event_id: EventId(Ulid::generate()),
        occurred_at: now(),
        request_id: "stage".into(),
        kind: EventType::TechnicianRegistered,
        actor: operator(),
        payload: Value::Null,
        correlation_id: None,
        pack: pack(),
    }
}
