//! A gateway, plans for agents on it, and how they are found there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime};

use dispatch_contract::{AgentRecordId, GatewayId, Role};
use dispatch_gateway::methods::{agents, config, sessions};
use dispatch_gateway::retry::SYNC;
use dispatch_gateway::{Address, Caller, Credential, Link, Secret, Target, ask};
use dispatch_provision::{
    AgentPlan, Applied, Board, ControlPlane, Heartbeat, LifecycleError, Observer, OpenClaw,
    Options, Overrides, Patient, Post, Profile, Templates, Unobserved, User, apply_lifecycle,
};
use dispatch_testing::openclaw::{Installation, ModelServer, RealGateway, Reply, merge};
use serde_json::{Map, Value, json};
use ulid::Ulid;

/// Longer than anything here takes, on busy cores too; only a hang reaches it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// The token that agents' files hold.
pub(crate) const TOKEN: &str = "rdt-under-test";

pub(crate) struct House {
    pub(crate) gateway: RealGateway,
    pub(crate) link: Link,
    model: ModelServer,
    gateway_id: GatewayId,
}

/// An agent as the gateway has it, with what only tells it from others left out.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Seen {
    pub(crate) name: Option<String>,
    pub(crate) workspace: Option<String>,
    /// Its entry in the configuration.
    pub(crate) entry: Value,
    pub(crate) files: BTreeMap<String, String>,
    /// Its main session's label.
    pub(crate) label: Option<String>,
}

/// A fresh id of any kind.
pub(crate) fn fresh<T: FromStr<Err: std::fmt::Debug>>() -> T {
    Ulid::generate().to_string().parse().expect("an id")
}

impl House {
    /// One whose agents get what gateways seed, and all think with the stub; none where no
    /// gateway is installed.
    pub(crate) async fn start() -> Option<Self> {
        let installation = Installation::found()?;
        let model = ModelServer::start(|_| Reply::say("Good morning.")).await;
        let model = model.expect("a model");
        let mut config = model.configuration(&["desk"]);
        merge(
            &mut config,
            json!({ "agents": { "defaults": {
                "model": { "primary": "stub/desk" }, "skipBootstrap": false,
            } } }),
        );
        let gateway = RealGateway::start(&installation, config).await;
        let gateway = gateway.expect("a gateway");
        let address = Address::parse(&gateway.url()).expect("an address");
        let credential = Credential::given(Secret::new(gateway.token()));
        let mut target = Target::new(address, credential);
        // two busy cores are no half-open connection
        target.options.ping_every = PATIENCE;
        target.options.pong_within = PATIENCE;
        Some(Self {
            link: Link::start(target),
            gateway,
            model,
            gateway_id: fresh(),
        })
    }

    /// Where workspaces lie.
    pub(crate) fn root(&self) -> PathBuf {
        self.gateway.folder().join("workspaces")
    }

    fn plan(&self, name: &str, post: Post, dispatch_role: Option<Role>) -> AgentPlan {
        let record_id: AgentRecordId = fresh();
        AgentPlan {
            record_id,
            gateway_id: self.gateway_id,
            post,
            // a model is told no more of who it is
            name: format!("{name} {record_id}"),
            workspace_root: self.root().display().to_string(),
            base_url: "https://dispatch.example".into(),
            user: User {
                name: "Ada Byron".into(),
                ..User::default()
            },
            profile: Profile {
                dispatch_role,
                ..Profile::default()
            },
            heartbeat: Heartbeat(Map::new()),
            overrides: Overrides::default(),
        }
    }

    pub(crate) fn main(&self) -> AgentPlan {
        self.plan("Mo", Post::Main, None)
    }

    /// The lead of a board of its own.
    pub(crate) fn lead(&self) -> AgentPlan {
        self.plan("Leo", Post::Lead(board()), None)
    }

    /// A worker on a board of its own.
    pub(crate) fn worker(&self) -> AgentPlan {
        let role = Some(Role::SystemIntakeAgent);
        self.plan("Iris", Post::Worker(board()), role)
    }

    /// What calls on the gateway are made with: each is one attempt.
    pub(crate) fn plane(&self) -> OpenClaw<'_> {
        OpenClaw::new(&self.link)
    }

    /// Brings an agent to its plan, with patience.
    pub(crate) async fn apply(&self, plan: &AgentPlan, options: &Options) -> Applied {
        let applied = self.observed(plan, options, &Unobserved).await;
        applied.expect("it comes to its end")
    }

    /// The same under somebody's eyes.
    pub(crate) async fn observed(
        &self,
        plan: &AgentPlan,
        options: &Options,
        observer: &dyn Observer,
    ) -> Result<Applied, LifecycleError> {
        let plane = self.plane();
        let plane = Patient::new(&plane, SYNC, "test");
        apply_on(&plane, plan, options, observer).await
    }

    /// Where its files are.
    pub(crate) fn workspace(&self, plan: &AgentPlan) -> PathBuf {
        PathBuf::from(plan.registration().workspace)
    }

    /// A file of its workspace, as it is on the disk.
    pub(crate) fn text(&self, plan: &AgentPlan, name: &str) -> Option<String> {
        std::fs::read_to_string(self.workspace(plan).join(name)).ok()
    }

    /// When the configuration was written last.
    pub(crate) fn configured(&self) -> SystemTime {
        let file = std::fs::metadata(self.gateway.config_path()).expect("a file");
        file.modified().expect("a time")
    }

    /// The agents there are.
    pub(crate) async fn agents(&self) -> Vec<agents::Agent> {
        let listed = patiently(&self.link, &agents::List {}).await;
        listed.agents
    }

    /// Its entry in the running configuration.
    pub(crate) async fn entry(&self, plan: &AgentPlan) -> Value {
        let config = patiently(&self.link, &config::Get {}).await.config;
        config["agents"]["entries"][plan.key().agent_id()].clone()
    }

    /// Its main session, where there is one.
    pub(crate) async fn session(&self, plan: &AgentPlan) -> Option<sessions::Session> {
        // of all agents: of one that was deleted a gateway lists none, but fails
        let list = sessions::List {
            limit: Some(1000),
            ..sessions::List::default()
        };
        let listed = patiently(&self.link, &list).await.sessions;
        let key = plan.key().session_key();
        listed.into_iter().find(|session| session.key == key)
    }

    /// The agent as the gateway has it; none where it has not.
    pub(crate) async fn seen(&self, plan: &AgentPlan) -> Option<Seen> {
        let id = plan.key().agent_id();
        let found = self.agents().await.into_iter().find(|agent| agent.id == id);
        let found = found?;
        let anybody = |text: &str| {
            let mut text = text.replace(&plan.name, "NAME");
            text = text.replace(&id, "AGENT");
            text = text.replace(&plan.record_id.to_string(), "RECORD");
            match plan.post.board() {
                Some(board) => text.replace(&board.board_id.to_string(), "BOARD"),
                None => text,
            }
        };
        let entry = self.entry(plan).await.to_string();
        Some(Seen {
            name: found.name.as_deref().map(anybody),
            workspace: found.workspace.as_deref().map(anybody),
            entry: serde_json::from_str(&anybody(&entry)).expect("JSON"),
            files: files(&self.workspace(plan))
                .into_iter()
                .map(|(name, text)| (name, anybody(&text)))
                .collect(),
            label: self
                .session(plan)
                .await
                .and_then(|session| session.label)
                .as_deref()
                .map(anybody),
        })
    }

    /// How often the agent's model was told what somebody woken is told.
    pub(crate) fn wakes(&self, plan: &AgentPlan) -> usize {
        let words = format!("Hello {}. Your workspace has been", plan.name);
        let asked = self.model.asked().into_iter().map(|asked| asked.user());
        asked.filter(|said| said.contains(&words)).count()
    }

    /// Waits until the model was told so often.
    pub(crate) async fn woken(&self, plan: &AgentPlan, times: usize) {
        let began = Instant::now();
        while self.wakes(plan) < times {
            let said = || self.model.asked().into_iter().map(|asked| asked.user());
            assert!(
                began.elapsed() < PATIENCE,
                "{} sleeps: {:#?}",
                plan.name,
                said().collect::<Vec<_>>()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(self.wakes(plan), times, "{}", plan.name);
    }
}

/// One attempt after the other until it goes well: a gateway may restart in place.
async fn patiently<M: dispatch_gateway::Method>(link: &dyn Caller, method: &M) -> M::Answer {
    let began = Instant::now();
    loop {
        match ask(link, method).await {
            Ok(answer) => return answer,
            Err(error) => assert!(began.elapsed() < PATIENCE, "{}: {error}", M::NAME),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Brings an agent to its plan, on whatever carries the calls.
pub(crate) async fn apply_on(
    plane: &dyn ControlPlane,
    plan: &AgentPlan,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Applied, LifecycleError> {
    let templates = Templates::shipped();
    let token = Secret::new(TOKEN);
    apply_lifecycle(plane, &templates, plan, &token, options, observer).await
}

fn board() -> Board {
    Board {
        board_id: fresh(),
        name: "North".into(),
        objective: "Every emergency answered within the hour.".into(),
        rules: BTreeMap::new(),
    }
}

/// The texts of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let texts = entries.filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(entry.path()).ok()?;
        name.ends_with(".md").then_some((name, text))
    });
    texts.collect()
}
