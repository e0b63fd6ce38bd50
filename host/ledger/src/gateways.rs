//! The register of gateways. Every change is a fact of the house.

use chrono::{DateTime, Utc};
use dispatch_contract::event::{Event, EventType};
use dispatch_contract::gateway::Gateway;
use dispatch_contract::reading::Page;
use dispatch_contract::{GatewayId, OrganizationId, Timestamp};
use serde_json::json;
use sqlx::postgres::PgConnection;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::house::{self, HouseEvent};
use crate::ledger::Ledger;
use crate::register::Clash;
use crate::{cursor, stored};

/// What a listing of gateways asks for; all that is given must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GatewayFilter {
    /// This one.
    pub gateway_id: Option<GatewayId>,
    /// Of this organization.
    pub organization_id: Option<OrganizationId>,
    /// After this page.
    pub cursor: Option<String>,
    /// So many; 0 stands for a page.
    pub limit: u32,
}

struct Row {
    gateway_id: String,
    organization_id: String,
    name: String,
    url: String,
    token_ref: Option<String>,
    device_key_ref: Option<String>,
    device_pairing: bool,
    allow_insecure_tls: bool,
    token_in_query: bool,
    workspace_root: String,
    minimum_version: Option<String>,
    send_channels: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn read(self) -> Result<Gateway, LedgerError> {
        Ok(Gateway {
            gateway_id: stored::read_name("gateway's id", &self.gateway_id)?,
            organization_id: stored::read_name("gateway's organization", &self.organization_id)?,
            name: self.name,
            url: self.url,
            token_ref: self.token_ref,
            device_key_ref: self.device_key_ref,
            device_pairing: self.device_pairing,
            allow_insecure_tls: self.allow_insecure_tls,
            token_in_query: self.token_in_query,
            workspace_root: self.workspace_root,
            minimum_version: self.minimum_version,
            send_channels: stored::read("gateway's channels", &self.send_channels)?,
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
        })
    }
}

impl Ledger {
    /// Register a gateway. Writes `gateway.registered`, payload `{gateway}`.
    ///
    /// # Errors
    /// Where its organization is not known, or the database cannot answer in time.
    pub async fn add_gateway(
        &self,
        gateway: &Gateway,
        mut event: HouseEvent,
    ) -> Result<Result<Event, Clash>, LedgerError> {
        event.kind = EventType::GatewayRegistered;
        event.payload = json!({ "gateway": gateway });
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        if name_taken(&mut transaction, gateway).await? {
            transaction.rollback().await?;
            return Ok(Err(Clash::NameTaken));
        }
        sqlx::query!(
            "INSERT INTO gateways (gateway_id, organization_id, name, url, token_ref, device_key_ref,
                 device_pairing, allow_insecure_tls, token_in_query, workspace_root, minimum_version,
                 send_channels, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::json, $13, $14)",
            gateway.gateway_id.to_string(),
            gateway.organization_id.to_string(),
            gateway.name,
            gateway.url,
            gateway.token_ref,
            gateway.device_key_ref,
            gateway.device_pairing,
            gateway.allow_insecure_tls,
            gateway.token_in_query,
            gateway.workspace_root,
            gateway.minimum_version,
            stored::json(&gateway.send_channels),
            instant(gateway.created_at),
            instant(gateway.updated_at),
        )
        .execute(&mut *transaction)
        .await?;
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Ok(event))
    }

    /// Put a gateway's entry as it is to stand, where it was last changed at `as_read`: else
    /// it is a clash. Its organization never changes. Writes `gateway.updated`, payload
    /// `{gateway}`.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn update_gateway(
        &self,
        gateway: &Gateway,
        as_read: Timestamp,
        mut event: HouseEvent,
    ) -> Result<Result<Event, Clash>, LedgerError> {
        event.kind = EventType::GatewayUpdated;
        event.payload = json!({ "gateway": gateway });
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        if name_taken(&mut transaction, gateway).await? {
            transaction.rollback().await?;
            return Ok(Err(Clash::NameTaken));
        }
        let written = sqlx::query!(
            "UPDATE gateways SET name = $2, url = $3, token_ref = $4, device_key_ref = $5,
                 device_pairing = $6, allow_insecure_tls = $7, token_in_query = $8,
                 workspace_root = $9, minimum_version = $10, send_channels = $11::text::json,
                 updated_at = $12
             WHERE gateway_id = $1 AND updated_at = $13",
            gateway.gateway_id.to_string(),
            gateway.name,
            gateway.url,
            gateway.token_ref,
            gateway.device_key_ref,
            gateway.device_pairing,
            gateway.allow_insecure_tls,
            gateway.token_in_query,
            gateway.workspace_root,
            gateway.minimum_version,
            stored::json(&gateway.send_channels),
            instant(gateway.updated_at),
            instant(as_read),
        )
        .execute(&mut *transaction)
        .await?;
        if written.rows_affected() == 0 {
            let there = sqlx::query_scalar!(
                r#"SELECT EXISTS (SELECT FROM gateways WHERE gateway_id = $1) AS "there!""#,
                gateway.gateway_id.to_string()
            )
            .fetch_one(&mut *transaction)
            .await?;
            transaction.rollback().await?;
            return Ok(Err(if there { Clash::Changed } else { Clash::Gone }));
        }
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Ok(event))
    }

    /// Strike a gateway off: its main agent goes with it, boards and their agents stay
    /// without a gateway. Writes `gateway.removed`, payload `{gateway_id}`. None where
    /// there is no such gateway.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn remove_gateway(
        &self,
        gateway_id: GatewayId,
        mut event: HouseEvent,
    ) -> Result<Option<Event>, LedgerError> {
        event.kind = EventType::GatewayRemoved;
        event.payload = json!({ "gateway_id": gateway_id });
        let (id, at) = (gateway_id.to_string(), instant(event.occurred_at));
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        sqlx::query!(
            "DELETE FROM gateway_agents WHERE gateway_id = $1 AND kind = 'main'",
            id
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "UPDATE gateway_agents SET gateway_id = NULL, made_at = NULL, check_in_deadline = NULL,
                 status = CASE WHEN status = 'removing' THEN status ELSE 'offline' END,
                 generation = generation + 1, updated_at = $2
             WHERE gateway_id = $1",
            id,
            at
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "UPDATE boards SET gateway_id = NULL, updated_at = $2 WHERE gateway_id = $1",
            id,
            at
        )
        .execute(&mut *transaction)
        .await?;
        let gone = sqlx::query!("DELETE FROM gateways WHERE gateway_id = $1", id)
            .execute(&mut *transaction)
            .await?;
        house::append_where_changed(transaction, &gone, event).await
    }

    /// The gateways, oldest first.
    ///
    /// # Errors
    /// For a cursor that is none, or where the database cannot answer in time.
    pub async fn gateways(&self, filter: &GatewayFilter) -> Result<Page<Gateway>, LedgerError> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT gateway_id, organization_id, name, url, token_ref, device_key_ref, device_pairing,
                 allow_insecure_tls, token_in_query, workspace_root, minimum_version,
                 send_channels::text AS "send_channels!", created_at, updated_at
             FROM gateways
             WHERE ($1::text IS NULL OR gateway_id = $1) AND ($2::text IS NULL OR organization_id = $2)
               AND ($3::text IS NULL OR gateway_id > $3)
             ORDER BY gateway_id LIMIT $4"#,
            filter.gateway_id.map(|id| id.to_string()),
            filter.organization_id.map(|id| id.to_string()),
            cursor::id(filter.cursor.as_deref())?,
            cursor::fetch(filter.limit),
        )
        .fetch_all(&self.pool)
        .await?;
        let gateways: Vec<Gateway> = rows.into_iter().map(Row::read).collect::<Result<_, _>>()?;
        Ok(cursor::page(gateways, filter.limit, |gateway| {
            gateway.gateway_id.to_string()
        }))
    }

    /// One gateway.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn gateway(&self, gateway_id: GatewayId) -> Result<Option<Gateway>, LedgerError> {
        let only = GatewayFilter {
            gateway_id: Some(gateway_id),
            limit: 1,
            ..GatewayFilter::default()
        };
        Ok(self.gateways(&only).await?.items.pop())
    }
}

/// Does another gateway of its organization have its name? Asked under the house's lock.
async fn name_taken(connection: &mut PgConnection, gateway: &Gateway) -> Result<bool, LedgerError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM gateways WHERE organization_id = $1 AND lower(name) = lower($2)
               AND gateway_id <> $3) AS "taken!""#,
        gateway.organization_id.to_string(),
        gateway.name,
        gateway.gateway_id.to_string(),
    )
    .fetch_one(connection)
    .await?)
}
