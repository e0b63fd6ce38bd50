//! `dispatch gateway agents`.

use dispatch_gateway::methods::agents;

use super::reach::Reach;
use crate::failure::Failure;
use crate::out;
use crate::show::paint::Paint;
use crate::show::table::Table;

/// List a gateway's agents
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    reach: Reach,
}

impl Args {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        let (raw, agents) = self.reach.ask(&agents::List {}).await?;
        if json {
            out::value(&raw);
        } else {
            out::text(&text(&agents, Paint::of_stdout()));
        }
        Ok(())
    }
}

fn text(agents: &agents::Agents, paint: Paint) -> String {
    if agents.agents.is_empty() {
        return "the gateway has no agents\n".into();
    }
    let mut table = Table::new(&["AGENT", "NAME", "DEFAULT", "MODEL", "WORKSPACE"]);
    for agent in &agents.agents {
        let default = agents.default_id.as_deref() == Some(agent.id.as_str());
        table.row([
            agent.id.clone(),
            agent.name.clone().unwrap_or_default(),
            if default { "yes" } else { "" }.into(),
            agent
                .model
                .as_ref()
                .and_then(|model| model.primary.clone())
                .unwrap_or_default(),
            agent.workspace.clone().unwrap_or_default(),
        ]);
    }
    table.text(paint)
}
