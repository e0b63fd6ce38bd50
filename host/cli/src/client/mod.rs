//! Speaking with a host over HTTP. Knows routes' manners (bearer token, problem
//! documents, what counts as unreachable) and nothing of what is asked.

pub(crate) mod problem;
pub(crate) mod token;

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Body, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::de::DeserializeOwned;

use crate::client::problem::Refused;
use crate::client::token::Token;
use crate::failure::Failure;

/// Longer than the host takes at most, so that its own answer arrives first.
const TIMEOUT: Duration = Duration::from_secs(40);

/// For bytes that stream, and for proving a pack: as long as the host gives either.
const STREAM_TIMEOUT: Duration = Duration::from_secs(320);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A host, and who asks.
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    token: Token,
}

/// What the host answered.
pub(crate) struct Answer {
    /// The body.
    pub(crate) bytes: Vec<u8>,
    /// The call had been committed before; this is its first answer again.
    pub(crate) replayed: bool,
}

impl Answer {
    /// The body as the type that the route answers.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.bytes).map_err(|source| {
            Failure::unreachable(
                "what answers there does not speak this version of Real Dispatch; check --url",
                source,
            )
        })
    }
}

impl Client {
    pub(crate) fn new(url: &str, token: Token) -> Result<Self, Failure> {
        let base = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                Failure::usage(format!(
                    "`{url}` is not an http:// or https:// address; set --url or DISPATCH_URL, \
                     such as http://127.0.0.1:7711"
                ))
            })?;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            // a bearer token goes where it was sent, and nowhere else
            .redirect(redirect::Policy::none());
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let http = builder
            .build()
            .map_err(|source| Failure::unreachable("the HTTP client did not start", source))?;
        Ok(Self { http, base, token })
    }

    /// `GET` with the query parameters that are given.
    pub(crate) async fn get(
        &self,
        path: &[&str],
        query: &[(&str, Option<String>)],
    ) -> Result<Answer, Failure> {
        let url = self.url_with(path, query);
        self.send(self.request(Method::GET, url).timeout(TIMEOUT))
            .await
    }

    /// `GET`, where the host may take minutes.
    pub(crate) async fn get_slowly(&self, path: &[&str]) -> Result<Answer, Failure> {
        let request = self.request(Method::GET, self.url(path));
        self.send(request.timeout(STREAM_TIMEOUT)).await
    }

    /// A request with a JSON body.
    pub(crate) async fn json(
        &self,
        method: Method,
        path: &[&str],
        dry_run: bool,
        body: &serde_json::Value,
    ) -> Result<Answer, Failure> {
        let mut url = self.url(path);
        if dry_run {
            url.query_pairs_mut().append_pair("dry_run", "true");
        }
        self.send(self.request(method, url).timeout(TIMEOUT).json(body))
            .await
    }

    /// The same where the host may take minutes.
    pub(crate) async fn slow_json(
        &self,
        method: Method,
        path: &[&str],
        body: &serde_json::Value,
    ) -> Result<Answer, Failure> {
        let request = self.request(method, self.url(path));
        self.send(request.timeout(STREAM_TIMEOUT).json(body)).await
    }

    /// `POST` of bytes, with the query parameters that are given; the host may take minutes.
    pub(crate) async fn post_bytes(
        &self,
        path: &[&str],
        query: &[(&str, Option<String>)],
        bytes: Vec<u8>,
    ) -> Result<Answer, Failure> {
        let request = self
            .request(Method::POST, self.url_with(path, query))
            .timeout(STREAM_TIMEOUT)
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(bytes);
        self.send(request).await
    }

    /// `PUT` of bytes that are not held in memory.
    pub(crate) async fn upload(
        &self,
        path: &[&str],
        content_type: &str,
        size_bytes: u64,
        body: Body,
    ) -> Result<Answer, Failure> {
        let request = self
            .request(Method::PUT, self.url(path))
            .timeout(STREAM_TIMEOUT)
            .header(CONTENT_TYPE, content_type)
            // known beforehand, so that a host refuses what is too large at once
            .header(CONTENT_LENGTH, size_bytes)
            .body(body);
        self.send(request).await
    }

    /// `GET` of bytes that are not held in memory.
    pub(crate) async fn download(&self, path: &[&str]) -> Result<Response, Failure> {
        let request = self
            .request(Method::GET, self.url(path))
            .timeout(STREAM_TIMEOUT);
        self.checked(request).await
    }

    fn url_with(&self, path: &[&str], query: &[(&str, Option<String>)]) -> Url {
        let mut url = self.url(path);
        for (name, value) in query {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        url
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("http addresses have paths")
            .pop_if_empty()
            .extend(path);
        url
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http
            .request(method, url)
            .bearer_auth(self.token.expose())
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let response = self.checked(request).await?;
        let replayed = response.headers().contains_key("idempotency-replayed");
        let bytes = self.body(response).await?;
        Ok(Answer { bytes, replayed })
    }

    async fn checked(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request.send().await.map_err(|error| self.away(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after_s = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.parse().ok());
        let bytes = self.body(response).await?;
        Err(match Refused::read(bytes, retry_after_s) {
            Some(refused) => Failure::Refused(Box::new(refused)),
            None => self.no_host_of_ours(status),
        })
    }

    async fn body(&self, response: Response) -> Result<Vec<u8>, Failure> {
        let bytes = response.bytes().await.map_err(|error| self.away(error))?;
        Ok(bytes.into())
    }

    fn away(&self, error: reqwest::Error) -> Failure {
        let message = if error.is_timeout() {
            format!("{} did not answer in time", self.base)
        } else {
            format!(
                "no host answers at {}; start one with `dispatch serve`, or set --url",
                self.base
            )
        };
        Failure::unreachable(message, error.without_url())
    }

    fn no_host_of_ours(&self, status: StatusCode) -> Failure {
        Failure::Unreachable {
            message: format!(
                "{} answered {status} without a problem document: that is no Real Dispatch host; \
                 check --url",
                self.base
            ),
            source: None,
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

    fn client(url: &str) -> Result<Client, Failure> {
        Client::new(url, Token::new("t".into()).expect("a token"))
    }

    #[test]
    fn addresses_are_checked_before_anything_is_sent() {
        for bad in ["127.0.0.1:7711", "ftp://x", "http://", ""] {
            assert!(
                matches!(client(bad), Err(Failure::Usage(_))),
                "{bad} was taken"
            );
        }
        for url in ["http://127.0.0.1:7711", "http://127.0.0.1:7711/"] {
            let client = client(url).expect("an address");
            assert_eq!(
                client.url(&["v0", "tickets", "a/../b"]).as_str(),
                "http://127.0.0.1:7711/v0/tickets/a%2F..%2Fb"
            );
        }
    }

    #[test]
    fn a_proxy_is_never_asked_for_this_machine() {
        let url = |text: &str| Url::parse(text).expect("an address");
        for own in [
            "http://127.0.0.1:1",
            "http://localhost:1",
            "http://[::1]:7711",
        ] {
            assert!(is_loopback(&url(own)), "{own}");
        }
        assert!(!is_loopback(&url("https://dispatch.example")));
    }
}
