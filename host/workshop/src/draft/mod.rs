//! A new pack, laid out so that it builds and passes its tests as it stands: from the
//! sources in this binary, or as a variant of another pack.

mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::error::WorkshopError;
use crate::folder::{make, read_text, relative, write};
use crate::plan::{self, BUILD_FILE, MANIFEST};

/// The sources of this repository that a new pack may need, by their path in it.
static SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

const SHIPPED: &str = "policies/real-dispatch/";
const MAX_NAME: usize = 64;

/// A pack that is to be.
#[derive(Debug)]
pub struct Draft<'a> {
    /// Its name, and that of its folder.
    pub name: &'a str,
    /// The folder in which its own is made.
    pub within: &'a Path,
    /// The pack that it varies; none: the shipped one, all sources of which it gets.
    pub base: Option<&'a Path>,
    /// With a base: the tools whose crates it gets, by name; the others' components are
    /// copied from the base.
    pub tools: &'a [String],
    /// A folder with the SDK, instead of a copy of it.
    pub sdk: Option<&'a Path>,
}

/// What was laid out.
#[derive(Debug, PartialEq, Eq)]
pub struct LaidOut {
    /// The pack's folder.
    pub folder: PathBuf,
    /// Every file, by its path in the folder.
    pub files: Vec<String>,
}

/// Writes a new pack and its guest workspace into a folder of the pack's name.
///
/// # Errors
/// Where the name is no name, the folder is there already, or the base is no pack; then
/// nothing is written.
pub fn lay_out(draft: &Draft<'_>) -> Result<LaidOut> {
    check_name(draft.name)?;
    let within = draft
        .within
        .canonicalize()
        .map_err(WorkshopError::at("find", draft.within))?;
    let folder = within.join(draft.name);
    if fs::symlink_metadata(&folder).is_ok() {
        return Err(WorkshopError::refused(format!(
            "{} is there already, and nothing is overwritten: choose another name",
            folder.display()
        )));
    }
    let files = files(draft, &folder)?;
    // whole or not at all: written beside, then moved to its place
    let beside = tempfile::Builder::new()
        .prefix(".new-pack-")
        .tempdir_in(&within)
        .map_err(WorkshopError::at("write below", &within))?;
    for (path, text) in &files {
        let file = beside.path().join(path);
        make(file.parent().unwrap_or(beside.path()))?;
        write(&file, text)?;
    }
    let made = beside.keep();
    open_to_readers(&made)?;
    fs::rename(&made, &folder).map_err(WorkshopError::at("write", &folder))?;
    Ok(LaidOut {
        folder,
        files: files.into_keys().collect(),
    })
}

/// A temporary folder is its maker's alone; a host may run as another user.
fn open_to_readers(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
        .map_err(WorkshopError::at("open", folder))
}

/// As `pack.toml` takes it, and no option of a command.
fn check_name(name: &str) -> Result<()> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let why = if name.is_empty() || name.len() > MAX_NAME {
        "has 1 to 64 characters"
    } else if !name.chars().all(is_plain) {
        "is made of a-z, 0-9 and dashes"
    } else if name.starts_with('-') {
        "begins with a letter or a digit"
    } else {
        return Ok(());
    };
    Err(WorkshopError::refused(format!(
        "\"{name}\" is no name of a pack: it {why}"
    )))
}

/// Every file of the new pack with its text.
fn files(draft: &Draft<'_>, folder: &Path) -> Result<BTreeMap<String, String>> {
    let base = draft.base.map(|base| {
        base.canonicalize()
            .map_err(WorkshopError::at("find the base", base))
    });
    let base = base.transpose()?;
    let mut files = match &base {
        Some(base) => rules_of(base)?,
        None => embedded_below(SHIPPED),
    };
    files.remove(BUILD_FILE);
    let manifest = files.remove(MANIFEST).ok_or_else(|| {
        let at = base.as_deref().unwrap_or(Path::new(SHIPPED));
        WorkshopError::refused(format!("{} is no pack: it has no {MANIFEST}", at.display()))
    })?;
    let judged = plan::components_in(&manifest, MANIFEST)?;
    let crates = crates(draft, &judged)?;
    let sdk = draft.sdk.map(sdk_at).transpose()?;
    if !crates.is_empty() {
        files.extend(workspace(&crates, sdk.as_deref(), folder)?);
        if sdk.is_none() {
            files.extend(
                embedded_below("wit/")
                    .into_iter()
                    .map(|(path, text)| (format!("wit/{path}"), text)),
            );
        }
    }
    let place = texts::Place {
        name: draft.name,
        base: base.as_deref().map(|base| relative(folder, base)),
        root: sdk
            .as_deref()
            .map(|sdk| relative(folder, &common(folder, sdk))),
    };
    files.insert(MANIFEST.into(), texts::manifest(&manifest, &place)?);
    files.insert(BUILD_FILE.into(), texts::build_file(&crates, &place));
    files.insert("README.md".into(), texts::readme(&crates, &place));
    files.insert(".gitignore".into(), texts::GITIGNORE.into());
    Ok(files)
}

/// The chosen tools' component files and crates, in the pack's order of files.
fn crates(draft: &Draft<'_>, judged: &plan::Tools) -> Result<BTreeMap<String, String>> {
    let chosen: BTreeSet<&String> = match draft.base {
        Some(_) => draft.tools.iter().collect(),
        None if draft.tools.is_empty() => judged.by_tool.keys().collect(),
        None => {
            return Err(WorkshopError::refused(
                "with some tools only, the others' components come from a base: name it",
            ));
        }
    };
    let mut crates = BTreeMap::new();
    for tool in chosen {
        let file = judged.by_tool.get(tool).ok_or_else(|| {
            WorkshopError::refused(format!("the base has no component for {tool}"))
        })?;
        let guest = tool.replace(['.', '_'], "-");
        if !SOURCES
            .iter()
            .any(|(path, _)| path.starts_with(&format!("guests/{guest}/")))
        {
            return Err(WorkshopError::refused(format!(
                "there is no guest for {tool} to begin with"
            )));
        }
        crates.insert(file.clone(), guest);
    }
    Ok(crates)
}

/// The guest workspace: the chosen crates, and the SDK unless it stands elsewhere.
fn workspace(
    crates: &BTreeMap<String, String>,
    sdk: Option<&Path>,
    folder: &Path,
) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let kept: BTreeSet<&str> = crates
        .values()
        .map(String::as_str)
        .chain(sdk.is_none().then_some("sdk"))
        .collect();
    for (path, text) in embedded_below("guests/") {
        let first = path.split('/').next().unwrap_or_default();
        let text = match path.as_str() {
            "Cargo.toml" => {
                let sdk = sdk.map(|sdk| relative(&folder.join("guests"), sdk));
                texts::workspace(&text, &kept, sdk.as_deref())
            }
            "Cargo.lock" => texts::lock(&text, &kept),
            _ if kept.contains(first) => text,
            _ => continue,
        };
        files.insert(format!("guests/{path}"), text);
    }
    Ok(files)
}

fn embedded_below(folder: &str) -> BTreeMap<String, String> {
    SOURCES
        .iter()
        .filter_map(|(path, text)| {
            Some((path.strip_prefix(folder)?.to_owned(), (*text).to_owned()))
        })
        .collect()
}

/// A pack's manifest, policies and cases, with the words that stand beside them.
fn rules_of(base: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let manifest = base.join(MANIFEST);
    if manifest.is_file() {
        files.insert(MANIFEST.to_owned(), read_text(&manifest)?);
    }
    for (sub, endings) in [
        ("cedar", &["cedar", "cedarschema"][..]),
        ("tests", &["toml", "md"][..]),
    ] {
        let folder = base.join(sub);
        if !folder.is_dir() {
            continue;
        }
        for file in crate::compiler::private::files(&folder)? {
            let ending = file
                .extension()
                .and_then(|it| it.to_str())
                .unwrap_or_default();
            let name = file
                .file_name()
                .and_then(|it| it.to_str())
                .unwrap_or_default();
            if endings.contains(&ending) && !name.starts_with('.') {
                files.insert(format!("{sub}/{name}"), read_text(&file)?);
            }
        }
    }
    Ok(files)
}

fn sdk_at(sdk: &Path) -> Result<PathBuf> {
    let found = sdk
        .canonicalize()
        .map_err(WorkshopError::at("find the SDK", sdk))?;
    if found.join("src/bindings.rs").is_file() {
        return Ok(found);
    }
    Err(WorkshopError::refused(format!(
        "{} is not the SDK's folder: it has no src/bindings.rs",
        sdk.display()
    )))
}

/// The deepest folder that holds both.
fn common(one: &Path, other: &Path) -> PathBuf {
    one.components()
        .zip(other.components())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a)
        .collect()
}

#[cfg(test)]
mod tests;
