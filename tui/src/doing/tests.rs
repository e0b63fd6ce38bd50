use dispatch_contract::answer::{Answer, Data};
use dispatch_contract::case::{Case, Evidence};
use dispatch_contract::summary::Summary;
use dispatch_contract::ticket::Priority;
use dispatch_contract::{Code, Phase, Refusal, State, Tool, Violation};
use serde_json::Value;

use super::before_after::changes;
use super::menu::Legal;
use super::*;
use crate::ask::{Called, Got, Judged, Seen, Uploaded};
use crate::form::{Form, Known};
use crate::testing::{ticket, tools, world};
use crate::trouble::Trouble;

fn answer(priority: Priority) -> Box<Answer> {
    let mut after = ticket(1);
    after.priority = Some(priority);
    after.version = 2;
    Box::new(Answer {
        request_id: "r".into(),
        ticket: after,
        emitted_event_ids: Vec::new(),
        data: Data::default(),
    })
}

fn sheet() -> Sheet {
    let entry = tools()
        .into_iter()
        .find(|t| t.name == Tool::TicketSetPriority);
    let form = Form::new(&entry.unwrap().schema, Known::default());
    Sheet::new(Tool::TicketSetPriority, Some(ticket(1)), form, keys(7))
}

fn sent(sheet: &mut Sheet) -> (Value, bool, Ask) {
    let asks = sheet.wants();
    let [Ask::Call { body, dry_run, .. }] = asks.as_slice() else {
        panic!("{asks:?}");
    };
    (body.clone(), *dry_run, asks[0].clone())
}

fn done(priority: Priority) -> Answered {
    Ok(Got::Called(Called::Done(answer(priority))))
}

fn judged(priority: Priority) -> Answered {
    let ticket = Some(Box::new(answer(priority).ticket));
    Ok(Got::Called(Called::Judged(Judged { to: None, ticket })))
}

fn lost() -> Answered {
    Err(Trouble::Unreachable {
        url: "http://h".into(),
        why: "no answer in time".into(),
    })
}

#[test]
fn a_call_is_judged_shown_and_then_committed() {
    let mut sheet = sheet();
    sheet.act(Action::Submit);
    let (body, dry_run, ask) = sent(&mut sheet);
    assert!(dry_run);
    assert_eq!(body["expected_version"], 1);
    assert_eq!(sheet.take(&ask, judged(Priority::Emergency)), Next::Stay);
    assert_eq!(sheet.stage, Stage::Confirming);
    let shown = changes(sheet.ticket.as_ref(), sheet.after.as_ref().unwrap());
    let said: Vec<_> = shown
        .iter()
        .map(|c| (c.name.as_str(), c.after.as_deref()))
        .collect();
    assert_eq!(said, [("priority", Some("emergency"))]);
    sheet.act(Action::Submit);
    let (_, dry_run, ask) = sent(&mut sheet);
    assert!(!dry_run);
    let Next::Over(Some((Role::Good, said))) = sheet.take(&ask, done(Priority::Emergency)) else {
        panic!("it is over");
    };
    assert_eq!(said, "ticket.set_priority committed");
}

#[test]
fn a_call_without_an_answer_is_sent_again_under_its_key_and_another_under_another() {
    let mut sheet = sheet();
    let mut keys = Vec::new();
    for _ in 0..2 {
        if sheet.stage == Stage::Filling {
            sheet.act(Action::Submit);
            let (_, _, ask) = sent(&mut sheet);
            sheet.take(&ask, judged(Priority::Standard));
        }
        sheet.act(Action::Submit);
        let (body, _, ask) = sent(&mut sheet);
        keys.push(body["request_id"].as_str().unwrap().to_owned());
        sheet.take(&ask, lost());
        assert_eq!(sheet.stage, Stage::Confirming);
    }
    assert_eq!(keys[0], keys[1]);
    sheet.act(Action::Back);
    // the other priority: another call
    sheet.form.key(crossterm::event::KeyEvent::from(
        crossterm::event::KeyCode::Right,
    ));
    sheet.act(Action::Submit);
    let (_, _, ask) = sent(&mut sheet);
    sheet.take(&ask, judged(Priority::Emergency));
    sheet.act(Action::Submit);
    let (body, ..) = sent(&mut sheet);
    assert_ne!(body["request_id"], keys[0].as_str());
}

#[test]
fn a_refusal_stands_beside_its_fields_and_a_gate_asks_for_a_reason() {
    let mut sheet = sheet();
    sheet.act(Action::Submit);
    let (_, _, ask) = sent(&mut sheet);
    let violation = Violation {
        path: "/priority".into(),
        rule: "r".into(),
        message: "not now".into(),
    };
    let refusal =
        Refusal::new(Code::InvalidInput, Phase::Validate, "no").with_violations(vec![violation]);
    let refused = |refusal: Refusal| Ok(Got::Called(Called::Refused(Box::new(refusal))));
    sheet.take(&ask, refused(refusal));
    assert_eq!(sheet.stage, Stage::Filling);
    assert_eq!(sheet.form.fields[0].problem.as_deref(), Some("not now"));
    sheet.act(Action::Submit);
    let (_, _, ask) = sent(&mut sheet);
    sheet.take(
        &ask,
        refused(Refusal::new(
            Code::GateBlocked,
            Phase::Transition,
            "not yet",
        )),
    );
    assert_eq!(sheet.form.fields[sheet.form.at].pointer, "/override/reason");
    let stale = Refusal::new(Code::StaleVersion, Phase::Invariant, "moved on");
    sheet.act(Action::Submit);
    let (_, _, ask) = sent(&mut sheet);
    sheet.take(&ask, refused(stale));
    assert!(sheet.note.as_ref().unwrap().1.contains("changed meanwhile"));
}

fn summary(next: &[Tool]) -> Answered {
    let case = Case {
        ticket: ticket(1),
        evidence: Evidence::default(),
        open_proposal: None,
    };
    Ok(Got::Summary(Box::new(Summary::of(&case, next.to_vec()))))
}

#[test]
fn only_what_the_host_says_is_legal_is_offered_and_the_rest_says_why() {
    let on = Some((ticket(1).ticket_id, State::New));
    let mut menu = Menu::new(tools(), on, Known::default(), false);
    let asks = menu.wants();
    assert!(matches!(asks.as_slice(), [Ask::Summary(_)]));
    menu.take(
        &asks[0],
        summary(&[Tool::TicketSetPriority, Tool::TicketAddMessage]),
    );
    let legal = |menu: &Menu, tool| {
        let entry = menu.tools.iter().find(|entry| entry.name == tool).unwrap();
        menu.legal(entry)
    };
    assert_eq!(legal(&menu, Tool::TicketSetPriority), Legal::Yes);
    assert_eq!(
        menu.act(Action::Open, &world()),
        Next::Fill(Tool::TicketAddMessage)
    );
    let Legal::No(why) = legal(&menu, Tool::DispatchSetEta) else {
        panic!("not on a new ticket");
    };
    assert!(why.contains("scheduled"), "{why}");
    while menu.tools[menu.at].name != Tool::DispatchSetEta {
        menu.act(Action::Down, &world());
    }
    assert_eq!(
        menu.act(Action::Open, &world()),
        Next::Stay,
        "it is disabled"
    );
    // the host is asked why, without committing
    let asks = menu.wants();
    let [Ask::Call { dry_run: true, .. }] = asks.as_slice() else {
        panic!("{asks:?}");
    };
    let refusal = Refusal::new(
        Code::IllegalTransition,
        Phase::Transition,
        "It is not scheduled.",
    );
    menu.take(
        &asks[0],
        Ok(Got::Called(Called::Refused(Box::new(refusal)))),
    );
    assert_eq!(
        legal(&menu, Tool::DispatchSetEta),
        Legal::No("It is not scheduled.".into())
    );
    assert!(menu.wants().is_empty(), "asked once");
}

#[test]
fn a_read_only_console_offers_nothing() {
    let mut menu = Menu::new(tools(), None, Known::default(), true);
    assert!(menu.wants().is_empty());
    assert!(
        menu.tools
            .iter()
            .all(|entry| matches!(menu.legal(entry), Legal::No(_)))
    );
    assert_eq!(menu.act(Action::Open, &world()), Next::Stay);
}

#[test]
fn a_file_is_shown_then_uploaded_then_the_call_is_judged() {
    let entry = tools()
        .into_iter()
        .find(|t| t.name == Tool::CloseoutAddPhoto);
    let mut form = Form::new(&entry.unwrap().schema, Known::default());
    form.paste("door.png");
    let mut sheet = Sheet::new(Tool::CloseoutAddPhoto, Some(ticket(1)), form, keys(7));
    let one = |sheet: &mut Sheet| -> Ask {
        let mut asks = sheet.wants();
        assert_eq!(asks.len(), 1, "{asks:?}");
        asks.remove(0)
    };
    let seen = || {
        Ok(Got::Seen(Ok(Seen {
            content_type: "image/png".into(),
            size_bytes: 9,
        })))
    };
    let uploaded = || {
        Ok(Got::Uploaded(Ok(Uploaded {
            storage_key: "uploads/k.png".into(),
            sha256: "b".repeat(64),
            content_type: "image/png".into(),
            size_bytes: 9,
        })))
    };
    // asked for before anybody saw what it is: nothing is sent
    sheet.act(Action::Submit);
    let ask = one(&mut sheet);
    assert!(matches!(ask, Ask::Look(_)), "{ask:?}");
    sheet.take(&ask, seen());
    assert_eq!((sheet.stage, sheet.wants()), (Stage::Filling, Vec::new()));
    sheet.act(Action::Submit);
    let ask = one(&mut sheet);
    assert!(matches!(ask, Ask::Upload(_)), "{ask:?}");
    // refused: back in the form, with the path as it was
    sheet.take(&ask, Ok(Got::Uploaded(Err("no room".into()))));
    assert_eq!(sheet.stage, Stage::Filling);
    sheet.act(Action::NextField);
    let look = one(&mut sheet);
    sheet.take(&look, seen());
    sheet.act(Action::Submit);
    let ask = one(&mut sheet);
    // who goes back while it is under way finds it uploaded
    sheet.act(Action::Back);
    sheet.take(&ask, uploaded());
    assert_eq!((sheet.stage, sheet.wants()), (Stage::Filling, Vec::new()));
    sheet.act(Action::Submit);
    let (body, dry_run, _) = sent(&mut sheet);
    assert!(dry_run);
    assert_eq!(body["photo"]["storage_key"], "uploads/k.png");
}
