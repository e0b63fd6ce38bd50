//! From `.cedar` files to slices: parsed, checked strictly, cut by scope.
//!
//! Nothing is let pass with a warning: a policy that can never apply is a
//! mistake somebody will rely on.

use std::collections::{BTreeMap, HashMap, HashSet};

use cedar_policy::{
    Entities, Entity, EntityId, EntityUid, Policy, PolicyId, PolicySet, Request, Schema,
    ValidationMode, Validator,
};
use dispatch_contract::{Role, State, Tool};

use super::ask::{EXTRA_ACTIONS, Model, Move, action_uid, type_name};
use super::shape;
use super::slice::Slice;
use super::suggest;
use super::{ACTIONS, Authority, OVERRIDE, READ, TRANSITION};
use crate::pack::place;

/// Other places named beside the first that is wrong.
const NAMED: usize = 5;
/// The most policies a pack may have.
const MAX_POLICIES: usize = 500;

/// Why a pack's policies were refused.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("{message}")]
pub(crate) struct CedarError {
    /// The file within the pack, where one is to blame.
    pub(crate) file: Option<String>,
    /// Its line, counted from 1.
    pub(crate) line: Option<usize>,
    /// The place in the line, in characters, counted from 1.
    pub(crate) column: Option<usize>,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do about it, where Cedar or the host knows.
    pub(crate) help: Option<String>,
}

impl CedarError {
    fn new(message: impl Into<String>) -> Self {
        Self {
            file: None,
            line: None,
            column: None,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn at(
        file: &str,
        text: &str,
        offset: Option<usize>,
        message: impl Into<String>,
    ) -> Self {
        let place = offset.and_then(|offset| place(text, offset));
        Self {
            file: Some(file.to_owned()),
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            ..Self::new(message)
        }
    }

    /// What Cedar says of a text, where it points, and the help it offers.
    fn said(
        file: &str,
        text: &str,
        otherwise: Option<usize>,
        error: &(impl miette::Diagnostic + ?Sized),
        message: impl Into<String>,
    ) -> Self {
        let offset = first_label(error).or(otherwise);
        Self {
            help: first_help(error),
            ..Self::at(file, text, offset, message)
        }
    }

    /// `cedar/a.cedar:3:7`, as far as it is known.
    fn place(&self) -> String {
        let mut place = self.file.clone().unwrap_or_default();
        for number in [self.line, self.column].into_iter().flatten() {
            place += &format!(":{number}");
        }
        place
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Where a policy stands.
struct Place<'a> {
    file: &'a str,
    text: &'a str,
    offset: Option<usize>,
}

impl Authority {
    /// From the schema and the policies, each with its path in the pack.
    pub(crate) fn load(
        (schema_file, schema): (&str, &str),
        policies: &BTreeMap<&str, &str>,
    ) -> Result<Self, CedarError> {
        shape::check_schema(schema_file, schema)?;
        for (file, text) in policies {
            shape::check(file, text)?;
        }
        let schema = read_schema(schema_file, schema)?;
        let (all, places) = read_policies(policies)?;
        validate(&schema, &all, &places)?;
        let (actions, groups) = action_entities(&schema, schema_file)?;
        let model = Model::new(actions);
        check_model(&schema, &model, schema_file)?;
        let slices = (0..ACTIONS)
            .map(|action| {
                Role::ALL
                    .into_iter()
                    .map(|role| Slice::cut(&all, &model, action, &groups[action], role))
                    .collect()
            })
            .collect();
        Ok(Self { model, slices, all })
    }
}

fn read_schema(file: &str, text: &str) -> Result<Schema, CedarError> {
    let (schema, warnings) = Schema::from_cedarschema_str(text)
        .map_err(|error| CedarError::said(file, text, None, &error, error.to_string()))?;
    match warnings.into_iter().next() {
        Some(warning) => {
            let message = warning.to_string();
            Err(CedarError::said(file, text, None, &warning, message))
        }
        None => Ok(schema),
    }
}

/// The offset that an error points at.
fn first_label(error: &(impl miette::Diagnostic + ?Sized)) -> Option<usize> {
    let own = error.labels().and_then(|mut labels| labels.next());
    own.map(|label| label.offset()).or_else(|| {
        let mut related = error.related()?;
        related.find_map(first_label)
    })
}

/// The help that an error offers.
fn first_help(error: &(impl miette::Diagnostic + ?Sized)) -> Option<String> {
    let own = error.help().map(|help| help.to_string());
    own.or_else(|| {
        let mut related = error.related()?;
        related.find_map(first_help)
    })
}

fn read_policies<'a>(
    files: &BTreeMap<&'a str, &'a str>,
) -> Result<(PolicySet, HashMap<PolicyId, Place<'a>>), CedarError> {
    let mut all = PolicySet::new();
    let mut places = HashMap::new();
    for (&file, &text) in files {
        let parsed: PolicySet = text.parse().map_err(|errors| {
            CedarError::said(file, text, None, &errors, format!("not Cedar: {errors}"))
        })?;
        if parsed.num_of_templates() > 0 {
            return Err(CedarError::at(
                file,
                text,
                text.find("?principal").or_else(|| text.find("?resource")),
                "templates are not taken",
            )
            .help("write the policy out for each principal and resource"));
        }
        for policy in parsed.policies() {
            let offset = policy
                .to_cedar()
                .and_then(|source| text.find(source.trim()));
            let (id, policy) =
                named(policy).map_err(|message| CedarError::at(file, text, offset, message))?;
            let place = Place { file, text, offset };
            if let Some(first) = places.insert(id.clone(), place) {
                return Err(CedarError::at(
                    file,
                    text,
                    offset,
                    format!(
                        "@id(\"{id}\") is also in {}; ids are unique in a pack",
                        first.file
                    ),
                ));
            }
            all.add(policy)
                .map_err(|error| CedarError::at(file, text, offset, error.to_string()))?;
        }
    }
    match all.num_of_policies() {
        0 => Err(CedarError::new(
            "there is no policy; without one nobody may do anything",
        )),
        n if n > MAX_POLICIES => Err(CedarError::new(format!(
            "{n} policies; at most {MAX_POLICIES} are taken"
        ))),
        _ => Ok((all, places)),
    }
}

/// Ids by position move when a file is edited, and end up in decisions: every
/// policy names itself, and says why it is there.
fn named(policy: &Policy) -> Result<(PolicyId, Policy), String> {
    let id = policy.annotation("id").unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if id.is_empty() || id.len() > 100 || !id.chars().all(plain) {
        return Err(
            "every policy needs an @id(\"...\") of 1 to 100 letters, digits, dots, dashes".into(),
        );
    }
    if policy
        .annotation("reason")
        .unwrap_or_default()
        .trim()
        .is_empty()
    {
        return Err(format!(
            "policy {id} needs a @reason(\"...\"): a sentence for who is refused"
        ));
    }
    let id = PolicyId::new(id);
    Ok((id.clone(), policy.new_id(id)))
}

fn validate(
    schema: &Schema,
    all: &PolicySet,
    places: &HashMap<PolicyId, Place<'_>>,
) -> Result<(), CedarError> {
    let result = Validator::new(schema.clone()).validate(all, ValidationMode::Strict);
    let told = |id: &PolicyId, found: &dyn miette::Diagnostic| match places.get(id) {
        Some(Place { file, text, offset }) => {
            CedarError::said(file, text, *offset, found, found.to_string())
        }
        None => CedarError::new(found.to_string()),
    };
    let errors = result.validation_errors().map(|error| {
        let mut told = told(error.policy_id(), error);
        told.help = told.help.map(|help| suggest::settled(schema, error, help));
        told
    });
    let warnings = result.validation_warnings();
    let warnings = warnings.map(|warning| told(warning.policy_id(), warning));
    let mut all = errors.chain(warnings);
    let Some(mut first) = all.next() else {
        return Ok(());
    };
    let others: Vec<String> = all.map(|other| other.place()).collect();
    if !others.is_empty() {
        let named: Vec<_> = others.iter().take(NAMED).map(String::as_str).collect();
        let cut = if others.len() > NAMED { ", …" } else { "" };
        let count = others.len();
        first.message += &format!(" (and {count} more: {}{cut})", named.join(", "));
    }
    Err(first)
}

/// An action with all its groups, and the groups alone.
type Actions = (Vec<Entity>, Vec<HashSet<EntityUid>>);

/// The actions that will be asked about.
fn action_entities(schema: &Schema, file: &str) -> Result<Actions, CedarError> {
    let refused = |message: String| CedarError {
        file: Some(file.to_owned()),
        ..CedarError::new(message)
    };
    let declared = schema
        .action_entities()
        .map_err(|error| refused(error.to_string()))?;
    let (mut actions, mut groups) = (Vec::new(), Vec::new());
    for name in Tool::ALL.into_iter().map(Tool::name).chain(EXTRA_ACTIONS) {
        let uid = action_uid(name);
        let action = declared.get(&uid).ok_or_else(|| {
            refused(format!(
                "the schema lacks action \"{name}\"; it needs the twelve tools, \
                 \"transition\", \"override\" and \"ticket.read\""
            ))
        })?;
        actions.push(action.clone());
        groups.push(
            declared
                .ancestors(&uid)
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
        );
    }
    Ok((actions, groups))
}

/// Put a question of each kind to the schema: what it does not accept now would
/// be an error in every call.
fn check_model(schema: &Schema, model: &Model, file: &str) -> Result<(), CedarError> {
    let refused = |what: String| CedarError {
        file: Some(file.to_owned()),
        ..CedarError::new(format!(
            "the schema does not fit what the host asks: {what}"
        ))
    };
    let moved = Move {
        from: State::New,
        to: State::Triaged,
        tool: Tool::TicketSetPriority,
        with_override: false,
    };
    let anybody = || EntityId::new("anybody");
    let ticket = EntityUid::from_type_name_and_id(type_name("Ticket"), anybody());
    for role in Role::ALL {
        let principal = model.principal_type(role);
        for action in 0..ACTIONS {
            let context = match action {
                TRANSITION => model.move_context(&moved),
                OVERRIDE => model.override_context(Tool::TicketCreate),
                READ => model.empty_context(),
                _ => model.tool_context(0, false),
            };
            let uid = EntityUid::from_type_name_and_id(principal.clone(), anybody());
            let name = model.actions[action].uid();
            Request::new(uid, name, ticket.clone(), context, Some(schema))
                .map_err(|error| refused(error.to_string()))?;
        }
        let sample = model.sample(role);
        Entities::from_entities(sample, Some(schema)).map_err(|error| {
            let cause = std::error::Error::source(&error);
            refused(cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}")))
        })?;
    }
    Ok(())
}
