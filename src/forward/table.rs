//! The table of ports and sessions.

use std::net::SocketAddr;

use super::{Delivery, Disposition, Statistics};
use crate::engine::{ChannelId, ForwardCommand, InterfaceId};
use crate::proto::Instant;

/// Ports, channels, sessions and TUNs of one router, and the packets between them.
#[derive(Default)]
pub struct Table {
    statistics: Statistics,
}

impl Table {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Carries a command of the engine out.
    pub fn execute(&mut self, command: ForwardCommand) {
        let _ = command;
    }

    /// Takes a datagram of UDP 1701.
    pub fn datagram(
        &mut self,
        now: Instant,
        remote: SocketAddr,
        datagram: &[u8],
        sink: &mut dyn FnMut(Delivery<'_>),
    ) -> Disposition {
        let _ = (now, remote, datagram, sink);
        Disposition::NotData
    }

    /// Takes an IP packet read from the TUN of `tun`.
    pub fn packet(
        &mut self,
        now: Instant,
        tun: InterfaceId,
        packet: &[u8],
        sink: &mut dyn FnMut(Delivery<'_>),
    ) {
        let _ = (now, tun, packet, sink);
    }

    /// Takes octets of a B channel; frames may be cut anywhere.
    pub fn octets(
        &mut self,
        now: Instant,
        channel: &ChannelId,
        octets: &[u8],
        sink: &mut dyn FnMut(Delivery<'_>),
    ) {
        let _ = (now, channel, octets, sink);
    }

    /// Sends a PPP frame of the engine (protocol field first) out of a port: `Output::Frame`.
    pub fn frame_out(
        &mut self,
        now: Instant,
        port: InterfaceId,
        frame: &[u8],
        sink: &mut dyn FnMut(Delivery<'_>),
    ) {
        let _ = (now, port, frame, sink);
    }

    /// Sends an IP packet that the engine held out of a port: `Output::Packet`.
    pub fn packet_out(
        &mut self,
        now: Instant,
        port: InterfaceId,
        packet: &[u8],
        sink: &mut dyn FnMut(Delivery<'_>),
    ) {
        let _ = (now, port, packet, sink);
    }

    /// What was dropped or noticed.
    pub const fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Whether nothing is attached at all.
    pub fn is_empty(&self) -> bool {
        true
    }
}
