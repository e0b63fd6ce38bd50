//! The database itself refuses to change what was recorded, whoever asks.

use sqlx::AssertSqlSafe;

use crate::scene::Scene;

#[tokio::test]
async fn recorded_rows_refuse_update_delete_and_truncate_for_owner_and_superuser() {
    let scene = Scene::new().await;
    scene.ticket().await;
    let mut session = scene.database.pool().acquire().await.unwrap();
    let owner: bool = sqlx::query_scalar(
        "SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE relname = 'audit_events'",
    )
    .fetch_one(&mut *session)
    .await
    .unwrap();
    assert!(owner, "the test speaks as the tables' owner");
    for role in ["origin", "replica"] {
        sqlx::raw_sql(AssertSqlSafe(format!(
            "SET session_replication_role = {role}"
        )))
        .execute(&mut *session)
        .await
        .unwrap();
        for statement in [
            "UPDATE audit_events SET hash = hash",
            "UPDATE audit_events SET hash = hash WHERE false",
            "DELETE FROM audit_events",
            "TRUNCATE audit_events",
            "INSERT INTO audit_events SELECT * FROM audit_events ON CONFLICT (event_id) DO UPDATE SET hash = ''",
            "UPDATE decisions SET judged_us = 0",
            "DELETE FROM decisions",
            "TRUNCATE decisions",
            "TRUNCATE tickets CASCADE; TRUNCATE audit_events CASCADE",
        ] {
            let refused = sqlx::raw_sql(statement).execute(&mut *session).await;
            assert!(refused.is_err(), "{role}: {statement}");
        }
    }
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_events")
        .fetch_one(&mut *session)
        .await
        .unwrap();
    assert_eq!(events, 2);
}

#[tokio::test]
async fn another_role_is_not_granted_it_either() {
    let scene = Scene::new().await;
    let granted: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, privilege_type::text FROM information_schema.role_table_grants
         WHERE table_name IN ('audit_events', 'decisions')
           AND privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')",
    )
    .fetch_all(scene.database.pool())
    .await
    .unwrap();
    assert_eq!(granted, []);
}

/// A foreign key without an index makes every change of what it names a scan.
#[tokio::test]
async fn every_foreign_key_has_its_index() {
    let scene = Scene::new().await;
    let bare: Vec<String> = sqlx::query_scalar(
        "SELECT c.conname::text FROM pg_constraint c
         WHERE c.contype = 'f' AND NOT EXISTS (
             SELECT FROM pg_index i WHERE i.indrelid = c.conrelid
                 AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] = c.conkey)",
    )
    .fetch_all(scene.database.pool())
    .await
    .unwrap();
    assert_eq!(bare, Vec::<String>::new());
}
