//! `aaa ...`, `radius-server ...`, `username`.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::{AccountingConfig, Password};

/// One method of a method list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `group radius` or `radius`: every configured RADIUS server.
    Radius,
    /// `group NAME`.
    Group(String),
    /// `group tacacs+`: no such server can be asked here, so it is an error, and the next method is asked.
    Tacacs,
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
    /// `auth-port`, 1645; 0 where it authenticates nobody.
    pub auth_port: u16,
    /// `acct-port`, 1646; 0 where it takes no records.
    pub acct_port: u16,
    /// Its own key, or that of `radius-server key`.
    pub key: Option<Password>,
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

/// `aaa server radius dynamic-author`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicAuthorConfig {
    /// `port`, 1700.
    pub port: u16,
    /// `client A.B.C.D`, each with its own `server-key`.
    pub clients: Vec<(Ipv4Addr, Option<Password>)>,
    /// `server-key` of every client that has none of its own.
    pub key: Option<Password>,
    /// `auth-type`.
    pub auth_type: AuthType,
    /// `ignore session-key`.
    pub ignore_session_key: bool,
    /// `ignore server-key`.
    pub ignore_server_key: bool,
}

/// `auth-type`: how much of what a request says of a session must be true of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthType {
    /// Everything.
    #[default]
    All,
    /// Anything.
    Any,
    /// The session key, which is Acct-Session-Id here.
    SessionKey,
}

/// How NAS-Port is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NasPortFormat {
    /// `a`: 16 bits, the type of the port and its number.
    Standard,
    /// `b`: the interface that controls the port in the upper 16 bits.
    Extended,
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
    /// `no attribute nas-port`: requests do not say the port by its number.
    pub hides_nas_port: bool,
    /// `attribute nas-port format`; `None` for the number of the port alone, as in the documented call.
    pub nas_port_format: Option<NasPortFormat>,
    /// `aaa nas port extended`: requests that carry vendor-specific attributes name the port in one of them.
    pub extended_nas_port: bool,
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
    pub password: Option<Password>,
    /// `secret`, as stored: types 5, 8 and 9.
    pub secret: Option<Password>,
    /// `nopassword`.
    pub nopassword: bool,
    /// `aaa attribute list`.
    pub attribute_list: Option<String>,
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

impl User {
    /// A user who has nothing yet.
    pub fn new(name: &str) -> Self {
        User {
            name: name.to_owned(),
            password: None,
            secret: None,
            nopassword: false,
            attribute_list: None,
            privilege: 1,
        }
    }

    /// Whether `typed` is the password of this user.
    pub fn accepts(&self, typed: &str) -> bool {
        self.nopassword || self.secret.as_ref().or(self.password.as_ref()).is_some_and(|p| p.matches(typed))
    }
}

/// `aaa attribute list NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeList {
    /// Name.
    pub name: String,
    /// Its attributes in order.
    pub attributes: Vec<ListAttribute>,
}

/// `attribute type NAME VALUE [service S] [protocol P] [mandatory] [tag N]`.
#[derive(Clone, PartialEq, Eq)]
pub struct ListAttribute {
    /// Name, as AAA knows it: `addr-pool`, `interface-config`, `timeout`.
    pub name: String,
    /// Value, without quotes.
    pub value: String,
    /// `service`: other users than those of it do not get the attribute.
    pub service: Option<String>,
    /// `protocol`.
    pub protocol: Option<String>,
    /// `mandatory`: who cannot have it gets nothing.
    pub mandatory: bool,
}

impl std::fmt::Debug for ListAttribute {
    /// Without the value, which may be a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ListAttribute({})", self.name)
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
    /// `aaa authentication enable`.
    pub authentication_enable: Vec<MethodList>,
    /// `aaa authentication attempts login`, 3.
    pub login_attempts: u32,
    /// `aaa authorization exec`.
    pub authorization_exec: Vec<MethodList>,
    /// `aaa authorization console`: the console is authorized too.
    pub authorization_console: bool,
    /// `aaa authorization network`.
    pub authorization_network: Vec<MethodList>,
    /// `aaa accounting` and what belongs to it.
    pub accounting: AccountingConfig,
    /// Servers in configured order.
    pub servers: Vec<RadiusServer>,
    /// `aaa group server radius`.
    pub server_groups: Vec<RadiusGroup>,
    /// `radius-server key`.
    pub key: Option<Password>,
    /// `radius-server timeout`, 5 s.
    pub timeout: Duration,
    /// `radius-server retransmit`, 3.
    pub retransmit: u32,
    /// `radius-server deadtime`, minutes turned into time; zero for none.
    pub deadtime: Duration,
    /// `radius-server dead-criteria`.
    pub dead_criteria: Option<DeadCriteriaConfig>,
    /// `aaa server radius dynamic-author`.
    pub dynamic_author: Option<DynamicAuthorConfig>,
    /// `radius-server attribute ...` and `vsa send`.
    pub extras: RadiusExtras,
    /// Send and require Message-Authenticator; the line `no radius-server message-authenticator` switches it off.
    pub message_authenticator: bool,
    /// `ip radius source-interface` resolved to its address, when it has one.
    pub source: Option<Ipv4Addr>,
    /// Local users.
    pub users: Vec<User>,
    /// `aaa attribute list`.
    pub attribute_lists: Vec<AttributeList>,
}

impl Default for AaaConfig {
    fn default() -> Self {
        AaaConfig {
            new_model: false,
            authentication_ppp: Vec::new(),
            authentication_login: Vec::new(),
            authentication_enable: Vec::new(),
            login_attempts: 3,
            authorization_exec: Vec::new(),
            authorization_console: false,
            authorization_network: Vec::new(),
            accounting: AccountingConfig::default(),
            servers: Vec::new(),
            server_groups: Vec::new(),
            key: None,
            timeout: Duration::from_secs(5),
            retransmit: 3,
            deadtime: Duration::ZERO,
            dead_criteria: None,
            dynamic_author: None,
            extras: RadiusExtras::default(),
            message_authenticator: true,
            source: None,
            users: Vec::new(),
            attribute_lists: Vec::new(),
        }
    }
}
