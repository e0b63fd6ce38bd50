//! Packs are swapped while calls are judged, the shipped one and the strict one in turn: no
//! call fails, and each is judged by one whole pack that was active.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dispatch_contract::State;
use serde_json::{Value, json};

use crate::support::front::Front;
use crate::support::house::Settings;
use crate::support::pack::{Copy, strict};
use crate::support::story::Told;
use crate::support::{House, bodies, eventually};

/// Callers at once.
const CALLERS: usize = 4;
/// Packs in a row; every other one is broken.
const PACKS: u64 = 50;

/// The rules of a good pack: windows of this many minutes at least. The strict pack's are
/// longer than what is offered, so that it refuses at any hour of the day.
fn minutes(n: u64) -> u64 {
    if n.is_multiple_of(4) { 15 } else { 119 }
}

/// Pack number `n`, each broken one at another step.
fn pack(n: u64) -> (Copy, Option<&'static str>) {
    let revision = format!("revision = {}", n + 2);
    let length = format!("min_window_minutes = {}", minutes(n));
    let pack = if minutes(n) == 15 {
        let pack = Copy::new().with_few_cases();
        pack.edit(&[("revision = 1", &revision)]);
        pack
    } else {
        let pack = Copy::of(&strict()).with_few_cases();
        pack.edit(&[
            ("revision = 2", &revision),
            ("min_window_minutes = 60", &length),
        ]);
        pack
    };
    let write = |path: &str, text: &[u8]| {
        std::fs::write(pack.path().join(path), text).expect("written");
    };
    let fails = match (n % 2, n / 2 % 5) {
        (0, _) => None,
        (_, 0) => {
            write("cedar/operators.cedar", b"permit");
            Some("cedar")
        }
        (_, 1) => {
            write("components/closeout-add-note.wasm", b"\0asm");
            Some("components")
        }
        (_, 2) => {
            pack.edit(&[("min_window_minutes", "min_window_minuets")]);
            Some("settings")
        }
        (_, 3) => {
            pack.edit(&[(&revision, "revision = 1")]);
            Some("revision")
        }
        _ => {
            pack.edit(&[("contract = \"0\"", "contract = \"9\"")]);
            Some("manifest")
        }
    };
    (pack, fails)
}

/// What one caller was answered: by tool, how many were allowed and how many refused.
type Answers = BTreeMap<&'static str, (u64, u64)>;

async fn call_until(done: Arc<AtomicBool>, front: Front, told: Told) -> Answers {
    let mut short = bodies::window(24);
    short["window_end"] = json!(bodies::minutes(24 * 60 + 90));
    let short = json!({ "windows": [short] });
    let message = bodies::message("hello");
    let mut answers = Answers::new();
    while !done.load(Ordering::Relaxed) {
        for (who, tool, input) in [
            (front.intake(), "ticket.add_message", &message),
            (front.scheduling(), "schedule.propose_slots", &short),
        ] {
            let reply = front.on(&who, tool, &told.id, input).await;
            let (allowed, refused) = answers.entry(tool).or_default();
            match reply.code().as_deref() {
                None => *allowed += 1,
                // too short for the pack that judges now
                Some("invalid_input") if tool == "schedule.propose_slots" => *refused += 1,
                other => panic!("{tool}: {other:?}: {}", reply.text()),
            }
        }
    }
    answers
}

async fn decisions_of(house: &House, tool: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v0/decisions?tool={tool}&limit=200{cursor}");
        let page = house.get(&house.operator(), &path).await.ok();
        all.extend(page["items"].as_array().expect("items").iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_packs_in_a_row_half_of_them_broken_and_no_call_fails() {
    let first = Copy::new().with_few_cases();
    let house = House::with(Settings {
        pack: first.path().to_owned(),
        ..Settings::default()
    })
    .await;
    let digest = |told: &Value| told["digest"].as_str().expect("a digest").to_owned();
    let mut lengths = BTreeMap::from([(digest(&house.packs().await["active"]), 15)]);
    let done = Arc::new(AtomicBool::new(false));
    let mut callers = Vec::new();
    for _ in 0..CALLERS {
        let told = house.advance_to(State::Schedulable).await;
        callers.push(tokio::spawn(call_until(
            Arc::clone(&done),
            (*house).clone(),
            told,
        )));
    }

    let mut refused = 0;
    for n in 0..PACKS {
        let (pack, fails) = pack(n);
        let told = house.propose("replay=100", pack.path()).await;
        assert_eq!(told["failed"]["step"].as_str(), fails, "{n}: {told}");
        assert_eq!(told["activated"], fails.is_none());
        if fails.is_none() {
            lengths.insert(digest(&told["pack"]), minutes(n));
        } else {
            refused += 1;
        }
    }
    done.store(true, Ordering::Relaxed);
    let mut answers = Answers::new();
    for caller in callers {
        for (tool, (allowed, refused)) in caller.await.expect("no call of it failed") {
            let sum = answers.entry(tool).or_default();
            *sum = (sum.0 + allowed, sum.1 + refused);
        }
    }
    let (proposed, too_short) = answers["schedule.propose_slots"];
    assert!(
        proposed > 0 && too_short > 0,
        "both kinds of rules were met: {answers:?}"
    );
    assert_eq!(
        house.pack_events("policy.pack_rejected").await.len(),
        refused
    );
    assert_eq!(house.packs().await["revision"], PACKS);

    // every call is a decision of a pack that was active, and by that pack's rules
    let tool = "schedule.propose_slots";
    let decisions = eventually("every decision", async || {
        let decisions = decisions_of(&house, tool).await;
        (decisions.len() as u64 == proposed + too_short).then_some(decisions)
    })
    .await;
    for decision in &decisions {
        let length = lengths.get(&digest(&decision["pack"])).copied();
        let length = length.unwrap_or_else(|| panic!("never active: {decision}"));
        assert_eq!(decision["allowed"], length == 15, "{decision}");
    }
    let messages = decisions_of(&house, "ticket.add_message").await;
    assert_eq!(messages.len() as u64, answers["ticket.add_message"].0);
    for decision in &messages {
        assert!(
            lengths.contains_key(&digest(&decision["pack"])),
            "{decision}"
        );
    }
}
