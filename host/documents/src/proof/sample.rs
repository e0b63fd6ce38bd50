//! A job with names of four alphabets, as input of both papers.

use dispatch_contract::artifact::{Attachment, AttachmentKind};
use dispatch_contract::canonical::sha256_hex;
use dispatch_contract::event::{Event, PackRef};
use dispatch_contract::input::{BillingGenerateInvoiceDraft, LineItem, PhotoPhase};
use dispatch_contract::invoice::InvoiceDraft;
use dispatch_contract::reading::{AttachmentEntry, ChecklistEntry, NoteEntry};
use dispatch_contract::ticket::Item;
use dispatch_contract::{Actor, Role, Ticket, Timestamp};
use serde_json::json;

use crate::{ChainRecord, Company, InvoiceInput, PacketInput, Photo};

const ID: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N";

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id(n: usize) -> String {
    format!("01J9ZQ4Y7M8K6T5R4E3W2Q{n:04}")
}

pub(super) fn company() -> Company {
    Company {
        name: "Northgate Door & Dock Co.".into(),
        address_lines: vec![
            "1200 Harbor Avenue, Suite 4".into(),
            "Boston, MA 02110".into(),
        ],
        phone: Some("+1 617 555 0142".into()),
        email: Some("service@northgate.example".into()),
        tax_id: Some("04-1234567".into()),
        ..Company::default()
    }
}

pub(super) fn ticket() -> Ticket {
    serde_json::from_value(json!({
        "ticket_id": ID, "state": "closeout_pending", "version": 14,
        "created_at": "2026-02-27T13:05:00Z", "updated_at": "2026-03-02T20:15:00Z",
        "customer_id": id(1),
        "customer": {
            "site_name": "Café Łódź — Ωmega Я Warehouse", "contact_name": "Zoë Łukasiewicz",
            "phone": "+1 617 555 0199", "email": "zoe@example.com"
        },
        "service_location": {
            "address_line1": "77 Wharf Street", "address_line2": "Dock door 3",
            "city": "Boston", "region": "MA", "postal_code": "02110", "country": "USA"
        },
        "issue": {
            "summary": "Dock door 3 is stuck half open after a forklift touched the left track; the opener hums and trips.",
            "classification": "emergency_repair", "door_system_type": "sectional_overhead",
            "security_safety_status": "site_secured"
        },
        "priority": "emergency",
        "billing": {"account_type": "account", "emergency_rate_approved": true},
        "assigned_technician_id": id(2),
        "schedule": {
            "status": "confirmed", "window_start": "2026-03-02T14:00:00Z",
            "window_end": "2026-03-02T16:00:00Z", "timezone": "America/New_York"
        },
        "closeout": {
            "checklist": {
                "work_performed": true, "parts_used_or_needed": true, "resolution_status": true,
                "onsite_photos_after": true, "billing_authorization": true
            },
            "completed_at": "2026-03-02T19:58:00Z"
        }
    }))
    .unwrap()
}

fn technician() -> Actor {
    Actor {
        role: Role::Technician,
        id: id(2).parse().unwrap(),
    }
}

pub(super) fn note(n: usize, text: &str) -> NoteEntry {
    NoteEntry {
        note_id: id(20 + n).parse().unwrap(),
        at: at("2026-03-02T15:10:00Z"),
        actor: technician(),
        text: text.into(),
    }
}

pub(super) fn line(description: &str, quantity: u32, unit_amount_cents: i64) -> LineItem {
    LineItem {
        description: description.into(),
        quantity,
        unit_amount_cents,
    }
}

pub(super) fn draft(lines: Vec<LineItem>) -> InvoiceDraft {
    InvoiceDraft::of(&BillingGenerateInvoiceDraft {
        line_items: Some(lines),
        tax_basis_points: Some(625),
    })
}

pub(super) fn invoice_input() -> InvoiceInput {
    InvoiceInput {
        company: company(),
        ticket: ticket(),
        technician_name: Some("Renée Kowalski".into()),
        invoice: draft(vec![
            line("Emergency call-out, first hour on site", 1, 28_500),
            line("Labor, certified door technician (per hour)", 3, 14_250),
            line("Vertical track section, 12 ga galvanized, 8 ft", 2, 18_675),
            line("Nylon roller, 11-ball, long stem", 6, 1_495),
            line("Torsion spring adjustment and balance test", 1, 9_900),
            line("Account discount", 1, -4_500),
        ]),
        number: "D-2026-00318".into(),
        issued_at: at("2026-03-02T20:15:00Z"),
        notes: vec![
            note(
                1,
                "Left vertical track bent about 40 mm at knee height, two rollers out of the track, spring tension fine. Opener overload had tripped; reset and tested unloaded.",
            ),
            note(
                2,
                "Replaced both vertical track sections and six rollers, realigned the horizontal track, balanced the door and tested ten full cycles. Photo eyes and auto-reverse pass.\nRecommend a bollard at the left jamb: this is the second hit within a year.",
            ),
        ],
    }
}

pub(super) fn entry(
    n: usize,
    kind: AttachmentKind,
    bytes: &[u8],
    phase: Option<PhotoPhase>,
) -> AttachmentEntry {
    let (extension, content_type) = match kind {
        AttachmentKind::Photo => ("jpg", "image/jpeg"),
        AttachmentKind::InvoiceDraftJson => ("json", "application/json"),
        _ => ("pdf", "application/pdf"),
    };
    AttachmentEntry {
        attachment: Attachment {
            attachment_id: id(40 + n).parse().unwrap(),
            kind,
            storage_key: format!("uploads/{}.{extension}", id(40 + n)),
            sha256: sha256_hex(bytes),
            content_type: content_type.into(),
            size_bytes: bytes.len() as u64,
            phase,
        },
        at: at("2026-03-02T15:20:00Z"),
        actor: technician(),
    }
}

pub(super) fn photo(n: usize, bytes: &[u8], phase: PhotoPhase) -> Photo {
    Photo {
        entry: entry(n, AttachmentKind::Photo, bytes, Some(phase)),
        bytes: Some(bytes.to_vec()),
    }
}

fn event(sequence: u64, kind: &str, next: Option<&str>, when: &str) -> Event {
    serde_json::from_value(json!({
        "event_id": id(60), "occurred_at": when, "request_id": "r", "type": kind,
        "ticket_id": ID, "ticket_version": sequence,
        "actor": {"role": "operator_admin", "operator_id": id(3)},
        "next_state": next, "payload": {},
        "pack": {"name": "real-dispatch", "version": "0.1.0", "digest": "ab"},
        "determining_policies": [], "request_sha256": "00",
        "sequence": sequence, "previous_hash": "00", "hash": "00",
    }))
    .unwrap()
}

pub(super) fn packet_input() -> PacketInput {
    let invoice = invoice_input();
    let before = super::picture::png(120, 80, |x, y| [(x * 2) as u8, (y * 3) as u8, 90]);
    let after = super::picture::png(60, 90, |x, y| [40, (x + y) as u8, (y * 2) as u8]);
    let photos = vec![
        photo(1, &before, PhotoPhase::Before),
        photo(2, &after, PhotoPhase::After),
        photo(3, b"\xff\xd8\xff\xe0 not a picture", PhotoPhase::After),
        Photo {
            bytes: None,
            ..photo(4, b"gone", PhotoPhase::After)
        },
    ];
    let mut artifacts: Vec<AttachmentEntry> = photos.iter().map(|p| p.entry.clone()).collect();
    artifacts.push(entry(8, AttachmentKind::InvoiceDraftPdf, b"%PDF", None));
    artifacts.push(entry(9, AttachmentKind::InvoiceDraftJson, b"{}", None));
    let moved = "ticket.state_changed";
    PacketInput {
        company: invoice.company,
        ticket: invoice.ticket,
        technician_name: invoice.technician_name,
        number: "P-2026-00318".into(),
        compiled_at: at("2026-03-02T20:30:00Z"),
        pdf_attachment_id: id(90).parse().unwrap(),
        pdf_storage_key: format!("artifacts/{ID}/{}.pdf", id(90)),
        invoice_number: invoice.number,
        invoice: invoice.invoice,
        notes: invoice.notes,
        checklist: Item::ALL
            .into_iter()
            .map(|item_key| ChecklistEntry {
                item_key,
                completed_at: at("2026-03-02T19:50:00Z"),
                completed_by: technician(),
            })
            .collect(),
        history: vec![
            event(1, "ticket.created", Some("new"), "2026-02-27T13:05:00Z"),
            event(2, moved, Some("schedulable"), "2026-02-27T13:05:02Z"),
            event(3, "ticket.message_added", None, "2026-02-27T13:15:02Z"),
            event(4, moved, Some("scheduled"), "2026-02-27T14:40:00Z"),
            event(5, moved, Some("dispatched"), "2026-03-02T13:10:00Z"),
            event(6, moved, Some("onsite"), "2026-03-02T14:12:00Z"),
            event(7, moved, Some("closeout_pending"), "2026-03-02T19:58:00Z"),
        ],
        photos,
        artifacts,
        chain: ChainRecord {
            sequence: 21,
            hash: sha256_hex(b"chain"),
        },
        policy_pack: PackRef {
            name: "real-dispatch".into(),
            version: "0.1.0".into(),
            digest: sha256_hex(b"pack"),
        },
    }
}
