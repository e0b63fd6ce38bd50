//! `dispatch gateway status`.

use dispatch_gateway::methods::system;

use super::reach::Reach;
use crate::failure::Failure;
use crate::out;
use crate::show::fields::Fields;
use crate::show::list;
use crate::show::paint::Paint;

/// Show what a gateway runs and what goes on in it
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    reach: Reach,
}

impl Args {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        let (raw, status) = self.reach.ask(&system::Status {}).await?;
        if json {
            out::value(&raw);
        } else {
            out::text(&text(&status, Paint::of_stdout()));
        }
        Ok(())
    }
}

fn text(status: &system::Running, paint: Paint) -> String {
    let mut fields = Fields::new(0);
    fields.maybe("version", status.runtime_version.as_deref());
    fields.add("sessions", status.sessions.count.to_string());
    fields.maybe(
        "memory",
        status
            .process_memory
            .rss_bytes
            .map(|bytes| format!("{} MB", bytes / 1_000_000)),
    );
    fields.add(
        "load",
        if status.event_loop.degraded {
            format!("does not keep up ({})", list(&status.event_loop.reasons))
        } else {
            "keeps up".into()
        },
    );
    fields.add(
        "events queued",
        status.queued_system_events.len().to_string(),
    );
    for line in &status.channel_summary {
        let said = line
            .as_str()
            .map_or_else(|| line.to_string(), str::to_owned);
        fields.add("channel", said);
    }
    fields.text(paint)
}
