//! What templates may say: every key there is. A template that names another fails.

use dispatch_contract::{Role, Tool};
use serde_json::{Map, Value, json};

use crate::keys::AgentKey;
use crate::plan::{AgentPlan, Post};
use crate::tool_doc;
use dispatch_gateway::Secret;

/// The read-only tools that every agent has besides its role's.
const READS: [(&str, &str); 4] = [
    ("ticket_get", "The case file of one ticket."),
    (
        "ticket_summary",
        "One ticket in brief, with what is legal now.",
    ),
    ("ticket_timeline", "What happened to one ticket, in order."),
    ("ticket_search", "Tickets by state, customer or words."),
];

/// The keys for one agent. Keys of a board are there only where the agent has one.
#[must_use]
pub(crate) fn context(plan: &AgentPlan, token: &Secret) -> Map<String, Value> {
    let key = plan.key();
    let registration = plan.registration();
    let mut keys = Map::new();
    let mut say = |key: &str, value: Value| keys.insert(key.to_owned(), value);

    say("agent_name", json!(plan.name));
    say("agent_id", json!(plan.record_id.to_string()));
    say("agent_kind", json!(key.kind().name()));
    say("gateway_agent_id", json!(registration.agent_id));
    say("session_key", json!(key.session_key()));
    say(
        "main_session_key",
        json!(AgentKey::Main(plan.gateway_id).session_key()),
    );
    say("is_main_agent", json!(matches!(plan.post, Post::Main)));
    say("is_board_lead", json!(matches!(plan.post, Post::Lead(_))));
    say("workspace_root", json!(plan.workspace_root.trim()));
    say("workspace_path", json!(registration.workspace));
    say("base_url", json!(plan.base_url));
    say("auth_token", json!(token.expose()));
    say("tool_lines", json!(tool_doc::lines(plan, token)));

    say("user_name", json!(plan.user.name));
    say("user_preferred_name", json!(plan.user.address()));
    say("user_timezone", json!(plan.user.timezone));
    say("user_notes", json!(plan.user.notes));
    say("identity_role", json!(plan.profile.role));
    say("identity_communication_style", json!(plan.profile.style));
    say("identity_emoji", json!(plan.profile.emoji));
    say(
        "dispatch_role",
        json!(plan.profile.dispatch_role.map(Role::name)),
    );
    say("dispatch_tools", tools(plan.profile.dispatch_role));
    say("dispatch_reads", reads());

    if let Some(board) = plan.post.board() {
        say("board_id", json!(board.board_id.to_string()));
        say("board_name", json!(board.name));
        say("board_objective", json!(board.objective));
        say("board_rules", json!(board.rules));
        for (rule, on) in &board.rules {
            say(&format!("board_rule_{rule}"), json!(on));
        }
    }
    keys
}

/// The role's tools as the plugin names them to a model.
fn tools(role: Option<Role>) -> Value {
    Tool::ALL
        .into_iter()
        .filter(|tool| role.is_some_and(|role| tool.roles().contains(&role)))
        .map(|tool| {
            let states: Vec<_> = tool
                .legal_states()
                .iter()
                .map(|state| state.name())
                .collect();
            json!({
                "name": tool.name().replace('.', "_"),
                "tool": tool.name(),
                "purpose": tool.purpose(),
                "states": states,
            })
        })
        .collect()
}

fn reads() -> Value {
    READS
        .iter()
        .map(|(name, purpose)| json!({"name": name, "purpose": purpose}))
        .collect()
}
