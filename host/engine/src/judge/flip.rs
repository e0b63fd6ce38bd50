//! What a change of rules would change for one call: two verdicts on one question.

use dispatch_contract::packs::FlipKind;
use dispatch_contract::{Refusal, Verdict};
use serde::Serialize;

/// Two verdicts on one question that are not the same in substance.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Flip {
    /// How.
    pub kind: FlipKind,
    /// As it was.
    pub before: Verdict,
    /// As it would be.
    pub after: Verdict,
}

impl Flip {
    /// The difference of two verdicts in what a caller can act on: allowed or not,
    /// where the ticket moves, gates, code, phase, and each broken rule by path and
    /// name. Never in wording, in which policies decided, or in what is legal besides.
    #[must_use]
    pub fn between(before: &Verdict, after: &Verdict) -> Option<Self> {
        let kind = match (before, after) {
            (Verdict::Allow(_), Verdict::Refuse(_)) => FlipKind::RefusedNow,
            (Verdict::Refuse(_), Verdict::Allow(_)) => FlipKind::AllowedNow,
            (Verdict::Allow(one), Verdict::Allow(other)) if one.to != other.to => {
                FlipKind::MovesElsewhere
            }
            (Verdict::Allow(one), Verdict::Allow(other)) if one.overridden != other.overridden => {
                FlipKind::OtherReason
            }
            (Verdict::Refuse(one), Verdict::Refuse(other)) if !same_reason(one, other) => {
                FlipKind::OtherReason
            }
            _ => return None,
        };
        Some(Self {
            kind,
            before: before.clone(),
            after: after.clone(),
        })
    }
}

fn same_reason(one: &Refusal, other: &Refusal) -> bool {
    (one.code, one.phase) == (other.code, other.phase)
        && one.missing_gates == other.missing_gates
        && broken(one) == broken(other)
}

/// Which rules are broken where; their order says nothing.
fn broken(refusal: &Refusal) -> Vec<(&str, &str)> {
    let mut rules: Vec<_> = refusal
        .violations
        .iter()
        .map(|violation| (violation.path.as_str(), violation.rule.as_str()))
        .collect();
    rules.sort_unstable();
    rules
}

#[cfg(test)]
mod tests {
    use dispatch_contract::verdict::Outcome;
    use dispatch_contract::{Code, Phase, State, Violation};

    use super::*;

    fn allow(to: Option<State>, overridden: &[&str], policy: &str) -> Verdict {
        Verdict::Allow(Outcome {
            to,
            overridden: overridden.iter().map(ToString::to_string).collect(),
            determining_policies: vec![policy.to_owned()],
        })
    }

    fn refuse(code: Code, rules: &[&str], gates: &[&str], wording: &str) -> Verdict {
        let violation = |rule: &&str| Violation {
            path: "/x".into(),
            rule: (*rule).into(),
            message: wording.into(),
        };
        let mut refusal = Refusal::new(code, Phase::Validate, wording)
            .with_violations(rules.iter().map(violation).collect());
        refusal.missing_gates = gates.iter().map(ToString::to_string).collect();
        Verdict::Refuse(Box::new(refusal))
    }

    #[test]
    fn only_substance_counts() {
        let (new, closed) = (Some(State::New), Some(State::Closed));
        let kind = |one: &Verdict, other: &Verdict| Flip::between(one, other).map(|f| f.kind);
        let allowed = allow(new, &[], "a");
        let refused = refuse(Code::InvalidInput, &["r", "s"], &["g"], "one");
        assert_eq!(kind(&allowed, &allow(new, &[], "another")), None);
        let reworded = refuse(Code::InvalidInput, &["s", "r"], &["g"], "two");
        assert_eq!(kind(&refused, &reworded), None);
        for (one, other, wanted) in [
            (&allowed, &refused, FlipKind::RefusedNow),
            (&refused, &allowed, FlipKind::AllowedNow),
            (&allowed, &allow(closed, &[], "a"), FlipKind::MovesElsewhere),
            (&allowed, &allow(new, &["g"], "a"), FlipKind::OtherReason),
            (
                &refused,
                &refuse(Code::GateBlocked, &["r", "s"], &["g"], "one"),
                FlipKind::OtherReason,
            ),
            (
                &refused,
                &refuse(Code::InvalidInput, &["r"], &["g"], "one"),
                FlipKind::OtherReason,
            ),
            (
                &refused,
                &refuse(Code::InvalidInput, &["r", "s"], &[], "one"),
                FlipKind::OtherReason,
            ),
        ] {
            assert_eq!(kind(one, other), Some(wanted));
        }
    }
}
