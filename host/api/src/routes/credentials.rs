//! Taking a credential back, for operators.

use axum::extract::{Extension, Path, State};
use dispatch_contract::{Code, Phase, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::Api;
use crate::access::operators_only;
use crate::correlation::CorrelationId;
use crate::principal::Caller;
use crate::reply::{Reply, json};

/// A credential that no longer holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Revoked {
    /// The credential's `jti`.
    pub token_id: String,
    /// Always true.
    pub revoked: bool,
}

/// Revoke a credential by its id; an audited action, at once on this host and
/// within seconds on others.
#[utoipa::path(post, path = "/v0/credentials/{token_id}/revoke", tag = "credentials", params(("token_id" = String, Path)),
    responses((status = 200, description = "It no longer holds", body = ref("#/components/schemas/Revoked"), content_type = "application/json")))]
pub(crate) async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    Extension(correlation): Extension<CorrelationId>,
    Path(id): Path<String>,
) -> Reply {
    operators_only(caller)?;
    let token_id = Ulid::from_string(&id).map_err(|_| {
        Refusal::new(
            Code::InvalidInput,
            Phase::Schema,
            format!(
                "`{id:.60}` is no token id: it is the `jti` that `dispatch token mint` printed."
            ),
        )
    })?;
    api.desk()
        .revoke(caller.actor, token_id, Some(&correlation.0))
        .await?;
    api.inner.verifier.revoked().add(token_id);
    Ok(json(&Revoked {
        token_id: token_id.to_string(),
        revoked: true,
    }))
}
