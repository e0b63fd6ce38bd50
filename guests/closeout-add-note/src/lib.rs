//! `closeout.add_note` keeps what a technician found and did.

use dispatch_sdk::{Case, Key, Role, Rule, Settings, State, Violations, export_rule, tools};

/// The shortest note, in characters, white space around it not counted.
const MIN_CHARS: Key = Key::integer("min_note_chars", 1, 1, 1_000);
/// The longest note, in characters, below what the schema admits.
const MAX_CHARS: Key = Key::integer("max_note_chars", i64::MAX, 1, i64::MAX);

/// The rules of `closeout.add_note`.
#[derive(Debug)]
pub struct CloseoutAddNote;

impl Rule for CloseoutAddNote {
    type Tool = tools::CloseoutAddNote;
    const ROLES: &'static [Role] = &[Role::SystemTechnicianLiaisonAgent, Role::OperatorAdmin];
    const OWN: &'static [Role] = &[Role::Technician];
    const LEGAL_IN: &'static [State] = &[State::Onsite, State::CloseoutPending];
    const SETTINGS: &'static [Key] = &[MIN_CHARS, MAX_CHARS];

    fn check_settings(settings: &Settings<'_>) -> Violations {
        let mut found = Violations::none();
        found.require(
            settings.integer(&MIN_CHARS) <= settings.integer(&MAX_CHARS),
            MIN_CHARS.name(),
            "min_over_max",
            "set it to max_note_chars at most",
        );
        found
    }

    fn validate(case: &Case<'_, String>) -> Violations {
        let note = case.input.trim();
        let mut found = Violations::none();
        found.require_text(note, "/note/text");
        let chars = i64::try_from(note.chars().count()).unwrap_or(i64::MAX);
        found.require(
            chars == 0 || chars >= case.settings.integer(&MIN_CHARS),
            "/note/text",
            "too_short",
            "say what was found and done",
        );
        found.require(
            chars <= case.settings.integer(&MAX_CHARS),
            "/note/text",
            "too_long",
            "say it shorter, or in several notes",
        );
        found
    }
}

export_rule!(CloseoutAddNote);

#[cfg(test)]
mod tests {
    use super::*;
    use dispatch_sdk::scene::{NOTHING, Scene};
    use dispatch_sdk::{Input, Proposal, SettingValue};

    fn noting(text: &str) -> Scene {
        Scene::new(State::Onsite, Input::CloseoutAddNote(text.to_owned()))
    }

    #[test]
    fn the_technicians_side_notes_while_and_after_being_there() {
        let scene = noting("replaced both rollers");
        scene.assert_open_to::<CloseoutAddNote>(&[
            Role::SystemTechnicianLiaisonAgent,
            Role::OperatorAdmin,
            Role::Technician,
        ]);
        scene.assert_legal_in::<CloseoutAddNote>(&[State::Onsite, State::CloseoutPending]);
        assert_eq!(scene.validate::<CloseoutAddNote>(), NOTHING);
        assert_eq!(scene.transition::<CloseoutAddNote>(), Proposal::stay());
    }

    #[test]
    fn anothers_technician_does_not() {
        let found = noting("hello").by_stranger(Role::Technician);
        assert_eq!(found.role::<CloseoutAddNote>(), [" not_own_ticket"]);
    }

    #[test]
    fn a_note_says_something() {
        assert_eq!(
            noting(" \n ").validate::<CloseoutAddNote>(),
            ["/note/text blank"]
        );
    }

    #[test]
    fn a_pack_bounds_its_length() {
        let bounded = |text| {
            noting(text)
                .setting("min_note_chars", SettingValue::Integer(5))
                .setting("max_note_chars", SettingValue::Integer(8))
                .validate::<CloseoutAddNote>()
        };
        assert_eq!(bounded(" done "), ["/note/text too_short"]);
        assert_eq!(bounded("all done"), NOTHING);
        assert_eq!(bounded("all is done"), ["/note/text too_long"]);
        let crossed = noting("x")
            .setting("min_note_chars", SettingValue::Integer(9))
            .setting("max_note_chars", SettingValue::Integer(8));
        assert_eq!(
            crossed.check_settings::<CloseoutAddNote>(),
            ["min_note_chars min_over_max"]
        );
    }
}
