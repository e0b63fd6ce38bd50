//! What the host does later: it watches the gateways, and sends what committed calls owe.

use std::sync::Arc;
use std::time::Duration;

use dispatch_desk::Desk;
use dispatch_documents::Company as Letterhead;
use dispatch_switchboard::Switchboard;
use dispatch_switchboard::watch::{WatchSettings, Watching};
use dispatch_worker::{Company, Gateways, Limits, Outbound, Outbox, Running, Texts};

use super::Args;
use crate::failure::{Failure, chain};

/// Messages under way end by then, or are sent again by whoever comes next.
const END: Duration = Duration::from_secs(10);

/// The words that messages are made of.
pub(super) struct Words {
    texts: Texts,
    company: Company,
}

impl Words {
    /// From the folder that was named, in the company's name.
    pub(super) fn read(args: &Args, letterhead: &Letterhead) -> Result<Self, Failure> {
        let texts = Texts::open(args.message_templates.as_deref())
            .map_err(|error| Failure::usage(format!("--message-templates: {}", chain(&error))))?;
        Ok(Self {
            texts,
            company: Company {
                name: letterhead.name.clone(),
                phone: letterhead.phone.clone(),
            },
        })
    }
}

/// What runs until the host stops.
pub(super) struct Later {
    watching: Watching,
    outbound: Running,
}

impl Later {
    pub(super) fn begin(
        args: &Args,
        words: Words,
        desk: &Desk,
        switchboard: &Switchboard,
        outbox: &Outbox,
    ) -> Self {
        let watching = switchboard.watch(WatchSettings {
            lasting: Duration::from_secs(args.gateway_alert_s),
            ..WatchSettings::default()
        });
        let sender = Arc::new(Gateways(switchboard.clone()));
        let Words { texts, company } = words;
        let outbound = Outbound::new(outbox, sender, texts, company, Limits::default());
        Self {
            watching,
            outbound: outbound.start(desk.feed_hint()),
        }
    }

    /// Nothing new is begun; what is under way ends, within reason.
    pub(super) async fn stop(self) {
        if tokio::time::timeout(END, self.outbound.stop())
            .await
            .is_err()
        {
            tracing::warn!("a message was under way; it is sent again under its key");
        }
        self.watching.stop().await;
    }
}
