//! What the tests stand on: a house of their own, its front door, people with
//! credentials, and the story of a ticket.

pub(crate) mod bodies;
pub(crate) mod chain;
pub(crate) mod front;
pub(crate) mod hostile;
pub(crate) mod house;
pub(crate) mod pack;
pub(crate) mod packs;
pub(crate) mod people;
pub(crate) mod process;
pub(crate) mod reply;
pub(crate) mod sse;
pub(crate) mod story;

use std::future::Future;
use std::time::{Duration, Instant};

pub(crate) use house::House;
pub(crate) use reply::Reply;

/// How long something that must come about may take before the test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Looks until there is something to see.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: never came about");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
