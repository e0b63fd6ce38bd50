//! What a call changes: the snapshot before and after, field by field.

use std::collections::BTreeMap;

use dispatch_contract::Ticket;
use serde_json::Value;

use crate::ask::Judged;
use crate::views::fields::flatten;

/// A field that changes: its name, before, after.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    pub(crate) name: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

/// Fields that change with every call and say nothing.
const SILENT: [&str; 2] = ["updated_at", "version"];

fn flat(value: &Value) -> BTreeMap<String, String> {
    let mut fields = Vec::new();
    flatten("", value, &mut fields);
    fields.into_iter().collect()
}

/// What of the ticket changes. Where the snapshot after is not known, the move alone.
pub(crate) fn changes(before: Option<&Ticket>, judged: &Judged) -> Vec<Change> {
    let json = |ticket: &Ticket| serde_json::to_value(ticket).unwrap_or_default();
    let mut old = before.map(|ticket| flat(&json(ticket))).unwrap_or_default();
    let new = match &judged.ticket {
        Some(ticket) => flat(&json(ticket)),
        None => {
            old.retain(|name, _| name == "state");
            let to = judged
                .to
                .map(|state| ("state".to_owned(), state.to_string()));
            to.into_iter().collect()
        }
    };
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let mut changes: Vec<Change> = names
        .into_iter()
        .filter(|name| !SILENT.contains(&name.as_str()) && old.get(*name) != new.get(*name))
        .map(|name| Change {
            name: name.clone(),
            before: old.get(name).cloned(),
            after: new.get(name).cloned(),
        })
        .collect();
    // where it goes is what is asked for first
    changes.sort_by_key(|change| change.name != "state");
    changes
}
