//! What a tunnel sends: its own messages, and the way of every message through the transport.

use crate::proto::Purpose;
use crate::proto::l2tp::auth;
use crate::proto::l2tp::debug;
use crate::proto::l2tp::header::{ControlHeader, encode_control};
use crate::proto::l2tp::message::*;
use crate::proto::l2tp::transport::Outgoing;

use super::*;

impl Tunnel {
    pub(super) fn send_sccrq(&mut self, io: &mut Io) {
        if self.config.authenticate {
            self.challenge = Some(draw(io, Purpose::TunnelChallenge));
        }
        if self.config.tie_breaker {
            self.tie_breaker = Some(draw(io, Purpose::TieBreaker));
        }
        self.say(io, What::OutSccrq);
        let message = Message::Sccrq(Sccrq {
            framing_capabilities: self.config.framing_capabilities,
            bearer_capabilities: Some(self.config.bearer_capabilities),
            tie_breaker: self.tie_breaker,
            firmware: Some(self.config.firmware),
            host_name: self.config.local_name.clone(),
            vendor_name: Some(self.config.vendor_name.clone()),
            assigned_tunnel: self.id,
            receive_window: Some(self.config.receive_window.max(1)),
            challenge: self.challenge.map(|c| c.to_vec()),
        });
        self.send(io, 0, 0, &message);
        self.enter(io, TunnelState::WaitCtlReply);
        self.say(io, What::SmState(self.state));
    }

    pub(super) fn send_sccrp(&mut self, io: &mut Io) {
        if self.config.authenticate {
            self.challenge = Some(draw(io, Purpose::TunnelChallenge));
        }
        let message = Message::Sccrp(Sccrp {
            framing_capabilities: self.config.framing_capabilities,
            bearer_capabilities: Some(self.config.bearer_capabilities),
            firmware: Some(self.config.firmware),
            host_name: self.config.local_name.clone(),
            vendor_name: Some(self.config.vendor_name.clone()),
            assigned_tunnel: self.id,
            receive_window: Some(self.config.receive_window.max(1)),
            challenge: self.challenge.map(|c| c.to_vec()),
            challenge_response: self.response(MessageType::Sccrp),
        });
        self.send_to_peer(io, &message);
        self.enter(io, TunnelState::WaitCtlReply);
    }

    pub(super) fn send_scccn(&mut self, io: &mut Io) {
        self.enter(io, TunnelState::Established);
        let message = Message::Scccn(Scccn { challenge_response: self.response(MessageType::Scccn) });
        self.send_to_peer(io, &message);
    }

    pub(super) fn send_stopccn(&mut self, io: &mut Io, result: &ResultCode) {
        // A peer whose id is unknown has answered nothing: should its SCCRP still come, the endpoint answers
        // it as the table's idle row says. One that has hidden its id in an SCCRQ cannot be told anything; the tunnel
        // lingers for its repetitions.
        if self.remote_id == 0 {
            self.gone = self.locally_initiated;
            return;
        }
        self.transport.discard_unsent();
        let message = Message::StopCcn(StopCcn { assigned_tunnel: self.id, result: result.clone() });
        self.send_to_peer(io, &message);
        self.enter(io, TunnelState::ShuttingDown);
    }

    pub(super) fn send_to_peer(&mut self, io: &mut Io, message: &Message) {
        let (name, tunnel) = (self.peer_name(), self.remote_id);
        self.say(io, What::OutTunnel(message.message_type().name(), &name, tunnel));
        self.send(io, 0, 0, message);
    }

    fn response(&self, message: MessageType) -> Option<[u8; 16]> {
        let (secret, challenge) = (self.config.secret.as_ref()?, self.peer_challenge.as_ref()?);
        Some(auth::challenge_response(message, secret.as_bytes(), challenge))
    }

    /// Encodes and queues a message; `remote` and `local` are the session's ids, 0 for the tunnel's messages.
    pub fn send(&mut self, io: &mut Io, remote: u16, local: u16, message: &Message) {
        let mut hiding = match &self.config.secret {
            Some(secret) if self.config.hidden && may_hide(message.message_type()) => {
                Some(Hiding { secret: secret.as_bytes(), entropy: &mut *io.cx.entropy })
            }
            Some(_) | None => None,
        };
        let body = message.encode(hiding.as_mut());
        let name = message.message_type().name();
        self.transport.send(Outgoing { session: remote, local_session: local, name, body });
        self.flush(io);
    }

    pub(super) fn flush(&mut self, io: &mut Io) {
        while let Some(sending) = self.transport.poll_transmit(io.cx.now) {
            let header = ControlHeader {
                tunnel: self.remote_id,
                session: sending.message.session,
                ns: sending.ns,
                nr: sending.nr,
            };
            let bytes = encode_control(&header, &sending.message.body);
            let (session, name, resend) =
                (sending.message.local_session, sending.message.name, sending.resend);
            let prefix = self.prefix(session);
            if resend {
                debug::output(io.cx, prefix, header, &format!("Resend {name}"), &bytes);
            } else {
                debug::output(io.cx, prefix, header, name, &bytes);
            }
            self.transmit(io, bytes);
        }
    }

    /// Sends a ZLB at once if anything waits to be acknowledged. `session` is what the message was about.
    pub(super) fn acknowledge(&mut self, io: &mut Io, session: u16) {
        if let Some(numbers) = self.transport.acknowledge() {
            self.send_zlb(io, session, numbers);
        }
    }

    pub(super) fn send_zlb(&mut self, io: &mut Io, session: u16, (ns, nr): (u16, u16)) {
        // It would reach no tunnel of a peer whose id is not known.
        if self.remote_id == 0 {
            return;
        }
        let header = ControlHeader { tunnel: self.remote_id, session: 0, ns, nr };
        let bytes = encode_control(&header, &[]);
        debug::output(io.cx, self.prefix(session), header, debug::ZLB, &bytes);
        self.transmit(io, bytes);
    }

    fn transmit(&mut self, io: &mut Io, bytes: Vec<u8>) {
        self.control.0 += 1;
        self.control.1 += bytes.len() as u64;
        io.out.push_back(Output::Transmit { local: self.local, remote: self.remote, bytes });
    }
}

fn draw<const N: usize>(io: &mut Io, purpose: Purpose) -> [u8; N] {
    let mut octets = [0; N];
    io.cx.entropy.fill(purpose, &mut octets);
    octets
}

/// Whether the receiver of a message has had a chance to find the secret that unhides its AVPs. Of an SCCRQ or SCCRP it
/// has not: whose secret counts is what these two say, and xl2tpd, for one, looks it up when it has read them. What a
/// StopCCN could hide is the tunnel id that it is found by. RFC 2661 section 4.3 leaves it to the sender what to hide.
const fn may_hide(message: MessageType) -> bool {
    !matches!(message, MessageType::Sccrq | MessageType::Sccrp | MessageType::StopCcn)
}
