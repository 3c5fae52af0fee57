//! One UDP port 1701: all tunnels and sessions of a router.

use std::net::{IpAddr, SocketAddr};

use super::types::*;
use crate::proto::{Context, Instant};

/// All tunnels and sessions of a router.
#[derive(Default)]
pub struct Endpoint {}

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
}

impl Endpoint {
    /// An endpoint without tunnels.
    pub fn new() -> Self {
        Self::default()
    }

    /// LAC: opens a control connection. The SCCRQ goes out at once.
    pub fn connect(
        &mut self,
        cx: &mut Context,
        config: TunnelConfig,
        local: IpAddr,
        remote: SocketAddr,
    ) -> TunnelId {
        let _ = (cx, config, local, remote);
        TunnelId(1)
    }

    /// LNS: takes a requested tunnel; the SCCRP goes out.
    pub fn accept_tunnel(&mut self, cx: &mut Context, tunnel: TunnelId, config: TunnelConfig) {
        let _ = (cx, tunnel, config);
    }

    /// LNS: refuses a requested tunnel with a StopCCN.
    pub fn reject_tunnel(&mut self, cx: &mut Context, tunnel: TunnelId, result: ResultCode) {
        let _ = (cx, tunnel, result);
    }

    /// Clears a tunnel and its sessions: StopCCN, then idle. `clear vpdn tunnel`.
    pub fn shutdown(&mut self, cx: &mut Context, tunnel: TunnelId, result: ResultCode) {
        let _ = (cx, tunnel, result);
    }

    /// LAC: creates a session in an established tunnel: ICRQ now, ICCN with `info` on the ICRP. `label` is the
    /// interface (`Se0:0`) that prefixes the session's debugs.
    /// `None` when the tunnel is not established or full.
    pub fn call(
        &mut self,
        cx: &mut Context,
        tunnel: TunnelId,
        label: &str,
        request: CallRequest,
        info: ConnectInfo,
    ) -> Option<SessionId> {
        let _ = (cx, tunnel, label, request, info);
        None
    }

    /// LNS: takes a requested call; the ICRP goes out.
    pub fn accept_call(&mut self, cx: &mut Context, session: SessionId) {
        let _ = (cx, session);
    }

    /// LNS: refuses a requested call with a CDN.
    pub fn reject_call(&mut self, cx: &mut Context, session: SessionId, result: ResultCode) {
        let _ = (cx, session, result);
    }

    /// Names the interface that a session is bound to (`Vi4`), which prefixes its debugs from now on.
    pub fn bind(&mut self, session: SessionId, label: &str) {
        let _ = (session, label);
    }

    /// Ends a session with a CDN. No event follows: the caller knows.
    pub fn hang_up(&mut self, cx: &mut Context, session: SessionId, result: ResultCode) {
        let _ = (cx, session, result);
    }

    /// Takes a control message (or anything else that `forward` did not take) from UDP 1701.
    pub fn handle_datagram(&mut self, cx: &mut Context, local: IpAddr, remote: SocketAddr, bytes: &[u8]) {
        let _ = (cx, local, remote, bytes);
    }

    /// Runs every timer that is due at `cx.now`.
    pub fn handle_timeout(&mut self, cx: &mut Context) {
        let _ = cx;
    }

    /// When `handle_timeout` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        None
    }

    /// The next output; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        None
    }

    /// Every visible tunnel, by id. A tunnel that only waits to resend its StopCCN is not visible.
    pub fn tunnels(&self) -> Vec<TunnelView> {
        Vec::new()
    }

    /// One tunnel.
    pub fn tunnel(&self, tunnel: TunnelId) -> Option<TunnelView> {
        let _ = tunnel;
        None
    }

    /// Every session, by tunnel and id.
    pub fn sessions(&self) -> Vec<SessionView> {
        Vec::new()
    }

    /// What was not for any tunnel.
    pub fn counters(&self) -> PortCounters {
        PortCounters::default()
    }

    /// Whether nothing is left at all: no tunnel, no session, no lingering StopCCN, no timer.
    pub fn is_quiet(&self) -> bool {
        true
    }
}
