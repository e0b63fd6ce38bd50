//! Where objects are kept. Plain data; nothing is opened here.

use std::fmt;
use std::path::PathBuf;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hide a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// An S3 bucket, or one of a store that speaks S3, such as MinIO.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct S3Config {
    /// The bucket; it must exist.
    pub bucket: String,
    /// The region; `AWS_REGION` where absent, else `us-east-1`.
    pub region: Option<String>,
    /// `http(s)://host:port` of a store that is not Amazon's.
    pub endpoint: Option<String>,
    /// Absent: the usual AWS variables, web identity or instance role.
    pub access_key_id: Option<String>,
    /// Goes with `access_key_id`.
    pub secret_access_key: Option<Secret>,
    /// Plain HTTP is refused unless this is set.
    pub allow_http: bool,
    /// `bucket.host/key` rather than `host/bucket/key`.
    pub virtual_hosted: bool,
}

/// Where objects are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ObjectsConfig {
    /// In a folder of this machine, made where it is missing, readable by its owner alone.
    Local {
        /// The folder.
        folder: PathBuf,
    },
    /// In a bucket. Give it a lifecycle rule that ends unfinished multipart
    /// uploads after a day: a host that is killed cannot end its own.
    S3(S3Config),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let config = ObjectsConfig::S3(S3Config {
            secret_access_key: Some(Secret::new("hunter2")),
            ..S3Config::default()
        });
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
