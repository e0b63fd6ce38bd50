//! Rows in columns: what a list is made of, whatever it lists.

mod column;
pub(crate) mod draw;
mod rows;

pub(crate) use column::{Column, Width};
pub(crate) use rows::{Item, Rows, first_row};
