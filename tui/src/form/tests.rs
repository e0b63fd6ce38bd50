use crossterm::event::KeyModifiers;
use dispatch_contract::{Tool, schema};
use serde_json::json;

use super::*;

fn known() -> Known {
    Known {
        technicians: vec![("01J9ZQ4Y7M8K6T5R4E3W2Q1T0A".into(), "Ivo Reyes".into())],
        offered: Vec::new(),
        zone: "America/Chicago".parse().ok(),
        given: Vec::new(),
        now: Some(crate::testing::at(0)),
    }
}

fn form(tool: Tool) -> Form {
    Form::new(schema::of(tool), known())
}

fn labels(form: &Form) -> Vec<String> {
    form.fields.iter().map(Field::label).collect()
}

fn fill(form: &mut Form, label: &str, text: &str) {
    let at = form.fields.iter().position(|field| field.label() == label);
    form.at = at.unwrap_or_else(|| panic!("{label} of {:?}", labels(form)));
    for c in text.chars() {
        form.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
    }
}

/// What the console adds.
fn sent(tool: Tool, mut body: Value) -> Vec<Violation> {
    body["request_id"] = json!("console-1");
    if tool != Tool::TicketCreate {
        body["ticket_id"] = json!("01J9ZQ4Y7M8K6T5R4E3W2Q1P0N");
    }
    match schema::parse(tool, body.to_string().as_bytes(), None) {
        Ok(_) => Vec::new(),
        Err(refusal) => refusal.violations,
    }
}

#[test]
fn a_sample_of_every_tool_is_in_order_by_its_schema() {
    for tool in Tool::ALL {
        let body = sample(schema::of(tool), &known());
        let mut body = body;
        body["channel"] = if tool == Tool::TicketAddMessage {
            json!({"kind": "sms", "peer": "+1"})
        } else {
            Value::Null
        };
        assert_eq!(sent(tool, body), [], "{tool}");
    }
}

#[test]
fn every_tool_has_a_form_of_what_is_filled_in_by_hand() {
    for tool in Tool::ALL {
        let form = form(tool);
        let labels = labels(&form);
        assert!(
            !labels
                .iter()
                .any(|l| l == "request_id" || l.starts_with("actor")),
            "{labels:?}"
        );
        assert_eq!(
            labels.iter().any(|l| l.starts_with("channel")),
            tool == Tool::TicketAddMessage
        );
    }
    assert_eq!(labels(&form(Tool::TicketSetPriority)), ["priority"]);
    assert!(labels(&form(Tool::BillingCompileCloseoutPacket)).is_empty());
    let create = labels(&form(Tool::TicketCreate));
    assert!(
        create.contains(&"customer.contact_name".into()),
        "{create:?}"
    );
}

#[test]
fn what_is_filled_in_becomes_a_body_that_is_in_order() {
    let mut eta = form(Tool::DispatchSetEta);
    fill(&mut eta, "eta_text", "between 9 and 10");
    fill(&mut eta, "eta_at", "2026-03-01 09:30");
    let body = eta.body().unwrap();
    assert_eq!(
        body,
        json!({"eta_text": "between 9 and 10", "eta_at": "2026-03-01T15:30:00.000000Z"})
    );
    assert_eq!(sent(Tool::DispatchSetEta, body), []);

    let mut assign = form(Tool::DispatchAssignTech);
    let body = assign.body().unwrap();
    assert_eq!(body["technician_id"], "01J9ZQ4Y7M8K6T5R4E3W2Q1T0A");

    let mut message = form(Tool::TicketAddMessage);
    let first = [
        "channel.kind",
        "channel.peer",
        "message.raw",
        "message.normalized",
    ];
    assert_eq!(labels(&message)[..4], first);
    fill(&mut message, "message.raw", "when?");
    fill(&mut message, "message.normalized", "Asks when.");
    fill(&mut message, "channel.peer", "+13125550100");
    let body = message.body().unwrap();
    assert!(body.get("intake").is_none(), "{body}");
    assert_eq!(sent(Tool::TicketAddMessage, body), []);
}

#[test]
fn lists_grow_and_shrink_within_their_limits() {
    let mut slots = form(Tool::ScheduleProposeSlots);
    assert_eq!(slots.fields.len(), 3, "one window is needed");
    assert!(slots.remove_item().is_err());
    slots.add_item().unwrap();
    fill(&mut slots, "windows 2 window_start", "");
    let body = slots.body().unwrap();
    assert_eq!(body["windows"].as_array().unwrap().len(), 2);
    assert_eq!(body["windows"][1]["timezone"], "America/Chicago");
    assert_eq!(sent(Tool::ScheduleProposeSlots, body), []);
    slots.at = 0;
    slots.remove_item().unwrap();
    assert_eq!(labels(&slots)[0], "windows 1 window_start");
    for _ in 1..10 {
        slots.add_item().unwrap();
    }
    assert!(slots.add_item().unwrap_err().contains("10"));

    let mut invoice = form(Tool::BillingGenerateInvoiceDraft);
    assert_eq!(labels(&invoice), ["tax_basis_points"]);
    invoice.add_item().unwrap();
    fill(&mut invoice, "line_items 1 description", "Roller");
    fill(&mut invoice, "line_items 1 quantity", "1");
    fill(&mut invoice, "line_items 1 unit_amount_cents", "49.99");
    let body = invoice.body().unwrap();
    assert_eq!(body["line_items"][0]["unit_amount_cents"], 4_999);
    assert_eq!(sent(Tool::BillingGenerateInvoiceDraft, body), []);
}

#[test]
fn one_of_the_windows_offered_is_chosen_not_typed() {
    let window: Window = serde_json::from_value(json!({
        "window_start": "2026-03-02T15:00:00Z", "window_end": "2026-03-02T17:00:00Z",
        "timezone": "America/Chicago"}))
    .unwrap();
    let known = Known {
        offered: vec![window.clone()],
        ..known()
    };
    let mut form = Form::new(schema::of(Tool::ScheduleConfirm), known);
    assert_eq!(labels(&form), ["selected_window"]);
    let body = form.body().unwrap();
    assert_eq!(
        body["selected_window"],
        serde_json::to_value(&window).unwrap()
    );
    assert_eq!(sent(Tool::ScheduleConfirm, body), []);
}

#[test]
fn problems_stand_beside_the_fields_they_are_about() {
    let mut create = form(Tool::TicketCreate);
    assert!(create.body().is_none());
    let named = |form: &Form| -> Vec<String> {
        let with = form.fields.iter().filter(|field| field.problem.is_some());
        with.map(Field::label).collect()
    };
    assert!(named(&create).contains(&"issue.summary".into()));
    let violation = |path: &str| Violation {
        path: path.into(),
        rule: "r".into(),
        message: "mend it".into(),
    };
    create.refuse(&[
        violation("/customer/phone"),
        violation(""),
        violation("/surplus"),
    ]);
    assert_eq!(named(&create), ["customer.phone"]);
    assert_eq!(create.problems, ["mend it", "/surplus: mend it"]);
    assert_eq!(create.fields[create.at].label(), "customer.phone");

    let mut eta = form(Tool::DispatchSetEta);
    fill(&mut eta, "eta_text", "soon");
    fill(&mut eta, "eta_at", "noon");
    assert!(eta.body().is_none());
    assert_eq!(named(&eta), ["eta_at"]);
}

#[test]
fn an_operators_reason_is_a_field_once_a_gate_asks_for_one() {
    let mut packet = form(Tool::BillingCompileCloseoutPacket);
    packet.offer_override();
    packet.offer_override();
    fill(&mut packet, "override.reason", "Signed for on paper");
    let body = packet.body().unwrap();
    assert_eq!(body, json!({"override": {"reason": "Signed for on paper"}}));
    assert_eq!(sent(Tool::BillingCompileCloseoutPacket, body), []);
}

#[test]
fn a_file_gives_way_to_what_its_upload_answered_and_a_key_is_no_file() {
    let mut form = form(Tool::CloseoutAddPhoto);
    assert_eq!(form.fields[0].kind, Kind::File);
    fill(&mut form, "photo.storage_key", "uploads/x.png");
    assert!(form.file().is_none());
    form.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
    form.paste("~/door.jpg");
    let (named, None) = form.file().unwrap() else {
        panic!("nobody looked yet");
    };
    let seen = crate::ask::Seen {
        content_type: "image/jpeg".into(),
        size_bytes: 2_411_724,
    };
    assert!(form.seen(&named, Ok(seen.clone())));
    let note = form.fields[0].note.clone().unwrap();
    assert!(note.starts_with("image/jpeg, 2.2 MiB"), "{note}");
    assert_eq!(form.file().unwrap().1, Some(&seen));
    // not taken: said beside it, and the path stays
    assert!(!form.uploaded(&named, Err("no room".into())));
    assert_eq!(form.fields[0].problem.as_deref(), Some("no room"));
    assert_eq!(form.file(), Some((named.clone(), None)));
    let uploaded = crate::ask::Uploaded {
        storage_key: "uploads/01J9ZQ4Y7M8K6T5R4E3W2Q1P0N.jpg".into(),
        sha256: "a".repeat(64),
        content_type: "image/jpeg".into(),
        size_bytes: 2_411_724,
    };
    assert!(form.uploaded(&named, Ok(uploaded.clone())));
    assert!(form.file().is_none());
    let body = form.body().unwrap();
    assert_eq!(body["photo"]["size_bytes"], 2_411_724);
    assert_eq!(sent(Tool::CloseoutAddPhoto, body), []);
    // another file is named meanwhile: what was answered is not its
    form.at = 0;
    form.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
    form.paste("~/other.jpg");
    assert!(!form.uploaded(&named, Ok(uploaded)));
    assert_eq!(form.file().unwrap().0.path, "~/other.jpg");
}
