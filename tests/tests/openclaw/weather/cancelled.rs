//! A turn is cancelled while its calls are under way: the plugin lets go of them, and what
//! the host then finds is done once or not at all.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dispatch_gateway::ask;
use dispatch_gateway::methods::chat;
use dispatch_testing::openclaw::Reply;
use serde_json::Value;

use super::{INTAKE, said, ticket_of};
use crate::world::{World, agent, at_once, message, on, request};

/// As long as the plugin ever waits: nothing here ends because it gave up.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A call that nobody lets go of is under way for longer than this.
const LET_GO_WITHIN: Duration = Duration::from_secs(60);

/// Calls of one turn.
const CALLS: usize = 8;

/// Turns that are cancelled at whatever the host is about.
const ROUNDS: u32 = 6;

/// Each is cancelled so much later than the one before.
const LATER: Duration = Duration::from_millis(4);

#[tokio::test]
async fn a_cancelled_turn_cancels_its_calls_and_each_was_done_once_or_not() {
    let Some(world) = World::patient(&[], TIMEOUT).await else {
        return;
    };
    let input = request("+13125550301");
    let made = world
        .invoke(&agent(INTAKE), "ticket_create", &input, "made")
        .await;
    let made = made.output["content"][0]["text"].clone();
    let made: Value = serde_json::from_str(made.as_str().expect("a text")).expect("an answer");
    let ticket = ticket_of(&made);
    before_a_host_that_stands_still(&world, &ticket).await;
    at_whatever_the_host_is_about(&world, &ticket).await;
    // the session is as good as ever
    let calls = [("ticket_add_message", on(&ticket, message("after")))];
    let turn = world.turn(&agent(INTAKE), "And now?", &calls).await;
    assert_eq!(turn.answer()["ticket"]["ticket_id"], ticket);
    world.host.audit_is_clean();
}

/// What the calls of a turn say.
fn texts(run: &str) -> Vec<String> {
    (0..CALLS)
        .map(|call| format!("{run} call {call}"))
        .collect()
}

/// Begins a turn of many calls at once, cancels it at some moment, and waits for its end.
async fn cancelled_when(world: &World, ticket: &str, run: &str, moment: impl AsyncFnOnce()) {
    let calls = texts(run).into_iter().enumerate().map(|(call, text)| {
        let input = on(ticket, message(&text));
        (format!("call_{run}_{call}"), "ticket_add_message", input)
    });
    let session = session();
    // the turn goes on until it is cancelled
    let steps = vec![at_once(calls), Reply::Silence];
    let turn = world.begin(&session, run, run, steps).await;
    moment().await;
    let abort = chat::Abort {
        session_key: session,
        run_id: Some(run.to_owned()),
    };
    ask(&world.connection, &abort).await.expect("taken");
    let turn = world.end(turn).await;
    assert_eq!(turn.state, "aborted", "{turn:?}");
}

fn session() -> String {
    format!("agent:{}:cancelled", agent(INTAKE))
}

/// Frozen, the host has the calls in its sockets. Nobody waits for them once the turn is
/// cancelled; thawed, it finds them there.
async fn before_a_host_that_stands_still(world: &World, ticket: &str) {
    world.host.freeze();
    cancelled_when(world, ticket, "frozen", async || {
        eventually("it calls", || world.host.sockets().waiting > 0).await;
    })
    .await;
    eventually("it lets go", || world.host.sockets().waiting == 0).await;
    // it was cancelled, and did not give up
    let history = chat::History {
        session_key: session(),
        limit: Some(50),
    };
    let history = ask(&world.connection, &history).await.expect("a history");
    let history = format!("{:?}", history.messages);
    assert!(!history.contains("did not answer within"), "{history}");

    world.host.thaw();
    eventually("the host reads", || world.host.sockets().left == 0).await;
    each_once_or_not(world, ticket, "frozen").await;
}

/// The first turn as soon as the host reads again, the next ones a little later each: before,
/// while and after it commits.
async fn at_whatever_the_host_is_about(world: &World, ticket: &str) {
    for round in 0..ROUNDS {
        let run = format!("round-{round}");
        world.host.freeze();
        cancelled_when(world, ticket, &run, async || {
            eventually("it calls", || world.host.sockets().waiting > 0).await;
            world.host.thaw();
            tokio::time::sleep(LATER * round).await;
        })
        .await;
        eventually("the host reads", || world.host.sockets().left == 0).await;
        each_once_or_not(world, ticket, &run).await;
    }
}

async fn each_once_or_not(world: &World, ticket: &str, run: &str) {
    let said = said(world, ticket, &format!("{run} ")).await;
    let once: BTreeSet<&String> = said.iter().collect();
    assert_eq!(once.len(), said.len(), "{said:?}");
    let meant = texts(run);
    assert!(said.iter().all(|text| meant.contains(text)), "{said:?}");
}

async fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < LET_GO_WITHIN, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
