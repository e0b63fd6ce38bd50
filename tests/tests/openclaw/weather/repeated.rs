//! A model that repeats itself: calls, call ids used again, a loop.

use std::collections::BTreeSet;

use dispatch_gateway::ask;
use dispatch_gateway::methods::chat;
use dispatch_testing::openclaw::Reply;
use futures::StreamExt;

use super::{INTAKE, ids, said, ticket_of};
use crate::world::{World, agent, at_once, lax, main_session, message, on, request};

/// Calls of a model that loops: so many at once, so many times.
const AT_ONCE: usize = 20;
const ROUNDS: usize = 5;
/// And so many more past the model, which would take minutes to be asked for each.
const INVOKED: usize = 900;
const IN_FLIGHT: usize = 16;

#[tokio::test]
async fn nothing_is_done_twice_whatever_a_model_does() {
    // as few as a slow machine still goes beyond
    let Some(world) = World::start(&["--rate-per-s", "1", "--burst", "40"]).await else {
        return;
    };
    let ticket = a_call_that_is_repeated_is_answered_as_before(&world).await;
    a_call_id_used_again_is_another_call(&world).await;
    a_model_that_loops_is_held_up(&world, &ticket).await;
    world.host.audit_is_clean();
}

async fn a_call_that_is_repeated_is_answered_as_before(world: &World) -> String {
    let input = request("+13125550101");
    let first = world
        .invoke(&agent(INTAKE), "ticket_create", &input, "same")
        .await;
    assert!(first.ok, "{first:?}");
    let again = world
        .invoke(&agent(INTAKE), "ticket_create", &input, "same")
        .await;
    assert_eq!(
        first.output["content"], again.output["content"],
        "byte for byte"
    );
    // the same key for something else is refused, not answered with the other
    let other = request("+13125550102");
    let other = world
        .invoke(&agent(INTAKE), "ticket_create", &other, "same")
        .await;
    let why = other.error.expect("refused").message;
    assert!(why.contains("idempotency_conflict"), "{why}");
    assert_eq!(ids(world).await.len(), 1);

    // a message that is delivered twice is one run
    let session = main_session(&agent(INTAKE));
    let step = || {
        vec![Reply::call(
            "call_1",
            "ticket_create",
            request("+13125550103"),
        )]
    };
    let turn = world.play(&session, "a door", "twice", step()).await;
    let ticket = ticket_of(&turn.answer());
    let send = chat::Send {
        idempotency_key: "twice".into(),
        ..chat::Send::new(&session, "a door")
    };
    let started = ask(&world.connection, &send).await.expect("answered");
    assert_ne!(started.status, "started");
    assert_eq!(ids(world).await.len(), 2);
    ticket
}

async fn a_call_id_used_again_is_another_call(world: &World) {
    let before = ids(world).await;
    let mut made = BTreeSet::new();
    // another run of one session, another session, another agent with the same credential
    for (session, run) in [
        (main_session(&agent(INTAKE)), "run-1"),
        (main_session(&agent(INTAKE)), "run-2"),
        (format!("agent:{}:other", agent(INTAKE)), "run-3"),
        (main_session(&lax(INTAKE)), "run-4"),
    ] {
        let step = vec![Reply::call(
            "call_1",
            "ticket_create",
            request("+13125550104"),
        )];
        let turn = world.play(&session, "a door", run, step).await;
        let ticket = ticket_of(&turn.answer());
        assert!(!before.contains(&ticket), "{session} got another's ticket");
        assert!(made.insert(ticket), "{session} got another's ticket");
    }
    assert_eq!(ids(world).await.len(), before.len() + made.len());
}

async fn a_model_that_loops_is_held_up(world: &World, ticket: &str) {
    let steps = (0..ROUNDS).map(|round| {
        at_once((0..AT_ONCE).map(|call| {
            let text = format!("round {round} call {call}");
            (
                format!("call_{round}_{call}"),
                "ticket_add_message",
                on(ticket, message(&text)),
            )
        }))
    });
    let session = format!("agent:{}:loop", agent(INTAKE));
    let turn = world
        .play(&session, "Tell me more.", "loop", steps.collect())
        .await;
    let mut results = turn.results;
    assert_eq!(results.len(), AT_ONCE * ROUNDS, "the model called so often");
    results.extend(invoke_again_and_again(world, ticket).await);
    // the host's answer, or a refusal (to a model, within JSON of OpenClaw's)
    let (held_up, done): (Vec<&String>, Vec<&String>) = results
        .iter()
        .partition(|result| result.contains("Refused (rate_limited)"));
    let answers = |result: &&String| result.contains(r#""emitted_event_ids""#);
    assert!(done.iter().all(answers), "{done:?}");
    assert_eq!(results.len(), AT_ONCE * ROUNDS + INVOKED);
    let (done, told) = (done.len(), held_up.first());
    assert!(done > 0, "some came through");
    assert!(
        told.is_some_and(|told| told.contains("call again after")),
        "{told:?}"
    );
    let texts = said(world, ticket, "round").await;
    let once: BTreeSet<&String> = texts.iter().collect();
    assert_eq!((texts.len(), once.len()), (done, done), "each once");
}

/// The same agent, the same tool, each call another: what came of each.
async fn invoke_again_and_again(world: &World, ticket: &str) -> Vec<String> {
    let calls = (0..INVOKED).map(|call| async move {
        let input = on(
            ticket,
            message(&format!("round past the model, call {call}")),
        );
        let key = format!("again-{call}");
        let invoked = world
            .invoke(&agent(INTAKE), "ticket_add_message", &input, &key)
            .await;
        match invoked.error {
            Some(error) => error.message,
            None => invoked.output["content"][0]["text"]
                .as_str()
                .expect("a text")
                .to_owned(),
        }
    });
    futures::stream::iter(calls)
        .buffer_unordered(IN_FLIGHT)
        .collect()
        .await
}
