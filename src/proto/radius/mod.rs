//! RADIUS: RFC 2865, 2866, 2868, 2869, 2548, 3579, and the attributes of 5176. Packets for clients and
//! servers, one attribute table, the client machine.
//!
//! - [`Packet`], [`Attribute`]: the wire format, nothing interpreted;
//! - [`dictionary`]: the one table of attributes that decoding, encoding, the `users` file of the embedded
//!   server and the debugs share; [`Value`] is what an attribute holds by that table;
//! - [`crypt`]: what hides attributes and what proves packets; [`auth`]: whole packets sealed and verified;
//! - [`Client`]: servers, timers, identifiers, failover, sans-IO;
//! - [`dynamic`]: Disconnect- and CoA-Requests of RFC 5176, on the NAS;
//! - [`debug`]: the only place with IOS's words.

pub mod auth;
pub mod client;
pub mod crypt;
pub mod debug;
pub mod dictionary;
pub mod dynamic;
pub mod names;
pub mod packet;
pub mod syslog;
pub mod value;

pub use auth::{VerifyError, seal_reply, seal_request, verify_reply, verify_request};
pub use client::{Client, ClientConfig, ClientOutput, Reply, Request, RequestKey, ServerConfig};
pub use crypt::Secret;
pub use dictionary::{AttributeKey, Definition};
pub use packet::{Attribute, Code, DecodeError, EncodeError, Packet};
pub use value::{Decoded, Value, ValueError};

#[cfg(test)]
mod tests;
