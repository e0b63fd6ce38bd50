//! Sessions on a gateway: listed, read, spoken in; and the gateway's own state in one look.

use dispatch_contract::gateway::Gateway;
use dispatch_contract::gateway_work::{
    GatewayLook, MessageSent, SessionEntry, SessionHistory, SessionList, SessionMessage,
};
use dispatch_contract::{GatewayId, Refusal};
use dispatch_gateway::diagnosis::normalised;
use dispatch_gateway::methods::{chat, idempotency_key, sessions};
use dispatch_gateway::{GatewayError, Trouble, ask, version};
use dispatch_provision::AgentKey;
use dispatch_provision::coordinate::MAX_CONTENT;

use crate::Switchboard;
use crate::house::Visitor;
use crate::links::Prompt;
use crate::refuse::{failed, no_such, wrong_at};
use crate::target::minimum;

/// Sessions listed at most.
const MAX_SESSIONS: u32 = 200;

/// Messages of a history at most.
const MAX_MESSAGES: u32 = 500;

/// The longest session key, in characters.
const MAX_KEY: usize = 512;

impl Switchboard {
    /// The sessions of a gateway, the latest first, 200 at most.
    ///
    /// # Errors
    /// `not_found`, `gateway_failed`, `store_unavailable`.
    pub async fn sessions(&self, who: &Visitor, id: GatewayId) -> Result<SessionList, Refusal> {
        let (gateway, line) = self.line(who, id).await?;
        let list = list(&line)
            .await
            .map_err(|error| failed("session list", &error))?;
        Ok(SessionList {
            sessions: list.sessions.into_iter().map(entry).collect(),
            main_session_key: AgentKey::Main(gateway.gateway_id).session_key(),
        })
    }

    /// One session by its key; the main agent's is made where it is not there.
    ///
    /// # Errors
    /// `not_found`, `gateway_failed`, `store_unavailable`.
    pub async fn session(
        &self,
        who: &Visitor,
        id: GatewayId,
        key: &str,
    ) -> Result<SessionEntry, Refusal> {
        const WHAT: &str = "session lookup";
        let (gateway, line) = self.line(who, id).await?;
        let key = checked(key)?;
        let main = AgentKey::Main(gateway.gateway_id).session_key();
        // among the latest alone it might not be
        let alike = sessions::List {
            limit: Some(MAX_SESSIONS),
            search: Some(key.to_owned()),
            ..sessions::List::default()
        };
        let list = ask(&line, &alike).await;
        let list = list.map_err(|error| failed(WHAT, &error))?;
        if let Some(session) = list.sessions.into_iter().find(|session| session.key == key) {
            return Ok(entry(session));
        }
        if key != main {
            return Err(no_such("session", key));
        }
        ensure(&line, key)
            .await
            .map_err(|error| failed(WHAT, &error))
    }

    /// What was said in a session, the latest last.
    ///
    /// # Errors
    /// `not_found`, `gateway_failed`, `store_unavailable`.
    pub async fn history(
        &self,
        who: &Visitor,
        id: GatewayId,
        key: &str,
        limit: Option<u32>,
    ) -> Result<SessionHistory, Refusal> {
        let (_, line) = self.line(who, id).await?;
        let asked = chat::History {
            session_key: checked(key)?.to_owned(),
            limit: Some(limit.unwrap_or(50).clamp(1, MAX_MESSAGES)),
        };
        let said = ask(&line, &asked).await;
        let said = said.map_err(|error| failed("session history", &error))?;
        Ok(SessionHistory {
            session_key: asked.session_key,
            messages: said.messages,
        })
    }

    /// Say something in a session.
    ///
    /// # Errors
    /// `not_found`, `invalid_input`, `gateway_failed`, `store_unavailable`.
    pub async fn say(
        &self,
        who: &Visitor,
        id: GatewayId,
        key: &str,
        message: SessionMessage,
    ) -> Result<MessageSent, Refusal> {
        let (_, line) = self.line(who, id).await?;
        let said = chat::Send {
            session_key: checked(key)?.to_owned(),
            message: content(&message.message)?.to_owned(),
            deliver: message.deliver,
            idempotency_key: idempotency_key(),
        };
        let started = ask(&line, &said).await;
        let started = started.map_err(|error| failed("session message", &error))?;
        let run = Some(started.run_id).filter(|run| !run.is_empty());
        Ok(MessageSent {
            session_key: said.session_key,
            correlation_id: run.unwrap_or(said.idempotency_key),
        })
    }

    /// How a gateway answers now. What fails is told in the answer.
    ///
    /// # Errors
    /// `not_found`, `store_unavailable`.
    pub async fn look(&self, who: &Visitor, id: GatewayId) -> Result<GatewayLook, Refusal> {
        let gateway = self.gateway_for(who, id).await?;
        let mut look = GatewayLook {
            gateway_id: id,
            gateway_url: gateway.url.clone(),
            connected: false,
            version: None,
            sessions_count: None,
            sessions: Vec::new(),
            main_session: None,
            main_session_error: None,
            error: None,
            trouble: None,
            next_step: None,
        };
        let (line, minimum) = match (self.inner.links.link(&gateway), minimum(&gateway)) {
            (Ok(link), Ok(minimum)) => (Prompt(link), minimum),
            (Err(refusal), _) | (_, Err(refusal)) => {
                look.error = Some(refusal.detail);
                look.trouble = Some(Trouble::Misconfigured.as_str().to_owned());
                look.next_step = Some(Trouble::Misconfigured.next_step());
                return Ok(look);
            }
        };
        if let Err(error) = line.connected().await {
            told(&mut look, &error);
            return Ok(look);
        }
        let hello = line.0.state().borrow().hello.clone();
        if let Some(hello) = hello {
            let verdict = version::check(&line, &hello, minimum).await;
            look.version = verdict.current;
            if !verdict.compatible {
                look.error = Some(verdict.message);
                look.trouble = Some(Trouble::Incompatible.as_str().to_owned());
                look.next_step = Some(Trouble::Incompatible.next_step());
                return Ok(look);
            }
        }
        match list(&line).await {
            Ok(list) => {
                look.connected = true;
                look.sessions_count = Some(list.total_count.unwrap_or(list.count));
                look.sessions = list.sessions.into_iter().map(entry).collect();
            }
            Err(error) => {
                told(&mut look, &error);
                return Ok(look);
            }
        }
        let main = AgentKey::Main(id).session_key();
        match look.sessions.iter().find(|session| session.key == main) {
            Some(session) => look.main_session = Some(session.clone()),
            None => look.main_session_error = Some("The main agent has no session yet.".to_owned()),
        }
        Ok(look)
    }

    /// A gateway by its id, and the line to it.
    pub(crate) async fn line(
        &self,
        who: &Visitor,
        id: GatewayId,
    ) -> Result<(Gateway, Prompt), Refusal> {
        let gateway = self.gateway_for(who, id).await?;
        let link = self.inner.links.link(&gateway)?;
        Ok((gateway, Prompt(link)))
    }
}

fn told(look: &mut GatewayLook, error: &GatewayError) {
    let trouble = Trouble::of(error);
    look.error = Some(normalised(error));
    look.trouble = Some(trouble.as_str().to_owned());
    look.next_step = Some(trouble.next_step());
}

async fn list(line: &Prompt) -> Result<sessions::Sessions, GatewayError> {
    let all = sessions::List {
        limit: Some(MAX_SESSIONS),
        ..sessions::List::default()
    };
    ask(line, &all).await
}

async fn ensure(line: &Prompt, key: &str) -> Result<SessionEntry, GatewayError> {
    let made = sessions::Patch {
        key: key.to_owned(),
        label: None,
    };
    ask(line, &made).await?;
    Ok(SessionEntry {
        key: key.to_owned(),
        label: None,
        agent_id: dispatch_provision::keys::agent_id_of(key).map(str::to_owned),
        updated_at_ms: None,
        total_tokens: None,
        model: None,
    })
}

fn entry(session: sessions::Session) -> SessionEntry {
    SessionEntry {
        key: session.key,
        label: session.label,
        agent_id: session.agent_id,
        updated_at_ms: session.updated_at,
        total_tokens: session.total_tokens,
        model: session.model,
    }
}

fn checked(key: &str) -> Result<&str, Refusal> {
    if key.trim().is_empty() || key.chars().count() > MAX_KEY || key.chars().any(char::is_control) {
        let message = "A session's key is a text such as agent:main:main.";
        return Err(wrong_at("session_key", "key", message));
    }
    Ok(key)
}

/// Something to say, neither empty nor too long.
pub(crate) fn content(text: &str) -> Result<&str, Refusal> {
    if text.trim().is_empty() {
        return Err(wrong_at(
            "message",
            "required",
            "The message is empty: say something.",
        ));
    }
    if text.chars().count() > MAX_CONTENT {
        let message = format!("The message has at most {MAX_CONTENT} characters.");
        return Err(wrong_at("message", "max_length", message));
    }
    Ok(text)
}
