//! Many agents brought to their plans, on a gateway that takes so many writes a minute and
//! that dies meanwhile.

use std::time::{Duration, Instant};

use dispatch_contract::AgentRecordId;
use dispatch_gateway::methods::config;
use dispatch_gateway::retry::{Budget, COORDINATION};
use dispatch_gateway::{GatewayError, Secret, ask};
use dispatch_provision::{
    AgentPlan, Heartbeat, LifecycleError, OpenClaw, Options, Patient, Step, SyncOptions,
    SyncReport, Templates, Tokens, TokensError, Unobserved, sync, tolerance,
};
use futures::future::{BoxFuture, ready};
use serde_json::json;

use crate::house::{House, PATIENCE, TOKEN, apply_on};

/// What a gateway writes into its log where it takes no more.
const LIMITED: &str = "control-plane write rate-limited method=config.patch";

/// A wait that tells somebody who waits as told from somebody who does not.
const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn many_are_brought_to_their_plans_each_with_its_own_errors() {
    let Some(mut house) = House::start().await else {
        return;
    };
    let mut plans = Vec::new();
    for (name, mut plan) in [
        ("Mo", house.main()),
        ("Leo", house.lead()),
        ("Tokenless", house.worker()),
        ("Soulless", house.worker()),
        ("Iris", house.worker()),
    ] {
        plan.name = name.into();
        house.apply(&plan, &Options::provision("made")).await;
        house.woken(&plan, 1).await;
        plan.heartbeat = Heartbeat(json!({ "every": "1h" }).as_object().cloned().unwrap());
        plans.push(plan);
    }
    two_of_them_cannot_be_synced(&house, &plans);
    somebody_in_a_hurry_is_told_what_the_gateway_said(&house, &plans[4]).await;
    synced_within_the_limit_of_writes(&house, &plans).await;
    synced_while_the_gateway_dies(&mut house, &plans).await;
    for plan in &plans {
        assert_eq!(house.wakes(plan), 1, "a sync wakes nobody");
    }
}

/// One whose token was lost, one with a file where the gateway writes none.
fn two_of_them_cannot_be_synced(house: &House, plans: &[AgentPlan]) {
    let (tokenless, soulless) = (house.workspace(&plans[2]), house.workspace(&plans[3]));
    std::fs::write(tokenless.join("AGENTS.md"), "I did it my way").expect("written");
    let soul = soulless.join("SOUL.md");
    std::fs::remove_file(&soul).expect("removed");
    std::os::unix::fs::symlink("/etc/hostname", soul).expect("linked");
}

/// Uses up what the gateway takes in this minute, with patches that change nothing; the
/// next is taken a long time from now.
async fn spend(house: &House) {
    let stale = config::Patch {
        raw: "{}".into(),
        base_hash: Some("of long ago".into()),
        ..config::Patch::default()
    };
    loop {
        let error = ask(&house.link, &stale).await.expect_err("it is stale");
        match error {
            GatewayError::Refused {
                retry_after: Some(after),
                ..
            } if after > LONG => return,
            GatewayError::Refused {
                retry_after: Some(after),
                ..
            } => tokio::time::sleep(after).await,
            error => assert!(tolerance::config_moved_on(&error), "{error}"),
        }
    }
}

fn refusals(house: &House) -> usize {
    house.gateway.log().matches(LIMITED).count()
}

async fn somebody_in_a_hurry_is_told_what_the_gateway_said(house: &House, plan: &AgentPlan) {
    spend(house).await;
    let plane = house.plane();
    let hurried = Budget {
        total: LONG / 2,
        ..COORDINATION
    };
    let plane = Patient::new(&plane, hurried, "operator");
    let hurried = apply_on(&plane, plan, &Options::update(), &Unobserved).await;
    let error = hurried.expect_err("there is a limit");
    assert!(
        matches!(
            error,
            LifecycleError::Gateway {
                step: Step::Heartbeat,
                source: GatewayError::Spent { .. }
            }
        ),
        "{error:?}"
    );
    let said = "rate limit exceeded for config.patch";
    assert!(error.to_string().contains(said), "{error}");
}

/// Every agent needs a write, and none is left in this minute.
async fn synced_within_the_limit_of_writes(house: &House, plans: &[AgentPlan]) {
    spend(house).await;
    let before = refusals(house);
    let report = run(house.plane(), plans).await;
    assert_eq!(refusals(house) - before, 1, "told once, it waited as told");
    assert_eq!((report.agents_updated, report.agents_skipped), (2, 1));
    assert!(report.main_updated, "{report:?}");
    let [tokenless, soulless] = &report.errors[..] else {
        panic!("two cannot be synced: {report:?}");
    };
    assert_eq!(tokenless.agent_name.as_deref(), Some("Tokenless"));
    assert!(tokenless.message.contains("AUTH_TOKEN cannot be read"));
    assert_eq!(soulless.agent_name.as_deref(), Some("Soulless"));
    let said = "writing files: unsafe workspace file";
    assert!(soulless.message.starts_with(said), "{soulless:?}");
    for plan in plans {
        let every = house.entry(plan).await["heartbeat"]["every"].clone();
        let expected = if plan.name == "Tokenless" {
            "10m"
        } else {
            "1h"
        };
        assert_eq!(every, expected, "{}", plan.name);
    }
}

/// Killed between two agents, it is waited for; who was done stays done.
async fn synced_while_the_gateway_dies(house: &mut House, plans: &[AgentPlan]) {
    for plan in plans {
        let agents = house.workspace(plan).join("AGENTS.md");
        std::fs::write(agents, format!("AUTH_TOKEN={TOKEN}\n")).expect("written");
        let soul = house.workspace(plan).join("SOUL.md");
        std::fs::remove_file(&soul).expect("removed");
        std::fs::write(soul, "of old").expect("written");
    }
    let souls: Vec<_> = plans
        .iter()
        .map(|plan| house.workspace(plan).join("SOUL.md"))
        .collect();
    let is_new = |index: usize| {
        let soul = std::fs::read_to_string(&souls[index]);
        soul.is_ok_and(|soul| soul != "of old")
    };
    let (link, gateway) = (house.link.clone(), &mut house.gateway);
    let dies = async {
        let began = Instant::now();
        while !is_new(1) {
            assert!(began.elapsed() < PATIENCE, "it never began");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        gateway.kill_9();
        assert!(!is_new(0), "it is not done yet");
        gateway.launch().await.expect("it starts again");
    };
    let (report, ()) = tokio::join!(run(OpenClaw::new(&link), plans), dies);
    assert_eq!(report.errors, [], "{report:?}");
    assert_eq!((report.agents_updated, report.agents_skipped), (4, 0));
    assert!(report.main_updated);
    assert!((0..plans.len()).all(is_new));
}

async fn run(plane: OpenClaw<'_>, plans: &[AgentPlan]) -> SyncReport {
    let (templates, options) = (Templates::shipped(), SyncOptions::default());
    let gateway_id = plans[0].gateway_id;
    sync(&plane, &templates, &Known, gateway_id, plans, &options).await
}

/// Every agent's token is the one token of these tests.
struct Known;

impl Tokens for Known {
    fn holds<'a>(
        &'a self,
        _: AgentRecordId,
        token: &'a Secret,
    ) -> BoxFuture<'a, Result<bool, TokensError>> {
        Box::pin(ready(Ok(token.expose() == TOKEN)))
    }

    fn made(&self, _: AgentRecordId) -> bool {
        true
    }

    fn rotate(&self, _: AgentRecordId) -> BoxFuture<'_, Result<Secret, TokensError>> {
        Box::pin(ready(Err(TokensError("nobody asked for it".into()))))
    }
}
