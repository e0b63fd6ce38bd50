//! `dispatch token`: credentials and the keys that sign them. Works on the keyring
//! file, without a host; only taking a credential back needs one.

mod keys;
mod lifetime;
mod mint;

use std::path::PathBuf;

use reqwest::Method;
use serde_json::json;
use ulid::Ulid;

use crate::failure::Failure;
use crate::global::Global;
use crate::out;

/// Make and take back credentials
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Make a token; it goes to standard output, what it says to standard error
    Mint(mint::MintArgs),
    /// Take a token back by its id (operators; over the host)
    Revoke(RevokeArgs),
    /// Make the keyring, or add a key to rotate to
    Keygen(keys::KeygenArgs),
    /// List the keyring's keys, never their secrets
    ListKeys(RingArgs),
}

/// Which keyring.
#[derive(clap::Args, Clone)]
pub(crate) struct RingArgs {
    /// The keyring; keyring.toml in the data folder where not given
    #[arg(long, env = "DISPATCH_KEYRING_FILE", value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// The data folder
    #[arg(long, env = "DISPATCH_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
}

impl RingArgs {
    pub(crate) fn path(&self) -> PathBuf {
        self.keyring.clone().unwrap_or_else(|| {
            self.data_dir
                .clone()
                .unwrap_or_else(dispatch_cluster::default_folder)
                .join("keyring.toml")
        })
    }
}

#[derive(clap::Args)]
struct RevokeArgs {
    /// The token's `jti`, as `token mint` said
    jti: Ulid,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        match self.action {
            Action::Mint(args) => args.run(global.json),
            Action::Revoke(args) => args.run(global).await,
            Action::Keygen(args) => args.run(global.json),
            Action::ListKeys(args) => keys::list(&args, global.json),
        }
    }
}

impl RevokeArgs {
    async fn run(self, global: &Global) -> Result<(), Failure> {
        let id = self.jti.to_string();
        let path = ["v0", "credentials", &id, "revoke"];
        let answer = global
            .client()?
            .json(Method::POST, &path, false, &json!({}))
            .await?;
        if global.json {
            out::json(&answer.bytes);
        } else {
            out::text(&format!("{id} no longer holds\n"));
        }
        Ok(())
    }
}
