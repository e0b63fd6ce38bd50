//! When a message must not be sent any more, because what it tells is over.

use std::time::Duration;

use dispatch_contract::outbox::{DeadReason, Topic};
use dispatch_contract::ticket::Schedule;
use dispatch_contract::{State, Ticket, Timestamp};

/// Why it is too late for this message, if it is: the reason and its words.
pub(crate) fn too_late(
    topic: Topic,
    then: &Ticket,
    today: &Ticket,
    now: Timestamp,
) -> Option<(DeadReason, String)> {
    let late = |why: String| Some((DeadReason::TooLate, why));
    let about_a_visit = matches!(
        topic,
        Topic::CustomerConfirmation | Topic::CustomerEta | Topic::TechnicianAssignment
    );
    if about_a_visit && today.state == State::Canceled {
        return late("The ticket was canceled meanwhile: nobody comes.".into());
    }
    if topic == Topic::TechnicianAssignment
        && then.assigned_technician_id != today.assigned_technician_id
    {
        return late("Another technician is on the ticket by now.".into());
    }
    let arrived = matches!(
        today.state,
        State::Onsite | State::CloseoutPending | State::Closed
    );
    if arrived && matches!(topic, Topic::CustomerEta | Topic::TechnicianAssignment) {
        return late("The technician has arrived by now: nobody waits for that.".into());
    }
    let schedule = then.schedule.as_ref()?;
    if let Some(why) = superseded(topic, schedule, today.schedule.as_ref()) {
        return late(why);
    }
    match topic {
        Topic::CustomerEta => {
            let until = schedule.eta_at.unwrap_or(schedule.window_end);
            let what = if schedule.eta_at.is_some() {
                "The arrival it announces was at"
            } else {
                "The window it announces an arrival in ended at"
            };
            (until < now).then(|| {
                (
                    DeadReason::TooLate,
                    format!("{what} {until}, which is over."),
                )
            })
        }
        Topic::CustomerConfirmation | Topic::TechnicianAssignment if schedule.window_end < now => {
            late(format!(
                "The window it announces ended at {}.",
                schedule.window_end
            ))
        }
        _ => None,
    }
}

/// What stands today in the place of what a message to the customer tells, if it differs: a
/// later message tells that, and this one would contradict it.
fn superseded(topic: Topic, then: &Schedule, today: Option<&Schedule>) -> Option<String> {
    if !matches!(topic, Topic::CustomerConfirmation | Topic::CustomerEta) {
        return None;
    }
    let Some(today) = today else {
        return Some("The window it tells of no longer stands.".into());
    };
    let window = |schedule: &Schedule| (schedule.window_start, schedule.window_end);
    if window(then) != window(today) {
        let (start, end) = window(today);
        return Some(format!("Another window stands by now: {start} to {end}."));
    }
    let eta = |schedule: &Schedule| (schedule.eta_text.clone(), schedule.eta_at);
    (topic == Topic::CustomerEta && eta(then) != eta(today))
        .then(|| "Another ETA stands by now.".into())
}

/// Has it waited longer than a message may?
pub(crate) fn too_old(
    waiting_since: Timestamp,
    now: Timestamp,
    age: Duration,
) -> Option<(DeadReason, String)> {
    let waited_s = now.micros().saturating_sub(waiting_since.micros()) / 1_000_000;
    let limit_s = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
    (waited_s > limit_s).then(|| {
        let why = format!(
            "It waited for {} minutes, more than the {} a message may. Is what it tells still true? \
             Then replay it, which begins its time anew.",
            waited_s / 60,
            limit_s / 60
        );
        (DeadReason::TooOld, why)
    })
}
