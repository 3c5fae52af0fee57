//! A [`RadiusNode`] as `lab.toml` describes it, with its randomness.

use std::collections::VecDeque;
use std::net::SocketAddr;

pub use super::radius_node::PORTS;

use super::description;
use super::radius_node::{ClientEntry, RadiusNode, Users, UsersError, detail};
use crate::proto::Entropy;
use crate::proto::radius::Secret;

/// The RADIUS server of a lab.
pub struct RadiusServer {
    node: RadiusNode,
    entropy: Box<dyn Entropy + Send>,
    /// The accounting records as text, since they were last taken.
    detail: VecDeque<String>,
    on: bool,
}

/// How many records are kept as text until somebody takes them.
const DETAILS: usize = 65_536;

impl RadiusServer {
    /// A server with the users of a FreeRADIUS `users` file.
    ///
    /// # Errors
    /// The first line of the file that cannot be understood.
    pub fn new(
        described: &description::RadiusNode,
        users: &str,
        entropy: Box<dyn Entropy + Send>,
    ) -> Result<Self, UsersError> {
        let clients = described
            .clients
            .iter()
            .map(|client| ClientEntry {
                network: client.address,
                secret: Secret::new(client.secret.as_bytes()),
                require_message_authenticator: described.require_message_authenticator,
            })
            .collect();
        Ok(RadiusServer {
            node: RadiusNode::new(Users::parse(users)?, clients),
            entropy,
            detail: VecDeque::new(),
            on: true,
        })
    }

    /// Whether it is switched on, as it is at first.
    pub const fn is_on(&self) -> bool {
        self.on
    }

    /// Switches it.
    ///
    /// # Errors
    /// When it is so already.
    pub fn power(&mut self, on: bool) -> Result<(), String> {
        if self.on == on {
            return Err(format!("it is {}", if on { "on" } else { "off" }));
        }
        self.on = on;
        Ok(())
    }

    /// Takes a datagram that came at `seconds` since 1970. The answer goes back to `from`, from the port that the
    /// datagram came to. Without power there is none.
    pub fn handle(&mut self, from: SocketAddr, packet: &[u8], seconds: i64) -> Option<Vec<u8>> {
        if !self.on {
            return None;
        }
        let answer = self.node.handle(&mut *self.entropy, from, packet);
        for (record, secret) in self.node.take_fresh() {
            if self.detail.len() >= DETAILS {
                self.detail.pop_front();
            }
            self.detail.push_back(detail(&record, secret.octets(), seconds));
        }
        answer
    }

    /// The accounting records that have come since this was last asked, as FreeRADIUS's `detail` module writes them.
    pub fn take_detail(&mut self) -> String {
        self.detail.drain(..).collect()
    }

    /// The node itself.
    pub const fn node(&self) -> &RadiusNode {
        &self.node
    }
}
