//! A gateway compared with its register: what an operator looks at before a sync, and what
//! nobody told this house of.

use dispatch_contract::gateway_drift::GatewayDrift;
use dispatch_contract::{GatewayId, Refusal};
use dispatch_provision::{OpenClaw, drift};

use crate::Switchboard;
use crate::house::Visitor;
use crate::refuse::failed;
use crate::sync::Paused;

impl Switchboard {
    /// What on a gateway is not as its agents' entries and templates say. Reads only, and
    /// waits for work that is under way there, which it would find half done.
    ///
    /// # Errors
    /// `not_found`, `gateway_failed`, `conflict` where other work goes on for long,
    /// `store_unavailable`.
    pub async fn drift(&self, who: &Visitor, id: GatewayId) -> Result<GatewayDrift, Refusal> {
        let (gateway, line) = self.line(who, id).await?;
        let _turn = self.turn(id).await?;
        let roster = self.roster(&gateway, Paused::Listed).await?;
        let plane = OpenClaw::new(&line);
        let differs = drift(&plane, &self.inner.templates, &roster.plans).await;
        Ok(GatewayDrift {
            gateway_id: id,
            agents: u32::try_from(roster.plans.len()).unwrap_or(u32::MAX),
            differs: differs.map_err(|error| failed("drift check", &error))?,
            errors: roster.unplanned,
        })
    }
}
