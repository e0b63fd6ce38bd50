//! The engine from outside: the shipped pack, and packs that mean harm.

mod golden;
mod hostile;
mod house;
mod refused;
mod shipped;
mod swap;
