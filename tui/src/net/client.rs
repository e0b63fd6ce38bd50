//! Reads over HTTP: bearer token, problem documents, a limit on time and bytes.

use std::net::IpAddr;
use std::time::Duration;

use dispatch_contract::reading::{CaseFile, Page};
use dispatch_contract::{Ticket, TicketId};
use reqwest::{RequestBuilder, Response, Url, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Error;
use crate::queue::{Filter, Listing, MAX_URGENT, PAGE, Place};
use crate::trouble::Trouble;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(20);
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

/// What of a problem document is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    detail: String,
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

    /// A part of the listing, with the emergencies where it is the beginning.
    pub(crate) async fn list(&self, filter: &Filter, place: &Place) -> Result<Listing, Trouble> {
        let tickets = |priority: Option<&str>, cursor: Option<&str>, limit: u32| {
            let mut url = self.url(&["v0", "tickets"]);
            let limit = limit.to_string();
            let given = [
                ("state", filter.state.map(dispatch_contract::State::name)),
                ("text", filter.text.as_deref()),
                ("priority", priority),
                ("cursor", cursor),
                ("limit", Some(limit.as_str())),
            ];
            for (name, value) in given {
                if let Some(value) = value {
                    url.query_pairs_mut().append_pair(name, value);
                }
            }
            url
        };
        let (cursor, begins) = match place {
            Place::Top | Place::News => (None, true),
            Place::Next(cursor) => (Some(cursor.as_str()), false),
            Place::Previous(cursor) => (cursor.as_deref(), false),
        };
        let page: Page<Ticket> = self.read(tickets(None, cursor, PAGE)).await?;
        let urgent = if begins {
            let urgent = tickets(Some("emergency"), None, MAX_URGENT);
            self.read::<Page<Ticket>>(urgent).await?.items
        } else {
            Vec::new()
        };
        Ok(Listing { urgent, page })
    }

    /// One snapshot.
    pub(crate) async fn ticket(&self, id: TicketId) -> Result<Box<Ticket>, Trouble> {
        self.read(self.url(&["v0", "tickets", &id.to_string()]))
            .await
    }

    /// One case file.
    pub(crate) async fn case(&self, id: TicketId) -> Result<Box<CaseFile>, Trouble> {
        self.read(self.url(&["v0", "tickets", &id.to_string(), "case"]))
            .await
    }

    /// The event stream, after this id or from now.
    pub(crate) async fn events(&self, last_id: Option<&str>) -> Result<Response, Trouble> {
        let mut request = self
            .http
            .get(self.url(&["v0", "events"]))
            .header("accept", "text/event-stream");
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
        let detail = problem.detail.chars().take(MAX_DETAIL).collect();
        Err(match status.as_u16() {
            401 => Trouble::Token { detail },
            403 => Trouble::Role { detail },
            status => Trouble::Refused { status, detail },
        })
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Trouble> {
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
        let trouble = client
            .list(&Filter::default(), &Place::Top)
            .await
            .unwrap_err();
        assert!(trouble.to_string().contains("it is expired"), "{trouble}");
        assert!(trouble.advice().contains("token mint"), "{trouble:?}");

        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", nobody.local_addr().unwrap());
        drop(nobody);
        let client = Client::new(&url, "t".into()).unwrap();
        let trouble = client.ticket(crate::testing::id(1)).await.unwrap_err();
        assert!(matches!(trouble, Trouble::Unreachable { .. }));
        assert!(trouble.advice().contains("dispatch serve"));
    }
}
