//! One gateway under watch: its connection followed, its pings taken down, and asked now and
//! then how it is.

use std::sync::{Arc, Mutex, PoisonError};

use dispatch_gateway::methods::channels;
use dispatch_gateway::methods::system;
use dispatch_gateway::{Caller, GatewayError, Link, ask};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::picture::Picture;
use super::{BEAT, LOOK, LOOK_WITHIN};
use crate::house::House;

/// A picture that its task changes and others read.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Picture>>);

impl Shared {
    pub(super) fn new(picture: Picture) -> Self {
        Self(Arc::new(Mutex::new(picture)))
    }

    pub(super) fn with<T>(&self, read: impl FnOnce(&mut Picture) -> T) -> T {
        // nothing panics while it is held
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Until its link is stopped.
pub(super) async fn watch(link: Link, picture: Shared, house: House) {
    tokio::select! {
        () = follow(&link, &picture, &house) => {}
        () = look(&link, &picture, &house) => {}
    }
}

async fn follow(link: &Link, picture: &Shared, house: &House) {
    let mut state = link.state();
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let now = house.now();
        picture.with(|picture| picture.link(&state.borrow_and_update(), now));
        tokio::select! {
            changed = state.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            _ = beat.tick() => {
                let micros = |took: std::time::Duration| u64::try_from(took.as_micros()).ok();
                let us = link.latency().and_then(micros);
                picture.with(|picture| picture.beat(us, house.now()));
            }
        }
    }
}

async fn look(link: &Link, picture: &Shared, house: &House) {
    let mut state = link.state();
    loop {
        if state
            .wait_for(dispatch_gateway::LinkState::is_online)
            .await
            .is_err()
        {
            return;
        }
        match said(link).await {
            Ok((health, channels)) => {
                picture.with(|picture| picture.looked(&health, &channels, house.now()));
            }
            // a connection that ended meanwhile says more than the call that it ended
            Err(error) if link.connection().is_some() => {
                picture.with(|picture| picture.overlooked(&error, house.now()));
            }
            Err(_) => {}
        }
        let connections = state.borrow().connections;
        // or at once, when it is connected anew
        let anew = state.wait_for(|state| state.is_online() && state.connections > connections);
        tokio::select! {
            () = sleep(LOOK) => {}
            anew = anew => if anew.is_err() { return },
        }
    }
}

async fn said(link: &Link) -> Result<(system::Healthy, channels::Channels), GatewayError> {
    let caller: &dyn Caller = link;
    let both = async {
        let health = ask(caller, &system::Health::default()).await?;
        let channels = ask(caller, &channels::Status::default()).await?;
        Ok((health, channels))
    };
    timeout(LOOK_WITHIN, both).await.unwrap_or_else(|_| {
        Err(GatewayError::Timeout {
            what: "health".into(),
            after: LOOK_WITHIN,
        })
    })
}
