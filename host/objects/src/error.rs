//! Why an object could not be kept or found.

use crate::content::{BadContentType, ContentType};
use crate::key::StorageKey;

/// Why an object could not be kept or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// A type nobody keeps here.
    #[error(transparent)]
    UnknownContentType(#[from] BadContentType),
    /// A type that is known, and not on the list.
    #[error("{given} cannot be uploaded here: one of {allowed}")]
    ContentTypeNotAllowed {
        /// What was claimed.
        given: ContentType,
        /// What may be uploaded, comma separated.
        allowed: String,
    },
    /// The first bytes are those of something else.
    #[error("the body does not begin like {claimed}: send the type that it is")]
    ContentMismatch {
        /// What was claimed.
        claimed: ContentType,
    },
    /// Nothing was sent.
    #[error("the body is empty: send the file itself as the body")]
    Empty,
    /// More than may be sent.
    #[error("the body is over the limit of {limit_bytes} bytes: send a smaller file")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The sender's stream broke off. Nothing was kept.
    #[error("the body broke off before its end; nothing was kept: send it again")]
    Interrupted(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An object of this key is there already. Objects are never overwritten.
    #[error("an object {key} is there already, and objects are never overwritten")]
    AlreadyExists {
        /// The key.
        key: StorageKey,
    },
    /// The key is taken by other bytes.
    #[error("an object {key} is there already with other content")]
    DifferentContent {
        /// The key.
        key: StorageKey,
    },
    /// There is no such object.
    #[error("there is no object {key}")]
    NotFound {
        /// The key.
        key: StorageKey,
    },
    /// The configuration does not name a store.
    #[error("the object store cannot be opened: {what}")]
    Config {
        /// What to set or to mend.
        what: String,
        /// What the store said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The store is away or refuses.
    #[error("the object store failed while {doing}")]
    Store {
        /// What was tried.
        doing: &'static str,
        /// What the store said.
        #[source]
        source: object_store::Error,
    },
}

impl ObjectError {
    /// The caller can mend this; everything else is ours.
    #[must_use]
    pub fn is_callers(&self) -> bool {
        matches!(
            self,
            Self::UnknownContentType(_)
                | Self::ContentTypeNotAllowed { .. }
                | Self::ContentMismatch { .. }
                | Self::Empty
                | Self::TooLarge { .. }
                | Self::Interrupted(_)
        )
    }

    pub(crate) fn store(doing: &'static str) -> impl Fn(object_store::Error) -> Self + Copy {
        move |source| Self::Store { doing, source }
    }

    /// As [`Self::store`], with the two answers that are about a key told apart.
    pub(crate) fn at(
        key: &StorageKey,
        doing: &'static str,
    ) -> impl FnOnce(object_store::Error) -> Self {
        move |source| match source {
            object_store::Error::NotFound { .. } => Self::NotFound { key: key.clone() },
            object_store::Error::AlreadyExists { .. } => Self::AlreadyExists { key: key.clone() },
            source => Self::Store { doing, source },
        }
    }
}
