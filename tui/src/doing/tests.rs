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
    sheet.take(&ask, Ok(Got::Called(Called::Refused(Box::new(refusal)))));
    assert_eq!(sheet.stage, Stage::Filling);
    assert_eq!(sheet.form.fields[0].problem.as_deref(), Some("not now"));
    sheet.act(Action::Submit);
    let (_, _, ask) = sent(&mut sheet);
    sheet.take(&ask, refused(Code::GateBlocked, Phase::Transition));
    assert_eq!(sheet.form.fields[sheet.form.at].pointer, "/override/reason");
}

fn one(sheet: &mut Sheet) -> Ask {
    let mut asks = sheet.wants();
    assert_eq!(asks.len(), 1, "{asks:?}");
    asks.remove(0)
}

fn refused(code: Code, phase: Phase) -> Answered {
    let refusal = Refusal::new(code, phase, "not so");
    Ok(Got::Called(Called::Refused(Box::new(refusal))))
}

fn stale() -> Answered {
    refused(Code::StaleVersion, Phase::Invariant)
}

/// The ticket as somebody else left it.
fn moved_on(version: u64) -> Answered {
    let mut ticket = ticket(1);
    ticket.version = version;
    Ok(Got::Ticket(Box::new(ticket)))
}

fn press(sheet: &mut Sheet, code: crossterm::event::KeyCode) {
    sheet.key(crossterm::event::KeyEvent::from(code));
}

#[test]
fn a_ticket_that_somebody_changed_is_read_and_the_call_judged_on_what_it_is_now() {
    let mut sheet = sheet();
    press(&mut sheet, crossterm::event::KeyCode::Right);
    sheet.act(Action::Submit);
    let (first, _, ask) = sent(&mut sheet);
    sheet.take(&ask, stale());
    let ask = one(&mut sheet);
    assert_eq!(ask, Ask::Ticket(ticket(1).ticket_id));
    sheet.take(&ask, moved_on(7));
    let (again, dry_run, ask) = sent(&mut sheet);
    assert!(dry_run);
    assert_eq!(
        again["priority"], first["priority"],
        "what was chosen stays"
    );
    assert_eq!(
        (&first["expected_version"], &again["expected_version"]),
        (&1.into(), &7.into())
    );
    sheet.take(&ask, judged(Priority::Emergency));
    assert_eq!(sheet.stage, Stage::Confirming);
    assert!(
        sheet
            .note
            .as_ref()
            .unwrap()
            .1
            .contains("what it comes to now")
    );
    // and once more between the look and the commit: nothing is committed unseen
    sheet.act(Action::Submit);
    let (_, dry_run, ask) = sent(&mut sheet);
    assert!(!dry_run);
    sheet.take(&ask, stale());
    let ask = one(&mut sheet);
    sheet.take(&ask, moved_on(8));
    let (body, dry_run, ask) = sent(&mut sheet);
    assert!(dry_run && body["expected_version"] == 8);
    sheet.take(&ask, judged(Priority::Emergency));
    assert_eq!(sheet.stage, Stage::Confirming);
}

#[test]
fn a_ticket_that_never_stands_still_ends_in_the_form_with_the_refusal() {
    let mut sheet = sheet();
    sheet.act(Action::Submit);
    let mut judged = 0;
    while let Some(ask) = sheet.wants().pop() {
        if let Ask::Ticket(_) = ask {
            sheet.take(&ask, moved_on(9));
        } else {
            judged += 1;
            sheet.take(&ask, stale());
        }
    }
    assert_eq!((judged, sheet.stage), (6, Stage::Filling));
    assert_eq!(sheet.refusal.as_ref().unwrap().code, Code::StaleVersion);
    // gone altogether: said, with the form as it was
    sheet.act(Action::Submit);
    let ask = one(&mut sheet);
    sheet.take(&ask, stale());
    let ask = one(&mut sheet);
    sheet.take(&ask, lost());
    assert_eq!(sheet.stage, Stage::Filling);
    assert!(sheet.note.as_ref().unwrap().1.contains("no host answers"));
}

#[test]
fn a_call_that_was_lost_and_had_been_committed_is_not_committed_twice() {
    let mut sheet = sheet();
    sheet.act(Action::Submit);
    let (_, _, ask) = sent(&mut sheet);
    sheet.take(&ask, judged(Priority::Emergency));
    sheet.act(Action::Submit);
    let (lost_one, _, ask) = sent(&mut sheet);
    sheet.take(&ask, lost());
    // back to the form and on again: its own change is what made the ticket another
    sheet.act(Action::Back);
    sheet.act(Action::Submit);
    let (_, dry_run, ask) = sent(&mut sheet);
    assert!(dry_run);
    sheet.take(&ask, stale());
    let (body, dry_run, ask) = sent(&mut sheet);
    assert!(!dry_run);
    assert_eq!(body, lost_one, "the same call under the same key");
    let Next::Over(Some((Role::Good, _))) = sheet.take(&ask, done(Priority::Emergency)) else {
        panic!("it was committed then");
    };
}

#[test]
fn an_answer_to_what_was_asked_before_is_not_taken_for_this_one() {
    let mut sheet = sheet();
    sheet.act(Action::Submit);
    let (_, _, first) = sent(&mut sheet);
    sheet.act(Action::Back);
    press(&mut sheet, crossterm::event::KeyCode::Right);
    sheet.act(Action::Submit);
    let (body, _, second) = sent(&mut sheet);
    sheet.take(&first, judged(Priority::Standard));
    assert_eq!((sheet.stage, &sheet.after), (Stage::Judging, &None));
    sheet.take(&second, judged(Priority::Emergency));
    assert_eq!(sheet.stage, Stage::Confirming);
    sheet.take(&first, refused(Code::GateBlocked, Phase::Transition));
    assert_eq!(sheet.stage, Stage::Confirming, "that one is over");
    sheet.act(Action::Submit);
    let (committed, _, ask) = sent(&mut sheet);
    assert_eq!(committed["priority"], body["priority"]);
    // of a call that was left, in the dialog of another
    let mut another = self::sheet();
    another.act(Action::Submit);
    let (_, _, dry) = sent(&mut another);
    another.take(&dry, judged(Priority::Standard));
    another.act(Action::Submit);
    assert_eq!(another.take(&ask, done(Priority::Emergency)), Next::Stay);
    assert_eq!(another.stage, Stage::Committing);
    let (_, _, own) = sent(&mut another);
    assert_ne!(another.take(&own, done(Priority::Standard)), Next::Stay);
    // it is said nevertheless what came of the one that was left
    let said = outcome(&ask, &done(Priority::Emergency)).unwrap();
    assert_eq!(said, (Role::Good, "ticket.set_priority committed".into()));
    assert_eq!(outcome(&dry, &lost()), None);
}

#[test]
fn what_was_typed_is_not_lost_by_one_key() {
    let mut sheet = sheet();
    assert_eq!(
        sheet.act(Action::Back),
        Next::Over(None),
        "nothing was chosen"
    );
    press(&mut sheet, crossterm::event::KeyCode::Right);
    assert_eq!(sheet.act(Action::Back), Next::Stay);
    assert!(sheet.note.as_ref().unwrap().1.contains("once more leaves"));
    press(&mut sheet, crossterm::event::KeyCode::Left);
    assert_eq!(
        (sheet.act(Action::Back), sheet.note.is_some()),
        (Next::Stay, true)
    );
    sheet.act(Action::NextField);
    assert_eq!(sheet.note, None);
    sheet.act(Action::Back);
    assert_eq!(sheet.act(Action::Back), Next::Over(None));
}

#[test]
fn a_form_opened_by_name_says_at_once_what_holds_for_every_body() {
    let mut sheet = sheet();
    sheet.may_i(serde_json::json!({"priority": "standard"}));
    let ask = one(&mut sheet);
    sheet.take(&ask, refused(Code::GateBlocked, Phase::Transition));
    assert!(sheet.refusal.is_none(), "another body may pass");
    sheet.may_i(serde_json::json!({"priority": "standard"}));
    let ask = one(&mut sheet);
    sheet.take(&ask, refused(Code::RoleForbidden, Phase::Authorization));
    assert_eq!(sheet.refusal.as_ref().unwrap().code, Code::RoleForbidden);
    assert_eq!(sheet.stage, Stage::Filling);
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
    let [
        Ask::Summary(_),
        Ask::Call {
            tool: Tool::TicketCreate,
            dry_run: true,
            ..
        },
    ] = &asks[..]
    else {
        panic!("{asks:?}");
    };
    let another = Ask::Summary(crate::testing::id(2));
    menu.take(&another, summary(&[Tool::DispatchSetEta]));
    menu.take(
        &asks[0],
        summary(&[Tool::TicketSetPriority, Tool::TicketAddMessage]),
    );
    let legal = |menu: &Menu, tool| {
        let entry = menu.tools.iter().find(|entry| entry.name == tool).unwrap();
        menu.legal(entry)
    };
    assert_eq!(legal(&menu, Tool::TicketSetPriority), Legal::Yes);
    assert_eq!(legal(&menu, Tool::TicketCreate), Legal::Asking);
    menu.take(&asks[1], judged(Priority::Standard));
    assert_eq!(legal(&menu, Tool::TicketCreate), Legal::Yes);
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
    assert!(!menu.is_for_reading());
}

#[test]
fn who_may_call_nothing_is_told_so_and_a_new_ticket_is_no_exception() {
    let on = Some((ticket(1).ticket_id, State::New));
    let mut menu = Menu::new(tools(), on, Known::default(), false);
    let asks = menu.wants();
    menu.take(&asks[0], summary(&[]));
    assert!(
        !menu.is_for_reading(),
        "whether a ticket may be opened is asked"
    );
    let refusal = refused(Code::RoleForbidden, Phase::Authorization);
    menu.take(&asks[1], refusal);
    assert!(menu.is_for_reading());
    let create = &menu.tools[0];
    assert_eq!(create.name, Tool::TicketCreate);
    assert_eq!(menu.legal(create), Legal::No("not so".into()));
    // a host that does not answer says nothing about what is legal
    let mut menu = Menu::new(tools(), on, Known::default(), false);
    let asks = menu.wants();
    menu.take(&asks[0], lost());
    menu.take(&asks[1], lost());
    assert!(!menu.is_for_reading());
    assert_eq!(menu.act(Action::Open, &world()), Next::Stay);
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
