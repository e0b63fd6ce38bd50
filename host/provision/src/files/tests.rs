use super::*;

const KINDS: [Kind; 3] = [Kind::Main, Kind::Lead, Kind::Worker];

fn names(keep: impl Fn(File) -> bool) -> Vec<&'static str> {
    File::ALL
        .into_iter()
        .filter(|file| keep(*file))
        .map(File::name)
        .collect()
}

#[test]
fn each_kind_has_its_set() {
    let usual = [
        "TOOLS.md",
        "HEARTBEAT.md",
        "SOUL.md",
        "USER.md",
        "IDENTITY.md",
        "MEMORY.md",
        "AGENTS.md",
    ];
    for kind in [Kind::Main, Kind::Worker] {
        assert_eq!(names(|file| file.belongs_to(kind)), usual);
    }
    assert_eq!(
        names(|file| file.belongs_to(Kind::Lead)),
        [&usual[..], &["BOOTSTRAP.md"]].concat()
    );
}

#[test]
fn what_an_agent_may_keep_depends_on_its_kind() {
    let kept: Vec<_> = KINDS
        .map(|kind| names(|file| file.is_preserved(kind)))
        .into();
    assert_eq!(
        kept,
        [
            vec!["MEMORY.md"],
            vec!["USER.md", "MEMORY.md"],
            vec!["USER.md", "MEMORY.md"]
        ]
    );
}

#[test]
fn only_leads_require_and_only_what_has_no_second_home() {
    assert_eq!(
        names(|file| file.is_required(Kind::Lead)),
        [
            "SOUL.md",
            "USER.md",
            "IDENTITY.md",
            "MEMORY.md",
            "AGENTS.md",
            "BOOTSTRAP.md"
        ]
    );
    for kind in [Kind::Main, Kind::Worker] {
        assert!(names(|file| file.is_required(kind)).is_empty());
    }
}

#[test]
fn an_update_keeps_what_is_the_agents() {
    use Found::{Empty, Filled, Missing};
    let update = Options::update();
    let overwrite = Options {
        overwrite: true,
        ..Options::update()
    };
    let forced = Options {
        force_bootstrap: true,
        ..Options::update()
    };
    let first = Options::provision("k");
    let table = [
        (File::User, Kind::Worker, Filled, &update, false),
        (File::User, Kind::Worker, Empty, &update, false),
        (File::User, Kind::Worker, Missing, &update, true),
        (File::User, Kind::Worker, Filled, &overwrite, true),
        (File::User, Kind::Worker, Filled, &first, true),
        (File::User, Kind::Main, Filled, &update, true),
        (File::User, Kind::Lead, Filled, &update, false),
        (File::Memory, Kind::Main, Filled, &update, false),
        (File::Memory, Kind::Main, Empty, &update, false),
        (File::Agents, Kind::Worker, Filled, &update, true),
        (File::Bootstrap, Kind::Worker, Filled, &forced, false),
        (File::Bootstrap, Kind::Lead, Filled, &update, true),
        (File::Bootstrap, Kind::Lead, Empty, &update, false),
        (File::Bootstrap, Kind::Lead, Missing, &update, false),
        (File::Bootstrap, Kind::Lead, Missing, &overwrite, false),
        (File::Bootstrap, Kind::Lead, Missing, &forced, true),
        (File::Bootstrap, Kind::Lead, Missing, &first, true),
    ];
    for (file, kind, found, options, expected) in table {
        assert_eq!(
            is_written(file, kind, found, options),
            expected,
            "{file} of a {kind}, {found:?}, {options:?}"
        );
    }
}

#[test]
fn stale_files_go_from_leads_and_the_gateways_own_ritual_from_everybody() {
    use Found::{Empty, Filled, Missing};
    let table = [
        ("ROUTING.md", Kind::Lead, Filled, Action::Update, true),
        ("SELF.md", Kind::Lead, Filled, Action::Provision, true),
        ("SELF.md", Kind::Lead, Empty, Action::Update, false),
        ("SELF.md", Kind::Lead, Missing, Action::Update, false),
        ("SELF.md", Kind::Worker, Filled, Action::Update, false),
        ("NOTES.md", Kind::Lead, Filled, Action::Update, false),
        ("MEMORY.md", Kind::Lead, Filled, Action::Update, false),
        ("BOOTSTRAP.md", Kind::Lead, Filled, Action::Provision, false),
        (
            "BOOTSTRAP.md",
            Kind::Worker,
            Filled,
            Action::Provision,
            true,
        ),
        ("BOOTSTRAP.md", Kind::Main, Filled, Action::Provision, true),
        ("BOOTSTRAP.md", Kind::Worker, Filled, Action::Update, false),
        (
            "BOOTSTRAP.md",
            Kind::Worker,
            Missing,
            Action::Provision,
            false,
        ),
    ];
    for (name, kind, found, action, expected) in table {
        assert_eq!(
            is_stale(name, kind, found, action),
            expected,
            "{name} of a {kind}"
        );
    }
}
