//! Packs beside the active one: one in shadow at a time, and what it judged otherwise.

use dispatch_contract::event::{EventType, PackRef};
use dispatch_contract::packs::{FlipKind, FlippedCall, ModeChange, PackMode};
use dispatch_contract::verdict::Outcome;
use dispatch_contract::{Code, DecisionId, Phase, Refusal, Tool, Verdict};
use dispatch_ledger::{LedgerError, MAX_DIFFERENCES, PackOrder, StoredPack};
use ulid::Ulid;

use crate::house::event;
use crate::scene::{Scene, now, pack};

fn another(digit: &str) -> PackRef {
    PackRef {
        digest: digit.repeat(64),
        ..pack()
    }
}

async fn store(scene: &Scene, pack: PackRef) {
    let stored = StoredPack {
        pack,
        files: Vec::new(),
        stored_at: now(),
    };
    scene.ledger.store_pack(&stored).await.unwrap();
}

async fn set(
    scene: &Scene,
    pack: PackRef,
    mode: PackMode,
    tools: Option<&[Tool]>,
) -> Result<Option<ModeChange>, LedgerError> {
    let change = ModeChange {
        pack,
        mode,
        tools: tools.map(<[Tool]>::to_vec),
        reason: "to see".into(),
        replaced: None,
    };
    let told = event(EventType::PolicyModeChanged);
    scene.ledger.set_pack_mode(change, told).await
}

async fn order(scene: &Scene) -> PackOrder {
    scene.ledger.pack_order().await.unwrap()
}

fn flipped(n: u128) -> FlippedCall {
    let refusal = Refusal::new(Code::GateBlocked, Phase::Transition, "no");
    FlippedCall {
        decision_id: DecisionId(Ulid(n)),
        decided_at: "2026-03-02T14:00:00Z".parse().unwrap(),
        tool: Tool::TicketCreate,
        ticket_id: None,
        kind: FlipKind::RefusedNow,
        before: Verdict::Allow(Outcome::default()),
        after: Verdict::Refuse(Box::new(refusal)),
    }
}

#[tokio::test]
async fn one_pack_is_in_shadow_at_a_time_and_each_change_is_told() {
    let scene = Scene::new().await;
    let (one, two) = (another("a"), another("b"));
    let unknown = set(&scene, one.clone(), PackMode::Shadow, None).await;
    assert!(unknown.is_err(), "a pack that is not stored");
    store(&scene, one.clone()).await;
    store(&scene, two.clone()).await;
    assert_eq!(
        order(&scene).await,
        PackOrder {
            active: None,
            shadow: None
        }
    );

    let some = [Tool::TicketCreate, Tool::ScheduleConfirm];
    let changed = set(&scene, one.clone(), PackMode::Shadow, Some(&some)).await;
    assert_eq!(changed.unwrap().unwrap().replaced, None);
    let again = set(&scene, one.clone(), PackMode::Shadow, Some(&some)).await;
    assert_eq!(again.unwrap(), None, "it is so already");
    let shadow = order(&scene).await.shadow.unwrap();
    assert_eq!(
        (shadow.pack, shadow.tools),
        (one.clone(), Some(some.to_vec()))
    );

    // one tool out of it, then the other: nothing is left
    let less = set(&scene, one.clone(), PackMode::Off, Some(&some[..1])).await;
    let less = less.unwrap().unwrap();
    assert_eq!(
        (less.mode, less.tools),
        (PackMode::Shadow, Some(vec![some[1]]))
    );
    let none = set(&scene, one.clone(), PackMode::Off, Some(&some[1..])).await;
    assert_eq!(none.unwrap().unwrap().mode, PackMode::Off);
    assert_eq!(order(&scene).await.shadow, None);
    let off = set(&scene, one.clone(), PackMode::Off, None).await;
    assert_eq!(off.unwrap(), None, "it is off already");

    // out of all tools, one
    set(&scene, one.clone(), PackMode::Shadow, None)
        .await
        .unwrap();
    let less = set(&scene, one.clone(), PackMode::Off, Some(&some[..1])).await;
    assert_eq!(
        less.unwrap().unwrap().tools.unwrap().len(),
        Tool::ALL.len() - 1
    );

    // another takes its place
    let changed = set(&scene, two.clone(), PackMode::Shadow, None).await;
    assert_eq!(changed.unwrap().unwrap().replaced, Some(one));
    assert_eq!(order(&scene).await.shadow.unwrap().pack, two);

    // what judges is in nobody's shadow
    let activated = event(EventType::PolicyPackActivated);
    scene
        .ledger
        .activate_pack(1, 0, &two.digest, activated)
        .await
        .unwrap();
    let now = order(&scene).await;
    assert_eq!((now.active.unwrap().pack, now.shadow), (two, None));

    let log = scene.ledger.pack_log(None, 0).await.unwrap().items;
    let kinds: Vec<_> = log.iter().map(|event| event.kind).collect();
    assert_eq!(kinds[0], EventType::PolicyPackActivated);
    assert_eq!(kinds[1..], [EventType::PolicyModeChanged; 6]);
    let page = scene.ledger.pack_log(None, 2).await.unwrap();
    let next = scene.ledger.pack_log(page.next_cursor.as_deref(), 2).await;
    assert_eq!(next.unwrap().items, log[2..4]);
    assert_eq!(scene.ledger.verify(None, |_| {}).await.unwrap().fault, None);
}

#[tokio::test]
async fn differences_are_kept_up_to_a_limit_and_counted_beyond_it() {
    let scene = Scene::new().await;
    let one = another("a");
    store(&scene, one.clone()).await;
    let nobody = scene.ledger.record_shadow(&one.digest, 1, &[]).await;
    assert!(nobody.is_err(), "it never was in shadow");
    set(&scene, one.clone(), PackMode::Shadow, None)
        .await
        .unwrap();
    let all: Vec<_> = (1..=MAX_DIFFERENCES as u128 + 5).map(flipped).collect();
    for batch in all.chunks(3_000) {
        let judged = batch.len() as u64 + 7;
        let recorded = scene.ledger.record_shadow(&one.digest, judged, batch).await;
        recorded.unwrap();
    }
    let shadow = order(&scene).await.shadow.unwrap();
    let differing = MAX_DIFFERENCES as u64 + 5;
    assert_eq!(
        (shadow.judged, shadow.differing),
        (differing + 28, differing)
    );
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM shadow_differences")
        .fetch_one(scene.database.pool())
        .await
        .unwrap();
    assert_eq!(kept, MAX_DIFFERENCES);

    // the latest first, also once it is off
    set(&scene, one.clone(), PackMode::Off, None).await.unwrap();
    for digest in [None, Some(one.digest.as_str())] {
        let page = scene
            .ledger
            .shadow_differences(digest, None, 2)
            .await
            .unwrap();
        let last = MAX_DIFFERENCES as u128;
        assert_eq!(page.items, [flipped(last), flipped(last - 1)]);
        let cursor = page.next_cursor.as_deref();
        let next = scene
            .ledger
            .shadow_differences(digest, cursor, 1)
            .await
            .unwrap();
        assert_eq!(next.items[0].decision_id, DecisionId(Ulid(last - 2)));
    }
    let other = scene
        .ledger
        .shadow_differences(Some("b"), None, 2)
        .await
        .unwrap();
    assert!(other.items.is_empty());
}

#[tokio::test]
async fn packs_that_never_judged_are_kept_up_to_a_number() {
    let scene = Scene::new().await;
    let packs: Vec<PackRef> = ["a", "b", "c", "d"].map(another).into();
    for pack in &packs {
        store(&scene, pack.clone()).await;
    }
    let activated = event(EventType::PolicyPackActivated);
    let first = scene
        .ledger
        .activate_pack(3, 0, &packs[0].digest, activated);
    first.await.unwrap();
    set(&scene, packs[1].clone(), PackMode::Shadow, None)
        .await
        .unwrap();
    assert_eq!(scene.ledger.tidy_packs(1).await.unwrap(), 1);
    let mut left = 0;
    for pack in &packs {
        left += scene
            .ledger
            .packs_called(&pack.digest[..8])
            .await
            .unwrap()
            .len();
    }
    assert_eq!(left, 3);
    assert_eq!(
        scene.ledger.pack_of(3).await.unwrap(),
        Some(packs[0].clone())
    );
    assert_eq!(scene.ledger.pack_of(4).await.unwrap(), None);
    let revision = scene.ledger.activated_as(&packs[0].digest).await.unwrap();
    assert_eq!(revision, Some(3));
    assert_eq!(
        scene.ledger.activated_as(&packs[1].digest).await.unwrap(),
        None
    );
}
