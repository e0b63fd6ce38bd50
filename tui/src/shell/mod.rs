//! What is around every view: the line that is typed into, commands, toasts, export.
//! Knows no view's inside.

pub(crate) mod command;
pub(crate) mod export;
pub(crate) mod line;
pub(crate) mod query;
pub(crate) mod toast;
