//! Packs as readable fields: how they stand, what became of one, what would flip.

use dispatch_contract::Event;
use dispatch_contract::packs::{
    FlipKind, FlippedCall, FolderStanding, ModeChange, PackAttempt, PackStatus,
};
use serde_json::Value;

use crate::grid::{Column, Item, Width};
use crate::text::{micros, short_time, tail, time};
use crate::theme::Role;
use crate::views::fields::{Field, field, flatten, heading};

/// A line of the log.
pub(super) struct Entry {
    pub(super) event: Event,
}

impl Item for Entry {
    fn id(&self) -> String {
        self.event.event_id.to_string()
    }

    fn whole(&self) -> Value {
        serde_json::to_value(&self.event).unwrap_or_default()
    }
}

impl Entry {
    fn attempt(&self) -> Option<PackAttempt> {
        serde_json::from_value(self.event.payload.clone()).ok()
    }

    fn of(&self, name: &str) -> String {
        let value = &self.event.payload["pack"][name];
        value.as_str().unwrap_or("-").to_owned()
    }

    pub(super) fn is_failed(&self) -> bool {
        !self.event.payload["failed"].is_null()
    }
}

pub(super) static COLUMNS: [Column<Entry>; 8] = [
    Column::new("AT", Width::Fixed(15), |entry: &Entry, _| {
        short_time(entry.event.occurred_at)
    })
    .by(|entry, _| entry.event.occurred_at.micros())
    .whole(|entry, _| entry.event.occurred_at.to_string()),
    Column::new("WHAT", Width::Fixed(12), |entry: &Entry, _| {
        let name = entry.event.kind.name();
        name.trim_start_matches("policy.")
            .trim_start_matches("pack_")
            .into()
    })
    .colored(|entry, _| {
        Some(if entry.is_failed() {
            Role::Alarm
        } else {
            Role::Good
        })
    }),
    Column::new("VERSION", Width::Fixed(9), |entry: &Entry, _| {
        entry.of("version")
    }),
    Column::new("PACK", Width::Grow(8, 2), |entry: &Entry, _| {
        entry.of("name")
    }),
    Column::new("REV", Width::Fixed(4), |entry: &Entry, _| {
        let revision = entry.event.payload["revision"].as_u64();
        revision.map_or("-".into(), |revision| revision.to_string())
    })
    .right(),
    Column::new("DIGEST", Width::Fixed(8), |entry: &Entry, _| {
        entry.of("digest").chars().take(8).collect()
    })
    .whole(|entry, _| entry.of("digest"))
    .from(90),
    Column::new("FAILED STEP", Width::Grow(11, 1), |entry: &Entry, _| {
        let step = entry.event.payload["failed"]["step"].as_str();
        step.unwrap_or("-").to_owned()
    })
    .colored(|entry, _| entry.is_failed().then_some(Role::Alarm)),
    Column::new("BY", Width::Grow(21, 1), |entry: &Entry, _| {
        format!("{} {}", entry.event.actor.role, tail(&entry.event.actor.id))
    })
    .whole(|entry, _| format!("{} {}", entry.event.actor.role, entry.event.actor.id))
    .from(110),
];

/// How packs stand, what is wrong with them first; then what would flip, and faults.
pub(super) fn status(
    status: &PackStatus,
    differences: &[FlippedCall],
    faults: &[(String, u64)],
) -> Vec<Field> {
    let active = &status.active;
    let mut fields = vec![field(
        "active",
        format!(
            "{} {}, revision {}, enforced",
            active.name, active.version, status.revision
        ),
    )];
    if let Some(stale) = &status.stale {
        fields.push(field(
            "STALE",
            format!("since {}: {}", time(stale.since), stale.reason),
        ));
    }
    if let Some(rejected) = &status.rejected {
        fields.push(field(
            "REJECTED",
            format!("{} {rejected}", time(rejected.at)),
        ));
    }
    if status.last_good {
        fields.push(field("LAST GOOD", "it runs because the folder's could not"));
    }
    fields.push(field("in shadow", shadow(status)));
    fields.extend(flips(differences));
    fields.push(told(faults));
    let folder = match status.folder {
        FolderStanding::Active => "is what judges",
        FolderStanding::Superseded => "holds other content than what judges",
        FolderStanding::Refused => "was turned down; the last good pack judges",
    };
    fields.push(field("folder", folder));
    fields.push(field("digest", active.digest.clone()));
    fields
}

fn shadow(status: &PackStatus) -> String {
    let Some(shadow) = &status.shadow else {
        return "none".to_owned();
    };
    let tools = shadow.tools.as_ref();
    let tools = tools.map_or("all tools".to_owned(), |tools| {
        format!("{} tools", tools.len())
    });
    let failed = shadow.failed.as_ref();
    let failed = failed.map_or(String::new(), |why| format!(", NOT JUDGING: {why}"));
    let lost = match shadow.lost {
        0 => String::new(),
        lost => format!(", {lost} more not written down here"),
    };
    format!(
        "{} {} ({:.8}) since {}, {tools}: {} of {} calls judged otherwise{lost}{failed}",
        shadow.pack.name,
        shadow.pack.version,
        shadow.pack.digest,
        short_time(shadow.since),
        shadow.differing,
        shadow.judged,
    )
}

/// What would flip, of the newest differences.
fn flips(differences: &[FlippedCall]) -> Option<Field> {
    if differences.is_empty() {
        return None;
    }
    let counts = FlipKind::ALL.map(|kind| {
        let count = differences.iter().filter(|call| call.kind == kind).count();
        format!("{} {count}", kind.name())
    });
    let said = format!("of the newest {}: {}", differences.len(), counts.join(", "));
    Some(field("would flip", said))
}

/// Faults by component, as the host counts them since it started.
fn told(faults: &[(String, u64)]) -> Field {
    let said: Vec<String> = faults
        .iter()
        .map(|(component, count)| format!("{component} {count}"))
        .collect();
    let said = if said.is_empty() {
        "none since the host started".to_owned()
    } else {
        said.join(", ")
    };
    field("faults", said)
}

/// The counters of component faults in the host's metrics that are not zero.
pub(super) fn faults_in(metrics: &str) -> Vec<(String, u64)> {
    let lines = metrics.lines().filter_map(|line| {
        let rest = line.strip_prefix("dispatch_component_faults_total{")?;
        let (labels, count) = rest.split_once("} ")?;
        let count = count.trim().parse().ok().filter(|count| *count > 0)?;
        Some((labels.replace('"', "").replace(',', " "), count))
    });
    lines.collect()
}

/// What became of a candidate, step by step.
pub(super) fn attempt(event: &Event) -> Vec<Field> {
    let entry = Entry {
        event: event.clone(),
    };
    let mut fields = vec![
        field("what", event.kind.name()),
        field("at", time(event.occurred_at)),
        field("by", format!("{} {}", event.actor.role, event.actor.id)),
    ];
    if let Some(attempt) = entry.attempt() {
        of_attempt(&attempt, &mut fields);
    } else if let Ok(change) = serde_json::from_value::<ModeChange>(event.payload.clone()) {
        fields.push(field("mode", change.mode.name()));
        fields.push(field("reason", change.reason));
        fields.push(field("digest", change.pack.digest));
    } else {
        flatten("", &event.payload, &mut fields);
    }
    fields.push(field("sequence", event.sequence.to_string()));
    fields
}

fn of_attempt(attempt: &PackAttempt, fields: &mut Vec<Field>) {
    if let Some(pack) = &attempt.pack {
        fields.push(field("pack", format!("{} {}", pack.name, pack.version)));
        fields.push(field("digest", pack.digest.clone()));
    }
    let source = serde_json::to_value(attempt.source).unwrap_or_default();
    fields.push(field("from", source.as_str().unwrap_or("-")));
    if let Some(reason) = &attempt.reason {
        fields.push(field("reason", reason.clone()));
    }
    if let Some(failed) = &attempt.failed {
        fields.push(heading(&format!("FAILED at {}", failed.step)));
        fields.push(field("why", failed.reason.clone()));
        if let Some(file) = &failed.file {
            let line = failed.line.map_or(String::new(), |line| format!(":{line}"));
            let column = failed.column.map_or(String::new(), |c| format!(":{c}"));
            fields.push(field("where", format!("{file}{line}{column}")));
        }
        if let Some(tool) = failed.tool {
            fields.push(field("tool", tool.name()));
        }
        if let Some(help) = &failed.help {
            fields.push(field("help", help.clone()));
        }
    }
    fields.push(heading("steps passed"));
    for step in &attempt.steps {
        fields.push(field(
            &step.step,
            format!("{}, {}", micros(step.took_us), step.evidence),
        ));
    }
    if let Some(flips) = &attempt.flips {
        fields.push(heading("what would flip"));
        fields.push(field(
            "judged again",
            format!("{} calls, {} flip", flips.judged, flips.flipped),
        ));
        for (name, count) in [
            ("refused now", flips.refused_now),
            ("allowed now", flips.allowed_now),
            ("moves elsewhere", flips.moves_elsewhere),
            ("other reason", flips.other_reason),
            ("let in", flips.let_in),
        ] {
            fields.push(field(name, count.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_from_the_counters() {
        let metrics = "# HELP x\n\
            dispatch_component_faults_total{tool=\"ticket.create\",kind=\"trap\"} 3\n\
            dispatch_component_faults_total{tool=\"a\"} 0\n\
            dispatch_calls_total{tool=\"a\"} 9\n";
        let faults = faults_in(metrics);
        assert_eq!(faults, [("tool=ticket.create kind=trap".into(), 3)]);
    }
}
