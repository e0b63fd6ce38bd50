//! Parts that both papers have: the parties, the work, the charges.

use dispatch_contract::Ticket;
use dispatch_contract::invoice::InvoiceDraft;
use dispatch_contract::reading::NoteEntry;
use dispatch_contract::ticket::Address;
use dispatch_contract::time::Zone;

use crate::canvas::{ACCENT, INK, MUTED, RULE, Style};
use crate::flow::Flow;
use crate::letterhead::blocks;
use crate::table::{Column, table};
use crate::words;

/// Notes shown at most; the rest is in the case file.
const MAX_NOTES: usize = 200;

/// Lines of a table of charges at most.
const MAX_CHARGES: usize = 1_000;

/// Customer, site and job, side by side.
pub(crate) fn parties(flow: &mut Flow<'_>, ticket: &Ticket, technician: Option<&str>, zone: Zone) {
    let customer = &ticket.customer;
    let mut bill_to = vec![customer.contact_name.clone()];
    bill_to.extend(customer.phone.clone());
    bill_to.extend(customer.email.clone());
    let mut site: Vec<String> = customer.site_name.clone().into_iter().collect();
    site.extend(address(&ticket.service_location));
    let mut job = vec![format!(
        "Technician: {}",
        technician.unwrap_or("not assigned")
    )];
    if let Some(schedule) = &ticket.schedule {
        job.push(words::span(
            schedule.window_start,
            schedule.window_end,
            zone,
        ));
    }
    job.push(format!("Priority: {}", words::priority(ticket.priority)));
    job.push(format!("Times are {}", zone.0.name().replace('_', " ")));
    blocks(
        flow,
        &[
            ("Bill to", bill_to),
            ("Service location", site),
            ("Visit", job),
        ],
    );
}

fn address(address: &Address) -> Vec<String> {
    let mut lines = vec![address.address_line1.clone()];
    lines.extend(address.address_line2.clone());
    lines.push(format!(
        "{}, {} {}",
        address.city, address.region, address.postal_code
    ));
    lines.push(address.country.clone());
    lines
}

/// What was asked for, and what was done.
pub(crate) fn work(flow: &mut Flow<'_>, ticket: &Ticket, notes: &[NoteEntry], zone: Zone) {
    flow.heading("Summary of work");
    let (left, inner) = (flow.left(), flow.inner());
    flow.label(left, "Reported", inner);
    flow.paragraph(left, Style::BODY, &ticket.issue.summary, inner);
    let issue = &ticket.issue;
    let details: Vec<String> = [
        ("Job", &issue.classification),
        ("Door system", &issue.door_system_type),
        ("Site status", &issue.security_safety_status),
    ]
    .into_iter()
    .filter_map(|(label, value)| Some(format!("{label}: {}", value.as_ref()?.replace('_', " "))))
    .collect();
    if !details.is_empty() {
        flow.paragraph(left, Style::SMALL, &details.join("   ·   "), inner);
    }
    flow.y += 6.0;
    for note in notes.iter().take(MAX_NOTES) {
        flow.room(Style::LABEL.leading() + Style::BODY.leading() * 2.0);
        let by = format!(
            "{} — {}",
            words::moment(note.at, zone),
            words::role(note.actor.role)
        );
        flow.text(left, Style::bold(8.0, MUTED), &by, inner);
        flow.y += 12.0;
        flow.paragraph(left, Style::BODY, &note.text, inner);
        flow.y += 6.0;
    }
    if notes.len() > MAX_NOTES {
        let more = format!(
            "{} more notes are in the case file.",
            notes.len() - MAX_NOTES
        );
        flow.paragraph(left, Style::SMALL, &more, inner);
    }
}

/// Parts and labour, with what they add up to.
pub(crate) fn charges(flow: &mut Flow<'_>, invoice: &InvoiceDraft) {
    flow.heading("Parts and labor");
    let currency = &invoice.total.currency;
    let rows: Vec<Vec<String>> = invoice
        .lines
        .iter()
        .take(MAX_CHARGES)
        .map(|line| {
            vec![
                line.description.clone(),
                line.quantity.to_string(),
                words::cents(currency, line.unit_amount_cents),
                words::cents(currency, line.amount_cents),
            ]
        })
        .collect();
    if rows.is_empty() {
        flow.paragraph(
            flow.left(),
            Style::BODY,
            "No charges are listed.",
            flow.inner(),
        );
    } else {
        let columns = [
            Column::left("Description", 0.52),
            Column::right("Qty", 0.10),
            Column::right("Unit price", 0.19),
            Column::right("Amount", 0.19),
        ];
        table(flow, &columns, &rows, 9.0);
    }
    totals(flow, invoice);
}

fn totals(flow: &mut Flow<'_>, invoice: &InvoiceDraft) {
    flow.room(64.0);
    flow.y += 8.0;
    let (right, width) = (flow.right() - 6.0, 220.0);
    let tax = format!("Tax ({})", words::percent(invoice.tax_basis_points));
    let rows = [
        ("Subtotal".to_owned(), words::money(&invoice.subtotal)),
        (tax, words::money(&invoice.tax)),
    ];
    for (label, amount) in rows {
        flow.text(
            right - width,
            Style::regular(9.0, MUTED),
            &label,
            width / 2.0,
        );
        flow.text_right(right, Style::regular(9.0, INK), &amount, width / 2.0);
        flow.y += 14.5;
    }
    flow.fill(right - width, flow.y + 1.0, width + 6.0, 0.75, RULE);
    flow.y += 6.0;
    flow.text(
        right - width,
        Style::bold(11.0, ACCENT),
        "Total",
        width / 2.0,
    );
    let total = words::money(&invoice.total);
    flow.text_right(right, Style::bold(11.5, ACCENT), &total, width * 0.75);
    flow.y += 20.0;
}
