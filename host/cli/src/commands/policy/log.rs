//! `dispatch policy log`: who activated what, when, with what effect.

use dispatch_contract::Event;
use dispatch_contract::event::EventType;
use dispatch_contract::packs::{ModeChange, PackAttempt, PackMode, PackSource};
use dispatch_contract::reading::Page;

use super::outcome::{self, named};
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;
use crate::show::table::Table;
use crate::show::{cut, list, time};

/// Characters of what became of it.
const EFFECT: usize = 120;

/// Say who activated what, when, with what effect, the latest first (operators)
#[derive(clap::Args)]
pub(crate) struct Args {
    /// So many, 200 at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: Option<u32>,
    /// The page after this one, as the last page said
    #[arg(long)]
    cursor: Option<String>,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let query = [
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("cursor", self.cursor),
        ];
        let path = ["v0", "packs", "log"];
        let answer = global.client()?.get(&path, &query).await?;
        if global.json {
            out::json(&answer.bytes);
            return Ok(());
        }
        let page: Page<Event> = answer.read()?;
        out::text(&text(&page.items, Paint::of_stdout()));
        if let Some(cursor) = page.next_cursor {
            out::text(&format!("more: --cursor {cursor}\n"));
        }
        Ok(())
    }
}

fn text(events: &[Event], paint: Paint) -> String {
    let mut table = Table::new(&["WHEN", "WHAT", "REVISION", "PACK", "BY", "EFFECT"]);
    for event in events {
        let [what, revision, pack, effect] = match event.kind {
            EventType::PolicyModeChanged => mode(event),
            _ => attempt(event),
        };
        let by = if event.actor.id.0.is_nil() {
            "the host".to_owned()
        } else {
            event.actor.id.to_string()
        };
        let when = time(event.occurred_at);
        table.row([when, what, revision, pack, by, cut(&effect, EFFECT)]);
    }
    table.text(paint)
}

/// The payload is of a later or an earlier form: what the event itself says.
fn bare(event: &Event) -> [String; 4] {
    let name = event.kind.name().trim_start_matches("policy.");
    [
        name.to_owned(),
        String::new(),
        named(&event.pack),
        String::new(),
    ]
}

fn attempt(event: &Event) -> [String; 4] {
    let Ok(told) = serde_json::from_value::<PackAttempt>(event.payload.clone()) else {
        return bare(event);
    };
    let what = match event.kind {
        EventType::PolicyPackRejected => "refused",
        EventType::PolicyPackRolledBack => "rolled back",
        _ => "activated",
    };
    let source = match told.source {
        PackSource::Start => "found at the start",
        PackSource::Folder => "from the folder",
        PackSource::Command | PackSource::Rollback => "",
        PackSource::Follow => "another host's",
    };
    let mut effect = Vec::new();
    match (&told.failed, &told.flips) {
        (Some(failed), _) => effect.push(format!("{}: {}", failed.step, outcome::why(failed))),
        (None, Some(flips)) if flips.judged > 0 => effect.push(outcome::effect(flips)),
        _ => {}
    }
    effect.extend(told.reason.map(|reason| format!("\"{reason}\"")));
    if !source.is_empty() {
        effect.push(source.to_owned());
    }
    [
        what.to_owned(),
        told.revision.map_or_else(String::new, |n| n.to_string()),
        told.pack.as_ref().map_or_else(|| "-".to_owned(), named),
        effect.join("; "),
    ]
}

fn mode(event: &Event) -> [String; 4] {
    let Ok(told) = serde_json::from_value::<ModeChange>(event.payload.clone()) else {
        return bare(event);
    };
    let mut effect = Vec::new();
    if told.mode == PackMode::Shadow {
        let tools = told.tools.as_ref();
        effect.push(tools.map_or_else(|| "every tool".to_owned(), |tools| list(tools)));
    }
    if let Some(replaced) = &told.replaced {
        effect.push(format!("instead of {}", named(replaced)));
    }
    effect.push(format!("\"{}\"", told.reason));
    let what = format!("mode {}", told.mode.name());
    [what, String::new(), named(&told.pack), effect.join("; ")]
}

#[cfg(test)]
mod tests {
    use dispatch_contract::event::PackRef;
    use dispatch_contract::{Actor, EventId, PrincipalId, Role};
    use serde_json::{Value, json};
    use ulid::Ulid;

    use super::*;

    fn event(kind: EventType, payload: Value) -> Event {
        Event {
            event_id: EventId(Ulid::nil()),
            occurred_at: "2026-03-02T14:00:00Z".parse().expect("a time"),
            request_id: "r".into(),
            kind,
            ticket_id: None,
            ticket_version: 0,
            actor: Actor {
                role: Role::OperatorAdmin,
                id: PrincipalId(Ulid::nil()),
            },
            channel: None,
            previous_state: None,
            next_state: None,
            payload,
            correlation_id: None,
            pack: PackRef {
                name: "strict".into(),
                version: "2".into(),
                digest: "ab".repeat(32),
            },
            determining_policies: Vec::new(),
            request_sha256: String::new(),
            sequence: 1,
            previous_hash: String::new(),
            hash: String::new(),
        }
    }

    #[test]
    fn each_line_says_what_became_of_what_and_why() {
        let pack = json!({ "name": "strict", "version": "2", "digest": "ab".repeat(32) });
        let refused = json!({
            "pack": pack, "revision": 4, "source": "folder", "steps": [],
            "failed": { "step": "settings", "reason": "too short", "file": "pack.toml", "line": 9 },
        });
        let mode =
            json!({ "pack": pack, "mode": "shadow", "tools": ["ticket.create"], "reason": "try" });
        let events = [
            event(EventType::PolicyPackRejected, refused),
            event(EventType::PolicyModeChanged, mode),
            event(EventType::PolicyPackActivated, json!({ "of": 1 })),
        ];
        let text = text(&events, Paint::never());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1],
            "2026-03-02 14:00:00Z  refused         4         strict 2 (abababababab)  the host  \
             settings: pack.toml:9: too short; from the folder"
        );
        assert_eq!(
            lines[2],
            "2026-03-02 14:00:00Z  mode shadow               strict 2 (abababababab)  the host  \
             ticket.create; \"try\""
        );
        assert!(lines[3].contains("pack_activated"), "{}", lines[3]);
    }
}
