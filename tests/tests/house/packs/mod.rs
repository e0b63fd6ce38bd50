//! Packs: from an edit or a command to a proven, active pack, and back.

mod activation;
mod editors;
mod hosts;
mod last_good;
mod load;
mod rollback;
mod shadow;
