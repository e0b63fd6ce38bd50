//! A verdict in a few words, for tables; in full, for whoever asks why.

use dispatch_contract::Verdict;

use crate::show::{clean, list};

/// `allow`, `allow > closed`, `gate_blocked (transition): evidence.note`.
pub(super) fn short(verdict: &Verdict) -> String {
    clean(&words(verdict))
}

fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allow(outcome) => {
            let to = outcome.to.map(|to| format!(" > {to}")).unwrap_or_default();
            let passed = match outcome.overridden.as_slice() {
                [] => String::new(),
                gates => format!(", overriding {}", list(gates)),
            };
            format!("allow{to}{passed}")
        }
        Verdict::Refuse(refusal) => {
            let broken = refusal.violations.iter().map(|violation| {
                let path = if violation.path.is_empty() {
                    "/"
                } else {
                    &violation.path
                };
                format!("{path} {}", violation.rule)
            });
            let reasons: Vec<String> = broken
                .chain(refusal.missing_gates.iter().cloned())
                .collect();
            let why = if reasons.is_empty() {
                refusal.detail.clone()
            } else {
                reasons.join(", ")
            };
            format!("{} ({}): {why}", refusal.code, refusal.phase.name())
        }
    }
}

#[cfg(test)]
mod tests {
    use dispatch_contract::verdict::Outcome;
    use dispatch_contract::{Code, Phase, Refusal, State, Violation};

    use super::*;

    #[test]
    fn verdicts_are_told_by_what_decides() {
        let mut outcome = Outcome {
            to: Some(State::Closed),
            ..Outcome::default()
        };
        assert_eq!(short(&Verdict::Allow(outcome.clone())), "allow > closed");
        outcome.overridden = vec!["evidence.note".into()];
        assert_eq!(
            short(&Verdict::Allow(outcome)),
            "allow > closed, overriding evidence.note"
        );
        let mut refusal = Refusal::new(Code::InvalidInput, Phase::Validate, "too late")
            .with_violations(vec![Violation {
                path: "/window".into(),
                rule: "past".into(),
                message: "long words".into(),
            }]);
        let told = short(&Verdict::Refuse(Box::new(refusal.clone())));
        assert_eq!(told, "invalid_input (validate): /window past");
        refusal.violations.clear();
        let told = short(&Verdict::Refuse(Box::new(refusal)));
        assert_eq!(told, "invalid_input (validate): too late");
    }
}
