//! Secrets as a gateway's configuration has them: references, and what is none.

use std::collections::BTreeMap;

use dispatch_gateway::SecretRef;
use serde_json::{Map, Value, json};

use super::Finding;
use super::path::{at, fields};
use super::plan::PlanError;

/// What a running gateway shows instead of a secret.
const REDACTED: &str = "__OPENCLAW_REDACTED__";

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
                let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                let begins = name.starts_with(|c: char| c.is_ascii_uppercase());
                if !begins || !name.chars().all(fits) {
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

/// Finds secrets that stand in the configuration as text.
pub(super) fn check(config: &Value, findings: &mut Vec<Finding>) {
    let mut look = |path: String, value: &Value| {
        if is_text(value) {
            findings.push(Finding::breaks(
                path,
                "a secret stands in the configuration as text",
                r#"{"source":"env","provider":"default","id":"NAME"}, and change the secret"#,
            ));
        }
    };
    for path in ["gateway.auth.token", "gateway.auth.password"] {
        look(path.to_owned(), at(config, path));
    }
    for (name, provider) in fields(at(config, "models.providers")) {
        look(
            format!("models.providers.{name}.apiKey"),
            &provider["apiKey"],
        );
    }
    for (channel, settings) in fields(at(config, "channels")) {
        secrets_of(&format!("channels.{channel}"), settings, &mut look);
    }
}

/// What is named as a secret, however deep: accounts have their own.
fn secrets_of(path: &str, value: &Value, look: &mut impl FnMut(String, &Value)) {
    for (key, inner) in fields(value) {
        let place = format!("{path}.{key}");
        let lower = key.to_lowercase();
        if ["token", "secret", "password", "apikey"]
            .iter()
            .any(|word| lower.ends_with(word))
        {
            look(place, inner);
        } else {
            secrets_of(&place, inner, look);
        }
    }
}

/// A text that is neither empty, nor hidden, nor taken from the environment.
fn is_text(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| !text.is_empty() && text != REDACTED && !text.contains("${"))
}

/// Finds agents whose credential is none of their own.
pub(super) fn check_credentials(agents: &Value, path: &str, findings: &mut Vec<Finding>) {
    let mut whose: BTreeMap<String, &str> = BTreeMap::new();
    for (id, agent) in fields(agents) {
        let token = &agent["token"];
        let place = format!("{path}.{id}.token");
        let reference = [&token["source"], &token["provider"], &token["id"]];
        if !reference.iter().all(|part| part.is_string()) {
            findings.push(Finding::breaks(
                place,
                "an agent's credential is a reference, read where it is kept",
                r#"{"source":"env","provider":"default","id":"NAME"}"#,
            ));
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
