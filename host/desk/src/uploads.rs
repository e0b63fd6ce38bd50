//! Attachments: taken in as a stream, handed out as a stream.

use std::error::Error;
use std::io;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use dispatch_contract::artifact::Attachment;
use dispatch_contract::question::ObjectFact;
use dispatch_contract::{Actor, AttachmentId, Code, Phase, Refusal};
use dispatch_ledger::Upload;
use dispatch_objects::{Body, ObjectError, StorageKey, Stored, UploadLimits};
use futures::Stream;

use crate::Desk;
use crate::refuse::{ledger_away, objects_away, write_away};

/// How long an upload may be under way before what is left of it is cleared away.
const UNFINISHED: Duration = Duration::from_secs(24 * 60 * 60);

impl Desk {
    /// Clear away what a host that was killed left of uploads, beside everything else.
    pub(crate) fn clear_unfinished_uploads(&self) {
        let objects = self.inner.objects.clone();
        let now = SystemTime::from(self.inner.clock.now().utc());
        tokio::spawn(async move {
            match objects.sweep(now, UNFINISHED).await {
                Ok(0) => {}
                Ok(swept) => tracing::info!(swept, "cleared unfinished uploads away"),
                Err(error) => tracing::warn!(
                    error = &error as &dyn Error,
                    "unfinished uploads were not cleared away"
                ),
            }
        });
    }

    /// Keep an upload and register it, so that `closeout.add_photo` can name it.
    ///
    /// # Errors
    /// `unsupported_media_type`, `payload_too_large`, `invalid_input` for what the
    /// caller can mend; `store_unavailable` for what they cannot.
    pub async fn upload<S>(
        &self,
        actor: Actor,
        content_type: &str,
        max_bytes: u64,
        body: S,
    ) -> Result<Upload, Refusal>
    where
        S: Stream<Item = io::Result<Bytes>> + Unpin + Send,
    {
        let inner = &*self.inner;
        let limits = UploadLimits {
            max_bytes,
            ..UploadLimits::default()
        };
        let Stored {
            storage_key,
            sha256,
            size_bytes,
            content_type,
        } = inner
            .objects
            .put_stream(inner.clock.fresh(), body, content_type, &limits)
            .await
            .map_err(refuse_upload)?;
        let upload = Upload {
            storage_key: storage_key.as_str().to_owned(),
            object: ObjectFact {
                size_bytes,
                sha256,
                content_type: content_type.name().to_owned(),
            },
            uploaded_at: inner.clock.now(),
            uploaded_by: actor,
        };
        inner
            .ledger
            .record_upload(&upload)
            .await
            .map_err(write_away)?;
        Ok(upload)
    }

    /// An attachment of a ticket that this actor may read, and its bytes.
    ///
    /// # Errors
    /// `not_found` where there is none, or none this actor may know of.
    pub async fn attachment(
        &self,
        actor: Actor,
        attachment_id: AttachmentId,
    ) -> Result<(Attachment, Body), Refusal> {
        let inner = &*self.inner;
        let none = || {
            Refusal::new(
                Code::NotFound,
                Phase::Authorization,
                format!("There is no attachment {attachment_id}, or none you may read."),
            )
        };
        let found = inner
            .ledger
            .attachment(attachment_id)
            .await
            .map_err(ledger_away)?
            .ok_or_else(none)?;
        self.case(actor, found.ticket_id)
            .await
            .map_err(|refusal| match refusal.code {
                Code::StoreUnavailable => refusal,
                _ => none(),
            })?;
        let attachment = found.entry.attachment;
        let key: StorageKey = attachment.storage_key.parse().map_err(|_| none())?;
        let body = match inner.objects.get_stream(&key).await {
            Ok(body) => body,
            Err(error @ ObjectError::NotFound { .. }) => {
                tracing::error!(error = &error as &dyn Error, %attachment_id, "an attachment's bytes are gone");
                return Err(objects_away(error));
            }
            Err(error) => return Err(objects_away(error)),
        };
        Ok((attachment, body))
    }
}

fn refuse_upload(error: ObjectError) -> Refusal {
    let code = match &error {
        ObjectError::UnknownContentType(_) | ObjectError::ContentTypeNotAllowed { .. } => {
            Code::UnsupportedMediaType
        }
        ObjectError::TooLarge { .. } => Code::PayloadTooLarge,
        error if error.is_callers() => Code::InvalidInput,
        _ => return objects_away(error),
    };
    Refusal::new(
        code,
        Phase::Request,
        format!("The upload was not kept: {error}."),
    )
}
