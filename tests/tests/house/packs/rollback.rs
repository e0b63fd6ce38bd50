//! Older content judges again under a new revision, and stays through whatever comes.

use dispatch_contract::State;
use serde_json::json;

use super::activation::{longer_windows, offer_short};
use crate::support::house::Settings;
use crate::support::pack::Copy;
use crate::support::{House, eventually};

#[tokio::test]
async fn older_content_judges_again_under_the_next_revision() {
    let pack = Copy::new().with_few_cases();
    let mut house = House::with(Settings {
        pack: pack.path().to_owned(),
        ..Settings::default()
    })
    .await;
    let told = house.advance_to(State::Schedulable).await;
    let first = house.packs().await;
    pack.edit(&[
        ("revision = 1", "revision = 2"),
        ("min_window_minutes = 15", "min_window_minutes = 119"),
    ]);
    eventually("the new revision", async || {
        (house.packs().await["revision"] == 2).then_some(())
    })
    .await;
    offer_short(&house, &told)
        .await
        .refused(422, "invalid_input", "validate");

    let outcome = house.roll_back(json!({ "revision": 1 })).await.ok();
    assert_eq!(
        (&outcome["activated"], &outcome["revision"]),
        (&json!(true), &json!(3))
    );
    offer_short(&house, &told).await.ok();
    let event = &house.pack_log().await[0];
    assert_eq!(event["type"], "policy.pack_rolled_back");
    assert_eq!(event["payload"]["reason"], "it was better before");
    assert_eq!(event["payload"]["source"], "rollback");
    let status = house.packs().await;
    assert_eq!(
        (&status["active"], &status["revision"]),
        (&first["active"], &json!(3))
    );

    // the folder holds what was rolled back: no news, neither now nor after a restart
    for _ in 0..2 {
        let status = house.packs().await;
        assert_eq!(status["folder"], "superseded");
        assert_eq!(
            (&status["last_good"], &status["revision"]),
            (&json!(false), &json!(3))
        );
        assert_eq!(house.pack_log().await.len(), 3, "start, folder, rollback");
        house.restart().await;
    }

    // the same content again: nothing to do
    let digest = first["active"]["digest"].as_str().expect("a digest");
    let again = house.roll_back(json!({ "digest": digest[..8] })).await.ok();
    assert_eq!(
        (&again["unchanged"], &again["revision"]),
        (&json!(true), &json!(3))
    );
    house
        .roll_back(json!({ "revision": 9 }))
        .await
        .refused(404, "not_found", "request");

    // the folder goes on from there, with a revision that grows beyond the rollback's
    pack.edit(&[("revision = 2", "revision = 3")]);
    let behind = eventually("the rejection", async || {
        let status = house.packs().await;
        status["rejected"].is_object().then_some(status)
    })
    .await;
    assert_eq!(behind["rejected"]["step"], "revision");
    pack.edit(&[("revision = 3", "revision = 4")]);
    eventually("the folder's own again", async || {
        let status = house.packs().await;
        (status["revision"] == 4 && status["folder"] == "active").then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_was_kept_can_be_enforced_and_returned_from() {
    let house = House::start().await;
    let kept = longer_windows();
    let outcome = house.propose("activate=false&keep=true", kept.path()).await;
    assert_eq!(
        (&outcome["kept"], &outcome["activated"]),
        (&json!(true), &json!(false))
    );
    let digest = outcome["pack"]["digest"].as_str().expect("a digest");
    let done = house.set_mode(&digest[..12], "enforce", None).await.ok();
    assert_eq!(
        (&done["changed"], &done["revision"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(house.packs().await["active"], outcome["pack"]);
    house.roll_back(json!({ "revision": 1 })).await.ok();
    // its manifest says 2, and it stands under 4
    let done = house.set_mode(digest, "enforce", None).await.ok();
    assert_eq!(done["revision"], 4);
    assert_eq!(house.packs().await["active"], outcome["pack"]);
}
