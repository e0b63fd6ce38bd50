//! Who stands at the switchboard: an operator by their bearer token, or an agent of a
//! gateway by the token in its own files.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use dispatch_contract::Refusal;
use dispatch_switchboard::{Speaker, Visitor};

use crate::Api;
use crate::access::any_operator;
use crate::correlation::CorrelationId;
use crate::principal::{Caller, unauthenticated};
use crate::problem::Refusing;

const AGENT_TOKEN: HeaderName = HeaderName::from_static("x-agent-token");

/// An operator, of the whole house or of one organization.
pub(crate) struct Operator(pub(crate) Visitor);

impl FromRequestParts<Api> for Operator {
    type Rejection = Refusing;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusing> {
        let caller = Caller::from_request_parts(parts, api).await?;
        any_operator(caller.actor)?;
        Ok(Self(Visitor {
            actor: Some(caller.actor),
            organization: caller.organization,
            correlation_id: correlation(parts),
        }))
    }
}

/// Whoever may speak to leads: an operator, or a gateway's main agent.
pub(crate) struct ToLeads {
    pub(crate) visitor: Visitor,
    pub(crate) speaker: Speaker,
}

impl FromRequestParts<Api> for ToLeads {
    type Rejection = Refusing;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusing> {
        if !parts.headers.contains_key(AGENT_TOKEN) {
            let Operator(visitor) = Operator::from_request_parts(parts, api).await?;
            let speaker = Speaker::Operator;
            return Ok(Self { visitor, speaker });
        }
        let token = agent_token(&parts.headers, api)?;
        let agent = api.switchboard().main_agent_by(token).await?;
        api.inner.rates.held(token);
        Ok(Self {
            visitor: Visitor {
                actor: None,
                organization: Some(agent.organization_id),
                correlation_id: correlation(parts),
            },
            speaker: Speaker::Main(Box::new(agent)),
        })
    }
}

/// The token that an agent shows, at a rate that nobody guesses at. Whoever finds that it
/// holds tells the rates.
pub(crate) fn agent_token<'h>(headers: &'h HeaderMap, api: &Api) -> Result<&'h str, Refusal> {
    let token = headers
        .get(AGENT_TOKEN)
        .and_then(|value| value.to_str().ok());
    let token = token.ok_or_else(|| {
        unauthenticated("There is no agent's token. Send `X-Agent-Token: <AUTH_TOKEN>`.".into())
    })?;
    api.inner.rates.take_agent(token)?;
    Ok(token)
}

fn correlation(parts: &Parts) -> Option<String> {
    let given = parts.extensions.get::<CorrelationId>();
    given.map(|given| given.0.clone())
}
