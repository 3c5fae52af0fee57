//! The table of ports and sessions.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};

use super::line::{ADDRESS_CONTROL, Channel, Scratch, Sequence, Session};
use super::{Delivery, Disposition, Fate, Sink, Statistics};
use crate::engine::{ChannelId, Counters, ForwardCommand, InterfaceId};
use crate::proto::Instant;
use crate::proto::l2tp::data::decode_data;
use crate::proto::l2tp::{SessionId, TunnelId};
use crate::proto::ppp::Framing;

const PROTOCOL_IP: u16 = 0x0021;
const PROTOCOL_LCP: [u8; 2] = [0xc0, 0x21];
const LCP_ECHO_REQUEST: u8 = 9;
const LCP_ECHO_REPLY: u8 = 10;

/// IP of a port is open.
#[derive(Clone, Copy)]
struct Network {
    tun: InterfaceId,
    framing: Framing,
}

#[derive(Default)]
struct Port {
    channel: Option<Channel>,
    session: Option<Session>,
    network: Option<Network>,
    /// LAC: the channel goes into the session and back.
    spliced: bool,
}

impl Port {
    fn counters(&self) -> Option<&Counters> {
        let channel = self.channel.as_ref().map(Channel::counters);
        channel.or_else(|| self.session.as_ref().map(Session::counters))
    }

    /// Sends a frame of this end: on its channel, or into its session when it is the LNS end. `None` without either.
    fn send(&mut self, frame: Outgoing<'_>, scratch: &mut Scratch, sink: &mut Sink<'_>) -> Option<Fate> {
        if let Some(channel) = &self.channel {
            Some(channel.send(frame.accm, frame.pieces, scratch, sink))
        } else {
            let session = self.session.as_mut()?;
            Some(session.send(frame.priority, frame.pieces, scratch, sink))
        }
    }
}

/// A frame on its way out.
struct Outgoing<'a> {
    pieces: [&'a [u8]; 3],
    accm: u32,
    priority: bool,
}

/// Most destinations that are remembered for a TUN; the engine is asked again for those that were forgotten.
const ROUTES: usize = 1024;

/// Who uses a TUN.
#[derive(Default)]
struct Uses {
    /// Its open ports.
    ports: Vec<InterfaceId>,
    /// Of a dialer, whose calls share its TUN: the port that leads to a destination.
    routes: HashMap<Ipv4Addr, InterfaceId>,
}

/// Ports, channels, sessions and TUNs of one router, and the packets between them.
#[derive(Default)]
pub struct Table {
    ports: HashMap<InterfaceId, Port>,
    channels: HashMap<ChannelId, InterfaceId>,
    sessions: HashMap<SessionId, InterfaceId>,
    tuns: HashMap<InterfaceId, Uses>,
    scratch: Scratch,
    statistics: Statistics,
    observed: bool,
}

/// Shows the engine the data messages of `port` that pass through `sink`.
fn observe<'s, 'k: 's>(
    port: InterfaceId,
    sink: &'s mut Sink<'k>,
) -> impl FnMut(Delivery<'_>) -> Fate + use<'s, 'k> {
    move |delivery| {
        if let Delivery::Transmit { bytes, .. } = delivery {
            // What the engine only looks at is never refused.
            let _ = sink(Delivery::Seen { port, inbound: false, message: bytes });
        }
        sink(delivery)
    }
}

impl Table {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Carries a command of the engine out. A command for a port that is not attached is counted as
    /// `unknown_port`.
    pub fn execute(&mut self, command: ForwardCommand) {
        match command {
            ForwardCommand::AttachChannel { port, channel, counters } => {
                self.detach(port);
                if let Some(former) = self.channels.get(&channel).copied() {
                    self.detach(former);
                }
                self.channels.insert(channel.clone(), port);
                let channel = Some(Channel::new(channel, counters));
                self.ports.insert(port, Port { channel, ..Port::default() });
            }
            ForwardCommand::AttachSession { port, session } => {
                self.detach(port);
                self.claim_session(port, session.path.id);
                let session = Some(Session::new(session));
                self.ports.insert(port, Port { session, ..Port::default() });
            }
            ForwardCommand::OpenNetwork { port, tun, framing } => self.open_network(port, tun, framing),
            ForwardCommand::Route { tun, destination, port } => self.route(tun, destination, port),
            ForwardCommand::ForgetRoutes => self.tuns.values_mut().for_each(|uses| uses.routes.clear()),
            ForwardCommand::CloseNetwork { port } => self.close_network(port),
            ForwardCommand::Splice { port, session } => {
                self.close_network(port);
                if !self.ports.contains_key(&port) {
                    self.statistics.unknown_port += 1;
                    return;
                }
                self.claim_session(port, session.path.id);
                if let Some(entry) = self.ports.get_mut(&port) {
                    if let Some(former) = entry.session.replace(Session::new(session.clone()))
                        && former.data.path.id != session.path.id
                    {
                        self.sessions.remove(&former.data.path.id);
                    }
                    entry.spliced = true;
                }
            }
            ForwardCommand::SetAccm { port, accm } => {
                match self.ports.get_mut(&port).and_then(|entry| entry.channel.as_mut()) {
                    Some(channel) => channel.accm = accm,
                    None => self.statistics.unknown_port += 1,
                }
            }
            ForwardCommand::Observe { on } => self.observed = on,
            ForwardCommand::Detach { port } => self.detach(port),
        }
    }

    /// Takes a datagram of UDP 1701.
    pub fn datagram(
        &mut self,
        now: Instant,
        remote: SocketAddr,
        datagram: &[u8],
        sink: &mut Sink<'_>,
    ) -> Disposition {
        let Ok((header, frame)) = decode_data(datagram) else { return Disposition::NotData };
        let id = SessionId { tunnel: TunnelId(header.tunnel), session: header.session };
        let port = self.sessions.get(&id).copied();
        let Some((port, entry)) = port.and_then(|port| Some((port, self.ports.get_mut(&port)?))) else {
            self.statistics.unknown_session += 1;
            return Disposition::Data;
        };
        let Some(session) = &mut entry.session else {
            self.statistics.unknown_session += 1;
            return Disposition::Data;
        };
        if !session.is_from(remote.ip()) {
            self.statistics.wrong_peer += 1;
            return Disposition::Data;
        }
        session.heard(now);
        let ns = header.sequence.map(|(ns, _)| ns);
        if session.sequence(ns, &mut self.statistics) == Sequence::Drop {
            return Disposition::Data;
        }
        if frame.is_empty() {
            self.statistics.short += 1;
            return Disposition::Data;
        }
        session.received(frame);
        if self.observed {
            // As in `observe`.
            let _ = sink(Delivery::Seen { port, inbound: true, message: datagram });
        }
        if !entry.spliced {
            let ip = deliver(port, entry.network, frame, sink, &mut self.statistics);
            // At the LNS end traffic in either direction keeps a session from being idle.
            if ip {
                touch(session.counters(), &session.counters().last_input, now);
            }
        } else if let Some(channel) = &entry.channel {
            // The access line never agreed with the tunnel to leave FF 03 out: RFC 1662 wants it there, and a
            // receiver that agreed to ACFC must take it all the same.
            let bare = frame.strip_prefix(&ADDRESS_CONTROL).unwrap_or(frame);
            if is_network_layer(bare) {
                touch(channel.counters(), &channel.counters().last_output, now);
            }
            let fate = channel.send(channel.accm, [&ADDRESS_CONTROL, bare, &[]], &mut self.scratch, sink);
            self.statistics.note(fate);
        } else {
            self.statistics.unknown_port += 1;
        }
        Disposition::Data
    }

    /// Takes an IP packet read from the TUN of `tun`. A port that has the TUN to itself gets it; of the calls of a
    /// dialer that one which leads to its destination; without any it is the engine's, to say which or to dial.
    pub fn packet(&mut self, now: Instant, tun: InterfaceId, packet: &[u8], sink: &mut Sink<'_>) {
        if !is_ipv4(packet) {
            self.statistics.unsendable += 1;
            return;
        }
        let port = self.tuns.get(&tun).and_then(|uses| match uses.ports.as_slice() {
            [port] if *port == tun => Some(*port),
            _ => destination(packet).and_then(|to| uses.routes.get(&to).copied()),
        });
        match port {
            Some(port) => self.packet_out(now, port, packet, sink),
            None => self.statistics.note(sink(Delivery::Dial { interface: tun, packet })),
        }
    }

    /// Takes octets of a B channel; frames may be cut anywhere.
    pub fn octets(&mut self, now: Instant, channel: &ChannelId, octets: &[u8], sink: &mut Sink<'_>) {
        let port = self.channels.get(channel).copied();
        let Some((port, entry)) = port.and_then(|port| Some((port, self.ports.get_mut(&port)?))) else {
            self.statistics.unknown_port += 1;
            return;
        };
        let Port { channel: Some(line), session, network, spliced } = entry else {
            self.statistics.unknown_port += 1;
            return;
        };
        let (statistics, scratch, observed) = (&mut self.statistics, &mut self.scratch, self.observed);
        let bad = line.take(octets, |frame, counters| match session {
            Some(session) if *spliced => {
                if is_network_layer(frame) {
                    touch(counters, &counters.last_input, now);
                }
                let pieces = [frame, &[], &[]];
                statistics.note(match observed {
                    true => session.send(false, pieces, scratch, &mut observe(port, sink)),
                    false => session.send(false, pieces, scratch, sink),
                });
            }
            Some(_) | None => {
                deliver(port, *network, frame, sink, statistics);
            }
        });
        self.statistics.bad_frames += bad;
    }

    /// Sends a PPP frame of the engine (protocol field first) out of a port: `Output::Frame`. It goes out with
    /// FF 03 and the whole protocol field, which every peer must take whatever was agreed on (RFC 1662
    /// section 3.1, RFC 1661 section 6.5).
    pub fn frame_out(&mut self, port: InterfaceId, frame: &[u8], sink: &mut Sink<'_>) {
        let frame = frame.strip_prefix(&ADDRESS_CONTROL).unwrap_or(frame);
        let priority = frame
            .strip_prefix(&PROTOCOL_LCP)
            .and_then(|lcp| lcp.first())
            .is_some_and(|&code| code == LCP_ECHO_REQUEST || code == LCP_ECHO_REPLY);
        let frame = Outgoing { pieces: [&ADDRESS_CONTROL, frame, &[]], accm: 0, priority };
        let scratch = &mut self.scratch;
        let fate = self.ports.get_mut(&port).and_then(|entry| match self.observed {
            true => entry.send(frame, scratch, &mut observe(port, sink)),
            false => entry.send(frame, scratch, sink),
        });
        self.sent(fate);
    }

    /// Sends an IP packet that the engine held out of a port: `Output::Packet`.
    pub fn packet_out(&mut self, now: Instant, port: InterfaceId, packet: &[u8], sink: &mut Sink<'_>) {
        let open = self.ports.get_mut(&port).and_then(|entry| entry.network.map(|network| (entry, network)));
        let Some((entry, Network { framing, .. })) = open else {
            self.statistics.unknown_port += 1;
            return;
        };
        if !is_ipv4(packet) || (framing.peer_mru != 0 && packet.len() > usize::from(framing.peer_mru)) {
            self.statistics.unsendable += 1;
            return;
        }
        if let Some(counters) = entry.counters() {
            touch(counters, &counters.last_output, now);
        }
        let address_control: &[u8] = if framing.acfc { &[] } else { &ADDRESS_CONTROL };
        let protocol: &[u8] = if framing.pfc { &[0x21] } else { &[0x00, 0x21] };
        let pieces = [address_control, protocol, packet];
        let frame = Outgoing { pieces, accm: framing.send_accm, priority: false };
        let fate = match self.observed {
            true => entry.send(frame, &mut self.scratch, &mut observe(port, sink)),
            false => entry.send(frame, &mut self.scratch, sink),
        };
        self.sent(fate);
    }

    /// Counts what became of a frame; `None` when its port has no line.
    fn sent(&mut self, fate: Option<Fate>) {
        match fate {
            Some(fate) => self.statistics.note(fate),
            None => self.statistics.unknown_port += 1,
        }
    }

    /// What was dropped or noticed.
    pub const fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Whether nothing is attached at all.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty() && self.channels.is_empty() && self.sessions.is_empty() && self.tuns.is_empty()
    }

    fn claim_session(&mut self, port: InterfaceId, id: SessionId) {
        if let Some(former) = self.sessions.get(&id).copied()
            && former != port
        {
            self.detach(former);
        }
        self.sessions.insert(id, port);
    }

    fn open_network(&mut self, port: InterfaceId, tun: InterfaceId, framing: Framing) {
        self.close_network(port);
        let Some(entry) = self.ports.get_mut(&port) else {
            self.statistics.unknown_port += 1;
            return;
        };
        entry.network = Some(Network { tun, framing });
        let uses = self.tuns.entry(tun).or_default();
        uses.ports.push(port);
        uses.routes.clear();
    }

    fn route(&mut self, tun: InterfaceId, destination: Ipv4Addr, port: InterfaceId) {
        let Some(uses) = self.tuns.get_mut(&tun).filter(|uses| uses.ports.contains(&port)) else {
            self.statistics.unknown_port += 1;
            return;
        };
        if uses.routes.len() >= ROUTES {
            uses.routes.clear();
        }
        uses.routes.insert(destination, port);
    }

    fn close_network(&mut self, port: InterfaceId) {
        let network = self.ports.get_mut(&port).and_then(|entry| entry.network.take());
        let Some(Network { tun, .. }) = network else { return };
        if let Some(uses) = self.tuns.get_mut(&tun) {
            uses.ports.retain(|&open| open != port);
            uses.routes.clear();
            if uses.ports.is_empty() {
                self.tuns.remove(&tun);
            }
        }
    }

    fn detach(&mut self, port: InterfaceId) {
        self.close_network(port);
        let Some(entry) = self.ports.remove(&port) else { return };
        if let Some(channel) = entry.channel {
            self.channels.remove(&channel.id);
        }
        if let Some(session) = entry.session {
            self.sessions.remove(&session.data.path.id);
        }
    }
}

fn is_ipv4(packet: &[u8]) -> bool {
    packet.first().is_some_and(|first| first >> 4 == 4)
}

/// Of an IPv4 packet.
fn destination(packet: &[u8]) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::from(*packet.get(16..)?.first_chunk::<4>()?))
}

/// The protocol field of a frame and its information field; FF 03 and a compressed protocol field are taken as
/// they come (RFC 1661 section 2: the field's last octet, and only that, is odd).
fn protocol(frame: &[u8]) -> Option<(u16, &[u8])> {
    let frame = frame.strip_prefix(&ADDRESS_CONTROL).unwrap_or(frame);
    let (&first, rest) = frame.split_first()?;
    if first & 1 == 1 {
        return Some((u16::from(first), rest));
    }
    let (&second, rest) = rest.split_first()?;
    Some((u16::from_be_bytes([first, second]), rest))
}

/// Whether a frame carries what the user sends rather than what its link says: RFC 1661 section 2, protocols 0*** to
/// 3***. What the LNS agreed on with the user (multilink, compression, encryption) may hide that it is IP.
fn is_network_layer(frame: &[u8]) -> bool {
    protocol(frame).is_some_and(|(protocol, _)| protocol < 0x4000)
}

fn touch(counters: &Counters, direction: &AtomicU64, now: Instant) {
    let seconds = now.since_start().as_secs();
    counters.last_activity.store(seconds, Ordering::Relaxed);
    direction.store(seconds, Ordering::Relaxed);
}

/// Gives a frame from the peer to the TUN when it is IP and IP is open, otherwise to the engine. True for IP.
fn deliver(
    port: InterfaceId,
    network: Option<Network>,
    frame: &[u8],
    sink: &mut Sink<'_>,
    statistics: &mut Statistics,
) -> bool {
    match (protocol(frame), network) {
        (Some((PROTOCOL_IP, packet)), Some(Network { tun, .. })) if is_ipv4(packet) => {
            statistics.note(sink(Delivery::Tun { tun, packet }));
            return true;
        }
        (None, _) | (Some((PROTOCOL_IP, _)), Some(_)) => statistics.short += 1,
        (Some(_), _) => statistics.note(sink(Delivery::Frame { port, frame })),
    }
    false
}
