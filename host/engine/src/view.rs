//! The contract's types as the rules see them: the one place of this conversion.
//!
//! Nothing is copied that can be lent; ids are written out into buffers of the
//! call's own stack.

use dispatch_contract::actor::Actor;
use dispatch_contract::input::{self, Input};
use dispatch_contract::question::{ObjectFact, Question, TechnicianFact};
use dispatch_contract::ticket::{self, AccountType, Checklist, Item, Priority, ScheduleStatus};
use dispatch_contract::time::{LocalTime, Window};
use dispatch_contract::{Case, Role, State};
use ulid::Ulid;

use crate::sandbox::bindings::types as wit;

/// An id as text, without a heap.
#[derive(Clone, Copy)]
struct IdText([u8; 26]);

impl IdText {
    fn of(id: Ulid) -> Self {
        let mut text = [0; 26];
        id.array_to_str(&mut text);
        Self(text)
    }

    fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("Crockford base32 is ASCII")
    }
}

/// What a call's views borrow from besides the question.
pub(crate) struct Scratch<'q> {
    actor: IdText,
    customer: Option<IdText>,
    technician: Option<IdText>,
    named_technician: Option<IdText>,
    proposal: Vec<wit::Window<'q>>,
    windows: Vec<wit::Window<'q>>,
    lines: Vec<wit::LineItem<'q>>,
}

impl<'q> Scratch<'q> {
    pub(crate) fn of(question: &'q Question) -> Self {
        let ticket = question.facts.case.as_ref().map(|case| &case.ticket);
        let proposal = question
            .facts
            .case
            .as_ref()
            .and_then(|case| case.open_proposal.as_ref())
            .map(|proposal| proposal.windows.iter().map(window).collect())
            .unwrap_or_default();
        let (mut windows, mut lines, mut named_technician) = (Vec::new(), Vec::new(), None);
        match &question.call.input {
            Input::ScheduleProposeSlots(propose) => {
                windows = propose.windows.iter().map(window).collect();
            }
            Input::BillingGenerateInvoiceDraft(generate) => {
                lines = generate.line_items.iter().flatten().map(line).collect();
            }
            Input::DispatchAssignTech(assign) => {
                named_technician = Some(IdText::of(assign.technician_id.0));
            }
            _ => {}
        }
        Self {
            actor: IdText::of(question.actor.id.0),
            customer: ticket.map(|ticket| IdText::of(ticket.customer_id.0)),
            technician: ticket
                .and_then(|ticket| ticket.assigned_technician_id)
                .map(|id| IdText::of(id.0)),
            named_technician,
            proposal,
            windows,
            lines,
        }
    }

    pub(crate) fn actor(&self, actor: &Actor) -> wit::Actor<'_> {
        wit::Actor {
            role: role(actor.role),
            id: self.actor.as_str(),
        }
    }

    pub(crate) fn call<'a>(&'a self, question: &'a Question) -> wit::Call<'a> {
        let reason = question.call.gate_override.as_ref();
        wit::Call {
            now: question.now.micros(),
            override_reason: reason.map(|given| given.reason.as_str()),
            input: self.input(question),
        }
    }

    fn input<'a>(&'a self, question: &'a Question) -> wit::Input<'a> {
        match &question.call.input {
            Input::TicketCreate(create) => wit::Input::TicketCreate(new_ticket(create)),
            Input::TicketAddMessage(add) => wit::Input::TicketAddMessage(message(add)),
            Input::TicketSetPriority(set) => wit::Input::TicketSetPriority(priority(set.priority)),
            Input::ScheduleProposeSlots(_) => wit::Input::ScheduleProposeSlots(&self.windows),
            Input::ScheduleConfirm(confirm) => {
                wit::Input::ScheduleConfirm(window(&confirm.selected_window))
            }
            Input::DispatchAssignTech(_) => {
                let named = self.named_technician.as_ref().map_or("", IdText::as_str);
                let known = question.facts.technician.as_ref();
                wit::Input::DispatchAssignTech(wit::Assignment {
                    technician_id: named,
                    technician: known.map(|fact| technician(fact, named)),
                })
            }
            Input::DispatchSetEta(eta) => wit::Input::DispatchSetEta(wit::Eta {
                text: &eta.eta_text,
                at: eta.eta_at.map(|at| at.micros()),
            }),
            Input::CloseoutAddNote(add) => wit::Input::CloseoutAddNote(&add.note.text),
            Input::CloseoutAddPhoto(add) => {
                wit::Input::CloseoutAddPhoto(photo(&add.photo, question.facts.object.as_ref()))
            }
            Input::CloseoutChecklistComplete(complete) => {
                wit::Input::CloseoutChecklistComplete(item(complete.item_key))
            }
            Input::BillingGenerateInvoiceDraft(generate) => {
                wit::Input::BillingGenerateInvoiceDraft(wit::Invoice {
                    line_items: &self.lines,
                    tax_basis_points: generate.tax_basis_points.unwrap_or(0),
                })
            }
            Input::BillingCompileCloseoutPacket(_) => wit::Input::BillingCompileCloseoutPacket,
        }
    }

    pub(crate) fn ticket<'a>(&'a self, case: &'a Case) -> wit::TicketView<'a> {
        let ticket = &case.ticket;
        wit::TicketView {
            state: state(ticket.state),
            version: ticket.version,
            created_at: ticket.created_at.micros(),
            customer_id: self.customer.as_ref().map_or("", IdText::as_str),
            priority: ticket.priority.map(priority),
            classification: ticket.issue.classification.as_deref(),
            has_phone: said(ticket.customer.phone.as_deref()),
            has_email: said(ticket.customer.email.as_deref()),
            access_details: ticket.issue.access_details.as_deref(),
            address_complete: ticket.service_location.is_complete(),
            technician_id: self.technician.as_ref().map(IdText::as_str),
            schedule: ticket.schedule.as_ref().map(schedule),
            open_proposal: &self.proposal,
            checklist: checklist(ticket.closeout.checklist),
            notes: case.evidence.notes,
            photos_before: case.evidence.photos_before,
            photos_after: case.evidence.photos_after,
            has_invoice_draft: ticket.billing.invoice_draft_attachment_id.is_some(),
        }
    }
}

fn said(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

fn schedule(schedule: &ticket::Schedule) -> wit::ScheduleView<'_> {
    wit::ScheduleView {
        confirmed: schedule.status == ScheduleStatus::Confirmed,
        window: window(&schedule.window()),
        eta_text: schedule.eta_text.as_deref(),
    }
}

/// The zone's name is static, so the view outlives the window it is of.
fn window<'a>(of: &Window) -> wit::Window<'a> {
    wit::Window {
        start: of.window_start.micros(),
        end: of.window_end.micros(),
        timezone: of.timezone.0.name(),
        start_local: local(of.local(of.window_start)),
        end_local: local(of.local(of.window_end)),
    }
}

fn local(time: LocalTime) -> wit::LocalTime {
    wit::LocalTime {
        weekday: time.weekday,
        hour: time.hour,
        minute: time.minute,
    }
}

fn line(line: &input::LineItem) -> wit::LineItem<'_> {
    wit::LineItem {
        description: &line.description,
        quantity: line.quantity,
        unit_amount_cents: line.unit_amount_cents,
    }
}

fn new_ticket(create: &input::TicketCreate) -> wit::Create<'_> {
    let (customer, at, issue) = (&create.customer, &create.service_location, &create.issue);
    wit::Create {
        contact: wit::Contact {
            site_name: customer.site_name.as_deref(),
            name: &customer.contact_name,
            phone: customer.phone.as_deref(),
            email: customer.email.as_deref(),
        },
        location: wit::Address {
            line1: &at.address_line1,
            line2: at.address_line2.as_deref(),
            city: &at.city,
            region: &at.region,
            postal_code: &at.postal_code,
            country: &at.country,
        },
        issue: wit::Issue {
            summary: &issue.summary,
            classification: issue.classification.as_deref(),
            door_system_type: issue.door_system_type.as_deref(),
            security_safety_status: issue.security_safety_status.as_deref(),
            access_details: issue.access_details.as_deref(),
            photos_available: issue.photos_available,
        },
        account: account(create.billing_account_type.unwrap_or_default()),
        priority: create.priority.map(priority),
        first_message: create
            .initial_message
            .as_ref()
            .map(|first| first.normalized.as_str()),
    }
}

fn message(add: &input::TicketAddMessage) -> wit::Message<'_> {
    wit::Message {
        normalized: &add.message.normalized,
        direction: match add.message.direction {
            input::Direction::Inbound => wit::Direction::Inbound,
            input::Direction::Outbound => wit::Direction::Outbound,
        },
        intent: add.message.intent.map(|intent| match intent {
            input::Intent::CheckIn => wit::Intent::CheckIn,
            input::Intent::Cancel => wit::Intent::Cancel,
        }),
        intake: add.intake.as_ref().map(intake),
    }
}

fn intake(intake: &input::Intake) -> wit::Intake<'_> {
    let (customer, issue) = (intake.customer.as_ref(), intake.issue.as_ref());
    wit::Intake {
        phone: customer.and_then(|c| c.phone.as_deref()),
        email: customer.and_then(|c| c.email.as_deref()),
        classification: issue.and_then(|i| i.classification.as_deref()),
        door_system_type: issue.and_then(|i| i.door_system_type.as_deref()),
        security_safety_status: issue.and_then(|i| i.security_safety_status.as_deref()),
        access_details: issue.and_then(|i| i.access_details.as_deref()),
        photos_available: issue.and_then(|i| i.photos_available),
    }
}

fn technician<'a>(fact: &TechnicianFact, named: &'a str) -> wit::Technician<'a> {
    wit::Technician {
        id: named,
        active: fact.active,
        zone: fact.timezone.0.name(),
    }
}

fn photo<'a>(photo: &'a input::NewPhoto, stored: Option<&'a ObjectFact>) -> wit::Photo<'a> {
    wit::Photo {
        storage_key: &photo.storage_key,
        sha256: photo.sha256.as_deref(),
        content_type: &photo.content_type,
        size_bytes: photo.size_bytes,
        phase: match photo.phase.unwrap_or_default() {
            input::PhotoPhase::Before => wit::Phase::Before,
            input::PhotoPhase::After => wit::Phase::After,
        },
        stored: stored.map(|object| wit::StoredObject {
            size_bytes: object.size_bytes,
            sha256: &object.sha256,
            content_type: &object.content_type,
        }),
    }
}

fn role(role: Role) -> wit::Role {
    match role {
        Role::SystemIntakeAgent => wit::Role::SystemIntakeAgent,
        Role::SystemSchedulingAgent => wit::Role::SystemSchedulingAgent,
        Role::SystemTechnicianLiaisonAgent => wit::Role::SystemTechnicianLiaisonAgent,
        Role::SystemCloseoutAgent => wit::Role::SystemCloseoutAgent,
        Role::OperatorAdmin => wit::Role::OperatorAdmin,
        Role::Technician => wit::Role::Technician,
        Role::Customer => wit::Role::Customer,
    }
}

fn state(state: State) -> wit::State {
    match state {
        State::New => wit::State::New,
        State::Triaged => wit::State::Triaged,
        State::Schedulable => wit::State::Schedulable,
        State::Scheduled => wit::State::Scheduled,
        State::Dispatched => wit::State::Dispatched,
        State::Onsite => wit::State::Onsite,
        State::CloseoutPending => wit::State::CloseoutPending,
        State::Closed => wit::State::Closed,
        State::Canceled => wit::State::Canceled,
    }
}

/// The way back: a state that a component proposes.
pub(crate) fn proposed(state: wit::State) -> State {
    match state {
        wit::State::New => State::New,
        wit::State::Triaged => State::Triaged,
        wit::State::Schedulable => State::Schedulable,
        wit::State::Scheduled => State::Scheduled,
        wit::State::Dispatched => State::Dispatched,
        wit::State::Onsite => State::Onsite,
        wit::State::CloseoutPending => State::CloseoutPending,
        wit::State::Closed => State::Closed,
        wit::State::Canceled => State::Canceled,
    }
}

fn priority(priority: Priority) -> wit::Priority {
    match priority {
        Priority::Standard => wit::Priority::Standard,
        Priority::Emergency => wit::Priority::Emergency,
    }
}

fn account(account: AccountType) -> wit::AccountType {
    match account {
        AccountType::Cod => wit::AccountType::Cod,
        AccountType::Account => wit::AccountType::Account,
        AccountType::NationalAccount => wit::AccountType::NationalAccount,
        AccountType::Tbd => wit::AccountType::Tbd,
    }
}

fn item(item: Item) -> wit::Item {
    match item {
        Item::WorkPerformed => wit::Item::WorkPerformed,
        Item::PartsUsedOrNeeded => wit::Item::PartsUsedOrNeeded,
        Item::ResolutionStatus => wit::Item::ResolutionStatus,
        Item::OnsitePhotosAfter => wit::Item::OnsitePhotosAfter,
        Item::BillingAuthorization => wit::Item::BillingAuthorization,
    }
}

fn checklist(done: Checklist) -> wit::Checklist {
    let mut flags = wit::Checklist::empty();
    for (is_done, flag) in [
        (done.work_performed, wit::Checklist::WORK_PERFORMED),
        (
            done.parts_used_or_needed,
            wit::Checklist::PARTS_USED_OR_NEEDED,
        ),
        (done.resolution_status, wit::Checklist::RESOLUTION_STATUS),
        (
            done.onsite_photos_after,
            wit::Checklist::ONSITE_PHOTOS_AFTER,
        ),
        (
            done.billing_authorization,
            wit::Checklist::BILLING_AUTHORIZATION,
        ),
    ] {
        if is_done {
            flags |= flag;
        }
    }
    flags
}
