//! A play on the stage of a real house, compared with the model after every step.

use std::collections::BTreeSet;
use std::sync::Mutex;

use dispatch_contract::case::Case;
use dispatch_contract::{Event, Role, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use ulid::Ulid;

use super::model::{Model, No, Yes};
use super::step::{Act, Expects, Intent, Photo, Play, Sent, Step, Told, Who};
use crate::support::bodies::{self, ITEMS};
use crate::support::people::{INACTIVE_TECHNICIAN, OTHER_TECHNICIAN, Person, TECHNICIAN};
use crate::support::{House, Reply, chain};

type Played = Result<(), TestCaseError>;

/// A house, and what all plays on it share.
pub(crate) struct Stage<'a> {
    house: &'a House,
    photo: Value,
    /// The first instant that windows are counted from.
    base: Timestamp,
    met: Mutex<BTreeSet<String>>,
}

/// A ticket in play.
struct Ticket {
    id: String,
    customer: Person,
    model: Model,
    kinds: Vec<&'static str>,
    /// Who did what.
    story: Vec<String>,
    /// Who called what with which body, and was answered which bytes.
    committed: Vec<(Person, &'static str, Value, bytes::Bytes)>,
}

impl<'a> Stage<'a> {
    pub(crate) async fn of(house: &'a House) -> Self {
        Self {
            photo: house.photo().await,
            house,
            base: Timestamp::from_micros(bodies::now().micros() + 86_400_000_000)
                .expect("tomorrow"),
            met: Mutex::default(),
        }
    }

    pub(crate) async fn play(&self, play: &Play) -> Played {
        let mut ticket = self.open(play).await?;
        let played = self.steps(&mut ticket, play).await;
        // steps that were drawn by number are told by name
        played.map_err(|error| {
            let story = ticket.story.join("\n  ");
            TestCaseError::fail(format!("{error}\nafter\n  {story}"))
        })
    }

    async fn steps(&self, ticket: &mut Ticket, play: &Play) -> Played {
        for step in &play.steps {
            match step {
                Step::Call {
                    who,
                    act,
                    overriding,
                    expects,
                } => {
                    self.call(ticket, *who, act, *overriding, *expects).await?;
                }
                Step::Onward => {
                    if let Some((who, act)) = ticket.model.onward() {
                        self.call(ticket, who, &act, false, Expects::Current)
                            .await?;
                    }
                }
                Step::Legal(index) => {
                    let legal = ticket.model.legal();
                    let act = index.get(&legal);
                    self.call(ticket, Who::Operator, act, false, Expects::Any)
                        .await?;
                }
                Step::Again(index) if !ticket.committed.is_empty() => {
                    let (who, tool, body, answer) = index.get(&ticket.committed);
                    let reply = self.house.call(who, tool, body).await;
                    prop_assert_eq!((reply.status, &reply.body), (200, answer));
                }
                Step::Reused(index) if !ticket.committed.is_empty() => {
                    let (who, tool, body, _) = index.get(&ticket.committed);
                    let mut body = body.clone();
                    body["channel"] = json!({ "kind": "email", "peer": "other@example.com" });
                    let reply = self.house.call(who, tool, &body).await;
                    self.refused(&reply, ("idempotency_conflict", "idempotency"))?;
                }
                Step::Again(_) | Step::Reused(_) => {}
            }
        }
        let chain = chain::verified(&self.house.database, &ticket.id).await;
        let kinds: Vec<&str> = chain.iter().map(|event| event.kind.name()).collect();
        prop_assert_eq!(&kinds, &ticket.kinds);
        let versions = chain
            .windows(2)
            .all(|pair| pair[1].ticket_version - pair[0].ticket_version <= 1);
        prop_assert!(versions, "a version was left out");
        told_again(&chain)?;
        let path = format!("/v0/tickets/{}", ticket.id);
        let read = self.house.get(&self.house.operator(), &path).await.json();
        self.compare(&read, &ticket.model)
    }

    async fn open(&self, play: &Play) -> Result<Ticket, TestCaseError> {
        let who = if play.by_operator {
            Who::Operator
        } else {
            Who::Intake
        };
        let overriding = play.overriding && play.by_operator;
        let told = play.told;
        let mut body = bodies::bare();
        body["request_id"] = json!(bodies::key());
        if told.classification {
            body["issue"]["classification"] = json!("door");
        }
        if told.access {
            body["issue"]["access_details"] = json!("ring");
        }
        if told.phone {
            body["customer"]["phone"] = json!(bodies::phone());
        }
        if told.email {
            body["customer"]["email"] = json!(format!("{}@example.com", bodies::key()));
        }
        if let Some(emergency) = play.priority {
            body["priority"] = json!(priority(emergency));
        }
        if play.message {
            body["initial_message"] = json!({ "raw": "help", "normalized": "Help." });
        }
        if overriding {
            body = bodies::overriding(body);
        }
        let person = self.house.role(if play.by_operator {
            Role::OperatorAdmin
        } else {
            Role::SystemIntakeAgent
        });
        let reply = self.house.call(&person, "ticket.create", &body).await;
        prop_assert_eq!(reply.status, 200, "{}", reply.text());
        let answer = reply.json();
        let priority = play
            .priority
            .map(|emergency| (emergency, who == Who::Operator));
        let Yes { after, events } = Model::open(told, priority, play.message, overriding);
        self.compare(&answer["ticket"], &after)?;
        self.note("ticket.create ok");
        let id = |field: &str| {
            answer["data"][field]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        Ok(Ticket {
            id: id("ticket_id"),
            customer: self.house.people.person(Role::Customer, &id("customer_id")),
            model: after,
            kinds: events,
            story: Vec::new(),
            committed: Vec::new(),
        })
    }

    async fn call(
        &self,
        ticket: &mut Ticket,
        who: Who,
        act: &Act,
        overriding: bool,
        expects: Expects,
    ) -> Played {
        ticket.story.push(format!(
            "{who:?} {act:?} overriding: {overriding}, {expects:?}"
        ));
        let (tool, mut body) = self.body(act);
        body["request_id"] = json!(bodies::key());
        body["ticket_id"] = json!(ticket.id);
        match expects {
            Expects::Any => {}
            Expects::Current => body["expected_version"] = json!(ticket.model.version),
            Expects::Stale => body["expected_version"] = json!(ticket.model.version + 1),
        }
        if overriding {
            body = bodies::overriding(body);
        }
        let person = self.person(ticket, who);
        let reply = self.house.call(&person, tool, &body).await;
        match ticket.model.judge(who, act, overriding, expects) {
            Err(no) => {
                self.refused(&reply, no)?;
                self.note(&format!("{tool} {}", no.0));
            }
            Ok(Yes { after, events }) => {
                prop_assert_eq!(reply.status, 200, "{}: {}", tool, reply.text());
                let answer = reply.json();
                self.compare(&answer["ticket"], &after)?;
                let emitted = answer["emitted_event_ids"].as_array().map_or(0, Vec::len);
                prop_assert_eq!(emitted, events.len());
                self.note(&format!("{tool} ok"));
                self.note(&format!("to {}", after.state));
                ticket.kinds.extend(events);
                ticket.model = after;
                ticket.committed.push((person, tool, body, reply.body));
            }
        }
        Ok(())
    }

    fn refused(&self, reply: &Reply, (code, phase): No) -> Played {
        prop_assert_ne!(reply.status, 200, "{}", reply.text());
        let problem = reply.json();
        let got = (problem["code"].as_str(), problem["phase"].as_str());
        prop_assert_eq!(got, (Some(code), Some(phase)), "{}", problem);
        Ok(())
    }

    fn person(&self, ticket: &Ticket, who: Who) -> Person {
        let people = &self.house.people;
        match who {
            Who::Intake => people.of_role(Role::SystemIntakeAgent),
            Who::Scheduling => people.of_role(Role::SystemSchedulingAgent),
            Who::Liaison => people.of_role(Role::SystemTechnicianLiaisonAgent),
            Who::Closeout => people.of_role(Role::SystemCloseoutAgent),
            Who::Operator => people.of_role(Role::OperatorAdmin),
            Who::Technician => people.of_role(Role::Technician),
            Who::OtherTechnician => people.person(Role::Technician, OTHER_TECHNICIAN),
            Who::Customer => ticket.customer.clone(),
            Who::Stranger => people.of_role(Role::Customer),
        }
    }

    fn body(&self, act: &Act) -> (&'static str, Value) {
        match act {
            Act::Message {
                intent,
                intake,
                blank,
            } => {
                let mut body = bodies::message(if *blank { " " } else { "hello" });
                match intent {
                    Some(Intent::CheckIn) => body["message"]["intent"] = json!("check_in"),
                    Some(Intent::Cancel) => body["message"]["intent"] = json!("cancel"),
                    None => {}
                }
                if let Some(told) = intake {
                    body["intake"] = intake_of(*told);
                }
                ("ticket.add_message", body)
            }
            Act::Priority { emergency } => (
                "ticket.set_priority",
                json!({ "priority": priority(*emergency) }),
            ),
            Act::Propose(windows) => {
                let windows: Vec<Value> = windows.iter().map(|n| self.window(*n)).collect();
                ("schedule.propose_slots", json!({ "windows": windows }))
            }
            Act::Confirm(n) => (
                "schedule.confirm",
                json!({ "selected_window": self.window(*n) }),
            ),
            Act::Assign(sent) => (
                "dispatch.assign_tech",
                json!({ "technician_id": technician(*sent) }),
            ),
            Act::Eta { blank, past } => {
                let at = bodies::minutes(if *past { -5 } else { 600 });
                let text = if *blank { " " } else { "at nine" };
                (
                    "dispatch.set_eta",
                    json!({ "eta_text": text, "eta_at": at }),
                )
            }
            Act::Note { blank } => {
                let text = if *blank { "\n" } else { "Done." };
                ("closeout.add_note", json!({ "note": { "text": text } }))
            }
            Act::Photo(photo) => {
                let mut body = self.photo.clone();
                match photo {
                    Photo::Before => body["photo"]["phase"] = json!("before"),
                    Photo::After => {}
                    Photo::Missing => body["photo"]["storage_key"] = json!("uploads/none.png"),
                    Photo::WrongSize => body["photo"]["size_bytes"] = json!(1),
                }
                ("closeout.add_photo", body)
            }
            Act::Item(item) => (
                "closeout.checklist_complete",
                json!({ "item_key": ITEMS[*item] }),
            ),
            Act::Draft { cents } => {
                let line =
                    json!({ "description": "Work", "quantity": 1, "unit_amount_cents": cents });
                (
                    "billing.generate_invoice_draft",
                    json!({ "line_items": [line] }),
                )
            }
            Act::Packet => ("billing.compile_closeout_packet", json!({})),
        }
    }

    fn window(&self, n: u8) -> Value {
        let at = |hours: i64| {
            let micros = self.base.micros() + (i64::from(n) * 4 + hours) * 3_600_000_000;
            Timestamp::from_micros(micros).expect("in the calendar")
        };
        json!({ "window_start": at(0), "window_end": at(2), "timezone": "America/Chicago" })
    }

    /// The snapshot against the model, field by field.
    fn compare(&self, ticket: &Value, model: &Model) -> Played {
        let schedule = model.window.map(|(n, confirmed)| {
            let window = self.window(n);
            let status = if confirmed { "confirmed" } else { "proposed" };
            (
                status,
                window["window_start"].clone(),
                model.eta.then_some("at nine"),
            )
        });
        let got = &ticket["schedule"];
        let got = got["status"].as_str().map(|status| {
            (
                status,
                got["window_start"].clone(),
                got["eta_text"].as_str(),
            )
        });
        prop_assert_eq!(got, schedule);
        prop_assert_eq!(&ticket["state"], model.state);
        prop_assert_eq!(&ticket["version"], &json!(model.version));
        prop_assert_eq!(
            ticket["priority"].as_str(),
            model.priority.map(|(emergency, _)| priority(emergency))
        );
        let rate = model
            .priority
            .and_then(|(emergency, operator)| emergency.then_some(operator));
        prop_assert_eq!(ticket["billing"]["emergency_rate_approved"].as_bool(), rate);
        let assigned = model.technician.map(technician);
        prop_assert_eq!(
            ticket["assigned_technician_id"].as_str(),
            assigned.as_deref()
        );
        for (item, done) in ITEMS.iter().zip(model.items) {
            prop_assert_eq!(
                &ticket["closeout"]["checklist"][item],
                &json!(done),
                "{}",
                item
            );
        }
        prop_assert_eq!(
            ticket["closeout"]["completed_at"].is_string(),
            model.completed
        );
        prop_assert_eq!(
            ticket["billing"]["invoice_total"]["amount_cents"].as_i64(),
            model.total
        );
        prop_assert_eq!(
            ticket["billing"]["closeout_packet_attachment_id"].is_string(),
            model.packet
        );
        for (given, told) in [
            (
                &ticket["issue"]["classification"],
                model.told.classification,
            ),
            (&ticket["issue"]["access_details"], model.told.access),
            (&ticket["customer"]["phone"], model.told.phone),
            (&ticket["customer"]["email"], model.told.email),
        ] {
            prop_assert_eq!(given.is_string(), told);
        }
        Ok(())
    }

    fn note(&self, verdict: &str) {
        let mut met = self.met.lock().expect("whole");
        met.insert(verdict.to_owned());
    }

    /// The plays went far enough to mean something.
    pub(crate) async fn every_verdict_was_met(&self) {
        let met = self.met.lock().expect("whole").clone();
        for state in [
            "triaged",
            "schedulable",
            "scheduled",
            "dispatched",
            "onsite",
            "closeout_pending",
            "closed",
            "canceled",
        ] {
            assert!(
                met.contains(&format!("to {state}")),
                "no play led to {state}: {met:?}"
            );
        }
        for tool in dispatch_contract::Tool::ALL {
            assert!(
                met.contains(&format!("{tool} ok")),
                "no {tool} was committed: {met:?}"
            );
        }
        for code in [
            "role_forbidden",
            "ticket_not_found",
            "not_own_ticket",
            "invalid_input",
            "illegal_transition",
            "gate_blocked",
            "stale_version",
        ] {
            assert!(
                met.iter().any(|met| met.ends_with(code)),
                "no {code}: {met:?}"
            );
        }
    }
}

fn priority(emergency: bool) -> &'static str {
    if emergency { "emergency" } else { "standard" }
}

fn technician(sent: Sent) -> String {
    match sent {
        Sent::First => TECHNICIAN.to_owned(),
        Sent::Second => OTHER_TECHNICIAN.to_owned(),
        Sent::Inactive => INACTIVE_TECHNICIAN.to_owned(),
        Sent::Unknown => Ulid::generate().to_string(),
    }
}

fn intake_of(told: Told) -> Value {
    let mut intake = json!({ "customer": {}, "issue": {} });
    for (given, pointer, field, value) in [
        (told.classification, "/issue", "classification", "door"),
        (told.access, "/issue", "access_details", "ring"),
        (told.phone, "/customer", "phone", "+13125550100"),
        (told.email, "/customer", "email", "ada@example.com"),
    ] {
        if given && let Some(part) = intake.pointer_mut(pointer) {
            part[field] = json!(value);
        }
    }
    intake
}

/// A reader of the feed may have read a ticket as it stood after a call, and be told that
/// call's events then: each of them changes nothing, or does not fit.
fn told_again(chain: &[Event]) -> Played {
    let mut case = None;
    for call in chain.chunk_by(|one, next| one.ticket_version == next.ticket_version) {
        for event in call {
            let after = Case::after(case, event);
            case = Some(after.map_err(|error| TestCaseError::fail(error.to_string()))?);
        }
        for event in call {
            if let Ok(again) = Case::after(case.clone(), event) {
                prop_assert_eq!(
                    Some(again.ticket),
                    case.as_ref().map(|case| case.ticket.clone())
                );
            }
        }
    }
    Ok(())
}
