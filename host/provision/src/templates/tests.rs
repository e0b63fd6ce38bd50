use std::fs;

use dispatch_contract::Tool;

use super::*;
use crate::sample;

fn token() -> Secret {
    Secret::new("t0ken-of-iris")
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn every_shipped_text_can_be_made_for_every_agent_and_fits() {
    let templates = Templates::shipped();
    for plan in sample::every_role() {
        for file in File::ALL
            .into_iter()
            .filter(|file| file.belongs_to(plan.post.kind()))
        {
            let text = templates.render(file, &plan, &token()).unwrap();
            assert!(!text.is_empty(), "{file} for {}", plan.name);
            assert_eq!(text, text.trim());
            assert!(!text.contains("{{") && !text.contains("{%"), "{text}");
            assert!(!text.contains("\n\n\n"), "{file} for {}: {text}", plan.name);
        }
        // with both sections, as a gateway of today gets it
        let render = |file| templates.render(file, &plan, &token()).unwrap();
        let moved = [
            ("Tools", render(File::Tools)),
            ("Heartbeat", render(File::Heartbeat)),
        ];
        let whole = with_sections(&render(File::Agents), &moved, &plan).unwrap();
        assert!(whole.contains("\n## Tools\n") && whole.contains("\n## Heartbeat\n"));
        assert_eq!(
            whole.lines().filter(|line| line.starts_with("# ")).count(),
            1,
            "{whole}"
        );
        assert_eq!(crate::tool_doc::token(&whole), Some(token()));
    }
}

#[test]
fn the_heartbeats_template_stays_within_what_a_gateway_shows() {
    let (_, text) = SHIPPED
        .iter()
        .find(|(name, _)| *name == "HEARTBEAT.md")
        .unwrap();
    assert!(text.chars().count() <= 20_000);
}

#[test]
fn an_agent_is_told_its_roles_tools_and_no_others() {
    for plan in sample::every_role() {
        let text = Templates::shipped()
            .render(File::Tools, &plan, &token())
            .unwrap();
        for tool in Tool::ALL {
            let named = text.contains(&format!("`{}`", tool.name().replace('.', "_")));
            let role = plan.profile.dispatch_role;
            assert_eq!(
                named,
                role.is_some_and(|role| tool.roles().contains(&role)),
                "{text}"
            );
        }
        assert!(text.contains("`ticket_get`"));
    }
}

#[test]
fn the_token_stands_in_tools_alone() {
    for plan in sample::every_role() {
        for file in File::ALL
            .into_iter()
            .filter(|file| file.belongs_to(plan.post.kind()))
        {
            let text = Templates::shipped().render(file, &plan, &token()).unwrap();
            assert_eq!(
                text.contains("t0ken-of-iris"),
                file == File::Tools,
                "{file}"
            );
        }
    }
}

#[test]
fn a_folder_goes_before_the_shipped_set_and_a_kind_before_all() {
    let own = folder(&[
        ("AGENTS.md", "all: {{ agent_kind }}"),
        (
            "worker/AGENTS.md",
            "worker: {{ board_rule_auto_assign }} {{ board_rules.weekends }}",
        ),
        ("notes.txt", "not a template"),
    ]);
    let templates = Templates::with_folder(own.path()).unwrap();
    let agents = |plan| templates.render(File::Agents, &plan, &token()).unwrap();
    assert_eq!(agents(sample::lead()), "all: lead");
    assert_eq!(agents(sample::worker()), "worker: true false");
    let soul = templates
        .render(File::Soul, &sample::lead(), &token())
        .unwrap();
    assert!(soul.contains("dispatcher"));
}

#[test]
fn markdown_is_not_escaped_and_a_value_is_no_template() {
    let own = folder(&[("SOUL.md", "  {{ user_notes }} & {{ board_name }}\n\n")]);
    let templates = Templates::with_folder(own.path()).unwrap();
    let mut plan = sample::worker();
    plan.user.notes = "<b>\"{{ auth_token }}\"</b>".to_owned();
    let text = templates.render(File::Soul, &plan, &token()).unwrap();
    assert_eq!(text, "<b>\"{{ auth_token }}\"</b> & North");
}

#[test]
fn an_agents_own_texts_go_before_the_set() {
    let mut plan = sample::worker();
    plan.overrides.identity = Some("I am {{ agent_name }}.".to_owned());
    plan.overrides.soul = Some("  ".to_owned());
    let templates = Templates::shipped();
    let render = |file| templates.render(file, &plan, &token()).unwrap();
    assert_eq!(render(File::Identity), "I am Iris.");
    assert!(
        render(File::Soul).contains("dispatcher"),
        "an empty text is none"
    );
    plan.overrides.identity = Some("{{ nobody }}".to_owned());
    let error = templates
        .render(File::Identity, &plan, &token())
        .unwrap_err();
    assert!(error.to_string().contains("of the agent's own"), "{error}");
}

#[test]
fn what_is_missing_or_wrong_fails_and_says_where() {
    let cases = [
        (
            "AGENTS.md",
            "ok\n{{ agent_nmae }}",
            "template AGENTS.md for agent Iris: line 2: undefined",
        ),
        ("lead/AGENTS.md", "{{ board_rule_nights }}", ""),
        (
            "AGENTS.md",
            "{% if %}",
            "template AGENTS.md for agent Iris: line 1: syntax error",
        ),
        (
            "USER.md",
            "{{ 'x' * 4001 }}",
            "USER.md for agent Iris has 4001 characters",
        ),
    ];
    for (name, text, expected) in cases {
        let own = folder(&[(name, text)]);
        let templates = Templates::with_folder(own.path()).unwrap();
        let file = File::named(name.rsplit('/').next().unwrap()).unwrap();
        match templates.render(file, &sample::worker(), &token()) {
            Ok(_) => assert_eq!(expected, "", "{name}"),
            Err(error) => {
                assert!(
                    !expected.is_empty() && error.to_string().contains(expected),
                    "{error}"
                );
                assert!(!format!("{error:?}").contains("t0ken"), "{error:?}");
            }
        }
    }
}

#[test]
fn boards_keys_are_not_there_for_the_main_agent() {
    let own = folder(&[("SOUL.md", "{{ board_name }}")]);
    let templates = Templates::with_folder(own.path()).unwrap();
    let error = templates
        .render(File::Soul, &sample::main(), &token())
        .unwrap_err();
    assert!(matches!(error, TemplateError::Render { .. }), "{error}");
}

#[test]
fn a_missing_template_fails() {
    let templates = Templates {
        texts: BTreeMap::new(),
    };
    let error = templates
        .render(File::User, &sample::lead(), &token())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no template for USER.md of a lead: put USER.md into the templates' folder"
    );
}

#[test]
fn a_folder_with_something_else_in_it_is_refused() {
    let own = folder(&[("AGENT.md", "typing error")]);
    let error = Templates::with_folder(own.path()).unwrap_err();
    assert!(
        error.to_string().contains("AGENT.md is no template"),
        "{error}"
    );
    let large = "x".repeat(64 * 1024 + 1);
    let own = folder(&[("SOUL.md", &large)]);
    assert!(matches!(
        Templates::with_folder(own.path()),
        Err(TemplateError::TooLarge(_))
    ));
    let nowhere = own.path().join("nowhere");
    assert!(matches!(
        Templates::with_folder(&nowhere),
        Err(TemplateError::Folder { .. })
    ));
}

#[test]
fn a_document_becomes_a_section() {
    let text = "# Tools\n\nFirst.\n\n## Where\n\n```\n# not a heading\nA=b\n```\n#tag\n### Deep";
    assert_eq!(
        below_heading(text),
        "First.\n\n### Where\n\n```\n# not a heading\nA=b\n```\n#tag\n#### Deep"
    );
    let long = "x".repeat(20_000);
    let error = with_sections("# A", &[("Tools", long)], &sample::worker()).unwrap_err();
    assert!(
        matches!(error, TemplateError::TooLong { limit: 20_000, .. }),
        "{error}"
    );
}
