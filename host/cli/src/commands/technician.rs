//! `dispatch technician`: the register of technicians, for operators.

use dispatch_contract::TechnicianId;
use dispatch_contract::reading::Technician;
use dispatch_contract::time::Zone;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use ulid::Ulid;

use crate::client::{Answer, Client};
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;
use crate::show::table::Table;

/// Look after the register of technicians (operators)
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List technicians
    List,
    /// Register a technician
    Add(AddArgs),
    /// Change a technician; what is not given stays
    Set(SetArgs),
}

#[derive(clap::Args)]
struct AddArgs {
    /// By name
    name: String,
    /// Where their day runs, such as America/New_York
    #[arg(long, value_name = "ZONE")]
    timezone: Zone,
    /// Telephone
    #[arg(long)]
    phone: Option<String>,
    /// Their id; a fresh one where not given
    #[arg(long, value_name = "ID")]
    id: Option<TechnicianId>,
    /// Not to be assigned yet
    #[arg(long)]
    inactive: bool,
}

#[derive(clap::Args)]
struct SetArgs {
    /// Their id
    technician: TechnicianId,
    /// May be assigned
    #[arg(long, conflicts_with = "deactivate")]
    activate: bool,
    /// May no longer be assigned
    #[arg(long)]
    deactivate: bool,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// Another zone
    #[arg(long, value_name = "ZONE")]
    timezone: Option<Zone>,
    /// Another telephone; empty for none
    #[arg(long)]
    phone: Option<String>,
}

/// The register, as `GET /v0/technicians` answers it.
#[derive(Deserialize)]
struct Register {
    technicians: Vec<Technician>,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        if let Action::Set(args) = &self.action {
            args.change_something()?;
        }
        let client = global.client()?;
        let (answer, technicians) = match self.action {
            Action::List => {
                let answer = client.get(&["v0", "technicians"], &[]).await?;
                let register: Register = answer.read()?;
                (answer, register.technicians)
            }
            Action::Add(args) => {
                let answer = put(&client, args.entry()).await?;
                let technician = answer.read()?;
                (answer, vec![technician])
            }
            Action::Set(args) => {
                let register: Register = client.get(&["v0", "technicians"], &[]).await?.read()?;
                let answer = put(&client, args.apply(register.technicians)?).await?;
                let technician = answer.read()?;
                (answer, vec![technician])
            }
        };
        if global.json {
            out::json(&answer.bytes);
        } else {
            out::text(&text(&technicians));
        }
        Ok(())
    }
}

impl AddArgs {
    fn entry(self) -> Technician {
        Technician {
            technician_id: self.id.unwrap_or_else(|| TechnicianId(Ulid::generate())),
            name: self.name,
            active: !self.inactive,
            timezone: self.timezone,
            phone: self.phone,
        }
    }
}

impl SetArgs {
    fn change_something(&self) -> Result<(), Failure> {
        let given = [
            self.name.is_some(),
            self.timezone.is_some(),
            self.phone.is_some(),
        ];
        if self.activate || self.deactivate || given.contains(&true) {
            return Ok(());
        }
        Err(Failure::usage(
            "say what to change: --activate, --deactivate, --name, --timezone or --phone",
        ))
    }

    fn apply(self, register: Vec<Technician>) -> Result<Technician, Failure> {
        let mut technician = register
            .into_iter()
            .find(|one| one.technician_id == self.technician)
            .ok_or_else(|| {
                Failure::usage(format!(
                    "{} is not in the register: `dispatch technician list` shows who is, \
                     `technician add --id` registers",
                    self.technician
                ))
            })?;
        technician.active = self.activate || (technician.active && !self.deactivate);
        if let Some(name) = self.name {
            technician.name = name;
        }
        if let Some(timezone) = self.timezone {
            technician.timezone = timezone;
        }
        if let Some(phone) = self.phone {
            technician.phone = Some(phone).filter(|phone| !phone.trim().is_empty());
        }
        Ok(technician)
    }
}

async fn put(client: &Client, technician: Technician) -> Result<Answer, Failure> {
    let id = technician.technician_id.to_string();
    let mut body = json!({
        "name": technician.name,
        "active": technician.active,
        "timezone": technician.timezone,
    });
    if let Some(phone) = technician.phone {
        body["phone"] = phone.into();
    }
    client
        .json(Method::PUT, &["v0", "technicians", &id], false, &body)
        .await
}

fn text(technicians: &[Technician]) -> String {
    if technicians.is_empty() {
        return "nobody is registered; `dispatch technician add NAME --timezone ZONE` does\n"
            .into();
    }
    let mut table = Table::new(&["TECHNICIAN", "NAME", "ACTIVE", "ZONE", "PHONE"]);
    for one in technicians {
        table.row([
            one.technician_id.to_string(),
            one.name.clone(),
            if one.active { "yes" } else { "no" }.to_owned(),
            one.timezone.to_string(),
            one.phone.clone().unwrap_or_default(),
        ]);
    }
    table.text(Paint::of_stdout())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(deactivate: bool, phone: Option<&str>) -> SetArgs {
        SetArgs {
            technician: "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N".parse().expect("an id"),
            activate: false,
            deactivate,
            name: None,
            timezone: None,
            phone: phone.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_not_given_stays() {
        let before = Technician {
            technician_id: "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N".parse().expect("an id"),
            name: "Ines".into(),
            active: true,
            timezone: "America/New_York".parse().expect("a zone"),
            phone: Some("555".into()),
        };
        let register = vec![before.clone()];
        let after = set(true, None).apply(register.clone()).expect("registered");
        assert_eq!(
            after,
            Technician {
                active: false,
                ..before.clone()
            }
        );
        let after = set(false, Some("")).apply(register).expect("registered");
        assert_eq!(
            after,
            Technician {
                phone: None,
                ..before
            }
        );
        let failure = set(true, None).apply(Vec::new()).expect_err("nobody there");
        assert_eq!(failure.status(), 2);
    }
}
