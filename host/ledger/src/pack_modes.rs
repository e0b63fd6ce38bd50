//! Packs beside the active one: which is in shadow, and what it judges differently.

use dispatch_contract::event::{EventType, PackRef};
use dispatch_contract::packs::{FlippedCall, ModeChange, PackMode};
use dispatch_contract::reading::Page;
use dispatch_contract::{Timestamp, Tool};
use serde_json::Value;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::house::{self, HouseEvent};
use crate::ledger::Ledger;
use crate::packs::Activation;
use crate::{cursor, stored};

/// Differences kept of one pack; beyond, they are only counted.
pub const MAX_DIFFERENCES: i64 = 10_000;

/// A pack in shadow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shadowed {
    /// The pack.
    pub pack: PackRef,
    /// The tools it judges; none: all of them.
    pub tools: Option<Vec<Tool>>,
    /// Since when.
    pub since: Timestamp,
    /// Calls judged in shadow so far, and how many of them differently.
    pub judged: u64,
    /// See `judged`.
    pub differing: u64,
}

/// What every host is to judge with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackOrder {
    /// The activation with the highest revision.
    pub active: Option<Activation>,
    /// The pack that judges beside it.
    pub shadow: Option<Shadowed>,
}

fn tools(text: Option<String>) -> Result<Option<Vec<Tool>>, LedgerError> {
    text.map(|text| stored::read("shadow's tools", &text))
        .transpose()
}

impl Ledger {
    /// What every host is to judge with: asked again and again.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn pack_order(&self) -> Result<PackOrder, LedgerError> {
        // one row always, so that both are of one moment
        let row = sqlx::query!(
            r#"SELECT a.revision AS "revision?", a.digest AS "digest?", a.activated_at AS "activated_at?",
                   p.name AS "name?", p.version AS "version?",
                   m.digest AS "shadow_digest?", m.tools::text AS shadow_tools, m.changed_at AS "since?",
                   m.judged AS "judged?", m.differing AS "differing?",
                   s.name AS "shadow_name?", s.version AS "shadow_version?"
               FROM (SELECT max(revision) AS highest FROM pack_activations) AS h
               LEFT JOIN pack_activations a ON a.revision = h.highest
               LEFT JOIN packs p ON p.digest = a.digest
               LEFT JOIN pack_modes m ON m.mode = 'shadow'
               LEFT JOIN packs s ON s.digest = m.digest"#
        )
        .fetch_one(&self.pool)
        .await?;
        let pack = |name, version, digest| {
            Some(PackRef {
                name: name?,
                version: version?,
                digest: digest?,
            })
        };
        let active = match (
            pack(row.name, row.version, row.digest),
            row.revision,
            row.activated_at,
        ) {
            (Some(pack), Some(revision), Some(at)) => Some(Activation {
                revision: stored::unsigned("activation's revision", revision)?,
                pack,
                activated_at: at.into(),
            }),
            _ => None,
        };
        let shadow = match (
            pack(row.shadow_name, row.shadow_version, row.shadow_digest),
            row.since,
        ) {
            (Some(pack), Some(since)) => Some(Shadowed {
                pack,
                tools: tools(row.shadow_tools)?,
                since: since.into(),
                judged: stored::unsigned("shadow's count", row.judged.unwrap_or(0))?,
                differing: stored::unsigned("shadow's count", row.differing.unwrap_or(0))?,
            }),
            _ => None,
        };
        Ok(PackOrder { active, shadow })
    }

    /// Put a stored pack into shadow, for these tools or for all, or take it out, wholly
    /// or for these tools; one pack is in shadow at a time. Writes `policy.mode_changed`
    /// with what is so now; none where it was so already.
    ///
    /// # Errors
    /// Where the pack is not stored, or the database cannot answer in time.
    pub async fn set_pack_mode(
        &self,
        mut change: ModeChange,
        mut event: HouseEvent,
    ) -> Result<Option<ModeChange>, LedgerError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let before = sqlx::query!(
            r#"SELECT m.digest, m.tools::text AS tools, p.name, p.version
               FROM pack_modes m JOIN packs p ON p.digest = m.digest WHERE m.mode = 'shadow'"#
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let (before, before_tools) = match before {
            Some(row) => {
                let pack = PackRef {
                    name: row.name,
                    version: row.version,
                    digest: row.digest,
                };
                (Some(pack), tools(row.tools)?)
            }
            None => (None, None),
        };
        let was_here = before.as_ref() == Some(&change.pack);
        if change.mode == PackMode::Off {
            if !was_here {
                transaction.rollback().await?;
                return Ok(None);
            }
            change = without(change, before_tools.clone());
        }
        if was_here && change.mode == PackMode::Shadow && change.tools == before_tools {
            transaction.rollback().await?;
            return Ok(None);
        }
        change.replaced = before.filter(|_| !was_here);
        event.kind = EventType::PolicyModeChanged;
        event.payload = serde_json::to_value(&change).unwrap_or(Value::Null);
        let (at, by) = (instant(event.occurred_at), stored::json(&event.actor));
        let event = house::append(&mut transaction, event).await?;
        sqlx::query!(
            "UPDATE pack_modes SET mode = 'off' WHERE mode = 'shadow' AND digest <> $1",
            change.pack.digest
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "INSERT INTO pack_modes (digest, mode, tools, changed_at, changed_by, house_sequence)
             VALUES ($1, $2, $3::text::json, $4, $5::text::json, $6)
             ON CONFLICT (digest) DO UPDATE SET mode = excluded.mode, tools = excluded.tools,
                 changed_at = excluded.changed_at, changed_by = excluded.changed_by,
                 house_sequence = excluded.house_sequence",
            change.pack.digest,
            change.mode.name(),
            change.tools.as_ref().map(stored::json),
            at,
            by,
            stored::signed(event.sequence),
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Some(change))
    }

    /// Count calls that a pack judged in shadow, and keep those that it judged
    /// differently: 10,000 of one pack at most.
    ///
    /// # Errors
    /// Where the pack never was in shadow, or the database cannot answer in time.
    pub async fn record_shadow(
        &self,
        digest: &str,
        judged: u64,
        differing: &[FlippedCall],
    ) -> Result<(), LedgerError> {
        let mut transaction = self.pool.begin().await?;
        let counted = sqlx::query_scalar!(
            "UPDATE pack_modes SET judged = judged + $2, differing = differing + $3
             WHERE digest = $1 RETURNING differing",
            digest,
            stored::signed(judged),
            stored::signed(differing.len() as u64),
        )
        .fetch_one(&mut *transaction)
        .await?;
        let before = counted - stored::signed(differing.len() as u64);
        let room = usize::try_from(MAX_DIFFERENCES - before).unwrap_or(0);
        let (ids, bodies): (Vec<String>, Vec<String>) = differing
            .iter()
            .take(room)
            .map(|call| (call.decision_id.to_string(), stored::json(call)))
            .unzip();
        if !ids.is_empty() {
            sqlx::query!(
                "INSERT INTO shadow_differences (digest, decision_id, difference)
                 SELECT $1, d.id, d.body::json FROM unnest($2::text[], $3::text[]) AS d (id, body)
                 ON CONFLICT DO NOTHING",
                digest,
                &ids,
                &bodies,
            )
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// What a pack judged differently in shadow, the latest first; without a digest, the
    /// pack that is in shadow, or else the one that was last.
    ///
    /// # Errors
    /// [`LedgerError::BadCursor`], or where the database cannot answer in time.
    pub async fn shadow_differences(
        &self,
        digest: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<FlippedCall>, LedgerError> {
        let before = cursor::id(cursor)?;
        let rows = sqlx::query_scalar!(
            r#"SELECT difference::text AS "difference!" FROM shadow_differences
               WHERE digest = coalesce($1, (SELECT digest FROM pack_modes
                         ORDER BY (mode = 'shadow') DESC, changed_at DESC LIMIT 1))
                 AND ($2::text IS NULL OR decision_id < $2)
               ORDER BY decision_id DESC LIMIT $3"#,
            digest,
            before,
            cursor::fetch(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        let items = rows
            .iter()
            .map(|body| stored::read("difference", body))
            .collect::<Result<Vec<FlippedCall>, _>>()?;
        Ok(cursor::page(items, limit, |call| {
            call.decision_id.to_string()
        }))
    }
}

/// What is left in shadow when these tools are taken out of it.
fn without(mut change: ModeChange, shadowed: Option<Vec<Tool>>) -> ModeChange {
    let Some(out) = change.tools.take() else {
        return change;
    };
    let left: Vec<Tool> = shadowed
        .unwrap_or_else(|| Tool::ALL.to_vec())
        .into_iter()
        .filter(|tool| !out.contains(tool))
        .collect();
    if !left.is_empty() {
        change.mode = PackMode::Shadow;
        change.tools = Some(left);
    }
    change
}
