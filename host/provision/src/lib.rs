//! What an agent on a gateway should be, and the steps that make it so.
//!
//! Must not know SQL, HTTP, nor tickets. Speaks with a gateway only through its trait
//! `ControlPlane`; every step may be done again.

pub mod dispatch_config;
