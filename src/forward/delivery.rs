//! What a [`Table`](super::Table) gives out.

use std::net::{IpAddr, SocketAddr};

use crate::engine::{ChannelId, InterfaceId};

/// One thing to be carried away. It borrows the table's buffer: act on it before returning from the sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery<'a> {
    /// Send this L2TP data message from UDP 1701.
    Transmit {
        /// Source address; unspecified for "as routed".
        local: IpAddr,
        /// The peer.
        remote: SocketAddr,
        /// The whole message.
        bytes: &'a [u8],
    },
    /// Write this IP packet to the TUN of the interface.
    Tun {
        /// The interface that owns the TUN.
        tun: InterfaceId,
        /// The IP packet.
        packet: &'a [u8],
    },
    /// Send these octets, a whole HDLC-like frame, on the B channel.
    Channel {
        /// The channel.
        channel: &'a ChannelId,
        /// Flags, stuffing and FCS included.
        octets: &'a [u8],
    },
    /// For the engine: `Input::Frame`.
    Frame {
        /// The PPP interface.
        port: InterfaceId,
        /// The frame as it came: FF 03 may be there or not.
        frame: &'a [u8],
    },
    /// For the engine, which observes: `HostEvent::Data`.
    Seen {
        /// The PPP interface.
        port: InterfaceId,
        /// It came from the peer.
        inbound: bool,
        /// The whole L2TP message.
        message: &'a [u8],
    },
    /// For the engine: `HostEvent::Packet`, an IP packet for which no port is known.
    Dial {
        /// The interface that owns the TUN.
        interface: InterfaceId,
        /// The IP packet.
        packet: &'a [u8],
    },
}

/// What became of a [`Delivery`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Fate {
    /// It is on its way, or waits in a queue.
    Taken,
    /// There was no room for it: an output drop of its interface.
    Dropped,
}

impl Statistics {
    /// Counts what there was no room for.
    pub(super) fn note(&mut self, fate: Fate) {
        self.refused += u64::from(fate == Fate::Dropped);
    }
}

/// Where a table's deliveries go.
pub type Sink<'s> = dyn FnMut(Delivery<'_>) -> Fate + 's;

/// Whose a datagram of UDP 1701 is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Data: dealt with, or dropped and counted.
    Data,
    /// A control message, another version, or no L2TP at all: the engine's.
    NotData,
}

/// What the table dropped or noticed, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Data messages for a session that is not in the table.
    pub unknown_session: u64,
    /// Data messages of a known session from an address that is not its peer's.
    pub wrong_peer: u64,
    /// Data messages whose sequence number was behind the one expected; dropped where that is configured.
    pub out_of_order: u64,
    /// Sequence numbers that were skipped.
    pub lost: u64,
    /// Data messages without sequence number in a session that asked for them; taken all the same.
    pub unsequenced: u64,
    /// Data messages or frames too short to be PPP.
    pub short: u64,
    /// Frames of a channel with a wrong FCS, an abort, or longer than a frame may be.
    pub bad_frames: u64,
    /// Octets, frames and packets for a channel, port or TUN that the table does not know.
    pub unknown_port: u64,
    /// Packets from a TUN that are not IPv4, or larger than the peer's MRU.
    pub unsendable: u64,
    /// Frames and packets that the next hop had no room for.
    pub refused: u64,
}
