//! What dynamic authorization counts.

use std::net::Ipv4Addr;

/// Requests of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestCounters {
    /// Requests that were believed.
    pub requests: u64,
    /// Of them such as were answered before.
    pub repeats: u64,
    /// Answered with ACK.
    pub acks: u64,
    /// Answered with NAK.
    pub naks: u64,
}

/// What a client has sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientCounters {
    /// Disconnect-Requests.
    pub disconnect: RequestCounters,
    /// CoA-Requests.
    pub coa: RequestCounters,
    /// Dropped: no packet, or another kind of packet.
    pub malformed: u64,
    /// Dropped: wrong authenticators.
    pub bad_authenticator: u64,
    /// Dropped: Event-Timestamp outside the window.
    pub stale: u64,
}

impl ClientCounters {
    pub(super) fn of_mut(&mut self, disconnect: bool) -> &mut RequestCounters {
        if disconnect { &mut self.disconnect } else { &mut self.coa }
    }
}

/// The server for `show` commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DynamicView {
    /// The clients in order, and what they have sent.
    pub clients: Vec<(Ipv4Addr, ClientCounters)>,
    /// Datagrams of others.
    pub unknown: u64,
}
