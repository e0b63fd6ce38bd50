//! The golden matrix: tool x role x state, every cell judged by the shipped
//! pack's real components, kept in the repository and reviewed as a diff.
//! `UPDATE_GOLDEN=1 cargo test -p dispatch-engine golden` writes it anew.

use std::fmt::Write as _;

use dispatch_contract::{Code, Role, State, Tool, Verdict};
use serde_json::{Value, json};

use crate::house::scene::{OTHER, ask, input, message, own_id};
use crate::house::{shipped, shipped_folder};

const HEAD: &str = "\
The golden matrix of this pack: tool x role x state, each cell the verdict on a
well-formed call whose gates all hold. Written by the engine's tests.

  ok          allowed, the ticket stays       ok>STATE   allowed, the ticket moves there
  role        403 role_forbidden              own        403 not_own_ticket
  unknown     404 ticket_not_found            state      409 illegal_transition
";

/// A row's actor: a role, and whether the ticket is theirs.
fn actors() -> Vec<(String, Role, &'static str)> {
    let mut rows = Vec::new();
    for role in Role::ALL {
        if matches!(role, Role::Technician | Role::Customer) {
            rows.push((format!("{role}, own"), role, own_id(role)));
            rows.push((format!("{role}, another's"), role, OTHER));
        } else {
            rows.push((role.to_string(), role, own_id(role)));
        }
    }
    rows
}

fn cell(tool: Tool, input: &Value, role: Role, id: &str, state: State) -> String {
    match shipped()
        .judge(&ask(tool, input.clone(), role, id, state))
        .verdict
    {
        Verdict::Allow(outcome) => match outcome.to {
            Some(to) => format!("ok>{to}"),
            None => "ok".into(),
        },
        Verdict::Refuse(refusal) => match refusal.code {
            Code::RoleForbidden => "role".into(),
            Code::NotOwnTicket => "own".into(),
            Code::TicketNotFound => "unknown".into(),
            Code::IllegalTransition => "state".into(),
            _ => format!("{refusal}"),
        },
    }
}

/// The calls of the matrix: each tool, and the messages that do more than be kept.
fn calls() -> Vec<(String, Tool, Value)> {
    let mut calls: Vec<_> = Tool::ALL
        .into_iter()
        .map(|tool| (tool.to_string(), tool, input(tool)))
        .collect();
    let tool = Tool::TicketAddMessage;
    let mut intake = message(None);
    intake["intake"] = json!({"issue": {"access_details": "gate code 1234"}});
    calls.insert(2, (format!("{tool}, with intake"), tool, intake));
    calls.insert(
        3,
        (format!("{tool}, check_in"), tool, message(Some("check_in"))),
    );
    calls.insert(
        4,
        (format!("{tool}, cancel"), tool, message(Some("cancel"))),
    );
    calls
}

fn matrix() -> String {
    let mut out = HEAD.to_owned();
    for (name, tool, input) in calls() {
        let creates = tool == Tool::TicketCreate;
        let states = if creates {
            &State::ALL[..1]
        } else {
            &State::ALL[..]
        };
        let mut line = format!("\n{name:<34}");
        for state in states {
            let column = if creates { "(no ticket)" } else { state.name() };
            write!(line, "{column:<20}").unwrap();
        }
        writeln!(out, "{}", line.trim_end()).unwrap();
        for (who, role, id) in actors() {
            let mut line = format!("  {who:<32}");
            for state in states {
                write!(line, "{:<20}", cell(tool, &input, role, id, *state)).unwrap();
            }
            writeln!(out, "{}", line.trim_end()).unwrap();
        }
    }
    out
}

#[test]
fn golden_matrix_is_as_reviewed() {
    let file = shipped_folder().join("golden-matrix.txt");
    let now = matrix();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
    if let Some((was, is)) = reviewed
        .lines()
        .zip(now.lines())
        .find(|(was, is)| was != is)
    {
        panic!("the matrix has changed; review it with UPDATE_GOLDEN=1\n  was {was}\n  is  {is}");
    }
    assert_eq!(
        reviewed.lines().count(),
        now.lines().count(),
        "run with UPDATE_GOLDEN=1"
    );
}

#[test]
fn golden_matrix_agrees_with_the_contract() {
    for tool in Tool::ALL
        .into_iter()
        .filter(|tool| *tool != Tool::TicketCreate)
    {
        for (who, role, id) in actors() {
            for state in State::ALL {
                let cell = cell(tool, &input(tool), role, id, state);
                let owns = id != OTHER;
                let wanted = match (
                    tool.roles().contains(&role),
                    tool.legal_states().contains(&state),
                ) {
                    (false, _) => "role",
                    (true, _) if !owns && role == Role::Customer => "unknown",
                    (true, _) if !owns => "own",
                    (true, false) => "state",
                    (true, true) => "ok",
                };
                assert_eq!(
                    cell.split('>').next(),
                    Some(wanted),
                    "{tool}, {who}, {state}"
                );
            }
        }
    }
}
