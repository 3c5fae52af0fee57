//! A peer that a test writes message by message, against one endpoint.

use super::super::auth::challenge_response;
use super::super::header::{ControlHeader, Packet, classify, encode_control};
use super::super::message::*;
use super::*;
use crate::proto::trace::Silent;

/// What the endpoint sent: its header and message, `None` for a ZLB.
pub type Reply = (ControlHeader, Option<Message>);

/// The endpoint under test and the numbers of a peer that is written by hand.
pub struct Peer {
    pub node: Node,
    pub now: Instant,
    pub address: SocketAddr,
    pub ns: u16,
    pub nr: u16,
    /// The endpoint's tunnel id, once known.
    pub theirs: u16,
    /// Ours.
    pub ours: u16,
    /// The endpoint's last challenge.
    pub challenge: Vec<u8>,
    /// Where the endpoint sent its last datagram.
    pub last_to: Option<SocketAddr>,
}

impl Peer {
    /// A peer of an LNS or LAC that has done nothing.
    pub fn new() -> Self {
        Peer {
            node: Node::new(3, 82, "l2tp-gw"),
            now: Instant::ZERO,
            address: address(68),
            ns: 0,
            nr: 0,
            theirs: 0,
            ours: 100,
            challenge: Vec::new(),
            last_to: None,
        }
    }

    /// Takes what the endpoint has to say.
    pub fn replies(&mut self) -> Vec<Reply> {
        let mut out = Vec::new();
        for (to, bytes) in self.node.drain(self.now) {
            self.last_to = Some(to);
            let Packet::Control { header, body, .. } = classify(&bytes) else {
                panic!("not a control message")
            };
            if body.is_empty() {
                out.push((header, None));
                continue;
            }
            let mut cx = Context { now: self.now, entropy: &mut Seeded::new(0), trace: &mut Silent };
            let message = decode(&mut cx, Prefix::L2tp, body, Some(b"hello")).expect("we send no faults");
            if header.ns == self.nr {
                self.nr = self.nr.wrapping_add(1);
            }
            match &message {
                Message::Sccrq(m) => {
                    self.theirs = m.assigned_tunnel;
                    self.challenge = m.challenge.clone().unwrap_or_default();
                }
                Message::Sccrp(m) => {
                    self.theirs = m.assigned_tunnel;
                    self.challenge = m.challenge.clone().unwrap_or_default();
                }
                _ => {}
            }
            out.push((header, Some(message)));
        }
        out
    }

    /// Delivers octets as they are.
    pub fn deliver(&mut self, bytes: &[u8]) -> Vec<Reply> {
        let (from, to, now) = (self.address, self.node.address.ip(), self.now);
        self.node.with(now, |endpoint, cx| endpoint.handle_datagram(cx, to, from, bytes));
        self.replies()
    }

    /// Sends the next message with this body.
    pub fn body(&mut self, session: u16, body: &[u8]) -> Vec<Reply> {
        let header = ControlHeader { tunnel: self.theirs, session, ns: self.ns, nr: self.nr };
        self.ns = self.ns.wrapping_add(1);
        self.deliver(&encode_control(&header, body))
    }

    pub fn send(&mut self, session: u16, message: &Message) -> Vec<Reply> {
        self.body(session, &message.encode(None))
    }

    pub fn zlb(&mut self) -> Vec<Reply> {
        let header = ControlHeader { tunnel: self.theirs, session: 0, ns: self.ns, nr: self.nr };
        self.deliver(&encode_control(&header, &[]))
    }

    /// Lets time pass for the endpoint, without a word of the peer.
    pub fn wait(&mut self, time: Duration) -> Vec<Reply> {
        let end = self.now + time;
        let mut out = self.replies();
        while let Some(next) = self.node.endpoint.next_timeout().filter(|&t| t <= end) {
            self.now = self.now.max(next);
            self.node.with(self.now, |endpoint, cx| endpoint.handle_timeout(cx));
            out.extend(self.replies());
        }
        self.now = end;
        out
    }

    pub fn sccrq(&self) -> Sccrq {
        Sccrq {
            framing_capabilities: 3,
            bearer_capabilities: Some(3),
            host_name: "hgw".to_owned(),
            assigned_tunnel: self.ours,
            receive_window: Some(8),
            ..Sccrq::default()
        }
    }

    pub fn scccn(&self) -> Message {
        let right = challenge_response(MessageType::Scccn, b"hello", &self.challenge);
        Message::Scccn(Scccn { challenge_response: Some(right) })
    }

    /// A peer with an open control connection to our LNS.
    pub fn open() -> Self {
        Peer::open_to(|_| ())
    }

    pub fn open_to(change: impl FnOnce(&mut Node)) -> Self {
        let mut peer = Peer::new();
        change(&mut peer.node);
        let sccrq = Message::Sccrq(peer.sccrq());
        peer.send(0, &sccrq);
        let scccn = peer.scccn();
        peer.send(0, &scccn);
        assert_eq!(peer.node.count(|e| matches!(e, Event::TunnelUp { .. })), 1);
        peer
    }

    /// A peer that is the LNS of our LAC, with the control connection open.
    pub fn open_as_lns() -> Self {
        let mut peer = Peer::new();
        peer.node.config.authenticate = false;
        peer.node.connect(peer.now, peer.address);
        peer.replies();
        let sccrp = peer.sccrp();
        peer.send(0, &Message::Sccrp(sccrp));
        assert_eq!(peer.node.count(|e| matches!(e, Event::TunnelUp { .. })), 1);
        peer.zlb();
        peer
    }

    pub fn sccrp(&self) -> Sccrp {
        let response = challenge_response(MessageType::Sccrp, b"hello", &self.challenge);
        Sccrp {
            framing_capabilities: 3,
            bearer_capabilities: Some(3),
            host_name: "hgw".to_owned(),
            assigned_tunnel: self.ours,
            receive_window: Some(8),
            challenge_response: (!self.challenge.is_empty()).then_some(response),
            ..Sccrp::default()
        }
    }

    /// Asks the LNS for a session; returns its id there.
    pub fn ask_session(&mut self, assigned: u16) -> u16 {
        let replies = self.send(0, &icrq(assigned));
        match &replies[..] {
            [(header, Some(Message::Icrp(icrp)))] => {
                assert_eq!(header.session, assigned);
                icrp.assigned_session
            }
            other => panic!("no ICRP: {other:?}"),
        }
    }

    /// An established session at the LNS; returns its id there.
    pub fn session(&mut self, assigned: u16) -> u16 {
        let id = self.ask_session(assigned);
        assert_eq!(names(&self.send(id, &iccn())), ["ZLB"]);
        id
    }

    /// Our LAC's call; returns its session id.
    pub fn called(&mut self) -> SessionId {
        let tunnel = self.node.endpoint.tunnels()[0].id;
        let (request, info) = the_call();
        let id = self.node.with(self.now, |endpoint, cx| endpoint.call(cx, tunnel, "Se0:0", request, info));
        id.expect("a session")
    }
}

pub fn icrq(assigned: u16) -> Message {
    Message::Icrq(Icrq { assigned_session: assigned, request: the_call().0 })
}

pub fn iccn() -> Message {
    Message::Iccn(Iccn { info: the_call().1 })
}

pub fn cdn(assigned: u16) -> Message {
    Message::Cdn(Cdn { assigned_session: assigned, result: result(1, Some(0)), cause: None })
}

pub fn names(replies: &[Reply]) -> Vec<&'static str> {
    replies.iter().map(|(_, m)| m.as_ref().map_or("ZLB", |m| m.message_type().name())).collect()
}

/// The result of the only StopCCN among the replies.
pub fn stopped(replies: &[Reply]) -> (u16, Option<u16>) {
    let results: Vec<_> = replies
        .iter()
        .filter_map(|(_, m)| match m {
            Some(Message::StopCcn(stop)) => Some((stop.result.result, stop.result.error)),
            _ => None,
        })
        .collect();
    assert_eq!(results.len(), 1, "{replies:?}");
    results[0]
}

/// The result of the only CDN among the replies, and the session of its header.
pub fn disconnected(replies: &[Reply]) -> (u16, u16, Option<u16>) {
    let results: Vec<_> = replies
        .iter()
        .filter_map(|(header, m)| match m {
            Some(Message::Cdn(cdn)) => Some((header.session, cdn.result.result, cdn.result.error)),
            _ => None,
        })
        .collect();
    assert_eq!(results.len(), 1, "{replies:?}");
    results[0]
}
