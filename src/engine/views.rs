//! Read-only pictures of a router, for `show`.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ipnet::Ipv4Net;

use super::Engine;
use super::interfaces::{LinkState, Origin};
use super::io::InterfaceId;
use super::isdn::{CALL_RETENTION, Call};
use super::pool::PoolView;
use super::ports::{Port, Side};
use super::traffic::{Counts, TrafficView};
use super::vpdn::VpdnCounters;
use super::vpdn::history::HistoryEntry;
use super::vpdn::lac::Access;
use crate::config::views::{InterfaceConfig, InterfaceKind, InterfaceName};
use crate::proto::Instant;
use crate::proto::l2tp::{PortCounters, SessionId, SessionView as L2tpSession, TunnelView as L2tpTunnel};
use crate::proto::ppp::NetworkInfo;
use crate::proto::ppp::link::LinkView;

/// A tunnel for `show vpdn tunnel`.
#[derive(Clone, Debug)]
pub struct TunnelView {
    /// What L2TP knows.
    pub l2tp: L2tpTunnel,
    /// The vpdn-group that made or took it.
    pub group: Option<Arc<str>>,
    /// Control messages since it was opened.
    pub total: Counts,
    /// Control messages since `clear vpdn counters`.
    pub counts: Counts,
    /// When that was.
    pub cleared: Option<Instant>,
}

/// A session for `show vpdn session`.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// What L2TP knows.
    pub l2tp: L2tpSession,
    /// The interface.
    pub interface: Option<InterfaceName>,
    /// AAA's unique id of the session.
    pub unique: u32,
    /// The user.
    pub user: Arc<str>,
    /// The vpdn-group that it counts for, which need not be the one that opened its tunnel.
    pub group: Option<Arc<str>>,
    /// Traffic since `clear vpdn counters`.
    pub counts: Counts,
}

/// An interface for `show interfaces` and `show ip interface brief`.
#[derive(Clone, Debug)]
pub struct InterfaceView {
    /// Its id.
    pub id: InterfaceId,
    /// Name.
    pub name: InterfaceName,
    /// Its configuration; of a Virtual-Access, that of its template.
    pub config: Arc<InterfaceConfig>,
    /// Where it comes from.
    pub origin: Origin,
    /// `up`, `down`, `administratively down`.
    pub link: LinkState,
    /// Line protocol.
    pub protocol: bool,
    /// The line protocol of a D channel that answers for B channels: `up (spoofing)`.
    pub spoofing: bool,
    /// The address in effect.
    pub address: Option<Ipv4Net>,
    /// Since when the link is in this state.
    pub changed: Instant,
    /// Traffic.
    pub traffic: TrafficView,
    /// Hardware address: that of the Linux device behind it, as soon as it is known, or of virtual interfaces.
    pub hardware: Option<[u8; 6]>,
    /// The PPP link on it.
    pub link_view: Option<LinkView>,
    /// IP over PPP.
    pub network: Option<NetworkInfo>,
    /// The peer's name.
    pub user: Option<Arc<str>>,
    /// The session of L2TP behind it.
    pub session: Option<SessionId>,
    /// The access lists that a server names for its user, inbound and outbound. They filter nothing here.
    pub access_lists: (Option<String>, Option<String>),
}

/// A user for `show users` and `show caller`.
#[derive(Clone, Debug)]
pub struct CallerView {
    /// The interface it came in on.
    pub interface: InterfaceName,
    /// Its name.
    pub user: Arc<str>,
    /// Over a tunnel that ends here.
    pub vpdn: bool,
    /// Its frames go on into a tunnel.
    pub forwarded: bool,
    /// Its address.
    pub peer_address: Option<Ipv4Addr>,
    /// How long it has been there.
    pub active: Duration,
    /// How long since it sent or got something.
    pub idle: Duration,
    /// After how long the router ends its session, and in how long it will.
    pub session_limit: TimeLimit,
    /// The same for idle time: that of the user, or of the dialer that placed the call.
    pub idle_limit: TimeLimit,
}

/// A limit of time of a caller. The limit of a session whose frames are forwarded is known by its timer only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeLimit {
    /// The limit; none without one.
    pub limit: Option<Duration>,
    /// What is left of it; none while its timer does not run.
    pub left: Option<Duration>,
}

/// An ISDN call for `show isdn active` and `show dialer`.
#[derive(Clone, Debug)]
pub struct CallView {
    /// `Serial0:23` or `BRI0`.
    pub controller: InterfaceName,
    /// The B channel; none before a call that was placed is answered.
    pub interface: Option<InterfaceName>,
    /// This router placed it.
    pub outgoing: bool,
    /// Called number.
    pub called: String,
    /// Calling number.
    pub calling: Option<String>,
    /// The peer's name, empty before it is known.
    pub user: Arc<str>,
    /// How long it lasts.
    pub used: Duration,
    /// How long nothing interesting has passed.
    pub idle: Duration,
    /// Calls that this router placed end after so long without interesting traffic.
    pub idle_timeout: Option<Duration>,
}

impl Engine {
    /// Every ISDN call that is up or being set up, by reference.
    pub fn calls(&self) -> Vec<CallView> {
        let mut calls: Vec<_> = self.isdn.calls.iter().collect();
        calls.sort_by_key(|(reference, _)| **reference);
        calls.into_iter().map(|(_, call)| self.call_view(call)).collect()
    }

    /// ISDN calls that are over, oldest first.
    pub fn past_calls(&self) -> Vec<CallView> {
        let kept = |ended: Instant| self.core.now.duration_since(ended) <= CALL_RETENTION;
        self.isdn.over.iter().filter(|(ended, _)| kept(*ended)).map(|(_, call)| call.clone()).collect()
    }

    pub(super) fn call_view(&self, call: &Call) -> CallView {
        let interface = call.interface.and_then(|id| self.interfaces.get(id));
        let dialer = call.dialer.and_then(|id| self.interfaces.get(id));
        let seconds = interface.map_or(0, |i| i.counters.last_activity.load(Ordering::Relaxed));
        let last = Instant::from_start(Duration::from_secs(seconds)).max(call.since);
        CallView {
            controller: call.controller.clone(),
            interface: interface.map(|i| i.name.clone()),
            outgoing: call.outgoing,
            called: call.called.clone(),
            calling: call.calling.clone(),
            user: call
                .interface
                .and_then(|id| self.ports.get(&id))
                .map_or_else(|| "".into(), Port::shown_user),
            used: self.core.now.duration_since(call.since),
            idle: self.core.now.duration_since(last),
            idle_timeout: dialer.map(|d| d.config.dialer.idle_timeout),
        }
    }

    /// LNSs that failed, and how long each is still not tried first.
    pub fn busy_lns(&self) -> Vec<(Ipv4Addr, Duration)> {
        let now = self.core.now;
        let mut all: Vec<_> = self
            .vpdn
            .busy
            .iter()
            .filter(|(_, u)| **u > now)
            .map(|(a, u)| (*a, u.duration_since(now)))
            .collect();
        all.sort_unstable();
        all
    }

    /// Every visible tunnel, by id.
    pub fn tunnels(&self) -> Vec<TunnelView> {
        self.l2tp.tunnels().into_iter().map(|l2tp| self.tunnel_view(l2tp)).collect()
    }

    fn tunnel_view(&self, l2tp: L2tpTunnel) -> TunnelView {
        let total = control_counts(&l2tp);
        let cleared = self.vpdn.cleared.get(&l2tp.id);
        TunnelView {
            group: self.vpdn.tunnels.get(&l2tp.id).and_then(|t| t.group.clone()),
            total,
            counts: cleared.map_or(total, |(_, stood)| total.since(*stood)),
            cleared: cleared.map(|(at, _)| *at),
            l2tp,
        }
    }

    /// `clear vpdn counters` of these tunnels.
    pub fn clear_tunnel_counters(&mut self, now: Instant, tunnels: &[TunnelView]) {
        self.advance(now);
        self.vpdn.cleared.extend(tunnels.iter().map(|t| (t.l2tp.id, (now, t.total))));
    }

    /// `clear vpdn counters` of these sessions.
    pub fn clear_session_counters(&mut self, sessions: &[SessionView]) {
        for session in sessions {
            let Some(id) = self.vpdn.sessions.get(&session.l2tp.id).copied() else { continue };
            let stands = self.session_counts(id);
            if let Some(port) = self.ports.get_mut(&id) {
                port.cleared = stands;
            }
        }
    }

    /// What the session of a port has carried since it came up.
    fn session_counts(&self, id: InterfaceId) -> Counts {
        match self.ports.get(&id) {
            Some(Port { side: Side::Access(access), .. }) => {
                access.forwarded.as_ref().map(|counters| counters.counts()).unwrap_or_default()
            }
            Some(_) | None => self.interfaces.get(id).map(|i| i.counters.counts()).unwrap_or_default(),
        }
    }

    /// Every session, by tunnel and id.
    pub fn sessions(&self) -> Vec<SessionView> {
        self.l2tp.sessions().into_iter().map(|l2tp| self.session_view(l2tp)).collect()
    }

    fn session_view(&self, l2tp: L2tpSession) -> SessionView {
        let port = self.vpdn.sessions.get(&l2tp.id).copied();
        let interface = port.and_then(|id| self.interfaces.get(id));
        let of_tunnel = || self.vpdn.tunnels.get(&l2tp.id.tunnel).and_then(|t| t.group.clone());
        SessionView {
            interface: interface.map(|i| i.name.clone()),
            unique: port.map_or(0, |id| self.unique_of(id)),
            user: port.and_then(|id| self.ports.get(&id)).map_or_else(|| "".into(), Port::shown_user),
            group: port
                .and_then(|id| self.ports.get(&id)?.access())
                .map_or_else(of_tunnel, |access| access.lac.groups().0.cloned()),
            counts: port.map_or_else(Counts::default, |id| {
                let cleared = self.ports.get(&id).map_or_else(Counts::default, |p| p.cleared);
                self.session_counts(id).since(cleared)
            }),
            l2tp,
        }
    }

    /// Every interface, by kind and unit.
    pub fn interfaces(&self) -> Vec<InterfaceView> {
        let mut all: Vec<InterfaceView> =
            self.interfaces.iter().filter_map(|(id, _)| self.interface_view(id)).collect();
        all.sort_by_cached_key(|i| (i.name.kind, unit_order(&i.name.unit)));
        all
    }

    /// One interface.
    pub fn interface(&self, name: &InterfaceName) -> Option<InterfaceView> {
        self.interfaces.find(name).and_then(|id| self.interface_view(id))
    }

    fn interface_view(&self, id: InterfaceId) -> Option<InterfaceView> {
        let interface = self.interfaces.get(id)?;
        let port = self.ports.get(&id);
        let channels = self.interfaces.channels_of(id).next().is_some();
        Some(InterfaceView {
            id,
            name: interface.name.clone(),
            config: interface.config.clone(),
            origin: interface.origin,
            link: interface.link,
            protocol: interface.protocol,
            spoofing: channels && interface.link == LinkState::Up,
            address: self.address(id),
            changed: interface.changed,
            traffic: interface.meter.view(self.core.now, interface.counters.all()),
            hardware: if interface.name.kind == InterfaceKind::VirtualAccess {
                self.vpdn.hardware
            } else {
                interface.hardware
            },
            link_view: port.map(|p| p.link.view()),
            network: port.and_then(|p| p.network.clone()),
            user: port.map(Port::shown_user).filter(|u| !u.is_empty()),
            session: port.and_then(session_of),
            access_lists: self.access_lists(id),
        })
    }

    /// Everybody who is connected, by interface.
    pub fn callers(&self) -> Vec<CallerView> {
        let mut all: Vec<CallerView> =
            self.ports.iter().filter_map(|(id, port)| self.caller_view(id, port)).collect();
        all.sort_by_cached_key(|c| (c.interface.kind, unit_order(&c.interface.unit)));
        all
    }

    fn caller_view(&self, id: InterfaceId, port: &Port) -> Option<CallerView> {
        let interface = self.interfaces.get(id)?;
        let now = self.core.now;
        let seconds = interface.counters.last_activity.load(Ordering::Relaxed);
        let last = Instant::from_start(Duration::from_secs(seconds)).max(interface.changed);
        let (session_limit, idle_limit) = self.limits_left(id);
        Some(CallerView {
            session_limit,
            idle_limit,
            interface: interface.name.clone(),
            user: port.shown_user(),
            vpdn: port.vaccess().is_some(),
            forwarded: port.access().is_some_and(Access::is_forwarded),
            peer_address: port.network.as_ref().map(|n| n.peer),
            active: self.since(id).unwrap_or_default(),
            idle: now.duration_since(last),
        })
    }

    /// Every `ip local pool`.
    pub fn pools(&self) -> Vec<PoolView> {
        self.pools.views()
    }

    /// `vpdn history failure`, oldest first, and the size of the table.
    pub fn history(&self) -> (usize, Vec<HistoryEntry>) {
        (self.vpdn.history.limit(), self.vpdn.history.entries().cloned().collect())
    }

    /// Forgets the failures.
    pub fn clear_history(&mut self) {
        self.vpdn.history.clear();
    }

    /// What came to port 1701 for no tunnel, and what VPDN took and refused.
    pub fn counters(&self) -> (PortCounters, VpdnCounters) {
        (self.l2tp.counters(), self.vpdn.counters)
    }

    /// The RADIUS client and its servers.
    pub fn radius(&self) -> crate::proto::radius::client::ClientView {
        self.aaa.radius(self.core.now)
    }

    /// The clients of dynamic authorization.
    pub fn dynamic_author(&self) -> crate::proto::radius::dynamic::DynamicView {
        self.dynamic.server.view()
    }

    /// `clear radius statistics`.
    pub fn clear_radius_statistics(&mut self) {
        self.dynamic.server.clear_counters();
        self.aaa.clear_counters(self.core.now);
    }

    /// The name of an interface.
    pub fn interface_name(&self, id: InterfaceId) -> Option<&InterfaceName> {
        self.interfaces.get(id).map(|i| &i.name)
    }
}

pub(super) fn session_of(port: &Port) -> Option<SessionId> {
    match &port.side {
        Side::Vaccess(vaccess) => vaccess.session,
        Side::Access(access) => access.lac.session(),
    }
}

/// Units in the order of their numbers: `2` before `10`, `0:1` before `0:10`.
fn unit_order(unit: &str) -> Vec<u32> {
    unit.split([':', '/', '.']).map(|part| part.parse().unwrap_or(u32::MAX)).collect()
}

fn control_counts(tunnel: &L2tpTunnel) -> Counts {
    let (packets_out, octets_out, packets_in, octets_in) = tunnel.control;
    Counts { packets_out, octets_out, packets_in, octets_in }
}
