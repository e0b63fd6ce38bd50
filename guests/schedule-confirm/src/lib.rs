//! `schedule.confirm` fixes the window that the customer chose among those proposed.

use dispatch_sdk::{Actor, Case, Key, Proposal, Role, Rule, State, Violations, Window};
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
    const SETTINGS: &'static [Key] = &[MIN_NOTICE];

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
        windows::check_not_past(&mut found, selected, case.now, "/selected_window");
        let notice = case.settings.integer(&MIN_NOTICE);
        let earliest = windows::minutes_after(case.now, notice);
        found.require(
            selected.start < case.now || selected.start >= earliest,
            "/selected_window/window_start",
            "too_short_notice",
            "select a later window",
        );
        found
    }

    /// A ticket that is scheduled already is rescheduled.
    fn transition(_actor: &Actor, _case: &Case<'_, Window>) -> Proposal {
        Proposal::advance(State::Scheduled)
    }
}

export_rule!(ScheduleConfirm);

#[cfg(test)]
mod tests {
    use super::*;
    use dispatch_sdk::scene::{NOTHING, Scene, window};
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
    fn a_pack_may_ask_for_notice() {
        let soon = confirming(window(60, 120), &[window(60, 120)])
            .setting("min_notice_minutes", SettingValue::Integer(61));
        assert_eq!(
            soon.validate::<ScheduleConfirm>(),
            ["/selected_window/window_start too_short_notice"]
        );
    }
}
