//! The house's own chain, and the tables whose changes it tells.

use dispatch_contract::event::{ChainHead, EventType, PackRef};
use dispatch_contract::question::ObjectFact;
use dispatch_contract::reading::{AuditFilter, Technician};
use dispatch_contract::{EventId, TechnicianId};
use dispatch_ledger::{HouseEvent, Registration, Revocation, StoredFile, StoredPack, Upload};
use serde_json::json;
use ulid::Ulid;

use crate::feed::settled;
use crate::scene::{Scene, now, operator, pack, technician_id};

pub(crate) fn event(kind: EventType) -> HouseEvent {
    HouseEvent {
        event_id: EventId(Ulid::generate()),
        occurred_at: now(),
        request_id: "house".into(),
        kind,
        actor: operator(),
        payload: json!({ "of": 1 }),
        correlation_id: None,
        pack: pack(),
    }
}

pub(crate) async fn register(scene: &Scene, id: TechnicianId, name: &str, active: bool) {
    scene
        .ledger
        .register_technician(Registration {
            technician: Technician {
                technician_id: id,
                name: name.into(),
                active,
                timezone: "America/Chicago".parse().unwrap(),
                phone: None,
            },
            event: event(EventType::TechnicianRegistered),
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn sixteen_at_once_make_one_chain() {
    let scene = Scene::new().await;
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let ledger = scene.ledger.clone();
            tokio::spawn(async move {
                ledger
                    .append_house_event(event(EventType::PolicyPackRejected))
                    .await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let filter = AuditFilter {
        kind: Some(EventType::PolicyPackRejected),
        ..AuditFilter::default()
    };
    let mut events = scene.ledger.audit(&filter).await.unwrap().items;
    events.reverse();
    assert_eq!(events.len(), 16);
    let mut head = ChainHead::default();
    for event in &events {
        head.verify(event).unwrap();
    }
    assert_eq!(scene.ledger.verify(None, |_| {}).await.unwrap().chains, 1);
}

#[tokio::test]
async fn technicians_are_registered_changed_and_told_of() {
    let scene = Scene::new().await;
    let (ann, bob) = (technician_id(11), technician_id(12));
    register(&scene, bob, "Bob", true).await;
    register(&scene, ann, "Ann", true).await;
    register(&scene, bob, "Bob", false).await;
    let all = scene.ledger.technicians().await.unwrap();
    let seen: Vec<_> = all.iter().map(|t| (t.name.as_str(), t.active)).collect();
    assert_eq!(seen, [("Ann", true), ("Bob", false)]);
    assert_eq!(
        scene.ledger.technician(ann).await.unwrap().as_ref(),
        Some(&all[0])
    );
    assert_eq!(
        scene.ledger.technician(technician_id(13)).await.unwrap(),
        None
    );
    let told = settled(&scene, Default::default(), 3).await;
    assert_eq!(told[2].1.payload["technician"]["active"], false);
}

#[tokio::test]
async fn a_credential_is_revoked_once_and_forgotten_when_it_has_expired() {
    let scene = Scene::new().await;
    let expires_at = Some("2026-10-01T00:00:00Z".parse().unwrap());
    let revocation = Revocation {
        token_id: "t-1".into(),
        expires_at,
        event: event(EventType::CredentialRevoked),
    };
    assert!(
        scene
            .ledger
            .revoke(revocation.clone())
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(scene.ledger.revoke(revocation).await.unwrap(), None);
    let at = |text: &str| text.parse().unwrap();
    assert_eq!(
        scene
            .ledger
            .revoked(at("2026-09-30T00:00:00Z"))
            .await
            .unwrap(),
        ["t-1"]
    );
    assert!(
        scene
            .ledger
            .revoked(at("2026-10-02T00:00:00Z"))
            .await
            .unwrap()
            .is_empty()
    );
}

fn file(path: &str, hash: u8, content: &[u8]) -> StoredFile {
    StoredFile {
        path: path.to_owned(),
        sha256: [hash; 32],
        content: content.to_owned(),
    }
}

#[tokio::test]
async fn what_packs_share_is_kept_once_and_as_long_as_one_of_them_has_it() {
    let scene = Scene::new().await;
    let of = |digit: &str, own: u8, day: &str| StoredPack {
        pack: PackRef {
            digest: digit.repeat(64),
            ..pack()
        },
        files: vec![
            file("cedar/a.cedar", 1, b"shared"),
            file("pack.toml", own, &[own]),
        ],
        stored_at: day.parse().unwrap(),
    };
    let older = of("a", 2, "2026-10-01T00:00:00Z");
    let newer = of("b", 3, "2026-10-02T00:00:00Z");
    // at the same time, as two hosts would
    let (one, other) = tokio::join!(
        scene.ledger.store_pack(&older),
        scene.ledger.store_pack(&newer)
    );
    one.unwrap();
    other.unwrap();
    let contents = async || -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM pack_contents");
        count.fetch_one(scene.ledger.pool()).await.unwrap()
    };
    assert_eq!(contents().await, 3);
    assert_eq!(scene.ledger.tidy_packs(1).await.unwrap(), 1);
    assert_eq!(contents().await, 2, "the shared one stays");
    // kept again, it is the latest: what is kept since goes first
    let third = of("c", 4, "2026-10-03T00:00:00Z");
    scene.ledger.store_pack(&third).await.unwrap();
    let newer = StoredPack {
        stored_at: "2026-10-04T00:00:00Z".parse().unwrap(),
        ..newer
    };
    scene.ledger.store_pack(&newer).await.unwrap();
    assert_eq!(scene.ledger.tidy_packs(1).await.unwrap(), 1);
    let gone = scene.ledger.load_pack(&third.pack.digest).await.unwrap();
    assert_eq!(gone, None);
    let kept = scene.ledger.load_pack(&newer.pack.digest).await.unwrap();
    assert_eq!(kept, Some(newer));
    let gone = scene.ledger.load_pack(&older.pack.digest).await.unwrap();
    assert_eq!(gone, None);
}

#[tokio::test]
async fn the_highest_revision_is_active_and_revisions_only_grow() {
    let scene = Scene::new().await;
    let stored = StoredPack {
        pack: pack(),
        files: vec![
            file("cedar/a.cedar", 1, &[0, 1, 2, 255]),
            file("pack.toml", 2, b"x"),
        ],
        stored_at: now(),
    };
    let digest = stored.pack.digest.clone();
    let activated = || event(EventType::PolicyPackActivated);
    let unknown = scene.ledger.activate_pack(1, 0, &digest, activated()).await;
    assert!(unknown.is_err(), "a pack that is not stored");
    scene.ledger.store_pack(&stored).await.unwrap();
    scene.ledger.store_pack(&stored).await.unwrap();
    assert_eq!(scene.ledger.load_pack(&digest).await.unwrap(), Some(stored));
    assert_eq!(scene.ledger.active_pack().await.unwrap(), None);
    // the revision, and the one it was compared with
    for (revision, base, becomes_active) in [
        (3, 1, false),
        (3, 0, true),
        (3, 3, false),
        (2, 3, false),
        (4, 0, false),
        (4, 3, true),
    ] {
        let told = scene
            .ledger
            .activate_pack(revision, base, &digest, activated())
            .await
            .unwrap();
        assert_eq!(told.is_some(), becomes_active, "{revision}");
    }
    let rolled_back = event(EventType::PolicyPackRolledBack);
    let told = scene
        .ledger
        .activate_pack(9, 4, &digest, rolled_back)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (told.kind, told.sequence),
        (EventType::PolicyPackRolledBack, 3)
    );
    let revisions: Vec<u64> = scene
        .ledger
        .pack_activations()
        .await
        .unwrap()
        .iter()
        .map(|a| a.revision)
        .collect();
    assert_eq!(revisions, [9, 4, 3]);
    assert_eq!(
        scene.ledger.active_pack().await.unwrap().unwrap().pack,
        pack()
    );
}

#[tokio::test]
async fn an_upload_is_found_by_its_key() {
    let scene = Scene::new().await;
    let upload = Upload {
        storage_key: "uploads/a".into(),
        object: ObjectFact {
            size_bytes: 5,
            sha256: "ef".repeat(32),
            content_type: "image/png".into(),
        },
        uploaded_at: now(),
        uploaded_by: operator(),
    };
    scene.ledger.record_upload(&upload).await.unwrap();
    scene.ledger.record_upload(&upload).await.unwrap();
    assert_eq!(
        scene.ledger.upload("uploads/a").await.unwrap(),
        Some(upload)
    );
    assert_eq!(scene.ledger.upload("uploads/b").await.unwrap(), None);
}
