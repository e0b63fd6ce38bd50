//! Who calls: the bearer token of a request, checked, and their rate.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use dispatch_contract::{Actor, Code, Phase, Refusal};

use crate::Api;
use crate::problem::Refusing;

/// The principal of a request. A route that takes one has no anonymous mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Refusing;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusing> {
        let token = bearer(parts).ok_or_else(|| {
            unauthenticated(
                "There is no bearer token. Send `Authorization: Bearer <token>`; an operator \
                 makes one with `dispatch token mint`."
                    .into(),
            )
        })?;
        let principal = api
            .inner
            .verifier
            .verify(token, api.desk().now())
            .map_err(|error| {
                unauthenticated(format!("The bearer token does not hold: {error}."))
            })?;
        api.inner.rates.take(principal.actor.id)?;
        Ok(Self {
            actor: principal.actor,
        })
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_start())
}

fn unauthenticated(detail: String) -> Refusal {
    Refusal::new(Code::Unauthenticated, Phase::Credential, detail)
}
