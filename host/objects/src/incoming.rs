//! A body on its way in: parts of a fixed size, one at a time, and clean-up
//! however it ends. What is complete becomes visible in one step.

use bytes::BytesMut;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, CopyMode, CopyOptions, MultipartUpload, ObjectStore, ObjectStoreExt,
    PutMode, PutMultipartOptions, PutOptions, PutPayload,
};
use std::sync::Arc;
use ulid::Ulid;

use crate::content::ContentType;
use crate::error::ObjectError;
use crate::key::StorageKey;
use crate::store::Objects;

/// Bytes of a part; S3 takes no smaller ones. A body up to this size is put in
/// one request, a larger one holds about two parts in memory.
pub(crate) const PART_BYTES: usize = 8 * 1024 * 1024;

/// Parts of a body larger than one.
pub(crate) struct Incoming {
    store: Arc<dyn ObjectStore>,
    attributes: Attributes,
    waiting: Path,
    parts: Option<Box<dyn MultipartUpload>>,
    /// The bytes wait, complete, at `waiting`.
    complete: bool,
}

impl Incoming {
    pub(crate) fn new(objects: &Objects, id: Ulid, content_type: ContentType) -> Self {
        let mut attributes = Attributes::new();
        if objects.folder.is_none() {
            // a folder keeps no attributes; there the extension says it all
            attributes.insert(Attribute::ContentType, content_type.name().into());
        }
        Self {
            store: Arc::clone(&objects.store),
            attributes,
            waiting: StorageKey::incoming(id),
            parts: None,
            complete: false,
        }
    }

    /// Send a whole part.
    pub(crate) async fn part(&mut self, part: BytesMut) -> Result<(), ObjectError> {
        if self.parts.is_none() {
            let options = PutMultipartOptions {
                attributes: self.attributes.clone(),
                ..PutMultipartOptions::default()
            };
            let parts = self
                .store
                .put_multipart_opts(&self.waiting, options)
                .await
                .map_err(ObjectError::store("beginning an upload"))?;
            self.parts = Some(parts);
        }
        let Some(parts) = &mut self.parts else {
            return Ok(());
        };
        parts
            .put_part(part.freeze().into())
            .await
            .map_err(ObjectError::store("writing a part of an upload"))
    }

    /// Send the rest and make the object visible, unless its key is taken.
    pub(crate) async fn finish(
        mut self,
        rest: BytesMut,
        key: &StorageKey,
    ) -> Result<(), ObjectError> {
        if self.parts.is_none() {
            let payload = PutPayload::from(rest.freeze());
            return create(&self.store, key, payload, self.attributes.clone()).await;
        }
        if !rest.is_empty() {
            self.part(rest).await?;
        }
        // Completing a multipart upload overwrites, in a folder and in a bucket
        // alike. So it completes where nobody looks, and a copy that only ever
        // creates (a hard link, or If-None-Match) puts it in its place.
        if let Some(parts) = &mut self.parts {
            parts
                .complete()
                .await
                .map_err(ObjectError::store("completing an upload"))?;
        }
        self.parts = None;
        self.complete = true;
        let create = CopyOptions::new().with_mode(CopyMode::Create);
        let copied = self
            .store
            .copy_opts(&self.waiting, &key.path(), create)
            .await
            .map_err(ObjectError::at(key, "putting an upload in its place"));
        self.discard().await;
        copied
    }

    /// Leave nothing behind.
    pub(crate) async fn discard(mut self) {
        let (parts, complete) = (self.parts.take(), std::mem::take(&mut self.complete));
        clean(&self.store, &self.waiting, parts, complete).await;
    }
}

impl Drop for Incoming {
    /// The caller went away in the middle.
    fn drop(&mut self) {
        if self.parts.is_none() && !self.complete {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (store, waiting) = (Arc::clone(&self.store), self.waiting.clone());
            let (parts, complete) = (self.parts.take(), self.complete);
            runtime.spawn(async move { clean(&store, &waiting, parts, complete).await });
        }
    }
}

/// Best effort: what is left is found by the sweep, or by the bucket's lifecycle rule.
async fn clean(
    store: &Arc<dyn ObjectStore>,
    waiting: &Path,
    parts: Option<Box<dyn MultipartUpload>>,
    complete: bool,
) {
    if let Some(mut parts) = parts
        && let Err(error) = parts.abort().await
    {
        tracing::warn!(%waiting, %error, "an unfinished upload could not be ended");
    }
    if complete && let Err(error) = store.delete(waiting).await {
        tracing::warn!(%waiting, %error, "a finished upload's parts could not be removed");
    }
}

/// Put an object whose bytes are at hand, unless its key is taken.
pub(crate) async fn create(
    store: &Arc<dyn ObjectStore>,
    key: &StorageKey,
    payload: PutPayload,
    attributes: Attributes,
) -> Result<(), ObjectError> {
    let options = PutOptions {
        mode: PutMode::Create,
        attributes,
        ..PutOptions::default()
    };
    store
        .put_opts(&key.path(), payload, options)
        .await
        .map_err(ObjectError::at(key, "writing an object"))?;
    Ok(())
}
