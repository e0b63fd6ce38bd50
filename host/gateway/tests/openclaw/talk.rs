//! Who is let in, every read, many calls at once.

use dispatch_gateway::methods::{
    agents, channels, chat, config, files, models, sessions, system, tools,
};
use dispatch_gateway::{Credential, GatewayError, Secret, Trouble, ask, known, version};
use futures::StreamExt as _;
use futures::future::join_all;
use serde_json::{Map, Value, json};

use crate::support::{HANG, connected, refused, started, target, target_with};

#[tokio::test]
async fn a_token_is_let_in_and_everything_that_can_be_read_is() {
    let Some(gateway) = started().await else {
        return;
    };
    let connection = connected(&target(&gateway)).await;
    let hello = connection.hello();
    assert_eq!(hello.protocol, 4);
    assert!(known::drift(hello).is_none(), "{:?}", known::drift(hello));
    // its browser plugin brings that one back
    let gone: Vec<_> = known::GONE
        .iter()
        .filter(|name| **name != "browser.request" && hello.has_method(name))
        .collect();
    assert!(gone.is_empty(), "{gone:?}");
    assert!(
        version::check(&connection, hello, version::MINIMUM)
            .await
            .compatible
    );

    let health = ask(&connection, &system::Health { probe: Some(true) })
        .await
        .expect("health");
    assert!(health.ok);
    let status = ask(&connection, &system::Status {}).await.expect("status");
    assert_eq!(
        status.runtime_version.as_deref(),
        Some(hello.version.as_str())
    );
    let tail = system::LogsTail {
        limit: Some(5),
        ..Default::default()
    };
    assert!(
        !ask(&connection, &tail)
            .await
            .expect("logs")
            .lines
            .is_empty()
    );
    ask(&connection, &channels::Status::default())
        .await
        .expect("channels");
    ask(&connection, &models::List {}).await.expect("models");
    let agents = ask(&connection, &agents::List {}).await.expect("agents");
    let agent = agents.agents.first().expect("at least one").id.clone();
    let list = files::List {
        agent_id: agent.clone(),
    };
    let list = ask(&connection, &list).await.expect("files");
    assert!(
        list.files
            .iter()
            .any(|file| file.name.as_deref() == Some("AGENTS.md"))
    );
    ask(&connection, &sessions::List::default())
        .await
        .expect("sessions");
    let config = ask(&connection, &config::Get {}).await.expect("config");
    assert!(config.valid && config.hash.is_some());
    let token = config
        .config
        .pointer("/gateway/auth/token")
        .and_then(|token| token.as_str());
    assert_ne!(token, Some(gateway.token()), "secrets are not told");

    let answers = join_all((0..300).map(|_| connection.call("health", json!({}), HANG))).await;
    for answer in answers {
        assert_eq!(answer.expect("health")["ok"], true);
    }
    assert_eq!(connection.in_flight(), 0);
    let error = connection
        .call("tickets.nope", json!({}), HANG)
        .await
        .expect_err("unknown");
    assert_eq!(error.code(), Some("INVALID_REQUEST"));
    let nope = tools::Invoke::new(agent.clone(), "nope_tool", Map::new());
    let invoked = ask(&connection, &nope).await.expect("answered");
    assert_eq!(invoked.error.expect("no such tool").code, "not_found");

    // no model is there: the run ends in an event
    let mut events = connection.events();
    let said = chat::Send::new(format!("agent:{agent}:main"), "hello");
    assert_eq!(
        ask(&connection, &said).await.expect("taken").status,
        "started"
    );
    let ended = async {
        while let Some(event) = events.next().await {
            let run = event.payload["runId"] == said.idempotency_key.as_str();
            let last = ["final", "aborted", "error"].map(Value::from);
            if &*event.name == "chat" && run && last.contains(&event.payload["state"]) {
                return event.payload["state"].clone();
            }
        }
        panic!("no more events");
    };
    assert_eq!(
        tokio::time::timeout(HANG, ended).await.expect("in time"),
        "error"
    );
    let history = chat::History {
        session_key: said.session_key.clone(),
        limit: Some(10),
    };
    assert!(
        !ask(&connection, &history)
            .await
            .expect("history")
            .messages
            .is_empty()
    );
    let mut other = said.clone();
    other.message = "something else".into();
    let error = ask(&connection, &other).await.expect_err("the key is used");
    assert_eq!(error.detail(), Some("chat-request-conflict"), "{error:?}");
    connection.close().await;

    let wrong = target_with(&gateway, Credential::given(Secret::new("wrong")));
    let error = refused(&wrong).await;
    assert_eq!(error.detail(), Some("AUTH_TOKEN_MISMATCH"));
    assert_eq!(Trouble::of(&error), Trouble::AuthFailed);
    let nobody = target_with(&gateway, Credential::default());
    assert_eq!(
        refused(&nobody).await.detail(),
        Some("DEVICE_IDENTITY_REQUIRED")
    );
    let mut old = target(&gateway);
    old.options.protocols = 3..=3;
    assert_eq!(Trouble::of(&refused(&old).await), Trouble::Incompatible);
    // any other pair of id and mode is let in without scopes
    let mut ui = target(&gateway);
    ui.options.client = dispatch_gateway::ClientKind::ControlUi;
    let error = refused(&ui).await;
    assert!(
        matches!(
            &error,
            GatewayError::Refused { .. } | GatewayError::Scopes { .. }
        ),
        "{error:?}"
    );
}
