//! A token is never in a log, an error or a debug form, nor in an address unless asked for.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use dispatch_gateway::{Connection, Credential, DeviceKey, DeviceRef, Link, Secret};
use dispatch_testing::openclaw::scripted::{Greeting, Refusal, Reply, Script};
use serde_json::json;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt, registry};

use crate::support::{HANG, refused, started, target_with, until};

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("whole").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_token_is_logged_shown_or_said_even_where_the_gateway_repeats_it() {
    const TOKEN: &str = "s3cret-shared-token";
    const DEVICE: &str = "s3cret-device-token";
    let log = Log::default();
    let to = log.clone();
    // an operator who asks for all of it by name
    let asked = "trace,tungstenite::handshake=trace,tungstenite::protocol=trace";
    registry()
        .with(EnvFilter::new(asked))
        .with(filter_fn(dispatch_gateway::may_be_logged))
        .with(fmt::layer().with_writer(move || to.clone()))
        .init();
    tracing::trace!("the log is there");
    let mut seen: Vec<String> = Vec::new();
    let parrot = Refusal {
        error: json!({"code": "INVALID_REQUEST", "message": format!("bad token {TOKEN}"),
                      "details": {"got": TOKEN, "code": "AUTH_TOKEN_MISMATCH"}}),
        close: Some((1008, format!("bad token {TOKEN}"))),
    };
    let gateway = started(Script {
        token: TOKEN.into(),
        device_token: Some(DEVICE.into()),
        ..Script::default()
            .reply(
                "parrot",
                Reply::Refusal(Refusal {
                    close: None,
                    ..parrot.clone()
                }),
            )
            .reply("leave", Reply::Close(1008, format!("bad token {TOKEN}")))
            .reply(
                "garbage",
                Reply::Text(format!("{{\"type\":{{\"x\":\"{TOKEN}\"}}")),
            )
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let device = DeviceRef::at(folder.path().join("device.json"));
    DeviceKey::create(&device.key).expect("made");
    let credential = Credential::given(Secret::new(TOKEN)).with_device(device.clone());
    let mut target = target_with(&gateway, credential);
    target.options.token_in_query = true;
    seen.push(format!("{target:?}"));
    for method in ["parrot", "garbage", "leave"] {
        let connection = Connection::open(&target).await.expect("connected");
        seen.push(format!("{connection:?} {:?}", connection.hello()));
        let error = connection
            .call(method, json!({"token": TOKEN}), HANG)
            .await
            .expect_err(method);
        seen.push(format!("{error} {error:?} {}", error.message()));
        if method != "parrot" {
            let why = connection.closed().await;
            seen.push(format!("{why} {why:?}"));
        }
    }
    gateway.set(|script| script.greeting = Greeting::Refusal(parrot.clone()));
    let error = refused(&target).await;
    assert_eq!(
        error.detail(),
        Some("AUTH_TOKEN_MISMATCH"),
        "scrubbed, and still itself"
    );
    seen.push(format!(
        "{error} {error:?} {}",
        dispatch_gateway::diagnosis::normalised(&error)
    ));
    let link = Link::start(target.clone());
    let state = until(&link, |state| state.error.is_some()).await;
    seen.push(format!("{state:?} {link:?}"));
    gateway.set(|script| script.greeting = Greeting::Close(1008, format!("no {TOKEN}")));
    let error = refused(&target).await;
    seen.push(format!("{error} {error:?}"));
    let mut gateway = gateway;
    gateway.kill().await;
    let error = refused(&target).await;
    seen.push(format!("{error} {error:?}"));
    target.address = "wss://127.0.0.1:1".parse().expect("an address");
    let error = refused(&target).await;
    seen.push(format!("{error} {error:?} {target:?}"));
    let logged = String::from_utf8(log.0.lock().expect("whole").clone()).expect("text");
    assert!(
        logged.contains("the log is there") && logged.contains("gateway: connected"),
        "{logged}"
    );
    seen.push(logged);
    for text in &seen {
        for secret in [TOKEN, DEVICE] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    // it was asked for in the address, and it was there
    assert!(
        seen.iter()
            .any(|text| text.contains("token_in_query: true"))
    );
}
