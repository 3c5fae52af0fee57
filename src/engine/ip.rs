//! Addresses and routes of the router, as far as the host is asked for them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::Engine;
use super::core::{Change, Pending};
use super::interfaces::LinkState;
use super::io::{HostRequest, InterfaceId};
use crate::config::views::{InterfaceKind, InterfaceName, IpAddress, RouteVia, StaticRoute};

/// What the host knows a route by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RouteKey {
    pub network: Ipv4Net,
    pub gateway: Option<Ipv4Addr>,
    pub interface: Option<InterfaceId>,
}

/// Why a route is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reasons {
    /// `ip route`, with its distance.
    configured: Option<u8>,
    /// How many PPP links reach their peer through it.
    peers: u32,
    /// How many users brought it, and the distance that the first of them named.
    users: (u32, u8),
}

/// The routes that the host was given.
#[derive(Debug, Default)]
pub(super) struct Routes {
    installed: BTreeMap<RouteKey, Reasons>,
}

/// How a route came to be, for the letter in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteSource {
    /// `C`: the network of an interface, or the peer of a PPP link.
    Connected,
    /// `S`: `ip route`, with its distance.
    Static(u8),
    /// `U`: of a user, with its distance.
    PerUser(u8),
}

/// A route for `show ip route`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteView {
    /// Destination.
    pub network: Ipv4Net,
    /// Next hop.
    pub gateway: Option<Ipv4Addr>,
    /// Interface.
    pub interface: Option<InterfaceName>,
    /// Letter.
    pub source: RouteSource,
}

/// An address with all bits.
pub(super) fn host(address: Ipv4Addr) -> Ipv4Net {
    Ipv4Net::from(address)
}

impl Engine {
    /// The address of an interface: its own, the one it was given, or the one it borrows.
    pub(super) fn address(&self, id: InterfaceId) -> Option<Ipv4Net> {
        let interface = self.interfaces.get(id)?;
        match &interface.config.ip {
            IpAddress::Static(address) => Some(*address),
            IpAddress::Negotiated => interface.negotiated,
            IpAddress::None => None,
            IpAddress::Unnumbered(of) => {
                let of = self.interfaces.get(self.interfaces.find(of)?)?;
                match &of.config.ip {
                    IpAddress::Static(address) => Some(*address),
                    IpAddress::Negotiated => of.negotiated,
                    // IOS does not lend what is borrowed.
                    IpAddress::Unnumbered(_) | IpAddress::None => None,
                }
            }
        }
    }

    /// Installs the host route to the peer of a PPP link through `interface`.
    pub(super) fn add_peer_route(
        &mut self,
        interface: InterfaceId,
        peer: Ipv4Addr,
        source: Option<Ipv4Addr>,
    ) {
        let key = RouteKey { network: host(peer), gateway: None, interface: Some(interface) };
        let reasons = self.routes.installed.entry(key).or_default();
        let new = *reasons == Reasons::default();
        reasons.peers += 1;
        if new {
            let pending = Pending::Change(Some(interface), Change::Route(key.network));
            let request = HostRequest::AddRoute {
                network: key.network,
                gateway: None,
                interface: Some(interface),
                source,
            };
            self.core.ask(request, pending);
        }
    }

    /// Takes the host route of a PPP link away, unless something else wants it too.
    pub(super) fn remove_peer_route(&mut self, interface: InterfaceId, peer: Ipv4Addr) {
        let key = RouteKey { network: host(peer), gateway: None, interface: Some(interface) };
        let Some(reasons) = self.routes.installed.get_mut(&key) else { return };
        reasons.peers = reasons.peers.saturating_sub(1);
        if *reasons == Reasons::default() {
            self.routes.installed.remove(&key);
            self.remove_at_host(key);
        }
    }

    /// Installs a route that a user brought.
    pub(super) fn add_user_route(&mut self, key: RouteKey, distance: u8) {
        let reasons = self.routes.installed.entry(key).or_default();
        let new = *reasons == Reasons::default();
        reasons.users = match reasons.users {
            (0, _) => (1, distance),
            (users, first) => (users + 1, first),
        };
        if new {
            let RouteKey { network, gateway, interface } = key;
            let pending = Pending::Change(interface, Change::Route(network));
            self.core.ask(HostRequest::AddRoute { network, gateway, interface, source: None }, pending);
        }
    }

    /// Takes a route away that a user brought, unless something else wants it too.
    pub(super) fn remove_user_route(&mut self, key: RouteKey) {
        let Some(reasons) = self.routes.installed.get_mut(&key) else { return };
        reasons.users = match reasons.users {
            (..=1, _) => (0, 0),
            (users, distance) => (users - 1, distance),
        };
        if *reasons == Reasons::default() {
            self.routes.installed.remove(&key);
            self.remove_at_host(key);
        }
    }

    /// The configured interface in whose network `gateway` is, when it needs to be named as a next hop there.
    pub(super) fn on_link(&self, gateway: Ipv4Addr) -> Option<InterfaceId> {
        let (id, on_link) = self.towards(gateway)?;
        let tun = self.interfaces.get(id).is_some_and(|i| i.tun);
        (on_link && !tun).then_some(id)
    }

    /// Forgets every route through an interface that goes away.
    pub(super) fn remove_routes_of(&mut self, id: InterfaceId) {
        // Only configured interfaces can be named by `ip route`; those of sessions have one route, removed above.
        if !self.interfaces.get(id).is_some_and(|i| matches!(i.origin, super::interfaces::Origin::Configured))
        {
            return;
        }
        let keys: Vec<RouteKey> =
            self.routes.installed.keys().filter(|k| k.interface == Some(id)).copied().collect();
        for key in keys {
            self.routes.installed.remove(&key);
            self.remove_at_host(key);
        }
    }

    /// Takes the static routes through an interface off the host before its address goes: Linux drops every route of
    /// an interface with its last address, and what still holds is to be installed again behind it.
    pub(super) fn withdraw_routes(&mut self, id: InterfaceId) {
        let of = |(key, reasons): &(&RouteKey, &Reasons)| {
            key.interface == Some(id) && reasons.configured.is_some() && reasons.peers == 0
        };
        let keys: Vec<RouteKey> = self.routes.installed.iter().filter(of).map(|(key, _)| *key).collect();
        for key in keys {
            self.routes.installed.remove(&key);
            self.remove_at_host(key);
        }
    }

    /// Asks once more for the routes of peers and users that Linux has dropped with an address of an interface: those
    /// through it, and those of peers who are sent to from that address.
    pub(super) fn renew_peer_routes(&mut self, id: InterfaceId, address: Ipv4Addr) {
        let mut lost = Vec::new();
        for (key, reasons) in &self.routes.installed {
            let own = key.interface.and_then(|interface| self.address(interface)).map(|net| net.addr());
            let source = own.filter(|_| reasons.peers > 0);
            if source == Some(address)
                || key.interface == Some(id) && (reasons.peers > 0 || reasons.users.0 > 0)
            {
                lost.push((*key, source));
            }
        }
        for (RouteKey { network, gateway, interface }, source) in lost {
            let pending = Pending::Change(interface, Change::Route(network));
            self.core.ask(HostRequest::AddRoute { network, gateway, interface, source }, pending);
        }
    }

    fn remove_at_host(&mut self, key: RouteKey) {
        let RouteKey { network, gateway, interface } = key;
        let pending = Pending::Change(interface, Change::Removal);
        self.core.ask(HostRequest::RemoveRoute { network, gateway, interface }, pending);
    }

    /// Makes the installed static routes those that the configuration names and that can be reached now.
    pub(super) fn reconcile_routes(&mut self) {
        let config = self.config.clone();
        let mut wanted: BTreeMap<RouteKey, u8> = BTreeMap::new();
        let mut best: BTreeMap<Ipv4Net, u8> = BTreeMap::new();
        for route in &config.routes {
            if let Some(key) = self.resolve(route) {
                let distance = best.entry(key.network).or_insert(route.distance);
                *distance = (*distance).min(route.distance);
                wanted.insert(key, route.distance);
            }
        }
        // Of several distances to the same network only the smallest is used.
        wanted.retain(|key, distance| best.get(&key.network) == Some(distance));
        let stale: Vec<RouteKey> = self
            .routes
            .installed
            .iter()
            .filter(|(key, reasons)| reasons.configured.is_some() && !wanted.contains_key(key))
            .map(|(key, _)| *key)
            .collect();
        for key in stale {
            if let Some(reasons) = self.routes.installed.get_mut(&key) {
                reasons.configured = None;
                if *reasons == Reasons::default() {
                    self.routes.installed.remove(&key);
                    self.remove_at_host(key);
                }
            }
        }
        for (key, distance) in wanted {
            let reasons = self.routes.installed.entry(key).or_default();
            let new = *reasons == Reasons::default();
            reasons.configured = Some(distance);
            if new {
                let RouteKey { network, gateway, interface } = key;
                let pending = Pending::Change(interface, Change::Route(network));
                self.core.ask(HostRequest::AddRoute { network, gateway, interface, source: None }, pending);
            }
        }
    }

    /// The way of a static route at the host, if its interface or next hop is there.
    fn resolve(&self, route: &StaticRoute) -> Option<RouteKey> {
        let network = route.network.trunc();
        match &route.via {
            RouteVia::Interface(name) => {
                let id = self.interfaces.find(name)?;
                self.is_routable(id).then_some(RouteKey { network, gateway: None, interface: Some(id) })
            }
            RouteVia::Gateway(gateway) => {
                let (id, on_link) = self.towards(*gateway)?;
                // A point-to-point TUN needs no next hop.
                let tun = self.interfaces.get(id).is_some_and(|i| i.tun);
                let gateway = (on_link && !tun).then_some(*gateway);
                Some(RouteKey { network, gateway, interface: Some(id) })
            }
        }
    }

    /// The configured interface that reaches a next hop, and whether the next hop is in its network.
    fn towards(&self, gateway: Ipv4Addr) -> Option<(InterfaceId, bool)> {
        let mut found: Option<(u8, InterfaceId)> = None;
        for interface in &self.config.interfaces {
            let Some(id) = self.interfaces.find(&interface.name) else { continue };
            if !self.is_routable(id) {
                continue;
            }
            if interface.dialer.maps.iter().any(|m| m.next_hop == gateway) {
                return Some((id, false));
            }
            if let IpAddress::Static(net) = interface.ip
                && net.contains(&gateway)
                && found.is_none_or(|(length, _)| length < net.prefix_len())
            {
                found = Some((net.prefix_len(), id));
            }
        }
        found.map(|(_, id)| (id, true))
    }

    /// The address of the interface whose network has `address` in it.
    pub(super) fn egress(&self, address: Ipv4Addr) -> Option<Ipv4Addr> {
        let (id, on_link) = self.towards(address)?;
        self.interfaces.get(id).and_then(|i| i.installed).filter(|_| on_link).map(|net| net.addr())
    }

    /// Whether an interface of this router has the address.
    pub(super) fn is_own_address(&self, address: Ipv4Addr) -> bool {
        let has = |net: Option<ipnet::Ipv4Net>| net.is_some_and(|net| net.addr() == address);
        self.interfaces.iter().any(|(_, interface)| {
            let configured = matches!(interface.config.ip, IpAddress::Static(net) if net.addr() == address);
            configured || has(interface.negotiated) || has(interface.installed)
        })
    }

    fn is_routable(&self, id: InterfaceId) -> bool {
        self.interfaces.get(id).is_some_and(|i| {
            i.link == LinkState::Up
                && i.binding == super::interfaces::Binding::Ready
                && !matches!(i.name.kind, InterfaceKind::VirtualTemplate)
        })
    }

    /// Where a packet that came out of the TUN of `interface` wants to go next.
    pub(super) fn next_hop(&self, interface: InterfaceId, destination: Ipv4Addr) -> Ipv4Addr {
        let name = self.interfaces.get(interface).map(|i| &i.name);
        self.config
            .routes
            .iter()
            .filter(|r| r.network.contains(&destination))
            .filter_map(|r| match &r.via {
                RouteVia::Gateway(gateway) => {
                    let (id, _) = self.towards(*gateway)?;
                    (id == interface).then_some((r.network.prefix_len(), *gateway))
                }
                RouteVia::Interface(via) => {
                    (Some(via) == name).then_some((r.network.prefix_len(), destination))
                }
            })
            .max_by_key(|(length, _)| *length)
            .map_or(destination, |(_, hop)| hop)
    }

    /// Every route, by destination.
    pub fn routes(&self) -> Vec<RouteView> {
        let mut all: Vec<RouteView> = Vec::new();
        for (_, interface) in self.interfaces.iter() {
            if let Some(address) = interface.installed
                && interface.link == LinkState::Up
            {
                all.push(RouteView {
                    network: address.trunc(),
                    gateway: None,
                    interface: Some(interface.name.clone()),
                    source: RouteSource::Connected,
                });
            }
        }
        for (key, reasons) in &self.routes.installed {
            let interface = key.interface.and_then(|id| self.interfaces.get(id)).map(|i| i.name.clone());
            let source = match reasons {
                Reasons { configured: Some(distance), .. } => RouteSource::Static(*distance),
                Reasons { peers: 0, users: (1.., distance), .. } => RouteSource::PerUser(*distance),
                Reasons { .. } => RouteSource::Connected,
            };
            all.push(RouteView { network: key.network, gateway: key.gateway, interface, source });
        }
        all.sort_by(|a, b| (a.network, &a.interface).cmp(&(b.network, &b.interface)));
        all
    }

    /// Whether no route of a PPP link is left.
    pub(super) fn no_peer_routes(&self) -> bool {
        self.routes.installed.values().all(|r| r.peers == 0 && r.users.0 == 0)
    }
}
