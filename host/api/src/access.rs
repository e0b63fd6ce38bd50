//! Which roles a route is for. The rules decide about tickets and tools; this
//! decides who may stand at which counter.

use dispatch_contract::{Actor, Code, Phase, Refusal, Role};

use crate::principal::Caller;

/// Routes for operators of the whole house: the audit, the decisions, the register, the
/// feed, packs. Who may know of one organization alone would learn of others there.
pub(crate) fn operators_only(caller: Caller) -> Result<(), Refusal> {
    any_operator(caller.actor)?;
    if caller.organization.is_none() {
        return Ok(());
    }
    Err(Refusal::new(
        Code::RoleForbidden,
        Phase::Authorization,
        "This route is for operators of the whole house; your credential is of one \
         organization. It reaches that organization's gateways, boards and agents.",
    ))
}

/// Routes for operators, of one organization too.
pub(crate) fn any_operator(actor: Actor) -> Result<(), Refusal> {
    if actor.role == Role::OperatorAdmin {
        return Ok(());
    }
    Err(Refusal::new(
        Code::RoleForbidden,
        Phase::Authorization,
        format!(
            "This route is for operator_admin; your credential is of role {}. A credential of \
             yours reaches the tools and the read-only case routes.",
            actor.role
        ),
    ))
}

/// Uploads are for whoever may attach a photo.
pub(crate) fn uploaders_only(actor: Actor) -> Result<(), Refusal> {
    let roles = dispatch_contract::Tool::CloseoutAddPhoto.roles();
    if roles.contains(&actor.role) {
        return Ok(());
    }
    Err(Refusal::new(
        Code::RoleForbidden,
        Phase::Authorization,
        format!(
            "Uploads are for roles that may call closeout.add_photo; your credential is of role {}.",
            actor.role
        ),
    ))
}

/// The case file and the timeline are the house's own: they hold internal messages,
/// technicians' notes, and who decided what by which policy.
pub(crate) fn not_for_customers(actor: Actor) -> Result<(), Refusal> {
    if actor.role != Role::Customer {
        return Ok(());
    }
    Err(Refusal::new(
        Code::RoleForbidden,
        Phase::Authorization,
        "The case file is the house's own. A customer reads the ticket itself or its summary.",
    ))
}
