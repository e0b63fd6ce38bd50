//! Looking at a pack without judging by it: its policies by name, what they never do,
//! and what its components are.

use dispatch_contract::{State, Tool};
use wasmtime::component::types::ComponentItem;

use super::manifest::Manifest;
use super::{MANIFEST, Pack, PackError, PackFiles, Step};
use crate::cases::matrix::{MatrixActor, calls, cell_question};
use crate::engine::Engine;
use crate::sandbox::inspect;

/// A policy, as whoever is refused by it is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyInfo {
    /// Its `@id`.
    pub id: String,
    /// `permit` or `forbid`.
    pub effect: &'static str,
    /// Its `@reason`.
    pub reason: String,
}

/// A component of a pack, fit to run here or not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ComponentInfo {
    /// The file within the pack.
    pub file: String,
    /// The tools it judges, by `pack.toml`.
    pub tools: Vec<Tool>,
    /// Its size, in bytes.
    pub bytes: usize,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// What it imports; a component that may run here imports nothing.
    pub imports: Vec<String>,
    /// What it exports: interfaces, and their functions behind `#`.
    pub exports: Vec<String>,
    /// Linear memory it starts with, in bytes.
    pub memory_bytes: Option<u64>,
    /// Why it may not run here.
    pub unfit: Option<String>,
}

impl Pack {
    /// A policy by its `@id`.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<PolicyInfo> {
        let policies = self.0.authority.policies();
        let policy = policies.policy(&cedar_policy::PolicyId::new(id))?;
        Some(PolicyInfo {
            id: id.to_owned(),
            effect: match policy.effect() {
                cedar_policy::Effect::Permit => "permit",
                cedar_policy::Effect::Forbid => "forbid",
            },
            reason: policy.annotation("reason").unwrap_or_default().to_owned(),
        })
    }

    /// Policies that can never apply, with their place, what no policy permits anybody, and
    /// components that judge nothing. No reason to refuse a pack, but seldom meant. Up to a second.
    #[must_use]
    pub fn never(&self) -> Vec<PackError> {
        let on_ticket = calls()
            .into_iter()
            .find(|call| call.tool != Tool::TicketCreate);
        let blank = on_ticket
            .zip(MatrixActor::all().first())
            .and_then(|(call, actor)| cell_question(&call, *actor, State::New).facts.case);
        let Some(blank) = blank else {
            return Vec::new();
        };
        let coverage = self.0.authority.coverage(&blank);
        let unused = coverage.unused.into_iter().map(|id| {
            let message = format!("policy {id} can never apply");
            let error = PackError::new(Step::Cedar, message).help(
                "check the names in its scope and conditions against the schema, the roles and \
                 the lifecycle, or remove it",
            );
            let mark = format!("@id(\"{id}\")");
            let texts = self.0.files.texts(Step::Cedar, ".cedar").flatten();
            for (file, text) in texts {
                if let Some(offset) = text.find(&mark) {
                    return error.at(file, text, Some(offset));
                }
            }
            error
        });
        let unpermitted = coverage.unpermitted.into_iter().map(|what| {
            PackError::new(Step::Cedar, what).help("write a permit, unless nobody is meant to")
        });
        let manifest = &self.0.manifest;
        let judged: Vec<&str> = Tool::ALL
            .map(|tool| manifest.tool(tool).component.as_str())
            .into();
        let files = self.0.files.iter().map(|(file, _)| file);
        let idle = files
            .filter(|file| file.starts_with("components/") && !judged.contains(file))
            .map(|file| {
                PackError::new(Step::Components, "is the component of no tool")
                    .in_file(file, None)
                    .help("name it in pack.toml, or remove it")
            });
        unused.chain(unpermitted).chain(idle).collect()
    }
}

impl Engine {
    /// What each component of a pack is, whether or not it may run here.
    #[must_use]
    pub fn components(&self, files: &PackFiles) -> Vec<ComponentInfo> {
        let manifest = files
            .get(MANIFEST)
            .and_then(|bytes| str::from_utf8(bytes).ok())
            .and_then(|text| Manifest::read(text).ok());
        let hashes: Vec<(&str, String)> = files.hashes().collect();
        files
            .iter()
            .zip(hashes)
            .filter(|((file, _), _)| file.starts_with("components/"))
            .map(|((file, bytes), (_, sha256))| {
                let judged = |tool: &Tool| {
                    let entry = manifest.as_ref().map(|manifest| manifest.tool(*tool));
                    entry.is_some_and(|entry| entry.component == file)
                };
                let mut info = ComponentInfo {
                    file: file.to_owned(),
                    tools: Tool::ALL.into_iter().filter(judged).collect(),
                    bytes: bytes.len(),
                    sha256,
                    imports: Vec::new(),
                    exports: Vec::new(),
                    memory_bytes: None,
                    unfit: None,
                };
                if let Err(unfit) = self.look(bytes, &mut info) {
                    info.unfit = Some(unfit.to_string());
                }
                info
            })
            .collect()
    }

    fn look(&self, bytes: &[u8], info: &mut ComponentInfo) -> Result<(), inspect::Unfit> {
        inspect::bytes(bytes)?;
        let (sandbox, cache) = self.parts();
        let (component, _) = cache
            .compiled(sandbox, bytes)
            .map_err(|error| inspect::invalid(&error))?;
        let engine = sandbox.engine();
        let shape = component.component_type();
        info.imports = shape
            .imports(engine)
            .map(|(name, _)| name.to_owned())
            .collect();
        for (name, item) in shape.exports(engine) {
            info.exports.push(name.to_owned());
            if let ComponentItem::ComponentInstance(instance) = item.ty {
                let functions = instance.exports(engine);
                let functions = functions
                    .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)));
                info.exports
                    .extend(functions.map(|(function, _)| format!("{name}#{function}")));
            }
        }
        info.memory_bytes = component
            .resources_required()
            .and_then(|needs| needs.max_initial_memory_size)
            .map(|pages| pages << 16);
        inspect::component(engine, &component, crate::sandbox::MAX_MEMORY_BYTES)
    }
}
