//! The shape of every rule.

use crate::tools::Tool;
use crate::{Actor, Case, Key, Proposal, Role, Settings, State, Violations};

/// What a rule's methods take: the case of its own tool.
type CaseOf<'a, R> = Case<'a, <<R as Rule>::Tool as Tool>::Input>;

/// The rules of one tool.
///
/// The constants are the tool's line in the contract; the methods say what a
/// table cannot. Each method reports every reason it finds, not the first one.
pub trait Rule {
    /// The tool that is ruled.
    type Tool: Tool;

    /// Roles that may call it on any ticket.
    const ROLES: &'static [Role];

    /// Roles that may call it on their own ticket only: a technician on one
    /// assigned to them now, a customer on one they are the customer of.
    const OWN: &'static [Role] = &[];

    /// States of a ticket in which the tool is legal, for every role.
    const LEGAL_IN: &'static [State];

    /// True for the one tool that opens a ticket and therefore is given none.
    const OPENS_TICKET: bool = false;

    /// Settings that a pack may make for this tool.
    const SETTINGS: &'static [Key] = &[];

    /// What is wrong with settings that are known and of the right kind.
    fn check_settings(_settings: &Settings<'_>) -> Violations {
        Violations::none()
    }

    /// Is the input itself in order?
    fn validate(_case: &CaseOf<'_, Self>) -> Violations {
        Violations::none()
    }

    /// May this actor do exactly this? [`ROLES`](Self::ROLES) and
    /// [`OWN`](Self::OWN) have already said yes.
    fn role(_actor: &Actor, _case: &CaseOf<'_, Self>) -> Violations {
        Violations::none()
    }

    /// What becomes of the ticket? Its state is one of
    /// [`LEGAL_IN`](Self::LEGAL_IN).
    fn transition(_actor: &Actor, _case: &CaseOf<'_, Self>) -> Proposal {
        Proposal::stay()
    }

    /// Is the tool legal in the ticket's state? A check of the input against the
    /// ticket asks first: of two reasons, the wrong state is the better answer.
    fn is_legal(case: &CaseOf<'_, Self>) -> bool {
        Self::LEGAL_IN.contains(&case.ticket.state)
    }
}
