//! Papers for the two billing tools: rendered from the case as it was read, and
//! kept before the call is committed.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use dispatch_contract::artifact::{Attachment, AttachmentKind};
use dispatch_contract::event::EventType;
use dispatch_contract::input::{BillingGenerateInvoiceDraft, Input};
use dispatch_contract::invoice::InvoiceDraft;
use dispatch_contract::reading::CaseFile;
use dispatch_contract::settle::Papers;
use dispatch_contract::{AttachmentId, Code, Phase, Refusal, TicketId};
use dispatch_documents::{
    ChainRecord, DocumentError, InvoiceInput, PacketInput, Photo, closeout_packet, invoice_draft,
};
use dispatch_ledger::Extent;
use dispatch_objects::{ContentType, ObjectError, StorageKey};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::Inner;
use crate::docket::{Docket, Read};
use crate::refuse::{ledger_away, objects_away};

/// Photos that go into a packet; further ones are listed, not shown.
const MAX_PHOTOS: usize = 40;

/// Bytes of photos that are held in memory for one packet.
const MAX_PHOTO_BYTES: u64 = 96 * 1024 * 1024;

/// Papers that are made at once: each may hold all its photos.
const AT_ONCE: usize = 2;

/// How long a call waits until it is its turn to make papers.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who makes papers now.
pub(crate) struct Drafting {
    seats: Semaphore,
    patience: Duration,
}

impl Default for Drafting {
    fn default() -> Self {
        Self {
            seats: Semaphore::new(AT_ONCE),
            patience: PATIENCE,
        }
    }
}

impl Drafting {
    /// A seat, once one is free; it is free again when this is dropped.
    async fn seat(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        match timeout(self.patience, self.seats.acquire()).await {
            Ok(Ok(seat)) => Ok(seat),
            // nobody closes them
            Ok(Err(_)) | Err(_) => {
                let mut refusal = Refusal::new(
                    Code::StoreUnavailable,
                    Phase::Store,
                    "Other papers are being made, and it did not come to yours in time; nothing \
                     was committed. Send the same call again, with the same request_id.",
                );
                refusal.retry_after_s = Some(5);
                Err(refusal)
            }
        }
    }
}

/// A document as bytes, for a person and for a machine.
struct Rendered {
    pdf: Vec<u8>,
    json: Vec<u8>,
}

impl Inner {
    /// The papers of this call; none where its tool makes none.
    pub(crate) async fn papers(
        &self,
        read: &Read,
        docket: &Docket,
    ) -> Result<Option<Papers>, Refusal> {
        let question = &docket.question;
        let (Some(case), Some(ticket_id)) = (&question.facts.case, question.call.ticket_id) else {
            return Ok(None);
        };
        let (pdf_id, json_id) = (
            AttachmentId(self.clock.fresh()),
            AttachmentId(self.clock.fresh()),
        );
        let pdf_key = StorageKey::artifact(ticket_id.0, pdf_id.0, ContentType::Pdf);
        let version = case.ticket.version + 1;
        let (rendered, kinds) = match &question.call.input {
            Input::BillingGenerateInvoiceDraft(draft) => {
                let _seat = self.drafting.seat().await?;
                let input = self.invoice(docket, draft, version).await?;
                let rendered = render(move || {
                    invoice_draft(&input).map(|paper| Rendered {
                        pdf: paper.pdf,
                        json: paper.json,
                    })
                });
                let kinds = (
                    AttachmentKind::InvoiceDraftPdf,
                    AttachmentKind::InvoiceDraftJson,
                );
                (rendered.await?, kinds)
            }
            Input::BillingCompileCloseoutPacket(_) => {
                let _seat = self.drafting.seat().await?;
                let input = self.packet(read, docket, pdf_id, &pdf_key, version).await?;
                let rendered = render(move || {
                    closeout_packet(&input).map(|paper| Rendered {
                        pdf: paper.pdf,
                        json: paper.manifest,
                    })
                });
                let kinds = (
                    AttachmentKind::CloseoutPacketPdf,
                    AttachmentKind::CloseoutManifestJson,
                );
                (rendered.await?, kinds)
            }
            _ => return Ok(None),
        };
        let json_key = StorageKey::artifact(ticket_id.0, json_id.0, ContentType::Json);
        Ok(Some(Papers {
            pdf: self.keep(pdf_id, kinds.0, pdf_key, rendered.pdf).await?,
            json: self.keep(json_id, kinds.1, json_key, rendered.json).await?,
        }))
    }

    async fn keep(
        &self,
        attachment_id: AttachmentId,
        kind: AttachmentKind,
        key: StorageKey,
        bytes: Vec<u8>,
    ) -> Result<Attachment, Refusal> {
        let stored = self
            .objects
            .put_artifact(&key, Bytes::from(bytes))
            .await
            .map_err(objects_away)?;
        Ok(Attachment {
            attachment_id,
            kind,
            storage_key: stored.storage_key.as_str().to_owned(),
            sha256: stored.sha256,
            content_type: stored.content_type.name().to_owned(),
            size_bytes: stored.size_bytes,
            phase: None,
        })
    }

    /// The case file now. On this host whoever would change it waits for us; where another
    /// host changes it, our commit is overtaken, and papers are made anew.
    async fn case_file_now(&self, ticket_id: TicketId) -> Result<CaseFile, Refusal> {
        let found = self
            .ledger
            .case_file(ticket_id, Extent::Papers)
            .await
            .map_err(ledger_away)?;
        found.ok_or_else(|| unmade(&Gone))
    }

    async fn invoice(
        &self,
        docket: &Docket,
        draft: &BillingGenerateInvoiceDraft,
        version: u64,
    ) -> Result<InvoiceInput, Refusal> {
        let ticket_id = docket
            .question
            .call
            .ticket_id
            .ok_or_else(|| unmade(&Gone))?;
        let file = self.case_file_now(ticket_id).await?;
        Ok(InvoiceInput {
            company: self.company.clone(),
            technician_name: technician_name(&file),
            ticket: file.ticket,
            invoice: InvoiceDraft::of(draft),
            number: number("INV", ticket_id, version),
            issued_at: docket.question.now,
            notes: file.technician_timeline,
        })
    }

    async fn packet(
        &self,
        read: &Read,
        docket: &Docket,
        pdf_attachment_id: AttachmentId,
        pdf_key: &StorageKey,
        version: u64,
    ) -> Result<PacketInput, Refusal> {
        let ticket_id = docket
            .question
            .call
            .ticket_id
            .ok_or_else(|| unmade(&Gone))?;
        let file = self.case_file_now(ticket_id).await?;
        let drafted_at_version = file
            .audit
            .iter()
            .rev()
            .find(|event| event.kind == EventType::BillingInvoiceDraftGenerated)
            .map(|event| event.ticket_version);
        let technician_name = technician_name(&file);
        let (Some(drafted_at_version), Some(invoice)) = (drafted_at_version, file.invoice_draft)
        else {
            return Err(unmade(&Gone));
        };
        let photos = self.photos(&file.attachments).await?;
        Ok(PacketInput {
            company: self.company.clone(),
            ticket: file.ticket,
            technician_name,
            number: number("CLO", ticket_id, version),
            compiled_at: docket.question.now,
            pdf_attachment_id,
            pdf_storage_key: pdf_key.as_str().to_owned(),
            invoice_number: number("INV", ticket_id, drafted_at_version),
            invoice: invoice.invoice,
            notes: file.technician_timeline,
            checklist: file.checklist,
            history: file.audit,
            photos,
            artifacts: file.attachments,
            chain: ChainRecord {
                sequence: docket.open.chain.sequence,
                hash: docket.open.chain.hash.clone(),
            },
            policy_pack: read.pack.reference().clone(),
        })
    }

    /// The photos' bytes, as many as a packet shows. One that is gone leaves its
    /// place in the packet labelled; the closure does not hang on it.
    async fn photos(
        &self,
        attachments: &[dispatch_contract::reading::AttachmentEntry],
    ) -> Result<Vec<Photo>, Refusal> {
        let mut photos = Vec::new();
        let mut left = MAX_PHOTO_BYTES;
        let taken = attachments
            .iter()
            .filter(|entry| entry.attachment.kind == AttachmentKind::Photo)
            .take(MAX_PHOTOS);
        for entry in taken {
            let bytes = match entry.attachment.storage_key.parse::<StorageKey>() {
                Ok(key) => match self.objects.get_bytes(&key, left).await {
                    Ok(bytes) => Some(bytes.to_vec()),
                    Err(ObjectError::TooLarge { .. } | ObjectError::NotFound { .. }) => None,
                    Err(error) => return Err(objects_away(error)),
                },
                Err(_) => None,
            };
            left -= bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
            photos.push(Photo {
                entry: entry.clone(),
                bytes,
            });
        }
        Ok(photos)
    }
}

fn technician_name(file: &CaseFile) -> Option<String> {
    let last = file.assignment_history.last()?;
    Some(last.technician_name.clone())
}

/// A number a customer can read out: the end of the ticket's id, and the version.
fn number(kind: &str, ticket_id: TicketId, version: u64) -> String {
    let id = ticket_id.to_string();
    format!("{kind}-{}-{version}", &id[id.len() - 8..])
}

/// Rendering takes milliseconds: off the threads that serve.
async fn render(
    make: impl FnOnce() -> Result<Rendered, DocumentError> + Send + 'static,
) -> Result<Rendered, Refusal> {
    match tokio::task::spawn_blocking(make).await {
        Ok(rendered) => rendered.map_err(|error| unmade(&error)),
        Err(error) => Err(unmade(&error)),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the case file is not there")]
struct Gone;

fn unmade(error: &(dyn Error + 'static)) -> Refusal {
    tracing::error!(error, "a paper could not be made");
    let mut refusal = Refusal::new(
        Code::StoreUnavailable,
        Phase::Store,
        "The document could not be made, so nothing was committed. Try again; if it stays so, \
         tell an operator.",
    );
    refusal.retry_after_s = Some(5);
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn papers_wait_for_one_another_and_not_for_ever() {
        let drafting = Drafting {
            patience: Duration::from_millis(50),
            ..Drafting::default()
        };
        let mut seats = Vec::new();
        for _ in 0..AT_ONCE {
            seats.push(drafting.seat().await.expect("free"));
        }
        let refusal = drafting.seat().await.expect_err("none is free");
        assert_eq!(refusal.code, Code::StoreUnavailable);
        assert!(refusal.retry_after_s.is_some());
        seats.pop();
        assert!(drafting.seat().await.is_ok(), "one came free");
    }
}
