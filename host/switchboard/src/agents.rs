//! Agents that the house keeps on gateways: registered, provisioned, rotated, removed.

use dispatch_contract::event::EventType;
use dispatch_contract::gateway_agent::{
    AgentKind, AgentProfile, AgentStatus, GatewayAgent, Heartbeat,
};
use dispatch_contract::gateway_work::{AgentChange, AgentProvisioned, NewAgent, ProvisionWish};
use dispatch_contract::reading::Page;
use dispatch_contract::{AgentRecordId, Refusal, Timestamp};
use dispatch_gateway::Secret;
use dispatch_gateway::diagnosis::normalised;
use dispatch_gateway::retry::COORDINATION;
use dispatch_ledger::{AgentFilter, Clash, LifecycleBegin};
use dispatch_provision::{
    AgentPlan, Destructive, LifecycleError, OpenClaw, Patient, Unobserved, delete_lifecycle,
    render_all,
};
use ulid::Ulid;

use crate::Switchboard;
use crate::house::Visitor;
use crate::lifecycle::{Done, Job, Key, Unless, being_removed, finished};
use crate::links::Prompt;
use crate::plan::key;
use crate::refuse::{clash, conflict, failed_saying, no_such, unread, wrong_at};
use crate::register::MAX_NAME;
use crate::text::{blank_is_none, needed};
use crate::token;

/// The longest template of an agent's own, in characters.
const MAX_TEMPLATE: usize = 20_000;

/// An agent that was not seen for so long is offline, whatever its row says.
const UNSEEN_US: i64 = 600_000_000;

impl Switchboard {
    /// Register an agent, then make it on its gateway. Registered it stays, also where the
    /// gateway fails: [`Switchboard::provision`] goes on.
    ///
    /// # Errors
    /// `invalid_input`, `conflict`, `gateway_failed`, `store_unavailable`.
    pub async fn add_agent(
        &self,
        who: &Visitor,
        entry: NewAgent,
    ) -> Result<AgentProvisioned, Refusal> {
        let wake = entry.wake;
        let (agent, minted) = self.register_agent(who, entry).await?;
        let job = Job {
            action: "provision",
            key: Key::Given(minted),
            unless: Unless::Never,
            wake,
            reset_session: true,
            overwrite: false,
            force_bootstrap: false,
        };
        let agent_id = agent.agent_id;
        let done = self.to_the_end(who, agent, job).await.map_err(|mut refusal| {
            refusal.detail = format!(
                "{} The agent {agent_id} is registered: provision it again when that is mended.",
                refusal.detail
            );
            refusal
        })?;
        Ok(shown(done))
    }

    /// The agent's row, before anything is asked of its gateway.
    pub(crate) async fn register_agent(
        &self,
        who: &Visitor,
        entry: NewAgent,
    ) -> Result<(GatewayAgent, Secret), Refusal> {
        let (gateway, organization_id, usual_name) = match (entry.kind, entry.board_id) {
            (AgentKind::Main, Some(_)) => {
                let message = "A main agent is on no board.";
                return Err(wrong_at("board_id", "unexpected", message));
            }
            (AgentKind::Main, None) => {
                let id = entry.gateway_id.ok_or_else(|| {
                    wrong_at(
                        "gateway_id",
                        "required",
                        "A main agent needs its gateway_id.",
                    )
                })?;
                let gateway = self.gateway_for(who, id).await?;
                let name = format!("{} Gateway Agent", gateway.name);
                (gateway.gateway_id, gateway.organization_id, Some(name))
            }
            (_, None) => {
                let message = "A lead and a worker need their board_id.";
                return Err(wrong_at("board_id", "required", message));
            }
            (kind, Some(board_id)) => {
                let board = self.board_for(who, board_id).await?;
                let gateway = self.gateway_of_board(&board).await?;
                if entry.gateway_id.is_some_and(|id| id != gateway.gateway_id) {
                    let message = "The board is on another gateway; leave gateway_id out.";
                    return Err(wrong_at("gateway_id", "mismatch", message));
                }
                let name = (kind == AgentKind::Lead).then(|| format!("{} Lead", board.name));
                (gateway.gateway_id, board.organization_id, name)
            }
        };
        let usual: String = usual_name
            .unwrap_or_default()
            .chars()
            .take(MAX_NAME)
            .collect();
        let name = entry
            .name
            .filter(|name| !name.trim().is_empty())
            .unwrap_or(usual);
        let agent_id = AgentRecordId(Ulid::generate());
        let minted = token::mint();
        let mark = token::mark(minted.expose());
        let now = self.inner.house.now();
        let agent = GatewayAgent {
            agent_id,
            organization_id,
            gateway_id: Some(gateway),
            board_id: entry.board_id,
            kind: entry.kind,
            name: needed("name", &name, MAX_NAME)?,
            session_key: key(entry.kind, agent_id, Some(gateway), entry.board_id)?.session_key(),
            profile: tidy_profile(entry.profile)?,
            heartbeat: tidy_heartbeat(entry.heartbeat)?,
            token_prefix: mark.as_ref().map(|mark| mark.prefix.clone()),
            status: AgentStatus::Provisioning,
            generation: 0,
            made_at: None,
            wake_attempts: 0,
            check_in_deadline: None,
            last_seen_at: None,
            last_error: None,
            created_at: now,
            updated_at: now,
        };
        // what cannot be carried out is not registered
        let site = self.site(&agent).await?;
        self.rendered(&site.plan, &minted)?;
        let event = self.inner.house.event(EventType::AgentRegistered, who);
        let ledger = &self.inner.ledger;
        let written = ledger.add_gateway_agent(&agent, mark.as_ref(), event).await;
        match written.map_err(unread)? {
            Ok(_) => Ok((agent, minted)),
            Err(why) => Err(clash(
                why,
                &format!("{} agent", agent.kind.name()),
                &agent.name,
            )),
        }
    }

    /// Change an agent's name, profile or heartbeat, then bring it to that on its gateway: it
    /// is not woken, and its session goes on. The change stands also where the gateway fails.
    ///
    /// # Errors
    /// As [`Switchboard::add_agent`], `not_found`, and `conflict` where its row was changed
    /// meanwhile.
    pub async fn change_agent(
        &self,
        who: &Visitor,
        id: AgentRecordId,
        change: AgentChange,
    ) -> Result<AgentProvisioned, Refusal> {
        let before = self.agent_for(who, id).await?;
        if before.status == AgentStatus::Removing {
            return Err(being_removed(id));
        }
        let as_read = before.updated_at;
        let agent = GatewayAgent {
            name: match &change.name {
                Some(name) => needed("name", name, MAX_NAME)?,
                None => before.name.clone(),
            },
            profile: tidy_profile(change.profile.unwrap_or_default().onto(before.profile))?,
            heartbeat: tidy_heartbeat(change.heartbeat.unwrap_or_default().onto(before.heartbeat))?,
            updated_at: self.inner.house.now(),
            ..before
        };
        let site = self.site(&agent).await?;
        self.rendered(&site.plan, &token::mint())?;
        let event = self.inner.house.event(EventType::AgentUpdated, who);
        let ledger = &self.inner.ledger;
        let written = ledger.update_gateway_agent(&agent, as_read, event).await;
        match written.map_err(unread)? {
            Ok(_) => {}
            Err(Clash::Gone) => return Err(no_such("agent", id)),
            Err(why) => {
                let what = format!("{} agent", agent.kind.name());
                return Err(clash(why, &what, &agent.name));
            }
        }
        let job = Job {
            action: "update",
            key: Key::Kept,
            unless: Unless::Never,
            wake: false,
            reset_session: false,
            overwrite: false,
            force_bootstrap: false,
        };
        let done = self
            .to_the_end(who, agent, job)
            .await
            .map_err(|mut refusal| {
                refusal.detail = format!(
                    "{} The entry of the agent {id} is changed: provision it when that is mended.",
                    refusal.detail
                );
                refusal
            })?;
        Ok(shown(done))
    }

    /// Bring an agent to what its entry says, whatever was done of it so far.
    ///
    /// # Errors
    /// As [`Switchboard::add_agent`], and `not_found`.
    pub async fn provision(
        &self,
        who: &Visitor,
        id: AgentRecordId,
        wish: ProvisionWish,
    ) -> Result<AgentProvisioned, Refusal> {
        let agent = self.agent_for(who, id).await?;
        let first = agent.made_at.is_none();
        let job = Job {
            action: if first { "provision" } else { "update" },
            key: Key::Kept,
            unless: Unless::Never,
            wake: wish.wake,
            reset_session: wish.reset_session,
            overwrite: wish.overwrite,
            force_bootstrap: wish.force_bootstrap,
        };
        Ok(shown(self.to_the_end(who, agent, job).await?))
    }

    /// Give an agent another token, and write it to its files. The one before holds no
    /// longer, also where the gateway fails: ask again then.
    ///
    /// # Errors
    /// As [`Switchboard::provision`].
    pub async fn rotate_token(
        &self,
        who: &Visitor,
        id: AgentRecordId,
    ) -> Result<AgentProvisioned, Refusal> {
        let agent = self.agent_for(who, id).await?;
        let job = Job {
            action: "token rotation",
            key: Key::New,
            unless: Unless::Never,
            wake: false,
            reset_session: false,
            overwrite: false,
            force_bootstrap: false,
        };
        Ok(shown(self.to_the_end(who, agent, job).await?))
    }

    /// Remove an agent from its gateway, its session and its files with it, then from the
    /// register. One whose gateway was removed is only forgotten. Goes on to its end.
    ///
    /// # Errors
    /// `not_found`, `gateway_failed`: then it is still registered, and asking again goes on;
    /// `store_unavailable`.
    pub async fn remove_agent(&self, who: &Visitor, id: AgentRecordId) -> Result<(), Refusal> {
        let agent = self.agent_for(who, id).await?;
        let (board, who) = (self.clone(), who.clone());
        finished(async move { board.take_away(&who, agent).await }).await
    }

    async fn take_away(&self, who: &Visitor, agent: GatewayAgent) -> Result<(), Refusal> {
        let id = agent.agent_id;
        let mut generation = agent.generation;
        if let Some(gateway_id) = agent.gateway_id {
            let gateway = self.gateway_of(agent.organization_id, gateway_id).await?;
            let line = Prompt(self.inner.links.link(&gateway)?);
            let _turn = self.turn(gateway_id).await?;
            let begin = LifecycleBegin {
                agent_id: id,
                status: AgentStatus::Removing,
                gateway_id: None,
                over_by: None,
                now: self.inner.house.now(),
            };
            let begun = self
                .inner
                .ledger
                .begin_lifecycle(&begin)
                .await
                .map_err(unread)?;
            let begun = begun.ok_or_else(|| no_such("agent", id))?;
            generation = begun.generation;
            let plane = OpenClaw::new(&line);
            let patient = Patient::new(&plane, COORDINATION, "gateway cleanup");
            let who_it_is = key(agent.kind, id, agent.gateway_id, agent.board_id)?;
            let root = &gateway.workspace_root;
            let yes = Destructive::Confirmed;
            let deleted = delete_lifecycle(&patient, who_it_is, root, true, &Unobserved, yes).await;
            if let Err(error) = deleted {
                let said = match &error {
                    LifecycleError::Gateway { source, .. } => normalised(source),
                    _ => error.to_string(),
                };
                self.note(who, &begun, Err(&said)).await?;
                return Err(failed_saying("cleanup", &said));
            }
        }
        let event = self.inner.house.event(EventType::AgentRemoved, who);
        let ledger = &self.inner.ledger;
        let gone = ledger.remove_gateway_agent(id, generation, event).await;
        if gone.map_err(unread)?.is_none() {
            self.agent_for(who, id).await?;
            return Err(conflict(
                "Other work on the agent has begun meanwhile: ask again when it is done.",
            ));
        }
        Ok(())
    }

    /// Can every file of the agent be made? Asked before its entry is written: what is wrong
    /// with a template is whoever's who wrote it.
    fn rendered(&self, plan: &AgentPlan, token: &Secret) -> Result<(), Refusal> {
        let made = render_all(&self.inner.templates, plan, token);
        made.map(|_| ())
            .map_err(|error| wrong_at("profile", "template", format!("{error}.")))
    }

    /// The agents that the visitor may know of and the filter lets through, oldest first.
    ///
    /// # Errors
    /// `invalid_input` for a cursor that is none, `store_unavailable`.
    pub async fn agents(
        &self,
        who: &Visitor,
        filter: AgentFilter,
    ) -> Result<Page<GatewayAgent>, Refusal> {
        let filter = AgentFilter {
            organization_id: who.organization,
            ..filter
        };
        let mut page = self
            .inner
            .ledger
            .gateway_agents(&filter)
            .await
            .map_err(unread)?;
        let now = self.inner.house.now();
        page.items = page
            .items
            .into_iter()
            .map(|agent| as_it_is(agent, now))
            .collect();
        Ok(page)
    }

    /// One agent.
    ///
    /// # Errors
    /// `not_found`, `store_unavailable`.
    pub async fn agent(&self, who: &Visitor, id: AgentRecordId) -> Result<GatewayAgent, Refusal> {
        let agent = self.agent_for(who, id).await?;
        Ok(as_it_is(agent, self.inner.house.now()))
    }
}

fn tidy_profile(profile: AgentProfile) -> Result<AgentProfile, Refusal> {
    let template = |field: &str, text: Option<&str>| blank_is_none(field, text, MAX_TEMPLATE);
    Ok(AgentProfile {
        role: needed("profile/role", &profile.role, 200)?,
        communication_style: needed(
            "profile/communication_style",
            &profile.communication_style,
            400,
        )?,
        emoji: needed("profile/emoji", &profile.emoji, 40)?,
        identity_template: template(
            "profile/identity_template",
            profile.identity_template.as_deref(),
        )?,
        soul_template: template("profile/soul_template", profile.soul_template.as_deref())?,
        ..profile
    })
}

fn tidy_heartbeat(heartbeat: Heartbeat) -> Result<Heartbeat, Refusal> {
    Ok(Heartbeat {
        every: needed("heartbeat/every", &heartbeat.every, 20)?,
        target: needed("heartbeat/target", &heartbeat.target, 64)?,
        ..heartbeat
    })
}

/// What whoever asked is shown; a new token this once.
fn shown(done: Done) -> AgentProvisioned {
    AgentProvisioned {
        agent: done.agent,
        token: done.token.map(|token| token.expose().to_owned()),
    }
}

/// An agent that checked in once, and then no more, is offline.
fn as_it_is(mut agent: GatewayAgent, now: Timestamp) -> GatewayAgent {
    let unseen = |seen: Timestamp| now.micros() - seen.micros() > UNSEEN_US;
    if agent.status == AgentStatus::Online && agent.last_seen_at.is_some_and(unseen) {
        agent.status = AgentStatus::Offline;
    }
    agent
}
