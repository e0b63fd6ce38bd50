//! Dialogs: what they are about, whose answers they take, which keys commit.

use super::*;
use crate::testing::tools;

/// Answer the list of tools, where it is asked for.
fn with_tools(app: &mut App, effects: &[Effect]) -> Vec<Effect> {
    let read = number(effects, |ask| *ask == Ask::Tools);
    app.update(Message::Got(read, Ok(Got::Tools(tools()))))
}

#[test]
fn a_tool_is_called_on_the_rows_ticket_in_every_view_and_one_not_held_is_read() {
    let mut app = live(1..4, None);
    let effects = press(&mut app, "3");
    let read = number(&effects, |ask| {
        matches!(ask, Ask::Events { kind: None, .. })
    });
    let page = Page {
        items: vec![event(99, 4, "ticket.priority_set")],
        next_cursor: None,
    };
    app.update(Message::Got(read, Ok(Got::Events(page))));
    let effects = press(&mut app, "c");
    let subject = number(&effects, |ask| *ask == Ask::Ticket(id(99)));
    with_tools(&mut app, &effects);
    assert!(app.doing.is_none(), "its ticket is being read");
    let effects = app.update(Message::Got(subject, Ok(Got::Ticket(Box::new(ticket(99))))));
    let Some(Doing::Menu(menu)) = &app.doing else {
        panic!("the menu");
    };
    assert_eq!(menu.ticket, Some((id(99), State::New)));
    assert!(asks(&effects).contains(&Ask::Summary(id(99))));
    press(&mut app, "esc");
    // by its name: what is offered to choose from is read as well
    let effects = press(
        &mut app,
        ": c a l l space s c h e d u l e . c o n f i r m enter",
    );
    assert!(asks(&effects).contains(&Ask::Case(id(99))));
    let case = number(&effects, |ask| matches!(ask, Ask::Case(_)));
    let gone = Trouble::Refused {
        status: 404,
        detail: "gone".into(),
    };
    app.update(Message::Got(case, Err(gone)));
    assert!(app.doing.is_none() && app.waiting.is_none());
    assert!(app.toasts.shown().any(|toast| toast.says.contains("gone")));
    // a row that is about no ticket says so
    press(&mut app, "5");
    let effects = press(
        &mut app,
        ": c a l l space d i s p a t c h . s e t _ e t a enter",
    );
    assert_eq!(asks(&effects), []);
    assert!(
        app.toasts
            .shown()
            .any(|toast| toast.says.contains("no ticket"))
    );
}

#[test]
fn a_form_stays_with_the_ticket_of_its_menu_whatever_the_cursor_does() {
    let mut app = live(1..4, None);
    press(&mut app, "f");
    let effects = press(&mut app, "c");
    let effects = with_tools(&mut app, &effects);
    let summary = number(&effects, |ask| *ask == Ask::Summary(id(3)));
    let case = dispatch_contract::Case {
        ticket: ticket(3),
        evidence: Default::default(),
        open_proposal: None,
    };
    let all = dispatch_contract::Tool::ALL.to_vec();
    let summed = dispatch_contract::summary::Summary::of(&case, all);
    app.update(Message::Got(summary, Ok(Got::Summary(Box::new(summed)))));
    // another comes to the first row, where the cursor is
    let mut urgent = ticket(1);
    (urgent.priority, urgent.version) = (Some(Priority::Emergency), 2);
    app.tickets.queue.refresh(urgent);
    tick(&mut app, 1);
    assert_eq!(app.view().ticket(), Some(id(1)));
    press(&mut app, "enter");
    let Some(Doing::Sheet(sheet)) = &app.doing else {
        panic!("the form");
    };
    assert_eq!(sheet.ticket.as_ref().unwrap().ticket_id, id(3));
}

#[test]
fn the_answer_to_a_dialog_that_was_left_is_not_the_next_ones() {
    let mut app = live(1..4, None);
    let effects = press(&mut app, "c");
    let effects = with_tools(&mut app, &effects);
    let first = number(&effects, |ask| matches!(ask, Ask::Summary(_)));
    press(&mut app, "esc");
    let effects = press(&mut app, "c");
    let second = number(&effects, |ask| matches!(ask, Ask::Summary(_)));
    app.update(Message::Got(first, Err(lost())));
    let Some(Doing::Menu(menu)) = &app.doing else {
        panic!("the menu");
    };
    assert!(menu.said().unwrap().1.contains("asking the host"));
    app.update(Message::Got(second, Err(lost())));
    let Some(Doing::Menu(menu)) = &app.doing else {
        panic!("the menu");
    };
    assert!(menu.said().unwrap().1.contains("no host answers"));
}

#[test]
fn a_held_enter_has_a_call_judged_and_commits_nothing() {
    let mut app = live(1..4, None);
    let effects = press(
        &mut app,
        ": c a l l space t i c k e t . s e t _ p r i o r i t y enter",
    );
    with_tools(&mut app, &effects);
    let effects = press(&mut app, "enter enter enter");
    let is_call = |ask: &Ask| {
        let Ask::Call { body, dry_run, .. } = ask else {
            return false;
        };
        assert!(dry_run, "{ask:?}");
        body["request_id"] == "console-dry-run"
    };
    let dry = number(&effects, is_call);
    let judged = crate::ask::Judged {
        to: None,
        ticket: Some(Box::new(ticket(3))),
    };
    let judged = Got::Called(crate::ask::Called::Judged(judged));
    app.update(Message::Got(dry, Ok(judged)));
    assert_eq!(asks(&press(&mut app, "enter enter ctrl-s")), []);
    let effects = press(&mut app, "y");
    assert!(matches!(
        asks(&effects)[..],
        [Ask::Call { dry_run: false, .. }]
    ));
}
