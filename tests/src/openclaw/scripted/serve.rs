//! The listener of a scripted gateway, and one task for each connection.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Result, bail};
use futures::stream::FuturesUnordered;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at, sleep};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use super::recorded::{self, Refusal, refusal};
use super::script::{FirstFrame, Greeting, Reply, Script};
use super::{Called, MAX_CALLS, Push, Shared, lock};

type Socket = WebSocketStream<TcpStream>;

/// Small buffers: fifty gateways are one process.
const BUFFER_BYTES: usize = 8 * 1024;

/// Takes connections until it is aborted; then all of them are dropped.
pub(super) async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, Arc::clone(&shared)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection; how it ends is the client's to notice.
async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let mut frozen = shared.frozen.subscribe();
    thawed(&mut frozen).await;
    let limit = lock(&shared.script).max_payload;
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(limit))
        .max_frame_size(Some(limit));
    let mut origin = None;
    let note = |request: &Request, response: Response| {
        let header = request.headers().get("origin");
        origin = header
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async_with_config(stream, note, Some(config)).await else {
        return;
    };
    lock(&shared.origins).push(origin);
    shared.open.fetch_add(1, Ordering::SeqCst);
    let ended = Open(&shared);
    if greet(&mut socket, &shared, &mut frozen).await.is_ok() {
        let _ = talk(&mut socket, &shared, &mut frozen).await;
    }
    drop(ended);
}

/// Counts a connection as long as it lasts.
struct Open<'a>(&'a Shared);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn thawed(frozen: &mut watch::Receiver<bool>) {
    let _ = frozen.wait_for(|frozen| !*frozen).await;
}

/// Ends the connection. 1006 is no word at all.
async fn close(socket: &mut Socket, code: u16, reason: &str) -> Result<()> {
    if code != 1006 {
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        socket.close(Some(frame)).await?;
    }
    bail!("closed")
}

fn event(name: &str, payload: &Value) -> Message {
    Message::text(json!({"type": "event", "event": name, "payload": payload}).to_string())
}

/// From the first frame to the hello.
async fn greet(
    socket: &mut Socket,
    shared: &Shared,
    frozen: &mut watch::Receiver<bool>,
) -> Result<()> {
    let script = lock(&shared.script).clone();
    match &script.first_frame {
        FirstFrame::Challenge => {
            let mut payload = recorded::event("connect.challenge");
            payload["nonce"] = ulid::Ulid::generate().to_string().into();
            socket.send(event("connect.challenge", &payload)).await?;
        }
        FirstFrame::Nothing => {}
        FirstFrame::Text(text) => socket.send(Message::text(text.as_str())).await?,
    }
    let text = loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => break text,
            Some(Ok(_)) => {}
            Some(Err(error)) => bail!(error),
            None => bail!("gone"),
        }
    };
    thawed(frozen).await;
    let request: Value = serde_json::from_str(&text)?;
    let params = request["params"].clone();
    lock(&shared.connects).push(params.clone());
    let id = &request["id"];
    sleep(script.slow).await;
    let refused = match &script.greeting {
        Greeting::Hello => judge(&script, &params),
        Greeting::Refusal(refusal) => Some(refusal.clone()),
        Greeting::Text(text) => {
            socket.send(Message::text(text.as_str())).await?;
            return Ok(());
        }
        Greeting::Close(code, reason) => return close(socket, *code, reason).await,
        Greeting::Silence => {
            std::future::pending::<()>().await;
            return Ok(());
        }
    };
    if let Some(refusal) = refused {
        let frame = json!({"type": "res", "id": id, "ok": false, "error": refusal.error});
        socket.send(Message::text(frame.to_string())).await?;
        let (code, reason) = refusal.close.unwrap_or((1008, "refused".into()));
        return close(socket, code, &reason).await;
    }
    let frame = json!({"type": "res", "id": id, "ok": true, "payload": hello(&script, &params)});
    socket.send(Message::text(frame.to_string())).await?;
    Ok(())
}

/// Whether the client is let in.
fn judge(script: &Script, params: &Value) -> Option<Refusal> {
    let offered = |name: &str| params[name].as_u64().unwrap_or_default();
    let speaks = u64::from(script.protocol);
    if offered("maxProtocol") < speaks || offered("minProtocol") > speaks {
        return Some(refusal("protocol-mismatch"));
    }
    let auth = &params["auth"];
    if let Some(wanted) = &script.wants_device_token {
        let given = auth["deviceToken"].as_str();
        if given == Some(wanted) {
            let asked = params["scopes"].as_array().into_iter().flatten();
            let mut asked = asked.filter_map(Value::as_str);
            let more = script
                .device_scopes
                .as_ref()
                .is_some_and(|scopes| asked.any(|scope| !scopes.iter().any(|one| one == scope)));
            return more.then(|| refusal("device-token-scope-mismatch"));
        }
        let (code, more) = match given {
            Some(_) => ("AUTH_DEVICE_TOKEN_MISMATCH", json!({})),
            None => ("PAIRING_REQUIRED", json!({"requestId": "scripted-request"})),
        };
        let mut details = more;
        details["code"] = code.into();
        return Some(Refusal {
            error: json!({"code": "NOT_PAIRED", "message": "pairing required", "details": details}),
            close: Some((1008, "pairing required".into())),
        });
    }
    match auth["token"].as_str() {
        Some(token) if token == script.token => None,
        Some(_) => Some(refusal("wrong-token")),
        None => Some(refusal("device-identity-required")),
    }
}

fn hello(script: &Script, params: &Value) -> Value {
    let mut hello = recorded::hello();
    hello["protocol"] = script.protocol.into();
    hello["server"]["version"] = script.version.as_str().into();
    hello["auth"]["scopes"] = match &script.scopes {
        Some(scopes) => json!(scopes),
        None => params["scopes"].clone(),
    };
    if let Some(token) = &script.device_token {
        hello["auth"]["deviceToken"] = token.as_str().into();
    }
    hello["policy"]["maxPayload"] = script.max_payload.into();
    let tick_ms = u64::try_from(script.tick_interval.as_millis()).unwrap_or(u64::MAX);
    hello["policy"]["tickIntervalMs"] = tick_ms.into();
    hello
}

/// After the hello, until the connection ends.
async fn talk(
    socket: &mut Socket,
    shared: &Shared,
    frozen: &mut watch::Receiver<bool>,
) -> Result<()> {
    let mut pushes = shared.push.subscribe();
    let (ticks, every) = {
        let script = lock(&shared.script);
        (script.ticks, script.tick_interval)
    };
    socket
        .send(event("health", &recorded::event("health")))
        .await?;
    let mut tick = interval_at(Instant::now() + every, every);
    let mut late = FuturesUnordered::new();
    loop {
        thawed(frozen).await;
        tokio::select! {
            biased;
            changed = frozen.changed() => changed?,
            pushed = pushes.recv() => match pushed? {
                Push::Text(text) => socket.send(Message::text(&*text)).await?,
                Push::Close(code, reason) => return close(socket, code, &reason).await,
            },
            Some((id, reply)) = late.next() => say(socket, &id, reply).await?,
            _ = tick.tick(), if ticks => {
                socket.send(event("tick", &recorded::event("tick"))).await?;
            }
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    // garbage is passed over, as a real one does
                    if let Ok(request) = serde_json::from_str::<Value>(&text) {
                        let (wait, reply) = called(shared, &request);
                        let id = request["id"].clone();
                        late.push(async move {
                            sleep(wait).await;
                            (id, reply)
                        });
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) => return close(socket, 1009, "").await,
                None => bail!("gone"),
            },
        }
    }
}

/// Notes a call, and finds its reply and when it comes.
fn called(shared: &Shared, request: &Value) -> (Duration, Said) {
    let method = request["method"].as_str().unwrap_or_default().to_owned();
    let params = request["params"].clone();
    {
        let mut calls = lock(&shared.calls);
        if calls.len() < MAX_CALLS {
            calls.push(Called {
                method: method.clone(),
                params: params.clone(),
            });
        }
    }
    let mut script = lock(&shared.script);
    let mut wait = script.slow;
    let mut reply = script.replies.get_mut(&method).map(next_of);
    while let Some(Reply::Late(more, then)) = reply {
        wait += more;
        reply = Some(*then);
    }
    let said = match reply {
        Some(Reply::Payload(payload)) => Said::Answer(Ok(payload)),
        Some(Reply::Refusal(refusal)) => Said::Answer(Err(refusal)),
        Some(Reply::Echo) => Said::Answer(Ok(params)),
        Some(Reply::Text(text)) => Said::Text(text),
        Some(Reply::Bytes(bytes)) => Said::Answer(Ok(json!({"bytes": "x".repeat(bytes)}))),
        Some(Reply::Close(code, reason)) => Said::Close(code, reason),
        Some(Reply::Silence | Reply::Then(_) | Reply::Late(..)) => Said::Nothing,
        None => Said::Answer(recorded::answer(&method).ok_or_else(|| {
            let mut unknown = refusal("unknown-method");
            unknown.error["message"] = format!("unknown method: {method}").into();
            unknown
        })),
    };
    (wait, said)
}

/// The reply whose turn it is.
fn next_of(reply: &mut Reply) -> Reply {
    match reply {
        Reply::Then(replies) if replies.len() > 1 => {
            let mut first = replies.remove(0);
            next_of(&mut first)
        }
        Reply::Then(replies) => replies.first_mut().map_or(Reply::Silence, next_of),
        other => other.clone(),
    }
}

/// What is said to a call.
enum Said {
    Answer(Result<Value, Refusal>),
    Text(String),
    Close(u16, String),
    Nothing,
}

async fn say(socket: &mut Socket, id: &Value, said: Said) -> Result<()> {
    let frame = match said {
        Said::Answer(Ok(payload)) => {
            json!({"type": "res", "id": id, "ok": true, "payload": payload}).to_string()
        }
        Said::Answer(Err(refusal)) => {
            let frame = json!({"type": "res", "id": id, "ok": false, "error": refusal.error});
            socket.send(Message::text(frame.to_string())).await?;
            return match refusal.close {
                Some((code, reason)) => close(socket, code, &reason).await,
                None => Ok(()),
            };
        }
        Said::Text(text) => text,
        Said::Close(code, reason) => return close(socket, code, &reason).await,
        Said::Nothing => return Ok(()),
    };
    socket.send(Message::text(frame)).await?;
    Ok(())
}
