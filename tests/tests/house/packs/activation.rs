//! A candidate goes through every step, each with its evidence, and one that fails
//! changes nothing and says at which.

use std::fs;

use dispatch_contract::State;
use serde_json::{Value, json};

use crate::support::front::Front;
use crate::support::house::Settings;
use crate::support::pack::{Copy, bottomless};
use crate::support::packs::{archive, steps};
use crate::support::story::Told;
use crate::support::{House, bodies, eventually};

const ALL: [&str; 11] = [
    "read",
    "signature",
    "manifest",
    "cedar",
    "components",
    "settings",
    "tests",
    "revision",
    "replay",
    "store",
    "swap",
];

/// The next revision, with windows of two hours at least.
pub(super) fn longer_windows() -> Copy {
    let pack = Copy::new().with_few_cases();
    pack.edit(&[
        ("revision = 1", "revision = 2"),
        ("min_window_minutes = 15", "min_window_minutes = 119"),
    ]);
    pack
}

/// The next revision, in which the closeout agent may set priorities.
pub(super) fn closeout_hurries() -> Copy {
    let pack = Copy::new().with_few_cases();
    pack.edit(&[("revision = 1", "revision = 2")]);
    let agents = pack.path().join("cedar/agents.cedar");
    let mut policies = fs::read_to_string(&agents).expect("policies");
    policies.push_str(
        "\n@id(\"closeout.hurries\")\n@reason(\"Closeout may hurry\")\npermit (\n    principal in \
         Role::\"system_closeout_agent\",\n    action == Action::\"ticket.set_priority\",\n    \
         resource\n);\n",
    );
    fs::write(&agents, policies).expect("written");
    pack
}

/// Offers a window of an hour and a half.
pub(super) async fn offer_short(house: &Front, told: &Told) -> crate::support::Reply {
    let mut short = bodies::window(24);
    short["window_end"] = json!(bodies::minutes(24 * 60 + 90));
    let windows = json!({ "windows": [short] });
    let scheduling = house.scheduling();
    let call = house.on(&scheduling, "schedule.propose_slots", &told.id, &windows);
    call.await
}

#[tokio::test]
async fn every_step_of_a_candidate_leaves_its_evidence() {
    let house = House::start().await;
    let told = house.advance_to(State::Schedulable).await;
    offer_short(&house, &told).await.ok();
    let pack = longer_windows();

    // a rehearsal says all that would be, and changes nothing
    let before = house.pack_log().await;
    let told_so = house.propose("activate=false", pack.path()).await;
    assert_eq!(steps(&told_so), ALL[..9], "{told_so}");
    assert_eq!(
        (&told_so["activated"], &told_so["kept"]),
        (&json!(false), &json!(false))
    );
    let flips = &told_so["flips"];
    assert_eq!(
        (&flips["flipped"], &flips["refused_now"]),
        (&json!(1), &json!(1))
    );
    assert!(flips["judged"].as_u64() > Some(1), "{flips}");
    let flipped = &flips["listed"][0];
    assert_eq!(flipped["ticket_id"], told.id);
    assert_eq!(flipped["before"]["verdict"], "allow");
    assert_eq!(flipped["after"]["of"]["violations"][0]["rule"], "too_short");
    assert_eq!(house.pack_log().await, before);
    assert_eq!(house.packs().await["revision"], 1);

    // too much would flip: stopped, and written down
    let stopped = house.propose("max_flips=0", pack.path()).await;
    assert_eq!(stopped["failed"]["step"], "replay", "{stopped}");
    assert_eq!(steps(&stopped), ALL[..8]);
    let refused = &house.pack_log().await[0];
    assert_eq!(refused["type"], "policy.pack_rejected");
    assert_eq!(refused["payload"]["failed"], stopped["failed"]);
    assert_eq!(refused["payload"]["flips"]["flipped"], 1);
    assert_eq!(house.packs().await["revision"], 1);

    // one may
    let done = house
        .propose("max_flips=1&reason=the%20season", pack.path())
        .await;
    assert_eq!(steps(&done), ALL, "{done}");
    assert_eq!(
        (&done["activated"], &done["revision"]),
        (&json!(true), &json!(2))
    );
    let status = house.packs().await;
    assert_eq!(
        (&status["active"], &status["revision"]),
        (&done["pack"], &json!(2))
    );
    assert_eq!(status["folder"], "superseded");
    let event = &house.pack_log().await[0];
    assert_eq!(event["type"], "policy.pack_activated");
    assert_eq!(
        event["actor"]["operator_id"],
        house.operator().actor.id.to_string()
    );
    let payload = &event["payload"];
    assert_eq!(payload["source"], "command");
    assert_eq!(payload["reason"], "the season");
    assert_eq!(steps(payload), ALL[..9]);
    let refused = offer_short(&house, &told).await;
    refused.refused(422, "invalid_input", "validate");

    // again: there is nothing to do, and nothing is told
    let count = house.pack_log().await.len();
    let again = house.propose("", pack.path()).await;
    assert_eq!(
        (&again["unchanged"], &again["activated"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(house.pack_log().await.len(), count);
}

#[tokio::test]
async fn a_candidate_that_fails_changes_nothing_and_says_where() {
    let house = House::start().await;
    let first = house.packs().await;
    // the step, and the file where one is to blame
    let broken = |step: &'static str| {
        let pack = longer_windows();
        let write = |path: &str, text: &str| {
            std::fs::write(pack.path().join(path), text).expect("written");
        };
        match step {
            "manifest" => pack.edit(&[("contract = \"0\"", "contract = \"99\"")]),
            "cedar" => write("cedar/technicians.cedar", "\n\npermit (principal"),
            "components" => write("components/ticket-create.wasm", "\0asm"),
            "settings" => pack.edit(&[("min_window_minutes", "min_window_minuets")]),
            "tests" => {
                let path = pack.path().join("tests/ticket-create.toml");
                let text = std::fs::read_to_string(&path).expect("cases");
                let wrong = text.replacen("allow", "refuse", 1);
                std::fs::write(path, wrong).expect("written");
            }
            "revision" => pack.edit(&[("revision = 2", "revision = 1")]),
            other => panic!("{other}"),
        }
        pack
    };
    let cases = [
        ("manifest", "pack.toml", true),
        ("cedar", "cedar/technicians.cedar", true),
        ("components", "components/ticket-create.wasm", false),
        ("settings", "pack.toml", true),
        ("tests", "tests/ticket-create.toml", true),
        ("revision", "pack.toml", false),
    ];
    for (n, (step, file, line)) in cases.into_iter().enumerate() {
        let told = house.propose("", broken(step).path()).await;
        let failed = &told["failed"];
        assert_eq!(
            (&failed["step"], &failed["file"]),
            (&json!(step), &json!(file)),
            "{told}"
        );
        assert_eq!(failed["line"].is_u64(), line, "{failed}");
        assert!(!failed["reason"].as_str().unwrap_or_default().is_empty());
        // which pack it was, wherever its manifest can be read
        let named = (&told["pack"]["name"], told["revision"].is_u64());
        let wanted = if step == "manifest" {
            (&Value::Null, false)
        } else {
            (&json!("real-dispatch"), true)
        };
        assert_eq!(named, wanted, "{told}");
        let at = ALL.iter().position(|name| *name == step).expect("a step");
        assert_eq!(steps(&told), ALL[..at], "{step}");
        assert_eq!(told["activated"], false);
        let events = house.pack_events("policy.pack_rejected").await;
        assert_eq!(events.len(), n + 1);
        assert_eq!(events[0]["payload"]["failed"], *failed);
        assert_eq!(events[0]["payload"]["pack"], told["pack"]);
        // a command that failed says nothing of the folder
        let status = house.packs().await;
        assert_eq!(status, first);
    }
    let reply = house.candidate(&house.operator(), "", b"no archive".to_vec());
    assert_eq!(reply.await.ok()["failed"]["step"], "read");
}

/// Whoever followed them as deep as they go would end the host.
#[tokio::test]
async fn policies_without_a_bottom_are_refused_and_the_host_goes_on() {
    let house = House::start().await;
    for condition in bottomless() {
        let pack = longer_windows();
        pack.forbid_when(&condition);
        let told = house.propose("", pack.path()).await;
        let failed = &told["failed"];
        assert_eq!(
            (&failed["step"], &failed["file"]),
            (&json!("cedar"), &json!("cedar/operators.cedar")),
            "{failed}"
        );
        assert!(failed["line"].is_u64(), "{failed}");
        assert_eq!(house.packs().await["revision"], 1);
    }
    house.advance_to(State::New).await;
}

#[tokio::test]
async fn a_command_that_is_not_in_order_is_refused() {
    let house = House::start().await;
    let operator = house.operator();
    let whole = archive(&crate::support::pack::shipped());
    let misspelt = house.candidate(&operator, "activte=false", whole.clone());
    misspelt.await.refused(422, "invalid_input", "request");
    let speechless = house.candidate(&operator, "reason=%20", whole);
    speechless.await.refused(422, "invalid_input", "schema");
    let too_large = house.candidate(&operator, "", vec![0; (64 << 20) + 1]);
    too_large.await.refused(413, "payload_too_large", "request");
    for body in [json!({}), json!({ "revision": 1, "digest": "abcdef0123" })] {
        house
            .roll_back(body)
            .await
            .refused(422, "invalid_input", "schema");
    }
    house
        .set_mode("xyz", "off", None)
        .await
        .refused(422, "invalid_input", "request");
    house
        .set_mode("0123456789", "off", None)
        .await
        .refused(404, "not_found", "request");
    let digest = house.packs().await["active"]["digest"]
        .as_str()
        .expect("a digest")
        .to_owned();
    for (mode, tools) in [
        ("shadow", None),
        ("off", None),
        ("enforce", Some(&["ticket.create"][..])),
    ] {
        let refused = house.set_mode(&digest, mode, tools).await;
        refused.refused(422, "invalid_input", "request");
    }
    let told: Vec<Value> = house.pack_log().await;
    assert_eq!(told.len(), 1, "nothing but the start is told: {told:?}");
}

#[tokio::test]
async fn a_folder_that_would_flip_too_much_is_not_taken_up() {
    let pack = Copy::new().with_few_cases();
    let house = House::with(Settings {
        pack: pack.path().to_owned(),
        packs: dispatch_desk::PackSettings {
            max_flips: Some(0),
            ..Settings::default().packs
        },
        ..Settings::default()
    })
    .await;
    let told = house.advance_to(State::Schedulable).await;
    offer_short(&house, &told).await.ok();
    pack.edit(&[
        ("revision = 1", "revision = 2"),
        ("min_window_minutes = 15", "min_window_minutes = 119"),
    ]);
    let rejected = crate::support::eventually("the rejection", async || {
        let status = house.packs().await;
        status["rejected"].is_object().then_some(status)
    })
    .await;
    assert_eq!(rejected["rejected"]["step"], "replay");
    assert_eq!(
        (&rejected["revision"], &rejected["folder"]),
        (&json!(1), &json!("refused"))
    );
}

/// Such calls are turned away before their ticket is read: no question of theirs is kept.
#[tokio::test]
async fn whom_a_candidate_lets_in_counts_among_what_flips() {
    let house = House::start().await;
    let told = house.advance_to(State::New).await;
    for priority in ["standard", "emergency"] {
        let hurry = json!({ "priority": priority });
        let call = house.on(&house.closeout(), "ticket.set_priority", &told.id, &hurry);
        let refused = call.await;
        refused.refused(403, "role_forbidden", "authorization");
    }
    let pack = closeout_hurries();
    // refusals are written a moment after they were answered
    eventually("both refusals", async || {
        let page = house.get(&house.operator(), "/v0/decisions?code=role_forbidden");
        let refused = page.await.ok();
        (refused["items"].as_array().map(Vec::len) == Some(2)).then_some(())
    })
    .await;
    let stopped = house.propose("max_flips=1", pack.path()).await;
    assert_eq!(stopped["flips"]["let_in"], 2, "{stopped}");
    assert_eq!(stopped["activated"], false, "{stopped}");
    assert_eq!(stopped["failed"]["step"], "replay");
    let why = stopped["failed"]["reason"].as_str().expect("a reason");
    assert!(
        why.contains("system_closeout_agent: ticket.set_priority"),
        "{why}"
    );
    assert_eq!(stopped["flips"]["flipped"], 2);
    let taken = house.propose("max_flips=2", pack.path()).await;
    assert_eq!(taken["activated"], true, "{taken}");
}
