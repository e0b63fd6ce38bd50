//! What a verdict takes: the shipped pack's components and Cedar policies in this
//! process, on one thread, a tool and a phase at a time; and the same rules as plain
//! Rust beside them. No HTTP and no database.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dispatch_contract::question::Question;
use dispatch_contract::{Phase, Tool, Verdict};
use dispatch_engine::{Engine, EngineConfig, Pack, PackFiles};
use serde_json::{Value, json};

use crate::figures::Figures;
use crate::native::Told;
use crate::questions;
use crate::samples::{Samples, nanos};

/// Rounds over the twelve before anything is timed.
const WARM_UP: usize = 300;

/// Native rules take less than the clock's own reading: so many are timed at once.
const NATIVE_BATCH: u32 = 64;

/// Times of one tool's question.
#[derive(Default)]
struct Times {
    whole: Vec<u64>,
    phases: BTreeMap<&'static str, Vec<u64>>,
}

/// Judges each question in turn for `long`. All of them must be allowed, or none.
fn judge(
    pack: &Pack,
    questions: &[(Tool, &Question)],
    allowed: bool,
    long: Duration,
) -> Result<Vec<Times>> {
    for (tool, question) in questions {
        let judged = pack.judge(question);
        ensure!(
            matches!(judged.verdict, Verdict::Allow(_)) == allowed && judged.fault.is_none(),
            "{tool}: {:?} {:?}",
            judged.verdict,
            judged.fault
        );
    }
    for _ in 0..WARM_UP {
        for (_, question) in questions {
            black_box(pack.judge(question));
        }
    }
    let mut times: Vec<Times> = questions.iter().map(|_| Times::default()).collect();
    let end = Instant::now() + long;
    while Instant::now() < end {
        for ((_, question), times) in questions.iter().zip(&mut times) {
            let began = Instant::now();
            let judged = black_box(pack.judge(black_box(question)));
            times.whole.push(nanos(began.elapsed()));
            for phase in &judged.trace.phases {
                times
                    .phases
                    .entry(phase_name(phase.phase))
                    .or_default()
                    .push(phase.elapsed_ns);
            }
        }
    }
    Ok(times)
}

fn phase_name(phase: Phase) -> &'static str {
    phase.name()
}

/// The median of the native rules over the twelve in turn, in microseconds a verdict.
fn native(told: &[Told], long: Duration) -> Samples {
    let mut samples = Vec::new();
    let end = Instant::now() + long;
    while Instant::now() < end {
        for told in told {
            let began = Instant::now();
            for _ in 0..NATIVE_BATCH {
                black_box(black_box(told).judge());
            }
            samples.push(nanos(began.elapsed()) / u64::from(NATIVE_BATCH));
        }
    }
    Samples::of(samples)
}

/// Measures, prints the table by tool and phase, and keeps the figures.
pub(crate) fn measure(pack_folder: &Path, seconds: f64, figures: &mut Figures) -> Result<()> {
    let engine = Engine::new(EngineConfig::default()).context("the engine")?;
    let pack = engine
        .load(&PackFiles::read(pack_folder).context("reading the pack")?)
        .context("loading the pack")?;
    let manifest: toml::Table = std::fs::read_to_string(pack_folder.join("pack.toml"))?.parse()?;
    let pairs = questions::all()?;
    let told = pairs
        .iter()
        .map(|pair| {
            let told = Told::of(&pair.allowed, &manifest)?;
            told.check(pair.tool, &pack.judge(&pair.allowed).verdict)?;
            Told::of(&pair.refused, &manifest)?
                .check(pair.tool, &pack.judge(&pair.refused).verdict)?;
            Ok(told)
        })
        .collect::<Result<Vec<_>>>()?;
    let long = Duration::from_secs_f64(seconds);
    let allowed: Vec<_> = pairs
        .iter()
        .map(|pair| (pair.tool, &pair.allowed))
        .collect();
    let refused: Vec<_> = pairs
        .iter()
        .map(|pair| (pair.tool, &pair.refused))
        .collect();
    let allowed = judge(&pack, &allowed, true, long)?;
    let refused = judge(&pack, &refused, false, long.div_f64(4.0))?;
    let plain = native(&told, long.div_f64(8.0));

    let mut by_tool = serde_json::Map::new();
    println!(
        "\n{:<32} {:>7} {:>7} {:>9} {:>9}   median of each phase",
        "verdict, in microseconds", "p50", "p99", "refused", "p99"
    );
    for ((pair, allowed), refused) in pairs.iter().zip(&allowed).zip(&refused) {
        let (whole, no) = (
            Samples::of(allowed.whole.clone()),
            Samples::of(refused.whole.clone()),
        );
        let phases: BTreeMap<_, _> = allowed
            .phases
            .iter()
            .map(|(name, times)| (*name, Samples::of(times.clone())))
            .collect();
        let shown: Vec<String> = phases
            .iter()
            .map(|(name, times)| format!("{name} {:.1}", times.p50_us()))
            .collect();
        println!(
            "{:<32} {:>7.1} {:>7.1} {:>9.1} {:>9.1}   {}",
            pair.tool.name(),
            whole.p50_us(),
            whole.p99_us(),
            no.p50_us(),
            no.p99_us(),
            shown.join(", ")
        );
        by_tool.insert(
            pair.tool.name().to_owned(),
            tool_details(&whole, &no, &phases),
        );
    }
    let all = Samples::of(allowed.into_iter().flat_map(|times| times.whole).collect());
    let no = Samples::of(refused.into_iter().flat_map(|times| times.whole).collect());
    figures.verdict_p50_us = Some(all.p50_us());
    figures.verdict_p99_us = Some(all.p99_us());
    figures.native_p50_us = Some(plain.p50_us());
    figures.detail(
        "verdicts",
        json!({
            "judged": all.len(),
            "refused_p50_us": no.p50_us(),
            "refused_p99_us": no.p99_us(),
            "by_tool": by_tool,
        }),
    );
    Ok(())
}

fn tool_details(
    allowed: &Samples,
    refused: &Samples,
    phases: &BTreeMap<&'static str, Samples>,
) -> Value {
    let phases: serde_json::Map<String, Value> = phases
        .iter()
        .map(|(name, times)| {
            let both = json!({ "p50_us": times.p50_us(), "p99_us": times.p99_us() });
            ((*name).to_owned(), both)
        })
        .collect();
    json!({
        "p50_us": allowed.p50_us(),
        "p99_us": allowed.p99_us(),
        "refused_p50_us": refused.p50_us(),
        "refused_p99_us": refused.p99_us(),
        "phases": phases,
    })
}
