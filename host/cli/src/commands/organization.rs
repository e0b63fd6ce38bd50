//! `dispatch organization`: whose gateways and boards they are, for operators.

use dispatch_contract::gateway::{NewOrganization, Organization};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;
use crate::show::table::Table;

/// Look after organizations, where one host serves several (operators)
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List organizations
    List,
    /// Register an organization; `dispatch token mint --organization` limits an operator to it
    Add {
        /// By name
        name: String,
    },
}

/// As `GET /v0/organizations` answers.
#[derive(Deserialize)]
struct Register {
    organizations: Vec<Organization>,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let client = global.client()?;
        let path = ["v0", "organizations"];
        let (answer, organizations) = match self.action {
            Action::List => {
                let answer = client.get(&path, &[]).await?;
                let register: Register = answer.read()?;
                (answer, register.organizations)
            }
            Action::Add { name } => {
                let entry = json!(NewOrganization { name });
                let answer = client.json(Method::POST, &path, false, &entry).await?;
                let made: Organization = answer.read()?;
                (answer, vec![made])
            }
        };
        if global.json {
            out::json(&answer.bytes);
            return Ok(());
        }
        let mut table = Table::new(&["ORGANIZATION", "NAME"]);
        for one in &organizations {
            table.row([one.organization_id.to_string(), one.name.clone()]);
        }
        out::text(&table.text(Paint::of_stdout()));
        Ok(())
    }
}
