//! The loop that sends what is owed.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::limits::Limits;
use crate::outbox::Outbox;
use crate::running::Running;
use crate::sender::{Sender, Standing};
use crate::texts::Texts;
use crate::tries::Desk;
use crate::words::Company;

/// The wait after the database did not answer.
const DATABASE_AWAY: Duration = Duration::from_secs(3);

/// Sends what committed calls owe, as long as it runs.
pub struct Outbound {
    desk: Desk,
}

impl Outbound {
    /// What is owed in this outbox, sent by this sender, in these words.
    #[must_use]
    pub fn new(
        outbox: &Outbox,
        sender: Arc<dyn Sender>,
        texts: Texts,
        company: Company,
        limits: Limits,
    ) -> Self {
        let (ledger, house, metrics) = outbox.parts();
        Self {
            desk: Desk {
                ledger,
                sender,
                texts,
                company,
                house,
                metrics,
                limits,
            },
        }
    }

    /// Begin. `hint` changes with every commit of this host: a reason to look at once.
    #[must_use]
    pub fn start(self, hint: watch::Receiver<u64>) -> Running {
        let desk = Arc::new(self.desk);
        Running::begin("sending", |stopping| run(desk, hint, stopping))
    }
}

async fn run(desk: Arc<Desk>, mut hint: watch::Receiver<u64>, stopping: CancellationToken) {
    let mut under_way = JoinSet::new();
    let mut counted: Option<Instant> = None;
    loop {
        let standing = desk.sender.standing();
        desk.metrics.standing(standing);
        if counted.is_none_or(|at| at.elapsed() >= desk.limits.count) {
            counted = Some(Instant::now());
            if let Ok(counts) = desk.ledger.outbox_counts().await {
                desk.metrics.counted(counts, desk.house.now());
            }
        }
        let mut wait = desk.limits.look;
        // before the outbox is looked at: a commit that comes meanwhile is another reason
        hint.mark_unchanged();
        if standing == Standing::Ready && !take_up(&desk, &mut under_way).await {
            wait = DATABASE_AWAY;
        }
        tokio::select! {
            () = stopping.cancelled() => break,
            Some(ended) = under_way.join_next() => noted(ended),
            Ok(()) = hint.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
        // several that end together, or commits that come together, are one reason to look
        tokio::select! {
            () = stopping.cancelled() => break,
            () = tokio::time::sleep(desk.limits.breath) => {}
        }
        while let Some(ended) = under_way.try_join_next() {
            noted(ended);
        }
    }
    while let Some(ended) = under_way.join_next().await {
        noted(ended);
    }
}

/// Lease as many as there is room for, and try them. False where the database is away.
async fn take_up(desk: &Arc<Desk>, under_way: &mut JoinSet<()>) -> bool {
    let room = desk
        .limits
        .at_once
        .saturating_sub(u32::try_from(under_way.len()).unwrap_or(0));
    if room == 0 {
        return true;
    }
    let leased = Instant::now();
    match desk.ledger.lease_outbox(desk.limits.lease, room).await {
        Ok(messages) => {
            for message in messages {
                let desk = Arc::clone(desk);
                under_way.spawn(async move { desk.try_one(&message, leased).await });
            }
            true
        }
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn Error,
                "the outbox cannot be looked at"
            );
            false
        }
    }
}

/// A try that panicked is a fault of ours: its lease runs out, and it is tried again.
fn noted(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(error = &error as &dyn Error, "a try ended badly");
    }
}
