//! Authority: who may do what, by the pack's Cedar policies.
//!
//! Knows roles, actions and tickets as Cedar sees them; knows nothing of
//! components, gates or how a refusal reads.

mod ask;
mod coverage;
mod load;
mod reads;
mod shape;
mod slice;
mod suggest;

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::coverage::Coverage;
    use super::*;
    use crate::cases::matrix::{MatrixActor, calls, cell_question, states};

    /// The policies of a pack of this repository.
    fn authority(pack: &str) -> Authority {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        let folder = folder.join(pack).join("cedar");
        let mut texts = BTreeMap::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            texts.insert(name, std::fs::read_to_string(path).unwrap());
        }
        let schema = texts.remove("schema.cedarschema").unwrap();
        let policies = texts
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        Authority::load(("schema.cedarschema", &schema), &policies).unwrap()
    }

    #[test]
    fn a_slice_answers_as_all_policies_would() {
        for pack in ["real-dispatch", "strict"] {
            let authority = authority(pack);
            let (model, all) = (&authority.model, &authority.all);
            let mut permitted = 0;
            for call in calls() {
                for actor in MatrixActor::all() {
                    for &state in states(call.tool) {
                        let mut question = cell_question(&call, actor, state);
                        for with_override in [false, true] {
                            let reason = "the customer insists".to_owned();
                            question.call.gate_override =
                                with_override.then_some(dispatch_contract::Override { reason });
                            let who = question.actor;
                            let case = question.facts.case.as_ref();
                            let now = question.now.micros();
                            let cell = format!("{pack}: {}, {who:?}, {state}", call.name);

                            let context = model.tool_context(now, with_override);
                            let whole = model.ask(all, call.tool as usize, (who, case, context));
                            let cut = authority.tool(&question);
                            assert_same(&cut, &whole, &cell);
                            permitted += usize::from(cut.allowed);

                            let context = model.override_context(call.tool);
                            let whole = model.ask(all, OVERRIDE, (who, case, context));
                            assert_same(&authority.gate_override(&question), &whole, &cell);

                            for to in State::ALL {
                                let moved = Move {
                                    from: state,
                                    to,
                                    tool: call.tool,
                                    with_override,
                                };
                                let context = model.move_context(&moved);
                                let whole = model.ask(all, TRANSITION, (who, case, context));
                                let cut = authority.transition(&question, state, to);
                                assert_same(&cut, &whole, &format!("{cell} > {to}"));
                            }
                        }
                        if let Some(case) = &question.facts.case {
                            let context = model.empty_context();
                            let asked = (question.actor, Some(case), context);
                            let whole = model.ask(all, READ, asked);
                            let cut = authority.read(question.actor, case);
                            assert_same(&cut, &whole, "reading");
                        }
                    }
                }
            }
            assert!(permitted > 100, "{pack}: {permitted} cells are permitted");
        }
    }

    /// The same decision for the same reasons. A slice without any permit is not asked
    /// at all: its answer is no, as the whole set's is, which may name forbids.
    fn assert_same(cut: &Ruling, whole: &Ruling, cell: &str) {
        assert_eq!(cut.allowed, whole.allowed, "{cell}");
        if cut.allowed || !cut.determining.is_empty() {
            assert_eq!(cut.determining, whole.determining, "{cell}");
        }
        assert_eq!(cut.errors, whole.errors, "{cell}");
    }

    fn blank() -> Case {
        let actor = MatrixActor::all()[0];
        let on_ticket = calls()
            .into_iter()
            .find(|call| call.tool != Tool::TicketCreate);
        let question = cell_question(&on_ticket.unwrap(), actor, State::New);
        question.facts.case.unwrap()
    }

    #[test]
    fn every_policy_of_the_shipped_packs_applies_somewhere_and_every_move_is_somebodys() {
        for pack in ["real-dispatch", "strict"] {
            assert_eq!(
                authority(pack).coverage(&blank()),
                Coverage::default(),
                "{pack}"
            );
        }
    }
}
