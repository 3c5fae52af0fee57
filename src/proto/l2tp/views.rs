//! Read-only pictures of tunnels and sessions, for the `show` screens.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::session::Session;
use super::tunnel::Tunnel;
use super::types::*;
use crate::proto::Instant;

/// A read-only picture of a tunnel, for `show vpdn tunnel`.
#[derive(Clone, Debug)]
pub struct TunnelView {
    /// Our id.
    pub id: TunnelId,
    /// The peer's id, 0 before it is known.
    pub remote_id: u16,
    /// The peer's Host Name AVP.
    pub remote_name: String,
    /// Our Host Name AVP.
    pub local_name: String,
    /// The peer.
    pub remote: SocketAddr,
    /// Our address.
    pub local: IpAddr,
    /// State.
    pub state: TunnelState,
    /// When it was entered.
    pub changed: Instant,
    /// Who opened it: we are the initiator.
    pub locally_initiated: bool,
    /// Session ids, in order.
    pub sessions: Vec<u16>,
    /// Ns of the next message we send, Nr we expect.
    pub ns_nr: (u16, u16),
    /// Our and the peer's receive window.
    pub windows: (u16, u16),
    /// Congestion window, in messages.
    pub congestion_window: u16,
    /// Retransmission time now, largest so far, seconds.
    pub retransmit_time: (u32, u32),
    /// Unsent queue: now, largest so far.
    pub unsent: (usize, usize),
    /// Resend queue: now, largest so far.
    pub resend: (usize, usize),
    /// Retransmissions in all.
    pub resends: u64,
    /// ZLBs sent.
    pub zlbs: u64,
    /// Control messages dropped as duplicates or beyond the window, and those put back in order.
    pub out_of_order: (u64, u64),
    /// Failed tunnel authentications.
    pub auth_failures: u64,
    /// Control packets and octets: sent, received.
    pub control: (u64, u64, u64, u64),
    /// How often each retransmission step was reached (`Retransmit time distribution`).
    pub distribution: [u32; 9],
}

/// A read-only picture of a session, for `show vpdn session`.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// Our ids.
    pub id: SessionId,
    /// The peer's session id.
    pub remote_id: u16,
    /// State.
    pub state: SessionState,
    /// When it was entered.
    pub changed: Instant,
    /// Call Serial Number.
    pub serial: u32,
    /// Data carries sequence numbers.
    pub sequencing: bool,
}

/// What arrived on port 1701 and was not for any tunnel, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortCounters {
    /// L2F (version 1) packets.
    pub l2f: u64,
    /// Another version.
    pub bad_version: u64,
    /// Truncated or inconsistent headers, malformed messages.
    pub malformed: u64,
    /// Control messages for a tunnel that does not exist.
    pub unknown_tunnel: u64,
    /// Control messages for a session that does not exist.
    pub unknown_session: u64,
    /// SCCRQs dropped because too many tunnels were half open.
    pub half_open_dropped: u64,
}

impl TunnelView {
    pub(super) fn of(tunnel: &Tunnel) -> Self {
        let statistics = tunnel.transport.statistics();
        let (unsent, resend) = tunnel.transport.queues();
        let seconds = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
        TunnelView {
            id: TunnelId(tunnel.id),
            remote_id: tunnel.remote_id,
            remote_name: tunnel.remote_name.clone(),
            local_name: tunnel.config.local_name.clone(),
            remote: tunnel.remote,
            local: tunnel.local,
            state: tunnel.state,
            changed: tunnel.changed,
            locally_initiated: tunnel.locally_initiated,
            sessions: tunnel.sessions.keys().copied().collect(),
            ns_nr: tunnel.transport.numbers(),
            windows: tunnel.transport.windows(),
            congestion_window: tunnel.transport.congestion_window(),
            retransmit_time: (seconds(tunnel.transport.retransmit_time()), seconds(statistics.timeout_max)),
            unsent: (unsent, statistics.unsent_max),
            resend: (resend, statistics.resend_max),
            resends: statistics.resends,
            zlbs: statistics.zlbs,
            out_of_order: (statistics.dropped, statistics.reordered),
            auth_failures: tunnel.auth_failures,
            control: tunnel.control,
            distribution: statistics.distribution,
        }
    }
}

impl SessionView {
    pub(super) fn of(tunnel: &Tunnel, id: u16, session: &Session) -> Self {
        SessionView {
            id: SessionId { tunnel: TunnelId(tunnel.id), session: id },
            remote_id: session.remote,
            state: session.machine.state(),
            changed: session.changed,
            serial: session.serial,
            sequencing: session.sequencing,
        }
    }
}
