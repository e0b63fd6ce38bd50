//! `dispatch gateway drift`: a registered gateway compared with its register.

use dispatch_contract::GatewayId;
use dispatch_contract::gateway_drift::{Differs, Drift, GatewayDrift};

use crate::commands::below::Below;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::clean;

/// Say what on a registered gateway is not as its agents' entries and templates say
///
/// Nothing is changed; `dispatch gateway sync` mends it. Exit status 1 where something differs.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The gateway's id, as `gateway list` shows it
    gateway: GatewayId,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> Result<(), Failure> {
        let client = global.client()?;
        let gateway = Below::new("gateways", self.gateway);
        let answer = gateway.get_slowly(&client, &["drift"]).await?;
        let found: GatewayDrift = answer.read()?;
        if global.json {
            out::json(&answer.bytes);
        } else {
            out::text(&text(&found));
        }
        if found.differs.is_empty() && found.errors.is_empty() {
            Ok(())
        } else {
            Err(Failure::Found)
        }
    }
}

fn text(found: &GatewayDrift) -> String {
    let mut text = String::new();
    for one in &found.differs {
        text.push_str(&format!(
            "{}: {}\n",
            clean(&one.gateway_agent_id),
            clean(&said(one))
        ));
    }
    for trouble in &found.errors {
        let whose = trouble.agent_name.as_deref().unwrap_or("the gateway");
        text.push_str(&format!("{}: {}\n", clean(whose), clean(&trouble.message)));
    }
    if text.is_empty() {
        return format!("nothing differs: {} agents compared\n", found.agents);
    }
    if !found.differs.is_empty() {
        let next = format!(
            "\nmend it with: dispatch gateway sync {}\n",
            found.gateway_id
        );
        text.push_str(&next);
    }
    text
}

fn said(drift: &Drift) -> String {
    match &drift.what {
        Differs::AgentMissing => "the gateway has no such agent".into(),
        Differs::AgentUnplanned => {
            "an agent with an id of ours that is not registered: delete it on the gateway, where it \
             is of no use"
                .into()
        }
        Differs::Registration { found, wanted } => format!("it is {found}; registered: {wanted}"),
        Differs::Heartbeat => "its heartbeat stands otherwise in the configuration".into(),
        Differs::TokenUnreadable => {
            "its files hold no token: sync with --rotate-tokens gives it another".into()
        }
        Differs::FileMissing { file } => format!("{file} is not there"),
        Differs::FileDiffers { file } => format!("{file} is not as its template says"),
        Differs::Template { message } => format!("its files cannot be made: {message}"),
        Differs::Config { message } => {
            format!("the gateway's configuration is not understood: {message}")
        }
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[test]
    fn what_differs_is_named_with_what_to_do() {
        let differs = |what| Drift {
            agent_id: None,
            gateway_agent_id: "lead-1".into(),
            what,
        };
        let mut found = GatewayDrift {
            gateway_id: GatewayId(Ulid::nil()),
            agents: 3,
            differs: Vec::new(),
            errors: Vec::new(),
        };
        assert_eq!(text(&found), "nothing differs: 3 agents compared\n");
        let file = "AGENTS.md".to_owned();
        found.differs = vec![
            differs(Differs::AgentMissing),
            differs(Differs::FileDiffers { file }),
        ];
        let shown = text(&found);
        assert!(
            shown.starts_with(
                "lead-1: the gateway has no such agent\n\
                 lead-1: AGENTS.md is not as its template says\n"
            ),
            "{shown}"
        );
        assert!(shown.contains("dispatch gateway sync 0000"), "{shown}");
    }
}
