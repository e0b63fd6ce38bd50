//! A stream that knows when bytes last came in: a large frame under way is no silence.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// When bytes last came in.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    began: Instant,
    /// Milliseconds since then.
    at_ms: Arc<AtomicU64>,
}

impl Heard {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            at_ms: Arc::new(AtomicU64::new(0)),
        }
    }

    fn now(&self) {
        let since = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.at_ms.store(since, Ordering::Relaxed);
    }

    pub(crate) fn at(&self) -> Instant {
        self.began + std::time::Duration::from_millis(self.at_ms.load(Ordering::Relaxed))
    }
}

/// A stream with its meter.
#[derive(Debug)]
pub(crate) struct Metered<S> {
    inner: S,
    heard: Heard,
}

impl<S> Metered<S> {
    pub(crate) fn new(inner: S, heard: Heard) -> Self {
        Self { inner, heard }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.heard.now();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
