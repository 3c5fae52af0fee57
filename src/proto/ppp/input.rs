//! What comes in from the peer: frames to their protocols, and the codes that only LCP has.

use super::automaton::{Event as Input, State};
use super::debug::{Way, What};
use super::link::{Link, io};
use super::machine::Io;
use super::packet::{self, Packet};
use super::types::{FinishCause, Phase};
use crate::proto::Context;
use crate::proto::cursor::Reader;

impl Link {
    /// A frame from the peer: optional FF 03, protocol field of one or two octets, information.
    pub fn receive(&mut self, cx: &mut Context, frame: &[u8]) {
        if self.phase == Phase::Forwarding || self.lcp.state() == State::Initial {
            return;
        }
        let Some((mut protocol, mut information)) = packet::split(frame) else { return };
        self.debug(cx, What::Datagram(protocol, information.len() + 4));
        if protocol == packet::MULTILINK && self.config.multilink {
            // Offered as IOS does, though no bundle is made of several links: a peer may wrap whole frames.
            match packet::unfragmented(information).and_then(packet::split) {
                Some(inner) => (protocol, information) = inner,
                None => return,
            }
        }
        match (protocol, Packet::parse(information)) {
            (packet::LCP, Some(packet)) => self.receive_lcp(cx, &packet),
            (packet::CHAP | packet::PAP, Some(packet)) if self.auth.is_some() => {
                self.receive_auth(cx, protocol, &packet);
            }
            (packet::IPCP, Some(packet)) if self.config.ipcp.is_some() => self.receive_ipcp(cx, &packet),
            (packet::LCP, None) => self.debug(cx, What::Trouble(protocol, "Bad packet length, discarded")),
            // A packet whose length lies is no reason to reject its protocol.
            (packet::CHAP | packet::PAP, None) if self.auth.is_some() => {}
            (packet::IPCP | packet::IP, _) if self.config.ipcp.is_some() => {}
            _ => self.reject_protocol(cx, protocol, information),
        }
    }

    fn receive_lcp(&mut self, cx: &mut Context, packet: &Packet) {
        let open = self.lcp.state() == State::Opened;
        let effects = match packet.code {
            packet::PROTO_REJ => return self.receive_protocol_reject(cx, packet),
            packet::ECHO_REQ | packet::ECHO_REP if open => return self.receive_echo(cx, packet),
            packet::ECHO_REQ | packet::ECHO_REP | packet::DISCARD => return,
            packet::IDENTIFICATION | packet::TIME_REMAINING => {
                return self.debug(
                    cx,
                    What::Packet {
                        way: Way::In,
                        protocol: packet::LCP,
                        code: packet.code,
                        state: self.lcp.state(),
                        id: packet.id,
                        len: packet.len(),
                    },
                );
            }
            _ => match self.lcp.receive(io!(self, cx), packet) {
                Some(effects) => effects,
                None => self.lcp.unknown_code(io!(self, cx), packet),
            },
        };
        self.lcp_did(cx, effects);
    }

    fn receive_auth(&mut self, cx: &mut Context, protocol: u16, packet: &Packet) {
        let Some(auth) = self.auth.as_mut() else { return };
        let step = auth.receive(io!(self, cx), protocol, packet);
        self.auth_did(cx, step);
    }

    /// RFC 1661 section 3.5: before the network phase, and before the owner let IPCP start, its packets are
    /// silently discarded; the peer repeats them.
    fn receive_ipcp(&mut self, cx: &mut Context, packet: &Packet) {
        let Some(ipcp) = self.ipcp.as_mut() else { return };
        let effects = match ipcp.receive(io!(self, cx), packet) {
            Some(effects) => effects,
            None => ipcp.unknown_code(io!(self, cx), packet),
        };
        self.ipcp_did(cx, effects);
    }

    fn receive_protocol_reject(&mut self, cx: &mut Context, packet: &Packet) {
        let mut reader = Reader::new(packet.data);
        let Ok(protocol) = reader.u16() else { return };
        let (way, state, id, len) = (Way::In, self.lcp.state(), packet.id, packet.len());
        self.debug(cx, What::ProtocolReject { way, state, id, len, protocol, octets: packet.data });
        if state != State::Opened {
            return;
        }
        match protocol {
            packet::LCP => {
                let effects = self.lcp.apply(io!(self, cx), Input::RejectBad);
                self.lcp_did(cx, effects);
            }
            packet::CHAP | packet::PAP if self.phase == Phase::Authenticating => {
                self.end(cx, FinishCause::Authentication);
            }
            packet::IPCP => {
                if let Some(ipcp) = self.ipcp.as_mut() {
                    let effects = ipcp.apply(io!(self, cx), Input::RejectBad);
                    self.ipcp_did(cx, effects);
                }
            }
            _ => {}
        }
    }

    fn receive_echo(&mut self, cx: &mut Context, packet: &Packet) {
        let Ok(magic) = Reader::new(packet.data).u32() else { return };
        let ours = self.lcp.policy.magic();
        let (id, len) = (packet.id, packet.len());
        self.debug(cx, What::Echo { way: Way::In, code: packet.code, id, len, magic });
        let looped = magic != 0 && magic == ours;
        if packet.code == packet::ECHO_REP {
            // A reply with our own number proves nothing: neither a peer nor, as a request does, a loop.
            if !looped {
                self.echo.missed = 0;
            }
            return;
        }
        if looped {
            return self.end(cx, FinishCause::Loopback);
        }
        let mut data = packet.data.to_vec();
        data.truncate(usize::from(self.lcp.policy.framing().peer_mru).saturating_sub(4));
        if let Some(field) = data.first_chunk_mut::<4>() {
            *field = ours.to_be_bytes();
        }
        self.debug(
            cx,
            What::Echo { way: Way::Out, code: packet::ECHO_REP, id, len: data.len() + 4, magic: ours },
        );
        let io: &mut Io = io!(self, cx);
        io.transmit(packet::LCP, packet::ECHO_REP, id, &data);
    }

    /// The keepalive's next Echo-Request.
    pub(super) fn send_echo(&mut self, cx: &mut Context) {
        let magic = self.lcp.policy.magic();
        self.echo.missed += 1;
        self.echo.id = self.echo.id.wrapping_add(1);
        self.echo.next = Some(cx.now + self.config.keepalive);
        let id = self.echo.id;
        // IOS sends eight octets: both magic numbers.
        let peer = match super::option::value(packet::LCP, self.lcp.policy.peer(), super::option::lcp::MAGIC)
        {
            Some(super::option::Value::Word(magic)) => magic,
            _ => 0,
        };
        let data = [magic.to_be_bytes(), peer.to_be_bytes()].concat();
        self.debug(cx, What::Echo { way: Way::Out, code: packet::ECHO_REQ, id, len: data.len() + 4, magic });
        let io: &mut Io = io!(self, cx);
        io.transmit(packet::LCP, packet::ECHO_REQ, id, &data);
    }

    /// A protocol that is not spoken here (RFC 1661 section 5.7); silence outside the network phase.
    fn reject_protocol(&mut self, cx: &mut Context, protocol: u16, information: &[u8]) {
        if self.phase != Phase::Up || self.lcp.state() != State::Opened {
            return;
        }
        let room = usize::from(self.lcp.policy.framing().peer_mru).saturating_sub(6);
        let mut data = protocol.to_be_bytes().to_vec();
        data.extend_from_slice(information.get(..room).unwrap_or(information));
        let id = self.lcp.take_id(io!(self, cx));
        let (way, state, len) = (Way::Out, self.lcp.state(), data.len() + 4);
        self.debug(cx, What::ProtocolReject { way, state, id, len, protocol, octets: &data });
        let io: &mut Io = io!(self, cx);
        io.transmit(packet::LCP, packet::PROTO_REJ, id, &data);
    }
}
