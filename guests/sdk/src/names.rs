//! How states, items and gates are written.

use crate::{Checklist, Item, State};

impl State {
    /// The nine states, in the order of the lifecycle.
    pub const ALL: [Self; 9] = [
        Self::New,
        Self::Triaged,
        Self::Schedulable,
        Self::Scheduled,
        Self::Dispatched,
        Self::Onsite,
        Self::CloseoutPending,
        Self::Closed,
        Self::Canceled,
    ];

    /// The state's name in the contract, such as `closeout_pending`.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Triaged => "triaged",
            Self::Schedulable => "schedulable",
            Self::Scheduled => "scheduled",
            Self::Dispatched => "dispatched",
            Self::Onsite => "onsite",
            Self::CloseoutPending => "closeout_pending",
            Self::Closed => "closed",
            Self::Canceled => "canceled",
        }
    }
}

impl Item {
    /// The checklist's five items, in their order.
    pub const ALL: [Self; 5] = [
        Self::WorkPerformed,
        Self::PartsUsedOrNeeded,
        Self::ResolutionStatus,
        Self::OnsitePhotosAfter,
        Self::BillingAuthorization,
    ];

    /// The item's place in the ticket's checklist.
    pub fn flag(self) -> Checklist {
        match self {
            Self::WorkPerformed => Checklist::WORK_PERFORMED,
            Self::PartsUsedOrNeeded => Checklist::PARTS_USED_OR_NEEDED,
            Self::ResolutionStatus => Checklist::RESOLUTION_STATUS,
            Self::OnsitePhotosAfter => Checklist::ONSITE_PHOTOS_AFTER,
            Self::BillingAuthorization => Checklist::BILLING_AUTHORIZATION,
        }
    }

    /// The gate that holds once the item is done.
    pub fn gate(self) -> &'static str {
        match self {
            Self::WorkPerformed => "checklist.work_performed",
            Self::PartsUsedOrNeeded => "checklist.parts_used_or_needed",
            Self::ResolutionStatus => "checklist.resolution_status",
            Self::OnsitePhotosAfter => "checklist.onsite_photos_after",
            Self::BillingAuthorization => "checklist.billing_authorization",
        }
    }
}
