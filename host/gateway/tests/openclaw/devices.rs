//! A device key instead of the shared token.

use dispatch_gateway::methods::devices;
use dispatch_gateway::{
    ClientKind, Credential, DeviceKey, DeviceRef, Scope, Secret, StatementLayout, Trouble, ask,
};

use crate::support::{connected, refused, started, target, target_with};

#[tokio::test]
async fn a_device_pairs_once_and_its_token_is_enough_until_it_is_taken_back() {
    let Some(gateway) = started().await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let device = DeviceRef::at(folder.path().join("device.json"));
    let key = DeviceKey::create(&device.key).expect("made");
    // a backend that has the shared token is let in with a key too, and pairs nothing
    let both = Credential::given(Secret::new(gateway.token())).with_device(device.clone());
    for statement in [StatementLayout::V3, StatementLayout::V2] {
        let mut backend = target_with(&gateway, both.clone());
        backend.options.statement = statement;
        let connection = connected(&backend).await;
        assert!(connection.hello().has_scope(Scope::Admin));
    }
    // a command line pairs on loopback by itself, and is given a token
    let mut cli = target_with(&gateway, both);
    cli.options.client = ClientKind::Cli;
    let connection = connected(&cli).await;
    assert!(connection.hello().device_token.is_some());
    connection.close().await;
    let kept = std::fs::read_to_string(device.tokens.as_ref().expect("beside the key"));
    assert!(kept.expect("kept").contains(key.id()));

    // from now on the key is enough
    for client in [ClientKind::Cli, ClientKind::Backend] {
        let mut alone = target_with(&gateway, Credential::device(device.clone()));
        alone.options.client = client;
        let connection = connected(&alone).await;
        assert_eq!(
            connection.hello().auth_method.as_deref(),
            Some("device-token"),
            "{client:?}"
        );
        assert!(connection.hello().has_scope(Scope::Admin));
    }

    let admin = connected(&target(&gateway)).await;
    let paired = ask(&admin, &devices::List {}).await.expect("listed").paired;
    let ours = paired
        .iter()
        .find(|one| one.device_id == key.id())
        .expect("paired");
    assert!(ours.roles.contains(&"operator".to_owned()));
    let rotate = devices::Rotate {
        device_id: key.id().into(),
        role: "operator".into(),
        scopes: None,
    };
    let rotated = ask(&admin, &rotate).await.expect("rotated");
    assert_eq!(
        rotated.token_delivery.as_deref(),
        Some("withheld-cross-device")
    );
    let mut alone = target_with(&gateway, Credential::device(device.clone()));
    alone.options.client = ClientKind::Cli;
    let error = refused(&alone).await;
    assert_eq!(
        error.detail(),
        Some("AUTH_DEVICE_TOKEN_MISMATCH"),
        "{error:?}"
    );
    assert_eq!(Trouble::of(&error), Trouble::AuthFailed);
    let revoke = devices::Revoke {
        device_id: key.id().into(),
        role: "operator".into(),
    };
    assert!(
        ask(&admin, &revoke)
            .await
            .expect("revoked")
            .revoked_at_ms
            .is_some()
    );
    let remove = devices::Remove {
        device_id: key.id().into(),
    };
    ask(&admin, &remove).await.expect("removed");
    let unknown = devices::Approve {
        request_id: "nope".into(),
    };
    let error = ask(&admin, &unknown).await.expect_err("no such request");
    assert!(error.message().contains("unknown requestId"), "{error}");
    let reject = devices::Reject {
        request_id: "nope".into(),
    };
    assert!(ask(&admin, &reject).await.is_err());
}
