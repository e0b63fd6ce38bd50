//! A snapshot brought up to date by an event, without asking the host: by the very
//! function that the host's commit and replay use.

use dispatch_contract::case::{Case, Evidence};
use dispatch_contract::event::EventType;
use dispatch_contract::{Event, Ticket};

/// What an event does to a snapshot.
#[derive(Debug)]
pub(crate) enum Folded {
    /// It stands so now.
    Now(Box<Ticket>),
    /// The snapshot has it already.
    Known,
    /// Something between was missed: read it.
    Missed,
}

/// See the module.
pub(crate) fn fold(ticket: &Ticket, event: &Event) -> Folded {
    if event.ticket_version < ticket.version {
        return Folded::Known;
    }
    if event.ticket_version > ticket.version + 1 {
        return Folded::Missed;
    }
    let moved = event.next_state.is_some() && event.next_state == Some(ticket.state);
    if event.ticket_version == ticket.version && moved {
        return Folded::Known;
    }
    let case = Case {
        ticket: ticket.clone(),
        evidence: Evidence::default(),
        open_proposal: None,
    };
    Case::after(Some(case), event).map_or(Folded::Missed, |case| Folded::Now(Box::new(case.ticket)))
}

/// The ticket that this event takes in.
pub(crate) fn created(event: &Event) -> Option<Box<Ticket>> {
    if event.kind != EventType::TicketCreated {
        return None;
    }
    Case::after(None, event)
        .ok()
        .map(|case| Box::new(case.ticket))
}

#[cfg(test)]
mod tests {
    use dispatch_contract::State;
    use serde_json::json;

    use super::*;
    use crate::testing::{moved, ticket};

    #[test]
    fn a_row_moves_by_the_event_alone_and_never_back() {
        let row = ticket(1);
        let event = moved(1, 2, State::New, State::Triaged);
        let Folded::Now(now) = fold(&row, &event) else {
            panic!("it moves");
        };
        assert_eq!((now.state, now.version), (State::Triaged, 2));
        assert!(matches!(fold(&now, &event), Folded::Known));
        let far = moved(1, 5, State::Onsite, State::CloseoutPending);
        assert!(matches!(fold(&now, &far), Folded::Missed));
        let late = moved(1, 1, State::New, State::Canceled);
        assert!(matches!(fold(&now, &late), Folded::Known));
    }

    #[test]
    fn what_does_not_fit_is_read_rather_than_guessed() {
        let mut event = moved(1, 2, State::Onsite, State::CloseoutPending);
        assert!(matches!(fold(&ticket(1), &event), Folded::Missed));
        event.payload = json!({});
        assert!(matches!(fold(&ticket(1), &event), Folded::Missed));
        assert!(created(&event).is_none());
    }
}
