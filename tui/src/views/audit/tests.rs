use dispatch_contract::reading::Page;

use super::*;
use crate::testing::{chain, world};

fn read(audit: &mut Audit, events: Vec<Event>, next: Option<&str>) {
    let asks = audit.wants(&world(), 4);
    let page = Page {
        items: events,
        next_cursor: next.map(Into::into),
    };
    audit.take(&asks[0], Ok(Got::Events(page)), &world());
    audit.settle(Rect::new(0, 0, 120, 40), &world());
}

#[test]
fn events_come_live_on_top_once_each_and_verified() {
    let mut audit = Audit::new();
    let events = chain(1, 5);
    let newest: Vec<Event> = events[..4].iter().rev().cloned().collect();
    read(&mut audit, newest, None);
    audit.news(&events[3], &world());
    audit.news(&events[4], &world());
    audit.settle(Rect::new(0, 0, 120, 40), &world());
    let shown = audit.list.rows.shown();
    let sequences: Vec<u64> = shown.iter().map(|row| row.event.sequence).collect();
    assert_eq!(sequences, [5, 4, 3, 2, 1]);
    assert!(shown.iter().all(|row| row.standing == Standing::Verified));
    assert_eq!(audit.waiting(&world()), 0);
}

#[test]
fn the_whole_chain_is_read_in_pages_to_verify_it() {
    let mut audit = Audit::new();
    let mut events = chain(1, 5);
    read(&mut audit, vec![events[4].clone()], None);
    events[2].request_id = "another".into();
    audit.act(Action::Verify, 1, &world());
    let id = events[0].ticket_id.unwrap();
    assert_eq!(audit.wants(&world(), 4), [Ask::Chain(id, None)]);
    assert_eq!(audit.wants(&world(), 4), []);
    let first = Page {
        items: events[..2].to_vec(),
        next_cursor: Some("c".into()),
    };
    audit.take(&Ask::Chain(id, None), Ok(Got::Events(first)), &world());
    let next = Ask::Chain(id, Some("c".into()));
    assert_eq!(audit.wants(&world(), 4), std::slice::from_ref(&next));
    let rest = Page {
        items: events[2..].to_vec(),
        next_cursor: None,
    };
    audit.take(&next, Ok(Got::Events(rest)), &world());
    let (role, said) = audit.said().unwrap();
    assert_eq!(role, Role::Alarm);
    assert!(said.contains("event 3 does not verify"), "{said}");
}

#[test]
fn a_whole_id_is_looked_for_by_the_host() {
    let mut audit = Audit::new();
    let events = chain(1, 2);
    read(&mut audit, events.clone(), None);
    let id = events[0].ticket_id.unwrap();
    let typed = format!("ticket:{id} !note");
    audit.set_filter(&typed);
    let asks = audit.wants(&world(), 4);
    assert!(matches!(&asks[..], [Ask::Events { ticket: Some(asked), .. }] if *asked == id));
    assert_eq!(audit.list.rows.query.text(), "!note");
    // it is all typed again from what is shown, and cleared by what clears a filter
    assert_eq!(audit.filter(), typed);
    audit.set_filter("");
    assert_eq!((audit.filter(), audit.filter.ticket), ("", None));
}

fn shown(audit: &mut Audit) -> Vec<(u128, u64)> {
    audit.settle(Rect::new(0, 0, 120, 40), &world());
    let rows = audit.list.rows.shown().into_iter();
    rows.map(|row| (row.event.ticket_id.unwrap().0.0, row.event.sequence))
        .collect()
}

fn page(events: &[Event], next: Option<&str>) -> Answered {
    Ok(Got::Events(Page {
        items: events.iter().rev().cloned().collect(),
        next_cursor: next.map(Into::into),
    }))
}

#[test]
fn what_comes_while_the_newest_are_read_stands_before_them_at_the_first_time_too() {
    let mut audit = Audit::new();
    let events = chain(1, 9);
    let asks = audit.wants(&world(), 4);
    // one that the page has as well, one that it has not
    audit.news(&events[2], &world());
    audit.news(&events[3], &world());
    audit.take(&asks[0], page(&events[..3], None), &world());
    assert_eq!(shown(&mut audit), [(1, 4), (1, 3), (1, 2), (1, 1)]);
    audit.reload();
    let asks = audit.wants(&world(), 4);
    for event in &events[4..6] {
        audit.news(event, &world());
    }
    // the page is of before the last one, and reaches down to what is held
    audit.take(&asks[0], page(&events[2..5], Some("older")), &world());
    let all: Vec<(u128, u64)> = (1..=6).rev().map(|n| (1, n)).collect();
    assert_eq!(shown(&mut audit), all);
    assert_eq!(audit.next, None, "the rest is held already");
    // more came at once than a page holds: begin anew, with what came meanwhile
    audit.reload();
    let asks = audit.wants(&world(), 4);
    audit.news(&events[8], &world());
    audit.take(&asks[0], page(&events[7..8], Some("older")), &world());
    assert_eq!(shown(&mut audit), [(1, 9), (1, 8)]);
    assert_eq!(audit.next.as_deref(), Some("older"));
    assert!(audit.list.rows.items().all(|row| !row.standing.is_broken()));
}

#[test]
fn a_range_of_time_is_read_back_to_its_beginning_and_no_further() {
    let mut audit = Audit::new();
    read(&mut audit, chain(1, 2), Some("a"));
    let mut events = chain(1, 6);
    for (event, at) in events.iter_mut().zip(-600..) {
        event.occurred_at = crate::testing::at(at * 10);
    }
    audit.set_filter("since:5980s until:5960s");
    let asks = audit.wants(&world(), 4);
    audit.take(&asks[0], page(&events[4..], Some("b")), &world());
    assert_eq!(shown(&mut audit), [(1, 5)]);
    let asks = audit.wants(&world(), 4);
    assert!(matches!(&asks[..], [Ask::Events { cursor: Some(at), .. }] if at == "b"));
    let mut older = events[..4].to_vec();
    older[0].occurred_at = crate::testing::at(-9_000);
    audit.take(&asks[0], page(&older, Some("c")), &world());
    assert_eq!(shown(&mut audit), [(1, 5), (1, 4), (1, 3)]);
    assert_eq!(
        audit.wants(&world(), 4),
        [],
        "nothing before it is asked for"
    );
    audit.news(&chain(1, 9)[8], &world());
    assert_eq!(shown(&mut audit).len(), 3, "that is after it");
}

#[test]
fn types_and_actors_are_the_hosts_and_tools_and_whole_ids_are_found_in_rows() {
    let mut audit = Audit::new();
    read(&mut audit, chain(1, 2), None);
    let id = audit.list.rows.items().next().unwrap().event.actor.id;
    audit.set_filter(&format!("type:closeout.note_added actor:{id}"));
    let asks = audit.wants(&world(), 4);
    let [Ask::Events { kind, actor, .. }] = &asks[..] else {
        panic!("{asks:?}");
    };
    let expected = (
        Some(dispatch_contract::event::EventType::CloseoutNoteAdded),
        Some(id),
    );
    assert_eq!((*kind, *actor), expected);
    let mut events = chain(1, 2);
    events.extend(chain(2, 1));
    audit.take(&asks[0], page(&events, None), &world());
    let other = crate::testing::event(3, 1, "ticket.priority_set");
    audit.news(&other, &world());
    assert_eq!(shown(&mut audit).len(), 3, "of another type");
    for (typed, count) in [
        ("tool:closeout.add_note", 3),
        ("!tool:closeout.add_note", 0),
        ("tool:set_priority", 0),
        (events[0].ticket_id.unwrap().to_string().as_str(), 2),
        (id.to_string().as_str(), 3),
    ] {
        audit.set_filter(&format!("type:closeout.note_added actor:{id} {typed}"));
        assert_eq!(shown(&mut audit).len(), count, "{typed}");
    }
}
