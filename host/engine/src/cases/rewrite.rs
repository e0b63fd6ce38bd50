//! A pack's case files with their expectations brought up to what the pack says now.
//! Everything else in them stays as it is written, comments too.

use dispatch_contract::{Code, Refusal, Verdict};
use toml_edit::{Array, DocumentMut, InlineTable, Item, TableLike, Value};

use super::read::PackCase;
use super::run::{CaseFailure, compare};
use crate::pack::Pack;

/// A case file with other expectations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RewrittenCases {
    /// The file within the pack.
    pub file: String,
    /// Its new text.
    pub text: String,
    /// The names of the cases that changed.
    pub cases: Vec<String>,
}

impl Pack {
    /// Each case file in which a case does not hold, with the verdicts that the pack
    /// gives now. Writes nothing.
    ///
    /// # Errors
    /// Where a file holds no cases, or a component faulted: a fault is nothing to expect.
    pub fn rewrite_cases(&self) -> Result<Vec<RewrittenCases>, CaseFailure> {
        let found = self.files().cases();
        if let Some(broken) = found.broken.into_iter().next() {
            return Err(broken);
        }
        let mut rewritten: Vec<(RewrittenCases, DocumentMut)> = Vec::new();
        for case in &found.cases {
            let (verdict, fault) = case.verdict(self);
            if compare(&case.expect, &verdict).is_ok() {
                continue;
            }
            let fail = |message: String| CaseFailure {
                file: case.file.clone(),
                line: Some(case.line),
                column: None,
                case: case.name.clone(),
                message,
            };
            if matches!(&verdict, Verdict::Refuse(why) if why.code == Code::PolicyUnavailable) {
                return Err(fail(format!("the rules did not answer{fault}")));
            }
            if rewritten
                .last()
                .is_none_or(|(last, _)| last.file != case.file)
            {
                let bytes = self.files().get(&case.file).unwrap_or_default();
                let document = String::from_utf8_lossy(bytes)
                    .parse()
                    .map_err(|error| fail(format!("{error}")))?;
                let file = RewrittenCases {
                    file: case.file.clone(),
                    text: String::new(),
                    cases: Vec::new(),
                };
                rewritten.push((file, document));
            }
            let Some((file, document)) = rewritten.last_mut() else {
                continue;
            };
            let written = table_of(document, case)
                .ok_or_else(|| fail("the case is not where it was read".into()))?;
            expect(written, &verdict);
            file.cases.push(case.name.clone());
        }
        let done = rewritten.into_iter().map(|(mut file, document)| {
            file.text = document.to_string();
            file
        });
        Ok(done.collect())
    }
}

/// The case's table, whether written as `[[case]]` or as one long list.
fn table_of<'a>(document: &'a mut DocumentMut, case: &PackCase) -> Option<&'a mut dyn TableLike> {
    match document.get_mut("case")? {
        Item::ArrayOfTables(tables) => {
            let table = tables.get_mut(case.index)?;
            Some(table)
        }
        Item::Value(Value::Array(list)) => {
            let table = list.get_mut(case.index)?.as_inline_table_mut()?;
            Some(table)
        }
        _ => None,
    }
}

fn expect(case: &mut dyn TableLike, verdict: &Verdict) {
    let wanted = of_verdict(verdict);
    match case.get_mut("expect") {
        // `[case.expect]`: its keys change, its head stays
        Some(Item::Table(table)) => {
            table.retain(|key, _| wanted.contains_key(key));
            for (key, mut value) in wanted {
                // a comment behind a value stays there
                let decor = table.get(&key).and_then(Item::as_value).map(Value::decor);
                match decor.cloned() {
                    Some(decor) => *value.decor_mut() = decor,
                    None => value.decor_mut().set_prefix(" "),
                }
                table.insert(&key, Item::Value(value));
            }
        }
        Some(Item::Value(old)) => {
            let decor = old.decor().clone();
            let mut new = Value::InlineTable(wanted);
            *new.decor_mut() = decor;
            *old = new;
        }
        _ => {
            case.insert("expect", Item::Value(Value::InlineTable(wanted)));
        }
    }
}

fn of_verdict(verdict: &Verdict) -> InlineTable {
    let mut expect = InlineTable::new();
    match verdict {
        Verdict::Allow(outcome) => {
            expect.insert("verdict", "allow".into());
            if let Some(to) = outcome.to {
                expect.insert("to", to.name().into());
            }
            if !outcome.overridden.is_empty() {
                expect.insert("overridden", list(&outcome.overridden));
            }
        }
        Verdict::Refuse(refusal) => of_refusal(refusal, &mut expect),
    }
    expect
}

fn of_refusal(refusal: &Refusal, expect: &mut InlineTable) {
    expect.insert("verdict", "refuse".into());
    expect.insert("code", refusal.code.name().into());
    expect.insert("phase", refusal.phase.name().into());
    if !refusal.violations.is_empty() {
        let broken = refusal.violations.iter().map(|violation| {
            let mut rule = InlineTable::new();
            rule.insert("path", violation.path.as_str().into());
            rule.insert("rule", violation.rule.as_str().into());
            Value::InlineTable(rule)
        });
        expect.insert("violations", Value::Array(broken.collect()));
    }
    if !refusal.missing_gates.is_empty() {
        expect.insert("missing_gates", list(&refusal.missing_gates));
    }
}

fn list(texts: &[String]) -> Value {
    Value::Array(texts.iter().map(String::as_str).collect::<Array>())
}
