//! The vocabulary of AAA's owner.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::accounting::AccountingOutput;
use super::profile::UserProfile;
use super::tunnel::{Asker, TunnelDefinition};
use crate::config::views::{Method, Password};
use crate::proto::ppp::{Credentials, Verdict};
use crate::proto::radius::client::SessionOrigin;
use crate::proto::radius::{Decoded, Secret};

/// Names a question to AAA; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// NAS-Port-Type of a port, RFC 2865 section 5.41.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PortType {
    /// 0
    Async,
    /// 1
    Sync,
    /// 2
    Isdn,
    /// 5
    Virtual,
}

impl PortType {
    /// The number on the wire.
    pub fn number(self) -> u32 {
        match self {
            PortType::Async => 0,
            PortType::Sync => 1,
            PortType::Isdn => 2,
            PortType::Virtual => 5,
        }
    }
}

/// The port that somebody came in on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// `Virtual-Access4`.
    pub long: String,
    /// `Vi4`.
    pub short: String,
    /// NAS-Port.
    pub number: u32,
    /// NAS-Port-Type.
    pub kind: PortType,
    /// NAS-IP-Address.
    pub nas_ip: Ipv4Addr,
    /// The number that was called.
    pub called: Option<String>,
    /// The number that called.
    pub calling: Option<String>,
    /// Unique id of the session, which 15.x prints in parentheses.
    pub unique: u32,
    /// What began the session, and its number; `None` where nobody's session is concerned.
    pub origin: Option<SessionOrigin>,
}

/// Is this user who it says it is?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenRequest {
    /// Where.
    pub port: Port,
    /// The method list that the interface names; `None` for `default`.
    pub list: Option<String>,
    /// Name and proof.
    pub credentials: Credentials,
    /// The user was authenticated on this line before PPP began, which satisfies `if-needed`.
    pub already: bool,
}

/// What `radius-server attribute ... include-in-access-req` may put into an Access-Request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Attribute 8: the address that the peer would get from here.
    pub address: Option<Ipv4Addr>,
    /// Attribute 44: Acct-Session-Id.
    pub session_id: Option<String>,
}

/// `test aaa group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordTest {
    /// The server group; `None` for every server.
    pub group: Option<String>,
    /// User name.
    pub user: String,
    /// Password.
    pub password: Secret,
}

/// The outcome of `test aaa group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// The password is right; the attributes that came with the answer.
    Accepted(Vec<Decoded>),
    /// A server refused.
    Rejected,
    /// Nobody answered.
    NoAnswer,
}

/// What somebody at a terminal line wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoginService {
    /// An EXEC.
    Login,
    /// This privilege level, above the one that it has.
    Enable(u8),
}

/// May this somebody sit at this line?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginQuestion {
    /// What it wants.
    pub service: LoginService,
    /// The list of `aaa authentication login`; `None` for `default`.
    pub list: Option<String>,
    /// The user name; empty where only a password is asked.
    pub user: String,
    /// The password as typed.
    pub password: Password,
    /// The password of the line, for the method `line`.
    pub line_password: Option<Password>,
    /// The password of the level that is wanted, of 15 for a login: for the method `enable`.
    pub enable_password: Option<Password>,
    /// The list of `aaa authorization exec` that the line names.
    pub exec_list: Option<String>,
    /// The line is the console.
    pub console: bool,
    /// `password` answers this challenge.
    pub challenge: Option<Challenge>,
}

/// An Access-Challenge (RFC 2865 section 4.4): a server wants to know more before it decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// State, which goes back unchanged (section 5.24); none when the server sent none.
    pub(super) state: Option<Vec<u8>>,
    /// The method that asks, and those behind it.
    pub(super) methods: VecDeque<Method>,
}

/// Who said who somebody at a terminal line is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Voucher {
    /// A RADIUS server; else this router.
    pub radius: bool,
    /// User-Name of its Access-Accept.
    pub user_name: Option<String>,
    /// Each Class attribute of its Access-Accept.
    pub class: Vec<Vec<u8>>,
}

/// The answer to a [`LoginQuestion`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginOutcome {
    /// It may.
    Pass {
        /// Reply-Message.
        message: Vec<u8>,
        /// The level that was authorized, 0 to 15.
        privilege: Option<u8>,
        /// For its records.
        voucher: Voucher,
    },
    /// It is who it says it is, and may not have an EXEC.
    Unauthorized {
        /// Reply-Message.
        message: Vec<u8>,
    },
    /// It is not who it says it is.
    Fail {
        /// Reply-Message.
        message: Vec<u8>,
    },
    /// Something more is asked; the answer is the password of another question.
    Challenge {
        /// Reply-Message: the prompt.
        message: Vec<u8>,
        /// The answer may be shown as it is typed: Prompt, RFC 2869 section 5.10.
        echo: bool,
        /// What is being answered.
        challenge: Challenge,
    },
    /// No method could tell.
    Error,
}

/// Where does the tunnel of this call lead?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TunnelLookup {
    /// Where.
    pub port: Port,
    /// The method list of `aaa authorization network`; `None` for `default`.
    pub list: Option<String>,
    /// `dnis:614629`, a domain, or the name of a peer.
    pub key: String,
    /// The password of the lookup, `cisco` unless configured.
    pub password: Secret,
    /// Who wants to know.
    pub asker: Asker,
}

/// The verdict on a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthenOutcome {
    /// The user is who it says it is.
    Pass {
        /// Text for the peer: Reply-Message, or `S=...` of MS-CHAPv2.
        message: Vec<u8>,
        /// What came with it.
        profile: Arc<UserProfile>,
    },
    /// It is not.
    Fail {
        /// Text for the peer: Reply-Message, or `E=691 ...` of MS-CHAP.
        message: Vec<u8>,
        /// Password-Retry (RFC 2869 section 5.9): how often the peer may try again on its link; `None` where nobody
        /// said so.
        retries: Option<u32>,
    },
    /// No method could tell.
    Error,
}

impl AuthenOutcome {
    /// What the link is told. Nobody gets in when no method could tell.
    pub fn verdict(&self) -> Verdict {
        match self {
            AuthenOutcome::Pass { message, .. } => Verdict::Pass { message: message.clone() },
            AuthenOutcome::Fail { message, retries } => {
                Verdict::Fail { message: message.clone(), retries: *retries }
            }
            AuthenOutcome::Error => Verdict::Fail { message: Vec::new(), retries: None },
        }
    }
}

/// The answer to a tunnel lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TunnelOutcome {
    /// Tunnels, the most preferred first; never empty.
    Found(Vec<TunnelDefinition>),
    /// The list says `local`: the vpdn-groups decide.
    Local,
    /// A server knows nothing of this key, or nothing that can be used.
    NotFound,
    /// No method could tell.
    Error,
}

/// What became of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Of [`Aaa::authenticate`](super::Aaa::authenticate).
    Authentication(AuthenOutcome),
    /// Of [`Aaa::authorize_tunnel`](super::Aaa::authorize_tunnel).
    Tunnel(TunnelOutcome),
}

/// A ticket's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AaaEvent {
    /// Which.
    pub ticket: Ticket,
    /// Its outcome.
    pub outcome: Outcome,
}

/// What AAA puts out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AaaOutput {
    /// Bind the RADIUS client's socket `socket` to `port`; a refusal is told by `socket_refused`.
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
    /// Accounting wants something kept, or has an answer.
    Accounting(AccountingOutput),
    /// A ticket has its outcome.
    Event(AaaEvent),
    /// The outcome of [`Aaa::test`](super::Aaa::test).
    Tested(Ticket, TestOutcome),
    /// Of [`Aaa::login`](super::Aaa::login).
    Login(Ticket, LoginOutcome),
}

/// A user's authorization on a port. The owner of the call keeps it and hands it to the `authorize_...` methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSession {
    /// Where.
    pub port: Port,
    /// The list that `ppp authorization` names; `Some(None)` without a name; `None` when the interface has no
    /// `ppp authorization`, so that everything is permitted and nothing printed.
    pub list: Option<Option<String>>,
    /// The user name.
    pub user: String,
    /// What authentication brought; `None` when nobody was authenticated. Its records say who told who the user is, and
    /// what that wants back, whatever authorization makes of it.
    pub proof: Option<Arc<UserProfile>>,
    /// What counts for authorization: the same, or what the local database has in its place, as CoA-Requests have changed
    /// it.
    pub profile: Option<Arc<UserProfile>>,
    /// The address for which IPCP was authorized.
    pub(super) ipcp_for: Option<Ipv4Addr>,
}

impl UserSession {
    /// A session in which nothing is authorized yet, of a user with what its authentication brought.
    pub fn new(
        port: Port,
        list: Option<Option<String>>,
        user: String,
        proof: Option<Arc<UserProfile>>,
    ) -> Self {
        UserSession { port, list, user, profile: proof.clone(), proof, ipcp_for: None }
    }
}

/// Whether something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Permitted,
    /// It may not: the link ends.
    Denied,
}

/// What IPCP may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpcpDecision {
    /// The peer is to have this address; 0.0.0.0 when there is none for it from here.
    Use(Ipv4Addr),
    /// There is no IP for this user.
    Denied,
}
