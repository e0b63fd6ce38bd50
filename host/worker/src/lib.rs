//! What happens later: messages that committed calls owe, checks that come due.
//!
//! Must not know HTTP routes, nor how a verdict is reached. It sends committed facts only.
//!
//! A message's way: a call's commit leaves a row in the outbox ([`dispatch_ledger`]); the
//! loop ([`Outbound`]) leases it, makes its text from the case as that call left it
//! ([`Texts`]), finds where its recipient can be reached now, and hands both to a [`Sender`].
//! It leaves at least once, each ticket's messages in their order, under a key by which the
//! gateway knows a message that it took already. What cannot be sent is put down as a dead
//! letter, with what to do, and waits for an operator ([`Outbox`]).

mod backoff;
mod checks;
mod gateways;
mod lateness;
mod limits;
mod metrics;
mod outbound;
mod outbox;
mod recipient;
mod running;
mod samples;
mod sender;
mod texts;
mod tries;
mod words;

pub use checks::Checks;
pub use gateways::Gateways;
pub use limits::Limits;
pub use metrics::OutboundMetrics;
pub use outbound::Outbound;
pub use outbox::Outbox;
pub use running::Running;
pub use sender::{Outgoing, SendError, Sender, Sending, Standing};
pub use texts::{BadTemplates, Texts};
pub use words::Company;
