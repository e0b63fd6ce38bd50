//! What the model says next, agent by agent.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use dispatch_testing::openclaw::{Asked, Reply};

/// Steps that are still to be taken; a model without any says that it is done.
#[derive(Clone, Default)]
pub(super) struct Script(Arc<Mutex<HashMap<String, VecDeque<Reply>>>>);

impl Script {
    /// What the agent's model does next, instead of what was left of before.
    pub(super) fn expect(&self, agent: &str, steps: Vec<Reply>) {
        let mut script = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        script.insert(agent.to_owned(), steps.into());
    }

    /// What a model server plays.
    pub(super) fn player(&self) -> impl Fn(&Asked) -> Reply + Send + Sync + 'static {
        let script = self.clone();
        move |asked| {
            let mut script = script.0.lock().unwrap_or_else(PoisonError::into_inner);
            let steps = script.get_mut(asked.agent());
            steps
                .and_then(VecDeque::pop_front)
                .unwrap_or_else(|| Reply::say("Done."))
        }
    }
}
