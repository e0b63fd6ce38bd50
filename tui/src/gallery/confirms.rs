//! What stands before a commit, tool by tool: what is sent, what it changes.

use dispatch_contract::Tool;
use dispatch_contract::ticket::ScheduleStatus;
use serde_json::json;

use super::{drawn, host, setup, styled};
use crate::app::{App, Effect, Message};
use crate::ask::{Answered, Ask, Called, Got};
use crate::link::News;
use crate::testing::{at, press};

/// What that host answers, and of calls what a real one would: the ticket as it would be.
fn answer(ask: &Ask) -> Answered {
    let mut answered = host::answer(ask);
    match (ask, &mut answered) {
        (Ask::Call { tool, body, .. }, Ok(Got::Called(Called::Judged(judged)))) => {
            let ticket = judged.ticket.as_mut().expect("a ticket");
            match tool {
                Tool::DispatchAssignTech => {
                    let who = serde_json::from_value(body["technician_id"].clone());
                    ticket.assigned_technician_id = who.expect("a technician");
                }
                Tool::ScheduleProposeSlots | Tool::ScheduleConfirm => {
                    let window = match tool {
                        Tool::ScheduleConfirm => &body["selected_window"],
                        _ => &body["windows"][0],
                    };
                    let window = serde_json::from_value(window.clone()).expect("a window");
                    let status = match tool {
                        Tool::ScheduleConfirm => ScheduleStatus::Confirmed,
                        _ => ScheduleStatus::Proposed,
                    };
                    ticket.schedule =
                        Some(dispatch_contract::ticket::Schedule::of(&window, status));
                }
                _ => {}
            }
        }
        // windows are offered
        (Ask::Case(_), Ok(Got::Case(case))) => {
            for entry in &mut case.schedule_history {
                *entry = serde_json::from_value(json!({
                    "proposal_id": entry.proposal_id, "proposed_at": at(-8_000), "status": "open",
                    "windows": [{"window_start": at(64_800), "window_end": at(79_200),
                        "timezone": "America/Chicago"}]}))
                .expect("an offer");
            }
        }
        _ => {}
    }
    answered
}

fn settle(app: &mut App, effects: Vec<Effect>) {
    let mut waiting = effects;
    while !waiting.is_empty() {
        for effect in std::mem::take(&mut waiting) {
            if let Effect::Ask(number, ask) = effect {
                waiting.extend(app.update(Message::Got(number, answer(&ask))));
            }
        }
    }
}

/// The last look before this tool is committed, after these keys in its form.
fn confirm(tool: Tool, keys: &str) -> App {
    let mut app = App::new(setup(), at(0), (80, 24));
    let effects = app.start();
    settle(&mut app, effects);
    let effects = app.update(Message::News(News::Open { resumed: false }));
    settle(&mut app, effects);
    let letters: Vec<String> = tool.name().chars().map(String::from).collect();
    let call = format!(
        "j : c a l l space {} enter {keys} ctrl-s",
        letters.join(" ")
    );
    for key in call.split(' ').filter(|key| !key.is_empty()) {
        let effects = press(&mut app, key);
        settle(&mut app, effects);
    }
    app
}

#[test]
fn what_is_committed_is_shown_whole() {
    let text = "W e space c o m e space a t space n i n e ,";
    let long = [text; 5].join(" space ");
    let message = format!("tab tab {long} tab {long}");
    for (name, tool, keys) in [
        ("message", Tool::TicketAddMessage, message.as_str()),
        ("assign", Tool::DispatchAssignTech, "right"),
        ("confirm", Tool::ScheduleConfirm, ""),
        ("propose", Tool::ScheduleProposeSlots, ""),
    ] {
        let app = confirm(tool, keys);
        let shown = styled::dump(&drawn(&app));
        assert!(shown.contains("commit "), "{name}:\n{shown}");
        insta::assert_snapshot!(format!("confirm_{name}_80x24"), shown);
    }
}
