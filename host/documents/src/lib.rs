//! PDFs and machine-readable papers from a case file: the invoice draft and the
//! closeout packet.
//!
//! Pure: values in, bytes out, and the same values always give the same bytes.
//! No clock, no randomness, no files, no rules of tickets.
//!
//! Layout first ([`flow`] and what stands on it make a list of drawing steps),
//! paint last ([`paint`] is the only module that knows the PDF library's pages).

mod canvas;
mod company;
mod error;
mod exif;
mod face;
mod flow;
mod invoice;
mod letterhead;
mod manifest;
mod packet;
mod paint;
mod photos;
#[cfg(test)]
mod proof;
mod sections;
mod table;
mod text;
mod words;

pub use company::{Company, PaperSize};
pub use error::DocumentError;
pub use invoice::{InvoiceInput, InvoicePaper, InvoiceRecord, invoice_draft};
pub use manifest::{ArtifactRecord, ChainRecord, Manifest, PaperRecord, PhotoRecord};
pub use packet::{PacketInput, PacketPaper, closeout_packet};
pub use photos::Photo;
