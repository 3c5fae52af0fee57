//! Control messages that no tunnel takes: SCCRQs, and what is left over of tunnels that are gone.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use super::debug;
use super::debug_events::{L2tpEventDebug, Trouble, What};
use super::endpoint::{Endpoint, trouble};
use super::header::{ControlHeader, Packet, classify, encode_control};
use super::message::*;
use super::prefix::Prefix;
use super::tunnel::{Request, Tunnel, code, fingerprint};
use super::types::*;
use crate::proto::trace::Silent;
use crate::proto::{Context, Entropy};

/// Octets of an SCCRQ that is kept until its secret is known: each half-open tunnel may have one.
const SEALED_LIMIT: usize = 4096;

/// A message from `remote` that no tunnel takes.
struct Stranger<'a> {
    local: IpAddr,
    remote: SocketAddr,
    header: ControlHeader,
    body: &'a [u8],
    datagram: &'a [u8],
}

impl<'a> Stranger<'a> {
    /// A control message that was kept.
    fn of(local: IpAddr, remote: SocketAddr, datagram: &'a [u8]) -> Option<Self> {
        match classify(datagram) {
            Packet::Control { header, body, .. } => Some(Stranger { local, remote, header, body, datagram }),
            Packet::Data(..) | Packet::L2f | Packet::BadVersion(_) | Packet::Malformed(_) => None,
        }
    }
}

/// Where a tie leaves the SCCRQ that has come.
enum Tie {
    None,
    /// Ours stays, the peer's is dropped.
    Win,
    /// Ours goes.
    Lose(u16),
    /// Both go.
    Equal(u16),
}

impl Endpoint {
    pub(super) fn handle_stranger(
        &mut self,
        cx: &mut Context,
        local: IpAddr,
        remote: SocketAddr,
        header: ControlHeader,
        body: &[u8],
        datagram: &[u8],
    ) {
        let stranger = Stranger { local, remote, header, body, datagram };
        if header.tunnel != 0 {
            self.counters.unknown_tunnel += 1;
            trouble(cx, Trouble::UnknownTunnel(header.tunnel, remote));
        }
        // A ZLB asks for nothing.
        if body.is_empty() {
            return;
        }
        if header.tunnel == 0
            && let Some(sealed) = sealed(body)
        {
            return self.on_sealed(cx, &stranger, sealed);
        }
        match (Self::peek(cx, body), header.tunnel) {
            (Ok(Message::Sccrq(sccrq)), 0) => self.on_sccrq(cx, &stranger, Request::Read(Box::new(sccrq))),
            (Err(fault), 0) if fault.message_type == Some(MessageType::Sccrq) => {
                self.on_bad_sccrq(cx, &stranger, &fault);
            }
            (Ok(Message::StopCcn(stop)), _) => self.on_stray_stopccn(cx, &stranger, &stop),
            // RFC 2661 section 7.2.1, idle: an SCCRP is answered with a StopCCN.
            (Ok(Message::Sccrp(sccrp)), 1..) => self.refuse_sccrp(cx, &stranger, &sccrp),
            // The other rows of idle send nothing; there is no id to send it to.
            (Ok(_), _) => {}
            (Err(_), _) => self.counters.malformed += 1,
        }
    }

    /// Reads a message without printing it. Hidden AVPs stay what they are: nobody knows yet whose secret counts.
    fn peek(cx: &mut Context, body: &[u8]) -> Result<Message, Fault> {
        let entropy: &mut dyn Entropy = &mut *cx.entropy;
        let mut quiet = Context { now: cx.now, entropy, trace: &mut Silent };
        decode(&mut quiet, Prefix::L2x, body, None)
    }

    fn on_sccrq(&mut self, cx: &mut Context, stranger: &Stranger<'_>, request: Request) {
        let Stranger { local, remote, header, body, .. } = *stranger;
        if self.is_repeated(cx, stranger, request.assigned_tunnel()) {
            return;
        }
        if let Request::Read(_) = &request {
            // It has been read: this is for the lines.
            let _ = show(cx, stranger, None);
        }
        if header.ns != 0 {
            self.counters.malformed += 1;
            return trouble(cx, Trouble::Malformed("SCCRQ that is not the first message", remote));
        }
        self.forget_pending(cx, remote.ip(), request.assigned_tunnel(), request.host_name());
        match self.tie(remote.ip(), request.tie_breaker()) {
            Tie::None => {}
            Tie::Win => {
                return trouble(cx, Trouble::TieBreaker("our tunnel wins"));
            }
            Tie::Lose(ours) => {
                self.with(cx, ours, |tunnel, io| tunnel.lose_tie(io));
            }
            Tie::Equal(ours) => {
                self.with(cx, ours, |tunnel, io| tunnel.lose_tie(io));
                return trouble(cx, Trouble::TieBreaker("equal, both tunnels are discarded"));
            }
        }
        let Some(id) = self.admit(cx, remote) else { return };
        if let Request::Read(sccrq) = &request {
            say_request(cx, sccrq);
        }
        let asked = TunnelRequest { host_name: request.host_name().to_owned(), remote, local };
        let tunnel = Tunnel::requested(&mut self.io(cx), id, request, local, remote, body);
        self.adopt(tunnel);
        self.outputs
            .push_back(Output::Event(Event::TunnelRequested { tunnel: TunnelId(id), request: asked }));
    }

    /// An SCCRQ with hidden AVPs: it is kept as it came until the owner knows the secret.
    fn on_sealed(&mut self, cx: &mut Context, stranger: &Stranger<'_>, sealed: Sealed) {
        if stranger.datagram.len() > SEALED_LIMIT {
            self.counters.malformed += 1;
            return trouble(cx, Trouble::Malformed("SCCRQ too long to be kept", stranger.remote));
        }
        let datagram = stranger.datagram.into();
        self.on_sccrq(cx, stranger, Request::Sealed { sealed, datagram });
    }

    /// The owner takes a tunnel: an SCCRQ that has waited for the secret is read. False when it cannot be, and the tunnel
    /// is refused.
    pub(super) fn unseal(&mut self, cx: &mut Context, id: u16, secret: Option<&str>) -> bool {
        let Some((sealed, datagram)) = self.tunnels.get_mut(&id).and_then(Tunnel::take_sealed) else {
            return true;
        };
        let Some(tunnel) = self.tunnels.get(&id) else { return false };
        let Some(stranger) = Stranger::of(tunnel.local, tunnel.remote, &datagram) else { return false };
        let fault = match show(cx, &stranger, secret.map(str::as_bytes)) {
            Ok(Message::Sccrq(sccrq)) => {
                say_request(cx, &sccrq);
                if sealed.assigned_tunnel == 0 {
                    let (peer, assigned) = (stranger.remote.ip(), sccrq.assigned_tunnel);
                    self.forget_pending(cx, peer, assigned, &sccrq.host_name);
                }
                self.with(cx, id, |tunnel, _| tunnel.hear(Request::Read(Box::new(sccrq))));
                return true;
            }
            Ok(_) => return false,
            Err(fault) => fault,
        };
        self.counters.malformed += 1;
        trouble(cx, Trouble::BadMessage("SCCRQ", fault.result.result, fault.result.error));
        self.with(cx, id, |tunnel, io| tunnel.refuse_sealed(io, fault));
        false
    }

    /// Whether a request has the challenge of an SCCRQ of ours that waits for its reply: the answer to the one would do as
    /// the answer to the other (RFC 1994, Security Considerations).
    pub(super) fn is_mirrored(&self, id: u16) -> bool {
        let Some(theirs) = self.tunnels.get(&id).and_then(Tunnel::requested_challenge) else { return false };
        let waits = |id: &u16| self.tunnels.get(id).is_some_and(|tunnel| tunnel.has_challenged_with(theirs));
        self.opening.iter().any(|(_, ours)| waits(ours))
    }

    /// The owner refuses a tunnel: an SCCRQ that nobody has read is printed as far as it shows.
    pub(super) fn show_sealed(&self, cx: &mut Context, id: u16) {
        let Some(tunnel) = self.tunnels.get(&id) else { return };
        if let Some(datagram) = tunnel.sealed_datagram()
            && let Some(stranger) = Stranger::of(tunnel.local, tunnel.remote, datagram)
        {
            // The owner has decided: this is for the lines.
            let _ = show(cx, &stranger, None);
        }
    }

    fn on_bad_sccrq(&mut self, cx: &mut Context, stranger: &Stranger<'_>, fault: &Fault) {
        let Stranger { local, remote, body, .. } = *stranger;
        let assigned = fault.assigned_tunnel.unwrap_or(0);
        if assigned != 0 && self.is_repeated(cx, stranger, assigned) {
            return;
        }
        // What is wrong is known: this is for the lines.
        let _ = show(cx, stranger, None);
        self.counters.malformed += 1;
        trouble(cx, Trouble::BadMessage("SCCRQ", fault.result.result, fault.result.error));
        if !fault.fatal || assigned == 0 {
            return;
        }
        let Some(id) = self.admit(cx, remote) else { return };
        let result = fault.result.clone();
        let tunnel = Tunnel::refused(&mut self.io(cx), id, assigned, result, local, remote, body);
        self.adopt(tunnel);
    }

    /// An SCCRQ that has been seen goes to the tunnel that it made, which acknowledges it again. `assigned` is 0 when the
    /// peer's id is hidden: any tunnel of the peer may be meant.
    fn is_repeated(&mut self, cx: &mut Context, stranger: &Stranger<'_>, assigned: u16) -> bool {
        let Stranger { remote, header, body, datagram, .. } = *stranger;
        // Once, not for each tunnel: a peer that hides its id may have as many half open as there may be.
        let (now, digest) = (cx.now, fingerprint(body));
        let repeated = |id: &u16| self.tunnels.get(id).is_some_and(|t| t.is_repetition(now, digest));
        let ids = if assigned == 0 { 0..=u16::MAX } else { assigned..=assigned };
        let Some(id) = self.of_peer(remote.ip(), ids).find(repeated) else { return false };
        self.with(cx, id, |tunnel, io| tunnel.receive(io, remote, header, body, datagram));
        true
    }

    /// A new SCCRQ with a tunnel id that the peer has already used for one that is still pending: it has begun anew. A tunnel
    /// that has been established stays until the new one is, because anybody can send an SCCRQ in the peer's name.
    fn forget_pending(&mut self, cx: &mut Context, peer: IpAddr, assigned: u16, host_name: &str) {
        if assigned != 0 {
            self.forget(cx, peer, assigned, host_name, |tunnel| !tunnel.proven);
        }
    }

    /// A tunnel has come up: older ones for which its peer has the same id are forgotten there.
    pub(super) fn forget_superseded(&mut self, cx: &mut Context, id: u16) {
        let Some(tunnel) = self.tunnels.get(&id) else { return };
        let (peer, assigned, host_name) = (tunnel.remote.ip(), tunnel.remote_id, tunnel.remote_name.clone());
        self.forget(cx, peer, assigned, &host_name, |tunnel| tunnel.id != id && tunnel.proven);
    }

    fn forget(
        &mut self,
        cx: &mut Context,
        peer: IpAddr,
        assigned: u16,
        host_name: &str,
        which: impl Fn(&Tunnel) -> bool,
    ) {
        let stale = |t: &Tunnel| !t.closing && t.remote_name == host_name && which(t);
        let ids = self.of_peer(peer, assigned..=assigned);
        let stale: Vec<u16> = ids.filter(|id| self.tunnels.get(id).is_some_and(stale)).collect();
        for id in stale {
            trouble(cx, Trouble::PeerRestarted(host_name));
            self.with(cx, id, |tunnel, io| tunnel.forget(io, DownCause::PeerRestarted));
        }
    }

    /// RFC 2661 section 4.4.3, Tie Breaker: the lower value wins, one that is present wins over none.
    fn tie(&self, peer: IpAddr, theirs: Option<[u8; 8]>) -> Tie {
        let Some(&(_, ours)) = self.opening.range((peer, 0)..=(peer, u16::MAX)).next() else {
            return Tie::None;
        };
        let Some(tunnel) = self.tunnels.get(&ours) else { return Tie::None };
        match (tunnel.tie_breaker, theirs) {
            (None, None) => Tie::None,
            (Some(_), None) => Tie::Win,
            (None, Some(_)) => Tie::Lose(ours),
            (Some(mine), Some(theirs)) => match mine.cmp(&theirs) {
                std::cmp::Ordering::Less => Tie::Win,
                std::cmp::Ordering::Greater => Tie::Lose(ours),
                std::cmp::Ordering::Equal => Tie::Equal(ours),
            },
        }
    }

    /// An id for one more tunnel that a peer opens, if there is room.
    fn admit(&mut self, cx: &mut Context, remote: SocketAddr) -> Option<u16> {
        let id = if self.room_for_half_open() { self.free_tunnel(cx) } else { None };
        if id.is_none() {
            self.counters.half_open_dropped += 1;
            trouble(cx, Trouble::TooManyHalfOpen(remote));
        }
        id
    }

    /// RFC 2661 section 4.4.3, Assigned Tunnel ID: a StopCCN may come from a peer that does not know our id;
    /// then its own tells which tunnel is meant. One of a tunnel that is gone is acknowledged all the same.
    fn on_stray_stopccn(&mut self, cx: &mut Context, stranger: &Stranger<'_>, stop: &StopCcn) {
        let Stranger { remote, header, body, datagram, .. } = *stranger;
        let assigned = stop.assigned_tunnel;
        // Of a peer that has numbered nothing no tunnel is meant, and none of it would take an acknowledgement.
        if assigned == 0 {
            return;
        }
        let known = self.of_peer(remote.ip(), assigned..=assigned).next();
        if let (0, Some(id)) = (header.tunnel, known) {
            self.with(cx, id, |tunnel, io| tunnel.receive(io, remote, header, body, datagram));
            return;
        }
        let header = self.reply(stranger, assigned);
        self.answer(cx, stranger, header, debug::ZLB, &[]);
    }

    fn refuse_sccrp(&mut self, cx: &mut Context, stranger: &Stranger<'_>, sccrp: &Sccrp) {
        // General error 1: no control connection exists for this pair.
        let result = code(2, Some(1));
        let stop = Message::StopCcn(StopCcn { assigned_tunnel: stranger.header.tunnel, result });
        let header = self.reply(stranger, sccrp.assigned_tunnel);
        self.answer(cx, stranger, header, MessageType::StopCcn.name(), &stop.encode(None));
    }

    /// The header of an answer without a tunnel: the numbers are those that the peer expects.
    fn reply(&self, stranger: &Stranger<'_>, tunnel: u16) -> ControlHeader {
        let ControlHeader { ns, nr, .. } = stranger.header;
        ControlHeader { tunnel, session: 0, ns: nr, nr: ns.wrapping_add(1) }
    }

    fn answer(
        &mut self,
        cx: &mut Context,
        stranger: &Stranger<'_>,
        header: ControlHeader,
        name: &str,
        body: &[u8],
    ) {
        let bytes = encode_control(&header, body);
        debug::output(cx, Prefix::L2tp, header, name, &bytes);
        self.outputs.push_back(Output::Transmit { local: stranger.local, remote: stranger.remote, bytes });
    }

    /// Our tunnels that have one of these as the id of `peer`.
    fn of_peer(&self, peer: IpAddr, assigned: RangeInclusive<u16>) -> impl Iterator<Item = u16> {
        let (first, last) = assigned.into_inner();
        self.peers.range((peer, first, 0)..=(peer, last, u16::MAX)).map(|&(_, _, id)| id)
    }

    fn io<'a, 'c>(&'a mut self, cx: &'a mut Context<'c>) -> super::tunnel::Io<'a, 'c> {
        super::tunnel::Io { cx, out: &mut self.outputs }
    }
}

/// Reads an SCCRQ and prints it.
fn show(cx: &mut Context, stranger: &Stranger<'_>, secret: Option<&[u8]>) -> Result<Message, Fault> {
    let message = decode(cx, Prefix::L2x, stranger.body, secret);
    debug::input(cx, Prefix::L2x, stranger.header, MessageType::Sccrq.name(), stranger.datagram);
    message
}

fn say_request(cx: &mut Context, sccrq: &Sccrq) {
    let what = What::InTunnel(MessageType::Sccrq.name(), &sccrq.host_name, sccrq.assigned_tunnel);
    cx.debug(&L2tpEventDebug { prefix: Prefix::L2tp, what });
}
