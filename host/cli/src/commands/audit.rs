//! `dispatch audit`: is what is kept what was committed, and does it follow from the
//! rules? Reads the database, not the host, so that a host cannot answer for itself.

mod progress;
mod replay;
mod verify;

use dispatch_contract::TicketId;
use dispatch_ledger::Ledger;

use crate::failure::Failure;
use crate::global::Global;
use crate::house::database::{self, DatabaseArgs};

/// Connections for reading from end to end.
const CONNECTIONS: u32 = 4;

/// Check the audit trail; exit status 1 where anything is wrong
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Check every chain's order and hashes, and name the first bad row
    Verify(AuditArgs),
    /// Rebuild every ticket from its events alone, and judge every committed call again
    Replay(AuditArgs),
}

#[derive(clap::Args)]
struct AuditArgs {
    /// Only this ticket
    #[arg(long, value_name = "ID")]
    ticket: Option<TicketId>,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let (args, is_replay) = match self.action {
            Action::Verify(args) => (args, false),
            Action::Replay(args) => (args, true),
        };
        let database = args.database.reach().await?;
        let outcome = match database.connect(CONNECTIONS).await {
            Ok(ledger) => {
                let outcome = look(&ledger, &args, is_replay, global.json).await;
                ledger.shutdown().await.ok();
                outcome
            }
            Err(failure) => Err(failure),
        };
        database.close().await;
        // whatever was found, what was started is stopped
        if outcome? {
            Ok(())
        } else {
            Err(Failure::Found)
        }
    }
}

/// True where all is in order.
async fn look(
    ledger: &Ledger,
    args: &AuditArgs,
    is_replay: bool,
    json: bool,
) -> Result<bool, Failure> {
    if let Some(ticket) = args.ticket {
        let away = |error| database::away(error, "the ticket could not be looked up");
        let unknown = ledger.ticket(ticket).await.map_err(away)?.is_none();
        let silent = ledger.timeline(ticket, None, 1).await.map_err(away)?;
        if unknown && silent.items.is_empty() {
            return Err(Failure::Other(anyhow::anyhow!(
                "there is no ticket {ticket} in this database, and no event of it"
            )));
        }
    }
    if is_replay {
        let cache = args.database.data_dir().join("compiled");
        replay::run(ledger, args.ticket, &cache, json).await
    } else {
        verify::run(ledger, args.ticket, json).await
    }
}
