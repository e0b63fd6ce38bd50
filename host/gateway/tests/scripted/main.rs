//! The client against a scripted gateway: what a real one cannot be made to do.

mod answers;
mod calls;
mod drift;
mod handshake;
mod links;
mod secrecy;
mod silence;
mod support;
mod tls;
