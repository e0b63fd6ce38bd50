//! What is said to agents: nudges, questions and handoffs to leads, questions to the person
//! behind the main agent. Each leaves an event, whether the gateway took it or not, and goes on
//! to that, whether or not whoever asked still waits. To many leads: [`crate::leads`].

use std::future::Future;

use dispatch_contract::board::Board;
use dispatch_contract::event::EventType;
use dispatch_contract::gateway::Gateway;
use dispatch_contract::gateway_agent::{AgentKind, GatewayAgent};
use dispatch_contract::gateway_work::{
    LeadMessage, LeadMessageKind, MessageSent, Nudge, UserQuestion,
};
use dispatch_contract::{AgentRecordId, BoardId, Refusal};
use dispatch_ledger::{AgentFilter, short};
use dispatch_provision::coordinate::{self, Addressee, CoordinationError, Lead, Sent};
use dispatch_provision::{AgentKey, OpenClaw};
use serde_json::{Value, json};

use crate::Switchboard;
use crate::house::Visitor;
use crate::lifecycle::finished;
use crate::links::Prompt;
use crate::plan::key;
use crate::refuse::{failed_saying, unread, wrong, wrong_at};
use crate::sessions::content;

/// Whoever speaks to leads: an operator, or a gateway's main agent.
#[derive(Clone, PartialEq, Debug)]
pub enum Speaker {
    /// An operator.
    Operator,
    /// A main agent; it speaks on its own gateway alone.
    Main(Box<GatewayAgent>),
}

impl Speaker {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Operator => "an operator",
            Self::Main(agent) => &agent.name,
        }
    }

    pub(crate) fn may_speak_on(&self, gateway: &Gateway) -> Result<(), Refusal> {
        match self {
            Self::Main(agent) if agent.gateway_id != Some(gateway.gateway_id) => Err(Refusal::new(
                dispatch_contract::Code::RoleForbidden,
                dispatch_contract::Phase::Authorization,
                "A main agent speaks to leads on its own gateway.",
            )),
            _ => Ok(()),
        }
    }
}

impl Switchboard {
    /// Have an agent look at something before anything else; its answer goes out to its
    /// channel.
    ///
    /// # Errors
    /// `not_found`, `invalid_input`, `gateway_failed`, `store_unavailable`.
    pub async fn nudge(
        &self,
        who: &Visitor,
        id: AgentRecordId,
        nudge: Nudge,
    ) -> Result<MessageSent, Refusal> {
        let (board, who) = (self.clone(), who.clone());
        finished(async move { board.tell_agent(&who, id, nudge).await }).await
    }

    async fn tell_agent(
        &self,
        who: &Visitor,
        id: AgentRecordId,
        nudge: Nudge,
    ) -> Result<MessageSent, Refusal> {
        let agent = self.agent_for(who, id).await?;
        content(&nudge.message)?;
        let site = self.site(&agent).await?;
        let line = Prompt(self.inner.links.link(&site.gateway)?);
        let to = Addressee {
            key: key(agent.kind, id, agent.gateway_id, agent.board_id)?,
            name: agent.name.clone(),
        };
        let plane = OpenClaw::new(&line);
        let correlation = who.correlation_id.clone();
        let sent = coordinate::nudge(&plane, &to, "an operator", &nudge.message, correlation);
        let about =
            json!({ "kind": "nudge", "agent_id": id, "gateway_id": site.gateway.gateway_id });
        self.told(who, "nudge", about, sent).await
    }

    /// Ask a board's lead something or hand something over to it; a lead that is not there
    /// yet is made first.
    ///
    /// # Errors
    /// `not_found`, `invalid_input`, `role_forbidden`, `gateway_failed`,
    /// `store_unavailable`.
    pub async fn message_lead(
        &self,
        who: &Visitor,
        speaker: &Speaker,
        board_id: BoardId,
        message: LeadMessage,
    ) -> Result<MessageSent, Refusal> {
        let (board, who, speaker) = (self.clone(), who.clone(), speaker.clone());
        finished(async move { board.tell_lead(&who, &speaker, board_id, message).await }).await
    }

    async fn tell_lead(
        &self,
        who: &Visitor,
        speaker: &Speaker,
        board_id: BoardId,
        message: LeadMessage,
    ) -> Result<MessageSent, Refusal> {
        const WHAT: &str = "lead message dispatch";
        let board = self.board_for(who, board_id).await?;
        content(&message.message)?;
        let gateway = self.gateway_of_board(&board).await?;
        speaker.may_speak_on(&gateway)?;
        let about = json!({ "kind": kind_name(message.kind), "from": speaker.name(), "board_id": board_id,
            "gateway_id": gateway.gateway_id });
        let lead = match self.ensure_lead(who, &board).await {
            Ok(lead) => lead,
            Err(refusal) => {
                self.record(who, about, Err(refusal.detail.as_str()))
                    .await?;
                return Err(refusal);
            }
        };
        let line = Prompt(self.inner.links.link(&gateway)?);
        let plane = OpenClaw::new(&line);
        let said = said(message.kind, speaker, &message.message);
        let correlation = who.correlation_id.clone();
        let lead = lead_of(&board, &lead);
        let sent = coordinate::message_lead(&plane, &lead, &said, correlation);
        self.told(who, WHAT, about, sent).await
    }

    /// Have the main agent of a board's gateway ask the person it works for.
    ///
    /// # Errors
    /// `not_found`, `invalid_input` where the gateway has no main agent, `gateway_failed`,
    /// `store_unavailable`.
    pub async fn ask_user(
        &self,
        who: &Visitor,
        speaker: &Speaker,
        board_id: BoardId,
        question: UserQuestion,
    ) -> Result<MessageSent, Refusal> {
        let (board, who, speaker) = (self.clone(), who.clone(), speaker.clone());
        finished(async move { board.put_to_user(&who, &speaker, board_id, question).await }).await
    }

    async fn put_to_user(
        &self,
        who: &Visitor,
        speaker: &Speaker,
        board_id: BoardId,
        question: UserQuestion,
    ) -> Result<MessageSent, Refusal> {
        let board = self.board_for(who, board_id).await?;
        content(&question.message)?;
        let gateway = self.gateway_of_board(&board).await?;
        speaker.may_speak_on(&gateway)?;
        let main = AgentFilter {
            gateway_id: Some(gateway.gateway_id),
            kind: Some(AgentKind::Main),
            limit: 1,
            ..AgentFilter::default()
        };
        let main = self
            .inner
            .ledger
            .gateway_agents(&main)
            .await
            .map_err(unread)?;
        let main = main.items.into_iter().next().ok_or_else(|| {
            wrong("The gateway has no main agent: `dispatch agent add --main GATEWAY` makes it.")
        })?;
        let line = Prompt(self.inner.links.link(&gateway)?);
        let plane = OpenClaw::new(&line);
        let to = Addressee {
            key: AgentKey::Main(gateway.gateway_id),
            name: main.name,
        };
        let asked = coordinate::QuestionForUser {
            board_name: board.name.clone(),
            from: speaker.name().to_owned(),
            content: question.message,
            preferred_channel: question.preferred_channel,
        };
        let sent = coordinate::ask_user(&plane, &to, &asked, who.correlation_id.clone());
        let about = json!({ "kind": "ask_user", "from": speaker.name(), "board_id": board_id, "gateway_id": gateway.gateway_id });
        self.told(who, "ask-user dispatch", about, sent).await
    }

    /// Waits for a message to go out, and writes down what became of it.
    async fn told(
        &self,
        who: &Visitor,
        what: &str,
        about: Value,
        sending: impl Future<Output = Result<Sent, CoordinationError>>,
    ) -> Result<MessageSent, Refusal> {
        match sending.await {
            Ok(sent) => {
                let mut about = about;
                about["session_key"] = sent.session_key.clone().into();
                about["correlation_id"] = sent.correlation_id.clone().into();
                self.record(who, about, Ok(())).await?;
                Ok(MessageSent {
                    session_key: sent.session_key,
                    correlation_id: sent.correlation_id,
                })
            }
            Err(error) => {
                let refusal = refused(what, error);
                self.record(who, about, Err(refusal.detail.as_str()))
                    .await?;
                Err(refusal)
            }
        }
    }

    pub(crate) async fn record(
        &self,
        who: &Visitor,
        mut about: Value,
        outcome: Result<(), &str>,
    ) -> Result<(), Refusal> {
        about["ok"] = outcome.is_ok().into();
        if let Err(error) = outcome {
            about["error"] = short(error).into();
        }
        let mut event = self.inner.house.event(EventType::AgentMessaged, who);
        event.payload = about;
        self.inner
            .ledger
            .append_house_event(event)
            .await
            .map_err(unread)?;
        Ok(())
    }
}

pub(crate) fn refused(what: &str, error: CoordinationError) -> Refusal {
    match &error {
        CoordinationError::Gateway(gateway) => {
            failed_saying(what, &dispatch_gateway::diagnosis::normalised(gateway))
        }
        CoordinationError::Empty | CoordinationError::TooLong(_) => {
            wrong_at("message", "content", format!("{error}."))
        }
    }
}

fn kind_name(kind: LeadMessageKind) -> &'static str {
    match kind {
        LeadMessageKind::Question => "question",
        LeadMessageKind::Handoff => "handoff",
    }
}

pub(crate) fn lead_of(board: &Board, lead: &GatewayAgent) -> Lead {
    Lead {
        board_id: board.board_id,
        board_name: board.name.clone(),
        name: lead.name.clone(),
    }
}

pub(crate) fn said(
    kind: LeadMessageKind,
    speaker: &Speaker,
    text: &str,
) -> coordinate::LeadMessage {
    coordinate::LeadMessage {
        kind: match kind {
            LeadMessageKind::Question => coordinate::LeadMessageKind::Question,
            LeadMessageKind::Handoff => coordinate::LeadMessageKind::Handoff,
        },
        from: speaker.name().to_owned(),
        content: text.to_owned(),
    }
}
