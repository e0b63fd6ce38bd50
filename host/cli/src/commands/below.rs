//! Paths below one thing of a register: `v0/gateways/<id>/…`.

use reqwest::Method;
use serde_json::Value;

use crate::client::{Answer, Client};
use crate::failure::Failure;

/// One thing of a register, by its id.
pub(crate) struct Below {
    register: &'static str,
    id: String,
}

impl Below {
    pub(crate) fn new(register: &'static str, id: impl ToString) -> Self {
        Self {
            register,
            id: id.to_string(),
        }
    }

    fn path<'p>(&'p self, rest: &[&'p str]) -> Vec<&'p str> {
        let of_the_thing = ["v0", self.register, &self.id];
        of_the_thing
            .into_iter()
            .chain(rest.iter().copied())
            .collect()
    }

    /// `GET` of it, or of what is below it.
    pub(crate) async fn get(&self, client: &Client, rest: &[&str]) -> Result<Answer, Failure> {
        client.get(&self.path(rest), &[]).await
    }

    /// The same where the host may take minutes.
    pub(crate) async fn get_slowly(
        &self,
        client: &Client,
        rest: &[&str],
    ) -> Result<Answer, Failure> {
        client.get_slowly(&self.path(rest)).await
    }

    /// A request with a body; the host may take minutes.
    pub(crate) async fn ask(
        &self,
        client: &Client,
        method: Method,
        rest: &[&str],
        body: &Value,
    ) -> Result<Answer, Failure> {
        client.slow_json(method, &self.path(rest), body).await
    }
}
