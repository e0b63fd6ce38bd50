//! Committing: what is written is read back, races have one winner, keys replay.

use std::collections::BTreeSet;
use std::time::Duration;

use dispatch_contract::actor::Role;
use dispatch_contract::event::ChainHead;
use dispatch_contract::input::{
    CloseoutAddNote, Direction, Input, Intake, IntakeCustomer, NewMessage, NewNote,
    TicketAddMessage, TicketSetPriority,
};
use dispatch_contract::ticket::Priority;
use dispatch_contract::{Call, State, TicketId};
use dispatch_ledger::{Ledger, LedgerError, Settings};

use crate::scene::{
    Scene, Taken, actor, begin, commit, create, create_for, fresh_key, lookup, make, on, operator,
    take,
};

/// A message that does nothing but be kept.
pub(crate) fn message(ticket_id: TicketId, key: &str) -> Call {
    on(
        ticket_id,
        key,
        Input::TicketAddMessage(TicketAddMessage {
            message: NewMessage {
                raw: "still  stuck \u{1f6aa}".into(),
                normalized: "Still stuck.".into(),
                direction: Direction::Inbound,
                intent: None,
            },
            intake: None,
        }),
    )
}

pub(crate) fn set_priority(ticket_id: TicketId, key: &str, priority: Priority) -> Call {
    on(
        ticket_id,
        key,
        Input::TicketSetPriority(TicketSetPriority { priority }),
    )
}

#[tokio::test]
async fn what_is_committed_is_read_back() {
    let scene = Scene::new().await;
    let created = scene
        .take(&create(&fresh_key()), Some(State::Triaged))
        .await;
    let answer = created.answer();
    let id = answer.ticket.ticket_id;
    let case = scene.ledger.ticket(id).await.unwrap().unwrap();
    assert_eq!(case.ticket, answer.ticket);
    assert_eq!(
        (case.ticket.version, case.ticket.state),
        (1, State::Triaged)
    );

    let call = set_priority(id, &fresh_key(), Priority::Emergency);
    let after = scene.take(&call, None).await.answer().ticket;
    let raw = scene.ledger.ticket_json(id).await.unwrap().unwrap();
    assert_eq!(raw.json, serde_json::to_string(&after).unwrap());
    assert_eq!((raw.version, raw.customer_id), (2, after.customer_id));
    assert_eq!(
        scene.ledger.ticket(TicketId(ulid::Ulid(7))).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn of_32_calls_with_one_key_one_commits_and_31_answer_the_same_bytes() {
    let scene = Scene::new().await;
    let id = scene.ticket().await;
    let calls = [
        create(&fresh_key()),
        set_priority(id, &fresh_key(), Priority::Emergency),
    ];
    for call in calls {
        let tasks: Vec<_> = (0..32)
            .map(|_| {
                let (ledger, call) = (scene.ledger.clone(), call.clone());
                tokio::spawn(async move { take(&ledger, operator(), &call, None).await })
            })
            .collect();
        let (mut committed, mut replayed) = (Vec::new(), Vec::new());
        for task in tasks {
            match task.await.unwrap().unwrap() {
                Taken::Committed(bytes) => committed.push(bytes),
                Taken::Replayed(bytes) => replayed.push(bytes),
                Taken::Conflict => panic!("the content is the same"),
            }
        }
        assert_eq!((committed.len(), replayed.len()), (1, 31));
        assert!(replayed.iter().all(|bytes| *bytes == committed[0]));
    }
}

#[tokio::test]
async fn of_32_writers_on_one_ticket_each_adds_one_link_and_no_branch() {
    let scene = Scene::new().await;
    let id = scene.ticket().await;
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let ledger = scene.ledger.clone();
            let priority = [Priority::Standard, Priority::Emergency][n % 2];
            let call = set_priority(id, &fresh_key(), priority);
            tokio::spawn(async move { take(&ledger, operator(), &call, None).await })
        })
        .collect();
    for task in tasks {
        assert!(matches!(task.await.unwrap().unwrap(), Taken::Committed(_)));
    }
    let case = scene.ledger.ticket(id).await.unwrap().unwrap();
    assert_eq!(case.ticket.version, 33);
    let events = scene.ledger.timeline(id, None, 200).await.unwrap().items;
    // ticket.created and its message, then one each
    assert_eq!(events.len(), 34);
    let mut head = ChainHead::default();
    for event in &events {
        head.verify(event).unwrap();
    }
    assert_eq!(scene.ledger.verify(None, |_| {}).await.unwrap().fault, None);
}

#[tokio::test]
async fn a_key_with_other_content_is_a_conflict_and_a_refused_call_leaves_it_free() {
    let scene = Scene::new().await;
    let id = scene.ticket().await;
    let key = fresh_key();
    let call = set_priority(id, &key, Priority::Emergency);

    // refused: the call is abandoned, the key stays free
    let open = begin(&scene.ledger, &call).await;
    assert_eq!(open.facts.case.as_ref().unwrap().ticket.version, 1);
    open.abandon().await.unwrap();

    assert!(matches!(scene.take(&call, None).await, Taken::Committed(_)));
    let other = set_priority(id, &key, Priority::Standard);
    assert_eq!(scene.take(&other, None).await, Taken::Conflict);
    // the same key on another ticket, and with another tool, is another key
    let second = scene.ticket().await;
    let elsewhere = set_priority(second, &key, Priority::Standard);
    assert!(matches!(
        scene.take(&elsewhere, None).await,
        Taken::Committed(_)
    ));
    // another actor is other content
    let by_another = take(&scene.ledger, actor(Role::OperatorAdmin, 2), &call, None).await;
    assert_eq!(by_another.unwrap(), Taken::Conflict);
}

#[tokio::test]
async fn a_key_replays_on_a_new_connection_and_after_every_session_was_cut() {
    let scene = Scene::new().await;
    let call = create(&fresh_key());
    let Taken::Committed(first) = scene.take(&call, None).await else {
        panic!("the key is new");
    };
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        .execute(scene.database.pool())
        .await
        .unwrap();
    // the same ledger mends itself at once, and one begun later knows the key too
    assert_eq!(
        scene.take(&call, None).await,
        Taken::Replayed(first.clone())
    );
    let later = Ledger::connect(scene.database.url(), 4).await.unwrap();
    let again = take(&later, operator(), &call, None).await.unwrap();
    assert_eq!(again, Taken::Replayed(first));
    later.shutdown().await.unwrap();
    assert!(later.ping().await.unwrap_err().is_unavailable());
}

#[tokio::test]
async fn a_dropped_call_lets_its_ticket_go_and_a_held_one_is_waited_for_in_vain() {
    let scene = Scene::new().await;
    let id = scene.ticket().await;
    let impatient = Settings {
        lock_timeout: Duration::from_millis(100),
        ..Settings::default()
    };
    let ledger = Ledger::connect_with(scene.database.url(), &impatient)
        .await
        .unwrap();
    let call = set_priority(id, &fresh_key(), Priority::Standard);
    let held = begin(&ledger, &call).await;
    let refused = ledger.begin(&lookup(operator(), &call)).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Held { .. }), "{refused:?}");
    assert!(refused.is_unavailable());
    drop(held);
    let taken = take(&ledger, operator(), &call, None).await.unwrap();
    assert!(matches!(taken, Taken::Committed(_)));
}

#[tokio::test]
async fn a_call_that_another_host_overtook_writes_nothing_and_is_judged_on_what_is_so_now() {
    let scene = Scene::new().await;
    let id = scene.ticket().await;
    let elsewhere = Ledger::connect(scene.database.url(), 4).await.unwrap();
    let slow = set_priority(id, &fresh_key(), Priority::Standard);
    let quick = message(id, &fresh_key());
    let open = begin(&scene.ledger, &slow).await;
    take(&elsewhere, operator(), &quick, None).await.unwrap();

    let rows = async || {
        sqlx::query_scalar::<_, i64>(
            "SELECT (SELECT count(*) FROM audit_events) + (SELECT count(*) FROM decisions)
                + (SELECT count(*) FROM idempotency) + (SELECT sum(version) FROM tickets)::bigint",
        )
        .fetch_one(scene.database.pool())
        .await
        .unwrap()
    };
    let before = rows().await;
    let made = make(&open, operator(), &slow, None, None);
    let refused = commit(open, &made).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Overtaken), "{refused:?}");
    assert_eq!(rows().await, before);

    let again = begin(&scene.ledger, &slow).await;
    assert_eq!(again.facts.case.as_ref().unwrap().ticket.version, 2);
    again.abandon().await.unwrap();
    let Taken::Committed(_) = scene.take(&slow, None).await else {
        panic!("its key is still free");
    };
    assert_eq!(scene.ledger.verify(None, |_| {}).await.unwrap().fault, None);
}

#[tokio::test]
async fn of_calls_written_together_one_that_was_overtaken_takes_nobody_with_it() {
    let scene = Scene::new().await;
    let elsewhere = Ledger::connect(scene.database.url(), 4).await.unwrap();
    let mut calls = Vec::new();
    for n in 0..9 {
        let id = scene.ticket().await;
        calls.push(match n % 3 {
            0 => message(id, &fresh_key()),
            1 => set_priority(id, &fresh_key(), Priority::Emergency),
            _ => on(
                id,
                &fresh_key(),
                Input::CloseoutAddNote(CloseoutAddNote {
                    note: NewNote {
                        text: "Rollers \u{1f6aa} \"both\" \\ ends".into(),
                    },
                }),
            ),
        });
    }
    let mut begun = Vec::new();
    for call in &calls {
        begun.push(begin(&scene.ledger, call).await);
    }
    let quick = message(calls[4].ticket_id.unwrap(), &fresh_key());
    take(&elsewhere, operator(), &quick, None).await.unwrap();
    let commits = begun.into_iter().zip(&calls).map(|(open, call)| {
        let made = make(&open, operator(), call, None, None);
        async move { commit(open, &made).await.map(|()| made.answer) }
    });
    let outcomes = futures::future::join_all(commits).await;
    for (n, (outcome, call)) in outcomes.into_iter().zip(&calls).enumerate() {
        match outcome {
            Ok(answer) => assert_eq!(scene.take(call, None).await, Taken::Replayed(answer)),
            Err(LedgerError::Overtaken) => assert_eq!(n, 4),
            Err(error) => panic!("{n}: {error:?}"),
        }
    }
    assert!(matches!(
        scene.take(&calls[4], None).await,
        Taken::Committed(_)
    ));
    assert_eq!(scene.ledger.verify(None, |_| {}).await.unwrap().fault, None);
    let notes: Vec<String> = sqlx::query_scalar("SELECT text FROM notes")
        .fetch_all(scene.database.pool())
        .await
        .unwrap();
    assert_eq!(notes, ["Rollers \u{1f6aa} \"both\" \\ ends"; 3]);
}

#[tokio::test]
async fn two_messages_at_once_that_tell_how_one_customer_is_reached_are_both_kept() {
    let scene = Scene::new().await;
    let phone = "+1 555 010 0777";
    let mut calls = Vec::new();
    for mail in ["a@example.com", "b@example.com"] {
        let new = create_for(&fresh_key(), "Ann Lee", phone, "Gate");
        let id = scene.take(&new, None).await.ticket_id();
        let mut call = message(id, &fresh_key());
        if let Input::TicketAddMessage(add) = &mut call.input {
            add.intake = Some(Intake {
                customer: Some(IntakeCustomer {
                    phone: None,
                    email: Some(mail.into()),
                }),
                issue: None,
            });
        }
        calls.push(call);
    }
    let takes = calls.iter().map(|call| scene.take(call, None));
    for taken in futures::future::join_all(takes).await {
        assert!(matches!(taken, Taken::Committed(_)));
    }
    let kept: Vec<Option<String>> = sqlx::query_scalar("SELECT email FROM customers")
        .fetch_all(scene.database.pool())
        .await
        .unwrap();
    assert_eq!(kept.len(), 1);
    assert!(
        kept[0]
            .as_deref()
            .is_some_and(|mail| mail.ends_with("@example.com"))
    );
}

#[tokio::test]
async fn a_key_that_another_host_committed_meanwhile_is_replayed() {
    let scene = Scene::new().await;
    let id = scene.ticket().await;
    let elsewhere = Ledger::connect(scene.database.url(), 4).await.unwrap();
    let call = set_priority(id, &fresh_key(), Priority::Standard);
    let open = begin(&scene.ledger, &call).await;
    let first = take(&elsewhere, operator(), &call, None).await.unwrap();
    let made = make(&open, operator(), &call, None, None);
    let refused = commit(open, &made).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Overtaken), "{refused:?}");
    let Taken::Committed(answer) = first else {
        panic!("the key is new");
    };
    assert_eq!(scene.take(&call, None).await, Taken::Replayed(answer));
}

#[tokio::test]
async fn two_hosts_on_one_ticket_make_one_chain_that_the_feed_shows_in_order() {
    let scene = Scene::new().await;
    let id = scene.ticket().await;
    let elsewhere = Ledger::connect(scene.database.url(), 8).await.unwrap();
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let ledger = [&scene.ledger, &elsewhere][n % 2].clone();
            let call = message(id, &fresh_key());
            tokio::spawn(async move { take(&ledger, operator(), &call, None).await })
        })
        .collect();
    for task in tasks {
        assert!(matches!(task.await.unwrap().unwrap(), Taken::Committed(_)));
    }
    let in_the_feed: Vec<i64> = sqlx::query_scalar(
        "SELECT sequence FROM audit_events WHERE chain = $1 ORDER BY tx_id, feed_seq",
    )
    .bind(id.to_string())
    .fetch_all(scene.database.pool())
    .await
    .unwrap();
    assert_eq!(in_the_feed, (1..=34).collect::<Vec<i64>>());
    assert_eq!(scene.ledger.verify(None, |_| {}).await.unwrap().fault, None);
}

#[tokio::test]
async fn a_store_that_is_away_is_unavailable_and_no_panic() {
    let error = Ledger::connect("postgres://nobody@127.0.0.1:1/none", 4)
        .await
        .unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
}

#[tokio::test]
async fn what_does_not_join_the_chain_is_not_committed() {
    let scene = Scene::new().await;
    let id = scene.ticket().await;
    let call = set_priority(id, &fresh_key(), Priority::Emergency);
    let open = begin(&scene.ledger, &call).await;
    let mut made = make(&open, operator(), &call, None, None);
    made.events[0].sequence += 1;
    let refused = commit(open, &made).await.unwrap_err();
    assert!(
        matches!(refused, LedgerError::Inconsistent(_)),
        "{refused:?}"
    );
    let case = scene.ledger.ticket(id).await.unwrap().unwrap();
    assert_eq!(case.ticket.version, 1);
}

#[tokio::test]
async fn a_customer_is_found_again_by_phone_or_email_also_by_two_at_once() {
    let scene = Scene::new().await;
    let calls: Vec<Call> = ["+1 (555) 010-0199", "15550100199", "1-555-010-0199"]
        .iter()
        .map(|phone| create_for(&fresh_key(), "Ann Lee", phone, "Gate"))
        .collect();
    let tasks: Vec<_> = calls
        .into_iter()
        .map(|call| {
            let ledger = scene.ledger.clone();
            tokio::spawn(async move { take(&ledger, operator(), &call, None).await })
        })
        .collect();
    let mut customers = BTreeSet::new();
    for task in tasks {
        customers.insert(task.await.unwrap().unwrap().answer().ticket.customer_id);
    }
    assert_eq!(customers.len(), 1, "one contact is one customer");

    // a message tells a mail address: from then on they are found by it, too
    let known = scene.ticket().await;
    let whose = scene
        .ledger
        .ticket(known)
        .await
        .unwrap()
        .unwrap()
        .ticket
        .customer_id;
    let mut message = message(known, &fresh_key());
    if let Input::TicketAddMessage(add) = &mut message.input {
        add.intake = Some(Intake {
            customer: Some(IntakeCustomer {
                phone: None,
                email: Some("Bo@Example.com".into()),
            }),
            issue: None,
        });
    }
    scene.take(&message, None).await;
    let mut by_mail = create_for(&fresh_key(), "Bo", "", "Gate");
    if let Input::TicketCreate(create) = &mut by_mail.input {
        create.customer.email = Some(" bo@example.COM".into());
    }
    assert_eq!(
        scene.take(&by_mail, None).await.answer().ticket.customer_id,
        whose
    );
}
