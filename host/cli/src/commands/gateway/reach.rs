//! How a gateway is reached directly: address, token, device key. The token comes from a
//! file or the environment, never from the command line, where every user of the machine
//! could read it.

use std::path::PathBuf;
use std::time::Duration;

use dispatch_gateway::{
    Address, Connection, Credential, DeviceRef, Method, Scope, SecretRef, Target, TokenSource,
};
use serde_json::Value;

use crate::failure::Failure;

/// The variable that OpenClaw's own commands read too.
const TOKEN_VARIABLE: &str = "OPENCLAW_GATEWAY_TOKEN";

/// Options of every command that speaks with a gateway directly.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "How the gateway is reached")]
pub(super) struct Reach {
    /// The gateway's address, ws:// or wss://
    #[arg(
        long,
        env = "OPENCLAW_GATEWAY_URL",
        default_value = "ws://127.0.0.1:18789",
        value_name = "URL"
    )]
    gateway_url: String,
    /// A file that holds the gateway's token, readable for its owner alone; without it,
    /// OPENCLAW_GATEWAY_TOKEN
    #[arg(long, value_name = "FILE")]
    gateway_token_file: Option<PathBuf>,
    /// A device key's file; `devices pair` makes one
    #[arg(long, value_name = "FILE")]
    pub(super) device_key: Option<PathBuf>,
    /// Do not verify the gateway's certificate (wss:// alone)
    #[arg(long)]
    allow_insecure_tls: bool,
    /// Send the token unencrypted (ws://) over a public network
    #[arg(long)]
    allow_plain: bool,
    /// Send the token in the address too, where this gateway needs it
    #[arg(long)]
    token_in_query: bool,
    /// How long a call may take, in seconds
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    within: u64,
}

impl Reach {
    /// The gateway, asked for these scopes.
    pub(super) fn target(&self, scopes: &[Scope]) -> Result<Target, Failure> {
        let address =
            Address::parse(&self.gateway_url).map_err(|error| Failure::usage(error.to_string()))?;
        let mut target = Target::new(address, self.credential());
        target.options.scopes = scopes.to_vec();
        target.options.allow_insecure_tls = self.allow_insecure_tls;
        target.options.allow_plain = self.allow_plain;
        target.options.token_in_query = self.token_in_query;
        Ok(target)
    }

    fn credential(&self) -> Credential {
        let from_env = || {
            let set = std::env::var(TOKEN_VARIABLE).is_ok_and(|text| !text.trim().is_empty());
            set.then(|| SecretRef::Env(TOKEN_VARIABLE.into()))
        };
        let reference = match &self.gateway_token_file {
            Some(path) => Some(SecretRef::File(path.clone())),
            None => from_env(),
        };
        Credential {
            token: reference.map(TokenSource::Reference),
            device: self.device_key.clone().map(DeviceRef::at),
        }
    }

    /// A connection with these scopes.
    pub(super) async fn connect(&self, scopes: &[Scope]) -> Result<Connection, Failure> {
        Ok(Connection::open(&self.target(scopes)?).await?)
    }

    /// Puts one typed call on a connection of its own: the answer as it came, and as it
    /// is read.
    pub(super) async fn ask<M: Method>(&self, method: &M) -> Result<(Value, M::Answer), Failure> {
        let connection = self.connect(&[M::SCOPE]).await?;
        let answer = self.ask_on(&connection, method).await?;
        connection.close().await;
        Ok(answer)
    }

    /// The same on a connection that there is.
    pub(super) async fn ask_on<M: Method>(
        &self,
        connection: &Connection,
        method: &M,
    ) -> Result<(Value, M::Answer), Failure> {
        let params = serde_json::to_value(method).map_err(|error| Failure::Other(error.into()))?;
        let raw = connection.call(M::NAME, params, self.within()).await?;
        let answer = serde_json::from_value(raw.clone()).map_err(|error| {
            dispatch_gateway::GatewayError::Answer {
                method: M::NAME.into(),
                cause: error.to_string(),
            }
        })?;
        Ok((raw, answer))
    }

    pub(super) fn within(&self) -> Duration {
        Duration::from_secs(self.within)
    }
}
