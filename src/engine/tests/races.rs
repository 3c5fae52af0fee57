//! Something happens while a call is being set up: at every step of it, everything that can.

use std::time::Duration;

use super::lab::*;
use super::world::World;
use crate::config::views::*;
use crate::engine::{FailureType, HostEvent, Input, SessionSelector, Socket, TunnelSelector};
use crate::proto::l2tp::header::{ControlHeader, encode_control};
use crate::proto::l2tp::message::{Message, Sccrq};

/// The user begins to call.
fn dial(world: &mut World) {
    let now = world.now;
    world.nodes[SOHO].engine.ping(now, LNS_ADDRESS.into(), None, 0, 100, Duration::from_secs(2));
    world.drain(SOHO);
}

/// Runs `steps` steps of a new call. False when it was up before.
fn begin(world: &mut World, steps: usize) -> bool {
    dial(world);
    let end = world.now + Duration::from_secs(20);
    for _ in 0..steps {
        if !world.nodes[LNS].engine.callers().is_empty() || !world.step(end) {
            return false;
        }
    }
    true
}

type Happening = fn(&mut World);

const HAPPENINGS: [(&str, Happening); 19] = [
    ("the LAC gives VPDN up", |w| w.change(LAC, |c| c.vpdn.enable = false)),
    ("the LNS gives VPDN up", |w| w.change(LNS, |c| c.vpdn.enable = false)),
    ("the LAC loses its groups", |w| w.change(LAC, |c| c.groups.clear())),
    ("the LNS loses its groups", |w| w.change(LNS, |c| c.groups.clear())),
    ("the template is shut down", |w| {
        w.change(LNS, |c| c.interfaces.iter_mut().for_each(|i| i.shutdown |= i.peer_address.is_some()));
    }),
    ("the template goes", |w| w.change(LNS, |c| c.interfaces.truncate(1))),
    ("the LAC turns softshut on", |w| w.change(LAC, |c| c.vpdn.softshut = true)),
    ("the LNS turns softshut on", |w| w.change(LNS, |c| c.vpdn.softshut = true)),
    ("the controller of the LAC is shut down", |w| w.change(LAC, |c| c.controllers[0].shutdown = true)),
    ("AAA of the LAC goes", |w| w.change(LAC, |c| c.aaa = AaaConfig::default())),
    ("AAA of the LNS goes", |w| w.change(LNS, |c| c.aaa = AaaConfig::default())),
    ("the RADIUS server dies", |w| w.radius.dead = true),
    ("the LAC clears its tunnels", |w| {
        w.nodes[LAC].engine.clear_tunnel(w.now, &TunnelSelector::All);
        w.drain(LAC);
    }),
    ("the LNS clears its tunnels", |w| {
        w.nodes[LNS].engine.clear_tunnel(w.now, &TunnelSelector::All);
        w.drain(LNS);
    }),
    ("the LNS clears its sessions", |w| {
        w.nodes[LNS].engine.clear_session(w.now, &SessionSelector::All);
        w.drain(LNS);
    }),
    ("the LAC clears its sessions", |w| {
        w.nodes[LAC].engine.clear_session(w.now, &SessionSelector::All);
        w.drain(LAC);
    }),
    ("the LNS loses its carrier", |w| {
        let ethernet =
            w.nodes[LNS].engine.interface(&name(InterfaceKind::Ethernet, "0")).expect("it is there");
        let event = HostEvent::Carrier { interface: ethernet.id, up: false };
        w.nodes[LNS].engine.handle(w.now, Input::Host(event));
        w.drain(LNS);
    }),
    ("the host of the LNS refuses everything", |w| w.nodes[LNS].refuse = |_| true),
    ("the user hangs up", |w| {
        w.nodes[SOHO].engine.clear_interface(w.now, &name(InterfaceKind::Bri, "0"));
        w.drain(SOHO);
    }),
];

/// Whatever happens in the middle of a call, in the end nothing is left of it.
fn sweep(make: fn() -> World) {
    for (what, happen) in HAPPENINGS {
        for steps in 0.. {
            let mut world = make();
            let in_the_middle = begin(&mut world, steps);
            happen(&mut world);
            world.seconds(30);
            let now = world.now;
            world.nodes[SOHO].engine.clear_interface(now, &name(InterfaceKind::Bri, "0"));
            world.drain(SOHO);
            world.seconds(180);
            for (at, node) in world.nodes.iter().enumerate() {
                assert!(node.engine.is_quiet(), "{what}, after {steps} steps: node {at} is not quiet");
            }
            world.assert_quiet();
            if !in_the_middle {
                break;
            }
        }
    }
}

#[test]
fn nothing_is_left_of_a_call_whose_tunnel_radius_knows() {
    sweep(world);
}

/// The group of the LAC has two LNSs; the first one does not answer.
fn two_levels() -> World {
    let mut near = lac();
    near.aaa.authorization_network.clear();
    let to = |address: [u8; 4], priority| InitiateTo {
        address: address.into(),
        limit: None,
        priority: Some(priority),
    };
    near.groups = vec![VpdnGroup {
        name: "1".to_owned(),
        request_dialin: Some(RequestDialin {
            protocol: Some(VpdnProtocol::L2tp),
            dnis: vec!["614629".to_owned()],
            ..RequestDialin::default()
        }),
        initiate_to: vec![to([10, 9, 9, 9], 1), to(LNS_ADDRESS, 2)],
        local_name: Some("hgw".to_owned()),
        l2tp: L2tpSettings { password: Some("hello".into()), ..L2tpSettings::default() },
        ..VpdnGroup::default()
    }];
    let mut far = lns();
    far.vpdn.tunnel_authorization = None;
    world_of(soho(), near, far)
}

#[test]
fn nothing_is_left_of_a_call_that_fails_over() {
    sweep(two_levels);
}

/// Steps the failing-over call on until the first LNS is tried.
fn waiting_for_the_first() -> World {
    let mut world = two_levels();
    dial(&mut world);
    world.until(|w| w.has(LAC, "O SCCRQ"));
    world
}

/// How often the LAC has asked for a tunnel.
fn requests(world: &World) -> usize {
    world.log(LAC).iter().filter(|line| line.ends_with("O SCCRQ")).count()
}

#[test]
fn a_call_that_waits_for_its_tunnel_tries_no_other_lns_once_vpdn_or_its_group_is_gone() {
    let gone: [fn(&mut RouterConfig); 3] =
        [|c| c.vpdn.enable = false, |c| c.groups.clear(), |c| c.vpdn.softshut = true];
    for (at, gone) in gone.into_iter().enumerate() {
        let mut world = waiting_for_the_first();
        world.change(LAC, gone);
        world.seconds(30);
        assert_eq!(requests(&world), 1, "{at}");
        assert!(!world.has(LAC, "Forward to address 10.51.6.82"), "{at}");
        assert!(world.has(SOHO, "%ISDN-6-DISCONNECT"), "{at}: the call is dropped");
        world.seconds(180);
        world.assert_quiet();
    }
    let mut world = waiting_for_the_first();
    world.seconds(30);
    assert!(world.has(LAC, "Forward to address 10.51.6.82"), "left alone it goes on to the other one");
}

/// Asks RADIUS who the user is before the call is forwarded, and stops when it has just asked.
fn asked(question: &str, change: impl FnOnce(&mut RouterConfig)) -> World {
    let mut world = world();
    world.change(LAC, |c| {
        c.aaa.authentication_ppp =
            vec![MethodList { name: "default".to_owned(), methods: vec![Method::Radius] }];
        change(c);
    });
    dial(&mut world);
    world.until(|w| w.radius.requests.iter().any(|asked| asked == question));
    world
}

#[test]
fn where_vpdn_is_given_up_while_aaa_is_asked_the_call_ends_here() {
    let first = |c: &mut RouterConfig| c.vpdn.authen_before_forward = true;
    for mut world in [asked("dnis:614629", |_| {}), asked("2500-1", first)] {
        world.change(LAC, |c| c.vpdn.enable = false);
        world.seconds(10);
        assert_eq!(requests(&world), 0);
        assert!(world.has(LAC, "Se0:0 PPP: Phase is UP"), "{:#?}", world.log(LAC));
        world.nodes[SOHO].engine.clear_interface(world.now, &name(InterfaceKind::Bri, "0"));
        world.drain(SOHO);
        world.seconds(180);
        world.assert_quiet();
    }
}

#[test]
fn a_call_whose_group_is_gone_while_its_user_is_authenticated_says_so() {
    let mut world = two_levels();
    world.change(LAC, |c| {
        c.vpdn.authen_before_forward = true;
        c.vpdn.history_failure = Some(20);
        c.aaa.authentication_ppp =
            vec![MethodList { name: "default".to_owned(), methods: vec![Method::Radius] }];
    });
    dial(&mut world);
    world.until(|w| !w.radius.requests.is_empty());
    world.change(LAC, |c| c.groups.clear());
    world.seconds(5);
    assert!(world.has(LAC, "Session closed: Its vpdn-group is gone"), "{:#?}", world.log(LAC));
    let (_, history) = world.nodes[LAC].engine.history();
    assert_eq!(history.last().map(|h| h.kind), Some(FailureType::Other));
    world.seconds(180);
    world.assert_quiet();
}

/// A peer that waits long for the answer of a slow server may begin LCP anew.
#[test]
fn a_user_that_names_itself_again_while_its_tunnel_is_looked_up_is_forwarded_all_the_same() {
    let mut world = world();
    world.radius.dead = true;
    dial(&mut world);
    world.until(|w| w.has(LAC, "Looking for tunnel"));
    let port = world.nodes[LAC].engine.aaa_sessions()[0].port.unwrap();
    let (now, frame) = (world.now, &[0xc0, 0x21, 1, 99, 0, 4]);
    world.nodes[LAC].engine.handle(now, Input::Frame { port, frame });
    world.drain(LAC);
    world.seconds(2);
    let asked = world.log(LAC).iter().filter(|line| line.contains("Looking for tunnel")).count();
    assert_eq!(asked, 2, "{:#?}", world.log(LAC));
    world.radius.dead = false;
    world.seconds(10);
    assert_eq!(world.nodes[LNS].engine.callers().len(), 1, "{:#?}", world.log(LAC));
    assert!(!world.has(LAC, "Se0:0 PPP: Phase is UP"));
}

/// The LNS closes a tunnel that has been empty for ten seconds, and a new call's ICRQ is on its way.
#[test]
fn a_call_that_meets_the_end_of_an_empty_tunnel_opens_another_one() {
    let call = |world: &mut World, count: usize| {
        dial(world);
        world.until(|w| w.log(LAC).iter().filter(|line| line.contains("O ICRQ to")).count() >= count);
    };
    let clear = |world: &mut World| {
        let now = world.now;
        world.nodes[LNS].engine.clear_tunnel(now, &TunnelSelector::All);
        world.drain(LNS);
    };
    let mut world = world();
    call(&mut world, 1);
    clear(&mut world);
    world.seconds(5);
    assert_eq!((requests(&world), world.nodes[LNS].engine.callers().len()), (2, 1));
    // Once only: an LNS that goes on like this does not want it.
    world.nodes[SOHO].engine.clear_interface(world.now, &name(InterfaceKind::Bri, "0"));
    world.drain(SOHO);
    world.seconds(180);
    call(&mut world, 3);
    clear(&mut world);
    call(&mut world, 4);
    clear(&mut world);
    world.seconds(5);
    assert_eq!((requests(&world), world.nodes[LAC].engine.calls().len()), (4, 0));
    world.seconds(180);
    world.assert_quiet();
}

#[test]
fn a_template_that_goes_between_icrq_and_iccn_leaves_nothing_of_the_call() {
    let gone: [fn(&mut RouterConfig); 2] =
        [|c| c.interfaces.truncate(1), |c| c.interfaces[1].shutdown = true];
    for gone in gone {
        let mut world = world();
        world.change(LNS, |c| c.vpdn.history_failure = Some(20));
        dial(&mut world);
        world.until(|w| w.has(LNS, "O ICRP to"));
        world.change(LNS, gone);
        world.seconds(2);
        let (_, history) = world.nodes[LNS].engine.history();
        assert_eq!(history.last().map(|h| h.kind), Some(FailureType::NoResources));
        assert!(world.has(LAC, "I CDN from l2tp-gw"));
        world.seconds(180);
        world.assert_quiet();
    }
}

/// The LNS opens a tunnel too, and its SCCRQ has a tie breaker where ours has none.
#[test]
fn a_call_whose_tunnel_loses_a_tie_asks_the_lns_again() {
    let mut world = world();
    dial(&mut world);
    world.until(|w| w.has(LAC, "O SCCRQ"));
    let sccrq = Sccrq {
        framing_capabilities: 3,
        host_name: "l2tp-gw".to_owned(),
        assigned_tunnel: 4711,
        tie_breaker: Some([1; 8]),
        ..Sccrq::default()
    };
    let header = ControlHeader { tunnel: 0, session: 0, ns: 0, nr: 0 };
    let bytes = encode_control(&header, &Message::Sccrq(sccrq).encode(None));
    let (local, remote) = ([10, 51, 6, 68].into(), (LNS_ADDRESS, 1701).into());
    let now = world.now;
    let input = Input::Datagram { socket: Socket::L2tp, local, remote, bytes: &bytes };
    world.nodes[LAC].engine.handle(now, input);
    world.drain(LAC);
    world.seconds(5);
    assert!(world.has(LAC, "the peer's tunnel wins"));
    assert_eq!((requests(&world), world.nodes[LNS].engine.callers().len()), (2, 1));
}
