//! A core module becomes a component that the encoder has validated.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::Result;
use crate::error::WorkshopError;

/// Every component exports this world.
const WORLD: &str = "tool-policy";

/// `module` as a component; it says itself which world it is of.
pub(crate) fn encode(guest: &str, module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|encoder| encoder.encode())
        .map_err(|error| WorkshopError::NoComponent {
            guest: guest.to_owned(),
            reason: format!("{error:#}"),
        })
}

/// The same for a module that says nothing of its world: it is the contract's, which
/// stands in the folder `wit`.
pub(crate) fn encode_as(guest: &str, mut module: Vec<u8>, wit: &Path) -> Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let told = resolve
        .push_path(wit)
        .and_then(|(package, _)| resolve.select_world(&[package], Some(WORLD)))
        .and_then(|world| {
            embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        });
    told.map_err(|error| WorkshopError::NoComponent {
        guest: guest.to_owned(),
        reason: format!("the contract in {}: {error:#}", wit.display()),
    })?;
    encode(guest, &module)
}
