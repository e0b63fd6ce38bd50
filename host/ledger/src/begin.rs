//! The beginning of a call: its turn, then one read of what a verdict depends on.
//!
//! Nothing is locked in the database while a call on a ticket is judged: no transaction
//! is open meanwhile, however long its papers take. What was read is guarded by the
//! statement that writes, which joins the chain at the head that was read or fails.
//! Its transaction begins when what it joins is committed, so that the feed, whose
//! order is that of transactions, shows every chain in order.
//!
//! A new ticket has no chain yet: its key and its customer's contact are locked by
//! number in a transaction, and read in a second statement: one that waited for a lock
//! goes on with the snapshot it began with.

use chrono::{DateTime, Utc};
use dispatch_contract::canonical::sha256;
use dispatch_contract::event::ChainHead;
use dispatch_contract::question::{Facts, ObjectFact, TechnicianFact};
use dispatch_contract::{CustomerId, TechnicianId, TicketId};

use crate::error::LedgerError;
use crate::lanes::Lane;
use crate::ledger::Ledger;
use crate::turns::Turn;
use crate::writers::Writers;
use crate::{stored, words};

/// How a customer can be found again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Contact<'a> {
    /// Telephone, as given; compared by its digits.
    pub phone: Option<&'a str>,
    /// Mail address; compared ignoring case.
    pub email: Option<&'a str>,
}

/// What a call names and what it is known by.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'a> {
    /// The ticket; none for `ticket.create`.
    pub ticket_id: Option<TicketId>,
    /// `Call::key_digest`
    pub key_digest: [u8; 32],
    /// `Call::content_digest`
    pub content_digest: [u8; 32],
    /// The technician that the call names.
    pub technician_id: Option<TechnicianId>,
    /// The uploaded object that the call names.
    pub storage_key: Option<&'a str>,
    /// `ticket.create`: the customer's contact.
    pub contact: Option<Contact<'a>>,
}

/// What the key says about the call.
#[derive(Debug)]
pub enum Opening {
    /// It was committed before: this is what it was answered, byte for byte.
    Replay(Vec<u8>),
    /// The key was used for another call.
    Conflict,
    /// It is new: judge it on these facts.
    Open(Box<Open>),
}

/// A call under judgement: on this host no other call on its ticket begins before it is
/// committed, abandoned or dropped.
#[derive(Debug)]
pub struct Open {
    pub(crate) hold: Hold,
    /// What is so.
    pub facts: Facts,
    /// Where the ticket's next event joins.
    pub chain: ChainHead,
    /// `ticket.create`: the customer found by phone, else by email, and true;
    /// none where nobody was found.
    pub customer: Option<(CustomerId, bool)>,
    pub(crate) key_digest: [u8; 32],
    pub(crate) content_digest: [u8; 32],
}

/// What keeps others from deciding on the same.
#[derive(Debug)]
pub(crate) enum Hold {
    /// The ticket's turn on this host; nothing is open in the database.
    Turn { turn: Turn, writers: Writers },
    /// A transaction on this lane holds the key and the contact of a new ticket.
    Transaction { lane: Lane },
}

/// What was read, before it is understood.
struct Found {
    earlier: Option<(Vec<u8>, Vec<u8>)>,
    facts: Facts,
    chain: ChainHead,
    customer: Option<(CustomerId, bool)>,
}

/// An advisory lock's number for something that has no row yet.
fn number(digest: [u8; 32]) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = digest;
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// `BEGIN` and the locks of a new ticket, as one exchange.
fn lock(lookup: &Lookup<'_>) -> String {
    let contact = lookup.contact.unwrap_or_default();
    let phone = words::phone_digits(contact.phone).map(|digits| format!("phone {digits}"));
    let email = words::email_lower(contact.email).map(|email| format!("email {email}"));
    let mut numbers: Vec<i64> = [phone, email]
        .into_iter()
        .flatten()
        .map(|contact| number(sha256(contact.as_bytes())))
        .chain([number(lookup.key_digest)])
        .collect();
    // in one order everywhere, so that two calls never wait for each other
    numbers.sort_unstable();
    let locks: Vec<String> = numbers
        .iter()
        .map(|number| format!("pg_advisory_xact_lock({number})"))
        .collect();
    format!("BEGIN; SELECT {}", locks.join(", "))
}

impl Ledger {
    /// Wait for the ticket's turn and read what the call's verdict depends on.
    ///
    /// A ticket that does not exist leaves `facts.case` empty. Calls on one
    /// ticket, and calls of `ticket.create` with one key or one contact, follow
    /// each other; the loser of a race replays the winner's answer.
    ///
    /// # Errors
    /// Where the database cannot answer in time; see [`LedgerError::is_unavailable`].
    pub async fn begin(&self, lookup: &Lookup<'_>) -> Result<Opening, LedgerError> {
        let turn = match lookup.ticket_id {
            Some(ticket_id) => Some(self.turns.take(ticket_id).await?),
            None => None,
        };
        let mut lane = self.lanes.acquire().await?;
        let found = match read(&mut lane, lookup).await {
            Err(error) if error.is_lost() => {
                lane = self.lanes.replace(lane).await?;
                read(&mut lane, lookup).await?
            }
            outcome => outcome?,
        };
        let hold = match turn {
            Some(turn) => {
                lane.done();
                let writers = self.writers.clone();
                Hold::Turn { turn, writers }
            }
            None => Hold::Transaction { lane },
        };
        let earlier = found.earlier;
        let open = Open {
            hold,
            facts: found.facts,
            chain: found.chain,
            customer: found.customer,
            key_digest: lookup.key_digest,
            content_digest: lookup.content_digest,
        };
        match earlier {
            None => Ok(Opening::Open(Box::new(open))),
            Some((content, answer)) => {
                open.abandon().await?;
                Ok(if content == lookup.content_digest {
                    Opening::Replay(answer)
                } else {
                    Opening::Conflict
                })
            }
        }
    }

    /// What a verdict on a ticket depends on, read without its turn: for whoever commits
    /// nothing. None where the key was used already.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn facts(
        &self,
        ticket_id: TicketId,
        lookup: &Lookup<'_>,
    ) -> Result<Option<Facts>, LedgerError> {
        let mut lane = self.lanes.acquire().await?;
        let found = read_ticket(&mut lane, lookup, ticket_id).await?;
        lane.done();
        Ok(found.earlier.is_none().then_some(found.facts))
    }

    /// What the key was answered before, without waiting for anybody: for a fast
    /// way past a call that is being repeated. None proves nothing.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn earlier(
        &self,
        key_digest: [u8; 32],
        content_digest: [u8; 32],
    ) -> Result<Option<Opening>, LedgerError> {
        let mut lane = self.lanes.acquire().await?;
        let row = sqlx::query!(
            "SELECT content_digest, answer FROM idempotency WHERE key_digest = $1",
            &key_digest[..]
        )
        .fetch_optional(lane.connection())
        .await?;
        lane.done();
        Ok(row.map(|row| {
            if row.content_digest == content_digest {
                Opening::Replay(row.answer)
            } else {
                Opening::Conflict
            }
        }))
    }
}

async fn read(lane: &mut Lane, lookup: &Lookup<'_>) -> Result<Found, LedgerError> {
    match lookup.ticket_id {
        Some(ticket_id) => read_ticket(lane, lookup, ticket_id).await,
        None => {
            lane.run(&lock(lookup)).await?;
            read_create(lane, lookup).await
        }
    }
}

async fn read_ticket(
    lane: &mut Lane,
    lookup: &Lookup<'_>,
    ticket_id: TicketId,
) -> Result<Found, LedgerError> {
    let technician_id = lookup.technician_id.map(|id| id.to_string());
    let row = sqlx::query!(
        r#"SELECT t.snapshot::text AS "snapshot?", t.beside::text AS "beside?",
                  t.chain_sequence AS "chain_sequence?", t.chain_hash AS "chain_hash?",
                  i.content_digest AS "content_digest?", i.answer AS "answer?",
                  e.active AS "active?", e.timezone AS "timezone?",
                  u.size_bytes AS "size_bytes?", u.sha256 AS "sha256?",
                  u.content_type AS "content_type?"
           FROM (VALUES (1)) AS one
           LEFT JOIN tickets t ON t.ticket_id = $1
           LEFT JOIN idempotency i ON i.key_digest = $2
           LEFT JOIN technicians e ON e.technician_id = $3
           LEFT JOIN uploads u ON u.storage_key = $4"#,
        ticket_id.to_string(),
        &lookup.key_digest[..],
        technician_id,
        lookup.storage_key,
    )
    .fetch_one(lane.connection())
    .await?;
    let earlier = row.content_digest.zip(row.answer);
    if earlier.is_some() {
        return Ok(Found::earlier(earlier));
    }
    let technician = match (lookup.technician_id, row.active, row.timezone) {
        (Some(technician_id), Some(active), Some(zone)) => Some(TechnicianFact {
            technician_id,
            active,
            timezone: stored::read_name("technician's timezone", &zone)?,
        }),
        _ => None,
    };
    let object = match (row.size_bytes, row.sha256, row.content_type) {
        (Some(size), Some(sha256), Some(content_type)) => Some(ObjectFact {
            size_bytes: stored::unsigned("upload's size", size)?,
            sha256,
            content_type,
        }),
        _ => None,
    };
    let case = match (row.snapshot, row.beside) {
        (Some(snapshot), Some(beside)) => Some(stored::case(&snapshot, &beside)?),
        _ => None,
    };
    let chain = match (row.chain_sequence, row.chain_hash) {
        (Some(sequence), Some(hash)) => ChainHead {
            sequence: stored::unsigned("ticket's chain_sequence", sequence)?,
            hash,
        },
        _ => ChainHead::default(),
    };
    Ok(Found {
        earlier: None,
        facts: Facts {
            case,
            technician,
            object,
        },
        chain,
        customer: None,
    })
}

async fn read_create(lane: &mut Lane, lookup: &Lookup<'_>) -> Result<Found, LedgerError> {
    let contact = lookup.contact.unwrap_or_default();
    let row = sqlx::query!(
        r#"SELECT i.content_digest AS "content_digest?", i.answer AS "answer?",
                  coalesce(
                      (SELECT customer_id FROM customers WHERE phone_digits = $2
                       ORDER BY customer_id LIMIT 1),
                      (SELECT customer_id FROM customers WHERE email_lower = $3
                       ORDER BY customer_id LIMIT 1)) AS customer_id
           FROM (VALUES (1)) AS one
           LEFT JOIN idempotency i ON i.key_digest = $1"#,
        &lookup.key_digest[..],
        words::phone_digits(contact.phone),
        words::email_lower(contact.email),
    )
    .fetch_one(lane.connection())
    .await?;
    let customer = match &row.customer_id {
        Some(id) => Some((stored::read_name("customer's id", id)?, true)),
        None => None,
    };
    Ok(Found {
        customer,
        ..Found::earlier(row.content_digest.zip(row.answer))
    })
}

impl Found {
    fn earlier(earlier: Option<(Vec<u8>, Vec<u8>)>) -> Self {
        Self {
            earlier,
            facts: Facts::default(),
            chain: ChainHead::default(),
            customer: None,
        }
    }
}

impl Open {
    /// When the call is refused: nothing was written, let go.
    ///
    /// # Errors
    /// Where the connection broke; nothing was written then either.
    pub async fn abandon(self) -> Result<(), LedgerError> {
        if let Hold::Transaction { mut lane } = self.hold {
            lane.run("ROLLBACK").await?;
            lane.done();
        }
        Ok(())
    }
}

/// The instant as the driver takes it.
pub(crate) fn instant(at: dispatch_contract::Timestamp) -> DateTime<Utc> {
    at.utc()
}
