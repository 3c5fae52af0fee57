//! Dynamic authorization, RFC 5176, the side of the NAS: Disconnect- and CoA-Requests verified, told apart from
//! repeats, and answered. Who the sessions are and what becomes of them its owner knows.

mod asked;
mod counters;

pub use asked::{Asked, ErrorCause, Identification, Mark, Verdict};
pub use counters::{ClientCounters, DynamicView, RequestCounters};

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::auth::{VerifyError, seal_reply, verify_request};
use super::crypt::Secret;
use super::packet::{Attribute, Code, Packet};
use crate::proto::{Context, Instant};

/// How far Event-Timestamp may be from our clock, RFC 5176 section 6.3; so long answers are kept too.
pub const WINDOW: Duration = Duration::from_secs(300);
/// How many answers are kept; the oldest goes first.
const MAX_ANSWERS: usize = 4096;
/// Type of Event-Timestamp.
const EVENT_TIMESTAMP: u8 = 55;

/// Who may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicClient {
    /// Its address.
    pub address: Ipv4Addr,
    /// The secret that is shared with it; without one it is not listened to.
    pub secret: Option<Secret>,
}

/// What the server works with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DynamicConfig {
    /// Who may ask.
    pub clients: Vec<DynamicClient>,
    /// Requests are believed whatever their authenticator says: `ignore server-key`.
    pub ignore_secret: bool,
}

/// Why a datagram was dropped without an answer (RFC 5176 sections 2.3, 3.5 and 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// From nobody who may ask.
    Client,
    /// No packet, not one of these requests, or one that no answer to it would fit into a packet.
    Malformed,
    /// Wrong authenticator or Message-Authenticator.
    Authenticator,
    /// Its Event-Timestamp is too far off.
    Stale,
}

/// What became of a datagram.
#[derive(Debug)]
pub enum Received {
    /// Nothing.
    Dropped(Dropped),
    /// It was answered before; the same answer once more.
    Repeated(Vec<u8>),
    /// A request, to be answered with [`DynamicServer::answer`].
    Asked(Box<Asked>),
}

/// An answer that was given.
struct Answered {
    from: IpAddr,
    identifier: u8,
    authenticator: [u8; 16],
    at: Instant,
    bytes: Vec<u8>,
}

/// The server.
#[derive(Default)]
pub struct DynamicServer {
    config: DynamicConfig,
    answers: VecDeque<Answered>,
    counters: Vec<(Ipv4Addr, ClientCounters)>,
    unknown: u64,
}

impl DynamicServer {
    /// Takes a new configuration. What is known of clients that stay is kept.
    pub fn configure(&mut self, config: DynamicConfig) {
        let known = std::mem::take(&mut self.counters);
        let of = |address| known.iter().find(|(a, _)| *a == address).map(|(_, c)| *c).unwrap_or_default();
        self.counters = config.clients.iter().map(|c| (c.address, of(c.address))).collect();
        self.config = config;
    }

    /// Takes a datagram. `wall` is the time in seconds since 1970 where it is known: without it Event-Timestamp proves
    /// nothing, but what was answered within [`WINDOW`] is still known.
    pub fn handle(
        &mut self,
        cx: &mut Context,
        wall: Option<u32>,
        remote: SocketAddr,
        bytes: &[u8],
    ) -> Received {
        self.forget(cx.now);
        let client = self.config.clients.iter().find(|c| IpAddr::V4(c.address) == remote.ip());
        let Some((address, secret)) = client.and_then(|c| Some((c.address, c.secret.clone()?))) else {
            self.unknown += 1;
            return Received::Dropped(Dropped::Client);
        };
        let packet = match self.believed(bytes, &secret) {
            Ok(packet) => packet,
            Err(why) => {
                self.count(address, |c| match why {
                    Dropped::Authenticator => c.bad_authenticator += 1,
                    Dropped::Malformed | Dropped::Client | Dropped::Stale => c.malformed += 1,
                });
                return Received::Dropped(why);
            }
        };
        let disconnect = packet.code == Code::DisconnectRequest;
        self.count(address, |c| c.of_mut(disconnect).requests += 1);
        if let Some(answer) = self.answered(remote.ip(), &packet) {
            let bytes = answer.bytes.clone();
            self.count(address, |c| c.of_mut(disconnect).repeats += 1);
            return Received::Repeated(bytes);
        }
        if is_stale(&packet, wall) {
            self.count(address, |c| c.stale += 1);
            return Received::Dropped(Dropped::Stale);
        }
        Received::Asked(Box::new(Asked::new(packet, remote, address, secret)))
    }

    /// The request in the octets, if it proves itself.
    fn believed(&self, bytes: &[u8], secret: &Secret) -> Result<Packet, Dropped> {
        let packet = match verify_request(bytes, secret.octets(), false) {
            Ok(packet) => packet,
            Err(VerifyError::Malformed(_)) => return Err(Dropped::Malformed),
            Err(_) if self.config.ignore_secret => Packet::decode(bytes).map_err(|_| Dropped::Malformed)?,
            Err(VerifyError::Authenticator | VerifyError::MessageAuthenticator | VerifyError::Unsigned) => {
                return Err(Dropped::Authenticator);
            }
        };
        let ours = matches!(packet.code, Code::DisconnectRequest | Code::CoaRequest);
        if ours && asked::can_be_answered(&packet) { Ok(packet) } else { Err(Dropped::Malformed) }
    }

    /// The answer to a request that came before: retransmitted (RFC 5176 section 2.3), or replayed from any port.
    fn answered(&self, from: IpAddr, packet: &Packet) -> Option<&Answered> {
        self.answers.iter().find(|a| {
            a.from == from && a.identifier == packet.identifier && a.authenticator == packet.authenticator
        })
    }

    fn forget(&mut self, now: Instant) {
        while self.answers.front().is_some_and(|a| now.duration_since(a.at) > WINDOW) {
            self.answers.pop_front();
        }
    }

    /// Answers a request: the datagram for `asked.remote`.
    pub fn answer(&mut self, cx: &mut Context, asked: &Asked, verdict: Verdict) -> Vec<u8> {
        let disconnect = asked.code == Code::DisconnectRequest;
        let mut packet = Packet {
            code: asked.answer_code(verdict),
            identifier: asked.identifier,
            authenticator: [0; 16],
            attributes: asked.answer_attributes(verdict),
        };
        self.count(asked.client, |c| match verdict {
            Verdict::Done => c.of_mut(disconnect).acks += 1,
            Verdict::Refused(_) => c.of_mut(disconnect).naks += 1,
        });
        let secret = asked.secret.octets();
        // It fits: what would not was dropped.
        let bytes = seal_reply(&mut packet, &asked.authenticator, secret, asked.signed).unwrap_or_default();
        if self.answers.len() >= MAX_ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back(Answered {
            from: asked.remote.ip(),
            identifier: asked.identifier,
            authenticator: asked.authenticator,
            at: cx.now,
            bytes: bytes.clone(),
        });
        bytes
    }

    fn count(&mut self, client: Ipv4Addr, change: impl FnOnce(&mut ClientCounters)) {
        if let Some((_, counters)) = self.counters.iter_mut().find(|(address, _)| *address == client) {
            change(counters);
        }
    }

    /// For `show` commands.
    pub fn view(&self) -> DynamicView {
        DynamicView { clients: self.counters.clone(), unknown: self.unknown }
    }

    /// Starts counting from zero.
    pub fn clear_counters(&mut self) {
        self.unknown = 0;
        self.counters.iter_mut().for_each(|(_, counters)| *counters = ClientCounters::default());
    }
}

/// Whether Event-Timestamp lies outside the window.
fn is_stale(packet: &Packet, wall: Option<u32>) -> bool {
    let stamp = |a: &Attribute| Some(u32::from_be_bytes(a.value.as_slice().try_into().ok()?));
    let stamp = packet.attributes.iter().filter(|a| a.kind == EVENT_TIMESTAMP).find_map(stamp);
    match (stamp, wall) {
        (Some(stamp), Some(wall)) => u64::from(stamp.abs_diff(wall)) > WINDOW.as_secs(),
        (Some(_) | None, None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests;
