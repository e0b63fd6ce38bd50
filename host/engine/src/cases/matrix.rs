//! The golden matrix: tool x role x state, every cell judged by a pack. A pack that
//! keeps one has it reviewed as a diff.

use std::fmt::Write as _;

use dispatch_contract::question::Question;
use dispatch_contract::ticket::{Item, Priority};
use dispatch_contract::{Code, Role, State, Tool, Verdict};
use serde::Deserialize;

use super::format::{
    ActorForm, DecisionCase, Expected, ObjectForm, ScheduleForm, TechnicianForm, TicketForm,
    WindowForm,
};
use super::scene::{Posed, fixed, question};
use crate::pack::Pack;

/// The file that holds it, beside `pack.toml`; no part of the pack.
pub const MATRIX_FILE: &str = "golden-matrix.txt";
/// Characters of a row's name in it.
pub const MATRIX_NAME: usize = 34;
/// Characters of a cell.
pub const MATRIX_CELL: usize = 20;

const CALLS: &str = include_str!("matrix.toml");

/// The technician and the customer of the ticket, and somebody else.
const TECHNICIAN: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1T0A";
const CUSTOMER: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1C0A";
const OTHER: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1Z0Z";

const NOW: &str = "2026-03-01T09:00:00Z";
const START: &str = "2026-03-02T15:00:00Z";
const END: &str = "2026-03-02T17:00:00Z";
const ZONE: &str = "America/Chicago";

const HEAD: &str = "\
The golden matrix of this pack: tool x role x state, each cell the verdict on a
well-formed call whose gates all hold. Written by `dispatch policy test --update`.

  ok          allowed, the ticket stays       ok>STATE   allowed, the ticket moves there
  role        403 role_forbidden              own        403 not_own_ticket
  unknown     404 ticket_not_found            state      409 illegal_transition
";

#[derive(Deserialize)]
struct Calls {
    call: Vec<MatrixCall>,
}

/// One block of the matrix.
#[derive(Deserialize)]
pub(crate) struct MatrixCall {
    pub(crate) name: String,
    pub(crate) tool: Tool,
    call: toml::Table,
}

/// A row: a role, and whether the ticket is theirs.
#[derive(Clone, Copy)]
pub(crate) struct MatrixActor {
    pub(crate) role: Role,
    pub(crate) owns: bool,
}

impl MatrixActor {
    pub(crate) fn all() -> Vec<Self> {
        let rows = |role| {
            let others = [Self { role, owns: true }, Self { role, owns: false }];
            let has_own = matches!(role, Role::Technician | Role::Customer);
            others.into_iter().take(if has_own { 2 } else { 1 })
        };
        Role::ALL.into_iter().flat_map(rows).collect()
    }

    fn name(self) -> String {
        match self.role {
            Role::Technician | Role::Customer if self.owns => format!("{}, own", self.role),
            Role::Technician | Role::Customer => format!("{}, another's", self.role),
            role => role.to_string(),
        }
    }

    fn id(self) -> &'static str {
        match self.role {
            _ if !self.owns => OTHER,
            Role::Customer => CUSTOMER,
            _ => TECHNICIAN,
        }
    }
}

pub(crate) fn calls() -> Vec<MatrixCall> {
    let calls: Calls = toml::from_str(CALLS).expect("the calls of this crate are in order");
    calls.call
}

/// The states that a call is made in; `ticket.create` has no ticket yet.
pub(crate) fn states(tool: Tool) -> &'static [State] {
    match tool {
        Tool::TicketCreate => &State::ALL[..1],
        _ => &State::ALL,
    }
}

/// The question of a cell.
pub(crate) fn cell_question(call: &MatrixCall, actor: MatrixActor, state: State) -> Question {
    let case = DecisionCase {
        name: call.name.clone(),
        tool: call.tool,
        actor: ActorForm {
            role: actor.role,
            id: fixed(actor.id()),
        },
        now: fixed(NOW),
        call: call.call.clone(),
        ticket: (call.tool != Tool::TicketCreate).then(|| ticket(state)),
        technician: Some(TechnicianForm {
            id: fixed(TECHNICIAN),
            active: true,
            zone: Some(fixed(ZONE)),
        }),
        object: Some(ObjectForm {
            size_bytes: 1000,
            sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
            content_type: "image/jpeg".into(),
        }),
        expect: Expected::Allow {
            to: None,
            overridden: Vec::new(),
        },
    };
    match question(&case) {
        Ok(Posed::Question(question)) => *question,
        Ok(Posed::Refused(refusal)) => panic!("the matrix's {} is refused: {refusal}", call.name),
        Err(error) => panic!("the matrix's {} is no question: {error}", call.name),
    }
}

/// A ticket in this state with everything that any rule asks for.
fn ticket(state: State) -> TicketForm {
    let settled = !matches!(state, State::New | State::Triaged | State::Schedulable);
    // the item that the matrix completes is still open where it may be completed
    let done = Item::ALL.into_iter();
    let done = done.filter(|item| state != State::Onsite || *item != Item::WorkPerformed);
    TicketForm {
        state,
        customer_id: Some(fixed(CUSTOMER)),
        priority: Some(Priority::Standard),
        classification: Some("door_off_track".into()),
        access_details: Some("ring twice".into()),
        phone: Some("+1 312 555 0100".into()),
        email: None,
        technician_id: Some(fixed(TECHNICIAN)),
        window: settled.then(|| ScheduleForm {
            start: fixed(START),
            end: fixed(END),
            timezone: fixed(ZONE),
            confirmed: true,
        }),
        eta_text: settled.then(|| "about nine".into()),
        open_proposal: vec![WindowForm {
            start: fixed(START),
            end: fixed(END),
            timezone: fixed(ZONE),
        }],
        checklist: done.collect(),
        notes: 1,
        photos_before: 1,
        photos_after: 1,
        invoice_draft: true,
    }
}

impl Pack {
    /// The matrix as it is kept in [`MATRIX_FILE`].
    #[must_use]
    pub fn golden_matrix(&self) -> String {
        let mut out = HEAD.to_owned();
        let mut row = |name: String, cells: &mut dyn Iterator<Item = String>| {
            let mut line = name;
            for cell in cells {
                // Writing to a String does not fail.
                let _written = write!(line, "{cell:<MATRIX_CELL$}");
            }
            out.push_str(line.trim_end());
            out.push('\n');
        };
        for call in calls() {
            let states = states(call.tool);
            let creates = call.tool == Tool::TicketCreate;
            let head =
                |state: &State| if creates { "(no ticket)" } else { state.name() }.to_owned();
            row(
                format!("\n{:<MATRIX_NAME$}", call.name),
                &mut states.iter().map(head),
            );
            for actor in MatrixActor::all() {
                let cell = |state: &State| self.cell(&call, actor, *state);
                row(
                    format!("{:<MATRIX_NAME$}", format!("  {}", actor.name())),
                    &mut states.iter().map(cell),
                );
            }
        }
        out
    }

    fn cell(&self, call: &MatrixCall, actor: MatrixActor, state: State) -> String {
        match self.judge(&cell_question(call, actor, state)).verdict {
            Verdict::Allow(outcome) => match outcome.to {
                Some(to) => format!("ok>{to}"),
                None => "ok".into(),
            },
            Verdict::Refuse(refusal) => match refusal.code {
                Code::RoleForbidden => "role".into(),
                Code::NotOwnTicket => "own".into(),
                Code::TicketNotFound => "unknown".into(),
                Code::IllegalTransition => "state".into(),
                // any other is named in the cell: a gate that this pack has besides
                code => code.name().into(),
            },
        }
    }
}
