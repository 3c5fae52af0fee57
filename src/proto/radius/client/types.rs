//! The vocabulary of the client's owner.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::proto::Instant;
use crate::proto::radius::crypt::Secret;
use crate::proto::radius::dictionary::{AttributeKey, keys};
use crate::proto::radius::packet::{Attribute, Code, Packet};
use crate::proto::radius::value::{Decoded, decode_all};

/// Names a server: the same address may serve on several ports, and a private server belongs to its group only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerName {
    /// Its address.
    pub address: Ipv4Addr,
    /// Port for authentication and authorization; 0 where it does neither.
    pub auth_port: u16,
    /// Port for accounting; 0 where it does none.
    pub acct_port: u16,
    /// The group of a `server-private`; `None` for a server that everybody may ask.
    pub private: Option<Arc<str>>,
}

impl ServerName {
    /// The port for a service.
    pub fn port(&self, service: Service) -> u16 {
        match service {
            Service::Accounting => self.acct_port,
            Service::Authentication | Service::Authorization => self.auth_port,
        }
    }
}

/// A server as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Its name.
    pub name: ServerName,
    /// The shared secret; a server without one is not used.
    pub secret: Option<Secret>,
    /// How long to wait for a reply to one transmission.
    pub timeout: Duration,
    /// How often to transmit again after the first time.
    pub retransmit: u32,
}

/// The servers that a request may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerGroup {
    /// In order of preference.
    pub servers: Vec<ServerName>,
    /// How long one that left a request of this group unanswered is passed over, where the group says so.
    pub deadtime: Option<Duration>,
}

/// `radius-server dead-criteria`: both must be met. Without it a server is dead when a request with all its
/// retransmissions stays unanswered and nothing else was answered meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadCriteria {
    /// So long no reply came.
    pub time: Duration,
    /// So many transmissions in a row stayed unanswered.
    pub tries: u32,
}

/// What the client works with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientConfig {
    /// In order of preference.
    pub servers: Vec<ServerConfig>,
    /// How long a server that does not answer is passed over; zero for not at all.
    pub deadtime: Duration,
    /// When a server is dead.
    pub dead_criteria: Option<DeadCriteria>,
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
    /// Acct-Delay-Time of something that was so old at this point in time: in seconds at each first transmission to a
    /// server (RFC 2866 section 5.2).
    Delay(Duration, Instant),
}

/// What a request is for: counted and debugged apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// An Access-Request of a user.
    Authentication,
    /// An Access-Request with Service-Type Outbound: a lookup.
    Authorization,
    /// An Accounting-Request.
    Accounting,
}

/// What began the session that a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Component {
    /// A call that PPP came in by.
    Ppp,
    /// A session in a tunnel.
    Vpdn,
    /// Somebody at a terminal line.
    Exec,
}

/// Where a request comes from, which 15.x says before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionOrigin {
    /// What began its session.
    pub component: Component,
    /// The number behind the session's Acct-Session-Id, once it has one.
    pub session: Option<u32>,
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
    /// The servers to ask; `None` for all that are not private.
    pub servers: Option<Arc<ServerGroup>>,
    /// Long name of the port, for the debugs.
    pub label: String,
    /// Unique id of the session, for the debugs.
    pub unique: u32,
    /// Where it comes from, for the debugs; `None` where there is no session.
    pub origin: Option<SessionOrigin>,
}

impl Request {
    /// What it is for.
    pub fn service(&self) -> Service {
        if self.code == Code::AccountingRequest {
            return Service::Accounting;
        }
        match self.integer(keys::SERVICE_TYPE) {
            Some(OUTBOUND) => Service::Authorization,
            Some(_) | None => Service::Authentication,
        }
    }

    /// Acct-Status-Type.
    pub(super) fn status(&self) -> Option<u32> {
        self.integer(keys::ACCT_STATUS_TYPE)
    }

    fn integer(&self, key: AttributeKey) -> Option<u32> {
        self.attributes.iter().find_map(|attribute| match attribute {
            RequestAttribute::Plain(plain) if AttributeKey::Standard(plain.kind) == key => {
                Some(u32::from_be_bytes(plain.value.as_slice().try_into().ok()?))
            }
            RequestAttribute::Plain(_) | RequestAttribute::Password(_) | RequestAttribute::Delay(..) => None,
        })
    }
}

/// Service-Type Outbound.
const OUTBOUND: u32 = 5;

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
    /// The request fits into no packet: nobody was asked, and nobody ever could be.
    Unsendable(RequestKey),
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

/// What a server has done so far for one [`Service`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceCounters {
    /// Packets sent for the first time.
    pub requests: u64,
    /// Packets sent again.
    pub retransmits: u64,
    /// Transmissions that were not answered in time.
    pub timeouts: u64,
    /// Requests that went on to the next server.
    pub failovers: u64,
    /// Replies believed.
    pub replies: u64,
    /// Of them Access-Accept or Accounting-Response.
    pub accepts: u64,
    /// Of them Access-Reject.
    pub rejects: u64,
    /// Of them Access-Challenge.
    pub challenges: u64,
    /// Requests that it left unanswered.
    pub unanswered: u64,
    /// Replies dropped: a code that does not answer the request.
    pub unexpected: u64,
    /// Replies dropped: wrong or missing authenticators.
    pub incorrect: u64,
    /// Replies dropped: no packet.
    pub malformed: u64,
    /// Time from the first transmission to the reply, all together.
    pub time: Duration,
    /// The longest of these times.
    pub longest: Duration,
    /// Requests under way.
    pub outstanding: u64,
}

/// Accounting requests or responses by Acct-Status-Type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordCounters {
    /// Start.
    pub start: u64,
    /// Interim-Update.
    pub interim: u64,
    /// Stop.
    pub stop: u64,
}

impl RecordCounters {
    pub(super) fn count(&mut self, status: Option<u32>) {
        match status {
            Some(1) => self.start += 1,
            Some(2) => self.stop += 1,
            Some(3) => self.interim += 1,
            // Accounting-On, -Off and tunnel records have no column.
            Some(_) | None => {}
        }
    }
}

/// What a server has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerCounters {
    /// Users.
    pub authentication: ServiceCounters,
    /// Lookups.
    pub authorization: ServiceCounters,
    /// Records.
    pub accounting: ServiceCounters,
    /// Records sent.
    pub records: RecordCounters,
    /// Records answered.
    pub recorded: RecordCounters,
}

impl ServerCounters {
    /// Those of one service.
    pub fn of(&self, service: Service) -> &ServiceCounters {
        match service {
            Service::Authentication => &self.authentication,
            Service::Authorization => &self.authorization,
            Service::Accounting => &self.accounting,
        }
    }

    pub(super) fn of_mut(&mut self, service: Service) -> &mut ServiceCounters {
        match service {
            Service::Authentication => &mut self.authentication,
            Service::Authorization => &mut self.authorization,
            Service::Accounting => &mut self.accounting,
        }
    }
}

/// A server for `show` commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerView {
    /// Its configuration.
    pub config: ServerConfig,
    /// Whether it is passed over.
    pub dead: bool,
    /// For how long it has been dead or alive.
    pub duration: Duration,
    /// For how long it was the other before; zero when it never was.
    pub previous: Duration,
    /// For how long it was dead, all together.
    pub dead_time: Duration,
    /// How often it was found dead.
    pub deaths: u64,
    /// What it has done.
    pub counters: ServerCounters,
}

/// The client for `show` commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientView {
    /// The servers, in order.
    pub servers: Vec<ServerView>,
    /// What was dropped.
    pub dropped: Dropped,
    /// The source ports that are open.
    pub ports: Vec<u16>,
    /// Source port and identifier of the last Access-Request.
    pub last_access: Option<(u16, u8)>,
    /// Source port and identifier of the last Accounting-Request.
    pub last_accounting: Option<(u16, u8)>,
    /// The longest packet sent or received, in octets.
    pub largest: [usize; 2],
    /// The most requests that were under way at once.
    pub most_outstanding: usize,
    /// The most requests that waited for an identifier at once.
    pub most_waiting: usize,
    /// Since the counters were cleared.
    pub counted_for: Duration,
}
