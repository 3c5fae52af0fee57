//! What a tunnel does with the control messages that reach it.

use std::net::SocketAddr;

use crate::proto::l2tp::auth;
use crate::proto::l2tp::debug;
use crate::proto::l2tp::header::{ControlHeader, Packet, classify};
use crate::proto::l2tp::message::*;
use crate::proto::l2tp::transport::Arrival;

use super::*;

impl Tunnel {
    /// Takes a control message; `remote` is where it came from, `datagram` the whole of it.
    pub fn receive(
        &mut self,
        io: &mut Io,
        remote: SocketAddr,
        header: ControlHeader,
        body: &[u8],
        datagram: &[u8],
    ) {
        self.control.2 += 1;
        self.control.3 += datagram.len() as u64;
        self.heard.note(io.cx.now);
        let expected = self.transport.numbers().1;
        match self.transport.receive(io.cx.now, header.ns, header.nr, body.is_empty(), datagram) {
            Arrival::Ack => {
                if !self.closing {
                    debug::zlb_in(io.cx, self.prefix(0), header, datagram);
                }
            }
            Arrival::InOrder => {
                self.process(io, remote, header, body, datagram);
                self.process_early(io, remote);
            }
            Arrival::Duplicate => {
                self.trouble(io, Trouble::OutOfOrder(header.ns, expected, "duplicate dropped"));
                self.acknowledge(io, 0);
            }
            Arrival::Early => self.trouble(io, Trouble::OutOfOrder(header.ns, expected, "kept")),
            Arrival::Beyond => self.trouble(io, Trouble::OutOfOrder(header.ns, expected, "dropped")),
        }
        self.flush(io);
    }

    fn process_early(&mut self, io: &mut Io, remote: SocketAddr) {
        while let Some(datagram) = self.transport.next_early(io.cx.now) {
            // It was a control message when it was kept.
            if let Packet::Control { header, body, .. } = classify(&datagram) {
                self.process(io, remote, header, body, &datagram);
            }
        }
    }

    fn process(&mut self, io: &mut Io, remote: SocketAddr, header: ControlHeader, body: &[u8], bytes: &[u8]) {
        if self.closing {
            return self.acknowledge(io, 0);
        }
        let session = if self.sessions.contains_key(&header.session) { header.session } else { 0 };
        let secret = self.config.secret.as_ref().map(String::as_bytes);
        match decode(io.cx, self.prefix(session), body, secret) {
            Ok(message) => {
                debug::input(io.cx, self.prefix(session), header, message.message_type().name(), bytes);
                self.learn_from(&message, remote);
                if !answered(message.message_type()) {
                    self.acknowledge(io, session);
                }
                self.dispatch(io, remote, header, message);
            }
            Err(fault) => {
                let name = fault.message_type.map_or("unknown message", MessageType::name);
                debug::input(io.cx, self.prefix(session), header, name, bytes);
                if let (0, Some(assigned)) = (self.remote_id, fault.assigned_tunnel) {
                    self.remote_id = assigned;
                    self.remote = remote;
                }
                self.acknowledge(io, session);
                self.fault(io, header, fault);
            }
        }
    }

    /// A StopCCN in answer to our SCCRQ is the first that shows the peer's id, which its ZLB needs.
    fn learn_from(&mut self, message: &Message, remote: SocketAddr) {
        if let (Message::StopCcn(stop), 0) = (message, self.remote_id) {
            self.remote_id = stop.assigned_tunnel;
            self.remote = remote;
        }
    }

    fn dispatch(&mut self, io: &mut Io, remote: SocketAddr, header: ControlHeader, message: Message) {
        match message {
            Message::Sccrq(_) => self.unexpected(io, MessageType::Sccrq, On::SccrqAcceptable),
            Message::Sccrp(sccrp) => self.on_sccrp(io, remote, sccrp),
            Message::Scccn(scccn) => self.on_scccn(io, scccn),
            Message::StopCcn(stop) => self.on_stopccn(io, stop.result),
            Message::Hello => {
                let (name, tunnel) = (self.peer_name(), self.remote_id);
                self.say(io, What::InTunnel(MessageType::Hello.name(), &name, tunnel));
            }
            Message::Ocrq(_)
            | Message::Ocrp(_)
            | Message::Occn(_)
            | Message::Icrq(_)
            | Message::Icrp(_)
            | Message::Iccn(_)
            | Message::Cdn(_)
            | Message::Wen(_)
            | Message::Sli(_) => self.on_session_message(io, header, message),
        }
    }

    fn on_sccrp(&mut self, io: &mut Io, remote: SocketAddr, sccrp: Sccrp) {
        if self.machine != State::WaitCtlReply {
            return self.unexpected(io, MessageType::Sccrp, On::SccrpAcceptable);
        }
        // RFC 2661 section 8.1: the peer may answer from a port of its own choice, and keeps it.
        self.remote = remote;
        self.remote_id = sccrp.assigned_tunnel;
        let name = sccrp.host_name;
        self.remote_name.clone_from(&name);
        self.peer_framing = sccrp.framing_capabilities;
        if let Some(window) = sccrp.receive_window {
            self.transport.set_peer_window(window);
        }
        self.say(io, What::In(MessageType::Sccrp.name(), &name));
        if sccrp.challenge.is_some() {
            self.say(io, What::GotChallenge(&name));
        }
        if sccrp.challenge_response.is_some() {
            self.say(io, What::GotResponse(&name));
        }
        let answerable = sccrp.challenge.is_none() || self.config.secret.is_some();
        if !self.authentic(io, MessageType::Sccrp, sccrp.challenge_response) {
            return self.apply(io, On::SccrpNotAcceptable, Some(Why::unauthorized()));
        }
        if !answerable {
            self.trouble(io, Trouble::NoSecret(&name));
            self.auth_failures += 1;
            return self.apply(io, On::SccrpNotAcceptable, Some(Why::unauthorized()));
        }
        self.peer_challenge = sccrp.challenge;
        self.apply(io, On::SccrpAcceptable, None);
    }

    fn on_scccn(&mut self, io: &mut Io, scccn: Scccn) {
        if self.machine != State::WaitCtlConn {
            return self.unexpected(io, MessageType::Scccn, On::ScccnAcceptable);
        }
        let (name, tunnel) = (self.peer_name(), self.remote_id);
        self.say(io, What::InTunnel(MessageType::Scccn.name(), &name, tunnel));
        if scccn.challenge_response.is_some() {
            self.say(io, What::GotResponseInScccn(&name));
        }
        if self.authentic(io, MessageType::Scccn, scccn.challenge_response) {
            self.apply(io, On::ScccnAcceptable, None);
        } else {
            self.apply(io, On::ScccnNotAcceptable, Some(Why::unauthorized()));
        }
    }

    pub(super) fn on_stopccn(&mut self, io: &mut Io, result: ResultCode) {
        let (name, tunnel) = (self.peer_name(), self.remote_id);
        self.say(io, What::InTunnel(MessageType::StopCcn.name(), &name, tunnel));
        let why = Why { cause: DownCause::Remote(result.clone()), result };
        self.apply(io, On::StopCcn, Some(why));
    }

    pub(super) fn unexpected(&mut self, io: &mut Io, message: MessageType, event: On) {
        self.trouble(io, Trouble::Unexpected(message.name(), self.state.name()));
        self.apply(io, event, Some(Why::unexpected(message)));
    }

    /// RFC 2661 sections 4.1 and 7.1: what a message that cannot be taken does to the tunnel or session.
    fn fault(&mut self, io: &mut Io, header: ControlHeader, fault: Fault) {
        let name = fault.message_type.map_or("message", MessageType::name);
        self.trouble(io, Trouble::BadMessage(name, fault.result.result, fault.result.error));
        if !fault.fatal {
            return;
        }
        let event = match fault.message_type {
            Some(message) if message.of_session() => return self.session_fault(io, header, message, fault),
            Some(MessageType::StopCcn) => return self.on_stopccn(io, fault.result),
            Some(MessageType::Sccrp) => On::SccrpNotAcceptable,
            Some(MessageType::Scccn) => On::ScccnNotAcceptable,
            Some(_) | None => On::AdminClose,
        };
        self.apply(io, event, Some(Why::protocol(fault.result)));
    }

    /// Whether the peer proved that it knows the secret, if it was asked to.
    fn authentic(&mut self, io: &mut Io, message: MessageType, response: Option<[u8; 16]>) -> bool {
        let Some(challenge) = self.challenge else { return true };
        let right = match (&self.config.secret, response) {
            (Some(secret), Some(response)) => auth::verify(message, secret.as_bytes(), &challenge, &response),
            (Some(_), None) | (None, _) => false,
        };
        if right {
            self.say(io, What::AuthenticationSuccess);
        } else {
            self.auth_failures += 1;
            let name = self.peer_name();
            self.trouble(io, Trouble::AuthenticationFailed(&name));
        }
        right
    }
}

/// Whether a message is answered by another one, which carries its acknowledgement.
const fn answered(message: MessageType) -> bool {
    match message {
        MessageType::Sccrq
        | MessageType::Sccrp
        | MessageType::Ocrq
        | MessageType::Ocrp
        | MessageType::Icrq
        | MessageType::Icrp => true,
        MessageType::Scccn
        | MessageType::StopCcn
        | MessageType::Hello
        | MessageType::Occn
        | MessageType::Iccn
        | MessageType::Cdn
        | MessageType::Wen
        | MessageType::Sli => false,
    }
}
