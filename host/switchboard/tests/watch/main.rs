//! Gateways under watch, on a real Postgres: scripted ones for what a real one cannot be
//! made to do on demand, and a real one for what it can.

mod real;
mod scripted;
mod stage;
