//! What the policies never do: those that can never apply, and what nobody may.
//!
//! Every kind of actor, ticket and move is put to the policies, permits and forbids
//! apart, until each has applied once. Nothing is said of a policy that depends on
//! the time or names somebody: there is no trying all of those.

use std::collections::BTreeSet;

use cedar_policy::{Context, Effect, Policy, PolicySet, PrincipalConstraint, ResourceConstraint};
use dispatch_contract::ticket::Priority;
use dispatch_contract::{Actor, Case, CustomerId, PrincipalId, Role, State, TechnicianId, Tool};
use ulid::Ulid;

use super::ask::Move;
use super::{ACTIONS, Authority, OVERRIDE, READ, TRANSITION};
use crate::judge::reaches;

/// What was never seen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Coverage {
    /// The `@id`s of policies that can never apply, sorted.
    pub(crate) unused: Vec<String>,
    /// What no policy permits anybody, in words.
    pub(crate) unpermitted: Vec<String>,
}

const SELF: PrincipalId = PrincipalId(Ulid(1));
const OTHER: Ulid = Ulid(2);

impl Authority {
    /// Try everything. Some tens of milliseconds, at most a second.
    pub(crate) fn coverage(&self, blank: &Case) -> Coverage {
        let mut seen = Seen {
            authority: self,
            applied: BTreeSet::new(),
        };
        let mut unpermitted = Vec::new();
        for tool in Tool::ALL {
            let contexts = [false, true].map(|passes| self.model.tool_context(0, passes));
            if !seen.action(tool as usize, &contexts, blank) {
                unpermitted.push(format!("no policy permits anybody to call {tool}"));
            }
        }
        for (action, what) in [(OVERRIDE, "to override a gate"), (READ, "to read a ticket")] {
            let contexts: Vec<Context> = match action {
                OVERRIDE => Tool::ALL
                    .map(|tool| self.model.override_context(tool))
                    .into(),
                _ => vec![self.model.empty_context()],
            };
            if !seen.action(action, &contexts, blank) {
                unpermitted.push(format!("no policy permits anybody {what}"));
            }
        }
        for from in State::ALL {
            for &to in from.next() {
                if !seen.moves(from, to, blank) {
                    unpermitted.push(format!(
                        "no policy permits anybody to move a ticket from {from} to {to}"
                    ));
                }
            }
        }
        let policies = self.all.policies();
        let unseen = policies.filter(|policy| !seen.has(policy) && can_be_tried(policy));
        let mut unused: Vec<String> = unseen.map(|policy| policy.id().to_string()).collect();
        unused.sort_unstable();
        Coverage {
            unused,
            unpermitted,
        }
    }
}

/// Which policies have applied.
struct Seen<'a> {
    authority: &'a Authority,
    applied: BTreeSet<String>,
}

impl Seen<'_> {
    fn has(&self, policy: &Policy) -> bool {
        let id: &str = policy.id().as_ref();
        self.applied.contains(id)
    }

    /// Is anybody ever permitted this action, or might be?
    fn action(&mut self, action: usize, contexts: &[Context], blank: &Case) -> bool {
        let tickets = tickets(&State::ALL, blank);
        let tickets: Vec<Option<&Case>> = if action == Tool::TicketCreate as usize {
            vec![None]
        } else {
            tickets.iter().map(Some).collect()
        };
        let mut permitted = false;
        for role in Role::ALL {
            permitted |= self.slice(action, role, contexts, &tickets);
        }
        permitted
    }

    /// Is anybody ever permitted this move, or might be?
    fn moves(&mut self, from: State, to: State, blank: &Case) -> bool {
        let drives = |tool: &Tool| {
            reaches(*tool).contains(&to)
                && (*tool == Tool::TicketCreate || tool.legal_states().contains(&from))
        };
        let moved = |(tool, with_override)| Move {
            from,
            to,
            tool,
            with_override,
        };
        let tools = Tool::ALL.into_iter().filter(drives);
        let contexts: Vec<Context> = tools
            .flat_map(|tool| [(tool, false), (tool, true)])
            .map(|way| self.authority.model.move_context(&moved(way)))
            .collect();
        let tickets = tickets(&[from], blank);
        let tickets: Vec<_> = tickets.iter().map(Some).collect();
        let mut permitted = false;
        for role in Role::ALL {
            permitted |= self.slice(TRANSITION, role, &contexts, &tickets);
        }
        permitted
    }

    /// Put everything to one slice, until nothing new can come of it.
    fn slice(
        &mut self,
        action: usize,
        role: Role,
        contexts: &[Context],
        tickets: &[Option<&Case>],
    ) -> bool {
        debug_assert!(action < ACTIONS);
        let authority = self.authority;
        let slice = authority.slice(action, role).policies();
        if slice.is_empty() {
            return false;
        }
        let of = |effect| {
            let kept = slice.policies().filter(|policy| policy.effect() == effect);
            PolicySet::from_policies(kept.cloned()).expect("ids of one set are distinct")
        };
        let apart = [of(Effect::Permit), of(Effect::Forbid)];
        let actor = Actor { role, id: SELF };
        let mut permitted = slice
            .policies()
            .any(|policy| policy.effect() == Effect::Permit && !can_be_tried(policy));
        for case in tickets {
            for context in contexts {
                if permitted && slice.policies().all(|policy| self.has(policy)) {
                    return true;
                }
                let ask = |set| {
                    authority
                        .model
                        .ask(set, action, (actor, *case, context.clone()))
                };
                for set in &apart {
                    self.applied.extend(ask(set).determining);
                }
                permitted = permitted || ask(slice).allowed;
            }
        }
        permitted
    }
}

/// Tickets of every kind that policies can tell apart.
fn tickets(states: &[State], blank: &Case) -> Vec<Case> {
    let mut tickets = Vec::new();
    for &state in states {
        for customer in [SELF.0, OTHER] {
            for technician in [None, Some(SELF.0), Some(OTHER)] {
                for priority in [None, Some(Priority::Standard), Some(Priority::Emergency)] {
                    let mut case = blank.clone();
                    case.ticket.state = state;
                    case.ticket.customer_id = CustomerId(customer);
                    case.ticket.assigned_technician_id = technician.map(TechnicianId);
                    case.ticket.priority = priority;
                    tickets.push(case);
                }
            }
        }
    }
    tickets
}

/// Does it look only at what is tried here? Not where it looks at the time, or names
/// one actor or ticket.
fn can_be_tried(policy: &Policy) -> bool {
    let names_nobody = !matches!(policy.principal_constraint(), PrincipalConstraint::Eq(_))
        && matches!(
            policy.resource_constraint(),
            ResourceConstraint::Any | ResourceConstraint::Is(_)
        );
    let conditions = policy.to_json().ok().and_then(|form| {
        let conditions = form.get("conditions")?;
        Some(conditions.to_string())
    });
    let named = |text: &str| {
        ["Agent", "Operator", "Technician", "Customer", "Ticket"]
            .iter()
            .any(|kind| text.contains(&format!("\"type\":\"{kind}\"")))
    };
    names_nobody && conditions.is_some_and(|text| !text.contains("\"now\"") && !named(&text))
}
