//! VPDN: which call goes into which tunnel, and which tunnel ends here.

mod connect;
pub(super) mod events;
mod forwarding;
pub(super) mod history;
pub(super) mod lac;
mod line;
pub(super) mod lns;
pub(super) mod lookup;
mod peers;
mod select;
mod targets;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use self::history::History;
use self::peers::Asked;
use super::aaa::Ticket;
use super::io::InterfaceId;
use crate::config::views::{L2tpSettings, NoSession, RouterConfig, User};
use crate::proto::l2tp::{CallRequest, ResultCode, Role, SessionId, TunnelConfig, TunnelId};
use crate::proto::{Dialect, Instant};

/// What calls must have in common to share a tunnel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TunnelKey {
    pub address: Ipv4Addr,
    pub local_name: Arc<str>,
    /// Tunnel-Assignment-Id of RFC 2868, or the vpdn-group.
    pub assignment: Option<Arc<str>>,
}

/// A tunnel, as VPDN knows it.
#[derive(Clone, Debug)]
pub(super) struct Tunnel {
    pub role: Role,
    /// The vpdn-group that made or took it; none for one that AAA described.
    pub group: Option<Arc<str>>,
    /// LNS: what its sessions are cloned from, if AAA says so; else its group does.
    pub template: Option<u32>,
    pub local_name: Arc<str>,
    /// LAC: what its calls have in common.
    pub key: Option<TunnelKey>,
    pub remote_name: String,
    /// LAC: the name that the LNS must have.
    pub expected_name: Option<Arc<str>>,
    pub established: bool,
    /// LAC: the address it goes to.
    pub lns: Option<Ipv4Addr>,
    /// Our address, unspecified for "as routed", and the peer's.
    pub addresses: (IpAddr, IpAddr),
    /// LAC: access interfaces that wait for it.
    pub waiting: Vec<InterfaceId>,
    /// How long its LNS is not tried first again when it fails.
    pub busy: Duration,
    /// LAC: it is left alone as well when it says that it goes down.
    pub busy_disconnect: bool,
}

/// LNS: a call that was taken and is not connected yet.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    pub request: Box<CallRequest>,
    pub group: Arc<str>,
    pub template: u32,
}

/// VPDN of a router.
#[derive(Debug, Default)]
pub(super) struct Vpdn {
    pub tunnels: HashMap<TunnelId, Tunnel>,
    pub sessions: HashMap<SessionId, InterfaceId>,
    /// LNS: calls that were taken and are not connected yet.
    pub incoming: HashMap<SessionId, Incoming>,
    /// LNS: tunnels whose peers AAA is asked about.
    pub asked: HashMap<Ticket, Asked>,
    /// LAC: tunnels by destination and our name.
    pub outgoing: HashMap<TunnelKey, TunnelId>,
    /// LAC: sessions by destination.
    pub loads: HashMap<Ipv4Addr, u32>,
    /// LAC: destinations that failed, until when.
    pub busy: HashMap<Ipv4Addr, Instant>,
    pub history: History,
    /// The next Call Serial Number.
    pub serial: Option<u32>,
    /// Hardware address of virtual interfaces.
    pub hardware: Option<[u8; 6]>,
    /// Whether UDP port 1701 is open or being opened.
    pub socket: bool,
    /// Sessions of each vpdn-group; those that wait for their tunnel are among them.
    pub group_sessions: HashMap<Arc<str>, u32>,
    pub counters: VpdnCounters,
    /// When `clear vpdn counters` was given for a tunnel, and where its counters stood.
    pub cleared: HashMap<TunnelId, (Instant, super::traffic::Counts)>,
}

impl Vpdn {
    /// Whether nothing is left of any tunnel, session or call.
    pub fn is_quiet(&self) -> bool {
        self.tunnels.is_empty()
            && self.sessions.is_empty()
            && self.incoming.is_empty()
            && self.asked.is_empty()
            && self.outgoing.is_empty()
            && self.loads.is_empty()
            && self.group_sessions.is_empty()
    }
}

/// What VPDN has refused or lost, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VpdnCounters {
    /// Tunnels that were opened or taken.
    pub tunnels: u64,
    /// Sessions that came up.
    pub sessions: u64,
    /// Tunnels refused because no vpdn-group takes the peer.
    pub refused_tunnels: u64,
    /// Sessions refused because of a limit, softshut or a missing template.
    pub refused_sessions: u64,
}

/// A Result Code AVP without a message.
pub(super) const fn result(result: u16, error: Option<u16>) -> ResultCode {
    ResultCode { result, error, message: None }
}

/// How a tunnel behaves by its group's `l2tp` settings.
pub(super) fn tunnel_config(
    config: &RouterConfig,
    settings: &L2tpSettings,
    role: Role,
    local_name: &str,
    secret: Option<String>,
) -> TunnelConfig {
    let (firmware, window) = match config.dialect {
        Dialect::V12_0 => (0x1120, 300),
        Dialect::V12_1 => (0x1130, 800),
        Dialect::V15 => (0x1130, 1024),
    };
    let no_session = match settings.no_session {
        Some(NoSession::Never) => None,
        Some(NoSession::After(time)) => Some(time),
        None => Some(Duration::from_secs(match role {
            Role::Lac => 15,
            Role::Lns => 10,
        })),
    };
    TunnelConfig {
        local_name: local_name.to_owned(),
        authenticate: settings.authentication,
        secret,
        firmware,
        framing_capabilities: settings.framing,
        bearer_capabilities: settings.bearer,
        receive_window: settings.receive_window.unwrap_or(window),
        hidden: settings.hidden,
        hello: settings.hello,
        retransmit_min: settings.retransmit_min,
        retransmit_max: settings.retransmit_max,
        initial_min: settings.initial_min,
        initial_max: settings.initial_max,
        retries: settings.retries,
        initial_retries: settings.initial_retries,
        no_session_timeout: no_session,
        setup_timeout: settings.setup,
        sequencing: settings.sequencing,
        drop_out_of_order: settings.drop_out_of_order,
        ..TunnelConfig::default()
    }
}

/// NAS-Port of an interface: the last number of its unit (`0:5` and `Serial0:5` are 5).
pub(super) fn port_number(unit: &str) -> u32 {
    let last = unit.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    last.parse().unwrap_or(0)
}

/// The secret of a tunnel: `l2tp tunnel password`, else the password of a local user by the peer's name or ours.
pub(super) fn secret(settings: &L2tpSettings, users: &[User], names: &[&str]) -> Option<String> {
    let of_user = |name: &&str| users.iter().find(|u| u.name == **name).and_then(|u| u.password.as_ref());
    let password = settings.password.as_ref().or_else(|| names.iter().find_map(of_user));
    password.map(|password| password.as_str().to_owned())
}
