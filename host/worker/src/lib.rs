//! What happens later: messages that committed calls owe, checks that come due.
//!
//! Must not know HTTP routes, nor how a verdict is reached. It sends committed facts only.
