//! Addresses and routes of the router, as far as the host is asked for them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::Engine;
use super::core::{Change, Pending};
use super::interfaces::LinkState;
use super::io::{HostRequest, InterfaceId, RequestId};
use crate::config::views::{InterfaceKind, InterfaceName, IpAddress, RouteVia, StaticRoute};

/// What the host knows a route by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RouteKey {
    pub network: Ipv4Net,
    pub gateway: Option<Ipv4Addr>,
    pub interface: Option<InterfaceId>,
}

/// Why a route is there, and whether it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Route {
    /// `ip route`, with its distance.
    configured: Option<u8>,
    /// How many PPP links reach their peer through it.
    peers: u32,
    /// How many users brought it, and the distance that the first of them named.
    users: (u32, u8),
    /// What the host was last asked for.
    asked: Option<Asked>,
}

/// A route that the host was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    request: RequestId,
    source: Option<Ipv4Addr>,
    refused: bool,
}

impl Route {
    fn has_reason(&self) -> bool {
        self.configured.is_some() || self.peers > 0 || self.users.0 > 0
    }

    fn is_at_host(&self) -> bool {
        self.asked.is_some_and(|asked| !asked.refused)
    }
}

/// The routes of the router.
#[derive(Debug, Default)]
pub(super) struct Routes {
    table: BTreeMap<RouteKey, Route>,
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

    /// The address that packets to a peer behind an interface are sent from: its own, or the one it borrows as long as
    /// the host has that.
    fn route_source(&self, id: InterfaceId) -> Option<Ipv4Addr> {
        let interface = self.interfaces.get(id)?;
        let source = match &interface.config.ip {
            IpAddress::Static(own) => Some(*own),
            IpAddress::Negotiated => interface.negotiated,
            IpAddress::Unnumbered(of) => {
                let of = self.interfaces.get(self.interfaces.find(of)?)?;
                of.installed.filter(|_| !of.config.shutdown)
            }
            IpAddress::None => None,
        };
        source.map(|net| net.addr())
    }

    /// Installs the host route to the peer of a PPP link through `interface`.
    pub(super) fn add_peer_route(&mut self, interface: InterfaceId, peer: Ipv4Addr) {
        let key = RouteKey { network: host(peer), gateway: None, interface: Some(interface) };
        self.routes.table.entry(key).or_default().peers += 1;
        self.settle_route(key);
    }

    /// Takes the host route of a PPP link away, unless something else wants it too.
    pub(super) fn remove_peer_route(&mut self, interface: InterfaceId, peer: Ipv4Addr) {
        let key = RouteKey { network: host(peer), gateway: None, interface: Some(interface) };
        let Some(route) = self.routes.table.get_mut(&key) else { return };
        route.peers = route.peers.saturating_sub(1);
        self.settle_route(key);
    }

    /// Installs a route that a user brought.
    pub(super) fn add_user_route(&mut self, key: RouteKey, distance: u8) {
        let route = self.routes.table.entry(key).or_default();
        route.users = match route.users {
            (0, _) => (1, distance),
            (users, first) => (users + 1, first),
        };
        self.settle_route(key);
    }

    /// Takes a route away that a user brought, unless something else wants it too.
    pub(super) fn remove_user_route(&mut self, key: RouteKey) {
        let Some(route) = self.routes.table.get_mut(&key) else { return };
        route.users = match route.users {
            (..=1, _) => (0, 0),
            (users, distance) => (users - 1, distance),
        };
        self.settle_route(key);
    }

    /// Asks the host for what has become of a route: to install it, to take it away, or to install it with another source.
    fn settle_route(&mut self, key: RouteKey) {
        let Some(route) = self.routes.table.get(&key).copied() else { return };
        let source = || key.interface.filter(|_| route.peers > 0).and_then(|id| self.route_source(id));
        let wanted = (route.has_reason() && self.reaches(key)).then(source);
        if route.asked.map(|asked| asked.source) != wanted {
            if route.is_at_host() {
                self.remove_at_host(key);
            }
            let asked = wanted.map(|source| {
                let RouteKey { network, gateway, interface } = key;
                let request = HostRequest::AddRoute { network, gateway, interface, source };
                let request = self.core.ask(request, Pending::Change(interface, Change::Route(key)));
                Asked { request, source, refused: false }
            });
            self.routes.table.insert(key, Route { asked, ..route });
        }
        if !route.has_reason() {
            self.routes.table.remove(&key);
        }
    }

    /// Whether the next hop of a route is in the network of its interface.
    fn reaches(&self, key: RouteKey) -> bool {
        key.gateway.is_none_or(|gateway| self.on_link(gateway) == key.interface)
    }

    /// The host does not have a route that it was asked for; it is asked again when something has changed.
    pub(super) fn route_refused(&mut self, key: RouteKey, request: RequestId) {
        let asked = self.routes.table.get_mut(&key).and_then(|route| route.asked.as_mut());
        if let Some(asked) = asked.filter(|asked| asked.request == request) {
            asked.refused = true;
        }
    }

    /// The configured interface in whose network `gateway` is, when it needs to be named as a next hop there.
    pub(super) fn on_link(&self, gateway: Ipv4Addr) -> Option<InterfaceId> {
        let (id, on_link) = self.towards(gateway)?;
        let tun = self.interfaces.get(id).is_some_and(|i| i.tun);
        (on_link && !tun).then_some(id)
    }

    /// The TUN of a call is there, or gone: routes that the configuration leads through its interface follow.
    pub(super) fn tun_changed(&mut self, id: InterfaceId) {
        let Some(name) = self.interfaces.get(id).map(|i| &i.name) else { return };
        let through = |route: &StaticRoute| matches!(&route.via, RouteVia::Interface(via) if via == name);
        if self.config.routes.iter().any(through) {
            self.reconcile_routes();
        }
    }

    /// Forgets every route through an interface that goes away.
    pub(super) fn remove_routes_of(&mut self, id: InterfaceId) {
        // What a session brought went with its link, and what was configured with its TUN.
        if !self.interfaces.get(id).is_some_and(|i| matches!(i.origin, super::interfaces::Origin::Configured))
        {
            return;
        }
        let keys: Vec<RouteKey> =
            self.routes.table.keys().filter(|k| k.interface == Some(id)).copied().collect();
        for key in keys {
            if self.routes.table.remove(&key).is_some_and(|route| route.is_at_host()) {
                self.remove_at_host(key);
            }
        }
    }

    /// Takes what hangs on the address of an interface off the host, before it goes or after: Linux drops every route of
    /// an interface with its last address, and every route of whatever interface that has the address as its source.
    /// What still holds is to be installed again by [`Engine::reconcile_routes`].
    pub(super) fn withdraw_routes(&mut self, id: InterfaceId, address: Option<Ipv4Net>) {
        let address = address.map(|net| net.addr());
        let mut gone = Vec::new();
        for (key, route) in &mut self.routes.table {
            let from = route.asked.and_then(|asked| asked.source);
            if key.interface == Some(id) || (from.is_some() && from == address) {
                gone.extend(route.is_at_host().then_some(*key));
                route.asked = None;
            }
        }
        for key in gone {
            self.remove_at_host(key);
        }
    }

    fn remove_at_host(&mut self, key: RouteKey) {
        let RouteKey { network, gateway, interface } = key;
        let pending = Pending::Change(interface, Change::Removal);
        self.core.ask(HostRequest::RemoveRoute { network, gateway, interface }, pending);
    }

    /// Makes the static routes those that the configuration names and that can be reached now, and the host's routes those
    /// of the router.
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
        for (key, route) in &mut self.routes.table {
            route.configured = wanted.remove(key);
        }
        for (key, distance) in wanted {
            self.routes.table.insert(key, Route { configured: Some(distance), ..Route::default() });
        }
        let keys: Vec<RouteKey> = self.routes.table.keys().copied().collect();
        // What goes makes room for what comes.
        let (stay, go): (Vec<_>, Vec<_>) =
            keys.into_iter().partition(|key| self.routes.table.get(key).is_some_and(Route::has_reason));
        for key in go.into_iter().chain(stay) {
            self.settle_route(key);
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
        for (key, route) in self.routes.table.iter().filter(|(_, route)| route.is_at_host()) {
            let interface = key.interface.and_then(|id| self.interfaces.get(id)).map(|i| i.name.clone());
            let source = match route {
                Route { configured: Some(distance), .. } => RouteSource::Static(*distance),
                Route { peers: 0, users: (1.., distance), .. } => RouteSource::PerUser(*distance),
                Route { .. } => RouteSource::Connected,
            };
            all.push(RouteView { network: key.network, gateway: key.gateway, interface, source });
        }
        all.sort_by(|a, b| (a.network, &a.interface).cmp(&(b.network, &b.interface)));
        all
    }

    /// Whether no route of a PPP link is left.
    pub(super) fn no_peer_routes(&self) -> bool {
        self.routes.table.values().all(|r| r.peers == 0 && r.users.0 == 0)
    }
}
