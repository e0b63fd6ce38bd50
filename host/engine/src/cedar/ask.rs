//! Questions as Cedar takes them: entities, requests, contexts.
//!
//! What does not change from call to call is made once per pack; a call makes
//! its principal, its ticket and its context.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use dispatch_contract::{Actor, Case, Role, State, Tool};

use super::Ruling;

/// The name of an action that is no tool.
pub(super) const EXTRA_ACTIONS: [&str; 3] = ["transition", "override", "ticket.read"];

/// One move of the lifecycle, as it is asked about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Move {
    pub(super) from: State,
    pub(super) to: State,
    pub(super) tool: Tool,
    pub(super) with_override: bool,
}

/// The names, the entities that stand for ever, and the authorizer.
pub(super) struct Model {
    authorizer: Authorizer,
    agent: EntityTypeName,
    operator: EntityTypeName,
    technician: EntityTypeName,
    customer: EntityTypeName,
    ticket: EntityTypeName,
    roles: Vec<EntityUid>,
    /// Each action with all its groups, in the order of the slices.
    pub(super) actions: Vec<Entity>,
}

pub(super) fn type_name(name: &str) -> EntityTypeName {
    name.parse().expect("a plain identifier is a type name")
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

pub(super) fn role_uid(role: Role) -> EntityUid {
    EntityUid::from_type_name_and_id(type_name("Role"), EntityId::new(role.name()))
}

pub(super) fn action_uid(name: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(type_name("Action"), EntityId::new(name))
}

impl Model {
    pub(super) fn new(actions: Vec<Entity>) -> Self {
        Self {
            authorizer: Authorizer::new(),
            agent: type_name("Agent"),
            operator: type_name("Operator"),
            technician: type_name("Technician"),
            customer: type_name("Customer"),
            ticket: type_name("Ticket"),
            roles: Role::ALL.into_iter().map(role_uid).collect(),
            actions,
        }
    }

    /// The type of an actor of this role.
    pub(super) fn principal_type(&self, role: Role) -> &EntityTypeName {
        match role {
            Role::OperatorAdmin => &self.operator,
            Role::Technician => &self.technician,
            Role::Customer => &self.customer,
            _ => &self.agent,
        }
    }

    fn uid(kind: &EntityTypeName, id: impl AsRef<str>) -> EntityUid {
        EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
    }

    fn principal(&self, actor: Actor) -> Entity {
        let uid = Self::uid(self.principal_type(actor.role), actor.id.to_string());
        Entity::new_no_attrs(
            uid,
            HashSet::from([self.roles[actor.role as usize].clone()]),
        )
    }

    /// The ticket; without a case the one about to exist, of nobody yet.
    fn ticket(&self, case: Option<&Case>) -> Entity {
        let mut attributes = HashMap::with_capacity(4);
        let uid = if let Some(case) = case {
            let ticket = &case.ticket;
            let customer = Self::uid(&self.customer, ticket.customer_id.to_string());
            attributes.insert("state".to_owned(), text(ticket.state.name()));
            attributes.insert(
                "customer".to_owned(),
                RestrictedExpression::new_entity_uid(customer),
            );
            if let Some(id) = ticket.assigned_technician_id {
                let technician = Self::uid(&self.technician, id.to_string());
                attributes.insert(
                    "assigned_technician".to_owned(),
                    RestrictedExpression::new_entity_uid(technician),
                );
            }
            if let Some(priority) = ticket.priority {
                attributes.insert("priority".to_owned(), text(priority.name()));
            }
            Self::uid(&self.ticket, ticket.ticket_id.to_string())
        } else {
            let nobody = Self::uid(&self.customer, "none");
            attributes.insert("state".to_owned(), text(State::New.name()));
            attributes.insert(
                "customer".to_owned(),
                RestrictedExpression::new_entity_uid(nobody),
            );
            Self::uid(&self.ticket, "none")
        };
        Entity::new(uid, attributes, HashSet::new())
            .expect("texts and entity names evaluate without error")
    }

    pub(super) fn tool_context(&self, now_micros: i64, with_override: bool) -> Context {
        context([
            ("now", RestrictedExpression::new_long(now_micros)),
            ("override", RestrictedExpression::new_bool(with_override)),
        ])
    }

    pub(super) fn override_context(&self, tool: Tool) -> Context {
        context([("tool", text(tool.name()))])
    }

    pub(super) fn move_context(&self, moved: &Move) -> Context {
        context([
            ("from", text(moved.from.name())),
            ("to", text(moved.to.name())),
            ("tool", text(moved.tool.name())),
            (
                "override",
                RestrictedExpression::new_bool(moved.with_override),
            ),
        ])
    }

    pub(super) fn empty_context(&self) -> Context {
        Context::empty()
    }

    /// The entities of one question.
    pub(super) fn entities(&self, actor: Actor, action: usize, case: Option<&Case>) -> Vec<Entity> {
        vec![
            self.principal(actor),
            self.ticket(case),
            self.actions[action].clone(),
        ]
    }

    /// Put one question to some policies.
    pub(super) fn ask(
        &self,
        policies: &PolicySet,
        action: usize,
        (actor, case, context): (Actor, Option<&Case>, Context),
    ) -> Ruling {
        let parts = self.entities(actor, action, case);
        let (principal, resource) = (parts[0].uid(), parts[1].uid());
        let request = Request::new(
            principal,
            self.actions[action].uid(),
            resource,
            context,
            None,
        );
        let (entities, request) = match (Entities::from_entities(parts, None), request) {
            (Ok(entities), Ok(request)) => (entities, request),
            (entities, request) => {
                let said = entities.err().map(|error| error.to_string());
                let also = request.err().map(|error| error.to_string());
                return Ruling {
                    errors: said.into_iter().chain(also).collect(),
                    ..Ruling::default()
                };
            }
        };
        let response = self.authorizer.is_authorized(&request, policies, &entities);
        let errors: Vec<String> = response
            .diagnostics()
            .errors()
            .map(ToString::to_string)
            .collect();
        let mut determining: Vec<String> = response
            .diagnostics()
            .reason()
            .map(ToString::to_string)
            .collect();
        determining.sort_unstable();
        Ruling {
            allowed: errors.is_empty() && response.decision() == cedar_policy::Decision::Allow,
            determining,
            errors,
        }
    }
}

fn context<const N: usize>(pairs: [(&str, RestrictedExpression); N]) -> Context {
    Context::from_pairs(pairs.map(|(key, value)| (key.to_owned(), value)))
        .expect("keys are distinct and values are plain")
}

impl Model {
    /// An actor and tickets with every attribute and with as few as possible,
    /// to be checked against a schema.
    pub(super) fn sample(&self, role: Role) -> Vec<Entity> {
        let actor = Actor {
            role,
            id: dispatch_contract::PrincipalId(ulid::Ulid::nil()),
        };
        let everything = HashMap::from([
            ("state".to_owned(), text(State::New.name())),
            (
                "customer".to_owned(),
                RestrictedExpression::new_entity_uid(Self::uid(&self.customer, "somebody")),
            ),
            (
                "assigned_technician".to_owned(),
                RestrictedExpression::new_entity_uid(Self::uid(&self.technician, "somebody")),
            ),
            ("priority".to_owned(), text("standard")),
        ]);
        let full = Entity::new(Self::uid(&self.ticket, "full"), everything, HashSet::new())
            .expect("texts and entity names evaluate without error");
        vec![self.principal(actor), self.ticket(None), full]
    }
}
