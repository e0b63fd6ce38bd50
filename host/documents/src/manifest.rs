//! The packet's manifest: what is in it, with every hash, for a machine to check.

use dispatch_contract::artifact::{Attachment, AttachmentKind};
use dispatch_contract::event::PackRef;
use dispatch_contract::input::PhotoPhase;
use dispatch_contract::invoice::InvoiceDraft;
use dispatch_contract::reading::{AttachmentEntry, ChecklistEntry, NoteEntry};
use dispatch_contract::{Actor, AttachmentId, Ticket, TicketId, Timestamp, canonical};
use serde::{Deserialize, Serialize};

use crate::company::Company;
use crate::packet::PacketInput;

/// The name of the manifest's format.
const FORMAT: &str = "real-dispatch.closeout-packet/1";

/// The end of the ticket's chain that the packet stands on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChainRecord {
    /// Place of the last event before the packet.
    pub sequence: u64,
    /// Its hash, 64 hexadecimal digits.
    pub hash: String,
}

/// The packet's own PDF.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PaperRecord {
    /// Which attachment it becomes.
    pub attachment_id: AttachmentId,
    /// Where the object store keeps it.
    pub storage_key: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its size.
    pub size_bytes: u64,
    /// `application/pdf`
    pub content_type: String,
}

/// An artifact of the ticket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ArtifactRecord {
    /// Which.
    pub attachment_id: AttachmentId,
    /// What it is.
    pub kind: AttachmentKind,
    /// Where the object store keeps it.
    pub storage_key: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its size.
    pub size_bytes: u64,
    /// MIME type.
    pub content_type: String,
    /// When it came.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
}

/// A photo of the packet, in the order it is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PhotoRecord {
    /// Which artifact.
    pub attachment_id: AttachmentId,
    /// Before or after the work.
    pub phase: PhotoPhase,
    /// The PDF shows it; else a labelled place stands there.
    pub shown: bool,
}

/// Everything of a packet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// `real-dispatch.closeout-packet/1`
    pub format: String,
    /// The packet's number.
    pub number: String,
    /// When it was compiled.
    pub compiled_at: Timestamp,
    /// Who sends it.
    pub company: Company,
    /// Of which ticket.
    pub ticket_id: TicketId,
    /// The ticket it was compiled from.
    pub ticket: Ticket,
    /// Who did the work, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technician_name: Option<String>,
    /// Rules that were in force.
    pub policy_pack: PackRef,
    /// What the chain ended with.
    pub chain: ChainRecord,
    /// The packet's PDF.
    pub packet: PaperRecord,
    /// The invoice draft's number.
    pub invoice_number: String,
    /// The invoice draft.
    pub invoice: InvoiceDraft,
    /// What was found and done, oldest first.
    pub notes: Vec<NoteEntry>,
    /// What was checked off, oldest first.
    pub checklist: Vec<ChecklistEntry>,
    /// The photos, in the order of the PDF.
    pub photos: Vec<PhotoRecord>,
    /// Every artifact of the ticket, oldest first.
    pub artifacts: Vec<ArtifactRecord>,
}

/// The manifest of a packet whose PDF is made, canonical.
pub(crate) fn manifest(input: &PacketInput, pdf: &[u8], shown: &[bool]) -> Vec<u8> {
    canonical::bytes(&Manifest {
        format: FORMAT.into(),
        number: input.number.clone(),
        compiled_at: input.compiled_at,
        company: input.company.clone(),
        ticket_id: input.ticket.ticket_id,
        ticket: input.ticket.clone(),
        technician_name: input.technician_name.clone(),
        policy_pack: input.policy_pack.clone(),
        chain: input.chain.clone(),
        packet: PaperRecord {
            attachment_id: input.pdf_attachment_id,
            storage_key: input.pdf_storage_key.clone(),
            sha256: canonical::sha256_hex(pdf),
            size_bytes: pdf.len() as u64,
            content_type: "application/pdf".into(),
        },
        invoice_number: input.invoice_number.clone(),
        invoice: input.invoice.clone(),
        notes: input.notes.clone(),
        checklist: input.checklist.clone(),
        photos: input
            .photos
            .iter()
            .enumerate()
            .map(|(n, photo)| PhotoRecord {
                attachment_id: photo.entry.attachment.attachment_id,
                phase: photo.entry.attachment.phase.unwrap_or_default(),
                shown: shown.get(n).copied().unwrap_or(false),
            })
            .collect(),
        artifacts: input.artifacts.iter().map(artifact).collect(),
    })
}

fn artifact(entry: &AttachmentEntry) -> ArtifactRecord {
    let Attachment {
        attachment_id,
        kind,
        storage_key,
        sha256,
        content_type,
        size_bytes,
        phase: _,
    } = entry.attachment.clone();
    ArtifactRecord {
        attachment_id,
        kind,
        storage_key,
        sha256,
        size_bytes,
        content_type,
        at: entry.at,
        actor: entry.actor,
    }
}
