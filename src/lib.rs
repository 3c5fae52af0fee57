//! vpdnsh: an interactive router shell that behaves like Cisco IOS for VPDN, over a real L2TPv2/PPP engine.
//!
//! Three rings, imports point inwards only: [`proto`] knows nobody; [`engine`] knows `proto` and the typed
//! views of [`config`]; everything else may know `engine`. See `ARCHITECTURE.md`.

pub mod cli;
pub mod commands;
pub mod config;
pub mod engine;
pub mod forward;
pub mod grammar;
pub mod host;
pub mod lab;
pub mod logging;
pub mod proto;
pub mod router;
pub mod terminal;
