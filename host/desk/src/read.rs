//! Reading, with the authority to read.
//!
//! A ticket is read where the pack's policies permit `ticket.read`. What is for
//! operators only is kept from others by the API, at the counter.

use dispatch_contract::decision::Decision;
use dispatch_contract::event::{Event, PackRef};
use dispatch_contract::reading::{
    AuditFilter, CaseFile, DecisionFilter, Page, Technician, TicketFilter,
};
use dispatch_contract::summary::Summary;
use dispatch_contract::{Actor, Case, Code, Phase, Refusal, Role, Ticket, TicketId};
use dispatch_ledger::{Extent, FeedPosition, LedgerError};
use tokio::sync::watch;

use crate::Desk;
use crate::refuse::ledger_away;

impl Desk {
    /// The case, where this actor may read it.
    ///
    /// # Errors
    /// `ticket_not_found`, `not_own_ticket`, `store_unavailable`.
    pub async fn case(&self, actor: Actor, id: TicketId) -> Result<Case, Refusal> {
        let found = self.inner.ledger.ticket(id).await.map_err(ledger_away)?;
        let case = found.ok_or_else(|| absent(id))?;
        if self.inner.pack.current().may_read(actor, &case) {
            return Ok(case);
        }
        Err(unreadable(actor, id))
    }

    /// Everything known of a ticket.
    ///
    /// # Errors
    /// As [`Desk::case`].
    pub async fn case_file(&self, actor: Actor, id: TicketId) -> Result<CaseFile, Refusal> {
        self.case(actor, id).await?;
        let found = self.inner.ledger.case_file(id, Extent::Whole);
        let found = found.await.map_err(ledger_away)?;
        found.ok_or_else(|| absent(id))
    }

    /// The ticket in brief, with the tools this actor may call next.
    ///
    /// # Errors
    /// As [`Desk::case`].
    pub async fn summary(&self, actor: Actor, id: TicketId) -> Result<Summary, Refusal> {
        let case = self.case(actor, id).await?;
        let next = self
            .inner
            .pack
            .current()
            .allowed_tools(actor.role, case.ticket.state);
        Ok(Summary::of(&case, next))
    }

    /// The ticket's chain, oldest first.
    ///
    /// # Errors
    /// As [`Desk::case`], and `invalid_input` for a cursor that is none.
    pub async fn timeline(
        &self,
        actor: Actor,
        id: TicketId,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<Page<Event>, Refusal> {
        self.case(actor, id).await?;
        self.inner
            .ledger
            .timeline(id, cursor.as_deref(), limit)
            .await
            .map_err(unread)
    }

    /// Tickets; technicians and customers see only their own.
    ///
    /// # Errors
    /// `invalid_input` for a cursor that is none, `store_unavailable`.
    pub async fn tickets(
        &self,
        actor: Actor,
        mut filter: TicketFilter,
    ) -> Result<Page<Ticket>, Refusal> {
        let empty = Page {
            items: Vec::new(),
            next_cursor: None,
        };
        match actor.role {
            Role::Technician => {
                let own = dispatch_contract::TechnicianId(actor.id.0);
                if filter
                    .technician_id
                    .replace(own)
                    .is_some_and(|asked| asked != own)
                {
                    return Ok(empty);
                }
            }
            Role::Customer => {
                let own = dispatch_contract::CustomerId(actor.id.0);
                if filter
                    .customer_id
                    .replace(own)
                    .is_some_and(|asked| asked != own)
                {
                    return Ok(empty);
                }
            }
            _ => {}
        }
        self.inner.ledger.tickets(&filter).await.map_err(unread)
    }

    /// Events, newest first. For operators.
    ///
    /// # Errors
    /// `invalid_input` for a cursor that is none, `store_unavailable`.
    pub async fn audit(&self, filter: AuditFilter) -> Result<Page<Event>, Refusal> {
        self.inner.ledger.audit(&filter).await.map_err(unread)
    }

    /// Decisions, newest first. For operators.
    ///
    /// # Errors
    /// `invalid_input` for a cursor that is none, `store_unavailable`.
    pub async fn decisions(&self, filter: DecisionFilter) -> Result<Page<Decision>, Refusal> {
        self.inner.ledger.decisions(&filter).await.map_err(unread)
    }

    /// The register of technicians. For operators.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn technicians(&self) -> Result<Vec<Technician>, Refusal> {
        self.inner.ledger.technicians().await.map_err(ledger_away)
    }

    /// Events after a place in the feed, in commit order.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn feed_after(
        &self,
        position: FeedPosition,
        limit: u32,
    ) -> Result<Vec<(FeedPosition, Event)>, Refusal> {
        self.inner
            .ledger
            .feed_after(position, limit)
            .await
            .map_err(ledger_away)
    }

    /// Where the feed ends now.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn feed_head(&self) -> Result<FeedPosition, Refusal> {
        self.inner.ledger.feed_head().await.map_err(ledger_away)
    }

    /// Changes with every commit of this host: a hint to look, never the truth.
    #[must_use]
    pub fn feed_hint(&self) -> watch::Receiver<u64> {
        self.inner.committed.subscribe()
    }

    /// Changes when this host wrote refusals: a hint to look, never the truth.
    #[must_use]
    pub fn refusal_hint(&self) -> watch::Receiver<u64> {
        self.inner.ledger.refusal_hint()
    }

    /// Changes once there are refusals to read that were not there before, of any host.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn refusals_told(&self) -> Result<u64, Refusal> {
        self.inner.ledger.refusals_told().await.map_err(unread)
    }

    /// Do the database and the object store answer?
    pub async fn stores_answer(&self) -> (bool, bool) {
        let (database, objects) = tokio::join!(self.inner.ledger.ping(), self.inner.objects.ping());
        (database.is_ok(), objects.is_ok())
    }

    /// The active pack and its revision.
    #[must_use]
    pub fn active_pack(&self) -> (PackRef, u64) {
        let standing = self.inner.pack.standing();
        (standing.pack.reference().clone(), standing.revision)
    }
}

/// A customer is not told that somebody else's ticket exists.
fn unreadable(actor: Actor, id: TicketId) -> Refusal {
    match actor.role {
        Role::Customer => absent(id),
        Role::Technician => Refusal::new(
            Code::NotOwnTicket,
            Phase::Authorization,
            format!("Ticket {id} is not assigned to you."),
        ),
        _ => Refusal::new(
            Code::RoleForbidden,
            Phase::Authorization,
            format!("Your role, {}, may not read tickets.", actor.role),
        ),
    }
}

fn absent(id: TicketId) -> Refusal {
    Refusal::new(
        Code::TicketNotFound,
        Phase::Authorization,
        format!("There is no ticket {id}, or none you may know of."),
    )
}

pub(crate) fn unread(error: LedgerError) -> Refusal {
    match error {
        LedgerError::BadCursor => Refusal::new(
            Code::InvalidInput,
            Phase::Request,
            "This cursor is none that a listing gave. Hand back `next_cursor` as it is, with the \
             same filter.",
        ),
        error => ledger_away(error),
    }
}
