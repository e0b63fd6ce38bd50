//! The ledger's queries as the database describes them, in `.sqlx/`: committed, so that the
//! house builds without a database, and checked to be what the migrations make of them.
//!
//! There is no second tool to install: sqlx's own macros write the files while the ledger is
//! compiled, where they are given a database and a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use dispatch_cluster::Binaries;

use crate::house;
use crate::pg::TestServer;
use crate::step::{quiet, run as run_command};

/// The database that the queries are described by, on a server of its own.
const DATABASE: &str = "dispatch_queries";

/// Describe the ledger's queries anew, after a query or a migration changed
#[derive(clap::Args)]
pub(crate) struct Args {}

/// `cargo xtask sqlx-data`
pub(crate) fn run(_: Args) -> Result<()> {
    crate::setup::postgres::ensure()?;
    prepare()
}

/// Names and contents.
type Files = BTreeMap<String, Vec<u8>>;

fn committed() -> PathBuf {
    house::root().join(".sqlx")
}

/// Writes `.sqlx/` anew: what the queries are now, and nothing else.
fn prepare() -> Result<()> {
    let folder = committed();
    let files = described()?;
    fs::create_dir_all(&folder)?;
    for name in read(&folder)?
        .keys()
        .filter(|name| !files.contains_key(*name))
    {
        fs::remove_file(folder.join(name))?;
    }
    for (name, content) in &files {
        fs::write(folder.join(name), content)?;
    }
    println!(
        "{} queries are described in {}",
        files.len(),
        folder.display()
    );
    Ok(())
}

/// Fails if `.sqlx/` is not what [`prepare`] would write.
pub(crate) fn check() -> Result<()> {
    let (now, then) = (described()?, read(&committed())?);
    let stale: Vec<&String> = now
        .keys()
        .chain(then.keys())
        .filter(|name| now.get(*name) != then.get(*name))
        .collect();
    if let Some(name) = stale.first() {
        bail!(
            ".sqlx/ is stale ({} files, such as {name}): run `cargo xtask sqlx-data` and commit it",
            stale.len()
        );
    }
    Ok(())
}

/// Compiles the ledger against a database of its own and takes what the macros wrote.
fn described() -> Result<Files> {
    let server = TestServer::start()?;
    let url = migrated(&server.url)?;
    let folder = tempfile::tempdir()?;
    let _touched = Touched::now(house::root().join("host/ledger/src/lib.rs"))?;
    // the whole workspace, as the lints are: other features would compile its dependencies anew
    run_command(
        house::lint(&["--workspace"])
            .env("DATABASE_URL", url)
            .env("SQLX_OFFLINE", "false")
            .env("SQLX_OFFLINE_DIR", folder.path()),
    )?;
    let files = read(folder.path())?;
    ensure!(!files.is_empty(), "the ledger's queries were not described");
    server.stop()?;
    Ok(files)
}

/// A file that looks written just now, so that cargo compiles its crate and the macros run;
/// later it is as old as before, so that nothing that was built of it is built again.
struct Touched {
    path: PathBuf,
    written: SystemTime,
}

impl Touched {
    fn now(path: PathBuf) -> Result<Self> {
        let written = fs::metadata(&path).and_then(|file| file.modified());
        let written = written.with_context(|| format!("could not read {}", path.display()))?;
        set_modified(&path, SystemTime::now())?;
        Ok(Self { path, written })
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        // at worst, more is built than need be
        _ = set_modified(&self.path, self.written);
    }
}

fn set_modified(path: &Path, at: SystemTime) -> Result<()> {
    fs::File::options()
        .append(true)
        .open(path)
        .and_then(|file| file.set_modified(at))
        .with_context(|| format!("could not touch {}", path.display()))
}

/// A database with every migration applied, in their order.
fn migrated(server: &str) -> Result<String> {
    let psql = Binaries::find()?
        .program("psql")
        .context("psql is not beside postgres: install the distribution's postgresql-client")?;
    let run = |url: &str, arguments: &[&str]| {
        quiet(
            Command::new(&psql)
                .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
                .args(arguments)
                .args(["--dbname", url]),
        )
    };
    run(
        server,
        &["--command", &format!("CREATE DATABASE {DATABASE}")],
    )?;
    let url = server.replacen("/postgres?", &format!("/{DATABASE}?"), 1);
    ensure!(url != server, "the test server's URL names no database");
    let mut migrations: Vec<PathBuf> = fs::read_dir(house::root().join("migrations"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    migrations.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    migrations.sort();
    for migration in &migrations {
        let file = format!("--file={}", migration.display());
        run(&url, &["--single-transaction", &file])?;
    }
    Ok(url)
}

fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        files.insert(name, fs::read(&path)?);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_touched_is_as_old_as_before() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        set_modified(file.path(), long_ago).unwrap();
        let modified = || fs::metadata(file.path()).unwrap().modified().unwrap();
        let touched = Touched::now(file.path().to_owned()).unwrap();
        assert!(modified() > long_ago);
        drop(touched);
        assert_eq!(modified(), long_ago);
    }
}
