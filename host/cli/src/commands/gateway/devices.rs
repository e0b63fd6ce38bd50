//! `dispatch gateway devices`: which devices may connect, and how this one does.

use std::path::Path;

use dispatch_gateway::methods::devices;
use dispatch_gateway::{ClientKind, Connection, DeviceKey, DeviceRef, Scope, Secret};
use serde_json::{Value, json};

use super::reach::Reach;
use super::shown;
use crate::failure::Failure;
use crate::out;
use crate::show::list;
use crate::show::paint::Paint;
use crate::show::table::Table;

/// Look after the devices that may connect to a gateway
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List those that wait and those that may connect
    List(ListArgs),
    /// Let a device in
    Approve(RequestArgs),
    /// Do not let a device in
    Reject(RequestArgs),
    /// Make a device's token anew; the device itself is told the new one
    Rotate(TokenArgs),
    /// Take a device's token back
    Revoke(TokenArgs),
    /// Pair this machine's device key (--device-key) with a gateway; makes the key where
    /// there is none, and keeps the token that the gateway gives it
    Pair(ListArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    reach: Reach,
}

#[derive(clap::Args)]
struct RequestArgs {
    /// The request, as `devices list` shows it
    request: String,
    #[command(flatten)]
    reach: Reach,
}

#[derive(clap::Args)]
struct TokenArgs {
    /// The device, as `devices list` shows it
    device: String,
    /// For which role
    #[arg(long, default_value = "operator")]
    role: String,
    #[command(flatten)]
    reach: Reach,
}

impl Args {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        let (raw, text) = match self.action {
            Action::List(args) => {
                let (raw, devices) = args.reach.ask(&devices::List {}).await?;
                let text = table(&devices, Paint::of_stdout());
                (raw, text)
            }
            Action::Approve(args) => {
                let ask = devices::Approve {
                    request_id: args.request,
                };
                // a gateway wants an admin where the device asks for admin's scopes
                let (raw, approved) = with_admin(&args.reach, &ask).await?;
                let text = format!(
                    "let in: device {}, as {} with {}\n",
                    approved.device.device_id,
                    list(&approved.device.roles),
                    list(&approved.device.scopes)
                );
                (raw, text)
            }
            Action::Reject(args) => {
                let ask = devices::Reject {
                    request_id: args.request,
                };
                let (raw, rejected) = with_admin(&args.reach, &ask).await?;
                (raw, format!("not let in: device {}\n", rejected.device_id))
            }
            Action::Rotate(args) => {
                let ask = devices::Rotate {
                    device_id: args.device,
                    role: args.role,
                    scopes: None,
                };
                let (mut raw, rotated) = with_admin(&args.reach, &ask).await?;
                let kept = keep(&args.reach, &raw, &rotated)?;
                // a gateway shows it to the device itself: it is not for a terminal
                if let Some(token) = raw.get_mut("token") {
                    *token = "***".into();
                }
                raw["tokenKept"] = kept.into();
                let mut text = format!(
                    "device {} has a new {} token; the old one no longer holds\n",
                    rotated.device_id, rotated.role
                );
                if kept {
                    text.push_str("it is this machine's own, and kept beside its key\n");
                }
                (raw, text)
            }
            Action::Revoke(args) => {
                let ask = devices::Revoke {
                    device_id: args.device,
                    role: args.role,
                };
                let (raw, revoked) = with_admin(&args.reach, &ask).await?;
                let text = format!(
                    "device {} has no {} token any more\n",
                    revoked.device_id, revoked.role
                );
                (raw, text)
            }
            Action::Pair(args) => pair(&args.reach).await?,
        };
        if json {
            out::value(&raw);
        } else {
            out::text(&text);
        }
        Ok(())
    }
}

/// Puts a call that may need more than pairing's own scope.
async fn with_admin<M: dispatch_gateway::Method>(
    reach: &Reach,
    ask: &M,
) -> Result<(Value, M::Answer), Failure> {
    let connection = reach.connect(&Scope::ALL).await?;
    let answer = reach.ask_on(&connection, ask).await?;
    connection.close().await;
    Ok(answer)
}

/// Keeps the new token where it is this machine's own: the old one no longer lets it in.
fn keep(reach: &Reach, raw: &Value, rotated: &devices::Rotated) -> Result<bool, Failure> {
    let (Some(key), Some(token)) = (&reach.device_key, raw["token"].as_str()) else {
        return Ok(false);
    };
    let address = reach.target(&Scope::ALL)?.address;
    DeviceRef::at(key)
        .keep(
            &address,
            &rotated.device_id,
            &rotated.role,
            Secret::new(token),
            &rotated.scopes,
        )
        .map_err(|error| {
            Failure::usage(format!(
                "the new token was made and could not be kept: {error}; pair this device again"
            ))
        })
}

/// Connects as a command line does: that is what pairs a device.
async fn pair(reach: &Reach) -> Result<(Value, String), Failure> {
    let path: &Path = reach.device_key.as_deref().ok_or_else(|| {
        Failure::usage("say where this machine's device key is, or shall be: --device-key FILE")
    })?;
    let key = DeviceKey::load_or_create(path).map_err(|error| Failure::usage(error.to_string()))?;
    let mut target = reach.target(&Scope::ALL)?;
    target.options.client = ClientKind::Cli;
    let connection = Connection::open(&target).await?;
    let kept = connection.hello().device_token.is_some();
    let scopes = connection.hello().scopes.clone();
    connection.close().await;
    let said = if kept {
        "its token is kept beside the key; --device-key alone is enough from now on"
    } else {
        "the gateway gave it no token of its own: the shared token is still needed"
    };
    let text = format!(
        "paired: device {} with {}; {said}\n",
        key.id(),
        list(&scopes)
    );
    let raw = json!({"deviceId": key.id(), "scopes": scopes, "tokenKept": kept});
    Ok((raw, text))
}

fn table(devices: &devices::Devices, paint: Paint) -> String {
    let mut text = String::new();
    if !devices.pending.is_empty() {
        let mut waiting =
            Table::new(&["WAITING", "DEVICE", "CLIENT", "PLATFORM", "WANTS", "SINCE"]);
        for one in &devices.pending {
            waiting.row([
                one.request_id.clone(),
                short(&one.device_id),
                one.client_id.clone().unwrap_or_default(),
                one.platform.clone().unwrap_or_default(),
                scopes(&one.scopes),
                shown::instant(one.ts),
            ]);
        }
        text.push_str(&waiting.text(paint));
        text.push_str(
            "`devices approve WAITING` lets one in, `devices reject WAITING` does not\n\n",
        );
    }
    if devices.paired.is_empty() {
        text.push_str("no device is paired\n");
        return text;
    }
    let mut paired = Table::new(&[
        "DEVICE",
        "NAME",
        "CLIENT",
        "PLATFORM",
        "MAY",
        "TOKEN",
        "LAST SEEN",
    ]);
    for one in &devices.paired {
        let holds = one.tokens.iter().any(|token| token.revoked_at_ms.is_none());
        paired.row([
            one.device_id.clone(),
            one.display_name.clone().unwrap_or_default(),
            one.client_id.clone().unwrap_or_default(),
            one.platform.clone().unwrap_or_default(),
            scopes(&one.scopes),
            if holds { "holds" } else { "none" }.into(),
            if one.connected == Some(true) {
                "connected".into()
            } else {
                shown::maybe_instant(one.last_seen_at_ms)
            },
        ]);
    }
    text.push_str(&paired.text(paint));
    text
}

/// Enough of a device's id to know it again.
fn short(id: &str) -> String {
    id.get(..12).unwrap_or(id).to_owned()
}

/// Scopes without what they all begin with.
fn scopes(all: &[String]) -> String {
    let short: Vec<&str> = all
        .iter()
        .map(|scope| scope.strip_prefix("operator.").unwrap_or(scope))
        .collect();
    short.join(" ")
}
