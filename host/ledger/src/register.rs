//! What the registers of gateways, boards and agents have in common.

/// Why a register did not take an entry. Nothing was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clash {
    /// Another entry has the name.
    NameTaken,
    /// The gateway has its main agent, or the board its lead.
    RoleTaken,
    /// The board has as many workers as it may have.
    BoardFull {
        /// So many.
        max_agents: u32,
    },
    /// The board has agents: they go first.
    Staffed,
    /// The board has agents on the gateway that it is to leave.
    Settled,
    /// Somebody else changed the entry since it was read.
    Changed,
    /// The entry, or one that it stands on, is no longer there.
    Gone,
}
