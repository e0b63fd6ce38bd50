//! Blobs: uploads and artifacts, immutable once they are there, in a local
//! folder or in S3.
//!
//! Knows nothing of tickets, tools or tokens. Every key is minted by the host
//! from an id handed in ([`StorageKey`]); no key, name or type comes from a caller unchecked.

mod config;
mod content;
mod error;
mod incoming;
mod key;
mod read;
mod store;
mod sweep;
mod upload;

pub use config::{ObjectsConfig, S3Config, Secret};
pub use content::ContentType;
pub use error::ObjectError;
pub use key::{BadKey, StorageKey};
pub use read::{Body, Head};
pub use store::Objects;
pub use upload::{Stored, UploadLimits};
