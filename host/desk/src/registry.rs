//! Operators' chores: the register of technicians, credentials taken back.
//! Each is an event of the house's own chain.

use dispatch_contract::event::EventType;
use dispatch_contract::reading::Technician;
use dispatch_contract::{Actor, EventId, PrincipalId, Refusal, Role};
use dispatch_ledger::{HouseEvent, Registration, Revocation};
use serde_json::Value;
use ulid::Ulid;

use crate::refuse::{ledger_away, write_away};
use crate::{Desk, Inner};

/// The host acting of its own accord, such as when it activates a pack it found.
pub(crate) const THE_HOST: Actor = Actor {
    role: Role::OperatorAdmin,
    id: PrincipalId(Ulid::nil()),
};

impl Desk {
    /// Register a technician or change one.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn put_technician(
        &self,
        actor: Actor,
        technician: &Technician,
        correlation_id: Option<&str>,
    ) -> Result<(), Refusal> {
        let inner = &*self.inner;
        let kind = EventType::TechnicianRegistered;
        inner
            .ledger
            .register_technician(Registration {
                technician: technician.clone(),
                event: inner.house_event(kind, actor, Value::Null, correlation_id),
            })
            .await
            .map_err(write_away)?;
        inner.committed.send_modify(|count| *count += 1);
        Ok(())
    }

    /// Take a credential back. Revoking it again changes nothing.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn revoke(
        &self,
        actor: Actor,
        token_id: Ulid,
        correlation_id: Option<&str>,
    ) -> Result<(), Refusal> {
        let inner = &*self.inner;
        let kind = EventType::CredentialRevoked;
        inner
            .ledger
            .revoke(Revocation {
                token_id: token_id.to_string(),
                expires_at: None,
                event: inner.house_event(kind, actor, Value::Null, correlation_id),
            })
            .await
            .map_err(write_away)?;
        inner.committed.send_modify(|count| *count += 1);
        Ok(())
    }

    /// The ids of all credentials that were taken back.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn revoked(&self) -> Result<Vec<Ulid>, Refusal> {
        let now = self.inner.clock.now();
        let ids = self.inner.ledger.revoked(now).await.map_err(ledger_away)?;
        Ok(ids
            .iter()
            .filter_map(|id| Ulid::from_string(id).ok())
            .collect())
    }
}

impl Desk {
    /// A fact of the house as it begins, now: for rooms that write facts of their own. The
    /// house itself does it where no actor is given.
    #[must_use]
    pub fn begin_fact(&self, kind: EventType, actor: Option<Actor>) -> HouseEvent {
        self.inner
            .house_event(kind, actor.unwrap_or(THE_HOST), Value::Null, None)
    }
}

impl Inner {
    /// A fact of the house, now.
    pub(crate) fn house_event(
        &self,
        kind: EventType,
        actor: Actor,
        payload: Value,
        correlation_id: Option<&str>,
    ) -> HouseEvent {
        HouseEvent {
            event_id: EventId(self.clock.fresh()),
            occurred_at: self.clock.now(),
            request_id: self.clock.fresh().to_string(),
            kind,
            actor,
            payload,
            correlation_id: correlation_id.map(str::to_owned),
            pack: self.pack.current().reference().clone(),
        }
    }
}
