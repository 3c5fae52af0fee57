//! Lines: the console on the user's terminal, the network line of a terminal server, and scripts.
//!
//! Every front end speaks [`ConsoleInput`](crate::router::ConsoleInput) and
//! [`ConsoleOutput`](crate::router::ConsoleOutput) with a router; none of them knows a command.

pub mod console;
pub mod editor;
mod keys;
pub mod local;
mod piped;
pub mod screen;
pub mod signals;
pub mod vty;
