//! The front door of a host: HTTP with a credential, nothing else.

use dispatch_contract::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::bodies;
use super::people::{People, Person};
use super::reply::Reply;

/// Where a host listens, and who may come.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) base: String,
    pub(crate) http: reqwest::Client,
    pub(crate) people: People,
}

impl Front {
    pub(crate) fn new(base: String, people: People) -> Self {
        Self {
            base,
            http: reqwest::Client::new(),
            people,
        }
    }

    pub(crate) fn role(&self, role: Role) -> Person {
        self.people.of_role(role)
    }

    pub(crate) fn operator(&self) -> Person {
        self.role(Role::OperatorAdmin)
    }

    pub(crate) fn intake(&self) -> Person {
        self.role(Role::SystemIntakeAgent)
    }

    pub(crate) fn scheduling(&self) -> Person {
        self.role(Role::SystemSchedulingAgent)
    }

    pub(crate) fn liaison(&self) -> Person {
        self.role(Role::SystemTechnicianLiaisonAgent)
    }

    pub(crate) fn closeout(&self) -> Person {
        self.role(Role::SystemCloseoutAgent)
    }

    pub(crate) fn technician(&self) -> Person {
        self.role(Role::Technician)
    }

    /// A request that is not sent yet.
    pub(crate) fn request(
        &self,
        who: &Person,
        method: Method,
        path: &str,
    ) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&who.token)
    }

    /// Reads with a credential. As all that is sent from here: made now, sent once awaited.
    pub(crate) fn get(&self, who: &Person, path: &str) -> impl Future<Output = Reply> + use<> {
        answered(self.request(who, Method::GET, path))
    }

    /// Calls a tool with exactly this body.
    pub(crate) fn call(
        &self,
        who: &Person,
        tool: &str,
        body: &Value,
    ) -> impl Future<Output = Reply> + use<> {
        let path = format!("/v0/tools/{tool}");
        answered(self.request(who, Method::POST, &path).json(body))
    }

    /// Calls a tool; an error where the connection broke before the answer was whole.
    pub(crate) async fn try_call(
        &self,
        who: &Person,
        tool: &str,
        body: &Value,
    ) -> reqwest::Result<Reply> {
        let request = self.request(who, Method::POST, &format!("/v0/tools/{tool}"));
        Reply::read(request.json(body).send().await?).await
    }

    /// Sends bytes to a tool as they are.
    pub(crate) fn send(
        &self,
        who: &Person,
        tool: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Reply> + use<> {
        let request = self.request(who, Method::POST, &format!("/v0/tools/{tool}"));
        answered(request.header("content-type", kind).body(body))
    }

    /// Calls a tool on a ticket under a fresh key.
    pub(crate) fn on(
        &self,
        who: &Person,
        tool: &str,
        ticket: &str,
        input: &Value,
    ) -> impl Future<Output = Reply> + use<> {
        self.call(who, tool, &addressed(ticket, input))
    }

    /// Judges without committing.
    pub(crate) fn dry_run(
        &self,
        who: &Person,
        tool: &str,
        body: &Value,
    ) -> impl Future<Output = Reply> + use<> {
        self.call(who, &format!("{tool}?dry_run=true"), body)
    }

    /// Opens a ticket; the ids of ticket and customer.
    pub(crate) async fn open(&self, input: &Value) -> (String, String) {
        let mut body = input.clone();
        body["request_id"] = json!(bodies::key());
        let answer = self.call(&self.intake(), "ticket.create", &body).await.ok();
        let id = |name: &str| answer["data"][name].as_str().expect("an id").to_owned();
        (id("ticket_id"), id("customer_id"))
    }

    /// Uploads a body.
    pub(crate) fn upload<B: Into<reqwest::Body>>(
        &self,
        who: &Person,
        kind: &str,
        body: B,
    ) -> impl Future<Output = Reply> + use<B> {
        let request = self.request(who, Method::PUT, "/v0/attachments");
        answered(request.header("content-type", kind).body(body))
    }

    /// Uploads the picture and states it as `closeout.add_photo` takes it.
    pub(crate) async fn photo(&self) -> Value {
        let sent = self.upload(&self.technician(), "image/png", bodies::PHOTO);
        let mut photo = sent.await.json();
        photo["phase"] = json!("after");
        json!({ "photo": photo })
    }
}

/// Sends a request and reads its answer.
pub(crate) async fn answered(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.expect("an answer");
    Reply::read(response).await.expect("the whole answer")
}

/// An input with a fresh key and its ticket.
pub(crate) fn addressed(ticket: &str, input: &Value) -> Value {
    let mut body = input.clone();
    body["request_id"] = json!(bodies::key());
    body["ticket_id"] = json!(ticket);
    body
}
