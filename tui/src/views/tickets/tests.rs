use dispatch_contract::reading::Page;

use super::queue::Listing;
use super::*;
use crate::testing::{id, ticket, world};

fn listed(ids: std::ops::Range<u128>) -> Tickets {
    let mut view = Tickets::new();
    let mut asks = view.wants(&world(), 9).into_iter();
    let ask = asks.find(|ask| matches!(ask, Ask::List(..))).unwrap();
    let listing = Listing {
        urgent: Vec::new(),
        page: Page {
            items: ids.rev().map(ticket).collect(),
            next_cursor: None,
        },
    };
    view.take(&ask, Ok(Got::Listing(listing)), &world());
    view.settle(Rect::new(0, 0, 120, 30), &world());
    view
}

#[test]
fn a_ticket_that_is_not_in_the_queue_is_shown_until_one_goes_back() {
    let mut view = listed(1..4);
    assert_eq!(view.ticket(), Some(id(3)));
    view.show(id(77));
    assert_eq!(view.ticket(), Some(id(77)));
    assert!(view.wants(&world(), 9).contains(&Ask::Case(id(77))));
    view.act(Action::Back, 1, &world());
    assert_eq!(view.ticket(), Some(id(3)));
}

#[test]
fn what_was_pinned_gives_way_to_the_ticket_under_the_cursor() {
    let mut view = listed(1..4);
    view.show(id(77));
    view.show(id(2));
    assert_eq!(view.ticket(), Some(id(2)), "it is in the queue");
    for back in [Action::OtherPane, Action::Left] {
        view.show(id(77));
        assert_eq!(view.ticket(), Some(id(77)));
        view.act(back, 1, &world());
        assert_eq!(view.focus, Focus::Queue);
        assert_eq!(view.ticket(), Some(id(2)), "the queue's own");
        assert_eq!(view.list().ids(), [id(2).to_string()]);
    }
    // the mouse, beside every row
    view.show(id(77));
    let area = Rect::new(0, 0, 120, 30);
    view.mouse(area, Position::new(5, 20), Mouse::Click, &world());
    assert_eq!(view.ticket(), Some(id(2)));
}

#[test]
fn a_state_is_gone_through_in_the_filter_as_it_is_typed() {
    let mut view = listed(1..4);
    view.list_mut().set_filter("dock !bay");
    view.act(Action::NextState, 1, &world());
    assert_eq!(view.list().filter(), "dock !bay state:new");
    assert_eq!(view.queue.filter.state, Some(State::New));
    assert_eq!(view.queue.filter.text.as_deref(), Some("dock"));
    view.act(Action::NextState, 1, &world());
    assert_eq!(view.list().filter(), "dock !bay state:triaged");
    for _ in 0..2 {
        view.act(Action::PreviousState, 1, &world());
    }
    assert_eq!(view.list().filter(), "dock !bay");
    assert_eq!(view.queue.filter.state, None);
    // one that was typed is gone on from
    view.list_mut().set_filter("st:closed dock");
    view.act(Action::NextState, 1, &world());
    assert_eq!(view.list().filter(), "dock state:canceled");
}

#[test]
fn sections_turn_round_and_the_timelines_cursor_stays_within_it() {
    let mut view = listed(1..4);
    for _ in 0..Section::ALL.len() {
        view.act(Action::NextSection, 1, &world());
    }
    assert_eq!(view.section, Section::Case);
    view.act(Action::PreviousSection, 1, &world());
    assert_eq!(view.section, Section::Artifacts);
    view.focus = Focus::Ticket;
    view.section = Section::Timeline;
    for action in [Action::Last, Action::Down, Action::First, Action::Up] {
        view.act(action, 1, &world());
        assert_eq!(view.detail.at, 0, "there is no event yet");
    }
}

#[test]
fn the_mouse_turns_to_a_section_and_scrolls_what_it_is_over() {
    let mut view = listed(1..40);
    let area = Rect::new(0, 0, 120, 30);
    let [queue, ticket] = [Position::new(5, 5), Position::new(80, 20)];
    view.mouse(area, queue, Mouse::ScrollDown, &world());
    assert_eq!(view.ticket(), Some(id(36)));
    // ` Case  Timeline `, in the second line of the pane
    view.mouse(area, Position::new(78, 2), Mouse::Click, &world());
    assert_eq!(view.section, Section::Timeline);
    view.mouse(area, ticket, Mouse::ScrollDown, &world());
    assert_eq!(view.ticket(), Some(id(36)));
}

#[test]
fn a_filter_that_nothing_fits_says_so_and_marks_go_with_their_tickets() {
    let mut view = listed(1..4);
    view.act(Action::Mark, 1, &world());
    assert_eq!(view.list().ids(), [id(3).to_string()]);
    view.queue.remove(id(3));
    view.settle(Rect::new(0, 0, 120, 30), &world());
    assert_eq!(view.list().marked(), 0);
    view.list_mut().set_filter("state:onsite !x");
    assert_eq!(view.queue.filter.state, Some(State::Onsite));
    assert_eq!(view.queue.query.text(), "!x");
    assert!(!view.listed);
}
