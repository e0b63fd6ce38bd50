//! A database of a test's own: a clone of the migrated template, gone when the test ends.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::OnceCell;
use ulid::Ulid;

use crate::server;
use crate::template::{is_busy, is_gone, migrations, run, template};

const PREFIX: &str = "dispatch_test_";

/// A clone this old belongs to a test that was killed, or that failed and left it to look at.
const LEFTOVER_AGE: Duration = Duration::from_secs(60 * 60);

/// Sessions of one test's pool at most.
const POOL_CONNECTIONS: u32 = 10;

/// How often a clone is tried while another session uses or removes the template (each 50 ms).
const CLONE_TRIES: u32 = 200;

/// A migrated, empty database for one test.
///
/// Dropped with the test; a test that panics leaves it to be looked at (its URL is
/// written to standard error) until it is swept an hour later.
#[derive(Debug)]
pub struct TestDatabase {
    server: Arc<PgConnectOptions>,
    name: String,
    url: String,
    pool: PgPool,
}

impl TestDatabase {
    /// Clones the template, after starting the shared server and making the template
    /// where they are not there yet.
    ///
    /// # Panics
    /// With the whole chain of causes, when no database can be had: a test cannot go on.
    pub async fn new() -> Self {
        match Self::of(&migrations()).await {
            Ok(database) => database,
            Err(error) => panic!("no test database: {error:#}"),
        }
    }

    /// As [`TestDatabase::new`] with the migrations of another folder.
    ///
    /// # Errors
    /// When no server can be had, or the migrations or the clone fail.
    pub async fn of(migrations: &Path) -> Result<Self> {
        let url = tokio::task::spawn_blocking(server::url)
            .await
            .context("starting the test server")??;
        let server: PgConnectOptions = url.parse().context("the test server's URL")?;
        sweep_once(&server).await?;
        let name = format!("{PREFIX}{}", Ulid::generate().to_string().to_lowercase());
        clone(&server, migrations, &name).await?;
        let options = server.clone().database(&name);
        Ok(Self {
            url: url_of(url, &name)?,
            pool: PgPoolOptions::new()
                .max_connections(POOL_CONNECTIONS)
                .connect_lazy_with(options),
            server: Arc::new(server),
            name,
        })
    }

    /// Its URL, for a host or a command under test.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A pool of at most 10 sessions on it, opened as they are needed.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Its name on the server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the test's database is kept for an hour: {}", self.url);
            return;
        }
        let (server, name) = (Arc::clone(&self.server), self.name.clone());
        // A runtime of its own: the test's may be ending. Best effort, the sweep comes after.
        let dropped = std::thread::spawn(move || -> Result<()> {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(drop_database(&server, &name))
        });
        match dropped.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("{} was not dropped: {error:#}", self.name),
            Err(_) => eprintln!("{} was not dropped", self.name),
        }
    }
}

/// The server's URL with another database's name in the path.
fn url_of(server: &str, database: &str) -> Result<String> {
    let (scheme, rest) = server
        .split_once("://")
        .context("the test server's URL has no scheme")?;
    let (address, query) = match rest.split_once('?') {
        Some((address, query)) => (address, format!("?{query}")),
        None => (rest, String::new()),
    };
    let authority = address.split('/').next().unwrap_or(address);
    Ok(format!("{scheme}://{authority}/{database}{query}"))
}

async fn clone(server: &PgConnectOptions, migrations: &Path, name: &str) -> Result<()> {
    let mut admin = server.connect().await?;
    let mut tries = 0;
    loop {
        let template = template(server, migrations).await?;
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        match run(&mut admin, sql).await {
            Ok(()) => break,
            Err(error) if tries < CLONE_TRIES && (is_busy(&error) || is_gone(&error)) => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => return Err(error).context("cloning the template database"),
        }
    }
    admin.close().await?;
    Ok(())
}

async fn drop_database(server: &PgConnectOptions, name: &str) -> Result<()> {
    let mut admin = server.connect().await?;
    // a pool or a host of the test may still be connected
    run(
        &mut admin,
        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
    )
    .await?;
    admin.close().await?;
    Ok(())
}

/// Once per process: removes what killed tests left.
async fn sweep_once(server: &PgConnectOptions) -> Result<()> {
    static SWEPT: OnceCell<()> = OnceCell::const_new();
    SWEPT
        .get_or_try_init(|| sweep(server, SystemTime::now()))
        .await
        .copied()
}

async fn sweep(server: &PgConnectOptions, now: SystemTime) -> Result<()> {
    let mut admin = server.connect().await.context("the test server")?;
    let names: Vec<String> =
        sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE starts_with(datname, $1)")
            .bind(PREFIX)
            .fetch_all(&mut admin)
            .await?;
    for name in names.iter().filter(|name| is_leftover(name, now)) {
        // another process may sweep it at the same time
        if let Err(error) = drop_database(server, name).await {
            eprintln!("{name} was not swept: {error:#}");
        }
    }
    admin.close().await?;
    Ok(())
}

/// A clone's name holds when it was made.
fn is_leftover(name: &str, now: SystemTime) -> bool {
    name.strip_prefix(PREFIX)
        .and_then(|id| Ulid::from_string(&id.to_uppercase()).ok())
        .and_then(|id| now.duration_since(id.datetime()).ok())
        .is_some_and(|age| age > LEFTOVER_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_urls_database_is_replaced() {
        for (server, expected) in [
            (
                "postgres://u@%2Fs:5432/postgres?sslmode=disable",
                "postgres://u@%2Fs:5432/d?sslmode=disable",
            ),
            ("postgres://u:p@host/x", "postgres://u:p@host/d"),
            ("postgres://host", "postgres://host/d"),
        ] {
            assert_eq!(url_of(server, "d").expect("a URL"), expected);
        }
        assert!(url_of("nonsense", "d").is_err());
    }

    #[test]
    fn only_old_clones_of_ours_are_leftovers() {
        let now = SystemTime::now();
        let named = |age: u64| {
            let id = Ulid::from_datetime(now - Duration::from_secs(age));
            format!("{PREFIX}{}", id.to_string().to_lowercase())
        };
        assert!(!is_leftover(&named(0), now));
        assert!(!is_leftover(&named(3_000), now));
        assert!(is_leftover(&named(4_000), now));
        assert!(!is_leftover("dispatch", now));
        assert!(!is_leftover("dispatch_test_mine", now));
    }
}
