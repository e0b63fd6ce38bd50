//! `dispatch outbox`: messages that committed calls owe, for operators.

use dispatch_contract::TicketId;
use dispatch_contract::outbox::{OutboxEntry, OutboxState};
use dispatch_contract::reading::Page;
use reqwest::Method;
use serde_json::json;

use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;
use crate::show::table::Table;
use crate::show::{clean, cut, time};

/// Look after the messages that committed calls owe (operators)
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List messages, the newest first
    List(ListArgs),
    /// Have dead messages tried again, as if they were new
    Replay(ReplayArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    /// Only those that stand here
    #[arg(long, value_parser = ["waiting", "sent", "queued", "dead"])]
    state: Option<String>,
    /// Only those of this ticket
    #[arg(long, value_name = "ID")]
    ticket: Option<TicketId>,
    /// After this page, as the one before said
    #[arg(long)]
    cursor: Option<String>,
    /// So many on a page; 50 where not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: Option<u32>,
}

#[derive(clap::Args)]
struct ReplayArgs {
    /// Their numbers, as the list shows them
    #[arg(required = true, num_args = 1..=50, value_name = "MESSAGE")]
    messages: Vec<u64>,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        match self.action {
            Action::List(args) => args.run(global).await,
            Action::Replay(args) => args.run(global).await,
        }
    }
}

impl ListArgs {
    async fn run(self, global: &Global) -> Result<(), Failure> {
        let query = [
            ("state", self.state),
            ("ticket_id", self.ticket.map(|id| id.to_string())),
            ("cursor", self.cursor),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ];
        let answer = global.client()?.get(&["v0", "outbox"], &query).await?;
        if global.json {
            out::json(&answer.bytes);
        } else {
            out::text(&page(&answer.read()?, Paint::of_stdout()));
        }
        Ok(())
    }
}

impl ReplayArgs {
    async fn run(self, global: &Global) -> Result<(), Failure> {
        let client = global.client()?;
        for message in self.messages {
            let number = message.to_string();
            let path = ["v0", "outbox", number.as_str(), "replay"];
            let answer = client.json(Method::POST, &path, false, &json!({})).await?;
            if global.json {
                out::json(&answer.bytes);
            } else {
                let entry: OutboxEntry = answer.read()?;
                out::text(&format!(
                    "{message}: {} of ticket {} waits to be sent again\n",
                    entry.topic.name(),
                    entry.ticket_id
                ));
            }
        }
        Ok(())
    }
}

const QUEUED: &str = "queued: the channel failed, and the gateway keeps the message: it decides \
    from there. Look at its channels with `dispatch gateway channels`.\n";

fn page(page: &Page<OutboxEntry>, paint: Paint) -> String {
    if page.items.is_empty() {
        return "no messages\n".into();
    }
    let mut table = Table::new(&["MESSAGE", "STATE", "ABOUT", "TICKET", "OWED", "TRIES", "TO"]);
    for entry in &page.items {
        let to = entry.delivery.as_ref().map_or_else(String::new, |sent| {
            format!("{} by {} ({})", sent.to, sent.channel, sent.gateway)
        });
        table.row([
            entry.outbox_id.to_string(),
            entry.state.name().to_owned(),
            entry.topic.name().to_owned(),
            entry.ticket_id.to_string(),
            time(entry.owed_since),
            entry.attempts.to_string(),
            cut(&to, 60),
        ]);
    }
    let mut text = table.text(paint);
    if page
        .items
        .iter()
        .any(|entry| entry.state == OutboxState::Queued)
    {
        text.push_str(QUEUED);
    }
    let troubled =
        |entry: &&OutboxEntry| matches!(entry.state, OutboxState::Waiting | OutboxState::Dead);
    for entry in page.items.iter().filter(troubled) {
        if let Some(error) = &entry.last_error {
            let reason = entry.dead_reason.map_or("waits", |reason| reason.name());
            let line = format!("{}: {reason}: {}\n", entry.outbox_id, clean(error));
            text.push_str(&line);
        }
    }
    if let Some(cursor) = &page.next_cursor {
        text.push_str(&paint.faint(&format!("more: --cursor {}", clean(cursor))));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use dispatch_contract::Timestamp;
    use dispatch_contract::channel::ChannelKind;
    use dispatch_contract::outbox::{DeadReason, Delivery, Topic};
    use ulid::Ulid;

    use super::*;

    fn dead() -> OutboxEntry {
        OutboxEntry {
            outbox_id: 7,
            ticket_id: TicketId(Ulid(1)),
            event_id: dispatch_contract::EventId(Ulid(2)),
            topic: Topic::CustomerEta,
            state: OutboxState::Dead,
            owed_since: Timestamp::from_micros(0).expect("in the calendar"),
            attempts: 3,
            due_at: None,
            leased_until: None,
            last_error: Some("the channel is down\u{1b}[31m Mend that, then replay it.".into()),
            sent_at: None,
            delivery: None,
            dead_at: Timestamp::from_micros(1),
            dead_reason: Some(DeadReason::GaveUp),
            replayed_at: None,
        }
    }

    #[test]
    fn a_dead_letter_says_why_and_what_to_do() {
        let shown = page(
            &Page {
                items: vec![dead()],
                next_cursor: Some("7".into()),
            },
            Paint::never(),
        );
        assert!(shown.contains("7        dead   customer_eta"), "{shown}");
        assert!(
            shown.contains("7: gave_up: the channel is down [31m Mend that"),
            "{shown}"
        );
        assert!(shown.ends_with("more: --cursor 7\n"), "{shown}");
    }

    #[test]
    fn what_a_gateway_keeps_is_not_shown_as_sent() {
        let entry = OutboxEntry {
            state: OutboxState::Queued,
            delivery: Some(Delivery {
                gateway: "north".into(),
                kind: ChannelKind::Sms,
                channel: "signal".into(),
                to: "+1".into(),
                key: "k".into(),
                message_id: None,
                queued: true,
            }),
            ..dead()
        };
        let items = vec![entry];
        let next_cursor = None;
        let shown = page(&Page { items, next_cursor }, Paint::never());
        assert!(shown.contains("7        queued  customer_eta"), "{shown}");
        assert!(shown.contains("queued: the channel failed"), "{shown}");
        assert!(!shown.contains("gave_up"), "{shown}");
    }
}
