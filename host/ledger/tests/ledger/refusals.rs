//! Refusals: batches, flush, shutdown, and a database that went away for a while.

use dispatch_contract::reading::DecisionFilter;
use dispatch_contract::refusal::Code;

use crate::scene::{Scene, refusal};

async fn count(scene: &Scene) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM decisions")
        .fetch_one(scene.database.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn ten_thousand_refusals_are_all_written_and_none_twice() {
    let scene = Scene::new().await;
    for _ in 0..10_000 {
        let record = refusal("ticket.create", None, Code::RoleForbidden);
        scene.ledger.record_refusal(record).await.unwrap();
    }
    scene.ledger.flush_refusals().await.unwrap();
    assert_eq!(count(&scene).await, 10_000);
    assert_eq!(scene.ledger.refusals_waiting_and_written().1, 10_000);
}

#[tokio::test]
async fn a_cut_connection_costs_no_refusal() {
    let scene = Scene::new().await;
    let mut sent = 0;
    for round in 0..20 {
        for _ in 0..100 {
            let record = refusal("schedule.confirm", None, Code::RoleForbidden);
            scene.ledger.record_refusal(record).await.unwrap();
            sent += 1;
        }
        if round % 5 == 2 {
            sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
                .execute(scene.database.pool())
                .await
                .unwrap();
        }
        tokio::task::yield_now().await;
    }
    scene.ledger.flush_refusals().await.unwrap();
    assert_eq!(count(&scene).await, sent);
}

#[tokio::test]
async fn a_shutdown_writes_what_is_queued_and_refuses_what_comes_after() {
    let scene = Scene::new().await;
    let mut odd = refusal("no\0such.tool", None, Code::UnknownTool);
    odd.decision.actor = None;
    odd.decision.pack = None;
    scene.ledger.record_refusal(odd.clone()).await.unwrap();
    scene.ledger.shutdown().await.unwrap();
    assert_eq!(count(&scene).await, 1);

    let later = dispatch_ledger::Ledger::connect(scene.database.url(), 4)
        .await
        .unwrap();
    let page = later.decisions(&DecisionFilter::default()).await.unwrap();
    odd.decision.tool = "no\u{fffd}such.tool".into();
    assert_eq!(page.items, [odd.decision]);
}
