//! A pack with a rule that fails: a component made here, the rest as shipped.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::pack::{Copy, shipped};

/// Accepts any settings, and traps in every phase of a call.
const TRAPS: &str = r#"(module
    (memory (export "memory") 2)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
    (func (export "dispatch:policy/rules@0.1.0#check-settings") (param i32 i32) (result i32)
        i32.const 0)
    (func (export "dispatch:policy/rules@0.1.0#validate") (param i32) (result i32) unreachable)
    (func (export "dispatch:policy/rules@0.1.0#role") (param i32) (result i32) unreachable)
    (func (export "dispatch:policy/rules@0.1.0#transition") (param i32) (result i32) unreachable)
)"#;

/// The shipped pack with a `closeout.add_note` that traps.
pub(crate) fn note_that_traps() -> Copy {
    let pack = Copy::new().with_few_cases();
    let path = pack.path().join("components/closeout-add-note.wasm");
    std::fs::write(path, component(TRAPS)).expect("written");
    pack
}

fn component(text: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text).expect("a module");
    let mut resolve = Resolve::default();
    let wit = shipped().join("../../wit/policy.wit");
    let package = resolve.push_file(wit).expect("the contract");
    let world = resolve
        .select_world(&[package], Some("tool-policy"))
        .expect("its world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .expect("embedded");
    ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .expect("a component")
}
