//! Gateways, boards and agents over HTTP, with a scripted gateway at the other end.

mod agents;
mod boundary;
mod console;
mod crash;
mod leads;
mod organizations;
mod real;
mod register;
mod sessions;
mod stage;
