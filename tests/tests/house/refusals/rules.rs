//! What the rules say no to: states, gates, versions, keys, inputs.

use super::{body_of, refused};
use crate::support::House;
use crate::support::bodies::{self, ITEMS};
use crate::support::front::{addressed, answered};
use crate::support::people::INACTIVE_TECHNICIAN;
use crate::support::reply::{texts, violations};
use dispatch_contract::State;
use serde_json::{Value, json};
use ulid::Ulid;

#[tokio::test]
async fn every_tool_where_it_is_not_legal() {
    let house = House::start().await;
    let operator = house.operator();
    for state in State::ALL {
        let told = house.advance_to(state).await;
        for tool in &dispatch_contract::Tool::ALL[1..] {
            if tool.legal_states().contains(&state) {
                continue;
            }
            let mut body = body_of(tool.name(), &told.id);
            if tool.name() == "closeout.add_photo" {
                body["photo"] = house.photo().await["photo"].clone();
            }
            let call = house.call(&operator, tool.name(), &body);
            let problem = refused(&house, call, (409, "illegal_transition", "transition")).await;
            assert_eq!(problem["current_state"], state.name());
            let legal: Vec<&str> = tool
                .legal_states()
                .iter()
                .map(|state| state.name())
                .collect();
            assert_eq!(texts(&problem["allowed_from_states"]), legal);
            let next: Vec<&str> = dispatch_contract::Tool::ALL
                .iter()
                .filter(|tool| tool.legal_states().contains(&state))
                .map(|tool| tool.name())
                .collect();
            assert_eq!(texts(&problem["allowed_tools"]), next);
        }
        for (intent, legal) in [
            ("check_in", vec!["dispatched"]),
            ("cancel", vec!["new", "triaged", "schedulable", "scheduled"]),
        ] {
            if legal.contains(&state.name()) {
                continue;
            }
            let call = house.on(
                &operator,
                "ticket.add_message",
                &told.id,
                &bodies::intent(intent),
            );
            let problem = refused(&house, call, (409, "illegal_transition", "transition")).await;
            assert_eq!(texts(&problem["allowed_from_states"]), legal, "{intent}");
        }
    }
}

#[tokio::test]
async fn gates_that_do_not_hold_yet() {
    let house = House::start().await;
    let told = house.advance_to(State::Onsite).await;
    let expected = (409, "gate_blocked", "transition");
    for (item, gate) in [
        ("work_performed", "evidence.note"),
        ("onsite_photos_after", "evidence.photo_after"),
    ] {
        let item = json!({ "item_key": item });
        let call = house.on(
            &house.liaison(),
            "closeout.checklist_complete",
            &told.id,
            &item,
        );
        let problem = refused(&house, call, expected).await;
        assert_eq!(texts(&problem["missing_gates"]), [gate]);
        assert_eq!(problem["current_state"], "onsite");
    }
    let told = house.advance_to(State::CloseoutPending).await;
    let call = house.on(
        &house.closeout(),
        "billing.compile_closeout_packet",
        &told.id,
        &json!({}),
    );
    let problem = refused(&house, call, expected).await;
    assert_eq!(texts(&problem["missing_gates"]), ["billing.invoice_draft"]);
    assert_eq!(
        texts(&problem["allowed_tools"]),
        [
            "billing.generate_invoice_draft",
            "billing.compile_closeout_packet"
        ]
    );
}

#[tokio::test]
async fn keys_used_before_and_tickets_that_moved_on() {
    let house = House::start().await;
    let told = house.advance_to(State::Schedulable).await;
    let body = addressed(&told.id, &json!({ "priority": "standard" }));
    house
        .call(&house.intake(), "ticket.set_priority", &body)
        .await
        .ok();
    let mut other = body.clone();
    other["priority"] = json!("emergency");
    let call = house.call(&house.intake(), "ticket.set_priority", &other);
    let problem = refused(&house, call, (409, "idempotency_conflict", "idempotency")).await;
    assert_eq!(problem["request_id"], body["request_id"]);

    let version = house
        .get(&house.intake(), &format!("/v0/tickets/{}", told.id))
        .await
        .ok()["version"]
        .clone();
    let mut stale = addressed(&told.id, &json!({ "priority": "standard" }));
    stale["expected_version"] = json!(version.as_u64().expect("a version") - 1);
    let call = house.call(&house.intake(), "ticket.set_priority", &stale);
    let problem = refused(&house, call, (409, "stale_version", "invariant")).await;
    assert_eq!(problem["current_state"], "schedulable");
    stale["expected_version"] = version;
    house
        .call(&house.intake(), "ticket.set_priority", &stale)
        .await
        .ok();
}

#[tokio::test]
async fn every_violation_of_a_phase_at_once() {
    let house = House::start().await;
    let told = house.advance_to(State::Schedulable).await;
    let schema = (422, "invalid_input", "schema");
    let validate = (422, "invalid_input", "validate");

    let mut body = bodies::bare();
    body["request_id"] = json!("");
    body["surplus"] = json!(1);
    body["customer"]["contact_name"] = json!("");
    body["service_location"]["lat"] = json!(91);
    body["priority"] = json!("urgent");
    let call = house.call(&house.intake(), "ticket.create", &body);
    let problem = refused(&house, call, schema).await;
    assert_eq!(
        violations(&problem),
        [
            " additional_properties",
            "/customer/contact_name min_length",
            "/priority enum",
            "/request_id pattern",
            "/service_location/lat maximum",
        ]
    );

    let mut body = bodies::bare();
    body["request_id"] = json!(bodies::key());
    body["customer"]["contact_name"] = json!(" ");
    body["customer"]["phone"] = json!("ask for Jo");
    body["customer"]["email"] = json!("nowhere");
    body["issue"]["summary"] = json!("\t");
    let call = house.call(&house.intake(), "ticket.create", &body);
    let problem = refused(&house, call, validate).await;
    assert_eq!(
        violations(&problem),
        [
            "/customer/contact_name blank",
            "/customer/email not_an_email_address",
            "/customer/phone not_a_phone_number",
            "/issue/summary blank",
        ]
    );

    let span = |from: i64, to: i64| json!({ "window_start": bodies::minutes(from), "window_end": bodies::minutes(to), "timezone": "UTC" });
    let twice = span(600, 700);
    let windows = [
        span(-60, 60),
        span(120, 60),
        span(60, 70),
        span(60, 15 * 24 * 60 + 100),
        twice.clone(),
        twice,
    ];
    let call = house.on(
        &house.scheduling(),
        "schedule.propose_slots",
        &told.id,
        &json!({ "windows": windows }),
    );
    let problem = refused(&house, call, validate).await;
    assert_eq!(
        violations(&problem),
        [
            "/windows/0/window_start in_the_past",
            "/windows/1/window_end end_not_after_start",
            "/windows/2/window_end too_short",
            "/windows/3/window_end too_long",
            "/windows/5 same_window",
        ]
    );
    let mut nowhere = bodies::window(24);
    nowhere["timezone"] = json!("Mars/Olympus");
    let call = house.on(
        &house.scheduling(),
        "schedule.propose_slots",
        &told.id,
        &json!({ "windows": [nowhere] }),
    );
    let problem = refused(&house, call, schema).await;
    assert_eq!(violations(&problem), ["/windows/0/timezone format"]);
    let call = house.on(
        &house.scheduling(),
        "schedule.confirm",
        &told.id,
        &json!({ "selected_window": bodies::window(24) }),
    );
    let problem = refused(&house, call, validate).await;
    assert_eq!(violations(&problem), ["/selected_window not_proposed"]);
}

#[tokio::test]
async fn technicians_who_cannot_be_sent_and_work_that_is_done() {
    let house = House::start().await;
    let validate = (422, "invalid_input", "validate");
    let told = house.advance_to(State::Scheduled).await;
    for (id, rule) in [
        (
            Ulid::generate().to_string(),
            "/technician_id unknown_technician",
        ),
        (
            INACTIVE_TECHNICIAN.to_owned(),
            "/technician_id inactive_technician",
        ),
    ] {
        let call = house.on(
            &house.scheduling(),
            "dispatch.assign_tech",
            &told.id,
            &json!({ "technician_id": id }),
        );
        assert_eq!(violations(&refused(&house, call, validate).await), [rule]);
    }
    let eta = json!({ "eta_text": " ", "eta_at": bodies::minutes(-1) });
    let call = house.on(&house.scheduling(), "dispatch.set_eta", &told.id, &eta);
    assert_eq!(
        violations(&refused(&house, call, validate).await),
        ["/eta_at in_the_past", "/eta_text blank"]
    );

    let told = house.advance_to(State::Onsite).await;
    let item = json!({ "item_key": ITEMS[2] });
    house
        .on(
            &house.liaison(),
            "closeout.checklist_complete",
            &told.id,
            &item,
        )
        .await
        .ok();
    let call = house.on(
        &house.liaison(),
        "closeout.checklist_complete",
        &told.id,
        &item,
    );
    assert_eq!(
        violations(&refused(&house, call, validate).await),
        ["/item_key already_complete"]
    );
    let mut both = bodies::intent("check_in");
    both["intake"] = json!({});
    let call = house.on(&house.operator(), "ticket.add_message", &told.id, &both);
    assert_eq!(
        violations(&refused(&house, call, validate).await),
        ["/intake intent_and_intake"]
    );
    // what a role may not say in a message is the role's phase
    let mut intake = bodies::message("more");
    intake["intake"] = json!({ "issue": { "classification": "x" } });
    let call = house.on(&house.liaison(), "ticket.add_message", &told.id, &intake);
    let problem = refused(&house, call, (403, "role_forbidden", "role")).await;
    assert_eq!(violations(&problem), ["/intake role_may_not_intake"]);
    let call = house.on(
        &told.customer,
        "ticket.add_message",
        &told.id,
        &bodies::intent("cancel"),
    );
    let problem = refused(&house, call, (403, "role_forbidden", "role")).await;
    assert_eq!(
        violations(&problem),
        ["/message/intent role_may_not_cancel"]
    );

    let told = house.advance_to(State::CloseoutPending).await;
    let draft = json!({ "line_items": [{ "description": " ", "quantity": 1, "unit_amount_cents": -1 }], "tax_basis_points": 3001 });
    let call = house.on(
        &house.closeout(),
        "billing.generate_invoice_draft",
        &told.id,
        &draft,
    );
    assert_eq!(
        violations(&refused(&house, call, validate).await),
        [
            "/line_items negative_total",
            "/line_items/0/description blank",
            "/tax_basis_points tax_too_high"
        ]
    );
}

#[tokio::test]
async fn null_in_an_optional_field_is_absence() {
    let house = House::start().await;
    let mut body = bodies::bare();
    for (pointer, field) in [
        ("", "actor"),
        ("", "channel"),
        ("", "override"),
        ("", "priority"),
        ("", "initial_message"),
        ("", "billing_account_type"),
        ("/customer", "phone"),
        ("/customer", "email"),
        ("/customer", "site_name"),
        ("/service_location", "lat"),
        ("/service_location", "address_line2"),
        ("/issue", "classification"),
        ("/issue", "photos_available"),
    ] {
        body.pointer_mut(pointer).expect("an object")[field] = Value::Null;
    }
    let (id, _) = house.open(&body).await;
    let eta = json!({ "expected_version": null, "message": { "raw": "a", "normalized": "a", "direction": "inbound", "intent": null }, "intake": null,
        "channel": { "kind": "sms", "peer": "+13125550100" } });
    house
        .on(&house.intake(), "ticket.add_message", &id, &eta)
        .await
        .ok();
}

#[tokio::test]
async fn any_character_is_kept_or_refused_and_never_a_fault() {
    let house = House::start().await;
    for odd in [
        "a\u{0}b",
        "\u{0}",
        "a\u{1b}[2Jb",
        "a\u{202e}b",
        "\u{fffe}",
        "e\u{301}",
        "\u{1F6AA}",
    ] {
        let told = house.advance_to(State::Onsite).await;
        let mut create = bodies::schedulable();
        create["customer"]["contact_name"] = json!(odd);
        create["customer"]["site_name"] = json!(odd);
        create["issue"]["summary"] = json!(odd);
        create["issue"]["door_system_type"] = json!(odd);
        create["initial_message"] = json!({ "raw": odd, "normalized": odd });
        create["request_id"] = json!(bodies::key());
        let mut peer = bodies::message("hello");
        peer["channel"]["peer"] = json!(odd);
        let mut override_reason = json!({ "note": { "text": "Done." } });
        override_reason["override"] = json!({ "reason": odd.repeat(10) });
        let mut answers = vec![house.call(&house.intake(), "ticket.create", &create).await];
        for (tool, input) in [
            ("ticket.add_message", bodies::message(odd)),
            ("ticket.add_message", peer),
            ("closeout.add_note", json!({ "note": { "text": odd } })),
            ("closeout.add_note", override_reason),
        ] {
            answers.push(house.on(&house.operator(), tool, &told.id, &input).await);
        }
        let path = format!("/v0/technicians/{}", bodies::key());
        let entry = json!({ "name": odd, "active": true, "timezone": "UTC", "phone": odd });
        let request = house.request(&house.operator(), reqwest::Method::PUT, &path);
        answers.push(answered(request.json(&entry)).await);
        for answer in answers {
            assert!(
                matches!(answer.status, 200 | 422),
                "{odd:?}: {} {}",
                answer.status,
                answer.text()
            );
        }
    }
}
