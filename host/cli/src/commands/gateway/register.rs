//! `dispatch gateway add|list|show|update|remove|look|sync|…`: the host's register of
//! gateways, for operators.

use std::collections::BTreeMap;
use std::str::FromStr;

use dispatch_contract::channel::ChannelKind;
use dispatch_contract::gateway::{Gateway, GatewayChange, NewGateway, SendChannel};
use dispatch_contract::gateway_work::{GatewayLook, SessionList, SyncOutcome, SyncWish};
use dispatch_contract::reading::Page;
use dispatch_contract::{BoardId, GatewayId, OrganizationId};
use reqwest::Method;
use serde_json::json;

use crate::client::{Answer, Client};
use crate::commands::below::Below;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::fields::Fields;
use crate::show::paint::Paint;
use crate::show::table::Table;

#[derive(clap::Subcommand)]
pub(crate) enum Action {
    /// Register a gateway with the host, which connects to it first
    Add(Box<AddArgs>),
    /// List the gateways that the host knows
    List,
    /// Show a gateway's entry
    Show(OneArgs),
    /// Change a gateway's entry; what is not given stays
    Update(Box<UpdateArgs>),
    /// Strike a gateway off the register; nothing is asked of it
    Remove(OneArgs),
    /// Have the host look at a gateway now: does it answer, what is wrong, what to do
    Look(OneArgs),
    /// Bring the files and heartbeats of a gateway's agents up to date
    Sync(SyncArgs),
    /// List the sessions of a registered gateway
    SessionsOf(OneArgs),
    /// Say something in a session of a registered gateway
    Say(SayArgs),
}

#[derive(clap::Args)]
pub(crate) struct OneArgs {
    /// The gateway's id, as `gateway list` shows it
    gateway: GatewayId,
}

/// How a gateway is reached, and what goes through it.
#[derive(clap::Args)]
struct EntryArgs {
    /// Where its token is: env:NAME or file:/absolute/path, of the host; empty for none
    #[arg(long, value_name = "REFERENCE")]
    token_ref: Option<String>,
    /// Where the key of the host's device is: file:/absolute/path
    #[arg(long, value_name = "REFERENCE")]
    device_key_ref: Option<String>,
    /// Connect as a device of its own, by --device-key-ref
    #[arg(long, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    device_pairing: Option<bool>,
    /// Take any certificate (wss:// alone)
    #[arg(long, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    allow_insecure_tls: Option<bool>,
    /// Send the token in the address too, for gateways of old
    #[arg(long, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    token_in_query: Option<bool>,
    /// The oldest version that will do, such as 2026.9.6; empty for the host's own minimum
    #[arg(long, value_name = "VERSION")]
    minimum_version: Option<String>,
    /// Messages of a kind leave by this channel of the gateway: sms=signal, or
    /// sms=signal:account; repeatable
    #[arg(long = "send", value_name = "KIND=CHANNEL[:ACCOUNT]")]
    send: Vec<Send>,
}

#[derive(clap::Args)]
pub(crate) struct AddArgs {
    /// By name
    name: String,
    /// Its address with its port, such as ws://127.0.0.1:18789
    address: String,
    /// The folder on its machine that agents' workspaces are made in
    #[arg(long, default_value = "~/.openclaw", value_name = "FOLDER")]
    workspace_root: String,
    /// Whose it is, where the host serves several organizations
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    #[command(flatten)]
    entry: EntryArgs,
}

#[derive(clap::Args)]
pub(crate) struct UpdateArgs {
    /// The gateway's id
    gateway: GatewayId,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// Another address
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// Another folder
    #[arg(long, value_name = "FOLDER")]
    workspace_root: Option<String>,
    #[command(flatten)]
    entry: EntryArgs,
}

#[derive(clap::Args)]
pub(crate) struct SyncArgs {
    /// The gateway's id
    gateway: GatewayId,
    /// Leave its main agent as it is
    #[arg(long)]
    no_main: bool,
    /// Of the boards' agents, leads only
    #[arg(long)]
    leads_only: bool,
    /// Begin each agent's session anew
    #[arg(long)]
    reset_sessions: bool,
    /// Give an agent another token where its own cannot be read or does not hold
    #[arg(long)]
    rotate_tokens: bool,
    /// Write BOOTSTRAP.md also where agents are through with it
    #[arg(long)]
    force_bootstrap: bool,
    /// Write also the files that agents may keep as their own
    #[arg(long)]
    overwrite: bool,
    /// This board's agents only
    #[arg(long, value_name = "ID")]
    board: Option<BoardId>,
}

#[derive(clap::Args)]
pub(crate) struct SayArgs {
    /// The gateway's id
    gateway: GatewayId,
    /// The session's key, as `sessions-of` shows it
    session: String,
    /// What to say
    message: String,
    /// Let the agent's answer go out to the session's channel
    #[arg(long)]
    deliver: bool,
}

/// A kind of channel and what it leaves by.
#[derive(Clone)]
struct Send(ChannelKind, SendChannel);

impl FromStr for Send {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write KIND=CHANNEL or KIND=CHANNEL:ACCOUNT, such as sms=signal".to_owned();
        let (kind, by) = text.split_once('=').ok_or_else(wrong)?;
        let kind = serde_json::from_value(json!(kind)).map_err(|_| {
            "kinds are whatsapp, telegram, sms, email, webchat, internal".to_owned()
        })?;
        let (channel, account) = match by.split_once(':') {
            Some((channel, account)) => (channel, Some(account.to_owned())),
            None => (by, None),
        };
        if channel.is_empty() || account.as_deref() == Some("") {
            return Err(wrong());
        }
        let by = SendChannel {
            channel: channel.to_owned(),
            account_id: account,
        };
        Ok(Self(kind, by))
    }
}

fn channels(given: Vec<Send>) -> BTreeMap<ChannelKind, SendChannel> {
    given.into_iter().map(|Send(kind, by)| (kind, by)).collect()
}

impl Action {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let client = global.client()?;
        let (answer, text) = match self {
            Self::Add(args) => add(&client, *args).await?,
            Self::List => {
                let most = [("limit", Some("200".to_owned()))];
                let answer = client.get(&["v0", "gateways"], &most).await?;
                let page: Page<Gateway> = answer.read()?;
                let text = table(&page.items);
                (answer, text)
            }
            Self::Show(args) => {
                let answer = of(args.gateway).get(&client, &[]).await?;
                let text = entry(&answer.read()?);
                (answer, text)
            }
            Self::Update(args) => update(&client, *args).await?,
            Self::Remove(args) => {
                let gateway = of(args.gateway);
                let answer = gateway
                    .ask(&client, Method::DELETE, &[], &json!({}))
                    .await?;
                (answer, format!("{} is struck off\n", args.gateway))
            }
            Self::Look(args) => {
                let answer = of(args.gateway).get(&client, &["status"]).await?;
                let text = look(&answer.read()?);
                (answer, text)
            }
            Self::Sync(args) => sync(&client, args).await?,
            Self::SessionsOf(args) => {
                let answer = of(args.gateway).get(&client, &["sessions"]).await?;
                let text = sessions(&answer.read()?);
                (answer, text)
            }
            Self::Say(args) => {
                let parts = ["sessions", &args.session, "messages"];
                let body = json!({ "message": args.message, "deliver": args.deliver });
                let answer = of(args.gateway)
                    .ask(&client, Method::POST, &parts, &body)
                    .await?;
                (answer, "said\n".to_owned())
            }
        };
        if global.json {
            out::json(&answer.bytes);
        } else {
            out::text(&text);
        }
        Ok(())
    }
}

fn of(gateway: GatewayId) -> Below {
    Below::new("gateways", gateway)
}

async fn add(client: &Client, args: AddArgs) -> Result<(Answer, String), Failure> {
    let entry_of = NewGateway {
        organization_id: args.organization,
        name: args.name,
        url: args.address,
        token_ref: args.entry.token_ref,
        device_key_ref: args.entry.device_key_ref,
        device_pairing: args.entry.device_pairing.unwrap_or_default(),
        allow_insecure_tls: args.entry.allow_insecure_tls.unwrap_or_default(),
        token_in_query: args.entry.token_in_query.unwrap_or_default(),
        workspace_root: args.workspace_root,
        minimum_version: args.entry.minimum_version,
        send_channels: channels(args.entry.send),
    };
    let answer = client
        .slow_json(Method::POST, &["v0", "gateways"], &json!(entry_of))
        .await?;
    let made: Gateway = answer.read()?;
    let mut text = entry(&made);
    let next = format!(
        "\nnothing was written to it; `dispatch agent add --main {}` gives it an agent of its own\n",
        made.gateway_id
    );
    text.push_str(&next);
    Ok((answer, text))
}

async fn update(client: &Client, args: UpdateArgs) -> Result<(Answer, String), Failure> {
    let change = GatewayChange {
        name: args.name,
        url: args.address,
        token_ref: args.entry.token_ref,
        device_key_ref: args.entry.device_key_ref,
        device_pairing: args.entry.device_pairing,
        allow_insecure_tls: args.entry.allow_insecure_tls,
        token_in_query: args.entry.token_in_query,
        workspace_root: args.workspace_root,
        minimum_version: args.entry.minimum_version,
        send_channels: (!args.entry.send.is_empty()).then(|| channels(args.entry.send)),
    };
    if change == GatewayChange::default() {
        return Err(Failure::usage(
            "say what to change: --name, --address, --token-ref, ...",
        ));
    }
    let gateway = of(args.gateway);
    let answer = gateway
        .ask(client, Method::PATCH, &[], &json!(change))
        .await?;
    let text = entry(&answer.read()?);
    Ok((answer, text))
}

async fn sync(client: &Client, args: SyncArgs) -> Result<(Answer, String), Failure> {
    let wish = SyncWish {
        include_main: !args.no_main,
        lead_only: args.leads_only,
        reset_sessions: args.reset_sessions,
        rotate_tokens: args.rotate_tokens,
        force_bootstrap: args.force_bootstrap,
        overwrite: args.overwrite,
        board_id: args.board,
    };
    let gateway = of(args.gateway);
    let answer = gateway
        .ask(client, Method::POST, &["sync"], &json!(wish))
        .await?;
    let outcome: SyncOutcome = answer.read()?;
    let mut text = format!(
        "{} agents up to date, {} left as they are; the main agent is {}\n",
        outcome.agents_updated,
        outcome.agents_skipped,
        if outcome.main_updated {
            "up to date"
        } else {
            "as it was"
        }
    );
    for trouble in &outcome.errors {
        let whose = trouble.agent_name.as_deref().unwrap_or("the gateway");
        text.push_str(&format!(
            "  {}: {}\n",
            crate::show::clean(whose),
            crate::show::clean(&trouble.message)
        ));
    }
    Ok((answer, text))
}

fn table(gateways: &[Gateway]) -> String {
    if gateways.is_empty() {
        return "no gateway is registered; `dispatch gateway add NAME ws://HOST:PORT --token-ref \
                env:NAME` registers one\n"
            .into();
    }
    let mut table = Table::new(&["GATEWAY", "NAME", "ADDRESS", "TOKEN", "SENDS"]);
    for one in gateways {
        table.row([
            one.gateway_id.to_string(),
            one.name.clone(),
            one.url.clone(),
            one.token_ref.clone().unwrap_or_else(|| "none".into()),
            sends(one),
        ]);
    }
    table.text(Paint::of_stdout())
}

fn sends(gateway: &Gateway) -> String {
    let each = gateway.send_channels.iter().map(|(kind, by)| {
        let kind = json!(kind);
        let account = by.account_id.as_deref().map(|id| format!(":{id}"));
        format!(
            "{}={}{}",
            kind.as_str().unwrap_or("?"),
            by.channel,
            account.unwrap_or_default()
        )
    });
    each.collect::<Vec<_>>().join(" ")
}

fn entry(gateway: &Gateway) -> String {
    let mut fields = Fields::new(0);
    fields.add("gateway", gateway.gateway_id.to_string());
    fields.add("name", gateway.name.clone());
    fields.add("address", gateway.url.clone());
    fields.maybe("token", gateway.token_ref.clone());
    if gateway.device_pairing {
        fields.maybe("device key", gateway.device_key_ref.clone());
    }
    fields.add("workspaces", gateway.workspace_root.clone());
    fields.maybe("minimum version", gateway.minimum_version.clone());
    fields.some("sends", sends(gateway));
    if gateway.allow_insecure_tls {
        fields.add("certificate", "not verified");
    }
    if gateway.token_in_query {
        fields.add("token in address", "yes");
    }
    fields.add("organization", gateway.organization_id.to_string());
    fields.text(Paint::of_stdout())
}

fn look(look: &GatewayLook) -> String {
    let mut fields = Fields::new(0);
    fields.add("address", look.gateway_url.clone());
    fields.add("connected", if look.connected { "yes" } else { "no" });
    fields.maybe("version", look.version.clone());
    fields.maybe(
        "sessions",
        look.sessions_count.map(|count| count.to_string()),
    );
    fields.maybe("main agent", look.main_session_error.clone());
    fields.maybe("trouble", look.trouble.clone());
    fields.maybe("error", look.error.clone());
    fields.maybe("what to do", look.next_step.clone());
    fields.text(Paint::of_stdout())
}

fn sessions(list: &SessionList) -> String {
    if list.sessions.is_empty() {
        return "there are no sessions\n".into();
    }
    let mut table = Table::new(&["SESSION", "LABEL", "AGENT", "TOKENS", "MODEL"]);
    for one in &list.sessions {
        table.row([
            one.key.clone(),
            one.label.clone().unwrap_or_default(),
            one.agent_id.clone().unwrap_or_default(),
            one.total_tokens.map(|n| n.to_string()).unwrap_or_default(),
            one.model.clone().unwrap_or_default(),
        ]);
    }
    table.text(Paint::of_stdout())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_to_send_by_is_read() {
        let Send(kind, by) = "sms=signal:main".parse().expect("a channel");
        assert_eq!(kind, ChannelKind::Sms);
        assert_eq!(
            (by.channel.as_str(), by.account_id.as_deref()),
            ("signal", Some("main"))
        );
        for bad in ["sms", "sms=", "fax=signal", "sms=signal:"] {
            assert!(bad.parse::<Send>().is_err(), "{bad}");
        }
    }
}
