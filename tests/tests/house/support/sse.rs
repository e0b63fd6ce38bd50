//! A reader of server-sent events.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Method;
use serde_json::Value;

use super::PATIENCE;
use super::front::Front;

/// One event of the stream.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) event: Value,
}

/// An open stream.
pub(crate) struct Stream {
    chunks: BoxStream<'static, reqwest::Result<Bytes>>,
    buffer: String,
}

impl Front {
    /// Follows the feed from after this position; from now where there is none.
    pub(crate) async fn follow(&self, last: Option<&str>) -> Stream {
        self.follow_at("/v0/events", last).await
    }

    /// Follows the feed, and is told of refusals.
    pub(crate) async fn follow_refusals(&self, last: Option<&str>) -> Stream {
        self.follow_at("/v0/events?refusals=true", last).await
    }

    async fn follow_at(&self, path: &str, last: Option<&str>) -> Stream {
        let mut request = self.request(&self.operator(), Method::GET, path);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Stream {
            chunks: response.bytes_stream().boxed(),
            buffer: String::new(),
        }
    }
}

impl Stream {
    /// The next event; none where the stream ended.
    pub(crate) async fn next(&mut self) -> Option<Told> {
        loop {
            let block = self.block().await?;
            if let Some(told) = parse(&block) {
                return Some(told);
            }
        }
    }

    /// The type of what is told next, be it an event or not; empty for a comment.
    pub(crate) async fn next_kind(&mut self) -> String {
        let block = self.block().await.expect("the stream goes on");
        field(&block, "event").unwrap_or_default()
    }

    /// Goes on until refusals are told of; what came before is passed over.
    pub(crate) async fn until_refusals(&mut self) {
        while self.next_kind().await != "refusals" {}
    }

    /// What stands up to the next blank line.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let block = block.to_owned();
                self.buffer = rest.to_owned();
                return Some(block);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.chunks.next());
            match chunk.await.expect("the stream says something") {
                Some(Ok(chunk)) => self
                    .buffer
                    .push_str(std::str::from_utf8(&chunk).expect("UTF-8")),
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// So many events.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<Told> {
        let mut told = Vec::with_capacity(count);
        while told.len() < count {
            told.push(self.next().await.expect("the stream goes on"));
        }
        told
    }
}

/// One block; none for a comment, and for what is no event.
fn parse(block: &str) -> Option<Told> {
    Some(Told {
        id: field(block, "id")?,
        kind: field(block, "event")?,
        event: serde_json::from_str(&field(block, "data")?).expect("an event"),
    })
}

fn field(block: &str, name: &str) -> Option<String> {
    let mut lines = block.lines();
    let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.map(str::to_owned)
}
