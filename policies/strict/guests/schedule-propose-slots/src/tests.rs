use super::*;
use dispatch_sdk::scene::{NOTHING, Scene, TECHNICIAN, window};
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

#[test]
fn an_assigned_technicians_zone_is_kept() {
    let mut elsewhere = window(60, 120);
    elsewhere.timezone = "America/Chicago".to_owned();
    let scene = Scene::new(
        State::Scheduled,
        Input::ScheduleProposeSlots(vec![window(60, 120), elsewhere]),
    );
    assert_eq!(scene.validate::<ScheduleProposeSlots>(), NOTHING);
    let assigned = scene.with(|ticket| ticket.technician_id = Some(TECHNICIAN.to_owned()));
    assert_eq!(
        assigned.validate::<ScheduleProposeSlots>(),
        ["/windows/1/timezone another_zone"]
    );
}
