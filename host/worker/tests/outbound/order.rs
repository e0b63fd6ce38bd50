//! What leaves, in which order, under which key.

use dispatch_contract::State;
use dispatch_contract::actor::Role;
use dispatch_contract::channel::ChannelKind;
use dispatch_contract::outbox::{OutboxState, Topic};
use dispatch_worker::{SendError, Standing};
use serde_json::json;

use crate::recorder::{Recorder, Say};
use crate::scene::{Scene, actor, create_for, fresh_key, operator};
use crate::stage::{brisk, outbound_of, tried, worker};

fn failed() -> Say {
    Say::Fails(SendError::Failed {
        message: "the channel is down".into(),
        retry_after: None,
    })
}

#[tokio::test]
async fn a_story_is_told_as_it_was_committed() {
    let scene = Scene::new().await;
    scene.technician("Bo Lind", Some("+1 555 0177")).await;
    let call = create_for(&fresh_key(), "Ada Osei", "+1 555 0142", "Dock door stuck");
    let id = scene.take(&call, None).await.ticket_id();
    // the visit is committed before the first word leaves
    scene.confirm(id).await;
    scene.assign(id).await;
    let eta = json!({ "eta_text": "around 9", "eta_at": "2026-11-01T15:05:00Z" });
    scene.eta(id, eta, Some(State::Dispatched)).await;
    let recorder = Recorder::new();
    let worker = worker(&scene.ledger, &recorder, brisk());
    scene.until(OutboxState::Sent, 3).await;
    scene.word(id, State::Onsite).await;
    scene.word(id, State::CloseoutPending).await;
    scene.word(id, State::Closed).await;
    let sent = scene.until(OutboxState::Sent, 4).await;
    worker.stop().await;
    // the day the clocks go back in Chicago: 14:00 UTC is 8 there, not 9
    assert_eq!(
        recorder.texts(),
        [
            "Test Doors: your appointment is confirmed for Sunday, November 1, 8:00 AM to 10:00 AM \
             (CST), at 12 Main St, Springfield, IL 62701. If that no longer suits you, answer this \
             message.",
            &format!(
                "New job: Dock door stuck. Sunday, November 1, 8:00 AM to 10:00 AM (CST). Café \
                 Norte, 12 Main St, Springfield, IL 62701. Contact: Ada Osei, +1 555 0142. Ticket {id}"
            ),
            "Test Doors: Bo Lind is coming to 12 Main St. Arrival: around 9 (9:05 AM CST).",
            "Test Doors: the work at 12 Main St is done (Dock door stuck). Thank you. If anything \
             is not as it should be, answer this message.",
        ]
    );
    let to: Vec<String> = recorder.tries().into_iter().map(|t| t.to.peer).collect();
    let (customer, technician) = ("+1 555 0142", "+1 555 0177");
    assert_eq!(to, [customer, technician, customer, customer]);
    for (entry, tried) in sent.iter().zip(recorder.tries()) {
        let topic = entry.topic.name();
        assert_eq!(tried.key, format!("rd-{}-{topic}", entry.event_id));
        let delivery = entry.delivery.as_ref().expect("how it left");
        assert_eq!(
            (delivery.kind, &delivery.key),
            (ChannelKind::Sms, &tried.key)
        );
        assert_eq!(entry.attempts, 1);
    }
}

#[tokio::test]
async fn a_technicians_word_takes_no_customers_place() {
    let scene = Scene::new().await;
    scene.technician("Bo Lind", Some("+1 555 0177")).await;
    let liaison = actor(Role::SystemTechnicianLiaisonAgent, 2);
    let technician = actor(Role::Technician, 41);
    let (sms, whatsapp) = (ChannelKind::Sms, ChannelKind::Whatsapp);
    let (check_in, home) = (Some("check_in"), "+1 (555) 0143");
    let mut closed = Vec::new();
    for (phone, said) in [
        // checked in by text message, written down by an agent, from a number nobody knows
        ("+1 555 0142", vec![(liaison, sms, "+1 555 0999", check_in)]),
        // a word with no intent: from the technician's number, and in person
        ("+1 555 0144", vec![(liaison, sms, "+1-555-0177", None)]),
        ("+1 555 0145", vec![(liaison, whatsapp, "15550177", None)]),
        ("+1 555 0146", vec![(technician, sms, "+1 555 0999", None)]),
        // the customer wrote before, and is answered there
        (
            "+1 555 0147",
            vec![
                (operator(), whatsapp, home, None),
                (liaison, whatsapp, "+15550177", check_in),
            ],
        ),
    ] {
        let call = create_for(&fresh_key(), "Ada Osei", phone, "Dock door stuck");
        let id = scene.take(&call, None).await.ticket_id();
        for (who, kind, peer, intent) in said {
            scene.said(id, who, (kind, peer), intent).await;
        }
        scene.word(id, State::Closed).await;
        closed.push(id);
    }
    let recorder = Recorder::new();
    let worker = worker(&scene.ledger, &recorder, brisk());
    let sent = scene.until(OutboxState::Sent, 5).await;
    worker.stop().await;
    let to = closed.iter().map(|id| {
        let of = sent.iter().find(|entry| entry.ticket_id == *id);
        let delivery = of.and_then(|entry| entry.delivery.as_ref());
        let delivery = delivery.expect("it was told");
        (delivery.kind, delivery.to.as_str())
    });
    let to: Vec<_> = to.collect();
    assert_eq!(
        to,
        [
            (sms, "+1 555 0142"),
            (sms, "+1 555 0144"),
            (sms, "+1 555 0145"),
            (sms, "+1 555 0146"),
            (whatsapp, home),
        ]
    );
}

#[tokio::test]
async fn an_answered_failure_takes_another_key_and_an_unanswered_one_does_not() {
    let scene = Scene::new().await;
    let recorder = Recorder::new();
    let unknown = || Say::Fails(SendError::Unknown("the socket closed".into()));
    let away = || Say::Fails(SendError::Away("it is starting".into()));
    recorder.say(
        "confirmed",
        &[away(), unknown(), failed(), unknown(), failed()],
    );
    let id = scene.ticket().await;
    scene.confirm(id).await;
    let worker = worker(&scene.ledger, &recorder, brisk());
    let sent = scene.until(OutboxState::Sent, 1).await;
    worker.stop().await;
    let key = format!("rd-{}-customer_confirmation", sent[0].event_id);
    let (once, twice) = (format!("{key}-1"), format!("{key}-2"));
    let keys: Vec<String> = recorder.tries().into_iter().map(|t| t.key).collect();
    assert_eq!(
        keys,
        [&key, &key, &key, &once, &once, &twice].map(String::clone)
    );
    assert_eq!(sent[0].attempts, 5, "a gateway that is away costs no try");
}

#[tokio::test]
async fn a_message_that_waits_holds_up_its_own_ticket_only() {
    let scene = Scene::new().await;
    scene.technician("Bo Lind", Some("+1 555 0177")).await;
    let call = create_for(&fresh_key(), "Ada", "+1 555 0142", "first");
    let first = scene.take(&call, None).await.ticket_id();
    let call = create_for(&fresh_key(), "Eve", "+1 555 0143", "second");
    let second = scene.take(&call, None).await.ticket_id();
    scene.confirm(first).await;
    scene.assign(first).await;
    scene.confirm(second).await;
    let recorder = Recorder::gated();
    let worker = worker(&scene.ledger, &recorder, brisk());
    tried(&recorder, 2).await;
    let to = |recorder: &Recorder| -> Vec<String> {
        recorder.tries().into_iter().map(|t| t.to.peer).collect()
    };
    let mut both = to(&recorder);
    both.sort();
    assert_eq!(both, ["+1 555 0142", "+1 555 0143"], "one of each ticket");
    recorder.let_pass(2);
    tried(&recorder, 3).await;
    assert_eq!(to(&recorder)[2], "+1 555 0177");
    recorder.let_pass(1);
    scene.until(OutboxState::Sent, 3).await;
    worker.stop().await;
}

#[tokio::test]
async fn what_a_gateway_queues_is_counted_and_listed_as_that() {
    let scene = Scene::new().await;
    scene.technician("Bo Lind", Some("+1 555 0177")).await;
    let recorder = Recorder::new();
    recorder.say("confirmed", &[Say::Queues]);
    let id = scene.ticket().await;
    scene.confirm(id).await;
    scene.assign(id).await;
    let outbox = scene.outbox();
    let outbound = outbound_of(&outbox, &recorder, brisk());
    let worker = outbound.start(tokio::sync::watch::channel(0).1);
    // the next of the ticket does not wait for what nobody will hear of
    let sent = scene.until(OutboxState::Sent, 1).await;
    worker.stop().await;
    assert_eq!(sent[0].topic, Topic::TechnicianAssignment);
    let queued = scene.until(OutboxState::Queued, 1).await;
    assert_eq!(queued[0].topic, Topic::CustomerConfirmation);
    assert_eq!(recorder.tries().len(), 2, "a second one would double it");
    let mut registry = prometheus_client::registry::Registry::default();
    outbox.metrics().register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).expect("metrics");
    for line in [
        r#"outbound_tries_total{topic="customer_confirmation",outcome="queued"} 1"#,
        r#"outbound_tries_total{topic="technician_assignment",outcome="sent"} 1"#,
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[tokio::test]
async fn without_a_gateway_everything_waits() {
    let scene = Scene::new().await;
    let recorder = Recorder::new();
    recorder.stand(Standing::NoGateway);
    let worker = worker(&scene.ledger, &recorder, brisk());
    let id = scene.ticket().await;
    scene.confirm(id).await;
    let waiting = scene.until(OutboxState::Waiting, 1).await;
    assert_eq!((waiting[0].attempts, waiting[0].leased_until), (0, None));
    recorder.stand(Standing::Ready);
    let sent = scene.until(OutboxState::Sent, 1).await;
    assert_eq!(sent[0].attempts, 1, "it was not touched before");
    worker.stop().await;
}
