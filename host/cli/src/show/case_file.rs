//! The case file: everything known of a ticket, in sections.

use dispatch_contract::reading::CaseFile;

use crate::show::paint::Paint;
use crate::show::table::Table;
use crate::show::{clean, cut, money, tickets, time, window};

/// The whole file.
pub(crate) fn text(file: &CaseFile, paint: Paint) -> String {
    let sections = [
        ("ticket", tickets::snapshot(&file.ticket, paint)),
        ("messages", earlier(file.earlier_messages) + &messages(file)),
        ("windows", windows(file)),
        ("assignments", assignments(file)),
        ("technician's timeline", notes(file)),
        ("attachments", attachments(file, paint)),
        ("invoice draft", invoice(file, paint)),
        (
            "audit",
            earlier(file.earlier_events) + &tickets::events(&file.audit, paint),
        ),
    ];
    let mut text = String::new();
    for (name, section) in sections {
        if !section.is_empty() {
            text.push_str(&format!(
                "{}\n{section}\n",
                paint.strong(&format!("== {name}"))
            ));
        }
    }
    text
}

/// What of a very long list is not in the file.
fn earlier(count: u64) -> String {
    if count == 0 {
        return String::new();
    }
    format!("({count} earlier: dispatch ticket timeline has all of them)\n")
}

fn messages(file: &CaseFile) -> String {
    lines(&file.messages, |message| {
        let way = match message.direction {
            dispatch_contract::input::Direction::Inbound => "in ",
            dispatch_contract::input::Direction::Outbound => "out",
        };
        format!(
            "{}  {way}  {}: {}",
            time(message.at),
            tickets::short(message.actor),
            clean(&message.normalized)
        )
    })
}

fn windows(file: &CaseFile) -> String {
    lines(&file.schedule_history, |entry| {
        let offered: Vec<String> = entry.windows.iter().map(window).collect();
        let agreed = entry
            .confirmed_window
            .as_ref()
            .map_or_else(String::new, |agreed| {
                format!("; agreed: {}", window(agreed))
            });
        format!(
            "{}  offered: {}{agreed}",
            time(entry.proposed_at),
            offered.join("; ")
        )
    })
}

fn assignments(file: &CaseFile) -> String {
    lines(&file.assignment_history, |entry| {
        let until = entry
            .ended_at
            .map_or_else(String::new, |at| format!(", until {}", time(at)));
        format!(
            "{}  {} ({}){until}",
            time(entry.assigned_at),
            clean(&entry.technician_name),
            entry.technician_id
        )
    })
}

fn notes(file: &CaseFile) -> String {
    lines(&file.technician_timeline, |note| {
        format!(
            "{}  {}: {}",
            time(note.at),
            tickets::short(note.actor),
            clean(&note.text)
        )
    })
}

fn attachments(file: &CaseFile, paint: Paint) -> String {
    if file.attachments.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["ATTACHMENT", "KIND", "TYPE", "BYTES", "SHA-256"]);
    for entry in &file.attachments {
        let attachment = &entry.attachment;
        table.row([
            attachment.attachment_id.to_string(),
            attachment.kind.name().to_owned(),
            attachment.content_type.clone(),
            attachment.size_bytes.to_string(),
            cut(&attachment.sha256, 13),
        ]);
    }
    table.text(paint)
}

fn invoice(file: &CaseFile, paint: Paint) -> String {
    let Some(entry) = &file.invoice_draft else {
        return String::new();
    };
    let mut table = Table::new(&["LINE", "QUANTITY", "AMOUNT"]);
    let cents = |amount_cents| {
        money(&dispatch_contract::ticket::Money {
            currency: entry.invoice.total.currency.clone(),
            amount_cents,
        })
    };
    for line in &entry.invoice.lines {
        table.row([
            cut(&line.description, 60),
            line.quantity.to_string(),
            cents(line.amount_cents),
        ]);
    }
    table.row(["tax".into(), String::new(), money(&entry.invoice.tax)]);
    table.row(["total".into(), String::new(), money(&entry.invoice.total)]);
    table.text(paint)
}

fn lines<T>(items: &[T], line: impl Fn(&T) -> String) -> String {
    items.iter().map(|item| line(item) + "\n").collect()
}
