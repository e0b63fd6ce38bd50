//! The listener: bounded connections, bounded headers, a stop that finishes
//! what it took on.

use std::sync::Arc;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;

use crate::{Api, routes};

/// Bytes of a request's head that are read before it is refused.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Headers of a request.
const MAX_HEADERS: usize = 64;

/// Serve until the API's token is cancelled, then drain.
pub async fn serve(api: Api, listener: TcpListener) {
    let limits = api.inner.limits.clone();
    let stopping = api.inner.stopping.clone();
    let app = routes::router(api);
    let permits = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS);
    loop {
        let permit = Arc::clone(&permits).acquire_owned();
        let accepted = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = async { (permit.await, listener.accept().await) } => accepted,
        };
        let (Ok(permit), Ok((stream, _))) = accepted else {
            // out of file descriptors or the like: others will be given back
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        // small answers go out at once
        stream.set_nodelay(true).ok();
        // whoever does not read what was asked for holds no connection for ever
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.write_timeout));
        let service = TowerToHyperService::new(app.clone());
        let connection =
            graceful.watch(http.serve_connection(TokioIo::new(Box::pin(stream)), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => tracing::info!("every request under way was answered"),
        () = tokio::time::sleep(limits.drain_timeout) => {
            tracing::warn!("some requests were still under way and are cut off");
        }
    }
}
