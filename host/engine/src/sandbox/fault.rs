//! What can go wrong while a rule runs. A fault is never the caller's.

use std::fmt;

use dispatch_contract::Tool;
use wasmtime::Trap;

/// The kind of a fault; few and fixed, fit to label a counter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FaultKind {
    /// The guest trapped: a panic, an impossible access.
    Trap,
    /// It took longer than its deadline.
    Deadline,
    /// It used more fuel than it has.
    Fuel,
    /// It grew beyond its memory.
    Memory,
    /// It ran out of stack.
    Stack,
    /// It answered more than anybody would read.
    Oversized,
    /// What it answered cannot stand: an unknown gate, a text that is none.
    Answer,
    /// Every instance of the pool was in use.
    Exhausted,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Trap,
        Self::Deadline,
        Self::Fuel,
        Self::Memory,
        Self::Stack,
        Self::Oversized,
        Self::Answer,
        Self::Exhausted,
    ];

    /// The kind's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Deadline => "deadline",
            Self::Fuel => "fuel",
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Oversized => "oversized",
            Self::Answer => "answer",
            Self::Exhausted => "exhausted",
        }
    }
}

/// A component that did not answer, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What happened.
    pub kind: FaultKind,
    /// Whose component.
    pub component: Tool,
    /// What the engine said, at most a few hundred bytes. For operators, never for callers.
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, component, detail) = (self.kind.name(), self.component, &self.detail);
        write!(f, "{component}: {kind}: {detail}")
    }
}

impl std::error::Error for Fault {}

/// Longest detail kept, in bytes.
const MAX_DETAIL_BYTES: usize = 400;

impl Fault {
    /// May it be the machine's, and be gone when asked again?
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self.kind, FaultKind::Deadline | FaultKind::Exhausted)
    }

    pub(crate) fn new(kind: FaultKind, component: Tool, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if detail.len() > MAX_DETAIL_BYTES {
            let end = (0..=MAX_DETAIL_BYTES)
                .rev()
                .find(|i| detail.is_char_boundary(*i));
            detail.truncate(end.unwrap_or(0));
        }
        Self {
            kind,
            component,
            detail,
        }
    }

    /// From what wasmtime said; `denied`: the limiter refused growth before.
    pub(super) fn of(component: Tool, error: &wasmtime::Error, denied: bool) -> Self {
        let kind = match error.downcast_ref::<Trap>() {
            _ if denied => FaultKind::Memory,
            _ if error.is::<wasmtime::PoolConcurrencyLimitError>() => FaultKind::Exhausted,
            Some(Trap::Interrupt) => FaultKind::Deadline,
            Some(Trap::OutOfFuel) => FaultKind::Fuel,
            Some(Trap::StackOverflow) => FaultKind::Stack,
            // The host stopped reading: the answer used up its hostcall fuel.
            None if error
                .root_cause()
                .to_string()
                .contains("fuel allocated for hostcalls") =>
            {
                FaultKind::Oversized
            }
            _ => FaultKind::Trap,
        };
        Self::new(kind, component, error.root_cause().to_string())
    }
}
