//! Looking, from the nearest thing to the farthest.

use std::time::Duration;

use dispatch_gateway::methods::{config, system};
use dispatch_gateway::version::{self, CalVer};
use dispatch_gateway::{Connection, DeviceKey, GatewayError, Scope, Target, Trouble, ask, known};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::super::reach::Reach;
use super::finding::Finding;
use crate::failure::chain;
use crate::show::list;

/// How long the process may take to accept a connection.
const ACCEPT_WITHIN: Duration = Duration::from_secs(5);

/// What cannot be told where nobody was let in.
const AFTER_HELLO: [&str; 5] = ["scopes", "version", "methods", "configuration", "health"];

/// Everything that was looked at.
pub(super) async fn all(reach: &Reach, minimum: CalVer) -> Vec<Finding> {
    let mut findings = Vec::new();
    let target = match reach.target(&Scope::ALL) {
        Ok(target) => target,
        Err(failure) => {
            let step = "Correct --gateway-url, or OPENCLAW_GATEWAY_URL.";
            findings.push(Finding::bad("address", chain(&failure), step));
            return findings;
        }
    };
    findings.push(Finding::ok("address", target.address.to_string()));
    findings.extend(encryption(&target));
    let (token, device) = (own_token(&target), own_device(&target));
    let usable = !findings.iter().any(Finding::is_bad)
        && !token.is_bad()
        && !device.as_ref().is_some_and(Finding::is_bad);
    let process = process(&target).await;
    let runs = !process.is_bad();
    findings.push(process);
    findings.push(token);
    findings.extend(device);
    if !runs || !usable {
        let why = if runs {
            "the gateway was not asked"
        } else {
            "nothing answers there"
        };
        findings.extend(
            ["let in"]
                .into_iter()
                .chain(AFTER_HELLO)
                .map(|what| Finding::unknown(what, why)),
        );
        return findings;
    }
    match let_in(&target).await {
        Ok((connection, scopes)) => {
            let hello = connection.hello();
            let how = hello.auth_method.as_deref().unwrap_or("it did not say how");
            findings.push(Finding::ok(
                "let in",
                format!("by {how}, protocol {}", hello.protocol),
            ));
            findings.push(scopes);
            findings.extend(inside(&connection, minimum).await);
            connection.close().await;
        }
        Err(error) => {
            findings.push(Finding::bad(
                "let in",
                error.to_string(),
                Trouble::of(&error).next_step(),
            ));
            let why = "the gateway did not let us in";
            findings.extend(AFTER_HELLO.map(|what| Finding::unknown(what, why)));
        }
    }
    findings
}

/// Is what is sent there encrypted, where it leaves this machine?
fn encryption(target: &Target) -> Option<Finding> {
    if let Err(error) = target.check() {
        let step = "Give the gateway a wss:// address; --allow-plain where nothing else will do.";
        return Some(Finding::bad("encryption", error.to_string(), step));
    }
    target.sends_plainly().then(|| {
        Finding::look(
            "encryption",
            "none: whoever is in that network can read the token",
            "Give the gateway a wss:// address, or reach it through a tunnel.",
        )
    })
}

/// Does anything listen there?
async fn process(target: &Target) -> Finding {
    let (host, port) = target.address.host_and_port();
    let why = match timeout(ACCEPT_WITHIN, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => return Finding::ok("process", "something listens there"),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", ACCEPT_WITHIN.as_secs()),
    };
    Finding::bad("process", why, Trouble::Unreachable.next_step())
}

/// Is there a token of ours?
fn own_token(target: &Target) -> Finding {
    match (&target.credential.token, &target.credential.device) {
        (Some(source), _) => match source.resolve() {
            Ok(_) => Finding::ok("token", "there is one to show"),
            Err(error) => {
                let step = "Put the gateway's token there, readable for its owner alone.";
                Finding::bad("token", error.to_string(), step)
            }
        },
        (None, Some(_)) => Finding::ok("token", "none; the device key's own is used"),
        (None, None) => Finding::bad(
            "token",
            "none was given",
            "Give --gateway-token-file FILE, set OPENCLAW_GATEWAY_TOKEN, or give --device-key FILE.",
        ),
    }
}

/// Is the device key usable, where one was given?
fn own_device(target: &Target) -> Option<Finding> {
    let device = target.credential.device.as_ref()?;
    Some(match DeviceKey::load(&device.key) {
        Ok(key) => Finding::ok("device key", format!("device {}", key.id())),
        Err(error) => {
            let step = "`dispatch gateway devices pair --device-key FILE` makes one and pairs it.";
            Finding::bad("device key", error.to_string(), step)
        }
    })
}

/// A connection, with fewer scopes where not all are given.
async fn let_in(target: &Target) -> Result<(Connection, Finding), GatewayError> {
    match Connection::open(target).await {
        Ok(connection) => {
            let given = list(&connection.hello().scopes);
            Ok((connection, Finding::ok("scopes", given)))
        }
        Err(error @ GatewayError::Scopes { .. }) => {
            let GatewayError::Scopes { granted, .. } = &error else {
                return Err(error);
            };
            let mut less = target.clone();
            less.options.scopes = granted
                .iter()
                .filter_map(|scope| Scope::of(scope))
                .collect();
            let connection = Connection::open(&less).await?;
            let step = Trouble::of(&error).next_step();
            Ok((connection, Finding::bad("scopes", error.to_string(), step)))
        }
        Err(error) => Err(error),
    }
}

/// What only the gateway itself can say.
async fn inside(connection: &Connection, minimum: CalVer) -> Vec<Finding> {
    let hello = connection.hello();
    let verdict = version::check(connection, hello, minimum).await;
    let version = if verdict.compatible {
        Finding::ok("version", verdict.message)
    } else {
        Finding::bad(
            "version",
            verdict.message,
            Trouble::Incompatible.next_step(),
        )
    };
    let drift = known::drift(hello);
    let methods = if drift.methods_missing.is_empty() {
        Finding::ok(
            "methods",
            format!(
                "{}, with all that are called from here",
                hello.methods.len()
            ),
        )
    } else {
        Finding::bad(
            "methods",
            format!("missing: {}", drift.methods_missing.join(", ")),
            "Update this program or the gateway: they do not fit together.",
        )
    };
    vec![
        version,
        methods,
        configuration(connection).await,
        health(connection).await,
    ]
}

async fn configuration(connection: &Connection) -> Finding {
    match ask(connection, &config::Get {}).await {
        Ok(config) if config.valid => Finding::ok("configuration", "holds"),
        Ok(config) => {
            let issues: Vec<String> = config.issues.iter().map(ToString::to_string).collect();
            Finding::bad(
                "configuration",
                format!(
                    "does not hold, the gateway runs on what it read last: {}",
                    issues.join("; ")
                ),
                "Correct the gateway's configuration file; `openclaw doctor` on it says how.",
            )
        }
        Err(error) => Finding::bad(
            "configuration",
            error.to_string(),
            Trouble::of(&error).next_step(),
        ),
    }
}

async fn health(connection: &Connection) -> Finding {
    match ask(connection, &system::Health { probe: Some(true) }).await {
        Ok(health) if !health.plugins.errors.is_empty() => Finding::bad(
            "health",
            format!("plugins failed: {}", list(&health.plugins.errors)),
            "Correct or remove them on the gateway: `openclaw plugins list` shows them.",
        ),
        Ok(health) if health.ok => {
            let load = if health.event_loop.degraded {
                ", though it does not keep up at the moment"
            } else {
                ""
            };
            Finding::ok("health", format!("says it is well{load}"))
        }
        Ok(_) => Finding::bad(
            "health",
            "says it is not well",
            "Look at the gateway's log.",
        ),
        Err(error) => Finding::bad("health", error.to_string(), Trouble::of(&error).next_step()),
    }
}

#[cfg(test)]
mod tests {
    use dispatch_gateway::{Address, Credential, Secret};

    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_token_in_clear_is_told_beyond_this_machine() {
        let at = |address: &str| {
            let address = Address::parse(address).expect("an address");
            let target = Target::new(address, Credential::given(Secret::new("s3cret")));
            encryption(&target).map(|finding| finding.verdict)
        };
        assert_eq!(at("ws://127.0.0.1:1"), None);
        assert_eq!(at("wss://g.example"), None);
        assert_eq!(at("ws://192.168.1.2:1"), Some(Verdict::Look));
        assert_eq!(at("ws://g.example:1"), Some(Verdict::Bad));
    }
}
