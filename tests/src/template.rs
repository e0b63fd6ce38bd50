//! One migrated template database per content of the migrations folder, made once
//! however many test processes ask at once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

const PREFIX: &str = "dispatch_template_";

/// Advisory lock of those who make a template or sweep: "dispatch" as a number.
const MAKING: i64 = 0x6469_7370_6174_6368;

/// Templates kept on a server; older ones were of migrations that have changed since.
const KEPT_TEMPLATES: i64 = 16;

/// The migrations of the house.
pub(crate) fn migrations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations")
}

/// The template's name, made and migrated first where it is not there yet.
pub(crate) async fn template(server: &PgConnectOptions, migrations: &Path) -> Result<String> {
    let name = format!("{PREFIX}{}", digest(migrations)?);
    let mut admin = server.connect().await.context("the test server")?;
    if !exists(&mut admin, &name).await? {
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(MAKING)
            .execute(&mut admin)
            .await?;
        // the lock goes with the connection, also when making fails
        if !exists(&mut admin, &name).await? {
            prune(&mut admin).await?;
            make(server, &mut admin, &name, migrations).await?;
        }
    }
    admin.close().await?;
    Ok(name)
}

async fn exists(admin: &mut PgConnection, name: &str) -> Result<bool> {
    Ok(
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(name)
            .fetch_one(admin)
            .await?,
    )
}

/// Makes room for one more template, the oldest going first.
async fn prune(admin: &mut PgConnection) -> Result<()> {
    let old: Vec<String> = sqlx::query_scalar(
        "SELECT datname::text FROM pg_database WHERE starts_with(datname, $1) \
         ORDER BY oid DESC OFFSET $2",
    )
    .bind(PREFIX)
    .bind(KEPT_TEMPLATES - 1)
    .fetch_all(&mut *admin)
    .await?;
    for name in old {
        match run(admin, format!("DROP DATABASE IF EXISTS {name}")).await {
            // being cloned right now: its turn comes with the next
            Err(error) if is_busy(&error) => {}
            outcome => outcome?,
        }
    }
    Ok(())
}

/// Under another name until it is whole: what bears the template's name is migrated.
async fn make(
    server: &PgConnectOptions,
    admin: &mut PgConnection,
    name: &str,
    migrations: &Path,
) -> Result<()> {
    let raw = format!("{name}_raw");
    run(admin, format!("DROP DATABASE IF EXISTS {raw} WITH (FORCE)")).await?;
    run(admin, format!("CREATE DATABASE {raw} TEMPLATE template0")).await?;
    let mut connection = server.clone().database(&raw).connect().await?;
    Migrator::new(migrations)
        .await
        .with_context(|| format!("reading {}", migrations.display()))?
        .run(&mut connection)
        .await
        .context("migrating the template database")?;
    connection.close().await?;
    // a template nobody can connect to is never busy when it is cloned
    run(
        admin,
        format!("ALTER DATABASE {raw} ALLOW_CONNECTIONS false"),
    )
    .await?;
    rename(admin, &raw, name).await
}

/// The backend of the connection just closed may take a moment to leave.
async fn rename(admin: &mut PgConnection, from: &str, to: &str) -> Result<()> {
    let mut tries = 0;
    loop {
        let sql = format!("ALTER DATABASE {from} RENAME TO {to}");
        match run(admin, sql).await {
            Err(error) if tries < 50 && is_busy(&error) => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            outcome => return Ok(outcome?),
        }
    }
}

/// Runs a statement that takes no parameters: names of databases cannot be bound.
pub(crate) async fn run(admin: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    // INVARIANT: callers build it from constants, hex digits, ULIDs, and names read back from
    // the catalogue that begin as ours do
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(admin).await?;
    Ok(())
}

/// `object_in_use`: somebody is connected to that database, or clones it right now.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| code == "55006")
}

/// `invalid_catalog_name`: the template was pruned after it was found.
pub(crate) fn is_gone(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| code == "3D000")
}

/// Names and contents of the migrations, as 16 hex digits.
fn digest(migrations: &Path) -> Result<String> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(migrations)
        .with_context(|| format!("reading {}", migrations.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|e| e == "sql"));
    files.sort();
    let mut hash = Sha256::new();
    for path in files {
        let content =
            std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let name = path.file_name().unwrap_or_default();
        hash.update(name.as_encoded_bytes());
        hash.update([0]);
        hash.update(content.len().to_be_bytes());
        hash.update(content);
    }
    Ok(hash.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_follows_names_and_contents_of_migrations_only() {
        let folder = tempfile::tempdir().expect("temp folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("write");
            digest(folder.path()).expect("digest")
        };
        let one = write("0001_a.sql", "SELECT 1");
        assert_eq!(one.len(), 16);
        assert_eq!(write("README.md", "words"), one);
        let two = write("0001_a.sql", "SELECT 2");
        assert_ne!(two, one);
        assert_ne!(write("0002_b.sql", ""), two);
        assert!(digest(&folder.path().join("absent")).is_err());
    }
}
