//! How an agent gets on: provisioned, seen, given up, changed, given another token.

use dispatch_contract::AgentRecordId;
use dispatch_contract::event::EventType;
use dispatch_contract::gateway_agent::{AgentKind, AgentStatus, GatewayAgent};
use dispatch_ledger::{Clash, LifecycleBegin, TokenMark};
use ulid::Ulid;

use crate::gateways::{agent, board, gateway, happened};
use crate::scene::{Scene, now};

#[tokio::test]
async fn a_later_generation_is_never_written_over_by_an_earlier_one() {
    let scene = Scene::new().await;
    let home = gateway("North");
    scene.add_gateway(&home).await.unwrap();
    let main = agent(AgentKind::Main, home.gateway_id, None, "Main");
    scene.add_agent(&main).await.unwrap();
    let slow = scene.begin(&main, None).await;
    let quick = scene.begin(&main, None).await;
    assert_eq!((slow.generation, quick.generation), (1, 2));
    let end = async |agent: &GatewayAgent, outcome: Result<(), &str>| {
        let told = scene
            .ledger
            .end_lifecycle(agent, outcome, now(), happened());
        told.await.unwrap()
    };
    assert_eq!(end(&slow, Ok(())).await, None);
    // what a gateway says may be no text, and endless
    let error = format!("connection refused\0{}", "!".repeat(1_000_000));
    let told = end(&quick, Err(&error)).await.expect("told");
    assert_eq!(told.payload["ok"], false);
    let stands = scene.stands(&main).await;
    assert_eq!(stands.status, AgentStatus::Updating);
    let kept = stands.last_error.expect("an error");
    assert!(kept.starts_with("connection refused!!"), "{kept:.40}");
    assert_eq!((kept.len(), &told.payload["error"]), (2_000, &kept.into()));
    assert_eq!(stands.made_at, None);
    let again = scene.begin(&main, None).await;
    end(&again, Ok(())).await.expect("told");
    let stands = scene.stands(&main).await;
    assert_eq!(
        (stands.status, stands.last_error),
        (AgentStatus::Online, None)
    );
    let made_at = stands.made_at.expect("it was made");
    let again = scene.begin(&main, None).await;
    end(&again, Ok(())).await.expect("told");
    assert_eq!(scene.stands(&main).await.made_at, Some(made_at), "once");
}

#[tokio::test]
async fn what_is_on_its_way_out_is_not_brought_back() {
    let scene = Scene::new().await;
    let home = gateway("North");
    scene.add_gateway(&home).await.unwrap();
    let main = agent(AgentKind::Main, home.gateway_id, None, "Main");
    scene.add_agent(&main).await.unwrap();
    let begin = async |status| {
        let begin = LifecycleBegin {
            agent_id: main.agent_id,
            status,
            gateway_id: None,
            over_by: None,
            now: now(),
        };
        scene.ledger.begin_lifecycle(&begin).await.unwrap()
    };
    let removing = begin(AgentStatus::Removing).await.expect("it is there");
    assert_eq!(begin(AgentStatus::Updating).await, None);
    assert_eq!(begin(AgentStatus::Provisioning).await, None);
    assert_eq!(scene.stands(&main).await.generation, removing.generation);
    // its gateway failed: the removal is begun anew
    let again = begin(AgentStatus::Removing).await.expect("it is there");
    assert_eq!(again.generation, removing.generation + 1);
}

#[tokio::test]
async fn an_entry_of_an_agent_is_changed_by_who_saw_it_as_it_is() {
    let scene = Scene::new().await;
    let home = gateway("North");
    scene.add_gateway(&home).await.unwrap();
    let team = board("Team", Some(home.gateway_id), 5);
    scene.add_board(&team).await.unwrap();
    let of = |name| {
        agent(
            AgentKind::Worker,
            home.gateway_id,
            Some(team.board_id),
            name,
        )
    };
    let (ann, bob) = (of("Ann"), of("Bob"));
    scene.add_agent(&ann).await.unwrap();
    scene.add_agent(&bob).await.unwrap();
    let mut changed = GatewayAgent {
        name: "Anna".into(),
        updated_at: now(),
        ..ann.clone()
    };
    changed.profile.role = "Closer".into();
    changed.heartbeat.every = "1h".into();
    let update = async |agent: &GatewayAgent, as_read| {
        let done = scene
            .ledger
            .update_gateway_agent(agent, as_read, happened());
        done.await.unwrap().map(|event| event.kind)
    };
    let told = update(&changed, ann.updated_at).await;
    assert_eq!(told, Ok(EventType::AgentUpdated));
    assert_eq!(scene.stands(&ann).await, changed);
    assert_eq!(update(&ann, ann.updated_at).await, Err(Clash::Changed));
    let taken = GatewayAgent {
        name: "BOB".into(),
        ..changed.clone()
    };
    let clash = update(&taken, changed.updated_at).await;
    assert_eq!(clash, Err(Clash::NameTaken));
    let nobody = of("Cyd");
    assert_eq!(update(&nobody, nobody.updated_at).await, Err(Clash::Gone));
}

#[tokio::test]
async fn who_does_not_check_in_is_taken_up_once_and_given_up_in_the_end() {
    let scene = Scene::new().await;
    let home = gateway("North");
    scene.add_gateway(&home).await.unwrap();
    let main = agent(AgentKind::Main, home.gateway_id, None, "Main");
    scene.add_agent(&main).await.unwrap();
    let (deadline, later) = (now(), now());
    let woken = scene.begin(&main, Some(deadline)).await;
    assert_eq!(woken.wake_attempts, 1);
    let due = async |at| scene.ledger.overdue_agents(at, &[], 10).await.unwrap();
    assert!(due(deadline).await.is_empty(), "not before its deadline");
    assert_eq!(due(later).await, std::slice::from_ref(&woken));
    let not_on = [home.gateway_id];
    let elsewhere = scene.ledger.overdue_agents(later, &not_on, 10);
    assert_eq!(elsewhere.await.unwrap(), [], "its gateway is left for now");
    let claim = || scene.ledger.claim_overdue(&woken, later);
    assert!(claim().await.unwrap());
    assert!(!claim().await.unwrap(), "another host was first");
    let claimed = due(now()).await.remove(0);

    // it checks in after all
    let seen = async |unless_since| {
        let event = happened();
        let at = event.occurred_at;
        let ledger = &scene.ledger;
        let back = ledger.agent_seen(main.agent_id, unless_since, event).await;
        (at, back.unwrap())
    };
    let (at, back) = seen(now()).await;
    assert_eq!(back, None, "it was never away");
    let stands = scene.stands(&main).await;
    assert_eq!(stands.last_seen_at, Some(at));
    assert_eq!((stands.check_in_deadline, stands.wake_attempts), (None, 0));
    let given_up = scene.ledger.agent_offline(&claimed, "silent", happened());
    assert_eq!(given_up.await.unwrap(), None, "it did check in");
    seen(at).await;
    let stands = scene.stands(&main).await;
    assert_eq!(stands.last_seen_at, Some(at), "not written again so soon");

    // however long waking it takes: its time begins when that is over, and only then
    let woken = scene.begin(&main, Some(now())).await;
    let check_in_by = now();
    let ended = scene
        .ledger
        .end_lifecycle(&woken, Ok(()), check_in_by, happened());
    assert!(ended.await.unwrap().is_some());
    let stands = scene.stands(&main).await;
    assert_eq!(stands.check_in_deadline, Some(check_in_by));
    let woken = scene.begin(&main, Some(now())).await;
    seen(now()).await;
    let ended = scene
        .ledger
        .end_lifecycle(&woken, Ok(()), now(), happened());
    assert!(ended.await.unwrap().is_some());
    let stands = scene.stands(&main).await;
    assert_eq!(stands.check_in_deadline, None, "it was quicker than that");

    // and the next time it never does
    let woken = scene.begin(&main, Some(now())).await;
    let told = scene
        .ledger
        .agent_offline(&woken, "silent", happened())
        .await;
    assert_eq!(told.unwrap().unwrap().kind, EventType::AgentOffline);
    let stands = scene.stands(&main).await;
    assert_eq!(stands.status, AgentStatus::Offline);
    assert_eq!(stands.last_error.as_deref(), Some("silent"));
    assert!(due(now()).await.is_empty());
    let (_, back) = seen(now()).await;
    let back = back.expect("it is told");
    assert_eq!(back.kind, EventType::AgentOnline);
    assert_eq!(
        (&back.payload["was"], &back.payload["status"]),
        (&"offline".into(), &"online".into())
    );
    let stands = scene.stands(&main).await;
    assert_eq!(
        (stands.status, stands.last_error),
        (AgentStatus::Online, None)
    );

    // an update that failed does not make it be away
    let begun = scene.begin(&main, Some(now())).await;
    let ended = scene
        .ledger
        .end_lifecycle(&begun, Err("disk full"), now(), happened());
    assert!(ended.await.unwrap().is_some());
    let (_, back) = seen(now()).await;
    assert_eq!(back.expect("it is told").payload["was"], "updating");
    let stands = scene.stands(&main).await;
    assert_eq!(stands.status, AgentStatus::Online);
    assert_eq!(
        stands.last_error.as_deref(),
        Some("disk full"),
        "that is still so"
    );
}

#[tokio::test]
async fn a_token_is_found_by_how_it_begins_until_it_is_rotated() {
    let scene = Scene::new().await;
    let home = gateway("North");
    scene.add_gateway(&home).await.unwrap();
    let main = agent(AgentKind::Main, home.gateway_id, None, "Main");
    let mark = |digit: &str, prefix: &str| TokenMark {
        hash: digit.repeat(64),
        prefix: prefix.into(),
    };
    let first = mark("a", "abcdefgh");
    let added = scene
        .ledger
        .add_gateway_agent(&main, Some(&first), happened());
    assert!(added.await.unwrap().is_ok());
    let found = async |prefix: &str| scene.ledger.agents_by_token(prefix).await.unwrap();
    assert_eq!(found("abcdefgh").await, [(main.agent_id, first.hash)]);
    let second = mark("b", "ijklmnop");
    let rotate = |id| scene.ledger.rotate_agent_token(id, &second, happened());
    let told = rotate(main.agent_id).await.unwrap().expect("it is there");
    assert_eq!(told.kind, EventType::AgentTokenRotated);
    assert_eq!(told.payload["token_prefix"], "ijklmnop");
    assert!(!told.payload.to_string().contains(&second.hash));
    assert!(found("abcdefgh").await.is_empty());
    assert_eq!(
        found("ijklmnop").await,
        [(main.agent_id, second.hash.clone())]
    );
    let nobody = rotate(AgentRecordId(Ulid::generate())).await.unwrap();
    assert_eq!(nobody, None);
}
