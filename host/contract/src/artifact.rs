//! Attachments: photos and the papers the house makes.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::AttachmentId;
use crate::input::PhotoPhase;

/// What an attachment is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// A photo from the site.
    Photo,
    /// An invoice draft, PDF.
    InvoiceDraftPdf,
    /// An invoice draft, JSON.
    InvoiceDraftJson,
    /// A closeout packet, PDF.
    CloseoutPacketPdf,
    /// A closeout packet's manifest, JSON, with every artifact's hash.
    CloseoutManifestJson,
}

impl AttachmentKind {
    /// The kind's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::InvoiceDraftPdf => "invoice_draft_pdf",
            Self::InvoiceDraftJson => "invoice_draft_json",
            Self::CloseoutPacketPdf => "closeout_packet_pdf",
            Self::CloseoutManifestJson => "closeout_manifest_json",
        }
    }
}

/// An immutable object that belongs to a ticket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Attachment {
    /// Which.
    pub attachment_id: AttachmentId,
    /// What it is.
    pub kind: AttachmentKind,
    /// Where the object store keeps it.
    pub storage_key: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// MIME type.
    pub content_type: String,
    /// Its size.
    pub size_bytes: u64,
    /// Photos only: before or after the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<PhotoPhase>,
}

/// What a file is by the end of its name, of the types that can be uploaded.
#[must_use]
pub fn media_type(file: &Path) -> Option<&'static str> {
    let ending = file.extension()?.to_str()?.to_ascii_lowercase();
    Some(match ending.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "pdf" => "application/pdf",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_what_it_is_or_nothing_does() {
        let of = |name: &str| media_type(Path::new(name));
        assert_eq!(of("a/b/Door.JPG"), Some("image/jpeg"));
        assert_eq!(of("x.png"), Some("image/png"));
        assert_eq!(of("x.svg"), None);
        assert_eq!(of("x"), None);
    }
}
