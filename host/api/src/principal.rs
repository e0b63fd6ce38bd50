//! Who calls: the bearer token of a request, checked, and their rate.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use dispatch_contract::{Actor, Code, OrganizationId, Phase, Refusal};

use crate::Api;
use crate::problem::Refusing;

/// The principal of a request. A route that takes one has no anonymous mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
    /// The one organization that an operator may know of; all of them where absent.
    pub(crate) organization: Option<OrganizationId>,
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Refusing;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusing> {
        let caller = identify(&parts.headers, api)?;
        api.inner.rates.take(caller.actor.id)?;
        Ok(caller)
    }
}

/// Who the credential says is calling.
pub(crate) fn identify(headers: &HeaderMap, api: &Api) -> Result<Caller, Refusal> {
    let token = bearer(headers).ok_or_else(|| {
        unauthenticated(
            "There is no bearer token. Send `Authorization: Bearer <token>`; an operator makes \
             one with `dispatch token mint`."
                .into(),
        )
    })?;
    let verified = api.inner.verifier.verify(token, api.desk().now());
    verified
        .map(|principal| Caller {
            actor: principal.actor,
            organization: principal.organization,
        })
        .map_err(|error| unauthenticated(format!("The bearer token does not hold: {error}.")))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_start())
}

pub(crate) fn unauthenticated(detail: String) -> Refusal {
    Refusal::new(Code::Unauthenticated, Phase::Credential, detail)
}
