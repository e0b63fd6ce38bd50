//! What an owed message is made from: the case as its call committed it, and where its
//! recipient can be reached.

use dispatch_contract::actor::Role;
use dispatch_contract::case::Case;
use dispatch_contract::channel::{Channel, ChannelKind};
use dispatch_contract::event::Event;
use dispatch_contract::input::Intent;
use dispatch_contract::question::Question;
use dispatch_contract::{EventId, Ticket, TicketId};

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::stored;

/// A committed call that owes a message.
#[derive(Clone, PartialEq, Debug)]
pub struct CommittedCall {
    /// The event that owes it.
    pub event: Event,
    /// The case as the call left it, whatever came later.
    pub case: Case,
}

/// Where a ticket stands now, and where its customer can be reached.
#[derive(Clone, PartialEq, Debug)]
pub struct Reach {
    /// The ticket as it is now.
    pub ticket: Ticket,
    /// Where the customer's last word came in; none where none did from outside. What a
    /// technician said is not the customer's.
    pub last_inbound: Option<Channel>,
}

impl Ledger {
    /// The call that an event belongs to: rebuilt from what its decision recorded and its
    /// own events, however long the ticket's chain. None where there is no such event.
    ///
    /// # Errors
    /// Where the database cannot answer in time, or what is stored cannot be read.
    pub async fn committed_call(
        &self,
        ticket_id: TicketId,
        event_id: EventId,
    ) -> Result<Option<CommittedCall>, LedgerError> {
        let row = sqlx::query!(
            r#"SELECT d.question::text AS question,
                   (SELECT json_agg(e.body ORDER BY e.sequence) FROM audit_events e
                    WHERE e.chain = $1 AND e.sequence BETWEEN d.first_sequence AND d.last_sequence
                   )::text AS "events!"
               FROM audit_events owing
               JOIN LATERAL (
                   SELECT question, first_sequence, last_sequence FROM decisions
                   WHERE ticket_id = $1 AND allowed AND last_sequence >= owing.sequence
                   ORDER BY last_sequence LIMIT 1) d ON true
               WHERE owing.event_id = $2 AND owing.chain = $1"#,
            ticket_id.to_string(),
            event_id.to_string(),
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let before = row
            .question
            .map(|text| stored::read::<Question>("decision's question", &text))
            .transpose()?
            .and_then(|question| question.facts.case);
        let events: Vec<Event> = stored::read("events", &row.events)?;
        let mut case = before;
        for event in &events {
            let after = Case::after(case.take(), event).map_err(|source| LedgerError::Stored {
                what: "call's events",
                source: source.into(),
            })?;
            case = Some(after);
        }
        let event = events.into_iter().find(|event| event.event_id == event_id);
        Ok(event
            .zip(case)
            .map(|(event, case)| CommittedCall { event, case }))
    }

    /// Where a ticket stands now, and where its customer can be reached.
    ///
    /// # Errors
    /// Where the database cannot answer in time, or what is stored cannot be read.
    pub async fn reach(&self, ticket_id: TicketId) -> Result<Option<Reach>, LedgerError> {
        let internal = stored::name(&ChannelKind::Internal);
        // agents write down technicians' words as inbound too: those are known by what they
        // say, by who brings them, and by the number they come from
        let row = sqlx::query!(
            r#"SELECT t.snapshot::text AS "ticket!",
                   (SELECT m.channel::text FROM messages m
                    WHERE m.ticket_id = t.ticket_id AND m.direction = 'inbound'
                      AND m.channel ->> 'kind' <> $2
                      AND m.intent IS DISTINCT FROM $3 AND m.actor ->> 'role' <> $4
                      AND NOT EXISTS (
                          SELECT FROM technicians h
                          WHERE nullif(regexp_replace(h.phone, '[^0-9]', '', 'g'), '')
                              = regexp_replace(m.channel ->> 'peer', '[^0-9]', '', 'g'))
                    ORDER BY m.sequence DESC LIMIT 1) AS channel
               FROM tickets t WHERE t.ticket_id = $1"#,
            ticket_id.to_string(),
            internal,
            stored::name(&Intent::CheckIn),
            Role::Technician.name(),
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(Reach {
                ticket: stored::read("ticket's snapshot", &row.ticket)?,
                last_inbound: row
                    .channel
                    .map(|channel| stored::read("message's channel", &channel))
                    .transpose()?,
            })
        })
        .transpose()
    }
}
