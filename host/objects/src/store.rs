//! The store itself: opened once, cloned freely.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, S3ConditionalPut, S3CopyIfNotExists};
use object_store::local::LocalFileSystem;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use crate::config::{ObjectsConfig, S3Config};
use crate::error::ObjectError;
use crate::key::StorageKey;

/// One request to a bucket.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// All tries of one request to a bucket.
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);

/// Tries after the first.
const RETRIES: usize = 4;

/// The objects, in a folder or in a bucket.
#[derive(Clone)]
pub struct Objects {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Present for the local backend.
    pub(crate) folder: Option<Arc<PathBuf>>,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Objects({})", self.store)
    }
}

impl Objects {
    /// Open the store. A local folder is made; a bucket is not contacted yet.
    ///
    /// # Errors
    /// [`ObjectError::Config`], which says what to mend.
    pub fn open(config: &ObjectsConfig) -> Result<Self, ObjectError> {
        match config {
            ObjectsConfig::Local { folder } => Self::local(folder),
            ObjectsConfig::S3(s3) => Self::s3(s3),
        }
    }

    fn local(folder: &PathBuf) -> Result<Self, ObjectError> {
        make_private(folder).map_err(|source| ObjectError::Config {
            what: format!("make the folder {} writable for the host", folder.display()),
            source: Some(source.into()),
        })?;
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|source| ObjectError::Config {
                what: format!("{} must be a folder", folder.display()),
                source: Some(source.into()),
            })?
            // an answer is a promise: what was acknowledged survives a power cut
            .with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            folder: Some(Arc::new(folder.clone())),
        })
    }

    fn s3(s3: &S3Config) -> Result<Self, ObjectError> {
        if s3.bucket.is_empty() {
            return Err(ObjectError::Config {
                what: "name the bucket".into(),
                source: None,
            });
        }
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&s3.bucket)
            .with_allow_http(s3.allow_http)
            .with_virtual_hosted_style_request(s3.virtual_hosted)
            // immutability is the bucket's to keep, since several hosts write to it
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_copy_if_not_exists(S3CopyIfNotExists::Multipart)
            .with_client_options(
                ClientOptions::new()
                    .with_allow_http(s3.allow_http)
                    .with_timeout(REQUEST_TIMEOUT),
            )
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: RETRIES,
                retry_timeout: RETRY_TIMEOUT,
            });
        if let Some(region) = &s3.region {
            builder = builder.with_region(region);
        }
        if let Some(endpoint) = &s3.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        match (&s3.access_key_id, &s3.secret_access_key) {
            (Some(id), Some(secret)) => {
                builder = builder
                    .with_access_key_id(id)
                    .with_secret_access_key(secret.reveal());
            }
            (None, None) => {}
            _ => {
                return Err(ObjectError::Config {
                    what: "access key id and secret access key go together: set both or neither"
                        .into(),
                    source: None,
                });
            }
        }
        let store = builder.build().map_err(|source| ObjectError::Config {
            what: format!("check the settings of bucket {}", s3.bucket),
            source: Some(source.into()),
        })?;
        Ok(Self {
            store: Arc::new(store),
            folder: None,
        })
    }

    /// Where the object is on this machine; `None` for a bucket.
    #[must_use]
    pub fn local_path(&self, key: &StorageKey) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(key.as_str()))
    }
}

fn make_private(folder: &PathBuf) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
