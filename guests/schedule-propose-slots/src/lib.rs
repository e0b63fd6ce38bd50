//! `schedule.propose_slots` offers the customer windows to choose from. What was
//! offered before and not confirmed is offered no longer.

use dispatch_sdk::{Case, Key, Role, Rule, Settings, State, Violations, Window};
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
        }
        found
    }
}

export_rule!(ScheduleProposeSlots);

#[cfg(test)]
mod tests {
    use super::*;
    use dispatch_sdk::scene::{NOTHING, Scene, window};
    use dispatch_sdk::{Input, Proposal, SettingValue};

    const DAY: i64 = 24 * 60;

    fn proposing(windows: &[Window]) -> Scene {
        let input = Input::ScheduleProposeSlots(windows.to_vec());
        Scene::new(State::Schedulable, input)
    }

    #[test]
    fn scheduling_proposes_before_dispatch_and_moves_nothing() {
        let scene = proposing(&[window(60, 120)]);
        scene.assert_open_to::<ScheduleProposeSlots>(ScheduleProposeSlots::ROLES);
        scene.assert_legal_in::<ScheduleProposeSlots>(&[State::Schedulable, State::Scheduled]);
        assert_eq!(scene.transition::<ScheduleProposeSlots>(), Proposal::stay());
    }

    #[test]
    fn the_limits_themselves_are_inside() {
        let edges = [window(0, 15), window(0, 14 * DAY)];
        assert_eq!(
            proposing(&edges).validate::<ScheduleProposeSlots>(),
            NOTHING
        );
    }

    #[test]
    fn every_bad_window_is_named_by_its_place() {
        let bad = [
            window(-1, 60),
            window(60, 60),
            window(60, 74),
            window(0, 14 * DAY + 1),
            window(60, 74),
        ];
        assert_eq!(
            proposing(&bad).validate::<ScheduleProposeSlots>(),
            [
                "/windows/0/window_start in_the_past",
                "/windows/1/window_end end_not_after_start",
                "/windows/2/window_end too_short",
                "/windows/3/window_end too_long",
                "/windows/4/window_end too_short",
                "/windows/4 same_window",
            ]
        );
        assert_eq!(
            proposing(&[]).validate::<ScheduleProposeSlots>(),
            ["/windows no_windows"]
        );
    }

    #[test]
    fn a_pack_keeps_hours_and_weekends() {
        // now is a Monday, 08:00: so 07:00 tomorrow, and Saturday at noon
        let scene = proposing(&[
            window(DAY - 60, DAY + 60),
            window(5 * DAY + 240, 5 * DAY + 300),
        ])
        .setting("opens_hour", SettingValue::Integer(8))
        .setting("closes_hour", SettingValue::Integer(18))
        .setting("weekdays_only", SettingValue::Boolean(true));
        assert_eq!(scene.check_settings::<ScheduleProposeSlots>(), NOTHING);
        assert_eq!(
            scene.validate::<ScheduleProposeSlots>(),
            [
                "/windows/0/window_start outside_hours",
                "/windows/1/window_start on_a_weekend",
                "/windows/1/window_end on_a_weekend",
            ]
        );
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        let scene = proposing(&[])
            .setting("min_window_minutes", SettingValue::Integer(120))
            .setting("max_window_minutes", SettingValue::Integer(60))
            .setting("opens_hour", SettingValue::Integer(18))
            .setting("closes_hour", SettingValue::Integer(8));
        assert_eq!(
            scene.check_settings::<ScheduleProposeSlots>(),
            [
                "min_window_minutes min_over_max",
                "opens_hour opens_after_closing"
            ]
        );
    }
}
