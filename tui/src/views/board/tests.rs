use super::*;
use crate::testing::{event, id, moved, scheduled, ticket, world};

#[test]
fn a_ticket_is_in_one_lane_and_moves_as_it_is_told() {
    let mut board = Board::new();
    let world = world();
    let area = Rect::new(0, 0, 200, 50);
    let asks = board.wants(&world, 20);
    assert_eq!(asks.len(), 9);
    assert!(board.wants(&world, 20).is_empty(), "they are being read");
    for ask in &asks {
        let page = Page {
            items: if *ask == Ask::Lane(State::New) {
                vec![ticket(1), ticket(2)]
            } else {
                Vec::new()
            },
            next_cursor: None,
        };
        board.take(ask, Ok(Got::Tickets(page)), &world);
    }
    board.settle(area, &world);
    assert_eq!(board.lanes[0].shown().len(), 2);
    board.news(&moved(1, 2, State::New, State::Triaged), &world);
    board.settle(area, &world);
    let held = |board: &Board| -> Vec<usize> {
        board.lanes.iter().map(|lane| lane.shown().len()).collect()
    };
    assert_eq!(held(&board), [1, 1, 0, 0, 0, 0, 0, 0, 0]);
    // of a ticket that no lane holds, the lane it came to is read
    board.news(&moved(9, 4, State::Dispatched, State::Onsite), &world);
    assert_eq!(board.wants(&world, 9), [Ask::Lane(State::Onsite)]);
}

fn page(items: Vec<Ticket>) -> Answered {
    Ok(Got::Tickets(Page {
        items,
        next_cursor: None,
    }))
}

/// A ticket in a state, of a version.
fn stands(n: u128, state: State, version: u64) -> Ticket {
    let mut ticket = ticket(n);
    (ticket.state, ticket.version) = (state, version);
    ticket
}

/// Every lane was read; New has these.
fn read(new: Vec<Ticket>) -> Board {
    let mut board = Board::new();
    for ask in board.wants(&world(), 20) {
        let is_new = ask == Ask::Lane(State::New);
        let items = if is_new { new.clone() } else { Vec::new() };
        board.take(&ask, page(items), &world());
    }
    board
}

/// Where each ticket stands: number, state, version.
fn held(board: &Board) -> Vec<(u128, State, u64)> {
    let all = board.lanes.iter().flat_map(Lane::all);
    let mut all: Vec<_> = all
        .map(|row| (row.ticket_id.0.0, row.state, row.version))
        .collect();
    all.sort_by_key(|(n, ..)| *n);
    all
}

#[test]
fn a_ticket_that_leaves_or_comes_while_its_lane_is_read_is_neither_doubled_nor_lost() {
    let mut board = read(vec![ticket(1), ticket(2)]);
    board.reload();
    let asks = board.wants(&world(), 20);
    assert_eq!(asks.len(), 9);
    // one leaves New, one is taken in, while the host has answered with what was before
    board.news(&moved(1, 2, State::New, State::Triaged), &world());
    let mut created = event(3, 1, "ticket.created");
    let new = serde_json::to_value(ticket(3)).unwrap();
    created.payload = serde_json::json!({
        "customer_id": new["customer_id"], "customer_found": false, "customer": new["customer"],
        "service_location": new["service_location"], "issue": new["issue"],
        "account_type": "cod", "priority": "standard"});
    board.news(&created, &world());
    for ask in &asks {
        let is_new = *ask == Ask::Lane(State::New);
        let items = if is_new {
            vec![ticket(1), ticket(2)]
        } else {
            Vec::new()
        };
        board.take(ask, page(items), &world());
    }
    let expected = [
        (1, State::Triaged, 2),
        (2, State::New, 1),
        (3, State::New, 1),
    ];
    assert_eq!(held(&board), expected);
    // read again with nothing committed meanwhile: what the host does not have goes
    board.reload();
    for ask in board.wants(&world(), 20) {
        board.take(&ask, page(Vec::new()), &world());
    }
    assert_eq!(held(&board), []);
}

#[test]
fn lanes_that_are_read_one_after_the_other_never_both_have_a_ticket() {
    let mut board = read(Vec::new());
    let lane = |board: &mut Board, state, items| {
        board.lane(state).reading = true;
        board.take(&Ask::Lane(state), page(items), &world());
    };
    // forward and back: whichever lane was read first
    lane(&mut board, State::New, vec![stands(1, State::New, 1)]);
    lane(
        &mut board,
        State::Triaged,
        vec![stands(1, State::Triaged, 2)],
    );
    assert_eq!(held(&board), [(1, State::Triaged, 2)]);
    lane(&mut board, State::New, vec![stands(1, State::New, 1)]);
    assert_eq!(held(&board), [(1, State::Triaged, 2)], "that was before");
    // a read of one ticket that comes late is no news
    board.put(stands(1, State::New, 1));
    assert_eq!(held(&board), [(1, State::Triaged, 2)]);
}

#[test]
fn one_that_moved_to_where_nothing_is_held_is_read_and_one_that_is_gone_goes() {
    let mut board = Board::new();
    let asks = board.wants(&world(), 20);
    board.news(&moved(1, 2, State::New, State::Triaged), &world());
    for ask in &asks {
        let is_new = *ask == Ask::Lane(State::New);
        let items = if is_new { vec![ticket(1)] } else { Vec::new() };
        board.take(ask, page(items), &world());
    }
    let asks = board.wants(&world(), 20);
    assert!(asks.contains(&Ask::Ticket(id(1))), "{asks:?}");
    let now = stands(1, State::Triaged, 2);
    board.take(
        &Ask::Ticket(id(1)),
        Ok(Got::Ticket(Box::new(now))),
        &world(),
    );
    assert_eq!(held(&board), [(1, State::Triaged, 2)]);
    let gone = Trouble::Refused {
        status: 404,
        detail: "gone".into(),
    };
    board.take(&Ask::Ticket(id(1)), Err(gone), &world());
    assert_eq!(held(&board), []);
}

#[test]
fn the_most_urgent_stand_first_and_are_the_last_to_be_left_out() {
    let mut urgent = ticket(1);
    urgent.priority = Some(dispatch_contract::ticket::Priority::Emergency);
    let mut board = read(vec![urgent, ticket(2)]);
    for n in 1_000..2_000 {
        board.put(ticket(n));
    }
    board.settle(Rect::new(0, 0, 200, 50), &world());
    let shown = board.lanes[0].shown();
    assert_eq!(shown.len(), 300);
    assert_eq!(shown[0].ticket_id, id(1));
    assert!(board.lanes[0].more);
    // late, however new; then what is awaited soonest
    let mut board = read(Vec::new());
    for late in [
        scheduled(5, -900, -600),
        scheduled(6, 60, 90),
        scheduled(7, 30, 90),
    ] {
        board.put(late);
    }
    board.settle(Rect::new(0, 0, 200, 50), &world());
    let shown = board.lanes[State::Scheduled as usize].shown();
    let shown: Vec<u128> = shown.iter().map(|row| row.ticket_id.0.0).collect();
    assert_eq!(shown, [5, 7, 6]);
}
