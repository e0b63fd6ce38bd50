//! The file's text as values. Every complaint has its line and column.

use std::collections::BTreeMap;

use ratatui::style::Color;
use serde::Deserialize;
use toml::Spanned;

use super::Source;
use crate::keys::{BadKey, Keys};
use crate::theme::{Depth, Palette, Role};

/// A host by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Host {
    pub(crate) url: String,
    pub(crate) token: Source,
    pub(crate) read_only: bool,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) default: Option<String>,
    pub(crate) hosts: BTreeMap<String, Host>,
    pub(crate) palette: Palette,
    /// None: as the terminal says.
    pub(crate) depth: Option<Depth>,
    pub(crate) own: BTreeMap<Role, Color>,
    pub(crate) keys: Keys,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    default: Option<Spanned<String>>,
    #[serde(default)]
    hosts: BTreeMap<String, HostForm>,
    #[serde(default)]
    theme: ThemeForm,
    #[serde(default)]
    keys: BTreeMap<String, BTreeMap<String, Spanned<Vec<String>>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HostForm {
    url: String,
    token: Spanned<toml::Value>,
    #[serde(default)]
    read_only: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeForm {
    name: Option<Spanned<String>>,
    colors: Option<Spanned<String>>,
    #[serde(default)]
    own: BTreeMap<String, Spanned<String>>,
}

impl File {
    /// Read it.
    ///
    /// # Errors
    /// Where it is wrong, and what would be right.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let at = |span: std::ops::Range<usize>| {
            let before = text.get(..span.start).unwrap_or("");
            let line = before.matches('\n').count() + 1;
            let start = before.rfind('\n').map_or(0, |at| at + 1);
            let column = before[start..].chars().count() + 1;
            format!("line {line}, column {column}")
        };
        let form: Form = toml::from_str(text).map_err(|error| {
            let place = error
                .span()
                .map_or(String::new(), |span| format!("{}: ", at(span)));
            format!("{place}{}", error.message())
        })?;
        let mut hosts = BTreeMap::new();
        for (name, host) in form.hosts {
            let span = host.token.span();
            let token = source(&host.token.into_inner())
                .map_err(|why| format!("{}: [hosts.{name}] token: {why}", at(span)))?;
            hosts.insert(
                name,
                Host {
                    url: host.url,
                    token,
                    read_only: host.read_only,
                },
            );
        }
        if let Some(default) = &form.default
            && !hosts.contains_key(default.get_ref())
        {
            return Err(format!(
                "{}: default = \"{}\" names no host; add [hosts.{}]",
                at(default.span()),
                default.get_ref(),
                default.get_ref()
            ));
        }
        let palette = match &form.theme.name {
            None => Palette::Dark,
            Some(name) => Palette::named(name.get_ref()).ok_or_else(|| {
                format!(
                    "{}: theme name is dark, light, safe or safe-light",
                    at(name.span())
                )
            })?,
        };
        let depth = match &form.theme.colors {
            None => None,
            Some(colors) => depth(colors.get_ref()).ok_or_else(|| {
                format!(
                    "{}: theme colors is auto, none, 16, 256 or true",
                    at(colors.span())
                )
            })?,
        };
        let mut own = BTreeMap::new();
        for (name, color) in &form.theme.own {
            let role = Role::NAMED.into_iter().find(|(known, _)| known == name);
            let (Some((_, role)), Ok(color)) = (role, color.get_ref().parse()) else {
                return Err(format!(
                    "{}: [theme.own] takes alarm, warn, good, strong, marked and faint, each a \
                     colour such as \"red\", \"208\" or \"#ff8700\"",
                    at(color.span())
                ));
            };
            own.insert(role, color);
        }
        let spans = &form.keys;
        let plain = spans.iter().map(|(context, actions)| {
            let actions = actions.iter();
            let keys = actions.map(|(action, keys)| (action.clone(), keys.get_ref().clone()));
            (context.clone(), keys.collect())
        });
        let keys = Keys::with(&plain.collect()).map_err(|bad| {
            let place = guilty(spans, &bad).map_or(String::new(), |span| format!("{}: ", at(span)));
            format!("{place}{bad}")
        })?;
        Ok(Self {
            default: form.default.map(Spanned::into_inner),
            hosts,
            palette,
            depth,
            own,
            keys,
        })
    }
}

/// Where the keys are that a complaint is about.
fn guilty(
    keys: &BTreeMap<String, BTreeMap<String, Spanned<Vec<String>>>>,
    bad: &BadKey,
) -> Option<std::ops::Range<usize>> {
    let span = |context: &str, action: &str| Some(keys.get(context)?.get(action)?.span());
    match bad {
        BadKey::Context(context) => {
            let first = keys.get(context)?.values().next()?;
            Some(first.span())
        }
        BadKey::Action { context, action }
        | BadKey::Key {
            context, action, ..
        } => span(context, action),
        BadKey::Twice {
            context,
            first,
            second,
            ..
        } => ["anywhere", context]
            .into_iter()
            .flat_map(|context| [(context, first), (context, second)])
            .find_map(|(context, action)| span(context, action)),
        BadKey::NoQuit(context) => span(context, "quit"),
    }
}

/// Read by hand, so that no complaint repeats a token that somebody put here.
fn source(form: &toml::Value) -> Result<Source, String> {
    let wrong = || {
        "say one of { file = \"…\" }, { env = \"…\" } and { command = [\"…\"] }; the token \
         itself does not belong into this file"
            .to_owned()
    };
    let table = form.as_table().filter(|table| table.len() == 1);
    let (name, value) = table
        .and_then(|table| table.iter().next())
        .ok_or_else(wrong)?;
    let words = value.as_array().map(|words| {
        let words = words.iter().filter_map(|word| word.as_str());
        words.map(str::to_owned).collect::<Vec<_>>()
    });
    match (name.as_str(), value.as_str(), words) {
        ("file", Some(file), _) => Ok(Source::File(file.into())),
        ("env", Some(name), _) => Ok(Source::Env(name.to_owned())),
        ("command", _, Some(words)) if !words.is_empty() => Ok(Source::Command(words)),
        _ => Err(wrong()),
    }
}

fn depth(name: &str) -> Option<Option<Depth>> {
    match name {
        "auto" => Some(None),
        "none" => Some(Some(Depth::None)),
        "16" => Some(Some(Depth::Sixteen)),
        "256" => Some(Some(Depth::Indexed)),
        "true" => Some(Some(Depth::True)),
        _ => None,
    }
}
