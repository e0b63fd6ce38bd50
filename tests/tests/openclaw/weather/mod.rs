//! What goes wrong between a model and the host. Nothing is done twice.

mod away;
mod cancelled;
mod repeated;

use std::collections::BTreeSet;

use dispatch_contract::Role;
use serde_json::Value;

use crate::world::World;

const INTAKE: Role = Role::SystemIntakeAgent;

/// The ids of all tickets.
async fn ids(world: &World) -> BTreeSet<String> {
    let tickets = world.host.tickets().await;
    let ids = tickets
        .iter()
        .map(|ticket| ticket["ticket_id"].as_str().expect("an id").to_owned());
    ids.collect()
}

fn ticket_of(answer: &Value) -> String {
    answer["data"]["ticket_id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

/// What a ticket's messages that begin so say, in order.
async fn said(world: &World, ticket: &str, beginning: &str) -> Vec<String> {
    let case = world.host.read(&format!("/v0/tickets/{ticket}/case")).await;
    let messages = case["messages"].as_array().expect("messages");
    let texts = messages
        .iter()
        .filter_map(|message| message["raw"].as_str());
    texts
        .filter(|text| text.starts_with(beginning))
        .map(str::to_owned)
        .collect()
}
