//! `schedule.propose_slots` offers the customer windows to choose from. What was
//! offered before and not confirmed is offered no longer. Windows keep the pack's hours
//! on the technician's clock; before one is assigned, on the clock of their own zone.

use dispatch_sdk::{Case, Key, Role, Rule, Settings, State, TicketView, Violations, Window};
use dispatch_sdk::{export_rule, item_path, tools, windows};

/// The most windows in one proposal.
const MAX_WINDOWS: Key = Key::integer("max_windows", 10, 1, 10);

/// The rules of `schedule.propose_slots`.
#[derive(Debug)]
pub struct ScheduleProposeSlots;

impl Rule for ScheduleProposeSlots {
    type Tool = tools::ScheduleProposeSlots;
    const ROLES: &'static [Role] = &[Role::SystemSchedulingAgent, Role::OperatorAdmin];
    const LEGAL_IN: &'static [State] = &[State::Schedulable, State::Scheduled];
    const SETTINGS: &'static [Key] = &[
        MAX_WINDOWS,
        windows::MIN_MINUTES,
        windows::MAX_MINUTES,
        windows::OPENS_HOUR,
        windows::CLOSES_HOUR,
        windows::WEEKDAYS_ONLY,
    ];

    fn check_settings(settings: &Settings<'_>) -> Violations {
        windows::check_settings(settings)
    }

    fn validate(case: &Case<'_, Vec<Window>>) -> Violations {
        let proposed = case.input;
        let mut found = Violations::none();
        found.require(
            !proposed.is_empty(),
            "/windows",
            "no_windows",
            "propose one window at least",
        );
        let count = i64::try_from(proposed.len()).unwrap_or(i64::MAX);
        found.require(
            count <= case.settings.integer(&MAX_WINDOWS),
            "/windows",
            "too_many_windows",
            "propose fewer windows",
        );
        for (index, window) in proposed.iter().enumerate() {
            let path = item_path("/windows", index, "");
            windows::check(&mut found, &case.settings, window, case.now, &path);
            found.require(
                !proposed[..index]
                    .iter()
                    .any(|earlier| windows::same(earlier, window)),
                &path,
                "same_window",
                "propose each window once",
            );
            found.require(
                keeps_zone(case.ticket, window),
                &[&path, "/timezone"].concat(),
                "another_zone",
                "propose it in the zone of the assigned technician's window",
            );
        }
        found
    }
}

/// Once a technician is assigned, windows are told by their clock: the zone of the window
/// that they were assigned to.
fn keeps_zone(ticket: &TicketView, window: &Window) -> bool {
    let assigned = ticket.technician_id.as_ref().and(ticket.schedule.as_ref());
    assigned.is_none_or(|schedule| schedule.window.timezone == window.timezone)
}

export_rule!(ScheduleProposeSlots);

#[cfg(test)]
mod tests;
