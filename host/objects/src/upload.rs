//! Writing: uploads as a stream, papers in one piece. Neither ever overwrites.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use object_store::{Attribute, Attributes, PutPayload};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::content::{ContentType, MAGIC_BYTES};
use crate::error::ObjectError;
use crate::incoming::{Incoming, PART_BYTES, create};
use crate::key::StorageKey;
use crate::store::Objects;

/// What may be uploaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadLimits {
    /// Bytes of one body at most.
    pub max_bytes: u64,
    /// The allow list.
    pub content_types: Vec<ContentType>,
}

impl Default for UploadLimits {
    /// 25 MiB of a photo or a PDF.
    fn default() -> Self {
        Self {
            max_bytes: 25 * 1024 * 1024,
            content_types: ContentType::UPLOADS.to_vec(),
        }
    }
}

impl UploadLimits {
    /// The type a header claims, where it is on the list.
    ///
    /// # Errors
    /// [`ObjectError::UnknownContentType`] and [`ObjectError::ContentTypeNotAllowed`].
    pub fn admit(&self, content_type: &str) -> Result<ContentType, ObjectError> {
        let given: ContentType = content_type.parse()?;
        if self.content_types.contains(&given) {
            return Ok(given);
        }
        let names: Vec<&str> = self.content_types.iter().map(|t| t.name()).collect();
        Err(ObjectError::ContentTypeNotAllowed {
            given,
            allowed: names.join(", "),
        })
    }
}

/// An object that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// Its key.
    pub storage_key: StorageKey,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its MIME type.
    pub content_type: ContentType,
}

impl Objects {
    /// Keep a body that arrives as a stream under `uploads/<id>.<ext>`.
    ///
    /// The body is never held as a whole: at most two parts of 8 MiB. Hashed on
    /// the way; refused in the middle where it grows too large or is of another
    /// type than claimed. Nothing of a refused or broken-off body can be read,
    /// also when the host dies in the middle.
    ///
    /// # Errors
    /// The caller's to mend where [`ObjectError::is_callers`] says so.
    pub async fn put_stream<S, E>(
        &self,
        id: Ulid,
        mut body: S,
        content_type: &str,
        limits: &UploadLimits,
    ) -> Result<Stored, ObjectError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let content_type = limits.admit(content_type)?;
        let key = StorageKey::upload(id, content_type);
        let mut incoming = Incoming::new(self, id, content_type);
        match take_in(&mut incoming, &mut body, content_type, limits.max_bytes).await {
            Ok((rest, sha256, size_bytes)) => {
                incoming.finish(rest, &key).await?;
                Ok(Stored {
                    storage_key: key,
                    sha256,
                    size_bytes,
                    content_type,
                })
            }
            Err(error) => {
                incoming.discard().await;
                Err(error)
            }
        }
    }

    /// Keep a paper. The same bytes under the same key once more are fine, so
    /// that a call which is tried again finds its own paper.
    ///
    /// # Errors
    /// [`ObjectError::DifferentContent`] where the key holds other bytes.
    pub async fn put_artifact(
        &self,
        key: &StorageKey,
        bytes: Bytes,
    ) -> Result<Stored, ObjectError> {
        if bytes.is_empty() {
            return Err(ObjectError::Empty);
        }
        let content_type = key.content_type().ok_or(crate::content::BadContentType)?;
        if !content_type.matches(&bytes) {
            return Err(ObjectError::ContentMismatch {
                claimed: content_type,
            });
        }
        let stored = Stored {
            storage_key: key.clone(),
            sha256: hex::encode(Sha256::digest(&bytes)),
            size_bytes: bytes.len() as u64,
            content_type,
        };
        let mut attributes = Attributes::new();
        if self.folder.is_none() {
            attributes.insert(Attribute::ContentType, content_type.name().into());
        }
        let payload = PutPayload::from(bytes.clone());
        match create(&self.store, key, payload, attributes).await {
            Err(ObjectError::AlreadyExists { .. }) => {
                match self.get_bytes(key, stored.size_bytes).await {
                    Ok(there) if there == bytes => Ok(stored),
                    Ok(_) | Err(ObjectError::TooLarge { .. }) => {
                        Err(ObjectError::DifferentContent { key: key.clone() })
                    }
                    Err(error) => Err(error),
                }
            }
            put => put.map(|()| stored),
        }
    }
}

/// Everything of a body but its last part, which is handed back with hash and size.
async fn take_in<S, E>(
    incoming: &mut Incoming,
    body: &mut S,
    claimed: ContentType,
    limit_bytes: u64,
) -> Result<(BytesMut, String, u64), ObjectError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (mut hash, mut size, mut part) = (Sha256::new(), 0_u64, BytesMut::new());
    let mut known = false;
    while let Some(chunk) = body.next().await {
        let mut chunk = chunk.map_err(|error| ObjectError::Interrupted(error.into()))?;
        size += chunk.len() as u64;
        if size > limit_bytes {
            return Err(ObjectError::TooLarge { limit_bytes });
        }
        hash.update(&chunk);
        // a chunk may be of any size; a part is not
        while part.len() + chunk.len() > PART_BYTES {
            part.extend_from_slice(&chunk.split_to(PART_BYTES - part.len()));
            known = known || admit(claimed, &part)?;
            incoming.part(std::mem::take(&mut part)).await?;
        }
        part.extend_from_slice(&chunk);
        if !known && part.len() >= MAGIC_BYTES {
            known = admit(claimed, &part)?;
        }
    }
    if size == 0 {
        return Err(ObjectError::Empty);
    }
    if !known {
        admit(claimed, &part)?;
    }
    Ok((part, hex::encode(hash.finalize()), size))
}

fn admit(claimed: ContentType, first: &[u8]) -> Result<bool, ObjectError> {
    if claimed.matches(first) {
        Ok(true)
    } else {
        Err(ObjectError::ContentMismatch { claimed })
    }
}
