//! Texts from templates: strict, so that a missing key or file is an error and never a gap.
//!
//! The shipped set lies in `host/provision/templates` and is built in. A file is looked for
//! below the agent's kind first (`lead/AGENTS.md`), then at the top (`AGENTS.md`); a folder
//! of one's own goes before the shipped set, file by file. Values are put in as they are:
//! markdown is not escaped, and a value is never read as a template.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, escape_formatter};

use crate::context::context;
use crate::files::File;
use crate::keys::Kind;
use crate::plan::AgentPlan;
use dispatch_gateway::Secret;

/// The largest template that is read from a folder, in bytes.
const MAX_TEMPLATE_BYTES: u64 = 64 * 1024;

/// The shipped set: where a template lies, and its text.
const SHIPPED: [(&str, &str); 10] = [
    ("AGENTS.md", include_str!("../templates/AGENTS.md")),
    ("BOOTSTRAP.md", include_str!("../templates/BOOTSTRAP.md")),
    ("HEARTBEAT.md", include_str!("../templates/HEARTBEAT.md")),
    ("IDENTITY.md", include_str!("../templates/IDENTITY.md")),
    ("MEMORY.md", include_str!("../templates/MEMORY.md")),
    ("SOUL.md", include_str!("../templates/SOUL.md")),
    ("TOOLS.md", include_str!("../templates/TOOLS.md")),
    ("USER.md", include_str!("../templates/USER.md")),
    (
        "lead/AGENTS.md",
        include_str!("../templates/lead/AGENTS.md"),
    ),
    (
        "main/AGENTS.md",
        include_str!("../templates/main/AGENTS.md"),
    ),
];

/// A set of templates.
#[derive(Clone, Debug)]
pub struct Templates {
    texts: BTreeMap<String, String>,
}

/// A text that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The set lacks a file.
    #[error("there is no template for {file} of a {kind}: put {file} into the templates' folder")]
    Missing {
        /// The file.
        file: File,
        /// Whose.
        kind: Kind,
    },
    /// The template is wrong, or names a key that there is not.
    #[error("the template {template} for agent {agent}: {}", reason(.source))]
    Render {
        /// Which template.
        template: String,
        /// The agent's name.
        agent: String,
        /// Where and why.
        source: minijinja::Error,
    },
    /// The text is longer than what a gateway shows an agent.
    #[error(
        "{file} for agent {agent} has {characters} characters; the gateway shows an agent at most {limit}: shorten its template"
    )]
    TooLong {
        /// The file.
        file: File,
        /// The agent's name.
        agent: String,
        /// Its length.
        characters: usize,
        /// What is allowed.
        limit: usize,
    },
    /// A folder of templates cannot be read.
    #[error("cannot read templates from {}", .path.display())]
    Folder {
        /// What was to be read.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file in the folder that no agent has.
    #[error("{} is no template of an agent's file: the names are {}", .0.display(), names())]
    UnknownFile(PathBuf),
    /// A template over the limit.
    #[error("{} is larger than {MAX_TEMPLATE_BYTES} bytes", .0.display())]
    TooLarge(PathBuf),
}

fn names() -> String {
    File::ALL.map(File::name).join(", ")
}

fn reason(error: &minijinja::Error) -> String {
    let line = error
        .line()
        .map_or(String::new(), |line| format!("line {line}: "));
    let detail = error
        .detail()
        .map_or(String::new(), |detail| format!(": {detail}"));
    format!("{line}{}{detail}", error.kind())
}

impl Templates {
    /// The set that is built in.
    #[must_use]
    pub fn shipped() -> Self {
        let texts = SHIPPED.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Self {
            texts: texts.into(),
        }
    }

    /// The shipped set with a folder's files before it: `AGENTS.md` and so on for every
    /// kind, `main/AGENTS.md`, `lead/…`, `worker/…` for one. A file at the folder's top goes
    /// before the shipped set's for one kind too.
    ///
    /// # Errors
    /// A folder or file that cannot be read, or a markdown file that no agent has.
    pub fn with_folder(folder: &Path) -> Result<Self, TemplateError> {
        let mut set = Self::shipped();
        let mut own = read(folder, None)?;
        for kind in [Kind::Main, Kind::Lead, Kind::Worker] {
            let below = folder.join(kind.name());
            if below.is_dir() {
                own.extend(read(&below, Some(kind))?);
            }
        }
        let tops: Vec<_> = own
            .keys()
            .filter(|name| !name.contains('/'))
            .cloned()
            .collect();
        set.texts.retain(|name, _| {
            !name
                .split_once('/')
                .is_some_and(|(_, file)| tops.iter().any(|top| top == file))
        });
        set.texts.extend(own);
        Ok(set)
    }

    /// The text of a file for an agent, trimmed. May be empty: then it is not written.
    ///
    /// # Errors
    /// A missing template, a missing key, a text over the file's budget.
    pub fn render(
        &self,
        file: File,
        plan: &AgentPlan,
        token: &Secret,
    ) -> Result<String, TemplateError> {
        let (template, source) = self.source(file, plan)?;
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_formatter(|out, state, value| match value.kind() {
            // as they read in a configuration, not as Python writes them
            ValueKind::Bool => escape_formatter(out, state, &Value::from(word(value.is_true()))),
            _ => escape_formatter(out, state, value),
        });
        if let Ok(syntax) = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
        {
            environment.set_syntax(syntax);
        }
        let text = environment
            .render_named_str(&template, source, Serde(context(plan, token)))
            .map_err(|source| TemplateError::Render {
                template,
                agent: plan.name.clone(),
                source,
            })?;
        within_budget(file, plan, text.trim().to_owned())
    }

    fn source<'a>(
        &'a self,
        file: File,
        plan: &'a AgentPlan,
    ) -> Result<(String, &'a str), TemplateError> {
        let own = match file {
            File::Identity => plan.overrides.identity.as_deref(),
            File::Soul => plan.overrides.soul.as_deref(),
            _ => None,
        };
        if let Some(text) = own.filter(|text| !text.trim().is_empty()) {
            return Ok((format!("{file} of the agent's own"), text));
        }
        let kind = plan.post.kind();
        [format!("{kind}/{file}"), file.name().to_owned()]
            .into_iter()
            .find_map(|name| self.texts.get(&name).map(|text| (name, text.as_str())))
            .ok_or(TemplateError::Missing { file, kind })
    }
}

fn word(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}

fn within_budget(file: File, plan: &AgentPlan, text: String) -> Result<String, TemplateError> {
    let characters = text.chars().count();
    if characters > file.budget() {
        return Err(TemplateError::TooLong {
            file,
            agent: plan.name.clone(),
            characters,
            limit: file.budget(),
        });
    }
    Ok(text)
}

/// AGENTS.md with the texts of files that the gateway does not take as sections at its end.
///
/// # Errors
/// Where that is longer than AGENTS.md may be.
pub(crate) fn with_sections(
    agents: &str,
    moved: &[(&'static str, String)],
    plan: &AgentPlan,
) -> Result<String, TemplateError> {
    let mut text = agents.to_owned();
    for (title, moved) in moved {
        text.push_str(&format!("\n\n## {title}\n\n{}", below_heading(moved)));
    }
    within_budget(File::Agents, plan, text)
}

/// A document as the body of a second-level section: without its title, its other headings
/// one level lower. Lines within fences are left alone.
fn below_heading(text: &str) -> String {
    let mut fenced = false;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let is_heading =
            !fenced && line.trim_start_matches('#').starts_with(' ') && line.starts_with('#');
        match line.strip_prefix("# ") {
            Some(_) if is_heading && lines.iter().all(String::is_empty) => {}
            _ if is_heading => lines.push(format!("#{line}")),
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n").trim().to_owned()
}

/// The templates of one folder, named as the shipped set names them.
fn read(folder: &Path, kind: Option<Kind>) -> Result<BTreeMap<String, String>, TemplateError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| TemplateError::Folder { path, source }
    };
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.is_dir() || path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(file) = name.and_then(File::named) else {
            return Err(TemplateError::UnknownFile(path));
        };
        let mut text = String::new();
        let opened = fs::File::open(&path).map_err(failed(&path))?;
        let read = opened
            .take(MAX_TEMPLATE_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(failed(&path))?;
        if read as u64 > MAX_TEMPLATE_BYTES {
            return Err(TemplateError::TooLarge(path));
        }
        let name = kind.map_or(file.name().to_owned(), |kind| format!("{kind}/{file}"));
        found.insert(name, text);
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
