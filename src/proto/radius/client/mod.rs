//! The client machine, sans-IO: requests in, datagrams out, verified replies back.
//!
//! A request goes to one server at a time, `1 + retransmit` times with the same identifier and octets, and then
//! to the next (RFC 2865 section 2.4). A server that has answered nobody since a request first went to it is
//! marked dead and passed over for the dead time. Identifiers are unique per source port (RFC 2865 section
//! 2.5); more source ports are opened as they are needed.

mod servers;
mod sockets;
mod transmission;
mod types;

pub use sockets::{FIRST_PORT, MAX_SOCKETS};
pub use types::*;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use self::servers::{Server, ServerId, Servers};
use self::sockets::{Slot, Sockets};
use self::transmission::{Outstanding, Transmission, print_reply};
use super::auth::{VerifyError, verify_reply};
use super::crypt::Secret;
use super::debug::{RadiusDebug, emit, emit_lost};
use super::packet::{Attribute, Code, EncodeError, HEADER, Packet};
use super::syslog;
use crate::proto::{Context, Instant, time::earliest};

/// The client.
#[derive(Default)]
pub struct Client {
    config: ClientConfig,
    servers: Servers,
    sockets: Sockets,
    requests: HashMap<RequestKey, Outstanding>,
    deadlines: BTreeSet<(Instant, RequestKey)>,
    /// Requests that wait for an identifier, the oldest first.
    waiting: BTreeSet<RequestKey>,
    next_key: u64,
    outputs: VecDeque<ClientOutput>,
    seen: Seen,
}

/// What the client as a whole has seen.
#[derive(Default)]
struct Seen {
    dropped: Dropped,
    last_access: Option<(u16, u8)>,
    last_accounting: Option<(u16, u8)>,
    /// Octets of the largest Access and Accounting packet.
    largest: [usize; 2],
    most_outstanding: usize,
    most_waiting: usize,
    since: Instant,
}

impl Seen {
    fn packet(&mut self, service: Service, octets: usize) {
        let [access, accounting] = &mut self.largest;
        let largest = if service == Service::Accounting { accounting } else { access };
        *largest = octets.max(*largest);
    }
}

impl Client {
    /// A client without servers.
    pub fn new() -> Self {
        Client::default()
    }

    /// Takes a new configuration. Requests on their way go on; those whose server is gone move on at their next
    /// time-out.
    pub fn configure(&mut self, cx: &mut Context, config: ClientConfig) {
        self.servers.configure(cx.now, &config.servers);
        self.config = config;
    }

    /// Asks the servers. `Replied`, `Failed` or `Unsendable` with this key follows, in any case.
    pub fn submit(&mut self, cx: &mut Context, request: Request) -> RequestKey {
        // What no port could be had for has failed. Whether one can be had now, the host says.
        if self.requests.is_empty() && self.sockets.is_exhausted() {
            self.sockets = Sockets::default();
        }
        let key = RequestKey(self.next_key);
        self.next_key += 1;
        let mut rest = self.servers.candidates(request.servers.as_deref(), request.service());
        if rest.is_empty() {
            emit(cx, request.service(), &RadiusDebug::NoServers);
            self.syslog(3, syslog::no_servers());
        }
        rest.reverse();
        self.requests.insert(key, Outstanding { request, rest, transmission: None });
        self.seen.most_outstanding = self.seen.most_outstanding.max(self.requests.len());
        self.ask_next(cx, key);
        key
    }

    /// Forgets a request; nothing follows.
    pub fn cancel(&mut self, cx: &mut Context, key: RequestKey) {
        if let Some(mut outstanding) = self.requests.remove(&key) {
            self.withdraw(key, &mut outstanding);
            self.waiting.remove(&key);
            self.serve_waiting(cx);
        }
    }

    /// The socket could not be opened: its requests go out of another one.
    pub fn socket_refused(&mut self, cx: &mut Context, socket: u16) {
        for key in self.sockets.refuse(socket) {
            let Some(mut outstanding) = self.requests.remove(&key) else { continue };
            let server = outstanding.transmission.as_ref().map(|t| t.server);
            self.withdraw(key, &mut outstanding);
            outstanding.rest.extend(server);
            self.requests.insert(key, outstanding);
            self.ask_next(cx, key);
        }
        // It may have been the last one: then nothing comes to an end any more that what waits could wait for.
        self.serve_waiting(cx);
    }

    /// Takes a datagram that came in on a socket. One that is not believed is counted and dropped, and its
    /// request goes on waiting.
    pub fn handle_datagram(&mut self, cx: &mut Context, socket: u16, remote: SocketAddr, bytes: &[u8]) {
        let Ok(packet) = Packet::decode(bytes) else {
            self.seen.dropped.malformed += 1;
            // The identifier tells whose reply it would have been, if it has got that far.
            let slot = bytes.get(1).map(|&identifier| Slot { socket, identifier });
            if let Some((_, outstanding, transmission)) = slot.and_then(|slot| self.waiting_at(slot))
                && transmission.remote == remote
            {
                let (server, service) = (transmission.server, outstanding.request.service());
                emit(cx, service, &RadiusDebug::Malformed(transmission.exchange(&outstanding.request)));
                self.count(server, service, |c| c.malformed += 1);
            }
            return;
        };
        let slot = Slot { socket, identifier: packet.identifier };
        let Some((key, outstanding, transmission)) = self.waiting_at(slot) else {
            self.seen.dropped.unknown_identifier += 1;
            emit_lost(cx, &RadiusDebug::NoRequest(Sockets::port(socket), slot.identifier, remote));
            return;
        };
        let service = outstanding.request.service();
        if transmission.remote != remote {
            self.seen.dropped.wrong_source += 1;
            let line = RadiusDebug::NoRequest(Sockets::port(socket), slot.identifier, remote);
            emit(cx, service, &line);
            return;
        }
        let request_authenticator = transmission.packet.authenticator;
        let (server, secret) = (transmission.server, transmission.secret.clone());
        let verified = if packet.code.answers(transmission.packet.code) {
            verify_reply(bytes, &request_authenticator, secret.octets(), transmission.signed).map_err(Some)
        } else {
            Err(None)
        };
        let exchange = transmission.exchange(&outstanding.request);
        match verified {
            Ok(packet) => {
                let length = packet.attributes.iter().map(Attribute::wire_len).sum::<usize>() + HEADER;
                print_reply(cx, service, exchange, &packet, length);
                self.seen.packet(service, length);
                let reply = Reply { packet, server: remote, request_authenticator, secret };
                self.answered(cx, key, server, reply);
            }
            Err(error) => {
                let line = match error {
                    Some(VerifyError::Unsigned) => RadiusDebug::Unsigned(exchange),
                    Some(_) => RadiusDebug::FailedDecrypt(exchange),
                    None => RadiusDebug::Unexpected(exchange, packet.code),
                };
                emit(cx, service, &line);
                self.count_dropped(server, service, error);
            }
        }
    }

    /// The request that waits for a reply at this place.
    fn waiting_at(&self, slot: Slot) -> Option<(RequestKey, &Outstanding, &Transmission)> {
        let key = self.sockets.request(slot)?;
        let outstanding = self.requests.get(&key)?;
        Some((key, outstanding, outstanding.transmission.as_ref()?))
    }

    fn count(&mut self, server: ServerId, service: Service, change: impl FnOnce(&mut ServiceCounters)) {
        if let Some(server) = self.servers.get_mut(server) {
            change(server.counters.of_mut(service));
        }
    }

    fn count_dropped(&mut self, server: ServerId, service: Service, error: Option<VerifyError>) {
        let dropped = &mut self.seen.dropped;
        let counter = match error {
            None => &mut dropped.wrong_code,
            Some(VerifyError::Malformed(_)) => &mut dropped.malformed,
            Some(VerifyError::Authenticator) => &mut dropped.bad_authenticator,
            Some(VerifyError::MessageAuthenticator) => &mut dropped.bad_message_authenticator,
            Some(VerifyError::Unsigned) => &mut dropped.unsigned,
        };
        *counter += 1;
        self.count(server, service, |c| match error {
            None => c.unexpected += 1,
            Some(VerifyError::Malformed(_)) => c.malformed += 1,
            Some(VerifyError::Authenticator | VerifyError::MessageAuthenticator | VerifyError::Unsigned) => {
                c.incorrect += 1
            }
        });
    }

    fn answered(&mut self, cx: &mut Context, key: RequestKey, server: ServerId, reply: Reply) {
        let Some(mut outstanding) = self.requests.remove(&key) else { return };
        let first_sent = outstanding.transmission.as_ref().map_or(cx.now, |t| t.first_sent);
        self.withdraw(key, &mut outstanding);
        if let Some(line) = self.servers.mark_alive(server, cx.now) {
            self.syslog(4, line);
        }
        if let Some(server) = self.servers.get_mut(server) {
            server.spoke(cx.now);
            count_reply(server, &outstanding.request, reply.packet.code, cx.now.duration_since(first_sent));
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

    /// The servers and what was seen, for `show` commands.
    pub fn view(&self, now: Instant) -> ClientView {
        ClientView {
            servers: self.servers.view(now),
            dropped: self.seen.dropped,
            ports: self.sockets.open_ports(),
            last_access: self.seen.last_access,
            last_accounting: self.seen.last_accounting,
            largest: self.seen.largest,
            most_outstanding: self.seen.most_outstanding,
            most_waiting: self.seen.most_waiting,
            counted_for: now.duration_since(self.seen.since),
        }
    }

    /// Starts counting from zero.
    pub fn clear_counters(&mut self, now: Instant) {
        self.servers.clear_counters();
        let Seen { last_access, last_accounting, .. } = self.seen;
        self.seen = Seen { last_access, last_accounting, since: now, ..Seen::default() };
    }

    fn syslog(&mut self, severity: u8, text: String) {
        self.outputs.push_back(ClientOutput::Syslog { severity, text });
    }

    /// Takes the timer and the identifier of a request away.
    fn withdraw(&mut self, key: RequestKey, outstanding: &mut Outstanding) {
        if let Some(transmission) = outstanding.transmission.take() {
            self.deadlines.remove(&(transmission.deadline, key));
            self.sockets.release(transmission.slot);
            let service = outstanding.request.service();
            self.count(transmission.server, service, |c| c.outstanding = c.outstanding.saturating_sub(1));
        }
    }

    fn serve_waiting(&mut self, cx: &mut Context) {
        while let Some(key) = self.waiting.pop_first() {
            self.ask_next(cx, key);
            if self.waiting.contains(&key) {
                // Still no identifier.
                break;
            }
        }
    }

    /// A server has not answered in time: the packet goes once more, or on to the next server.
    fn expired(&mut self, cx: &mut Context, key: RequestKey) {
        let Some((id, last_sent)) = self.under_way(key).map(|t| (t.server, t.last_sent)) else { return };
        self.judge(cx, key, id, last_sent);
        let Some(outstanding) = self.requests.get_mut(&key) else { return };
        let Some(transmission) = outstanding.transmission.as_mut() else { return };
        let service = outstanding.request.service();
        let line = transmission.exchange(&outstanding.request);
        let server = self.servers.get_mut(id);
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
            transmission.last_sent = cx.now;
            transmission.deadline = cx.now + server.config.timeout;
            server.counters.of_mut(service).retransmits += 1;
            emit(cx, service, &RadiusDebug::Retransmit(line));
            self.deadlines.insert((transmission.deadline, key));
            self.outputs.push_back(ClientOutput::Transmit {
                socket: transmission.slot.socket,
                local: self.config.source,
                remote: transmission.remote,
                bytes: transmission.bytes.clone(),
            });
            return;
        }
        emit(cx, service, &RadiusDebug::NoResponse(line));
        let last = outstanding.rest.is_empty();
        if last {
            emit(cx, service, &RadiusDebug::GaveUp(line));
        }
        let first_sent = transmission.first_sent;
        let Some(mut outstanding) = self.requests.remove(&key) else { return };
        self.withdraw(key, &mut outstanding);
        self.count(id, service, |c| {
            c.unanswered += 1;
            c.failovers += u64::from(!last);
        });
        let deadtime = outstanding.request.servers.as_ref().and_then(|group| group.deadtime);
        self.requests.insert(key, outstanding);
        self.silent(cx, id, first_sent, deadtime);
        self.ask_next(cx, key);
    }

    fn under_way(&self, key: RequestKey) -> Option<&Transmission> {
        self.requests.get(&key)?.transmission.as_ref()
    }

    /// Counts a transmission without an answer, and marks the server dead where `dead-criteria` says so.
    fn judge(&mut self, cx: &mut Context, key: RequestKey, id: ServerId, sent: Instant) {
        let Some(outstanding) = self.requests.get(&key) else { return };
        let service = outstanding.request.service();
        let deadtime = outstanding.request.servers.as_ref().and_then(|group| group.deadtime);
        let Some(server) = self.servers.get_mut(id) else { return };
        server.counters.of_mut(service).timeouts += 1;
        if let Some(criteria) = &self.config.dead_criteria
            && server.was_silent(cx.now, sent, criteria)
        {
            self.bury(cx, id, deadtime);
        }
    }

    /// A server has left a request unanswered that first went to it at `first_sent`.
    fn silent(&mut self, cx: &mut Context, id: ServerId, first_sent: Instant, deadtime: Option<Duration>) {
        let Some(server) = self.servers.get(id) else { return };
        if self.config.dead_criteria.is_none() && server.last_reply.is_none_or(|at| at < first_sent) {
            self.bury(cx, id, deadtime);
        }
    }

    fn bury(&mut self, cx: &mut Context, id: ServerId, deadtime: Option<Duration>) {
        for line in self.servers.mark_dead(id, cx.now, deadtime.unwrap_or(self.config.deadtime)) {
            self.syslog(4, line);
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
                self.waiting.insert(key);
                self.seen.most_waiting = self.seen.most_waiting.max(self.waiting.len());
                return;
            };
            if let Some(socket) = opened {
                self.outputs.push_back(ClientOutput::OpenSocket { socket, port: Sockets::port(socket) });
            }
            if let Err(error) = self.transmit(cx, key, server, &config, secret, slot) {
                self.sockets.release(slot);
                self.unsendable(cx, key, error);
            }
            return;
        }
    }

    /// It would not fit into a packet for any other server either.
    fn unsendable(&mut self, cx: &mut Context, key: RequestKey, error: EncodeError) {
        let Some(Outstanding { request, .. }) = self.requests.remove(&key) else { return };
        emit(cx, request.service(), &RadiusDebug::Unsendable(request.unique, error));
        self.outputs.push_back(ClientOutput::Unsendable(key));
    }

    /// Sends the request to a server for the first time.
    ///
    /// # Errors
    /// [`EncodeError`] when it fits into no packet.
    fn transmit(
        &mut self,
        cx: &mut Context,
        key: RequestKey,
        server: ServerId,
        config: &ServerConfig,
        secret: Secret,
        slot: Slot,
    ) -> Result<(), EncodeError> {
        let Some(outstanding) = self.requests.get_mut(&key) else { return Ok(()) };
        let request = &outstanding.request;
        let signed = self.config.message_authenticator;
        let transmission = Transmission::new(cx, request, (server, config), secret, slot, signed)?;
        transmission.print(cx, request, config);
        let service = request.service();
        self.seen.packet(service, transmission.bytes.len());
        let place = Some((Sockets::port(slot.socket), slot.identifier));
        match service {
            Service::Accounting => self.seen.last_accounting = place,
            Service::Authentication | Service::Authorization => self.seen.last_access = place,
        }
        if let Some(server) = self.servers.get_mut(server) {
            let counters = server.counters.of_mut(service);
            counters.requests += 1;
            counters.outstanding += 1;
            if service == Service::Accounting {
                server.counters.records.count(request.status());
            }
        }
        self.deadlines.insert((transmission.deadline, key));
        self.outputs.push_back(ClientOutput::Transmit {
            socket: slot.socket,
            local: self.config.source,
            remote: transmission.remote,
            bytes: transmission.bytes.clone(),
        });
        outstanding.transmission = Some(transmission);
        Ok(())
    }
}

/// Counts a reply that was believed.
fn count_reply(server: &mut Server, request: &Request, code: Code, time: Duration) {
    let service = request.service();
    let counters = server.counters.of_mut(service);
    counters.replies += 1;
    counters.time += time;
    counters.longest = counters.longest.max(time);
    match code {
        Code::AccessReject => counters.rejects += 1,
        Code::AccessChallenge => counters.challenges += 1,
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
        | Code::CoaNak => counters.accepts += 1,
    }
    if service == Service::Accounting {
        server.counters.recorded.count(request.status());
    }
}

#[cfg(test)]
mod tests;
