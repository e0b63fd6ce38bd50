//! `dispatch gateway sessions`.

use dispatch_gateway::methods::sessions;

use super::reach::Reach;
use super::shown;
use crate::failure::Failure;
use crate::out;
use crate::show::cut;
use crate::show::paint::Paint;
use crate::show::table::Table;

/// Longer labels are cut, in characters.
const LABEL: usize = 40;

/// List a gateway's sessions, the latest first
#[derive(clap::Args)]
pub(super) struct Args {
    /// Of one agent
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Whose key or label holds this text
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Used in the last so many minutes
    #[arg(long, value_name = "MINUTES")]
    active: Option<u32>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    #[command(flatten)]
    reach: Reach,
}

impl Args {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        let ask = sessions::List {
            limit: Some(self.limit),
            offset: None,
            active_minutes: self.active,
            agent_id: self.agent,
            search: self.search,
        };
        let (raw, sessions) = self.reach.ask(&ask).await?;
        if json {
            out::value(&raw);
        } else {
            out::text(&text(&sessions, Paint::of_stdout()));
        }
        Ok(())
    }
}

fn text(sessions: &sessions::Sessions, paint: Paint) -> String {
    if sessions.sessions.is_empty() {
        return "no such sessions\n".into();
    }
    let mut table = Table::new(&["SESSION", "LABEL", "KIND", "LAST USED", "TOKENS", "MODEL"]);
    for session in &sessions.sessions {
        table.row([
            session.key.clone(),
            cut(session.label.as_deref().unwrap_or_default(), LABEL),
            session.kind.clone().unwrap_or_default(),
            shown::maybe_instant(session.updated_at),
            session
                .total_tokens
                .map(|tokens| tokens.to_string())
                .unwrap_or_default(),
            session.model.clone().unwrap_or_default(),
        ]);
    }
    let mut text = table.text(paint);
    if sessions.has_more {
        let total = sessions
            .total_count
            .map_or_else(String::new, |total| format!(" of {total}"));
        text.push_str(&format!(
            "{}{total}; --limit shows more\n",
            sessions.sessions.len()
        ));
    }
    text
}
