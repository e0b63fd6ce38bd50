//! `schedule.confirm` fixes the window that the customer chose among those proposed. It
//! keeps the pack's lengths and hours also where it was proposed under another pack: on the
//! technician's clock; before one is assigned, on the clock of its own zone.

use dispatch_sdk::{Actor, Case, Key, Proposal, Role, Rule, Settings, State, TicketView};
use dispatch_sdk::{Violations, Window};
use dispatch_sdk::{export_rule, tools, windows};

/// How long before its start a window is confirmed at the latest, in minutes.
const MIN_NOTICE: Key = Key::integer("min_notice_minutes", 0, 0, 10_080);

/// The rules of `schedule.confirm`.
#[derive(Debug)]
pub struct ScheduleConfirm;

impl Rule for ScheduleConfirm {
    type Tool = tools::ScheduleConfirm;
    const ROLES: &'static [Role] = &[Role::SystemSchedulingAgent, Role::OperatorAdmin];
    const LEGAL_IN: &'static [State] = &[State::Schedulable, State::Scheduled];
    const SETTINGS: &'static [Key] = &[
        MIN_NOTICE,
        windows::MIN_MINUTES,
        windows::MAX_MINUTES,
        windows::OPENS_HOUR,
        windows::CLOSES_HOUR,
        windows::WEEKDAYS_ONLY,
    ];

    fn check_settings(settings: &Settings<'_>) -> Violations {
        windows::check_settings(settings)
    }

    fn validate(case: &Case<'_, Window>) -> Violations {
        let selected = case.input;
        let mut found = Violations::none();
        if Self::is_legal(case) {
            let proposal = &case.ticket.open_proposal;
            found.require(
                proposal
                    .iter()
                    .any(|window| windows::same(window, selected)),
                "/selected_window",
                "not_proposed",
                "select a window of the open proposal, or propose this one first",
            );
        }
        // its length too: one that spans a night begins and ends within hours
        windows::check(
            &mut found,
            &case.settings,
            selected,
            case.now,
            "/selected_window",
        );
        let notice = case.settings.integer(&MIN_NOTICE);
        let earliest = windows::minutes_after(case.now, notice);
        found.require(
            selected.start < case.now || selected.start >= earliest,
            "/selected_window/window_start",
            "too_short_notice",
            "select a later window",
        );
        found.require(
            keeps_zone(case.ticket, selected),
            "/selected_window/timezone",
            "another_zone",
            "propose one in the zone of the assigned technician's window",
        );
        found
    }

    /// A ticket that is scheduled already is rescheduled.
    fn transition(_actor: &Actor, _case: &Case<'_, Window>) -> Proposal {
        Proposal::advance(State::Scheduled)
    }
}

/// Once a technician is assigned, windows are told by their clock: the zone of the window
/// that they were assigned to.
fn keeps_zone(ticket: &TicketView, window: &Window) -> bool {
    let assigned = ticket.technician_id.as_ref().and(ticket.schedule.as_ref());
    assigned.is_none_or(|schedule| schedule.window.timezone == window.timezone)
}

export_rule!(ScheduleConfirm);

#[cfg(test)]
mod tests {
    use super::*;
    use dispatch_sdk::scene::{NOTHING, Scene, TECHNICIAN, window};
    use dispatch_sdk::{Input, SettingValue};

    fn confirming(selected: Window, proposed: &[Window]) -> Scene {
        Scene::new(State::Schedulable, Input::ScheduleConfirm(selected))
            .with(|ticket| ticket.open_proposal = proposed.to_vec())
    }

    #[test]
    fn scheduling_confirms_and_reschedules() {
        let scene = confirming(window(60, 120), &[window(60, 120)]);
        scene.assert_open_to::<ScheduleConfirm>(ScheduleConfirm::ROLES);
        scene.assert_legal_in::<ScheduleConfirm>(&[State::Schedulable, State::Scheduled]);
        assert_eq!(scene.validate::<ScheduleConfirm>(), NOTHING);
        for state in [State::Schedulable, State::Scheduled] {
            let scene = scene.clone().with(|ticket| ticket.state = state);
            let proposal = scene.transition::<ScheduleConfirm>();
            assert_eq!(proposal, Proposal::advance(State::Scheduled));
        }
    }

    #[test]
    fn only_a_proposed_window_is_confirmed_to_the_letter() {
        let mut elsewhere = window(60, 120);
        elsewhere.timezone = "America/Chicago".to_owned();
        for other in [window(60, 121), window(61, 120), elsewhere] {
            assert_eq!(
                confirming(other, &[window(60, 120)]).validate::<ScheduleConfirm>(),
                ["/selected_window not_proposed"]
            );
        }
    }

    #[test]
    fn a_window_that_has_begun_is_gone() {
        let begun = window(-1, 60);
        assert_eq!(
            confirming(begun.clone(), &[begun]).validate::<ScheduleConfirm>(),
            ["/selected_window/window_start in_the_past"]
        );
    }

    #[test]
    fn in_the_wrong_state_the_state_is_the_reason() {
        let early = confirming(window(60, 120), &[]).with(|ticket| ticket.state = State::New);
        assert_eq!(early.validate::<ScheduleConfirm>(), NOTHING);
        assert!(matches!(
            early.transition::<ScheduleConfirm>(),
            Proposal::Illegal(_)
        ));
    }

    #[test]
    fn hours_and_weekends_are_kept() {
        // now is a Monday, 08:00: so today from 17:00 to 19:00, and Saturday at noon
        for (chosen, found) in [
            (
                window(540, 660),
                &["/selected_window/window_end outside_hours"][..],
            ),
            (
                window(5 * 1440 + 240, 5 * 1440 + 300),
                &[
                    "/selected_window/window_start on_a_weekend",
                    "/selected_window/window_end on_a_weekend",
                ],
            ),
            (window(60, 600), &[]),
        ] {
            let scene = confirming(chosen.clone(), &[chosen])
                .setting("opens_hour", SettingValue::Integer(8))
                .setting("closes_hour", SettingValue::Integer(18))
                .setting("weekdays_only", SettingValue::Boolean(true));
            assert_eq!(scene.check_settings::<ScheduleConfirm>(), NOTHING);
            assert_eq!(scene.validate::<ScheduleConfirm>(), found);
        }
    }

    #[test]
    fn a_window_over_a_night_or_a_weekend_is_too_long() {
        // now is a Monday, 08:00: today to tomorrow at noon, and Friday to Monday
        for chosen in [
            window(240, 1440 + 240),
            window(4 * 1440 + 240, 7 * 1440 + 240),
        ] {
            let scene = confirming(chosen.clone(), &[chosen])
                .setting("opens_hour", SettingValue::Integer(8))
                .setting("closes_hour", SettingValue::Integer(18))
                .setting("weekdays_only", SettingValue::Boolean(true))
                .setting("max_window_minutes", SettingValue::Integer(600));
            assert_eq!(
                scene.validate::<ScheduleConfirm>(),
                ["/selected_window/window_end too_long"]
            );
        }
    }

    #[test]
    fn an_assigned_technicians_zone_is_kept() {
        let mut elsewhere = window(60, 120);
        elsewhere.timezone = "America/Chicago".to_owned();
        let scene = Scene::new(State::Scheduled, Input::ScheduleConfirm(elsewhere.clone())).with(
            |ticket| {
                ticket.open_proposal = vec![elsewhere];
                ticket.technician_id = Some(TECHNICIAN.to_owned());
            },
        );
        assert_eq!(
            scene.validate::<ScheduleConfirm>(),
            ["/selected_window/timezone another_zone"]
        );
    }

    #[test]
    fn a_pack_may_ask_for_notice() {
        let soon = confirming(window(60, 120), &[window(60, 120)])
            .setting("min_notice_minutes", SettingValue::Integer(61));
        assert_eq!(
            soon.validate::<ScheduleConfirm>(),
            ["/selected_window/window_start too_short_notice"]
        );
    }
}
