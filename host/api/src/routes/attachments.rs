//! Uploads and downloads, streamed both ways.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use dispatch_contract::{AttachmentId, Code, Phase, Refusal};
use futures::TryStreamExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Api;
use crate::access::uploaders_only;
use crate::principal::Caller;
use crate::reply::{Reply, json};

/// An upload as it was kept; hand it to closeout.add_photo.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Upload {
    /// Where it is kept.
    pub storage_key: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// As sent.
    pub content_type: String,
    /// Its size.
    pub size_bytes: u64,
}

/// Upload a photo or document.
#[utoipa::path(put, path = "/v0/attachments", tag = "attachments",
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The bytes, with their own Content-Type: image/jpeg, image/png, image/webp, image/gif or application/pdf; at most 25 MiB"),
    responses((status = 201, description = "Kept", body = ref("#/components/schemas/Upload"), content_type = "application/json")))]
pub(crate) async fn upload(State(api): State<Api>, caller: Caller, request: Request) -> Reply {
    uploaders_only(caller.actor)?;
    let limits = &api.inner.limits;
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase();
    let bytes = Box::pin(
        request
            .into_body()
            .into_data_stream()
            .map_err(std::io::Error::other),
    );
    let kept = tokio::time::timeout(
        limits.upload_timeout,
        api.desk()
            .upload(caller.actor, &content_type, limits.upload_bytes, bytes),
    )
    .await
    .map_err(|_| {
        Refusal::new(
            Code::RequestTimeout,
            Phase::Request,
            "The upload took too long and was dropped. Send it again.",
        )
    })??;
    let body = json(&Upload {
        storage_key: kept.storage_key,
        sha256: kept.object.sha256,
        content_type: kept.object.content_type,
        size_bytes: kept.object.size_bytes,
    });
    Ok((axum::http::StatusCode::CREATED, body).into_response())
}

/// Download an attachment of a ticket the caller may read.
#[utoipa::path(get, path = "/v0/attachments/{attachment_id}", tag = "attachments", params(("attachment_id" = String, Path)),
    responses((status = 200, description = "Its bytes", content_type = "application/octet-stream")))]
pub(crate) async fn download(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Reply {
    let attachment_id: AttachmentId = id.parse().map_err(|error| {
        Refusal::new(
            Code::NotFound,
            Phase::Request,
            format!("`{id:.60}` names no attachment: {error}."),
        )
    })?;
    let (attachment, body) = api.desk().attachment(caller.actor, attachment_id).await?;
    let kind = HeaderValue::from_str(&attachment.content_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let headers = [
        (header::CONTENT_TYPE, kind),
        (
            header::CONTENT_LENGTH,
            HeaderValue::from(attachment.size_bytes),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, immutable"),
        ),
        (
            header::ETAG,
            HeaderValue::from_str(&format!("\"{}\"", attachment.sha256))
                .unwrap_or(HeaderValue::from_static("\"\"")),
        ),
    ];
    Ok((headers, Body::from_stream(body.stream)).into_response())
}
