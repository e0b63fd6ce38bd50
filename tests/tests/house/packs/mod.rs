//! Packs: from an edit or a command to a proven, active pack, and back.

mod activation;
mod commands;
mod editors;
mod hosts;
mod last_good;
mod load;
mod recorded;
mod rollback;
mod shadow;
mod strict;
