//! What became of a pack, for people: every step with its evidence, what flips, and why not.

use dispatch_contract::event::PackRef;
use dispatch_contract::packs::{FlippedCall, Flips, StepFailed, StepTaken};

use super::verdict;
use crate::show::paint::Paint;
use crate::show::{clean, cut};

/// Flips listed for people; all that the host listed are in the JSON.
const SHOWN: usize = 10;
/// Characters of a verdict on a line of its own.
const REASON: usize = 160;

/// `strict 2 (0123456789ab)`
pub(super) fn named(pack: &PackRef) -> String {
    clean(&format!(
        "{} {} ({:.12})",
        pack.name, pack.version, pack.digest
    ))
}

/// One line per step that was passed.
pub(super) fn steps(steps: &[StepTaken], paint: Paint) -> String {
    let mut text = String::new();
    for taken in steps {
        let took_ms = std::time::Duration::from_micros(taken.took_us).as_secs_f64() * 1000.0;
        text.push_str(&format!(
            "{}  {:10} {took_ms:>8.1} ms  {}\n",
            paint.good("ok"),
            taken.step,
            clean(&taken.evidence)
        ));
    }
    text
}

/// The step that was not passed: where, why, and how to mend it.
pub(super) fn failed(failed: &StepFailed, paint: Paint) -> String {
    let mut text = format!("{}  {:10} {}\n", paint.bad("no"), failed.step, why(failed));
    if let Some(help) = &failed.help {
        text.push_str(&format!("    {:10} {}\n", "", paint.faint(&clean(help))));
    }
    text
}

/// `pack.toml:12:4: the component of ticket.create: what is wrong`
pub(super) fn why(failed: &StepFailed) -> String {
    let mut text = String::new();
    if let Some(file) = &failed.file {
        text.push_str(file);
        for number in [failed.line, failed.column].into_iter().flatten() {
            text.push_str(&format!(":{number}"));
        }
        text.push_str(": ");
    }
    if let Some(tool) = failed.tool {
        text.push_str(&format!("the component of {tool}: "));
    }
    text.push_str(&failed.reason);
    clean(&text)
}

/// `12 of 2000 recorded calls flip: 10 refused now, 2 for another reason`
pub(super) fn effect(flips: &Flips) -> String {
    let kinds = [
        (flips.refused_now, "refused now"),
        (flips.allowed_now, "allowed now"),
        (flips.moves_elsewhere, "moving elsewhere"),
        (flips.other_reason, "for another reason"),
        (flips.let_in, "let in"),
    ];
    let named: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let mut text = format!("{} of {} recorded calls flip", flips.flipped, flips.judged);
    if !named.is_empty() {
        text.push_str(": ");
        text.push_str(&named.join(", "));
    }
    if flips.unreadable > 0 {
        text.push_str(&format!("; {} could not be read", flips.unreadable));
    }
    text
}

/// The flips that were listed, two verdicts side by side.
pub(super) fn flips(flips: &Flips, paint: Paint) -> String {
    let mut text = String::new();
    for call in flips.listed.iter().take(SHOWN) {
        text.push_str(&flip(call, paint));
    }
    let more = flips
        .flipped
        .saturating_sub(SHOWN.min(flips.listed.len()) as u64);
    if more > 0 {
        text.push_str(&format!("{}\n", paint.faint(&format!("and {more} more"))));
    }
    text
}

/// One call that two packs judge differently.
pub(super) fn flip(call: &FlippedCall, paint: Paint) -> String {
    let ticket = call
        .ticket_id
        .map_or_else(String::new, |id| format!(" on {id}"));
    format!(
        "{} {}{ticket}  {}\n    before  {}\n    after   {}\n",
        paint.strong(call.tool.name()),
        call.kind.name(),
        paint.faint(&format!("decision {}", call.decision_id)),
        cut(&verdict::short(&call.before), REASON),
        cut(&verdict::short(&call.after), REASON),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_where_and_an_effect_only_what_there_is() {
        let told = StepFailed {
            step: "cedar".into(),
            reason: "unexpected token `;`".into(),
            file: Some("cedar/a.cedar".into()),
            line: Some(3),
            column: Some(7),
            tool: None,
            help: Some("remove it".into()),
            may_pass: false,
        };
        assert_eq!(why(&told), "cedar/a.cedar:3:7: unexpected token `;`");
        assert_eq!(
            failed(&told, Paint::never()),
            "no  cedar      cedar/a.cedar:3:7: unexpected token `;`\n               remove it\n"
        );
        let none = Flips {
            judged: 5,
            ..Flips::default()
        };
        assert_eq!(effect(&none), "0 of 5 recorded calls flip");
        let some = Flips {
            judged: 5,
            flipped: 3,
            refused_now: 2,
            other_reason: 1,
            ..Flips::default()
        };
        assert_eq!(
            effect(&some),
            "3 of 5 recorded calls flip: 2 refused now, 1 for another reason"
        );
        let unread = Flips {
            unreadable: 2,
            ..none
        };
        assert_eq!(
            effect(&unread),
            "0 of 5 recorded calls flip; 2 could not be read"
        );
    }
}
