//! `dispatch gateway health`.

use dispatch_gateway::methods::system;
use dispatch_gateway::{Hello, Method as _};

use super::reach::Reach;
use super::shown;
use crate::failure::Failure;
use crate::out;
use crate::show::fields::Fields;
use crate::show::list;
use crate::show::paint::Paint;

/// Show how a gateway is
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
        let ask = system::Health {
            probe: self.probe.then_some(true),
        };
        let connection = self.reach.connect(&[system::Health::SCOPE]).await?;
        let (raw, health) = self.reach.ask_on(&connection, &ask).await?;
        if json {
            out::value(&raw);
        } else {
            out::text(&text(connection.hello(), &health, Paint::of_stdout()));
        }
        connection.close().await;
        Ok(())
    }
}

fn text(hello: &Hello, health: &system::Healthy, paint: Paint) -> String {
    let mut fields = Fields::new(0);
    fields.add(
        "gateway",
        if health.ok {
            "says it is well"
        } else {
            "says it is not well"
        },
    );
    fields.add(
        "version",
        format!("{}, protocol {}", hello.version, hello.protocol),
    );
    fields.maybe("up", hello.uptime_ms().map(shown::span));
    fields.add("seen", shown::instant(health.ts));
    if health.event_loop.degraded {
        let why = list(&health.event_loop.reasons);
        fields.add("load", format!("does not keep up ({why})"));
    }
    fields.some("plugins", list(&health.plugins.loaded));
    for wrong in &health.plugins.errors {
        let text = |name: &str| wrong.get(name).and_then(|value| value.as_str());
        fields.add(
            "plugin failed",
            format!(
                "{}: {}",
                text("id").unwrap_or("?"),
                text("error").unwrap_or("no reason given")
            ),
        );
    }
    fields.some(
        "channels",
        list(&health.channels.keys().collect::<Vec<_>>()),
    );
    for agent in &health.agents {
        let default = health.default_agent_id.as_deref() == Some(agent.agent_id.as_str());
        fields.add(
            "agent",
            format!(
                "{}{}, {} {}",
                agent.agent_id,
                if default { " (default)" } else { "" },
                agent.sessions.count,
                if agent.sessions.count == 1 {
                    "session"
                } else {
                    "sessions"
                }
            ),
        );
    }
    fields.text(paint)
}
