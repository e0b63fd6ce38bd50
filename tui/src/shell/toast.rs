//! Short words about what just happened, most of all where its effect is off the screen.

use std::collections::VecDeque;

use dispatch_contract::Timestamp;

use crate::theme::Role;

/// How long one stays, in microseconds.
const STAYS_US: i64 = 5_000_000;
/// One that is bad news stays longer.
const ALARM_STAYS_US: i64 = 12_000_000;
/// Kept at most.
const MOST: usize = 4;

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Toast {
    pub(crate) says: String,
    pub(crate) role: Role,
    until: Timestamp,
}

/// Those on screen, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Toasts(VecDeque<Toast>);

impl Toasts {
    pub(crate) fn say(&mut self, role: Role, says: impl Into<String>, now: Timestamp) {
        let stays = if role == Role::Alarm {
            ALARM_STAYS_US
        } else {
            STAYS_US
        };
        let until = Timestamp::from_micros(now.micros() + stays).unwrap_or(now);
        let says = says.into();
        // said again, it stays; it does not fill the screen
        self.0.retain(|toast| toast.says != says);
        self.0.push_back(Toast { says, role, until });
        while self.0.len() > MOST {
            self.0.pop_front();
        }
    }

    /// Those whose time is over go.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.0.retain(|toast| toast.until > now);
    }

    pub(crate) fn shown(&self) -> impl Iterator<Item = &Toast> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn they_go_by_themselves_and_are_never_many() {
        let mut toasts = Toasts::default();
        for n in 0..9 {
            toasts.say(Role::Good, format!("{n}"), at(n));
        }
        toasts.say(Role::Alarm, "8", at(9));
        let said = |toasts: &Toasts| toasts.shown().map(|t| t.says.clone()).collect::<Vec<_>>();
        assert_eq!(said(&toasts), ["5", "6", "7", "8"]);
        toasts.tick(at(14));
        assert_eq!(said(&toasts), ["8"]);
        toasts.tick(at(21));
        assert_eq!(toasts.shown().count(), 0);
    }
}
