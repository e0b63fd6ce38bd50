use std::collections::{BTreeMap, HashSet};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;

fn key(c: char) -> KeyEvent {
    KeyEvent::from(KeyCode::Char(c))
}

fn own(context: &str, action: &str, keys: &[&str]) -> Result<Keys, BadKey> {
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    let actions = BTreeMap::from([(action.to_owned(), keys)]);
    Keys::with(&BTreeMap::from([(context.to_owned(), actions)]))
}

#[test]
fn the_shipped_table_has_no_key_twice_and_every_action() {
    let keys = Keys::with(&BTreeMap::new()).unwrap();
    let mut places = HashSet::new();
    for binding in TABLE {
        assert!(
            places.insert((binding.context, binding.action)),
            "{binding:?}"
        );
        for key in binding.keys {
            let parsed = super::name::parse(key);
            assert!(parsed.is_some(), "`{key}` is no key");
        }
        assert_eq!(keys.of(binding.context, binding.action), binding.keys);
    }
    for action in Action::ALL {
        assert!(TABLE.iter().any(|one| one.action == *action), "{action:?}");
    }
}

#[test]
fn a_longer_key_is_found_after_its_prefix_only() {
    let keys = Keys::default();
    let look = |before: Option<&str>, key| keys.look_up(Context::Tickets, before, key);
    assert_eq!(look(None, key('g')), Found::Prefix("g".into()));
    assert_eq!(look(Some("g"), key('g')), Found::Action(Action::First));
    assert_eq!(look(Some("g"), key('j')), Found::Action(Action::Down));
    assert_eq!(look(None, key('x')), Found::Nothing);
    let quit = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(look(None, quit), Found::Action(Action::Quit));
    assert_eq!(look(None, key('c')), Found::Action(Action::Call));
    let audit = keys.look_up(Context::Audit, None, key('c'));
    assert_eq!(audit, Found::Action(Action::Call), "on the row's ticket");
    assert_eq!(keys.first(Context::Tickets, Action::Call), "c");
    assert_eq!(keys.first(Context::Menu, Action::Call), "-");
}

#[test]
fn a_dialog_has_its_own_keys_alone() {
    let keys = Keys::default();
    let look = |c| keys.look_up(Context::Menu, None, key(c));
    assert_eq!(look('q'), Found::Action(Action::Back));
    assert_eq!(look('s'), Found::Nothing);
}

#[test]
fn no_key_of_the_form_commits_so_that_one_that_is_held_does_not() {
    let keys = Keys::default();
    for key in keys.of(Context::Confirm, Action::Submit) {
        for binding in TABLE.iter().filter(|one| one.context == Context::Form) {
            assert!(!binding.keys.contains(&key.as_str()), "{key}");
        }
    }
    let enter = keys.look_up(Context::Confirm, None, KeyEvent::from(KeyCode::Enter));
    assert_eq!(enter, Found::Nothing);
}

#[test]
fn the_configurations_keys_go_before_the_shipped_ones() {
    let keys = own("anywhere", "sort", &["o", "ctrl-o"]);
    assert!(
        matches!(keys, Err(BadKey::Twice { .. })),
        "decisions has `o`: {keys:?}"
    );
    let keys = own("anywhere", "sort", &["z", "zz"]);
    assert!(
        matches!(keys, Err(BadKey::Twice { .. })),
        "z begins zz: {keys:?}"
    );
    let keys = own("anywhere", "sort", &["ctrl-o", "zs"]).unwrap();
    let look = |before: Option<&str>, key| keys.look_up(Context::Tickets, before, key);
    assert_eq!(look(None, key('s')), Found::Nothing);
    assert_eq!(look(None, key('z')), Found::Prefix("z".into()));
    assert_eq!(look(Some("z"), key('s')), Found::Action(Action::Sort));
}

#[test]
fn what_is_wrong_with_a_key_is_said() {
    for (bad, says) in [
        (
            own("anywere", "sort", &["x"]),
            "there are anywhere, tickets",
        ),
        (own("anywhere", "sorrt", &["x"]), "no such action"),
        (own("anywhere", "sort", &["xyz"]), "not a key"),
        (
            own("anywhere", "sort", &["j"]),
            "stands for both down and sort",
        ),
        (
            own("tickets", "create", &["j"]),
            "stands for both create and down",
        ),
        (own("anywhere", "quit", &[]), "at least one key"),
    ] {
        let said = bad.unwrap_err().to_string();
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn the_readme_has_the_table_as_it_is() {
    crate::testing::golden_part("README.md", "keys", &markdown());
}
