//! An operator's commands, from the shell to the host and back.

use dispatch_contract::State;
use serde_json::Value;

use super::activation::{longer_windows, offer_short};
use crate::support::process::run;
use crate::support::{House, eventually};

#[tokio::test]
async fn a_pack_is_looked_at_in_shadow_activated_and_rolled_back_from_the_shell() {
    let house = House::start().await;
    let told = house.advance_to(State::Schedulable).await;
    let operator = house.operator();
    let dispatch = async |arguments: &[&str], status: i32, said: &[&str]| -> String {
        let (ended, text) = run(&house, &operator, arguments).await;
        assert_eq!(ended, status, "{arguments:?}: {text}");
        for words in said {
            assert!(text.contains(words), "{words} in {text}");
        }
        text
    };
    let pack = longer_windows();
    let folder = pack.path().to_str().expect("a text");

    let shadow = ["policy", "mode", folder, "shadow", "--reason", "to see"];
    dispatch(&shadow, 0, &["in shadow:", "every tool", "tests"]).await;
    offer_short(&house, &told).await.ok();
    let flip = ["schedule.propose_slots refused_now", "too_short"];
    eventually("the difference", async || {
        let text = dispatch(&["policy", "differences"], 0, &[]).await;
        flip.iter().all(|words| text.contains(words)).then_some(())
    })
    .await;

    let rehearse = ["policy", "activate", folder, "--rehearse"];
    dispatch(
        &rehearse,
        0,
        &["in order:", "nothing changed", flip[0], flip[1]],
    )
    .await;
    let careful = ["policy", "activate", folder, "--max-flips", "0"];
    dispatch(&careful, 1, &["no  replay", "--max-flips", "refused:"]).await;
    assert_eq!(house.packs().await["revision"], 1);
    let activate = ["policy", "activate", folder, "--reason", "the season"];
    dispatch(
        &activate,
        0,
        &["ok  swap", "activated:", "under revision 2"],
    )
    .await;
    dispatch(&activate, 0, &["unchanged:"]).await;

    let back = ["policy", "rollback", "revision:1", "--reason", "too long"];
    dispatch(&back, 0, &["under revision 3"]).await;
    let nowhere = ["policy", "rollback", "77", "--reason", "too long"];
    dispatch(&nowhere, 1, &["revision 77"]).await;
    dispatch(
        &["policy", "activate", "/nowhere/at/all"],
        2,
        &["is no folder"],
    )
    .await;

    let log = [
        "rolled back  3",
        "activated    2",
        "\"the season\"",
        "1 refused now",
        "mode shadow",
        "refused      2",
        "replay: 1 of",
        "found at the start",
    ];
    dispatch(&["policy", "log"], 0, &log).await;
    let text = dispatch(&["policy", "log", "--limit", "1", "--json"], 0, &[]).await;
    let page: Value = serde_json::from_str(&text).expect("JSON alone");
    assert_eq!(page["items"][0]["type"], "policy.pack_rolled_back");

    // not for agents
    let (status, text) = run(&house, &house.intake(), &["policy", "log"]).await;
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("role_forbidden"), "{text}");
}
