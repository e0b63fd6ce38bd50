//! A policy pack: read, proven, and ready to judge.

mod archive;
mod error;
mod files;
mod load;
mod look;
mod manifest;
mod signature;
mod step;

pub(crate) use error::place;
pub use error::{PackError, Proven, Rejected};
pub(crate) use files::MANIFEST;
pub use files::PackFiles;
pub use look::{ComponentInfo, PolicyInfo};
pub use manifest::{Limits, Manifest, SettingValue, ToolEntry};
pub(crate) use signature::Trust;
pub use signature::{TrustedKey, TrustedKeyError};
pub(crate) use step::Steps;
pub use step::{Step, Taken};

use std::sync::Arc;

use dispatch_contract::event::PackRef;
use dispatch_contract::{Actor, Case, Role, State, Tool};

use crate::cedar::Authority;
use crate::sandbox::Rules;
use crate::sandbox::bindings::types as wit;

/// A tool's component and the settings it is asked with.
pub(crate) struct ToolRules {
    pub(crate) rules: Rules,
    /// The same where no call is judged.
    pub(crate) aside: Rules,
    settings: Vec<(String, SettingValue)>,
}

impl ToolRules {
    pub(crate) fn settings(&self) -> Vec<wit::Setting<'_>> {
        self.settings
            .iter()
            .map(|(key, value)| wit::Setting {
                key,
                value: match value {
                    SettingValue::Text(text) => wit::SettingValue::Text(text),
                    SettingValue::Integer(number) => wit::SettingValue::Integer(*number),
                    SettingValue::Boolean(truth) => wit::SettingValue::Boolean(*truth),
                },
            })
            .collect()
    }
}

pub(crate) struct Loaded {
    pub(crate) reference: PackRef,
    pub(crate) manifest: Manifest,
    pub(crate) files: PackFiles,
    pub(crate) tools: Vec<ToolRules>,
    pub(crate) authority: Authority,
}

/// A loaded pack. Cheap to clone; calls in flight keep the one they began with.
#[derive(Clone)]
pub struct Pack(pub(crate) Arc<Loaded>);

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pack").field(&self.0.reference).finish()
    }
}

impl Pack {
    /// Name, version and digest, as every event carries them.
    #[must_use]
    pub fn reference(&self) -> &PackRef {
        &self.0.reference
    }

    /// Grows with every change that is activated.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.0.manifest.revision
    }

    /// What `pack.toml` says.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// The bytes it was loaded from.
    #[must_use]
    pub fn files(&self) -> &PackFiles {
        &self.0.files
    }

    /// May this role ever be permitted this tool? From the policies' scopes
    /// alone, without a ticket: `false` is certain and means `role_forbidden`;
    /// `true` is not yet a permission.
    #[must_use]
    pub fn may_ever_call(&self, role: Role, tool: Tool) -> bool {
        self.0.authority.may_ever_call(role, tool)
    }

    /// What an actor of this role may try on a ticket in this state.
    #[must_use]
    pub fn allowed_tools(&self, role: Role, state: State) -> Vec<Tool> {
        Tool::ALL
            .into_iter()
            .filter(|tool| tool.legal_states().contains(&state) && self.may_ever_call(role, *tool))
            .collect()
    }

    /// May this actor read this ticket?
    #[must_use]
    pub fn may_read(&self, actor: Actor, case: &Case) -> bool {
        self.0.authority.read(actor, case).allowed
    }
}
