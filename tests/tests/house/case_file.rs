//! Audit and decisions are append-only for the host's own connection: the database
//! itself refuses to change or remove a row.

use dispatch_contract::State;
use sqlx::AssertSqlSafe;

use crate::support::{House, chain};

#[tokio::test]
async fn no_row_of_the_audit_is_changed_or_removed() {
    let house = House::start().await;
    let told = house.advance_to(State::Scheduled).await;
    let before = chain::verified(&house.database, &told.id).await;
    let pool = house.database.pool();
    for table in ["audit_events", "decisions"] {
        for sql in [
            format!("UPDATE {table} SET tx_id = tx_id"),
            format!("UPDATE {table} SET tool = tool"),
            format!("DELETE FROM {table}"),
            format!("DELETE FROM {table} WHERE false"),
            format!("TRUNCATE {table}"),
            format!("TRUNCATE {table} CASCADE"),
            format!("WITH gone AS (DELETE FROM {table} RETURNING 1) SELECT count(*) FROM gone"),
        ] {
            if sql.contains(if table == "decisions" {
                "tx_id"
            } else {
                "tool"
            }) {
                continue;
            }
            for role in ["origin", "replica"] {
                let mut session = pool.acquire().await.expect("a session");
                let set = format!("SET session_replication_role = {role}");
                sqlx::query(AssertSqlSafe(set))
                    .execute(&mut *session)
                    .await
                    .expect("set");
                let tried = sqlx::query(AssertSqlSafe(sql.clone()))
                    .execute(&mut *session)
                    .await;
                sqlx::query("RESET session_replication_role")
                    .execute(&mut *session)
                    .await
                    .expect("reset");
                let error = tried.expect_err(&sql);
                let code = error
                    .as_database_error()
                    .and_then(|error| error.code().map(|code| code.into_owned()));
                // restrict_violation by the trigger, or insufficient_privilege before it
                assert!(
                    matches!(code.as_deref(), Some("23001" | "42501")),
                    "{sql}: {error}"
                );
            }
        }
    }
    assert_eq!(chain::verified(&house.database, &told.id).await, before);
}
