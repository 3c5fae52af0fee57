//! Where a tunnel ends and what is told of the line, as RADIUS says it: names, addresses of others, speeds, and pairs
//! that have no effect.

use super::lab::*;
use super::wholesale::{PREFERRED, SECOND, SECOND_ADDRESS, call, finish, pairs, settle, wholesale};
use super::world::World;
use crate::engine::{Input, Socket};
use crate::proto::Dialect;
use std::net::{IpAddr, SocketAddr};

fn host(world: &mut World, name: &str, address: [u8; 4]) {
    world.change(LAC, |config| config.hosts.push((name.to_owned(), vec![address.into()])));
}

/// RFC 2868 section 3.4: a name in place of the address, here by `ip host`.
#[test]
fn an_lns_is_named_in_place_of_its_address() {
    let named = PREFERRED.replace("10.51.6.83", "lns2.example.net").replace("10.51.6.82", "lns1.example.net");
    let mut world = wholesale(&named);
    host(&mut world, "LNS2.example.net", SECOND_ADDRESS);
    assert_eq!(call(&mut world), Some(SECOND), "the preferred one has no address");
    assert!(world.has(LAC, "Se0:0 VPDN: No ip host has an address for lns1.example.net"));
    assert!(!world.has(LAC, "for lns2.example.net"));
    finish(&mut world);
    host(&mut world, "lns1.example.net", LNS_ADDRESS);
    world.nodes[LAC].lines.clear();
    assert_eq!(call(&mut world), Some(LNS));
    assert!(!world.has(LAC, "No ip host"));
    finish(&mut world);
    world.change(LAC, |config| config.hosts.clear());
    assert_eq!(call(&mut world), None, "no LNS has an address");
    assert!(world.has(LAC, "Se0:0 VPDN: No tunnel info for alpha.example"));
    settle(&mut world);
}

#[test]
fn the_speeds_of_the_line_are_what_radius_says() {
    let speeds = ["l2tp-tx-speed=2000000", "l2tp-rx-speed=512000"];
    let mut world = wholesale(&pairs("10.51.6.82", &speeds));
    assert_eq!(call(&mut world), Some(LNS));
    assert!(world.has(LAC, "Processing AV l2tp-tx-speed=2000000"));
    assert!(world.has(LNS, "L2TP: Connect Speed 2000000"), "{:#?}", world.log(LNS));
    assert!(world.has(LNS, "L2TP: Rx Speed 512000"), "{:#?}", world.log(LNS));
    finish(&mut world);
    settle(&mut world);
}

#[test]
fn a_pair_without_effect_is_told_by_every_release() {
    for dialect in [Dialect::V12_0, Dialect::V12_1, Dialect::V15] {
        let mut world = wholesale(&pairs("10.51.6.82", &["vpn-vrf=red", "vpdn-template=t", "vpdn-domain=d"]));
        world.change(LAC, |config| config.dialect = dialect);
        assert_eq!(call(&mut world), Some(LNS));
        for name in ["vpn-vrf", "vpdn-template", "vpdn-domain"] {
            let line = format!("Se0:0 AAA/AUTHOR/VPDN: vpdn:{name} is not supported");
            assert!(world.has(LAC, &line), "{dialect:?}: {line}");
        }
    }
}

/// The host refuses to send from what is no address of its own: the log says that the LNS cannot be reached, and these
/// lines why.
#[test]
fn a_source_that_is_no_address_of_this_router_is_told() {
    let mut world = wholesale(&pairs("10.51.6.82", &["source-ip=10.9.9.9"]));
    world.lose = Box::new(|node, _| node == LAC);
    assert_eq!(call(&mut world), None);
    assert!(world.has(LAC, "%VPDN-5-UNREACH: L2TP LNS 10.51.6.82 is unreachable"));
    assert!(world.has(LAC, "Se0:0 VPDN: Source 10.9.9.9 is no address of this router"));
    let (_, history) = world.nodes[LAC].engine.history();
    let reasons: Vec<&str> = history.iter().map(|entry| entry.reason.as_str()).collect();
    assert!(reasons.contains(&"The source 10.9.9.9 is no address of this router"), "{reasons:?}");
    settle(&mut world);
    let mut world = wholesale(&pairs("10.51.6.82", &["source-ip=10.51.6.68"]));
    world.lose = Box::new(|node, _| node == LAC);
    assert_eq!(call(&mut world), None);
    assert!(!world.has(LAC, "no address of this router"));
    let (_, history) = world.nodes[LAC].engine.history();
    assert!(history.iter().any(|entry| entry.reason == "The remote server did not answer"));
}

/// `vpdn logging` tells of a peer that speaks L2F, once in a while; the counter and the debug tell of every datagram.
#[test]
fn a_peer_that_speaks_l2f_is_logged_once() {
    for enable in [true, false] {
        let mut far = lns();
        far.vpdn.logging.enable = enable;
        let mut world = world_of(soho(), lac(), far);
        let (local, remote) = (IpAddr::from(LNS_ADDRESS), SocketAddr::from(([10, 51, 6, 68], 1701)));
        for _ in 0..3 {
            let input = Input::Datagram { socket: Socket::L2tp, local, remote, bytes: &[0, 1, 0, 0] };
            let now = world.now;
            world.nodes[LNS].engine.handle(now, input);
            world.drain(LNS);
        }
        let line = "%VPDN-4-L2F: L2F packets from 10.51.6.68 ignored, only L2TP is spoken";
        let told = world.log(LNS).iter().filter(|logged| logged.contains(line)).count();
        assert_eq!(told, usize::from(enable));
        assert_eq!(world.nodes[LNS].engine.counters().0.l2f, 3);
    }
}
