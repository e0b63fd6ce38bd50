//! Which pack is active: the one with the highest revision. Their contents are in
//! `pack_files.rs`.

use dispatch_contract::Timestamp;
use dispatch_contract::event::{Event, EventType, PackRef};

use crate::begin::instant;
use crate::error::LedgerError;
use crate::house::{self, HouseEvent};
use crate::ledger::Ledger;
use crate::stored;

/// Activations listed at most.
const MAX_ACTIVATIONS: i64 = 200;

/// A pack that became the active one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Activation {
    /// Grows with every activation; the highest is active.
    pub revision: u64,
    /// The pack.
    pub pack: PackRef,
    /// When.
    pub activated_at: Timestamp,
}

impl Ledger {
    /// The stored packs whose digest begins so, three at most: more than one is no name.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn packs_called(&self, digest_prefix: &str) -> Result<Vec<PackRef>, LedgerError> {
        Ok(sqlx::query_as!(
            PackRef,
            "SELECT name, version, digest FROM packs WHERE starts_with(digest, $1)
             ORDER BY digest LIMIT 3",
            digest_prefix
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Make a stored pack the active one under a revision higher than all before, and
    /// say so in the house's chain (`policy.pack_activated`, or the kind that
    /// `event` has where it is `policy.pack_rolled_back`); in shadow it is no longer.
    /// None where another revision is active than `base`, the one that the pack was compared
    /// with (0 where none was active), or the revision does not grow: another host was first.
    ///
    /// # Errors
    /// Where the pack is not stored, or the database cannot answer in time.
    pub async fn activate_pack(
        &self,
        revision: u64,
        base: u64,
        digest: &str,
        mut event: HouseEvent,
    ) -> Result<Option<Event>, LedgerError> {
        if event.kind != EventType::PolicyPackRolledBack {
            event.kind = EventType::PolicyPackActivated;
        }
        let (at, by) = (instant(event.occurred_at), stored::json(&event.actor));
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let highest = sqlx::query_scalar!(
            r#"SELECT coalesce(max(revision), 0) AS "n!" FROM pack_activations"#
        )
        .fetch_one(&mut *transaction)
        .await?;
        let revision = stored::signed(revision);
        if highest != stored::signed(base) || revision <= highest {
            transaction.rollback().await?;
            return Ok(None);
        }
        let event = house::append(&mut transaction, event).await?;
        sqlx::query!(
            "INSERT INTO pack_activations (revision, digest, activated_at, activated_by, house_sequence)
             VALUES ($1, $2, $3, $4::text::json, $5)",
            revision,
            digest,
            at,
            by,
            stored::signed(event.sequence),
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "UPDATE pack_modes SET mode = 'off' WHERE digest = $1 AND mode = 'shadow'",
            digest
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Some(event))
    }

    /// The activation with the highest revision.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn active_pack(&self) -> Result<Option<Activation>, LedgerError> {
        Ok(self.activations(1).await?.into_iter().next())
    }

    /// The highest revision that this content was activated under.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn activated_as(&self, digest: &str) -> Result<Option<u64>, LedgerError> {
        let revision = sqlx::query_scalar!(
            "SELECT max(revision) FROM pack_activations WHERE digest = $1",
            digest
        )
        .fetch_one(&self.pool)
        .await?;
        revision
            .map(|revision| stored::unsigned("activation's revision", revision))
            .transpose()
    }

    /// The pack that was activated under this revision.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn pack_of(&self, revision: u64) -> Result<Option<PackRef>, LedgerError> {
        Ok(sqlx::query_as!(
            PackRef,
            "SELECT p.name, p.version, p.digest
             FROM pack_activations a JOIN packs p ON p.digest = a.digest WHERE a.revision = $1",
            stored::signed(revision),
        )
        .fetch_optional(&self.pool)
        .await?)
    }

    /// The last activations, the highest revision first, 200 at most.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn pack_activations(&self) -> Result<Vec<Activation>, LedgerError> {
        self.activations(MAX_ACTIVATIONS).await
    }

    async fn activations(&self, limit: i64) -> Result<Vec<Activation>, LedgerError> {
        let rows = sqlx::query!(
            "SELECT a.revision, a.digest, a.activated_at, p.name, p.version
             FROM pack_activations a JOIN packs p ON p.digest = a.digest
             ORDER BY a.revision DESC LIMIT $1",
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Activation {
                    revision: stored::unsigned("activation's revision", row.revision)?,
                    pack: PackRef {
                        name: row.name,
                        version: row.version,
                        digest: row.digest,
                    },
                    activated_at: row.activated_at.into(),
                })
            })
            .collect()
    }
}
