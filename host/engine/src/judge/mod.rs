//! The order of judgement: from a question to a verdict.
//!
//! Pure: the same pack and the same question always give the same verdict. All
//! must agree; the first phase that refuses ends it with every reason it found.
//! Knows nothing of where facts come from and where verdicts go.

mod flip;
mod invariant;
mod refuse;
mod trace;

pub(crate) use invariant::reaches;

pub use flip::Flip;
pub use trace::{Judged, PhaseTrace, Trace};

use dispatch_contract::question::Question;
use dispatch_contract::verdict::{Outcome, Verdict};
use dispatch_contract::{Code, Phase, Refusal, State, Tool};

use crate::pack::{Loaded, Pack, ToolRules};
use crate::sandbox::bindings::types::Proposal;
use crate::sandbox::{Fault, Rules};
use crate::view::{self, Scratch};
use refuse::Stop;
use trace::Clock;

/// Times a question is put where the machine, not the rules, may have been too slow.
pub(crate) const TRIES: usize = 3;

impl Pack {
    /// Judge one question. Takes some tens of microseconds, at most the
    /// deadline of the tool's limits, and never waits for anything: call it on
    /// the thread that serves the request.
    #[must_use]
    pub fn judge(&self, question: &Question) -> Judged {
        self.judge_in(question, |of_tool| &of_tool.rules)
    }

    fn judge_in(&self, question: &Question, pool: fn(&ToolRules) -> &Rules) -> Judged {
        let mut clock = Clock::start();
        let (verdict, fault) = match self.0.judged(question, pool, &mut clock) {
            Ok(outcome) => (Verdict::Allow(outcome), None),
            Err(stop) => {
                let (refusal, fault) = self.refusal(question, stop);
                (Verdict::Refuse(Box::new(refusal)), fault)
            }
        };
        Judged {
            verdict,
            trace: clock.stop(),
            fault,
        }
    }

    /// The same, where nobody waits for the answer: in tests and comparisons, in instances of
    /// another pool than calls are judged in. What the machine did, and not the rules, must not be told of the rules: where every instance
    /// was in use, or a deadline passed (a virtual machine that was set aside for a while
    /// may count that as processor time), the question is put again, three times at most.
    #[must_use]
    pub fn judge_patiently(&self, question: &Question) -> Judged {
        let aside = || self.judge_in(question, |of_tool| &of_tool.aside);
        let mut judged = aside();
        for _ in 1..TRIES {
            if !judged.fault.as_ref().is_some_and(Fault::may_pass) {
                break;
            }
            judged = aside();
        }
        judged
    }

    /// The refusal of a call whose role can never be permitted its tool, before
    /// anything about a ticket is known; none where there is more to ask.
    #[must_use]
    pub fn refuse_early(&self, role: dispatch_contract::Role, tool: Tool) -> Option<Refusal> {
        (!self.may_ever_call(role, tool)).then(|| refuse::never(role, tool))
    }
}

impl Loaded {
    fn judged(
        &self,
        question: &Question,
        pool: fn(&ToolRules) -> &Rules,
        clock: &mut Clock,
    ) -> Result<Outcome, Stop> {
        let permitted = clock.time(Phase::Authorization, || self.authorize(question))?;
        clock.permitted(permitted);
        self.check_version(question)?;
        let proposed = self.ask_component(question, pool, clock)?;
        let from = question
            .facts
            .case
            .as_ref()
            .map_or(State::New, |case| case.ticket.state);
        if let Some(to) = proposed.to {
            let driven = clock.time(Phase::TransitionAuthorization, || {
                self.authorize_move(question, from, to)
            })?;
            clock.permitted(driven);
        }
        clock.time(Phase::Invariant, || {
            invariant::check(question, from, &proposed)
        })?;
        Ok(Outcome {
            determining_policies: clock.take_permitted_by(),
            ..proposed
        })
    }

    /// Cedar: may this actor call this tool on this ticket, and pass a gate with it?
    fn authorize(&self, question: &Question) -> Result<Vec<String>, Stop> {
        let tool = question.call.tool();
        if !self.authority.may_ever_call(question.actor.role, tool) {
            return Err(Stop::never(question));
        }
        if question.facts.case.is_none() && tool != Tool::TicketCreate {
            return Err(Stop::no_ticket());
        }
        let ruling = self.authority.tool(question);
        if !ruling.allowed {
            return Err(Stop::forbidden(question, &ruling));
        }
        let mut permitted = ruling.determining.clone();
        if question.call.gate_override.is_some() {
            let ruling = self.authority.gate_override(question);
            if !ruling.allowed {
                return Err(Stop::no_override(question, &ruling));
            }
            permitted.extend_from_slice(&ruling.determining);
        }
        Ok(permitted)
    }

    fn check_version(&self, question: &Question) -> Result<(), Stop> {
        let case = question.facts.case.as_ref();
        match (
            question.call.expected_version,
            case.map(|case| case.ticket.version),
        ) {
            (Some(expected), Some(version)) if expected != version => {
                Err(Stop::stale(expected, version))
            }
            _ => Ok(()),
        }
    }

    /// The component's three phases, in one fresh instance that is dropped here.
    fn ask_component(
        &self,
        question: &Question,
        pool: fn(&ToolRules) -> &Rules,
        clock: &mut Clock,
    ) -> Result<Outcome, Stop> {
        let tool = question.call.tool();
        let at = |phase| move |fault| Stop::fault(phase, fault);
        let scratch = Scratch::of(question);
        let actor = scratch.actor(&question.actor);
        let call = scratch.call(question);
        let ticket = question
            .facts
            .case
            .as_ref()
            .map(|case| scratch.ticket(case));
        let of_tool = &self.tools[tool as usize];
        let settings = of_tool.settings();

        let mark = clock.mark();
        let mut running = pool(of_tool).open().map_err(at(Phase::Validate))?;
        let found = running.validate(&call, ticket.as_ref(), &settings);
        clock.note(Phase::Validate, mark, running.fuel_used());
        let found = found.map_err(at(Phase::Validate))?;
        if !found.is_empty() {
            return Err(Stop::invalid(found));
        }

        let mark = clock.mark();
        let found = running.role(&actor, &call, ticket.as_ref());
        clock.note(Phase::Role, mark, running.fuel_used());
        let found = found.map_err(at(Phase::Role))?;
        if !found.is_empty() {
            return Err(Stop::wrong_role(found));
        }

        let mark = clock.mark();
        let proposal = running.transition(&actor, &call, ticket.as_ref(), &settings);
        let fuel = running.fuel_used();
        drop(running);
        clock.note(Phase::Transition, mark, fuel);
        match proposal.map_err(at(Phase::Transition))? {
            Proposal::Commit(outcome) => Ok(Outcome {
                to: outcome.to.map(view::proposed),
                overridden: outcome.overridden,
                determining_policies: Vec::new(),
            }),
            Proposal::Illegal(why) => Err(Stop::illegal(tool, why)),
            Proposal::Blocked(gates) if gates.is_empty() => Err(Stop::fault(
                Phase::Transition,
                Fault::new(
                    crate::sandbox::FaultKind::Answer,
                    tool,
                    "blocked by gates, but named none",
                ),
            )),
            Proposal::Blocked(gates) => Err(Stop::blocked(gates)),
        }
    }

    /// Cedar: may this actor drive this transition?
    fn authorize_move(
        &self,
        question: &Question,
        from: State,
        to: State,
    ) -> Result<Vec<String>, Stop> {
        let ruling = self.authority.transition(question, from, to);
        if ruling.allowed {
            Ok(ruling.determining.clone())
        } else {
            Err(Stop::move_forbidden(question, from, to, &ruling))
        }
    }
}

/// Every code that a verdict of an engine may have.
pub const VERDICT_CODES: [Code; 8] = [
    Code::RoleForbidden,
    Code::NotOwnTicket,
    Code::TicketNotFound,
    Code::InvalidInput,
    Code::IllegalTransition,
    Code::GateBlocked,
    Code::StaleVersion,
    Code::PolicyUnavailable,
];
