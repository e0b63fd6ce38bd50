//! Who is let in, and what is said about who is not.

use std::time::Duration;

use dispatch_gateway::retry::{Again, again};
use dispatch_gateway::{
    ClientKind, Connection, Credential, DeviceKey, DeviceRef, GatewayError, Scope, Secret,
    StatementLayout, Trouble,
};
use dispatch_testing::openclaw::scripted::{FirstFrame, Greeting, Script, refusal};

use crate::support::{connected, refused, started, target, target_with};

#[tokio::test]
async fn both_protocols_are_spoken_and_the_one_chosen_is_kept() {
    for protocol in [3, 4] {
        let gateway = started(Script {
            protocol,
            ..Script::default()
        })
        .await;
        let connection = connected(&gateway).await;
        assert_eq!(connection.hello().protocol, protocol);
        assert_eq!(connection.hello().version, "2026.9.6");
        assert!(connection.hello().has_method("agents.files.set"));
    }
    let gateway = started(Script {
        protocol: 5,
        ..Script::default()
    })
    .await;
    let error = refused(&target(&gateway)).await;
    assert_eq!(error.detail(), Some("PROTOCOL_MISMATCH"));
    assert_eq!(Trouble::of(&error), Trouble::Incompatible);
}

#[tokio::test]
async fn connect_says_what_gateways_of_today_want_and_no_more() {
    let gateway = started(Script::default()).await;
    let connection = connected(&gateway).await;
    let params = gateway.connects().remove(0);
    assert_eq!(
        (&params["minProtocol"], &params["maxProtocol"]),
        (&3.into(), &4.into())
    );
    assert_eq!(params["client"]["id"], "gateway-client");
    assert_eq!(params["client"]["mode"], "backend");
    assert_eq!(params["role"], "operator");
    assert_eq!(params["auth"]["token"], gateway.token().as_str());
    assert!(params.get("device").is_none());
    assert_eq!(
        params["scopes"].as_array().expect("a list").len(),
        Scope::ALL.len()
    );
    assert_eq!(gateway.origins(), [None]);
    connection.close().await;
    let mut ui = target(&gateway);
    ui.options.client = ClientKind::ControlUi;
    Connection::open(&ui).await.expect("connected");
    let params = gateway.connects().remove(1);
    assert_eq!(params["client"]["id"], "openclaw-control-ui");
    assert_eq!(params["client"]["mode"], "ui");
    let origin = gateway.url().replace("ws://", "http://");
    assert_eq!(gateway.origins()[1].as_deref(), Some(origin.as_str()));
}

#[tokio::test]
async fn a_gateway_without_a_challenge_is_asked_after_a_while() {
    for first_frame in [
        FirstFrame::Nothing,
        FirstFrame::Text(r#"{"type":"event","event":"presence","payload":{}}"#.into()),
    ] {
        let gateway = started(Script {
            first_frame,
            ..Script::default()
        })
        .await;
        connected(&gateway).await;
    }
}

#[tokio::test]
async fn refusals_are_what_they_are() {
    for (name, trouble) in [
        ("auth-rate-limited", Trouble::RateLimited),
        ("startup-sidecars", Trouble::Starting),
        ("protocol-mismatch", Trouble::Incompatible),
        ("device-identity-required", Trouble::AuthFailed),
    ] {
        let gateway = started(Script {
            greeting: Greeting::Refusal(refusal(name)),
            ..Script::default()
        })
        .await;
        assert_eq!(
            Trouble::of(&refused(&target(&gateway)).await),
            trouble,
            "{name}"
        );
    }
    let gateway = started(Script::default()).await;
    let wrong = target_with(&gateway, Credential::given(Secret::new("wrong")));
    let error = refused(&wrong).await;
    assert_eq!(error.detail(), Some("AUTH_TOKEN_MISMATCH"));
    assert_eq!(Trouble::of(&error), Trouble::AuthFailed);
    let nobody = target_with(&gateway, Credential::default());
    assert_eq!(refused(&nobody).await.code(), Some("NOT_PAIRED"));
}

#[tokio::test]
async fn a_scope_asked_for_and_not_given_is_named() {
    let gateway = started(Script {
        scopes: Some(vec!["operator.read".into()]),
        ..Script::default()
    })
    .await;
    let error = refused(&target(&gateway)).await;
    let GatewayError::Scopes { missing, granted } = &error else {
        panic!("{error:?}");
    };
    assert!(
        missing.contains(&"operator.admin".to_owned()),
        "{missing:?}"
    );
    assert_eq!(granted, &["operator.read"]);
    assert!(error.to_string().starts_with("missing scope: "), "{error}");
    let mut less = target(&gateway);
    less.options.scopes = vec![Scope::Read];
    Connection::open(&less).await.expect("enough");
}

#[tokio::test]
async fn closes_during_the_handshake_keep_their_code() {
    for (code, trouble) in [
        (1002, Trouble::Incompatible),
        (1006, Trouble::Unreachable),
        (1008, Trouble::AuthFailed),
        (1012, Trouble::Starting),
        (1013, Trouble::Starting),
        (4001, Trouble::AuthFailed),
    ] {
        let gateway = started(Script {
            greeting: Greeting::Close(code, "as told".into()),
            ..Script::default()
        })
        .await;
        let error = refused(&target(&gateway)).await;
        assert!(
            matches!(&error, GatewayError::Closed { code: c, .. } if *c == code),
            "{error:?}"
        );
        assert_eq!(Trouble::of(&error), trouble, "{code}");
    }
}

#[tokio::test]
async fn garbage_and_silence_are_told_apart() {
    for garbage in [
        "not json",
        "[1,2]",
        r#"{"type":"res","id":"connect","ok":true,"payload":7}"#,
    ] {
        let gateway = started(Script {
            greeting: Greeting::Text(garbage.into()),
            ..Script::default()
        })
        .await;
        let error = refused(&target(&gateway)).await;
        assert!(
            matches!(error, GatewayError::Protocol(_)),
            "{garbage}: {error:?}"
        );
    }
    let gateway = started(Script {
        greeting: Greeting::Silence,
        ..Script::default()
    })
    .await;
    let mut short = target(&gateway);
    short.options.connect_within = Duration::from_millis(300);
    let error = refused(&short).await;
    assert!(
        matches!(&error, GatewayError::Timeout { what, .. } if what == "connect"),
        "{error:?}"
    );
    // a gateway that takes connections and says nothing at all
    gateway.freeze();
    let error = refused(&short).await;
    assert_eq!(Trouble::of(&error), Trouble::Silent, "{error:?}");
}

#[tokio::test]
async fn nobody_there_and_no_gateway_there_are_told_apart() {
    let mut gateway = started(Script::default()).await;
    gateway.kill().await;
    let error = refused(&target(&gateway)).await;
    assert!(
        matches!(error, GatewayError::Unreachable { .. }),
        "{error:?}"
    );
    // something else listens: it answers HTTP, and no upgrade
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let mut buffer = [0; 2048];
            let _ = stream.read(&mut buffer).await;
            let _ = stream
                .write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
                .await;
        }
    });
    let mut other = target(&gateway);
    other.address = format!("ws://127.0.0.1:{port}")
        .parse()
        .expect("an address");
    let error = refused(&other).await;
    assert!(
        matches!(error, GatewayError::Http { status: 403, .. }),
        "{error:?}"
    );
    // it answers no HTTP at all: a gateway that goes down or comes up may
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let garbage = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let mut buffer = [0; 2048];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(b"\x00garbage\r\n\r\n").await;
        }
    });
    other.address = format!("ws://127.0.0.1:{garbage}")
        .parse()
        .expect("an address");
    let error = refused(&other).await;
    assert!(
        matches!(error, GatewayError::Unreachable { .. }),
        "{error:?}"
    );
    assert_eq!(again(&error), Again::Later);
    // TLS where there is none
    other.address = format!("wss://127.0.0.1:{port}")
        .parse()
        .expect("an address");
    let error = refused(&other).await;
    assert_eq!(Trouble::of(&error), Trouble::Tls, "{error:?}");
}

#[tokio::test]
async fn a_device_key_signs_the_challenge() {
    let gateway = started(Script::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("device.json");
    let made = DeviceKey::create(&key).expect("made");
    let credential =
        Credential::given(Secret::new(gateway.token())).with_device(DeviceRef::at(&key));
    let mut with_device = target_with(&gateway, credential);
    Connection::open(&with_device).await.expect("connected");
    let params = gateway.connects().remove(0);
    assert_eq!(params["device"]["id"], made.id());
    assert_eq!(params["device"]["publicKey"], made.public_key().as_str());
    assert!(params["device"]["nonce"].is_string());
    // the challenge's time, not ours
    assert_eq!(params["device"]["signedAt"], 1_795_153_708_952_i64);
    with_device.options.statement = StatementLayout::V2;
    Connection::open(&with_device).await.expect("connected");
    let again = gateway.connects().remove(1);
    assert_ne!(again["device"]["signature"], params["device"]["signature"]);
    gateway.set(|script| script.first_frame = FirstFrame::Nothing);
    Connection::open(&with_device).await.expect("connected");
    assert!(gateway.connects()[2]["device"].get("nonce").is_none());
}

#[tokio::test]
async fn a_devices_token_is_kept_used_and_forgotten_when_it_no_longer_holds() {
    let gateway = started(Script {
        device_token: Some("device-s3cret".into()),
        ..Script::default()
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let device = DeviceRef::at(folder.path().join("device.json"));
    DeviceKey::create(&device.key).expect("made");
    let first = Credential::given(Secret::new(gateway.token())).with_device(device.clone());
    Connection::open(&target_with(&gateway, first))
        .await
        .expect("paired");
    // from now on the gateway wants the device's own token
    gateway.set(|script| script.wants_device_token = Some("device-s3cret".into()));
    let alone = target_with(&gateway, Credential::device(device));
    Connection::open(&alone).await.expect("by its token");
    assert_eq!(
        gateway.connects()[1]["auth"]["deviceToken"],
        "device-s3cret"
    );
    gateway.set(|script| script.wants_device_token = Some("rotated".into()));
    let error = refused(&alone).await;
    assert_eq!(error.detail(), Some("AUTH_DEVICE_TOKEN_MISMATCH"));
    let error = refused(&alone).await;
    assert_eq!(error.pairing_request(), Some("scripted-request"));
    let trouble = Trouble::of(&error);
    assert!(
        trouble
            .next_step()
            .contains("devices approve scripted-request"),
        "{trouble:?}"
    );
    assert!(
        gateway.connects()[3].get("auth").is_none(),
        "the old token is gone"
    );
}
