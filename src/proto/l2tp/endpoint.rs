//! One UDP port 1701: all tunnels and sessions of a router.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::debug_events::{L2tpEventDebug, Trouble, What};
use super::header::{Packet, classify};
use super::notices::Notices;
use super::prefix::Prefix;
use super::tables::control;
use super::tunnel::{Io, Tunnel, Why};
use super::types::*;
use super::views::{PortCounters, SessionView, TunnelView};
use crate::proto::{Context, Instant, Purpose};

/// Tunnels that peers may have half open at once; beyond it an SCCRQ is dropped, so that a flood leaks nothing.
pub const HALF_OPEN_LIMIT: usize = 1024;

/// Outputs that an idle endpoint keeps room for.
const IDLE_CAPACITY: usize = 64;

/// All tunnels and sessions of a router.
#[derive(Default)]
pub struct Endpoint {
    pub(super) tunnels: BTreeMap<u16, Tunnel>,
    keys: BTreeMap<u16, Keys>,
    timers: BTreeSet<(Instant, u16)>,
    /// Peer, its tunnel id (0 while that is hidden), ours.
    pub(super) peers: BTreeSet<(IpAddr, u16, u16)>,
    /// Peer, our id: SCCRQ sent and not answered.
    pub(super) opening: BTreeSet<(IpAddr, u16)>,
    half_open: usize,
    /// Half-open tunnels that are refused and only linger, oldest first: the first to go under a flood.
    refused: BTreeSet<(Instant, u16)>,
    unsettled: Vec<u16>,
    pub(super) outputs: VecDeque<Output>,
    pub(super) counters: PortCounters,
    /// Who was told of as a peer that speaks L2F.
    l2f: Notices,
}

/// Under which keys a tunnel stands in the endpoint's indexes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Keys {
    timer: Option<Instant>,
    peer: Option<(IpAddr, u16)>,
    opening: Option<IpAddr>,
    half_open: bool,
    refused: Option<Instant>,
}

impl Keys {
    fn of(tunnel: &Tunnel) -> Keys {
        let ip = tunnel.remote.ip();
        let half_open = !tunnel.locally_initiated && !tunnel.proven;
        let opening = tunnel.machine == control::State::WaitCtlReply && !tunnel.closing;
        Keys {
            timer: tunnel.next_timeout(),
            peer: (tunnel.remote_id != 0 || !tunnel.locally_initiated).then_some((ip, tunnel.remote_id)),
            opening: opening.then_some(ip),
            half_open,
            refused: (half_open && tunnel.closing).then_some(tunnel.changed),
        }
    }
}

impl Endpoint {
    /// An endpoint without tunnels.
    pub fn new() -> Self {
        Self::default()
    }

    /// LAC: opens a control connection. The SCCRQ goes out at once.
    ///
    /// Without a secret, and `authenticate` set, `TunnelDown` follows and nothing is sent.
    pub fn connect(
        &mut self,
        cx: &mut Context,
        config: TunnelConfig,
        local: IpAddr,
        remote: SocketAddr,
    ) -> TunnelId {
        let Some(id) = self.free_tunnel(cx) else {
            // 65535 tunnels: no id to give. Id 0 is never a tunnel, so that the owner hears that it is down.
            let tunnel = TunnelId(0);
            let cause = DownCause::Local(super::tunnel::code(2, Some(4)));
            let down = Event::TunnelDown { tunnel, remote_id: 0, cause };
            self.outputs.push_back(Output::Event(down));
            return tunnel;
        };
        let mut io = Io { cx, out: &mut self.outputs };
        let tunnel = Tunnel::connect(&mut io, id, config, local, remote);
        self.adopt(tunnel);
        TunnelId(id)
    }

    /// LNS: takes a requested tunnel; hidden AVPs of its SCCRQ are read with the secret, and the SCCRP goes out.
    ///
    /// A failed authentication (no secret, or our own challenge given back), and hidden AVPs that this secret does not
    /// open, are answered with a StopCCN if the peer's tunnel id is known, and `TunnelDown` follows.
    pub fn accept_tunnel(&mut self, cx: &mut Context, tunnel: TunnelId, config: TunnelConfig) {
        if self.unseal(cx, tunnel.0, config.secret.as_deref()) {
            let mirrored = self.is_mirrored(tunnel.0);
            self.with(cx, tunnel.0, |tunnel, io| tunnel.accept(io, config, mirrored));
        }
    }

    /// LNS: refuses a requested tunnel with a StopCCN. No event follows: the caller knows.
    pub fn reject_tunnel(&mut self, cx: &mut Context, tunnel: TunnelId, result: ResultCode) {
        self.show_sealed(cx, tunnel.0);
        self.with(cx, tunnel.0, |tunnel, io| tunnel.reject(io, result));
    }

    /// Clears a tunnel and its sessions: StopCCN, then idle. `clear vpdn tunnel`. `SessionDown` of each session
    /// and `TunnelDown` follow.
    pub fn shutdown(&mut self, cx: &mut Context, tunnel: TunnelId, result: ResultCode) {
        self.with(cx, tunnel.0, |tunnel, io| tunnel.shutdown(io, Why::local(result)));
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
        let session = self.with(cx, tunnel.0, |tunnel, io| tunnel.call(io, label, request, info))??;
        Some(SessionId { tunnel, session })
    }

    /// LNS: takes a requested call; the ICRP goes out.
    pub fn accept_call(&mut self, cx: &mut Context, session: SessionId) {
        self.with(cx, session.tunnel.0, |tunnel, io| tunnel.accept_call(io, session.session));
    }

    /// LNS: refuses a requested call with a CDN. No event follows: the caller knows.
    pub fn reject_call(&mut self, cx: &mut Context, session: SessionId, result: ResultCode) {
        self.with(cx, session.tunnel.0, |tunnel, io| tunnel.reject_call(io, session.session, result));
    }

    /// Names the interface that a session is bound to (`Vi4`), which prefixes its debugs from now on.
    pub fn bind(&mut self, session: SessionId, label: &str) {
        if let Some(tunnel) = self.tunnels.get_mut(&session.tunnel.0) {
            tunnel.label(session.session, label);
        }
    }

    /// Ends a session with a CDN. No event follows: the caller knows.
    pub fn hang_up(&mut self, cx: &mut Context, session: SessionId, result: ResultCode) {
        self.with(cx, session.tunnel.0, |tunnel, io| tunnel.hang_up(io, session.session, result));
    }

    /// LNS: tells the LAC the ACCMs that were agreed with the user after the ICCN (SLI, RFC 2661 section 6.14):
    /// the one that the LAC must send to the user with, the one that it must receive with. Without effect on a
    /// session that is not established.
    pub fn set_link_info(&mut self, cx: &mut Context, session: SessionId, accm: (u32, u32)) {
        self.with(cx, session.tunnel.0, |tunnel, io| tunnel.set_link_info(io, session.session, accm));
    }

    /// LAC: tells the LNS of line errors since the call began (WEN, RFC 2661 section 6.13): CRC, framing, hardware
    /// overrun, buffer overrun, time-out and alignment errors. Without effect on a session that is not established.
    pub fn wan_error(&mut self, cx: &mut Context, session: SessionId, counters: [u32; 6]) {
        self.with(cx, session.tunnel.0, |tunnel, io| tunnel.wan_error(io, session.session, counters));
    }

    /// Where whoever carries the data of a tunnel notes that some came in, which puts its next HELLO off (RFC 2661
    /// section 5.5). One that leads nowhere when the tunnel is gone.
    pub fn heard(&self, tunnel: TunnelId) -> Arc<Heard> {
        self.tunnels.get(&tunnel.0).map(|tunnel| tunnel.heard.clone()).unwrap_or_default()
    }

    /// Takes a control message (or anything else that `forward` did not take) from UDP 1701.
    pub fn handle_datagram(&mut self, cx: &mut Context, local: IpAddr, remote: SocketAddr, bytes: &[u8]) {
        self.settle(cx);
        match classify(bytes) {
            Packet::Control { header, body, len, .. } => {
                let datagram = bytes.get(..usize::from(len)).unwrap_or(bytes);
                let known = self.tunnels.get(&header.tunnel).is_some_and(|t| t.remote.ip() == remote.ip());
                if known {
                    self.with(cx, header.tunnel, |tunnel, io| {
                        tunnel.receive(io, remote, header, body, datagram);
                    });
                } else {
                    self.handle_stranger(cx, local, remote, header, body, datagram);
                }
            }
            // Data of a session that is gone; the data plane counts what it knows.
            Packet::Data(..) => {}
            Packet::L2f => {
                self.counters.l2f += 1;
                trouble(cx, Trouble::L2f(remote));
                if self.l2f.is_due(cx.now, remote.ip()) {
                    self.outputs.push_back(Output::Event(Event::L2f { peer: remote.ip() }));
                }
            }
            Packet::BadVersion(version) => {
                self.counters.bad_version += 1;
                trouble(cx, Trouble::BadVersion(version, remote));
            }
            Packet::Malformed(why) => {
                self.counters.malformed += 1;
                trouble(cx, Trouble::Malformed(why, remote));
            }
        }
    }

    /// Lets tunnels whose last session is gone become no-sessions-left, and prints it. Call it after `poll()` gave
    /// `None`, so that the owner has handled each `SessionDown` first. It makes no output of its own, but it arms
    /// the no-session timer: ask for `next_timeout` after it.
    pub fn settle(&mut self, cx: &mut Context) {
        for id in std::mem::take(&mut self.unsettled) {
            self.with(cx, id, |tunnel, io| tunnel.settle(io));
        }
    }

    /// Runs every timer that is due at `cx.now`.
    pub fn handle_timeout(&mut self, cx: &mut Context) {
        self.settle(cx);
        while let Some(&(due, id)) = self.timers.first() {
            if due > cx.now {
                return;
            }
            self.with(cx, id, |tunnel, io| tunnel.handle_timeout(io));
        }
    }

    /// When `handle_timeout` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.timers.first().map(|&(due, _)| due)
    }

    /// The next output; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if output.is_none() {
            // A burst must not keep its memory.
            self.outputs.shrink_to(IDLE_CAPACITY);
        }
        output
    }

    /// Every visible tunnel, by id. A tunnel that only waits to resend its StopCCN is not visible.
    pub fn tunnels(&self) -> Vec<TunnelView> {
        self.visible().map(TunnelView::of).collect()
    }

    /// One tunnel.
    pub fn tunnel(&self, tunnel: TunnelId) -> Option<TunnelView> {
        self.tunnels.get(&tunnel.0).filter(|t| !t.closing).map(TunnelView::of)
    }

    /// How often a message to the peer has been sent again in vain; 0 when nothing waits for an acknowledgement.
    pub fn unanswered(&self, tunnel: TunnelId) -> u32 {
        self.tunnels.get(&tunnel.0).map_or(0, |t| t.transport.unanswered())
    }

    /// Every session, by tunnel and id.
    pub fn sessions(&self) -> Vec<SessionView> {
        self.visible().flat_map(|t| t.sessions.iter().map(|(&id, s)| SessionView::of(t, id, s))).collect()
    }

    /// The Call Serial Number of a session.
    pub fn serial(&self, session: SessionId) -> Option<u32> {
        Some(self.tunnels.get(&session.tunnel.0)?.sessions.get(&session.session)?.serial)
    }

    /// Where data of a session goes.
    pub fn path(&self, session: SessionId) -> Option<DataPath> {
        self.tunnels.get(&session.tunnel.0)?.path(session.session)
    }

    /// What was not for any tunnel.
    pub fn counters(&self) -> PortCounters {
        self.counters
    }

    /// Whether nothing is left at all: no tunnel, no session, no lingering StopCCN, no timer.
    pub fn is_quiet(&self) -> bool {
        self.tunnels.is_empty() && self.timers.is_empty() && self.outputs.is_empty()
    }

    fn visible(&self) -> impl Iterator<Item = &Tunnel> {
        self.tunnels.values().filter(|t| !t.closing)
    }

    pub(super) fn free_tunnel(&self, cx: &mut Context) -> Option<u16> {
        free_id(cx, Purpose::TunnelId, |id| self.tunnels.contains_key(&id))
    }

    /// Makes room for one more half-open tunnel by forgetting one that is refused already.
    pub(super) fn room_for_half_open(&mut self) -> bool {
        if self.half_open < HALF_OPEN_LIMIT {
            return true;
        }
        let Some(&(_, oldest)) = self.refused.first() else { return false };
        if let Some(tunnel) = self.tunnels.get_mut(&oldest) {
            tunnel.gone = true;
        }
        self.index(oldest);
        true
    }

    /// Takes a new tunnel.
    pub(super) fn adopt(&mut self, tunnel: Tunnel) {
        let id = tunnel.id;
        self.tunnels.insert(id, tunnel);
        self.index(id);
    }

    /// Runs `f` on a tunnel and brings the indexes up to date.
    pub(super) fn with<R>(
        &mut self,
        cx: &mut Context,
        id: u16,
        f: impl FnOnce(&mut Tunnel, &mut Io) -> R,
    ) -> Option<R> {
        let tunnel = self.tunnels.get_mut(&id)?;
        let before = tunnel.proven;
        let result = f(tunnel, &mut Io { cx, out: &mut self.outputs });
        let opened = tunnel.proven && !before;
        self.index(id);
        if opened {
            self.forget_superseded(cx, id);
        }
        Some(result)
    }

    fn index(&mut self, id: u16) {
        let Some(tunnel) = self.tunnels.get_mut(&id) else { return };
        self.counters.unknown_session += std::mem::take(&mut tunnel.unknown_sessions);
        let gone = tunnel.gone;
        if tunnel.unsettled && !gone && !self.unsettled.contains(&id) {
            self.unsettled.push(id);
        }
        let new = if gone { Keys::default() } else { Keys::of(tunnel) };
        let old = if gone { self.keys.remove(&id) } else { self.keys.insert(id, new) }.unwrap_or_default();
        if gone {
            self.tunnels.remove(&id);
        }
        if old != new {
            self.replace(id, old, new);
        }
    }

    fn replace(&mut self, id: u16, old: Keys, new: Keys) {
        swap(&mut self.timers, old.timer.map(|due| (due, id)), new.timer.map(|due| (due, id)));
        swap(&mut self.peers, old.peer.map(|(ip, r)| (ip, r, id)), new.peer.map(|(ip, r)| (ip, r, id)));
        swap(&mut self.opening, old.opening.map(|ip| (ip, id)), new.opening.map(|ip| (ip, id)));
        swap(&mut self.refused, old.refused.map(|at| (at, id)), new.refused.map(|at| (at, id)));
        self.half_open = self.half_open - usize::from(old.half_open) + usize::from(new.half_open);
    }
}

fn swap<K: Ord>(index: &mut BTreeSet<K>, old: Option<K>, new: Option<K>) {
    if old == new {
        return;
    }
    if let Some(old) = old {
        index.remove(&old);
    }
    if let Some(new) = new {
        index.insert(new);
    }
}

/// Prints a line of l2x-errors that is about no tunnel.
pub(super) fn trouble(cx: &mut Context, trouble: Trouble<'_>) {
    cx.debug(&L2tpEventDebug { prefix: Prefix::L2x, what: What::Trouble(trouble) });
}

/// An id that is not 0 and not in use: drawn, and counted on from the draw when that is taken.
/// `None` when all 65535 are in use.
pub(super) fn free_id(cx: &mut Context, purpose: Purpose, used: impl Fn(u16) -> bool) -> Option<u16> {
    let first = cx.entropy.u16(purpose);
    (0..=u16::MAX).map(|step| first.wrapping_add(step)).find(|&id| id != 0 && !used(id))
}
