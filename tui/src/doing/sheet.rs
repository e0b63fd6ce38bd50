//! A form on its way: filled in, judged without committing, confirmed, committed. The
//! call's key stays the same over retries, so that it is committed once at most; a call
//! with other content is another call, with another key. Where the ticket is changed by
//! somebody meanwhile, it is read and the call judged again on what it is now.

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
    /// The ticket changed: it is read, then the call judged again.
    Reading,
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
    /// Sent to be committed, and not known not to be: what, and under which key.
    sent: Option<(Value, String)>,
    wants: Option<Ask>,
    /// What the stage waits for: an answer to anything else is of before.
    awaited: Option<Ask>,
    /// A made-up call, to learn whether this one would be taken at all.
    may_i: Option<Ask>,
    /// So often the ticket changed while it was judged.
    changed: u32,
    /// It was asked to leave, with something typed.
    leaving: bool,
}

/// So often a call is judged anew by itself, where its ticket keeps changing.
const AGAIN: u32 = 5;

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
            awaited: None,
            may_i: None,
            changed: 0,
            leaving: false,
        }
    }

    /// Ask with a made-up body whether it may be called at all, and say why not.
    pub(crate) fn may_i(&mut self, mut sample: Value) {
        sample["request_id"] = json!("console-may-i");
        if let Some(ticket) = &self.ticket {
            sample["ticket_id"] = json!(ticket.ticket_id);
        }
        self.may_i = Some(Ask::Call {
            tool: self.tool,
            body: sample,
            dry_run: true,
        });
        self.wants = self.may_i.clone();
    }

    /// A key that is a field's; false where it has no use for it.
    pub(crate) fn key(&mut self, key: crossterm::event::KeyEvent) -> bool {
        self.stays();
        self.form.key(key)
    }

    pub(crate) fn paste(&mut self, text: &str) {
        self.stays();
        self.form.paste(text);
    }

    fn stays(&mut self) {
        if std::mem::take(&mut self.leaving) {
            self.note = None;
        }
    }

    /// Out of the form; what was typed is not lost by one key.
    fn leave(&mut self) -> Next {
        if self.leaving || !self.form.is_touched() {
            return Next::Over(None);
        }
        self.leaving = true;
        let said = "what was typed is lost: once more leaves, any other key goes on";
        self.note = Some((Role::Warn, said.into()));
        Next::Stay
    }

    fn ask(&mut self, stage: Stage, ask: Ask) {
        self.stage = stage;
        self.awaited = Some(ask.clone());
        self.wants = Some(ask);
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
        self.changed = 0;
        match self.form.file() {
            None => self.judge(),
            Some((file, Some(_))) => {
                self.refusal = None;
                self.ask(Stage::Uploading, Ask::Upload(file));
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
            self.stage = Stage::Filling;
            self.note = Some((Role::Warn, "some fields need you first".into()));
            return;
        };
        self.body = body;
        self.refusal = None;
        self.note = None;
        self.scroll = 0;
        // a dry run keeps no key
        let ask = self.call("console-dry-run", true);
        self.ask(Stage::Judging, ask);
    }

    fn call(&self, key: &str, dry_run: bool) -> Ask {
        Ask::Call {
            tool: self.tool,
            body: self.whole(key),
            dry_run,
        }
    }

    fn commit(&mut self) {
        let content = self.whole("");
        let key = match &self.sent {
            Some((known, key)) if *known == content => key.clone(),
            _ => self.keys.next(),
        };
        self.sent = Some((content, key.clone()));
        self.note = None;
        let ask = self.call(&key, false);
        self.ask(Stage::Committing, ask);
    }

    pub(super) fn act(&mut self, action: Action) -> Next {
        if action != Action::Back {
            self.stays();
        }
        match (self.stage, action) {
            (Stage::Filling, Action::NextField) => self.step(1),
            (Stage::Filling, Action::PreviousField) => self.step(-1),
            (Stage::Filling, Action::Open) if !self.form.is_last() => self.step(1),
            (Stage::Filling, Action::Open | Action::Submit) => self.submit(),
            (Stage::Filling, Action::AddItem) => self.listed(Form::add_item),
            (Stage::Filling, Action::RemoveItem) => self.listed(Form::remove_item),
            (Stage::Filling, Action::Back) => return self.leave(),
            (Stage::Confirming, Action::Submit) => self.commit(),
            (Stage::Committing, Action::Back) => {
                return Next::Over(Some((
                    Role::Warn,
                    format!("{} was sent; what comes of it is said here", self.tool),
                )));
            }
            (_, Action::Back) => {
                self.stage = Stage::Filling;
                self.awaited = None;
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
            (Ask::Look(file), Ok(Got::Seen(seen))) => {
                let is_sound = self.form.seen(file, seen);
                if !is_sound {
                    self.note = None;
                }
            }
            (Ask::Upload(file), Ok(Got::Uploaded(answered))) => {
                let is_there = self.form.uploaded(file, answered);
                // whoever went back meanwhile finds it uploaded, or why not
                if self.awaited.as_ref() == Some(ask) {
                    self.awaited = None;
                    self.stage = Stage::Filling;
                    if is_there {
                        self.submit();
                    }
                }
            }
            (ask, answered) if self.awaited.as_ref() == Some(ask) => {
                self.awaited = None;
                return self.awaited_came(ask, answered);
            }
            (ask, Ok(Got::Called(Called::Refused(refusal))))
                if self.may_i.as_ref() == Some(ask) =>
            {
                self.may_i = None;
                // for any body, and said before somebody fills one in
                let always = matches!(
                    refusal.code,
                    Code::RoleForbidden | Code::NotOwnTicket | Code::IllegalTransition
                );
                if always && self.refusal.is_none() && self.stage == Stage::Filling {
                    self.refusal = Some(refusal);
                }
            }
            _ => {}
        }
        Next::Stay
    }

    fn awaited_came(&mut self, ask: &Ask, answered: Answered) -> Next {
        let dry_run = matches!(ask, Ask::Call { dry_run: true, .. });
        match answered {
            Ok(Got::Called(Called::Judged(judged))) if dry_run => {
                if self.changed > 0 {
                    let said =
                        "somebody changed the ticket meanwhile: this is what it comes to now";
                    self.note = Some((Role::Warn, said.into()));
                }
                self.after = Some(judged);
                self.stage = Stage::Confirming;
            }
            Ok(Got::Called(Called::Done(answer))) if !dry_run => {
                return Next::Over(Some((Role::Good, self.committed(&answer))));
            }
            Ok(Got::Called(Called::Refused(refusal))) => self.refused(refusal, dry_run),
            Ok(Got::Ticket(ticket)) => {
                self.ticket = Some(*ticket);
                self.judge();
            }
            Ok(_) => self.stage = Stage::Filling,
            Err(trouble) => {
                let is_sent = self.stage == Stage::Committing;
                self.stage = if is_sent {
                    Stage::Confirming
                } else {
                    Stage::Filling
                };
                let again = if is_sent {
                    "Commit it again: the host takes the same call once at most.".to_owned()
                } else {
                    trouble.advice().to_owned()
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

    fn refused(&mut self, refusal: Box<Refusal>, dry_run: bool) {
        self.stage = Stage::Filling;
        if refusal.code == Code::StaleVersion && self.changed < AGAIN {
            return self.stale(dry_run);
        }
        if !dry_run {
            self.sent = None;
        }
        self.form.refuse(&refusal.violations);
        if refusal.code == Code::GateBlocked {
            self.form.offer_override();
        }
        self.refusal = Some(refusal);
    }

    /// The ticket is not what it was when the form was opened.
    fn stale(&mut self, dry_run: bool) {
        // it may be this very call that changed it, where that was sent and not answered:
        // under its key the host answers as it did then, and commits it no second time
        let content = self.whole("");
        if let (true, Some((known, key))) = (dry_run, &self.sent)
            && *known == content
        {
            let ask = self.call(&key.clone(), false);
            return self.ask(Stage::Committing, ask);
        }
        self.sent = None;
        self.changed += 1;
        if let Some(ticket) = &self.ticket {
            self.ask(Stage::Reading, Ask::Ticket(ticket.ticket_id));
        }
    }
}
