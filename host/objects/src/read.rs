//! Reading: what there is, as a stream, or in memory up to a size.

use bytes::{Bytes, BytesMut};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::{GetResult, ObjectStoreExt};

use crate::content::ContentType;
use crate::error::ObjectError;
use crate::key::StorageKey;
use crate::store::Objects;

/// What is known of an object without reading it. Its hash is in the ledger,
/// which learnt it when the object was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// Its size.
    pub size_bytes: u64,
    /// What its key says it is.
    pub content_type: Option<ContentType>,
}

/// An object's bytes, as they come.
pub struct Body {
    /// What they are.
    pub head: Head,
    /// The bytes.
    pub stream: BoxStream<'static, Result<Bytes, ObjectError>>,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("head", &self.head).finish()
    }
}

impl Objects {
    /// What is known of an object; `None` where there is none.
    ///
    /// # Errors
    /// [`ObjectError::Store`] where the store is away.
    pub async fn head(&self, key: &StorageKey) -> Result<Option<Head>, ObjectError> {
        match self.store.head(&key.path()).await {
            Ok(meta) => Ok(Some(Head {
                size_bytes: meta.size,
                content_type: key.content_type(),
            })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(ObjectError::store("looking an object up")(source)),
        }
    }

    /// Does the store answer? Asks for an object that is never there.
    ///
    /// # Errors
    /// [`ObjectError::Store`] where it does not.
    pub async fn ping(&self) -> Result<(), ObjectError> {
        if let Some(folder) = &self.folder {
            // a folder that is gone would answer "no such object" as well
            return match folder.is_dir() {
                true => Ok(()),
                false => Err(ObjectError::Config {
                    what: format!("the folder {} is gone", folder.display()),
                    source: None,
                }),
            };
        }
        let nothing = StorageKey::upload(ulid::Ulid::nil(), ContentType::Json);
        self.head(&nothing).await.map(drop)
    }

    /// An object as a stream.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`], or the store is away.
    pub async fn get_stream(&self, key: &StorageKey) -> Result<Body, ObjectError> {
        let got = self.get(key).await?;
        let head = Head {
            size_bytes: got.meta.size,
            content_type: key.content_type(),
        };
        let stream = got
            .into_stream()
            .map_err(ObjectError::store("reading an object"))
            .boxed();
        Ok(Body { head, stream })
    }

    /// An object in memory, where it is no larger than `limit_bytes`.
    ///
    /// # Errors
    /// [`ObjectError::TooLarge`], [`ObjectError::NotFound`], or the store is away.
    pub async fn get_bytes(
        &self,
        key: &StorageKey,
        limit_bytes: u64,
    ) -> Result<Bytes, ObjectError> {
        let got = self.get(key).await?;
        if got.meta.size > limit_bytes {
            return Err(ObjectError::TooLarge { limit_bytes });
        }
        let mut bytes = BytesMut::with_capacity(usize::try_from(got.meta.size).unwrap_or(0));
        let mut stream = got.into_stream();
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk.map_err(ObjectError::store("reading an object"))?);
        }
        Ok(bytes.freeze())
    }

    async fn get(&self, key: &StorageKey) -> Result<GetResult, ObjectError> {
        self.store
            .get(&key.path())
            .await
            .map_err(ObjectError::at(key, "reading an object"))
    }
}
