//! Components that mean harm, built from a few lines of WebAssembly text.

use std::collections::BTreeMap;
use std::path::Path;

use dispatch_contract::Tool;
use dispatch_engine::{Pack, PackError, PackFiles};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What the four functions of a component do, as instructions that leave an i32:
/// the address of the answer. All zeros is an answer too: nothing to say, and
/// for `transition` "commit, and stay".
pub(crate) struct Guest<'a> {
    pub(crate) pages: u32,
    pub(crate) extra: &'a str,
    pub(crate) check_settings: &'a str,
    pub(crate) validate: &'a str,
    pub(crate) transition: &'a str,
}

/// An address where there is nothing but zeros.
pub(crate) const ZEROS: &str = "i32.const 2048";

impl Default for Guest<'_> {
    /// Allows everything.
    fn default() -> Self {
        Self {
            pages: 2,
            extra: "",
            check_settings: ZEROS,
            validate: ZEROS,
            transition: ZEROS,
        }
    }
}

impl Guest<'_> {
    /// As a core module.
    pub(crate) fn module(&self) -> Vec<u8> {
        let Self {
            pages,
            extra,
            check_settings,
            validate,
            transition,
        } = self;
        wat::parse_str(format!(
            r#"(module
                (memory (export "memory") {pages})
                (global $top (mut i32) (i32.const 65536))
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                    (local $at i32)
                    (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
                    (global.set $top (i32.add (local.get $at) (local.get 3)))
                    (local.get $at))
                {extra}
                (func (export "dispatch:policy/rules@0.1.0#check-settings") (param i32 i32) (result i32) {check_settings})
                (func (export "dispatch:policy/rules@0.1.0#validate") (param i32) (result i32) {validate})
                (func (export "dispatch:policy/rules@0.1.0#role") (param i32) (result i32) {ZEROS})
                (func (export "dispatch:policy/rules@0.1.0#transition") (param i32) (result i32) {transition})
            )"#
        ))
        .unwrap()
    }

    /// As a component of the right world.
    pub(crate) fn component(&self) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
        let (package, _) = resolve.push_path(wit).unwrap();
        let world = resolve
            .select_world(&[package], Some("tool-policy"))
            .unwrap();
        let mut module = self.module();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .unwrap();
        let mut encoder = ComponentEncoder::default();
        encoder.validate(true).module(&module).unwrap();
        encoder.encode().unwrap()
    }
}

/// The shipped pack with the component of each of these tools replaced.
pub(crate) fn with_components(tools: &[Tool], component: &[u8]) -> PackFiles {
    let mut files: BTreeMap<String, Vec<u8>> = super::shipped_files()
        .iter()
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .collect();
    for tool in tools {
        files.insert(
            format!("components/{}.wasm", tool.slug()),
            component.to_vec(),
        );
    }
    PackFiles::of(files).unwrap()
}

/// The same, loaded.
pub(crate) fn load_with(tools: &[Tool], component: &[u8]) -> Result<Pack, PackError> {
    super::engine().load(&with_components(tools, component))
}
