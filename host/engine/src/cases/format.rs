//! A decision case as it is written in `tests/*.toml`.

use dispatch_contract::ticket::{Item, Priority};
use dispatch_contract::time::{Timestamp, Zone};
use dispatch_contract::{Code, CustomerId, Phase, PrincipalId, Role, State, TechnicianId, Tool};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseFile {
    #[serde(default, rename = "case")]
    pub(super) cases: Vec<Spanned<DecisionCase>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionCase {
    pub(super) name: String,
    pub(super) tool: Tool,
    pub(super) actor: ActorForm,
    pub(super) now: Timestamp,
    #[serde(default)]
    pub(super) call: toml::Table,
    pub(super) ticket: Option<TicketForm>,
    pub(super) technician: Option<TechnicianForm>,
    pub(super) object: Option<ObjectForm>,
    pub(super) expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActorForm {
    pub(super) role: Role,
    pub(super) id: PrincipalId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TechnicianForm {
    pub(super) id: TechnicianId,
    pub(super) active: bool,
    pub(super) zone: Option<Zone>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ObjectForm {
    pub(super) size_bytes: u64,
    pub(super) sha256: String,
    pub(super) content_type: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TicketForm {
    pub(super) state: State,
    pub(super) customer_id: Option<CustomerId>,
    pub(super) priority: Option<Priority>,
    pub(super) classification: Option<String>,
    pub(super) access_details: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) email: Option<String>,
    pub(super) technician_id: Option<TechnicianId>,
    pub(super) window: Option<ScheduleForm>,
    pub(super) eta_text: Option<String>,
    #[serde(default)]
    pub(super) open_proposal: Vec<WindowForm>,
    #[serde(default)]
    pub(super) checklist: Vec<Item>,
    #[serde(default)]
    pub(super) notes: u32,
    #[serde(default)]
    pub(super) photos_before: u32,
    #[serde(default)]
    pub(super) photos_after: u32,
    #[serde(default)]
    pub(super) invoice_draft: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowForm {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) timezone: Zone,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScheduleForm {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) timezone: Zone,
    #[serde(default = "yes")]
    pub(super) confirmed: bool,
}

fn yes() -> bool {
    true
}

/// The verdict expected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "verdict")]
pub(super) enum Expected {
    Allow {
        to: Option<State>,
        #[serde(default)]
        overridden: Vec<String>,
    },
    Refuse {
        code: Code,
        phase: Phase,
        #[serde(default)]
        violations: Vec<BrokenRule>,
        #[serde(default)]
        missing_gates: Vec<String>,
    },
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct BrokenRule {
    pub(super) path: String,
    pub(super) rule: String,
}
