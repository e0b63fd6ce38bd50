//! The outbox: order per ticket, leases between hosts, what becomes of a message.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dispatch_contract::channel::{Channel, ChannelKind};
use dispatch_contract::event::EventType;
use dispatch_contract::input::{DispatchAssignTech, Input};
use dispatch_contract::outbox::{
    DeadLetter, DeadReason, Delivery, OutboxFilter, OutboxState, Replayed, Topic,
};
use dispatch_contract::reading::AuditFilter;
use dispatch_contract::{State, TicketId};
use dispatch_ledger::{Commit, FailedTry, LeasedMessage, Ledger, LedgerError, Replaying};

use sqlx::Connection as _;

use crate::commit::message;
use crate::house::{event, register};
use crate::lifecycle::play;
use crate::scene::{Scene, begin, fresh_key, make, now, on, operator, technician_id};

const LONG: Duration = Duration::from_secs(600);

/// A lease that has run out by the time anybody looks.
const NONE: Duration = Duration::ZERO;

/// A ticket that owes so many messages to a technician.
async fn owing(scene: &Scene, messages: usize) -> TicketId {
    let technician = technician_id(31);
    register(scene, technician, "Ann", true).await;
    let id = scene.ticket().await;
    for _ in 0..messages {
        let assign = Input::DispatchAssignTech(DispatchAssignTech {
            technician_id: technician,
        });
        scene.take(&on(id, &fresh_key(), assign), None).await;
    }
    id
}

fn delivery(message: &LeasedMessage) -> Delivery {
    Delivery {
        gateway: "front desk".into(),
        kind: ChannelKind::Sms,
        channel: "sms".into(),
        to: "+15550100199".into(),
        key: format!("rd-{}-{}", message.event_id, message.topic.name()),
        message_id: None,
        queued: false,
    }
}

async fn lease(ledger: &Ledger) -> Vec<LeasedMessage> {
    ledger.lease_outbox(LONG, 10).await.expect("leases")
}

async fn sent(ledger: &Ledger, message: &LeasedMessage) -> bool {
    let told = ledger.outbox_sent(message, now(), &delivery(message)).await;
    told.expect("told")
}

async fn dead(ledger: &Ledger, message: &LeasedMessage) -> bool {
    let event = event(EventType::OutboundDeadLettered);
    let told = ledger
        .outbox_dead(message, DeadReason::GaveUp, "no answer; replay it", event)
        .await;
    told.expect("told").is_some()
}

fn in_state(state: OutboxState) -> OutboxFilter {
    OutboxFilter {
        state: Some(state),
        ..OutboxFilter::default()
    }
}

#[tokio::test]
async fn a_topic_of_a_later_release_holds_nobody_up() {
    let scene = Scene::new().await;
    let ledger = &scene.ledger;
    let (one, two) = (owing(&scene, 2).await, owing(&scene, 1).await);
    let mut connection = sqlx::PgConnection::connect(scene.database.url())
        .await
        .expect("the database");
    sqlx::query(
        "UPDATE outbox SET topic = 'x' WHERE outbox_id = (SELECT min(outbox_id) FROM outbox)",
    )
    .execute(&mut connection)
    .await
    .expect("written");
    let leased = lease(ledger).await;
    assert_eq!(
        leased.iter().map(|m| m.ticket_id).collect::<Vec<_>>(),
        [one, two]
    );
    for message in &leased {
        assert!(sent(ledger, message).await);
    }
    let page = ledger.outbox(&OutboxFilter::default()).await.unwrap();
    assert_eq!(page.items.len(), 2, "what cannot be read is left out");
}

#[tokio::test]
async fn what_a_gateway_keeps_in_its_queue_is_not_sent() {
    let scene = Scene::new().await;
    let ledger = &scene.ledger;
    owing(&scene, 2).await;
    let first = lease(ledger).await.remove(0);
    let queued = Delivery {
        queued: true,
        ..delivery(&first)
    };
    assert!(ledger.outbox_sent(&first, now(), &queued).await.unwrap());
    let second = lease(ledger).await.remove(0);
    assert!(sent(ledger, &second).await);
    let listed = async |state| {
        let page = ledger.outbox(&in_state(state)).await.unwrap();
        let items = page.items.into_iter();
        items
            .map(|entry| (entry.outbox_id, entry.state))
            .collect::<Vec<_>>()
    };
    use OutboxState::{Dead, Queued, Sent, Waiting};
    assert_eq!(listed(Queued).await, [(first.outbox_id, Queued)]);
    assert_eq!(listed(Sent).await, [(second.outbox_id, Sent)]);
    assert_eq!(
        (listed(Waiting).await, listed(Dead).await),
        (vec![], vec![])
    );
}

#[tokio::test]
async fn a_tickets_messages_leave_one_after_the_other() {
    let scene = Scene::new().await;
    let ledger = &scene.ledger;
    let (one, two) = (owing(&scene, 3).await, owing(&scene, 1).await);
    let first = lease(ledger).await;
    assert_eq!(
        first.iter().map(|m| m.ticket_id).collect::<Vec<_>>(),
        [one, two],
        "the oldest of each ticket"
    );
    assert_eq!(lease(ledger).await, [], "the others wait for them");
    assert!(sent(ledger, &first[0]).await);
    let [second] = &lease(ledger).await[..] else {
        panic!("the next of the first ticket");
    };
    assert!(second.outbox_id > first[0].outbox_id);
    let again = FailedTry {
        error: "no route".into(),
        answered: true,
        wait: LONG,
    };
    assert!(ledger.outbox_failed(second, &again).await.unwrap());
    assert_eq!(
        lease(ledger).await,
        [],
        "one that is due later holds them up"
    );

    let page = ledger.outbox(&OutboxFilter::default()).await.unwrap();
    let states: Vec<_> = page.items.iter().map(|entry| entry.state).collect();
    use OutboxState::{Sent, Waiting};
    assert_eq!(states, [Waiting, Waiting, Waiting, Sent], "newest first");
    let waits = &page.items[2];
    assert_eq!(
        (waits.attempts, waits.last_error.as_deref()),
        (1, Some("no route"))
    );
    assert!(waits.due_at.is_some() && waits.leased_until.is_none());
    let gone = &ledger.outbox(&in_state(Sent)).await.unwrap().items[..];
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].delivery, Some(delivery(&first[0])));
    let counts = ledger.outbox_counts().await.unwrap();
    assert_eq!((counts.waiting, counts.dead), (3, 0));
    assert!(counts.oldest_waiting.is_some());
}

#[tokio::test]
async fn a_dead_one_lets_the_next_pass_and_can_be_replayed_once() {
    let scene = Scene::new().await;
    let ledger = &scene.ledger;
    owing(&scene, 2).await;
    let [first] = &lease(ledger).await[..] else {
        panic!("one of the ticket");
    };
    assert!(dead(ledger, first).await);
    assert!(!dead(ledger, first).await, "it is dead already");
    let [second] = &lease(ledger).await[..] else {
        panic!("the next may go");
    };
    assert!(sent(ledger, second).await);
    assert_eq!(lease(ledger).await, []);

    let of = event(EventType::OutboundReplayed);
    let Replaying::Replayed(done) = ledger.replay_outbox(first.outbox_id, of).await.unwrap() else {
        panic!("it was dead");
    };
    let (entry, told) = *done;
    assert_eq!((entry.state, entry.attempts), (OutboxState::Waiting, 0));
    let replayed: Replayed = serde_json::from_value(told.payload).unwrap();
    assert_eq!(replayed.was, Some(DeadReason::GaveUp));
    let again = event(EventType::OutboundReplayed);
    let outcome = ledger.replay_outbox(first.outbox_id, again).await.unwrap();
    assert!(matches!(outcome, Replaying::NotDead(_)), "{outcome:?}");
    let again = event(EventType::OutboundReplayed);
    let outcome = ledger.replay_outbox(9_999, again).await.unwrap();
    assert_eq!(outcome, Replaying::Absent);
    let [back] = &lease(ledger).await[..] else {
        panic!("it waits again");
    };
    assert_eq!((back.outbox_id, back.attempts), (first.outbox_id, 1));
    assert!(
        back.waiting_since > first.waiting_since,
        "its age begins anew"
    );

    let told = AuditFilter {
        kind: Some(EventType::OutboundDeadLettered),
        ..AuditFilter::default()
    };
    let events = ledger.audit(&told).await.unwrap().items;
    assert_eq!(events.len(), 1);
    let letter: DeadLetter = serde_json::from_value(events[0].payload.clone()).unwrap();
    assert_eq!(
        (letter.outbox_id, letter.reason, letter.attempts),
        (first.outbox_id, DeadReason::GaveUp, 1)
    );
    assert_eq!(scene.ledger.verify(None, |_| ()).await.unwrap().fault, None);
}

#[tokio::test]
async fn who_lost_the_lease_changes_nothing() {
    let scene = Scene::new().await;
    let ledger = &scene.ledger;
    owing(&scene, 1).await;
    // the host that was killed between sending and saying so
    let [killed] = &ledger.lease_outbox(NONE, 10).await.unwrap()[..] else {
        panic!("one message");
    };
    let other = Ledger::connect(scene.database.url(), 4).await.unwrap();
    let [held] = &lease(&other).await[..] else {
        panic!("its lease had run out");
    };
    assert_eq!((held.outbox_id, held.attempts), (killed.outbox_id, 2));
    assert_eq!(held.failures, 0, "nobody knows whether it went");
    let late = FailedTry {
        error: "late".into(),
        answered: true,
        wait: NONE,
    };
    assert!(!sent(ledger, killed).await);
    assert!(!ledger.outbox_failed(killed, &late).await.unwrap());
    assert!(!dead(ledger, killed).await);
    assert!(!ledger.postpone_outbox(killed, "late", NONE).await.unwrap());
    let told = AuditFilter {
        kind: Some(EventType::OutboundDeadLettered),
        ..AuditFilter::default()
    };
    assert_eq!(ledger.audit(&told).await.unwrap().items, []);
    assert!(sent(&other, held).await, "still the holder's");
    assert_eq!(lease(ledger).await, []);
}

#[tokio::test]
async fn one_that_was_not_tried_after_all_is_let_go() {
    let scene = Scene::new().await;
    let ledger = &scene.ledger;
    owing(&scene, 1).await;
    let [held] = &lease(ledger).await[..] else {
        panic!("one message");
    };
    assert!(ledger.postpone_outbox(held, "away", NONE).await.unwrap());
    let [again] = &lease(ledger).await[..] else {
        panic!("it is free");
    };
    assert_eq!((again.outbox_id, again.attempts), (held.outbox_id, 1));
    let unanswered = FailedTry {
        error: "timed out".into(),
        answered: false,
        wait: NONE,
    };
    ledger.outbox_failed(again, &unanswered).await.unwrap();
    let [third] = &lease(ledger).await[..] else {
        panic!("it is due at once");
    };
    assert_eq!((third.attempts, third.failures), (2, 0));
    let answered = FailedTry {
        answered: true,
        ..unanswered
    };
    ledger.outbox_failed(third, &answered).await.unwrap();
    assert_eq!(lease(ledger).await[0].failures, 1);
}

/// Four hosts drain the outbox as fast as they can; whoever holds a message of a ticket
/// is alone at that ticket, and each ticket's messages come in their order.
#[tokio::test]
async fn hosts_that_race_send_everything_once_and_in_order() {
    let scene = Scene::new().await;
    for _ in 0..6 {
        owing(&scene, 5).await;
    }
    let mut hosts = tokio::task::JoinSet::new();
    let at_work = std::sync::Arc::new(std::sync::Mutex::new((
        BTreeSet::new(),
        BTreeMap::<TicketId, Vec<u64>>::new(),
    )));
    for _ in 0..4 {
        let ledger = Ledger::connect(scene.database.url(), 4).await.unwrap();
        let at_work = std::sync::Arc::clone(&at_work);
        hosts.spawn(async move {
            loop {
                let held = ledger.lease_outbox(LONG, 2).await.expect("leases");
                for message in &held {
                    let alone = at_work.lock().unwrap().0.insert(message.ticket_id);
                    assert!(alone, "two at once at {}", message.ticket_id);
                }
                for message in &held {
                    tokio::task::yield_now().await;
                    {
                        let mut at_work = at_work.lock().unwrap();
                        at_work.0.remove(&message.ticket_id);
                        let sent = at_work.1.entry(message.ticket_id).or_default();
                        sent.push(message.outbox_id);
                    }
                    assert!(sent(&ledger, message).await);
                }
                if held.is_empty() && ledger.outbox_counts().await.expect("counts").waiting == 0 {
                    return;
                }
            }
        });
    }
    while let Some(host) = hosts.join_next().await {
        host.expect("ended well");
    }
    let sent = &at_work.lock().unwrap().1;
    assert_eq!(sent.len(), 6);
    for (ticket, order) in sent {
        assert_eq!(order.len(), 5, "{ticket}");
        assert!(order.is_sorted(), "{ticket}: {order:?}");
    }
}

#[tokio::test]
async fn what_is_not_committed_owes_nothing() {
    let scene = Scene::new().await;
    let ledger = &scene.ledger;
    let id = owing(&scene, 0).await;
    let assign = |key: &str| {
        let technician_id = technician_id(31);
        on(
            id,
            key,
            Input::DispatchAssignTech(DispatchAssignTech { technician_id }),
        )
    };
    // another host's call comes between: this one's statement fails as a whole
    let other = Ledger::connect(scene.database.url(), 4).await.unwrap();
    let (mine, theirs) = (assign("mine"), message(id, "theirs"));
    let open = begin(ledger, &mine).await;
    let made = make(&open, operator(), &mine, None, None);
    crate::scene::take(&other, operator(), &theirs, None)
        .await
        .expect("taken");
    let outcome = open
        .commit(Commit {
            case: &made.case,
            events: &made.events,
            decision: &made.decision,
            answer: &made.answer,
            owed: &dispatch_contract::outbox::owed(&made.facts),
        })
        .await;
    assert!(
        matches!(outcome, Err(LedgerError::Overtaken)),
        "{outcome:?}"
    );
    assert_eq!(lease(ledger).await, []);
    assert_eq!(ledger.outbox_counts().await.unwrap().waiting, 0);
}

#[tokio::test]
async fn a_message_is_made_from_its_own_moment() {
    let scene = Scene::new().await;
    let ledger = &scene.ledger;
    let id = play(&scene).await;
    let mut states = Vec::new();
    loop {
        let held = lease(ledger).await;
        let Some(message) = held.first() else { break };
        let call = ledger
            .committed_call(message.ticket_id, message.event_id)
            .await
            .unwrap()
            .expect("its call");
        assert_eq!(call.event.event_id, message.event_id);
        let ticket = &call.case.ticket;
        assert_eq!(ticket.version, call.event.ticket_version);
        states.push((message.topic, ticket.state, ticket.assigned_technician_id));
        assert!(sent(ledger, message).await);
    }
    use State::{Closed, Dispatched, Scheduled};
    let (ann, bob) = (Some(technician_id(21)), Some(technician_id(22)));
    assert_eq!(
        states,
        [
            (Topic::CustomerConfirmation, Scheduled, None),
            (Topic::TechnicianAssignment, Scheduled, ann),
            (Topic::CustomerEta, Dispatched, ann),
            (Topic::TechnicianAssignment, Dispatched, bob),
            (Topic::CustomerClosure, Closed, bob),
        ]
    );
    let reach = ledger.reach(id).await.unwrap().expect("a ticket");
    assert_eq!(reach.ticket.state, Closed);
    assert_eq!(reach.last_inbound, None, "no call named a channel");
    let elsewhere = scene.ticket().await;
    let missing = ledger
        .committed_call(elsewhere, dispatch_contract::EventId(id.0))
        .await;
    assert_eq!(missing.unwrap(), None);
}

#[tokio::test]
async fn the_last_word_from_outside_says_where_to_answer() {
    let scene = Scene::new().await;
    let id = scene.ticket().await;
    for (kind, peer) in [
        (ChannelKind::Telegram, "@ann"),
        (ChannelKind::Whatsapp, "+15550100"),
        (ChannelKind::Internal, "system"),
    ] {
        let mut call = message(id, &fresh_key());
        call.channel = Some(Channel {
            kind,
            peer: peer.into(),
        });
        scene.take(&call, None).await;
    }
    let reach = scene.ledger.reach(id).await.unwrap().expect("a ticket");
    let channel = reach.last_inbound.expect("from outside");
    assert_eq!(
        (channel.kind, channel.peer.as_str()),
        (ChannelKind::Whatsapp, "+15550100")
    );
}

#[tokio::test]
async fn the_listing_is_paged_and_filtered() {
    let scene = Scene::new().await;
    let ledger = &scene.ledger;
    let (one, two) = (owing(&scene, 3).await, owing(&scene, 2).await);
    let mut filter = OutboxFilter {
        limit: 2,
        ..in_state(OutboxState::Waiting)
    };
    let mut seen = Vec::new();
    loop {
        let page = ledger.outbox(&filter).await.unwrap();
        seen.extend(page.items.iter().map(|entry| entry.outbox_id));
        filter.cursor = page.next_cursor;
        if filter.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    let of = |ticket| OutboxFilter {
        ticket_id: Some(ticket),
        ..OutboxFilter::default()
    };
    assert_eq!(ledger.outbox(&of(one)).await.unwrap().items.len(), 3);
    assert_eq!(ledger.outbox(&of(two)).await.unwrap().items.len(), 2);
    let bad = OutboxFilter {
        cursor: Some("x".into()),
        ..OutboxFilter::default()
    };
    let outcome = ledger.outbox(&bad).await;
    assert!(matches!(outcome, Err(LedgerError::BadCursor)));
}
