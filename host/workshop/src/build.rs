//! The components of a pack, each made where it is not fresh.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::clang::CCompiler;
use crate::compiler::Compiler;
use crate::compiler::private::{Private, files};
use crate::error::WorkshopError;
use crate::folder::{sha256, write_if_changed};
use crate::guest::{Workspace, remove_other_targets};
use crate::plan::{Plan, Source, Step};
use crate::record::{Digests, Origin, Record};
use crate::{Result, Tell, c, component};

/// Changes when what is done here changes, so that components are built again.
const RECIPE: &str = "2";

/// What is to be built, and where compilers and what they leave are kept.
pub struct Job<'a> {
    /// Where private compilers are made and kept.
    pub toolchains: &'a Path,
    /// Where cargo builds; none: `target/dispatch` of the guest workspace.
    pub target: Option<&'a Path>,
    /// Only the components of these tools, by name; none: all.
    pub tools: &'a [String],
    /// Build even what is fresh.
    pub force: bool,
    /// Fail where a Cargo.lock would have to change.
    pub locked: bool,
    /// Told what takes long.
    pub tell: Tell<'a>,
}

/// What came of one component.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Compiled from this crate or folder.
    Built(String),
    /// Copied from this file of the base.
    Copied(PathBuf),
    /// Nothing had changed.
    Fresh,
    /// It stands beside the pack, and this machine cannot build it; why.
    Skipped(String),
}

/// One component of the pack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Built {
    /// Its path in the pack's folder.
    pub file: String,
    /// The tools that it judges.
    pub tools: Vec<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// Its size in bytes; 0 where it was skipped.
    pub bytes: usize,
    /// How long it took.
    pub took: Duration,
}

/// Builds what a plan says, in the order of files, and hands each to `done`.
///
/// # Errors
/// The first that could not be made, with the compiler's own message. Those made before
/// it stay; one that is not made stays as it was.
pub fn build(plan: &Plan, job: &Job<'_>, done: &mut dyn FnMut(&Built)) -> Result<()> {
    if let Some(unknown) = job
        .tools
        .iter()
        .find(|tool| !plan.steps.iter().any(|step| step.tools.contains(tool)))
    {
        return Err(WorkshopError::refused(format!(
            "the pack has no component for {unknown}"
        )));
    }
    let own = plan.guests.join("target/dispatch");
    let target = job.target.unwrap_or(&own).to_owned();
    // two tasks at once: the second waits and finds them built
    let _held = Private::hold(&target)?;
    let mut shop = Shop {
        plan,
        job,
        record_file: target.join("built.json"),
        record: Record::read(&target.join("built.json")),
        target,
        rust: OnceCell::new(),
        c: OnceCell::new(),
        digests: Digests::default(),
    };
    for step in &plan.steps {
        if !job.tools.is_empty() && !step.tools.iter().any(|tool| job.tools.contains(tool)) {
            continue;
        }
        let began = Instant::now();
        let (outcome, bytes) = shop.make(step)?;
        done(&Built {
            file: step.file.clone(),
            tools: step.tools.clone(),
            outcome,
            bytes,
            took: began.elapsed(),
        });
    }
    Ok(())
}

/// One run: compilers are looked for when the first component needs them.
struct Shop<'a> {
    plan: &'a Plan,
    job: &'a Job<'a>,
    target: PathBuf,
    record_file: PathBuf,
    record: Record,
    rust: OnceCell<Compiler>,
    c: OnceCell<Option<CCompiler>>,
    digests: Digests,
}

impl Shop<'_> {
    fn make(&mut self, step: &Step) -> Result<(Outcome, usize)> {
        match &step.source {
            Source::Crate(package) => self.by_cargo(step, package),
            Source::C { folder, wit } => self.by_clang(step, folder, wit),
            Source::Copy { from, base } => self.by_copy(step, from, base),
        }
    }

    fn by_cargo(&mut self, step: &Step, package: &str) -> Result<(Outcome, usize)> {
        let compiler = self.rust()?.clone();
        let target = self.target.join(&compiler.key);
        let workspace = Workspace {
            folder: &self.plan.guests,
            root: &self.plan.root,
            target: &target,
            compiler: &compiler,
            locked: self.job.locked,
        };
        let made_with = format!("{RECIPE} {} {package}", workspace.made_with());
        if let Some(size) = self.fresh(step, &made_with) {
            return Ok((Outcome::Fresh, size));
        }
        let (module, inputs) = workspace.module(package)?;
        let component = component::encode(package, &module)?;
        self.keep(step, &component, inputs, made_with)?;
        Ok((Outcome::Built(package.to_owned()), component.len()))
    }

    fn by_clang(&mut self, step: &Step, folder: &Path, wit: &Path) -> Result<(Outcome, usize)> {
        let name = folder.strip_prefix(&self.plan.pack).unwrap_or(folder);
        let name = name.display().to_string();
        let found = match self.c() {
            Ok(Some(compiler)) => Ok(compiler.clone()),
            Ok(None) => {
                Err("there is no clang that knows Wasm; install the package `clang`".into())
            }
            Err(error) => Err(error.to_string()),
        };
        let compiler = match found {
            Ok(compiler) => compiler,
            Err(why) if step.tools.is_empty() => return Ok((Outcome::Skipped(why), 0)),
            Err(why) => return Err(WorkshopError::refused(format!("{name}: {why}"))),
        };
        let made_with = format!("{RECIPE} {}", c::made_with(&compiler));
        if let Some(size) = self.fresh(step, &made_with) {
            return Ok((Outcome::Fresh, size));
        }
        let target = self.target.join("c").join(sha256(step.file.as_bytes()));
        let (module, mut inputs) = c::module(&compiler, folder, &target)?;
        let component = component::encode_as(&name, module, wit)?;
        inputs.extend(files(wit)?);
        self.keep(step, &component, inputs, made_with)?;
        Ok((Outcome::Built(name), component.len()))
    }

    fn by_copy(&mut self, step: &Step, from: &Path, base: &Path) -> Result<(Outcome, usize)> {
        let bytes = fs::read(from).map_err(|_| {
            WorkshopError::refused(format!(
                "{} is copied from {}, which is not there: build the base first, with \
                 `dispatch policy build {}`",
                step.file,
                from.display(),
                base.display()
            ))
        })?;
        let to = self.plan.pack.join(&step.file);
        if fs::read(&to).is_ok_and(|old| old == bytes) {
            return Ok((Outcome::Fresh, bytes.len()));
        }
        write_if_changed(&to, &bytes)?;
        Ok((Outcome::Copied(from.to_owned()), bytes.len()))
    }

    /// The component's size, where it is fresh and need not be built all the same.
    fn fresh(&mut self, step: &Step, made_with: &str) -> Option<usize> {
        let path = self.plan.pack.join(&step.file);
        let fresh = !self.job.force
            && self
                .record
                .is_fresh(&step.file, &path, made_with, &mut self.digests);
        let size = fs::metadata(&path).ok()?.len();
        fresh.then(|| usize::try_from(size).unwrap_or(usize::MAX))
    }

    fn keep(
        &mut self,
        step: &Step,
        component: &[u8],
        inputs: BTreeSet<PathBuf>,
        made_with: String,
    ) -> Result<()> {
        write_if_changed(&self.plan.pack.join(&step.file), component)?;
        let origin = Origin {
            made_with,
            inputs: self.digests.all(inputs),
            output: sha256(component),
        };
        self.record.keep(&step.file, origin, &self.record_file)
    }

    fn rust(&self) -> Result<&Compiler> {
        if let Some(known) = self.rust.get() {
            return Ok(known);
        }
        let found = crate::compiler::ensure(self.job.toolchains, self.job.tell)?;
        remove_other_targets(&self.target, &found.key)?;
        Ok(self.rust.get_or_init(|| found))
    }

    fn c(&self) -> Result<Option<&CCompiler>> {
        if let Some(known) = self.c.get() {
            return Ok(known.as_ref());
        }
        let found = crate::clang::ensure(self.job.toolchains, self.job.tell)?;
        Ok(self.c.get_or_init(|| found).as_ref())
    }
}
