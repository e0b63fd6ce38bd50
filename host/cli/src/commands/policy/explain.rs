//! `dispatch policy explain`: how one verdict came about: every phase with its time and
//! fuel, the policies that decided with their reasons, and each broken rule.

use dispatch_contract::{Actor, Verdict};
use dispatch_engine::{EngineConfig, Flip, Pack, PhaseTrace, SandboxConfig};
use serde::Serialize;

use super::choice::Named;
use super::question::{AskArgs, Asked};
use super::{house, verdict};
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::fields::Fields;
use crate::show::paint::Paint;
use crate::show::table::Table;
use crate::show::{clean, list};

/// Times a call is judged: the first touches cold memory, the last is shown.
const ROUNDS: usize = 5;

/// Say how a pack comes to its verdict on one call; exit status 1 where it is refused
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    ask: AskArgs,
}

/// A phase that was reached.
#[derive(Serialize)]
struct PhaseShown {
    phase: &'static str,
    took_us: f64,
    fuel: Option<u64>,
}

impl From<&PhaseTrace> for PhaseShown {
    fn from(trace: &PhaseTrace) -> Self {
        Self {
            phase: trace.phase.name(),
            took_us: trace.elapsed_ns as f64 / 1000.0,
            fuel: trace.fuel,
        }
    }
}

/// A policy that decided.
#[derive(Serialize)]
struct PolicyShown {
    id: String,
    effect: &'static str,
    reason: String,
}

/// Everything, with `--json`.
#[derive(Serialize)]
struct Explained {
    pack: Named,
    call: String,
    tool: String,
    actor: Actor,
    state: Option<String>,
    verdict: Verdict,
    phases: Vec<PhaseShown>,
    took_us: f64,
    policies: Vec<PolicyShown>,
    fault: Option<String>,
    /// The verdict on record, where another one was given then.
    recorded_otherwise: Option<Verdict>,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> Result<(), Failure> {
        let metered = EngineConfig {
            sandbox: SandboxConfig {
                metered: true,
                ..SandboxConfig::default()
            },
            ..EngineConfig::default()
        };
        let engine = house::engine(metered)?;
        let (pack, asked) = self.ask.find(&engine, global).await?;
        let Ok([asked]) = <[Asked; 1]>::try_from(asked) else {
            return Err(Failure::usage(
                "the file has more than one case: name one with --case",
            ));
        };
        let explained = explain(Named::of(&self.ask.pack, &pack), &pack, asked)?;
        if global.json {
            out::value(&explained);
        } else {
            out::text(&explained.text(Paint::of_stdout()));
        }
        match explained.verdict {
            Verdict::Allow(_) => Ok(()),
            Verdict::Refuse(_) => Err(Failure::Found),
        }
    }
}

fn explain(named: Named, pack: &Pack, asked: Asked) -> Result<Explained, Failure> {
    let question = &asked.posed.map_err(|refusal| {
        Failure::Other(anyhow::anyhow!(
            "the schema refuses this call, before any pack is asked: {refusal}"
        ))
    })?;
    let mut judged = pack.judge(question);
    for _ in 1..ROUNDS {
        judged = pack.judge(question);
    }
    let by_verdict = match &judged.verdict {
        Verdict::Allow(outcome) => &outcome.determining_policies,
        Verdict::Refuse(refusal) => &refusal.determining_policies,
    };
    let ids = judged.trace.permitted_by.iter().chain(by_verdict);
    let policies = ids.filter_map(|id| pack.policy(id));
    let otherwise = |recorded: &Verdict| Flip::between(recorded, &judged.verdict).is_some();
    Ok(Explained {
        pack: named,
        call: asked.name,
        tool: question.call.tool().to_string(),
        actor: question.actor,
        state: question
            .facts
            .case
            .as_ref()
            .map(|case| case.ticket.state.to_string()),
        phases: judged.trace.phases.iter().map(PhaseShown::from).collect(),
        took_us: judged.trace.elapsed_ns as f64 / 1000.0,
        policies: policies
            .map(|policy| PolicyShown {
                id: policy.id,
                effect: policy.effect,
                reason: policy.reason,
            })
            .collect(),
        fault: judged.fault.as_ref().map(ToString::to_string),
        recorded_otherwise: asked.recorded.filter(otherwise),
        verdict: judged.verdict,
    })
}

impl Explained {
    fn text(&self, paint: Paint) -> String {
        let mut head = Fields::new(0);
        // a field is cleaned of control characters, and colours are such
        head.add("pack", self.pack.text(Paint::never()));
        head.add("call", format!("{} ({})", self.call, self.tool));
        head.add("by", format!("{} {}", self.actor.role, self.actor.id));
        head.maybe("ticket is", self.state.clone());
        let mut text = head.text(paint);
        text.push('\n');

        let mut phases = Table::new(&["PHASE", "TIME", "FUEL"]);
        for phase in &self.phases {
            phases.row([
                phase.phase.to_owned(),
                format!("{:.1} us", phase.took_us),
                phase
                    .fuel
                    .map_or_else(|| "-".into(), |fuel| fuel.to_string()),
            ]);
        }
        text.push_str(&phases.text(paint));
        let all = format!(
            "in all {:.1} us, fuel counted, the {ROUNDS}th time",
            self.took_us
        );
        text.push_str(&format!("{}\n\n", paint.faint(&all)));

        for policy in &self.policies {
            let id = paint.strong(&policy.id);
            let reason = clean(&policy.reason);
            text.push_str(&format!("{} {id}: {reason}\n", policy.effect));
        }
        if !self.policies.is_empty() {
            text.push('\n');
        }
        text.push_str(&self.verdict_text(paint));
        if let Some(recorded) = &self.recorded_otherwise {
            let was = verdict::short(recorded);
            text.push_str(&format!("{} {was}\n", paint.bad("on record:")));
        }
        text
    }

    fn verdict_text(&self, paint: Paint) -> String {
        let said = verdict::short(&self.verdict);
        let Verdict::Refuse(refusal) = &self.verdict else {
            return format!("{} {said}\n", paint.good("verdict:"));
        };
        let mut fields = Fields::new(2);
        fields.add("says", refusal.detail.clone());
        for violation in &refusal.violations {
            let at = &violation.path;
            let why = format!("{at}: {} ({})", violation.message, violation.rule);
            fields.add("violation", why);
        }
        fields.some("missing gates", list(&refusal.missing_gates));
        fields.some("legal in", list(&refusal.allowed_from_states));
        fields.maybe("fault", self.fault.clone());
        let head = format!("{} {said}\n", paint.bad("verdict:"));
        head + &fields.text(paint)
    }
}
