//! Calls that fail, and routers that are changed in the middle of one.

use std::net::Ipv4Addr;

use super::lab::*;
use super::world::World;
use crate::config::views::*;
use crate::engine::*;
use crate::proto::entropy::Seeded;
use crate::proto::ppp::AuthProtocol;

const SECOND: [u8; 4] = [10, 51, 6, 83];

/// Time for every timer of a failed call, and for two minutes of retransmission.
fn settle(world: &mut World) {
    world.seconds(180);
    world.assert_quiet();
    for node in &world.nodes {
        assert!(node.routes.iter().all(|(net, _)| net.prefix_len() != 32), "a host route is left");
        assert!(node.tuns.values().all(|name| name == "BR0"), "a TUN is left: {:?}", node.tuns);
    }
}

fn hang_up(world: &mut World) {
    let now = world.now;
    world.nodes[SOHO].engine.clear_interface(now, &name(InterfaceKind::Bri, "0"));
    world.drain(SOHO);
}

#[test]
fn a_wrong_tunnel_secret_drops_the_call() {
    let mut lns = lns();
    lns.groups[0].l2tp.password = Some("wrong".into());
    let mut lac = lac();
    lac.vpdn.logging.enable = true;
    let mut world = world_of(soho(), lac, lns);
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), ".....");
    assert!(world.has(LAC, "%VPDN-6-AUTHENFAIL"), "{:#?}", world.log(LAC));
    let (_, history) = world.nodes[LAC].engine.history();
    assert_eq!(history.last().map(|h| h.kind), Some(FailureType::TunnelAuthentication));
    let refused = refused_tunnels(&world);
    assert!(matches!(refused[..], [(FailureType::PeerClosed, 1..)]), "the LAC found it out: {refused:?}");
    let (_, history) = world.nodes[LNS].engine.history();
    let reason = history.last().map(|h| h.reason.as_str());
    assert_eq!(reason, Some("Requester is not authorized to establish a control channel"));
    // The LNS was there: that is not what failed.
    assert!(world.has(LAC, "VPDN: No tunnel to LNS 10.51.6.82: Tunnel authentication failed"));
    assert!(world.has(LAC, "VPDN: Session closed: Tunnel authentication failed"));
    assert!(!world.has(LAC, "unreachable"), "{:#?}", world.log(LAC));
    settle(&mut world);
}

/// What the LNS has noted of tunnels of the LAC that did not come up.
fn refused_tunnels(world: &World) -> Vec<(FailureType, u32)> {
    let (_, history) = world.nodes[LNS].engine.history();
    let of_lac = history.iter().filter(|h| (h.nas.as_str(), h.user.as_str()) == ("hgw", ""));
    of_lac.map(|h| (h.kind, h.count)).collect()
}

#[test]
fn a_lac_with_another_tunnel_secret_is_noted_by_the_lns() {
    let mut lac = lac();
    lac.aaa = AaaConfig::default();
    lac.groups.push(VpdnGroup {
        name: "1".to_owned(),
        request_dialin: Some(RequestDialin {
            protocol: Some(VpdnProtocol::L2tp),
            dnis: vec!["614629".to_owned()],
            ..RequestDialin::default()
        }),
        initiate_to: vec![InitiateTo { address: LNS_ADDRESS.into(), limit: None, priority: None }],
        local_name: Some("hgw".to_owned()),
        l2tp: L2tpSettings {
            authentication: false,
            password: Some("wrong".into()),
            ..L2tpSettings::default()
        },
        ..VpdnGroup::default()
    });
    let mut world = world_of(soho(), lac, lns());
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), ".....");
    let refused = refused_tunnels(&world);
    assert!(matches!(refused[..], [(FailureType::TunnelAuthentication, 1..)]), "{refused:?}");
    settle(&mut world);
}

#[test]
fn a_wrong_password_ends_the_session_with_a_cdn() {
    let mut soho = soho();
    soho.interfaces[0].ppp.chap_password = Some("wrong".into());
    let mut world = world_of(soho, lac(), lns());
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), ".....");
    assert!(world.has(LNS, "status = FAIL"));
    assert!(world.has(LNS, "Vi1 VPDN: Cleanup"));
    assert!(world.has(LAC, "I CDN from l2tp-gw"));
    let (_, history) = world.nodes[LNS].engine.history();
    assert_eq!(
        history.last().map(|h| (h.kind, h.user.as_str())),
        Some((FailureType::UserAuthentication, "2500-1"))
    );
    settle(&mut world);
}

#[test]
fn a_number_without_a_tunnel_is_authenticated_here() {
    let mut world = world();
    world.radius.tunnels.clear();
    world.radius.users.clear();
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), ".....");
    assert!(world.has(LAC, "VPDN: No tunnel info for dnis:614629"));
    assert!(world.has(LAC, "CHAP: O FAILURE"));
    assert!(!world.has(LAC, "SCCRQ"));
    settle(&mut world);
}

#[test]
fn a_number_that_nobody_has_is_refused_and_tried_again_later() {
    let mut world = world();
    world.numbers.clear();
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), ".....");
    assert!(world.has(SOHO, "Call to 614629 failed, cause 1 (Unallocated/unassigned number)"));
    settle(&mut world);
    world.numbers.insert("614629".to_owned(), (LAC, name(InterfaceKind::Serial, "0:23")));
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
}

/// A router that terminates calls itself: local users, a pool.
fn server() -> RouterConfig {
    let mut config = lac();
    config.vpdn.enable = false;
    config.aaa = AaaConfig::default();
    config.aaa.users.push(User { password: Some("cisco".into()), ..User::new("2500-1") });
    config.interfaces[1].ip = IpAddress::Unnumbered(name(InterfaceKind::Ethernet, "0"));
    config.interfaces[1].peer_address = Some(PeerAddress::Pool(vec!["dial".to_owned()]));
    let address = Ipv4Addr::from([10, 10, 53, 77]);
    config.pools.push(PoolConfig { name: "dial".to_owned(), ranges: vec![(address, address)] });
    config
}

#[test]
fn a_router_without_vpdn_serves_the_call_by_itself() {
    let mut soho = soho();
    soho.interfaces[0].ip = IpAddress::Negotiated;
    soho.interfaces[0].dialer.maps[0].next_hop = [10, 51, 6, 68].into();
    soho.routes[0].via = RouteVia::Gateway([10, 51, 6, 68].into());
    let mut world = world_of(soho, server(), lns());
    // The first packet had no address to come back to: it was held until there was one.
    assert_eq!(world.ping(SOHO, [10, 51, 6, 68]), "!!!!!");
    assert!(world.nodes[SOHO].addresses.keys().any(|a| a.addr() == Ipv4Addr::from([10, 10, 53, 77])));
    world.seconds(1);
    assert!(world.has(LAC, "Line protocol on Interface Serial0:0, changed state to up"));
    let callers = world.nodes[LAC].engine.callers();
    assert_eq!(callers.len(), 1);
    assert_eq!(callers[0].peer_address, Some([10, 10, 53, 77].into()));
    hang_up(&mut world);
    settle(&mut world);
    assert!(world.nodes[SOHO].addresses.is_empty());
    // The route that makes it dial has outlived the address.
    assert_eq!(world.ping(SOHO, [10, 51, 6, 68]), "!!!!!");
    hang_up(&mut world);
    settle(&mut world);
}

/// The lab with a second LNS, both in the definition of the tunnel.
fn two_servers() -> World {
    let mut world = world();
    let mut second = lns();
    second.interfaces[0].ip = IpAddress::Static(net(SECOND, 24));
    world.add_with(Box::new(Seeded::new(9)), Some(SECOND), second);
    let tunnel = ("hgw".to_owned(), "hello".to_owned(), vec![LNS_ADDRESS.into(), SECOND.into()]);
    world.radius.tunnels.insert("dnis:614629".to_owned(), tunnel);
    world.seconds(1);
    world
}

#[test]
fn an_lns_that_is_switched_off_is_passed_over() {
    let mut world = two_servers();
    world.lose = Box::new(|node, _| node == LNS);
    world.ping(SOHO, LNS_ADDRESS);
    world.seconds(15);
    assert!(world.has(LAC, "VPDN: LNS 10.51.6.82 is unreachable"), "{:#?}", world.log(LAC));
    assert!(world.has(LAC, "VPDN: Forward to address 10.51.6.83"));
    assert_eq!(world.nodes[3].engine.sessions().len(), 1);
    hang_up(&mut world);
    world.lose = Box::new(|_, _| false);
    settle(&mut world);
}

#[test]
fn a_refused_session_goes_to_the_next_lns() {
    let mut world = two_servers();
    world.change(LNS, |c| c.vpdn.softshut = true);
    world.ping(SOHO, LNS_ADDRESS);
    world.seconds(3);
    assert_eq!(world.nodes[LNS].engine.sessions().len(), 0);
    assert_eq!(world.nodes[3].engine.sessions().len(), 1, "{:#?}", world.log(LAC));
    let (_, counters) = world.nodes[LNS].engine.counters();
    assert_eq!(counters.refused_sessions, 1);
    hang_up(&mut world);
    settle(&mut world);
}

#[test]
fn session_limits_refuse_what_is_beyond_them() {
    let mut lns = lns();
    lns.groups[0].session_limit = Some(0);
    lns.vpdn.logging.enable = true;
    let mut world = world_of(soho(), lac(), lns);
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), ".....");
    assert!(world.has(LNS, "%VPDN-6-MAX_SESS_EXCD"));
    settle(&mut world);
}

/// Whoever calls may name itself as it likes; what it wants is another line, or a terminal that does what it says.
#[test]
fn a_name_stays_a_name_in_the_log_and_on_every_screen() {
    let mut lns = lns();
    lns.vpdn.logging = VpdnLogging { enable: true, user: true, ..VpdnLogging::default() };
    lns.vpdn.history_failure = Some(20);
    let mut world = world_of(soho(), lac(), lns);
    let name = "joe\r\n%SYS-5-RESTART: \u{1b}[2J";
    world.change(SOHO, |c| c.interfaces[0].ppp.chap_hostname = Some(name.to_owned()));
    world.nodes[SOHO].engine.ping(world.now, LNS_ADDRESS.into(), None, 0, 100, Duration::from_secs(2));
    world.drain(SOHO);
    world.until(|w| !w.nodes[LNS].engine.callers().is_empty());
    let mut shown: Vec<String> = Vec::new();
    for node in [LAC, LNS] {
        let engine = &world.nodes[node].engine;
        shown.extend(engine.callers().iter().map(|view| view.user.to_string()));
        shown.extend(engine.sessions().iter().map(|view| view.user.to_string()));
        shown.extend(engine.aaa_sessions().iter().map(|view| view.user.to_string()));
        shown.extend(engine.calls().iter().map(|view| view.user.to_string()));
        shown.extend(engine.interfaces().iter().filter_map(|view| Some(view.user.as_deref()?.to_owned())));
    }
    world.seconds(30);
    shown.extend(world.nodes[LNS].engine.history().1.into_iter().map(|entry| entry.user));
    assert!(shown.len() > 9, "{shown:?}");
    assert!(shown.iter().all(|user| user == "joe..%SYS-5-RESTART: .[2J"), "{shown:?}");
    for node in [LAC, LNS] {
        let bad = world.log(node).into_iter().find(|l| l.contains(['\r', '\u{1b}']) || l.contains("\n%SYS"));
        assert_eq!(bad, None);
    }
}

#[test]
fn a_peer_that_no_group_knows_is_turned_away() {
    let mut lns = lns();
    lns.groups[0].terminate_from = Some("somebody".to_owned());
    let mut world = world_of(soho(), lac(), lns);
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), ".....");
    assert!(world.has(LNS, "L2X: Never heard of hgw"));
    let refused = refused_tunnels(&world);
    assert!(matches!(refused[..], [(FailureType::Other, 2..)]), "one LAC, one entry: {refused:?}");
}

#[test]
fn a_refused_tun_ends_the_session() {
    let mut world = world();
    world.nodes[LNS].refuse = |request| matches!(request, HostRequest::CreateTun { .. });
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), ".....");
    assert!(world.has(LNS, "%SYS-3-HOST: Virtual-Access1: refused by the test"));
    assert!(world.has(LAC, "I CDN from l2tp-gw"));
    settle(&mut world);
}

#[test]
fn every_refusal_of_the_host_leaves_a_clean_router() {
    let refusals: [fn(&HostRequest) -> bool; 6] = [
        |r| matches!(r, HostRequest::SetLink { .. }),
        |r| matches!(r, HostRequest::AddRoute { .. }),
        |r| matches!(r, HostRequest::AddAddress { .. }),
        |r| matches!(r, HostRequest::RemoveRoute { .. }),
        |r| matches!(r, HostRequest::OpenSocket { .. }),
        |r| matches!(r, HostRequest::BindDevice { .. }),
    ];
    for refuse in refusals {
        let mut world = world();
        for node in [SOHO, LAC, LNS] {
            world.nodes[node].refuse = refuse;
        }
        world.ping(SOHO, LNS_ADDRESS);
        hang_up(&mut world);
        world.seconds(180);
        world.assert_quiet();
    }
}

#[test]
fn a_dead_radius_server_lets_nobody_in() {
    let mut world = world();
    world.radius.dead = true;
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), ".....");
    world.seconds(120);
    assert_eq!(world.nodes[LNS].engine.sessions().len(), 0);
    hang_up(&mut world);
    settle(&mut world);
}

fn up() -> World {
    let mut world = world();
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    world.seconds(8);
    world
}

#[test]
fn clearing_the_tunnel_on_the_lns_takes_the_call_down() {
    let mut world = up();
    let now = world.now;
    assert_eq!(
        world.nodes[LNS].engine.clear_tunnel(now, &TunnelSelector::Hostname("hgw".to_owned(), None)),
        1
    );
    world.drain(LNS);
    world.seconds(2);
    assert!(world.has(SOHO, "%ISDN-6-DISCONNECT"));
    settle(&mut world);
}

#[test]
fn clearing_the_session_or_its_interface_takes_the_call_down() {
    let clear: [fn(&mut World); 4] = [
        |w| {
            assert_eq!(
                w.nodes[LNS].engine.clear_session(w.now, &SessionSelector::User("2500-1".to_owned())),
                1
            )
        },
        |w| assert_eq!(w.nodes[LAC].engine.clear_session(w.now, &SessionSelector::All), 1),
        |w| assert!(w.nodes[LNS].engine.clear_interface(w.now, &name(InterfaceKind::VirtualAccess, "1"))),
        |w| assert!(w.nodes[LAC].engine.clear_interface(w.now, &name(InterfaceKind::Serial, "0:0"))),
    ];
    for clear in clear {
        let mut world = up();
        clear(&mut world);
        world.drain(LNS);
        world.drain(LAC);
        world.seconds(2);
        assert!(world.has(SOHO, "%ISDN-6-DISCONNECT"));
        settle(&mut world);
    }
}

#[test]
fn configuration_changes_in_the_middle_of_a_call_end_it_cleanly() {
    type Change = fn(&mut RouterConfig);
    let changes: [(usize, Change); 9] = [
        (LNS, |c| c.vpdn.enable = false),
        (LAC, |c| c.vpdn.enable = false),
        (LNS, |c| c.groups.clear()),
        (SOHO, |c| c.interfaces[0].shutdown = true),
        (LAC, |c| c.interfaces[1].shutdown = true),
        (LAC, |c| c.controllers[0].shutdown = true),
        (LAC, |c| c.controllers.clear()),
        (SOHO, |c| c.interfaces.clear()),
        (LNS, |c| *c = RouterConfig::default()),
    ];
    for (index, (node, change)) in changes.into_iter().enumerate() {
        let mut world = up();
        world.change(node, change);
        world.seconds(5);
        let gone = world.nodes.iter().all(|n| n.engine.sessions().is_empty());
        assert!(gone, "change {index} left a session");
        world.seconds(180);
        world.assert_quiet();
    }
}

#[test]
fn without_vpdn_port_1701_is_closed() {
    let mut world = up();
    assert!(world.nodes[LNS].sockets.contains(&Socket::L2tp));
    world.change(LNS, |c| c.vpdn.enable = false);
    world.seconds(180);
    assert!(!world.nodes[LNS].sockets.contains(&Socket::L2tp));
    world.change(LNS, |c| c.vpdn.enable = true);
    world.seconds(1);
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
}

#[test]
fn shutdown_and_no_shutdown_say_so_and_bring_the_addresses_back() {
    let mut world = world();
    world.change(LNS, |c| c.interfaces[0].shutdown = true);
    world.seconds(2);
    assert!(world.has(LNS, "%LINK-5-CHANGED: Interface Ethernet0, changed state to administratively down"));
    assert!(world.has(LNS, "Line protocol on Interface Ethernet0, changed state to down"));
    world.change(LNS, |c| c.interfaces[0].shutdown = false);
    world.seconds(2);
    assert!(world.has(LNS, "%LINK-3-UPDOWN: Interface Ethernet0, changed state to up"));
    assert!(world.has(LNS, "Line protocol on Interface Ethernet0, changed state to up"));
    assert!(world.nodes[LNS].addresses.contains_key(&net(LNS_ADDRESS, 24)));
    world.change(LNS, |c| c.interfaces[0].ip = IpAddress::Static(net([10, 9, 9, 9], 24)));
    world.seconds(1);
    assert_eq!(world.nodes[LNS].addresses.keys().copied().collect::<Vec<_>>(), [net([10, 9, 9, 9], 24)]);
}

#[test]
fn an_idle_call_is_hung_up() {
    let mut world = up();
    world.change(SOHO, |_| {});
    world.seconds(100);
    assert!(!world.has(SOHO, "%ISDN-6-DISCONNECT"));
    world.seconds(40);
    assert!(world.has(SOHO, "idle timeout"));
    assert!(world.has(SOHO, "%ISDN-6-DISCONNECT"));
    settle(&mut world);
}

#[test]
fn renegotiation_and_a_challenge_of_its_own_bring_the_call_up_too() {
    let changes: [fn(&mut RouterConfig); 4] = [
        |c| c.groups[0].lcp_renegotiation = LcpRenegotiation::Always,
        |c| c.groups[0].lcp_renegotiation = LcpRenegotiation::OnMismatch,
        |c| c.groups[0].force_local_chap = true,
        |c| {
            c.groups[0].lcp_renegotiation = LcpRenegotiation::OnMismatch;
            let template = &mut c.interfaces[1];
            template.ppp.authentication = vec![AuthProtocol::Pap];
        },
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut lns = lns();
        change(&mut lns);
        let mut soho = soho();
        soho.interfaces[0].ppp.pap_sent = Some(("2500-1".to_owned(), "cisco".into()));
        let mut world = world_of(soho, lac(), lns);
        world.ping(SOHO, LNS_ADDRESS);
        if index < 3 {
            assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!", "{index}: {:#?}", world.log(LNS));
        }
        hang_up(&mut world);
        world.seconds(180);
        world.assert_quiet();
    }
}

#[test]
fn local_groups_and_authentication_before_forwarding() {
    let mut lac = lac();
    lac.aaa = AaaConfig::default();
    lac.aaa.users.push(User { password: Some("cisco".into()), ..User::new("2500-1") });
    lac.groups.push(VpdnGroup {
        name: "1".to_owned(),
        request_dialin: Some(RequestDialin {
            protocol: Some(VpdnProtocol::L2tp),
            dnis: vec!["614629".to_owned()],
            ..RequestDialin::default()
        }),
        initiate_to: vec![InitiateTo { address: LNS_ADDRESS.into(), limit: None, priority: None }],
        local_name: Some("hgw".to_owned()),
        authen_before_forward: true,
        l2tp: L2tpSettings { password: Some("hello".into()), ..L2tpSettings::default() },
        ..VpdnGroup::default()
    });
    let mut world = world_of(soho(), lac, lns());
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!", "{:#?}", world.log(LAC));
    assert!(world.has(LAC, "status = PASS"));
    assert_eq!(world.nodes[LAC].engine.sessions()[0].group.as_deref(), Some("1"));
    hang_up(&mut world);
    settle(&mut world);
    world.change(LAC, |c| c.aaa.users.clear());
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), ".....");
    settle(&mut world);
}

#[test]
fn loss_in_every_direction_ends_in_a_call_or_in_nothing() {
    for seed in 0..40 {
        let mut dice = Seeded::new(seed);
        let mut world = world();
        world.lose = Box::new(move |_, _| dice.next_u64() % 10 < 3);
        world.ping(SOHO, LNS_ADDRESS);
        world.seconds(20);
        hang_up(&mut world);
        world.seconds(300);
        world.assert_quiet();
    }
}

#[test]
fn garbage_changes_nothing() {
    let mut world = up();
    let mut dice = Seeded::new(5);
    for _ in 0..3000 {
        let length = (dice.next_u64() % 60) as usize;
        let mut bytes: Vec<u8> = (0..length).map(|_| dice.next_u64() as u8).collect();
        if dice.next_u64().is_multiple_of(2) && bytes.len() > 1 {
            bytes[0] = 0xc8;
            bytes[1] = 2;
        }
        let node = (dice.next_u64() % 3) as usize;
        let remote = std::net::SocketAddr::from(([10, 51, 6, 99], 1701));
        let local = std::net::IpAddr::from(LNS_ADDRESS);
        let now = world.now;
        let port = InterfaceId((dice.next_u64() % 40) as u32);
        let engine = &mut world.nodes[node].engine;
        engine.handle(now, Input::Datagram { socket: Socket::L2tp, local, remote, bytes: &bytes });
        engine.handle(now, Input::Datagram { socket: Socket::Radius(0), local, remote, bytes: &bytes });
        engine.handle(now, Input::Host(HostEvent::Packet { interface: port, packet: bytes.clone() }));
        engine.handle(now, Input::Host(HostEvent::Refused(RequestId(dice.next_u64() % 90), String::new())));
        world.drain(node);
    }
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    hang_up(&mut world);
    world.seconds(180);
    world.assert_quiet();
}
