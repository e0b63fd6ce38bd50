//! What the doctor found, one line for each thing looked at.

use serde::Serialize;

use crate::show::clean;
use crate::show::paint::Paint;

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// In order.
    Ok,
    /// Can be meant so; somebody should know.
    Look,
    /// Not in order.
    Bad,
    /// Cannot be told as long as something before it is bad.
    Unknown,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    /// What.
    pub(super) what: &'static str,
    /// How it is.
    pub(super) verdict: Verdict,
    /// What was found.
    pub(super) found: String,
    /// What to do about it, where it is not in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_step: Option<String>,
}

impl Finding {
    pub(super) fn ok(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            what,
            verdict: Verdict::Ok,
            found: found.into(),
            next_step: None,
        }
    }

    pub(super) fn look(
        what: &'static str,
        found: impl Into<String>,
        next_step: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Look,
            ..Self::bad(what, found, next_step)
        }
    }

    pub(super) fn bad(
        what: &'static str,
        found: impl Into<String>,
        next_step: impl Into<String>,
    ) -> Self {
        Self {
            what,
            verdict: Verdict::Bad,
            found: found.into(),
            next_step: Some(next_step.into()),
        }
    }

    pub(super) fn unknown(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            what,
            verdict: Verdict::Unknown,
            found: found.into(),
            next_step: None,
        }
    }

    pub(super) fn is_bad(&self) -> bool {
        self.verdict == Verdict::Bad
    }
}

/// All of them for people.
pub(super) fn text(findings: &[Finding], paint: Paint) -> String {
    let width = findings.iter().map(|one| one.what.len()).max().unwrap_or(0);
    let mut text = String::new();
    for one in findings {
        let mark = match one.verdict {
            Verdict::Ok => paint.good("ok "),
            Verdict::Look => paint.strong("see"),
            Verdict::Bad => paint.bad("bad"),
            Verdict::Unknown => paint.faint("-  "),
        };
        text.push_str(&format!(
            "{mark}  {:width$}  {}\n",
            one.what,
            clean(&one.found)
        ));
        if let Some(step) = &one.next_step {
            text.push_str(&format!(
                "     {:width$}  {}\n",
                "",
                paint.strong(&clean(step))
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_align_and_what_is_bad_says_what_to_do() {
        let findings = [
            Finding::ok("address", "ws://h:1"),
            Finding::bad("token", "wrong", "set it"),
            Finding::unknown("scopes", "not let in"),
        ];
        assert_eq!(
            text(&findings, Paint::never()),
            "ok   address  ws://h:1\nbad  token    wrong\n              set it\n-    scopes   not let in\n"
        );
    }
}
