//! The OpenAPI document: as committed, and true of what the house answers.

use std::path::Path;

use dispatch_contract::State;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::House;
use crate::support::bodies;
use crate::support::front::addressed;

#[test]
fn the_document_is_as_committed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/openapi.json");
    let mut text = serde_json::to_string_pretty(dispatch_api::openapi_document()).expect("JSON");
    text.push('\n');
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, &text).expect("written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let first = golden
        .lines()
        .zip(text.lines())
        .position(|(golden, now)| golden != now);
    assert!(
        golden == text,
        "the document is not as committed, first at line {:?}: review it, then run this test \
         with UPDATE_GOLDEN=1",
        first.map(|line| line + 1)
    );
}

/// A validator of one of the document's schemas.
fn validator(schema: &Value) -> Validator {
    let mut root = schema.clone();
    root["components"] = dispatch_api::openapi_document()["components"].clone();
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .with_format("iana-time-zone", |text: &str| {
            text.contains('/') || text == "UTC"
        })
        .build(&root)
        .expect("a schema")
}

#[track_caller]
fn holds(name: &str, schema: &Value, answer: &Value) {
    assert!(schema.is_object(), "{name} has no schema");
    let errors: Vec<String> = validator(schema)
        .iter_errors(answer)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:?} in {answer}");
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document = dispatch_api::openapi_document();
    let mut open = vec![document];
    let mut references = 0;
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    let pointer = reference.strip_prefix('#').expect("within the document");
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                    references += 1;
                }
                open.extend(fields.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(references > 20);
}

#[tokio::test]
async fn what_the_house_answers_is_what_the_document_says() {
    let house = House::start().await;
    let document = dispatch_api::openapi_document();
    let response = |method: &str, path: &str, status: &str, kind: &str| -> Value {
        let responses = &document["paths"][path][method]["responses"];
        responses[status]["content"][kind]["schema"].clone()
    };
    let json_of = |method: &str, path: &str| response(method, path, "200", "application/json");
    let told = house.advance_to(State::CloseoutPending).await;
    let operator = house.operator();

    let draft = house
        .step(
            &house.closeout(),
            "billing.generate_invoice_draft",
            &told,
            &bodies::invoice(),
        )
        .await;
    holds(
        "an answer",
        &json_of("post", "/v0/tools/billing.generate_invoice_draft"),
        &draft,
    );
    let packet = house
        .step(
            &house.closeout(),
            "billing.compile_closeout_packet",
            &told,
            &json!({}),
        )
        .await;
    holds(
        "an answer",
        &json_of("post", "/v0/tools/billing.compile_closeout_packet"),
        &packet,
    );
    let scheduled = house.advance_to(State::Scheduled).await;
    for (who, input) in [
        (house.scheduling(), json!({ "eta_text": "soon" })),
        (house.liaison(), json!({ "eta_text": "" })),
    ] {
        let run = house
            .dry_run(&who, "dispatch.set_eta", &addressed(&scheduled.id, &input))
            .await
            .ok();
        holds(
            "a dry run",
            &json_of("post", "/v0/tools/dispatch.set_eta"),
            &run,
        );
    }

    // every body that the tests send is what the document says a body is
    for (tool, input) in [
        ("ticket.create", bodies::schedulable()),
        ("ticket.add_message", bodies::intent("check_in")),
        (
            "schedule.propose_slots",
            json!({ "windows": [bodies::window(24)] }),
        ),
        (
            "billing.generate_invoice_draft",
            bodies::overriding(bodies::invoice()),
        ),
        ("closeout.add_photo", house.photo().await),
    ] {
        let path = format!("/v0/tools/{tool}");
        let body = &document["paths"][&path]["post"]["requestBody"]["content"]["application/json"]
            ["schema"];
        let mut sent = addressed(&told.id, &input);
        if tool == "ticket.create" {
            sent.as_object_mut().expect("an object").remove("ticket_id");
        }
        holds(tool, body, &sent);
    }

    for path in [
        "/v0/tools",
        "/v0/tickets",
        "/v0/tickets/{ticket_id}",
        "/v0/tickets/{ticket_id}/case",
        "/v0/tickets/{ticket_id}/summary",
        "/v0/tickets/{ticket_id}/timeline",
        "/v0/audit",
        "/v0/decisions",
        "/v0/packs",
        "/v0/technicians",
        "/readyz",
    ] {
        for ticket in [&told.id, &scheduled.id] {
            let answer = house
                .get(&operator, &path.replace("{ticket_id}", ticket))
                .await
                .ok();
            holds(path, &json_of("get", path), &answer);
        }
    }
    let upload = house
        .upload(&operator, "image/png", bodies::PHOTO)
        .await
        .json();
    holds(
        "an upload",
        &response("put", "/v0/attachments", "201", "application/json"),
        &upload,
    );

    // refusals
    let problem = response("get", "/v0/tickets", "default", "application/problem+json");
    for reply in [
        house.get(&operator, "/v0/tickets?limit=x").await,
        house.get(&house.intake(), "/v0/audit").await,
        house
            .on(
                &operator,
                "closeout.add_note",
                &told.id,
                &json!({ "note": { "text": "late" } }),
            )
            .await,
        house
            .on(
                &operator,
                "closeout.add_note",
                &told.id,
                &json!({ "note": { "text": "" } }),
            )
            .await,
        house.get(&operator, "/nowhere").await,
    ] {
        assert_ne!(reply.status, 200);
        holds("a refusal", &problem, &reply.json());
    }
}
