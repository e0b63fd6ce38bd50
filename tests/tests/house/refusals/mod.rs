//! Every row of the contract's table of refusals, as a caller sees it: status, type,
//! code, phase and what mends the next call. None leaves anything but its decision.

mod authority;
mod door;
mod faults;
mod rules;

use crate::support::bodies::{self};
use crate::support::front::addressed;
use crate::support::{House, Reply, chain, eventually};
use serde_json::{Value, json};

/// A refused call, after proof that it left nothing but its decision.
async fn refused(
    house: &House,
    reply: impl Future<Output = Reply>,
    (status, code, phase): (u16, &str, &str),
) -> Value {
    let before = chain::print(house.database.pool()).await;
    let problem = reply.await.refused(status, code, phase);
    assert_eq!(
        chain::print(house.database.pool()).await,
        before,
        "{problem}"
    );
    recorded(house, &problem).await;
    problem
}

/// The decision of a refusal, once the batch it is in is written.
async fn recorded(house: &House, problem: &Value) {
    let row = eventually("the decision of a refusal", async || {
        sqlx::query_as::<_, (String, String, Option<String>, bool, Option<String>)>(
            "SELECT code, phase, request_id, allowed, actor_id FROM decisions
             WHERE correlation_id = $1",
        )
        .bind(problem["correlation_id"].as_str())
        .fetch_optional(house.database.pool())
        .await
        .expect("the decisions")
    })
    .await;
    let (code, phase, request_id, allowed, actor) = row;
    assert_eq!((problem["code"].as_str(), allowed), (Some(&*code), false));
    assert_eq!(problem["phase"].as_str(), Some(&*phase));
    assert_eq!(problem["request_id"].as_str(), request_id.as_deref());
    assert_eq!(actor.is_some(), code != "unauthenticated", "who it was");
}

/// A body that is in order for this tool.
fn body_of(tool: &str, ticket: &str) -> Value {
    let input = match tool {
        "ticket.create" => {
            let mut body = bodies::bare();
            body["request_id"] = json!(bodies::key());
            return body;
        }
        "ticket.add_message" => bodies::message("hello"),
        "ticket.set_priority" => json!({ "priority": "standard" }),
        "schedule.propose_slots" => json!({ "windows": [bodies::window(24)] }),
        "schedule.confirm" => json!({ "selected_window": bodies::window(24) }),
        "dispatch.assign_tech" => json!({ "technician_id": crate::support::people::TECHNICIAN }),
        "dispatch.set_eta" => json!({ "eta_text": "soon" }),
        "closeout.add_note" => json!({ "note": { "text": "Done." } }),
        "closeout.add_photo" => json!({ "photo": {
            "storage_key": "uploads/none.png", "content_type": "image/png", "size_bytes": 1 } }),
        "closeout.checklist_complete" => json!({ "item_key": "resolution_status" }),
        _ => json!({}),
    };
    addressed(ticket, &input)
}
