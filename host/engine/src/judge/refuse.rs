//! From the reason a judgement stopped to a refusal its caller can act upon.

use dispatch_contract::input::{Input, Intent};
use dispatch_contract::question::Question;
use dispatch_contract::{Code, Phase, Refusal, Role, State, Tool, Violation};

use crate::cedar::Ruling;
use crate::pack::Pack;
use crate::sandbox::Fault;

/// Seconds after which a call may find the rules answering again.
const RETRY_AFTER_S: u64 = 1;

/// Why a judgement ended early: the refusal as far as the phase knows it.
pub(super) struct Stop {
    refusal: Box<Refusal>,
    fault: Option<Fault>,
    /// May state and tools of the ticket be told? Not where the ticket itself is denied.
    tells_of_ticket: bool,
}

/// The refusal of a role that no policy ever permits this tool.
pub(super) fn never(role: Role, tool: Tool) -> Refusal {
    let roles: Vec<_> = tool.roles().iter().map(|role| role.name()).collect();
    let detail = format!(
        "{role} may not call {tool}. Hand it to one of: {}.",
        roles.join(", ")
    );
    Refusal::new(Code::RoleForbidden, Phase::Authorization, detail)
}

impl Stop {
    fn new(code: Code, phase: Phase, detail: impl Into<String>) -> Self {
        Self {
            refusal: Box::new(Refusal::new(code, phase, detail)),
            fault: None,
            tells_of_ticket: true,
        }
    }

    fn by(mut self, ruling: &Ruling) -> Self {
        self.refusal.determining_policies = ruling.determining.clone();
        self
    }

    pub(super) fn never(question: &Question) -> Self {
        Self {
            refusal: Box::new(never(question.actor.role, question.call.tool())),
            fault: None,
            tells_of_ticket: true,
        }
    }

    pub(super) fn no_ticket() -> Self {
        let detail = "There is no such ticket, or none that you may know of. Check ticket_id.";
        Self {
            tells_of_ticket: false,
            ..Self::new(Code::TicketNotFound, Phase::Authorization, detail)
        }
    }

    /// A policy that could not be evaluated is the pack's fault, not the caller's.
    fn errors(ruling: &Ruling, phase: Phase) -> Option<Self> {
        let first = ruling.errors.first()?;
        tracing::warn!(error = %first, "a policy could not be evaluated; the call is refused");
        let detail = "A policy could not be evaluated for this call, so it is refused. \
                      Tell an operator.";
        Some(Self::new(Code::RoleForbidden, phase, detail).by(ruling))
    }

    pub(super) fn forbidden(question: &Question, ruling: &Ruling) -> Self {
        let phase = Phase::Authorization;
        if let Some(stop) = Self::errors(ruling, phase) {
            return stop;
        }
        let (role, tool) = (question.actor.role, question.call.tool());
        let ticket = question.facts.case.as_ref().map(|case| &case.ticket);
        match (role, ticket) {
            (Role::Customer, Some(ticket)) if ticket.customer_id.0 != question.actor.id.0 => {
                Self::no_ticket()
            }
            (Role::Technician, Some(ticket))
                if ticket.assigned_technician_id.map(|id| id.0) != Some(question.actor.id.0) =>
            {
                let detail = format!(
                    "This ticket is not assigned to you now, so you may not call {tool} on it. \
                     Ask dispatch whether the assignment has changed."
                );
                Self {
                    tells_of_ticket: false,
                    ..Self::new(Code::NotOwnTicket, phase, detail).by(ruling)
                }
            }
            _ => {
                let detail = match ruling.determining.as_slice() {
                    [] => format!("No policy permits {role} to call {tool} on this ticket."),
                    ids => format!(
                        "{role} may not call {tool} on this ticket: forbidden by {}.",
                        ids.join(", ")
                    ),
                };
                Self::new(Code::RoleForbidden, phase, detail).by(ruling)
            }
        }
    }

    pub(super) fn no_override(question: &Question, ruling: &Ruling) -> Self {
        Self::errors(ruling, Phase::Authorization).unwrap_or_else(|| {
            let detail = format!(
                "{} may not override a gate. Send the call without `override`, or ask an operator.",
                question.actor.role
            );
            Self::new(Code::RoleForbidden, Phase::Authorization, detail).by(ruling)
        })
    }

    pub(super) fn stale(expected: u64, version: u64) -> Self {
        let detail = format!(
            "The ticket is at version {version}, not {expected}. Read it again and decide anew."
        );
        Self::new(Code::StaleVersion, Phase::Invariant, detail)
    }

    pub(super) fn fault(phase: Phase, fault: Fault) -> Self {
        let detail = "The rules for this tool cannot answer now; nothing was changed. \
                      Try again with the same request_id.";
        let mut stop = Self::new(Code::PolicyUnavailable, phase, detail);
        stop.refusal.retry_after_s = Some(RETRY_AFTER_S);
        stop.fault = Some(fault);
        stop
    }

    fn broken(code: Code, phase: Phase, found: Vec<Violation>) -> Self {
        let detail = match found.as_slice() {
            [one] if one.path.is_empty() => one.message.clone(),
            [one] => format!("{}: {}", one.path, one.message),
            many => format!("{} rules are broken; each is listed.", many.len()),
        };
        let mut stop = Self::new(code, phase, detail);
        stop.refusal.violations = found;
        stop
    }

    pub(super) fn invalid(found: Vec<Violation>) -> Self {
        Self::broken(Code::InvalidInput, Phase::Validate, found)
    }

    pub(super) fn wrong_role(found: Vec<Violation>) -> Self {
        Self::broken(Code::RoleForbidden, Phase::Role, found)
    }

    pub(super) fn illegal(tool: Tool, why: String) -> Self {
        let why = if why.trim().is_empty() {
            format!("{tool} is not legal where the ticket stands.")
        } else {
            why
        };
        Self::new(Code::IllegalTransition, Phase::Transition, why)
    }

    pub(super) fn blocked(gates: Vec<String>) -> Self {
        let detail = format!("These must hold first: {}.", gates.join(", "));
        let mut stop = Self::new(Code::GateBlocked, Phase::Transition, detail);
        stop.refusal.missing_gates = gates;
        stop
    }

    pub(super) fn move_forbidden(
        question: &Question,
        from: State,
        to: State,
        ruling: &Ruling,
    ) -> Self {
        let phase = Phase::TransitionAuthorization;
        Self::errors(ruling, phase).unwrap_or_else(|| {
            let detail = format!(
                "{} may not move a ticket from {from} to {to}.",
                question.actor.role
            );
            Self::new(Code::RoleForbidden, phase, detail).by(ruling)
        })
    }

    pub(super) fn outside(why: String) -> Self {
        let detail = format!("The lifecycle does not allow it: {why}.");
        Self::new(Code::IllegalTransition, Phase::Invariant, detail)
    }

    pub(super) fn not_overridable(gates: Vec<String>) -> Self {
        let detail = format!(
            "These must hold, and this call cannot override them: {}.",
            gates.join(", ")
        );
        let mut stop = Self::new(Code::GateBlocked, Phase::Invariant, detail);
        stop.refusal.missing_gates = gates;
        stop
    }
}

/// Where this very call would be legal: a message always is, what it intends is not.
fn legal_states(input: &Input) -> Vec<State> {
    let intent = match input {
        Input::TicketAddMessage(add) => add.message.intent,
        _ => None,
    };
    let states = input.tool().legal_states().iter().copied();
    match intent {
        None => states.collect(),
        Some(Intent::CheckIn) => states.filter(|s| s.may_become(State::Onsite)).collect(),
        Some(Intent::Cancel) => states.filter(|s| s.may_become(State::Canceled)).collect(),
    }
}

impl Pack {
    /// Fill in what lets an agent mend its next call, as far as this actor may know it.
    pub(super) fn refusal(&self, question: &Question, stop: Stop) -> (Refusal, Option<Fault>) {
        let Stop {
            mut refusal,
            fault,
            tells_of_ticket,
        } = stop;
        if let Some(case) = &question.facts.case
            && tells_of_ticket
            && self.may_read(question.actor, case)
        {
            let state = case.ticket.state;
            refusal.current_state = Some(state);
            refusal.allowed_tools = self.allowed_tools(question.actor.role, state);
            if refusal.code == Code::IllegalTransition {
                refusal.allowed_from_states = legal_states(&question.call.input);
            }
        }
        (*refusal, fault)
    }
}
