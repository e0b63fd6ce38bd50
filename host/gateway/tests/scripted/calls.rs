//! Calls on one connection.

use std::time::Duration;

use dispatch_gateway::methods::{agents, chat, config};
use dispatch_gateway::retry::{Again, again};
use dispatch_gateway::{Caller, GatewayError, Trouble, ask};
use dispatch_testing::openclaw::scripted::{Reply, Script, refusal};
use futures::StreamExt as _;
use futures::future::join_all;
use serde_json::json;

use crate::support::{HANG, connected, started, target};

#[tokio::test]
async fn many_calls_share_one_connection_and_each_gets_its_own_answer() {
    let gateway = started(Script::default().reply("echo", Reply::Echo)).await;
    let connection = connected(&gateway).await;
    let answers = join_all((0..500).map(|n| {
        let connection = connection.clone();
        async move {
            connection
                .call("echo", json!({"n": n}), HANG)
                .await
                .expect("answered")
        }
    }))
    .await;
    for (n, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer["n"], n);
    }
    assert_eq!(gateway.connects().len(), 1);
    assert_eq!(connection.in_flight(), 0);
}

#[tokio::test]
async fn answers_out_of_order_find_their_calls() {
    let slow = Reply::Late(
        Duration::from_millis(200),
        Box::new(Reply::Payload(json!("slow"))),
    );
    let gateway = started(
        Script::default()
            .reply("slow", slow)
            .reply("fast", Reply::Payload(json!("fast"))),
    )
    .await;
    let connection = connected(&gateway).await;
    let (slow, fast) = tokio::join!(
        connection.call("slow", json!({}), HANG),
        connection.call("fast", json!({}), HANG),
    );
    assert_eq!(
        (slow.expect("slow"), fast.expect("fast")),
        (json!("slow"), json!("fast"))
    );
}

#[tokio::test]
async fn a_call_has_its_own_time_and_a_late_answer_disturbs_nobody() {
    let late = Reply::Late(Duration::from_millis(300), Box::new(Reply::Echo));
    let gateway = started(
        Script::default()
            .reply("late", late)
            .reply("mute", Reply::Silence),
    )
    .await;
    let connection = connected(&gateway).await;
    for method in ["late", "mute"] {
        let error = connection
            .call(method, json!({}), Duration::from_millis(50))
            .await
            .expect_err("too late");
        assert!(
            matches!(&error, GatewayError::Timeout { what, .. } if what == method),
            "{error:?}"
        );
        assert_eq!(again(&error), Again::Later);
    }
    let answer = connection.call("late", json!({"n": 2}), HANG).await;
    assert_eq!(answer.expect("in time")["n"], 2);
    assert_eq!(connection.in_flight(), 0);
}

#[tokio::test]
async fn a_dropped_call_is_forgotten() {
    let gateway = started(Script::default().reply("mute", Reply::Silence)).await;
    let connection = connected(&gateway).await;
    {
        let call = connection.call("mute", json!({}), HANG);
        let mut call = std::pin::pin!(call);
        tokio::select! {
            biased;
            answer = &mut call => panic!("{answer:?}"),
            () = tokio::time::sleep(Duration::from_millis(50)) => {}
        }
        assert_eq!(connection.in_flight(), 1);
    }
    assert_eq!(connection.in_flight(), 0);
}

#[tokio::test]
async fn more_calls_than_the_limit_wait_for_their_turn() {
    let gateway = started(
        Script::default()
            .reply("mute", Reply::Silence)
            .reply("echo", Reply::Echo),
    )
    .await;
    let mut narrow = target(&gateway);
    narrow.options.max_in_flight = 2;
    let connection = dispatch_gateway::Connection::open(&narrow)
        .await
        .expect("connected");
    let mut stuck = join_all((0..2).map(|_| connection.call("mute", json!({}), HANG)));
    tokio::select! {
        biased;
        answers = &mut stuck => panic!("{answers:?}"),
        () = tokio::time::sleep(Duration::from_millis(50)) => {}
    }
    let error = connection
        .call("echo", json!({}), Duration::from_millis(50))
        .await;
    assert!(
        matches!(error, Err(GatewayError::Timeout { .. })),
        "{error:?}"
    );
    drop(stuck);
    connection
        .call("echo", json!({}), HANG)
        .await
        .expect("their turn");
    let echoed = gateway
        .take_calls()
        .iter()
        .filter(|call| call.method == "echo")
        .count();
    assert_eq!(echoed, 1, "what had no turn was not sent");
}

#[tokio::test]
async fn a_frame_over_the_gateways_limit_is_not_sent_and_one_over_ours_ends_it() {
    let gateway = started(Script {
        max_payload: 10_000,
        ..Script::default().reply("big", Reply::Bytes(200_000))
    })
    .await;
    let mut small = target(&gateway);
    small.options.max_frame = 100_000;
    let connection = dispatch_gateway::Connection::open(&small)
        .await
        .expect("connected");
    let params = json!({"content": "x".repeat(10_000)});
    let error = connection
        .call("agents.files.set", params, HANG)
        .await
        .expect_err("too large");
    assert!(
        matches!(error, GatewayError::TooLarge { limit: 10_000, .. }),
        "{error:?}"
    );
    assert!(gateway.take_calls().is_empty());
    let error = connection
        .call("big", json!({}), HANG)
        .await
        .expect_err("too large");
    assert!(
        matches!(error, GatewayError::TooLarge { limit: 100_000, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn refusals_keep_code_details_and_time() {
    let gateway = started(
        Script::default()
            .reply(
                "config.patch",
                Reply::Refusal(refusal("config-patch-rate-limit")),
            )
            .reply("agents.create", Reply::Refusal(refusal("include-owned")))
            .reply("agents.delete", Reply::Refusal(refusal("missing-scope"))),
    )
    .await;
    let connection = connected(&gateway).await;
    let limited = ask(&connection, &config::Patch::default())
        .await
        .expect_err("limited");
    assert_eq!(again(&limited), Again::After(Duration::from_millis(48_516)));
    let owned = ask(&connection, &agents::Create::default())
        .await
        .expect_err("owned");
    assert_eq!(again(&owned), Again::Never);
    let scope = ask(&connection, &agents::Delete::default())
        .await
        .expect_err("no scope");
    assert_eq!(
        Trouble::of(&scope),
        Trouble::MissingScope {
            scopes: vec!["operator.admin".into()]
        }
    );
    let unknown = connection
        .call("tickets.nope", json!({}), HANG)
        .await
        .expect_err("unknown");
    assert_eq!(unknown.message(), "unknown method: tickets.nope");
}

#[tokio::test]
async fn an_answer_of_another_shape_is_said_so() {
    let gateway =
        started(Script::default().reply("agents.list", Reply::Payload(json!({"agents": 7})))).await;
    let connection = connected(&gateway).await;
    let error = ask(&connection, &agents::List {})
        .await
        .expect_err("no agents");
    assert!(
        matches!(&error, GatewayError::Answer { method, .. } if method == "agents.list"),
        "{error:?}"
    );
}

#[tokio::test]
async fn when_the_connection_ends_every_call_that_waits_is_told_why() {
    let gateway = started(Script::default().reply("mute", Reply::Silence)).await;
    for (code, seen) in [(1012, 1012), (1006, 1006), (4001, 4001)] {
        let connection = connected(&gateway).await;
        let calls = join_all((0..5).map(|_| connection.call("mute", json!({}), HANG)));
        let closing = async {
            while connection.in_flight() < 5 || gateway.connections() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            gateway.close(code, "service restart");
        };
        let (answers, ()) = tokio::join!(calls, closing);
        for answer in answers {
            let error = answer.expect_err("ended");
            assert!(
                matches!(&error, GatewayError::Closed { code, .. } if *code == seen),
                "{error:?}"
            );
        }
        let after = connection
            .call("health", json!({}), HANG)
            .await
            .expect_err("ended");
        assert!(matches!(after, GatewayError::Closed { .. }), "{after:?}");
    }
}

/// Between the end of the connection and its being said, a call finds nobody who writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_meets_the_end_is_told_why_and_not_that_somebody_stopped() {
    let gateway = started(Script::default().reply("echo", Reply::Echo)).await;
    for _ in 0..30 {
        let connection = connected(&gateway).await;
        connection
            .call("echo", json!({}), HANG)
            .await
            .expect("answered");
        let calling = (0..4).map(|_| {
            let connection = connection.clone();
            tokio::spawn(async move {
                loop {
                    if let Err(error) = connection.call("echo", json!({}), HANG).await {
                        return error;
                    }
                }
            })
        });
        let calling: Vec<_> = calling.collect();
        gateway.close(1012, "service restart");
        for call in calling {
            let error = call.await.expect("no panic");
            assert!(matches!(error, GatewayError::Closed { .. }), "{error:?}");
        }
    }
}

#[tokio::test]
async fn garbage_ends_a_connection_as_what_it_is() {
    let gateway = started(Script::default().reply("health", Reply::Text("garbage".into()))).await;
    let connection = connected(&gateway).await;
    let error = connection
        .call("health", json!({}), HANG)
        .await
        .expect_err("garbage");
    assert!(matches!(error, GatewayError::Protocol(_)), "{error:?}");
}

#[tokio::test]
async fn events_are_told_in_order_and_a_slow_reader_is_told_what_it_missed() {
    let gateway = started(Script::default()).await;
    let mut few = target(&gateway);
    few.options.events_buffered = 8;
    let connection = dispatch_gateway::Connection::open(&few)
        .await
        .expect("connected");
    // the first frames of a connection may still be under way
    connection
        .call("health", json!({}), HANG)
        .await
        .expect("answered");
    let mut quick = connection.events();
    let mut slow = connection.events();
    let mut heard: u64 = 0;
    for n in 0..100 {
        gateway.tell("chat", &json!({"n": n}));
        let event = tokio::time::timeout(HANG, quick.next())
            .await
            .expect("in time")
            .expect("told");
        assert_eq!(
            (&*event.name, event.payload["n"].as_u64(), event.missed),
            ("chat", Some(n), 0)
        );
    }
    let mut missed = 0;
    while heard + missed < 100 {
        let event = tokio::time::timeout(HANG, slow.next())
            .await
            .expect("in time")
            .expect("told");
        missed += event.missed;
        assert_eq!(event.payload["n"].as_u64(), Some(heard + missed));
        heard += 1;
    }
    assert!(missed >= 80, "{missed}");
    drop(connection);
    assert!(
        tokio::time::timeout(HANG, slow.next())
            .await
            .expect("in time")
            .is_none()
    );
}

#[tokio::test]
async fn a_caller_behind_a_trait_is_the_same() {
    let gateway = started(Script::default()).await;
    let connection = connected(&gateway).await;
    let caller: &dyn Caller = &connection;
    let started = ask(caller, &chat::Send::new("agent:main:main", "hello"))
        .await
        .expect("started");
    assert_eq!(started.status, "started");
    let call = gateway.take_calls().remove(0);
    assert_eq!(call.params["sessionKey"], "agent:main:main");
    assert_eq!(call.params["deliver"], false);
    assert_eq!(
        call.params["idempotencyKey"].as_str().expect("a key").len(),
        26
    );
}
