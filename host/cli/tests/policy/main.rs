//! `dispatch policy` from outside, on the shipped pack: what authors and operators see.

mod author;
mod diff;
mod dispatch;
mod signing;
mod wrong;
