//! `show ip interface [brief]` and `show ip route`.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::interfaces::{headline, link_words};
use super::text::say;
use crate::config::views::{InterfaceKind, InterfaceName, IpAddress};
use crate::engine::views::InterfaceView;
use crate::engine::{Origin, RouteSource, RouteView};
use crate::proto::Dialect;

/// How an interface got its address, as `show ip interface brief` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// From the startup-config.
    Nvram,
    /// Typed since.
    Manual,
    /// Nobody has said anything of it.
    Unset,
}

/// `show ip interface brief`.
///
/// 15.x is laid out as a published capture of 12.4 and later, with a first column of 27; before that it has 23.
/// `method` says where a configured address came from; that of a negotiated one is `IPCP`, that of a Virtual-Access
/// `unset`, as published.
pub fn show_ip_interface_brief(
    f: &mut String,
    dialect: Dialect,
    interfaces: &[InterfaceView],
    method: &dyn Fn(&InterfaceView) -> Method,
) {
    let width = match dialect {
        Dialect::V12_0 | Dialect::V12_1 => 22,
        Dialect::V15 => 26,
    };
    say!(f, "{:<width$} IP-Address      OK? Method Status                Protocol", "Interface");
    for view in interfaces {
        let name = view.name.to_string();
        // A B channel lends itself to the address of its D channel.
        let channel = matches!(view.origin, Origin::Channel { .. });
        let address = view
            .address
            .filter(|_| !channel)
            .map_or_else(|| "unassigned".to_owned(), |a| a.addr().to_string());
        let how = match (view.name.kind, &view.config.ip) {
            _ if channel => "unset",
            (InterfaceKind::VirtualAccess, _) => "unset",
            (_, IpAddress::Negotiated) => "IPCP",
            (_, IpAddress::None | IpAddress::Static(_) | IpAddress::Unnumbered(_)) => match method(view) {
                Method::Nvram => "NVRAM",
                Method::Manual => "manual",
                Method::Unset => "unset",
            },
        };
        let (status, protocol) =
            (link_words(view.link), if view.protocol || view.spoofing { "up" } else { "down" });
        say!(f, "{name:<width$} {address:<15} YES {how:<6} {status:<21} {protocol:<4}");
    }
}

/// `show ip interface [NAME]`: the first lines of IOS's screen, as recalled. Features that do not exist here are not named,
/// and of access lists those that RADIUS names: what the configuration says of them has no effect.
pub fn show_ip_interface(f: &mut String, interfaces: &[InterfaceView]) {
    for view in interfaces {
        headline(f, view);
        let peer = view.network.as_ref().map(|n| n.peer);
        match (&view.config.ip, view.address) {
            (IpAddress::Unnumbered(of), Some(address)) => {
                say!(f, "  Interface is unnumbered. Using address of {of} ({})", address.addr());
                say!(f, "  Broadcast address is 255.255.255.255");
            }
            (ip, Some(address)) => {
                say!(f, "  Internet address is {address}");
                say!(f, "  Broadcast address is 255.255.255.255");
                if *ip == IpAddress::Negotiated {
                    say!(f, "  Address determined by IPCP");
                }
            }
            (_, None) => {
                say!(f, "  Internet protocol processing disabled");
                continue;
            }
        }
        if let Some(peer) = peer {
            say!(f, "  Peer address is {peer}");
        }
        say!(f, "  MTU is {} bytes", view.config.ip_mtu.unwrap_or(view.config.mtu));
        let (inbound, outgoing) = &view.access_lists;
        for (direction, list) in [("Outgoing", outgoing), ("Inbound ", inbound)] {
            if let Some(list) = list {
                say!(f, "  {direction} access list is {list}");
            }
        }
    }
}

/// The legend above the routes, as captures of each release show it.
const fn codes(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::V12_0 => {
            "Codes: C - connected, S - static, I - IGRP, R - RIP, M - mobile, B - BGP
       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area 
       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2
       E1 - OSPF external type 1, E2 - OSPF external type 2, E - EGP
       i - IS-IS, L1 - IS-IS level-1, L2 - IS-IS level-2, * - candidate default
       U - per-user static route, o - ODR
"
        }
        Dialect::V12_1 => {
            "Codes: C - connected, S - static, I - IGRP, R - RIP, M - mobile, B - BGP
       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area 
       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2
       E1 - OSPF external type 1, E2 - OSPF external type 2, E - EGP
       i - IS-IS, L1 - IS-IS level-1, L2 - IS-IS level-2, ia - IS-IS inter area
       * - candidate default, U - per-user static route, o - ODR
       P - periodic downloaded static route
"
        }
        Dialect::V15 => {
            "Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP
       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area 
       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2
       E1 - OSPF external type 1, E2 - OSPF external type 2
       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2
       ia - IS-IS inter area, * - candidate default, U - per-user static route
       o - ODR, P - periodic downloaded static route, H - NHRP, l - LISP
       a - application route
       + - replicated route, % - next hop override
"
        }
    }
}

/// A line of the table before it is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    code: &'static str,
    network: Ipv4Net,
    way: String,
}

/// The network that a class A, B or C address belongs to. Below it IOS indents.
fn classful(address: Ipv4Addr) -> Option<Ipv4Net> {
    let length = match address.octets()[0] {
        0..=127 => 8,
        128..=191 => 16,
        192..=223 => 24,
        224..=255 => return None,
    };
    Ipv4Net::new(address, length).ok().map(|n| n.trunc())
}

fn line(route: &RouteView) -> Line {
    let interface = || route.interface.as_ref().map(ToString::to_string).unwrap_or_default();
    let default = route.network.prefix_len() == 0;
    let (code, way) = match (route.source, route.gateway) {
        (RouteSource::Connected, _) => ("C", format!("is directly connected, {}", interface())),
        (RouteSource::Static(distance), Some(gateway)) => {
            (if default { "S*" } else { "S" }, format!("[{distance}/0] via {gateway}"))
        }
        (RouteSource::Static(_), None) => {
            (if default { "S*" } else { "S" }, format!("is directly connected, {}", interface()))
        }
        (RouteSource::PerUser(distance), Some(gateway)) => ("U", format!("[{distance}/0] via {gateway}")),
        (RouteSource::PerUser(_), None) => ("U", format!("is directly connected, {}", interface())),
    };
    Line { code, network: route.network, way }
}

/// `show ip route`: the legend, the gateway of last resort, and the routes under their classful networks, as
/// captures of each release show them. The peer of a PPP link is a connected /32.
///
/// `local` are the router's own addresses: 15.x shows each as a local /32, unless that is what the interface is
/// connected to, as that of a loopback with a mask of 32 bits (recalled).
pub fn show_ip_route(
    f: &mut String,
    dialect: Dialect,
    routes: &[RouteView],
    local: &[(Ipv4Addr, InterfaceName)],
) {
    f.push_str(codes(dialect));
    say!(f);
    last_resort(f, routes);
    say!(f);
    let mut lines: Vec<Line> = routes.iter().map(line).collect();
    if dialect == Dialect::V15 {
        let own = |(address, interface): &(Ipv4Addr, InterfaceName)| Line {
            code: "L",
            network: Ipv4Net::from(*address),
            way: format!("is directly connected, {interface}"),
        };
        let connected = |of: &(Ipv4Addr, InterfaceName)| {
            let same =
                |r: &&RouteView| r.network == Ipv4Net::from(of.0) && r.interface.as_ref() == Some(&of.1);
            routes.iter().find(same).is_some_and(|r| r.source == RouteSource::Connected)
        };
        lines.extend(local.iter().filter(|of| !connected(of)).map(own));
    }
    lines.sort_by_key(|l| (l.network.network(), l.network.prefix_len()));
    for (net, group) in by_class(lines) {
        match net {
            Some(net) if group.iter().any(|l| l.network.prefix_len() > net.prefix_len()) => {
                subnets(f, dialect, net, &group);
            }
            Some(_) | None => group.iter().for_each(|l| top(f, dialect, l)),
        }
    }
}

fn last_resort(f: &mut String, routes: &[RouteView]) {
    match routes.iter().find(|r| r.network.prefix_len() == 0) {
        Some(RouteView { gateway: Some(gateway), .. }) => {
            say!(f, "Gateway of last resort is {gateway} to network 0.0.0.0");
        }
        Some(RouteView { gateway: None, .. }) => {
            say!(f, "Gateway of last resort is 0.0.0.0 to network 0.0.0.0");
        }
        None => say!(f, "Gateway of last resort is not set"),
    }
}

/// Lines by the classful network that they are part of; the default route and supernets stand alone.
fn by_class(lines: Vec<Line>) -> Vec<(Option<Ipv4Net>, Vec<Line>)> {
    let mut groups: BTreeMap<(Ipv4Addr, Option<Ipv4Net>), Vec<Line>> = BTreeMap::new();
    for line in lines {
        let net = classful(line.network.network()).filter(|n| line.network.prefix_len() >= n.prefix_len());
        let key = (net.map_or(line.network.network(), |n| n.network()), net);
        groups.entry(key).or_default().push(line);
    }
    // IOS puts the default route last in 12.x and first later; it is told by its code, so the place is free.
    groups.into_iter().map(|((_, net), lines)| (net, lines)).collect()
}

fn top(f: &mut String, dialect: Dialect, line: &Line) {
    let Line { code, network, way } = line;
    match dialect {
        Dialect::V12_0 | Dialect::V12_1 => say!(f, "{code:<4} {network} {way}"),
        Dialect::V15 => say!(f, "{code:<5} {network} {way}"),
    }
}

/// `10.0.0.0/8 is variably subnetted, 2 subnets, 2 masks`, or with one mask `10.0.0.0/24 is subnetted`, after
/// which the lines leave the mask out.
fn subnets(f: &mut String, dialect: Dialect, net: Ipv4Net, lines: &[Line]) {
    let mut masks: Vec<u8> = lines.iter().map(|l| l.network.prefix_len()).collect();
    masks.sort_unstable();
    masks.dedup();
    let (indent, width) = match dialect {
        Dialect::V12_0 | Dialect::V12_1 => (5, 7),
        Dialect::V15 => (6, 8),
    };
    let mut networks: Vec<Ipv4Net> = lines.iter().map(|l| l.network).collect();
    networks.dedup();
    let count = networks.len();
    let one = masks.len() == 1;
    match masks.first() {
        Some(mask) if one => say!(f, "{:indent$}{}/{mask} is subnetted, {count} subnets", "", net.network()),
        Some(_) | None => {
            say!(f, "{:indent$}{net} is variably subnetted, {count} subnets, {} masks", "", masks.len());
        }
    }
    for Line { code, network, way } in lines {
        if one {
            say!(f, "{code:<width$} {} {way}", network.network());
        } else {
            say!(f, "{code:<width$} {network} {way}");
        }
    }
}

/// `show ip route A.B.C.D`: the route that a packet would take, in the layout of 12.x captures.
pub fn show_ip_route_entry(f: &mut String, routes: &[RouteView], address: Ipv4Addr) {
    let best = routes.iter().filter(|r| r.network.contains(&address)).max_by_key(|r| r.network.prefix_len());
    let Some(best) = best.filter(|r| r.network.prefix_len() > 0) else {
        say!(f, "% Network not in table");
        return;
    };
    say!(f, "Routing entry for {}", best.network);
    let interface = best.interface.as_ref().map(ToString::to_string).unwrap_or_default();
    match best.source {
        RouteSource::Connected => {
            say!(f, "  Known via \"connected\", distance 0, metric 0 (connected, via interface)");
        }
        RouteSource::Static(distance) => {
            let connected = if best.gateway.is_none() { " (connected)" } else { "" };
            say!(f, "  Known via \"static\", distance {distance}, metric 0{connected}");
        }
        RouteSource::PerUser(distance) => {
            let connected = if best.gateway.is_none() { " (connected)" } else { "" };
            say!(f, "  Known via \"static\", distance {distance}, metric 0{connected}");
        }
    }
    say!(f, "  Routing Descriptor Blocks:");
    match best.gateway {
        Some(gateway) => say!(f, "  * {gateway}"),
        None => say!(f, "  * directly connected, via {interface}"),
    }
    say!(f, "      Route metric is 0, traffic share count is 1");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::samples::{ethernet, named, screen, vaccess};
    use crate::engine::LinkState;

    fn brief(dialect: Dialect, interfaces: &[InterfaceView]) -> String {
        screen(|f| show_ip_interface_brief(f, dialect, interfaces, &|_| Method::Nvram))
    }

    #[test]
    fn show_ip_interface_brief_of_15_has_the_published_columns() {
        let mut shut = named(InterfaceKind::Ethernet, "1");
        (shut.link, shut.protocol) = (LinkState::AdministrativelyDown, false);
        assert_eq!(
            brief(Dialect::V15, &[ethernet(), shut, vaccess()]),
            "Interface                  IP-Address      OK? Method Status                Protocol
Ethernet0                  10.51.6.82      YES NVRAM  up                    up  
Ethernet1                  unassigned      YES NVRAM  administratively down down
Virtual-Access4            10.10.53.1      YES unset  up                    up  
"
        );
    }

    #[test]
    fn show_ip_interface_brief_of_12_x_is_narrower() {
        assert_eq!(
            brief(Dialect::V12_0, &[ethernet()]),
            "Interface              IP-Address      OK? Method Status                Protocol
Ethernet0              10.51.6.82      YES NVRAM  up                    up  
"
        );
    }

    #[test]
    fn show_ip_interface_names_the_peer() {
        let shown = screen(|f| show_ip_interface(f, &[vaccess()]));
        assert!(
            shown.starts_with(
                "Virtual-Access4 is up, line protocol is up 
  Interface is unnumbered. Using address of Loopback0 (10.10.53.1)
  Broadcast address is 255.255.255.255
  Peer address is 10.10.53.2
  MTU is 1500 bytes
"
            ),
            "{shown}"
        );
        assert!(!shown.contains("not set"), "whether it is configured is not looked at: {shown}");
        let none = screen(|f| show_ip_interface(f, &[named(InterfaceKind::Serial, "0:0")]));
        assert!(none.ends_with("  Internet protocol processing disabled\n"), "{none}");
    }

    fn connected(network: &str, kind: InterfaceKind, unit: u32) -> RouteView {
        RouteView {
            network: network.parse().expect("a network"),
            gateway: None,
            interface: Some(InterfaceName::new(kind, unit)),
            source: RouteSource::Connected,
        }
    }

    fn fixed(network: &str, gateway: [u8; 4]) -> RouteView {
        RouteView {
            network: network.parse().expect("a network"),
            gateway: Some(gateway.into()),
            interface: None,
            source: RouteSource::Static(1),
        }
    }

    fn table() -> Vec<RouteView> {
        vec![
            fixed("0.0.0.0/0", [10, 51, 6, 1]),
            connected("10.10.53.2/32", InterfaceKind::VirtualAccess, 4),
            connected("10.51.6.0/24", InterfaceKind::Ethernet, 0),
            connected("192.168.1.0/24", InterfaceKind::Ethernet, 1),
        ]
    }

    fn below_the_legend(text: &str) -> &str {
        text.split_once("\n\n").expect("a legend").1
    }

    #[test]
    fn show_ip_route_of_12_x_has_the_host_route_of_the_virtual_access() {
        let shown = screen(|f| show_ip_route(f, Dialect::V12_0, &table(), &[]));
        assert!(shown.starts_with("Codes: C - connected, S - static, I - IGRP"), "{shown}");
        assert_eq!(
            below_the_legend(&shown),
            "Gateway of last resort is 10.51.6.1 to network 0.0.0.0

S*   0.0.0.0/0 [1/0] via 10.51.6.1
     10.0.0.0/8 is variably subnetted, 2 subnets, 2 masks
C       10.10.53.2/32 is directly connected, Virtual-Access4
C       10.51.6.0/24 is directly connected, Ethernet0
C    192.168.1.0/24 is directly connected, Ethernet1
"
        );
    }

    #[test]
    fn subnets_of_one_mask_leave_it_out() {
        let routes =
            [connected("10.51.6.0/24", InterfaceKind::Ethernet, 0), fixed("10.51.7.0/24", [10, 51, 6, 1])];
        let shown = screen(|f| show_ip_route(f, Dialect::V12_1, &routes, &[]));
        assert_eq!(
            below_the_legend(&shown),
            "Gateway of last resort is not set

     10.0.0.0/24 is subnetted, 2 subnets
C       10.51.6.0 is directly connected, Ethernet0
S       10.51.7.0 [1/0] via 10.51.6.1
"
        );
    }

    #[test]
    fn show_ip_route_of_15_has_local_routes() {
        let own = [([10, 51, 6, 82].into(), InterfaceName::new(InterfaceKind::Ethernet, 0))];
        let routes = [connected("10.51.6.0/24", InterfaceKind::Ethernet, 0)];
        let shown = screen(|f| show_ip_route(f, Dialect::V15, &routes, &own));
        assert!(shown.starts_with("Codes: L - local, C - connected"), "{shown}");
        assert_eq!(
            below_the_legend(&shown),
            "Gateway of last resort is not set

      10.0.0.0/8 is variably subnetted, 2 subnets, 2 masks
C        10.51.6.0/24 is directly connected, Ethernet0
L        10.51.6.82/32 is directly connected, Ethernet0
"
        );
    }

    #[test]
    fn a_host_address_is_connected_and_not_local_as_well() {
        let own = [([10, 9, 9, 9].into(), InterfaceName::new(InterfaceKind::Loopback, 0))];
        let routes = [connected("10.9.9.9/32", InterfaceKind::Loopback, 0)];
        let shown = screen(|f| show_ip_route(f, Dialect::V15, &routes, &own));
        assert!(shown.contains("C        10.9.9.9 is directly connected, Loopback0\n"), "{shown}");
        assert!(!shown.contains("\nL "), "{shown}");
    }

    #[test]
    fn one_destination() {
        let shown = |address: [u8; 4]| screen(|f| show_ip_route_entry(f, &table(), address.into()));
        assert!(
            shown([10, 10, 53, 2]).starts_with("Routing entry for 10.10.53.2/32\n  Known via \"connected\"")
        );
        assert_eq!(shown([172, 16, 0, 1]), "% Network not in table\n", "a default route is no entry");
    }
}
