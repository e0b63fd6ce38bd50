//! A host started beside a folder that cannot be taken runs on the last good pack, and
//! says so wherever an operator looks.

use std::path::Path;

use dispatch_contract::State;

use super::activation::offer_short;
use crate::support::House;
use crate::support::house::Settings;
use crate::support::pack::{Copy, Signer, bottomless};
use crate::support::process::Site;

async fn says_so(house: &House, step: &str) {
    let status = house.packs().await;
    assert_eq!(status["last_good"], true);
    assert_eq!(status["folder"], "refused");
    assert_eq!(status["rejected"]["step"], step, "{status}");
    let (code, readiness) = house.readiness().await;
    assert_eq!((code, &readiness["last_good"]), (200, &true.into()));
    let reason = readiness["last_good_reason"].as_str().unwrap_or_default();
    assert!(reason.starts_with(step), "{reason}");
    assert_eq!(house.metric("dispatch_pack_last_good ").await, 1.0);
    let refused = house.pack_events("policy.pack_rejected").await;
    assert_eq!(refused[0]["payload"]["source"], "start");
    assert_eq!(refused[0]["payload"]["failed"]["step"], step);
}

#[tokio::test]
async fn a_missing_an_empty_and_a_broken_folder_leave_the_last_good_pack() {
    let pack = Copy::new().with_few_cases();
    let folder = pack.path().join("current");
    let whole = Copy::new().with_few_cases();
    std::os::unix::fs::symlink(whole.path(), &folder).expect("linked");
    let mut house = House::with(Settings {
        pack: folder.clone(),
        ..Settings::default()
    })
    .await;
    let first = house.packs().await;
    assert_eq!(
        (&first["last_good"], &first["folder"]),
        (&false.into(), &"active".into())
    );
    assert_eq!(house.metric("dispatch_pack_last_good ").await, 0.0);

    let point = |to: &Path| {
        std::fs::remove_file(&folder).expect("unlinked");
        std::os::unix::fs::symlink(to, &folder).expect("linked");
    };
    let empty = tempfile::tempdir().expect("a folder");
    let broken = Copy::new();
    broken.edit(&[("revision = 1", "revision = 2")]);
    std::fs::write(
        broken.path().join("components/ticket-create.wasm"),
        b"\0asm",
    )
    .expect("broken");
    let [deep, ..] = bottomless();
    let bottom = Copy::new();
    bottom.edit(&[("revision = 1", "revision = 2")]);
    bottom.forbid_when(&deep);
    for (n, (folder, step)) in [
        (Path::new("/nowhere/at/all"), "read"),
        (empty.path(), "read"),
        (broken.path(), "components"),
        (bottom.path(), "cedar"),
    ]
    .into_iter()
    .enumerate()
    {
        house.stop().await;
        point(folder);
        house.restart().await;
        says_so(&house, step).await;
        assert_eq!(house.packs().await["active"], first["active"]);
        // once, not again by the one who watches the folder
        let refused = house.pack_events("policy.pack_rejected").await;
        assert_eq!(refused.len(), n + 1);
    }
    house.advance_to(State::Scheduled).await;

    // whole again: the folder's own
    point(whole.path());
    crate::support::eventually("the folder's own", async || {
        (house.packs().await["folder"] == "active").then_some(())
    })
    .await;
    assert_eq!(house.readiness().await.1["last_good"], false);
    assert_eq!(house.pack_events("policy.pack_activated").await.len(), 1);
}

#[tokio::test]
async fn the_binary_says_it_on_its_banner_and_in_its_log() {
    let site = Site::new().await;
    let serving = site.serve().await;
    serving.terminate();
    serving.ended().await;
    let serving = site.serve_beside(Path::new("/nowhere/at/all"), &[]).await;
    let banner = serving.line().await;
    assert!(banner.contains("NOT THE FOLDER'S PACK"), "{banner}");
    let why = serving.line().await;
    assert!(why.contains("pack.toml"), "{why}");
    let (_, readiness) = serving.front.readiness().await;
    assert_eq!(readiness["last_good"], true);
    serving.terminate();
    let log = serving.log().await;
    assert!(log.contains("ERROR") && log.contains("last good"), "{log}");
}

/// The pack that judged cannot be asked any more: what it said is on record.
#[tokio::test]
async fn where_the_last_good_one_cannot_be_loaded_the_record_is_what_may_flip() {
    let site = Site::new().await;
    let signer = Signer::new();
    let pack = Copy::new().with_few_cases();
    let serving = site.serve_beside(pack.path(), &[]).await;
    let told = serving.front.advance_to(State::Schedulable).await;
    offer_short(&serving.front, &told).await.ok();
    serving.terminate();
    serving.ended().await;

    // from now on signed packs alone: what was active is none
    pack.edit(&[
        ("revision = 1", "revision = 2"),
        ("min_window_minutes = 15", "min_window_minutes = 119"),
    ]);
    signer.sign(pack.path());
    let key = site.file("trusted.pub", &signer.public());
    let trusting = ["--require-signed", "--trusted-key", &key];
    let careful = [&trusting[..], &["--max-flips", "0"]].concat();
    let complained = site.refused_to_serve_beside(pack.path(), &careful).await;
    for words in ["replay", "1 of ", "would flip", "what was recorded"] {
        assert!(complained.contains(words), "{words} in {complained}");
    }
    let active = "SELECT max(revision) FROM pack_activations";
    let active: i64 = sqlx::query_scalar(active)
        .fetch_one(site.database.pool())
        .await
        .expect("the revision");
    assert_eq!(active, 1);

    let lenient = [&trusting[..], &["--max-flips", "1"]].concat();
    let serving = site.serve_beside(pack.path(), &lenient).await;
    let events = serving.front.pack_log().await;
    assert_eq!(events[0]["type"], "policy.pack_activated");
    let flips = &events[0]["payload"]["flips"];
    assert_eq!(
        (&flips["flipped"], &flips["refused_now"]),
        (&1.into(), &1.into())
    );
    assert_eq!(serving.front.packs().await["revision"], 2);
    serving.terminate();
    serving.ended().await;
}

#[tokio::test]
async fn a_host_that_trusts_nobody_it_knows_does_not_start_on_an_unsigned_pack() {
    let site = Site::new().await;
    let serving = site.serve().await;
    serving.terminate();
    serving.ended().await;
    let signer = Signer::new();
    let key = site.file("trusted.pub", &signer.public());
    let refused = site
        .refused_to_serve(&["--require-signed", "--trusted-key", &key])
        .await;
    assert!(refused.contains("signature"), "{refused}");
    let nonsense = site.file("no.pub", "no key");
    let refused = site.refused_to_serve(&["--trusted-key", &nonsense]).await;
    assert!(refused.contains("--trusted-key"), "{refused}");
    let refused = site.refused_to_serve(&["--require-signed"]).await;
    assert!(refused.contains("--trusted-key"), "{refused}");
}
