//! `dispatch gateway`: OpenClaw gateways, spoken with directly: no host and no database is
//! asked; and, in [`register`], those that a host has registered.

mod agents;
mod call;
mod channels;
mod config;
mod devices;
mod doctor;
mod drift;
mod health;
mod logs;
mod reach;
mod register;
mod sessions;
mod shown;
mod status;

use crate::failure::Failure;
use crate::global::Global;

/// Speak with an OpenClaw gateway, and look after those that the host knows
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

/// Each variant is its module's arguments; their `run` does it.
#[derive(clap::Subcommand)]
enum Action {
    Doctor(doctor::Args),
    Health(health::Args),
    Status(status::Args),
    Agents(agents::Args),
    Sessions(sessions::Args),
    Channels(channels::Args),
    Config(config::Args),
    Logs(logs::Args),
    Devices(devices::Args),
    Call(call::Args),
    Drift(drift::Args),
    #[command(flatten)]
    Register(register::Action),
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        match self.action {
            Action::Doctor(args) => args.run(global.json).await,
            Action::Health(args) => args.run(global.json).await,
            Action::Status(args) => args.run(global.json).await,
            Action::Agents(args) => args.run(global.json).await,
            Action::Sessions(args) => args.run(global.json).await,
            Action::Channels(args) => args.run(global.json).await,
            Action::Config(args) => args.run(global.json).await,
            Action::Logs(args) => args.run(global.json).await,
            Action::Devices(args) => args.run(global.json).await,
            Action::Call(args) => args.run(global.json).await,
            Action::Drift(args) => args.run(global).await,
            Action::Register(action) => action.run(global).await,
        }
    }
}
