//! `dispatch policy test`: a pack's decision cases and its golden matrix, as a table, as
//! JUnit for a build server, or brought up to what the pack says now.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dispatch_engine::{
    CaseResult, Engine, EngineConfig, MATRIX_CELL, MATRIX_FILE, MATRIX_NAME, Pack, PackFiles,
};
use serde::Serialize;

use super::failed::Failed;
use super::house::{self, FolderArg};
use super::junit;
use super::wrong::Wrong;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::clean;
use crate::show::paint::Paint;
use crate::show::table::Table;

/// Failures listed for people; all are in the JSON and in JUnit's file.
const SHOWN: usize = 20;
/// How often a watched folder is looked at. Its digest is compared, since events get lost.
const LOOK: Duration = Duration::from_millis(150);

/// Put a pack's decision cases to it; exit status 1 where one does not hold
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pack: FolderArg,
    /// Write the expectations that do not hold, and the golden matrix where the pack keeps
    /// one, anew to what the pack says now: review them as a diff
    #[arg(long)]
    update: bool,
    /// Run again whenever the pack changes, until interrupted
    #[arg(long, conflicts_with = "update")]
    watch: bool,
    /// Write the results as JUnit XML too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// One case, for reports.
#[derive(Serialize)]
pub(super) struct CaseShown {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) case: String,
    pub(super) tool: String,
    pub(super) took_us: f64,
    pub(super) failure: Option<String>,
}

/// What came of it, with `--json`.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) folder: PathBuf,
    pub(super) pack: Option<String>,
    pub(super) cases: Vec<CaseShown>,
    /// Files that could not be read, and cases that are no question.
    pub(super) broken: Vec<Failed>,
    /// What is wrong with the golden matrix, where the pack keeps one.
    pub(super) matrix: Option<String>,
    /// Why there is no pack to put cases to.
    pub(super) refused: Option<Wrong>,
    pub(super) updated: Vec<String>,
    pub(super) took_ms: f64,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let folder = self.pack.check()?;
        let engine = house::engine(EngineConfig::default())?;
        let updated = if self.update {
            update(&engine, folder)?
        } else {
            Vec::new()
        };
        if self.watch {
            return self.watch(&engine, folder, global);
        }
        let report = Report {
            updated,
            ..Report::of(&engine, folder)
        };
        self.show(&report, global)?;
        if report.holds() {
            Ok(())
        } else {
            Err(Failure::Found)
        }
    }

    fn show(&self, report: &Report, global: &Global) -> Result<(), Failure> {
        if let Some(file) = &self.junit {
            fs::write(file, junit::xml(report)?).map_err(|error| {
                let context = format!("writing {}", file.display());
                Failure::Other(anyhow::Error::new(error).context(context))
            })?;
        }
        if global.json {
            out::value(report);
        } else {
            out::text(&report.text(Paint::of_stdout()));
        }
        Ok(())
    }

    /// Until interrupted. A folder that is half written is looked at again a moment later.
    fn watch(&self, engine: &Engine, folder: &Path, global: &Global) -> Result<(), Failure> {
        let mut tested = None;
        let mut last = None;
        loop {
            let now = Some(state(folder));
            if now != tested && now == last {
                self.show(&Report::of(engine, folder), global)?;
                tested.clone_from(&now);
            }
            last = now;
            std::thread::sleep(LOOK);
        }
    }
}

/// What a run depends on: the pack's digest, or why there is none, and the matrix.
fn state(folder: &Path) -> (Result<String, String>, Option<String>) {
    let digest = PackFiles::read(folder).map(|files| files.digest_hex());
    let matrix = reviewed(folder).unwrap_or_else(Some);
    (digest.map_err(|error| error.to_string()), matrix)
}

/// The matrix as it was reviewed, where the pack keeps one.
fn reviewed(folder: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(folder.join(MATRIX_FILE)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{MATRIX_FILE} cannot be read: {error}")),
    }
}

/// Rewrite what does not hold; the names of the files that changed.
fn update(engine: &Engine, folder: &Path) -> Result<Vec<String>, Failure> {
    let loaded = PackFiles::read(folder).and_then(|files| engine.load(&files));
    // What is wrong with the pack is said by the run that follows.
    let Ok(pack) = loaded else {
        return Ok(Vec::new());
    };
    let rewritten = pack
        .rewrite_cases()
        .map_err(|failure| Failure::Other(anyhow::anyhow!("nothing was updated: {failure}")))?;
    let mut updated = Vec::new();
    let mut write = |name: String, text: &str| {
        let file = folder.join(&name);
        updated.push(name);
        fs::write(&file, text).map_err(|error| {
            let context = format!("writing {}", file.display());
            Failure::Other(anyhow::Error::new(error).context(context))
        })
    };
    for file in rewritten {
        write(file.file, &file.text)?;
    }
    let matrix = reviewed(folder).map_err(|why| Failure::Other(anyhow::anyhow!(why)))?;
    let now = pack.golden_matrix();
    if matrix.is_some_and(|reviewed| reviewed != now) {
        write(MATRIX_FILE.to_owned(), &now)?;
    }
    Ok(updated)
}

impl From<CaseResult> for CaseShown {
    fn from(result: CaseResult) -> Self {
        Self {
            file: result.file,
            line: result.line,
            case: result.case,
            tool: result.tool.to_string(),
            took_us: result.took.as_secs_f64() * 1e6,
            failure: result.failure,
        }
    }
}

impl CaseShown {
    /// What is wrong with it, if anything is.
    fn failed(&self) -> Option<Failed> {
        Some(Failed {
            file: self.file.clone(),
            line: Some(self.line),
            column: None,
            case: self.case.clone(),
            reason: self.failure.clone()?,
        })
    }
}

impl Report {
    fn of(engine: &Engine, folder: &Path) -> Self {
        let began = Instant::now();
        let mut report = Self {
            folder: folder.to_owned(),
            pack: None,
            cases: Vec::new(),
            broken: Vec::new(),
            matrix: None,
            refused: None,
            updated: Vec::new(),
            took_ms: 0.0,
        };
        match PackFiles::read(folder).and_then(|files| engine.load(&files)) {
            Err(error) => report.refused = Some(Wrong::from(&error)),
            Ok(pack) => report.put(&pack),
        }
        report.took_ms = began.elapsed().as_secs_f64() * 1000.0;
        report
    }

    fn put(&mut self, pack: &Pack) {
        let reference = pack.reference();
        self.pack = Some(format!("{} {}", reference.name, reference.version));
        let tests = pack.run_tests();
        // those that were not put come first
        let broken = tests.failures.into_iter().take(tests.not_put);
        self.broken = broken.map(Failed::from).collect();
        self.cases = tests.results.into_iter().map(CaseShown::from).collect();
        self.matrix = match reviewed(&self.folder) {
            Ok(reviewed) => reviewed.and_then(|it| changed(&it, &pack.golden_matrix())),
            Err(why) => Some(why),
        };
    }

    pub(super) fn holds(&self) -> bool {
        self.refused.is_none()
            && self.broken.is_empty()
            && self.matrix.is_none()
            && !self.cases.is_empty()
            && self.cases.iter().all(|case| case.failure.is_none())
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = String::new();
        for file in &self.updated {
            text.push_str(&format!("{} {file}\n", paint.strong("updated:")));
        }
        if let Some(wrong) = &self.refused {
            text.push_str(&wrong.text("refused", Some(&self.folder), paint));
            return text;
        }
        text.push_str(&self.table(paint));
        let broken = self.broken.iter();
        let broken = broken.map(|failed| failed.drawn(&self.folder, paint));
        let failing = self.cases.iter().filter_map(CaseShown::failed);
        let failing = failing.map(|failed| failed.text(paint));
        let matrix = self.matrix.iter();
        let matrix = matrix.map(|told| format!("{}  {}\n", paint.bad("no"), clean(told)));
        let wrong: Vec<String> = broken.chain(failing).chain(matrix).collect();
        text.extend(wrong.iter().take(SHOWN).map(String::as_str));
        let more = wrong.len().saturating_sub(SHOWN);
        if more > 0 {
            text.push_str(&format!("{}\n", paint.faint(&format!("and {more} more"))));
        }
        let took = paint.faint(&format!("({:.0} ms)", self.took_ms));
        let verdict = if self.cases.is_empty() && wrong.is_empty() {
            paint.bad("there is no case: a pack needs at least one in tests/")
        } else if wrong.is_empty() {
            paint.good(&format!("{} cases hold", self.cases.len()))
        } else {
            let update = "`--update` writes what the pack says now";
            format!(
                "{}; {update}",
                paint.bad(&format!("{} do not hold", wrong.len()))
            )
        };
        text.push_str(&format!("{verdict} {took}\n"));
        text
    }

    fn table(&self, paint: Paint) -> String {
        let mut files: BTreeMap<&str, (usize, usize, f64)> = BTreeMap::new();
        for case in &self.cases {
            let (cases, failed, took_us) = files.entry(&case.file).or_default();
            *cases += 1;
            *failed += usize::from(case.failure.is_some());
            *took_us += case.took_us;
        }
        let mut table = Table::new(&["FILE", "CASES", "FAILED", "TIME"]);
        for (file, (cases, failed, took_us)) in files {
            table.row([
                file.to_owned(),
                cases.to_string(),
                failed.to_string(),
                format!("{:.1} ms", took_us / 1000.0),
            ]);
        }
        table.text(paint)
    }
}

/// The first line of a matrix that is not as reviewed.
fn changed(reviewed: &str, now: &str) -> Option<String> {
    if reviewed == now {
        return None;
    }
    let (mut was, mut is, mut line) = (reviewed.lines(), now.lines(), 0);
    // the tool and its states
    let mut head = "";
    loop {
        line += 1;
        let said = match (was.next(), is.next()) {
            (Some(was), Some(is)) if was == is => {
                if !is.starts_with(' ') {
                    head = is;
                }
                continue;
            }
            (Some(was), Some(is)) => cells(head, was, is)
                .unwrap_or_else(|| format!("was `{}`, is `{}`", was.trim(), is.trim())),
            (Some(was), None) => format!("was `{}`, is not there", was.trim()),
            (None, Some(is)) => format!("was not there, is `{}`", is.trim()),
            (None, None) => "its line ends differ".to_owned(),
        };
        return Some(format!("{MATRIX_FILE}:{line}: not as reviewed: {said}"));
    }
}

/// The first cell of a row that is not as reviewed, by its tool, actor and state; none where
/// the rows differ in more than cells.
fn cells(head: &str, was: &str, is: &str) -> Option<String> {
    let [tool, states @ ..] = &split(head)[..] else {
        return None;
    };
    let (was, is) = (split(was), split(is));
    if was.len() != is.len() || was.first() != is.first() || is.len() > states.len() + 1 {
        return None;
    }
    let changed = was.iter().zip(&is).enumerate().skip(1);
    let mut changed = changed.filter(|(_, (was, is))| was != is);
    let (at, (was, now)) = changed.next()?;
    let more = match changed.count() {
        0 => String::new(),
        more => format!(" (and {more} more of this row)"),
    };
    let (actor, state) = (&is[0], &states[at - 1]);
    Some(format!(
        "{tool}, {actor}, in {state}: was `{was}`, is `{now}`{more}"
    ))
}

/// A line's name and its cells, as the matrix aligns them.
fn split(line: &str) -> Vec<String> {
    let characters: Vec<char> = line.chars().collect();
    let text = |part: &[char]| part.iter().collect::<String>().trim().to_owned();
    let name = characters.len().min(MATRIX_NAME);
    let cells = characters[name..].chunks(MATRIX_CELL);
    let name = text(&characters[..name]);
    std::iter::once(name).chain(cells.map(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_changed_is_named() {
        assert_eq!(changed("a\nb\n", "a\nb\n"), None);
        let told = changed("a\nb\n", "a\nc\n").expect("it changed");
        assert_eq!(
            told,
            "golden-matrix.txt:2: not as reviewed: was `b`, is `c`"
        );
        let row =
            |cells: [&str; 2]| format!("  {:<32}{:<20}{}\n", "customer, own", cells[0], cells[1]);
        let matrix = |cells| {
            format!(
                "\n{:<34}{:<20}triaged\n{}",
                "ticket.create",
                "new",
                row(cells)
            )
        };
        for (cells, told) in [
            (
                ["ok", "role"],
                "ticket.create, customer, own, in triaged: was `ok`, is `role`",
            ),
            (
                ["own", "role"],
                "ticket.create, customer, own, in new: was `ok`, is `own` (and 1 more of this row)",
            ),
        ] {
            let said = changed(&matrix(["ok", "ok"]), &matrix(cells)).expect("it changed");
            assert_eq!(
                said,
                format!("golden-matrix.txt:3: not as reviewed: {told}")
            );
        }
        for (was, is, told) in [
            (
                "a\n",
                "a\nb\n",
                ":2: not as reviewed: was not there, is `b`",
            ),
            (
                "a\nb\n",
                "a\n",
                ":2: not as reviewed: was `b`, is not there",
            ),
            ("a\r\n", "a\n", ":2: not as reviewed: its line ends differ"),
        ] {
            let said = changed(was, is).expect("it changed");
            assert!(said.ends_with(told), "{said}");
        }
    }
}
