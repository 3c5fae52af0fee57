//! VPDN decisions in a whole lab: which group, which LNS, which template, and what the ends tell each other of the line.

use std::sync::Weak;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::lab::*;
use super::world::World;
use crate::config::views::*;
use crate::engine::*;
use crate::proto::entropy::Seeded;

const SECOND: [u8; 4] = [10, 51, 6, 83];

/// A vpdn-group of a LAC for the number of the lab.
fn requesting(initiate_to: Vec<InitiateTo>) -> VpdnGroup {
    VpdnGroup {
        name: "out".to_owned(),
        request_dialin: Some(RequestDialin {
            protocol: Some(VpdnProtocol::L2tp),
            dnis: vec!["614629".to_owned()],
            ..RequestDialin::default()
        }),
        initiate_to,
        local_name: Some("hgw".to_owned()),
        l2tp: L2tpSettings { password: Some("hello".into()), ..L2tpSettings::default() },
        ..VpdnGroup::default()
    }
}

fn to(address: [u8; 4], limit: Option<u32>, priority: u32) -> InitiateTo {
    InitiateTo { address: address.into(), limit, priority: Some(priority) }
}

fn local_lac(group: VpdnGroup) -> RouterConfig {
    RouterConfig { groups: vec![group], ..lac() }
}

/// A lab with a second LNS (node 3) and a second user (node 4).
fn crowd(lac: RouterConfig, lns: RouterConfig) -> World {
    let mut world = world_of(soho(), lac, lns.clone());
    let mut second = lns;
    second.interfaces[0].ip = IpAddress::Static(net(SECOND, 24));
    world.add_with(Box::new(Seeded::new(9)), Some(SECOND), second);
    let mut other = soho();
    other.interfaces[0].isdn_number = Some("2085730593".to_owned());
    other.interfaces[0].ip = IpAddress::Static(net([10, 10, 53, 3], 24));
    world.add_with(Box::new(Seeded::new(10)), None, other);
    world.seconds(1);
    world
}

fn sessions(world: &World, node: usize) -> usize {
    world.nodes[node].engine.sessions().len()
}

#[test]
fn initiate_to_is_followed_by_priority_and_limit() {
    let group = requesting(vec![to(LNS_ADDRESS, None, 2), to(SECOND, Some(1), 1)]);
    let mut world = crowd(local_lac(group), lns());
    world.ping(SOHO, LNS_ADDRESS);
    assert_eq!((sessions(&world, LNS), sessions(&world, 3)), (0, 1), "the lower number is tried first");
    world.ping(4, LNS_ADDRESS);
    assert_eq!((sessions(&world, LNS), sessions(&world, 3)), (1, 1), "the limit sends the next call on");
    assert!(world.has(LAC, "LNS 10.51.6.83 has reached its session limit"), "{:#?}", world.log(LAC));
}

#[test]
fn equal_priorities_share_the_load() {
    let group = requesting(vec![to(LNS_ADDRESS, None, 1), to(SECOND, None, 1)]);
    let mut world = crowd(local_lac(group), lns());
    world.ping(SOHO, LNS_ADDRESS);
    world.ping(4, LNS_ADDRESS);
    assert_eq!((sessions(&world, LNS), sessions(&world, 3)), (1, 1));
}

#[test]
fn the_session_limits_of_the_router_and_of_a_group_count_all_their_calls() {
    let changes: [fn(&mut RouterConfig); 2] =
        [|c| c.vpdn.session_limit = Some(1), |c| c.groups[0].session_limit = Some(1)];
    for at_lac in [true, false] {
        for change in changes {
            let (mut near, mut far) = (local_lac(requesting(vec![to(LNS_ADDRESS, None, 1)])), lns());
            change(if at_lac { &mut near } else { &mut far });
            let mut world = crowd(near, far);
            assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
            assert_eq!(world.ping(4, LNS_ADDRESS), ".....");
            assert_eq!(sessions(&world, LNS), 1);
            let now = world.now;
            world.nodes[SOHO].engine.clear_interface(now, &name(InterfaceKind::Bri, "0"));
            world.drain(SOHO);
            world.seconds(5);
            world.ping(4, LNS_ADDRESS);
            assert_eq!(world.ping(4, LNS_ADDRESS), "!!!!!", "room again");
        }
    }
}

#[test]
fn a_call_is_forwarded_when_its_session_is_up_and_not_when_it_is_asked_for() {
    let mut world = world();
    let now = world.now;
    world.nodes[SOHO].engine.ping(now, LNS_ADDRESS.into(), None, 0, 100, Duration::from_secs(2));
    world.drain(SOHO);
    for (line, expected) in [("O ICRQ to", false), ("O ICCN to", true)] {
        world.until(|w| w.has(LAC, line));
        let callers = world.nodes[LAC].engine.callers();
        assert_eq!(callers.iter().map(|c| c.forwarded).collect::<Vec<_>>(), [expected], "{line}");
    }
}

#[test]
fn softshut_keeps_what_is_up_and_refuses_what_is_new() {
    let mut far = lns();
    far.vpdn.logging.enable = true;
    let mut world = crowd(local_lac(requesting(vec![to(LNS_ADDRESS, None, 1)])), far);
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    world.change(LNS, |c| c.vpdn.softshut = true);
    assert_eq!(world.ping(4, LNS_ADDRESS), ".....");
    assert!(world.has(LNS, "%VPDN-6-SOFTSHUT: L2TP HGW l2tp-gw has turned on softshut"));
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    world.change(LNS, |c| c.vpdn.softshut = false);
    world.seconds(3);
    world.ping(4, LNS_ADDRESS);
    assert_eq!(world.ping(4, LNS_ADDRESS), "!!!!!");
}

/// A LAC authorizes a call before it refuses it.
#[test]
fn softshut_of_the_lac_refuses_what_is_new_after_it_was_looked_up() {
    let mut near = local_lac(requesting(vec![to(LNS_ADDRESS, None, 1)]));
    near.vpdn.logging.enable = true;
    let mut world = crowd(near, lns());
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    world.change(LAC, |c| c.vpdn.softshut = true);
    assert_eq!(world.ping(4, LNS_ADDRESS), ".....");
    assert!(world.has(LAC, "Got tunnel info for dnis:614629"));
    assert!(world.has(LAC, "%VPDN-6-SOFTSHUT: L2TP NAS hgw has turned on softshut and rejected user"));
    let (_, history) = world.nodes[LAC].engine.history();
    assert_eq!(history.last().map(|h| h.kind), Some(FailureType::Softshut));
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    world.change(LAC, |c| c.vpdn.softshut = false);
    world.seconds(3);
    world.ping(4, LNS_ADDRESS);
    assert_eq!(world.ping(4, LNS_ADDRESS), "!!!!!");
}

#[test]
fn calls_that_wait_for_their_tunnel_count_for_the_limits() {
    let changes: [fn(&mut RouterConfig); 2] =
        [|c| c.vpdn.session_limit = Some(1), |c| c.groups[0].session_limit = Some(1)];
    for change in changes {
        let mut near = local_lac(requesting(vec![to(LNS_ADDRESS, None, 1)]));
        change(&mut near);
        let mut world = crowd(near, lns());
        // Both users call at once: the second is there before the tunnel is.
        for user in [SOHO, 4] {
            let (now, timeout) = (world.now, Duration::from_secs(2));
            world.nodes[user].engine.ping(now, LNS_ADDRESS.into(), None, 0, 100, timeout);
            world.drain(user);
        }
        world.seconds(5);
        assert_eq!((sessions(&world, LNS), sessions(&world, LAC)), (1, 1));
    }
}

/// A tunnel whose SCCRQ was repeated three times in vain is given up by new calls, not by those that wait for it.
#[test]
fn calls_that_wait_for_a_tunnel_that_has_been_replaced_count_for_the_limit() {
    let mut group = requesting(vec![to([10, 9, 9, 9], None, 1)]);
    group.l2tp.initial_retries = 9;
    if let Some(request) = &mut group.request_dialin {
        request.dnis.push("614630".to_owned());
    }
    let mut near = local_lac(group);
    near.vpdn.session_limit = Some(2);
    let mut world = crowd(near, lns());
    let there = world.numbers["614629"].clone();
    world.numbers.insert("614630".to_owned(), there);
    world.change(SOHO, |c| {
        let map = DialerMap { next_hop: SECOND.into(), name: None, number: "614630".to_owned() };
        c.interfaces[0].dialer.maps.push(map);
        let via = RouteVia::Gateway(SECOND.into());
        c.routes.push(StaticRoute { network: net(SECOND, 32), via, distance: 1 });
    });
    let call = |world: &mut World, user: usize, address: [u8; 4]| {
        let (now, timeout) = (world.now, Duration::from_secs(2));
        world.nodes[user].engine.ping(now, address.into(), None, 0, 100, timeout);
        world.drain(user);
    };
    let forwarded =
        |world: &World| world.log(LAC).iter().filter(|l| l.contains("Forward to address")).count();
    call(&mut world, SOHO, LNS_ADDRESS);
    world.run(Duration::from_millis(7500));
    call(&mut world, 4, LNS_ADDRESS);
    world.run(Duration::from_millis(500));
    assert_eq!((forwarded(&world), world.nodes[LAC].engine.tunnels().len()), (2, 2));
    call(&mut world, SOHO, SECOND);
    world.run(Duration::from_millis(500));
    assert!(world.has(LAC, "Session closed: session-limit exceeded"), "{:#?}", world.log(LAC));
    assert_eq!(forwarded(&world), 2);
}

#[test]
fn a_domain_finds_its_group_in_the_search_order() {
    let by_domain = VpdnGroup {
        name: "domain".to_owned(),
        request_dialin: Some(RequestDialin {
            protocol: Some(VpdnProtocol::L2tp),
            domains: vec!["cisco.com".to_owned()],
            ..RequestDialin::default()
        }),
        ..requesting(vec![to(SECOND, None, 1)])
    };
    for (order, expected) in [
        (vec![SearchKey::Domain, SearchKey::Dnis], (0, 1)),
        (vec![SearchKey::Dnis, SearchKey::Domain], (1, 0)),
        (vec![SearchKey::Domain], (0, 1)),
    ] {
        let mut near = local_lac(requesting(vec![to(LNS_ADDRESS, None, 1)]));
        near.groups.push(by_domain.clone());
        near.vpdn.search_order = order;
        let mut world = crowd(near, lns());
        world.change(SOHO, |c| c.interfaces[0].ppp.chap_hostname = Some("2500-1@cisco.com".to_owned()));
        world.ping(SOHO, LNS_ADDRESS);
        let took = |node| usize::from(world.has(node, "I ICCN from hgw"));
        assert_eq!((took(LNS), took(3)), expected);
    }
}

#[test]
fn a_template_that_is_shut_down_or_missing_takes_no_call() {
    let changes: [fn(&mut RouterConfig); 2] =
        [|c| c.interfaces[1].shutdown = true, |c| drop(c.interfaces.remove(1))];
    for change in changes {
        let mut far = lns();
        far.vpdn.history_failure = Some(20);
        change(&mut far);
        let mut world = world_of(soho(), lac(), far);
        assert_eq!(world.ping(SOHO, LNS_ADDRESS), ".....");
        assert!(world.has(LAC, "I CDN from l2tp-gw"));
        let (_, history) = world.nodes[LNS].engine.history();
        assert_eq!(history.last().map(|h| h.kind), Some(FailureType::NoResources));
        world.seconds(180);
        world.assert_quiet();
    }
}

#[test]
fn the_tun_of_a_clone_has_the_ip_mtu_of_its_template() {
    let mut far = lns();
    far.interfaces[1].ip_mtu = Some(1460);
    let mut world = world_of(soho(), lac(), far);
    world.nodes[LNS].refuse = |request| matches!(request, HostRequest::CreateTun { name, mtu, .. } if name.starts_with("Vi") && *mtu != 1460);
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
}

#[test]
fn the_lac_tells_line_errors_once_in_a_minute_while_there_are_new_ones() {
    let mut patient = soho();
    patient.interfaces[0].dialer.idle_timeout = Duration::ZERO;
    let mut world = world_of(patient, lac(), lns());
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    let shown = |world: &World| {
        let engine = &world.nodes[LNS].engine;
        let id = engine.interfaces.find(&name(InterfaceKind::VirtualAccess, "1")).expect("it is up");
        let errors = &engine.interfaces.get(id).expect("it is there").counters.errors;
        (errors.crc.load(Ordering::Relaxed), errors.framing.load(Ordering::Relaxed))
    };
    let spoil = |world: &World, crc, runts| {
        let engine = &world.nodes[LAC].engine;
        let (_, id) = engine.vpdn.sessions.iter().next().expect("a session");
        let errors = &engine.interfaces.get(*id).expect("its channel").counters.errors;
        errors.crc.fetch_add(crc, Ordering::Relaxed);
        errors.runts.fetch_add(runts, Ordering::Relaxed);
    };
    let told = |world: &World| world.log(LAC).iter().filter(|l| l.contains("O WEN to")).count();
    world.seconds(130);
    assert_eq!((told(&world), shown(&world)), (0, (0, 0)), "a good line is not worth a word");
    spoil(&world, 3, 2);
    world.seconds(61);
    assert_eq!((told(&world), shown(&world)), (1, (3, 2)));
    world.seconds(130);
    assert_eq!(told(&world), 1, "nothing new");
    spoil(&world, 1, 0);
    world.seconds(61);
    assert_eq!((told(&world), shown(&world)), (2, (4, 2)));
}

#[test]
fn the_lns_tells_the_accms_that_the_lac_does_not_know() {
    let mut world = world();
    assert_eq!(world.ping(SOHO, LNS_ADDRESS), "!!!!!");
    assert_eq!(world.accm_of(LAC), None, "the LAC has agreed on them itself");
    // A LAC that has agreed on no control characters, and a user that renegotiates without a word about them.
    let now = world.now;
    let engine = &mut world.nodes[LNS].engine;
    let (_, id) = engine.vpdn.sessions.iter().next().map(|(s, id)| (*s, *id)).expect("a session");
    let port = engine.ports.get_mut(&id).expect("its link");
    port.vaccess_mut().expect("a Virtual-Access").accm = (0, 0);
    port.link.renegotiate(&mut engine.core.cx());
    engine.drive(id);
    engine.handle(now, Input::Timeout);
    world.drain(LNS);
    world.seconds(5);
    assert_eq!(world.accm_of(LAC), Some(u32::MAX), "{:#?}", world.log(LNS));
    assert!(world.has(LNS, "O SLI to hgw"));
}

#[test]
fn links_with_the_same_settings_share_them() {
    let mut world = crowd(local_lac(requesting(vec![to(LNS_ADDRESS, None, 1)])), lns());
    assert_eq!((world.ping(SOHO, LNS_ADDRESS), world.ping(4, LNS_ADDRESS)), ("!!!!!".into(), "!!!!!".into()));
    let shared = |world: &World, node: usize| -> Vec<usize> {
        world.nodes[node].engine.link_settings.iter().map(Weak::strong_count).collect()
    };
    assert_eq!((shared(&world, LAC), shared(&world, LNS)), (vec![2], vec![2]));
    // A link of another configuration has its own, and nothing is kept for links that are gone.
    world.nodes[SOHO].engine.clear_interface(world.now, &name(InterfaceKind::Bri, "0"));
    world.drain(SOHO);
    world.change(LNS, |c| c.interfaces[1].keepalive = Duration::from_secs(77));
    world.seconds(5);
    world.ping(SOHO, LNS_ADDRESS);
    assert_eq!(shared(&world, LNS), [1, 1]);
}
