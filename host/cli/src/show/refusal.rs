//! A refusal as its caller reads it: why, what is broken, what is legal now.

use crate::client::problem::Problem;
use crate::show::fields::Fields;
use crate::show::paint::Paint;
use crate::show::{clean, list};

/// The whole refusal, ending in a line break.
pub(crate) fn text(problem: &Problem, paint: Paint) -> String {
    let mut fields = Fields::new(2);
    for violation in &problem.violations {
        let path = if violation.path.is_empty() {
            "/"
        } else {
            &violation.path
        };
        fields.add(
            "violation",
            format!("{path}: {} ({})", violation.message, violation.rule),
        );
    }
    fields.maybe("state now", problem.current_state.clone());
    fields.some("legal in", list(&problem.allowed_from_states));
    fields.some("legal now", list(&problem.allowed_tools));
    fields.some("missing gates", list(&problem.missing_gates));
    fields.some("policies", list(&problem.determining_policies));
    fields.maybe(
        "try again",
        problem.retry_after_s.map(|wait| format!("in {wait} s")),
    );
    fields.maybe("request_id", problem.request_id.clone());
    fields.maybe("correlation", problem.correlation_id.clone());
    format!(
        "{} {}\n  {}\n{}",
        paint.bad(&format!("refused: {}", clean(&problem.title))),
        paint.faint(&format!(
            "({} {}, phase {})",
            problem.status,
            clean(&problem.code),
            clean(&problem.phase)
        )),
        clean(&problem.detail),
        fields.text(paint)
    )
}

#[cfg(test)]
mod tests {
    use dispatch_contract::{Code, Phase, Refusal, State, Tool, Violation};

    use super::*;

    #[test]
    fn everything_that_helps_to_mend_the_call_is_there() {
        let mut refusal = Refusal::new(Code::GateBlocked, Phase::Transition, "Gates are open.")
            .with_violations(vec![Violation {
                path: "/item_key".into(),
                rule: "already_complete".into(),
                message: "done before".into(),
            }]);
        refusal.current_state = Some(State::Onsite);
        refusal.allowed_from_states = vec![State::CloseoutPending];
        refusal.allowed_tools = vec![Tool::CloseoutAddNote, Tool::CloseoutAddPhoto];
        refusal.missing_gates = vec!["evidence.note".into()];
        assert_eq!(
            text(&Problem::from(&refusal), Paint::never()),
            "refused: A gate does not hold yet (409 gate_blocked, phase transition)\n  \
               Gates are open.\n  \
               violation      /item_key: done before (already_complete)\n  \
               state now      onsite\n  \
               legal in       closeout_pending\n  \
               legal now      closeout.add_note, closeout.add_photo\n  \
               missing gates  evidence.note\n"
        );
    }
}
