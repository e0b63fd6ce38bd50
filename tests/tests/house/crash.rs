//! The real host killed in the middle of a load, and stopped in the middle of one:
//! what was acknowledged is there once, what was not can be sent again.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::support::front::{Front, addressed};
use crate::support::process::{Serving, Site};
use crate::support::{Reply, bodies, chain, eventually};

/// Clients at once, each on a ticket of its own.
const CLIENTS: usize = 16;

/// Answers after which the host is ended.
const ENOUGH: usize = 150;

/// One call, and what was heard of it.
struct Sent {
    tool: &'static str,
    body: Value,
    answer: Option<Bytes>,
}

/// Sends calls until one is not answered.
async fn client(front: Front, ticket: String, answered: Arc<AtomicUsize>) -> Vec<Sent> {
    let intake = front.intake();
    let mut sent = Vec::new();
    for n in 0.. {
        let (tool, body) = if n % 5 == 4 {
            let mut body = bodies::bare();
            body["request_id"] = json!(bodies::key());
            ("ticket.create", body)
        } else {
            (
                "ticket.add_message",
                addressed(&ticket, &bodies::message("under load")),
            )
        };
        let answer = match front.try_call(&intake, tool, &body).await {
            Ok(reply) => {
                assert_eq!(reply.status, 200, "{}", reply.text());
                answered.fetch_add(1, Ordering::Relaxed);
                Some(reply.body)
            }
            Err(_) => None,
        };
        let over = answer.is_none();
        sent.push(Sent { tool, body, answer });
        if over {
            break;
        }
    }
    sent
}

/// Clients at work, and the calls each sent once they are over.
struct Load {
    answered: Arc<AtomicUsize>,
    clients: Vec<tokio::task::JoinHandle<Vec<Sent>>>,
}

impl Load {
    async fn on(host: &Serving) -> Self {
        let answered = Arc::new(AtomicUsize::new(0));
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            let (ticket, _) = host.front.open(&bodies::bare()).await;
            // a connection of its own, as another program has
            let front = Front::new(host.front.base.clone(), host.front.people.clone());
            clients.push(tokio::spawn(client(front, ticket, Arc::clone(&answered))));
        }
        Self { answered, clients }
    }

    async fn enough(&self) {
        eventually("enough answers", async || {
            (self.answered.load(Ordering::Relaxed) >= ENOUGH).then_some(())
        })
        .await;
    }

    async fn over(self) -> Vec<Sent> {
        let mut sent = Vec::new();
        for client in self.clients {
            sent.extend(client.await.expect("a client ends well"));
        }
        sent
    }
}

/// How many committed calls bear each key.
async fn commits(site: &Site) -> HashMap<String, i64> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT body->>'request_id', count(DISTINCT chain || ':' || (body->>'ticket_version'))
         FROM audit_events WHERE chain <> 'house' GROUP BY 1",
    )
    .fetch_all(site.database.pool())
    .await
    .expect("the events");
    rows.into_iter().collect()
}

fn key(sent: &Sent) -> String {
    sent.body["request_id"].as_str().expect("a key").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_killed_under_load_has_lost_nothing_it_acknowledged() {
    let site = Site::new().await;
    let host = site.serve().await;
    let load = Load::on(&host).await;
    load.enough().await;
    host.kill_9().await;
    let sent = load.over().await;
    let unanswered = sent.iter().filter(|sent| sent.answer.is_none()).count();
    assert_eq!(unanswered, CLIENTS, "each client was cut off");

    // sessions of the dead host may still be ending
    let host = site.serve().await;
    let before = commits(&site).await;
    for sent in sent.iter().filter(|sent| sent.answer.is_some()) {
        assert_eq!(
            before.get(&key(sent)),
            Some(&1),
            "acknowledged, and there once"
        );
    }
    for sent in &sent {
        let again: Reply = host
            .front
            .call(&host.front.intake(), sent.tool, &sent.body)
            .await;
        assert_eq!(again.status, 200, "{}", again.text());
        if let Some(answer) = &sent.answer {
            assert_eq!(again.body, answer, "the same answer, byte for byte");
            assert_eq!(again.header("idempotency-replayed"), Some("true"));
        }
    }
    let after = commits(&site).await;
    for sent in &sent {
        assert_eq!(after.get(&key(sent)), Some(&1));
    }
    assert_eq!(
        after.len(),
        sent.len() + CLIENTS,
        "and nothing else was committed"
    );
    for sent in sent.iter().filter(|sent| sent.tool == "ticket.add_message") {
        let ticket = sent.body["ticket_id"].as_str().expect("a ticket");
        chain::verified(&site.database, ticket).await;
    }
    site.audit_is_clean().await;
    host.terminate();
    assert!(host.ended().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_told_to_stop_answers_every_call_it_took() {
    let site = Site::new().await;
    let host = site.serve().await;
    let load = Load::on(&host).await;
    load.enough().await;
    host.terminate();
    let sent = load.over().await;
    assert!(host.ended().await.success(), "exit status 0");
    let commits = commits(&site).await;
    for sent in &sent {
        let expected = sent.answer.as_ref().map(|_| &1);
        assert_eq!(
            commits.get(&key(sent)),
            expected,
            "taken is answered, unanswered was not taken"
        );
    }
    site.audit_is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_still_queued_are_written_before_a_host_ends() {
    let site = Site::new().await;
    let host = site.serve().await;
    let (ticket, _) = host.front.open(&bodies::bare()).await;
    let calls = (0..200).map(|_| {
        let front = &host.front;
        let body = addressed(&ticket, &json!({ "note": { "text": "early" } }));
        async move {
            front
                .call(&front.intake(), "closeout.add_note", &body)
                .await
                .status
        }
    });
    let statuses = futures::future::join_all(calls).await;
    assert!(statuses.iter().all(|status| *status == 403), "{statuses:?}");
    host.terminate();
    assert!(host.ended().await.success());
    let recorded: i64 =
        sqlx::query_scalar("SELECT count(*) FROM decisions WHERE code = 'role_forbidden'")
            .fetch_one(site.database.pool())
            .await
            .expect("a count");
    assert_eq!(recorded, 200);
}
