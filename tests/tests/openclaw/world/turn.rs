//! A message to an agent, and what comes of it.

use std::time::{Duration, Instant};

use dispatch_gateway::methods::{chat, runs};
use dispatch_gateway::{Event, Method as _, ask};
use dispatch_testing::openclaw::{Asked, Reply};
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::{Value, json};

use super::{PATIENCE, World, main_session};

/// Whence a message comes: through which channel and its account, and who is at the other end.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) channel: &'a str,
    pub(crate) account: &'a str,
    pub(crate) from: &'a str,
}

impl Origin<'_> {
    /// The session in which an agent is spoken to from there, as the rendered `dmScope` has it.
    pub(crate) fn session(&self, agent: &str) -> String {
        let Self {
            channel,
            account,
            from,
        } = self;
        format!("agent:{agent}:{channel}:{account}:direct:{from}")
    }
}

/// What came of a message to an agent.
#[derive(Debug)]
pub(crate) struct Turn {
    /// How it ended: `final`, `error` or `aborted`; `ok` where it came from a channel.
    pub(crate) state: String,
    /// What its tools answered, as the model reads it, in order.
    pub(crate) results: Vec<String>,
    /// What the model was offered.
    pub(crate) offered: Vec<String>,
}

impl Turn {
    /// The only answer, as the host's JSON.
    #[track_caller]
    pub(crate) fn answer(&self) -> Value {
        let last = self.results.last().expect("a result");
        serde_json::from_str(last).unwrap_or_else(|_| panic!("no answer: {last}"))
    }
}

/// A turn that is under way.
pub(crate) struct Begun {
    agent: String,
    run: String,
    /// What the model had been asked before.
    before: usize,
    events: BoxStream<'static, Event>,
}

impl World {
    /// A message to an agent, whose model calls these tools, each after the other.
    pub(crate) async fn turn(&self, agent: &str, message: &str, calls: &[(&str, Value)]) -> Turn {
        let key = ulid::Ulid::generate().to_string();
        let steps = calls.iter().enumerate().map(|(index, (tool, args))| {
            Reply::call(&format!("call_{key}_{index}"), tool, args.clone())
        });
        let session = main_session(agent);
        let turn = self.play(&session, message, &key, steps.collect()).await;
        assert_eq!(turn.state, "final", "{turn:?}");
        turn
    }

    /// A message from a channel, as its plugin hands it on, answered by these steps of the model.
    pub(crate) async fn turn_from(
        &self,
        origin: Origin<'_>,
        agent: &str,
        message: &str,
        steps: Vec<Reply>,
    ) -> Turn {
        let key = ulid::Ulid::generate().to_string();
        let session = origin.session(agent);
        let begun = self.begin_from(Some(origin), &session, message, &key, steps);
        let begun = begun.await;
        // what goes back to a channel is told to nobody else: the run itself is waited for
        let wait = runs::Wait {
            run_id: key,
            timeout_ms: u32::try_from(PATIENCE.as_millis()).expect("fits"),
        };
        let ended = ask(&self.connection, &wait).await.expect("an end");
        let turn = self.told_of(&begun, ended.status);
        assert_eq!(turn.state, "ok", "{turn:?}");
        turn
    }

    /// A message in a session, answered by these steps of the model.
    pub(crate) async fn play(
        &self,
        session: &str,
        message: &str,
        key: &str,
        steps: Vec<Reply>,
    ) -> Turn {
        let begun = self.begin(session, message, key, steps).await;
        self.end(begun).await
    }

    /// The same, without waiting for its end. The key is the run's id.
    pub(crate) async fn begin(
        &self,
        session: &str,
        message: &str,
        key: &str,
        steps: Vec<Reply>,
    ) -> Begun {
        self.begin_from(None, session, message, key, steps).await
    }

    async fn begin_from(
        &self,
        origin: Option<Origin<'_>>,
        session: &str,
        message: &str,
        key: &str,
        steps: Vec<Reply>,
    ) -> Begun {
        let agent = session.split(':').nth(1).expect("an agent's session");
        self.script.expect(agent, steps);
        let begun = Begun {
            agent: agent.to_owned(),
            run: key.to_owned(),
            before: self.model.asked().len(),
            events: self.connection.events().boxed(),
        };
        let send = chat::Send {
            idempotency_key: key.to_owned(),
            ..chat::Send::new(session, message)
        };
        let mut params = serde_json::to_value(&send).expect("JSON");
        if let Some(origin) = origin {
            params["originatingChannel"] = json!(origin.channel);
            params["originatingTo"] = json!(origin.from);
            params["originatingAccountId"] = json!(origin.account);
        }
        let sent = self.connection.call(chat::Send::NAME, params, PATIENCE);
        sent.await.expect("taken");
        begun
    }

    /// Waits until the model was told so many results, and says which.
    pub(crate) async fn told(&self, begun: &Begun, many: usize) -> Vec<String> {
        let began = Instant::now();
        loop {
            let results = self.results(begun);
            if results.len() >= many {
                return results;
            }
            assert!(began.elapsed() < PATIENCE, "only told {results:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for a turn's end.
    pub(crate) async fn end(&self, mut begun: Begun) -> Turn {
        let state = ended(&mut begun.events, &begun.run).await;
        self.told_of(&begun, state)
    }

    /// A turn that ended so.
    fn told_of(&self, begun: &Begun, state: String) -> Turn {
        let results = self.results(begun);
        let asked = self.asked(begun);
        let offered = asked.last().map(Asked::tools).unwrap_or_default();
        Turn {
            state,
            results,
            offered: offered.into_iter().map(str::to_owned).collect(),
        }
    }

    /// What the agent's model was asked since the turn began.
    fn asked(&self, begun: &Begun) -> Vec<Asked> {
        let asked = self.model.asked().split_off(begun.before);
        let own = asked.into_iter();
        own.filter(|asked| asked.agent() == begun.agent).collect()
    }

    /// What the tools answered in this turn: the most that its model was told, since the
    /// gateway asks it other things too.
    fn results(&self, begun: &Begun) -> Vec<String> {
        let told = self.asked(begun).into_iter().map(|asked| asked.results());
        told.max_by_key(Vec::len).unwrap_or_default()
    }
}

/// How this run ended.
async fn ended(events: &mut BoxStream<'static, Event>, run: &str) -> String {
    let over = async {
        loop {
            let event = events.next().await.expect("the connection holds");
            let payload = &event.payload;
            if &*event.name != "chat" || payload["runId"] != run {
                continue;
            }
            let state = payload["state"].as_str().unwrap_or_default();
            if ["final", "error", "aborted"].contains(&state) {
                if state == "error" {
                    eprintln!("the run failed: {payload}");
                }
                return state.to_owned();
            }
        }
    };
    let over = tokio::time::timeout(PATIENCE, over).await;
    over.expect("the run ends in time")
}
