//! The registers of gateways, boards and agents.

use std::collections::BTreeMap;

use dispatch_contract::board::Board;
use dispatch_contract::channel::ChannelKind;
use dispatch_contract::event::EventType;
use dispatch_contract::gateway::{Gateway, Organization, SendChannel};
use dispatch_contract::gateway_agent::{AgentKind, AgentStatus, GatewayAgent};
use dispatch_contract::{AgentRecordId, BoardId, GatewayId, OrganizationId, Timestamp};
use dispatch_ledger::{AgentFilter, BoardFilter, Clash, GatewayFilter, LifecycleBegin};
use ulid::Ulid;

use crate::house::event;
use crate::scene::{Scene, now};

pub(crate) fn gateway(name: &str) -> Gateway {
    let at = now();
    Gateway {
        gateway_id: GatewayId(Ulid::generate()),
        organization_id: OrganizationId::HOUSE,
        name: name.into(),
        url: "ws://127.0.0.1:18789".into(),
        token_ref: Some("env:GATEWAY_TOKEN".into()),
        device_key_ref: None,
        device_pairing: false,
        allow_insecure_tls: false,
        token_in_query: false,
        workspace_root: "~/.openclaw".into(),
        minimum_version: None,
        send_channels: BTreeMap::from([(
            ChannelKind::Sms,
            SendChannel {
                channel: "signal".into(),
                account_id: Some("main".into()),
            },
        )]),
        created_at: at,
        updated_at: at,
    }
}

pub(crate) fn board(name: &str, gateway: Option<GatewayId>, max_agents: u32) -> Board {
    let at = now();
    Board {
        board_id: BoardId(Ulid::generate()),
        organization_id: OrganizationId::HOUSE,
        gateway_id: gateway,
        name: name.into(),
        objective: None,
        max_agents,
        paused: false,
        created_at: at,
        updated_at: at,
    }
}

pub(crate) fn agent(
    kind: AgentKind,
    gateway: GatewayId,
    board: Option<BoardId>,
    name: &str,
) -> GatewayAgent {
    let (at, agent_id) = (now(), AgentRecordId(Ulid::generate()));
    GatewayAgent {
        agent_id,
        organization_id: OrganizationId::HOUSE,
        gateway_id: Some(gateway),
        board_id: board,
        kind,
        name: name.into(),
        session_key: format!("agent:rd-{agent_id}:main"),
        profile: Default::default(),
        heartbeat: Default::default(),
        token_prefix: None,
        status: AgentStatus::Provisioning,
        generation: 0,
        made_at: None,
        wake_attempts: 0,
        check_in_deadline: None,
        last_seen_at: None,
        last_error: None,
        created_at: at,
        updated_at: at,
    }
}

pub(crate) fn happened() -> dispatch_ledger::HouseEvent {
    // the ledger says what kind of fact it is
    event(EventType::PolicyPackRejected)
}

impl Scene {
    pub(crate) async fn add_gateway(&self, gateway: &Gateway) -> Result<EventType, Clash> {
        let done = self.ledger.add_gateway(gateway, happened()).await.unwrap();
        done.map(|event| event.kind)
    }

    pub(crate) async fn add_board(&self, board: &Board) -> Result<EventType, Clash> {
        let done = self.ledger.add_board(board, happened()).await.unwrap();
        done.map(|event| event.kind)
    }

    pub(crate) async fn add_agent(&self, agent: &GatewayAgent) -> Result<EventType, Clash> {
        let done = self.ledger.add_gateway_agent(agent, None, happened()).await;
        done.unwrap().map(|event| event.kind)
    }

    pub(crate) async fn begin(
        &self,
        agent: &GatewayAgent,
        deadline: Option<Timestamp>,
    ) -> GatewayAgent {
        let begin = LifecycleBegin {
            agent_id: agent.agent_id,
            status: AgentStatus::Updating,
            gateway_id: None,
            over_by: deadline,
            now: now(),
        };
        self.ledger.begin_lifecycle(&begin).await.unwrap().unwrap()
    }

    pub(crate) async fn stands(&self, agent: &GatewayAgent) -> GatewayAgent {
        let found = self.ledger.gateway_agent(agent.agent_id).await.unwrap();
        found.expect("registered")
    }
}

#[tokio::test]
async fn a_gateway_comes_back_as_it_was_entered_and_names_are_taken_once() {
    let scene = Scene::new().await;
    let first = gateway("North");
    assert_eq!(
        scene.add_gateway(&first).await,
        Ok(EventType::GatewayRegistered)
    );
    assert_eq!(
        scene.add_gateway(&gateway("north")).await,
        Err(Clash::NameTaken)
    );
    let second = gateway("South");
    scene.add_gateway(&second).await.unwrap();
    let found = scene.ledger.gateway(first.gateway_id).await.unwrap();
    assert_eq!(found, Some(first.clone()));

    let changed = Gateway {
        url: "wss://gateway.example:443".into(),
        token_ref: None,
        send_channels: BTreeMap::new(),
        updated_at: now(),
        ..first.clone()
    };
    let update = async |gateway: &Gateway, as_read| {
        let done = scene.ledger.update_gateway(gateway, as_read, happened());
        done.await.unwrap()
    };
    let told = update(&changed, first.updated_at).await;
    let told = told.unwrap();
    assert_eq!(told.kind, EventType::GatewayUpdated);
    assert_eq!(told.payload["gateway"]["url"], "wss://gateway.example:443");
    let taken = Gateway {
        name: "SOUTH".into(),
        ..changed.clone()
    };
    let clash = update(&taken, changed.updated_at).await;
    assert_eq!(clash.unwrap_err(), Clash::NameTaken);
    // who read it before that change would undo it
    let stale = Gateway {
        name: "North 2".into(),
        ..first.clone()
    };
    let clash = update(&stale, first.updated_at).await;
    assert_eq!(clash.unwrap_err(), Clash::Changed);
    let found = scene.ledger.gateway(first.gateway_id).await.unwrap();
    assert_eq!(found, Some(changed));
    let nobody = gateway("East");
    let unknown = update(&nobody, nobody.updated_at).await;
    assert_eq!(unknown.unwrap_err(), Clash::Gone);
}

#[tokio::test]
async fn organizations_have_their_own_names_and_pages() {
    let scene = Scene::new().await;
    let other = Organization {
        organization_id: OrganizationId(Ulid::generate()),
        name: "Other".into(),
        created_at: now(),
    };
    let add = || scene.ledger.add_organization(&other, happened());
    assert!(add().await.unwrap().is_ok());
    assert_eq!(add().await.unwrap().unwrap_err(), Clash::NameTaken);
    let all = scene.ledger.organizations(None).await.unwrap();
    let names: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["house", "Other"]);

    scene.add_gateway(&gateway("North")).await.unwrap();
    for name in ["North", "South"] {
        let theirs = Gateway {
            organization_id: other.organization_id,
            ..gateway(name)
        };
        scene.add_gateway(&theirs).await.unwrap();
    }
    let mut filter = GatewayFilter {
        organization_id: Some(other.organization_id),
        limit: 1,
        ..GatewayFilter::default()
    };
    let page = scene.ledger.gateways(&filter).await.unwrap();
    assert_eq!(page.items[0].name, "North");
    filter.cursor = page.next_cursor;
    let page = scene.ledger.gateways(&filter).await.unwrap();
    assert_eq!(page.items[0].name, "South");
    assert_eq!(page.next_cursor, None);
}

#[tokio::test]
async fn a_board_lives_on_a_gateway_of_its_own_organization() {
    let scene = Scene::new().await;
    let home = gateway("North");
    scene.add_gateway(&home).await.unwrap();
    let bare = board("Bare", None, 1);
    assert_eq!(scene.add_board(&bare).await, Ok(EventType::BoardRegistered));
    let lost = board("Lost", Some(GatewayId(Ulid::generate())), 1);
    assert_eq!(scene.add_board(&lost).await, Err(Clash::Gone));
    assert_eq!(
        scene.add_board(&board("bare", None, 1)).await,
        Err(Clash::NameTaken)
    );
    let housed = Board {
        gateway_id: Some(home.gateway_id),
        objective: Some("Calls of the north side".into()),
        updated_at: now(),
        ..bare.clone()
    };
    let update = async |board: &Board, as_read| {
        let done = scene.ledger.update_board(board, as_read, happened());
        done.await.unwrap().map(|event| event.kind)
    };
    let told = update(&housed, bare.updated_at).await;
    assert_eq!(told, Ok(EventType::BoardUpdated));
    let again = update(&housed, bare.updated_at).await;
    assert_eq!(again, Err(Clash::Changed), "it was read before that");
    let filter = BoardFilter {
        gateway_id: Some(home.gateway_id),
        ..BoardFilter::default()
    };
    let page = scene.ledger.boards(&filter).await.unwrap();
    assert_eq!(page.items, std::slice::from_ref(&housed));

    let lead = agent(
        AgentKind::Lead,
        home.gateway_id,
        Some(bare.board_id),
        "Lead",
    );
    scene.add_agent(&lead).await.unwrap();
    // its agents would run on where they are
    let other = gateway("South");
    scene.add_gateway(&other).await.unwrap();
    let moved = Board {
        gateway_id: Some(other.gateway_id),
        ..housed.clone()
    };
    let settled = update(&moved, housed.updated_at).await;
    assert_eq!(settled, Err(Clash::Settled));
    let renamed = Board {
        name: "Calls".into(),
        ..housed.clone()
    };
    let told = update(&renamed, housed.updated_at).await;
    assert_eq!(told, Ok(EventType::BoardUpdated));
    let remove = || scene.ledger.remove_board(bare.board_id, happened());
    assert_eq!(remove().await.unwrap().unwrap_err(), Clash::Staffed);
    let moves = update(&moved, housed.updated_at).await;
    assert_eq!(
        moves,
        Err(Clash::Settled),
        "also where it was renamed since"
    );
    let gone = async |generation| {
        let gone = scene
            .ledger
            .remove_gateway_agent(lead.agent_id, generation, happened());
        gone.await.unwrap().is_some()
    };
    scene.begin(&lead, None).await;
    assert!(!gone(0).await, "work on it has begun since");
    assert!(gone(1).await);
    assert!(remove().await.unwrap().is_ok());
    assert_eq!(remove().await.unwrap().unwrap_err(), Clash::Gone);
}

#[tokio::test]
async fn one_main_one_lead_and_no_more_workers_than_the_board_takes() {
    let scene = Scene::new().await;
    let home = gateway("North");
    scene.add_gateway(&home).await.unwrap();
    let team = board("Team", Some(home.gateway_id), 2);
    scene.add_board(&team).await.unwrap();
    let of = |kind, name| {
        let board = (kind != AgentKind::Main).then_some(team.board_id);
        agent(kind, home.gateway_id, board, name)
    };
    let cases = [
        (AgentKind::Main, "Main", Ok(EventType::AgentRegistered)),
        (AgentKind::Main, "Second", Err(Clash::RoleTaken)),
        (AgentKind::Worker, "Ann", Ok(EventType::AgentRegistered)),
        (AgentKind::Worker, "ann", Err(Clash::NameTaken)),
        // the lead is not counted
        (AgentKind::Lead, "Lead", Ok(EventType::AgentRegistered)),
        (AgentKind::Lead, "Other", Err(Clash::RoleTaken)),
        (AgentKind::Worker, "Bob", Ok(EventType::AgentRegistered)),
        (
            AgentKind::Worker,
            "Cyd",
            Err(Clash::BoardFull { max_agents: 2 }),
        ),
    ];
    for (kind, name, expected) in cases {
        assert_eq!(scene.add_agent(&of(kind, name)).await, expected, "{name}");
    }
    let elsewhere = board("Elsewhere", None, 2);
    scene.add_board(&elsewhere).await.unwrap();
    let lost = agent(
        AgentKind::Worker,
        home.gateway_id,
        Some(elsewhere.board_id),
        "Ann",
    );
    assert_eq!(scene.add_agent(&lost).await, Err(Clash::Gone));
    let workers = AgentFilter {
        board_id: Some(team.board_id),
        kind: Some(AgentKind::Worker),
        ..AgentFilter::default()
    };
    let page = scene.ledger.gateway_agents(&workers).await.unwrap();
    let names: Vec<_> = page.items.iter().map(|agent| agent.name.as_str()).collect();
    assert_eq!(names, ["Ann", "Bob"]);
}

#[tokio::test]
async fn a_removed_gateway_takes_its_main_agent_and_leaves_boards_without_one() {
    let scene = Scene::new().await;
    let home = gateway("North");
    scene.add_gateway(&home).await.unwrap();
    let team = board("Team", Some(home.gateway_id), 2);
    scene.add_board(&team).await.unwrap();
    let main = agent(AgentKind::Main, home.gateway_id, None, "Main");
    let lead = agent(
        AgentKind::Lead,
        home.gateway_id,
        Some(team.board_id),
        "Lead",
    );
    scene.add_agent(&main).await.unwrap();
    scene.add_agent(&lead).await.unwrap();
    let begun = scene.begin(&lead, Some(now())).await;

    let remove = || scene.ledger.remove_gateway(home.gateway_id, happened());
    let told = remove().await.unwrap().expect("it was there");
    assert_eq!(told.kind, EventType::GatewayRemoved);
    assert_eq!(remove().await.unwrap(), None);
    assert_eq!(scene.ledger.gateway(home.gateway_id).await.unwrap(), None);
    assert_eq!(
        scene.ledger.gateway_agent(main.agent_id).await.unwrap(),
        None
    );
    let team = scene.ledger.board(team.board_id).await.unwrap().unwrap();
    assert_eq!(team.gateway_id, None);
    let left = scene.stands(&lead).await;
    assert_eq!((left.gateway_id, left.status), (None, AgentStatus::Offline));
    // work that was under way meanwhile says nothing more
    let late = scene
        .ledger
        .end_lifecycle(&begun, Ok(()), now(), happened());
    assert_eq!(late.await.unwrap(), None);
    assert_eq!(scene.stands(&lead).await.status, AgentStatus::Offline);
}
