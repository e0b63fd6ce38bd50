//! The golden matrix: tool x role x state, every cell judged by the shipped
//! pack's real components, kept in the repository and reviewed as a diff.
//! `UPDATE_GOLDEN=1 cargo test -p dispatch-engine golden` writes it anew.

use dispatch_contract::{Code, Role, State, Tool, Verdict};
use dispatch_engine::MATRIX_FILE;
use serde_json::Value;

use crate::house::scene::{OTHER, ask, input, own_id};
use crate::house::{shipped, shipped_folder};

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

#[test]
fn golden_matrix_is_as_reviewed() {
    let file = shipped_folder().join(MATRIX_FILE);
    let now = shipped().golden_matrix();
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
