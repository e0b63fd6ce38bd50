//! The invoice draft: what the customer would be asked to pay, before anybody asks.

use dispatch_contract::invoice::InvoiceDraft;
use dispatch_contract::reading::NoteEntry;
use dispatch_contract::ticket::{Address, Customer};
use dispatch_contract::{CustomerId, Ticket, TicketId, Timestamp, canonical};
use serde::{Deserialize, Serialize};

use crate::canvas::{Sheet, Style};
use crate::company::Company;
use crate::error::DocumentError;
use crate::face::Face;
use crate::flow::Flow;
use crate::letterhead::{foot, letterhead};
use crate::paint::{About, paint};
use crate::{sections, words};

/// The name of the JSON's format.
const FORMAT: &str = "real-dispatch.invoice-draft/1";

/// What an invoice draft is made of.
#[derive(Clone, PartialEq, Debug)]
pub struct InvoiceInput {
    /// Who sends it.
    pub company: Company,
    /// The ticket as it is now.
    pub ticket: Ticket,
    /// Who did the work, by name.
    pub technician_name: Option<String>,
    /// The lines and what they add up to.
    pub invoice: InvoiceDraft,
    /// The draft's number, as the customer may quote it.
    pub number: String,
    /// When it is made; also the PDF's date.
    pub issued_at: Timestamp,
    /// What was found and done, oldest first.
    pub notes: Vec<NoteEntry>,
}

/// An invoice draft, for a person and for a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvoicePaper {
    /// `application/pdf`
    pub pdf: Vec<u8>,
    /// `application/json`, canonical: an [`InvoiceRecord`].
    pub json: Vec<u8>,
}

/// An invoice draft as data.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct InvoiceRecord {
    /// `real-dispatch.invoice-draft/1`
    pub format: String,
    /// Nothing else yet: `draft`.
    pub status: String,
    /// The draft's number.
    pub number: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Who sends it.
    pub company: Company,
    /// Of which ticket.
    pub ticket_id: TicketId,
    /// The ticket's version it was made from.
    pub ticket_version: u64,
    /// For whom.
    pub customer_id: CustomerId,
    /// For whom, by name.
    pub customer: Customer,
    /// Where the work was done.
    pub service_location: Address,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technician_name: Option<String>,
    /// The lines and what they add up to.
    pub invoice: InvoiceDraft,
}

/// Make an invoice draft.
///
/// # Errors
/// [`DocumentError`]; long or odd input is cut and replaced, not refused.
pub fn invoice_draft(input: &InvoiceInput) -> Result<InvoicePaper, DocumentError> {
    let face = Face::new()?;
    let (sheets, about) = lay_out(&face, input)?;
    let pdf = paint(&face, input.company.paper, &sheets, &[], &about)?;
    Ok(InvoicePaper {
        pdf,
        json: canonical::bytes(&record(input)),
    })
}

/// Everything but the paint.
pub(crate) fn lay_out(
    face: &Face,
    input: &InvoiceInput,
) -> Result<(Vec<Sheet>, About), DocumentError> {
    let (company, ticket) = (&input.company, &input.ticket);
    let zone = words::zone(ticket);
    let title = format!("Invoice draft {}", input.number);
    let running = (company.name.clone(), title.clone());
    let mut flow = Flow::new(face, company.paper, running, Some("DRAFT"));
    let facts = [
        ("Number", input.number.clone()),
        ("Date", words::date(input.issued_at, zone)),
        ("Ticket", ticket.ticket_id.to_string()),
    ];
    let tag = Some("DRAFT — NOT A REQUEST FOR PAYMENT");
    letterhead(&mut flow, company, "INVOICE DRAFT", tag, &facts);
    sections::parties(&mut flow, ticket, input.technician_name.as_deref(), zone);
    sections::work(&mut flow, ticket, &input.notes, zone);
    sections::charges(&mut flow, &input.invoice);
    flow.y += 8.0;
    let note = "This is a draft for review. Amounts may change until a final invoice is issued. \
                Please quote the number above with any question.";
    flow.paragraph(flow.left(), Style::SMALL, note, flow.inner());
    let about = About {
        title: flow.cleaned(&title),
        author: flow.cleaned(&company.name),
        made_at: input.issued_at,
        id: format!("{}/{}", ticket.ticket_id, input.number),
    };
    Ok((flow.finish(&foot(company, &title))?, about))
}

fn record(input: &InvoiceInput) -> InvoiceRecord {
    let ticket = &input.ticket;
    InvoiceRecord {
        format: FORMAT.into(),
        status: "draft".into(),
        number: input.number.clone(),
        issued_at: input.issued_at,
        company: input.company.clone(),
        ticket_id: ticket.ticket_id,
        ticket_version: ticket.version,
        customer_id: ticket.customer_id,
        customer: ticket.customer.clone(),
        service_location: ticket.service_location.clone(),
        technician_name: input.technician_name.clone(),
        invoice: input.invoice.clone(),
    }
}
