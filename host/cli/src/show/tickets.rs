//! Tickets: a list of them, one snapshot, one summary, a timeline.

use dispatch_contract::event::Event;
use dispatch_contract::reading::Page;
use dispatch_contract::summary::Summary;
use dispatch_contract::ticket::{Item, Priority, Ticket};
use dispatch_contract::{Actor, Role};

use crate::show::fields::Fields;
use crate::show::paint::Paint;
use crate::show::table::Table;
use crate::show::{clean, cut, list, money, time, window};

/// A page of tickets, one line each.
pub(crate) fn page(page: &Page<Ticket>, paint: Paint) -> String {
    let mut table = Table::new(&[
        "TICKET", "STATE", "PRIORITY", "CUSTOMER", "WHERE", "ISSUE", "CHANGED",
    ]);
    for ticket in &page.items {
        table.row([
            ticket.ticket_id.to_string(),
            ticket.state.to_string(),
            ticket.priority.map_or("-", Priority::name).to_owned(),
            cut(&ticket.customer.contact_name, 24),
            cut(&ticket.service_location.city, 20),
            cut(&ticket.issue.summary, 40),
            time(ticket.updated_at),
        ]);
    }
    let mut text = table.text(paint);
    if page.items.is_empty() {
        text.push_str("no tickets\n");
    }
    text + &more(page.next_cursor.as_deref(), paint)
}

fn more(cursor: Option<&str>, paint: Paint) -> String {
    cursor.map_or_else(String::new, |cursor| {
        paint.faint(&format!("more: --cursor {}", clean(cursor))) + "\n"
    })
}

/// The canonical snapshot.
pub(crate) fn snapshot(ticket: &Ticket, paint: Paint) -> String {
    let mut fields = Fields::new(0);
    fields.add("ticket", ticket.ticket_id.to_string());
    fields.add("state", ticket.state.name());
    fields.add("version", ticket.version.to_string());
    fields.add("priority", ticket.priority.map_or("-", Priority::name));
    fields.add("customer", customer(ticket));
    fields.maybe("phone", ticket.customer.phone.clone());
    fields.maybe("email", ticket.customer.email.clone());
    fields.add("customer_id", ticket.customer_id.to_string());
    fields.add("where", address(ticket));
    fields.add("issue", ticket.issue.summary.clone());
    fields.maybe("class", ticket.issue.classification.clone());
    fields.maybe("door system", ticket.issue.door_system_type.clone());
    fields.maybe("safety", ticket.issue.security_safety_status.clone());
    fields.maybe("access", ticket.issue.access_details.clone());
    if let Some(schedule) = &ticket.schedule {
        let status = match schedule.status {
            dispatch_contract::ticket::ScheduleStatus::Proposed => "proposed",
            dispatch_contract::ticket::ScheduleStatus::Confirmed => "confirmed",
        };
        fields.add(
            "window",
            format!("{} ({status})", window(&schedule.window())),
        );
        fields.maybe("eta", schedule.eta_text.clone());
    }
    fields.maybe(
        "technician",
        ticket.assigned_technician_id.map(|id| id.to_string()),
    );
    fields.add("checklist", checklist(ticket));
    fields.maybe("invoice", ticket.billing.invoice_total.as_ref().map(money));
    let id = |id: Option<dispatch_contract::AttachmentId>| id.map(|id| id.to_string());
    fields.maybe(
        "invoice pdf",
        id(ticket.billing.invoice_draft_attachment_id),
    );
    fields.maybe(
        "packet pdf",
        id(ticket.billing.closeout_packet_attachment_id),
    );
    fields.add("created", time(ticket.created_at));
    fields.add("changed", time(ticket.updated_at));
    fields.text(paint)
}

fn customer(ticket: &Ticket) -> String {
    match &ticket.customer.site_name {
        Some(site) => format!("{}, {site}", ticket.customer.contact_name),
        None => ticket.customer.contact_name.clone(),
    }
}

fn address(ticket: &Ticket) -> String {
    let place = &ticket.service_location;
    let mut line = place.address_line1.clone();
    if let Some(second) = &place.address_line2 {
        line = format!("{line}, {second}");
    }
    format!(
        "{line}, {}, {} {}, {}",
        place.city, place.region, place.postal_code, place.country
    )
}

fn checklist(ticket: &Ticket) -> String {
    let checklist = &ticket.closeout.checklist;
    let done: Vec<&str> = Item::ALL
        .into_iter()
        .filter(|item| checklist.done(*item))
        .map(Item::name)
        .collect();
    match done.len() {
        0 => "0 of 5".to_owned(),
        n => format!("{n} of 5: {}", list(&done)),
    }
}

/// A summary.
pub(crate) fn summary(summary: &Summary, paint: Paint) -> String {
    let mut fields = Fields::new(0);
    fields.add("ticket", summary.ticket_id.to_string());
    fields.add("state", summary.state.name());
    fields.add("version", summary.version.to_string());
    fields.maybe("priority", summary.priority.map(Priority::name));
    fields.add("customer", summary.customer.clone());
    fields.some("reachable by", list(&summary.reachable_by));
    fields.add("where", summary.location.clone());
    fields.add("issue", summary.issue.clone());
    fields.maybe("class", summary.classification.clone());
    fields.maybe("window", summary.window.as_ref().map(window));
    for offered in &summary.offered {
        fields.add("offered", window(offered));
    }
    fields.maybe("eta", summary.eta.clone());
    fields.add(
        "evidence",
        format!(
            "{} notes, {} photos after",
            summary.notes, summary.photos_after
        ),
    );
    let open: Vec<&str> = summary
        .checklist_open
        .iter()
        .map(|item| item.name())
        .collect();
    fields.some("checklist open", list(&open));
    fields.some("intake open", list(&summary.intake_open));
    fields.maybe("invoice", summary.invoice_total.as_ref().map(money));
    fields.add("changed", time(summary.updated_at));
    fields.some("you may call", list(&summary.next_tools));
    fields.text(paint)
}

/// A page of events, oldest first.
pub(crate) fn timeline(page: &Page<Event>, paint: Paint) -> String {
    let mut text = events(&page.items, paint);
    text.push_str(&more(page.next_cursor.as_deref(), paint));
    text
}

/// Events of a chain, one line each.
pub(crate) fn events(events: &[Event], paint: Paint) -> String {
    let mut table = Table::new(&["SEQ", "TIME", "EVENT", "ACTOR", "MOVE", "REQUEST"]);
    for event in events {
        let moved = match (event.previous_state, event.next_state) {
            (Some(from), Some(to)) => format!("{from} -> {to}"),
            _ => String::new(),
        };
        table.row([
            event.sequence.to_string(),
            time(event.occurred_at),
            event.kind.name().to_owned(),
            short(event.actor),
            moved,
            cut(&event.request_id, 30),
        ]);
    }
    table.text(paint)
}

/// A role in one or two words.
pub(crate) fn short(actor: Actor) -> String {
    match actor.role {
        Role::SystemIntakeAgent => "intake agent",
        Role::SystemSchedulingAgent => "scheduling agent",
        Role::SystemTechnicianLiaisonAgent => "liaison agent",
        Role::SystemCloseoutAgent => "closeout agent",
        Role::OperatorAdmin => "operator",
        Role::Technician => "technician",
        Role::Customer => "customer",
    }
    .to_owned()
}
