//! A house with a gateway at hand, and the requests that the tests here make.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use dispatch_contract::{Actor, OrganizationId, Timestamp};
use dispatch_identity::{Claims, ISSUER};
use dispatch_testing::openclaw::scripted::{Reply as Scripted, Script, ScriptedGateway};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _};
use tempfile::TempDir;
use ulid::Ulid;

use crate::support::front::Front;
use crate::support::people::Person;
use crate::support::{House, Reply, bodies};

/// A house beside a scripted gateway; the token's reference is a file of the stage's own.
pub(crate) struct Stage {
    pub(crate) house: House,
    pub(crate) gateway: ScriptedGateway,
    pub(crate) folder: TempDir,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self {
            house: House::start().await,
            gateway: gateway().await,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// What an operator enters for this gateway.
    pub(crate) fn entry(&self, name: &str) -> Value {
        entry(name, &self.gateway, self.folder.path())
    }

    /// The gateway, registered; its id.
    pub(crate) async fn registered(&self) -> String {
        let reply = self.post("/v0/gateways", &self.entry("North")).await;
        created(&reply)["gateway_id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }

    /// A board on it; its id.
    pub(crate) async fn board(&self, gateway: &str, name: &str, max_agents: u32) -> String {
        let entry = json!({ "name": name, "gateway_id": gateway, "max_agents": max_agents });
        let reply = self.post("/v0/boards", &entry).await;
        created(&reply)["board_id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        asked(
            &self.house,
            &self.house.operator(),
            Method::POST,
            path,
            Some(body),
        )
        .await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Reply {
        asked(
            &self.house,
            &self.house.operator(),
            Method::PATCH,
            path,
            Some(body),
        )
        .await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        asked(
            &self.house,
            &self.house.operator(),
            Method::DELETE,
            path,
            None,
        )
        .await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.house.get(&self.house.operator(), path).await
    }

    /// An operator of one organization.
    pub(crate) fn operator_of(&self, organization: &str) -> Person {
        let organization: OrganizationId = organization.parse().expect("an id");
        let actor = Actor {
            role: dispatch_contract::Role::OperatorAdmin,
            id: dispatch_contract::PrincipalId(Ulid::generate()),
        };
        let now = bodies::now();
        let later = Timestamp::from_micros(now.micros() + 3_600_000_000).expect("in the calendar");
        let claims = Claims {
            actor,
            token_id: Ulid::generate(),
            organization: Some(organization),
            audience: ISSUER.into(),
            issued_at: now,
            expires_at: later,
        };
        Person {
            actor,
            token: self.house.people.keys.mint(&claims).expect("minted"),
        }
    }

    /// Everything that is kept of gateways and told of them, as text.
    pub(crate) async fn kept(&self) -> String {
        let mut connection = sqlx::PgConnection::connect(self.house.database.url())
            .await
            .expect("the database");
        let mut kept = String::new();
        for table in ["gateways", "boards", "gateway_agents", "audit_events"] {
            let rows = format!("SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t");
            let text: String = sqlx::query_scalar(AssertSqlSafe(rows))
                .fetch_one(&mut connection)
                .await
                .expect("read");
            kept.push_str(&text);
        }
        kept
    }

    /// An agent shows its token; the status.
    pub(crate) async fn check_in(&self, token: &str) -> u16 {
        check_in(&self.house, token).await.status
    }
}

/// A gateway that has no agents until one is made.
pub(crate) async fn gateway() -> ScriptedGateway {
    let script = Script::default().reply("agents.list", Scripted::Payload(agents(&[])));
    ScriptedGateway::start(script).await.expect("a gateway")
}

/// From now on the gateway shows these agents.
pub(crate) fn shows(gateway: &ScriptedGateway, ids: &[String]) {
    let payload = Scripted::Payload(agents(ids));
    gateway.set(|script| {
        script.replies.insert("agents.list".into(), payload);
    });
}

/// The gateway shows an agent once it was made.
pub(crate) fn will_show(gateway: &ScriptedGateway, id: &str) {
    let made = json!({ "ok": true, "agentId": id, "name": id, "workspace": "/w" });
    let replies = vec![
        Scripted::Payload(agents(&[])),
        Scripted::Payload(agents(&[id.to_owned()])),
    ];
    gateway.set(|script| {
        script
            .replies
            .insert("agents.list".into(), Scripted::Then(replies));
        script
            .replies
            .insert("agents.create".into(), Scripted::Payload(made));
    });
}

fn agents(ids: &[String]) -> Value {
    let agents: Vec<Value> = ids
        .iter()
        .map(|id| json!({ "id": id, "name": id }))
        .collect();
    json!({ "defaultId": "main", "mainKey": "main", "scope": "per-sender", "agents": agents })
}

/// The gateway holds this text in every file that is read from it.
pub(crate) fn holds(gateway: &ScriptedGateway, content: &str) {
    let size = content.len();
    let file = json!({ "name": "AGENTS.md", "path": "/w/AGENTS.md", "missing": false, "size": size,
        "updatedAtMs": 1, "content": content });
    let payload = json!({ "agentId": "a", "workspace": "/w", "file": file });
    gateway.set(|script| {
        script
            .replies
            .insert("agents.files.get".into(), Scripted::Payload(payload));
    });
}

pub(crate) fn entry(name: &str, gateway: &ScriptedGateway, folder: &Path) -> Value {
    let path = folder.join("gateway.token");
    fs::write(&path, gateway.token()).expect("written");
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("set");
    json!({
        "name": name,
        "url": gateway.url(),
        "token_ref": format!("file:{}", path.display()),
        "workspace_root": "~/.openclaw",
    })
}

pub(crate) async fn asked(
    front: &Front,
    who: &Person,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Reply {
    let mut request = front.request(who, method, path);
    if let Some(body) = body {
        request = request.json(body);
    }
    Reply::read(request.send().await.expect("an answer"))
        .await
        .expect("whole")
}

pub(crate) async fn check_in(front: &Front, token: &str) -> Reply {
    let request = front
        .http
        .post(format!("{}/v0/agents/check-in", front.base))
        .header("x-agent-token", token);
    Reply::read(request.send().await.expect("an answer"))
        .await
        .expect("whole")
}

/// The body of a 201.
#[track_caller]
pub(crate) fn created(reply: &Reply) -> Value {
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

/// The AUTH_TOKEN in the last file that was written, by what the gateway was told.
pub(crate) fn written_token(
    calls: &[dispatch_testing::openclaw::scripted::Called],
) -> Option<String> {
    calls
        .iter()
        .filter(|call| call.method == "agents.files.set")
        .filter_map(|call| call.params["content"].as_str())
        .flat_map(|text| text.lines())
        .filter_map(|line| {
            line.trim()
                .trim_start_matches("- `")
                .strip_prefix("AUTH_TOKEN=")
        })
        .map(|token| token.trim_end_matches('`').to_owned())
        .next_back()
}
