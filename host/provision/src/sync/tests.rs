use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::control::FileSeen;
use crate::recorder::{Recorder, refused};
use crate::sample;

/// Tokens as a register would keep them: here by themselves; and whose first run never ended
/// well.
struct Register(Mutex<Vec<(AgentRecordId, String)>>, Vec<AgentRecordId>);

impl Register {
    fn of(plans: &[AgentPlan]) -> Self {
        let tokens = plans.iter().map(|plan| (plan.record_id, "t".to_owned()));
        Self(Mutex::new(tokens.collect()), Vec::new())
    }
}

impl Tokens for Register {
    fn holds<'a>(
        &'a self,
        agent: AgentRecordId,
        token: &'a Secret,
    ) -> BoxFuture<'a, Result<bool, TokensError>> {
        let known = self
            .0
            .lock()
            .unwrap()
            .contains(&(agent, token.expose().to_owned()));
        Box::pin(std::future::ready(Ok(known)))
    }

    fn made(&self, agent: AgentRecordId) -> bool {
        !self.1.contains(&agent)
    }

    fn rotate(&self, agent: AgentRecordId) -> BoxFuture<'_, Result<Secret, TokensError>> {
        let mut tokens = self.0.lock().unwrap();
        tokens.retain(|(known, _)| *known != agent);
        tokens.push((agent, "new".to_owned()));
        Box::pin(std::future::ready(Ok(Secret::new("new"))))
    }
}

/// A main agent, a lead and two workers.
fn plans() -> Vec<AgentPlan> {
    let mut second = sample::worker();
    second.record_id = "01J9ZQ4Y7M8K6T5R4E3W2Q1P02".parse().unwrap();
    second.name = "Otto".to_owned();
    let mut main = sample::main();
    main.record_id = "01J9ZQ4Y7M8K6T5R4E3W2Q1P03".parse().unwrap();
    let mut lead = sample::lead();
    lead.record_id = "01J9ZQ4Y7M8K6T5R4E3W2Q1P04".parse().unwrap();
    vec![main, lead, sample::worker(), second]
}

async fn provisioned(plans: &[AgentPlan]) -> Recorder {
    let plane = Recorder::today();
    for plan in plans {
        let options = Options::provision("k");
        let token = Secret::new("t");
        apply_lifecycle(
            &plane,
            &Templates::shipped(),
            plan,
            &token,
            &options,
            &Unobserved,
        )
        .await
        .unwrap();
    }
    plane.calls();
    plane
}

async fn run(
    plane: &Recorder,
    register: &Register,
    plans: &[AgentPlan],
    options: SyncOptions,
) -> SyncReport {
    let gateway = plans[0].gateway_id;
    sync(
        plane,
        &Templates::shipped(),
        register,
        gateway,
        plans,
        &options,
    )
    .await
}

fn messages(report: &SyncReport) -> Vec<(Option<&str>, &str)> {
    report
        .errors
        .iter()
        .map(|trouble| (trouble.agent_name.as_deref(), trouble.message.as_str()))
        .collect()
}

#[tokio::test]
async fn all_are_brought_to_their_plans_the_main_agent_last() {
    let plans = plans();
    let plane = provisioned(&plans).await;
    let report = run(
        &plane,
        &Register::of(&plans),
        &plans,
        SyncOptions::default(),
    )
    .await;
    assert_eq!((report.agents_updated, report.main_updated), (3, true));
    assert_eq!(messages(&report), []);
    let calls = plane.calls();
    assert_eq!(calls[0], "health");
    assert!(
        !calls.iter().any(|call| call.starts_with("chat.send")),
        "nobody is woken"
    );
    assert!(!calls.iter().any(|call| call.starts_with("config.patch")));
}

#[tokio::test]
async fn options_choose_who_is_meant() {
    let plans = plans();
    let plane = provisioned(&plans).await;
    let register = Register::of(&plans);
    let leads = SyncOptions {
        lead_only: true,
        include_main: false,
        ..SyncOptions::default()
    };
    let report = run(&plane, &register, &plans, leads).await;
    assert_eq!((report.agents_updated, report.main_updated), (1, false));
    let board_id = Some(sample::board().board_id);
    let board = SyncOptions {
        board_id,
        include_main: false,
        reset_sessions: true,
        ..SyncOptions::default()
    };
    plane.calls();
    let report = run(&plane, &register, &plans, board).await;
    assert_eq!(report.agents_updated, 3);
    assert_eq!(
        plane
            .calls()
            .iter()
            .filter(|call| *call == "sessions.reset")
            .count(),
        3
    );
}

#[tokio::test]
async fn who_was_never_made_to_the_end_keeps_nothing_of_the_gateways() {
    let plans = plans();
    let plane = provisioned(&plans).await;
    let (made, unmade) = (plans[2].key().agent_id(), plans[3].key().agent_id());
    for agent in [&made, &unmade] {
        plane.put(agent, "USER.md", "stock");
    }
    let mut register = Register::of(&plans);
    register.1.push(plans[3].record_id);
    let report = run(&plane, &register, &plans, SyncOptions::default()).await;
    assert_eq!(messages(&report), []);
    assert_eq!(plane.text(&made, "USER.md").unwrap(), "stock");
    let user = plane.text(&unmade, "USER.md").unwrap();
    assert!(user.contains("Ada Byron"), "{user}");
}

#[tokio::test]
async fn one_agents_failure_is_its_own() {
    let plans = plans();
    let plane = provisioned(&plans).await;
    let plane = plane.fail("files.list", vec![refused("disk full")]);
    let report = run(
        &plane,
        &Register::of(&plans),
        &plans,
        SyncOptions::default(),
    )
    .await;
    assert_eq!(
        (
            report.agents_updated,
            report.agents_skipped,
            report.main_updated
        ),
        (2, 0, true)
    );
    assert_eq!(
        messages(&report),
        [(Some("Leo"), "writing files: disk full")]
    );
}

#[tokio::test]
async fn an_unreadable_token_leaves_an_agent_alone_unless_it_may_have_a_new_one() {
    let plans = plans();
    let plane = provisioned(&plans).await;
    let register = Register::of(&plans);
    let agent = plans[2].key().agent_id();
    plane.put(&agent, "AGENTS.md", "no token here");
    let report = run(&plane, &register, &plans, SyncOptions::default()).await;
    assert_eq!((report.agents_updated, report.agents_skipped), (2, 1));
    assert_eq!(messages(&report), [(Some("Iris"), NO_TOKEN)]);
    assert_eq!(plane.text(&agent, "AGENTS.md").unwrap(), "no token here");

    let rotate = SyncOptions {
        rotate_tokens: true,
        ..SyncOptions::default()
    };
    let report = run(&plane, &register, &plans, rotate).await;
    assert_eq!((report.agents_updated, report.agents_skipped), (3, 0));
    assert!(
        plane
            .text(&agent, "AGENTS.md")
            .unwrap()
            .contains("AUTH_TOKEN=new")
    );
    assert_eq!(
        register
            .0
            .lock()
            .unwrap()
            .iter()
            .filter(|(_, token)| token == "new")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_a_warning_or_rotated() {
    let plans = plans();
    let plane = provisioned(&plans).await;
    let register = Register(Mutex::new(vec![]), vec![]);
    let only = SyncOptions {
        lead_only: true,
        include_main: false,
        ..SyncOptions::default()
    };
    let report = run(&plane, &register, &plans, only).await;
    assert_eq!(report.agents_updated, 1);
    assert_eq!(messages(&report), [(Some("Leo"), NOT_ITS_TOKEN)]);
    let rotate = SyncOptions {
        rotate_tokens: true,
        ..only
    };
    let report = run(&plane, &register, &plans, rotate).await;
    assert_eq!(messages(&report), []);
    let read = read_token(&plane, &plans[1]).await.unwrap();
    assert_eq!(read, Some(Secret::new("new")));
}

/// As [`SYNC`], for a test that spends it.
const SHORT: Budget = Budget {
    total: Duration::from_millis(200),
    base: Duration::from_millis(1),
    max: Duration::from_millis(5),
    jitter: 0.0,
};

#[tokio::test]
async fn a_gateway_that_is_gone_for_the_whole_budget_ends_the_sync() {
    let plans = plans();
    let gone = || GatewayError::Closed {
        code: 1006,
        reason: String::new(),
    };
    let plane = provisioned(&plans).await;
    let plane = plane.fail("files.list", (0..10_000).map(|_| gone()).collect());
    let (register, shipped) = (Register::of(&plans), Templates::shipped());
    let gateway = plans[0].gateway_id;
    let options = SyncOptions::default();
    let report = sync_within(
        SHORT, &plane, &shipped, &register, gateway, &plans, &options,
    )
    .await;
    assert_eq!((report.agents_updated, report.main_updated), (0, false));
    let [(Some("Leo"), message)] = messages(&report)[..] else {
        panic!("the others were not tried: {report:?}");
    };
    assert!(
        message.contains("(template sync timeout). Last error: connection closed"),
        "{message}"
    );
}

#[tokio::test]
async fn what_may_succeed_later_is_tried_again() {
    let plans = plans();
    let busy = || GatewayError::Refused {
        code: "UNAVAILABLE".into(),
        message: "rate limit exceeded for config.patch; retry after 49s".into(),
        details: None,
        retryable: Some(true),
        retry_after: Some(Duration::from_millis(10)),
    };
    let plane = provisioned(&plans).await;
    let mut slower = plans.clone();
    slower[1].heartbeat = sample::heartbeat(serde_json::json!({"every": "1h"}));
    let plane = plane.fail("config.patch", vec![busy()]);
    let report = run(
        &plane,
        &Register::of(&plans),
        &slower,
        SyncOptions::default(),
    )
    .await;
    assert_eq!(messages(&report), []);
    let patches = plane
        .calls()
        .iter()
        .filter(|call| *call == "config.patch")
        .count();
    assert_eq!(patches, 2);
}

#[tokio::test]
async fn a_token_is_read_from_tools_where_the_gateway_takes_it() {
    let plan = sample::worker();
    let plane = provisioned(std::slice::from_ref(&plan)).await;
    plane.0.lock().unwrap().unsupported.clear();
    plane.put(
        &plan.key().agent_id(),
        "TOOLS.md",
        "- `AUTH_TOKEN=of-tools`",
    );
    let read = read_token(&plane, &plan).await.unwrap();
    assert_eq!(read, Some(Secret::new("of-tools")));
    let listed: Vec<FileSeen> = plane.files(&plan.key().agent_id()).await.unwrap();
    assert!(listed.iter().any(|file| file.name == "TOOLS.md"));
}
