//! As much HTTP/1.1 as the tests' own server and a look at a health route need: one
//! request a connection.

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Longest request or answer, in bytes: a whole conversation fits.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Lines of a head at most.
const MAX_LINES: usize = 256;

/// A request as it came.
pub(super) struct Request {
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

/// Reads one request; none where the other side went away without one.
pub(super) async fn request(stream: &mut BufReader<TcpStream>) -> Result<Option<Request>> {
    let (first, length) = head(stream).await?;
    if first.is_empty() {
        return Ok(None);
    }
    let path = first
        .split(' ')
        .nth(1)
        .context("a request line")?
        .to_owned();
    let length = length.unwrap_or(0);
    ensure!(length <= MAX_BODY, "a request of {length} bytes");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(Request { path, body }))
}

/// Asks for a path; status and body.
pub(super) async fn get(port: u16, path: &str) -> Result<(u16, String)> {
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await?);
    let ask = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).await?;
    let (first, length) = head(&mut stream).await?;
    let status = first.split(' ').nth(1).context("a status line")?.parse()?;
    let mut body = Vec::new();
    let length = length.unwrap_or(MAX_BODY).min(MAX_BODY);
    (&mut stream)
        .take(length as u64)
        .read_to_end(&mut body)
        .await?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

/// The first line, and the body's length where it is given.
async fn head(stream: &mut BufReader<TcpStream>) -> Result<(String, Option<usize>)> {
    let mut first = String::new();
    stream.read_line(&mut first).await?;
    let mut length = None;
    for _ in 0..MAX_LINES {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.split_once(':') else {
            return Ok((first, length));
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse().context("a length")?);
        }
    }
    bail!("a head without end")
}
