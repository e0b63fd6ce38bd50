//! The one statement that a commit writes with: a fixed part, and the rows of the
//! case file that the tool adds. Written as one statement so that a call costs one
//! exchange whatever it touches; in variants, so that it touches nothing in vain.

use sqlx::error::ErrorKind;
use sqlx::postgres::PgConnection;

use crate::commit::Columns;
use crate::rows::Rows;
use crate::stored::{json, name, signed};
use crate::words;

/// `$ticket` writes the ticket's row and returns its id where it stood as expected. Where
/// it did not, the events have no chain to join, which the table refuses, and with
/// them everything. `$rows` are further data-modifying expressions, each beginning with a comma.
/// Parameters 1 to 34 are the same in every variant; the rows' own follow.
macro_rules! statement {
    ($connection:expr, $c:expr, $ticket:literal, $rows:literal $(, $own:expr)* $(,)?) => {
        sqlx::query!(
            "WITH ticket AS (" + $ticket + "), events AS (
                INSERT INTO audit_events (chain, sequence, event_id, kind, actor_id, hash, body)
                SELECT (SELECT ticket_id FROM ticket), $9::bigint - cardinality($12::text[]) + e.place,
                       e.event_id, e.kind, $16, e.hash, e.body::json
                FROM unnest($12::text[], $13::text[], $14::text[], $15::text[])
                     WITH ORDINALITY AS e (event_id, kind, hash, body, place)
            ), decision AS (
                INSERT INTO decisions (decision_id, decided_at, request_id, correlation_id, tool, ticket_id,
                    actor_role, actor_id, allowed, determining_policies, pack_name, pack_version,
                    pack_digest, judged_us, question, verdict, first_sequence, last_sequence)
                VALUES ($18, $19, $20, $21, $22, $1, $17, $16, true, $23::text::json, $24, $25, $26, $27,
                    $28::text::json, $29::text::json, $9::bigint - cardinality($12::text[]) + 1, $9)
            ), outbox AS (
                INSERT INTO outbox (ticket_id, event_id, topic, owed_since)
                SELECT $1, o.event_id, o.topic, $6
                FROM unnest($33::text[], $34::text[]) AS o (event_id, topic)
            )" + $rows + "
            INSERT INTO idempotency (key_digest, content_digest, answer, committed_at)
            VALUES ($30, $31, $32, $6)",
            $c.ticket_id,
            $c.version,
            $c.state,
            $c.priority,
            $c.technician_id.as_deref(),
            $c.at,
            $c.snapshot,
            $c.beside,
            $c.chain_sequence,
            $c.chain_hash,
            $c.words.as_deref(),
            &$c.event_ids[..],
            &$c.kinds[..],
            &$c.hashes[..],
            &$c.bodies[..],
            $c.actor_id,
            $c.actor_role,
            $c.decision_id,
            $c.decided_at,
            $c.request_id,
            $c.correlation_id,
            $c.tool,
            $c.policies,
            $c.pack_name,
            $c.pack_version,
            $c.pack_digest,
            $c.judged_us,
            $c.question,
            $c.verdict,
            $c.key_digest,
            $c.content_digest,
            $c.answer,
            &$c.owed_events[..],
            &$c.owed_topics[..],
            $($own,)*
        )
        .execute($connection)
        .await
    };
}

/// A statement on a ticket that exists, at the version and chain head that were read.
macro_rules! update {
    ($connection:expr, $c:expr, $rows:literal $(, $own:expr)* $(,)?) => {
        statement!(
            $connection,
            $c,
            "UPDATE tickets SET version = $2, state = $3, priority = $4, technician_id = $5,
                 updated_at = $6, snapshot = $7::text::json, beside = $8::text::json,
                 chain_sequence = $9, chain_hash = $10,
                 words = coalesce(array_to_tsvector($11::text[]), words)
             WHERE ticket_id = $1 AND version = $2::bigint - 1
                 AND chain_sequence = $9::bigint - cardinality($12::text[])
             RETURNING ticket_id",
            $rows
            $(, $own)*
        )
    };
}

/// Did the statement fail because the ticket no longer stood as it was read, or because
/// its key or its place in the chain was taken meanwhile?
pub(crate) fn was_overtaken(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    match error.kind() {
        ErrorKind::NotNullViolation => error.table() == Some("audit_events"),
        ErrorKind::UniqueViolation => true,
        _ => false,
    }
}

/// Writes everything, or fails and writes nothing.
pub(crate) async fn write(
    connection: &mut PgConnection,
    c: &Columns<'_>,
    rows: &Rows,
) -> Result<(), sqlx::Error> {
    match rows {
        Rows::None => update!(connection, c, "")?,
        Rows::Created(created, first) => {
            let customer = &created.customer;
            let first = first.as_ref();
            let message = first.map(|(_, message)| message);
            statement!(
                connection,
                c,
                "INSERT INTO tickets (ticket_id, version, state, priority, technician_id, created_at,
                     updated_at, snapshot, beside, chain_sequence, chain_hash, words, customer_id)
                 VALUES ($1, $2, $3, $4, $5, $6, $6, $7::text::json, $8::text::json, $9, $10,
                     array_to_tsvector($11::text[]), $35)
                 RETURNING ticket_id",
                ", customer AS (
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
                )",
                c.customer_id,
                customer.contact_name,
                customer.site_name,
                customer.phone,
                customer.email,
                words::phone_digits(customer.phone.as_deref()),
                words::email_lower(customer.email.as_deref()),
                first.map(|(at, _)| signed(*at)),
                message.map(|message| message.message_id.to_string()),
                c.actor,
                c.channel.as_deref(),
                message.map(|message| message.raw.as_str()),
                message.map(|message| message.normalized.as_str()),
            )?
        }
        Rows::Message(at, message) => {
            let contact = message.intake.as_ref().and_then(|intake| intake.customer.as_ref());
            let phone = contact.and_then(|contact| contact.phone.as_deref());
            let email = contact.and_then(|contact| contact.email.as_deref());
            update!(
                connection,
                c,
                ", message AS (
                    INSERT INTO messages (ticket_id, sequence, message_id, at, actor, channel, direction,
                        intent, raw, normalized)
                    VALUES ($1, $35, $36, $6, $37::text::json, $38::text::json, $39, $40, $41, $42)
                ), customer AS (
                    UPDATE customers SET
                        phone = coalesce(phone, $44), email = coalesce(email, $45),
                        phone_digits = coalesce(phone_digits, $46),
                        email_lower = coalesce(email_lower, $47)
                    WHERE customer_id = $43
                )",
                signed(*at),
                message.message_id.to_string(),
                c.actor,
                c.channel.as_deref(),
                name(&message.direction),
                message.intent.as_ref().map(name),
                message.raw,
                message.normalized,
                // no customer's row is touched where nothing is told about them
                contact.map(|_| c.customer_id.as_str()),
                phone,
                email,
                words::phone_digits(phone),
                words::email_lower(email),
            )?
        }
        Rows::Proposal(at, proposed) => update!(
            connection,
            c,
            ", superseded AS (
                UPDATE schedule_proposals SET status = 'superseded'
                WHERE ticket_id = $1 AND status = 'open'
            ), proposal AS (
                INSERT INTO schedule_proposals (ticket_id, sequence, proposal_id, proposed_at, status, windows)
                VALUES ($1, $35, $36, $6, 'open', $37::text::json)
            )",
            signed(*at),
            proposed.proposal_id.to_string(),
            json(&proposed.windows),
        )?,
        Rows::Confirmation(at, confirmed) => update!(
            connection,
            c,
            ", proposal AS (
                UPDATE schedule_proposals SET status = 'confirmed'
                WHERE ticket_id = $1 AND status = 'open' AND proposal_id = $36
            ), confirmation AS (
                INSERT INTO schedule_confirmations (ticket_id, sequence, proposal_id, confirmed_at, confirmed)
                VALUES ($1, $35, $36, $6, $37::text::json)
            )",
            signed(*at),
            confirmed.proposal_id.to_string(),
            json(confirmed),
        )?,
        Rows::Assignment(at, assigned) => update!(
            connection,
            c,
            ", ended AS (
                UPDATE assignments SET ended_at = $6 WHERE ticket_id = $1 AND ended_at IS NULL
            ), assignment AS (
                INSERT INTO assignments (ticket_id, sequence, technician_id, assigned_at, assigned_by)
                VALUES ($1, $35, $36, $6, $37::text::json)
            )",
            signed(*at),
            assigned.technician_id.to_string(),
            c.actor,
        )?,
        Rows::Note(at, note) => update!(
            connection,
            c,
            ", note AS (
                INSERT INTO notes (ticket_id, sequence, note_id, at, actor, text)
                VALUES ($1, $35, $36, $6, $37::text::json, $38)
            )",
            signed(*at),
            note.note_id.to_string(),
            c.actor,
            note.text,
        )?,
        Rows::Attachments(at, attachments) => update!(
            connection,
            c,
            ", attachments AS (
                INSERT INTO attachments (attachment_id, ticket_id, sequence, at, actor, attachment)
                SELECT a.attachment_id, $1, $35, $6, $36::text::json, a.attachment::json
                FROM unnest($37::text[], $38::text[]) AS a (attachment_id, attachment)
            )",
            signed(*at),
            c.actor,
            &ids(attachments)[..],
            &attachments.iter().map(json).collect::<Vec<_>>()[..],
        )?,
        Rows::Item(at, item) => update!(
            connection,
            c,
            ", item AS (
                INSERT INTO checklist_items (ticket_id, sequence, item_key, completed_at, completed_by)
                VALUES ($1, $35, $36, $6, $37::text::json)
            )",
            signed(*at),
            item.item_key.name(),
            c.actor,
        )?,
        Rows::Invoice(at, drafted) => update!(
            connection,
            c,
            ", attachments AS (
                INSERT INTO attachments (attachment_id, ticket_id, sequence, at, actor, attachment)
                VALUES ($37, $1, $35, $6, $36::text::json, $39::text::json),
                       ($38, $1, $35, $6, $36::text::json, $40::text::json)
            ), invoice AS (
                INSERT INTO invoice_drafts (ticket_id, sequence, drafted_at, invoice, pdf_attachment_id,
                    json_attachment_id)
                VALUES ($1, $35, $6, $41::text::json, $37, $38)
            )",
            signed(*at),
            c.actor,
            drafted.pdf.attachment_id.to_string(),
            drafted.json.attachment_id.to_string(),
            json(&drafted.pdf),
            json(&drafted.json),
            json(&drafted.invoice),
        )?,
    };
    Ok(())
}

fn ids(attachments: &[dispatch_contract::artifact::Attachment]) -> Vec<String> {
    attachments
        .iter()
        .map(|attachment| attachment.attachment_id.to_string())
        .collect()
}
