//! The RADIUS server of a lab.

use std::net::SocketAddr;

use super::description::RadiusNode;
use crate::proto::{Entropy, Instant};

/// Authentication, accounting (RFC 2865, 2866), and the ports that came before them.
pub const PORTS: [u16; 4] = [1645, 1646, 1812, 1813];

/// placeholder
pub struct RadiusServer {}

impl RadiusServer {
    /// placeholder
    pub fn new(_node: &RadiusNode, _users: &str, _entropy: Box<dyn Entropy + Send>) -> Result<Self, String> {
        Ok(RadiusServer {})
    }
    /// placeholder
    pub fn handle(&mut self, _now: Instant, _port: u16, _from: SocketAddr, _packet: &[u8]) -> Option<Vec<u8>> {
        None
    }
}
