//! What the host answered, and what every refusal has in common.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// An error where the connection broke before the answer was whole.
    pub(crate) async fn read(response: reqwest::Response) -> reqwest::Result<Self> {
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await?,
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// The body of a 200.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/json"));
        self.json()
    }

    /// The problem document of a refusal, after checking all that every one has.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str, phase: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["phase"], phase, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(
            problem["type"],
            format!("urn:real-dispatch:problem:{code}"),
            "{problem}"
        );
        for field in ["title", "detail", "instance", "correlation_id"] {
            let text = problem[field].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{field} of {problem}");
        }
        assert_eq!(
            self.header("x-correlation-id"),
            problem["correlation_id"].as_str()
        );
        problem
    }

    /// The code of a refusal; none for an answer.
    pub(crate) fn code(&self) -> Option<String> {
        (self.status != 200).then(|| {
            let problem = self.json();
            problem["code"].as_str().unwrap_or("?").to_owned()
        })
    }
}

/// `path rule` of each violation, sorted.
pub(crate) fn violations(problem: &Value) -> Vec<String> {
    let mut found: Vec<String> = problem["violations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|violation| {
            assert!(!violation["message"].as_str().unwrap_or("").is_empty());
            format!(
                "{} {}",
                violation["path"].as_str().unwrap_or("?"),
                violation["rule"].as_str().unwrap_or("?")
            )
        })
        .collect();
    found.sort();
    found
}

/// The texts of a list.
pub(crate) fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
