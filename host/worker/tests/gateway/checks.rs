//! Agents that were woken and do not check in: woken again by the running loop, and in the
//! end given up, with an event. One that does check in is left alone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dispatch_contract::event::{Event, EventType};
use dispatch_contract::gateway::Gateway;
use dispatch_contract::gateway_agent::{AgentKind, AgentStatus, GatewayAgent};
use dispatch_contract::gateway_work::NewAgent;
use dispatch_contract::reading::AuditFilter;
use dispatch_contract::{AgentRecordId, GatewayId};
use dispatch_switchboard::{MAX_WAKES, Switchboard, Visitor};
use dispatch_testing::openclaw::scripted::{Reply as Scripted, Script, ScriptedGateway, refusal};
use dispatch_testing::openclaw::{Installation, ModelServer, RealGateway, Reply, merge};
use dispatch_worker::Checks;
use serde_json::json;
use tempfile::TempDir;

use crate::scene::Scene;
use crate::stage::{Clock, PATIENCE, register, switchboard};

/// Longer than a woken agent may take to check in.
const OVERDUE: Duration = Duration::from_secs(31);

/// One host of the house, and its clock.
struct Stage {
    scene: Scene,
    clock: Clock,
    switchboard: Switchboard,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Self {
        let (scene, clock) = (Scene::new().await, Clock::default());
        Self {
            switchboard: switchboard(&scene, &clock),
            scene,
            clock,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    async fn register(&self, url: String, token: &str) -> Gateway {
        let file = self.folder.path().join("token");
        register(&self.scene, url, token, &file, BTreeMap::new()).await
    }

    async fn agent(&self, id: AgentRecordId) -> GatewayAgent {
        let agent = self.scene.ledger.gateway_agent(id).await;
        agent.expect("the database").expect("registered")
    }

    /// Waits until the agent is so.
    async fn until(&self, id: AgentRecordId, is: impl Fn(&GatewayAgent) -> bool) -> GatewayAgent {
        let began = Instant::now();
        loop {
            let agent = self.agent(id).await;
            if is(&agent) {
                return agent;
            }
            assert!(began.elapsed() < PATIENCE, "never so: {agent:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Events of a kind, the oldest first.
    async fn events(&self, kind: EventType) -> Vec<Event> {
        let filter = AuditFilter {
            kind: Some(kind),
            limit: 200,
            ..AuditFilter::default()
        };
        let page = self.scene.ledger.audit(&filter).await;
        let mut events = page.expect("a page").items;
        events.reverse();
        events
    }
}

fn new(kind: AgentKind, gateway_id: GatewayId) -> NewAgent {
    NewAgent {
        kind,
        gateway_id: Some(gateway_id),
        board_id: None,
        name: None,
        profile: Default::default(),
        heartbeat: Default::default(),
        wake: true,
    }
}

/// How often the agent's model was told to wake up.
fn wakes(model: &ModelServer) -> usize {
    let asked = model.asked().into_iter();
    let woken = asked.filter(|asked| asked.user().contains("Your workspace has been"));
    woken.count()
}

#[tokio::test]
async fn an_agent_that_never_checks_in_is_woken_three_times_and_given_up() {
    let Some(installation) = Installation::found() else {
        return; // it has said SKIPPED, and why
    };
    let model = ModelServer::start(|_| Reply::say("In a minute.")).await;
    let model = model.expect("a model");
    let mut config = model.configuration(&["desk"]);
    let defaults = json!({ "model": { "primary": "stub/desk" } });
    merge(&mut config, json!({ "agents": { "defaults": defaults } }));
    let real = RealGateway::start(&installation, config).await;
    let real = real.expect("a gateway");
    let stage = Stage::new().await;
    let gateway = stage.register(real.url(), real.token()).await;

    let who = Visitor::the_house();
    let entry = new(AgentKind::Main, gateway.gateway_id);
    let made = stage.switchboard.add_agent(&who, entry).await;
    let made = made.expect("it is made and woken");
    let id = made.agent.agent_id;
    assert_eq!((made.agent.wake_attempts, made.agent.generation), (1, 1));
    let checks = Checks::start(stage.switchboard.clone());
    for wake in 2..=MAX_WAKES {
        let before = stage.agent(id).await.check_in_deadline.expect("it is due");
        stage.clock.pass(OVERDUE);
        let agent = stage
            .until(id, |agent| {
                agent.wake_attempts == wake && agent.status == AgentStatus::Online
            })
            .await;
        assert!(agent.check_in_deadline.expect("again") > before);
        assert_eq!((agent.generation, agent.last_error), (wake.into(), None));
    }
    stage.clock.pass(OVERDUE);
    let given_up = |agent: &GatewayAgent| agent.status == AgentStatus::Offline;
    let agent = stage.until(id, given_up).await;
    assert_eq!((agent.wake_attempts, agent.check_in_deadline), (3, None));
    let why = "The agent did not check in after it was woken 3 times";
    assert_eq!(agent.last_error.as_deref(), Some(why));
    let events = stage.events(EventType::AgentOffline).await;
    let [event] = &events[..] else {
        panic!("once: {events:#?}");
    };
    let told = json!({ "agent_id": id, "gateway_id": gateway.gateway_id, "wake_attempts": 3,
        "error": why });
    assert_eq!(event.payload, told);
    assert_eq!(stage.events(EventType::AgentProvisioned).await.len(), 3);
    // each was a message of its own, and reached the agent's model
    let began = Instant::now();
    while wakes(&model) < 3 {
        assert!(began.elapsed() < PATIENCE, "{} wakes", wakes(&model));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    // back it is as good as new: due no more, and left alone however much time passes
    let token = made.token.expect("it was given one");
    let back = stage.switchboard.check_in(&token).await.expect("known");
    assert_eq!((back.status, back.wake_attempts), (AgentStatus::Online, 0));
    stage.clock.pass(OVERDUE);
    assert_eq!(stage.switchboard.reconcile().await, Ok(0));
    assert_eq!(wakes(&model), 3);
    checks.stop().await;
    stage.switchboard.stop().await;
}

/// A gateway that has the agents, and refuses to say anything to them.
async fn deaf() -> ScriptedGateway {
    let refused = Scripted::Refusal(refusal("missing-scope"));
    let script = Script::default().reply("chat.send", refused);
    ScriptedGateway::start(script).await.expect("a gateway")
}

#[tokio::test]
async fn two_hosts_try_once_between_them_and_say_what_went_wrong_last() {
    let stage = Stage::new().await;
    let deaf = deaf().await;
    let gateway = stage.register(deaf.url(), &deaf.token()).await;
    let id = format!("rd-gateway-{}", gateway.gateway_id).to_lowercase();
    let agents = json!({ "defaultId": id, "mainKey": "main", "scope": "per-sender",
        "agents": [{ "id": id, "name": id }] });
    deaf.set(|script| {
        let replies = &mut script.replies;
        replies.insert("agents.list".into(), Scripted::Payload(agents));
    });
    let who = Visitor::the_house();
    let entry = new(AgentKind::Main, gateway.gateway_id);
    let made = stage.switchboard.add_agent(&who, entry).await;
    let refused = made.expect_err("it is not woken");
    assert!(refused.detail.contains("is registered"), "{refused:?}");
    let page = stage.switchboard.agents(&who, Default::default()).await;
    let id = page.expect("a page").items[0].agent_id;

    let other = switchboard(&stage.scene, &stage.clock);
    let hosts = [&stage.switchboard, &other].map(|host| Checks::start(host.clone()));
    for tries in 2..=MAX_WAKES {
        stage.clock.pass(OVERDUE);
        stage.until(id, |agent| agent.wake_attempts == tries).await;
        let told = tries as usize;
        let began = Instant::now();
        while stage.events(EventType::AgentProvisioned).await.len() < told {
            assert!(began.elapsed() < PATIENCE, "nobody says what came of it");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    stage.clock.pass(OVERDUE);
    let given_up = |agent: &GatewayAgent| agent.status == AgentStatus::Offline;
    let agent = stage.until(id, given_up).await;
    assert_eq!((agent.wake_attempts, agent.generation), (3, 3));
    let why = agent.last_error.expect("a reason");
    assert!(
        why.starts_with(
            "The agent did not check in after it was woken 3 times; the last failure: "
        ),
        "{why}"
    );
    assert!(why.contains("missing required scope"), "{why}");
    let sent = deaf.take_calls();
    let sent = sent.iter().filter(|call| call.method == "chat.send");
    assert_eq!(sent.count(), 3, "one host each time");
    assert_eq!(stage.events(EventType::AgentOffline).await.len(), 1);
    for host in hosts {
        host.stop().await;
    }
}
