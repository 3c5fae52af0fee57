//! One router, sans-IO: owns every tunnel, session, link, pool and user, and takes the VPDN decisions.
//!
//! The engine takes datagrams, frames of links, ISDN signals, timer ticks, new configurations and the results
//! of what it asked for; it gives out datagrams, frames, signals, forwarding commands, host requests and log
//! lines, in order, through `poll()`.

pub mod aaa;
pub mod io;

pub use io::*;
