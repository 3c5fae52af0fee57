//! Typed views: what the running-config says, in the shape the engine works with.
//!
//! A [`RouterConfig`] is a pure function of the store. The engine is handed a whole new one after every change
//! and acts on the difference, so no line can be half applied.

pub mod aaa;
pub mod accounting;
mod build;
pub mod interface;
pub mod password;
pub mod system;
pub mod vpdn;

pub use aaa::*;
pub use accounting::*;
pub use interface::*;
pub use password::{Password, secret_free};
pub use system::*;
pub use vpdn::*;

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::proto::Dialect;

/// The whole running-config, typed.
#[derive(Clone, Debug, PartialEq)]
pub struct RouterConfig {
    /// The `version` line, e.g. `12.0`.
    pub version: String,
    /// What `version` selects.
    pub dialect: Dialect,
    /// `hostname`.
    pub hostname: String,
    /// Stamps, logging, lines, enable.
    pub system: SystemConfig,
    /// `vpdn ...` globals.
    pub vpdn: VpdnGlobal,
    /// `vpdn-group`s, in configured order.
    pub groups: Vec<VpdnGroup>,
    /// AAA, RADIUS, users.
    pub aaa: AaaConfig,
    /// Every interface, in configured order.
    pub interfaces: Vec<InterfaceConfig>,
    /// `controller T1 0` with its PRI group.
    pub controllers: Vec<ControllerConfig>,
    /// `ip local pool`s.
    pub pools: Vec<PoolConfig>,
    /// `ip route`s.
    pub routes: Vec<StaticRoute>,
    /// `dialer-list N protocol ip permit`: the lists by number.
    pub dialer_lists: Vec<DialerList>,
    /// `access-list`s that dialer lists use: kept as typed rules.
    pub access_lists: Vec<AccessList>,
    /// `ip host`: names and their addresses.
    pub hosts: Vec<(String, Vec<Ipv4Addr>)>,
    /// `isdn switch-type`.
    pub isdn_switch_type: Option<String>,
    /// `multilink bundle-name`, `async-bootp dns-server` and the like: DNS servers given in IPCP.
    pub dns_servers: Vec<Ipv4Addr>,
    /// WINS servers given in IPCP.
    pub wins_servers: Vec<Ipv4Addr>,
}

impl RouterConfig {
    /// The addresses of a name, in any case, by `ip host`.
    pub fn host(&self, name: &str) -> &[Ipv4Addr] {
        let known = self.hosts.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, addresses)| addresses.as_slice()).unwrap_or_default()
    }
}

impl Default for RouterConfig {
    fn default() -> Self {
        RouterConfig {
            version: "12.0".to_owned(),
            dialect: Dialect::V12_0,
            hostname: "Router".to_owned(),
            system: SystemConfig::default(),
            vpdn: VpdnGlobal::default(),
            groups: Vec::new(),
            aaa: AaaConfig::default(),
            interfaces: Vec::new(),
            controllers: Vec::new(),
            pools: Vec::new(),
            routes: Vec::new(),
            dialer_lists: Vec::new(),
            access_lists: Vec::new(),
            hosts: Vec::new(),
            isdn_switch_type: None,
            dns_servers: Vec::new(),
            wins_servers: Vec::new(),
        }
    }
}

/// `ip local pool NAME A [B]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolConfig {
    /// Name; `default` is the default pool.
    pub name: String,
    /// Inclusive ranges.
    pub ranges: Vec<(Ipv4Addr, Ipv4Addr)>,
}

/// `ip route NETWORK MASK {NEXT-HOP | INTERFACE} [DISTANCE]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticRoute {
    /// Destination.
    pub network: Ipv4Net,
    /// Where to.
    pub via: RouteVia,
    /// Administrative distance, 1 by default.
    pub distance: u8,
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteVia {
    /// A next hop.
    Gateway(Ipv4Addr),
    /// An interface.
    Interface(InterfaceName),
}

/// `dialer-list N protocol ip {permit | deny | list ACL}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialerList {
    /// 1 to 10, as `dialer-group` names it.
    pub number: u16,
    /// What is interesting.
    pub rule: DialerRule,
}

/// What makes traffic interesting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialerRule {
    /// All of IP.
    Permit,
    /// Nothing.
    Deny,
    /// What the access list permits.
    List(u16),
}

/// A numbered access list (standard or extended; ports are not modelled).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessList {
    /// 1 to 199.
    pub number: u16,
    /// The entries, in order.
    pub entries: Vec<AccessEntry>,
}

/// One line of an access list. The implicit last line denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessEntry {
    /// permit or deny.
    pub permit: bool,
    /// IP protocol number; `None` for `ip`.
    pub protocol: Option<u8>,
    /// Source address and wildcard mask.
    pub source: (Ipv4Addr, Ipv4Addr),
    /// Destination address and wildcard mask.
    pub destination: (Ipv4Addr, Ipv4Addr),
}
