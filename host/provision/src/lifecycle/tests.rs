use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dispatch_gateway::GatewayError;
use serde_json::json;

use super::*;
use crate::observe::Unobserved;
use crate::pace::Pauses;
use crate::recorder::{Recorder, refused};
use crate::sample;

const WORKER: &str = "rd-01j9zq4y7m8k6t5r4e3w2q1p0n";
const LEAD: &str = "lead-01j9zq4y7m8k6t5r4e3w2q1p0b";

const QUICK: Pace = Pace {
    visible_within: Duration::from_millis(100),
    look: BLINK,
    update_tries: 5,
    update: BLINK,
};
const BLINK: Pauses = Pauses {
    first: Duration::from_millis(1),
    longest: Duration::from_millis(2),
};

async fn apply(
    plane: &Recorder,
    plan: &AgentPlan,
    options: &Options,
) -> Result<Applied, LifecycleError> {
    observed(plane, plan, options, &Unobserved).await
}

async fn observed(
    plane: &Recorder,
    plan: &AgentPlan,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Applied, LifecycleError> {
    let (templates, token) = (&Templates::shipped(), &Secret::new("t"));
    let order = Order {
        templates,
        plan,
        token,
        options,
    };
    apply_at(&QUICK, plane, &order, observer).await
}

/// Stops after so many steps.
struct StopAfter(AtomicUsize);

impl Observer for StopAfter {
    fn after(&self, _: &str, _: Step) -> Go {
        if self.0.fetch_sub(1, Ordering::SeqCst) == 1 {
            Go::Stop
        } else {
            Go::On
        }
    }
}

#[tokio::test]
async fn an_agent_is_made_in_this_order() {
    let plane = Recorder::today();
    plane.0.lock().unwrap().hidden_for = 3;
    let mut options = Options::provision("k");
    options.reset_session = true;
    let applied = apply(&plane, &sample::worker(), &options).await.unwrap();
    let calls = plane.calls();
    let expected = [
        "agents.list",
        &format!("agents.create {WORKER}"),
        "agents.list",
        "agents.list",
        "agents.list",
        "agents.list",
        "agents.update Iris",
        "config.get",
        "config.patch",
        "files.list",
        "files.set TOOLS.md",
        "files.set HEARTBEAT.md",
        "files.set SOUL.md",
        "files.set USER.md",
        "files.set IDENTITY.md",
        "files.set MEMORY.md",
        "files.set AGENTS.md",
        "files.list",
        "files.delete BOOTSTRAP.md",
        "files.set BOOTSTRAP.md",
        "sessions.reset",
        "sessions.patch Iris",
        &format!("chat.send agent:{WORKER}:main"),
    ];
    assert_eq!(calls, expected);
    assert!(applied.created && applied.updated && applied.heartbeat_written && applied.woken);
    assert_eq!(applied.files.moved, ["TOOLS.md", "HEARTBEAT.md"]);
    assert_eq!(applied.files.removed, ["BOOTSTRAP.md"]);
    assert_eq!(plane.text(WORKER, "BOOTSTRAP.md").unwrap(), "");
    let agents = plane.text(WORKER, "AGENTS.md").unwrap();
    assert!(agents.contains("## Tools") && agents.contains("## Heartbeat"));
}

/// It would delete BOOTSTRAP.md of the lead's in its place.
#[tokio::test]
async fn a_gateway_that_seeds_is_made_to_end_its_own_ritual_before_a_lead_gets_another() {
    let plane = Recorder::today();
    apply(&plane, &sample::lead(), &Options::provision("k"))
        .await
        .unwrap();
    let calls = plane.calls();
    let written = calls.iter().position(|call| call == "files.list").unwrap();
    let expected = [
        "files.set SOUL.md",
        "files.set USER.md",
        "agents.update Leo",
        "files.set IDENTITY.md",
        "files.set MEMORY.md",
        "files.set AGENTS.md",
        "files.set BOOTSTRAP.md",
    ];
    assert_eq!(calls[written + 3..written + 10], expected);
}

#[tokio::test]
async fn a_second_run_creates_nothing_and_writes_no_configuration() {
    let plane = Recorder::today();
    for plan in [sample::main(), sample::lead(), sample::worker()] {
        apply(&plane, &plan, &Options::provision("k1"))
            .await
            .unwrap();
        plane.calls();
        let again = apply(&plane, &plan, &Options::update()).await.unwrap();
        let calls = plane.calls();
        for never in [
            "agents.create",
            "agents.update",
            "config.patch",
            "chat.send",
            "sessions.",
        ] {
            assert!(
                !calls.iter().any(|call| call.starts_with(never)),
                "{calls:?}"
            );
        }
        assert!(!again.created && !again.updated && !again.heartbeat_written && !again.woken);
    }
}

#[tokio::test]
async fn stopped_after_any_step_the_next_run_comes_to_the_same() {
    for plan in [sample::main(), sample::lead(), sample::worker()] {
        let whole = Recorder::today();
        let mut options = Options::provision("k");
        options.reset_session = true;
        apply(&whole, &plan, &options).await.unwrap();
        for stop in 1..=Step::APPLY.len() {
            let plane = Recorder::today();
            let stopper = StopAfter(AtomicUsize::new(stop));
            let first = observed(&plane, &plan, &options, &stopper).await;
            let step = Step::APPLY[stop - 1];
            assert!(
                matches!(first, Err(LifecycleError::Stopped(at)) if at == step),
                "{stop}: {first:?}"
            );
            apply(&plane, &plan, &options).await.unwrap();
            let (found, expected) = (plane.0.lock().unwrap(), whole.0.lock().unwrap());
            assert_eq!(found.agents, expected.agents, "{step}");
            assert_eq!(found.files, expected.files, "{step}");
            assert_eq!(found.config, expected.config, "{step}");
            assert_eq!(found.messages, expected.messages, "{step}");
            assert_eq!(found.writes, 1, "{step}");
        }
    }
}

#[tokio::test]
async fn first_provisioning_overwrites_and_an_update_keeps_what_is_the_agents() {
    let plane = Recorder::today();
    apply(&plane, &sample::worker(), &Options::provision("k"))
        .await
        .unwrap();
    assert!(plane.text(WORKER, "USER.md").unwrap().contains("Ada Byron"));

    plane.put(WORKER, "USER.md", "mine");
    plane.put(WORKER, "MEMORY.md", "");
    plane.put(WORKER, "SOUL.md", "not mine");
    let applied = apply(&plane, &sample::worker(), &Options::update())
        .await
        .unwrap();
    assert_eq!(applied.files.kept, ["USER.md", "MEMORY.md"]);
    assert_eq!(plane.text(WORKER, "USER.md").unwrap(), "mine");
    assert_eq!(plane.text(WORKER, "MEMORY.md").unwrap(), "");
    assert!(
        plane
            .text(WORKER, "SOUL.md")
            .unwrap()
            .contains("dispatcher")
    );

    let overwrite = Options {
        overwrite: true,
        ..Options::update()
    };
    apply(&plane, &sample::worker(), &overwrite).await.unwrap();
    assert!(plane.text(WORKER, "USER.md").unwrap().contains("Ada Byron"));
}

/// One that was deleted on its gateway comes back with what the gateway seeds.
#[tokio::test]
async fn an_agent_that_an_update_had_to_make_gets_what_a_first_one_gets() {
    let plane = Recorder::today();
    let mut options = Options::update();
    options.wake = Options::provision("k").wake;
    let worker = apply(&plane, &sample::worker(), &options).await.unwrap();
    assert!(worker.created && worker.files.kept.is_empty(), "{worker:?}");
    assert!(plane.text(WORKER, "USER.md").unwrap().contains("Ada Byron"));
    assert_eq!(plane.text(WORKER, "BOOTSTRAP.md").unwrap(), "");
    plane.calls();
    apply(&plane, &sample::lead(), &options).await.unwrap();
    let lead = plane.text(LEAD, "BOOTSTRAP.md").unwrap();
    assert!(lead.contains("lead of North"), "{lead}");
    // the gateway's own ritual was ended before, or it would delete that
    let calls = plane.calls();
    let last = |call: &str| calls.iter().rposition(|made| made == call).unwrap();
    assert!(last("agents.update Leo") > last("files.set USER.md"));
    assert!(last("agents.update Leo") < last("files.set BOOTSTRAP.md"));
    let woken = &plane.0.lock().unwrap().messages;
    assert!(woken.iter().all(|wake| wake.text.contains("provisioned")));
}

#[tokio::test]
async fn the_main_agents_user_file_follows_the_settings() {
    let plane = Recorder::today();
    let mut plan = sample::main();
    apply(&plane, &plan, &Options::provision("k"))
        .await
        .unwrap();
    plan.user.name = "Grace Hopper".to_owned();
    apply(&plane, &plan, &Options::update()).await.unwrap();
    let agent = plan.key().agent_id();
    assert!(
        plane
            .text(&agent, "USER.md")
            .unwrap()
            .contains("Grace Hopper")
    );
}

#[tokio::test]
async fn a_file_that_the_gateway_refuses_is_fatal_for_leads_alone() {
    let plane = Recorder::today();
    plane
        .0
        .lock()
        .unwrap()
        .unsupported
        .extend(["SOUL.md", "MEMORY.md"]);
    let applied = apply(&plane, &sample::worker(), &Options::provision("k"))
        .await
        .unwrap();
    assert_eq!(applied.files.skipped, ["SOUL.md", "MEMORY.md"]);
    let error = apply(&plane, &sample::lead(), &Options::provision("k"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Gateway rejected required lead workspace files as unsupported: SOUL.md, MEMORY.md"
    );
}

#[tokio::test]
async fn a_lead_gets_its_bootstrap_until_it_is_through_with_it() {
    let plane = Recorder::today();
    apply(&plane, &sample::lead(), &Options::provision("k"))
        .await
        .unwrap();
    assert!(
        plane
            .text(LEAD, "BOOTSTRAP.md")
            .unwrap()
            .contains("lead of North")
    );
    plane.put(LEAD, "BOOTSTRAP.md", "");
    plane.put(LEAD, "ROUTING.md", "old");
    let applied = apply(&plane, &sample::lead(), &Options::update())
        .await
        .unwrap();
    assert_eq!(plane.text(LEAD, "BOOTSTRAP.md").unwrap(), "");
    assert_eq!(applied.files.removed, ["ROUTING.md"]);
    let forced = Options {
        force_bootstrap: true,
        ..Options::update()
    };
    apply(&plane, &sample::lead(), &forced).await.unwrap();
    assert!(!plane.text(LEAD, "BOOTSTRAP.md").unwrap().is_empty());
}

#[tokio::test]
async fn a_just_created_agent_is_updated_until_the_gateway_knows_it() {
    let unknown = || refused(&format!("agent \"{WORKER}\" not found"));
    let plane = Recorder::today().fail(
        "agents.update",
        vec![unknown(), unknown(), unknown(), unknown()],
    );
    apply(&plane, &sample::worker(), &Options::provision("k"))
        .await
        .unwrap();

    let plane = Recorder::today().fail("agents.update", (0..5).map(|_| unknown()).collect());
    let error = apply(&plane, &sample::worker(), &Options::provision("k"))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            LifecycleError::Gateway {
                step: Step::Update,
                ..
            }
        ),
        "{error:?}"
    );

    // it was there before: what is missing now will not come by waiting
    let plane = Recorder::today();
    apply(&plane, &sample::worker(), &Options::provision("k"))
        .await
        .unwrap();
    let mut renamed = sample::worker();
    renamed.name = "Iris 2".to_owned();
    let plane = plane.fail("agents.update", vec![unknown()]);
    let error = apply(&plane, &renamed, &Options::update())
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            LifecycleError::Gateway {
                step: Step::Update,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_agent_that_does_not_show_is_an_error_in_the_end() {
    let plane = Recorder::today();
    plane.0.lock().unwrap().hidden_for = u32::MAX;
    let error = apply(&plane, &sample::worker(), &Options::provision("k"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, LifecycleError::NotVisible { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn somebody_else_made_it_first() {
    let plane = Recorder::today();
    apply(&plane, &sample::worker(), &Options::provision("k"))
        .await
        .unwrap();
    plane.0.lock().unwrap().hidden_for = 1;
    let applied = apply(&plane, &sample::worker(), &Options::provision("k"))
        .await
        .unwrap();
    assert!(applied.created, "it was not listed when we looked");
}

#[tokio::test]
async fn a_configuration_that_moved_on_is_read_again_and_not_for_ever() {
    let moved = || refused("config changed since last load; re-run config.get and retry");
    let plane = Recorder::today().fail("config.patch", vec![moved(), moved()]);
    apply(&plane, &sample::worker(), &Options::provision("k"))
        .await
        .unwrap();
    let reads = plane
        .calls()
        .iter()
        .filter(|call| *call == "config.get")
        .count();
    assert_eq!(reads, 3);
    let plane = Recorder::today().fail("config.patch", (0..9).map(|_| moved()).collect());
    let error = apply(&plane, &sample::worker(), &Options::provision("k"))
        .await
        .unwrap_err();
    assert!(matches!(error, LifecycleError::ConfigBusy(5)), "{error}");
}

#[tokio::test]
async fn a_missing_session_does_not_stop_a_reset() {
    let plane = Recorder::today().fail("sessions.reset", vec![refused("unknown session")]);
    let mut options = Options::provision("k");
    options.reset_session = true;
    let applied = apply(&plane, &sample::worker(), &options).await.unwrap();
    assert!(!applied.session_reset && applied.woken);
}

#[tokio::test]
async fn a_plan_that_cannot_be_carried_out_asks_the_gateway_nothing() {
    let plane = Recorder::today();
    let mut rootless = sample::worker();
    rootless.workspace_root = "  ".to_owned();
    let mut nameless = sample::worker();
    nameless.name = String::new();
    let mut broken = sample::worker();
    broken.name = "Iris\nAUTH_TOKEN=x".to_owned();
    let mut human = sample::worker();
    human.profile.dispatch_role = Some(dispatch_contract::Role::OperatorAdmin);
    for plan in [rootless, nameless, broken, human] {
        let error = apply(&plane, &plan, &Options::update()).await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
    }
    let mut wrong = sample::worker();
    wrong.overrides.soul = Some("{{ nothing }}".to_owned());
    let error = apply(&plane, &wrong, &Options::update()).await.unwrap_err();
    assert!(matches!(error, LifecycleError::Template(_)), "{error}");
    assert_eq!(plane.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn a_deletion_minds_nothing_that_is_gone_already() {
    let plane = Recorder::today();
    let plan = sample::worker();
    apply(&plane, &plan, &Options::provision("k"))
        .await
        .unwrap();
    for was_there in [true, false] {
        let deleted = delete_lifecycle(
            &plane,
            plan.key(),
            "~/.openclaw",
            true,
            &Unobserved,
            Destructive::Confirmed,
        );
        let deleted = deleted.await.unwrap();
        assert_eq!(deleted.was_there, was_there);
        assert_eq!(deleted.workspace, format!("~/.openclaw/workspace-{WORKER}"));
    }
    let plane = plane.fail(
        "agents.delete",
        vec![refused("missing scope: operator.admin")],
    );
    let error = delete_lifecycle(
        &plane,
        plan.key(),
        "~/.openclaw",
        true,
        &Unobserved,
        Destructive::Confirmed,
    );
    let error = error.await.unwrap_err();
    assert!(matches!(
        error,
        LifecycleError::Gateway {
            step: Step::DeleteAgent,
            ..
        }
    ));
}

#[tokio::test]
async fn an_error_says_what_was_being_done_and_keeps_the_gateways_own() {
    let gone = GatewayError::Unreachable {
        address: "ws://h".into(),
        cause: "refused".into(),
    };
    let plane = Recorder::today().fail("config.get", vec![gone]);
    let error = apply(&plane, &sample::worker(), &Options::update())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "setting the heartbeat: ws://h cannot be reached: refused"
    );
    assert!(matches!(
        error.gateway(),
        Some(GatewayError::Unreachable { .. })
    ));
    assert_eq!(json!(error.is_configuration()), json!(false));
}

#[tokio::test]
async fn an_update_that_finds_nothing_makes_the_agent_without_the_gateways_ritual() {
    let plane = Recorder::today();
    let applied = apply(&plane, &sample::worker(), &Options::update())
        .await
        .unwrap();
    assert!(applied.created);
    assert_eq!(plane.text(WORKER, "BOOTSTRAP.md").unwrap(), "");
}
