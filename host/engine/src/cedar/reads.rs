//! What the policies of a slice look at, and rulings that need no second asking.
//!
//! A ruling is a pure function of what its policies read. Policies without a
//! condition read nothing: one ruling serves every call. Conditions on a move's
//! `from`, `to`, `tool` and `override` alone have finitely many answers: each is
//! asked of Cedar once and kept. Whatever reads principal, resource, time or a
//! context as a whole is asked every time.

use std::sync::{Arc, OnceLock};

use cedar_policy::{Policy, ResourceConstraint};
use dispatch_contract::{State, Tool};
use serde_json::Value;

use super::Ruling;
use super::ask::Move;

/// What a policy's verdict depends on, beyond action and role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reads {
    /// On nothing.
    Nothing,
    /// On the attributes of a move alone.
    Move,
    /// On anything else too.
    Anything,
}

impl Reads {
    pub(super) fn nothing() -> Self {
        Self::Nothing
    }

    /// What both together read.
    pub(super) fn and(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Anything, _) | (_, Self::Anything) => Self::Anything,
            (Self::Move, _) | (_, Self::Move) => Self::Move,
            (Self::Nothing, Self::Nothing) => Self::Nothing,
        }
    }

    /// What this policy reads. Certain only where it says less than `Anything`:
    /// what is not understood counts as anything.
    pub(super) fn of(policy: &Policy) -> Self {
        use cedar_policy::PrincipalConstraint as Principal;
        // The slice has settled `in Role` and `is`; a named principal or
        // resource depends on who and what.
        let scope_is_settled = match policy.principal_constraint() {
            Principal::Any | Principal::Is(_) => true,
            Principal::In(uid) | Principal::IsIn(_, uid) => uid.type_name().basename() == "Role",
            Principal::Eq(_) => false,
        } && matches!(
            policy.resource_constraint(),
            ResourceConstraint::Any | ResourceConstraint::Is(_)
        );
        let Ok(form) = policy.to_json() else {
            return Self::Anything;
        };
        match form.get("conditions").and_then(Value::as_array) {
            Some(conditions) if scope_is_settled => {
                conditions.iter().fold(Self::Nothing, |reads, condition| {
                    reads.and(&within(condition))
                })
            }
            _ => Self::Anything,
        }
    }
}

/// What an expression in Cedar's JSON form reads.
fn within(expression: &Value) -> Reads {
    match expression {
        Value::Object(fields) => {
            if let Some(access) = fields.get(".").and_then(Value::as_object) {
                let of_context = access.get("left").is_some_and(is_context);
                let attribute = access.get("attr").and_then(Value::as_str);
                if let (true, Some("from" | "to" | "tool" | "override")) = (of_context, attribute) {
                    return Reads::Move;
                }
            }
            if fields.contains_key("Var") {
                return Reads::Anything;
            }
            fold(fields.values())
        }
        Value::Array(items) => fold(items.iter()),
        _ => Reads::Nothing,
    }
}

fn fold<'a>(parts: impl Iterator<Item = &'a Value>) -> Reads {
    parts.fold(Reads::Nothing, |reads, part| reads.and(&within(part)))
}

fn is_context(expression: &Value) -> bool {
    expression.get("Var").and_then(Value::as_str) == Some("context")
}

const STATES: usize = State::ALL.len();
const MOVES: usize = STATES * STATES * Tool::ALL.len() * 2;

/// Rulings kept, as far as what is read allows.
pub(super) enum Memo {
    /// One for all.
    One(OnceLock<Arc<Ruling>>),
    /// One per move.
    PerMove(Vec<OnceLock<Arc<Ruling>>>),
    /// None: ask every time.
    Never,
}

impl Memo {
    pub(super) fn for_reads(reads: Reads) -> Self {
        match reads {
            Reads::Nothing => Self::One(OnceLock::new()),
            Reads::Move => Self::PerMove((0..MOVES).map(|_| OnceLock::new()).collect()),
            Reads::Anything => Self::Never,
        }
    }

    pub(super) fn rule(&self, moved: Option<&Move>, ask: impl FnOnce() -> Ruling) -> Arc<Ruling> {
        let ask = || Arc::new(ask());
        match (self, moved) {
            (Self::One(ruling), _) => ruling.get_or_init(ask).clone(),
            (Self::PerMove(rulings), Some(moved)) => rulings[place(moved)].get_or_init(ask).clone(),
            _ => ask(),
        }
    }
}

fn place(moved: &Move) -> usize {
    let mut place = moved.from as usize;
    place = place * STATES + moved.to as usize;
    place = place * Tool::ALL.len() + moved.tool as usize;
    place * 2 + usize::from(moved.with_override)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(condition: &str) -> Reads {
        let source = format!("permit (principal in Role::\"x\", action, resource) {condition};");
        Reads::of(&source.parse().unwrap())
    }

    #[test]
    fn only_what_is_understood_is_kept() {
        assert_eq!(reads(""), Reads::Nothing);
        assert_eq!(reads("when { true }"), Reads::Nothing);
        assert_eq!(
            reads("when { context.from == \"new\" && [\"triaged\"].contains(context.to) }"),
            Reads::Move
        );
        for condition in [
            "when { context.now > 5 }",
            "when { context == {} }",
            "when { context has from }",
            "when { context.from == \"new\" && principal is Agent }",
            "when { resource.state == \"new\" }",
            "unless { action == Action::\"a\" }",
        ] {
            assert_eq!(reads(condition), Reads::Anything, "{condition}");
        }
        let named = "permit (principal == Agent::\"x\", action, resource);";
        assert_eq!(Reads::of(&named.parse().unwrap()), Reads::Anything);
    }
}
