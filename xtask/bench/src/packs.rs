//! Packs on a host that works: what an activation takes, step by step; how fast recorded
//! calls are judged again; what a pack in shadow costs those who call; what they notice of
//! 50 activations in a row; and how soon another host judges by what was activated.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dispatch_contract::Role;
use dispatch_engine::PackFiles;
use serde_json::{Value, json};

use crate::commits::commit;
use crate::figures::Figures;
use crate::load::Requests;
use crate::mix::Mix;
use crate::paced::Paced;
use crate::samples::median;
use crate::tokens::Tokens;
use crate::wire::{self, Wire};

/// Activations that are timed.
const ACTIVATIONS: usize = 21;

/// Recorded calls that are judged again for the figure.
const RECORDED: u64 = 10_000;

/// Activations in a row under load, every other one broken.
const SWAPS: usize = 50;

/// Calls a second meanwhile, and clients that send them.
const PACE: f64 = 2_000.0;
const PACED: usize = 16;

/// Turns of swaps and of quiet, each for as long as so many calls take at least: a p99 of
/// fewer is the fate of a handful.
const SWAP_ROUNDS: usize = 3;
const SWAP_CALLS: usize = 20_000;

/// How often the other host is asked, and for how long at most.
const LOOK: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(10);
const OFFSET: Duration = Duration::from_millis(23);

/// Turns with a pack in shadow, and as many without.
const ROUNDS: usize = 5;

/// Where the packs go, and who sends them.
pub(crate) struct Packs<'a> {
    pub(crate) port: u16,
    pub(crate) tokens: &'a Tokens,
    pub(crate) tickets: u32,
    pub(crate) numbers: &'a Arc<AtomicU64>,
    pub(crate) folder: &'a Path,
}

/// What is sent instead of the shipped pack.
#[derive(Clone, Copy)]
enum Change {
    /// The revision alone: every component is in the cache.
    Revision,
    /// A component too, which must be compiled.
    Component,
    /// It fails one of these steps, in turn: the first, the dearest and the last.
    Broken(usize),
}

/// Steps at which broken packs fail.
const FAILS: [&str; 5] = ["cedar", "components", "settings", "revision", "manifest"];

/// Pack number `n` of a row: every other one is broken, each at another step than the one
/// before; of the others, every second has a component to be compiled.
fn in_a_row(n: usize) -> Change {
    match n % 4 {
        0 => Change::Component,
        2 => Change::Revision,
        _ => Change::Broken(n / 2 % FAILS.len()),
    }
}

impl Packs<'_> {
    /// Answers the revision that is active at the end.
    pub(crate) async fn measure(&self, seconds: u64, figures: &mut Figures) -> Result<u64> {
        println!();
        self.record().await?;
        let mut revision = 1;
        self.activations(&mut revision, figures).await?;
        self.replay(revision, figures).await?;
        self.shadow(revision, seconds, figures).await?;
        self.swaps(&mut revision, figures).await?;
        Ok(revision)
    }

    /// From the answer that a pack is active here until another host on the same database
    /// says that it judges by it.
    pub(crate) async fn agree(
        &self,
        other_port: u16,
        mut revision: u64,
        figures: &mut Figures,
    ) -> Result<()> {
        let mut other = Wire::open(other_port).await?;
        let readiness = wire::get("/readyz", &self.tokens.of(Role::OperatorAdmin).token);
        let mut times = Vec::new();
        for at in 0..ACTIVATIONS {
            revision += 1;
            let archive = self.archive(revision, Change::Revision)?;
            // hosts look at fixed times: each activation is at another moment between them
            tokio::time::sleep(OFFSET * u32::try_from(at)?).await;
            let (outcome, _) = self.propose(&archive, "replay=0").await?;
            ensure!(outcome["activated"] == true, "not activated: {outcome}");
            let began = Instant::now();
            while other.json(&readiness).await?["pack_revision"] != revision {
                ensure!(began.elapsed() < PATIENCE, "the other host does not follow");
                tokio::time::sleep(LOOK).await;
            }
            times.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        let (middle, most) = (median(&times), times.iter().copied().fold(0.0, f64::max));
        println!("another host follows: p50 {middle:.0} ms, at most {most:.0} ms");
        figures.hosts_agree_max_ms = Some(most);
        figures.detail("hosts_agree_ms", json!(times));
        Ok(())
    }

    /// Commits until there is enough to judge again.
    async fn record(&self) -> Result<()> {
        while self.numbers.load(Ordering::Relaxed) < RECORDED + 1_000 {
            let second = Duration::from_secs(1);
            commit(
                self.port,
                self.tokens,
                self.tickets,
                self.numbers,
                8,
                second,
            )
            .await?;
        }
        Ok(())
    }

    /// The shipped pack with a change, as one archive.
    fn archive(&self, revision: u64, change: Change) -> Result<Vec<u8>> {
        let mut files: BTreeMap<String, Vec<u8>> = PackFiles::read(self.folder)?
            .iter()
            .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
            .collect();
        let manifest = files.get_mut("pack.toml").context("no manifest")?;
        let text = String::from_utf8(std::mem::take(manifest))?;
        let raised = text.replacen("revision = 1", &format!("revision = {revision}"), 1);
        ensure!(raised != text, "the manifest's revision is not 1");
        let edited = |from: &str, to: &str| {
            let edited = raised.replacen(from, to, 1);
            ensure!(edited != raised, "the manifest has no {from}");
            Ok(edited.into_bytes())
        };
        let number = format!("revision = {revision}");
        *manifest = match change {
            Change::Broken(2) => edited("min_window_minutes", "min_window_minuets")?,
            Change::Broken(3) => edited(&number, "revision = 1")?,
            Change::Broken(4) => edited("contract = \"0\"", "contract = \"9\"")?,
            _ => raised.clone().into_bytes(),
        };
        match change {
            Change::Revision | Change::Broken(2..) => {}
            Change::Component => {
                let component = files
                    .get_mut("components/closeout-add-note.wasm")
                    .context("no such component")?;
                // a custom section: other bytes, the same rules
                component.extend([0, 10, 1, b'r']);
                component.extend(revision.to_le_bytes());
            }
            Change::Broken(1) => {
                files.insert(
                    "components/closeout-add-note.wasm".into(),
                    b"\0asm".to_vec(),
                );
            }
            Change::Broken(_) => {
                let (_, policies) = files
                    .iter_mut()
                    .find(|(path, _)| path.ends_with(".cedar"))
                    .context("no policies")?;
                policies.extend(b"\npermit (");
            }
        }
        Ok(PackFiles::of(files)?.to_archive())
    }

    /// Sends a candidate; what became of it, and after how many milliseconds.
    async fn propose(&self, archive: &[u8], query: &str) -> Result<(Value, f64)> {
        let token = &self.tokens.of(Role::OperatorAdmin).token;
        let path = format!("/v0/packs/candidates?{query}");
        let request = wire::send_bytes("POST", &path, token, archive);
        let mut wire = Wire::open(self.port).await?;
        let began = Instant::now();
        let outcome = wire.json(&request).await?;
        Ok((outcome, began.elapsed().as_secs_f64() * 1000.0))
    }

    async fn activations(&self, revision: &mut u64, figures: &mut Figures) -> Result<()> {
        let mut shown = serde_json::Map::new();
        for (name, change) in [
            ("cached", Change::Revision),
            ("one_compiled", Change::Component),
        ] {
            let (mut whole, mut steps) = (Vec::new(), BTreeMap::<String, Vec<f64>>::new());
            let mut order = Vec::new();
            for _ in 0..ACTIVATIONS {
                *revision += 1;
                let archive = self.archive(*revision, change)?;
                let (outcome, took_ms) = self.propose(&archive, "replay=2000").await?;
                ensure!(outcome["activated"] == true, "not activated: {outcome}");
                whole.push(took_ms);
                for step in outcome["steps"].as_array().context("no steps")? {
                    let name = step["step"].as_str().context("a step has a name")?;
                    let us = step["took_us"].as_f64().context("a step took some time")?;
                    if !order.iter().any(|known| known == name) {
                        order.push(name.to_owned());
                    }
                    steps.entry(name.to_owned()).or_default().push(us / 1000.0);
                }
            }
            let middle = median(&whole);
            let each: Vec<String> = order
                .iter()
                .map(|name| format!("{name} {:.1}", median(&steps[name])))
                .collect();
            println!("activation, {name}: {middle:.0} ms ({})", each.join(", "));
            if matches!(change, Change::Revision) {
                figures.activation_p50_ms = Some(middle);
            }
            let steps: serde_json::Map<_, _> = steps
                .iter()
                .map(|(name, times)| (name.clone(), json!(median(times))))
                .collect();
            shown.insert(name.into(), json!({ "p50_ms": middle, "steps_ms": steps }));
        }
        figures.detail("activation", shown.into());
        Ok(())
    }

    async fn replay(&self, revision: u64, figures: &mut Figures) -> Result<()> {
        let archive = self.archive(revision + 1, Change::Revision)?;
        let query = format!("replay={RECORDED}&activate=false");
        let mut times = Vec::new();
        for _ in 0..3 {
            let (outcome, _) = self.propose(&archive, &query).await?;
            let steps = outcome["steps"].as_array().context("no steps")?;
            let replay = steps.iter().find(|step| step["step"] == "replay");
            let us = replay.and_then(|step| step["took_us"].as_f64());
            times.push(us.with_context(|| format!("no replay: {outcome}"))? / 1000.0);
            ensure!(
                outcome["flips"]["judged"] == RECORDED && outcome["flips"]["flipped"] == 0,
                "not {RECORDED} judged alike: {}",
                outcome["flips"]
            );
        }
        let middle = median(&times);
        println!("what would flip: {RECORDED} recorded calls in {middle:.0} ms");
        figures.replay_10000_ms = Some(middle);
        figures.detail("replay_ms", json!(times));
        Ok(())
    }

    /// One client's calls with a pack in shadow and without, in turns.
    async fn shadow(&self, revision: u64, seconds: u64, figures: &mut Figures) -> Result<()> {
        let archive = self.archive(revision + 1, Change::Revision)?;
        let (kept, _) = self
            .propose(&archive, "replay=0&activate=false&keep=true")
            .await?;
        let digest = kept["pack"]["digest"].as_str().context("not kept")?;
        let long = Duration::from_secs_f64(seconds as f64 / 2.0);
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            for (mode, p50s) in [("off", &mut without), ("shadow", &mut with)] {
                self.set_mode(digest, mode).await?;
                let run = commit(self.port, self.tokens, self.tickets, self.numbers, 1, long);
                p50s.push(run.await?.samples.p50_us());
            }
        }
        self.set_mode(digest, "off").await?;
        let (with, without) = (median(&with), median(&without));
        let share = (with / without - 1.0) * 100.0;
        println!("shadow: p50 {with:.0} us beside {without:.0} us without ({share:+.1} %)");
        figures.shadow_cost_percent = Some(share);
        figures.detail("shadow_p50_us", json!({ "with": with, "without": without }));
        Ok(())
    }

    async fn set_mode(&self, digest: &str, mode: &str) -> Result<()> {
        let token = &self.tokens.of(Role::OperatorAdmin).token;
        let path = format!("/v0/packs/{digest}/mode");
        let body = json!({ "mode": mode, "reason": "measuring" });
        let request = wire::send("PUT", &path, token, &body);
        Wire::open(self.port).await?.json(&request).await?;
        Ok(())
    }

    /// Callers at a fixed pace, while packs come one after the other and for as long in quiet,
    /// in turns: what drifts on the machine meets both. One call that fails ends the run.
    async fn swaps(&self, revision: &mut u64, figures: &mut Figures) -> Result<()> {
        let (mut calm, mut swapping, mut calls, mut took_s) = (vec![], vec![], vec![], vec![]);
        let least = Duration::from_secs_f64(SWAP_CALLS as f64 * 1.1 / PACE);
        for _ in 0..SWAP_ROUNDS {
            // made before: the load's thread must not be held up
            let mut archives = Vec::new();
            for at in 0..SWAPS {
                *revision += 1;
                let change = in_a_row(at);
                archives.push((change, self.archive(*revision, change)?));
            }
            let busy = Paced::start(self.port, self.callers(), PACE).await?;
            let (began, mut proposing) = (Instant::now(), Duration::ZERO);
            for (at, (change, archive)) in archives.iter().enumerate() {
                let due = least.mul_f64(at as f64 / SWAPS as f64);
                tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
                // as a command does that says nothing: 2,000 recorded calls are judged again
                let (outcome, took_ms) = self.propose(archive, "").await?;
                proposing += Duration::from_secs_f64(took_ms / 1000.0);
                let fails = match change {
                    Change::Broken(step) => Value::from(FAILS[*step]),
                    _ => Value::Null,
                };
                ensure!(outcome["failed"]["step"] == fails, "unexpected: {outcome}");
                ensure!(
                    outcome["activated"] == fails.is_null(),
                    "unexpected: {outcome}"
                );
            }
            tokio::time::sleep(least.saturating_sub(began.elapsed())).await;
            let long = began.elapsed();
            let busy = busy.stop().await?;
            ensure!(
                busy.len() >= SWAP_CALLS,
                "only {} calls in {long:?}",
                busy.len()
            );
            took_s.push(proposing.as_secs_f64());
            calls.push(busy.len());
            swapping.push(busy.p99_us());
            let quiet = Paced::start(self.port, self.callers(), PACE).await?;
            tokio::time::sleep(long).await;
            calm.push(quiet.stop().await?.p99_us());
        }
        let all: usize = calls.iter().sum();
        let (quiet_p99, swap_p99) = (median(&calm), median(&swapping));
        println!(
            "{SWAPS} activations in {:.1} s at {PACE:.0} calls/s, {SWAP_ROUNDS} times: none of {all} calls failed, \
             p99 {swap_p99:.0} us, {quiet_p99:.0} us in quiet",
            median(&took_s),
        );
        figures.swap_p99_ratio = Some(swap_p99 / quiet_p99);
        figures.detail(
            "swaps",
            json!({
                "activations": SWAPS,
                "calls": calls,
                "failed": 0,
                "quiet_p99_us": calm,
                "p99_us": swapping,
                "took_s": took_s,
            }),
        );
        Ok(())
    }

    /// One client in four commits, the others only ask: all are judged whole.
    fn callers(&self) -> Vec<Box<dyn Requests>> {
        (0..PACED)
            .map(|client| {
                let calls = if client % 4 == 0 {
                    Mix::new
                } else {
                    Mix::of_dry_runs
                };
                let mix = calls(self.tokens, client, self.tickets, self.numbers);
                Box::new(mix) as Box<dyn Requests>
            })
            .collect()
    }
}
