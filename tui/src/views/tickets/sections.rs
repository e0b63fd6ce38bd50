//! The ticket's sections, each as readable fields.

use dispatch_contract::reading::{CaseFile, ProposalStatus};
use dispatch_contract::ticket::{Item, Priority};

use crate::text::{money, short_time, time, window};
use crate::views::due::due;
use crate::views::fields::{Field, field, heading};
use crate::world::World;

/// What of the ticket is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Section {
    /// The case file: the snapshot, the checklist and what closing needs.
    #[default]
    Case,
    /// Its events.
    Timeline,
    /// Windows offered and agreed, technicians.
    Schedule,
    /// Messages and notes.
    Messages,
    /// Photos and papers.
    Artifacts,
}

impl Section {
    pub(crate) const ALL: [Self; 5] = [
        Self::Case,
        Self::Timeline,
        Self::Schedule,
        Self::Messages,
        Self::Artifacts,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Case => "Case",
            Self::Timeline => "Timeline",
            Self::Schedule => "Schedule",
            Self::Messages => "Messages",
            Self::Artifacts => "Artifacts",
        }
    }

    pub(crate) fn step(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

/// The section's fields; the timeline is drawn otherwise.
pub(crate) fn fields(section: Section, case: &CaseFile, world: &World) -> Vec<Field> {
    match section {
        Section::Case => of_case(case, world),
        Section::Timeline => Vec::new(),
        Section::Schedule => schedule(case),
        Section::Messages => messages(case),
        Section::Artifacts => artifacts(case),
    }
}

/// The snapshot and what the case file adds, the most asked for first.
pub(crate) fn of_case(case: &CaseFile, world: &World) -> Vec<Field> {
    let ticket = &case.ticket;
    let priority = ticket.priority.map_or("no priority", Priority::name);
    let mut fields = vec![
        field(
            "state",
            format!("{}, {priority}, version {}", ticket.state, ticket.version),
        ),
        field("due", due(ticket, world.now).says()),
    ];
    let customer = &ticket.customer;
    let told = [&customer.site_name, &customer.phone, &customer.email];
    let told = told.into_iter().flatten().map(String::as_str);
    let who: Vec<&str> = std::iter::once(customer.contact_name.as_str())
        .chain(told)
        .collect();
    fields.push(field("customer", who.join(", ")));
    let place = &ticket.service_location;
    let second = place
        .address_line2
        .as_deref()
        .map(|line| format!(", {line}"));
    fields.push(field(
        "where",
        format!(
            "{}{}, {}, {} {}",
            place.address_line1,
            second.unwrap_or_default(),
            place.city,
            place.region,
            place.postal_code
        ),
    ));
    fields.push(field("issue", ticket.issue.summary.clone()));
    let agreed = ticket.schedule.as_ref().map_or_else(
        || "nothing offered".to_owned(),
        |schedule| {
            let eta = schedule
                .eta_text
                .as_deref()
                .map(|eta| format!(", eta {eta}"));
            format!(
                "{} {}{}",
                window(schedule),
                schedule.timezone,
                eta.unwrap_or_default()
            )
        },
    );
    fields.push(field("schedule", agreed));
    let assigned = case
        .assignment_history
        .iter()
        .rfind(|a| a.ended_at.is_none());
    fields.push(field(
        "technician",
        assigned.map_or("nobody yet".to_owned(), |a| a.technician_name.clone()),
    ));
    checklist(case, &mut fields);
    for (name, value) in [
        ("class", &ticket.issue.classification),
        ("door", &ticket.issue.door_system_type),
        ("access", &ticket.issue.access_details),
        ("safety", &ticket.issue.security_safety_status),
    ] {
        if let Some(value) = value {
            fields.push(field(name, value.clone()));
        }
    }
    if let Some(total) = &ticket.billing.invoice_total {
        fields.push(field("invoice", money(total)));
    }
    fields.push(field("opened", time(ticket.created_at)));
    fields.push(field("changed", time(ticket.updated_at)));
    fields.push(field("ticket", ticket.ticket_id.to_string()));
    fields
}

/// The five items, and what else closing looks at.
fn checklist(case: &CaseFile, fields: &mut Vec<Field>) {
    let done = |done: bool| if done { "[x]" } else { "[_]" };
    let list = &case.ticket.closeout.checklist;
    fields.push(heading("checklist"));
    for item in Item::ALL {
        let entry = case.checklist.iter().find(|entry| entry.item_key == item);
        let when =
            entry.map(|e| format!(" {} by {}", short_time(e.completed_at), e.completed_by.role));
        fields.push(field(
            item.name(),
            format!("{}{}", done(list.done(item)), when.unwrap_or_default()),
        ));
    }
    let after = |photo: &&dispatch_contract::reading::AttachmentEntry| {
        photo.attachment.kind == dispatch_contract::artifact::AttachmentKind::Photo
            && photo.attachment.phase != Some(dispatch_contract::input::PhotoPhase::Before)
    };
    let photos = case.attachments.iter().filter(after).count();
    let notes = case.technician_timeline.len();
    fields.push(heading("evidence and papers that gates look at"));
    for (name, count) in [
        ("notes", notes),
        ("photos after", photos),
        ("invoice draft", usize::from(case.invoice_draft.is_some())),
    ] {
        fields.push(field(name, format!("{} {count}", done(count > 0))));
    }
    fields.push(heading("more"));
}

fn schedule(case: &CaseFile) -> Vec<Field> {
    let mut fields = Vec::new();
    for entry in case.schedule_history.iter().rev() {
        let status = match entry.status {
            ProposalStatus::Open => "open",
            ProposalStatus::Superseded => "superseded",
            ProposalStatus::Confirmed => "confirmed",
        };
        fields.push(heading(&format!(
            "offered {}: {status}",
            short_time(entry.proposed_at)
        )));
        for (n, offered) in entry.windows.iter().enumerate() {
            let agreed = entry.confirmed_window.as_ref() == Some(offered);
            let schedule = dispatch_contract::ticket::Schedule::of(
                offered,
                dispatch_contract::ticket::ScheduleStatus::Confirmed,
            );
            let mark = if agreed { "  <- agreed" } else { "" };
            fields.push(field(
                &format!("window {}", n + 1),
                format!("{} {}{mark}", window(&schedule), offered.timezone),
            ));
        }
    }
    if let Some(schedule) = &case.ticket.schedule {
        if let Some(eta) = &schedule.eta_text {
            fields.push(field("eta", eta.clone()));
        }
        if let Some(at) = schedule.eta_at {
            fields.push(field("eta at", time(at)));
        }
    }
    if case.schedule_history.is_empty() {
        fields.push(field("schedule", "nothing offered yet"));
    }
    fields.push(heading("technicians"));
    for entry in case.assignment_history.iter().rev() {
        let until = entry.ended_at.map_or("on it now".to_owned(), |at| {
            format!("until {}", short_time(at))
        });
        fields.push(field(
            &entry.technician_name,
            format!("since {}, {until}", short_time(entry.assigned_at)),
        ));
    }
    if case.assignment_history.is_empty() {
        fields.push(field("technician", "nobody yet"));
    }
    fields
}

fn messages(case: &CaseFile) -> Vec<Field> {
    let mut fields = Vec::new();
    for message in case.messages.iter().rev() {
        let way = match message.direction {
            dispatch_contract::input::Direction::Inbound => "in",
            dispatch_contract::input::Direction::Outbound => "out",
        };
        let channel = message.channel.as_ref().map_or(String::new(), |channel| {
            let kind = serde_json::to_value(channel.kind).unwrap_or_default();
            format!(", {} {}", kind.as_str().unwrap_or(""), channel.peer)
        });
        fields.push(heading(&format!(
            "{} {way}{channel}, kept by {}",
            short_time(message.at),
            message.actor.role
        )));
        fields.push(field("said", message.raw.clone()));
        if message.raw != message.normalized {
            fields.push(field("meant", message.normalized.clone()));
        }
    }
    if case.earlier_messages > 0 {
        let earlier = format!("{} more, in the audit", case.earlier_messages);
        fields.push(field("earlier", earlier));
    }
    for note in case.technician_timeline.iter().rev() {
        fields.push(heading(&format!(
            "{} note by {}",
            short_time(note.at),
            note.actor.role
        )));
        fields.push(field("note", note.text.clone()));
    }
    if fields.is_empty() {
        fields.push(field("messages", "none yet, and no notes"));
    }
    fields
}

fn artifacts(case: &CaseFile) -> Vec<Field> {
    let mut fields = Vec::new();
    for entry in case.attachments.iter().rev() {
        let attachment = &entry.attachment;
        fields.push(heading(&format!(
            "{} {}",
            short_time(entry.at),
            attachment.kind.name()
        )));
        fields.push(field("id", attachment.attachment_id.to_string()));
        fields.push(field(
            "holds",
            format!(
                "{}, {} bytes",
                attachment.content_type, attachment.size_bytes
            ),
        ));
        fields.push(field("sha256", attachment.sha256.clone()));
    }
    if let Some(draft) = &case.invoice_draft {
        fields.push(heading("invoice draft"));
        for line in &draft.invoice.lines {
            fields.push(field(
                &line.description,
                format!(
                    "{} x {} = {} cents",
                    line.quantity, line.unit_amount_cents, line.amount_cents
                ),
            ));
        }
        fields.push(field("total", money(&draft.invoice.total)));
    }
    if fields.is_empty() {
        fields.push(field("artifacts", "no photo and no paper yet"));
    } else {
        fields.push(field("fetch", "dispatch attachment download ID"));
    }
    fields
}
