//! Clients at once, each sending its next request when the last one is answered.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::task::JoinSet;

use crate::samples::{Samples, nanos};
use crate::wire::Wire;

/// What one client sends, one after the other.
pub(crate) trait Requests: Send + 'static {
    /// The bytes of the next request.
    fn next(&mut self) -> &[u8];
}

/// What came of a load.
pub(crate) struct Run {
    pub(crate) per_s: f64,
    pub(crate) samples: Samples,
}

/// Runs one client per entry of `clients` for `long`; every answer must have `status`.
pub(crate) async fn run(
    port: u16,
    clients: Vec<Box<dyn Requests>>,
    status: u16,
    long: Duration,
) -> Result<Run> {
    let mut wires = Vec::with_capacity(clients.len());
    for _ in &clients {
        wires.push(Wire::open(port).await?);
    }
    let began = Instant::now();
    let end = began + long;
    let mut tasks = JoinSet::new();
    for (wire, requests) in wires.into_iter().zip(clients) {
        tasks.spawn(client(wire, requests, status, end));
    }
    let mut times = Vec::new();
    while let Some(outcome) = tasks.join_next().await {
        times.extend(outcome.context("a client panicked")??);
    }
    let took = began.elapsed().as_secs_f64();
    Ok(Run {
        per_s: times.len() as f64 / took,
        samples: Samples::of(times),
    })
}

async fn client(
    mut wire: Wire,
    mut requests: Box<dyn Requests>,
    status: u16,
    end: Instant,
) -> Result<Vec<u64>> {
    let mut times = Vec::with_capacity(64 * 1024);
    loop {
        let began = Instant::now();
        if began >= end {
            return Ok(times);
        }
        let answer = wire.exchange(requests.next()).await?;
        if answer.status != status {
            bail!(
                "expected {status}, answered {}: {}",
                answer.status,
                String::from_utf8_lossy(answer.body)
            );
        }
        times.push(nanos(began.elapsed()));
    }
}
