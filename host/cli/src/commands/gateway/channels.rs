//! `dispatch gateway channels`.

use dispatch_gateway::methods::channels;

use super::reach::Reach;
use super::shown::yes;
use crate::failure::Failure;
use crate::out;
use crate::show::cut;
use crate::show::paint::Paint;
use crate::show::table::Table;

/// Longer errors are cut, in characters.
const ERROR: usize = 60;

/// List a gateway's channels and their accounts
#[derive(clap::Args)]
pub(super) struct Args {
    /// Look now, instead of what the gateway saw last
    #[arg(long)]
    probe: bool,
    #[command(flatten)]
    reach: Reach,
}

impl Args {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        let ask = channels::Status {
            probe: self.probe.then_some(true),
            timeout_ms: None,
        };
        let (raw, channels) = self.reach.ask(&ask).await?;
        if json {
            out::value(&raw);
        } else {
            out::text(&text(&channels, Paint::of_stdout()));
        }
        Ok(())
    }
}

fn text(channels: &channels::Channels, paint: Paint) -> String {
    if channels.channel_accounts.is_empty() {
        return "the gateway has no channels; `openclaw channels add` on it adds one\n".into();
    }
    let mut table = Table::new(&[
        "CHANNEL",
        "ACCOUNT",
        "DEFAULT",
        "ENABLED",
        "RUNNING",
        "CONNECTED",
        "LAST ERROR",
    ]);
    for (channel, accounts) in &channels.channel_accounts {
        for account in accounts {
            let default = channels.channel_default_account_id.get(channel);
            table.row([
                channel.clone(),
                account.account_id.clone(),
                if default == Some(&account.account_id) {
                    "yes"
                } else {
                    ""
                }
                .into(),
                yes(account.enabled),
                yes(account.running),
                yes(account.connected),
                cut(account.last_error.as_deref().unwrap_or_default(), ERROR),
            ]);
        }
    }
    table.text(paint)
}
