//! What somebody changed behind the house's back is found and named.

use dispatch_contract::ticket::Priority;
use dispatch_contract::{TicketId, Verdict};
use dispatch_ledger::{Fault, Rejudge};
use sqlx::AssertSqlSafe;

use crate::commit::set_priority;
use crate::house::register;
use crate::recorded::verdict_on;
use crate::scene::{Scene, fresh_key, technician_id};

/// Changes rows as a superuser who switched the triggers off.
async fn tamper(scene: &Scene, statement: &str) {
    for table in ["audit_events", "decisions"] {
        let sql = format!("ALTER TABLE {table} DISABLE TRIGGER append_only");
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(scene.database.pool())
            .await
            .unwrap();
    }
    let sql = AssertSqlSafe(statement.to_owned());
    sqlx::raw_sql(sql)
        .execute(scene.database.pool())
        .await
        .unwrap();
}

async fn scene_of_three() -> (Scene, Vec<TicketId>) {
    let scene = Scene::new().await;
    let mut tickets = Vec::new();
    for _ in 0..3 {
        let id = scene.ticket().await;
        scene
            .take(&set_priority(id, &fresh_key(), Priority::Emergency), None)
            .await;
        tickets.push(id);
    }
    tickets.sort();
    (scene, tickets)
}

async fn fault(scene: &Scene) -> Fault {
    let report = scene.ledger.verify(None, |_| {}).await.unwrap();
    report.fault.expect("a fault is found")
}

#[tokio::test]
async fn a_changed_payload_is_named_by_chain_sequence_and_event() {
    let (scene, tickets) = scene_of_three().await;
    let victim = tickets[1];
    let event = &scene.ledger.timeline(victim, None, 10).await.unwrap().items[1];
    tamper(&scene, &format!(
        "UPDATE audit_events SET body = replace(body::text, 'stuck', 'fine')::json WHERE event_id = '{}'",
        event.event_id
    ))
    .await;
    let found = fault(&scene).await;
    assert_eq!(found.chain, victim.to_string());
    assert_eq!(found.sequence, Some(2));
    assert_eq!(found.event_id, Some(event.event_id.to_string()));
    assert_eq!(found.what, "hash does not belong to the content");
}

#[tokio::test]
async fn removed_truncated_forged_and_disagreeing_rows_are_found() {
    for (statement, expected) in [
        (
            "DELETE FROM audit_events WHERE chain = '{}' AND sequence = 2",
            "sequence is 3, expected 2",
        ),
        (
            "DELETE FROM audit_events WHERE chain = '{}' AND sequence = 3",
            "the chain ends at 2",
        ),
        (
            "DELETE FROM audit_events WHERE chain = '{}'",
            "the ticket has no events",
        ),
        (
            "UPDATE audit_events SET kind = 'ticket.created' WHERE chain = '{}' AND sequence = 3",
            "the column kind",
        ),
        (
            "UPDATE tickets SET chain_hash = repeat('0', 64) WHERE ticket_id = '{}'",
            "with another hash",
        ),
        (
            "DELETE FROM decisions WHERE ticket_id = '{}' AND last_sequence = 3",
            "there is no decision",
        ),
        (
            "UPDATE decisions SET pack_digest = repeat('0', 64) WHERE ticket_id = '{}'",
            "another pack",
        ),
        (
            "UPDATE decisions SET actor_id = repeat('0', 26) WHERE ticket_id = '{}'",
            "another actor",
        ),
    ] {
        let (scene, tickets) = scene_of_three().await;
        let victim = tickets[2].to_string();
        tamper(&scene, &statement.replace("{}", &victim)).await;
        let found = fault(&scene).await;
        assert_eq!(found.chain, victim, "{statement}");
        assert!(found.what.contains(expected), "{statement}: {}", found.what);
    }
}

#[tokio::test]
async fn the_end_of_the_houses_chain_cannot_be_taken_away() {
    for (statement, expected) in [
        (
            "DELETE FROM audit_events WHERE chain = 'house' AND sequence = (SELECT max(sequence)
                FROM audit_events WHERE chain = 'house')",
            "house_head says",
        ),
        (
            "DELETE FROM audit_events WHERE chain = 'house'",
            "there is none",
        ),
    ] {
        let (scene, _) = scene_of_three().await;
        register(&scene, technician_id(7), "Bo Lind", true).await;
        register(&scene, technician_id(8), "Ada Byrne", true).await;
        let report = scene.ledger.verify(None, |_| {}).await.unwrap();
        assert_eq!(report.fault, None);
        tamper(&scene, statement).await;
        let found = fault(&scene).await;
        assert_eq!(found.chain, "house");
        assert!(found.what.contains(expected), "{}", found.what);
    }
}

#[tokio::test]
async fn a_manipulated_snapshot_and_a_turned_verdict_are_reported() {
    let (scene, tickets) = scene_of_three().await;
    let victim = tickets[0].to_string();
    tamper(&scene, &format!(
        "UPDATE tickets SET snapshot = replace(snapshot::text, '\"emergency\"', '\"standard\"')::json WHERE ticket_id = '{victim}'"
    ))
    .await;
    let recorded = scene.recorded().await;
    let report = scene
        .ledger
        .replay(
            None,
            |_, question| Rejudge::Verdict(verdict_on(&recorded, question)),
            |_| {},
        )
        .await
        .unwrap();
    assert_eq!(report.different, 1, "{:?}", report.differences);
    let found = &report.differences[0];
    assert_eq!((&found.ticket_id, found.sequence), (&victim, 3));
    assert_eq!(found.what, "the stored ticket has another priority");

    let report = scene
        .ledger
        .replay(
            None,
            |_, question| match verdict_on(&recorded, question) {
                Verdict::Allow(mut outcome) => {
                    outcome.determining_policies.clear();
                    Rejudge::Verdict(Verdict::Allow(outcome))
                }
                refused @ Verdict::Refuse(_) => Rejudge::Verdict(refused),
            },
            |_| {},
        )
        .await
        .unwrap();
    assert_eq!((report.calls, report.different), (6, 7));
}
