//! Everything committed, as it is committed: server-sent events.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event as Sse, KeepAlive};
use dispatch_contract::{Code, Phase, Refusal};
use dispatch_desk::FeedPosition;
use serde::Deserialize;
use tokio::sync::watch;

use super::tickets::query;
use crate::Api;
use crate::access::operators_only;
use crate::principal::{Caller, identify};
use crate::reply::Reply;

/// Events read from the store at once.
const BATCH: u32 = 500;

/// How long the stream waits before it looks again unasked: commits of other
/// hosts on the same database show within this.
const LOOK_AGAIN: Duration = Duration::from_millis(150);

/// Where to begin.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamQuery {
    after: Option<String>,
    refusals: Option<bool>,
}

/// One stream among those there may be.
struct Seat(Api);

impl Seat {
    fn take(api: &Api) -> Result<Self, Refusal> {
        let streams = &api.inner.metrics.streams;
        let most = i64::try_from(api.inner.limits.streams).unwrap_or(i64::MAX);
        let seat = Self(api.clone());
        if streams.inc() >= most {
            let mut refusal = Refusal::new(
                Code::RateLimited,
                Phase::Request,
                "There are as many event streams open as the host takes. Close one, or try again.",
            );
            refusal.retry_after_s = Some(5);
            return Err(refusal);
        }
        Ok(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.inner.metrics.streams.dec();
    }
}

/// Refusals are events of no chain: that there are new ones is told, not which.
struct Refusals {
    api: Api,
    hint: watch::Receiver<u64>,
    known: Option<u64>,
    looked: Option<Instant>,
}

impl Refusals {
    fn new(api: &Api) -> Self {
        Self {
            api: api.clone(),
            hint: api.desk().refusal_hint(),
            known: None,
            looked: None,
        }
    }

    /// What to tell, if anything. Where many commits wake the stream, it looks no more
    /// often than for other hosts' refusals.
    async fn look(&mut self) -> Option<Sse> {
        let is_hinted = self.hint.has_changed().unwrap_or(false);
        if !is_hinted && self.looked.is_some_and(|at| at.elapsed() < LOOK_AGAIN) {
            return None;
        }
        self.hint.mark_unchanged();
        self.looked = Some(Instant::now());
        // where the store is away, the feed says so
        let told = self.api.desk().refusals_told().await.ok()?;
        (self.known.replace(told) != Some(told)).then(|| {
            Sse::default()
                .event("refusals")
                .data(format!("{{\"told\":{told}}}"))
        })
    }
}

/// Waits until this host wrote refusals; for ever where nobody wants to know.
async fn hinted(refusals: &mut Option<Refusals>) {
    match refusals {
        Some(refusals) => match refusals.hint.changed().await {
            Ok(()) => refusals.looked = None,
            Err(_) => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

/// Follow everything committed, in commit order, without a gap or a double.
#[utoipa::path(get, path = "/v0/events", tag = "events",
    params(("after" = Option<String>, Query, description = "Begin after this id; `0-0` for everything; now where absent"),
           ("refusals" = Option<bool>, Query, description = "Also tell when refusals can be read from /v0/decisions that could not be before: event `refusals`, without an id; once at the beginning"),
           ("Last-Event-ID" = Option<String>, Header, description = "The last id seen; goes before `after`")),
    responses((status = 200, description = "Server-sent events: id, event (its type), data (an Event)", content_type = "text/event-stream")))]
pub(crate) async fn stream(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    given: Result<Query<StreamQuery>, QueryRejection>,
) -> Reply {
    operators_only(caller)?;
    let StreamQuery { after, refusals } = query(given)?;
    let mut refusals = refusals.unwrap_or(false).then(|| Refusals::new(&api));
    let last = headers
        .get("last-event-id")
        .map(|value| value.to_str().unwrap_or("?"));
    let mut position: FeedPosition = match last.or(after.as_deref()) {
        Some(text) => text.parse().map_err(|_| {
            Refusal::new(
                Code::InvalidInput,
                Phase::Request,
                format!(
                    "`{text:.60}` is no position in the feed: hand back an `id` it gave, or 0-0."
                ),
            )
        })?,
        None => api.desk().feed_head().await?,
    };
    let seat = Seat::take(&api)?;
    let stopping = api.inner.stopping.clone();
    let events = async_stream::stream! {
        let mut hint = seat.0.desk().feed_hint();
        // where the reader stands, so that one who is cut off before the first event
        // can come back without a gap
        yield Ok::<_, Infallible>(Sse::default().id(position.to_string()));
        loop {
            hint.mark_unchanged();
            // what is revoked or expired reads no further, however long ago it began
            if let Err(refusal) = identify(&headers, &seat.0) {
                yield Ok(Sse::default().comment(refusal.code.name()));
                break;
            }
            match seat.0.desk().feed_after(position, BATCH).await {
                Ok(batch) => {
                    let full = batch.len() == BATCH as usize;
                    for (at, event) in batch {
                        position = at;
                        let data = serde_json::to_string(&event).expect("events have text keys");
                        yield Ok(
                            Sse::default().id(at.to_string()).event(event.kind.name()).data(data),
                        );
                    }
                    if full {
                        continue;
                    }
                }
                Err(refusal) => {
                    // the reader comes back with the last id it saw
                    yield Ok(Sse::default().comment(refusal.code.name()));
                    break;
                }
            }
            if let Some(refusals) = &mut refusals
                && let Some(told) = refusals.look().await
            {
                yield Ok(told);
            }
            tokio::select! {
                () = stopping.cancelled() => break,
                _ = hint.changed() => {}
                () = hinted(&mut refusals) => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    };
    let alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(axum::response::Sse::new(events)
        .keep_alive(alive)
        .into_response())
}
