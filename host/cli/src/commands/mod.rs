//! The commands, one file each. A command parses its own arguments and decides
//! nothing that the host decides.

mod agent;
mod attachment;
mod audit;
mod below;
mod board;
mod call;
mod completions;
mod console;
mod gateway;
mod migrate;
mod organization;
mod outbox;
mod policy;
mod serve;
mod technician;
mod ticket;
mod token;
mod tools;

use crate::failure::Failure;
use crate::global::Global;

/// Each variant is its module's arguments; their `run` does it.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Serve(serve::Args),
    Call(call::Args),
    Ticket(ticket::Args),
    Console(console::Args),
    Attachment(attachment::Args),
    Technician(technician::Args),
    Gateway(gateway::Args),
    Board(board::Args),
    Agent(agent::Args),
    Organization(organization::Args),
    Token(token::Args),
    Outbox(outbox::Args),
    Audit(audit::Args),
    Policy(policy::Args),
    Migrate(migrate::Args),
    Tools(tools::Args),
    Completions(completions::Args),
}

impl Command {
    pub(crate) fn run(self, global: Global) -> Result<(), Failure> {
        match self {
            Self::Serve(args) => args.run(),
            Self::Call(args) => wait(args.run(&global)),
            Self::Ticket(args) => wait(args.run(&global)),
            Self::Console(args) => wait(args.run(&global)),
            Self::Attachment(args) => wait(args.run(&global)),
            Self::Technician(args) => wait(args.run(&global)),
            Self::Gateway(args) => wait(args.run(&global)),
            Self::Board(args) => wait(args.run(&global)),
            Self::Agent(args) => wait(args.run(&global)),
            Self::Organization(args) => wait(args.run(&global)),
            Self::Token(args) => wait(args.run(&global)),
            Self::Outbox(args) => wait(args.run(&global)),
            Self::Audit(args) => wait(args.run(&global)),
            Self::Policy(args) => args.run(&global),
            Self::Migrate(args) => wait(args.run(&global)),
            Self::Tools(args) => args.run(&global),
            Self::Completions(args) => args.run(),
        }
    }
}

/// Run a command that waits for others: one thread is enough.
fn wait<F: Future<Output = Result<(), Failure>>>(work: F) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(error.into()))?
        .block_on(work)
}
