//! `dispatch policy diff` over ten thousand recorded calls on a real Postgres.

use std::path::Path;
use std::time::Instant;

use dispatch_contract::decision::{Decision, DecisionRecord};
use dispatch_contract::event::{EventType, PackRef};
use dispatch_contract::{Actor, Code, DecisionId, EventId, Phase, PrincipalId, Role, Verdict};
use dispatch_engine::{Engine, EngineConfig, PackFiles};
use dispatch_ledger::{HouseEvent, Ledger, StoredFile, StoredPack};
use dispatch_testing::TestDatabase;
use serde_json::json;
use ulid::Ulid;

use crate::dispatch::{Copied, policy, ran, shipped};

const CALLS: usize = 10_000;

/// Records the shipped pack's own cases as calls, again and again, through the ledger.
/// Those that the pack allows were turned away by the store, so that no ticket is needed.
async fn record(database: &TestDatabase) {
    let files = PackFiles::read(&shipped()).expect("readable");
    let pack = Engine::new(EngineConfig::default())
        .expect("an engine")
        .load(&files)
        .expect("the shipped pack loads");
    let ledger = Ledger::connect(database.url(), 4).await.expect("connects");
    let stored = StoredPack {
        pack: pack.reference().clone(),
        files: stored(&files),
        stored_at: "2026-03-01T00:00:00Z".parse().expect("a time"),
    };
    ledger.store_pack(&stored).await.expect("stored");
    let event = activation(&stored);
    let activated = ledger.activate_pack(3, 0, &stored.pack.digest, event).await;
    activated.expect("written").expect("the first");
    let cases = files.cases().cases;
    let questions = cases.iter().filter_map(|case| case.question().ok());
    for question in questions.cycle().take(CALLS) {
        let verdict = pack.judge(question).verdict;
        let (code, phase) = match &verdict {
            Verdict::Refuse(refusal) => (refusal.code, refusal.phase),
            Verdict::Allow(_) => (Code::StoreUnavailable, Phase::Store),
        };
        let decision = Decision {
            decision_id: DecisionId(Ulid::generate()),
            decided_at: question.now,
            request_id: Some(question.call.request_id.clone()),
            correlation_id: None,
            tool: question.call.tool().to_string(),
            ticket_id: question.call.ticket_id,
            actor: Some(question.actor),
            allowed: false,
            code: Some(code),
            phase: Some(phase),
            determining_policies: Vec::new(),
            pack: Some(pack.reference().clone()),
            judged_us: 40,
        };
        let record = DecisionRecord {
            decision,
            question: Some(question.clone()),
            verdict: Some(verdict),
        };
        ledger.record_refusal(record).await.expect("queued");
    }
    ledger.flush_refusals().await.expect("written");
    ledger.shutdown().await.expect("shut down");
}

/// Stores a folder's pack as a candidate; its digest.
async fn keep(database: &TestDatabase, folder: &str) -> String {
    let files = PackFiles::read(Path::new(folder)).expect("readable");
    let ledger = Ledger::connect(database.url(), 2).await.expect("connects");
    let stored = StoredPack {
        pack: PackRef {
            name: "kept".into(),
            version: "0".into(),
            digest: files.digest_hex(),
        },
        files: stored(&files),
        stored_at: "2026-03-02T00:00:00Z".parse().expect("a time"),
    };
    ledger.store_pack(&stored).await.expect("stored");
    ledger.shutdown().await.expect("shut down");
    stored.pack.digest
}

fn stored(files: &PackFiles) -> Vec<StoredFile> {
    let files = files.hashed();
    files
        .map(|(path, content, sha256)| StoredFile {
            path: path.into(),
            sha256,
            content: content.into(),
        })
        .collect()
}

fn activation(pack: &StoredPack) -> HouseEvent {
    HouseEvent {
        event_id: EventId(Ulid::generate()),
        occurred_at: pack.stored_at,
        request_id: "test".into(),
        kind: EventType::PolicyPackActivated,
        actor: Actor {
            role: Role::OperatorAdmin,
            id: PrincipalId(Ulid::nil()),
        },
        payload: json!({ "revision": 3 }),
        correlation_id: None,
        pack: pack.pack.clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_recorded_calls_with_two_packs() {
    let database = TestDatabase::new().await;
    record(&database).await;
    let strict = Copied::new();
    strict.edit("pack.toml", "revision = 1", "revision = 2");
    strict.edit("pack.toml", "photos_after_min = 1", "photos_after_min = 2");
    let digest = PackFiles::read(&shipped()).expect("readable").digest_hex();
    let shipped = shipped();
    let shipped = shipped.to_str().expect("text");
    let diff = |a: &str, b: &str, more: &[&str]| {
        let mut command = policy();
        command.args(["diff", a, b, "--database-url", database.url()]);
        ran(command.args(more))
    };

    let same = diff(shipped, &digest, &[]).is(0);
    same.says(&["nothing flips", "10000 recorded calls judged"]);

    let began = Instant::now();
    let flips = diff(&digest, strict.path(), &["--json"]).is(1).json();
    let whole = began.elapsed();
    let found = &flips["result"];
    eprintln!(
        "{} calls compared in {} ms; the whole command took {} ms",
        found["judged"],
        flips["took_ms"],
        whole.as_millis()
    );
    assert_eq!(found["judged"], CALLS);
    assert_eq!(
        found["recorded_verdicts"], CALLS,
        "only the second pack is asked"
    );
    assert_eq!(found["unreadable"], 0);
    let flipped = found["flipped"].as_u64().expect("a count");
    assert!(flipped > 20, "{flipped}");
    let kinds = found["by_kind"].as_object().expect("by kind");
    assert_eq!(
        kinds
            .values()
            .filter_map(serde_json::Value::as_u64)
            .sum::<u64>(),
        flipped
    );
    assert!(kinds.contains_key("refused_now"), "{kinds:?}");
    let listed = found["flips"].as_array().expect("a list").len() as u64;
    assert_eq!(listed, flipped.min(1_000));
    let of_list = |list: &str| {
        let told = diff(&digest, strict.path(), &["--json", "--list", list]);
        let told = told.is(1).json();
        told["result"]["flips"].as_array().expect("a list").len() as u64
    };
    assert_eq!(of_list("3"), 3);
    assert_eq!(of_list("100000"), flipped, "every one of them");
    diff(&digest, strict.path(), &["--list", "0"]).is(2);

    // the other way round nobody recorded a verdict of the first pack: both are asked
    let back = diff(strict.path(), &digest[..12], &["--json"]).is(1).json();
    assert_eq!(back["result"]["recorded_verdicts"], 0);
    assert_eq!(back["result"]["flipped"], flipped);
    eprintln!(
        "{CALLS} calls with both packs asked: {} ms",
        back["took_ms"]
    );

    let told = diff(
        shipped,
        strict.path(),
        &["--tool", "closeout.checklist_complete"],
    )
    .is(1);
    told.says(&[
        "would be refused",
        "DECISION",
        "BEFORE",
        "AFTER",
        "gate_blocked (transition): evidence.photo_after",
    ]);
    assert!(!told.stdout.contains("billing."), "{}", told.stdout);

    let few = diff(shipped, &digest, &["--limit", "17", "--json"])
        .is(0)
        .json();
    assert_eq!(few["result"]["judged"], 17);
    let none = diff(
        shipped,
        &digest,
        &["--since", "2030-01-01T00:00:00Z", "--json"],
    )
    .is(0);
    assert_eq!(none.json()["result"]["judged"], 0);

    diff("active", "revision:3", &["--limit", "17"])
        .is(0)
        .says(&["nothing flips"]);
    for (unknown, words) in [
        ("revision:4", "no pack was activated under revision 4"),
        ("00000000", "no pack whose digest begins"),
    ] {
        let refused = diff(unknown, shipped, &[]).is(1);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    // what is stored and never judged is found too
    let kept = keep(&database, strict.path()).await;
    let kept = diff(&digest, &kept[..8], &["--json"]).is(1).json();
    assert_eq!(
        kept["after"]["asked"],
        kept["after"]["digest"].as_str().expect("a digest")[..8]
    );
    assert_eq!(kept["result"]["flipped"], flipped);

    // a recorded decision is explained by its id
    let id = found["flips"][0]["decision_id"].as_str().expect("an id");
    let explain = |pack: &str| {
        let mut command = policy();
        command.args(["explain", pack, "--decision", id]);
        ran(command.args(["--database-url", database.url()]))
    };
    explain("active")
        .is(0)
        .says(&["decision", id, "verdict: allow"]);
    explain(strict.path())
        .is(1)
        .says(&["verdict:", "evidence.photo_after", "on record: allow"]);

    // whoever was turned away by role alone left nothing to judge again: told all the same
    let wider = Copied::new();
    let message = "Action::\"ticket.add_message\"";
    wider.edit(
        "cedar/customers.cedar",
        &format!("action == {message}"),
        &format!("action in [{message}, Action::\"schedule.confirm\"]"),
    );
    let customers = diff(
        shipped,
        wider.path(),
        &["--tool", "billing.generate_invoice_draft"],
    );
    customers
        .is(1)
        .says(&["nothing flips", "opened: customer: schedule.confirm"]);

    diff("/nowhere/at/all", shipped, &[]).is(2);
    diff(shipped, shipped, &["--since", "lately"]).is(2);
}
