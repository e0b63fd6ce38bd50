//! The rules as plain Rust: the same questions, put to the guests' crates without any
//! component between. What it costs is what the sandbox's price is measured against.

use anyhow::{Context, Result, ensure};
use dispatch_contract::question::Question;
use dispatch_contract::ticket::{self, Checklist, Item, ScheduleStatus};
use dispatch_contract::{Case, State, Tool, Verdict, input, time};
use dispatch_sdk as sdk;
use dispatch_sdk::component;

/// What a rule is told, converted beforehand.
pub(crate) struct Told {
    actor: sdk::Actor,
    call: sdk::Call,
    ticket: Option<sdk::TicketView>,
    settings: Vec<sdk::Setting>,
    judge: fn(&Told) -> bool,
}

impl Told {
    /// A question as the guests' crates know it, with the pack's settings.
    pub(crate) fn of(question: &Question, manifest: &toml::Table) -> Result<Self> {
        let tool = question.call.tool();
        let role = place(&dispatch_contract::Role::ALL, question.actor.role);
        let told = Self {
            actor: sdk::Actor {
                role: sdk::scene::ALL_ROLES[role],
                id: question.actor.id.to_string(),
            },
            call: sdk::Call {
                now: question.now.micros(),
                override_reason: None,
                input: input(question),
            },
            ticket: question.facts.case.as_ref().map(view),
            settings: settings(manifest, tool)?,
            judge: judge(tool),
        };
        Ok(told)
    }

    /// The three phases, in order; is it allowed?
    pub(crate) fn judge(&self) -> bool {
        (self.judge)(self)
    }

    /// The rules alone must come to what the pack came to.
    pub(crate) fn check(&self, tool: Tool, verdict: &Verdict) -> Result<()> {
        let allowed = matches!(verdict, Verdict::Allow(_));
        ensure!(
            self.judge() == allowed,
            "{tool}: as plain Rust the rule says otherwise"
        );
        Ok(())
    }
}

fn three_phases<R: sdk::Rule>(told: &Told) -> bool {
    let ticket = told.ticket.as_ref();
    component::validate::<R>(&told.call, ticket, &told.settings).is_empty()
        && component::role::<R>(&told.actor, &told.call, ticket).is_empty()
        && matches!(
            component::transition::<R>(&told.actor, &told.call, ticket, &told.settings),
            sdk::Proposal::Commit(_)
        )
}

fn judge(tool: Tool) -> fn(&Told) -> bool {
    match tool {
        Tool::TicketCreate => three_phases::<guest_ticket_create::TicketCreate>,
        Tool::TicketAddMessage => three_phases::<guest_ticket_add_message::TicketAddMessage>,
        Tool::TicketSetPriority => three_phases::<guest_ticket_set_priority::TicketSetPriority>,
        Tool::ScheduleProposeSlots => {
            three_phases::<guest_schedule_propose_slots::ScheduleProposeSlots>
        }
        Tool::ScheduleConfirm => three_phases::<guest_schedule_confirm::ScheduleConfirm>,
        Tool::DispatchAssignTech => three_phases::<guest_dispatch_assign_tech::DispatchAssignTech>,
        Tool::DispatchSetEta => three_phases::<guest_dispatch_set_eta::DispatchSetEta>,
        Tool::CloseoutAddNote => three_phases::<guest_closeout_add_note::CloseoutAddNote>,
        Tool::CloseoutAddPhoto => three_phases::<guest_closeout_add_photo::CloseoutAddPhoto>,
        Tool::CloseoutChecklistComplete => {
            three_phases::<guest_closeout_checklist_complete::CloseoutChecklistComplete>
        }
        Tool::BillingGenerateInvoiceDraft => {
            three_phases::<guest_billing_generate_invoice_draft::BillingGenerateInvoiceDraft>
        }
        Tool::BillingCompileCloseoutPacket => {
            three_phases::<guest_billing_compile_closeout_packet::BillingCompileCloseoutPacket>
        }
    }
}

/// Host and rules list their roles, states and items in one order: wit/policy.wit's.
fn place<T: PartialEq>(all: &[T], one: T) -> usize {
    all.iter().position(|other| *other == one).unwrap_or(0)
}

fn state(state: State) -> sdk::State {
    sdk::State::ALL[place(&State::ALL, state)]
}

fn priority(priority: ticket::Priority) -> sdk::Priority {
    match priority {
        ticket::Priority::Standard => sdk::Priority::Standard,
        ticket::Priority::Emergency => sdk::Priority::Emergency,
    }
}

fn settings(manifest: &toml::Table, tool: Tool) -> Result<Vec<sdk::Setting>> {
    let all = manifest
        .get("tools")
        .and_then(|tools| tools.get(tool.name()))
        .with_context(|| format!("pack.toml has no {tool}"))?;
    let Some(own) = all.get("settings").and_then(toml::Value::as_table) else {
        return Ok(Vec::new());
    };
    own.iter()
        .map(|(key, value)| {
            let value = match value {
                toml::Value::String(text) => sdk::SettingValue::Text(text.clone()),
                toml::Value::Integer(number) => sdk::SettingValue::Integer(*number),
                toml::Value::Boolean(switch) => sdk::SettingValue::Boolean(*switch),
                other => anyhow::bail!("{tool}: {key} is {}", other.type_str()),
            };
            let key = key.clone();
            Ok(sdk::Setting { key, value })
        })
        .collect()
}

fn window(window: &time::Window) -> sdk::Window {
    let local = |at| {
        let time::LocalTime {
            weekday,
            hour,
            minute,
        } = window.local(at);
        sdk::LocalTime {
            weekday,
            hour,
            minute,
        }
    };
    sdk::Window {
        start: window.window_start.micros(),
        end: window.window_end.micros(),
        timezone: window.timezone.to_string(),
        start_local: local(window.window_start),
        end_local: local(window.window_end),
    }
}

fn input(question: &Question) -> sdk::Input {
    use input::Input;
    match question.call.input.clone() {
        Input::TicketCreate(create) => sdk::Input::TicketCreate(sdk::Create {
            contact: sdk::Contact {
                site_name: create.customer.site_name,
                name: create.customer.contact_name,
                phone: create.customer.phone,
                email: create.customer.email,
            },
            location: sdk::Address {
                line1: create.service_location.address_line1,
                line2: create.service_location.address_line2,
                city: create.service_location.city,
                region: create.service_location.region,
                postal_code: create.service_location.postal_code,
                country: create.service_location.country,
            },
            issue: sdk::Issue {
                summary: create.issue.summary,
                classification: create.issue.classification,
                door_system_type: create.issue.door_system_type,
                security_safety_status: create.issue.security_safety_status,
                access_details: create.issue.access_details,
                photos_available: create.issue.photos_available,
            },
            account: sdk::AccountType::Tbd,
            priority: create.priority.map(priority),
            first_message: create.initial_message.map(|first| first.normalized),
        }),
        Input::TicketAddMessage(add) => sdk::Input::TicketAddMessage(sdk::Message {
            normalized: add.message.normalized,
            direction: match add.message.direction {
                input::Direction::Inbound => sdk::Direction::Inbound,
                input::Direction::Outbound => sdk::Direction::Outbound,
            },
            intent: add.message.intent.map(|intent| match intent {
                input::Intent::CheckIn => sdk::Intent::CheckIn,
                input::Intent::Cancel => sdk::Intent::Cancel,
            }),
            intake: None,
        }),
        Input::TicketSetPriority(set) => sdk::Input::TicketSetPriority(priority(set.priority)),
        Input::ScheduleProposeSlots(propose) => {
            sdk::Input::ScheduleProposeSlots(propose.windows.iter().map(window).collect())
        }
        Input::ScheduleConfirm(confirm) => {
            sdk::Input::ScheduleConfirm(window(&confirm.selected_window))
        }
        Input::DispatchAssignTech(assign) => sdk::Input::DispatchAssignTech(sdk::Assignment {
            technician_id: assign.technician_id.to_string(),
            technician: question
                .facts
                .technician
                .as_ref()
                .map(|known| sdk::Technician {
                    id: known.technician_id.to_string(),
                    active: known.active,
                    zone: known.timezone.to_string(),
                }),
        }),
        Input::DispatchSetEta(set) => sdk::Input::DispatchSetEta(sdk::Eta {
            text: set.eta_text,
            at: set.eta_at.map(time::Timestamp::micros),
        }),
        Input::CloseoutAddNote(add) => sdk::Input::CloseoutAddNote(add.note.text),
        Input::CloseoutAddPhoto(add) => sdk::Input::CloseoutAddPhoto(sdk::Photo {
            storage_key: add.photo.storage_key,
            sha256: add.photo.sha256,
            content_type: add.photo.content_type,
            size_bytes: add.photo.size_bytes,
            phase: sdk::Phase::After,
            stored: question
                .facts
                .object
                .as_ref()
                .map(|object| sdk::StoredObject {
                    size_bytes: object.size_bytes,
                    sha256: object.sha256.clone(),
                    content_type: object.content_type.clone(),
                }),
        }),
        Input::CloseoutChecklistComplete(complete) => {
            sdk::Input::CloseoutChecklistComplete(match complete.item_key {
                Item::WorkPerformed => sdk::Item::WorkPerformed,
                Item::PartsUsedOrNeeded => sdk::Item::PartsUsedOrNeeded,
                Item::ResolutionStatus => sdk::Item::ResolutionStatus,
                Item::OnsitePhotosAfter => sdk::Item::OnsitePhotosAfter,
                Item::BillingAuthorization => sdk::Item::BillingAuthorization,
            })
        }
        Input::BillingGenerateInvoiceDraft(generate) => {
            let lines = generate.line_items.unwrap_or_default().into_iter();
            sdk::Input::BillingGenerateInvoiceDraft(sdk::Invoice {
                line_items: lines
                    .map(|line| sdk::LineItem {
                        description: line.description,
                        quantity: line.quantity,
                        unit_amount_cents: line.unit_amount_cents,
                    })
                    .collect(),
                tax_basis_points: generate.tax_basis_points.unwrap_or(0),
            })
        }
        Input::BillingCompileCloseoutPacket(_) => sdk::Input::BillingCompileCloseoutPacket,
    }
}

fn view(case: &Case) -> sdk::TicketView {
    let ticket = &case.ticket;
    sdk::TicketView {
        state: state(ticket.state),
        version: ticket.version,
        created_at: ticket.created_at.micros(),
        customer_id: ticket.customer_id.to_string(),
        priority: ticket.priority.map(priority),
        classification: ticket.issue.classification.clone(),
        has_phone: ticket.customer.phone.is_some(),
        has_email: ticket.customer.email.is_some(),
        access_details: ticket.issue.access_details.clone(),
        address_complete: ticket.service_location.is_complete(),
        technician_id: ticket.assigned_technician_id.map(|id| id.to_string()),
        schedule: ticket.schedule.as_ref().map(|schedule| sdk::ScheduleView {
            confirmed: schedule.status == ScheduleStatus::Confirmed,
            window: window(&schedule.window()),
            eta_text: schedule.eta_text.clone(),
        }),
        open_proposal: case
            .open_proposal
            .iter()
            .flat_map(|proposal| proposal.windows.iter().map(window))
            .collect(),
        checklist: checklist(ticket.closeout.checklist),
        notes: case.evidence.notes,
        photos_before: case.evidence.photos_before,
        photos_after: case.evidence.photos_after,
        has_invoice_draft: ticket.billing.invoice_draft_attachment_id.is_some(),
    }
}

fn checklist(done: Checklist) -> sdk::Checklist {
    let flags = [
        (done.work_performed, sdk::Checklist::WORK_PERFORMED),
        (
            done.parts_used_or_needed,
            sdk::Checklist::PARTS_USED_OR_NEEDED,
        ),
        (done.resolution_status, sdk::Checklist::RESOLUTION_STATUS),
        (
            done.onsite_photos_after,
            sdk::Checklist::ONSITE_PHOTOS_AFTER,
        ),
        (
            done.billing_authorization,
            sdk::Checklist::BILLING_AUTHORIZATION,
        ),
    ];
    flags
        .into_iter()
        .filter_map(|(is_done, flag)| is_done.then_some(flag))
        .fold(sdk::Checklist::empty(), |all, flag| all | flag)
}
