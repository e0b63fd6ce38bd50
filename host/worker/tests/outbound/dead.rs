//! Messages that are given up: why, what an operator reads, and their way back.

use std::time::Duration;

use dispatch_contract::channel::ChannelKind;
use dispatch_contract::event::EventType;
use dispatch_contract::outbox::{DeadReason, OutboxEntry, OutboxState, Topic};
use dispatch_contract::reading::AuditFilter;
use dispatch_contract::{Code, State};
use dispatch_worker::{Limits, SendError};
use serde_json::json;

use crate::recorder::{Recorder, Say};
use crate::scene::{Scene, operator};
use crate::stage::{brisk, worker};

/// What a dead letter says.
fn said(entry: &OutboxEntry) -> (DeadReason, &str) {
    let reason = entry.dead_reason.expect("it is dead");
    (reason, entry.last_error.as_deref().unwrap_or_default())
}

#[tokio::test]
async fn what_a_gateway_refuses_is_dead_and_the_next_passes() {
    let scene = Scene::new().await;
    scene.technician("Bo Lind", Some("+1 555 0177")).await;
    let recorder = Recorder::new();
    let refused = SendError::Refused("No such channel.".into());
    recorder.say("confirmed", &[Say::Fails(refused)]);
    let id = scene.ticket().await;
    scene.confirm(id).await;
    scene.assign(id).await;
    let worker = worker(&scene.ledger, &recorder, brisk());
    let dead = scene.until(OutboxState::Dead, 1).await;
    let (reason, why) = said(&dead[0]);
    assert_eq!(reason, DeadReason::Refused);
    assert!(
        why.contains("No such channel.") && why.contains("replay"),
        "{why}"
    );
    let sent = scene.until(OutboxState::Sent, 1).await;
    assert_eq!(sent[0].topic, Topic::TechnicianAssignment);
    let filter = AuditFilter {
        kind: Some(EventType::OutboundDeadLettered),
        ..AuditFilter::default()
    };
    let told = scene.ledger.audit(&filter).await.expect("events").items;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].payload["reason"], "refused");

    let outbox = scene.outbox();
    let replayed = outbox.replay(operator(), dead[0].outbox_id, Some("c-1"));
    assert_eq!(
        replayed.await.expect("replayed").state,
        OutboxState::Waiting
    );
    scene.until(OutboxState::Sent, 2).await;
    let again = outbox.replay(operator(), dead[0].outbox_id, None).await;
    assert_eq!(again.expect_err("it is sent").code, Code::Conflict);
    let absent = outbox.replay(operator(), 999, None).await;
    assert_eq!(absent.expect_err("none").code, Code::NotFound);
    worker.stop().await;
}

#[tokio::test]
async fn after_so_many_tries_it_is_given_up() {
    let scene = Scene::new().await;
    let recorder = Recorder::new();
    let fails = Say::Fails(SendError::Failed {
        message: "The channel is down.".into(),
        retry_after: Some(Duration::from_millis(2)),
    });
    recorder.say("confirmed", &vec![fails; 3]);
    let limits = Limits {
        attempts: 3,
        ..brisk()
    };
    let id = scene.ticket().await;
    scene.confirm(id).await;
    let worker = worker(&scene.ledger, &recorder, limits);
    let dead = scene.until(OutboxState::Dead, 1).await;
    worker.stop().await;
    let (reason, why) = said(&dead[0]);
    assert_eq!((reason, dead[0].attempts), (DeadReason::GaveUp, 3));
    assert!(why.contains("The channel is down."), "{why}");
    assert_eq!(recorder.tries().len(), 3);
}

#[tokio::test]
async fn a_technician_without_a_phone_is_told_once_there_is_one() {
    let scene = Scene::new().await;
    scene.technician("Bo Lind", None).await;
    let recorder = Recorder::new();
    let id = scene.ticket().await;
    scene.assign(id).await;
    let worker = worker(&scene.ledger, &recorder, brisk());
    let dead = scene.until(OutboxState::Dead, 1).await;
    let (reason, why) = said(&dead[0]);
    assert_eq!(reason, DeadReason::NoRecipient);
    assert!(why.contains("dispatch technician set"), "{why}");
    scene.technician("Bo Lind", Some("+1 555 0177")).await;
    let replay = scene.outbox();
    let replay = replay.replay(operator(), dead[0].outbox_id, None);
    replay.await.expect("replayed");
    scene.until(OutboxState::Sent, 1).await;
    worker.stop().await;
    assert_eq!(recorder.tries()[0].to.peer, "+1 555 0177");
}

#[tokio::test]
async fn a_channel_that_nobody_sends_on_is_named() {
    let scene = Scene::new().await;
    let recorder = Recorder::of(&[ChannelKind::Telegram]);
    let id = scene.ticket().await;
    scene.confirm(id).await;
    let worker = worker(&scene.ledger, &recorder, brisk());
    let dead = scene.until(OutboxState::Dead, 1).await;
    worker.stop().await;
    let (reason, why) = said(&dead[0]);
    assert_eq!(reason, DeadReason::NoChannel);
    assert!(
        why.contains("sms") && why.contains("dispatch gateway update"),
        "{why}"
    );
    assert!(recorder.tries().is_empty());
}

#[tokio::test]
async fn what_is_over_is_not_told() {
    let scene = Scene::new().await;
    scene.technician("Bo Lind", Some("+1 555 0177")).await;
    let id = scene.ticket().await;
    scene.confirm(id).await;
    let over = json!({ "eta_text": "at noon", "eta_at": "2026-01-01T12:00:00Z" });
    scene.eta(id, over, None).await;
    let called_off = scene.ticket().await;
    scene.confirm(called_off).await;
    scene.assign(called_off).await;
    scene.word(called_off, State::Canceled).await;
    let recorder = Recorder::new();
    let worker = worker(&scene.ledger, &recorder, brisk());
    let dead = scene.until(OutboxState::Dead, 3).await;
    let sent = scene.until(OutboxState::Sent, 2).await;
    worker.stop().await;
    assert!(
        dead.iter()
            .all(|entry| said(entry).0 == DeadReason::TooLate)
    );
    assert!(said(&dead[0]).1.contains("2026-01-01T12:00:00"), "{dead:?}");
    assert!(said(&dead[2]).1.contains("canceled"), "{dead:?}");
    let sent: Vec<_> = sent.iter().map(|entry| entry.topic).collect();
    use Topic::{CustomerCancellation, CustomerConfirmation};
    assert_eq!(sent, [CustomerConfirmation, CustomerCancellation]);
}

#[tokio::test]
async fn what_was_said_otherwise_since_is_not_told() {
    let scene = Scene::new().await;
    scene.technician("Bo Lind", Some("+1 555 0177")).await;
    let recorder = Recorder::new();
    // given up, and replayed only when another window stood
    let refused = SendError::Refused("No such channel.".into());
    recorder.say("November 1", &[Say::Fails(refused)]);
    let moved = scene.ticket().await;
    scene.confirm(moved).await;
    let worker = worker(&scene.ledger, &recorder, brisk());
    let dead = scene.until(OutboxState::Dead, 1).await;
    worker.stop().await;
    scene.confirm_on(moved, "2026-11-02").await;
    scene.assign(moved).await;
    let eta = |text: &str| json!({ "eta_text": text, "eta_at": "2026-11-02T15:05:00Z" });
    scene
        .eta(moved, eta("around 9"), Some(State::Dispatched))
        .await;
    scene.eta(moved, eta("sharp at 9"), None).await;
    // there before anybody was told that somebody comes
    let arrived = scene.ticket().await;
    scene.confirm(arrived).await;
    scene.assign(arrived).await;
    scene
        .eta(arrived, eta("soon"), Some(State::Dispatched))
        .await;
    scene.word(arrived, State::Onsite).await;

    let replayed = scene
        .outbox()
        .replay(operator(), dead[0].outbox_id, None)
        .await;
    replayed.expect("replayed");
    let worker = crate::stage::worker(&scene.ledger, &recorder, brisk());
    let dead = scene.until(OutboxState::Dead, 4).await;
    let sent = scene.until(OutboxState::Sent, 4).await;
    worker.stop().await;
    use Topic::{CustomerConfirmation, CustomerEta, TechnicianAssignment};
    let told: Vec<_> = dead
        .iter()
        .map(|entry| (entry.topic, said(entry).0, said(entry).1))
        .collect();
    let too_late = DeadReason::TooLate;
    let there = "The technician has arrived by now: nobody waits for that.";
    assert_eq!(
        told,
        [
            (
                CustomerConfirmation,
                too_late,
                "Another window stands by now: 2026-11-02T14:00:00.000000Z to \
                 2026-11-02T16:00:00.000000Z."
            ),
            (CustomerEta, too_late, "Another ETA stands by now."),
            (TechnicianAssignment, too_late, there),
            (CustomerEta, too_late, there),
        ]
    );
    let topics: Vec<_> = sent.iter().map(|entry| entry.topic).collect();
    assert_eq!(
        topics,
        [
            CustomerConfirmation,
            TechnicianAssignment,
            CustomerEta,
            CustomerConfirmation
        ]
    );
    let etas = recorder.texts().into_iter();
    let etas: Vec<_> = etas.filter(|text| text.contains("is coming")).collect();
    assert!(
        matches!(&etas[..], [one] if one.contains("sharp at 9")),
        "{etas:?}"
    );
}

#[tokio::test]
async fn what_waited_too_long_is_dead_until_an_operator_wants_it() {
    let scene = Scene::new().await;
    let recorder = Recorder::new();
    let id = scene.ticket().await;
    scene.confirm(id).await;
    // the tests' clock goes a second with every look at it
    for _ in 0..90 {
        crate::scene::now();
    }
    let limits = Limits {
        age: Duration::from_secs(60),
        ..brisk()
    };
    let worker = worker(&scene.ledger, &recorder, limits);
    let dead = scene.until(OutboxState::Dead, 1).await;
    let (reason, why) = said(&dead[0]);
    assert_eq!(reason, DeadReason::TooOld, "{why}");
    assert!(recorder.tries().is_empty());
    let outbox = scene.outbox();
    let replayed = outbox.replay(operator(), dead[0].outbox_id, None).await;
    replayed.expect("replayed");
    scene.until(OutboxState::Sent, 1).await;
    worker.stop().await;
}
