//! What would happen: the same way as a call, without the last step.

use dispatch_contract::{Code, Tool, Verdict};

use crate::Desk;
use crate::docket::{Docket, Found, Stopped, let_go};
use crate::incoming::{DryRun, Incoming, PhaseTime, Refused};

impl Desk {
    /// Judge a call and explain the verdict; commit and record nothing.
    ///
    /// # Errors
    /// Where the call cannot be put to the rules at all: an unknown tool, no
    /// JSON, the store away. Any other refusal is in the answer.
    pub async fn dry_run(&self, incoming: Incoming<'_>) -> Result<DryRun, Refused> {
        let inner = &*self.inner;
        let read = match (inner.read(&incoming), incoming.tool.parse::<Tool>()) {
            (Ok(read), _) => read,
            (
                Err(Stopped {
                    refused, ticket_id, ..
                }),
                Ok(tool),
            ) if refused.refusal.code != Code::MalformedJson => {
                let mut run = blank(tool);
                run.ticket_id = ticket_id;
                run.refusal = Some(refused.refusal);
                return Ok(run);
            }
            (Err(stopped), _) => return Err(stopped.refused),
        };
        let mut run = blank(read.call.tool());
        run.ticket_id = read.call.ticket_id;
        match inner.look(&read).await {
            Ok(Found::Replay(_)) => {
                run.allowed = true;
                run.replay = true;
            }
            Ok(Found::Judged(docket)) => {
                explain(&mut run, &docket);
                if let Verdict::Allow(outcome) = &docket.judged.verdict
                    && !makes_papers(read.call.tool())
                    && let Ok(settled) = inner.settle(&read, &docket, outcome, None)
                {
                    run.events = settled.events.iter().map(|event| event.kind).collect();
                    run.ticket = Some(settled.case.ticket);
                }
                let_go(docket.open).await;
            }
            Err(refusal) if refusal.code == Code::StoreUnavailable => {
                return Err(Refused {
                    refusal,
                    request_id: Some(read.call.request_id),
                });
            }
            Err(refusal) => run.refusal = Some(refusal),
        }
        Ok(run)
    }
}

fn makes_papers(tool: Tool) -> bool {
    matches!(
        tool,
        Tool::BillingGenerateInvoiceDraft | Tool::BillingCompileCloseoutPacket
    )
}

fn explain(run: &mut DryRun, docket: &Docket) {
    let case = docket.question.facts.case.as_ref();
    // of a ticket that is denied to the caller, not even where it stands is told
    run.from = match &docket.judged.verdict {
        Verdict::Refuse(refusal) => refusal.current_state,
        Verdict::Allow(_) => case.map(|case| case.ticket.state),
    };
    // looking one up takes longer than finding none
    let unknown = matches!(&docket.judged.verdict,
        Verdict::Refuse(refusal) if refusal.code == Code::TicketNotFound);
    if !unknown {
        run.phases = docket
            .judged
            .trace
            .phases
            .iter()
            .map(|phase| PhaseTime {
                phase: phase.phase,
                us: phase.elapsed_ns.div_ceil(1000),
            })
            .collect();
    }
    match &docket.judged.verdict {
        Verdict::Allow(outcome) => {
            run.allowed = true;
            run.to = outcome.to;
            run.overridden.clone_from(&outcome.overridden);
            run.determining_policies
                .clone_from(&outcome.determining_policies);
        }
        Verdict::Refuse(refusal) => {
            run.determining_policies
                .clone_from(&refusal.determining_policies);
            run.refusal = Some((**refusal).clone());
        }
    }
}

fn blank(tool: Tool) -> DryRun {
    DryRun {
        dry_run: true,
        tool,
        ticket_id: None,
        allowed: false,
        from: None,
        to: None,
        overridden: Vec::new(),
        determining_policies: Vec::new(),
        refusal: None,
        events: Vec::new(),
        ticket: None,
        replay: false,
        phases: Vec::new(),
    }
}
