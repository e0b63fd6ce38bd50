//! Off the straight way: another window, another technician, cancellation, overrides.

use crate::support::bodies::{self};
use crate::support::people::{OTHER_TECHNICIAN, TECHNICIAN};
use crate::support::reply::texts;
use crate::support::story::Told;
use crate::support::{House, chain};
use dispatch_contract::{Role, State};
use serde_json::{Value, json};

#[tokio::test]
async fn another_window_and_another_technician_take_the_place_of_the_first() {
    let house = House::start().await;
    let told = house.advance_to(State::Scheduled).await;
    let agent = house.scheduling();
    let step = async |tool, input: Value| house.step(&agent, tool, &told, &input).await;
    step("dispatch.set_eta", json!({ "eta_text": "at nine" })).await;

    // an ETA of the old window does not stand for the new one
    let first = step(
        "schedule.propose_slots",
        json!({ "windows": [bodies::window(72)] }),
    )
    .await;
    assert_eq!(first["ticket"]["schedule"]["status"], "confirmed");
    let second = json!({ "windows": [bodies::window(96)] });
    step("schedule.propose_slots", second.clone()).await;
    let selected = json!({ "selected_window": second["windows"][0] });
    let answer = step("schedule.confirm", selected).await;
    assert_eq!(answer["ticket"]["state"], "scheduled");
    assert_eq!(answer["ticket"]["schedule"].get("eta_text"), None);
    let kinds = chain::kinds(&house.database, &told.id).await;
    assert_eq!(
        kinds[kinds.len() - 2..],
        ["schedule.confirmed", "ticket.state_changed"]
    );

    let answer = step(
        "dispatch.assign_tech",
        json!({ "technician_id": TECHNICIAN }),
    )
    .await;
    assert_eq!(
        answer["ticket"]["state"], "scheduled",
        "the old ETA is gone"
    );
    let answer = step("dispatch.set_eta", json!({ "eta_text": "at ten" })).await;
    assert_eq!(answer["ticket"]["state"], "dispatched");
    let answer = step(
        "dispatch.assign_tech",
        json!({ "technician_id": OTHER_TECHNICIAN }),
    )
    .await;
    assert_eq!(answer["ticket"]["state"], "dispatched");

    // the first technician has lost the ticket, the second has it
    let path = format!("/v0/tickets/{}", told.id);
    assert_ne!(house.get(&house.technician(), &path).await.status, 200);
    let other = house.people.person(Role::Technician, OTHER_TECHNICIAN);
    house.get(&other, &path).await.ok();
    let late = house.on(
        &house.technician(),
        "ticket.add_message",
        &told.id,
        &bodies::intent("check_in"),
    );
    late.await.refused(403, "not_own_ticket", "authorization");

    let file = house.get(&agent, &format!("{path}/case")).await.ok();
    let statuses: Vec<&Value> = file["schedule_history"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| &entry["status"])
        .collect();
    assert_eq!(statuses, ["confirmed", "superseded", "confirmed"]);
    let assigned = file["assignment_history"].as_array().expect("a list");
    assert_eq!(assigned.len(), 2);
    assert!(assigned[0]["ended_at"].is_string());
    assert_eq!(assigned[1].get("ended_at"), None);
}

#[tokio::test]
async fn an_operator_cancels_until_a_technician_is_dispatched() {
    let house = House::start().await;
    for state in [
        State::New,
        State::Triaged,
        State::Schedulable,
        State::Scheduled,
    ] {
        let told = house.advance_to(state).await;
        let cancel = bodies::intent("cancel");
        let answer = house
            .step(&house.operator(), "ticket.add_message", &told, &cancel)
            .await;
        assert_eq!(answer["ticket"]["state"], "canceled");
        let owed: Vec<String> = sqlx::query_scalar(
            "SELECT topic FROM outbox WHERE ticket_id = $1 AND topic LIKE '%cancel%'",
        )
        .bind(&told.id)
        .fetch_all(house.database.pool())
        .await
        .expect("the outbox");
        assert_eq!(owed, ["customer_cancellation"]);
        // the customer may still write, nothing moves
        let answer = house.step(
            &told.customer,
            "ticket.add_message",
            &told,
            &bodies::message("ok"),
        );
        assert_eq!(answer.await["ticket"]["state"], "canceled");
    }
}

#[tokio::test]
async fn an_operator_passes_the_gates_of_each_group_with_a_reason() {
    let house = House::start().await;
    let operator = house.operator();
    let step =
        async |told: &Told, tool, input: Value| house.step(&operator, tool, told, &input).await;
    let applied = async |told: &Told| -> Value {
        let chain = chain::verified(&house.database, &told.id).await;
        let event = chain
            .iter()
            .rev()
            .find(|event| event.kind.name() == "override.applied");
        event.map_or(Value::Null, |event| event.payload.clone())
    };

    // intake
    let told = house.advance_to(State::New).await;
    let priority = bodies::overriding(json!({ "priority": "emergency" }));
    let answer = step(&told, "ticket.set_priority", priority).await;
    assert_eq!(answer["ticket"]["state"], "schedulable");
    assert_eq!(answer["ticket"]["billing"]["emergency_rate_approved"], true);
    let kinds = chain::kinds(&house.database, &told.id).await;
    assert_eq!(
        kinds[kinds.len() - 3..],
        [
            "ticket.priority_set",
            "override.applied",
            "ticket.state_changed"
        ]
    );
    assert_eq!(
        applied(&told).await,
        json!({
            "reason": "The customer signed for it on paper", "tool": "ticket.set_priority",
            "gates": ["intake.classification", "intake.contact", "intake.access_details"],
        })
    );

    // evidence and checklist, at the item and at the closure
    let told = house.advance_to(State::Onsite).await;
    let item = bodies::overriding(json!({ "item_key": "work_performed" }));
    let answer = step(&told, "closeout.checklist_complete", item).await;
    assert_eq!(answer["ticket"]["state"], "closeout_pending");
    let passed = [
        "evidence.note",
        "evidence.photo_after",
        "checklist.parts_used_or_needed",
        "checklist.resolution_status",
        "checklist.onsite_photos_after",
        "checklist.billing_authorization",
    ];
    assert_eq!(texts(&applied(&told).await["gates"]), passed);

    // money is not among what may be passed
    let packet = bodies::overriding(json!({}));
    let tool = "billing.compile_closeout_packet";
    let refused = house.on(&operator, tool, &told.id, &packet).await;
    let problem = refused.refused(409, "gate_blocked", "transition");
    assert_eq!(texts(&problem["missing_gates"]), ["billing.invoice_draft"]);
    step(&told, "billing.generate_invoice_draft", json!({})).await;
    // closing needs the operator's word again
    let refused = house.on(&operator, tool, &told.id, &json!({})).await;
    let problem = refused.refused(409, "gate_blocked", "transition");
    assert_eq!(texts(&problem["missing_gates"]), passed);
    let answer = step(&told, tool, packet).await;
    assert_eq!(answer["ticket"]["state"], "closed");
    assert_eq!(texts(&applied(&told).await["gates"]), passed);

    // an override where no gate is missing passes nothing and says so by saying nothing
    let told = house.advance_to(State::Onsite).await;
    let note = bodies::overriding(json!({ "note": { "text": "Done." } }));
    step(&told, "closeout.add_note", note).await;
    assert_eq!(applied(&told).await, Value::Null);
}
