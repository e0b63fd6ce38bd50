//! Who watches the gateways, and how each was found last.
//!
//! Every host watches every gateway; the one that holds a gateway's watch writes down what
//! it sees. The hold ends by the database's clock, so that a host that is gone is followed
//! by another.

use std::time::Duration;

use chrono::{DateTime, Utc};
use dispatch_contract::GatewayId;
use dispatch_contract::event::{Event, EventType};
use dispatch_contract::gateway::{Gateway, GatewayStatus, GatewayStatusChange};
use dispatch_contract::gateway_health::GatewayAlert;
use serde_json::Value;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::gateways::GatewayFilter;
use crate::house::{self, HouseEvent};
use crate::ledger::Ledger;
use crate::stored::{self, short};

/// Gateways watched at most.
const MAX_WATCHED: usize = 1_000;

/// A gateway as a host watches it.
#[derive(Clone, PartialEq, Debug)]
pub struct WatchedGateway {
    /// Its entry.
    pub gateway: Gateway,
    /// This host writes down what is seen of it.
    pub held: bool,
    /// How it was found last.
    pub status: GatewayStatus,
    /// An operator was called about it, and it is not over yet.
    pub alerted: bool,
}

impl Ledger {
    /// Take hold of every gateway that nobody else watches, and prolong the holds of this
    /// watcher that are half over; answers all gateways, the oldest first.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn watch_gateways(
        &self,
        watcher: &str,
        hold: Duration,
    ) -> Result<Vec<WatchedGateway>, LedgerError> {
        sqlx::query!(
            "UPDATE gateways SET watcher = $1,
                 watch_until = clock_timestamp() + make_interval(secs => $2::float8)
             WHERE gateway_id IN (
                 SELECT gateway_id FROM gateways
                 WHERE watcher IS NULL OR watch_until <= clock_timestamp()
                    OR (watcher = $1
                        AND watch_until <= clock_timestamp() + make_interval(secs => $2::float8 / 2))
                 FOR UPDATE SKIP LOCKED)",
            watcher,
            hold.as_secs_f64(),
        )
        .execute(&self.pool)
        .await?;
        let rows = sqlx::query!(
            r#"SELECT gateway_id, (watcher = $1 AND watch_until > clock_timestamp()) AS held,
                   status, alerted_at AS "alerted_at: DateTime<Utc>"
               FROM gateways ORDER BY gateway_id LIMIT $2"#,
            watcher,
            i64::try_from(MAX_WATCHED).unwrap_or(i64::MAX),
        )
        .fetch_all(&self.pool)
        .await?;
        let mut watches = std::collections::BTreeMap::new();
        for row in rows {
            let status: GatewayStatus = stored::read_name("gateway's status", &row.status)?;
            let held = row.held.unwrap_or(false);
            watches.insert(row.gateway_id, (held, status, row.alerted_at.is_some()));
        }
        let mut watched = Vec::with_capacity(watches.len());
        let mut filter = GatewayFilter {
            limit: dispatch_contract::reading::MAX_PAGE,
            ..GatewayFilter::default()
        };
        while watched.len() < MAX_WATCHED {
            let page = self.gateways(&filter).await?;
            for gateway in page.items {
                let found = watches.get(&gateway.gateway_id.to_string());
                if let Some(&(held, status, alerted)) = found {
                    watched.push(WatchedGateway {
                        gateway,
                        held,
                        status,
                        alerted,
                    });
                }
            }
            filter.cursor = page.next_cursor;
            if filter.cursor.is_none() {
                break;
            }
        }
        Ok(watched)
    }

    /// Write down that a gateway was found in another condition (`gateway.status_changed`;
    /// kind, and the payload's `from`, are set here). None where it was so already, or this
    /// watcher does not hold it any more.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn gateway_found(
        &self,
        watcher: &str,
        mut change: GatewayStatusChange,
        mut event: HouseEvent,
    ) -> Result<Option<Event>, LedgerError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let Some(from) = sqlx::query_scalar!(
            "SELECT status FROM gateways
             WHERE gateway_id = $1 AND watcher = $2 AND watch_until > clock_timestamp()
               AND status <> $3 FOR UPDATE",
            change.gateway_id.to_string(),
            watcher,
            change.to.name(),
        )
        .fetch_optional(&mut *transaction)
        .await?
        else {
            transaction.rollback().await?;
            return Ok(None);
        };
        change.from = stored::read_name("gateway's status", &from)?;
        change.reason = change.reason.as_deref().map(short);
        sqlx::query!(
            "UPDATE gateways SET status = $2, status_since = $3 WHERE gateway_id = $1",
            change.gateway_id.to_string(),
            change.to.name(),
            instant(event.occurred_at),
        )
        .execute(&mut *transaction)
        .await?;
        event.kind = EventType::GatewayStatusChanged;
        event.payload = serde_json::to_value(&change).unwrap_or(Value::Null);
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Some(event))
    }

    /// Call an operator about a gateway, or say that it is over (`escalation.raised`; kind
    /// and payload of `event` are set here). None where that was said already, or this
    /// watcher does not hold it any more.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn gateway_alert(
        &self,
        watcher: &str,
        alert: &GatewayAlert,
        mut event: HouseEvent,
    ) -> Result<Option<Event>, LedgerError> {
        let GatewayId(id) = alert.gateway_id;
        let at = (!alert.over).then(|| instant(event.occurred_at));
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let done = sqlx::query!(
            "UPDATE gateways SET alerted_at = $3
             WHERE gateway_id = $1 AND watcher = $2 AND watch_until > clock_timestamp()
               AND (alerted_at IS NULL) = ($3::timestamptz IS NOT NULL)",
            id.to_string(),
            watcher,
            at,
        )
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(None);
        }
        event.kind = EventType::EscalationRaised;
        let reason = alert.reason.as_deref().map(short);
        let alert = GatewayAlert {
            reason,
            ..alert.clone()
        };
        event.payload = serde_json::to_value(alert).unwrap_or(Value::Null);
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Some(event))
    }

    /// Let go of every gateway, so that another host follows at once.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn unwatch_gateways(&self, watcher: &str) -> Result<(), LedgerError> {
        sqlx::query!(
            "UPDATE gateways SET watcher = NULL, watch_until = NULL WHERE watcher = $1",
            watcher
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
