//! What packs are made of, by the content of their files: a pack that differs from another
//! in one file costs that file. Whether a content is what its hash says is for who made it,
//! and for who reads it, to check.

use std::collections::BTreeMap;

use dispatch_contract::Timestamp;
use dispatch_contract::event::PackRef;
use sqlx::Connection;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::ledger::Ledger;

/// A pack's whole content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredPack {
    /// Name, version, digest.
    pub pack: PackRef,
    /// Every file.
    pub files: Vec<StoredFile>,
    /// When it was stored last.
    pub stored_at: Timestamp,
}

/// One file of a pack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredFile {
    /// Where in the pack's folder.
    pub path: String,
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
    /// The content.
    pub content: Vec<u8>,
}

impl Ledger {
    /// Keep a pack's content under its digest. Again only says that it is wanted still; of
    /// what other packs have too, nothing is written.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn store_pack(&self, pack: &StoredPack) -> Result<(), LedgerError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        // a row that was there before has been touched by a transaction: this one
        let inserted = sqlx::query_scalar!(
            r#"INSERT INTO packs (digest, name, version, stored_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (digest) DO UPDATE SET stored_at = excluded.stored_at
             RETURNING (xmax = 0) AS "inserted!""#,
            pack.pack.digest,
            pack.pack.name,
            pack.pack.version,
            instant(pack.stored_at),
        )
        .fetch_one(&mut *transaction)
        .await?;
        if !inserted {
            transaction.commit().await?;
            return Ok(());
        }
        let hashes: Vec<Vec<u8>> = pack.files.iter().map(|file| file.sha256.into()).collect();
        // locked until all of it is there: tidying must not take them away meanwhile
        let known = sqlx::query_scalar!(
            "SELECT sha256 FROM pack_contents WHERE sha256 = ANY($1) FOR KEY SHARE",
            &hashes
        )
        .fetch_all(&mut *transaction)
        .await?;
        for file in &pack.files {
            if known.iter().any(|known| *known == file.sha256) {
                continue;
            }
            sqlx::query!(
                "INSERT INTO pack_contents (sha256, content) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                file.sha256.as_slice(),
                file.content,
            )
            .execute(&mut *transaction)
            .await?;
        }
        let paths: Vec<String> = pack.files.iter().map(|file| file.path.clone()).collect();
        sqlx::query!(
            "INSERT INTO pack_files (digest, path, sha256)
             SELECT $1, file.path, file.sha256
             FROM unnest($2::text[], $3::bytea[]) AS file (path, sha256)",
            pack.pack.digest,
            &paths,
            &hashes,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// A pack's content by its digest.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn load_pack(&self, digest: &str) -> Result<Option<StoredPack>, LedgerError> {
        let row = sqlx::query!(
            "SELECT name, version, stored_at FROM packs WHERE digest = $1",
            digest
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let files = sqlx::query!(
            "SELECT f.path, f.sha256, c.content
             FROM pack_files f JOIN pack_contents c ON c.sha256 = f.sha256
             WHERE f.digest = $1 ORDER BY f.path",
            digest
        )
        .fetch_all(&self.pool)
        .await?;
        let files = files.into_iter().map(|file| {
            Ok(StoredFile {
                path: file.path,
                sha256: file.sha256.try_into().map_err(|_| LedgerError::Stored {
                    what: "hash of a pack's file",
                    source: "it has not 32 bytes".into(),
                })?,
                content: file.content,
            })
        });
        Ok(Some(StoredPack {
            pack: PackRef {
                name: row.name,
                version: row.version,
                digest: digest.to_owned(),
            },
            files: files.collect::<Result<_, LedgerError>>()?,
            stored_at: row.stored_at.into(),
        }))
    }

    /// Keep no more than so many packs that never were active; the latest stay, and so
    /// does whatever was in shadow. Contents that no pack has any more go with them.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn tidy_packs(&self, keep: u32) -> Result<u64, LedgerError> {
        let done = sqlx::query!(
            "DELETE FROM packs WHERE digest IN (
                 SELECT digest FROM packs p
                 WHERE NOT EXISTS (SELECT FROM pack_activations a WHERE a.digest = p.digest)
                   AND NOT EXISTS (SELECT FROM pack_modes m WHERE m.digest = p.digest)
                 ORDER BY stored_at DESC OFFSET $1)",
            i64::from(keep),
        )
        .execute(&self.pool)
        .await?;
        if done.rows_affected() > 0 {
            sqlx::query!(
                "DELETE FROM pack_contents c
                 WHERE NOT EXISTS (SELECT FROM pack_files f WHERE f.sha256 = c.sha256)"
            )
            .execute(&self.pool)
            .await?;
        }
        Ok(done.rows_affected())
    }
}

impl StoredPack {
    /// Every file's content by its path.
    #[must_use]
    pub fn into_contents(self) -> BTreeMap<String, Vec<u8>> {
        let contents = self.files.into_iter();
        contents.map(|file| (file.path, file.content)).collect()
    }
}
