//! `dispatch agent`: agents that the house keeps on gateways, for operators.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use dispatch_contract::gateway_agent::{AgentKind, AgentProfile, GatewayAgent};
use dispatch_contract::gateway_work::{
    AgentChange, AgentProvisioned, HeartbeatChange, NewAgent, ProfileChange, ProvisionWish,
};
use dispatch_contract::reading::Page;
use dispatch_contract::{AgentRecordId, BoardId, GatewayId, Role};
use reqwest::Method;
use serde_json::json;

use crate::client::{Answer, Client};
use crate::commands::below::Below;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;
use crate::show::table::Table;
use crate::show::{clean, time};

/// More of a template's file is not read: the host takes 20,000 characters.
const MAX_TEMPLATE_BYTES: u64 = 128 * 1024;

/// Look after agents on gateways (operators)
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List agents
    List {
        /// Those on this gateway
        #[arg(long, value_name = "ID")]
        gateway: Option<GatewayId>,
        /// Those of this board
        #[arg(long, value_name = "ID")]
        board: Option<BoardId>,
    },
    /// Register an agent and make it on its gateway
    Add(Box<AddArgs>),
    /// Show an agent
    Show(OneArgs),
    /// Change an agent's entry and bring it to that on its gateway; what is not given stays
    Set(Box<SetArgs>),
    /// Bring an agent to what its entry says, whatever was done of it so far
    Provision(ProvisionArgs),
    /// Give an agent another token; the one before holds no longer
    RotateToken(OneArgs),
    /// Remove an agent from its gateway, with its session and its files
    Remove {
        #[command(flatten)]
        agent: OneArgs,
        /// Yes, its session and its files are to be deleted
        #[arg(long, required = true)]
        yes: bool,
    },
    /// Have an agent look at something before anything else
    Nudge {
        #[command(flatten)]
        agent: OneArgs,
        /// What
        message: String,
    },
}

#[derive(clap::Args)]
struct OneArgs {
    /// The agent's id, as `agent list` shows it
    agent: AgentRecordId,
}

#[derive(clap::Args)]
struct AddArgs {
    #[command(flatten)]
    place: Place,
    /// By name; a main agent and a lead have one where not given
    #[arg(long)]
    name: Option<String>,
    /// Its role in a word or two, as it is told
    #[arg(long, value_name = "WORDS")]
    told_role: Option<String>,
    /// Which dispatch role its credential carries, such as system_intake_agent: its documents
    /// then list that role's tools
    #[arg(long, value_name = "ROLE")]
    dispatch_role: Option<Role>,
    /// Look around by itself so often, such as 10m
    #[arg(long, value_name = "TIME")]
    every: Option<String>,
    /// Make it without waking it
    #[arg(long)]
    asleep: bool,
}

/// What it is there for, and where.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// The main agent of this gateway
    #[arg(long, value_name = "GATEWAY")]
    main: Option<GatewayId>,
    /// The lead of this board
    #[arg(long, value_name = "BOARD")]
    lead: Option<BoardId>,
    /// A worker on this board
    #[arg(long, value_name = "BOARD")]
    worker: Option<BoardId>,
}

#[derive(clap::Args)]
struct SetArgs {
    /// The agent's id
    agent: AgentRecordId,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// Its role in a word or two, as it is told
    #[arg(long, value_name = "WORDS")]
    told_role: Option<String>,
    /// How it speaks
    #[arg(long, value_name = "WORDS")]
    style: Option<String>,
    /// Its emoji, as such or as a :code:
    #[arg(long)]
    emoji: Option<String>,
    /// Which dispatch role its credential carries
    #[arg(long, value_name = "ROLE")]
    dispatch_role: Option<Role>,
    /// A template in the place of IDENTITY.md's; an empty file for the usual one
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// A template in the place of SOUL.md's; an empty file for the usual one
    #[arg(long, value_name = "FILE")]
    soul: Option<PathBuf>,
    /// Look around by itself so often, such as 10m
    #[arg(long, value_name = "TIME")]
    every: Option<String>,
    /// Where what it then says goes: last, none, or a channel
    #[arg(long, value_name = "WHERE")]
    target: Option<String>,
    /// Say what it thought, too
    #[arg(long, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    include_reasoning: Option<bool>,
}

#[derive(clap::Args)]
struct ProvisionArgs {
    /// The agent's id
    agent: AgentRecordId,
    /// Do not wake it
    #[arg(long)]
    asleep: bool,
    /// Go on with its session
    #[arg(long)]
    keep_session: bool,
    /// Write also the files that it may keep as its own
    #[arg(long)]
    overwrite: bool,
    /// Write BOOTSTRAP.md also where it is through with it
    #[arg(long)]
    force_bootstrap: bool,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let client = global.client()?;
        let answer = match self.action {
            Action::List { gateway, board } => {
                let query = [
                    ("gateway_id", gateway.map(|id| id.to_string())),
                    ("board_id", board.map(|id| id.to_string())),
                    ("limit", Some("200".to_owned())),
                ];
                let answer = client.get(&["v0", "agents"], &query).await?;
                let page: Page<GatewayAgent> = answer.read()?;
                return shown(global, &answer, &table(&page.items));
            }
            Action::Add(args) => add(&client, *args).await?,
            Action::Show(args) => {
                let answer = of(args.agent).get(&client, &[]).await?;
                let agent: GatewayAgent = answer.read()?;
                return shown(global, &answer, &table(&[agent]));
            }
            Action::Set(args) => set(&client, *args).await?,
            Action::Provision(args) => {
                let wish = ProvisionWish {
                    wake: !args.asleep,
                    reset_session: !args.keep_session,
                    overwrite: args.overwrite,
                    force_bootstrap: args.force_bootstrap,
                };
                let rest = ["provision"];
                of(args.agent)
                    .ask(&client, Method::POST, &rest, &json!(wish))
                    .await?
            }
            Action::RotateToken(args) => {
                let rest = ["rotate-token"];
                of(args.agent)
                    .ask(&client, Method::POST, &rest, &json!({}))
                    .await?
            }
            Action::Remove { agent, .. } => {
                let one = of(agent.agent);
                let answer = one.ask(&client, Method::DELETE, &[], &json!({})).await?;
                return shown(global, &answer, &format!("{} is removed\n", agent.agent));
            }
            Action::Nudge { agent, message } => {
                let body = json!({ "message": message });
                let answer = of(agent.agent)
                    .ask(&client, Method::POST, &["nudge"], &body)
                    .await?;
                return shown(global, &answer, "it was told\n");
            }
        };
        let made: AgentProvisioned = answer.read()?;
        let mut text = table(std::slice::from_ref(&made.agent));
        if let Some(token) = &made.token {
            text.push_str(&format!(
                "\nits token, shown this once (it stands in the agent's own files):\n{}\n",
                clean(token)
            ));
        }
        shown(global, &answer, &text)
    }
}

fn shown(global: &Global, answer: &Answer, text: &str) -> Result<(), Failure> {
    if global.json {
        out::json(&answer.bytes);
    } else {
        out::text(text);
    }
    Ok(())
}

fn of(agent: AgentRecordId) -> Below {
    Below::new("agents", agent)
}

async fn add(client: &Client, args: AddArgs) -> Result<Answer, Failure> {
    let Place { main, lead, worker } = args.place;
    let kind = match (main, lead) {
        (Some(_), _) => AgentKind::Main,
        (None, Some(_)) => AgentKind::Lead,
        (None, None) => AgentKind::Worker,
    };
    let usual = AgentProfile::default();
    let mut entry = NewAgent {
        kind,
        gateway_id: main,
        board_id: lead.or(worker),
        name: args.name,
        profile: AgentProfile {
            role: args.told_role.unwrap_or(usual.role),
            dispatch_role: args.dispatch_role,
            communication_style: usual.communication_style,
            emoji: usual.emoji,
            identity_template: None,
            soul_template: None,
        },
        heartbeat: Default::default(),
        wake: !args.asleep,
    };
    if let Some(every) = args.every {
        entry.heartbeat.every = every;
    }
    client
        .slow_json(Method::POST, &["v0", "agents"], &json!(entry))
        .await
}

async fn set(client: &Client, args: SetArgs) -> Result<Answer, Failure> {
    let change = AgentChange {
        name: args.name,
        profile: Some(ProfileChange {
            role: args.told_role,
            communication_style: args.style,
            emoji: args.emoji,
            dispatch_role: args.dispatch_role,
            identity_template: args.identity.as_deref().map(template).transpose()?,
            soul_template: args.soul.as_deref().map(template).transpose()?,
        })
        .filter(|profile| *profile != ProfileChange::default()),
        heartbeat: Some(HeartbeatChange {
            every: args.every,
            target: args.target,
            include_reasoning: args.include_reasoning,
        })
        .filter(|heartbeat| *heartbeat != HeartbeatChange::default()),
    };
    if change == AgentChange::default() {
        return Err(Failure::usage(
            "say what to change: --name, --told-role, --soul, --every, ...",
        ));
    }
    let agent = of(args.agent);
    agent.ask(client, Method::PATCH, &[], &json!(change)).await
}

/// A template's text. The host says whether it can be made into a file.
fn template(path: &Path) -> Result<String, Failure> {
    let read = || -> std::io::Result<String> {
        let mut text = String::new();
        File::open(path)?
            .take(MAX_TEMPLATE_BYTES)
            .read_to_string(&mut text)?;
        Ok(text)
    };
    read().map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))
}

fn table(agents: &[GatewayAgent]) -> String {
    if agents.is_empty() {
        return "there are no agents; `dispatch agent add --main GATEWAY` makes one\n".into();
    }
    let mut table = Table::new(&["AGENT", "KIND", "NAME", "STATUS", "SEEN", "LAST ERROR"]);
    for one in agents {
        table.row([
            one.agent_id.to_string(),
            one.kind.name().to_owned(),
            one.name.clone(),
            one.status.name().to_owned(),
            one.last_seen_at.map(time).unwrap_or_else(|| "never".into()),
            one.last_error.clone().unwrap_or_default(),
        ]);
    }
    table.text(Paint::of_stdout())
}
