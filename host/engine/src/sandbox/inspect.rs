//! Whether bytes are a component that may run here, and if not, why not.
//!
//! Says no before anything is compiled where the bytes alone tell, and before
//! anything runs in every other case.

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use super::config::{MAX_CORE_INSTANCES, MAX_MEMORIES, MAX_TABLE_ELEMENTS, MAX_TABLES};

const WASM_PAGE_BYTES: u64 = 64 << 10;

/// Why a component may not run here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    /// Not WebAssembly.
    #[error("not a component: the file does not begin as WebAssembly does")]
    NotWasm,
    /// WebAssembly, but a core module.
    #[error(
        "a core module, not a component: build it with `dispatch policy build`, or make one of it with `wasm-tools component new`"
    )]
    CoreModule,
    /// The file ends too early.
    #[error("truncated: the file ends in the middle of a section")]
    Truncated,
    /// Not valid, or with a feature that is off.
    #[error("not a valid component: {0}")]
    Invalid(String),
    /// It imports something.
    #[error(
        "imports `{0}`; a component of a policy pack imports nothing, no WASI and no host function"
    )]
    Import(String),
    /// It exports something else than the world asks for.
    #[error(
        "has the wrong world: {0}; it must export dispatch:policy/types@0.1.0 and dispatch:policy/rules@0.1.0"
    )]
    World(String),
    /// A function of the world is not there or has other types.
    #[error("misses an export: {0}")]
    Export(String),
    /// More memory than a slot has.
    #[error("needs {needed} KiB of memory at its start; {limit} KiB are allowed")]
    Memory {
        /// What it starts with, in KiB.
        needed: u64,
        /// What it may have, in KiB.
        limit: u64,
    },
    /// Larger tables than a slot has, or more of them.
    #[error("needs {needed}; {limit} allowed")]
    Parts {
        /// What it needs.
        needed: String,
        /// What it may have.
        limit: String,
    },
}

impl Unfit {
    /// What to do about it, where that does not follow from what is wrong.
    pub(crate) fn help(&self) -> Option<&'static str> {
        match self {
            Self::NotWasm | Self::Truncated | Self::Invalid(_) => {
                Some("build it again: `dispatch policy build`, or take it from where it was whole")
            }
            Self::Import(_) => Some(
                "compile for wasm32-unknown-unknown, without a runtime that asks for a clock, files \
                 or random numbers",
            ),
            Self::World(_) | Self::Export(_) => {
                Some("build it against the pack's wit/, world `tool-policy`")
            }
            Self::Memory { .. } => {
                Some("lower its initial memory, or raise `memory_mib` in pack.toml, to 16 at most")
            }
            Self::CoreModule | Self::Parts { .. } => None,
        }
    }
}

/// What the bytes alone tell.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Unfit> {
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', 0x0d, 0, 1, 0]) => {}
        Some([0, b'a', b's', b'm', _, _, 0, 0]) => return Err(Unfit::CoreModule),
        Some([0, b'a', b's', b'm', ..]) => {
            return Err(Unfit::Invalid("of a version that is not known here".into()));
        }
        _ if b"\0asm\x0d\0\x01\0".starts_with(bytes) && !bytes.is_empty() => {
            return Err(Unfit::Truncated);
        }
        _ => return Err(Unfit::NotWasm),
    }
    whole_sections(&bytes[8..])
}

/// Walk the sections by their lengths: the last must end where the file does.
fn whole_sections(mut rest: &[u8]) -> Result<(), Unfit> {
    while !rest.is_empty() {
        let mut length: usize = 0;
        let mut at = 1;
        loop {
            let byte = usize::from(*rest.get(at).ok_or(Unfit::Truncated)?);
            let shift = 7 * (at - 1);
            if shift > 28 {
                return Err(Unfit::Invalid("a section's length is malformed".into()));
            }
            length |= (byte & 0x7f) << shift;
            at += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        rest = rest.get(at + length..).ok_or(Unfit::Truncated)?;
    }
    Ok(())
}

/// What wasmtime's compiler said, as a reason.
pub(crate) fn invalid(error: &wasmtime::Error) -> Unfit {
    Unfit::Invalid(error.root_cause().to_string())
}

/// What the compiled component tells: no imports, the right exports, within the pool.
pub(crate) fn component(
    engine: &Engine,
    component: &Component,
    memory_bytes: usize,
) -> Result<(), Unfit> {
    let shape = component.component_type();
    if let Some((name, _)) = shape.imports(engine).next() {
        return Err(Unfit::Import(name.to_owned()));
    }
    for wanted in ["dispatch:policy/types@0.1.0", "dispatch:policy/rules@0.1.0"] {
        let found = shape.exports(engine).find(|(name, _)| *name == wanted);
        match found.map(|(_, item)| item.ty) {
            Some(ComponentItem::ComponentInstance(instance)) => {
                if wanted.contains("/rules@") {
                    for function in ["check-settings", "validate", "role", "transition"] {
                        if !instance.exports(engine).any(|(name, _)| name == function) {
                            return Err(Unfit::Export(format!("{wanted}#{function}")));
                        }
                    }
                }
            }
            Some(_) => return Err(Unfit::World(format!("{wanted} is not an instance"))),
            None => {
                let others: Vec<_> = shape.exports(engine).map(|(name, _)| name).collect();
                return Err(Unfit::World(if others.is_empty() {
                    "it exports nothing".into()
                } else {
                    format!("it exports {}", others.join(", "))
                }));
            }
        }
    }
    let Some(needs) = component.resources_required() else {
        return Err(Unfit::Import("a core module".into()));
    };
    let parts = |needed, limit| Unfit::Parts { needed, limit };
    if needs.num_memories > MAX_MEMORIES {
        return Err(parts(
            format!("{} memories", needs.num_memories),
            format!("{MAX_MEMORIES} is"),
        ));
    }
    let start_bytes = needs.max_initial_memory_size.unwrap_or(0) * WASM_PAGE_BYTES;
    if start_bytes > memory_bytes as u64 {
        return Err(Unfit::Memory {
            needed: start_bytes >> 10,
            limit: memory_bytes as u64 >> 10,
        });
    }
    if needs.num_tables > MAX_TABLES {
        return Err(parts(
            format!("{} tables", needs.num_tables),
            format!("{MAX_TABLES} are"),
        ));
    }
    let elements = needs.max_initial_table_size.unwrap_or(0);
    if elements > MAX_TABLE_ELEMENTS as u64 {
        return Err(parts(
            format!("a table of {elements} entries"),
            format!("{MAX_TABLE_ELEMENTS} are"),
        ));
    }
    Ok(())
}

/// What linking said: a wrong type, or more parts than the pool has.
pub(crate) fn unlinkable(error: &wasmtime::Error) -> Unfit {
    let said = error.root_cause().to_string();
    if said.contains("core instances") {
        return Unfit::Parts {
            needed: said,
            limit: format!("{MAX_CORE_INSTANCES} core instances are"),
        };
    }
    Unfit::Export(format!("{error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_alone_tell_much() {
        let component = *b"\0asm\x0d\0\x01\0";
        assert!(bytes(&component).is_ok());
        assert!(matches!(bytes(b""), Err(Unfit::NotWasm)));
        assert!(matches!(bytes(b"#!/bin/sh"), Err(Unfit::NotWasm)));
        assert!(matches!(bytes(&component[..5]), Err(Unfit::Truncated)));
        assert!(matches!(bytes(b"\0asm\x01\0\0\0"), Err(Unfit::CoreModule)));
        let cut = [&component[..], &[0, 200, 1, 4]].concat();
        assert!(matches!(bytes(&cut), Err(Unfit::Truncated)));
    }
}
