//! Whose gateways and boards they are.

use dispatch_contract::OrganizationId;
use dispatch_contract::event::{Event, EventType};
use dispatch_contract::gateway::Organization;
use serde_json::json;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::house::{self, HouseEvent};
use crate::ledger::Ledger;
use crate::register::Clash;
use crate::stored;

/// Organizations listed at most.
const MAX_ORGANIZATIONS: i64 = 1_000;

impl Ledger {
    /// Register an organization. Writes `organization.registered`, payload `{organization}`.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn add_organization(
        &self,
        organization: &Organization,
        mut event: HouseEvent,
    ) -> Result<Result<Event, Clash>, LedgerError> {
        event.kind = EventType::OrganizationRegistered;
        event.payload = json!({ "organization": organization });
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let written = sqlx::query!(
            "INSERT INTO organizations (organization_id, name, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (lower(name)) DO NOTHING",
            organization.organization_id.to_string(),
            organization.name,
            instant(organization.created_at),
        )
        .execute(&mut *transaction)
        .await?;
        if written.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(Err(Clash::NameTaken));
        }
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Ok(event))
    }

    /// The organizations, by name; with an id, that one alone.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn organizations(
        &self,
        only: Option<OrganizationId>,
    ) -> Result<Vec<Organization>, LedgerError> {
        let rows = sqlx::query!(
            "SELECT organization_id, name, created_at FROM organizations
             WHERE $1::text IS NULL OR organization_id = $1 ORDER BY lower(name) LIMIT $2",
            only.map(|id| id.to_string()),
            MAX_ORGANIZATIONS,
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Organization {
                    organization_id: stored::read_name("organization's id", &row.organization_id)?,
                    name: row.name,
                    created_at: row.created_at.into(),
                })
            })
            .collect()
    }
}
