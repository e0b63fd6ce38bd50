//! The contract, once more and small: what a call is answered and what it leaves.
//! Written from the contract's tables; shares nothing with the house.

use super::step::{Act, Expects, Intent, Photo, Sent, Told, Who};

/// Code and phase of a refusal.
pub(crate) type No = (&'static str, &'static str);

const FORBIDDEN: No = ("role_forbidden", "authorization");
const INVALID: No = ("invalid_input", "validate");
const WRONG_ROLE: No = ("role_forbidden", "role");
const ILLEGAL: No = ("illegal_transition", "transition");
const BLOCKED: No = ("gate_blocked", "transition");

/// A ticket as the model knows it.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) state: &'static str,
    pub(crate) version: u64,
    pub(crate) told: Told,
    /// Emergency or not, and who said so: an operator.
    pub(crate) priority: Option<(bool, bool)>,
    /// The window shown, and whether it is confirmed.
    pub(crate) window: Option<(u8, bool)>,
    pub(crate) eta: bool,
    pub(crate) open: Vec<u8>,
    pub(crate) technician: Option<Sent>,
    pub(crate) items: [bool; 5],
    pub(crate) notes: usize,
    pub(crate) photos_after: usize,
    pub(crate) total: Option<i64>,
    pub(crate) packet: bool,
    pub(crate) completed: bool,
}

/// What a committed call leaves.
pub(crate) struct Yes {
    pub(crate) after: Model,
    pub(crate) events: Vec<&'static str>,
}

impl Model {
    /// A ticket is opened.
    pub(crate) fn open(
        told: Told,
        priority: Option<(bool, bool)>,
        message: bool,
        overriding: bool,
    ) -> Yes {
        let before = Self {
            state: "new",
            version: 0,
            told,
            priority,
            window: None,
            eta: false,
            open: Vec::new(),
            technician: None,
            items: [false; 5],
            notes: 0,
            photos_after: 0,
            total: None,
            packet: false,
            completed: false,
        };
        let mut events = vec!["ticket.created"];
        if message {
            events.push("ticket.message_added");
        }
        let (to, passed) = before.intake(overriding);
        before.commit(events, passed, to)
    }

    /// Where the intake's facts carry a ticket, and whether a gate is passed.
    fn intake(&self, overriding: bool) -> (Option<&'static str>, bool) {
        if !["new", "triaged"].contains(&self.state) {
            return (None, false);
        }
        let triaged = self.told.classification && self.priority.is_some();
        let schedulable = triaged && (self.told.phone || self.told.email) && self.told.access;
        match (schedulable, overriding) {
            (true, _) => (Some("schedulable"), false),
            (false, true) => (Some("schedulable"), true),
            (false, false) if triaged && self.state == "new" => (Some("triaged"), false),
            (false, false) => (None, false),
        }
    }

    fn commit(
        mut self,
        mut events: Vec<&'static str>,
        passed: bool,
        to: Option<&'static str>,
    ) -> Yes {
        if passed {
            events.push("override.applied");
        }
        if let Some(to) = to {
            events.push("ticket.state_changed");
            self.completed |= to == "closeout_pending";
            self.state = to;
        }
        self.version += 1;
        Yes {
            after: self,
            events,
        }
    }

    /// What becomes of a call.
    pub(crate) fn judge(
        &self,
        who: Who,
        act: &Act,
        overriding: bool,
        expects: Expects,
    ) -> Result<Yes, No> {
        self.authorize(who, act, overriding)?;
        if expects == Expects::Stale {
            return Err(("stale_version", "invariant"));
        }
        self.validate(act)?;
        role(who, act)?;
        self.settle(who, act, overriding)
    }

    fn authorize(&self, who: Who, act: &Act, overriding: bool) -> Result<(), No> {
        use Who::{
            Closeout, Customer, Intake, Liaison, Operator, OtherTechnician, Scheduling, Stranger,
            Technician,
        };
        let own = match who {
            Technician => self.technician == Some(Sent::First),
            OtherTechnician => self.technician == Some(Sent::Second),
            Stranger => false,
            _ => true,
        };
        let may = match act {
            Act::Message { .. } => who != Closeout,
            Act::Priority { .. } => matches!(who, Intake | Operator),
            Act::Propose(_) | Act::Confirm(_) | Act::Assign(_) | Act::Eta { .. } => {
                matches!(who, Scheduling | Operator)
            }
            Act::Note { .. } | Act::Photo(_) => {
                matches!(who, Liaison | Operator | Technician | OtherTechnician)
            }
            Act::Item(_) => matches!(who, Liaison | Operator),
            Act::Draft { .. } | Act::Packet => matches!(who, Closeout | Operator),
        };
        match (may, own, who) {
            (false, ..) => Err(FORBIDDEN),
            (true, false, Customer | Stranger) => Err(("ticket_not_found", "authorization")),
            (true, false, _) => Err(("not_own_ticket", "authorization")),
            (true, true, Operator) => Ok(()),
            (true, true, _) if overriding => Err(FORBIDDEN),
            (true, true, _) => Ok(()),
        }
    }

    fn validate(&self, act: &Act) -> Result<(), No> {
        let schedules = ["schedulable", "scheduled"].contains(&self.state);
        let bad = match act {
            Act::Message {
                intent,
                intake,
                blank,
            } => *blank || (intent.is_some() && intake.is_some()),
            Act::Propose(windows) => (1..windows.len()).any(|n| windows[..n].contains(&windows[n])),
            Act::Confirm(window) => schedules && !self.open.contains(window),
            Act::Assign(sent) => matches!(sent, Sent::Inactive | Sent::Unknown),
            Act::Eta { blank, past } => *blank || *past,
            Act::Note { blank } => *blank,
            Act::Photo(photo) => matches!(photo, Photo::Missing | Photo::WrongSize),
            Act::Item(item) => self.state == "onsite" && self.items[*item],
            Act::Draft { cents } => *cents < 0,
            Act::Priority { .. } | Act::Packet => false,
        };
        if bad { Err(INVALID) } else { Ok(()) }
    }

    fn settle(&self, who: Who, act: &Act, overriding: bool) -> Result<Yes, No> {
        let mut after = self.clone();
        let legal_in = |states: &[&str]| {
            if states.contains(&self.state) {
                Ok(())
            } else {
                Err(ILLEGAL)
            }
        };
        let (event, passed, to) = match act {
            Act::Message { intent, intake, .. } => {
                let (passed, to) = match (intent, intake) {
                    (Some(Intent::CheckIn), _) => {
                        legal_in(&["dispatched"])?;
                        (false, Some("onsite"))
                    }
                    (Some(Intent::Cancel), _) => {
                        legal_in(&["new", "triaged", "schedulable", "scheduled"])?;
                        (false, Some("canceled"))
                    }
                    (None, Some(told)) => {
                        after.told.classification |= told.classification;
                        after.told.phone |= told.phone;
                        after.told.email |= told.email;
                        after.told.access |= told.access;
                        let (to, passed) = after.intake(overriding);
                        (passed, to)
                    }
                    (None, None) => (false, None),
                };
                ("ticket.message_added", passed, to)
            }
            Act::Priority { emergency } => {
                if ["closed", "canceled"].contains(&self.state) {
                    return Err(ILLEGAL);
                }
                after.priority = Some((*emergency, who == Who::Operator));
                let (to, passed) = after.intake(overriding);
                ("ticket.priority_set", passed, to)
            }
            Act::Propose(windows) => {
                legal_in(&["schedulable", "scheduled"])?;
                after.open.clone_from(windows);
                if !matches!(self.window, Some((_, true))) {
                    after.window = Some((windows[0], false));
                }
                ("schedule.slots_proposed", false, None)
            }
            Act::Confirm(window) => {
                legal_in(&["schedulable", "scheduled"])?;
                after.window = Some((*window, true));
                after.eta = false;
                after.open.clear();
                ("schedule.confirmed", false, Some("scheduled"))
            }
            Act::Assign(sent) => {
                legal_in(&["scheduled", "dispatched"])?;
                after.technician = Some(*sent);
                let goes = self.state == "scheduled" && self.eta;
                (
                    "dispatch.tech_assigned",
                    false,
                    goes.then_some("dispatched"),
                )
            }
            Act::Eta { .. } => {
                legal_in(&["scheduled", "dispatched"])?;
                after.eta = true;
                let goes = self.state == "scheduled" && self.technician.is_some();
                ("dispatch.eta_set", false, goes.then_some("dispatched"))
            }
            Act::Note { .. } => {
                legal_in(&["onsite", "closeout_pending"])?;
                after.notes += 1;
                ("closeout.note_added", false, None)
            }
            Act::Photo(photo) => {
                legal_in(&["onsite", "closeout_pending"])?;
                after.photos_after += usize::from(*photo == Photo::After);
                ("closeout.photo_added", false, None)
            }
            Act::Item(item) => {
                legal_in(&["onsite"])?;
                after.items[*item] = true;
                let all = after.evidence() && after.items == [true; 5];
                let shown = match item {
                    0 => self.notes > 0,
                    3 => self.photos_after > 0,
                    _ => true,
                };
                if !all && !overriding && !shown {
                    return Err(BLOCKED);
                }
                let to = (all || overriding).then_some("closeout_pending");
                ("closeout.checklist_item_completed", !all && overriding, to)
            }
            Act::Draft { cents } => {
                legal_in(&["closeout_pending"])?;
                after.total = Some(*cents);
                ("billing.invoice_draft_generated", false, None)
            }
            Act::Packet => {
                legal_in(&["closeout_pending"])?;
                let all = self.evidence() && self.items == [true; 5];
                if self.total.is_none() || !(all || overriding) {
                    return Err(BLOCKED);
                }
                after.packet = true;
                ("billing.closeout_packet_compiled", !all, Some("closed"))
            }
        };
        Ok(after.commit(vec![event], passed, to))
    }

    fn evidence(&self) -> bool {
        self.notes > 0 && self.photos_after > 0
    }

    /// What is legal here, whether it leads on or not.
    pub(crate) fn legal(&self) -> Vec<Act> {
        let told = |classification| Told {
            classification,
            phone: !classification,
            email: false,
            access: true,
        };
        let message = |intake| Act::Message {
            intent: None,
            intake,
            blank: false,
        };
        let mut acts = vec![message(None)];
        if !["closed", "canceled"].contains(&self.state) {
            acts.extend([true, false].map(|emergency| Act::Priority { emergency }));
        }
        match self.state {
            "new" | "triaged" => {
                acts.extend([true, false].map(|part| message(Some(told(part)))));
            }
            "schedulable" | "scheduled" => {
                acts.extend([Act::Propose(vec![0]), Act::Propose(vec![1, 2])]);
                acts.extend(self.open.iter().map(|window| Act::Confirm(*window)));
            }
            "onsite" => {
                let open = (0..5).filter(|item| !self.items[*item]);
                acts.extend(open.map(Act::Item));
            }
            "closeout_pending" => acts.extend([0, 100].map(|cents| Act::Draft { cents })),
            _ => {}
        }
        if ["scheduled", "dispatched"].contains(&self.state) {
            acts.extend([Sent::First, Sent::Second].map(Act::Assign));
            acts.push(Act::Eta {
                blank: false,
                past: false,
            });
        }
        if ["onsite", "closeout_pending"].contains(&self.state) {
            acts.push(Act::Note { blank: false });
            acts.extend([Photo::Before, Photo::After].map(Act::Photo));
        }
        acts
    }

    /// What leads on from here, and whose it is; nothing at the end.
    pub(crate) fn onward(&self) -> Option<(Who, Act)> {
        let technician = match self.technician {
            Some(Sent::Second) => Who::OtherTechnician,
            _ => Who::Technician,
        };
        Some(match self.state {
            "new" | "triaged" if self.priority.is_none() => {
                (Who::Intake, Act::Priority { emergency: false })
            }
            "new" | "triaged" => {
                let intake = Some(Told {
                    classification: true,
                    phone: true,
                    email: false,
                    access: true,
                });
                (
                    Who::Intake,
                    Act::Message {
                        intent: None,
                        intake,
                        blank: false,
                    },
                )
            }
            "schedulable" => match self.open.first() {
                Some(window) => (Who::Scheduling, Act::Confirm(*window)),
                None => (Who::Scheduling, Act::Propose(vec![0, 1])),
            },
            "scheduled" if self.technician.is_none() => (Who::Scheduling, Act::Assign(Sent::First)),
            "scheduled" => (
                Who::Scheduling,
                Act::Eta {
                    blank: false,
                    past: false,
                },
            ),
            "dispatched" => {
                let intent = Some(Intent::CheckIn);
                (
                    technician,
                    Act::Message {
                        intent,
                        intake: None,
                        blank: false,
                    },
                )
            }
            "onsite" if self.notes == 0 => (technician, Act::Note { blank: false }),
            "onsite" if self.photos_after == 0 => (technician, Act::Photo(Photo::After)),
            "onsite" => {
                let item = self.items.iter().position(|done| !done)?;
                (Who::Liaison, Act::Item(item))
            }
            "closeout_pending" if self.total.is_none() => {
                (Who::Closeout, Act::Draft { cents: 12_345 })
            }
            "closeout_pending" => (Who::Closeout, Act::Packet),
            _ => return None,
        })
    }
}

fn role(who: Who, act: &Act) -> Result<(), No> {
    let Act::Message { intent, intake, .. } = act else {
        return Ok(());
    };
    let checks_in = matches!(
        who,
        Who::Technician | Who::OtherTechnician | Who::Liaison | Who::Operator
    );
    let wrong = (intake.is_some() && !matches!(who, Who::Intake | Who::Operator))
        || (*intent == Some(Intent::CheckIn) && !checks_in)
        || (*intent == Some(Intent::Cancel) && who != Who::Operator);
    if wrong { Err(WRONG_ROLE) } else { Ok(()) }
}
