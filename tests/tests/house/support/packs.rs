//! Packs from outside: handing one to a host, and what it says of it.

use std::path::Path;

use dispatch_engine::PackFiles;
use reqwest::Method;
use serde_json::{Value, json};

use super::front::{Front, answered};
use super::people::Person;
use super::reply::Reply;

/// A folder's pack as one run of bytes.
pub(crate) fn archive(folder: &Path) -> Vec<u8> {
    PackFiles::read(folder).expect("a pack").to_archive()
}

impl Front {
    /// Hands bytes over as a candidate, with this query.
    pub(crate) fn candidate(
        &self,
        who: &Person,
        query: &str,
        archive: Vec<u8>,
    ) -> impl Future<Output = Reply> + use<> {
        let path = format!("/v0/packs/candidates?{query}");
        let request = self.request(who, Method::POST, &path);
        answered(
            request
                .header("content-type", "application/octet-stream")
                .body(archive),
        )
    }

    /// What became of an operator's candidate.
    pub(crate) async fn propose(&self, query: &str, folder: &Path) -> Value {
        let reply = self.candidate(&self.operator(), query, archive(folder));
        reply.await.ok()
    }

    /// Lets older content judge again.
    pub(crate) async fn roll_back(&self, to: Value) -> Reply {
        let mut body = to;
        body["reason"] = json!("it was better before");
        let request = self.request(&self.operator(), Method::POST, "/v0/packs/rollback");
        answered(request.json(&body)).await
    }

    /// Changes what a pack is used for.
    pub(crate) async fn set_mode(&self, digest: &str, mode: &str, tools: Option<&[&str]>) -> Reply {
        let mut body = json!({ "mode": mode, "reason": "to see" });
        if let Some(tools) = tools {
            body["tools"] = json!(tools);
        }
        let path = format!("/v0/packs/{digest}/mode");
        let request = self.request(&self.operator(), Method::PUT, &path);
        answered(request.json(&body)).await
    }

    /// Which pack judges here, and all about it.
    pub(crate) async fn packs(&self) -> Value {
        self.get(&self.operator(), "/v0/packs").await.ok()
    }

    /// The house's events of packs, the latest first.
    pub(crate) async fn pack_log(&self) -> Vec<Value> {
        let page = self.get(&self.operator(), "/v0/packs/log?limit=200");
        page.await.ok()["items"].as_array().expect("items").clone()
    }

    /// The house's events of one type, the latest first.
    pub(crate) async fn pack_events(&self, kind: &str) -> Vec<Value> {
        let mut events = self.pack_log().await;
        events.retain(|event| event["type"] == kind);
        events
    }

    /// Whether the host takes calls, and what is wrong with its pack.
    pub(crate) async fn readiness(&self) -> (u16, Value) {
        let reply = answered(self.http.get(format!("{}/readyz", self.base))).await;
        (reply.status, reply.json())
    }

    /// The value of a metric; 0 where it is not there yet.
    pub(crate) async fn metric(&self, line: &str) -> f64 {
        let reply = answered(self.http.get(format!("{}/metrics", self.base))).await;
        let text = reply.text();
        text.lines()
            .find_map(|said| said.strip_prefix(line)?.trim().parse().ok())
            .unwrap_or(0.0)
    }
}

/// The names of the steps that were passed.
pub(crate) fn steps(told: &Value) -> Vec<&str> {
    told["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| {
            assert!(!step["evidence"].as_str().unwrap_or_default().is_empty());
            step["step"].as_str().expect("a name")
        })
        .collect()
}
