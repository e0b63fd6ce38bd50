//! `dispatch board`: boards on gateways, and what is said to their leads, for operators.

use dispatch_contract::board::{Board, BoardChange, NewBoard};
use dispatch_contract::gateway_work::{
    BroadcastOutcome, LeadBroadcast, LeadMessage, LeadMessageKind, MessageSent, UserQuestion,
};
use dispatch_contract::reading::Page;
use dispatch_contract::{BoardId, GatewayId, OrganizationId};
use reqwest::Method;
use serde_json::json;

use crate::client::{Answer, Client};
use crate::commands::below::Below;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;
use crate::show::table::Table;

/// Look after boards of agents on gateways (operators)
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List boards
    List {
        /// Those on this gateway
        #[arg(long, value_name = "ID")]
        gateway: Option<GatewayId>,
    },
    /// Register a board
    Add(AddArgs),
    /// Show a board
    Show {
        /// Its id
        board: BoardId,
    },
    /// Change a board; what is not given stays
    Update(UpdateArgs),
    /// Strike off a board that has no agents
    Remove {
        /// Its id
        board: BoardId,
    },
    /// Ask a board's lead something, or hand something over to it
    Message {
        /// The board's id
        board: BoardId,
        /// What to say
        message: String,
        /// It is to take this over, rather than to answer
        #[arg(long)]
        handoff: bool,
    },
    /// Say the same to the leads of all boards of a gateway
    Broadcast {
        /// The gateway's id
        gateway: GatewayId,
        /// What to say
        message: String,
        /// They are to take this over, rather than to answer
        #[arg(long)]
        handoff: bool,
        /// This board only; repeatable
        #[arg(long = "board", value_name = "ID")]
        boards: Vec<BoardId>,
    },
    /// Have the main agent of a board's gateway ask the person it works for
    AskUser {
        /// The board's id
        board: BoardId,
        /// The question
        question: String,
        /// The channel to ask on
        #[arg(long)]
        channel: Option<String>,
    },
}

#[derive(clap::Args)]
struct AddArgs {
    /// By name
    name: String,
    /// The gateway that its agents live on
    #[arg(long, value_name = "ID")]
    gateway: Option<GatewayId>,
    /// What it is for, as its agents are told
    #[arg(long)]
    objective: Option<String>,
    /// Workers at most; 10 where not given
    #[arg(long, value_name = "N")]
    max_agents: Option<u32>,
    /// Whose it is, where the host serves several organizations
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
}

#[derive(clap::Args)]
struct UpdateArgs {
    /// The board's id
    board: BoardId,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// Another gateway
    #[arg(long, value_name = "ID")]
    gateway: Option<GatewayId>,
    /// Another objective; empty for none
    #[arg(long)]
    objective: Option<String>,
    /// Another limit of workers
    #[arg(long, value_name = "N")]
    max_agents: Option<u32>,
    /// Let template sync leave its agents alone, or no longer
    #[arg(long, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    paused: Option<bool>,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let client = global.client()?;
        let (answer, text) = match self.action {
            Action::List { gateway } => {
                let query = [
                    ("gateway_id", gateway.map(|id| id.to_string())),
                    ("limit", Some("200".to_owned())),
                ];
                let answer = client.get(&["v0", "boards"], &query).await?;
                let page: Page<Board> = answer.read()?;
                (answer, table(&page.items))
            }
            Action::Add(args) => one(add(&client, args).await?)?,
            Action::Show { board } => one(of(board).get(&client, &[]).await?)?,
            Action::Update(args) => one(update(&client, args).await?)?,
            Action::Remove { board } => {
                let answer = of(board)
                    .ask(&client, Method::DELETE, &[], &json!({}))
                    .await?;
                (answer, format!("{board} is struck off\n"))
            }
            Action::Message {
                board,
                message,
                handoff,
            } => {
                let message = LeadMessage {
                    kind: kind(handoff),
                    message,
                };
                let rest = ["lead", "messages"];
                sent(
                    of(board)
                        .ask(&client, Method::POST, &rest, &json!(message))
                        .await?,
                )?
            }
            Action::Broadcast {
                gateway,
                message,
                handoff,
                boards,
            } => {
                let message = LeadBroadcast {
                    kind: kind(handoff),
                    message,
                    board_ids: (!boards.is_empty()).then_some(boards),
                };
                let gateway = Below::new("gateways", gateway);
                let rest = ["leads", "messages"];
                let answer = gateway
                    .ask(&client, Method::POST, &rest, &json!(message))
                    .await?;
                let text = broadcast(&answer.read()?);
                (answer, text)
            }
            Action::AskUser {
                board,
                question,
                channel,
            } => {
                let question = UserQuestion {
                    message: question,
                    preferred_channel: channel,
                };
                let rest = ["ask-user"];
                sent(
                    of(board)
                        .ask(&client, Method::POST, &rest, &json!(question))
                        .await?,
                )?
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

fn of(board: BoardId) -> Below {
    Below::new("boards", board)
}

fn kind(handoff: bool) -> LeadMessageKind {
    if handoff {
        LeadMessageKind::Handoff
    } else {
        LeadMessageKind::Question
    }
}

async fn add(client: &Client, args: AddArgs) -> Result<Answer, Failure> {
    let entry = NewBoard {
        organization_id: args.organization,
        gateway_id: args.gateway,
        name: args.name,
        objective: args.objective,
        max_agents: args.max_agents,
    };
    client
        .json(Method::POST, &["v0", "boards"], false, &json!(entry))
        .await
}

async fn update(client: &Client, args: UpdateArgs) -> Result<Answer, Failure> {
    let change = BoardChange {
        gateway_id: args.gateway,
        name: args.name,
        objective: args.objective,
        max_agents: args.max_agents,
        paused: args.paused,
    };
    if change == BoardChange::default() {
        return Err(Failure::usage(
            "say what to change: --name, --gateway, --objective, --max-agents or --paused",
        ));
    }
    of(args.board)
        .ask(client, Method::PATCH, &[], &json!(change))
        .await
}

fn one(answer: Answer) -> Result<(Answer, String), Failure> {
    let board: Board = answer.read()?;
    Ok((answer, table(&[board])))
}

fn sent(answer: Answer) -> Result<(Answer, String), Failure> {
    let sent: MessageSent = answer.read()?;
    let text = format!(
        "said in {}; an answer refers to {}\n",
        crate::show::clean(&sent.session_key),
        crate::show::clean(&sent.correlation_id)
    );
    Ok((answer, text))
}

fn broadcast(outcome: &BroadcastOutcome) -> String {
    let mut text = format!("{} took it, {} did not\n", outcome.sent, outcome.failed);
    for result in outcome.results.iter().filter(|result| !result.ok) {
        let why = result.error.as_deref().unwrap_or("it is not known why");
        text.push_str(&format!(
            "  {}: {}\n",
            result.board_id,
            crate::show::clean(why)
        ));
    }
    text
}

fn table(boards: &[Board]) -> String {
    if boards.is_empty() {
        return "there are no boards; `dispatch board add NAME --gateway ID` registers one\n"
            .into();
    }
    let mut table = Table::new(&["BOARD", "NAME", "GATEWAY", "WORKERS", "PAUSED"]);
    for one in boards {
        table.row([
            one.board_id.to_string(),
            one.name.clone(),
            one.gateway_id
                .map(|id| id.to_string())
                .unwrap_or_else(|| "none".into()),
            format!("up to {}", one.max_agents),
            if one.paused { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table.text(Paint::of_stdout())
}
