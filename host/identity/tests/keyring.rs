//! The keyring: what is read, what is refused, and that nothing of it is ever shown.

use std::error::Error;

use dispatch_contract::Timestamp;
use dispatch_identity::{Alg, Key, KeyError, Keyring, KeyringError};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn two() -> Keyring {
    let mut ring = Keyring::of(Key::generate("old", Alg::EdDSA, None).unwrap());
    let from = Some(at("2026-03-01T00:00:00Z"));
    ring.add(Key::generate("new", Alg::HS256, from).unwrap())
        .unwrap();
    ring
}

#[test]
fn a_ring_reads_back_as_it_was_written() {
    let ring = two();
    let read = Keyring::parse(&ring.to_text()).unwrap();
    assert_eq!(read.to_text(), ring.to_text());
    assert_eq!(read.keys().len(), 2);
    assert!(read.key("old").unwrap().public().is_some());
    assert!(read.key("new").unwrap().public().is_none());
    assert_ne!(two().to_text(), two().to_text(), "keys are random");
}

#[test]
fn the_key_that_began_last_signs_until_it_is_retired() {
    let mut ring = two();
    let name = |ring: &Keyring, now| ring.active(at(now)).map(|key| key.kid().to_owned());
    assert_eq!(name(&ring, "2026-02-28T23:59:59Z").as_deref(), Some("old"));
    assert_eq!(name(&ring, "2026-03-01T00:00:00Z").as_deref(), Some("new"));
    ring.retire("new").unwrap();
    assert_eq!(name(&ring, "2026-03-02T00:00:00Z").as_deref(), Some("old"));
    ring.retire("old").unwrap();
    assert_eq!(name(&ring, "2026-03-02T00:00:00Z"), None);
    assert!(
        Keyring::parse(&ring.to_text())
            .unwrap()
            .key("old")
            .unwrap()
            .is_retired()
    );
    assert!(matches!(
        ring.retire("x"),
        Err(KeyringError::Unknown { .. })
    ));
    let again = ring.add(Key::generate("old", Alg::EdDSA, None).unwrap());
    assert!(matches!(again, Err(KeyringError::Twice { .. })));
}

#[test]
fn a_public_half_verifies_and_never_signs() {
    let ring = two();
    let public = ring.key("old").unwrap().public().unwrap();
    let text = format!("[[keys]]\nkid = \"old\"\nalg = \"EdDSA\"\npublic = \"{public}\"\n");
    let half = Keyring::parse(&text).unwrap();
    assert!(!half.key("old").unwrap().can_sign());
    assert!(half.active(at("2030-01-01T00:00:00Z")).is_none());
}

#[test]
fn wrong_keys_are_refused_by_name() {
    let good = "A".repeat(43);
    let other = two().key("old").unwrap().public().unwrap().to_owned();
    let cases = [
        (
            format!("kid = \"a b\"\nalg = \"HS256\"\nsecret = \"{good}\""),
            KeyError::Kid,
        ),
        (
            format!("kid = \"\"\nalg = \"HS256\"\nsecret = \"{good}\""),
            KeyError::Kid,
        ),
        ("kid = \"a\"\nalg = \"HS256\"".into(), KeyError::Material),
        (
            format!("kid = \"a\"\nalg = \"HS256\"\npublic = \"{good}\""),
            KeyError::Material,
        ),
        (
            format!("kid = \"a\"\nalg = \"EdDSA\"\nsecret = \"{good}\""),
            KeyError::Material,
        ),
        (
            format!("kid = \"a\"\nalg = \"EdDSA\"\nprivate = \"{good}\"\npublic = \"{other}\""),
            KeyError::Halves,
        ),
        (
            "kid = \"a\"\nalg = \"HS256\"\nsecret = \"c2hvcnQ\"".into(),
            KeyError::Length {
                field: "secret",
                actual: 5,
                needed: "32 to 128",
            },
        ),
        (
            "kid = \"a\"\nalg = \"EdDSA\"\nprivate = \"c2hvcnQ\"".into(),
            KeyError::Length {
                field: "private",
                actual: 5,
                needed: "32",
            },
        ),
        (
            "kid = \"a\"\nalg = \"HS256\"\nsecret = \"no!\"".into(),
            KeyError::Encoding { field: "secret" },
        ),
    ];
    for (key, expected) in cases {
        let error = Keyring::parse(&format!("[[keys]]\n{key}\n")).unwrap_err();
        let source = error.source().and_then(|s| s.downcast_ref::<KeyError>());
        assert_eq!(source, Some(&expected), "{key}");
    }
}

#[test]
fn wrong_rings_are_refused_without_showing_what_they_hold() {
    let secret = "hunter2hunter2";
    let text = format!("[[keys]]\nkid = \"a\"\nalg = \"HS256\"\nsecret = {secret}\n");
    let error = Keyring::parse(&text).unwrap_err();
    assert!(
        matches!(error, KeyringError::Syntax { line: Some(4) }),
        "{error:?}"
    );
    assert!(!format!("{error} {error:?}").contains(secret));
    for alg in ["none", "RS256", "hs256"] {
        let text = format!("[[keys]]\nkid = \"a\"\nalg = \"{alg}\"\nsecret = \"{secret}\"\n");
        assert!(matches!(
            Keyring::parse(&text),
            Err(KeyringError::Syntax { .. })
        ));
    }
    assert!(matches!(
        Keyring::parse("keys = []"),
        Err(KeyringError::Size)
    ));
    assert!(matches!(
        Keyring::parse(&" ".repeat(70_000)),
        Err(KeyringError::Size)
    ));
    let key = format!(
        "[[keys]]\nkid = \"a\"\nalg = \"HS256\"\nsecret = \"{}\"\n",
        "A".repeat(43)
    );
    assert!(matches!(
        Keyring::parse(&key.repeat(2)),
        Err(KeyringError::Twice { .. })
    ));
}

#[test]
fn nothing_secret_is_shown() {
    let ring = two();
    let shown = format!("{ring:?}");
    let text = ring.to_text();
    let material: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("secret") || line.starts_with("private"))
        .filter_map(|line| line.split('"').nth(1))
        .collect();
    assert_eq!(material.len(), 2);
    assert!(
        material
            .iter()
            .all(|secret| secret.len() == 43 && !shown.contains(secret))
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.toml");
    let ring = two();
    ring.save(&path).unwrap();
    ring.save(&path).unwrap(); // replaces
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert_eq!(Keyring::load(&path).unwrap().to_text(), ring.to_text());
    for mode in [0o640, 0o604, 0o660, 0o644] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = Keyring::load(&path).unwrap_err();
        assert!(
            matches!(error, KeyringError::Mode { mode: m, .. } if m == mode),
            "{error}"
        );
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    Keyring::load(&path).unwrap();
    let missing = Keyring::load(&folder.path().join("none"));
    assert!(matches!(missing, Err(KeyringError::File { .. })));
}
