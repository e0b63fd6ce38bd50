//! Who calls: seven roles and the actor a credential names.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::PrincipalId;

/// The closed set of roles.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes requests in, triages them, makes them schedulable.
    SystemIntakeAgent,
    /// Proposes and confirms windows, assigns, dispatches.
    SystemSchedulingAgent,
    /// Speaks with the technician on site.
    SystemTechnicianLiaisonAgent,
    /// Drafts the invoice, compiles the packet, closes.
    SystemCloseoutAgent,
    /// A person who answers for the operation; may override gates.
    OperatorAdmin,
    /// A technician, on the tickets assigned to them.
    Technician,
    /// A customer, on their own tickets.
    Customer,
}

impl Role {
    /// Every role, in the order of the contract's table.
    pub const ALL: [Self; 7] = [
        Self::SystemIntakeAgent,
        Self::SystemSchedulingAgent,
        Self::SystemTechnicianLiaisonAgent,
        Self::SystemCloseoutAgent,
        Self::OperatorAdmin,
        Self::Technician,
        Self::Customer,
    ];

    /// The role's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SystemIntakeAgent => "system_intake_agent",
            Self::SystemSchedulingAgent => "system_scheduling_agent",
            Self::SystemTechnicianLiaisonAgent => "system_technician_liaison_agent",
            Self::SystemCloseoutAgent => "system_closeout_agent",
            Self::OperatorAdmin => "operator_admin",
            Self::Technician => "technician",
            Self::Customer => "customer",
        }
    }

    /// The key that carries the id in an actor of this role.
    #[must_use]
    pub fn id_key(self) -> &'static str {
        match self {
            Self::OperatorAdmin => "operator_id",
            Self::Technician => "technician_id",
            Self::Customer => "customer_id",
            _ => "agent_id",
        }
    }

    /// One of the four agents of the control plane.
    #[must_use]
    pub fn is_agent(self) -> bool {
        self.id_key() == "agent_id"
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that is not a role.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "not a role: one of system_intake_agent, system_scheduling_agent, \
     system_technician_liaison_agent, system_closeout_agent, operator_admin, technician, customer"
)]
pub struct BadRole;

impl FromStr for Role {
    type Err = BadRole;
    fn from_str(text: &str) -> Result<Self, BadRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or(BadRole)
    }
}

/// Who calls: always what the credential says, never what a body claims.
///
/// On the wire `{"role": R, ID_KEY: ULID}`, see [`Role::id_key`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Actor {
    /// The role the credential grants.
    pub role: Role,
    /// The principal it was issued to.
    pub id: PrincipalId,
}

/// The wire form: exactly one of the ids, the one that belongs to the role.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Actor")]
struct ActorForm {
    role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent_id: Option<PrincipalId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator_id: Option<PrincipalId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    technician_id: Option<PrincipalId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer_id: Option<PrincipalId>,
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let key = self.role.id_key();
        let under = |k: &str| (k == key).then_some(self.id);
        ActorForm {
            role: self.role,
            agent_id: under("agent_id"),
            operator_id: under("operator_id"),
            technician_id: under("technician_id"),
            customer_id: under("customer_id"),
        }
        .serialize(s)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let form = ActorForm::deserialize(d)?;
        let ids = [
            ("agent_id", form.agent_id),
            ("operator_id", form.operator_id),
            ("technician_id", form.technician_id),
            ("customer_id", form.customer_id),
        ];
        let mut given = ids.into_iter().filter_map(|(key, id)| Some((key, id?)));
        match (given.next(), given.next()) {
            (Some((key, id)), None) if key == form.role.id_key() => Ok(Self {
                role: form.role,
                id,
            }),
            _ => Err(serde::de::Error::custom(format_args!(
                "an actor of role {} carries exactly {}",
                form.role,
                form.role.id_key()
            ))),
        }
    }
}

impl JsonSchema for Actor {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Actor".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        ActorForm::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_actor_carries_exactly_the_id_of_its_role() {
        let id = "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N";
        for role in Role::ALL {
            let actor = Actor {
                role,
                id: id.parse().unwrap(),
            };
            let wire = serde_json::to_value(actor).unwrap();
            assert_eq!(wire, json!({"role": role.name(), role.id_key(): id}));
            assert_eq!(serde_json::from_value::<Actor>(wire).unwrap(), actor);
        }
        let wrong = json!({"role": "customer", "agent_id": id});
        assert!(serde_json::from_value::<Actor>(wrong).is_err());
        let two = json!({"role": "customer", "customer_id": id, "agent_id": id});
        assert!(serde_json::from_value::<Actor>(two).is_err());
    }
}
