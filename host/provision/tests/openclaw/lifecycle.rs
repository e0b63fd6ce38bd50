//! One agent of each kind: made, found made, kept, changed, woken, deleted.

use dispatch_gateway::methods::{chat, files, runs};
use dispatch_gateway::retry::SYNC;
use dispatch_gateway::{GatewayError, Secret};
use dispatch_provision::files::File;
use dispatch_provision::{
    Action, AgentPlan, AgentSeen, Applied, Asked, ConfigPatch, ConfigSeen, ControlPlane,
    Destructive, FileSeen, Heartbeat, LifecycleError, Message, OpenClaw, Options, Patient,
    Registration, Templates, Unobserved, delete_lifecycle, render_all,
};
use serde_json::{Value, json};

use crate::house::{House, TOKEN, apply_on};

#[tokio::test]
async fn an_agent_is_made_kept_changed_and_deleted() {
    let Some(house) = House::start().await else {
        return;
    };
    let plans = [house.main(), house.lead(), house.worker()];
    for plan in &plans {
        made_as_its_plan_says(&house, plan).await;
        made_again_nothing_is_made(&house, plan).await;
    }
    let [_, lead, worker] = &plans;
    what_is_its_own_is_kept(&house, worker).await;
    a_lead_is_rid_of_what_is_no_longer_wanted(&house, lead).await;
    a_heartbeat_is_written_where_it_differs(&house, worker).await;
    a_session_begins_anew_and_is_woken_once_a_key(&house, worker).await;
    a_file_that_the_gateway_refuses(&house).await;
    for plan in &plans {
        deleted_it_is_gone_and_deleted_again_still(&house, plan).await;
    }
}

async fn made_as_its_plan_says(house: &House, plan: &AgentPlan) {
    let kind = plan.post.kind();
    let applied = house.apply(plan, &Options::provision("first")).await;
    assert!(applied.created && applied.updated && applied.heartbeat_written && applied.woken);
    assert_eq!(applied.files.moved, ["TOOLS.md", "HEARTBEAT.md"], "{kind}");
    assert_eq!(applied.files.skipped, Vec::<String>::new(), "{kind}");

    let seen = house.seen(plan).await.expect("it shows");
    assert_eq!(seen.name.as_deref(), Some("NAME"));
    let workspace = house.workspace(plan).display().to_string();
    let id = plan.key().agent_id();
    assert_eq!(seen.workspace, Some(workspace.replace(&id, "AGENT")));
    let heartbeat = json!({ "every": "10m", "target": "last" });
    assert_eq!(seen.entry["heartbeat"], heartbeat, "{kind}");
    let tools = &seen.entry["tools"]["allow"];
    assert_eq!(*tools, json!(["session_status"]), "{kind}");
    assert_eq!(seen.label.as_deref(), Some("NAME"));
    let agents = house.text(plan, "AGENTS.md").expect("its file");
    for part in ["## Tools", "## Heartbeat", &format!("AUTH_TOKEN={TOKEN}")] {
        assert!(agents.contains(part), "{kind}: {agents}");
    }
    let user = house.text(plan, "USER.md").expect("its file");
    assert!(user.contains("Ada Byron"), "{user}");
    house.woken(plan, 1).await;
    for (file, text) in render_all(&Templates::shipped(), plan, &Secret::new(TOKEN)).expect("made")
    {
        if file == File::Identity || file == File::Soul {
            assert_eq!(house.text(plan, file.name()), Some(text), "{kind}");
        }
    }
    // not the gateway's own ritual, which asks for a name
    let bootstrap = house.text(plan, "BOOTSTRAP.md").unwrap_or_default();
    let board = plan.post.board().filter(|_| kind.name() == "lead");
    match board {
        Some(board) => assert!(bootstrap.contains(&board.name), "{bootstrap}"),
        None => assert_eq!(bootstrap, "", "{kind}"),
    }
}

/// Found as it is: no agent, no configuration, no message.
async fn made_again_nothing_is_made(house: &House, plan: &AgentPlan) {
    let (before, written) = (house.seen(plan).await, house.configured());
    for options in [Options::provision("first"), Options::update()] {
        let again = house.apply(plan, &options).await;
        assert!(!again.created && !again.updated && !again.heartbeat_written);
    }
    assert_eq!(house.seen(plan).await, before);
    assert_eq!(house.configured(), written, "a write breaks live sessions");
    house.woken(plan, 1).await;
}

async fn what_is_its_own_is_kept(house: &House, plan: &AgentPlan) {
    let put = async |name: &str, content: &str| {
        let set = files::Set {
            agent_id: plan.key().agent_id(),
            name: name.into(),
            content: content.into(),
        };
        let written = dispatch_gateway::ask(&house.link, &set).await;
        written.expect("written");
    };
    put("USER.md", "mine").await;
    put("MEMORY.md", "").await;
    put("SOUL.md", "not mine").await;
    let updated = house.apply(plan, &Options::update()).await;
    assert_eq!(updated.files.kept, ["USER.md", "MEMORY.md"]);
    assert_eq!(house.text(plan, "USER.md").as_deref(), Some("mine"));
    assert_eq!(house.text(plan, "MEMORY.md").as_deref(), Some(""));
    assert_ne!(house.text(plan, "SOUL.md").as_deref(), Some("not mine"));

    let overwrite = Options {
        overwrite: true,
        ..Options::update()
    };
    house.apply(plan, &overwrite).await;
    let user = house.text(plan, "USER.md").expect("its file");
    assert!(user.contains("Ada Byron"), "{user}");
}

/// Once it is through with its BOOTSTRAP.md it gets none again, unless that is asked for.
async fn a_lead_is_rid_of_what_is_no_longer_wanted(house: &House, plan: &AgentPlan) {
    let file = house.workspace(plan).join("BOOTSTRAP.md");
    std::fs::write(&file, "").expect("emptied");
    house.apply(plan, &Options::update()).await;
    assert_eq!(house.text(plan, "BOOTSTRAP.md").as_deref(), Some(""));
    std::fs::remove_file(&file).expect("removed");
    house.apply(plan, &Options::update()).await;
    assert_eq!(house.text(plan, "BOOTSTRAP.md"), None);
    let forced = Options {
        force_bootstrap: true,
        ..Options::update()
    };
    house.apply(plan, &forced).await;
    assert_ne!(house.text(plan, "BOOTSTRAP.md").unwrap_or_default(), "");
}

async fn a_heartbeat_is_written_where_it_differs(house: &House, plan: &AgentPlan) {
    let heartbeat = |keys: Value| {
        let mut plan = plan.clone();
        plan.heartbeat = Heartbeat(keys.as_object().expect("an object").clone());
        plan
    };
    let before = house.entry(plan).await;
    let hours = json!({ "start": "08:00", "end": "20:00" });
    let seldom = heartbeat(json!({ "every": "1h", "activeHours": hours }));
    assert!(
        house
            .apply(&seldom, &Options::update())
            .await
            .heartbeat_written
    );
    let expected = json!({ "every": "1h", "target": "last", "activeHours": hours });
    assert_eq!(house.entry(plan).await["heartbeat"], expected);
    let written = house.configured();
    assert!(
        !house
            .apply(&seldom, &Options::update())
            .await
            .heartbeat_written
    );
    assert_eq!(house.configured(), written);
    // a key that is no longer wanted goes
    assert!(
        house
            .apply(plan, &Options::update())
            .await
            .heartbeat_written
    );
    assert_eq!(
        house.entry(plan).await,
        before,
        "and nothing else has changed"
    );
}

async fn a_session_begins_anew_and_is_woken_once_a_key(house: &House, plan: &AgentPlan) {
    let history = chat::History {
        session_key: plan.key().session_key(),
        limit: Some(10),
    };
    let said = async || {
        let history = dispatch_gateway::ask(&house.link, &history).await;
        let said = history.expect("a history").messages.into_iter();
        said.filter(|message| message["role"] == "user").count()
    };
    assert_eq!(said().await, 1, "it was woken");
    let anew = Options {
        reset_session: true,
        ..Options::update()
    };
    assert!(house.apply(plan, &anew).await.session_reset);
    assert_eq!(said().await, 0);

    let wakes = house.wakes(plan);
    for (key, times) in [("second", 1), ("second", 1), ("third", 2)] {
        let mut wake = Options::provision(key);
        wake.action = Action::Update;
        assert!(house.apply(plan, &wake).await.woken);
        house.woken(plan, wakes + times).await;
        // what is said while it is at it is no turn of its own
        let wait = runs::Wait {
            run_id: format!("{key}:{}", plan.key().agent_id()),
            timeout_ms: 60_000,
        };
        let ended = dispatch_gateway::ask(&house.link, &wait).await;
        assert_eq!(ended.expect("known").status, "ok");
    }
}

/// A gateway that takes no SOUL.md, as one of another version may: asked for it under a name
/// that this one refuses, it refuses in its own words.
struct Soulless<'p>(OpenClaw<'p>);

impl Soulless<'_> {
    fn known(name: &str) -> &str {
        if name == "SOUL.md" { "SOULS.md" } else { name }
    }
}

impl ControlPlane for Soulless<'_> {
    fn set_file<'a>(&'a self, agent_id: &'a str, name: &'a str, content: &'a str) -> Asked<'a, ()> {
        self.0.set_file(agent_id, Self::known(name), content)
    }
    fn health(&self) -> Asked<'_, ()> {
        self.0.health()
    }
    fn agents(&self) -> Asked<'_, Vec<AgentSeen>> {
        self.0.agents()
    }
    fn create_agent<'a>(&'a self, registration: &'a Registration) -> Asked<'a, ()> {
        self.0.create_agent(registration)
    }
    fn update_agent<'a>(&'a self, registration: &'a Registration) -> Asked<'a, ()> {
        self.0.update_agent(registration)
    }
    fn delete_agent<'a>(&'a self, agent_id: &'a str, delete_files: bool) -> Asked<'a, ()> {
        self.0.delete_agent(agent_id, delete_files)
    }
    fn files<'a>(&'a self, agent_id: &'a str) -> Asked<'a, Vec<FileSeen>> {
        self.0.files(agent_id)
    }
    fn file<'a>(&'a self, agent_id: &'a str, name: &'a str) -> Asked<'a, Option<String>> {
        self.0.file(agent_id, Self::known(name))
    }
    fn delete_file<'a>(&'a self, agent_id: &'a str, name: &'a str) -> Asked<'a, ()> {
        self.0.delete_file(agent_id, Self::known(name))
    }
    fn config(&self) -> Asked<'_, ConfigSeen> {
        self.0.config()
    }
    fn patch_config<'a>(&'a self, patch: &'a ConfigPatch) -> Asked<'a, ()> {
        self.0.patch_config(patch)
    }
    fn ensure_session<'a>(&'a self, key: &'a str, label: Option<&'a str>) -> Asked<'a, ()> {
        self.0.ensure_session(key, label)
    }
    fn reset_session<'a>(&'a self, key: &'a str) -> Asked<'a, ()> {
        self.0.reset_session(key)
    }
    fn delete_session<'a>(&'a self, key: &'a str) -> Asked<'a, ()> {
        self.0.delete_session(key)
    }
    fn send<'a>(&'a self, message: &'a Message) -> Asked<'a, ()> {
        self.0.send(message)
    }
}

async fn a_file_that_the_gateway_refuses(house: &House) {
    let soulless = Soulless(house.plane());
    let patient = Patient::new(&soulless, SYNC, "test");
    let options = Options::provision("soulless");
    let apply = async |plan: &AgentPlan| -> Result<Applied, LifecycleError> {
        apply_on(&patient, plan, &options, &Unobserved).await
    };
    // a worker does without; a lead answers for a board
    let (worker, lead) = (house.worker(), house.lead());
    let applied = apply(&worker).await.expect("it does without");
    assert_eq!(applied.files.skipped, ["SOUL.md"]);
    assert!(applied.woken);
    let error = apply(&lead).await.expect_err("it cannot");
    assert!(
        matches!(&error, LifecycleError::RequiredFiles(names) if names == &["SOUL.md"]),
        "{error}"
    );
    assert_eq!(house.wakes(&lead), 0, "nobody is woken to half of it");
    // on a gateway that takes it the next run makes it whole
    house.apply(&lead, &options).await;
    assert!(house.text(&lead, "SOUL.md").is_some());
    house.woken(&lead, 1).await;
}

async fn deleted_it_is_gone_and_deleted_again_still(house: &House, plan: &AgentPlan) {
    let patient = house.plane();
    let patient = Patient::new(&patient, SYNC, "test");
    for was_there in [true, false] {
        let yes = Destructive::Confirmed;
        let root = plan.workspace_root.as_str();
        let deleted = delete_lifecycle(&patient, plan.key(), root, true, &Unobserved, yes).await;
        let deleted = deleted.expect("it comes to its end");
        assert_eq!(deleted.was_there, was_there);
        assert_eq!(
            deleted.workspace,
            house.workspace(plan).display().to_string()
        );
        assert_eq!(house.seen(plan).await, None);
        assert_eq!(house.entry(plan).await, Value::Null);
        assert!(house.session(plan).await.is_none());
        assert!(!house.workspace(plan).exists(), "its files too");
    }
    // what there is not has no files, and says so in words that are understood
    let error = patient.files(&plan.key().agent_id()).await;
    let error: GatewayError = error.expect_err("there is no such agent");
    assert!(
        dispatch_provision::tolerance::missing_agent(&error),
        "{error}"
    );
}
