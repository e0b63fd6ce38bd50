//! Plans that tests share.

use std::collections::BTreeMap;

use serde_json::{Map, json};

use dispatch_contract::Role;

use crate::heartbeat::Heartbeat;
use crate::plan::{AgentPlan, Board, Overrides, Post, Profile, User};

pub(crate) fn board() -> Board {
    Board {
        board_id: "01J9ZQ4Y7M8K6T5R4E3W2Q1P0B".parse().unwrap(),
        name: "North".to_owned(),
        objective: "Every emergency answered within the hour.".to_owned(),
        rules: BTreeMap::from([
            ("auto_assign".to_owned(), true),
            ("weekends".to_owned(), false),
        ]),
    }
}

fn plan(name: &str, post: Post, role: Option<Role>) -> AgentPlan {
    AgentPlan {
        record_id: "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N".parse().unwrap(),
        gateway_id: "01J9ZQ4Y7M8K6T5R4E3W2Q1P0G".parse().unwrap(),
        post,
        name: name.to_owned(),
        workspace_root: "~/.openclaw".to_owned(),
        base_url: "https://dispatch.example".to_owned(),
        user: User {
            name: "Ada Byron".to_owned(),
            timezone: "Europe/London".to_owned(),
            ..User::default()
        },
        profile: Profile {
            dispatch_role: role,
            ..Profile::default()
        },
        heartbeat: Heartbeat(Map::new()),
        overrides: Overrides::default(),
    }
}

pub(crate) fn worker() -> AgentPlan {
    plan("Iris", Post::Worker(board()), Some(Role::SystemIntakeAgent))
}

pub(crate) fn lead() -> AgentPlan {
    plan("Leo", Post::Lead(board()), None)
}

pub(crate) fn main() -> AgentPlan {
    plan("Mo", Post::Main, None)
}

pub(crate) fn every_role() -> Vec<AgentPlan> {
    let mut plans = vec![main(), lead()];
    for role in Role::ALL.into_iter().filter(|role| role.is_agent()) {
        plans.push(plan(role.name(), Post::Worker(board()), Some(role)));
    }
    plans.push(plan("Rea", Post::Worker(board()), None));
    plans
}

pub(crate) fn heartbeat(value: serde_json::Value) -> Heartbeat {
    Heartbeat(json!(value).as_object().unwrap().clone())
}
