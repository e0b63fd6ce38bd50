//! How urgent a ticket is by the clock. The contract has no service level; what the host
//! does serve is the window agreed, the ETA and when the ticket was taken in. So work that
//! is scheduled counts down to its ETA, or to its window's start; work that is not
//! scheduled yet counts up from when it was taken in.

use dispatch_contract::ticket::{Priority, ScheduleStatus};
use dispatch_contract::{State, Ticket, Timestamp};

use crate::text::span;
use crate::theme::Role;

/// Scheduled work that is nearer than this is soon, in microseconds: an hour.
const SOON_US: i64 = 3_600_000_000;
/// Work not scheduled for so long is late, in microseconds: a day, an hour if urgent.
const LONG_US: i64 = 24 * SOON_US;

/// See the module. All in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    /// So long until somebody is to be there.
    In(i64),
    /// The window is open, and nobody is there yet; so long until it closes.
    Open(i64),
    /// The window closed so long ago, and nobody is there.
    Breached(i64),
    /// Not scheduled, for so long; and whether that is long.
    Waiting(i64, bool),
    /// Somebody is there.
    Underway,
    /// The work is done; papers are outstanding.
    Papers,
    /// Nothing is due any more.
    Over,
}

/// Until when somebody is awaited: the end of the window agreed, while nobody is on site.
/// As the host understands `due_before`.
pub(crate) fn awaited_until(ticket: &Ticket) -> Option<Timestamp> {
    let agreed = ticket.schedule.as_ref();
    let agreed = agreed.filter(|schedule| schedule.status == ScheduleStatus::Confirmed);
    let awaited = matches!(ticket.state, State::Scheduled | State::Dispatched);
    agreed
        .filter(|_| awaited)
        .map(|schedule| schedule.window_end)
}

/// See the module.
pub(crate) fn due(ticket: &Ticket, now: Timestamp) -> Due {
    let agreed = ticket
        .schedule
        .as_ref()
        .filter(|schedule| schedule.status == ScheduleStatus::Confirmed);
    match (ticket.state, agreed) {
        (State::Closed | State::Canceled, _) => Due::Over,
        (State::Onsite, _) => Due::Underway,
        (State::CloseoutPending, _) => Due::Papers,
        (State::Scheduled | State::Dispatched, Some(schedule)) => {
            let until = |at: Timestamp| at.micros() - now.micros();
            let end = until(schedule.window_end);
            let start = until(schedule.eta_at.unwrap_or(schedule.window_start));
            match (start, end) {
                (_, ..=0) => Due::Breached(-end),
                (1.., _) => Due::In(start),
                _ => Due::Open(end),
            }
        }
        _ => {
            let age = now.micros() - ticket.created_at.micros();
            let urgent = ticket.priority == Some(Priority::Emergency);
            Due::Waiting(age, age > if urgent { SOON_US } else { LONG_US })
        }
    }
}

impl Due {
    /// A cell: `in 3h 20m`, `+12m 05s` for what is late, `5h 02m old`.
    pub(crate) fn says(self) -> String {
        match self {
            Self::In(us) => format!("in {}", span(us)),
            Self::Open(us) => format!("due {}", span(us)),
            Self::Breached(us) => format!("LATE {}", span(us)),
            Self::Waiting(us, _) => format!("old {}", span(us)),
            Self::Underway => "on site".into(),
            Self::Papers => "papers".into(),
            Self::Over => "-".into(),
        }
    }

    pub(crate) fn role(self) -> Option<Role> {
        Some(match self {
            Self::Breached(_) => Role::Alarm,
            Self::Open(_) | Self::Waiting(_, true) => Role::Warn,
            Self::In(us) if us < SOON_US => Role::Warn,
            Self::In(_) | Self::Underway | Self::Papers => Role::Good,
            Self::Waiting(_, false) => return None,
            Self::Over => Role::Faint,
        })
    }

    pub(crate) fn is_breached(self) -> bool {
        matches!(self, Self::Breached(_))
    }

    /// The most urgent first.
    pub(crate) fn order(self) -> i64 {
        const FAR: i64 = i64::MAX / 4;
        match self {
            Self::Breached(us) => -FAR - us,
            Self::Open(us) => us - FAR / 2,
            Self::In(us) => us,
            Self::Waiting(us, _) => FAR - us,
            Self::Underway => FAR + 1,
            Self::Papers => FAR + 2,
            Self::Over => FAR + 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, scheduled, ticket};

    #[test]
    fn scheduled_work_counts_down_and_is_late_once_its_window_is_over() {
        let ticket = scheduled(1, 3600, 7200);
        for (now, expected) in [
            (0, "in 1h 00m"),
            (3599, "in 1s"),
            (3600, "due 1h 00m"),
            (7199, "due 1s"),
            (7200, "LATE 0s"),
            (8000, "LATE 13m 20s"),
        ] {
            assert_eq!(due(&ticket, at(now)).says(), expected, "{now}");
        }
        assert_eq!(due(&ticket, at(7201)).role(), Some(Role::Alarm));
        let mut there = ticket.clone();
        there.state = State::Onsite;
        assert_eq!(due(&there, at(9000)), Due::Underway);
    }

    #[test]
    fn an_eta_goes_before_the_windows_start() {
        let mut ticket = scheduled(1, 3600, 7200);
        if let Some(schedule) = &mut ticket.schedule {
            schedule.eta_at = Some(at(5000));
        }
        assert_eq!(due(&ticket, at(4000)).says(), "in 16m 40s");
    }

    #[test]
    fn unscheduled_work_counts_up_and_an_emergency_is_long_sooner() {
        let mut new = ticket(1);
        let later = at(-9999 + 7200);
        assert_eq!(due(&new, later), Due::Waiting(7_200_000_000, false));
        new.priority = Some(Priority::Emergency);
        assert_eq!(due(&new, later).role(), Some(Role::Warn));
        new.state = State::Closed;
        assert_eq!(due(&new, later), Due::Over);
    }

    #[test]
    fn the_most_urgent_come_first() {
        let order = [
            Due::Breached(9),
            Due::Breached(1),
            Due::Open(5),
            Due::In(5),
            Due::In(9),
            Due::Waiting(9, false),
            Due::Waiting(1, false),
            Due::Underway,
            Due::Papers,
            Due::Over,
        ];
        assert!(order.windows(2).all(|two| two[0].order() < two[1].order()));
    }
}
