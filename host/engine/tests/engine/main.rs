//! The engine from outside: the shipped pack, and packs that mean harm.

mod compare;
mod golden;
mod hostile;
mod house;
mod refused;
mod shipped;
mod signed;
mod swap;
