//! The one statement that calls on tickets are written with: as many as came together,
//! each guarded by its own ticket. All of them, or none.

use sqlx::error::ErrorKind;
use sqlx::postgres::PgConnection;

use crate::added::{Added, Reach};
use crate::entry::{Entry, EventRow};
use crate::error::LedgerError;

/// A failed statement, as the desk is told: overtaken, where the ticket no longer stood
/// as it was read, or its key or its place in the chain was taken meanwhile.
pub(crate) fn told(error: sqlx::Error) -> LedgerError {
    let overtaken = match &error {
        sqlx::Error::Database(error) => match error.kind() {
            ErrorKind::NotNullViolation => error.table() == Some("audit_events"),
            ErrorKind::UniqueViolation => true,
            _ => false,
        },
        _ => false,
    };
    if overtaken {
        LedgerError::Overtaken
    } else {
        error.into()
    }
}

/// The statement with these parts for the case file's rows, and their parameters from 41 on.
macro_rules! statement {
    ($connection:expr, $entries:expr, $frequent:literal, $rare:literal $(, $own:expr)* $(,)?) => {{
        macro_rules! column {
            ($value:expr) => {
                $entries.clone().map($value).collect::<Vec<_>>()
            };
        }
        macro_rules! of_events {
            ($value:expr) => {
                $entries.clone().flat_map(places).map($value).collect::<Vec<_>>()
            };
        }
        macro_rules! of_owed {
            ($value:expr) => {
                $entries
                    .clone()
                    .flat_map(|entry| entry.owed.iter().map(move |owed| (entry, owed)))
                    .map($value)
                    .collect::<Vec<_>>()
            };
        }
        sqlx::query!(
            "WITH moved AS (
                UPDATE tickets AS t SET version = n.version, state = n.state, priority = n.priority,
                    technician_id = n.technician_id, updated_at = n.at, snapshot = n.snapshot::json,
                    beside = n.beside::json, chain_sequence = n.chain_sequence, chain_hash = n.chain_hash,
                    words = coalesce(array_to_tsvector(string_to_array(n.words, ' ')), t.words)
                FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
                    $7::text[], $8::text[], $9::bigint[], $10::bigint[], $11::text[], $12::text[])
                    AS n (ticket_id, version, state, priority, technician_id, at, snapshot, beside, chain_before,
                        chain_sequence, chain_hash, words)
                WHERE t.ticket_id = n.ticket_id AND t.version = n.version - 1
                    AND t.chain_sequence = n.chain_before
                RETURNING t.ticket_id
            ), events AS (
                INSERT INTO audit_events (chain, sequence, event_id, kind, actor_id, hash, body)
                SELECT (SELECT m.ticket_id FROM moved m WHERE m.ticket_id = e.chain), e.sequence, e.event_id,
                    e.kind, e.actor_id, e.hash, e.body::json
                FROM unnest($13::text[], $14::bigint[], $15::text[], $16::text[], $17::text[], $18::text[],
                    $19::text[]) AS e (chain, sequence, event_id, kind, actor_id, hash, body)
            ), decision AS (
                INSERT INTO decisions (decision_id, decided_at, request_id, correlation_id, tool, ticket_id,
                    actor_role, actor_id, allowed, determining_policies, pack_name, pack_version,
                    pack_digest, judged_us, question, verdict, first_sequence, last_sequence)
                SELECT d.decision_id, d.decided_at, d.request_id, d.correlation_id, d.tool, d.ticket_id,
                    d.actor_role, d.actor_id, true, d.policies::json, d.pack_name, d.pack_version,
                    d.pack_digest, d.judged_us, d.question::json, d.verdict::json, d.chain_before + 1,
                    d.chain_sequence
                FROM unnest($20::text[], $21::timestamptz[], $22::text[], $23::text[], $24::text[], $1::text[],
                    $25::text[], $26::text[], $27::text[], $28::text[], $29::text[], $30::text[],
                    $31::bigint[], $32::text[], $33::text[], $9::bigint[], $10::bigint[])
                    AS d (decision_id, decided_at, request_id, correlation_id, tool, ticket_id, actor_role,
                        actor_id, policies, pack_name, pack_version, pack_digest, judged_us, question, verdict,
                        chain_before, chain_sequence)
            ), outbox AS (
                INSERT INTO outbox (ticket_id, event_id, topic, owed_since)
                SELECT o.ticket_id, o.event_id, o.topic, o.at
                FROM unnest($37::text[], $38::text[], $39::text[], $40::timestamptz[])
                    AS o (ticket_id, event_id, topic, at)
            )" + $frequent + $rare + "
            INSERT INTO idempotency (key_digest, content_digest, answer, committed_at)
            SELECT i.key_digest, i.content_digest, i.answer, i.at
            FROM unnest($34::bytea[], $35::bytea[], $36::bytea[], $6::timestamptz[])
                AS i (key_digest, content_digest, answer, at)",
            &column!(|e| &*e.ticket_id) as &[&str],
            &column!(|e| e.version),
            &column!(|e| e.state) as &[&str],
            &column!(|e| e.priority) as &[Option<&str>],
            &column!(|e| e.technician_id.as_deref()) as &[Option<&str>],
            &column!(|e| e.at),
            &column!(|e| &*e.snapshot) as &[&str],
            &column!(|e| &*e.beside) as &[&str],
            &column!(|e| e.chain_before),
            &column!(|e| e.chain_sequence),
            &column!(|e| &*e.chain_hash) as &[&str],
            &column!(|e| e.words.as_deref()) as &[Option<&str>],
            &of_events!(|(entry, _, _)| &*entry.ticket_id) as &[&str],
            &of_events!(|(_, at, _)| at),
            &of_events!(|(_, _, event)| &*event.event_id) as &[&str],
            &of_events!(|(_, _, event)| event.kind) as &[&str],
            &of_events!(|(entry, _, _)| &*entry.actor_id) as &[&str],
            &of_events!(|(_, _, event)| &*event.hash) as &[&str],
            &of_events!(|(_, _, event)| &*event.body) as &[&str],
            &column!(|e| &*e.decision_id) as &[&str],
            &column!(|e| e.decided_at),
            &column!(|e| &*e.request_id) as &[&str],
            &column!(|e| e.correlation_id.as_deref()) as &[Option<&str>],
            &column!(|e| &*e.tool) as &[&str],
            &column!(|e| e.actor_role) as &[&str],
            &column!(|e| &*e.actor_id) as &[&str],
            &column!(|e| &*e.policies) as &[&str],
            &column!(|e| &*e.pack_name) as &[&str],
            &column!(|e| &*e.pack_version) as &[&str],
            &column!(|e| &*e.pack_digest) as &[&str],
            &column!(|e| e.judged_us),
            &column!(|e| e.question.as_deref()) as &[Option<&str>],
            &column!(|e| e.verdict.as_deref()) as &[Option<&str>],
            &column!(|e| &e.key_digest[..]) as &[&[u8]],
            &column!(|e| &e.content_digest[..]) as &[&[u8]],
            &column!(|e| &*e.answer) as &[&[u8]],
            &of_owed!(|(entry, _)| &*entry.ticket_id) as &[&str],
            &of_owed!(|(_, (event, _))| &**event) as &[&str],
            &of_owed!(|(_, (_, topic))| *topic) as &[&str],
            &of_owed!(|(entry, _)| entry.at),
            $($own,)*
        )
        .execute($connection)
        .await?;
    }};
}

/// A call's events with their places in the chain.
fn places(entry: &Entry) -> impl Iterator<Item = (&Entry, i64, &EventRow)> {
    (entry.first_sequence()..)
        .zip(&entry.events)
        .map(move |(at, event)| (entry, at, event))
}

/// Writes every row of these calls, or fails and writes nothing.
///
/// A ticket moves on only from where it was read. Where it stands elsewhere by now, its
/// events have no chain to join, which their table refuses, and with them everything.
/// In variants, since a table that is named costs a little though nothing goes there.
pub(crate) async fn write<'a>(
    connection: &mut PgConnection,
    entries: impl Iterator<Item = &'a Entry> + Clone,
) -> Result<(), sqlx::Error> {
    let mut added = Added::default();
    entries.clone().for_each(|entry| added.add(entry));
    /// With messages and notes, and what else there is.
    macro_rules! frequent {
        ($rare:literal $(, $own:expr)* $(,)?) => {
            statement!(
                connection,
                entries,
                ", messages AS (
                INSERT INTO messages (ticket_id, sequence, message_id, at, actor, channel, direction, intent,
                    raw, normalized)
                SELECT r.ticket_id, r.sequence, r.message_id, r.at, r.actor, r.channel, r.direction, r.intent,
                    r.raw, r.normalized
                FROM json_to_recordset($41::text::json) AS r (ticket_id text, sequence bigint, message_id text,
                    at timestamptz, actor json, channel json, direction text, intent text, raw text,
                    normalized text)
            ), customers AS (
                UPDATE customers AS c SET
                    phone = coalesce(c.phone, r.phone), email = coalesce(c.email, r.email),
                    phone_digits = coalesce(c.phone_digits, r.phone_digits),
                    email_lower = coalesce(c.email_lower, r.email_lower)
                FROM json_to_recordset($42::text::json) AS r (customer_id text, phone text, email text,
                    phone_digits text, email_lower text)
                WHERE c.customer_id = r.customer_id
            ), notes AS (
                INSERT INTO notes (ticket_id, sequence, note_id, at, actor, text)
                SELECT r.ticket_id, r.sequence, r.note_id, r.at, r.actor, r.text
                FROM json_to_recordset($43::text::json) AS r (ticket_id text, sequence bigint, note_id text,
                    at timestamptz, actor json, text text)
                )",
                $rare,
                added.messages.text(),
                added.contacts.text(),
                added.notes.text(),
                $($own,)*
            )
        };
    }
    match added.reach() {
        Reach::Nothing => statement!(connection, entries, "", ""),
        Reach::Frequent => frequent!(""),
        Reach::Whole => frequent!(
            ", superseded AS (
            UPDATE schedule_proposals AS p SET status = 'superseded'
            FROM json_to_recordset($44::text::json) AS r (ticket_id text)
            WHERE p.ticket_id = r.ticket_id AND p.status = 'open'
        ), proposals AS (
            INSERT INTO schedule_proposals (ticket_id, sequence, proposal_id, proposed_at, status, windows)
            SELECT r.ticket_id, r.sequence, r.proposal_id, r.at, 'open', r.body
            FROM json_to_recordset($44::text::json) AS r (ticket_id text, sequence bigint,
                proposal_id text, at timestamptz, body json)
        ), confirmed AS (
            UPDATE schedule_proposals AS p SET status = 'confirmed'
            FROM json_to_recordset($45::text::json) AS r (ticket_id text, proposal_id text)
            WHERE p.ticket_id = r.ticket_id AND p.status = 'open' AND p.proposal_id = r.proposal_id
        ), confirmations AS (
            INSERT INTO schedule_confirmations (ticket_id, sequence, proposal_id, confirmed_at, confirmed)
            SELECT r.ticket_id, r.sequence, r.proposal_id, r.at, r.body
            FROM json_to_recordset($45::text::json) AS r (ticket_id text, sequence bigint,
                proposal_id text, at timestamptz, body json)
        ), ended AS (
            UPDATE assignments AS a SET ended_at = r.at
            FROM json_to_recordset($46::text::json) AS r (ticket_id text, at timestamptz)
            WHERE a.ticket_id = r.ticket_id AND a.ended_at IS NULL
        ), assignments AS (
            INSERT INTO assignments (ticket_id, sequence, technician_id, assigned_at, assigned_by)
            SELECT r.ticket_id, r.sequence, r.name, r.at, r.actor
            FROM json_to_recordset($46::text::json) AS r (ticket_id text, sequence bigint, name text,
                at timestamptz, actor json)
        ), attachments AS (
            INSERT INTO attachments (attachment_id, ticket_id, sequence, at, actor, attachment)
            SELECT r.attachment_id, r.ticket_id, r.sequence, r.at, r.actor, r.attachment
            FROM json_to_recordset($47::text::json) AS r (attachment_id text, ticket_id text,
                sequence bigint, at timestamptz, actor json, attachment json)
        ), items AS (
            INSERT INTO checklist_items (ticket_id, sequence, item_key, completed_at, completed_by)
            SELECT r.ticket_id, r.sequence, r.name, r.at, r.actor
            FROM json_to_recordset($48::text::json) AS r (ticket_id text, sequence bigint, name text,
                at timestamptz, actor json)
        ), invoices AS (
            INSERT INTO invoice_drafts (ticket_id, sequence, drafted_at, invoice, pdf_attachment_id,
                json_attachment_id)
            SELECT r.ticket_id, r.sequence, r.at, r.invoice, r.pdf_attachment_id, r.json_attachment_id
            FROM json_to_recordset($49::text::json) AS r (ticket_id text, sequence bigint,
                at timestamptz, invoice json, pdf_attachment_id text, json_attachment_id text)
            )",
            added.proposals.text(),
            added.confirmations.text(),
            added.assignments.text(),
            added.attachments.text(),
            added.items.text(),
            added.invoices.text(),
        ),
    }
    Ok(())
}
