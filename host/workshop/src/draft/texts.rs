//! The texts of a new pack: the shipped ones, changed where a new pack differs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::error::WorkshopError;

/// What is built is not kept with the sources.
pub(super) const GITIGNORE: &str = "/components\n/guests/target\n";

/// What is new about the pack.
pub(super) struct Place<'a> {
    pub(super) name: &'a str,
    /// From the pack's folder.
    pub(super) base: Option<PathBuf>,
    /// From the pack's folder.
    pub(super) root: Option<PathBuf>,
}

/// `pack.toml`, under its new name and the next revision. What else it says stays.
pub(super) fn manifest(old: &str, place: &Place<'_>) -> Result<String> {
    let mut text = match &place.base {
        Some(base) => format!("# A variant of the pack in {}. ", base.display()),
        None => String::from("# "),
    };
    text.push_str(
        "What a setting means and what it may be says the\n# tool's guest, in src/lib.rs; a key \
         left out has the default that contract v0 states.\n",
    );
    let mut at_top = true;
    let mut head = true;
    for line in old.lines() {
        at_top &= !line.starts_with('[');
        head &= line.is_empty() || line.starts_with('#');
        if head {
            continue;
        }
        let key = line.split('=').next().unwrap_or_default().trim();
        match (at_top, key) {
            (true, "name") => writeln!(text, "name = \"{}\"", place.name),
            (true, "version") => writeln!(text, "version = \"0.1.0\""),
            (true, "revision") => writeln!(text, "revision = {}", next_revision(line)?),
            _ => writeln!(text, "{line}"),
        }
        .unwrap_or_default();
    }
    Ok(text)
}

/// A host that runs the base takes only a revision above it.
fn next_revision(line: &str) -> Result<u64> {
    let value = line.split(['=', '#']).nth(1).unwrap_or_default().trim();
    value
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_add(1))
        .ok_or_else(|| WorkshopError::refused(format!("\"{line}\" is no revision")))
}

/// `build.toml`.
pub(super) fn build_file(crates: &BTreeMap<String, String>, place: &Place<'_>) -> String {
    let mut text = String::from(
        "# How this pack's components are made, by `dispatch policy build`. No part of the pack:\n\
         # its digest does not depend on this file. Paths start at this folder.\n",
    );
    if let Some(base) = &place.base {
        text.push_str("\n# whatever is not named below is copied from this pack\n");
        let _ = writeln!(text, "base = \"{}\"", base.display());
    }
    if crates.is_empty() {
        return text;
    }
    text.push_str("\n# the cargo workspace of the crates below\nguests = \"guests\"\n");
    if let Some(root) = &place.root {
        text.push_str(
            "# all sources stand below this folder; where it is on a machine is no part of a component\n",
        );
        let _ = writeln!(text, "root = \"{}\"", root.display());
    }
    text.push_str("\n[components]\n");
    for (file, guest) in crates {
        let _ = writeln!(text, "\"{file}\" = {{ crate = \"guest-{guest}\" }}");
    }
    text
}

/// The guests' `Cargo.toml` with these members only.
pub(super) fn workspace(old: &str, kept: &BTreeSet<&str>, sdk: Option<&Path>) -> String {
    let mut text = String::new();
    let mut head = true;
    for line in old.lines() {
        head &= line.starts_with('#');
        let member = line
            .trim()
            .strip_prefix('"')
            .and_then(|it| it.strip_suffix("\","));
        if head || member.is_some_and(|member| !kept.contains(member)) {
            continue;
        }
        match sdk {
            Some(sdk) if line.starts_with("dispatch-sdk = ") => {
                let _ = writeln!(text, "dispatch-sdk = {{ path = \"{}\" }}", sdk.display());
            }
            // the SDK brings its own
            Some(_) if line.starts_with("wit-bindgen = ") || line.contains("generator's") => {}
            _ => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    format!(
        "# The rules of this pack. `dispatch policy build` makes their components; `cargo test`\n\
         # here tests them on this machine like any other Rust.\n{text}"
    )
}

/// `Cargo.lock` without the guests that are not there.
pub(super) fn lock(old: &str, kept: &BTreeSet<&str>) -> String {
    let gone = |block: &str| {
        block
            .split_once("name = \"guest-")
            .and_then(|(_, rest)| rest.split_once('"'))
            .is_some_and(|(guest, _)| !kept.contains(guest))
    };
    let mut blocks = old.split("[[package]]\n");
    let mut text = blocks.next().unwrap_or_default().to_owned();
    for block in blocks.filter(|block| !gone(block)) {
        text.push_str("[[package]]\n");
        text.push_str(block);
    }
    format!("{}\n", text.trim_end())
}

/// What stands where, and what to do next.
pub(super) fn readme(crates: &BTreeMap<String, String>, place: &Place<'_>) -> String {
    let name = place.name;
    let mut text = format!(
        "# {name}\n\nA policy pack for Real Dispatch, as `dispatch policy new` wrote it.\n\n\
         | | |\n| --- | --- |\n\
         | `pack.toml` | name, revision, and for each tool its component, settings and limits |\n\
         | `cedar/` | who may call what and drive which transition |\n\
         | `tests/` | decision cases: a question, and the verdict it must have |\n\
         | `build.toml` | how components are made |\n"
    );
    if !crates.is_empty() {
        text.push_str("| `guests/<tool>/` | the rules of a tool, and their unit tests |\n");
        if place.root.is_none() {
            text.push_str(
                "| `guests/sdk/` | what a rule is written with |\n\
                 | `wit/` | the contract between host and rules |\n",
            );
        }
    }
    let _ = write!(
        text,
        "\n```sh\ndispatch policy build .   # components/, which are not committed\n\
         dispatch policy check .   # would a host take it?\n\
         dispatch policy test .    # its decision cases\n```\n"
    );
    text
}
