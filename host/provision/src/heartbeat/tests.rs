use super::*;
use crate::sample;

fn wanted(own: Value) -> Registration {
    let mut plan = sample::worker();
    plan.heartbeat = sample::heartbeat(own);
    plan.registration()
}

/// The tools of an agent on a gateway without the plugin.
fn least() -> Value {
    json!({ "allow": ["session_status"] })
}

const ID: &str = "rd-01j9zq4y7m8k6t5r4e3w2q1p0n";
const FOLDER: &str = "~/.openclaw/workspace-rd-01j9zq4y7m8k6t5r4e3w2q1p0n";

fn patch(config: &Value, own: Value) -> Option<Value> {
    change(config, &[wanted(own)]).unwrap().map(|change| {
        assert_eq!(change.shrinks, Vec::<String>::new());
        change.patch
    })
}

#[test]
fn the_dialect_is_what_the_configuration_is_written_in() {
    let table = [
        (json!({"agents": {"list": []}}), Ok(Dialect::List)),
        (json!({"agents": {"entries": {}}}), Ok(Dialect::Entries)),
        (json!({"agents": {}}), Ok(Dialect::Entries)),
        (json!({}), Ok(Dialect::Entries)),
        (
            json!({"meta": {"lastTouchedVersion": "2026.4.2"}}),
            Ok(Dialect::List),
        ),
        (
            json!({"meta": {"lastTouchedVersion": "v2026.7.30"}}),
            Ok(Dialect::List),
        ),
        (
            json!({"meta": {"lastTouchedVersion": "2026.8.1"}}),
            Ok(Dialect::Entries),
        ),
        (
            json!({"meta": {"lastTouchedVersion": "dev"}}),
            Ok(Dialect::Entries),
        ),
        (
            json!({"agents": {"list": [], "entries": {}}}),
            Err(ConfigShape::BothDialects),
        ),
        (json!(null), Err(ConfigShape::NotAnObject)),
    ];
    for (config, expected) in table {
        assert_eq!(Dialect::of(&config), expected, "{config}");
    }
}

#[test]
fn own_keys_go_over_the_usual_and_null_takes_one_away() {
    let own = sample::heartbeat(
        json!({"every": "5m", "target": null, "activeHours": {"start": "08:00", "end": null}}),
    );
    assert_eq!(
        own.whole(Dialect::Entries),
        json!({"every": "5m", "activeHours": {"start": "08:00"}})
    );
    assert_eq!(
        Heartbeat::default().whole(Dialect::List),
        json!({"every": "10m", "target": "last", "includeReasoning": false})
    );
}

#[test]
fn a_map_of_agents_is_patched_in_its_one_entry() {
    let config = json!({
        "agents": {"ownership": "explicit", "entries": {
            "main": {"workspace": "/w"},
            ID: {"name": "Iris", "workspace": FOLDER, "heartbeat": {"every": "1h", "model": "x/y"}},
        }},
        "gateway": {"auth": {"token": "__OPENCLAW_REDACTED__"}},
    });
    let expected = json!({"agents": {"entries": {ID: {
        "heartbeat": {"every": "10m", "target": "last", "model": null}, "tools": least(),
    }}}});
    assert_eq!(patch(&config, json!({})), Some(expected));
}

#[test]
fn what_stands_so_is_not_written() {
    // the gateway wrote the folder's tilde out
    let config = json!({"agents": {"entries": {ID: {
        "workspace": FOLDER.replace('~', "/home/oc"),
        "heartbeat": {"every": "10m", "target": "last"}, "tools": least(),
    }}}});
    assert_eq!(patch(&config, json!({})), None);
    let list = json!({
        "agents": {"list": [{"id": ID, "workspace": FOLDER, "tools": least(), "heartbeat":
            {"every": "10m", "target": "last", "includeReasoning": false}}]},
        "channels": {"defaults": {"heartbeat": {"showOk": true, "showAlerts": true, "useIndicator": false}}},
    });
    assert_eq!(patch(&list, json!({})), None);
}

#[test]
fn a_list_of_agents_is_rebuilt_around_its_entry_and_others_stay() {
    let config = json!({
        "agents": {"list": [
            {"id": "desk", "apiKey": "__OPENCLAW_REDACTED__", "default": true},
            {"id": ID, "name": "Iris"},
        ]},
        "channels": {"defaults": {"heartbeat": {"showOk": true}}},
    });
    let usual = json!({"every": "10m", "target": "last", "includeReasoning": false});
    let expected = json!({
        "agents": {"list": [
            {"id": "desk", "apiKey": "__OPENCLAW_REDACTED__", "default": true},
            {"id": ID, "name": "Iris", "workspace": FOLDER, "heartbeat": usual, "tools": least()},
        ]},
        "channels": {"defaults": {"heartbeat": {"showAlerts": true, "useIndicator": true}}},
    });
    assert_eq!(patch(&config, json!({})), Some(expected));
}

#[test]
fn an_agent_that_is_not_written_down_is_added() {
    let entries = json!({"agents": {"entries": {"desk": {}}}});
    let entry = json!({
        "workspace": FOLDER, "heartbeat": {"every": "10m", "target": "last"}, "tools": least(),
    });
    assert_eq!(
        patch(&entries, json!({})),
        Some(json!({"agents": {"entries": {ID: entry}}}))
    );
    let list = patch(&json!({"agents": {"list": [{"id": "desk"}]}}), json!({})).unwrap();
    assert_eq!(list["agents"]["list"][0], json!({"id": "desk"}));
    assert_eq!(list["agents"]["list"][1]["id"], ID);
}

#[test]
fn an_array_that_loses_something_is_named() {
    let config = json!({"agents": {"entries": {ID: {
        "workspace": FOLDER,
        "heartbeat": {"every": "10m", "target": "last", "days": ["mo", "tu"]},
    }}}});
    let found = change(&config, &[wanted(json!({"days": ["mo"]}))])
        .unwrap()
        .unwrap();
    assert_eq!(
        found.shrinks,
        [format!("agents.entries.{ID}.heartbeat.days")]
    );
}

#[test]
fn an_agent_has_the_tools_of_its_role_unless_it_was_given_others() {
    let entry = |allow: Value| {
        let tools = json!({"allow": allow, "exec": {"mode": "deny"}});
        json!({
            "agents": {"entries": {ID: {
                "workspace": FOLDER, "heartbeat": {"every": "10m", "target": "last"}, "tools": tools,
            }}},
            "plugins": {"entries": {"real-dispatch": {"enabled": true}}},
        })
    };
    let written = |plan: &crate::AgentPlan, allow: Value| {
        let found = change(&entry(allow), &[plan.registration()]).unwrap();
        found.map(|change| change.patch["agents"]["entries"][ID]["tools"].clone())
    };
    let intake = sample::worker();
    let of_role = agent_tools::names_for(dispatch_contract::Role::SystemIntakeAgent);
    assert_eq!(intake.registration().tools, of_role);
    let closed = Some(json!({"allow": of_role}));
    assert_eq!(written(&intake, json!(null)), closed, "every tool there is");
    assert_eq!(written(&intake, json!([])), closed, "the same");
    // another role's list is the house's own of before
    let before = json!(["ticket_get", "schedule_confirm"]);
    assert_eq!(written(&intake, before), closed);
    let least = json!(["session_status"]);
    assert_eq!(written(&intake, least), closed, "the plugin has come");
    let own = json!(["ticket_get", "web_search"]);
    assert_eq!(written(&intake, own), None, "an operator's list stays");
    assert_eq!(written(&intake, json!(of_role)), None);
    // without a role it reads
    let mut reader = intake;
    reader.profile.dispatch_role = None;
    let tools = reader.registration().tools;
    assert_eq!(tools.len(), 4);
    assert_eq!(written(&reader, json!(null)), Some(json!({"allow": tools})));
}
