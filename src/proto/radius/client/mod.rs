//! The client machine, sans-IO: requests in, datagrams out, verified replies back.
//!
//! A request goes to one server at a time, `1 + retransmit` times with the same identifier and octets, and then
//! to the next (RFC 2865 section 2.4). A server that has answered nobody since a request first went to it is
//! marked dead and passed over for the dead time. Identifiers are unique per source port (RFC 2865 section
//! 2.5); more source ports are opened as they are needed.

mod servers;
mod sockets;
mod types;

pub use sockets::{FIRST_PORT, MAX_SOCKETS};
pub use types::*;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use self::servers::{ServerId, Servers};
use self::sockets::{Slot, Sockets};
use super::auth::{VerifyError, seal_request, verify_reply};
use super::crypt::{Secret, hide_password};
use super::debug::{Exchange, RadiusDebug, emit, emit_attributes};
use super::dictionary::{AttributeKey, keys};
use super::packet::{Attribute, Code, EncodeError, Packet};
use super::syslog;
use crate::proto::{Context, Instant, Purpose, time::earliest};

/// A request on its way.
struct Outstanding {
    request: Request,
    /// Servers that have not been asked yet, last one first.
    rest: Vec<ServerId>,
    transmission: Option<Transmission>,
}

/// What was sent to the server that is being asked.
struct Transmission {
    server: ServerId,
    secret: Secret,
    remote: SocketAddr,
    slot: Slot,
    packet: Packet,
    bytes: Vec<u8>,
    sent: u32,
    first_sent: Instant,
    deadline: Instant,
    /// A Message-Authenticator was sent and is required in the reply.
    signed: bool,
}

/// The client.
#[derive(Default)]
pub struct Client {
    config: ClientConfig,
    servers: Servers,
    sockets: Sockets,
    requests: HashMap<RequestKey, Outstanding>,
    deadlines: BTreeSet<(Instant, RequestKey)>,
    /// Requests that wait for an identifier.
    waiting: VecDeque<RequestKey>,
    next_key: u64,
    outputs: VecDeque<ClientOutput>,
    dropped: Dropped,
}

impl Client {
    /// A client without servers.
    pub fn new() -> Self {
        Client::default()
    }

    /// Takes a new configuration. Requests on their way go on; those whose server is gone move on at their next
    /// time-out.
    pub fn configure(&mut self, config: ClientConfig) {
        self.servers.configure(&config.servers);
        self.config = config;
    }

    /// Asks the servers. `Replied` or `Failed` with this key follows, in any case.
    pub fn submit(&mut self, cx: &mut Context, request: Request) -> RequestKey {
        let key = RequestKey(self.next_key);
        self.next_key += 1;
        let mut rest = self.servers.candidates(request.servers.as_deref());
        if rest.is_empty() {
            emit(cx, &RadiusDebug::NoServers);
            self.syslog(3, syslog::no_servers());
        }
        rest.reverse();
        self.requests.insert(key, Outstanding { request, rest, transmission: None });
        self.ask_next(cx, key);
        key
    }

    /// Forgets a request; nothing follows.
    pub fn cancel(&mut self, cx: &mut Context, key: RequestKey) {
        if let Some(mut outstanding) = self.requests.remove(&key) {
            self.withdraw(key, &mut outstanding);
            self.waiting.retain(|k| *k != key);
            self.serve_waiting(cx);
        }
    }

    /// The socket could not be opened: its requests go out of another one.
    pub fn socket_refused(&mut self, cx: &mut Context, socket: u16) {
        for key in self.sockets.refuse(socket) {
            let Some(outstanding) = self.requests.get_mut(&key) else { continue };
            if let Some(transmission) = outstanding.transmission.take() {
                self.deadlines.remove(&(transmission.deadline, key));
                self.sockets.release(transmission.slot);
                outstanding.rest.push(transmission.server);
            }
            self.ask_next(cx, key);
        }
    }

    /// Takes a datagram that came in on a socket. One that is not believed is counted and dropped, and its
    /// request goes on waiting.
    pub fn handle_datagram(&mut self, cx: &mut Context, socket: u16, remote: SocketAddr, bytes: &[u8]) {
        let Ok(packet) = Packet::decode(bytes) else {
            self.dropped.malformed += 1;
            return;
        };
        let slot = Slot { socket, identifier: packet.identifier };
        let found = self.sockets.request(slot);
        let transmission = found
            .and_then(|key| self.requests.get(&key).map(|o| (key, o)))
            .and_then(|(key, o)| o.transmission.as_ref().map(|t| (key, t, o)));
        let Some((key, transmission, outstanding)) = transmission else {
            self.dropped.unknown_identifier += 1;
            emit(cx, &RadiusDebug::NoRequest(Sockets::port(socket), slot.identifier, remote));
            return;
        };
        if transmission.remote != remote {
            self.dropped.wrong_source += 1;
            emit(cx, &RadiusDebug::NoRequest(Sockets::port(socket), slot.identifier, remote));
            return;
        }
        let request_authenticator = transmission.packet.authenticator;
        let secret = transmission.secret.clone();
        let server = transmission.server;
        let verified = if packet.code.answers(transmission.packet.code) {
            verify_reply(bytes, &request_authenticator, secret.octets(), transmission.signed).map_err(Some)
        } else {
            Err(None)
        };
        let exchange = exchange(&outstanding.request, transmission);
        match verified {
            Ok(packet) => {
                let length = packet.attributes.iter().map(Attribute::wire_len).sum::<usize>() + 20;
                emit(cx, &RadiusDebug::Received(exchange, packet.code, length, packet.authenticator));
                emit_attributes(cx, &packet);
                let (unique, port) = (exchange.unique, exchange.source_port);
                emit(cx, &RadiusDebug::ReceivedEnd(unique, port, exchange.identifier));
                self.answered(
                    cx,
                    key,
                    server,
                    Reply { packet, server: remote, request_authenticator, secret },
                );
            }
            Err(error) => {
                emit(
                    cx,
                    &match error {
                        Some(VerifyError::Unsigned) => RadiusDebug::Unsigned(exchange),
                        Some(_) | None => RadiusDebug::FailedDecrypt(exchange),
                    },
                );
                self.count_dropped(error);
                if let Some(server) = self.servers.get_mut(server) {
                    server.counters.dropped += 1;
                }
            }
        }
    }

    fn count_dropped(&mut self, error: Option<VerifyError>) {
        let counter = match error {
            None => &mut self.dropped.wrong_code,
            Some(VerifyError::Malformed(_)) => &mut self.dropped.malformed,
            Some(VerifyError::Authenticator) => &mut self.dropped.bad_authenticator,
            Some(VerifyError::MessageAuthenticator) => &mut self.dropped.bad_message_authenticator,
            Some(VerifyError::Unsigned) => &mut self.dropped.unsigned,
        };
        *counter += 1;
    }

    fn answered(&mut self, cx: &mut Context, key: RequestKey, server: ServerId, reply: Reply) {
        if let Some(mut outstanding) = self.requests.remove(&key) {
            self.withdraw(key, &mut outstanding);
        }
        if let Some(line) = self.servers.mark_alive(server) {
            self.syslog(4, line);
        }
        if let Some(server) = self.servers.get_mut(server) {
            server.last_reply = Some(cx.now);
            server.counters.replies += 1;
            match reply.packet.code {
                Code::AccessReject => server.counters.rejects += 1,
                Code::AccessChallenge => server.counters.challenges += 1,
                Code::AccessRequest
                | Code::AccessAccept
                | Code::AccountingRequest
                | Code::AccountingResponse
                | Code::StatusServer
                | Code::DisconnectRequest
                | Code::DisconnectAck
                | Code::DisconnectNak
                | Code::CoaRequest
                | Code::CoaAck
                | Code::CoaNak => server.counters.accepts += 1,
            }
        }
        self.outputs.push_back(ClientOutput::Replied(key, Box::new(reply)));
        self.serve_waiting(cx);
    }

    /// Retransmits, fails over and gives up what is due; brings dead servers back.
    pub fn handle_timeout(&mut self, cx: &mut Context) {
        for line in self.servers.revive(cx.now) {
            self.syslog(4, line);
        }
        while let Some(&(deadline, key)) = self.deadlines.first() {
            if deadline > cx.now {
                break;
            }
            self.deadlines.pop_first();
            self.expired(cx, key);
        }
        self.serve_waiting(cx);
    }

    /// When `handle_timeout` must be called next.
    pub fn next_timeout(&self) -> Option<Instant> {
        earliest(self.deadlines.first().map(|d| d.0), self.servers.next_timeout())
    }

    /// The next output; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<ClientOutput> {
        self.outputs.pop_front()
    }

    /// Whether no request is on its way and nothing waits to be polled.
    pub fn is_quiet(&self) -> bool {
        self.requests.is_empty() && self.outputs.is_empty()
    }

    /// How many requests are on their way.
    pub fn outstanding(&self) -> usize {
        self.requests.len()
    }

    /// What was dropped so far.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// The servers, in order.
    pub fn servers(&self) -> Vec<ServerView> {
        self.servers.view()
    }

    /// Starts counting what the servers do from zero.
    pub fn clear_counters(&mut self) {
        self.servers.clear_counters();
    }

    fn syslog(&mut self, severity: u8, text: String) {
        self.outputs.push_back(ClientOutput::Syslog { severity, text });
    }

    /// Takes the timer and the identifier of a request away.
    fn withdraw(&mut self, key: RequestKey, outstanding: &mut Outstanding) {
        if let Some(transmission) = outstanding.transmission.take() {
            self.deadlines.remove(&(transmission.deadline, key));
            self.sockets.release(transmission.slot);
        }
    }

    fn serve_waiting(&mut self, cx: &mut Context) {
        for _ in 0..self.waiting.len() {
            let Some(key) = self.waiting.pop_front() else { break };
            self.ask_next(cx, key);
            if self.waiting.back() == Some(&key) {
                // Still no identifier: it stays first in the queue.
                self.waiting.rotate_right(1);
                break;
            }
        }
    }

    /// A server has not answered in time.
    fn expired(&mut self, cx: &mut Context, key: RequestKey) {
        let Some(outstanding) = self.requests.get_mut(&key) else { return };
        let Some(transmission) = outstanding.transmission.as_mut() else { return };
        let line = exchange(&outstanding.request, transmission);
        let server = self.servers.get_mut(transmission.server);
        // Somebody else found it dead meanwhile: no point in asking it more often when there is another.
        let hopeless = match &server {
            Some(server) => server.dead_until.is_some() && !outstanding.rest.is_empty(),
            None => true,
        };
        if let Some(server) = server
            && !hopeless
            && transmission.sent <= server.config.retransmit
        {
            transmission.sent += 1;
            transmission.deadline = cx.now + server.config.timeout;
            server.counters.retransmits += 1;
            emit(cx, &RadiusDebug::Retransmit(line));
            self.deadlines.insert((transmission.deadline, key));
            self.outputs.push_back(ClientOutput::Transmit {
                socket: transmission.slot.socket,
                local: self.config.source,
                remote: transmission.remote,
                bytes: transmission.bytes.clone(),
            });
            return;
        }
        emit(cx, &RadiusDebug::NoResponse(line));
        let last = outstanding.rest.is_empty();
        if last {
            emit(cx, &RadiusDebug::GaveUp(line));
        }
        let (server, first_sent) = (transmission.server, transmission.first_sent);
        if let Some(transmission) = outstanding.transmission.take() {
            self.sockets.release(transmission.slot);
        }
        self.silent(cx, server, first_sent);
        self.ask_next(cx, key);
    }

    /// A server has left a request unanswered that first went to it at `first_sent`.
    fn silent(&mut self, cx: &mut Context, id: ServerId, first_sent: Instant) {
        let Some(server) = self.servers.get_mut(id) else { return };
        server.counters.timeouts += 1;
        if server.last_reply.is_none_or(|at| at < first_sent) {
            for line in self.servers.mark_dead(id, cx.now, self.config.deadtime) {
                self.syslog(4, line);
            }
        }
    }

    /// Asks the next server of the request, or gives up.
    fn ask_next(&mut self, cx: &mut Context, key: RequestKey) {
        loop {
            let Some(outstanding) = self.requests.get_mut(&key) else { return };
            let Some(server) = outstanding.rest.pop() else {
                self.requests.remove(&key);
                self.outputs.push_back(ClientOutput::Failed(key));
                return;
            };
            let Some((config, secret)) = self
                .servers
                .get(server)
                .and_then(|s| s.config.secret.clone().map(|secret| (s.config.clone(), secret)))
            else {
                continue;
            };
            let Some((slot, opened)) = self.sockets.allocate(cx, key) else {
                if self.sockets.is_exhausted() {
                    outstanding.rest.clear();
                    continue;
                }
                outstanding.rest.push(server);
                self.waiting.push_back(key);
                return;
            };
            if let Some(socket) = opened {
                self.outputs.push_back(ClientOutput::OpenSocket { socket, port: Sockets::port(socket) });
            }
            if self.transmit(cx, key, server, &config, secret, slot) {
                return;
            }
            // It does not fit into a packet, and would not for any other server.
            self.sockets.release(slot);
            if let Some(outstanding) = self.requests.get_mut(&key) {
                outstanding.rest.clear();
            }
        }
    }

    fn transmit(
        &mut self,
        cx: &mut Context,
        key: RequestKey,
        server: ServerId,
        config: &ServerConfig,
        secret: Secret,
        slot: Slot,
    ) -> bool {
        let Some(outstanding) = self.requests.get_mut(&key) else { return false };
        let access = outstanding.request.code == Code::AccessRequest;
        let signed = access && self.config.message_authenticator;
        let Ok((packet, bytes)) = build(cx, &outstanding.request, slot.identifier, &secret, signed) else {
            return false;
        };
        let port = if access { config.auth_port } else { config.acct_port };
        let transmission = Transmission {
            server,
            secret,
            remote: SocketAddr::new(IpAddr::V4(config.address), port),
            slot,
            packet,
            bytes,
            sent: 1,
            first_sent: cx.now,
            deadline: cx.now + config.timeout,
            signed,
        };
        print_transmission(cx, &outstanding.request, &transmission, config);
        if let Some(server) = self.servers.get_mut(server) {
            server.counters.requests += 1;
        }
        self.deadlines.insert((transmission.deadline, key));
        self.outputs.push_back(ClientOutput::Transmit {
            socket: slot.socket,
            local: self.config.source,
            remote: transmission.remote,
            bytes: transmission.bytes.clone(),
        });
        outstanding.transmission = Some(transmission);
        true
    }
}

/// The packet for one server.
fn build(
    cx: &mut Context,
    request: &Request,
    identifier: u8,
    secret: &Secret,
    signed: bool,
) -> Result<(Packet, Vec<u8>), EncodeError> {
    let mut authenticator = [0; 16];
    if request.code == Code::AccessRequest {
        match request.authenticator {
            Some(given) => authenticator = given,
            None => cx.entropy.fill(Purpose::RadiusAuthenticator, &mut authenticator),
        }
    }
    let now = cx.now;
    let hide = |attribute: &RequestAttribute| match attribute {
        RequestAttribute::Plain(attribute) => attribute.clone(),
        RequestAttribute::Password(password) => Attribute::with_key(
            keys::USER_PASSWORD,
            &hide_password(password.octets(), secret.octets(), &authenticator),
        ),
        RequestAttribute::Delay(age, at) => {
            let seconds = (*age + (now - *at)).as_secs();
            let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
            Attribute::with_key(keys::ACCT_DELAY_TIME, &seconds.to_be_bytes())
        }
    };
    let attributes = request.attributes.iter().map(hide).collect();
    let mut packet = Packet { code: request.code, identifier, authenticator, attributes };
    let bytes = seal_request(&mut packet, secret.octets(), signed)?;
    Ok((packet, bytes))
}

fn exchange<'a>(request: &'a Request, transmission: &Transmission) -> Exchange<'a> {
    Exchange {
        label: &request.label,
        unique: request.unique,
        source_port: Sockets::port(transmission.slot.socket),
        identifier: transmission.slot.identifier,
        remote: transmission.remote,
    }
}

fn print_transmission(
    cx: &mut Context,
    request: &Request,
    transmission: &Transmission,
    config: &ServerConfig,
) {
    let AttributeKey::Standard(nas_ip) = keys::NAS_IP_ADDRESS else { return };
    if let Some(nas) = transmission.packet.first(nas_ip).and_then(|v| v.first_chunk::<4>()) {
        emit(cx, &RadiusDebug::ConfigNasIp(request.unique, (*nas).into()));
    }
    emit(cx, &RadiusDebug::Sending(request.unique));
    let head = exchange(request, transmission);
    let (code, authenticator) = (transmission.packet.code, transmission.packet.authenticator);
    emit(cx, &RadiusDebug::Transmit(head, code, transmission.bytes.len(), authenticator));
    emit_attributes(cx, &transmission.packet);
    emit(cx, &RadiusDebug::Timeout(request.unique, config.timeout.as_secs()));
}

#[cfg(test)]
mod tests;
