//! A form on its way: filled in, judged without committing, confirmed, committed. The
//! call's key stays the same over retries, so that it is committed once at most; a call
//! with other content is another call, with another key.

use dispatch_contract::answer::Answer;
use dispatch_contract::{Code, Refusal, Ticket, Tool};
use serde_json::{Value, json};

use super::Next;
use crate::ask::{Answered, Ask, Called, Got, Judged};
use crate::form::Form;
use crate::keys::Action;
use crate::theme::Role;

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    Filling,
    Uploading,
    Judging,
    Confirming,
    Committing,
}

/// See the module.
pub(crate) struct Sheet {
    pub(crate) tool: Tool,
    pub(crate) ticket: Option<Ticket>,
    pub(crate) form: Form,
    pub(crate) stage: Stage,
    /// What the host said it would come to.
    pub(crate) after: Option<Judged>,
    /// What the host said against it.
    pub(crate) refusal: Option<Box<Refusal>>,
    /// What else there is to say.
    pub(crate) note: Option<(Role, String)>,
    /// Lines of before and after that are scrolled past.
    pub(crate) scroll: usize,
    keys: Keys,
    body: Value,
    /// Sent to be committed: what, and under which key.
    sent: Option<(Value, String)>,
    wants: Option<Ask>,
}

/// Makes keys for calls: unguessable by others, the same for the same beginning.
pub(crate) struct Keys(pub(crate) u128);

impl Keys {
    fn next(&mut self) -> String {
        // an odd multiplier walks through all numbers before one comes again
        self.0 = self
            .0
            .wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645)
            .wrapping_add(0x5851_f42d_4c95_7f2d_1405_7b7e_f767_814f);
        format!("console-{:032x}", self.0)
    }
}

impl Sheet {
    pub(crate) fn new(tool: Tool, ticket: Option<Ticket>, form: Form, keys: Keys) -> Self {
        Self {
            tool,
            ticket: ticket.filter(|_| tool != Tool::TicketCreate),
            form,
            stage: Stage::Filling,
            after: None,
            refusal: None,
            note: None,
            scroll: 0,
            keys,
            body: Value::Null,
            sent: None,
            wants: None,
        }
    }

    pub(super) fn wants(&mut self) -> Vec<Ask> {
        self.wants.take().into_iter().collect()
    }

    /// The body with what every call carries.
    fn whole(&self, key: &str) -> Value {
        let mut body = self.body.clone();
        body["request_id"] = json!(key);
        if let Some(ticket) = &self.ticket {
            body["ticket_id"] = json!(ticket.ticket_id);
            // what is confirmed is a change of this version, and of no other
            body["expected_version"] = json!(ticket.version);
        }
        body
    }

    /// Have a file looked at that the form names and nobody looked at yet.
    fn look(&mut self) {
        if let Some((file, None)) = self.form.file()
            && self.wants.is_none()
        {
            self.wants = Some(Ask::Look(file));
        }
    }

    /// Have it judged; a file that it names is uploaded first, once its size and type were
    /// said.
    fn submit(&mut self) {
        self.note = None;
        match self.form.file() {
            None => self.judge(),
            Some((file, Some(_))) => {
                self.refusal = None;
                self.stage = Stage::Uploading;
                self.wants = Some(Ask::Upload(file));
            }
            Some((_, None)) => {
                let first = "look at what will be uploaded, then go on the same way";
                self.note = Some((Role::Warn, first.into()));
                self.look();
            }
        }
    }

    fn judge(&mut self) {
        let Some(body) = self.form.body() else {
            self.note = Some((Role::Warn, "some fields need you first".into()));
            return;
        };
        self.body = body;
        self.refusal = None;
        self.note = None;
        self.scroll = 0;
        self.stage = Stage::Judging;
        // a dry run keeps no key
        self.wants = Some(Ask::Call {
            tool: self.tool,
            body: self.whole("console-dry-run"),
            dry_run: true,
        });
    }

    fn commit(&mut self) {
        let content = self.whole("");
        let key = match &self.sent {
            Some((known, key)) if *known == content => key.clone(),
            _ => self.keys.next(),
        };
        self.sent = Some((content, key.clone()));
        self.note = None;
        self.stage = Stage::Committing;
        self.wants = Some(Ask::Call {
            tool: self.tool,
            body: self.whole(&key),
            dry_run: false,
        });
    }

    pub(super) fn act(&mut self, action: Action) -> Next {
        match (self.stage, action) {
            (Stage::Filling, Action::NextField) => self.step(1),
            (Stage::Filling, Action::PreviousField) => self.step(-1),
            (Stage::Filling, Action::Open) if !self.form.is_last() => self.step(1),
            (Stage::Filling, Action::Open | Action::Submit) => self.submit(),
            (Stage::Filling, Action::AddItem) => self.listed(Form::add_item),
            (Stage::Filling, Action::RemoveItem) => self.listed(Form::remove_item),
            (Stage::Filling, Action::Back) => return Next::Over(None),
            (Stage::Confirming, Action::Submit) => self.commit(),
            (Stage::Confirming | Stage::Judging | Stage::Uploading, Action::Back) => {
                self.stage = Stage::Filling;
            }
            (Stage::Committing, Action::Back) => {
                return Next::Over(Some((
                    Role::Warn,
                    format!(
                        "{} was sent; the audit shows whether it was committed",
                        self.tool
                    ),
                )));
            }
            (Stage::Confirming, Action::Down) => self.scroll += 1,
            (Stage::Confirming, Action::Up) => self.scroll = self.scroll.saturating_sub(1),
            _ => {}
        }
        Next::Stay
    }

    fn step(&mut self, by: isize) {
        self.form.step(by);
        self.look();
    }

    fn listed(&mut self, change: fn(&mut Form) -> Result<(), String>) {
        self.note = change(&mut self.form).err().map(|why| (Role::Warn, why));
    }

    pub(super) fn take(&mut self, ask: &Ask, answered: Answered) -> Next {
        match (ask, answered) {
            (Ask::Call { dry_run, .. }, answered) => return self.called(*dry_run, answered),
            (Ask::Look(file), Ok(Got::Seen(seen))) => {
                let is_sound = self.form.seen(file, seen);
                if !is_sound {
                    self.note = None;
                }
            }
            (Ask::Upload(file), Ok(Got::Uploaded(answered))) => {
                let is_there = self.form.uploaded(file, answered);
                // whoever went back meanwhile finds it uploaded, or why not
                if self.stage == Stage::Uploading {
                    self.stage = Stage::Filling;
                    if is_there {
                        self.submit();
                    }
                }
            }
            _ => {}
        }
        Next::Stay
    }

    fn called(&mut self, dry_run: bool, answered: Answered) -> Next {
        let expected = if dry_run {
            Stage::Judging
        } else {
            Stage::Committing
        };
        if self.stage != expected {
            return Next::Stay;
        }
        match answered {
            Ok(Got::Called(Called::Judged(judged))) if dry_run => {
                self.after = Some(judged);
                self.stage = Stage::Confirming;
            }
            Ok(Got::Called(Called::Done(answer))) if !dry_run => {
                return Next::Over(Some((Role::Good, self.committed(&answer))));
            }
            Ok(Got::Called(Called::Refused(refusal))) => self.refused(refusal),
            Ok(_) => {}
            Err(trouble) => {
                self.stage = if dry_run {
                    Stage::Filling
                } else {
                    Stage::Confirming
                };
                let again = if dry_run {
                    trouble.advice().to_owned()
                } else {
                    "Commit it again: the host takes the same call once at most.".to_owned()
                };
                self.note = Some((Role::Alarm, format!("{trouble}. {again}")));
            }
        }
        Next::Stay
    }

    fn committed(&self, answer: &Answer) -> String {
        let now = answer.ticket.state;
        let moved = match self.ticket.as_ref().map(|ticket| ticket.state) {
            Some(before) if before != now => format!(": {before} -> {now}"),
            Some(_) => String::new(),
            None => format!(": ticket {}", answer.ticket.ticket_id),
        };
        format!("{} committed{moved}", self.tool)
    }

    fn refused(&mut self, refusal: Box<Refusal>) {
        self.stage = Stage::Filling;
        self.form.refuse(&refusal.violations);
        if refusal.code == Code::GateBlocked {
            self.form.offer_override();
        }
        if refusal.code == Code::StaleVersion {
            self.note = Some((
                Role::Warn,
                "it changed meanwhile: esc, look at it, and call again".into(),
            ));
        }
        self.refusal = Some(refusal);
    }
}
