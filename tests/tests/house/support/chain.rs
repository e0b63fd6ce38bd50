//! What the database holds, seen past the host: chains, and a print of everything that
//! a refusal must leave as it was.

use dispatch_contract::Event;
use dispatch_contract::event::ChainHead;
use dispatch_testing::TestDatabase;
use serde_json::Value;
use sqlx::PgPool;

/// A print of everything but the decisions: equal prints, nothing was committed.
pub(crate) async fn print(pool: &PgPool) -> String {
    sqlx::query_scalar(
        "SELECT concat_ws('/',
            (SELECT md5(coalesce(string_agg(snapshot::text || beside::text || chain_hash, '' ORDER BY ticket_id), '')) FROM tickets),
            (SELECT count(*) FROM tickets), (SELECT count(*) FROM customers),
            (SELECT count(*) FROM audit_events), (SELECT count(*) FROM idempotency),
            (SELECT count(*) FROM outbox), (SELECT count(*) FROM messages),
            (SELECT count(*) FROM notes), (SELECT count(*) FROM attachments),
            (SELECT count(*) FROM assignments), (SELECT count(*) FROM schedule_proposals),
            (SELECT count(*) FROM checklist_items), (SELECT count(*) FROM invoice_drafts))",
    )
    .fetch_one(pool)
    .await
    .expect("the print")
}

/// A ticket's chain as the database has it, verified.
pub(crate) async fn verified(database: &TestDatabase, ticket: &str) -> Vec<Event> {
    let rows: Vec<Value> =
        sqlx::query_scalar("SELECT body FROM audit_events WHERE chain = $1 ORDER BY sequence")
            .bind(ticket)
            .fetch_all(database.pool())
            .await
            .expect("the chain");
    let mut head = ChainHead::default();
    rows.into_iter()
        .map(|row| {
            let event: Event = serde_json::from_value(row).expect("an event");
            head.verify(&event).expect("it belongs right here");
            event
        })
        .collect()
}

/// The types of a chain's events, in order.
pub(crate) async fn kinds(database: &TestDatabase, ticket: &str) -> Vec<&'static str> {
    let chain = verified(database, ticket).await;
    chain.iter().map(|event| event.kind.name()).collect()
}

/// Looks until a session of this database waits for a lock; `who`, for whoever reads that none did.
pub(crate) async fn somebody_waits(pool: &PgPool, who: &str) {
    super::eventually(who, async || {
        let waits = "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let waits: i64 = sqlx::query_scalar(waits)
            .fetch_one(pool)
            .await
            .expect("told");
        (waits > 0).then_some(())
    })
    .await;
}
