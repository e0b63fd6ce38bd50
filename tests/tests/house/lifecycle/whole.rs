//! One ticket from new to closed: each answer, each event, each move.

use super::case::{
    the_case_file_holds_it_all, the_chain_says_who_by_which_rules, the_papers_are_in_the_store,
};
use crate::support::bodies::{self, ITEMS};
use crate::support::people::TECHNICIAN;
use crate::support::reply::texts;
use crate::support::story::Told;
use crate::support::{House, chain};
use dispatch_contract::Role;
use serde_json::{Value, json};

#[tokio::test]
async fn a_ticket_goes_from_new_to_closed_by_the_roles_whose_steps_they_are() {
    let house = House::start().await;
    let (intake, scheduling) = (house.intake(), house.scheduling());
    let (technician, liaison, closeout) = (house.technician(), house.liaison(), house.closeout());

    // new
    let (id, customer_id) = house.open(&bodies::bare()).await;
    let told = Told {
        customer: house.people.person(Role::Customer, &customer_id),
        id: id.clone(),
    };
    let step = async |who, tool, input: Value| house.step(who, tool, &told, &input).await;
    let events = async |answer: &Value| -> Vec<&'static str> {
        let emitted = texts(&answer["emitted_event_ids"]).len();
        let kinds = chain::kinds(&house.database, &id).await;
        kinds[kinds.len() - emitted..].to_vec()
    };

    // priority alone leaves it new; classification triages; the rest makes it schedulable
    let answer = step(
        &intake,
        "ticket.set_priority",
        json!({ "priority": "emergency" }),
    )
    .await;
    assert_eq!(answer["data"], json!({ "priority": "emergency" }));
    assert_eq!(answer["ticket"]["state"], "new");
    assert_eq!(
        answer["ticket"]["billing"]["emergency_rate_approved"],
        false
    );
    assert_eq!(events(&answer).await, ["ticket.priority_set"]);

    let mut told_more = bodies::message("It is the left door, off its track.");
    told_more["intake"] = json!({ "issue": { "classification": "door_off_track" } });
    let answer = step(&intake, "ticket.add_message", told_more).await;
    assert_eq!(answer["ticket"]["state"], "triaged");
    assert_eq!(
        events(&answer).await,
        ["ticket.message_added", "ticket.state_changed"]
    );
    assert_eq!(keys(&answer["data"]), ["message_id"]);

    let mut the_rest = bodies::message("Ring twice. I am at +1 312 555 0100.");
    the_rest["intake"] = json!({
        "customer": { "phone": "+1 312 555 0100" }, "issue": { "access_details": "Ring twice" },
    });
    let answer = step(&intake, "ticket.add_message", the_rest).await;
    assert_eq!(answer["ticket"]["state"], "schedulable");
    assert_eq!(answer["ticket"]["customer"]["phone"], "+1 312 555 0100");

    // scheduled
    let windows = json!([bodies::window(24), bodies::window(48)]);
    let answer = step(
        &scheduling,
        "schedule.propose_slots",
        json!({ "windows": windows }),
    )
    .await;
    assert_eq!(keys(&answer["data"]), ["proposal_id", "proposed_windows"]);
    assert_eq!(answer["data"]["proposed_windows"], windows);
    assert_eq!(answer["ticket"]["schedule"]["status"], "proposed");
    assert_eq!(events(&answer).await, ["schedule.slots_proposed"]);

    let selected = json!({ "selected_window": windows[1] });
    let answer = step(&scheduling, "schedule.confirm", selected).await;
    assert_eq!(answer["data"], json!({ "confirmed_window": windows[1] }));
    assert_eq!(answer["ticket"]["state"], "scheduled");
    assert_eq!(answer["ticket"]["schedule"]["status"], "confirmed");
    assert_eq!(
        events(&answer).await,
        ["schedule.confirmed", "ticket.state_changed"]
    );

    // dispatched
    let assign = json!({ "technician_id": TECHNICIAN });
    let answer = step(&scheduling, "dispatch.assign_tech", assign.clone()).await;
    assert_eq!(answer["data"], assign);
    assert_eq!(answer["ticket"]["state"], "scheduled");
    assert_eq!(answer["ticket"]["assigned_technician_id"], TECHNICIAN);
    assert_eq!(events(&answer).await, ["dispatch.tech_assigned"]);

    let eta = json!({ "eta_text": "between 9 and 10", "eta_at": bodies::minutes(2900) });
    let answer = step(&scheduling, "dispatch.set_eta", eta).await;
    assert_eq!(answer["data"], json!({ "eta_text": "between 9 and 10" }));
    assert_eq!(answer["ticket"]["state"], "dispatched");
    assert_eq!(answer["ticket"]["schedule"]["eta_text"], "between 9 and 10");
    assert_eq!(
        events(&answer).await,
        ["dispatch.eta_set", "ticket.state_changed"]
    );

    // onsite
    let answer = step(
        &technician,
        "ticket.add_message",
        bodies::intent("check_in"),
    )
    .await;
    assert_eq!(answer["ticket"]["state"], "onsite");

    // closeout_pending
    let note = json!({ "note": { "text": "Track straightened." } });
    let answer = step(&technician, "closeout.add_note", note).await;
    assert_eq!(keys(&answer["data"]), ["note_id"]);
    assert_eq!(events(&answer).await, ["closeout.note_added"]);
    let mut photo = house.photo().await;
    photo["photo"]["phase"] = json!("before");
    step(&liaison, "closeout.add_photo", photo).await;
    let answer = step(&technician, "closeout.add_photo", house.photo().await).await;
    assert_eq!(keys(&answer["data"]), ["attachment_id"]);
    assert_eq!(events(&answer).await, ["closeout.photo_added"]);
    for (n, item) in ITEMS.into_iter().enumerate() {
        let item = json!({ "item_key": item });
        let answer = step(&liaison, "closeout.checklist_complete", item.clone()).await;
        assert_eq!(answer["data"], item);
        let last = n == ITEMS.len() - 1;
        let state = if last { "closeout_pending" } else { "onsite" };
        assert_eq!(answer["ticket"]["state"], state);
        assert_eq!(
            answer["ticket"]["closeout"]["completed_at"].is_string(),
            last
        );
    }

    // closed
    let answer = step(
        &closeout,
        "billing.generate_invoice_draft",
        bodies::invoice(),
    )
    .await;
    let total = json!({ "currency": "USD", "amount_cents": 32_474 });
    assert_eq!(
        keys(&answer["data"]),
        ["attachment_id", "invoice_total", "json_attachment_id"]
    );
    assert_eq!(answer["data"]["invoice_total"], total);
    assert_eq!(answer["ticket"]["billing"]["invoice_total"], total);
    assert_eq!(events(&answer).await, ["billing.invoice_draft_generated"]);
    let answer = step(&closeout, "billing.compile_closeout_packet", json!({})).await;
    assert_eq!(
        keys(&answer["data"]),
        ["attachment_id", "json_attachment_id"]
    );
    assert_eq!(answer["ticket"]["state"], "closed");
    assert_eq!(
        answer["ticket"]["billing"]["closeout_packet_attachment_id"],
        answer["data"]["attachment_id"]
    );
    assert_eq!(
        events(&answer).await,
        ["billing.closeout_packet_compiled", "ticket.state_changed"]
    );

    // the answer's snapshot is the one that is read
    let snapshot = house
        .get(&closeout, &format!("/v0/tickets/{id}"))
        .await
        .ok();
    assert_eq!(snapshot, answer["ticket"]);
    let version = snapshot["version"].as_u64().expect("a version");
    let chain = chain::verified(&house.database, &id).await;
    assert_eq!(chain.last().expect("events").ticket_version, version);

    the_chain_says_who_by_which_rules(&house, &told).await;
    the_case_file_holds_it_all(&house, &told).await;
    the_papers_are_in_the_store(&house, &told).await;
}

fn keys(object: &Value) -> Vec<&str> {
    let fields = object.as_object().into_iter().flatten();
    let mut keys: Vec<&str> = fields.map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys
}
