//! Speaking with an OpenClaw gateway: frames, handshake, one connection for many calls.
//!
//! Must not know SQL, tickets, agents' templates, nor who asks. A token is never in a log,
//! an error or a debug form.
