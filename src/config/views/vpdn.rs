//! `vpdn ...` and `vpdn-group`.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::Password;

/// A key by which the tunnel of a call is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SearchKey {
    /// The called number.
    Dnis,
    /// The part of the user name behind the delimiter.
    Domain,
    /// The ingress tunnel's host name.
    MultihopHostname,
}

/// `vpdn ...` in global configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct VpdnGlobal {
    /// `vpdn enable`.
    pub enable: bool,
    /// `vpdn search-order`; DNIS, then domain.
    pub search_order: Vec<SearchKey>,
    /// `vpdn authen-before-forward`.
    pub authen_before_forward: bool,
    /// `vpdn domain-delimiter` characters, suffix form; `@`.
    pub suffix_delimiters: String,
    /// The same in prefix form; none.
    pub prefix_delimiters: String,
    /// `vpdn softshut`.
    pub softshut: bool,
    /// `vpdn session-limit`.
    pub session_limit: Option<u32>,
    /// `vpdn source-ip`.
    pub source_ip: Option<Ipv4Addr>,
    /// `vpdn logging` and its sub-options.
    pub logging: VpdnLogging,
    /// `vpdn history failure` table size; `None` when switched off.
    pub history_failure: Option<usize>,
    /// `vpdn tunnel authorization password`, and the password of a lookup; `cisco`.
    pub lookup_password: Password,
    /// `vpdn tunnel accounting network`: the list for Tunnel-Start and Tunnel-Stop.
    pub tunnel_accounting: Option<String>,
    /// `vpdn session accounting network`: the list for Tunnel-Link-Start and Tunnel-Link-Stop.
    pub session_accounting: Option<String>,
    /// `vpdn authorize domain`: AAA is asked which domains the users of a port may name.
    pub authorize_domain: bool,
    /// `vpdn tunnel authorization network`: the list by which an LNS looks a peer up; `default` or its name.
    pub tunnel_authorization: Option<String>,
    /// `vpdn tunnel authorization virtual-template`: of peers that AAA gives no other.
    pub tunnel_template: Option<u32>,
    /// `vpdn aaa attribute nas-ip-address vpdn-nas`: NAS-IP-Address of a tunnelled user is its LAC's.
    pub nas_ip_of_lac: bool,
    /// `vpdn aaa attribute nas-port`: where NAS-Port of a tunnelled user comes from.
    pub nas_port: NasPortSource,
    /// `vpdn l2tp attribute physical-channel-id`: the LAC tells the channel in its ICRQ.
    pub physical_channel: bool,
}

impl Default for VpdnGlobal {
    fn default() -> Self {
        VpdnGlobal {
            enable: false,
            search_order: vec![SearchKey::Dnis, SearchKey::Domain],
            authen_before_forward: false,
            suffix_delimiters: "@".to_owned(),
            prefix_delimiters: String::new(),
            softshut: false,
            session_limit: None,
            source_ip: None,
            logging: VpdnLogging::default(),
            history_failure: Some(20),
            lookup_password: "cisco".into(),
            tunnel_accounting: None,
            session_accounting: None,
            authorize_domain: false,
            tunnel_authorization: None,
            tunnel_template: None,
            nas_ip_of_lac: false,
            nas_port: NasPortSource::Own,
            physical_channel: false,
        }
    }
}

/// `vpdn aaa attribute nas-port`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NasPortSource {
    /// The Virtual-Access here.
    #[default]
    Own,
    /// `vpdn-nas`: the port of the LAC, by Cisco's AVP 100.
    Lac,
    /// `physical-channel-id`: the Physical Channel ID AVP.
    PhysicalChannel,
}

/// `vpdn logging [local | remote | user | tunnel-drop ...]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VpdnLogging {
    /// `vpdn logging`.
    pub enable: bool,
    /// `vpdn logging local`.
    pub local: bool,
    /// `vpdn logging remote`.
    pub remote: bool,
    /// `vpdn logging user`.
    pub user: bool,
    /// `vpdn logging tunnel-drop`.
    pub tunnel_drop: bool,
    /// `vpdn logging dead-cache`.
    pub dead_cache: bool,
}

/// `protocol` of a sub-group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VpdnProtocol {
    /// L2TP.
    L2tp,
    /// L2F: accepted, inert.
    L2f,
    /// PPTP: accepted, inert.
    Pptp,
    /// PPPoE.
    Pppoe,
    /// Any.
    Any,
}

/// `accept-dialin`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcceptDialin {
    /// `protocol`.
    pub protocol: Option<VpdnProtocol>,
    /// `virtual-template`.
    pub virtual_template: Option<u32>,
}

/// `request-dialin`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestDialin {
    /// `protocol`.
    pub protocol: Option<VpdnProtocol>,
    /// `domain`s.
    pub domains: Vec<String>,
    /// `dnis` numbers.
    pub dnis: Vec<String>,
    /// `multihop-hostname`s.
    pub multihop_hostnames: Vec<String>,
}

/// `initiate-to ip A [limit N] [priority N]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitiateTo {
    /// The LNS.
    pub address: Ipv4Addr,
    /// Most sessions to it.
    pub limit: Option<u32>,
    /// Lower is tried first; 1 by default.
    pub priority: Option<u32>,
}

/// `lcp renegotiation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LcpRenegotiation {
    /// Proxy LCP is accepted.
    #[default]
    Never,
    /// Always from scratch.
    Always,
    /// Only when the LAC's options do not fit.
    OnMismatch,
}

/// `l2tp ...` inside a vpdn-group; defaults as in IOS.
#[derive(Clone, Debug, PartialEq)]
pub struct L2tpSettings {
    /// `l2tp tunnel authentication`, on.
    pub authentication: bool,
    /// `l2tp tunnel password`.
    pub password: Option<Password>,
    /// `l2tp tunnel hello`, 60 s; zero is off.
    pub hello: Duration,
    /// `l2tp tunnel receive-window`; `None` for the default of the release.
    pub receive_window: Option<u16>,
    /// `l2tp tunnel retransmit retries`, 10.
    pub retries: u32,
    /// `l2tp tunnel retransmit initial retries`, 2.
    pub initial_retries: u32,
    /// `l2tp tunnel retransmit timeout min`, 1 s.
    pub retransmit_min: Duration,
    /// `l2tp tunnel retransmit timeout max`, 8 s.
    pub retransmit_max: Duration,
    /// `l2tp tunnel retransmit initial timeout min`, 1 s.
    pub initial_min: Duration,
    /// `l2tp tunnel retransmit initial timeout max`, 8 s.
    pub initial_max: Duration,
    /// `l2tp tunnel timeout no-session`: unset, `never`, or seconds.
    pub no_session: Option<NoSession>,
    /// `l2tp tunnel timeout setup`, 10 s.
    pub setup: Duration,
    /// `l2tp tunnel busy timeout`, 300 s.
    pub busy: Duration,
    /// `l2tp tunnel framing capabilities` bits, 3.
    pub framing: u32,
    /// `l2tp tunnel bearer capabilities` bits, 3.
    pub bearer: u32,
    /// `l2tp hidden`.
    pub hidden: bool,
    /// `l2tp sequencing`.
    pub sequencing: bool,
    /// `l2tp drop out-of-order`.
    pub drop_out_of_order: bool,
    /// `l2tp ip udp checksum`.
    pub udp_checksum: bool,
}

impl Default for L2tpSettings {
    fn default() -> Self {
        L2tpSettings {
            authentication: true,
            password: None,
            hello: Duration::from_secs(60),
            receive_window: None,
            retries: 10,
            initial_retries: 2,
            retransmit_min: Duration::from_secs(1),
            retransmit_max: Duration::from_secs(8),
            initial_min: Duration::from_secs(1),
            initial_max: Duration::from_secs(8),
            no_session: None,
            setup: Duration::from_secs(10),
            busy: Duration::from_secs(300),
            framing: 3,
            bearer: 3,
            hidden: false,
            sequencing: false,
            drop_out_of_order: false,
            udp_checksum: false,
        }
    }
}

/// `l2tp tunnel timeout no-session`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSession {
    /// A tunnel without sessions stays.
    Never,
    /// It goes after this time.
    After(Duration),
}

/// A `vpdn-group`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VpdnGroup {
    /// Its name.
    pub name: String,
    /// LNS.
    pub accept_dialin: Option<AcceptDialin>,
    /// LAC.
    pub request_dialin: Option<RequestDialin>,
    /// LNS list of the LAC.
    pub initiate_to: Vec<InitiateTo>,
    /// `terminate-from hostname`.
    pub terminate_from: Option<String>,
    /// `local name`.
    pub local_name: Option<String>,
    /// `source-ip`.
    pub source_ip: Option<Ipv4Addr>,
    /// `lcp renegotiation`.
    pub lcp_renegotiation: LcpRenegotiation,
    /// `force-local-chap`.
    pub force_local_chap: bool,
    /// `authen-before-forward`.
    pub authen_before_forward: bool,
    /// `session-limit`.
    pub session_limit: Option<u32>,
    /// `description`.
    pub description: Option<String>,
    /// `l2tp ...`.
    pub l2tp: L2tpSettings,
}
