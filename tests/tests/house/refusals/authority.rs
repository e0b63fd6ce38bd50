//! Who may not: roles, and tickets of others.

use super::{body_of, refused};
use crate::support::House;
use crate::support::bodies::{self};
use dispatch_contract::{Role, State};
use serde_json::{Value, json};
use ulid::Ulid;

#[tokio::test]
async fn every_role_that_a_tool_is_not_for() {
    let house = House::start().await;
    let told = house.advance_to(State::Onsite).await;
    let expected = (403, "role_forbidden", "authorization");
    for tool in dispatch_contract::Tool::ALL {
        for role in Role::ALL {
            if tool.roles().contains(&role) {
                continue;
            }
            let who = match role {
                Role::Customer => told.customer.clone(),
                role => house.role(role),
            };
            let call = house.call(&who, tool.name(), &body_of(tool.name(), &told.id));
            refused(&house, call, expected).await;
        }
    }
    // an override is an operator's, and has a reason
    for reason in ["too short", "          "] {
        let mut note = json!({ "note": { "text": "Done." } });
        note["override"] = json!({ "reason": reason });
        let call = house.on(&house.operator(), "closeout.add_note", &told.id, &note);
        let phase = if reason.len() < 10 {
            "schema"
        } else {
            "validate"
        };
        refused(&house, call, (422, "invalid_input", phase)).await;
    }
    let note = bodies::overriding(json!({ "note": { "text": "Done." } }));
    let call = house.on(&house.technician(), "closeout.add_note", &told.id, &note);
    refused(&house, call, expected).await;
}

#[tokio::test]
async fn tickets_of_others_and_of_nobody() {
    let house = House::start().await;
    let told = house.advance_to(State::Onsite).await;
    let hello = bodies::message("hello");
    let nobody = Ulid::generate().to_string();
    let unknown = house.on(&house.operator(), "ticket.add_message", &nobody, &hello);
    refused(&house, unknown, (404, "ticket_not_found", "authorization")).await;

    // a technician learns that it is not theirs, a customer not even that it is there
    let technician = house
        .people
        .person(Role::Technician, crate::support::people::OTHER_TECHNICIAN);
    let call = house.on(
        &technician,
        "closeout.add_note",
        &told.id,
        &json!({ "note": { "text": "x" } }),
    );
    let problem = refused(&house, call, (403, "not_own_ticket", "authorization")).await;
    assert!(problem.get("missing_gates").is_none());
    let customer = house.role(Role::Customer);
    let foreign = house.on(&customer, "ticket.add_message", &told.id, &hello);
    let foreign = refused(&house, foreign, (404, "ticket_not_found", "authorization")).await;
    let absent = house.on(&customer, "ticket.add_message", &nobody, &hello);
    let absent = refused(&house, absent, (404, "ticket_not_found", "authorization")).await;
    assert_eq!(shape(&foreign), shape(&absent));
    let telling =
        |problem: &Value, id: &str| problem["detail"].as_str().expect("text").replace(id, "");
    assert_eq!(telling(&foreign, &told.id), telling(&absent, &nobody));

    // nor by asking for a version
    let mut probing = hello.clone();
    probing["expected_version"] = json!(9999);
    let foreign = house.on(&customer, "ticket.add_message", &told.id, &probing);
    let foreign = refused(&house, foreign, (404, "ticket_not_found", "authorization")).await;
    assert_eq!(shape(&foreign), shape(&absent));

    // nor by reading
    for path in ["", "/summary"] {
        let path = |id: &str| format!("/v0/tickets/{id}{path}");
        let foreign = house.get(&customer, &path(&told.id)).await;
        let foreign = foreign.refused(404, "ticket_not_found", "authorization");
        let absent = house.get(&customer, &path(&nobody)).await;
        let absent = absent.refused(404, "ticket_not_found", "authorization");
        assert_eq!(telling(&foreign, &told.id), telling(&absent, &nobody));
        let theirs = house.get(&technician, &path(&told.id)).await;
        theirs.refused(403, "not_own_ticket", "authorization");
        house.get(&told.customer, &path(&told.id)).await.ok();
    }
    // the case file is the house's own, whoever's ticket it is and whether or not it is there
    for path in ["/case", "/timeline"] {
        for id in [&told.id, &nobody] {
            let path = format!("/v0/tickets/{id}{path}");
            for somebody in [&customer, &told.customer] {
                let answer = house.get(somebody, &path).await;
                answer.refused(403, "role_forbidden", "authorization");
            }
        }
        let path = format!("/v0/tickets/{}{path}", told.id);
        let answer = house.get(&technician, &path).await;
        answer.refused(403, "not_own_ticket", "authorization");
    }
    let seen = |page: Value| page["items"].as_array().map_or(0, Vec::len);
    assert_eq!(seen(house.get(&customer, "/v0/tickets").await.ok()), 0);
    assert_eq!(seen(house.get(&technician, "/v0/tickets").await.ok()), 0);
    assert_eq!(seen(house.get(&told.customer, "/v0/tickets").await.ok()), 1);
    let spying = format!("/v0/tickets?customer_id={}", told.customer.actor.id);
    assert_eq!(seen(house.get(&customer, &spying).await.ok()), 0);
}

/// The fields of a problem, without what is told apart by them.
fn shape(problem: &Value) -> Vec<&String> {
    problem.as_object().expect("an object").keys().collect()
}
