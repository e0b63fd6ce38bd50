//! How a registered gateway is reached: its entry, checked and understood.

use dispatch_contract::OrganizationId;
use dispatch_contract::Refusal;
use dispatch_contract::gateway::Gateway;
use dispatch_gateway::version::{CalVer, MINIMUM};
use dispatch_gateway::{Address, Credential, DeviceRef, SecretRef, Target, TokenSource};

use crate::refuse::{wrong, wrong_at};

/// What a connection is made from. Entries that differ in nothing else share one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wiring {
    url: String,
    token_ref: Option<String>,
    device_key_ref: Option<String>,
    device_pairing: bool,
    allow_insecure_tls: bool,
    token_in_query: bool,
    minimum_version: Option<String>,
}

impl Wiring {
    pub(crate) fn of(gateway: &Gateway) -> Self {
        Self {
            url: gateway.url.clone(),
            token_ref: gateway.token_ref.clone(),
            device_key_ref: gateway.device_key_ref.clone(),
            device_pairing: gateway.device_pairing,
            allow_insecure_tls: gateway.allow_insecure_tls,
            token_in_query: gateway.token_in_query,
            minimum_version: gateway.minimum_version.clone(),
        }
    }
}

/// The oldest version that will do for a gateway.
pub(crate) fn minimum(gateway: &Gateway) -> Result<CalVer, Refusal> {
    let Some(text) = &gateway.minimum_version else {
        return Ok(MINIMUM);
    };
    text.parse().map_err(|error| {
        wrong_at(
            "minimum_version",
            "calver",
            format!("`{text:.40}` is {error}."),
        )
    })
}

/// How the gateway is reached. Nothing is resolved: a secret is read when a connection is
/// made.
pub(crate) fn target(gateway: &Gateway) -> Result<Target, Refusal> {
    if gateway.url.trim().is_empty() {
        return Err(wrong_at("url", "required", "Gateway url is required"));
    }
    let address = Address::parse(&gateway.url)
        .map_err(|error| wrong_at("url", "address", format!("{error}.")))?;
    if !has_port(&gateway.url) {
        return Err(wrong_at(
            "url",
            "port",
            "The gateway's url needs its port written out, such as ws://127.0.0.1:18789.",
        ));
    }
    let token = gateway.token_ref.as_deref().map(|text| {
        SecretRef::parse(text)
            .map(TokenSource::Reference)
            .map_err(|error| wrong_at("token_ref", "reference", format!("{error}.")))
    });
    let device = match (gateway.device_pairing, gateway.device_key_ref.as_deref()) {
        (false, _) => None,
        (true, None) => {
            return Err(wrong_at(
                "device_key_ref",
                "required",
                "device_pairing needs device_key_ref: `file:/absolute/path` of the device's key.",
            ));
        }
        (true, Some(text)) => Some(device(text)?),
    };
    let mut target = Target::new(
        address,
        Credential {
            token: token.transpose()?,
            device,
        },
    );
    target.options.allow_insecure_tls = gateway.allow_insecure_tls;
    target.options.token_in_query = gateway.token_in_query;
    target.options.minimum_version = Some(minimum(gateway)?);
    target.check().map_err(|error| wrong(format!("{error}.")))?;
    Ok(target)
}

fn device(text: &str) -> Result<DeviceRef, Refusal> {
    match SecretRef::parse(text) {
        Ok(SecretRef::File(path)) => Ok(DeviceRef::at(path)),
        _ => Err(wrong_at(
            "device_key_ref",
            "reference",
            "A device's key is a file: `file:/absolute/path`.",
        )),
    }
}

/// Is the port written out? A URL drops one that its scheme has anyway.
fn has_port(url: &str) -> bool {
    let rest = url.trim().split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or("");
    let after_host = authority
        .rsplit_once(']')
        .map_or(authority, |(_, after)| after);
    after_host
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

/// Secrets of this host that a visitor may name. Who may know of one organization alone
/// names variables of that one: else anybody's secret could be sent wherever they like.
pub(crate) fn may_name(own: Option<OrganizationId>, gateway: &Gateway) -> Result<(), Refusal> {
    let Some(own) = own else { return Ok(()) };
    let prefix = format!("env:ORG_{own}_");
    for (field, reference) in [
        ("token_ref", &gateway.token_ref),
        ("device_key_ref", &gateway.device_key_ref),
    ] {
        if reference
            .as_ref()
            .is_some_and(|text| !text.starts_with(&prefix))
        {
            return Err(wrong_at(
                field,
                "reference",
                format!(
                    "A credential of one organization names secrets as `{prefix}…`; others are \
                     named by an operator of the whole house."
                ),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dispatch_contract::{GatewayId, Timestamp};

    fn gateway(url: &str) -> Gateway {
        let at = Timestamp::from_micros(0).expect("in the calendar");
        Gateway {
            gateway_id: GatewayId(ulid::Ulid(1)),
            organization_id: OrganizationId::HOUSE,
            name: "g".into(),
            url: url.into(),
            token_ref: Some("env:TOKEN".into()),
            device_key_ref: None,
            device_pairing: false,
            allow_insecure_tls: false,
            token_in_query: false,
            workspace_root: "~/.openclaw".into(),
            minimum_version: None,
            send_channels: Default::default(),
            created_at: at,
            updated_at: at,
        }
    }

    fn field(gateway: &Gateway) -> String {
        let refusal = target(gateway).expect_err("refused");
        assert_eq!(refusal.code.status(), 422);
        refusal
            .violations
            .first()
            .map_or(String::new(), |one| one.path.clone())
    }

    #[test]
    fn an_address_has_its_port_written_out() {
        for url in [
            "ws://127.0.0.1:18789",
            "ws://h:80",
            "wss://h:443/",
            "wss://h:443/ws",
            "ws://[::1]:1",
        ] {
            assert!(target(&gateway(url)).is_ok(), "{url}");
        }
        for url in [
            "",
            "ws://h",
            "wss://h/",
            "ws://[::1]",
            "ws://h:",
            "http://h:1",
            "ws://h:1?token=x",
        ] {
            assert_eq!(field(&gateway(url)), "/url", "{url}");
        }
    }

    #[test]
    fn references_and_pairing_are_checked_before_anything_is_dialled() {
        let good = gateway("ws://h:1");
        let cases = [
            (
                Gateway {
                    token_ref: Some("s3cret".into()),
                    ..good.clone()
                },
                "/token_ref",
            ),
            (
                Gateway {
                    device_pairing: true,
                    ..good.clone()
                },
                "/device_key_ref",
            ),
            (
                Gateway {
                    device_pairing: true,
                    device_key_ref: Some("env:KEY".into()),
                    ..good.clone()
                },
                "/device_key_ref",
            ),
            (
                Gateway {
                    minimum_version: Some("latest".into()),
                    ..good.clone()
                },
                "/minimum_version",
            ),
            (
                Gateway {
                    allow_insecure_tls: true,
                    ..good.clone()
                },
                "",
            ),
            // its token would cross a public network in clear
            (gateway("ws://gateway.example:1"), ""),
        ];
        for (gateway, expected) in cases {
            assert_eq!(field(&gateway), expected);
        }
    }

    #[test]
    fn an_organization_names_no_secrets_but_its_own() {
        let own = OrganizationId(ulid::Ulid(7));
        let named = |text: String| Gateway {
            token_ref: Some(text),
            ..gateway("ws://h:1")
        };
        assert!(may_name(None, &named("file:/etc/token".into())).is_ok());
        assert!(may_name(Some(own), &named(format!("env:ORG_{own}_TOKEN"))).is_ok());
        for other in ["env:DATABASE_URL", "file:/etc/token"] {
            assert!(
                may_name(Some(own), &named(other.into())).is_err(),
                "{other}"
            );
        }
    }
}
