//! Agents that were woken and do not check in: woken again by the running loop, and in the
//! end given up, with an event. One that does check in is left alone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dispatch_contract::board::NewBoard;
use dispatch_contract::event::{Event, EventType};
use dispatch_contract::gateway::Gateway;
use dispatch_contract::gateway_agent::{AgentKind, AgentStatus, GatewayAgent};
use dispatch_contract::gateway_work::NewAgent;
use dispatch_contract::reading::AuditFilter;
use dispatch_contract::{AgentRecordId, BoardId, GatewayId, Timestamp};
use dispatch_switchboard::watch::WatchSettings;
use dispatch_switchboard::{MAX_WAKES, Switchboard, Visitor};
use dispatch_testing::openclaw::scripted::{Reply as Scripted, Script, ScriptedGateway, refusal};
use dispatch_testing::openclaw::{Installation, ModelServer, RealGateway, Reply, merge};
use dispatch_worker::Checks;
use serde_json::json;
use tempfile::TempDir;
use ulid::Ulid;

use crate::scene::Scene;
use crate::stage::{Clock, PATIENCE, event, named, register, switchboard};

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

    async fn board(&self, name: &str, gateway: GatewayId) -> BoardId {
        let entry = NewBoard {
            organization_id: None,
            gateway_id: Some(gateway),
            name: name.into(),
            objective: None,
            max_agents: Some(10),
        };
        let made = self
            .switchboard
            .add_board(&Visitor::the_house(), entry)
            .await;
        made.expect("registered").board_id
    }

    /// A worker that was woken a while ago, and did not check in since.
    async fn worker(&self, gateway: &Gateway, board: BoardId, name: &str) -> GatewayAgent {
        let at = self.clock.now();
        let agent_id = AgentRecordId(Ulid::generate());
        let agent = GatewayAgent {
            agent_id,
            organization_id: gateway.organization_id,
            gateway_id: Some(gateway.gateway_id),
            board_id: Some(board),
            kind: AgentKind::Worker,
            name: name.into(),
            session_key: format!("agent:rd-{agent_id}:main").to_lowercase(),
            profile: Default::default(),
            heartbeat: Default::default(),
            token_prefix: None,
            status: AgentStatus::Updating,
            generation: 1,
            made_at: Some(at),
            wake_attempts: 1,
            check_in_deadline: Timestamp::from_micros(at.micros() - 60_000_000),
            last_seen_at: None,
            last_error: None,
            created_at: at,
            updated_at: at,
        };
        let event = event(&self.clock, EventType::AgentRegistered);
        let added = self
            .scene
            .ledger
            .add_gateway_agent(&agent, None, event)
            .await;
        added.expect("the database").expect("registered");
        agent
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

/// Waits until its model was told so often.
async fn heard(model: &ModelServer, times: u32) {
    let began = Instant::now();
    while wakes(model) < times as usize {
        assert!(began.elapsed() < PATIENCE, "{} wakes", wakes(model));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
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
        // waking it again begins its session anew, and ends what it was about to think
        heard(&model, wake - 1).await;
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
    heard(&model, 3).await;

    // back it is as good as new: due no more, and left alone however much time passes
    let token = made.token.expect("it was given one");
    let back = stage.switchboard.check_in(&token).await.expect("known");
    assert_eq!((back.status, back.wake_attempts), (AgentStatus::Online, 0));
    assert_eq!(back.last_error, None, "that it was away is over");
    let told = stage.events(EventType::AgentOnline).await;
    let [told] = &told[..] else {
        panic!("once: {told:#?}");
    };
    let payload = json!({ "agent_id": id, "gateway_id": gateway.gateway_id, "was": "offline",
        "status": "online" });
    assert_eq!(told.payload, payload);
    stage.switchboard.check_in(&token).await.expect("known");
    assert_eq!(stage.events(EventType::AgentOnline).await.len(), 1);
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

/// Lets a gateway show an agent, and its files hold a token.
fn shows(gateway: &ScriptedGateway, ids: &[String]) {
    let agents: Vec<_> = ids
        .iter()
        .map(|id| json!({ "id": id, "name": id }))
        .collect();
    let list = json!({ "defaultId": "main", "mainKey": "main", "scope": "per-sender",
        "agents": agents });
    gateway.set(|script| {
        let list = Scripted::Payload(list);
        script.replies.insert("agents.list".into(), list);
    });
}

fn called(calls: &[dispatch_testing::openclaw::scripted::Called], method: &str) -> usize {
    calls.iter().filter(|call| call.method == method).count()
}

#[tokio::test]
async fn the_time_to_check_in_begins_when_the_work_is_done() {
    let stage = Stage::new().await;
    let slow = ScriptedGateway::start(Script::default()).await;
    let slow = slow.expect("a gateway");
    let gateway = stage.register(slow.url(), &slow.token()).await;
    let id = format!("rd-gateway-{}", gateway.gateway_id).to_lowercase();
    shows(&slow, &[id]);
    // long enough for the test to look in between
    let late = Scripted::Late(
        Duration::from_secs(3),
        Box::new(Scripted::Payload(json!({}))),
    );
    slow.set(|script| {
        script.replies.insert("config.patch".into(), late);
    });
    let who = Visitor::the_house();
    let entry = new(AgentKind::Main, gateway.gateway_id);
    let making = {
        let (board, who) = (stage.switchboard.clone(), who.clone());
        tokio::spawn(async move { board.add_agent(&who, entry).await })
    };
    let began = Instant::now();
    while called(&slow.take_calls(), "config.patch") == 0 {
        assert!(began.elapsed() < PATIENCE, "never asked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // 35 s go by for the house before it is answered: no one else takes the agent up
    stage.clock.pass(Duration::from_secs(35));
    assert_eq!(stage.switchboard.reconcile().await, Ok(0));
    let made = making.await.expect("it ends").expect("it is made");
    assert_eq!((made.agent.wake_attempts, made.agent.generation), (1, 1));
    let left_us = |agent: &GatewayAgent| {
        let deadline = agent.check_in_deadline.expect("it was woken");
        deadline.micros() - stage.clock.now().micros()
    };
    let left = left_us(&made.agent);
    assert!((20_000_000..=30_000_000).contains(&left), "{left} us");
    assert_eq!(stage.switchboard.reconcile().await, Ok(0));
    stage.clock.pass(OVERDUE);
    assert_eq!(
        stage.switchboard.reconcile().await,
        Ok(1),
        "now it is overdue"
    );
    stage.switchboard.stop().await;
}

#[tokio::test]
async fn a_gateway_that_is_dead_holds_up_its_own_agents_alone() {
    let stage = Stage::new().await;
    let dead = ScriptedGateway::start(Script::default()).await;
    let dead = dead.expect("a gateway");
    let live = ScriptedGateway::start(Script::default()).await;
    let live = live.expect("a gateway");
    let mut overdue = Vec::new();
    // those of the dead one are overdue for longest
    for (name, gateway, agents) in [("dead", &dead, 5), ("live", &live, 1)] {
        let file = stage.folder.path().join(format!("{name}.token"));
        let token = gateway.token();
        let entry = named(&stage.scene, name, gateway.url(), &token, &file).await;
        let board = stage.board(name, entry.gateway_id).await;
        let mut ids = Vec::new();
        for number in 0..agents {
            let agent = stage
                .worker(&entry, board, &format!("{name} {number}"))
                .await;
            ids.push(format!("rd-{}", agent.agent_id).to_lowercase());
            overdue.push(agent);
        }
        shows(gateway, &ids);
    }
    dead.freeze();
    let began = Instant::now();
    assert_eq!(stage.switchboard.reconcile().await, Ok(6));
    while called(&live.take_calls(), "chat.send") == 0 {
        assert!(began.elapsed() < Duration::from_secs(10), "it had to wait");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // as long as this host is at them, it does not take them up again
    let woken = overdue.last().expect("the live one's");
    stage
        .until(woken.agent_id, |agent| agent.status == AgentStatus::Online)
        .await;
    stage.clock.pass(OVERDUE);
    let began = Instant::now();
    while stage.switchboard.reconcile().await != Ok(1) {
        assert!(began.elapsed() < PATIENCE, "the live one's alone");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    // and where the watch sees that it is away, none of them loses a wake
    let other = switchboard(&stage.scene, &stage.clock);
    let watching = other.watch(WatchSettings::default());
    let dead_id = overdue[0].gateway_id.expect("on a gateway");
    let began = Instant::now();
    loop {
        let health = other.health(&Visitor::the_house(), dead_id).await;
        if health.expect("registered").trouble.as_deref() == Some("silent") {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "never seen to be away");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let before = stage.agent(overdue[4].agent_id).await;
    stage.clock.pass(Duration::from_secs(1_000));
    other.reconcile().await.expect("the database");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let after = stage.agent(overdue[4].agent_id).await;
    assert_eq!(after.wake_attempts, before.wake_attempts);
    watching.stop().await;
    other.stop().await;
    stage.switchboard.stop().await;
}
