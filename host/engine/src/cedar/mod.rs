//! Authority: who may do what, by the pack's Cedar policies.
//!
//! Knows roles, actions and tickets as Cedar sees them; knows nothing of
//! components, gates or how a refusal reads.

mod ask;
mod load;
mod reads;
mod slice;

pub(crate) use load::CedarError;

use std::sync::Arc;

use cedar_policy::PolicySet;
use dispatch_contract::question::Question;
use dispatch_contract::{Actor, Case, Role, State, Tool};

use ask::{Model, Move};
use slice::Slice;

/// What Cedar said to one question.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Ruling {
    /// Permitted, and nothing went wrong on the way.
    pub(crate) allowed: bool,
    /// The `@id`s of the policies that decided, sorted.
    pub(crate) determining: Vec<String>,
    /// Policies that could not be evaluated, with the reason. Cedar skips such a
    /// policy, so an erroring forbid would not forbid: here it refuses.
    pub(crate) errors: Vec<String>,
}

/// What may be asked, beside the twelve tools.
const TRANSITION: usize = Tool::ALL.len();
const OVERRIDE: usize = TRANSITION + 1;
const READ: usize = TRANSITION + 2;
const ACTIONS: usize = TRANSITION + 3;

/// The policies of one pack, cut by action and role.
pub(crate) struct Authority {
    model: Model,
    /// `slices[action][role]`
    slices: Vec<Vec<Slice>>,
    /// Uncut: for looking policies up, and for proving the slices.
    all: PolicySet,
}

impl Authority {
    /// Every policy of the pack, by its `@id`.
    pub(crate) fn policies(&self) -> &PolicySet {
        &self.all
    }

    fn slice(&self, action: usize, role: Role) -> &Slice {
        &self.slices[action][role as usize]
    }

    /// May this role ever be permitted this tool? From the policies' scopes
    /// alone: `false` is certain, `true` is not yet a permission.
    pub(crate) fn may_ever_call(&self, role: Role, tool: Tool) -> bool {
        self.slice(tool as usize, role).may_permit()
    }

    /// May this actor call the tool on this ticket?
    pub(crate) fn tool(&self, question: &Question) -> Arc<Ruling> {
        let actor = question.actor;
        let slice = self.slice(question.call.tool() as usize, actor.role);
        slice.rule(
            || {
                let context = self
                    .model
                    .tool_context(question.now.micros(), question.call.gate_override.is_some());
                (actor, question.facts.case.as_ref(), context)
            },
            &self.model,
            None,
        )
    }

    /// May this actor pass a gate with this tool?
    pub(crate) fn gate_override(&self, question: &Question) -> Arc<Ruling> {
        let actor = question.actor;
        let slice = self.slice(OVERRIDE, actor.role);
        slice.rule(
            || {
                let context = self.model.override_context(question.call.tool());
                (actor, question.facts.case.as_ref(), context)
            },
            &self.model,
            None,
        )
    }

    /// May this actor drive the ticket there with this tool?
    pub(crate) fn transition(&self, question: &Question, from: State, to: State) -> Arc<Ruling> {
        let actor = question.actor;
        let moved = Move {
            from,
            to,
            tool: question.call.tool(),
            with_override: question.call.gate_override.is_some(),
        };
        self.slice(TRANSITION, actor.role).rule(
            || {
                let context = self.model.move_context(&moved);
                (actor, question.facts.case.as_ref(), context)
            },
            &self.model,
            Some(&moved),
        )
    }

    /// May this actor read this ticket?
    pub(crate) fn read(&self, actor: Actor, case: &Case) -> Arc<Ruling> {
        self.slice(READ, actor.role).rule(
            || (actor, Some(case), self.model.empty_context()),
            &self.model,
            None,
        )
    }
}
