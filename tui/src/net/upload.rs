//! A file of whoever looks, on its way to the host: looked at, then streamed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dispatch_contract::artifact::media_type;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use tokio::fs::File;

use super::client::{Client, Problem};
use crate::ask::{Seen, Uploaded};
use crate::local;

/// What a host takes at most, in bytes.
const MAX_BYTES: u64 = 25 * 1024 * 1024;
/// A host waits so long for an upload; then it is over.
const TIMEOUT: Duration = Duration::from_secs(310);

/// What is there under this path, and whether a host would take it. In words, if not.
pub(super) async fn look(typed: &str) -> Result<Seen, String> {
    found(typed).await.map(|(_, seen)| seen)
}

async fn found(typed: &str) -> Result<(PathBuf, Seen), String> {
    let path = local::path(Path::new(typed), |name| std::env::var(name).ok());
    let unreadable = |error| format!("{typed} cannot be read: {error}");
    let meta = tokio::fs::metadata(&path).await.map_err(unreadable)?;
    if !meta.is_file() {
        return Err(format!("{typed} is no file"));
    }
    let Some(content_type) = media_type(&path) else {
        return Err(format!(
            "the name of {typed} does not say that it is a photo: it should end in .jpg, .png, \
             .webp or .gif"
        ));
    };
    let size_bytes = meta.len();
    if size_bytes == 0 {
        return Err(format!("{typed} is empty"));
    }
    if size_bytes > MAX_BYTES {
        return Err(format!(
            "{typed} has {size_bytes} bytes; a host takes {MAX_BYTES} at most"
        ));
    }
    let seen = Seen {
        content_type: content_type.to_owned(),
        size_bytes,
    };
    Ok((path, seen))
}

impl Client {
    /// Upload what is there under this path. In words, where it is not taken.
    pub(super) async fn upload(&self, typed: &str) -> Result<Uploaded, String> {
        let (path, seen) = found(typed).await?;
        let file = File::open(&path)
            .await
            .map_err(|error| format!("{typed} cannot be read: {error}"))?;
        let away = |error| {
            let trouble = self.away(error);
            format!("{trouble}. {}", trouble.advice())
        };
        let request = self
            .put(&["v0", "attachments"])
            .header(CONTENT_TYPE, seen.content_type)
            .header(CONTENT_LENGTH, seen.size_bytes)
            .body(file)
            .timeout(TIMEOUT);
        let response = request.send().await.map_err(away)?;
        let status = response.status();
        let body = self
            .body(response)
            .await
            .map_err(|trouble| trouble.to_string())?;
        if status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|error| self.foreign(error.to_string()).to_string());
        }
        Err(match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => format!("the host did not take it ({status}): {}", problem.said()),
            Err(_) => format!("the host did not take it: {status}"),
        })
    }
}
