//! From bytes to a call judged on what is committed.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dispatch_contract::event::PackRef;
use dispatch_contract::input::Input;
use dispatch_contract::question::{Facts, Question};
use dispatch_contract::schema::{self, Parsed};
use dispatch_contract::{Actor, Call, Code, Phase, Refusal, TicketId, Timestamp, Tool};
use dispatch_engine::{Judged, Pack};
use dispatch_ledger::{Contact, Lookup, Open, Opening};
use dispatch_objects::ObjectError;
use serde::Deserialize;
use serde_json::Value;

use crate::Inner;
use crate::incoming::{Incoming, Refused};
use crate::refuse::{ledger_away, objects_away};

/// A call in order by its schema, with the pack that will judge it.
pub(crate) struct Read {
    pub(crate) call: Call,
    pub(crate) actor: Actor,
    pub(crate) correlation_id: Option<String>,
    pub(crate) pack: Arc<Pack>,
    pub(crate) schema_took: Duration,
}

/// A call that ends before it reaches the store, and as much of it as was read.
pub(crate) struct Stopped {
    pub(crate) refused: Refused,
    pub(crate) ticket_id: Option<TicketId>,
    /// The pack, where it was what said no.
    pub(crate) pack: Option<PackRef>,
    /// How long that took.
    pub(crate) took: Duration,
    /// The call, where the pack in shadow would have let it in.
    pub(crate) let_in: Option<Box<Read>>,
}

/// What a body that breaks its schema still says of itself, so that its refusal can be
/// told apart from others and found again among the decisions.
#[derive(Default, Deserialize)]
struct Sketch {
    #[serde(default)]
    request_id: Value,
    #[serde(default)]
    ticket_id: Value,
}

impl Sketch {
    fn of(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    fn request_id(&self) -> Option<&str> {
        let key = self.request_id.as_str()?;
        ((1..=128).contains(&key.len()) && key.bytes().all(|b| matches!(b, b' '..=b'~')))
            .then_some(key)
    }

    fn ticket_id(&self) -> Option<TicketId> {
        self.ticket_id.as_str()?.parse().ok()
    }
}

/// What was found when the call had its turn.
pub(crate) enum Found {
    /// The answer that this key was given before.
    Replay(Bytes),
    /// A verdict, and the turn it was reached in.
    Judged(Box<Docket>),
}

/// A judged call in its turn.
pub(crate) struct Docket {
    pub(crate) open: Box<Open>,
    pub(crate) question: Question,
    pub(crate) judged: Judged,
    /// What the call is known by, computed once.
    pub(crate) content_digest: [u8; 32],
}

impl Docket {
    /// Time taken to judge.
    pub(crate) fn judged_for(&self) -> Duration {
        Duration::from_nanos(self.judged.trace.elapsed_ns)
    }
}

impl Inner {
    /// Bytes to call: tool, schema, claimed actor, scope of the role. Nothing here
    /// needs the store, so a flood of calls by the wrong role costs it little.
    pub(crate) fn read(&self, incoming: &Incoming<'_>) -> Result<Read, Stopped> {
        let began = Instant::now();
        let tool: Tool = incoming.tool.parse().map_err(|error| Stopped {
            refused: Refused {
                refusal: Refusal::new(
                    Code::UnknownTool,
                    Phase::Request,
                    format!("`{:.100}`: {error}.", incoming.tool),
                ),
                request_id: incoming.header_key.map(str::to_owned),
            },
            ticket_id: None,
            pack: None,
            took: began.elapsed(),
            let_in: None,
        })?;
        let Parsed {
            call,
            claimed_actor,
        } = schema::parse(tool, incoming.body, incoming.header_key).map_err(|refusal| {
            let sketch = Sketch::of(incoming.body);
            let request_id = incoming.header_key.or(sketch.request_id());
            Stopped {
                refused: Refused {
                    refusal,
                    request_id: request_id.map(str::to_owned),
                },
                ticket_id: sketch.ticket_id(),
                pack: None,
                took: began.elapsed(),
                let_in: None,
            }
        })?;
        let schema_took = began.elapsed();
        let pack = self.pack.current();
        let refusal = if claimed_actor.is_some_and(|claimed| claimed != incoming.actor) {
            let refusal = Refusal::new(
                Code::ActorMismatch,
                Phase::Credential,
                "The body's actor is not the one your credential names. Leave `actor` out: the \
                 credential says who calls.",
            );
            Some((refusal, None))
        } else {
            pack.refuse_early(incoming.actor.role, tool)
                .map(|refusal| (refusal, Some(pack.reference().clone())))
        };
        let read = Read {
            call,
            actor: incoming.actor,
            correlation_id: incoming.correlation_id.map(str::to_owned),
            pack,
            schema_took,
        };
        let Some((refusal, pack)) = refusal else {
            return Ok(read);
        };
        Err(Stopped {
            refused: Refused {
                refusal,
                request_id: Some(read.call.request_id.clone()),
            },
            ticket_id: read.call.ticket_id,
            took: began.elapsed(),
            // whom it lets in is judged by it afterwards, and answered as if it were not there
            let_in: (pack.is_some() && self.shadow.lets_in(read.actor.role, tool))
                .then(|| Box::new(read)),
            pack,
        })
    }

    /// Wait for the ticket's turn, read what is committed under the key and on the ticket, judge.
    pub(crate) async fn look(&self, read: &Read) -> Result<Found, Refusal> {
        // told only after the key was looked up: a replay needs no object store
        let (lookup, away) = self.lookup(read).await;
        let open = match self.ledger.begin(&lookup).await.map_err(ledger_away)? {
            Opening::Replay(answer) => return Ok(Found::Replay(answer.into())),
            Opening::Conflict => {
                return Err(Refusal::new(
                    Code::IdempotencyConflict,
                    Phase::Idempotency,
                    "This request_id was committed with other content or by another actor. Use a \
                     new request_id for a new call; to replay, send exactly what was sent.",
                ));
            }
            Opening::Open(open) => open,
        };
        if let Some(error) = away {
            let_go(open).await;
            return Err(objects_away(error));
        }
        let question = self.question(read, open.facts.clone(), self.clock.now());
        let judged = read.pack.judge(&question);
        Ok(Found::Judged(Box::new(Docket {
            open,
            question,
            judged,
            content_digest: lookup.content_digest,
        })))
    }

    /// What is asked about a call. One that waited for its turn is judged at the time it got
    /// it, never before what was committed meanwhile.
    pub(crate) fn question(&self, read: &Read, facts: Facts, now: Timestamp) -> Question {
        let now = facts
            .case
            .as_ref()
            .map_or(now, |case| now.max(case.ticket.updated_at));
        Question {
            actor: read.actor,
            call: read.call.clone(),
            facts,
            now,
        }
    }

    /// What a call names; and the error where the object store could not be asked.
    pub(crate) async fn lookup<'a>(&self, read: &'a Read) -> (Lookup<'a>, Option<ObjectError>) {
        let call = &read.call;
        let mut lookup = Lookup {
            ticket_id: call.ticket_id,
            key_digest: call.key_digest(read.actor),
            content_digest: call.content_digest(read.actor),
            technician_id: None,
            storage_key: None,
            contact: None,
        };
        let mut away = None;
        match &call.input {
            Input::DispatchAssignTech(assign) => {
                lookup.technician_id = Some(assign.technician_id);
            }
            Input::CloseoutAddPhoto(add) => {
                // the register knows every upload; whether its bytes are still
                // there only the store does
                if let Ok(key) = add.photo.storage_key.parse() {
                    match self.objects.head(&key).await {
                        Ok(Some(_)) => lookup.storage_key = Some(&add.photo.storage_key),
                        Ok(None) => {}
                        Err(error) => away = Some(error),
                    }
                }
            }
            Input::TicketCreate(create) => {
                lookup.contact = Some(Contact {
                    phone: create.customer.phone.as_deref(),
                    email: create.customer.email.as_deref(),
                });
            }
            _ => {}
        }
        (lookup, away)
    }
}

/// End a turn in which nothing was written. Where that fails the connection is
/// closed and the database lets go by itself: nothing for a caller to know.
pub(crate) async fn let_go(open: Box<Open>) {
    if let Err(error) = open.abandon().await {
        tracing::warn!(
            error = &error as &dyn Error,
            "a turn was not ended in order"
        );
    }
}
