//! `dispatch policy` from outside, on the shipped pack: what authors and operators see.

mod diff;
mod dispatch;
mod signing;
