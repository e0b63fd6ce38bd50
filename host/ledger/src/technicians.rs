//! The register of technicians. Every change is a fact of the house.

use dispatch_contract::TechnicianId;
use dispatch_contract::event::{Event, EventType};
use dispatch_contract::reading::Technician;
use serde_json::json;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::house::{self, HouseEvent};
use crate::ledger::Ledger;
use crate::stored;

/// Technicians listed at most: a register, not a crowd.
const MAX_TECHNICIANS: i64 = 10_000;

/// A technician as they are to stand in the register, and what is known of the change.
#[derive(Clone, PartialEq, Debug)]
pub struct Registration {
    /// As they are to stand.
    pub technician: Technician,
    /// Id, time, actor and pack of the event; its kind and payload are set here.
    pub event: HouseEvent,
}

struct Row {
    technician_id: String,
    name: String,
    active: bool,
    timezone: String,
    phone: Option<String>,
}

impl Row {
    fn read(self) -> Result<Technician, LedgerError> {
        Ok(Technician {
            technician_id: stored::read_name("technician's id", &self.technician_id)?,
            name: self.name,
            active: self.active,
            timezone: stored::read_name("technician's timezone", &self.timezone)?,
            phone: self.phone,
        })
    }
}

impl Ledger {
    /// Register a technician, or change one (deactivate with `active` false). Writes
    /// `technician.registered` with the technician as payload.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn register_technician(
        &self,
        registration: Registration,
    ) -> Result<Event, LedgerError> {
        let Registration {
            technician,
            mut event,
        } = registration;
        let at = instant(event.occurred_at);
        event.kind = EventType::TechnicianRegistered;
        event.payload = json!({ "technician": technician });
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        sqlx::query!(
            "INSERT INTO technicians (technician_id, name, active, timezone, phone, registered_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $6)
             ON CONFLICT (technician_id) DO UPDATE SET name = excluded.name, active = excluded.active,
                 timezone = excluded.timezone, phone = excluded.phone, updated_at = excluded.updated_at",
            technician.technician_id.to_string(),
            technician.name,
            technician.active,
            technician.timezone.to_string(),
            technician.phone,
            at,
        )
        .execute(&mut *transaction)
        .await?;
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(event)
    }

    /// The whole register, by name.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn technicians(&self) -> Result<Vec<Technician>, LedgerError> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT technician_id, name, active, timezone, phone FROM technicians
             ORDER BY name, technician_id LIMIT $1",
            MAX_TECHNICIANS
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// One technician.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn technician(
        &self,
        technician_id: TechnicianId,
    ) -> Result<Option<Technician>, LedgerError> {
        let row = sqlx::query_as!(
            Row,
            "SELECT technician_id, name, active, timezone, phone FROM technicians
             WHERE technician_id = $1",
            technician_id.to_string()
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(Row::read).transpose()
    }
}
