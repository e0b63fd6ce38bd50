//! Committed calls by HTTP beside pgbench, in turns: what drifts on the machine meets both.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::figures::Figures;
use crate::load::{self, Requests, Run};
use crate::mix::Mix;
use crate::pgbench::Pgbench;
use crate::processor::Watched;
use crate::samples::median;
use crate::tokens::Tokens;

/// Clients at once.
pub(crate) const CLIENTS: [usize; 3] = [1, 8, 32];

/// Both sides' turns at each number of clients.
const ROUNDS: usize = 3;

/// What both sides work on.
pub(crate) struct Sides<'a> {
    pub(crate) port: u16,
    pub(crate) tokens: &'a Tokens,
    pub(crate) tickets: u32,
    pub(crate) numbers: &'a Arc<AtomicU64>,
    pub(crate) watched: Watched,
    pub(crate) pgbench: Pgbench,
    pub(crate) pgbench_program: &'a Path,
    /// A copy of the host's database, made before either side began.
    pub(crate) pgbench_url: &'a str,
}

/// Commits of the mix by so many clients.
pub(crate) async fn commit(
    port: u16,
    tokens: &Tokens,
    tickets: u32,
    numbers: &Arc<AtomicU64>,
    clients: usize,
    long: Duration,
) -> Result<Run> {
    let clients = (0..clients)
        .map(|client| Box::new(Mix::new(tokens, client, tickets, numbers)) as Box<dyn Requests>)
        .collect();
    load::run(port, clients, 200, long).await
}

/// What came of the turns at one number of clients.
#[derive(Default)]
struct Turns {
    commits_per_s: Vec<f64>,
    pgbench_tps: Vec<f64>,
    p50_us: Vec<f64>,
    p99_us: Vec<f64>,
    processor_per_commit: Vec<Value>,
    processor_per_pgbench: Vec<Value>,
}

impl Sides<'_> {
    /// Measures both sides and keeps the medians.
    pub(crate) async fn measure(mut self, seconds: u64, figures: &mut Figures) -> Result<()> {
        println!(
            "\n{:<8} {:>12} {:>12} {:>8} {:>10} {:>10}",
            "clients", "commits/s", "pgbench/s", "share", "p50 us", "p99 us"
        );
        let mut details = serde_json::Map::new();
        for (at, clients) in CLIENTS.into_iter().enumerate() {
            let mut turns = Turns::default();
            for _ in 0..ROUNDS {
                self.turn(clients, seconds, &mut turns).await?;
            }
            let (commits, tps) = (median(&turns.commits_per_s), median(&turns.pgbench_tps));
            let (p50, p99) = (median(&turns.p50_us), median(&turns.p99_us));
            println!(
                "{clients:<8} {commits:>12.0} {tps:>12.0} {:>8.2} {p50:>10.0} {p99:>10.0}",
                commits / tps,
            );
            figures.commits_per_s[at] = Some(commits);
            figures.pgbench_tps[at] = Some(tps);
            details.insert(
                format!("clients_{clients}"),
                json!({
                    "p50_us": p50,
                    "p99_us": p99,
                    "commits_per_s": turns.commits_per_s,
                    "pgbench_tps": turns.pgbench_tps,
                    "processor_per_commit": turns.processor_per_commit,
                    "processor_per_pgbench": turns.processor_per_pgbench,
                }),
            );
        }
        figures.detail("commits", details.into());
        Ok(())
    }

    async fn turn(&mut self, clients: usize, seconds: u64, turns: &mut Turns) -> Result<()> {
        let (port, tokens, tickets) = (self.port, self.tokens, self.tickets);
        let long = Duration::from_secs(seconds);
        let before = self.watched.now()?;
        let run = commit(port, tokens, tickets, self.numbers, clients, long).await?;
        let between = self.watched.now()?;
        let tps = self
            .pgbench
            .run(self.pgbench_program, self.pgbench_url, clients, seconds)?;
        let after = self.watched.now()?;
        let done = (tps * seconds as f64) as usize;
        turns.commits_per_s.push(run.per_s);
        turns.pgbench_tps.push(tps);
        turns.p50_us.push(run.samples.p50_us());
        turns.p99_us.push(run.samples.p99_us());
        turns
            .processor_per_commit
            .push(between.per_call(before, run.samples.len()));
        turns
            .processor_per_pgbench
            .push(after.per_call(between, done));
        Ok(())
    }
}
