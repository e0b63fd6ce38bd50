//! Things as readable fields: pairs of a name and what it holds.

use dispatch_contract::Event;
use ratatui::text::{Line, Span};
use serde_json::Value;

use crate::text::{fit, time, wrap};
use crate::theme::{Role, Theme};

/// A name and what it holds.
pub(crate) type Field = (String, String);

/// Letters of an id.
const ID: usize = 26;
/// Fields of one event at most; a payload may be large.
const MAX_FIELDS: usize = 200;

/// A field.
pub(crate) fn field(name: &str, value: impl Into<String>) -> Field {
    (name.to_owned(), value.into())
}

/// A heading among fields.
pub(crate) fn heading(name: &str) -> Field {
    (String::new(), format!("── {name} ──"))
}

/// An event: its frame, then its payload with dotted names.
pub(crate) fn of_event(event: &Event) -> Vec<Field> {
    let mut fields = vec![
        field("event", event.kind.name()),
        field("at", time(event.occurred_at)),
        field("actor", format!("{} {}", event.actor.role, event.actor.id)),
    ];
    if let (Some(from), Some(to)) = (event.previous_state, event.next_state) {
        fields.push(field("move", format!("{from} -> {to}")));
    }
    flatten("", &event.payload, &mut fields);
    fields.push(field("request", event.request_id.clone()));
    if let Some(id) = &event.correlation_id {
        fields.push(field("correlation", id.clone()));
    }
    if let Some(id) = event.ticket_id {
        fields.push(field("ticket", id.to_string()));
    }
    let pack = &event.pack;
    fields.push(field(
        "pack",
        format!("{} {} {}", pack.name, pack.version, pack.digest),
    ));
    if !event.determining_policies.is_empty() {
        fields.push(field("permitted by", event.determining_policies.join(", ")));
    }
    fields.push(field("id", event.event_id.to_string()));
    fields
}

/// A JSON value with dotted names; what is null is left out.
pub(crate) fn flatten(name: &str, value: &Value, fields: &mut Vec<Field>) {
    if fields.len() >= MAX_FIELDS {
        return;
    }
    let below = |key: &str| match name {
        "" => key.to_owned(),
        name => format!("{name}.{key}"),
    };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                flatten(&below(key), value, fields);
            }
        }
        Value::Array(values) => {
            for (n, value) in values.iter().enumerate() {
                flatten(&below(&(n + 1).to_string()), value, fields);
            }
        }
        Value::Null => {}
        Value::String(text) => fields.push((name.to_owned(), text.clone())),
        other => fields.push((name.to_owned(), other.to_string())),
    }
}

/// Fields as lines, long ones over several.
pub(crate) fn lines(fields: &[Field], width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let names = fields.iter().map(|(name, _)| name.chars().count()).max();
    let column = names.unwrap_or(0).clamp(8, 32).min(width * 9 / 20);
    // an id is not cut in two where that can be helped
    let column = column.min(width.saturating_sub(ID + 1).max(8));
    let mut lines = Vec::new();
    for (name, value) in fields {
        if name.is_empty() {
            lines.push(Line::styled(fit(value, width), theme.style(Role::Faint)));
            continue;
        }
        for (n, part) in wrap(value, width.saturating_sub(column + 1))
            .into_iter()
            .enumerate()
        {
            let name = if n == 0 { name.as_str() } else { "" };
            lines.push(Line::from(vec![
                Span::styled(fit(name, column), theme.style(Role::Faint)),
                Span::raw(" "),
                Span::raw(part),
            ]));
        }
    }
    lines
}
