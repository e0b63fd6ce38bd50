//! The one statement that opens a ticket: its row, its customer, its first message, and
//! what every call writes. It runs in the transaction that holds the key and the contact.

use sqlx::postgres::PgConnection;

use crate::entry::Entry;
use crate::rows::Rows;
use crate::stored::signed;
use crate::words;

/// Writes a new ticket's rows, or fails and writes nothing.
pub(crate) async fn write(connection: &mut PgConnection, entry: &Entry) -> Result<(), sqlx::Error> {
    let Rows::Created(created, first) = &entry.rows else {
        return Err(sqlx::Error::Protocol(
            "only ticket.create has no ticket to be on".into(),
        ));
    };
    let customer = &created.customer;
    let first = first.as_ref();
    let message = first.map(|(_, message)| message);
    let event_ids: Vec<&str> = entry.events.iter().map(|e| &*e.event_id).collect();
    let kinds: Vec<&str> = entry.events.iter().map(|e| e.kind).collect();
    let hashes: Vec<&str> = entry.events.iter().map(|e| &*e.hash).collect();
    let bodies: Vec<&str> = entry.events.iter().map(|e| &*e.body).collect();
    let owed_events: Vec<&str> = entry.owed.iter().map(|(event, _)| &**event).collect();
    let owed_topics: Vec<&str> = entry.owed.iter().map(|(_, topic)| *topic).collect();
    sqlx::query!(
        "WITH ticket AS (
            INSERT INTO tickets (ticket_id, version, state, priority, technician_id, created_at,
                updated_at, snapshot, beside, chain_sequence, chain_hash, words, customer_id)
            VALUES ($1, $2, $3, $4, $5, $6, $6, $7::text::json, $8::text::json, $9, $10,
                array_to_tsvector(string_to_array($11, ' ')), $35)
        ), events AS (
            INSERT INTO audit_events (chain, sequence, event_id, kind, actor_id, hash, body)
            SELECT $1, e.place, e.event_id, e.kind, $16, e.hash, e.body::json
            FROM unnest($12::text[], $13::text[], $14::text[], $15::text[])
                 WITH ORDINALITY AS e (event_id, kind, hash, body, place)
        ), decision AS (
            INSERT INTO decisions (decision_id, decided_at, request_id, correlation_id, tool, ticket_id,
                actor_role, actor_id, allowed, determining_policies, pack_name, pack_version,
                pack_digest, judged_us, question, verdict, first_sequence, last_sequence)
            VALUES ($18, $19, $20, $21, $22, $1, $17, $16, true, $23::text::json, $24, $25, $26, $27,
                $28::text::json, $29::text::json, 1, $9)
        ), outbox AS (
            INSERT INTO outbox (ticket_id, event_id, topic, owed_since)
            SELECT $1, o.event_id, o.topic, $6
            FROM unnest($33::text[], $34::text[]) AS o (event_id, topic)
        ), customer AS (
            INSERT INTO customers AS known (customer_id, created_at, contact_name, site_name,
                phone, email, phone_digits, email_lower)
            VALUES ($35, $6, $36, $37, $38, $39, $40, $41)
            ON CONFLICT (customer_id) DO UPDATE SET
                phone = coalesce(known.phone, excluded.phone),
                email = coalesce(known.email, excluded.email),
                phone_digits = coalesce(known.phone_digits, excluded.phone_digits),
                email_lower = coalesce(known.email_lower, excluded.email_lower)
        ), message AS (
            INSERT INTO messages (ticket_id, sequence, message_id, at, actor, channel, direction,
                raw, normalized)
            SELECT $1, $42, $43, $6, $44::text::json, $45::text::json, 'inbound', $46, $47
            WHERE $43::text IS NOT NULL
        )
        INSERT INTO idempotency (key_digest, content_digest, answer, committed_at)
        VALUES ($30, $31, $32, $6)",
        entry.ticket_id,
        entry.version,
        entry.state,
        entry.priority,
        entry.technician_id.as_deref(),
        entry.at,
        entry.snapshot,
        entry.beside,
        entry.chain_sequence,
        entry.chain_hash,
        entry.words.as_deref().unwrap_or(""),
        &event_ids as &[&str],
        &kinds as &[&str],
        &hashes as &[&str],
        &bodies as &[&str],
        entry.actor_id,
        entry.actor_role,
        entry.decision_id,
        entry.decided_at,
        entry.request_id,
        entry.correlation_id.as_deref(),
        entry.tool,
        entry.policies,
        entry.pack_name,
        entry.pack_version,
        entry.pack_digest,
        entry.judged_us,
        entry.question.as_deref(),
        entry.verdict.as_deref(),
        &entry.key_digest[..],
        &entry.content_digest[..],
        entry.answer,
        &owed_events as &[&str],
        &owed_topics as &[&str],
        entry.customer_id,
        customer.contact_name,
        customer.site_name,
        customer.phone,
        customer.email,
        words::phone_digits(customer.phone.as_deref()),
        words::email_lower(customer.email.as_deref()),
        first.map(|(at, _)| signed(*at)),
        message.map(|message| message.message_id.to_string()),
        entry.actor,
        entry.channel.as_deref(),
        message.map(|message| message.raw.as_str()),
        message.map(|message| message.normalized.as_str()),
    )
    .execute(connection)
    .await?;
    Ok(())
}
