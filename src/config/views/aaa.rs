//! `aaa ...`, `radius-server ...`, `username`.

use std::net::Ipv4Addr;
use std::time::Duration;

/// One method of a method list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `group radius` or `radius`: every configured RADIUS server.
    Radius,
    /// `group NAME`.
    Group(String),
    /// `local`.
    Local,
    /// `local-case`.
    LocalCase,
    /// `none`.
    None,
    /// `enable`.
    Enable,
    /// `line`.
    Line,
    /// `if-needed` (authentication).
    IfNeeded,
    /// `if-authenticated` (authorization).
    IfAuthenticated,
}

/// A named list of methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodList {
    /// `default` or its name.
    pub name: String,
    /// In order.
    pub methods: Vec<Method>,
}

/// A RADIUS server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RadiusServer {
    /// Its address.
    pub address: Ipv4Addr,
    /// `auth-port`, 1645.
    pub auth_port: u16,
    /// `acct-port`, 1646.
    pub acct_port: u16,
    /// Its own key, or that of `radius-server key`.
    pub key: Option<String>,
    /// Its own timeout, or that of `radius-server timeout`.
    pub timeout: Option<Duration>,
    /// Its own `retransmit`.
    pub retransmit: Option<u32>,
}

/// `aaa group server radius`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RadiusGroup {
    /// Its name.
    pub name: String,
    /// Its servers, in order of preference; those that no `radius-server host` or `radius server` defines are
    /// left out.
    pub servers: Vec<GroupServer>,
    /// `deadtime` of the group, minutes turned into time.
    pub deadtime: Option<Duration>,
}

/// A server of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupServer {
    /// The server.
    pub server: RadiusServer,
    /// `server-private`: nobody but this group asks it.
    pub private: bool,
}

/// `radius-server dead-criteria`; what is not configured has its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadCriteriaConfig {
    /// `time`, 10 s.
    pub time: Duration,
    /// `tries`, 10.
    pub tries: u32,
}

/// What a request carries beyond the attributes of every request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RadiusExtras {
    /// `attribute 8 include-in-access-req`.
    pub framed_ip: bool,
    /// `attribute 32 include-in-access-req`: NAS-Identifier, in which only `%i` is left to be replaced.
    pub identifier: Option<String>,
    /// `attribute 44 include-in-access-req`.
    pub session_id: bool,
    /// `vsa send authentication`.
    pub vsa_authentication: bool,
    /// `vsa send accounting`.
    pub vsa_accounting: bool,
}

/// A local user.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Name.
    pub name: String,
    /// Clear password, decoded; `None` when only a secret or nothing is there.
    pub password: Option<String>,
    /// `secret 5 ...` as stored.
    pub secret: Option<String>,
    /// `privilege`.
    pub privilege: u8,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .field("privilege", &self.privilege)
            .finish_non_exhaustive()
    }
}

/// AAA, RADIUS, users.
#[derive(Clone, Debug, PartialEq)]
pub struct AaaConfig {
    /// `aaa new-model`.
    pub new_model: bool,
    /// `aaa authentication ppp`.
    pub authentication_ppp: Vec<MethodList>,
    /// `aaa authentication login`.
    pub authentication_login: Vec<MethodList>,
    /// `aaa authorization network`.
    pub authorization_network: Vec<MethodList>,
    /// `aaa accounting network`.
    pub accounting_network: Vec<MethodList>,
    /// Servers in configured order.
    pub servers: Vec<RadiusServer>,
    /// `aaa group server radius`.
    pub server_groups: Vec<RadiusGroup>,
    /// `radius-server key`.
    pub key: Option<String>,
    /// `radius-server timeout`, 5 s.
    pub timeout: Duration,
    /// `radius-server retransmit`, 3.
    pub retransmit: u32,
    /// `radius-server deadtime`, minutes turned into time; zero for none.
    pub deadtime: Duration,
    /// `radius-server dead-criteria`.
    pub dead_criteria: Option<DeadCriteriaConfig>,
    /// `radius-server attribute ...` and `vsa send`.
    pub extras: RadiusExtras,
    /// Send and require Message-Authenticator; the line `no radius-server message-authenticator` switches it off.
    pub message_authenticator: bool,
    /// `ip radius source-interface` resolved to its address, when it has one.
    pub source: Option<Ipv4Addr>,
    /// Local users.
    pub users: Vec<User>,
}

impl Default for AaaConfig {
    fn default() -> Self {
        AaaConfig {
            new_model: false,
            authentication_ppp: Vec::new(),
            authentication_login: Vec::new(),
            authorization_network: Vec::new(),
            accounting_network: Vec::new(),
            servers: Vec::new(),
            server_groups: Vec::new(),
            key: None,
            timeout: Duration::from_secs(5),
            retransmit: 3,
            deadtime: Duration::ZERO,
            dead_criteria: None,
            extras: RadiusExtras::default(),
            message_authenticator: true,
            source: None,
            users: Vec::new(),
        }
    }
}
