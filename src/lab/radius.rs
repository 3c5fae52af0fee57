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
        Ok(RadiusServer { node: RadiusNode::new(Users::parse(users)?, clients), entropy })
    }

    /// Takes a datagram. The answer goes back to `from`, from the port that the datagram came to.
    pub fn handle(&mut self, from: SocketAddr, packet: &[u8]) -> Option<Vec<u8>> {
        self.node.handle(&mut *self.entropy, from, packet)
    }

    /// The node itself.
    pub const fn node(&self) -> &RadiusNode {
        &self.node
    }
}
