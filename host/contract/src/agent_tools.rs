//! The toolset as an agent's model is offered it: the twelve tools and four reads, under
//! names that model APIs take, without what the bridge fills in itself.
//!
//! One source for the plugin's generated `tools.json` and for the gateway's configuration.

use serde_json::{Value, json};

use crate::actor::Role;
use crate::id;
use crate::schema;
use crate::state::State;
use crate::ticket::Priority;
use crate::tool::Tool;

/// The agents on a gateway, in the order in which a ticket meets them.
pub const AGENT_ROLES: [Role; 4] = [
    Role::SystemIntakeAgent,
    Role::SystemSchedulingAgent,
    Role::SystemTechnicianLiaisonAgent,
    Role::SystemCloseoutAgent,
];

/// What the bridge says, never the model: who calls, where the word came in, the key that
/// makes a call one; and what only operators may ask for.
const FILLED_IN: [&str; 4] = ["request_id", "actor", "channel", "override"];

/// A tool as a model is offered it.
#[derive(Clone, PartialEq, Debug)]
pub struct AgentTool {
    /// Its name to a model: `ticket_create`.
    pub name: String,
    /// What it does at the host.
    pub does: Does,
    /// What it is for, in a sentence or two.
    pub description: String,
    /// Its parameters as JSON Schema.
    pub parameters: Value,
    /// The agents whose role may use it.
    pub roles: Vec<Role>,
}

/// What a tool of a model does at the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    /// Calls one of the twelve.
    Call(Tool),
    /// Reads this path; `{ticket_id}` in it is a parameter, all others are its query.
    Read(&'static str),
}

impl AgentTool {
    /// As it stands in the plugin's `tools.json`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut entry = json!({
            "name": self.name, "description": self.description, "roles": self.roles,
        });
        match self.does {
            Does::Call(tool) => entry["call"] = json!(tool),
            Does::Read(path) => entry["read"] = json!(path),
        }
        entry["parameters"] = self.parameters.clone();
        entry
    }
}

/// The name by which models know a tool: their APIs take letters, digits, `_` and `-`.
#[must_use]
pub fn model_name(tool: Tool) -> String {
    tool.name().replace('.', "_")
}

/// The twelve tools, then the reads.
#[must_use]
pub fn all() -> Vec<AgentTool> {
    Tool::ALL.into_iter().map(calling).chain(reads()).collect()
}

/// The names of the tools that this role is offered: its own, and the reads.
#[must_use]
pub fn names_for(role: Role) -> Vec<String> {
    all()
        .into_iter()
        .filter(|tool| tool.roles.contains(&role))
        .map(|tool| tool.name)
        .collect()
}

/// The names of the reads: what an agent without a dispatch role is offered.
#[must_use]
pub fn names_of_reads() -> Vec<String> {
    reads().into_iter().map(|tool| tool.name).collect()
}

fn calling(tool: Tool) -> AgentTool {
    let states: Vec<&str> = tool
        .legal_states()
        .iter()
        .map(|state| state.name())
        .collect();
    let legal = match tool {
        Tool::TicketCreate => String::new(),
        _ if states.len() == State::ALL.len() => " Legal in any state.".to_owned(),
        _ => format!(" Legal in: {}.", states.join(", ")),
    };
    AgentTool {
        name: model_name(tool),
        does: Does::Call(tool),
        description: format!("{}{legal}", tool.purpose()),
        parameters: parameters(tool),
        roles: AGENT_ROLES
            .into_iter()
            .filter(|role| tool.roles().contains(role))
            .collect(),
    }
}

/// The tool's schema without what the bridge fills in.
fn parameters(tool: Tool) -> Value {
    let mut schema = schema::of(tool).clone();
    if let Some(fields) = schema.as_object_mut() {
        for key in ["$schema", "title", "description"] {
            fields.remove(key);
        }
    }
    for key in FILLED_IN {
        if let Some(properties) = schema["properties"].as_object_mut() {
            properties.remove(key);
        }
        if let Some(required) = schema["required"].as_array_mut() {
            required.retain(|name| name != key);
        }
    }
    schema
}

fn reads() -> Vec<AgentTool> {
    let ticket = json!({
        "type": "string", "description": "The ticket.", "pattern": id::PATTERN,
    });
    let cursor = json!({
        "type": "string", "maxLength": 1024,
        "description": "`next_cursor` of the page before.",
    });
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": 200 });
    let states: Vec<&str> = State::ALL.iter().map(|state| state.name()).collect();
    let of_ticket = json!({ "ticket_id": ticket });
    [
        (
            "ticket_get",
            "/v0/tickets/{ticket_id}",
            "Read a ticket: the whole canonical snapshot.",
            of_ticket.clone(),
            json!(["ticket_id"]),
        ),
        (
            "ticket_summary",
            "/v0/tickets/{ticket_id}/summary",
            "Read a ticket in brief, with the tools you may call next.",
            of_ticket,
            json!(["ticket_id"]),
        ),
        (
            "ticket_timeline",
            "/v0/tickets/{ticket_id}/timeline",
            "Read what happened on a ticket, oldest first.",
            json!({ "ticket_id": ticket, "cursor": cursor, "limit": limit }),
            json!(["ticket_id"]),
        ),
        (
            "ticket_search",
            "/v0/tickets",
            "Find tickets, the newest first.",
            json!({
                "text": {
                    "type": "string", "minLength": 1, "maxLength": 256,
                    "description": "Words in customer, address, summary or classification.",
                },
                "state": { "type": "string", "enum": states },
                "priority": { "type": "string", "enum": [Priority::Standard, Priority::Emergency] },
                "cursor": cursor, "limit": limit,
            }),
            json!([]),
        ),
    ]
    .into_iter()
    .map(
        |(name, path, description, properties, required)| AgentTool {
            name: name.to_owned(),
            does: Does::Read(path),
            description: description.to_owned(),
            parameters: json!({
                "type": "object", "properties": properties, "required": required,
                "additionalProperties": false,
            }),
            roles: AGENT_ROLES.to_vec(),
        },
    )
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_offered_the_twelve_and_four_reads_and_nothing_else() {
        let all = all();
        let calls = all.iter().filter(|tool| matches!(tool.does, Does::Call(_)));
        assert_eq!((calls.count(), all.len()), (12, 16));
        for tool in &all {
            let fits = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(tool.name.chars().all(fits), "{}", tool.name);
        }
    }

    #[test]
    fn a_model_cannot_say_who_calls_nor_override_nor_choose_the_key() {
        for tool in all() {
            for key in FILLED_IN {
                assert!(tool.parameters["properties"].get(key).is_none());
                let required = tool.parameters["required"].as_array().expect("a list");
                assert!(!required.contains(&json!(key)), "{}: {key}", tool.name);
            }
            assert_eq!(tool.parameters["additionalProperties"], json!(false));
        }
    }

    #[test]
    fn each_agent_is_offered_the_tools_of_its_role() {
        let closeout = names_for(Role::SystemCloseoutAgent);
        assert_eq!(
            closeout,
            [
                "billing_generate_invoice_draft",
                "billing_compile_closeout_packet",
                "ticket_get",
                "ticket_summary",
                "ticket_timeline",
                "ticket_search"
            ]
        );
        assert!(names_for(Role::SystemIntakeAgent).contains(&"ticket_create".to_owned()));
        assert!(!names_for(Role::SystemIntakeAgent).contains(&"schedule_confirm".to_owned()));
    }
}
