//! `dispatch attachment`: uploads and downloads, streamed.

use std::path::PathBuf;

use dispatch_contract::AttachmentId;
use dispatch_contract::artifact::media_type;
use serde::Deserialize;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::client::Client;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::fields::Fields;
use crate::show::paint::Paint;

/// Upload photos and documents, download what a ticket has
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Upload a file; its storage_key is what closeout.add_photo takes
    Upload(UploadArgs),
    /// Download an attachment of a ticket
    Download(DownloadArgs),
}

#[derive(clap::Args)]
struct UploadArgs {
    /// A photo (jpeg, png, webp, gif) or a PDF
    file: PathBuf,
    /// What it is, where its name does not say: such as image/jpeg
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
}

#[derive(clap::Args)]
struct DownloadArgs {
    /// The attachment's id
    attachment: AttachmentId,
    /// Where to; must not be there yet
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

/// An upload as the host kept it.
#[derive(Deserialize)]
struct Upload {
    storage_key: String,
    sha256: String,
    content_type: String,
    size_bytes: u64,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        match self.action {
            Action::Upload(args) => args.run(global).await,
            Action::Download(args) => args.run(global).await,
        }
    }
}

impl UploadArgs {
    async fn run(self, global: &Global) -> Result<(), Failure> {
        let content_type = match &self.content_type {
            Some(given) => given.as_str(),
            None => media_type(&self.file).ok_or_else(|| {
                Failure::usage(format!(
                    "the name of {} does not say what it is: add --content-type, such as \
                     image/jpeg",
                    self.file.display()
                ))
            })?,
        };
        let client = global.client()?;
        let unreadable =
            |error| Failure::usage(format!("{} cannot be read: {error}", self.file.display()));
        let file = File::open(&self.file).await.map_err(unreadable)?;
        let meta = file.metadata().await.map_err(unreadable)?;
        if !meta.is_file() {
            return Err(Failure::usage(format!(
                "{} is not a file",
                self.file.display()
            )));
        }
        let answer = client
            .upload(
                &["v0", "attachments"],
                content_type,
                meta.len(),
                file.into(),
            )
            .await?;
        if global.json {
            out::json(&answer.bytes);
            return Ok(());
        }
        let upload: Upload = answer.read()?;
        let mut fields = Fields::new(0);
        fields.add("storage_key", upload.storage_key);
        fields.add("sha256", upload.sha256);
        fields.add("content_type", upload.content_type);
        fields.add("size_bytes", upload.size_bytes.to_string());
        out::text(&fields.text(Paint::of_stdout()));
        Ok(())
    }
}

impl DownloadArgs {
    async fn run(self, global: &Global) -> Result<(), Failure> {
        let client = global.client()?;
        let written = self.write(&client).await?;
        if global.json {
            out::value(&serde_json::json!({
                "attachment_id": self.attachment,
                "file": self.output,
                "size_bytes": written,
            }));
        } else {
            out::text(&format!("{written} bytes to {}\n", self.output.display()));
        }
        Ok(())
    }

    async fn write(&self, client: &Client) -> Result<u64, Failure> {
        let id = self.attachment.to_string();
        let mut response = client.download(&["v0", "attachments", &id]).await?;
        let failed = |error| {
            Failure::usage(format!(
                "{} cannot be written: {error}",
                self.output.display()
            ))
        };
        let mut file = File::create_new(&self.output).await.map_err(failed)?;
        let mut written = 0;
        loop {
            let chunk = response.chunk().await.map_err(|error| {
                Failure::unreachable(
                    "the download broke off; remove the file and try again",
                    error.without_url(),
                )
            })?;
            let Some(chunk) = chunk else { break };
            file.write_all(&chunk).await.map_err(failed)?;
            written += chunk.len() as u64;
        }
        file.flush().await.map_err(failed)?;
        Ok(written)
    }
}
