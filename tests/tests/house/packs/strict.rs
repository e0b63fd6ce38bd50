//! The second pack on a host that runs the first: seen before it judges, judging beside,
//! judging, and gone again.

use dispatch_contract::State;
use serde_json::{Value, json};

use crate::support::front::Front;
use crate::support::pack::strict;
use crate::support::story::Told;
use crate::support::{House, Reply, eventually};

/// The strict pack leaves it to people to say what hurries.
pub(super) async fn hurry(front: &Front, told: &Told) -> Reply {
    let emergency = json!({ "priority": "emergency" });
    front
        .on(&front.intake(), "ticket.set_priority", &told.id, &emergency)
        .await
}

#[tokio::test]
async fn a_stricter_pack_is_compared_shadowed_activated_and_rolled_back() {
    let house = House::start().await;
    let told = house.advance_to(State::New).await;
    hurry(&house, &told).await.ok();

    // what would flip, with both verdicts side by side; nothing changes
    let rehearsal = house.propose("activate=false&keep=true", &strict()).await;
    let flips = &rehearsal["flips"];
    assert_eq!(
        (&flips["flipped"], &flips["refused_now"]),
        (&json!(1), &json!(1)),
        "{rehearsal}"
    );
    let flip = &flips["listed"][0];
    assert_eq!(flip["tool"], "ticket.set_priority");
    assert_eq!(flip["after"]["of"]["code"], "role_forbidden");
    assert_eq!(
        flip["after"]["of"]["violations"][0]["rule"],
        "emergency_by_agent"
    );
    assert_eq!(house.packs().await["revision"], 1);

    // more flips than are wanted: it stays out
    let stopped = house.propose("max_flips=0", &strict()).await;
    assert_eq!(
        (&stopped["activated"], &stopped["failed"]["step"]),
        (&json!(false), &json!("replay"))
    );

    // beside the active one, for one tool
    let digest = rehearsal["pack"]["digest"].as_str().expect("a digest");
    house
        .set_mode(digest, "shadow", Some(&["ticket.set_priority"]))
        .await
        .ok();
    hurry(&house, &told).await.ok();
    let differing = eventually("a difference", async || {
        let shadow: Value = house.packs().await["shadow"].clone();
        (shadow["differing"] == 1).then_some(shadow)
    });
    assert_eq!(differing.await["pack"]["digest"], digest);

    // judging
    let taken = house.propose("max_flips=2", &strict()).await;
    assert_eq!(
        (&taken["activated"], &taken["revision"]),
        (&json!(true), &json!(2)),
        "{taken}"
    );
    let refused = hurry(&house, &told).await;
    refused.refused(403, "role_forbidden", "role");

    // and gone
    let back = house.roll_back(json!({ "revision": 1 })).await.ok();
    assert_eq!(
        (&back["activated"], &back["revision"]),
        (&json!(true), &json!(3))
    );
    hurry(&house, &told).await.ok();
}
