//! Secrets as a gateway's configuration has them: references, and what is none.

use std::collections::BTreeMap;

use dispatch_gateway::SecretRef;
use serde_json::{Map, Value, json};

use super::Finding;
use super::path::{at, fields, is_rooted};
use super::plan::PlanError;

/// What a running gateway shows instead of a secret.
const REDACTED: &str = "__OPENCLAW_REDACTED__";

/// Where a gateway can read secrets from.
const SOURCES: [&str; 4] = ["env", "file", "exec", "store"];

/// A reference, as an operator may write it.
const REFERENCE: &str = r#"{"source":"env","provider":"default","id":"NAME"}"#;

/// Where the agents' credentials are.
pub(super) const CREDENTIALS: &str = "plugins.entries.real-dispatch.config.agents";

/// References as they are written, and the providers that files need.
#[derive(Default)]
pub(super) struct References {
    providers: Map<String, Value>,
}

impl References {
    /// The reference in OpenClaw's form. `provider` names the file's provider, should it be one.
    pub(super) fn write(
        &mut self,
        reference: &SecretRef,
        provider: &str,
    ) -> Result<Value, PlanError> {
        match reference {
            SecretRef::Env(name) => {
                if !is_variable(name) {
                    return Err(PlanError::Variable(name.clone()));
                }
                Ok(json!({ "source": "env", "provider": "default", "id": name }))
            }
            SecretRef::File(path) => {
                self.providers.insert(
                    provider.to_owned(),
                    json!({ "source": "file", "path": path, "mode": "singleValue" }),
                );
                Ok(json!({ "source": "file", "provider": provider, "id": "value" }))
            }
        }
    }

    /// The providers, where there are any.
    pub(super) fn providers(self) -> Option<Value> {
        (!self.providers.is_empty()).then_some(Value::Object(self.providers))
    }
}

/// A key that ends so, in small letters and without `_` and `-`, holds a secret.
const SECRET: [&str; 10] = [
    "token",
    "secret",
    "password",
    "passphrase",
    "apikey",
    "privatekey",
    "accesskey",
    "authorization",
    "credential",
    "cookie",
];

/// In variables and headers, names that end so too: `X-Key`, `DB_PASS`.
const SECRET_IN_NAMED: [&str; 4] = ["key", "auth", "pass", "pat"];

/// Objects whose keys are names of variables or headers.
const NAMED: [&str; 3] = ["env", "vars", "headers"];

/// What includes another file.
const INCLUDE: &str = "$include";

/// Finds secrets that stand in the configuration as text, wherever; references that nothing can
/// be read by; and what cannot be looked at, because it is hidden or in another file.
pub(super) fn check(config: &Value, findings: &mut Vec<Finding>) {
    let mut scan = Scan { config, findings };
    scan.value("", config, false);
    scan.providers();
}

struct Scan<'a> {
    config: &'a Value,
    findings: &'a mut Vec<Finding>,
}

impl Scan<'_> {
    /// What is at a path, however deep; `named` where its keys are names of variables.
    fn value(&mut self, path: &str, value: &Value, named: bool) {
        let below = |key: &str| match path {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        match value {
            Value::Object(inner) => {
                for (key, value) in inner {
                    let place = below(key);
                    if key == INCLUDE {
                        self.included(place);
                    } else if is_secret(key, named) {
                        self.secret(&place, value);
                    } else {
                        self.value(&place, value, NAMED.contains(&key.as_str()));
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(&below(&index.to_string()), item, named);
                }
            }
            Value::String(text) if text == REDACTED => self.hidden(path.to_owned()),
            _ => {}
        }
    }

    fn secret(&mut self, path: &str, value: &Value) {
        match value {
            Value::Object(inner) if inner.contains_key("source") => {
                // the agents' own are looked at one beside the other
                if !path.starts_with(CREDENTIALS)
                    && let Some(why) = fault(self.config, value)
                {
                    self.findings.push(Finding::breaks(path, why, REFERENCE));
                }
            }
            Value::String(text) if text == REDACTED => self.hidden(path.to_owned()),
            Value::String(_) if path.starts_with(CREDENTIALS) => {}
            Value::String(_) if is_text(value) => self.findings.push(Finding::breaks(
                path,
                "a secret stands in the configuration as text",
                format!("{REFERENCE}, or \"${{NAME}}\"; and change the secret"),
            )),
            _ => self.value(path, value, false),
        }
    }

    fn included(&mut self, path: String) {
        self.findings.push(Finding::breaks(
            path,
            "what it includes is not looked at here",
            "nothing: check the running gateway instead, which shows all of it",
        ));
    }

    fn hidden(&mut self, path: String) {
        self.findings.push(Finding::look(
            path,
            "the gateway hides it: whether it stands there as text is not known",
            "nothing: check the gateway's file too",
        ));
    }

    /// Files that references are read from.
    fn providers(&mut self) {
        for (name, provider) in fields(at(self.config, "secrets.providers")) {
            let path = format!("secrets.providers.{name}");
            let source = &provider["source"];
            if !SOURCES.iter().any(|known| source == known) {
                let set = json!(SOURCES).to_string();
                let why = "no such source of secrets";
                let place = format!("{path}.source");
                self.findings.push(Finding::breaks(place, why, set));
            }
            if source != "file" {
                continue;
            }
            if !provider["path"].as_str().is_some_and(is_rooted) {
                self.findings.push(Finding::breaks(
                    format!("{path}.path"),
                    "which file it is depends on where the gateway is started",
                    "an absolute path",
                ));
            }
            let mode = &provider["mode"];
            if !mode.is_null() && mode != "singleValue" && mode != "json" {
                self.findings.push(Finding::breaks(
                    format!("{path}.mode"),
                    "a file holds one secret, or JSON of them",
                    r#""singleValue" or "json""#,
                ));
            }
        }
    }
}

/// Is this the name of a secret?
fn is_secret(key: &str, named: bool) -> bool {
    let bare: String = key
        .chars()
        .filter(|c| !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect();
    let ends = |words: &[&str]| words.iter().any(|word| bare.ends_with(word));
    ends(&SECRET) || (named && ends(&SECRET_IN_NAMED))
}

/// A text that is neither empty nor taken from the environment.
fn is_text(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| !text.is_empty() && !text.contains("${"))
}

/// Why no gateway can read a secret by this reference.
fn fault(config: &Value, reference: &Value) -> Option<&'static str> {
    let text = |key: &str| reference[key].as_str();
    let (Some(source), Some(provider), Some(id)) = (text("source"), text("provider"), text("id"))
    else {
        return Some("a reference says source, provider and id");
    };
    if !SOURCES.contains(&source) {
        return Some("no such source of secrets");
    }
    let by_default = at(config, "secrets.defaults")[source].as_str();
    let known = at(config, "secrets.providers").get(provider).is_some()
        || by_default.unwrap_or("default") == provider;
    if !known {
        return Some("no such provider in secrets.providers");
    }
    let hidden = id == REDACTED;
    if source == "env" && !hidden && !is_variable(id) {
        return Some("OpenClaw takes variables of A-Z, 0-9 and _ that begin with a letter");
    }
    let single = at(config, "secrets.providers")[provider]["mode"] == "singleValue";
    if source == "file" && single && !hidden && id != "value" {
        return Some("of a file that holds one secret the id is \"value\"");
    }
    None
}

/// A variable as OpenClaw takes it in a reference.
fn is_variable(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(fits)
}

/// Finds agents whose credential is none of their own.
pub(super) fn check_credentials(config: &Value, findings: &mut Vec<Finding>) {
    let mut whose: BTreeMap<String, &str> = BTreeMap::new();
    for (id, agent) in fields(at(config, CREDENTIALS)) {
        let token = &agent["token"];
        let place = format!("{CREDENTIALS}.{id}.token");
        if !token.is_object() {
            findings.push(Finding::breaks(
                place,
                "an agent's credential is a reference, read where it is kept",
                REFERENCE,
            ));
            continue;
        }
        if let Some(why) = fault(config, token) {
            findings.push(Finding::breaks(place, why, REFERENCE));
            continue;
        }
        if token["id"] == REDACTED {
            continue;
        }
        if let Some(other) = whose.insert(token.to_string(), id) {
            findings.push(Finding::breaks(
                place,
                format!("the same credential as {other}'s: the host cannot tell the two apart"),
                "a credential of its own: dispatch token mint --role …",
            ));
        }
    }
}
