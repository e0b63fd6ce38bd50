//! `dispatch token mint`.

use chrono::{Duration, Utc};
use dispatch_contract::{Actor, OrganizationId, PrincipalId, Role, Timestamp};
use dispatch_identity::{Claims, ISSUER};
use serde::Serialize;
use ulid::Ulid;

use super::RingArgs;
use super::lifetime::Lifetime;
use crate::failure::Failure;
use crate::house::keyring;
use crate::out;

#[derive(clap::Args)]
pub(crate) struct MintArgs {
    /// Its role, such as system_intake_agent, operator_admin or technician
    #[arg(long)]
    role: Role,
    /// Whom it is for: an id of theirs, or a technician's or customer's; fresh where not given
    #[arg(long, value_name = "ID")]
    id: Option<PrincipalId>,
    /// Let an operator know of this organization's gateways and boards alone
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    /// How long it holds: 45s, 90m, 12h, 30d
    #[arg(long, default_value = "30d")]
    ttl: Lifetime,
    /// Which host it is for, where hosts were told apart
    #[arg(long, default_value = ISSUER)]
    audience: String,
    #[command(flatten)]
    ring: RingArgs,
}

/// What was made, with `--json`.
#[derive(Serialize)]
struct Minted {
    token: String,
    jti: String,
    sub: PrincipalId,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<OrganizationId>,
    exp: Timestamp,
}

impl MintArgs {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        if self.id.is_none() && matches!(self.role, Role::Technician | Role::Customer) {
            return Err(Failure::usage(format!(
                "a {} is known by their id: add --id, as the register or the ticket has it",
                self.role
            )));
        }
        if self.organization.is_some() && self.role != Role::OperatorAdmin {
            return Err(Failure::usage(
                "--organization is for operator_admin: no other role knows of organizations",
            ));
        }
        let keys = keyring::load(&self.ring.path())?;
        let now = Utc::now();
        let claims = Claims {
            actor: Actor {
                role: self.role,
                id: self.id.unwrap_or_else(|| PrincipalId(Ulid::generate())),
            },
            token_id: Ulid::generate(),
            organization: self.organization,
            audience: self.audience,
            issued_at: now.into(),
            expires_at: (now + Duration::seconds(self.ttl.0)).into(),
        };
        let token = keys
            .mint(&claims)
            .map_err(|error| Failure::Other(error.into()))?;
        let minted = Minted {
            token,
            jti: claims.token_id.to_string(),
            sub: claims.actor.id,
            role: claims.actor.role,
            org: claims.organization,
            exp: claims.expires_at,
        };
        if json {
            out::value(&minted);
        } else {
            out::text(&format!("{}\n", minted.token));
            out::error(&format!(
                "{} {}, holds until {}; to take it back: dispatch token revoke {}\n",
                minted.role, minted.sub, minted.exp, minted.jti
            ));
        }
        Ok(())
    }
}
