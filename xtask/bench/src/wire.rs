//! The least of an HTTP/1.1 client that a load needs: a kept connection, a request's
//! bytes out, an answer's status and body in. Cheap, because it shares the processors
//! with the host that it measures.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One kept connection.
pub(crate) struct Wire {
    stream: TcpStream,
    answer: Vec<u8>,
}

/// An answer as it lies in its connection's buffer.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Wire {
    pub(crate) async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            answer: Vec::with_capacity(16 * 1024),
        })
    }

    /// One request, one answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        let (head, length) = loop {
            let read = self.stream.read_buf(&mut self.answer).await?;
            ensure!(read > 0, "the host closed the connection");
            if let Some(head) = head_end(&self.answer) {
                break (head, content_length(&self.answer[..head])?);
            }
        };
        while self.answer.len() < head + length {
            let read = self.stream.read_buf(&mut self.answer).await?;
            ensure!(read > 0, "the host closed the connection in an answer");
        }
        Ok(Answer {
            status: status(&self.answer)?,
            body: &self.answer[head..head + length],
        })
    }

    /// One request whose answer must be a 200, as JSON.
    pub(crate) async fn json(&mut self, request: &[u8]) -> Result<Value> {
        let answer = self.exchange(request).await?;
        if answer.status != 200 {
            bail!(
                "answered {}: {}",
                answer.status,
                String::from_utf8_lossy(answer.body)
            );
        }
        serde_json::from_slice(answer.body).context("the answer is no JSON")
    }
}

/// Where the body begins, once the head is whole.
fn head_end(answer: &[u8]) -> Option<usize> {
    answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|at| at + 4)
}

fn status(answer: &[u8]) -> Result<u16> {
    let digits = answer.get(9..12).context("no status line")?;
    Ok(str::from_utf8(digits)?.parse()?)
}

fn content_length(head: &[u8]) -> Result<usize> {
    const NAME: &[u8] = b"content-length:";
    for line in head.split(|byte| *byte == b'\n') {
        if line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME) {
            return Ok(str::from_utf8(&line[NAME.len()..])?.trim().parse()?);
        }
    }
    bail!("the answer has no content-length")
}

/// A request without a body.
pub(crate) fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n")
        .into_bytes()
}

/// A request with a JSON body.
pub(crate) fn send(method: &str, path: &str, token: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    with_body(method, path, token, "application/json", body.as_bytes())
}

/// A request with bytes.
pub(crate) fn send_bytes(method: &str, path: &str, token: &str, body: &[u8]) -> Vec<u8> {
    with_body(method, path, token, "application/octet-stream", body)
}

fn with_body(method: &str, path: &str, token: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\
         content-type: {kind}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_for_status_and_length() {
        let answer = b"HTTP/1.1 409 Conflict\r\nContent-Length: 12\r\nx: y\r\n\r\n{\"code\":\"x\"}";
        let head = head_end(answer).expect("whole");
        assert_eq!(&answer[head..], b"{\"code\":\"x\"}");
        assert_eq!(content_length(&answer[..head]).expect("given"), 12);
        assert_eq!(status(answer).expect("a number"), 409);
        assert!(head_end(&answer[..30]).is_none());
        assert!(content_length(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
