//! `build.toml`: how the components of a pack are made. It is no part of the pack's
//! digest: it says where components come from, not what they decide.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::Result;
use crate::error::WorkshopError;
use crate::folder::{read_text, tidy};

/// The file's name in a pack's folder.
pub const BUILD_FILE: &str = "build.toml";
pub(crate) const MANIFEST: &str = "pack.toml";

/// Components of one pack at most, those outside it included.
const MAX_COMPONENTS: usize = 64;

/// The file as it is written; paths are meant from the pack's folder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BuildFile {
    /// The cargo workspace of the crates.
    guests: Option<String>,
    /// The pack whose components are copied where nothing else is said.
    base: Option<String>,
    /// Where all sources stand below; the pack's folder where nothing is said. Its place
    /// on this machine is no part of a component.
    root: Option<String>,
    /// How each component is made, by its file.
    #[serde(default)]
    components: BTreeMap<String, Made>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    /// A crate of the workspace.
    #[serde(rename = "crate")]
    package: Option<String>,
    /// A folder of C sources.
    c: Option<String>,
    /// The contract's folder, for C.
    wit: Option<String>,
}

/// What is needed of `pack.toml`.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    tools: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    component: String,
}

/// Where a component comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// This crate of the workspace.
    Crate(String),
    /// The C sources in this folder, and the contract's folder.
    C { folder: PathBuf, wit: PathBuf },
    /// This component of the base pack, and the pack's folder.
    Copy { from: PathBuf, base: PathBuf },
}

/// One component to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    /// Its path in the pack's folder.
    pub(crate) file: String,
    /// The tools that it judges, by name; none: it stands beside the pack.
    pub(crate) tools: Vec<String>,
    pub(crate) source: Source,
}

/// How a pack is built.
#[derive(Debug)]
pub struct Plan {
    pub(crate) pack: PathBuf,
    pub(crate) guests: PathBuf,
    pub(crate) root: PathBuf,
    pub(crate) steps: Vec<Step>,
}

impl Plan {
    /// Reads `build.toml` and `pack.toml` of a pack's folder.
    ///
    /// # Errors
    /// Where one is missing or wrong, or a component is made nowhere.
    pub fn read(pack: &Path) -> Result<Self> {
        let pack = std::path::absolute(pack).map_err(WorkshopError::at("find", pack))?;
        let pack = tidy(&pack);
        let file = pack.join(BUILD_FILE);
        if !file.is_file() {
            return Err(WorkshopError::refused(format!(
                "there is no {BUILD_FILE} in {}, so nothing says how its components are made; \
                 `dispatch policy new` writes a pack with one",
                pack.display()
            )));
        }
        let build: BuildFile = toml_of(&read_text(&file)?, &file.display().to_string())?;
        let tools = components(&pack)?;
        let base = build.base.as_deref().map(|base| tidy(&pack.join(base)));
        let mut steps = from_file(&pack, &build, &tools)?;
        steps.extend(from_base(&pack, base.as_deref(), &tools, &build)?);
        if steps.len() > MAX_COMPONENTS {
            return Err(WorkshopError::refused(format!(
                "a pack has at most {MAX_COMPONENTS} components"
            )));
        }
        Ok(Self {
            guests: tidy(&pack.join(build.guests.as_deref().unwrap_or("guests"))),
            root: tidy(&pack.join(build.root.as_deref().unwrap_or("."))),
            pack,
            steps,
        })
    }
}

/// The components that `build.toml` names.
fn from_file(pack: &Path, build: &BuildFile, tools: &Tools) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for (file, made) in &build.components {
        let wrong = |what: &str| WorkshopError::refused(format!("{BUILD_FILE}: \"{file}\" {what}"));
        if !is_below(file) {
            return Err(wrong(
                "must be the path of a .wasm file below the pack's folder",
            ));
        }
        let judges = tools.by_file.get(file).cloned().unwrap_or_default();
        if judges.is_empty() && file.starts_with("components/") {
            return Err(wrong(&format!(
                "is the component of no tool in {MANIFEST}; name it there, or take it out here"
            )));
        }
        let source = match (&made.package, &made.c, &made.wit) {
            (Some(package), None, None) => Source::Crate(package.clone()),
            (None, Some(folder), Some(wit)) => Source::C {
                folder: tidy(&pack.join(folder)),
                wit: tidy(&pack.join(wit)),
            },
            _ => {
                return Err(wrong(
                    "must say either { crate = \"…\" } or { c = \"folder\", wit = \"folder\" }",
                ));
            }
        };
        steps.push(Step {
            file: file.clone(),
            tools: judges,
            source,
        });
    }
    Ok(steps)
}

/// All others: copied from the base.
fn from_base(
    pack: &Path,
    base: Option<&Path>,
    tools: &Tools,
    build: &BuildFile,
) -> Result<Vec<Step>> {
    let mut theirs = None;
    let mut steps = Vec::new();
    for (file, judges) in &tools.by_file {
        if build.components.contains_key(file) {
            continue;
        }
        let tool = &judges[0];
        let Some(base) = base else {
            return Err(WorkshopError::refused(format!(
                "{MANIFEST} has \"{file}\" for {tool}, and {BUILD_FILE} does not say how it is \
                 made: name its crate under [components], or a base to copy it from"
            )));
        };
        let theirs = match &theirs {
            Some(theirs) => theirs,
            None => theirs.insert(components(base)?),
        };
        let from = theirs.by_tool.get(tool).ok_or_else(|| {
            WorkshopError::refused(format!("the base {} has no {tool}", base.display()))
        })?;
        if !is_below(file) || tidy(base) == tidy(pack) {
            return Err(WorkshopError::refused(format!(
                "{MANIFEST}: \"{file}\" must be a .wasm file below the pack's folder, and its \
                 base another pack"
            )));
        }
        steps.push(Step {
            file: file.clone(),
            tools: judges.clone(),
            source: Source::Copy {
                from: base.join(from),
                base: base.to_owned(),
            },
        });
    }
    Ok(steps)
}

/// The tools of a pack and their components.
pub(crate) struct Tools {
    pub(crate) by_tool: BTreeMap<String, String>,
    by_file: BTreeMap<String, Vec<String>>,
}

fn components(pack: &Path) -> Result<Tools> {
    let file = pack.join(MANIFEST);
    components_in(&read_text(&file)?, &file.display().to_string())
}

/// The same from a manifest's text; `file` is what it is called in an error.
pub(crate) fn components_in(manifest: &str, file: &str) -> Result<Tools> {
    let manifest: Manifest = toml_of(manifest, file)?;
    let mut tools = Tools {
        by_tool: BTreeMap::new(),
        by_file: BTreeMap::new(),
    };
    for (tool, Entry { component }) in manifest.tools {
        let judges: &mut Vec<String> = tools.by_file.entry(component.clone()).or_default();
        judges.push(tool.clone());
        tools.by_tool.insert(tool, component);
    }
    Ok(tools)
}

fn toml_of<T: serde::de::DeserializeOwned>(text: &str, file: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let place = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map_or_else(String::new, |before| {
                let line = before.matches('\n').count() + 1;
                let on_line = before.rsplit('\n').next().unwrap_or_default();
                format!(":{line}:{}", on_line.chars().count() + 1)
            });
        WorkshopError::refused(format!("{file}{place}: {}", error.message()))
    })
}

fn is_below(file: &str) -> bool {
    let path = Path::new(file);
    file.ends_with(".wasm")
        && path
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const TOOLS: &str = "name = \"x\"\n[tools.\"a.b\"]\ncomponent = \"components/ab.wasm\"\n\
                         [tools.\"c.d\"]\ncomponent = \"components/cd.wasm\"\n";

    fn plan(build: &str) -> (tempfile::TempDir, Result<Plan>) {
        let folder = tempfile::tempdir().expect("temp folder");
        for (name, build) in [("pack", build), ("base", "")] {
            let pack = folder.path().join(name);
            fs::create_dir(&pack).expect("made");
            fs::write(pack.join(MANIFEST), TOOLS).expect("written");
            fs::write(pack.join(BUILD_FILE), build).expect("written");
        }
        let plan = Plan::read(&folder.path().join("pack"));
        (folder, plan)
    }

    #[test]
    fn crates_c_and_the_base_each_make_their_part() {
        let (folder, plan) = plan(
            "base = \"../base\"\n[components]\n\"components/ab.wasm\" = { crate = \"guest-ab\" }\n\
             \"beside/ab.wasm\" = { c = \"guests-c\", wit = \"../wit\" }\n",
        );
        let plan = plan.expect("a plan");
        let found: Vec<_> = plan
            .steps
            .iter()
            .map(|step| (step.file.as_str(), step.tools.join(" "), &step.source))
            .collect();
        let top = tidy(&std::path::absolute(folder.path()).expect("absolute"));
        let (c, wit) = (top.join("pack/guests-c"), top.join("wit"));
        let (from, base) = (top.join("base/components/cd.wasm"), top.join("base"));
        assert_eq!(
            found,
            [
                (
                    "beside/ab.wasm",
                    String::new(),
                    &Source::C { folder: c, wit }
                ),
                (
                    "components/ab.wasm",
                    "a.b".to_owned(),
                    &Source::Crate("guest-ab".into())
                ),
                (
                    "components/cd.wasm",
                    "c.d".to_owned(),
                    &Source::Copy { from, base }
                ),
            ]
        );
        assert_eq!(plan.guests, top.join("pack/guests"));
    }

    #[test]
    fn what_is_made_nowhere_or_for_nothing_is_named() {
        let refused = |build: &str| plan(build).1.expect_err("refused").to_string();
        let ab = "[components]\n\"components/ab.wasm\" = { crate = \"g\" }\n";
        assert!(refused(ab).contains("\"components/cd.wasm\" for c.d"));
        let stray = format!("{ab}\"components/x.wasm\" = {{ crate = \"g\" }}\n");
        assert!(refused(&stray).contains("is the component of no tool"));
        let outside = format!("{ab}\"../x.wasm\" = {{ crate = \"g\" }}\n");
        assert!(refused(&outside).contains("below the pack's folder"));
        let both = "[components]\n\"components/ab.wasm\" = { crate = \"g\", c = \"d\" }\n";
        assert!(refused(both).contains("either"));
        let typo = refused("bas = \"x\"\n");
        assert!(
            typo.contains("build.toml:1:1: unknown field `bas`"),
            "{typo}"
        );
    }
}
