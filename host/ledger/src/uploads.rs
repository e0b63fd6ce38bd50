//! What was uploaded: the facts of an object, for the call that attaches it.

use dispatch_contract::Timestamp;
use dispatch_contract::actor::Actor;
use dispatch_contract::question::ObjectFact;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::stored;

/// An object that was stored.
#[derive(Clone, PartialEq, Debug)]
pub struct Upload {
    /// Where the object store keeps it.
    pub storage_key: String,
    /// Size, hash and type, as the store worked them out.
    pub object: ObjectFact,
    /// When.
    pub uploaded_at: Timestamp,
    /// By whom.
    pub uploaded_by: Actor,
}

impl Ledger {
    /// Record an upload. The same key again changes nothing: objects are immutable.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn record_upload(&self, upload: &Upload) -> Result<(), LedgerError> {
        sqlx::query!(
            "INSERT INTO uploads (storage_key, sha256, size_bytes, content_type, uploaded_at, uploaded_by)
             VALUES ($1, $2, $3, $4, $5, $6::text::json) ON CONFLICT (storage_key) DO NOTHING",
            upload.storage_key,
            upload.object.sha256,
            stored::signed(upload.object.size_bytes),
            upload.object.content_type,
            instant(upload.uploaded_at),
            stored::json(&upload.uploaded_by),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The upload of a storage key.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn upload(&self, storage_key: &str) -> Result<Option<Upload>, LedgerError> {
        let row = sqlx::query!(
            r#"SELECT sha256, size_bytes, content_type, uploaded_at, uploaded_by::text AS "uploaded_by!"
               FROM uploads WHERE storage_key = $1"#,
            storage_key
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(Upload {
                storage_key: storage_key.to_owned(),
                object: ObjectFact {
                    size_bytes: stored::unsigned("upload's size", row.size_bytes)?,
                    sha256: row.sha256,
                    content_type: row.content_type,
                },
                uploaded_at: row.uploaded_at.into(),
                uploaded_by: stored::read("upload's actor", &row.uploaded_by)?,
            })
        })
        .transpose()
    }
}
