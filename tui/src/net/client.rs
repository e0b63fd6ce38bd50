//! Reads over HTTP: bearer token, problem documents, a limit on time and bytes.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use dispatch_contract::event::EventType;
use dispatch_contract::gateway_health::GatewayHealth;
use dispatch_contract::reading::{Page, Technician};
use dispatch_contract::{Code, Refusal, State, Ticket, Tool};
use reqwest::{RequestBuilder, Response, Url, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;
use crate::ask::{Answered, Ask, Called, Got, Judged, ToolEntry};
use crate::trouble::Trouble;
use crate::views::board::lane;
use crate::views::tickets::queue::watch::URGENT;
use crate::views::tickets::queue::{Filter, Listing, PAGE, Place};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// A call may draw papers and wait for its ticket's turn.
const CALL_TIMEOUT: Duration = Duration::from_secs(35);
/// Items of a long listing asked for at once.
const MANY: &str = "200";
/// Later than any window ends: all that is awaited, the soonest first.
const SOME_DAY: &str = "9999-01-01T00:00:00Z";
/// The largest answer that is read, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// What of a problem's words is shown, in characters.
const MAX_DETAIL: usize = 300;

/// A host, and who asks. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    token: String,
}

#[derive(Deserialize)]
struct TechnicianList {
    technicians: Vec<Technician>,
}

#[derive(Deserialize)]
struct GatewayHealthList {
    gateways: Vec<GatewayHealth>,
}

#[derive(Deserialize)]
struct ToolList {
    tools: Vec<ToolEntry>,
}

/// What of a problem document is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    detail: String,
}

impl Problem {
    pub(super) fn said(&self) -> String {
        self.detail.chars().take(MAX_DETAIL).collect()
    }
}

/// What of a dry run's answer is shown.
#[derive(Deserialize)]
struct DryRun {
    to: Option<State>,
    ticket: Option<Box<Ticket>>,
    refusal: Option<Box<Refusal>>,
}

impl DryRun {
    /// A dry run is answered also where the call would be refused.
    fn called(self) -> Called {
        match self.refusal {
            Some(refusal) => Called::Refused(refusal),
            None => Called::Judged(Judged {
                to: self.to,
                ticket: self.ticket,
            }),
        }
    }
}

impl Client {
    pub(crate) fn new(url: &str, token: String) -> Result<Self, Error> {
        let base = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| Error::Url(url.to_owned()))?;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            // a bearer token goes where it was sent, and nowhere else
            .redirect(redirect::Policy::none());
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(Error::Http)?;
        Ok(Self { http, base, token })
    }

    /// Ask whatever it is.
    pub(crate) async fn ask(&self, ask: &Ask) -> Answered {
        let v0 = |path: &[&str]| self.url(&[&["v0"], path].concat());
        Ok(match ask {
            Ask::List(filter, place) => Got::Listing(self.list(filter, place).await?),
            Ask::Due(text, wanted) => {
                let mut url = v0(&["tickets"]);
                with(&mut url, "due_before", Some(&wanted.before.to_string()));
                with(&mut url, "text", text.as_deref());
                with(&mut url, "cursor", wanted.cursor.as_deref());
                with(&mut url, "limit", Some(MANY));
                Got::Tickets(self.read(url).await?)
            }
            Ask::Lane(state) => Got::Tickets(self.lane(*state).await?),
            Ask::Ticket(id) => Got::Ticket(self.read(v0(&["tickets", &id.to_string()])).await?),
            Ask::Case(id) => Got::Case(self.read(v0(&["tickets", &id.to_string(), "case"])).await?),
            Ask::Summary(id) => Got::Summary(
                self.read(v0(&["tickets", &id.to_string(), "summary"]))
                    .await?,
            ),
            Ask::Technicians => {
                let list: TechnicianList = self.read(v0(&["technicians"])).await?;
                Got::Technicians(list.technicians)
            }
            Ask::Events {
                ticket,
                kind,
                actor,
                cursor,
            } => {
                let mut url = v0(&["audit"]);
                let ticket = ticket.map(|id| id.to_string());
                with(&mut url, "ticket_id", ticket.as_deref());
                let actor = actor.map(|id| id.to_string());
                with(&mut url, "type", kind.map(EventType::name));
                with(&mut url, "actor_id", actor.as_deref());
                with(&mut url, "cursor", cursor.as_deref());
                with(&mut url, "limit", Some(MANY));
                Got::Events(self.read(url).await?)
            }
            Ask::Chain(id, cursor) => {
                let mut url = v0(&["tickets", &id.to_string(), "timeline"]);
                with(&mut url, "cursor", cursor.as_deref());
                with(&mut url, "limit", Some(MANY));
                Got::Events(self.read(url).await?)
            }
            Ask::Decisions(filter) => {
                let mut url = v0(&["decisions"]);
                let ticket = filter.ticket_id.map(|id| id.to_string());
                let allowed = filter.allowed.map(|allowed| allowed.to_string());
                with(&mut url, "ticket_id", ticket.as_deref());
                with(&mut url, "tool", filter.tool.as_deref());
                with(&mut url, "allowed", allowed.as_deref());
                with(&mut url, "code", filter.code.map(Code::name));
                with(&mut url, "cursor", filter.cursor.as_deref());
                with(&mut url, "limit", Some(MANY));
                Got::Decisions(self.read(url).await?)
            }
            Ask::Packs => Got::Packs(self.read(v0(&["packs"])).await?),
            Ask::PackLog => {
                let mut url = v0(&["packs", "log"]);
                with(&mut url, "limit", Some(MANY));
                Got::Events(self.read(url).await?)
            }
            Ask::Differences => {
                let mut url = v0(&["packs", "differences"]);
                with(&mut url, "limit", Some(MANY));
                Got::Differences(self.read(url).await?)
            }
            Ask::Metrics => {
                let request = self.http.get(self.url(&["metrics"])).timeout(READ_TIMEOUT);
                let response = self.checked(request).await?;
                let bytes = self.body(response).await?;
                Got::Text(String::from_utf8_lossy(&bytes).into_owned())
            }
            Ask::Gateways(cursor) => {
                let mut url = v0(&["gateways"]);
                with(&mut url, "cursor", cursor.as_deref());
                with(&mut url, "limit", Some(MANY));
                Got::Gateways(self.read(url).await?)
            }
            Ask::GatewayHealths => {
                let list: GatewayHealthList = self.read(v0(&["gateways", "health"])).await?;
                Got::GatewayHealths(list.gateways)
            }
            Ask::GatewayHealth(id) => Got::GatewayHealth(
                self.read(v0(&["gateways", &id.to_string(), "health"]))
                    .await?,
            ),
            Ask::Tools => {
                let list: ToolList = self.read(v0(&["tools"])).await?;
                Got::Tools(list.tools)
            }
            Ask::Look(file) => Got::Seen(super::upload::look(&file.path).await),
            Ask::Upload(file) => Got::Uploaded(self.upload(&file.path).await),
            Ask::Call {
                tool,
                body,
                dry_run,
            } => Got::Called(self.call(*tool, body, *dry_run).await?),
        })
    }

    /// A part of the listing, with the emergencies where it is the beginning.
    async fn list(&self, filter: &Filter, place: &Place) -> Result<Listing, Trouble> {
        let state = filter.state.map(State::name);
        let text = filter.text.as_deref();
        let tickets = |urgent: bool, cursor: Option<&str>, limit: u32| {
            let mut url = self.url(&["v0", "tickets"]);
            with(&mut url, "state", state);
            with(&mut url, "text", text);
            with(&mut url, "priority", urgent.then_some("emergency"));
            with(&mut url, "cursor", cursor);
            with(&mut url, "limit", Some(&limit.to_string()));
            url
        };
        let (cursor, begins) = match place {
            Place::Top | Place::News => (None, true),
            Place::Next(cursor) => (Some(cursor.as_str()), false),
            Place::Previous(cursor) => (cursor.as_deref(), false),
        };
        let page = self.read::<Page<Ticket>>(tickets(false, cursor, PAGE));
        if !begins {
            return Ok(Listing {
                urgent: Vec::new(),
                page: page.await?,
            });
        }
        let urgent = self.read::<Page<Ticket>>(tickets(true, None, URGENT));
        let (page, urgent) = tokio::try_join!(page, urgent)?;
        Ok(Listing {
            urgent: urgent.items,
            page,
        })
    }

    /// A lane's newest, and those of it that are urgent however old they are.
    async fn lane(&self, state: State) -> Result<Page<Ticket>, Trouble> {
        let tickets = |name: &str, value: Option<&str>| {
            let mut url = self.url(&["v0", "tickets"]);
            with(&mut url, "state", Some(state.name()));
            with(&mut url, name, value);
            with(&mut url, "limit", Some(&lane::MOST.to_string()));
            self.read::<Page<Ticket>>(url)
        };
        let emergency = lane::has_emergencies(state).then_some("emergency");
        let awaited = lane::is_awaited(state).then_some(SOME_DAY);
        let besides = async |name: &str, value: Option<&str>| match value {
            Some(value) => Ok(tickets(name, Some(value)).await?.items),
            None => Ok::<_, Trouble>(Vec::new()),
        };
        let (mut page, urgent, due) = tokio::try_join!(
            tickets("priority", None),
            besides("priority", emergency),
            besides("due_before", awaited),
        )?;
        let mut known: HashSet<_> = page.items.iter().map(|row| row.ticket_id).collect();
        let more = urgent.into_iter().chain(due);
        page.items
            .extend(more.filter(|row| known.insert(row.ticket_id)));
        Ok(page)
    }

    /// Call a tool. A refusal is an answer like another.
    async fn call(&self, tool: Tool, body: &Value, dry_run: bool) -> Result<Called, Trouble> {
        let mut url = self.url(&["v0", "tools", tool.name()]);
        if dry_run {
            with(&mut url, "dry_run", Some("true"));
        }
        let request = self.http.post(url).json(body).timeout(CALL_TIMEOUT);
        let response = request
            .bearer_auth(&self.token)
            .send()
            .await
            .map_err(|error| self.away(error))?;
        let status = response.status();
        let bytes = self.body(response).await?;
        if status.is_success() {
            let answer = if dry_run {
                serde_json::from_slice(&bytes).map(DryRun::called)
            } else {
                serde_json::from_slice(&bytes).map(Called::Done)
            };
            return answer.map_err(|error| self.foreign(error.to_string()));
        }
        serde_json::from_slice(&bytes)
            .map(Called::Refused)
            .map_err(|_| self.foreign(format!("{status} without a problem document")))
    }

    /// The event stream, after this id or from now.
    pub(crate) async fn events(&self, last_id: Option<&str>) -> Result<Response, Trouble> {
        let mut url = self.url(&["v0", "events"]);
        with(&mut url, "refusals", Some("true"));
        let mut request = self.http.get(url).header("accept", "text/event-stream");
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        // no limit on the whole: it lasts; on the time until it begins there is one
        match tokio::time::timeout(READ_TIMEOUT, self.checked(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(self.unreachable("no answer in time")),
        }
    }

    async fn read<T: DeserializeOwned>(&self, url: Url) -> Result<T, Trouble> {
        let request = self.http.get(url).timeout(READ_TIMEOUT);
        let response = self.checked(request).await?;
        let bytes = self.body(response).await?;
        serde_json::from_slice(&bytes).map_err(|error| self.foreign(error.to_string()))
    }

    async fn checked(&self, request: RequestBuilder) -> Result<Response, Trouble> {
        let response = request
            .bearer_auth(&self.token)
            .send()
            .await
            .map_err(|error| self.away(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let bytes = self.body(response).await?;
        let Ok(problem) = serde_json::from_slice::<Problem>(&bytes) else {
            return Err(self.foreign(format!("{status} without a problem document")));
        };
        let detail = problem.said();
        Err(match status.as_u16() {
            401 => Trouble::Token { detail },
            403 => Trouble::Role { detail },
            status => Trouble::Refused { status, detail },
        })
    }

    /// A request that sends something; the token is on it.
    pub(super) fn put(&self, path: &[&str]) -> RequestBuilder {
        self.http.put(self.url(path)).bearer_auth(&self.token)
    }

    pub(super) async fn body(&self, mut response: Response) -> Result<Vec<u8>, Trouble> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.away(error))? {
            if bytes.len() + chunk.len() > MAX_BYTES {
                return Err(self.foreign(format!("an answer of more than {MAX_BYTES} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("http addresses have paths")
            .pop_if_empty()
            .extend(path);
        url
    }

    pub(crate) fn away(&self, error: reqwest::Error) -> Trouble {
        if error.is_timeout() {
            return self.unreachable("no answer in time");
        }
        // the innermost says it best: `Connection refused`
        let error = error.without_url();
        let mut cause: &dyn std::error::Error = &error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        self.unreachable(&cause.to_string())
    }

    pub(crate) fn unreachable(&self, why: &str) -> Trouble {
        Trouble::Unreachable {
            url: self.base.to_string(),
            why: why.to_owned(),
        }
    }

    pub(crate) fn foreign(&self, why: String) -> Trouble {
        Trouble::Foreign {
            url: self.base.to_string(),
            why,
        }
    }
}

fn with(url: &mut Url, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        url.query_pairs_mut().append_pair(name, value);
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("");
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::feed::tests::host;

    #[test]
    fn what_is_no_address_is_not_asked() {
        for bad in ["127.0.0.1:7711", "ftp://x", ""] {
            assert!(matches!(
                Client::new(bad, "t".into()),
                Err(Error::Url(url)) if url == bad
            ));
        }
    }

    #[tokio::test]
    async fn a_refusal_and_silence_say_what_to_do() {
        let (url, _told) = host(vec![
            "HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n{\"detail\":\"it is expired\"}",
        ])
        .await;
        let client = Client::new(&url, "t".into()).unwrap();
        let trouble = client.ask(&Ask::Packs).await.unwrap_err();
        assert!(trouble.to_string().contains("it is expired"), "{trouble}");
        assert!(trouble.advice().contains("token mint"), "{trouble:?}");

        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", nobody.local_addr().unwrap());
        drop(nobody);
        let client = Client::new(&url, "t".into()).unwrap();
        let trouble = client
            .ask(&Ask::Ticket(crate::testing::id(1)))
            .await
            .unwrap_err();
        assert!(matches!(trouble, Trouble::Unreachable { .. }));
        assert!(trouble.advice().contains("dispatch serve"));
    }
}
