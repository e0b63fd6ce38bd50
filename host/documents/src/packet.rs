//! The closeout packet: everything that shows the work was done and agreed.

use dispatch_contract::event::{Event, EventType, PackRef};
use dispatch_contract::invoice::InvoiceDraft;
use dispatch_contract::reading::{AttachmentEntry, ChecklistEntry, NoteEntry};
use dispatch_contract::ticket::Item;
use dispatch_contract::time::Zone;
use dispatch_contract::{AttachmentId, State, Ticket, Timestamp};

use crate::canvas::{ACCENT, INK, MUTED, RULE, Sheet, Step, Style};
use crate::company::Company;
use crate::error::DocumentError;
use crate::face::Face;
use crate::flow::Flow;
use crate::letterhead::{foot, letterhead};
use crate::manifest::{ChainRecord, manifest};
use crate::paint::{About, paint};
use crate::photos::{self, Photo, Ready};
use crate::table::{Column, table};
use crate::{sections, words};

/// Files listed at most on paper; the manifest has them all.
const MAX_LISTED: usize = 500;

/// Steps of the job's history shown at most.
const MAX_HISTORY: usize = 60;

/// What a closeout packet is made of.
#[derive(Clone, PartialEq, Debug)]
pub struct PacketInput {
    /// Who sends it.
    pub company: Company,
    /// The ticket as it is now.
    pub ticket: Ticket,
    /// Who did the work, by name.
    pub technician_name: Option<String>,
    /// The packet's number, as the customer may quote it.
    pub number: String,
    /// When it is compiled; also the PDF's date.
    pub compiled_at: Timestamp,
    /// The attachment that the PDF becomes.
    pub pdf_attachment_id: AttachmentId,
    /// Where the object store will keep the PDF.
    pub pdf_storage_key: String,
    /// The invoice draft's number.
    pub invoice_number: String,
    /// The invoice draft.
    pub invoice: InvoiceDraft,
    /// What was found and done, oldest first.
    pub notes: Vec<NoteEntry>,
    /// What was checked off, oldest first.
    pub checklist: Vec<ChecklistEntry>,
    /// The ticket's events, oldest first; the steps of its life are shown.
    /// Messages are not: a packet leaves the house, a conversation does not.
    pub history: Vec<Event>,
    /// Photos with their bytes, in the order to be shown.
    pub photos: Vec<Photo>,
    /// Every attachment of the ticket, photos too, oldest first.
    pub artifacts: Vec<AttachmentEntry>,
    /// What the ticket's chain ends with.
    pub chain: ChainRecord,
    /// Rules in force.
    pub policy_pack: PackRef,
}

/// A closeout packet, for a person and for a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PacketPaper {
    /// `application/pdf`
    pub pdf: Vec<u8>,
    /// `application/json`, canonical: a [`crate::Manifest`] with the PDF's own hash.
    pub manifest: Vec<u8>,
}

/// Make a closeout packet.
///
/// # Errors
/// [`DocumentError`]; a photo that cannot be shown is not one.
pub fn closeout_packet(input: &PacketInput) -> Result<PacketPaper, DocumentError> {
    let face = Face::new()?;
    let (entries, ready, pictures) = photos::look(&input.photos);
    let (sheets, about) = lay_out(&face, input, &entries, &ready)?;
    let pdf = paint(&face, input.company.paper, &sheets, &pictures, &about)?;
    let shown: Vec<bool> = ready.iter().map(Ready::is_shown).collect();
    let manifest = manifest(input, &pdf, &shown);
    Ok(PacketPaper { pdf, manifest })
}

/// Everything but the paint.
pub(crate) fn lay_out(
    face: &Face,
    input: &PacketInput,
    entries: &[AttachmentEntry],
    ready: &[Ready],
) -> Result<(Vec<Sheet>, About), DocumentError> {
    let (company, ticket) = (&input.company, &input.ticket);
    let zone = words::zone(ticket);
    let title = format!("Closeout packet {}", input.number);
    let running = (company.name.clone(), title.clone());
    let mut flow = Flow::new(face, company.paper, running, None);
    let facts = [
        ("Number", input.number.clone()),
        ("Date", words::date(input.compiled_at, zone)),
        ("Ticket", ticket.ticket_id.to_string()),
        ("Invoice draft", input.invoice_number.clone()),
    ];
    letterhead(&mut flow, company, "CLOSEOUT PACKET", None, &facts);
    sections::parties(&mut flow, ticket, input.technician_name.as_deref(), zone);
    sections::work(&mut flow, ticket, &input.notes, zone);
    checklist(&mut flow, ticket, &input.checklist, zone);
    sections::charges(&mut flow, &input.invoice);
    history(&mut flow, &input.history, zone);
    if !entries.is_empty() {
        flow.heading_with("Photos", photos::ROW_HEIGHT);
        photos::grid(&mut flow, entries, ready, zone);
        let hidden = input.photos.len().saturating_sub(entries.len());
        if hidden > 0 {
            let more = format!("{hidden} more photos are in the list of files.");
            flow.paragraph(flow.left(), Style::SMALL, &more, flow.inner());
        }
    }
    files(&mut flow, &input.artifacts);
    record(&mut flow, input);
    let about = About {
        title: flow.cleaned(&title),
        author: flow.cleaned(&company.name),
        made_at: input.compiled_at,
        id: format!("{}/{}", ticket.ticket_id, input.number),
    };
    Ok((flow.finish(&foot(company, &title))?, about))
}

fn checklist(flow: &mut Flow<'_>, ticket: &Ticket, entries: &[ChecklistEntry], zone: Zone) {
    flow.heading("Closeout checklist");
    let side = 11.0;
    for item in Item::ALL {
        flow.room(18.0);
        let (x, y) = (flow.left(), flow.y);
        let done = ticket.closeout.checklist.done(item);
        if done {
            flow.fill(x, y, side, side, ACCENT);
            flow.step(Step::Tick { x, y, side });
        } else {
            flow.step(Step::Frame {
                x,
                y,
                width: side,
                height: side,
                color: RULE,
            });
        }
        flow.y = y - 1.2;
        flow.text(x + side + 8.0, Style::BODY, words::item(item), 220.0);
        let entry = entries.iter().find(|entry| entry.item_key == item);
        let by = match entry {
            Some(entry) => format!(
                "{} — {}",
                words::moment(entry.completed_at, zone),
                words::role(entry.completed_by.role)
            ),
            None if done => String::new(),
            None => "open".into(),
        };
        flow.y = y;
        flow.text_right(flow.right(), Style::SMALL, &by, 250.0);
        flow.y = y + 17.0;
    }
}

fn history(flow: &mut Flow<'_>, events: &[Event], zone: Zone) {
    let steps: Vec<(Timestamp, State)> = events
        .iter()
        .filter_map(|event| match event.kind {
            EventType::TicketCreated => Some((event.occurred_at, State::New)),
            EventType::TicketStateChanged => Some((event.occurred_at, event.next_state?)),
            _ => None,
        })
        .collect();
    if steps.is_empty() {
        return;
    }
    flow.heading("Job history");
    for (at, state) in steps.iter().take(MAX_HISTORY) {
        flow.room(15.0);
        flow.text(
            flow.left(),
            Style::regular(9.0, MUTED),
            &words::moment(*at, zone),
            140.0,
        );
        flow.text(
            flow.left() + 150.0,
            Style::regular(9.0, INK),
            words::state(*state),
            300.0,
        );
        flow.y += 14.0;
    }
}

fn files(flow: &mut Flow<'_>, artifacts: &[AttachmentEntry]) {
    if artifacts.is_empty() {
        return;
    }
    flow.heading("Files of this ticket");
    let rows: Vec<Vec<String>> = artifacts
        .iter()
        .take(MAX_LISTED)
        .map(|entry| {
            let attachment = &entry.attachment;
            vec![
                words::kind(attachment.kind).into(),
                attachment.sha256.clone(),
                words::size(attachment.size_bytes),
            ]
        })
        .collect();
    let columns = [
        Column::left("File", 0.20),
        Column::left("SHA-256", 0.68),
        Column::right("Size", 0.12),
    ];
    table(flow, &columns, &rows, 7.5);
    if artifacts.len() > MAX_LISTED {
        let more = format!(
            "{} more files are in the manifest.",
            artifacts.len() - MAX_LISTED
        );
        flow.paragraph(flow.left(), Style::SMALL, &more, flow.inner());
    }
}

/// How a reader can check that nothing was changed afterwards.
fn record(flow: &mut Flow<'_>, input: &PacketInput) {
    flow.heading("Record");
    let (left, inner) = (flow.left(), flow.inner());
    let (chain, pack) = (&input.chain, &input.policy_pack);
    let lines = [
        format!("Audit chain at entry {}: {}", chain.sequence, chain.hash),
        format!(
            "Policy pack {} {}: {}",
            pack.name, pack.version, pack.digest
        ),
        "The manifest that comes with this packet lists every file with its hash.".to_owned(),
    ];
    for line in lines {
        flow.paragraph(left, Style::regular(7.5, MUTED), &line, inner);
    }
}
