//! The vocabulary of the client's owner.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::proto::Instant;
use crate::proto::radius::crypt::Secret;
use crate::proto::radius::packet::{Attribute, Code, Packet};
use crate::proto::radius::value::{Decoded, decode_all};

/// A server as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Its address.
    pub address: Ipv4Addr,
    /// Port for authentication and authorization.
    pub auth_port: u16,
    /// Port for accounting.
    pub acct_port: u16,
    /// The shared secret; a server without one is not used.
    pub secret: Option<Secret>,
    /// How long to wait for a reply to one transmission.
    pub timeout: Duration,
    /// How often to transmit again after the first time.
    pub retransmit: u32,
}

/// What the client works with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientConfig {
    /// In order of preference.
    pub servers: Vec<ServerConfig>,
    /// How long a server that does not answer is passed over; zero for not at all.
    pub deadtime: Duration,
    /// Put Message-Authenticator first in Access-Requests and require it in the replies to them.
    pub message_authenticator: bool,
    /// The address to send from; `None` for "as routed".
    pub source: Option<Ipv4Addr>,
}

/// Names a request of a [`Client`](super::Client); never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestKey(pub u64);

/// An attribute of a request. What is hidden depends on the server that it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestAttribute {
    /// As it is.
    Plain(Attribute),
    /// User-Password in the clear.
    Password(Secret),
    /// Acct-Delay-Time of something that was so old at this point: counted anew for each server that is asked, under
    /// an identifier of its own (RFC 2866 section 5.2).
    Delay(Duration, Instant),
}

/// What to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Access-Request or Accounting-Request.
    pub code: Code,
    /// Attributes in the order in which they are sent.
    pub attributes: Vec<RequestAttribute>,
    /// The Request Authenticator of an Access-Request where it is not to be random: a CHAP challenge of 16
    /// octets (RFC 2865 section 2.2).
    pub authenticator: Option<[u8; 16]>,
    /// The servers to ask, by address; `None` for all.
    pub servers: Option<Vec<Ipv4Addr>>,
    /// Long name of the port, for the debugs.
    pub label: String,
    /// Unique id of the session, for the debugs.
    pub unique: u32,
}

/// A reply that was believed.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The packet.
    pub packet: Packet,
    /// Who sent it.
    pub server: SocketAddr,
    /// The authenticator of the request.
    pub request_authenticator: [u8; 16],
    /// The secret of the server, for hidden attributes.
    pub secret: Secret,
}

impl Reply {
    /// The attributes that the table knows, in the clear, and how many did not fit it.
    pub fn attributes(&self) -> (Vec<Decoded>, usize) {
        decode_all(&self.packet, self.secret.octets(), &self.request_authenticator)
    }
}

/// What the client puts out.
#[derive(Clone, Debug)]
pub enum ClientOutput {
    /// A socket is needed; `socket_refused` tells that it cannot be had.
    OpenSocket {
        /// Its number.
        socket: u16,
        /// Local port.
        port: u16,
    },
    /// Send a datagram.
    Transmit {
        /// From this socket.
        socket: u16,
        /// From this address; `None` for "as routed".
        local: Option<Ipv4Addr>,
        /// To this server.
        remote: SocketAddr,
        /// Payload.
        bytes: Vec<u8>,
    },
    /// A line for the log.
    Syslog {
        /// 0 to 7.
        severity: u8,
        /// From `%` on.
        text: String,
    },
    /// A request was answered.
    Replied(RequestKey, Box<Reply>),
    /// Nobody answered, or nobody could be asked.
    Failed(RequestKey),
}

/// Datagrams that were dropped, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// No packet.
    pub malformed: u64,
    /// Belongs to no request of this socket.
    pub unknown_identifier: u64,
    /// Came from another address or port than the request went to.
    pub wrong_source: u64,
    /// A code that does not answer the request.
    pub wrong_code: u64,
    /// Wrong Response Authenticator.
    pub bad_authenticator: u64,
    /// Wrong or repeated Message-Authenticator.
    pub bad_message_authenticator: u64,
    /// No Message-Authenticator where one is required.
    pub unsigned: u64,
}

/// What a server has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerCounters {
    /// Packets sent for the first time.
    pub requests: u64,
    /// Packets sent again.
    pub retransmits: u64,
    /// Replies believed.
    pub replies: u64,
    /// Of them Access-Accept or Accounting-Response.
    pub accepts: u64,
    /// Of them Access-Reject.
    pub rejects: u64,
    /// Of them Access-Challenge.
    pub challenges: u64,
    /// Requests that it left unanswered.
    pub timeouts: u64,
    /// Replies that claimed to be from it and were dropped.
    pub dropped: u64,
}

/// A server for `show` commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerView {
    /// Its configuration.
    pub config: ServerConfig,
    /// Whether it is passed over.
    pub dead: bool,
    /// What it has done.
    pub counters: ServerCounters,
}
