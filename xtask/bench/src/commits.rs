//! Committed calls by HTTP beside pgbench, in turns: what drifts on the machine meets both.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::figures::Figures;
use crate::load::{self, Requests, Run};
use crate::mix::Mix;
use crate::pgbench::Pgbench;
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

impl Sides<'_> {
    /// Measures both sides and keeps the medians.
    pub(crate) async fn measure(mut self, seconds: u64, figures: &mut Figures) -> Result<()> {
        println!(
            "\n{:<8} {:>12} {:>12} {:>8} {:>10} {:>10}",
            "clients", "commits/s", "pgbench/s", "share", "p50 us", "p99 us"
        );
        let mut details = serde_json::Map::new();
        for (at, clients) in CLIENTS.into_iter().enumerate() {
            let (mut ours, mut theirs, mut p50, mut p99) = (vec![], vec![], vec![], vec![]);
            for _ in 0..ROUNDS {
                let long = Duration::from_secs(seconds);
                let run = commit(
                    self.port,
                    self.tokens,
                    self.tickets,
                    self.numbers,
                    clients,
                    long,
                )
                .await?;
                ours.push(run.per_s);
                p50.push(run.samples.p50_us());
                p99.push(run.samples.p99_us());
                theirs.push(self.pgbench.run(
                    self.pgbench_program,
                    self.pgbench_url,
                    clients,
                    seconds,
                )?);
            }
            let (commits, tps) = (median(&ours), median(&theirs));
            println!(
                "{clients:<8} {commits:>12.0} {tps:>12.0} {:>8.2} {:>10.0} {:>10.0}",
                commits / tps,
                median(&p50),
                median(&p99)
            );
            figures.commits_per_s[at] = Some(commits);
            figures.pgbench_tps[at] = Some(tps);
            details.insert(
                format!("clients_{clients}"),
                json!({
                    "commits_per_s": ours,
                    "pgbench_tps": theirs,
                    "p50_us": median(&p50),
                    "p99_us": median(&p99),
                }),
            );
        }
        figures.detail("commits", details.into());
        Ok(())
    }
}
