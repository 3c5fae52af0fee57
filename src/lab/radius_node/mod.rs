//! The embedded RADIUS server of a lab: reads a FreeRADIUS `users` file, answers authentication and accounting.
//!
//! Sans-IO: a datagram in, a datagram or nothing out. Nobody is answered who is not a client, or whose request does
//! not prove itself. A request that comes twice gets the same answer twice and counts once.

mod check;
mod detail;
mod users;

#[cfg(test)]
mod tests;

pub use detail::detail;
pub use users::{AuthType, Evaluation, Users, UsersError};

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use ipnet::Ipv4Net;

use crate::proto::radius::auth::MESSAGE_AUTHENTICATOR;
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::value::{decode_all, encode};
use crate::proto::radius::{
    Attribute, AttributeKey, Code, Decoded, Packet, Secret, seal_reply, verify_request,
};
use crate::proto::{Entropy, Purpose};

/// The ports of a server: authentication and accounting, the old pair and the one of RFC 2865.
pub const PORTS: [u16; 4] = [1645, 1646, 1812, 1813];

/// How many answers are kept for requests that come twice, and how many accounting requests for the curious.
const KEPT: usize = 1024;

/// Who may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientEntry {
    /// The addresses it asks from.
    pub network: Ipv4Net,
    /// The shared secret.
    pub secret: Secret,
    /// Drop Access-Requests without Message-Authenticator (RFC 3579 section 3.2).
    pub require_message_authenticator: bool,
}

/// What the server has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeCounters {
    /// Access-Accept sent, duplicates not counted.
    pub accepts: u64,
    /// Access-Reject sent.
    pub rejects: u64,
    /// Accounting-Request answered: Start.
    pub starts: u64,
    /// Stop.
    pub stops: u64,
    /// Interim-Update.
    pub interims: u64,
    /// Accounting-On, Accounting-Off, tunnels and their links, anything else.
    pub other_accounting: u64,
    /// Access-Challenges.
    pub challenges: u64,
    /// Requests that came again.
    pub duplicates: u64,
    /// Datagrams of somebody who is no client.
    pub strangers: u64,
    /// Datagrams that are no request, or do not prove themselves.
    pub dropped: u64,
}

/// The server.
pub struct RadiusNode {
    users: Users,
    clients: Vec<ClientEntry>,
    counters: NodeCounters,
    answers: HashMap<(SocketAddr, Vec<u8>), Vec<u8>>,
    order: VecDeque<(SocketAddr, Vec<u8>)>,
    records: VecDeque<Packet>,
    /// Records that nobody has taken yet, each with its client's secret.
    fresh: VecDeque<(Packet, Secret)>,
}

impl RadiusNode {
    /// A server with these users and clients. Of several clients the one with the longest prefix counts.
    pub fn new(users: Users, mut clients: Vec<ClientEntry>) -> Self {
        clients.sort_by_key(|client| std::cmp::Reverse(client.network.prefix_len()));
        RadiusNode {
            users,
            clients,
            counters: NodeCounters::default(),
            answers: HashMap::new(),
            order: VecDeque::new(),
            records: VecDeque::new(),
            fresh: VecDeque::new(),
        }
    }

    /// Takes another `users` file.
    pub fn set_users(&mut self, users: Users) {
        self.users = users;
    }

    /// What the server has done so far.
    pub fn counters(&self) -> NodeCounters {
        self.counters
    }

    /// The last accounting requests, the oldest first, each once.
    pub fn records(&self) -> impl Iterator<Item = &Packet> {
        self.records.iter()
    }

    /// The accounting requests that were not taken yet, each with its client's secret.
    pub fn take_fresh(&mut self) -> impl Iterator<Item = (Packet, Secret)> {
        self.fresh.drain(..)
    }

    /// Takes a datagram. The answer goes back to `from`, from the port that the datagram came to.
    pub fn handle(&mut self, entropy: &mut dyn Entropy, from: SocketAddr, bytes: &[u8]) -> Option<Vec<u8>> {
        let Some(client) = self.client(from.ip()) else {
            self.counters.strangers += 1;
            return None;
        };
        let is = |code: Code| bytes.first() == Some(&code.number());
        // RFC 5997 section 3: a Status-Server is not heard without one.
        let required =
            is(Code::StatusServer) || is(Code::AccessRequest) && client.require_message_authenticator;
        let secret = client.secret.clone();
        let Ok(request) = verify_request(bytes, secret.octets(), required) else {
            self.counters.dropped += 1;
            return None;
        };
        let key = (from, bytes.to_vec());
        if let Some(answer) = self.answers.get(&key) {
            self.counters.duplicates += 1;
            return Some(answer.clone());
        }
        let answer = match request.code {
            Code::AccessRequest => self.access(entropy, &request, &secret),
            Code::AccountingRequest => self.accounting(&request, &secret),
            Code::StatusServer => reply(&request, Code::AccessAccept, Vec::new(), &secret),
            Code::AccessAccept
            | Code::AccessReject
            | Code::AccountingResponse
            | Code::AccessChallenge
            | Code::DisconnectRequest
            | Code::DisconnectAck
            | Code::DisconnectNak
            | Code::CoaRequest
            | Code::CoaAck
            | Code::CoaNak => {
                self.counters.dropped += 1;
                None
            }
        }?;
        self.keep(key, answer.clone());
        Some(answer)
    }

    fn client(&self, address: IpAddr) -> Option<&ClientEntry> {
        let IpAddr::V4(address) = address.to_canonical() else { return None };
        self.clients.iter().find(|client| client.network.contains(&address))
    }

    fn keep(&mut self, key: (SocketAddr, Vec<u8>), answer: Vec<u8>) {
        if self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.answers.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.answers.insert(key, answer);
    }

    fn access(&mut self, entropy: &mut dyn Entropy, request: &Packet, secret: &Secret) -> Option<Vec<u8>> {
        let (asked, _) = decode_all(request, secret.octets(), &request.authenticator);
        let name = request.value_of(keys::USER_NAME).unwrap_or_default();
        let found = self.users.evaluate(name, &asked);
        let verdict = check::check(found.as_ref(), request, name, &asked);
        let more = found.as_ref().is_some_and(|found| found.challenge);
        let items = found.map(|found| found.reply).unwrap_or_default();
        let mut salt = entropy.u16(Purpose::RadiusSalt);
        let mut written: Vec<Attribute> = Vec::with_capacity(items.len());
        for item in items.iter().filter(|item| verdict.accepted || in_reject(item.key())) {
            // The salts of one packet must differ (RFC 2868 section 3.5).
            salt = salt.wrapping_add(1);
            // The file was checked when it was read, so everything in it can be written.
            written.extend(encode(item, secret.octets(), &request.authenticator, salt.to_be_bytes()).ok());
        }
        written.extend(verdict.extra);
        let code = match (verdict.accepted, more) {
            (true, false) => Code::AccessAccept,
            (true, true) => Code::AccessChallenge,
            (false, _) => Code::AccessReject,
        };
        let answer = reply(request, code, written, secret)?;
        match code {
            Code::AccessAccept => self.counters.accepts += 1,
            Code::AccessChallenge => self.counters.challenges += 1,
            _reject => self.counters.rejects += 1,
        }
        Some(answer)
    }

    fn accounting(&mut self, request: &Packet, secret: &Secret) -> Option<Vec<u8>> {
        let answer = reply(request, Code::AccountingResponse, Vec::new(), secret)?;
        let status = request.value_of(keys::ACCT_STATUS_TYPE).and_then(|v| v.last().copied());
        match status {
            Some(1) => self.counters.starts += 1,
            Some(2) => self.counters.stops += 1,
            Some(3) => self.counters.interims += 1,
            Some(_) | None => self.counters.other_accounting += 1,
        }
        if self.records.len() >= KEPT {
            self.records.pop_front();
        }
        if self.fresh.len() >= KEPT {
            self.fresh.pop_front();
        }
        self.records.push_back(request.clone());
        self.fresh.push_back((request.clone(), secret.clone()));
        Some(answer)
    }
}

/// What an Access-Reject may carry: Reply-Message, and Password-Retry of RFC 2869 section 5.19.
fn in_reject(key: AttributeKey) -> bool {
    [keys::REPLY_MESSAGE, keys::PASSWORD_RETRY].contains(&key)
}

/// A sealed reply. It is signed when the request was; Proxy-State goes back unchanged (RFC 2865 section 5.33).
fn reply(request: &Packet, code: Code, mut attributes: Vec<Attribute>, secret: &Secret) -> Option<Vec<u8>> {
    let AttributeKey::Standard(proxy_state) = keys::PROXY_STATE else { return None };
    attributes.extend(request.attributes.iter().filter(|a| a.kind == proxy_state).cloned());
    let mut packet = Packet { code, identifier: request.identifier, authenticator: [0; 16], attributes };
    let signed = request.first(MESSAGE_AUTHENTICATOR).is_some() && code != Code::AccountingResponse;
    seal_reply(&mut packet, &request.authenticator, secret.octets(), signed).ok()
}

/// The first value of `key` among decoded attributes.
fn first(attributes: &[Decoded], key: AttributeKey) -> Option<&Decoded> {
    attributes.iter().find(|attribute| attribute.key() == key)
}
