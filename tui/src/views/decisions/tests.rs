use dispatch_contract::Code;
use dispatch_contract::reading::Page;

use super::*;
use crate::testing::{at, decision, event, world};

fn read(view: &mut Decisions, decisions: Vec<Decision>) {
    view.looked_at = None;
    let asks = view.wants(&world(), 4);
    assert_eq!(asks, [Ask::Decisions(DecisionFilter::default())]);
    let page = Page {
        items: decisions,
        next_cursor: Some("older".into()),
    };
    view.take(&asks[0], Ok(Got::Decisions(page)), &world());
    view.settle(Rect::new(0, 0, 120, 40), &world());
}

fn range(numbers: std::ops::Range<u128>) -> Vec<Decision> {
    numbers.rev().map(|n| decision(n, None, 40)).collect()
}

#[test]
fn an_event_wakes_it_and_pages_join_without_a_double_or_a_gap() {
    let mut view = Decisions::new();
    view.list.rows.follow = false;
    read(&mut view, range(10..60));
    view.news(&event(1, 1, "ticket.created"), &world());
    read(&mut view, range(20..70));
    assert_eq!(view.list.rows.held(), 60);
    view.news(&event(1, 1, "ticket.created"), &world());
    // more came at once than a page holds: begin anew rather than leave a hole
    read(&mut view, range(200..250));
    assert_eq!(view.list.rows.held(), 50);
}

#[test]
fn it_is_read_again_when_it_is_told_to_and_not_else_nor_too_often() {
    let mut view = Decisions::new();
    read(&mut view, range(0..50));
    let mut later = world();
    later.now = at(3_600);
    assert_eq!(view.wants(&later, 4), [], "nobody told of anything");
    view.refused();
    assert_eq!(view.wants(&world(), 4), [], "it was read a moment ago");
    assert_eq!(
        view.wants(&later, 4),
        [Ask::Decisions(DecisionFilter::default())]
    );
}

#[test]
fn one_kind_is_shown_and_figures_are_over_what_is_shown() {
    let mut view = Decisions::new();
    let mut all = range(0..10);
    all.push(decision(90, Some(Code::GateBlocked), 900));
    all.push(decision(91, Some(Code::GateBlocked), 1_100));
    all.push(decision(92, Some(Code::RoleForbidden), 3));
    read(&mut view, all);
    view.act(Action::Only, 1, &world());
    view.settle(Rect::new(0, 0, 120, 40), &world());
    let shown = view.list.rows.shown();
    assert_eq!(shown.len(), 3);
    let refused = figures::refusals(&shown);
    assert_eq!(refused, [("gate_blocked", 2), ("role_forbidden", 1)]);
    assert_eq!(figures::percentile(&shown, 50), 900);
    assert_eq!(figures::percentile(&[], 99), 0);
    assert_eq!(figures::histogram(&shown), [1, 0, 0, 0, 0, 1, 1, 0]);
}

#[test]
fn what_the_host_can_look_for_it_is_asked_for_and_an_answer_to_another_filter_is_dropped() {
    let mut view = Decisions::new();
    read(&mut view, range(0..5));
    view.woken = true;
    view.looked_at = None;
    let before = view.wants(&world(), 4);
    view.set_filter("code:gate_blocked 0M");
    assert_eq!(
        (view.list.rows.held(), view.filter()),
        (0, "code:gate_blocked 0M")
    );
    let asks = view.wants(&world(), 4);
    let [Ask::Decisions(filter)] = &asks[..] else {
        panic!("{asks:?}");
    };
    assert_eq!(filter.code, Some(Code::GateBlocked));
    let page = |decisions| {
        Ok(Got::Decisions(Page {
            items: decisions,
            next_cursor: None,
        }))
    };
    view.take(&before[0], page(range(0..9)), &world());
    assert_eq!(view.list.rows.held(), 0);
    let refused = |n| decision(n, Some(Code::GateBlocked), 9);
    view.take(&asks[0], page(vec![refused(20), refused(1)]), &world());
    view.settle(Rect::new(0, 0, 120, 40), &world());
    // the rest is looked for in whole ids too
    let shown = view.list.rows.shown();
    assert_eq!(shown.len(), 1);
    assert!(shown[0].ticket_id.unwrap().to_string().contains("0M"));
}
