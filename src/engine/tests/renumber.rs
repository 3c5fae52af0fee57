//! Interfaces that are given another address while calls are up: what `show ip route` says is what the host has.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;

use super::lab::*;
use super::world::World;
use crate::config::views::*;
use crate::engine::*;

/// The remote user, as the LNS reaches it.
const USER: [u8; 4] = [10, 10, 53, 2];

fn up(lns: RouterConfig) -> World {
    let mut world = world_of(soho(), lac(), lns);
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    world
}

/// Gives the LNS's first interface another address, and lets the host do it.
fn renumber(world: &mut World, ip: IpAddress) {
    world.change(LNS, |config| config.interfaces[0].ip = ip);
    world.run(std::time::Duration::from_millis(10));
}

/// The routes of the host without those that an address brings along; `show ip route` has the same ones.
fn routes(world: &World, node: usize) -> BTreeSet<Ipv4Net> {
    let node = &world.nodes[node];
    let shown: BTreeSet<Ipv4Net> = node.engine.routes().iter().map(|route| route.network).collect();
    let connected = node.addresses.keys().map(Ipv4Net::trunc);
    let host: BTreeSet<Ipv4Net> = node.routes.iter().map(|route| route.0).chain(connected).collect();
    assert_eq!(shown, host);
    node.routes.iter().map(|route| route.0).collect()
}

/// From which address the LNS sends to the user.
fn source(world: &World) -> Option<std::net::Ipv4Addr> {
    let node = &world.nodes[LNS];
    let route = node.routes.iter().find(|route| route.0 == net(USER, 32)).expect("a route to the user");
    node.sources.get(route).copied()
}

#[test]
fn the_users_of_a_renumbered_interface_are_reached_from_the_new_address() {
    let mut world = up(lns());
    assert_eq!(source(&world), Some(LNS_ADDRESS.into()));
    let other = [10, 51, 6, 83];
    for (ip, from) in [
        (IpAddress::Static(net(other, 24)), Some(other.into())),
        (IpAddress::None, None),
        (IpAddress::Static(net(LNS_ADDRESS, 24)), Some(LNS_ADDRESS.into())),
        (IpAddress::Static(net(LNS_ADDRESS, 25)), Some(LNS_ADDRESS.into())),
    ] {
        renumber(&mut world, ip);
        assert!(routes(&world, LNS).contains(&net(USER, 32)));
        assert_eq!(source(&world), from);
    }
    // The call is still up, with what IPCP agreed on.
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    assert_eq!(world.nodes[LNS].engine.sessions().len(), 1);
    let now = world.now;
    world.nodes[LNS].engine.clear_session(now, &SessionSelector::All);
    world.drain(LNS);
    world.seconds(180);
    world.assert_quiet();
    assert!(routes(&world, LNS).is_empty());
}

#[test]
fn a_loopback_that_is_lent_may_be_renumbered_shut_down_and_removed() {
    let mut lns = lns();
    let mut loopback = InterfaceConfig::new(name(InterfaceKind::Loopback, "0"));
    loopback.ip = IpAddress::Static(net([10, 0, 0, 1], 32));
    lns.interfaces.insert(0, loopback);
    lns.interfaces[2].ip = IpAddress::Unnumbered(name(InterfaceKind::Loopback, "0"));
    let mut world = up(lns);
    assert_eq!(source(&world), Some([10, 0, 0, 1].into()));
    renumber(&mut world, IpAddress::Static(net([10, 0, 0, 2], 32)));
    assert_eq!(source(&world), Some([10, 0, 0, 2].into()));
    for (shutdown, from) in [(true, None), (false, Some([10, 0, 0, 2].into()))] {
        world.change(LNS, |config| config.interfaces[0].shutdown = shutdown);
        assert_eq!(source(&world), from, "the kernel takes no source of an interface that is down");
    }
    let mut removed = None;
    world.change(LNS, |config| removed = Some(config.interfaces.remove(0)));
    assert_eq!(source(&world), None);
    // Its device went with it: one of the same name can be made again.
    world.change(LNS, |config| config.interfaces.extend(removed.take()));
    world.run(std::time::Duration::from_millis(10));
    let again = world.nodes[LNS].engine.interface(&name(InterfaceKind::Loopback, "0"));
    let (link, address) = again.map(|i| (i.link, i.address)).unwrap();
    assert_eq!((link, address), (LinkState::Up, Some(net([10, 0, 0, 2], 32))));
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
}

#[test]
fn a_dialer_that_is_renumbered_in_a_call_keeps_its_routes() {
    let mut world = up(lns());
    let before = routes(&world, SOHO);
    assert!(before.contains(&net(LNS_ADDRESS, 32)));
    world.change(SOHO, |config| config.interfaces[0].ip = IpAddress::Static(net([10, 10, 53, 3], 24)));
    assert_eq!(routes(&world, SOHO), before);
}

#[test]
fn static_routes_come_back_behind_a_new_address_when_their_next_hop_is_still_there() {
    let mut lns = lns();
    for (network, gateway) in [([10, 8, 0, 0], [10, 51, 6, 68]), ([10, 9, 0, 0], [10, 51, 6, 200])] {
        let (network, via) = (net(network, 16), RouteVia::Gateway(gateway.into()));
        lns.routes.push(StaticRoute { network, via, distance: 1 });
    }
    let mut world = up(lns);
    let (near, far, user) = (net([10, 8, 0, 0], 16), net([10, 9, 0, 0], 16), net(USER, 32));
    assert_eq!(routes(&world, LNS), [near, far, user].into());
    renumber(&mut world, IpAddress::Static(net([10, 51, 6, 83], 25)));
    assert_eq!(routes(&world, LNS), [near, user].into());
    renumber(&mut world, IpAddress::Static(net(LNS_ADDRESS, 24)));
    assert_eq!(routes(&world, LNS), [near, far, user].into());
}

#[test]
fn a_route_that_the_host_has_refused_is_not_shown() {
    let mut world = world();
    world.nodes[LNS].refuse = |request| matches!(request, HostRequest::AddRoute { .. });
    world.ping(SOHO, LNS_ADDRESS);
    assert!(world.has(LNS, "%SYS-3-HOST: route to 10.10.53.2/32 Virtual-Access1: refused by the test"));
    assert!(routes(&world, LNS).is_empty());
    // With another source it is tried anew.
    world.nodes[LNS].refuse = |_| false;
    renumber(&mut world, IpAddress::Static(net([10, 51, 6, 83], 24)));
    assert_eq!(routes(&world, LNS), [net(USER, 32)].into());
}
