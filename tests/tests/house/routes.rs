//! Who may stand at which counter: every route, every role, and nobody at all. A route
//! of the OpenAPI document without a row here fails.

use std::collections::BTreeSet;

use dispatch_contract::{Role, State, Tool};
use reqwest::Method;
use serde_json::{Value, json};
use ulid::Ulid;

use crate::support::House;
use crate::support::people::Person;

use Role::{
    Customer, OperatorAdmin as Operator, SystemCloseoutAgent as Closeout,
    SystemIntakeAgent as Intake, SystemSchedulingAgent as Scheduling,
    SystemTechnicianLiaisonAgent as Liaison, Technician,
};

/// Everybody with a credential; tickets and attachments are the caller's own.
const ALL: &[Role] = &Role::ALL;
/// Everybody but customers: the case file is the house's own.
const HOUSE: &[Role] = &[Intake, Scheduling, Liaison, Closeout, Operator, Technician];
/// Routes an agent's credential never reaches.
const OPERATORS: &[Role] = &[Operator];
/// Whoever may attach a photo.
const UPLOADERS: &[Role] = &[Liaison, Operator, Technician];

/// Method, path of the document, who is let in, what they are answered.
const ROUTES: &[(&str, &str, &[Role], u16)] = &[
    ("get", "/v0/tools", ALL, 200),
    ("get", "/v0/tickets", ALL, 200),
    ("get", "/v0/tickets/{ticket_id}", ALL, 200),
    ("get", "/v0/tickets/{ticket_id}/case", HOUSE, 200),
    ("get", "/v0/tickets/{ticket_id}/summary", ALL, 200),
    ("get", "/v0/tickets/{ticket_id}/timeline", HOUSE, 200),
    ("get", "/v0/attachments/{attachment_id}", ALL, 200),
    ("put", "/v0/attachments", UPLOADERS, 201),
    ("get", "/v0/audit", OPERATORS, 200),
    ("get", "/v0/decisions", OPERATORS, 200),
    ("get", "/v0/packs", OPERATORS, 200),
    ("get", "/v0/packs/differences", OPERATORS, 200),
    ("get", "/v0/packs/log", OPERATORS, 200),
    ("post", "/v0/packs/candidates", OPERATORS, 200),
    ("post", "/v0/packs/rollback", OPERATORS, 200),
    ("put", "/v0/packs/{digest}/mode", OPERATORS, 200),
    ("get", "/v0/technicians", OPERATORS, 200),
    ("put", "/v0/technicians/{technician_id}", OPERATORS, 200),
    ("post", "/v0/credentials/{token_id}/revoke", OPERATORS, 200),
    ("get", "/v0/events", OPERATORS, 200),
    ("get", "/v0/organizations", OPERATORS, 200),
    ("post", "/v0/organizations", OPERATORS, 422),
    ("get", "/v0/gateways", OPERATORS, 200),
    ("post", "/v0/gateways", OPERATORS, 422),
    ("get", "/v0/gateways/{gateway_id}", OPERATORS, 404),
    ("patch", "/v0/gateways/{gateway_id}", OPERATORS, 404),
    ("delete", "/v0/gateways/{gateway_id}", OPERATORS, 404),
    ("get", "/v0/gateways/{gateway_id}/status", OPERATORS, 404),
    ("get", "/v0/gateways/health", OPERATORS, 200),
    ("get", "/v0/gateways/{gateway_id}/health", OPERATORS, 404),
    ("get", "/v0/outbox", OPERATORS, 200),
    ("post", "/v0/outbox/{outbox_id}/replay", OPERATORS, 404),
    ("post", "/v0/gateways/{gateway_id}/sync", OPERATORS, 404),
    ("get", "/v0/gateways/{gateway_id}/drift", OPERATORS, 404),
    ("get", "/v0/gateways/{gateway_id}/sessions", OPERATORS, 404),
    (
        "get",
        "/v0/gateways/{gateway_id}/sessions/{session_key}",
        OPERATORS,
        404,
    ),
    (
        "get",
        "/v0/gateways/{gateway_id}/sessions/{session_key}/history",
        OPERATORS,
        404,
    ),
    (
        "post",
        "/v0/gateways/{gateway_id}/sessions/{session_key}/messages",
        OPERATORS,
        422,
    ),
    (
        "post",
        "/v0/gateways/{gateway_id}/leads/messages",
        OPERATORS,
        422,
    ),
    ("get", "/v0/boards", OPERATORS, 200),
    ("post", "/v0/boards", OPERATORS, 422),
    ("get", "/v0/boards/{board_id}", OPERATORS, 404),
    ("patch", "/v0/boards/{board_id}", OPERATORS, 404),
    ("delete", "/v0/boards/{board_id}", OPERATORS, 404),
    (
        "post",
        "/v0/boards/{board_id}/lead/messages",
        OPERATORS,
        422,
    ),
    ("post", "/v0/boards/{board_id}/ask-user", OPERATORS, 422),
    ("get", "/v0/agents", OPERATORS, 200),
    ("post", "/v0/agents", OPERATORS, 422),
    ("get", "/v0/agents/{agent_id}", OPERATORS, 404),
    ("patch", "/v0/agents/{agent_id}", OPERATORS, 404),
    ("delete", "/v0/agents/{agent_id}", OPERATORS, 404),
    ("post", "/v0/agents/{agent_id}/provision", OPERATORS, 404),
    ("post", "/v0/agents/{agent_id}/rotate-token", OPERATORS, 404),
    ("post", "/v0/agents/{agent_id}/nudge", OPERATORS, 422),
];

/// By the token of an agent on a gateway, and by no bearer token.
const BY_AGENTS: &[(&str, &str)] = &[("post", "/v0/agents/check-in")];

/// Without a credential, and with one all the same.
const OPEN: &[&str] = &["/healthz", "/readyz", "/metrics", "/openapi.json"];

#[tokio::test]
async fn each_route_lets_in_whom_it_is_for() {
    let house = House::start().await;
    let told = house.advance_to(State::Onsite).await;
    let photo = house.photo().await;
    let answer = house
        .step(&house.technician(), "closeout.add_photo", &told, &photo)
        .await;
    let attachment = answer["data"]["attachment_id"].as_str().expect("an id");
    let person = |role| {
        if role == Customer {
            told.customer.clone()
        } else {
            house.role(role)
        }
    };
    let active = house.packs().await["active"]["digest"].clone();
    let digest = active.as_str().expect("a digest");
    let path_of = |path: &str| {
        path.replace("{ticket_id}", &told.id)
            .replace("{digest}", digest)
            .replace("{attachment_id}", attachment)
            .replace("{technician_id}", &Ulid::generate().to_string())
            .replace("{token_id}", &Ulid::generate().to_string())
            .replace("{gateway_id}", &Ulid::generate().to_string())
            .replace("{board_id}", &Ulid::generate().to_string())
            .replace("{agent_id}", &Ulid::generate().to_string())
            .replace("{session_key}", "agent:a:main")
            .replace("{outbox_id}", "999999")
    };
    let status = async |method: &str, path: &str, who: Option<&Person>| -> u16 {
        let method: Method = method.to_uppercase().parse().expect("a method");
        let mut request = house
            .http
            .request(method.clone(), format!("{}{}", house.base, path_of(path)));
        if let Some(who) = who {
            request = request.bearer_auth(&who.token);
        }
        if method == Method::PUT && path == "/v0/attachments" {
            request = request
                .header("content-type", "image/png")
                .body(crate::support::bodies::PHOTO);
        } else if path.ends_with("/mode") {
            request = request.json(&json!({ "mode": "enforce", "reason": "as it is" }));
        } else if path.ends_with("/rollback") {
            request = request.json(&json!({ "revision": 1, "reason": "as it is" }));
        } else if method == Method::PUT {
            request = request.json(&json!({ "name": "T", "active": true, "timezone": "UTC" }));
        } else if method == Method::PATCH
            || (method == Method::POST && !path.starts_with("/v0/packs/"))
        {
            request = request.json(&json!({}));
        }
        request.send().await.expect("an answer").status().as_u16()
    };

    for (method, path, roles, expected) in ROUTES {
        assert_eq!(
            status(method, path, None).await,
            401,
            "{method} {path}, nobody"
        );
        for role in Role::ALL {
            let expected = if roles.contains(&role) {
                *expected
            } else {
                403
            };
            let got = status(method, path, Some(&person(role))).await;
            assert_eq!(got, expected, "{method} {path}, {role}");
        }
    }
    for (method, path) in BY_AGENTS {
        assert_eq!(status(method, path, None).await, 401, "{path}");
        for role in Role::ALL {
            let got = status(method, path, Some(&person(role))).await;
            assert_eq!(got, 401, "{path}, {role}");
        }
    }
    for path in OPEN {
        assert_eq!(status("get", path, None).await, 200, "{path}");
        assert_eq!(
            status("get", path, Some(&house.role(Intake))).await,
            200,
            "{path}"
        );
    }
    // a tool's counter is open to every role; its rules are asked behind it
    for tool in Tool::ALL {
        let path = format!("/v0/tools/{tool}");
        assert_eq!(status("post", &path, None).await, 401, "{path}");
        for role in Role::ALL {
            assert_eq!(
                status("post", &path, Some(&person(role))).await,
                422,
                "{path}, {role}"
            );
        }
    }
    // agents: tools, the case routes, and what a photo needs; nothing else
    for (method, path, roles, _) in ROUTES {
        let beyond = !path.starts_with("/v0/tickets")
            && !path.starts_with("/v0/attachments")
            && *path != "/v0/tools";
        for agent in [Intake, Scheduling, Liaison, Closeout] {
            assert!(
                !(beyond && roles.contains(&agent)),
                "{method} {path}, {agent}"
            );
        }
    }
}

#[test]
fn every_documented_route_has_its_row_and_every_row_its_route() {
    let documented: BTreeSet<(String, String)> = dispatch_api::openapi_document()["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods
                .as_object()
                .into_iter()
                .flat_map(|methods| methods.keys());
            methods.map(move |method| (method.clone(), path.clone()))
        })
        .collect();
    let rows = ROUTES
        .iter()
        .map(|(method, path, ..)| ((*method).to_owned(), (*path).to_owned()));
    let tools = Tool::ALL
        .iter()
        .map(|tool| ("post".to_owned(), format!("/v0/tools/{tool}")));
    let by_agents = BY_AGENTS
        .iter()
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()));
    let open = OPEN
        .iter()
        .map(|path| ("get".to_owned(), (*path).to_owned()));
    assert_eq!(
        documented,
        rows.chain(tools).chain(by_agents).chain(open).collect()
    );
}

#[test]
fn every_route_of_the_router_is_documented() {
    // the router cannot be asked for its routes: they are read where they are declared
    let source = include_str!("../../../host/api/src/routes/mod.rs");
    let paths: Vec<&str> = source
        .split(".route(")
        .skip(1)
        .filter_map(|after| after.split('"').nth(1))
        .collect();
    assert!(paths.len() > 15, "{paths:?}");
    let documented: &Value = &dispatch_api::openapi_document()["paths"];
    for path in paths {
        let document = path.replace("{tool}", Tool::ALL[0].name());
        assert!(
            documented.get(&document).is_some(),
            "{path} is not documented"
        );
    }
}
