//! Interfaces and controllers.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use ipnet::Ipv4Net;

use super::Password;
pub use crate::grammar::value::{InterfaceKind, InterfaceName};
use crate::proto::ppp::{AuthProtocol, CHAP_CHALLENGE};

/// How an interface gets its address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IpAddress {
    /// `no ip address`.
    #[default]
    None,
    /// `ip address A M`.
    Static(Ipv4Net),
    /// `ip unnumbered IF`.
    Unnumbered(InterfaceName),
    /// `ip address negotiated`.
    Negotiated,
}

/// `peer default ip address`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerAddress {
    /// `pool [NAME ...]`; `default` without a name.
    Pool(Vec<String>),
    /// One fixed address.
    Fixed(Ipv4Addr),
}

/// On which calls this side does not prove itself by a protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Refuse {
    /// On none.
    #[default]
    Never,
    /// On those that the peer placed: `callin`.
    Callin,
    /// On all.
    Always,
}

impl Refuse {
    /// Whether it refuses on a call that this side placed, or that the peer placed.
    pub fn applies(self, calling: bool) -> bool {
        match self {
            Refuse::Never => false,
            Refuse::Callin => !calling,
            Refuse::Always => true,
        }
    }
}

/// `ppp ...` and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct PppConfig {
    /// `ppp authentication` protocols, in order.
    pub authentication: Vec<AuthProtocol>,
    /// The method list it names; `default`.
    pub authentication_list: Option<String>,
    /// `callin` keyword: only of peers that call.
    pub authentication_callin: bool,
    /// `ppp authorization [LIST]`.
    pub authorization_list: Option<String>,
    /// `ppp accounting [LIST]`.
    pub accounting_list: Option<String>,
    /// `ppp chap hostname`.
    pub chap_hostname: Option<String>,
    /// `ppp chap password`.
    pub chap_password: Option<Password>,
    /// `ppp pap sent-username U password P`.
    pub pap_sent: Option<(String, Password)>,
    /// `ppp chap challenge-length MIN MAX`: octets of a CHAP challenge, 16 unless configured.
    pub chap_challenge: RangeInclusive<u8>,
    /// `ppp chap refuse [callin]`.
    pub refuse_chap: Refuse,
    /// `ppp pap refuse [callin]`.
    pub refuse_pap: Refuse,
    /// `ppp multilink`.
    pub multilink: bool,
    /// `ppp ipcp dns A [B]`.
    pub ipcp_dns: Vec<Ipv4Addr>,
    /// `ppp ipcp wins A [B]`.
    pub ipcp_wins: Vec<Ipv4Addr>,
    /// `ppp ipcp dns request`.
    pub request_dns: bool,
    /// `ppp timeout retry`.
    pub retry: Duration,
    /// `ppp timeout authentication`.
    pub authentication_timeout: Duration,
    /// `ppp timeout idle`.
    pub idle: Option<(Duration, IdleDirection)>,
    /// `ppp max-bad-auth`: how often a peer may fail to prove itself; 1 unless configured.
    pub max_bad_auth: u32,
    /// `ppp max-configure`.
    pub max_configure: u32,
    /// `ppp max-terminate`.
    pub max_terminate: u32,
    /// `ppp max-failure`.
    pub max_failure: u32,
}

impl Default for PppConfig {
    fn default() -> Self {
        PppConfig {
            authentication: Vec::new(),
            authentication_list: None,
            authentication_callin: false,
            authorization_list: None,
            accounting_list: None,
            chap_hostname: None,
            chap_password: None,
            pap_sent: None,
            chap_challenge: CHAP_CHALLENGE..=CHAP_CHALLENGE,
            refuse_chap: Refuse::Never,
            refuse_pap: Refuse::Never,
            multilink: false,
            ipcp_dns: Vec::new(),
            ipcp_wins: Vec::new(),
            request_dns: false,
            retry: Duration::from_secs(2),
            authentication_timeout: Duration::from_secs(10),
            idle: None,
            max_bad_auth: 1,
            max_configure: 10,
            max_terminate: 2,
            max_failure: 5,
        }
    }
}

/// Packets of which direction keep a session from being idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdleDirection {
    /// Those to the peer: `ppp timeout idle` without a keyword.
    Outbound,
    /// `inbound`: those from the peer.
    Inbound,
    /// `either`, and Idle-Timeout of RADIUS.
    Either,
}

/// `dialer ...`.
#[derive(Clone, Debug, PartialEq)]
pub struct DialerConfig {
    /// `dialer map ip NEXT-HOP name NAME [broadcast] NUMBER`.
    pub maps: Vec<DialerMap>,
    /// `dialer string`.
    pub string: Option<String>,
    /// `dialer-group`.
    pub group: Option<u16>,
    /// `dialer idle-timeout`, 120 s.
    pub idle_timeout: Duration,
    /// `dialer hold-queue` packets.
    pub hold_queue: usize,
}

impl Default for DialerConfig {
    fn default() -> Self {
        DialerConfig {
            maps: Vec::new(),
            string: None,
            group: None,
            idle_timeout: Duration::from_secs(120),
            hold_queue: 0,
        }
    }
}

/// One `dialer map`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialerMap {
    /// The next hop that it reaches.
    pub next_hop: Ipv4Addr,
    /// The peer's CHAP name.
    pub name: Option<String>,
    /// The number to call.
    pub number: String,
}

/// Lines of a configuration, which may hold passwords.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Lines(pub Vec<String>);

impl From<Vec<String>> for Lines {
    fn from(lines: Vec<String>) -> Self {
        Lines(lines)
    }
}

impl std::ops::Deref for Lines {
    type Target = Vec<String>;

    fn deref(&self) -> &Vec<String> {
        &self.0
    }
}

impl std::ops::DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut Vec<String> {
        &mut self.0
    }
}

impl std::fmt::Debug for Lines {
    /// Only how many there are.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lines({})", self.0.len())
    }
}

/// One interface.
#[derive(Clone, Debug, PartialEq)]
pub struct InterfaceConfig {
    /// Name.
    pub name: InterfaceName,
    /// `description`.
    pub description: Option<String>,
    /// `shutdown`.
    pub shutdown: bool,
    /// Address.
    pub ip: IpAddress,
    /// `ip mtu`.
    pub ip_mtu: Option<u16>,
    /// `mtu`, 1500.
    pub mtu: u16,
    /// `timeout absolute`.
    pub absolute: Option<Duration>,
    /// `encapsulation ppp`.
    pub encapsulation_ppp: bool,
    /// `keepalive` seconds, 10; zero is off.
    pub keepalive: Duration,
    /// `peer default ip address`; `None` for the explicit `no` form as well as for nothing.
    pub peer_address: Option<PeerAddress>,
    /// `ppp ...`.
    pub ppp: PppConfig,
    /// `dialer ...`.
    pub dialer: DialerConfig,
    /// `ip tcp header-compression` (a client that offers VJ): slots, 15 on an ISDN interface.
    pub vj_slots: Option<u8>,
    /// `isdn answer1` / `isdn calling-number`: the interface's own number.
    pub isdn_number: Option<String>,
    /// `no logging event link-status` was not given.
    pub log_link_status: bool,
    /// The configuration lines of the interface as NVGEN shows them, for the clone block of a Virtual-Template.
    pub lines: Lines,
}

impl InterfaceConfig {
    /// An interface with nothing configured.
    pub fn new(name: InterfaceName) -> Self {
        InterfaceConfig {
            name,
            description: None,
            shutdown: false,
            ip: IpAddress::None,
            ip_mtu: None,
            mtu: 1500,
            absolute: None,
            encapsulation_ppp: false,
            keepalive: Duration::from_secs(10),
            peer_address: None,
            ppp: PppConfig::default(),
            dialer: DialerConfig::default(),
            vj_slots: None,
            isdn_number: None,
            log_link_status: true,
            lines: Lines::default(),
        }
    }
}

/// `controller T1 0` with `pri-group timeslots 1-24`: its D channel is `Serial0:23`, its B channels
/// `Serial0:0` to `Serial0:22`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControllerConfig {
    /// 24 for T1, 31 for E1.
    pub timeslots: u8,
    /// `0`, or `slot/port`.
    pub unit: String,
    /// `pri-group` is there.
    pub pri_group: bool,
    /// `shutdown`.
    pub shutdown: bool,
}

impl ControllerConfig {
    /// The D channel's number: 23 on a T1, 15 on an E1.
    pub const fn d_channel(&self) -> u8 {
        if self.timeslots == 24 { 23 } else { 15 }
    }
}
