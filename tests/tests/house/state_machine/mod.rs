//! Random legal and illegal calls of all roles, against a small model of the contract
//! that shares no code with the house: the same verdicts, snapshots, events and chains.
//!
//! `PROPTEST_CASES` plays more of them. A failure is shrunk to the fewest steps.

mod model;
mod play;
mod step;

use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use crate::support::House;

/// Plays in one run, unless the environment says otherwise.
const CASES: u32 = 96;

#[test]
fn random_plays_end_as_the_model_says() {
    let runtime = Runtime::new().expect("a runtime");
    let house = runtime.block_on(House::start());
    let stage = runtime.block_on(play::Stage::of(&house));
    let mut config = Config {
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    for plan in step::repertoire() {
        runtime
            .block_on(stage.play(&plan))
            .expect("as the model says");
    }
    let mut runner = TestRunner::new(config);
    let played = runner.run(&step::plays(), |plan| runtime.block_on(stage.play(&plan)));
    if let Err(error) = played {
        panic!("{error}");
    }
    runtime.block_on(stage.every_verdict_was_met());
}
