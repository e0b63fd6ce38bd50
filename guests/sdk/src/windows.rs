//! Windows: the spans in which a technician may arrive.

use crate::{Instant, Key, LocalTime, Settings, Violations, Window};

const MICROSECONDS_PER_MINUTE: i64 = 60_000_000;
const MINUTES_PER_HOUR: i64 = 60;
const MINUTES_PER_DAY: i64 = 24 * MINUTES_PER_HOUR;
const SUNDAY: u8 = 7;
const SATURDAY: u8 = 6;

/// The shortest window, in minutes.
pub const MIN_MINUTES: Key = Key::integer("min_window_minutes", 15, 1, 20_160);
/// The longest window, in minutes: 14 days.
pub const MAX_MINUTES: Key = Key::integer("max_window_minutes", 20_160, 1, 20_160);
/// The hour, on the window's own wall clock, before which none starts.
pub const OPENS_HOUR: Key = Key::integer("opens_hour", 0, 0, 23);
/// The hour, on the window's own wall clock, after which none ends.
pub const CLOSES_HOUR: Key = Key::integer("closes_hour", 24, 1, 24);
/// No window starts or ends on a Saturday or a Sunday.
pub const WEEKDAYS_ONLY: Key = Key::boolean("weekdays_only", false);

/// What is wrong with the settings of windows.
pub fn check_settings(settings: &Settings<'_>) -> Violations {
    let mut found = Violations::none();
    found.require(
        settings.integer(&MIN_MINUTES) <= settings.integer(&MAX_MINUTES),
        MIN_MINUTES.name(),
        "min_over_max",
        "set it to max_window_minutes at most",
    );
    found.require(
        settings.integer(&OPENS_HOUR) < settings.integer(&CLOSES_HOUR),
        OPENS_HOUR.name(),
        "opens_after_closing",
        "set it below closes_hour",
    );
    found
}

/// Checks one window whose JSON Pointer is `path`.
pub fn check(
    found: &mut Violations,
    settings: &Settings<'_>,
    window: &Window,
    now: Instant,
    path: &str,
) {
    let end_path = [path, "/window_end"].concat();
    check_not_past(found, window, now, path);
    if window.end <= window.start {
        found.add(
            &end_path,
            "end_not_after_start",
            "end the window after its start",
        );
        return;
    }
    let length = window.end.saturating_sub(window.start);
    let limit = |key| {
        settings
            .integer(key)
            .saturating_mul(MICROSECONDS_PER_MINUTE)
    };
    found.require(
        length >= limit(&MIN_MINUTES),
        &end_path,
        "too_short",
        "end the window later",
    );
    found.require(
        length <= limit(&MAX_MINUTES),
        &end_path,
        "too_long",
        "end the window earlier",
    );
    check_hours(found, settings, window, path);
}

/// Checks that a window whose JSON Pointer is `path` keeps the pack's hours and days, on
/// the clock of its own zone.
pub fn check_hours(found: &mut Violations, settings: &Settings<'_>, window: &Window, path: &str) {
    let start_path = [path, "/window_start"].concat();
    let end_path = [path, "/window_end"].concat();
    let opens = settings.integer(&OPENS_HOUR) * MINUTES_PER_HOUR;
    let closes = settings.integer(&CLOSES_HOUR) * MINUTES_PER_HOUR;
    let weekdays_only = settings.boolean(&WEEKDAYS_ONLY);
    let ends = match minute_of_day(&window.end_local) {
        0 => MINUTES_PER_DAY,
        minute => minute,
    };
    for (path, local, minute) in [
        (
            &start_path,
            &window.start_local,
            minute_of_day(&window.start_local),
        ),
        (&end_path, &window.end_local, ends),
    ] {
        found.require(
            (opens..=closes).contains(&minute),
            path,
            "outside_hours",
            "choose a time within our hours, on the clock of the window's zone",
        );
        found.require(
            !(weekdays_only && (SATURDAY..=SUNDAY).contains(&local.weekday)),
            path,
            "on_a_weekend",
            "choose a day from Monday to Friday",
        );
    }
}

/// Checks that a window whose JSON Pointer is `path` has not begun.
pub fn check_not_past(found: &mut Violations, window: &Window, now: Instant, path: &str) {
    found.require(
        window.start >= now,
        &[path, "/window_start"].concat(),
        "in_the_past",
        "start the window in the future",
    );
}

/// Do two windows name the same span in the same zone?
pub fn same(one: &Window, other: &Window) -> bool {
    one.start == other.start && one.end == other.end && one.timezone == other.timezone
}

/// An instant so many minutes after `now`.
pub fn minutes_after(now: Instant, minutes: i64) -> Instant {
    now.saturating_add(minutes.saturating_mul(MICROSECONDS_PER_MINUTE))
}

fn minute_of_day(local: &LocalTime) -> i64 {
    i64::from(local.hour) * MINUTES_PER_HOUR + i64::from(local.minute)
}
