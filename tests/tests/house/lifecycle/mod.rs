//! A ticket through its life, by the roles whose steps they are.

mod case;
mod detours;
mod reading;
mod whole;
