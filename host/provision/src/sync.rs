//! The files and heartbeats of all agents of a gateway, brought to their plans again.
//!
//! One agent's failure is that agent's; a gateway that is gone for the whole budget ends it.

use std::fmt;

use dispatch_contract::{AgentRecordId, BoardId, GatewayId};
use dispatch_gateway::GatewayError;
use dispatch_gateway::retry::{Budget, SYNC};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::control::ControlPlane;
use crate::error::LifecycleError;
use crate::files::File;
use crate::keys::Kind;
use crate::lifecycle::apply_lifecycle;
use crate::observe::Unobserved;
use crate::options::{Action, Options};
use crate::patient::Patient;
use crate::plan::{AgentPlan, Post};
use crate::templates::Templates;
use crate::tolerance;
use crate::tool_doc;
use dispatch_gateway::Secret;

/// What is to be synced, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyncOptions {
    /// The gateway's main agent too, at the end.
    pub include_main: bool,
    /// Of the boards' agents, leads only.
    pub lead_only: bool,
    /// Begin each agent's main session anew.
    pub reset_sessions: bool,
    /// Give an agent a new token where its old one cannot be read or does not hold.
    pub rotate_tokens: bool,
    /// Write BOOTSTRAP.md also for leads that are through with it.
    pub force_bootstrap: bool,
    /// Write also the files that agents may keep as their own.
    pub overwrite: bool,
    /// Only this board's agents.
    pub board_id: Option<BoardId>,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            include_main: true,
            lead_only: false,
            reset_sessions: false,
            rotate_tokens: false,
            force_bootstrap: false,
            overwrite: false,
            board_id: None,
        }
    }
}

/// What a sync came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SyncReport {
    /// The gateway.
    pub gateway_id: GatewayId,
    /// As asked.
    pub include_main: bool,
    /// As asked.
    pub reset_sessions: bool,
    /// Boards' agents that are as planned now.
    pub agents_updated: u32,
    /// Boards' agents that were left as they are; each has its error.
    pub agents_skipped: u32,
    /// The main agent is as planned now.
    pub main_updated: bool,
    /// What went wrong, and with whom.
    pub errors: Vec<SyncTrouble>,
}

/// What went wrong with an agent, or with the whole where no agent is named.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SyncTrouble {
    /// The agent.
    pub agent_id: Option<AgentRecordId>,
    /// Its name.
    pub agent_name: Option<String>,
    /// Its board.
    pub board_id: Option<BoardId>,
    /// What happened, in a sentence.
    pub message: String,
}

/// Whoever keeps agents' entries and tokens: only hashes are kept, so the tokens themselves are read
/// back from the agents' files.
pub trait Tokens: Send + Sync {
    /// Whether this is the agent's token.
    fn holds<'a>(
        &'a self,
        agent: AgentRecordId,
        token: &'a Secret,
    ) -> BoxFuture<'a, Result<bool, TokensError>>;

    /// Whether a run for the agent ever ended well on its gateway: until then what the gateway
    /// put into its workspace is overwritten.
    fn made(&self, agent: AgentRecordId) -> bool;

    /// Gives the agent a new token; the old one holds no more.
    fn rotate(&self, agent: AgentRecordId) -> BoxFuture<'_, Result<Secret, TokensError>>;
}

/// Tokens could not be looked up or written; the text says why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct TokensError(pub String);

const NO_TOKEN: &str = "Skipping agent: its AUTH_TOKEN cannot be read from its files. Sync with rotate_tokens to give it a new one.";
const NOT_ITS_TOKEN: &str = "Warning: the AUTH_TOKEN in its files is not its token, so this house will not know it. Sync with rotate_tokens to give it a new one.";

/// Why an agent was not synced.
enum Left {
    /// Left as it is, with the reason.
    Skipped(String),
    /// Tried and failed.
    Failed(String),
    /// The budget is spent: so is everybody's.
    Spent(String),
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skipped(text) | Self::Failed(text) | Self::Spent(text) => f.write_str(text),
        }
    }
}

/// Brings the agents of a gateway to their plans: boards' agents in the order given (the
/// oldest first), then the main agent. Nobody is woken. All calls share one budget of 600 s
/// for what may be tried again; when it is spent, the rest is not tried.
pub async fn sync(
    plane: &dyn ControlPlane,
    templates: &Templates,
    tokens: &dyn Tokens,
    gateway_id: GatewayId,
    plans: &[AgentPlan],
    options: &SyncOptions,
) -> SyncReport {
    sync_within(SYNC, plane, templates, tokens, gateway_id, plans, options).await
}

async fn sync_within(
    budget: Budget,
    plane: &dyn ControlPlane,
    templates: &Templates,
    tokens: &dyn Tokens,
    gateway_id: GatewayId,
    plans: &[AgentPlan],
    options: &SyncOptions,
) -> SyncReport {
    let mut report = SyncReport {
        gateway_id,
        include_main: options.include_main,
        reset_sessions: options.reset_sessions,
        agents_updated: 0,
        agents_skipped: 0,
        main_updated: false,
        errors: Vec::new(),
    };
    let patient = Patient::new(plane, budget, "template sync");
    if let Err(error) = patient.health().await {
        report.errors.push(trouble(None, error.message()));
        return report;
    }
    let run = Run {
        plane: &patient,
        templates,
        tokens,
        options,
    };
    let boards = plans.iter().filter(|plan| run.is_meant(plan));
    let main = plans
        .iter()
        .filter(|plan| options.include_main && plan.post == Post::Main);
    for plan in boards.chain(main) {
        let is_main = plan.post == Post::Main;
        match run.one(plan).await {
            Ok(warning) => {
                if is_main {
                    report.main_updated = true;
                } else {
                    report.agents_updated += 1;
                }
                report
                    .errors
                    .extend(warning.map(|text| trouble(Some(plan), text)));
            }
            Err(left) => {
                report.errors.push(trouble(Some(plan), left.to_string()));
                match left {
                    Left::Spent(_) => return report,
                    Left::Skipped(_) if !is_main => report.agents_skipped += 1,
                    _ => {}
                }
            }
        }
    }
    report
}

struct Run<'s> {
    plane: &'s Patient<'s>,
    templates: &'s Templates,
    tokens: &'s dyn Tokens,
    options: &'s SyncOptions,
}

impl Run<'_> {
    fn is_meant(&self, plan: &AgentPlan) -> bool {
        let kind = plan.post.kind();
        kind != Kind::Main
            && (kind == Kind::Lead || !self.options.lead_only)
            && self
                .options
                .board_id
                .is_none_or(|board| board_of(plan) == Some(board))
    }

    /// Syncs one agent; what is not as it should be, though, where it went through.
    async fn one(&self, plan: &AgentPlan) -> Result<Option<String>, Left> {
        let (token, warning) = self.token(plan).await?;
        let options = Options {
            action: if self.tokens.made(plan.record_id) {
                Action::Update
            } else {
                Action::Provision
            },
            overwrite: self.options.overwrite,
            force_bootstrap: self.options.force_bootstrap,
            reset_session: self.options.reset_sessions,
            wake: None,
        };
        apply_lifecycle(
            self.plane,
            self.templates,
            plan,
            &token,
            &options,
            &Unobserved,
        )
        .await
        .map(|_| warning)
        .map_err(|error| match error {
            LifecycleError::Gateway { source, .. } if is_spent(&source) => {
                Left::Spent(source.message())
            }
            error => Left::Failed(error.to_string()),
        })
    }

    /// The agent's token: what its files say, else a new one where that is asked for. Besides,
    /// a warning where it is not the token that was given.
    async fn token(&self, plan: &AgentPlan) -> Result<(Secret, Option<String>), Left> {
        let failed = |error: TokensError| Left::Failed(error.to_string());
        let read = read_token(self.plane, plan).await.map_err(|error| {
            if is_spent(&error) {
                Left::Spent(error.message())
            } else {
                Left::Failed(error.message())
            }
        })?;
        let holds = match &read {
            None => false,
            Some(token) => self
                .tokens
                .holds(plan.record_id, token)
                .await
                .map_err(failed)?,
        };
        match read {
            Some(token) if holds => Ok((token, None)),
            _ if self.options.rotate_tokens => Ok((
                self.tokens.rotate(plan.record_id).await.map_err(failed)?,
                None,
            )),
            Some(token) => Ok((token, Some(NOT_ITS_TOKEN.to_owned()))),
            None => Err(Left::Skipped(NO_TOKEN.to_owned())),
        }
    }
}

/// The token as an agent's files on the gateway say it: TOOLS.md, else the section of
/// AGENTS.md that stands for it.
///
/// # Errors
/// The gateway's, except that the file or the agent is missing.
pub async fn read_token(
    plane: &dyn ControlPlane,
    plan: &AgentPlan,
) -> Result<Option<Secret>, GatewayError> {
    let agent_id = plan.key().agent_id();
    for file in [File::Tools, File::Agents] {
        match plane.file(&agent_id, file.name()).await {
            Ok(Some(text)) => {
                if let Some(token) = tool_doc::token(&text) {
                    return Ok(Some(token));
                }
            }
            Ok(None) => {}
            Err(error) if tolerance::no_such_file(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn is_spent(error: &GatewayError) -> bool {
    matches!(error, GatewayError::Spent { .. })
}

fn board_of(plan: &AgentPlan) -> Option<BoardId> {
    plan.post.board().map(|board| board.board_id)
}

fn trouble(plan: Option<&AgentPlan>, message: String) -> SyncTrouble {
    SyncTrouble {
        agent_id: plan.map(|plan| plan.record_id),
        agent_name: plan.map(|plan| plan.name.clone()),
        board_id: plan.and_then(board_of),
        message,
    }
}

#[cfg(test)]
mod tests;
