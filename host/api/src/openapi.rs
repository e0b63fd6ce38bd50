//! The OpenAPI document: paths from the handlers, schemas from the contract's types.

use std::sync::LazyLock;

use bytes::Bytes;
use dispatch_contract::answer::Answer;
use dispatch_contract::board::{Board, BoardChange, NewBoard};
use dispatch_contract::decision::Decision;
use dispatch_contract::event::Event;
use dispatch_contract::fact::Fact;
use dispatch_contract::gateway::{
    Gateway, GatewayChange, GatewayStatusChange, NewGateway, NewOrganization, Organization,
};
use dispatch_contract::gateway_agent::GatewayAgent;
use dispatch_contract::gateway_drift::GatewayDrift;
use dispatch_contract::gateway_health::{GatewayAlert, GatewayHealth};
use dispatch_contract::gateway_work::{
    AgentChange, AgentProvisioned, BroadcastOutcome, GatewayLook, LeadBroadcast, LeadMessage,
    MessageSent, NewAgent, Nudge, ProvisionWish, SessionEntry, SessionHistory, SessionList,
    SessionMessage, SyncOutcome, SyncWish, UserQuestion,
};
use dispatch_contract::outbox::{DeadLetter, OutboxEntry, Replayed};
use dispatch_contract::packs::{
    FlippedCall, ModeChange, ModeOutcome, PackAttempt, PackOutcome, PackStatus,
};
use dispatch_contract::reading::{CaseFile, Page, Technician};
use dispatch_contract::summary::Summary;
use dispatch_contract::{Ticket, Tool, schema};
use dispatch_desk::DryRun;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use utoipa::OpenApi as _;

use crate::problem::Problem;
use crate::routes::{Paths, attachments, credentials, gateways, health, packs, technicians, tools};

static DOCUMENT: LazyLock<Value> = LazyLock::new(build);

/// The document as it is sent: anybody may ask for it, as often as they like.
pub(crate) fn text() -> Bytes {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| {
        let text = serde_json::to_vec(document());
        text.expect("the document has text keys").into()
    });
    TEXT.clone()
}

/// The OpenAPI 3.1 document of this API.
#[must_use]
pub fn document() -> &'static Value {
    &DOCUMENT
}

fn build() -> Value {
    let mut document = serde_json::to_value(Paths::openapi()).expect("the document has text keys");
    document["info"] = json!({
        "title": "Real Dispatch",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Dispatch and closeout for field service: twelve tools, one case file. \
                        Agents propose; the host decides, commits and keeps the audit trail.",
        "license": { "name": "MIT OR Apache-2.0" },
    });
    document["security"] = json!([{ "bearer": [] }]);
    let schemas = schemas();
    document["components"] = json!({
        "schemas": schemas,
        "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
    });
    let paths = document["paths"].as_object_mut().expect("there are paths");
    // one path per tool, so that each body has its own schema
    let call = paths.remove("/v0/tools/{tool}").expect("tools are called");
    for tool in Tool::ALL {
        let mut own = call.clone();
        let post = &mut own["post"];
        post["operationId"] = json!(tool.slug().replace('-', "_"));
        post["summary"] = json!(tool.purpose());
        if let Some(parameters) = post["parameters"].as_array_mut() {
            parameters.retain(|parameter| parameter["name"] != "tool");
        }
        let mut body = schema::of(tool).clone();
        if let Some(fields) = body.as_object_mut() {
            fields.remove("$schema");
        }
        post["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body } } });
        post["responses"]["200"]["content"]["application/json"]["schema"] = json!({
            "anyOf": [{ "$ref": "#/components/schemas/Answer" }, { "$ref": "#/components/schemas/DryRun" }]
        });
        paths.insert(format!("/v0/tools/{tool}"), own);
    }
    for operation in paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut)
    {
        let open = operation["tags"][0] == "health";
        if open {
            operation["security"] = json!([]);
        } else {
            operation["responses"]["default"] = json!({
                "description": "Refused; the body says why and what to do",
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            });
        }
    }
    document
}

fn schemas() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|s| {
        s.definitions_path = "/components/schemas".into();
        s.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut named = Map::new();
    let mut add = |name: &str, schema: schemars::Schema| {
        named.insert(name.to_owned(), schema.into());
    };
    macro_rules! add {
        ($($name:literal: $type:ty),* $(,)?) => {
            $( add($name, <$type>::json_schema(&mut generator)); )*
        };
    }
    add! {
        "Answer": Answer,
        "DryRun": DryRun,
        "Problem": Problem,
        "ToolList": tools::ToolList,
        "Ticket": Ticket,
        "TicketPage": Page<Ticket>,
        "CaseFile": CaseFile,
        // what an event's payload holds, by its type
        "Fact": Fact,
        "Summary": Summary,
        "EventPage": Page<Event>,
        "DecisionPage": Page<Decision>,
        "PackStatus": PackStatus,
        "PackOutcome": PackOutcome,
        "RollBack": packs::RollBack,
        "ModeEntry": packs::ModeEntry,
        "ModeOutcome": ModeOutcome,
        "DifferencePage": Page<FlippedCall>,
        // payloads of the house's events of packs
        "PackAttempt": PackAttempt,
        "ModeChange": ModeChange,
        "Technician": Technician,
        "TechnicianList": technicians::TechnicianList,
        "TechnicianEntry": technicians::TechnicianEntry,
        "Upload": attachments::Upload,
        "Revoked": credentials::Revoked,
        "Organization": Organization,
        "OrganizationList": gateways::OrganizationList,
        "NewOrganization": NewOrganization,
        "Gateway": Gateway,
        "GatewayPage": Page<Gateway>,
        "NewGateway": NewGateway,
        "GatewayChange": GatewayChange,
        "GatewayLook": GatewayLook,
        // payload of `gateway.status_changed`
        "GatewayStatusChange": GatewayStatusChange,
        "GatewayHealth": GatewayHealth,
        "GatewayHealthList": gateways::GatewayHealthList,
        // payload of `escalation.raised` about a gateway
        "GatewayAlert": GatewayAlert,
        "OutboxEntry": OutboxEntry,
        "OutboxPage": Page<OutboxEntry>,
        // payloads of `outbound.dead_lettered` and `outbound.replayed`
        "DeadLetter": DeadLetter,
        "Replayed": Replayed,
        "GatewayDrift": GatewayDrift,
        "SyncWish": SyncWish,
        "SyncOutcome": SyncOutcome,
        "SessionEntry": SessionEntry,
        "SessionList": SessionList,
        "SessionHistory": SessionHistory,
        "SessionMessage": SessionMessage,
        "Board": Board,
        "BoardPage": Page<Board>,
        "NewBoard": NewBoard,
        "BoardChange": BoardChange,
        "GatewayAgent": GatewayAgent,
        "AgentPage": Page<GatewayAgent>,
        "NewAgent": NewAgent,
        "AgentChange": AgentChange,
        "AgentProvisioned": AgentProvisioned,
        "ProvisionWish": ProvisionWish,
        "Nudge": Nudge,
        "LeadMessage": LeadMessage,
        "LeadBroadcast": LeadBroadcast,
        "BroadcastOutcome": BroadcastOutcome,
        "UserQuestion": UserQuestion,
        "MessageSent": MessageSent,
        "Removed": gateways::Removed,
        "Readiness": health::Readiness,
    }
    for (name, schema) in generator.take_definitions(true) {
        named.entry(name).or_insert(schema);
    }
    named
}
