//! A model server in OpenAI's dialect, on loopback: what the model says is the test's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};

use super::wire;

/// What the gateway knows the server as.
const PROVIDER: &str = "stub";

/// How a note of the gateway's begins.
const NOTE: &str = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>";

/// The longest that the model says nothing; what a test waits for is less.
const LONGEST: Duration = Duration::from_secs(600);

/// What a gateway asked the model.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which question this is, from 0.
    pub number: usize,
    /// The request's body: `model`, `messages`, `tools`, …
    pub body: Value,
}

impl Asked {
    /// The agent that asks: each agent has a model of its own name.
    #[must_use]
    pub fn agent(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }

    /// The tools that the model is offered, by name.
    #[must_use]
    pub fn tools(&self) -> Vec<&str> {
        each(&self.body["tools"])
            .filter_map(|tool| tool["function"]["name"].as_str())
            .collect()
    }

    /// The newest message of the user, as text: what was said, and a line of the gateway's on
    /// agent and session.
    #[must_use]
    pub fn user(&self) -> String {
        each(&self.body["messages"])
            .rfind(|message| is_the_users(message))
            .map(|message| text(&message["content"]))
            .unwrap_or_default()
    }

    /// What the tools answered since the user's newest message, in order.
    #[must_use]
    pub fn results(&self) -> Vec<String> {
        let messages: Vec<&Value> = each(&self.body["messages"]).collect();
        let since = messages.iter().rposition(|message| is_the_users(message));
        messages[since.map_or(0, |user| user + 1)..]
            .iter()
            .filter(|message| message["role"] == "tool")
            .map(|message| text(&message["content"]))
            .collect()
    }
}

/// A gateway puts notes of its own to the end, in the user's name.
fn is_the_users(message: &Value) -> bool {
    message["role"] == "user" && !text(&message["content"]).starts_with(NOTE)
}

/// What the model does.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Says this; its turn ends.
    Say(String),
    /// Calls these tools, all at once; it is asked again with their results.
    Call(Vec<ToolCall>),
    /// Says nothing until the gateway goes away.
    Silence,
    /// Fails with this status.
    Fail(u16),
    /// Thinks until the test lets it, then does this.
    Held(Arc<Notify>, Box<Self>),
}

impl Reply {
    /// Says this.
    #[must_use]
    pub fn say(text: &str) -> Self {
        Self::Say(text.to_owned())
    }

    /// Does this once `until` is notified.
    #[must_use]
    pub fn held(until: &Arc<Notify>, reply: Self) -> Self {
        Self::Held(Arc::clone(until), Box::new(reply))
    }

    /// Calls one tool.
    #[must_use]
    pub fn call(id: &str, name: &str, arguments: Value) -> Self {
        Self::Call(vec![ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments,
        }])
    }
}

/// One call of a tool.
#[derive(Clone, Debug)]
pub struct ToolCall {
    /// The call's id, which models choose.
    pub id: String,
    /// The tool, as the model knows it.
    pub name: String,
    /// Its arguments.
    pub arguments: Value,
}

/// A running model server; ends when dropped.
#[derive(Debug)]
pub struct ModelServer {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: AbortHandle,
}

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

impl ModelServer {
    /// Serves what the script decides, question by question.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (script, book): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&asked));
        let serving = tokio::spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (script, book) = (Arc::clone(&script), Arc::clone(&book));
                open.spawn(async move {
                    if let Err(error) = answer(stream, &*script, &book).await {
                        eprintln!("the model server: {error:#}");
                    }
                });
                while open.try_join_next().is_some() {}
            }
        });
        Ok(Self {
            port,
            asked,
            serving: serving.abort_handle(),
        })
    }

    /// What a gateway's configuration says of this server and of the agents that use it,
    /// each with a model of its own name.
    #[must_use]
    pub fn configuration(&self, agents: &[&str]) -> Value {
        let models: Vec<Value> = agents
            .iter()
            .map(|agent| {
                json!({ "id": agent, "name": agent, "input": ["text"], "contextWindow": 1_000_000,
                        "maxTokens": 4096, "reasoning": false })
            })
            .collect();
        let entries: serde_json::Map<String, Value> = agents
            .iter()
            .map(|agent| {
                let model = json!({ "model": { "primary": format!("{PROVIDER}/{agent}") } });
                ((*agent).to_owned(), model)
            })
            .collect();
        json!({
            "models": { "mode": "replace", "providers": { PROVIDER: {
                "baseUrl": format!("http://127.0.0.1:{}/v1", self.port), "apiKey": "none",
                "api": "openai-completions", "request": { "allowPrivateNetwork": true },
                "models": models,
            } } },
            "agents": { "entries": entries },
        })
    }

    /// Everything that was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        locked(&self.asked).clone()
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(stream: TcpStream, script: &Script, book: &Mutex<Vec<Asked>>) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let Some(request) = wire::request(&mut stream).await? else {
        return Ok(());
    };
    if request.path != "/v1/chat/completions" {
        return Ok(stream.write_all(&status(404)).await?);
    }
    let asked = {
        let mut book = locked(book);
        let asked = Asked {
            number: book.len(),
            body: serde_json::from_slice(&request.body)?,
        };
        book.push(asked.clone());
        asked
    };
    let mut reply = script(&asked);
    while let Reply::Held(until, then) = reply {
        let _ = tokio::time::timeout(LONGEST, until.notified()).await;
        reply = *then;
    }
    let bytes = match reply {
        Reply::Fail(code) => status(code),
        Reply::Say(text) => events(&asked, &json!({ "content": text }), "stop"),
        Reply::Call(calls) => {
            let calls: Vec<Value> = calls.iter().enumerate().map(called).collect();
            events(&asked, &json!({ "tool_calls": calls }), "tool_calls")
        }
        Reply::Silence | Reply::Held(..) => {
            // a gateway that gives up closes
            let _ = tokio::time::timeout(LONGEST, wire::request(&mut stream)).await;
            return Ok(());
        }
    };
    stream.write_all(&bytes).await?;
    stream.shutdown().await?;
    Ok(())
}

/// One call, as the stream has it.
fn called((index, call): (usize, &ToolCall)) -> Value {
    json!({ "index": index, "id": call.id, "type": "function", "function": {
        "name": call.name, "arguments": call.arguments.to_string(),
    } })
}

/// The whole answer as server-sent events.
fn events(asked: &Asked, delta: &Value, reason: &str) -> Vec<u8> {
    let chunk = |delta: &Value, reason: Value| {
        let chunk = json!({
            "id": format!("chatcmpl-{}", asked.number), "object": "chat.completion.chunk",
            "created": 0, "model": asked.body["model"],
            "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }],
        });
        format!("data: {chunk}\n\n")
    };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    let role = chunk(&json!({ "role": "assistant" }), Value::Null);
    let (said, end) = (chunk(delta, Value::Null), chunk(&json!({}), json!(reason)));
    format!("{head}{role}{said}{end}data: [DONE]\n\n").into_bytes()
}

fn status(code: u16) -> Vec<u8> {
    let body = json!({ "error": { "message": "the test says so", "type": "stub" } }).to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 {code} Stub\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A content is a text or a list of parts.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        parts => each(parts)
            .filter_map(|part| part["text"].as_str())
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

fn each(list: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
