//! The host is away while a model calls: the model is told what became of the call as far as
//! it is known, and calling again does nothing twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dispatch_testing::openclaw::Reply;
use serde_json::json;
use tokio::sync::Notify;

use super::{INTAKE, ids, said, ticket_of};
use crate::world::{PATIENCE, World, agent, main_session, message, on, request};

/// The plugin waits so long for the host: longer than a call takes on busy cores.
const TIMEOUT: Duration = Duration::from_secs(15);

#[tokio::test]
async fn a_host_that_is_away_while_a_model_calls_does_nothing_twice() {
    let Some(mut world) = World::patient(&[], TIMEOUT).await else {
        return;
    };
    let ticket = one_that_is_gone_has_done_nothing(&mut world).await;
    one_that_stands_still_is_waited_for(&world, &ticket).await;
    one_that_stands_still_for_long_may_have_done_it(&world).await;
    one_that_dies_over_a_call_may_have_done_it(&mut world).await;
    world.host.audit_is_clean();
}

/// A model that creates a ticket, and when it is let, does so again: the same call.
fn twice(phone: &str, again: &Arc<Notify>) -> Vec<Reply> {
    let create = Reply::call("call_1", "ticket_create", request(phone));
    vec![create.clone(), Reply::held(again, create)]
}

/// Waits until so many calls are in the host's sockets.
async fn under_way(world: &World, many: usize) {
    let began = Instant::now();
    while world.host.sockets().waiting < many {
        assert!(began.elapsed() < PATIENCE, "nobody calls");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Killed before the call, back before the next.
async fn one_that_is_gone_has_done_nothing(world: &mut World) -> String {
    world.host.kill_9();
    let back = Arc::new(Notify::new());
    let session = main_session(&agent(INTAKE));
    let steps = twice("+13125550201", &back);
    let turn = world.begin(&session, "a door", "gone", steps).await;
    let told = world.told(&turn, 1).await;
    let fault = "The host cannot be reached, so nothing was done. Try again in a minute";
    assert!(told[0].contains(fault), "{told:?}");

    world.host.launch().await;
    back.notify_one();
    let turn = world.end(turn).await;
    assert_eq!((turn.results.len(), &*turn.state), (2, "final"), "{turn:?}");
    let ticket = ticket_of(&turn.answer());
    assert_eq!(ids(world).await, [ticket.clone()].into());
    ticket
}

/// Frozen, and thawed before the plugin gives up: the call is late, nothing else.
async fn one_that_stands_still_is_waited_for(world: &World, ticket: &str) {
    world.host.freeze();
    let late = on(ticket, message("late"));
    let steps = vec![Reply::call("call_1", "ticket_add_message", late)];
    let session = main_session(&agent(INTAKE));
    let turn = world.begin(&session, "I say late", "late", steps).await;
    under_way(world, 1).await;
    world.host.thaw();
    let turn = world.end(turn).await;
    assert_eq!(turn.answer()["ticket"]["ticket_id"], ticket);
    assert_eq!(said(world, ticket, "late").await, ["late"]);
}

/// Frozen beyond the plugin's patience. Thawed, it has the call that nobody waits for any
/// more before it, and the same call again.
async fn one_that_stands_still_for_long_may_have_done_it(world: &World) {
    let before = ids(world).await;
    world.host.freeze();
    let thawed = Arc::new(Notify::new());
    let session = main_session(&agent(INTAKE));
    let mut steps = twice("+13125550202", &thawed);
    let look = json!({ "text": "+13125550202" });
    steps.push(Reply::call("call_2", "ticket_search", look));
    let turn = world.begin(&session, "a door", "frozen", steps).await;
    let told = world.told(&turn, 1).await;
    let fault = "did not answer within 15 seconds. It is not known whether it was committed";
    assert!(told[0].contains(fault), "{told:?}");

    world.host.thaw();
    thawed.notify_one();
    let turn = world.end(turn).await;
    assert_eq!((turn.results.len(), &*turn.state), (3, "final"), "{turn:?}");
    let mut after = ids(world).await;
    after.retain(|ticket| !before.contains(ticket));
    let again = serde_json::from_str(&turn.results[1]).expect("an answer");
    assert_eq!(after, [ticket_of(&again)].into(), "one ticket");
    // which is what the model finds where it looks, as it was told to
    let found = &turn.answer()["items"];
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
}

/// Killed with the call before it.
async fn one_that_dies_over_a_call_may_have_done_it(world: &mut World) {
    let before = ids(world).await;
    world.host.freeze();
    let back = Arc::new(Notify::new());
    let session = main_session(&agent(INTAKE));
    let steps = twice("+13125550203", &back);
    let turn = world.begin(&session, "a door", "died", steps).await;
    under_way(world, 1).await;
    world.host.kill_9();
    let told = world.told(&turn, 1).await;
    let fault = "The connection to the host broke. It is not known whether it was committed";
    assert!(told[0].contains(fault), "{told:?}");

    world.host.launch().await;
    back.notify_one();
    let turn = world.end(turn).await;
    let ticket = ticket_of(&turn.answer());
    let mut after = ids(world).await;
    after.retain(|ticket| !before.contains(ticket));
    assert_eq!(after, [ticket].into(), "one ticket");
}
