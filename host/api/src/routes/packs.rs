//! Packs, for operators: what judges and why, candidates, older content, modes.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::extract::{Extension, FromRequest, Path, Query, Request, State};
use axum::http::StatusCode;
use dispatch_contract::packs::PackMode;
use dispatch_contract::{Code, Phase, Refusal, Tool};
use dispatch_desk::{Candidate, ModeWish, REPLAYED, RollBackTo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tickets::query;
use crate::Api;
use crate::access::operators_only;
use crate::correlation::CorrelationId;
use crate::principal::Caller;
use crate::problem::Refusing;
use crate::reply::{Reply, json, read};

/// A candidate's archive at most, in bytes: twice what a pack may have.
pub(crate) const MAX_ARCHIVE_BYTES: usize = 64 << 20;

/// Words of an operator at most, in characters.
const MAX_REASON: usize = 500;

/// The active pack, what is beside it, and the history of activations.
#[utoipa::path(get, path = "/v0/packs", operation_id = "packs", tag = "packs",
    responses((status = 200, description = "The active pack, what became of the folder's, the pack in shadow, and what was activated", body = ref("#/components/schemas/PackStatus"), content_type = "application/json")))]
pub(crate) async fn status(State(api): State<Api>, caller: Caller) -> Reply {
    operators_only(caller)?;
    Ok(json(&api.desk().packs().await?))
}

/// How a candidate is to be taken. A misspelt `activate` must not activate.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CandidateQuery {
    max_flips: Option<u64>,
    replay: Option<u32>,
    activate: Option<bool>,
    keep: Option<bool>,
    reason: Option<String>,
}

/// Take a candidate through every step; an audited action. What fails is told in the
/// answer, and changes nothing.
#[utoipa::path(post, path = "/v0/packs/candidates", operation_id = "propose_pack", tag = "packs",
    params(("max_flips" = Option<u64>, Query, description = "More recorded calls that flip than this stop the activation"),
           ("replay" = Option<u32>, Query, description = "Recorded calls to judge again, 10,000 at most; 2,000 where absent, 0 for none"),
           ("activate" = Option<bool>, Query, description = "false for a rehearsal: every step but store and swap"),
           ("keep" = Option<bool>, Query, description = "With activate=false: keep its content, so that it can be put into shadow"),
           ("reason" = Option<String>, Query, description = "Why, for the log")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The pack's files as one archive: `DPACK1`, a line feed, then for each file in order of its path the lengths of path and content as little-endian u32, the path, the content; at most 64 MiB"),
    responses((status = 200, description = "What became of it, with the evidence of every step", body = ref("#/components/schemas/PackOutcome"), content_type = "application/json")))]
pub(crate) async fn propose(
    State(api): State<Api>,
    caller: Caller,
    Extension(correlation): Extension<CorrelationId>,
    given: Result<Query<CandidateQuery>, QueryRejection>,
    request: Request,
) -> Reply {
    operators_only(caller)?;
    let given = query(given)?;
    // nothing of a body is read before this: it may be large
    let _one_of_few = api.inner.candidates.try_acquire().map_err(|_| busy())?;
    let archive = Bytes::from_request(request, &api).await;
    let archive = archive.map_err(too_large_or_cut)?;
    let candidate = Candidate {
        archive: archive.into(),
        max_flips: given.max_flips,
        replay: given.replay.unwrap_or(REPLAYED),
        activate: given.activate.unwrap_or(true),
        keep: given.keep.unwrap_or(false),
        reason: given.reason.map(in_words).transpose()?,
    };
    let correlation = Some(correlation.0.as_str());
    let outcome = api.desk().propose(caller.actor, candidate, correlation);
    Ok(json(&outcome.await?))
}

fn busy() -> Refusal {
    let mut refusal = Refusal::new(
        Code::RateLimited,
        Phase::Request,
        "Other candidates are being proven. Send yours again when they are done.",
    );
    refusal.retry_after_s = Some(2);
    refusal
}

fn too_large_or_cut(rejection: BytesRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::new(
            Code::PayloadTooLarge,
            Phase::Request,
            format!("The archive is over {} MiB.", MAX_ARCHIVE_BYTES >> 20),
        );
    }
    Refusal::new(
        Code::MalformedJson,
        Phase::Request,
        "The archive ended before it was whole.",
    )
}

/// An operator's words: not empty, not a novel.
fn in_words(reason: String) -> Result<String, Refusal> {
    let reason = reason.trim().to_owned();
    if (1..=MAX_REASON).contains(&reason.chars().count()) && !reason.contains('\0') {
        return Ok(reason);
    }
    Err(Refusal::new(
        Code::InvalidInput,
        Phase::Schema,
        format!("`reason` says why, in 1 to {MAX_REASON} characters; the log keeps it."),
    ))
}

/// What to return to: one of `digest` and `revision`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollBack {
    /// The digest of stored content, or its first 8 digits or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// A revision that was active once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Why.
    #[schemars(length(min = 1, max = 500))]
    pub reason: String,
}

/// Let older content judge again, under the next revision; an audited action.
#[utoipa::path(post, path = "/v0/packs/rollback", operation_id = "roll_back_pack", tag = "packs",
    request_body(content = ref("#/components/schemas/RollBack"), content_type = "application/json"),
    responses((status = 200, description = "What became of it, with the evidence of every step", body = ref("#/components/schemas/PackOutcome"), content_type = "application/json")))]
pub(crate) async fn roll_back(
    State(api): State<Api>,
    caller: Caller,
    Extension(correlation): Extension<CorrelationId>,
    body: Result<Json<RollBack>, JsonRejection>,
) -> Reply {
    operators_only(caller)?;
    let body = read(body, "A rollback is {digest or revision, reason}")?;
    let to = match (body.digest, body.revision) {
        (Some(digest), None) => RollBackTo::Digest(digest),
        (None, Some(revision)) => RollBackTo::Revision(revision),
        _ => {
            return Err(Refusing::from(Refusal::new(
                Code::InvalidInput,
                Phase::Schema,
                "Say what to return to: either `digest` or `revision`.",
            )));
        }
    };
    let reason = in_words(body.reason)?;
    let correlation = Some(correlation.0.as_str());
    let outcome = api.desk().roll_back(caller.actor, &to, reason, correlation);
    Ok(json(&outcome.await?))
}

/// What a stored pack is to be used for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModeEntry {
    /// `enforce`: it judges. `shadow`: it judges beside. `off`: no longer.
    pub mode: PackMode,
    /// Shadow: the tools it judges. Off: the tools it judges no longer. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Tool>>,
    /// Why.
    #[schemars(length(min = 1, max = 500))]
    pub reason: String,
}

/// Enforce a stored pack, put it into shadow, or take it out; an audited action.
#[utoipa::path(put, path = "/v0/packs/{digest}/mode", operation_id = "set_pack_mode", tag = "packs",
    params(("digest" = String, Path, description = "The pack's digest, or its first 8 digits or more")),
    request_body(content = ref("#/components/schemas/ModeEntry"), content_type = "application/json"),
    responses((status = 200, description = "What is so now", body = ref("#/components/schemas/ModeOutcome"), content_type = "application/json")))]
pub(crate) async fn set_mode(
    State(api): State<Api>,
    caller: Caller,
    Extension(correlation): Extension<CorrelationId>,
    Path(digest): Path<String>,
    body: Result<Json<ModeEntry>, JsonRejection>,
) -> Reply {
    operators_only(caller)?;
    let body = read(body, "A mode is {mode, tools?, reason}")?;
    let wish = ModeWish {
        digest,
        mode: body.mode,
        tools: body.tools,
        reason: in_words(body.reason)?,
    };
    let correlation = Some(correlation.0.as_str());
    let outcome = api.desk().set_pack_mode(caller.actor, wish, correlation);
    Ok(json(&outcome.await?))
}

/// What a page of differences takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DifferencesQuery {
    digest: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What a pack judged differently in shadow, newest first.
#[utoipa::path(get, path = "/v0/packs/differences", operation_id = "pack_differences", tag = "packs",
    params(("digest" = Option<String>, Query, description = "The pack; where absent, the one in shadow, or the last that was"),
           ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of calls with both verdicts", body = ref("#/components/schemas/DifferencePage"), content_type = "application/json")))]
pub(crate) async fn differences(
    State(api): State<Api>,
    caller: Caller,
    given: Result<Query<DifferencesQuery>, QueryRejection>,
) -> Reply {
    operators_only(caller)?;
    let given = query(given)?;
    let (digest, cursor) = (given.digest.as_deref(), given.cursor.as_deref());
    let page = api
        .desk()
        .shadow_differences(digest, cursor, given.limit.unwrap_or(0));
    Ok(json(&page.await?))
}

/// What a page of the log takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Who activated what, when, with what effect: the house's events of packs, newest first.
/// Payloads are of `PackAttempt`, or of `ModeChange` for `policy.mode_changed`.
#[utoipa::path(get, path = "/v0/packs/log", operation_id = "pack_log", tag = "packs",
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of the house's events of packs", body = ref("#/components/schemas/EventPage"), content_type = "application/json")))]
pub(crate) async fn log(
    State(api): State<Api>,
    caller: Caller,
    given: Result<Query<LogQuery>, QueryRejection>,
) -> Reply {
    operators_only(caller)?;
    let given = query(given)?;
    let page = api
        .desk()
        .pack_log(given.cursor.as_deref(), given.limit.unwrap_or(0));
    Ok(json(&page.await?))
}
