//! `dispatch ticket`: reading tickets.

use chrono::Utc;
use dispatch_contract::reading::CaseFile;
use dispatch_contract::{CustomerId, State, TechnicianId, TicketId, Timestamp};

use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;
use crate::show::{case_file, tickets};

/// Read tickets
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List tickets, the newest first
    List(ListArgs),
    /// Show one ticket's canonical snapshot
    Show(OneArgs),
    /// Show one ticket's whole case file
    Case(OneArgs),
    /// Show one ticket in brief, with what you may call next
    Summary(OneArgs),
    /// Show one ticket's events, oldest first
    Timeline(TimelineArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    /// Standing here
    #[arg(long)]
    state: Option<State>,
    /// This urgent
    #[arg(long, value_parser = ["standard", "emergency"])]
    priority: Option<String>,
    /// With this technician on it
    #[arg(long, value_name = "ID")]
    technician: Option<TechnicianId>,
    /// Of this customer
    #[arg(long, value_name = "ID")]
    customer: Option<CustomerId>,
    /// With these words in customer, address, summary or classification
    #[arg(long)]
    text: Option<String>,
    /// Late: the window agreed is over, and nobody is on site; the longest late first
    #[arg(long)]
    late: bool,
    #[command(flatten)]
    page: PageArgs,
}

#[derive(clap::Args)]
struct PageArgs {
    /// After this page, as the one before said
    #[arg(long)]
    cursor: Option<String>,
    /// So many on a page; 50 where not given
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: Option<u32>,
}

#[derive(clap::Args)]
struct OneArgs {
    /// The ticket's id
    ticket: TicketId,
}

#[derive(clap::Args)]
struct TimelineArgs {
    /// The ticket's id
    ticket: TicketId,
    #[command(flatten)]
    page: PageArgs,
}

impl PageArgs {
    fn query(self) -> [(&'static str, Option<String>); 2] {
        [
            ("cursor", self.cursor),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ]
    }
}

impl ListArgs {
    fn query(self) -> Vec<(&'static str, Option<String>)> {
        let mut query = vec![
            ("state", self.state.map(|state| state.to_string())),
            ("priority", self.priority),
            ("technician_id", self.technician.map(|id| id.to_string())),
            ("customer_id", self.customer.map(|id| id.to_string())),
            ("text", self.text),
            (
                "due_before",
                self.late.then(|| Timestamp::from(Utc::now()).to_string()),
            ),
        ];
        query.extend(self.page.query());
        query
    }
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let client = global.client()?;
        let paint = Paint::of_stdout();
        let one = async |ticket: TicketId, part: &[&str]| {
            let ticket = ticket.to_string();
            let path = [&["v0", "tickets", ticket.as_str()], part].concat();
            client.get(&path, &[]).await
        };
        let (answer, text) = match self.action {
            Action::List(args) => {
                let answer = client.get(&["v0", "tickets"], &args.query()).await?;
                let text = tickets::page(&answer.read()?, paint);
                (answer, text)
            }
            Action::Show(args) => {
                let answer = one(args.ticket, &[]).await?;
                let text = tickets::snapshot(&answer.read()?, paint);
                (answer, text)
            }
            Action::Case(args) => {
                let answer = one(args.ticket, &["case"]).await?;
                let text = case_file::text(&answer.read::<CaseFile>()?, paint);
                (answer, text)
            }
            Action::Summary(args) => {
                let answer = one(args.ticket, &["summary"]).await?;
                let text = tickets::summary(&answer.read()?, paint);
                (answer, text)
            }
            Action::Timeline(args) => {
                let ticket = args.ticket.to_string();
                let path = ["v0", "tickets", ticket.as_str(), "timeline"];
                let answer = client.get(&path, &args.page.query()).await?;
                let text = tickets::timeline(&answer.read()?, paint);
                (answer, text)
            }
        };
        if global.json {
            out::json(&answer.bytes);
        } else {
            out::text(&text);
        }
        Ok(())
    }
}
