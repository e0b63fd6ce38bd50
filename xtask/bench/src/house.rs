//! The parts that need a house: a durable Postgres of the run's own, a host on it, and
//! tickets to work on. Everything is removed at the end.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Context, Result};
use dispatch_cluster::{Binaries, Cluster, DATABASE};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::commits::{self, Sides};
use crate::console::{self, Console};
use crate::figures::Figures;
use crate::floods::{Reads, Refusals};
use crate::gateways::Gateways;
use crate::host::{Host, Place};
use crate::load::{self, Requests};
use crate::packs::Packs;
use crate::pgbench::Pgbench;
use crate::processor::Watched;
use crate::samples::median;
use crate::tickets;
use crate::tokens::Tokens;
use crate::{Args, Part};

/// The database that pgbench works on.
const COPY: &str = "pgbench";

/// The database that the console looks at.
const CONSOLE: &str = "console";

/// Clients of the floods.
const CLIENTS: usize = 8;

/// Starts that are timed.
const STARTS: usize = 5;

/// Turns of each flood.
const ROUNDS: usize = 3;

/// Measures all of it. Dropped half-way, it stops the host and the Postgres it started.
pub(crate) async fn measure(args: &Args, figures: &mut Figures) -> Result<()> {
    let folder = tempfile::Builder::new()
        .prefix("real-dispatch-bench-")
        .tempdir()
        .context("a folder for the run")?;
    // durable, as a user's own would be
    let cluster = Cluster::open(&folder.path().join("cluster")).context("the run's Postgres")?;
    let data = folder.path().join("data");
    std::fs::create_dir(&data)?;
    let database_url = cluster.url(DATABASE);
    let place = Place {
        program: &args.dispatch,
        pack: &args.pack,
        data: &data,
        database_url: &database_url,
    };
    let tokens = Tokens::new()?;
    let numbers = Arc::new(AtomicU64::new(1));
    let copy_url = cluster.url(COPY);
    let pgbench = prepare(
        &place,
        args.tickets,
        &tokens,
        &numbers,
        &cluster.url("postgres"),
    )
    .await?;

    let host = starts(&place, &tokens, args.wants(Part::Start), figures).await?;
    let watched = Watched {
        host: host.pid(),
        postmaster: cluster.pid().unsigned_abs(),
    };
    if args.wants(Part::Gateways) {
        let gateways = Gateways {
            host: &host,
            watched,
            tokens: &tokens,
            folder: folder.path(),
        };
        gateways.measure(args.seconds, figures).await?;
    }
    let long = Duration::from_secs(args.seconds);
    // until everything is compiled, cached and connected
    let warm = Duration::from_secs(1);
    commits::commit(host.port, &tokens, args.tickets, &numbers, CLIENTS, warm).await?;
    if args.wants(Part::Commits) {
        let sides = Sides {
            port: host.port,
            tokens: &tokens,
            tickets: args.tickets,
            numbers: &numbers,
            watched,
            pgbench,
            pgbench_program: &Binaries::find()?.folder().join("pgbench"),
            pgbench_url: &copy_url,
        };
        sides.measure(args.seconds, figures).await?;
    }
    if args.wants(Part::Reads) {
        let client = |at| Box::new(Reads::new(&tokens, at, args.tickets)) as Box<dyn Requests>;
        figures.snapshot_reads_per_s =
            Some(flood("reads", &host, watched, client, 200, long, figures).await?);
    }
    if args.wants(Part::Refusals) {
        let client = |at| Box::new(Refusals::new(&tokens, at, args.tickets)) as Box<dyn Requests>;
        figures.role_refusals_per_s =
            Some(flood("refusals", &host, watched, client, 403, long, figures).await?);
    }
    figures.rss_mb = Some(host.peak_rss_mb()?);
    if args.wants(Part::Packs) {
        let packs = Packs {
            port: host.port,
            tokens: &tokens,
            tickets: args.tickets,
            numbers: &numbers,
            folder: &args.pack,
        };
        let revision = packs.measure(args.seconds, figures).await?;
        let others = folder.path().join("other");
        std::fs::create_dir(&others)?;
        let place = Place {
            data: &others,
            ..place
        };
        let other = Host::start(&place, &tokens).await?;
        packs.agree(other.port, revision, figures).await?;
        other.stop()?;
    }
    host.stop()?;
    if args.wants(Part::Console) {
        let data = folder.path().join("console");
        std::fs::create_dir(&data)?;
        let place = Place {
            data: &data,
            database_url: &cluster.url(CONSOLE),
            ..place
        };
        create(&cluster.url("postgres"), CONSOLE, None).await?;
        let host = Host::start(&place, &tokens).await?;
        let originals = tickets::originals(host.port, &tokens).await?;
        tickets::copy(place.database_url, &originals, console::TICKETS).await?;
        commits::commit(
            host.port,
            &tokens,
            console::TICKETS,
            &numbers,
            CLIENTS,
            warm,
        )
        .await?;
        let console = Console {
            program: &args.dispatch,
            port: host.port,
            tokens: &tokens,
            numbers: &numbers,
        };
        console.measure(args.seconds, figures).await?;
        host.stop()?;
    }
    cluster.stop()?;
    folder.close()?;
    Ok(())
}

/// Tickets, a few calls of every kind to take pgbench's rows from, and a copy of all
/// that for pgbench.
async fn prepare(
    place: &Place<'_>,
    tickets: u32,
    tokens: &Tokens,
    numbers: &Arc<AtomicU64>,
    admin_url: &str,
) -> Result<Pgbench> {
    let host = Host::start(place, tokens).await?;
    let originals = tickets::originals(host.port, tokens).await?;
    tickets::copy(place.database_url, &originals, tickets).await?;
    let short = Duration::from_millis(500);
    commits::commit(host.port, tokens, tickets, numbers, 2, short).await?;
    let pgbench = Pgbench::of(place.database_url, tickets).await?;
    // a database is copied only while nobody is connected
    host.stop()?;
    create(admin_url, COPY, Some(DATABASE)).await?;
    Ok(pgbench)
}

/// A database, empty or a copy of another.
async fn create(admin_url: &str, name: &str, template: Option<&str>) -> Result<()> {
    let mut connection = PgConnection::connect(admin_url).await?;
    let of = template.map_or(String::new(), |other| format!(" TEMPLATE {other}"));
    let sql = format!("CREATE DATABASE {name}{of}");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    Ok(())
}

/// Starts the host; where asked for, several times, to time it. The last one stays.
async fn starts(
    place: &Place<'_>,
    tokens: &Tokens,
    timed: bool,
    figures: &mut Figures,
) -> Result<Host> {
    let mut host = Host::start(place, tokens).await?;
    if timed {
        let mut times = vec![host.ready_ms];
        for _ in 1..STARTS {
            host.stop()?;
            host = Host::start(place, tokens).await?;
            times.push(host.ready_ms);
        }
        figures.ready_ms = Some(median(&times));
        figures.detail("ready_ms", json!(times));
    }
    Ok(host)
}

/// The median of some turns of a flood.
async fn flood(
    name: &str,
    host: &Host,
    watched: Watched,
    client: impl Fn(usize) -> Box<dyn Requests>,
    status: u16,
    long: Duration,
    figures: &mut Figures,
) -> Result<f64> {
    let (mut per_s, mut p50, mut p99, mut us) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let clients = (0..CLIENTS).map(&client).collect();
        let before = watched.now()?;
        let run = load::run(host.port, clients, status, long).await?;
        us.push(watched.now()?.per_call(before, run.samples.len()));
        per_s.push(run.per_s);
        p50.push(run.samples.p50_us());
        p99.push(run.samples.p99_us());
    }
    let middle = median(&per_s);
    println!(
        "{name:<10} {middle:>10.0} a second, p50 {:.0} us, p99 {:.0} us",
        median(&p50),
        median(&p99)
    );
    figures.detail(
        name,
        json!({
            "per_s": per_s,
            "p50_us": median(&p50),
            "p99_us": median(&p99),
            "processor_per_call": us,
        }),
    );
    Ok(middle)
}
