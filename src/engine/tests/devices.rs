//! What stands behind an interface is taken away by others on Linux.

use super::lab::*;
use super::world::World;
use crate::config::views::*;
use crate::engine::*;

/// Tells a router of something that happened to one of its interfaces.
fn tell(world: &mut World, node: usize, event: HostEvent) {
    let now = world.now;
    world.nodes[node].engine.handle(now, Input::Host(event));
    world.drain(node);
}

fn interface(world: &World, node: usize, kind: InterfaceKind, unit: &str) -> views::InterfaceView {
    world.nodes[node].engine.interface(&name(kind, unit)).expect("the interface is there")
}

/// Linux has removed the device with all that was on it.
fn remove(world: &mut World, node: usize, id: InterfaceId) {
    world.nodes[node].tuns.remove(&id);
    world.nodes[node].addresses.retain(|_, of| *of != id);
    world.nodes[node].routes.retain(|(_, of)| *of != id);
    tell(world, node, HostEvent::Gone { interface: id });
}

#[test]
fn an_interface_without_its_device_is_down_until_there_is_one_again() {
    let mut lns = lns();
    lns.routes.push(StaticRoute {
        network: net([172, 16, 0, 0], 12),
        via: RouteVia::Gateway([10, 51, 6, 1].into()),
        distance: 1,
    });
    let mut world = world_of(soho(), lac(), lns);
    world.seconds(5);
    let ethernet = interface(&world, LNS, InterfaceKind::Ethernet, "0").id;
    let there = |world: &World| (world.nodes[LNS].addresses.clone(), world.nodes[LNS].routes.clone());
    let before = there(&world);
    assert!(!before.0.is_empty() && !before.1.is_empty());
    remove(&mut world, LNS, ethernet);
    world.seconds(5);
    let view = interface(&world, LNS, InterfaceKind::Ethernet, "0");
    assert_eq!((view.link, view.protocol), (LinkState::Down, false));
    assert!(world.has(LNS, "%SYS-3-HOST: Ethernet0: its Linux device is gone"));
    assert!(world.has(LNS, "%LINK-3-UPDOWN: Interface Ethernet0, changed state to down"));
    assert!(world.nodes[LNS].engine.routes().is_empty(), "nothing is claimed that is not there");
    // It is not to be had by a word.
    let (shut, open) = (
        |c: &mut RouterConfig| c.interfaces[0].shutdown = true,
        |c: &mut RouterConfig| c.interfaces[0].shutdown = false,
    );
    world.change(LNS, shut);
    world.change(LNS, open);
    world.seconds(5);
    assert_eq!(interface(&world, LNS, InterfaceKind::Ethernet, "0").link, LinkState::Down);
    tell(&mut world, LNS, HostEvent::Appeared { interface: ethernet });
    world.seconds(5);
    let view = interface(&world, LNS, InterfaceKind::Ethernet, "0");
    assert_eq!((view.link, view.protocol), (LinkState::Up, true));
    assert_eq!(there(&world), before);
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
}

#[test]
fn the_hardware_address_is_that_of_the_device_that_is_there() {
    let mut world = world();
    world.seconds(5);
    let view = |world: &World| interface(world, LNS, InterfaceKind::Ethernet, "0");
    let id = view(&world).id;
    assert_eq!(view(&world).hardware, None, "nobody has told one");
    for address in [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]] {
        tell(&mut world, LNS, HostEvent::Hardware { interface: id, address });
        assert_eq!(view(&world).hardware, Some(address));
    }
    remove(&mut world, LNS, id);
    assert_eq!(view(&world).hardware, None, "it went with the device");
}

#[test]
fn a_session_whose_tun_is_gone_ends_and_the_next_call_has_one() {
    let mut world = world();
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    let access = interface(&world, LNS, InterfaceKind::VirtualAccess, "1").id;
    remove(&mut world, LNS, access);
    assert!(world.has(LNS, "%SYS-3-HOST: Virtual-Access1: its Linux device is gone"));
    world.seconds(180);
    world.assert_quiet();
    assert!(world.nodes[LNS].tuns.is_empty() && world.nodes[LNS].routes.is_empty());
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
}

#[test]
fn a_dialer_whose_tun_is_gone_hangs_up_and_gets_another() {
    let mut world = world();
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    let bri = interface(&world, SOHO, InterfaceKind::Bri, "0").id;
    let before = world.nodes[SOHO].addresses.clone();
    remove(&mut world, SOHO, bri);
    world.seconds(180);
    world.assert_quiet();
    assert_eq!(world.nodes[SOHO].tuns.get(&bri).map(String::as_str), Some("BR0"));
    assert_eq!(world.nodes[SOHO].addresses, before);
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
}

#[test]
fn an_address_that_was_taken_is_given_back_with_what_was_routed_there() {
    let mut world = world();
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    for (node, kind) in [(LNS, InterfaceKind::Ethernet), (SOHO, InterfaceKind::Bri)] {
        let id = interface(&world, node, kind, "0").id;
        let (addresses, mut routes) = (world.nodes[node].addresses.clone(), world.nodes[node].routes.clone());
        let (&address, _) = addresses.iter().find(|(_, of)| **of == id).expect("it has one");
        world.nodes[node].addresses.remove(&address);
        // As Linux does it: the route to the peer, who is sent to from that address, goes as well.
        world.nodes[node].routes.retain(|(network, of)| *of != id && network.prefix_len() != 32);
        tell(&mut world, node, HostEvent::AddressTaken { interface: id, address });
        // It is not for others to say what an interface has that has none.
        tell(&mut world, node, HostEvent::AddressTaken { interface: id, address: net([9, 9, 9, 9], 32) });
        world.seconds(1);
        assert!(world.has(node, "it was taken away on Linux, and is given back"));
        assert_eq!(world.nodes[node].addresses, addresses);
        world.nodes[node].routes.sort_unstable();
        routes.sort_unstable();
        assert_eq!(world.nodes[node].routes, routes);
    }
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!", "the call is still up");
}

#[test]
fn a_loopback_interface_is_made_anew() {
    let mut lns = lns();
    let mut loopback = InterfaceConfig::new(name(InterfaceKind::Loopback, "0"));
    loopback.ip = IpAddress::Static(net([10, 1, 1, 1], 32));
    lns.interfaces.push(loopback);
    let mut world = world_of(soho(), lac(), lns);
    world.seconds(5);
    let before = world.nodes[LNS].addresses.clone();
    let id = interface(&world, LNS, InterfaceKind::Loopback, "0").id;
    assert!(before.values().any(|of| *of == id));
    remove(&mut world, LNS, id);
    world.seconds(5);
    assert_eq!(world.nodes[LNS].addresses, before);
    assert_eq!(interface(&world, LNS, InterfaceKind::Loopback, "0").link, LinkState::Up);
}

/// A cable that is not plugged in is not plugged in by a word of configuration.
#[test]
fn an_interface_without_carrier_stays_down_whatever_is_configured() {
    let mut world = world();
    world.seconds(5);
    let ethernet = interface(&world, LNS, InterfaceKind::Ethernet, "0").id;
    tell(&mut world, LNS, HostEvent::Carrier { interface: ethernet, up: false });
    world.change(LNS, |c| c.hostname = "other".to_owned());
    world.change(LNS, |c| c.interfaces[0].shutdown = true);
    world.change(LNS, |c| c.interfaces[0].shutdown = false);
    world.seconds(5);
    let view = interface(&world, LNS, InterfaceKind::Ethernet, "0");
    assert_eq!((view.link, view.protocol), (LinkState::Down, false));
    assert!(world.nodes[LNS].engine.routes().is_empty());
    tell(&mut world, LNS, HostEvent::Carrier { interface: ethernet, up: true });
    world.seconds(5);
    let view = interface(&world, LNS, InterfaceKind::Ethernet, "0");
    assert_eq!((view.link, view.protocol), (LinkState::Up, true));
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
}

#[test]
fn a_dialer_that_gets_no_other_tun_is_down() {
    let mut world = world();
    world.seconds(5);
    let bri = interface(&world, SOHO, InterfaceKind::Bri, "0").id;
    world.nodes[SOHO].refuse = |request| matches!(request, HostRequest::CreateTun { .. });
    remove(&mut world, SOHO, bri);
    world.seconds(5);
    assert!(world.has(SOHO, "%SYS-3-HOST: BRI0: refused by the test"));
    let view = interface(&world, SOHO, InterfaceKind::Bri, "0");
    assert_eq!((view.link, view.protocol), (LinkState::Down, false));
    assert!(world.nodes[SOHO].engine.routes().is_empty());
}

#[test]
fn an_address_that_the_host_refuses_is_not_claimed_and_asked_for_again_when_the_link_comes_up() {
    let mut world = world();
    world.nodes[LNS].refuse = |request| matches!(request, HostRequest::AddAddress { .. });
    let other = net([10, 51, 7, 82], 24);
    world.seconds(5);
    world.change(LNS, |c| c.interfaces[0].ip = IpAddress::Static(other));
    world.seconds(1);
    world.change(LNS, |c| c.hostname = "other".to_owned());
    world.change(LNS, |c| c.hostname = "l2tp-gw".to_owned());
    world.seconds(1);
    let refused = "%SYS-3-HOST: Ethernet0 address 10.51.7.82/24: refused by the test";
    let told = |world: &World| world.log(LNS).iter().filter(|line| **line == refused).count();
    assert_eq!(told(&world), 1, "{:#?}", world.log(LNS));
    assert!(world.nodes[LNS].engine.routes().is_empty());
    world.nodes[LNS].refuse = |_| false;
    world.change(LNS, |c| c.interfaces[0].shutdown = true);
    world.change(LNS, |c| c.interfaces[0].shutdown = false);
    world.seconds(1);
    assert!(world.nodes[LNS].addresses.contains_key(&other));
    assert_eq!(world.nodes[LNS].engine.routes()[0].network, other.trunc());
    // Another one is another question.
    world.nodes[LNS].refuse = |request| matches!(request, HostRequest::AddAddress { .. });
    world.change(LNS, |c| c.interfaces[0].ip = IpAddress::Static(net(LNS_ADDRESS, 24)));
    world.seconds(1);
    world.nodes[LNS].refuse = |_| false;
    world.change(LNS, |c| c.interfaces[0].ip = IpAddress::Static(other));
    world.seconds(1);
    assert!(world.nodes[LNS].addresses.contains_key(&other));
}

/// A configured route may name an interface that comes and goes.
#[test]
fn a_static_route_through_a_virtual_access_goes_with_it() {
    let mut world = world();
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    world.change(LNS, |c| {
        let via = RouteVia::Interface(name(InterfaceKind::VirtualAccess, "1"));
        c.routes.push(StaticRoute { network: net([172, 16, 0, 0], 12), via, distance: 1 });
    });
    world.seconds(1);
    let there = |world: &World| {
        let routes = world.nodes[LNS].engine.routes();
        routes.iter().any(|route| route.network == net([172, 16, 0, 0], 12))
    };
    assert!(there(&world));
    world.nodes[SOHO].engine.clear_interface(world.now, &name(InterfaceKind::Bri, "0"));
    world.drain(SOHO);
    world.seconds(180);
    world.assert_quiet();
    assert!(!there(&world), "{:?}", world.nodes[LNS].engine.routes());
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    assert!(there(&world), "it is back with the next call");
    assert!(world.nodes[LNS].routes.iter().any(|(network, _)| *network == net([172, 16, 0, 0], 12)));
}
