//! A tool's JSON Schema as a form: fields to fill in, problems beside them, a body out of
//! them. Pure.

mod body;
mod field;
mod file;
mod schema;
mod told;
mod value;

pub(crate) use field::{Field, Kind};
pub(crate) use file::Named;
pub(crate) use told::both_clocks;

use crossterm::event::{KeyCode, KeyEvent};
use dispatch_contract::ticket::ScheduleStatus;
use dispatch_contract::time::{Timestamp, Window, Zone};
use dispatch_contract::{Ticket, Violation};
use serde_json::Value;

/// What a form may offer beside its schema.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Active technicians: id and name.
    pub(crate) technicians: Vec<(String, String)>,
    /// The windows that the customer may choose from.
    pub(crate) offered: Vec<Window>,
    /// Where the site is.
    pub(crate) zone: Option<Zone>,
    /// What is to be prefilled: pointer and text.
    pub(crate) given: Vec<(String, String)>,
    pub(crate) now: Option<Timestamp>,
}

impl Known {
    /// The zone of the ticket's window, or of the first technician there is.
    pub(crate) fn zone_of(ticket: Option<&Ticket>, otherwise: Option<Zone>) -> Option<Zone> {
        let schedule = ticket.and_then(|ticket| ticket.schedule.as_ref());
        schedule
            .filter(|schedule| schedule.status == ScheduleStatus::Confirmed)
            .or(schedule)
            .map(|schedule| schedule.timezone)
            .or(otherwise)
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    schema: Value,
    known: Known,
    pub(crate) fields: Vec<Field>,
    /// The field with the cursor.
    pub(crate) at: usize,
    /// Problems that belong to no field.
    pub(crate) problems: Vec<String>,
    /// Something was typed or chosen.
    touched: bool,
}

impl Form {
    pub(crate) fn new(schema: &Value, known: Known) -> Self {
        let fields = schema::fields(schema, &known);
        Self {
            schema: schema.clone(),
            known,
            fields,
            at: 0,
            problems: Vec::new(),
            touched: false,
        }
    }

    /// Something was typed or chosen, which would be lost.
    pub(crate) fn is_touched(&self) -> bool {
        self.touched
    }

    pub(crate) fn step(&mut self, by: isize) {
        let last = self.fields.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(last);
    }

    pub(crate) fn is_last(&self) -> bool {
        self.at + 1 >= self.fields.len()
    }

    /// Take a key in; false where the field has no use for it.
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        let Some(field) = self.fields.get_mut(self.at) else {
            return false;
        };
        let before = (field.line.text(), field.choice);
        let took = match (&field.kind, key.code) {
            (Kind::Choice(_), KeyCode::Left) => field.turn(-1),
            (Kind::Choice(_), KeyCode::Right | KeyCode::Char(' ')) => field.turn(1),
            (Kind::Choice(_), KeyCode::Char(c)) => field.turn_to(c),
            (Kind::Choice(_), _) => false,
            _ => field.line.key(key),
        };
        if took {
            (field.problem, field.note) = (None, None);
        }
        self.touched |= before != (field.line.text(), field.choice);
        took
    }

    pub(crate) fn paste(&mut self, text: &str) {
        if let Some(field) = self.fields.get_mut(self.at)
            && !matches!(field.kind, Kind::Choice(_))
        {
            field.line.insert(text);
            (field.problem, field.note) = (None, None);
            self.touched = true;
        }
    }

    /// One more item of the list that the cursor is in, or of the only list there is.
    pub(crate) fn add_item(&mut self) -> Result<(), String> {
        let list = self.list().ok_or("this form has no list")?;
        let count = self.items(&list);
        if count >= list.most {
            return Err(format!("{} items at most", list.most));
        }
        let item = schema::item(&self.schema, &list.pointer, count, &self.known);
        let after = self.fields.iter().rposition(|f| f.is_below(&list.pointer));
        let at = after.map_or(self.fields.len(), |at| at + 1);
        self.fields.splice(at..at, item);
        self.at = at;
        self.touched = true;
        Ok(())
    }

    /// Take the item under the cursor out.
    pub(crate) fn remove_item(&mut self) -> Result<(), String> {
        let list = self.list().ok_or("this form has no list")?;
        let count = self.items(&list);
        if count <= list.least {
            return Err(format!("{} items at least", list.least));
        }
        let here = self
            .fields
            .get(self.at)
            .and_then(|f| f.item_of(&list.pointer));
        let gone = here.unwrap_or(count - 1);
        self.fields
            .retain(|field| field.item_of(&list.pointer) != Some(gone));
        for field in &mut self.fields {
            field.close_gap(&list.pointer, gone);
        }
        self.touched = true;
        self.step(0);
        Ok(())
    }

    fn list(&self) -> Option<schema::List> {
        let lists = schema::lists(&self.schema);
        let here = self.fields.get(self.at);
        let own = lists
            .iter()
            .find(|list| here.is_some_and(|field| field.is_below(&list.pointer)));
        own.or(lists.first()).cloned()
    }

    fn items(&self, list: &schema::List) -> usize {
        let items = self.fields.iter().filter_map(|f| f.item_of(&list.pointer));
        items.max().map_or(0, |last| last + 1)
    }

    /// Can items be added?
    pub(crate) fn has_list(&self) -> bool {
        !schema::lists(&self.schema).is_empty()
    }

    /// The field for an operator's reason to pass a gate, with the cursor in it.
    pub(crate) fn offer_override(&mut self) {
        let pointer = "/override/reason";
        if !self.fields.iter().any(|field| field.pointer == pointer) {
            self.fields.extend(schema::override_field(&self.schema));
        }
        if let Some(at) = self.fields.iter().position(|f| f.pointer == pointer) {
            self.at = at;
        }
    }

    /// What was typed as a body, without what every call carries. The cursor goes to the
    /// first field that cannot be read.
    pub(crate) fn body(&mut self) -> Option<Value> {
        self.problems.clear();
        let body = body::build(&mut self.fields, self.known.zone);
        if body.is_none()
            && let Some(at) = self.fields.iter().position(|f| f.problem.is_some())
        {
            self.at = at;
        }
        body
    }

    /// Put a refusal's violations beside the fields they are about.
    pub(crate) fn refuse(&mut self, violations: &[Violation]) {
        for field in &mut self.fields {
            field.problem = None;
        }
        self.problems.clear();
        let mut first = None;
        for violation in violations {
            let found = self
                .fields
                .iter()
                .enumerate()
                .filter(|(_, field)| field.is_about(&violation.path))
                .min_by_key(|(_, field)| field.pointer.len().abs_diff(violation.path.len()));
            match found.map(|(at, _)| at) {
                Some(at) => {
                    self.fields[at].problem = Some(violation.message.clone());
                    first = Some(first.map_or(at, |known: usize| known.min(at)));
                }
                None => self.problems.push(match violation.path.as_str() {
                    "" => violation.message.clone(),
                    path => format!("{path}: {}", violation.message),
                }),
            }
        }
        if let Some(at) = first {
            self.at = at;
        }
    }
}

/// A body that is in order by the schema, to learn whether a call would be taken at all.
pub(crate) fn sample(schema: &Value, known: &Known) -> Value {
    value::sample(schema, known)
}

#[cfg(test)]
mod tests;
