//! Clients that send at a fixed pace, whether or not they are answered in time: what a
//! call waits for counts, also its wait for the one before it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::load::Requests;
use crate::samples::{Samples, nanos};
use crate::wire::Wire;

/// Calls under way at a pace, until they are told to stop.
pub(crate) struct Paced {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<Result<Vec<u64>>>,
}

impl Paced {
    /// Begins to send `per_s` calls a second over all clients. Every answer must be a 200.
    pub(crate) async fn start(
        port: u16,
        clients: Vec<Box<dyn Requests>>,
        per_s: f64,
    ) -> Result<Self> {
        let between = Duration::from_secs_f64(clients.len() as f64 / per_s);
        let offset = Duration::from_secs_f64(1.0 / per_s);
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        let mut first = Instant::now();
        for requests in clients {
            let wire = Wire::open(port).await?;
            tasks.spawn(client(wire, requests, first, between, Arc::clone(&stop)));
            first += offset;
        }
        Ok(Self { stop, tasks })
    }

    /// Stops, and tells how long calls took from when they were due.
    pub(crate) async fn stop(mut self) -> Result<Samples> {
        self.stop.store(true, Ordering::Relaxed);
        let mut times = Vec::new();
        while let Some(outcome) = self.tasks.join_next().await {
            times.extend(outcome.context("a client panicked")??);
        }
        Ok(Samples::of(times))
    }
}

async fn client(
    mut wire: Wire,
    mut requests: Box<dyn Requests>,
    mut due: Instant,
    between: Duration,
    stop: Arc<AtomicBool>,
) -> Result<Vec<u64>> {
    let mut times = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        sleep_until(due).await;
        let answer = wire.exchange(requests.next()).await?;
        ensure!(
            answer.status == 200,
            "a call failed: answered {}: {}",
            answer.status,
            String::from_utf8_lossy(answer.body)
        );
        times.push(nanos(due.elapsed()));
        due += between;
    }
    Ok(times)
}
