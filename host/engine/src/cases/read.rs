//! From a pack's `tests/*.toml` to cases that can be put to any pack.

use std::collections::HashMap;

use dispatch_contract::question::Question;
use dispatch_contract::{Refusal, Tool};

use super::format::{CaseFile, Expected};
use super::run::CaseFailure;
use super::scene::{Posed, question};
use crate::pack::{PackFiles, Step, place};

/// Cases of one pack at most.
const MAX_CASES: usize = 5000;

/// One decision case of a pack.
pub struct PackCase {
    /// The file within the pack.
    pub file: String,
    /// The line where the case begins, counted from 1.
    pub line: usize,
    /// Its name, unique in the pack.
    pub name: String,
    /// The tool that is called.
    pub tool: Tool,
    /// Its place among the cases of its file, counted from 0.
    pub(super) index: usize,
    pub(super) posed: Posed,
    pub(super) expect: Expected,
}

impl std::fmt::Debug for PackCase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PackCase({}:{} {:?})", self.file, self.line, self.name)
    }
}

impl PackCase {
    /// The question, or the refusal with which the schema ends the matter before
    /// any pack is asked.
    ///
    /// # Errors
    /// The schema's refusal.
    pub fn question(&self) -> Result<&Question, &Refusal> {
        match &self.posed {
            Posed::Question(question) => Ok(question),
            Posed::Refused(refusal) => Err(refusal),
        }
    }
}

/// The cases of a pack, and what among its files is none.
#[derive(Debug, Default)]
pub struct PackCases {
    /// In the order of files and cases.
    pub cases: Vec<PackCase>,
    /// Files that cannot be read, and cases that are no question.
    pub broken: Vec<CaseFailure>,
}

impl PackFiles {
    /// The pack's decision cases.
    #[must_use]
    pub fn cases(&self) -> PackCases {
        let mut found = PackCases::default();
        let mut names = HashMap::new();
        for text in self.texts(Step::Tests, ".toml") {
            match text {
                Ok((file, _)) if !file.starts_with("tests/") => {}
                Ok((file, text)) => found.read(file, text, &mut names),
                Err(error) => found.broken.push(CaseFailure {
                    file: error.file.unwrap_or_default(),
                    line: error.line,
                    column: error.column,
                    case: String::new(),
                    message: error.message,
                }),
            }
        }
        found
    }
}

impl PackCases {
    /// The cases of one text, wherever it stands; `file` is what it is called.
    #[must_use]
    pub fn parse(file: &str, text: &str) -> Self {
        let mut found = Self::default();
        found.read(file, text, &mut HashMap::new());
        found
    }

    fn read(&mut self, file: &str, text: &str, names: &mut HashMap<String, String>) {
        let mut fail = |place: Option<(usize, usize)>, case: &str, message| {
            self.broken.push(CaseFailure {
                file: file.to_owned(),
                line: place.map(|(line, _)| line),
                column: place.map(|(_, column)| column),
                case: case.to_owned(),
                message,
            });
        };
        let parsed: CaseFile = match toml::from_str(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                let place = error.span().and_then(|span| place(text, span.start));
                return fail(place, "", error.message().to_owned());
            }
        };
        for (index, spanned) in parsed.cases.into_iter().enumerate() {
            let place = place(text, spanned.span().start);
            let case = spanned.into_inner();
            if self.cases.len() >= MAX_CASES {
                return fail(
                    place,
                    &case.name,
                    format!("a pack has at most {MAX_CASES} cases"),
                );
            }
            let posed = match names.insert(case.name.clone(), file.to_owned()) {
                Some(first) => Err(format!("{first} has a case of this name too")),
                None => question(&case),
            };
            match posed {
                Ok(posed) => self.cases.push(PackCase {
                    file: file.to_owned(),
                    line: place.map_or(1, |(line, _)| line),
                    name: case.name,
                    tool: case.tool,
                    index,
                    posed,
                    expect: case.expect,
                }),
                Err(message) => fail(place, &case.name, message),
            }
        }
    }
}
