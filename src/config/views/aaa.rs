//! `aaa ...`, `radius-server ...`, `username`.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::AccountingConfig;

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
    /// `aaa accounting` and what belongs to it.
    pub accounting: AccountingConfig,
    /// Servers in configured order.
    pub servers: Vec<RadiusServer>,
    /// `aaa group server radius`: name and the servers' addresses.
    pub server_groups: Vec<(String, Vec<Ipv4Addr>)>,
    /// `radius-server key`.
    pub key: Option<String>,
    /// `radius-server timeout`, 5 s.
    pub timeout: Duration,
    /// `radius-server retransmit`, 3.
    pub retransmit: u32,
    /// `radius-server deadtime`, minutes turned into time; zero for none.
    pub deadtime: Duration,
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
            accounting: AccountingConfig::default(),
            servers: Vec::new(),
            server_groups: Vec::new(),
            key: None,
            timeout: Duration::from_secs(5),
            retransmit: 3,
            deadtime: Duration::ZERO,
            message_authenticator: true,
            source: None,
            users: Vec::new(),
        }
    }
}
