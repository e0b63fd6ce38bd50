//! Stopped after any step and done again, it comes to what it would have come to undisturbed.

use std::sync::atomic::{AtomicUsize, Ordering};

use dispatch_gateway::ask;
use dispatch_gateway::methods::runs;
use dispatch_gateway::retry::SYNC;
use dispatch_provision::{
    AgentPlan, Deleted, Destructive, Go, LifecycleError, Observer, Options, Patient, Step,
    delete_lifecycle,
};

use crate::house::House;

/// Stops after so many steps.
struct StopAfter(AtomicUsize);

impl StopAfter {
    fn steps(many: usize) -> Self {
        Self(AtomicUsize::new(many))
    }

    /// Never.
    fn never() -> Self {
        Self::steps(usize::MAX)
    }
}

impl Observer for StopAfter {
    fn after(&self, _: &str, _: Step) -> Go {
        if self.0.fetch_sub(1, Ordering::SeqCst) == 1 {
            Go::Stop
        } else {
            Go::On
        }
    }
}

#[tokio::test]
async fn stopped_after_any_step_and_done_again_it_comes_to_the_same() {
    let Some(house) = House::start().await else {
        return;
    };
    for fresh in [House::worker, House::lead] {
        provisioned(&house, &|| fresh(&house)).await;
    }
    deleted(&house).await;
}

/// Each agent is another of the same kind, stopped after another step.
async fn provisioned(house: &House, fresh: &dyn Fn() -> AgentPlan) {
    let mut options = Options::provision("made");
    options.reset_session = true;
    let plan = fresh();
    house.apply(&plan, &options).await;
    house.woken(&plan, 1).await;
    let whole = house.seen(&plan).await.expect("it is there");
    for (number, step) in Step::APPLY.into_iter().enumerate() {
        let plan = fresh();
        let stopper = StopAfter::steps(number + 1);
        let stopped = house.observed(&plan, &options, &stopper).await;
        assert!(
            matches!(stopped, Err(LifecycleError::Stopped(at)) if at == step),
            "{step}: {stopped:?}"
        );
        // a run of its own has a key of its own: its reset may end what the first one's began
        let mut again = Options::provision("again");
        again.reset_session = true;
        house.apply(&plan, &again).await;
        let wait = runs::Wait {
            run_id: format!("again:{}", plan.key().agent_id()),
            timeout_ms: 60_000,
        };
        let ended = ask(&house.link, &wait).await.expect("known");
        assert_eq!(ended.status, "ok", "after {step}");
        let wakes = house.wakes(&plan);
        let twice = usize::from(step == Step::Wake);
        assert!((1..=1 + twice).contains(&wakes), "{wakes} after {step}");
        let found = house.seen(&plan).await.expect("it is there");
        assert_eq!(found, whole, "after {step}");
        // done, it is done
        let written = house.configured();
        let again = house.apply(&plan, &Options::update()).await;
        assert!(!again.created && !again.updated && !again.heartbeat_written);
        assert_eq!(house.configured(), written, "after {step}");
    }
}

async fn deleted(house: &House) {
    for (number, step) in Step::DELETE.into_iter().enumerate() {
        let plan = house.worker();
        house.apply(&plan, &Options::provision("made")).await;
        house.woken(&plan, 1).await;
        let stopper = StopAfter::steps(number + 1);
        let stopped = delete(house, &plan, &stopper).await;
        assert!(
            matches!(stopped, Err(LifecycleError::Stopped(at)) if at == step),
            "{step}: {stopped:?}"
        );
        let done = delete(house, &plan, &StopAfter::never()).await;
        let done = done.expect("it comes to its end");
        assert!(!done.was_there, "{step}");
        assert_eq!(house.seen(&plan).await, None, "{step}");
        assert!(house.session(&plan).await.is_none(), "{step}");
        assert!(!house.workspace(&plan).exists(), "{step}");
        // and made anew it is nobody's successor: no old session, no old key
        house.apply(&plan, &Options::provision("anew")).await;
        house.woken(&plan, 2).await;
    }
}

async fn delete(
    house: &House,
    plan: &AgentPlan,
    observer: &StopAfter,
) -> Result<Deleted, LifecycleError> {
    let plane = house.plane();
    let plane = Patient::new(&plane, SYNC, "test");
    let (root, yes) = (plan.workspace_root.as_str(), Destructive::Confirmed);
    delete_lifecycle(&plane, plan.key(), root, true, observer, yes).await
}
