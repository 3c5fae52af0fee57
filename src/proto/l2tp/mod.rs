//! L2TPv2, RFC 2661: control plane of both roles, and the data header.
//!
//! [`Endpoint`] is one UDP port 1701: every control connection (tunnel) and session of a router. It decides
//! nothing about policy: a peer that asks is an [`Event`], and the owner answers with `accept_…` or `reject_…`.

pub mod auth;
pub mod avp;
pub mod data;
pub mod debug;
pub mod debug_avps;
pub mod debug_events;
pub mod endpoint;
pub mod header;
pub mod hidden;
pub mod message;
pub mod passwords;
pub mod prefix;
pub mod result;
pub mod tables;
pub mod transport;
pub mod types;

mod listen;
mod notices;
mod session;
mod tunnel;
mod views;

pub use endpoint::Endpoint;
pub use header::{ControlHeader, Packet};
pub use message::{Fault, Hiding, Message, MessageType};
pub use prefix::Prefix;
pub use types::*;
pub use views::{PortCounters, SessionView, TunnelView};

#[cfg(test)]
mod tests;
