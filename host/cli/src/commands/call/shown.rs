//! What a call came to, for people.

use std::time::Duration;

use dispatch_contract::Tool;
use dispatch_contract::answer;
use dispatch_desk::DryRun;

use crate::client::Answer;
use crate::client::problem::Problem;
use crate::failure::Failure;
use crate::out;
use crate::show::fields::Fields;
use crate::show::paint::Paint;
use crate::show::{list, money, refusal, window};

/// A committed call.
pub(super) fn committed(
    tool: Tool,
    answer: &answer::Answer,
    replayed: bool,
    took: Duration,
    paint: Paint,
) -> String {
    let verdict = if replayed {
        "committed before"
    } else {
        "committed"
    };
    let mut fields = Fields::new(2);
    fields.add("ticket", answer.ticket.ticket_id.to_string());
    fields.add("state", answer.ticket.state.name());
    fields.add("version", answer.ticket.version.to_string());
    data(&mut fields, &answer.data);
    fields.add("events", answer.emitted_event_ids.len().to_string());
    fields.add("request_id", answer.request_id.clone());
    format!(
        "{} {}\n{}",
        paint.good(&format!("{verdict}: {tool}")),
        paint.faint(&format!("({:.1} ms)", took.as_secs_f64() * 1000.0)),
        fields.text(paint)
    )
}

fn data(fields: &mut Fields, data: &answer::Data) {
    let id = |id: Option<String>| id;
    fields.maybe("customer_id", id(data.customer_id.map(|id| id.to_string())));
    fields.maybe("message_id", id(data.message_id.map(|id| id.to_string())));
    fields.maybe("priority", data.priority.map(|priority| priority.name()));
    fields.maybe("proposal_id", id(data.proposal_id.map(|id| id.to_string())));
    for offered in data.proposed_windows.iter().flatten() {
        fields.add("offered", window(offered));
    }
    fields.maybe("confirmed", data.confirmed_window.as_ref().map(window));
    fields.maybe(
        "technician",
        id(data.technician_id.map(|id| id.to_string())),
    );
    fields.maybe("eta", data.eta_text.clone());
    fields.maybe("note_id", id(data.note_id.map(|id| id.to_string())));
    fields.maybe(
        "attachment",
        id(data.attachment_id.map(|id| id.to_string())),
    );
    fields.maybe(
        "attachment (json)",
        id(data.json_attachment_id.map(|id| id.to_string())),
    );
    fields.maybe("total", data.invoice_total.as_ref().map(money));
    fields.maybe("item", data.item_key.map(|item| item.name()));
}

/// A dry run; one that would be refused ends as a refusal does.
pub(super) fn dry_run(answer: &Answer, json: bool) -> Result<(), Failure> {
    let run: DryRun = answer.read()?;
    if json {
        out::json(&answer.bytes);
    } else {
        out::text(&explained(&run, Paint::of_stdout()));
    }
    if run.allowed {
        Ok(())
    } else {
        Err(Failure::Found)
    }
}

fn explained(run: &DryRun, paint: Paint) -> String {
    let mut fields = Fields::new(2);
    let mut text = String::new();
    match &run.refusal {
        Some(refused) => {
            text.push_str(&paint.faint(&format!("dry run of {}: it would be\n", run.tool)));
            text.push_str(&refusal::text(&Problem::from(refused), paint));
        }
        None => {
            let what = if run.replay {
                "was committed before; the first answer would come again"
            } else {
                "would be committed"
            };
            text.push_str(&paint.good(&format!("dry run of {}: it {what}\n", run.tool)));
            let moves = match (run.from, run.to) {
                (Some(from), Some(to)) => format!("{from} -> {to}"),
                (Some(from), None) => format!("stays {from}"),
                (None, Some(to)) => format!("new -> {to}"),
                (None, None) => "new".to_owned(),
            };
            if !run.replay {
                fields.add("state", moves);
            }
            let events: Vec<&str> = run.events.iter().map(|kind| kind.name()).collect();
            fields.some("events", list(&events));
            fields.some("overridden", list(&run.overridden));
            fields.some("policies", list(&run.determining_policies));
        }
    }
    for phase in &run.phases {
        fields.add(
            "took",
            format!("{:>6} us  {}", phase.us, phase.phase.name()),
        );
    }
    text + &fields.text(paint)
}

#[cfg(test)]
mod tests {
    use dispatch_contract::State;
    use dispatch_desk::PhaseTime;

    use super::*;

    #[test]
    fn a_dry_run_says_what_would_be() {
        let run = DryRun {
            dry_run: true,
            tool: Tool::ScheduleConfirm,
            ticket_id: None,
            allowed: true,
            from: Some(State::Schedulable),
            to: Some(State::Scheduled),
            overridden: Vec::new(),
            determining_policies: vec!["scheduling".into()],
            refusal: None,
            events: vec![dispatch_contract::event::EventType::ScheduleConfirmed],
            ticket: None,
            replay: false,
            phases: vec![PhaseTime {
                phase: dispatch_contract::Phase::Validate,
                us: 12,
            }],
        };
        assert_eq!(
            explained(&run, Paint::never()),
            "dry run of schedule.confirm: it would be committed\n  \
               state     schedulable -> scheduled\n  \
               events    schedule.confirmed\n  \
               policies  scheduling\n  \
               took          12 us  validate\n"
        );
    }
}
