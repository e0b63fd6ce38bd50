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
        let mut request = self.request(&self.operator(), Method::GET, "/v0/events");
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
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let told = parse(block);
                self.buffer = rest.to_owned();
                match told {
                    Some(told) => return Some(told),
                    None => continue,
                }
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

/// One block; none for a comment.
fn parse(block: &str) -> Option<Told> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .map(str::to_owned)
    };
    Some(Told {
        id: field("id")?,
        kind: field("event")?,
        event: serde_json::from_str(&field("data")?).expect("an event"),
    })
}
