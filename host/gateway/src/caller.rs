//! Whatever can put a call to a gateway: a connection, or a link that keeps one.

use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::Value;

use crate::error::GatewayError;
use crate::methods::Method;

/// Puts calls to one gateway.
pub trait Caller: Send + Sync {
    /// Puts one call and waits for its answer, at most `within` altogether. Dropping the
    /// future forgets the call; the gateway may still do it.
    fn call(
        &self,
        method: &str,
        params: Value,
        within: Duration,
    ) -> BoxFuture<'_, Result<Value, GatewayError>>;
}

/// Puts a typed call and reads its answer.
///
/// # Errors
/// [`GatewayError`]; [`GatewayError::Answer`] where the answer's shape is another.
pub async fn ask<M: Method>(caller: &dyn Caller, method: &M) -> Result<M::Answer, GatewayError> {
    let params = serde_json::to_value(method)
        .map_err(|error| GatewayError::Protocol(format!("{}: {error}", M::NAME)))?;
    let answer = caller.call(M::NAME, params, method.within()).await?;
    serde_json::from_value(answer).map_err(|error| GatewayError::Answer {
        method: M::NAME.to_owned(),
        cause: error.to_string(),
    })
}
