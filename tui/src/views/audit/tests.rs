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
    assert_eq!((audit.filter(), audit.ticket), ("", None));
}
