use super::*;

fn draft<'a>(name: &'a str, within: &'a Path) -> Draft<'a> {
    Draft {
        name,
        within,
        base: None,
        tools: &[],
        sdk: None,
    }
}

fn text(laid: &LaidOut, file: &str) -> String {
    fs::read_to_string(laid.folder.join(file)).expect("written")
}

#[test]
fn a_pack_of_its_own_has_all_twelve_rules_and_nothing_of_this_repository() {
    let folder = tempfile::tempdir().expect("temp folder");
    let laid = lay_out(&draft("night-shift", folder.path())).expect("laid out");
    let crates = laid
        .files
        .iter()
        .filter(|file| file.starts_with("guests/") && file.ends_with("/src/lib.rs"))
        .count();
    assert_eq!(crates, 13, "twelve guests and the SDK");
    for file in [
        "wit/policy.wit",
        "cedar/schema.cedarschema",
        "tests/scheduling.toml",
    ] {
        assert!(laid.files.iter().any(|it| it == file), "{file}");
    }
    let manifest = text(&laid, "pack.toml");
    assert!(manifest.contains("name = \"night-shift\"\nversion = \"0.1.0\"\n"));
    assert!(manifest.contains("revision = 2\n"), "{manifest}");
    let build = text(&laid, "build.toml");
    assert!(!build.contains(".."), "{build}");
    assert!(
        build.contains("\"components/ticket-create.wasm\" = { crate = \"guest-ticket-create\" }")
    );
    crate::Plan::read(&laid.folder).expect("a plan");
}

#[test]
fn a_variant_has_the_chosen_rules_and_its_bases_words() {
    let folder = tempfile::tempdir().expect("temp folder");
    let base = lay_out(&draft("base", folder.path())).expect("laid out");
    fs::write(base.folder.join("cedar/.swp"), "an editor's").expect("written");
    let tools = ["ticket.set_priority".to_owned()];
    let laid = lay_out(&Draft {
        base: Some(&base.folder),
        tools: &tools,
        sdk: Some(&base.folder.join("guests/sdk")),
        ..draft("variant", folder.path())
    })
    .expect("laid out");
    assert!(text(&laid, "pack.toml").contains("revision = 3\n"));
    let build = text(&laid, "build.toml");
    assert!(build.contains("base = \"../base\"\n"), "{build}");
    assert!(build.contains("root = \"..\"\n"), "{build}");
    let guests: Vec<_> = laid
        .files
        .iter()
        .filter(|file| file.starts_with("guests/"))
        .collect();
    assert_eq!(
        guests,
        [
            "guests/Cargo.lock",
            "guests/Cargo.toml",
            "guests/ticket-set-priority/Cargo.toml",
            "guests/ticket-set-priority/src/lib.rs",
        ]
    );
    let workspace = text(&laid, "guests/Cargo.toml");
    assert!(workspace.contains("dispatch-sdk = { path = \"../../base/guests/sdk\" }"));
    assert!(
        workspace.contains("members = [\n    \"ticket-set-priority\",\n]"),
        "{workspace}"
    );
    assert!(!workspace.contains("wit-bindgen"), "{workspace}");
    let lock = text(&laid, "guests/Cargo.lock");
    assert!(lock.contains("guest-ticket-set-priority") && !lock.contains("guest-ticket-create"));
    assert!(
        lock.contains("\"wit-bindgen\"") && lock.ends_with("]\n"),
        "{lock}"
    );
    assert!(!laid.files.iter().any(|file| file.contains(".swp")));
    crate::Plan::read(&laid.folder).expect("a plan");
}

#[test]
fn a_variant_of_settings_alone_has_no_guests() {
    let folder = tempfile::tempdir().expect("temp folder");
    let base = lay_out(&draft("base", folder.path())).expect("laid out");
    let laid = lay_out(&Draft {
        base: Some(&base.folder),
        ..draft("settings", folder.path())
    })
    .expect("laid out");
    assert!(!laid.files.iter().any(|file| file.starts_with("guests/")));
    crate::Plan::read(&laid.folder).expect("a plan");
}

#[test]
fn nothing_is_overwritten_and_no_name_is_guessed() {
    let folder = tempfile::tempdir().expect("temp folder");
    let refused = |draft: &Draft<'_>| lay_out(draft).expect_err("refused").to_string();
    for (name, why) in [
        ("", "1 to 64"),
        ("Strict", "a-z, 0-9 and dashes"),
        ("../up", "a-z, 0-9 and dashes"),
        ("-x", "begins with"),
    ] {
        let said = refused(&draft(name, folder.path()));
        assert!(said.contains(why), "{said}");
    }
    fs::write(folder.path().join("taken"), "mine").expect("written");
    let said = refused(&draft("taken", folder.path()));
    assert!(said.contains("nothing is overwritten"), "{said}");
    let tools = ["ticket.create".to_owned()];
    let said = refused(&Draft {
        tools: &tools,
        ..draft("fine", folder.path())
    });
    assert!(said.contains("a base"), "{said}");
    let said = refused(&Draft {
        base: Some(folder.path()),
        ..draft("fine", folder.path())
    });
    assert!(said.contains("is no pack"), "{said}");
    let left = fs::read_dir(folder.path()).expect("there").count();
    assert_eq!(left, 1, "a refused pack leaves nothing");
}
