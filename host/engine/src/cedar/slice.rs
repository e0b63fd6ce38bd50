//! The policies that can matter to one action and one role.
//!
//! Cut by scope at load. Sound: a policy is left out only where its scope can
//! hold for no actor of the role or not for the action; its conditions are
//! never looked at for that.

use std::collections::HashSet;
use std::sync::Arc;

use cedar_policy::{
    ActionConstraint, Context, Effect, EntityUid, Policy, PolicySet, PrincipalConstraint,
};
use dispatch_contract::{Actor, Case, Role};

use super::Ruling;
use super::ask::{Model, Move, role_uid};
use super::reads::{Memo, Reads};

/// One question's own part: who, on which ticket, in what context.
pub(super) type Asked<'a> = (Actor, Option<&'a Case>, Context);

/// The policies of one action and one role.
pub(super) struct Slice {
    action: usize,
    policies: PolicySet,
    may_permit: bool,
    memo: Memo,
}

impl Slice {
    pub(super) fn cut(
        all: &PolicySet,
        model: &Model,
        action: usize,
        groups: &HashSet<EntityUid>,
        role: Role,
    ) -> Self {
        let uid = model.actions[action].uid();
        let kept: Vec<&Policy> = all
            .policies()
            .filter(|policy| fits_principal(policy, model, role))
            .filter(|policy| fits_action(policy, &uid, groups))
            .collect();
        let may_permit = kept.iter().any(|policy| policy.effect() == Effect::Permit);
        let reads = kept.iter().fold(Reads::nothing(), |reads, policy| {
            reads.and(&Reads::of(policy))
        });
        let policies = PolicySet::from_policies(kept.into_iter().cloned())
            .expect("policies of one set have distinct ids");
        Self {
            action,
            policies,
            may_permit,
            memo: Memo::for_reads(reads),
        }
    }

    /// The policies themselves.
    pub(super) fn policies(&self) -> &PolicySet {
        &self.policies
    }

    /// Is there any policy that could permit?
    pub(super) fn may_permit(&self) -> bool {
        self.may_permit
    }

    /// What the policies say. `asked` is built only where they have to be asked.
    pub(super) fn rule<'a>(
        &self,
        asked: impl FnOnce() -> Asked<'a>,
        model: &Model,
        moved: Option<&Move>,
    ) -> Arc<Ruling> {
        if !self.may_permit {
            return Arc::default();
        }
        self.memo
            .rule(moved, || model.ask(&self.policies, self.action, asked()))
    }
}

fn fits_principal(policy: &Policy, model: &Model, role: Role) -> bool {
    let own = model.principal_type(role);
    // An actor is in its role and in itself, and in nothing else.
    let within = |uid: &EntityUid| *uid == role_uid(role) || uid.type_name() == own;
    match policy.principal_constraint() {
        PrincipalConstraint::Any => true,
        PrincipalConstraint::In(uid) => within(&uid),
        PrincipalConstraint::Eq(uid) => uid.type_name() == own,
        PrincipalConstraint::Is(kind) => kind == *own,
        PrincipalConstraint::IsIn(kind, uid) => kind == *own && within(&uid),
    }
}

fn fits_action(policy: &Policy, action: &EntityUid, groups: &HashSet<EntityUid>) -> bool {
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => uid == *action,
        ActionConstraint::In(uids) => uids.iter().any(|uid| uid == action || groups.contains(uid)),
    }
}
