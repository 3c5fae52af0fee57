//! A [`RadiusNode`] as `lab.toml` describes it, with its randomness.

use std::net::SocketAddr;

pub use super::radius_node::PORTS;

use super::description;
use super::radius_node::{ClientEntry, RadiusNode, Users, UsersError};
use crate::proto::Entropy;
use crate::proto::radius::Secret;

/// The RADIUS server of a lab.
pub struct RadiusServer {
    node: RadiusNode,
    entropy: Box<dyn Entropy + Send>,
    on: bool,
}

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
        Ok(RadiusServer { node: RadiusNode::new(Users::parse(users)?, clients), entropy, on: true })
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

    /// Takes a datagram. The answer goes back to `from`, from the port that the datagram came to. Without power there is
    /// none.
    pub fn handle(&mut self, from: SocketAddr, packet: &[u8]) -> Option<Vec<u8>> {
        if !self.on {
            return None;
        }
        self.node.handle(&mut *self.entropy, from, packet)
    }

    /// The node itself.
    pub const fn node(&self) -> &RadiusNode {
        &self.node
    }
}
