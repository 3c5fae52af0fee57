//! LNS: peers that AAA is asked about, and what an LNS tells AAA of the LAC.

use std::net::Ipv4Addr;

use super::lab::*;
use super::radius;
use super::wholesale::{SECOND, hang_up, wholesale};
use super::world::World;
use crate::config::views::*;
use crate::engine::{Input, Socket};
use crate::proto::entropy::Seeded;
use crate::proto::l2tp::header::{ControlHeader, encode_control};
use crate::proto::l2tp::message::{Hiding, Message, Sccrq};

const USERS: &str = r#"
alpha.example Cleartext-Password := "cisco"
    Tunnel-Type:1 = L2TP, Tunnel-Server-Endpoint:1 = "10.51.6.82", Tunnel-Client-Auth-Id:1 = "hgw",
    Tunnel-Password:1 = "hello"

user@alpha.example Cleartext-Password := "cisco"
    Service-Type = Framed-User, Framed-Protocol = PPP, Framed-IP-Address = 255.255.255.255
"#;

const PEER: &str = r#"
hgw Cleartext-Password := "cisco"
    Service-Type = Outbound-User,
    Tunnel-Type:0 = L2TP, Tunnel-Medium-Type:0 = IPv4, Tunnel-Client-Auth-Id:0 = "hgw", Tunnel-Password:0 = "hello"
"#;

/// An LNS that asks RADIUS about its peers.
fn asking(peer: &str, change: impl FnOnce(&mut RouterConfig)) -> World {
    let mut world = wholesale("");
    world.radius.file = radius::file(&format!("{USERS}{peer}"));
    world.change(LNS, |c| {
        c.groups.clear();
        c.vpdn.tunnel_authorization = Some("vpdn".to_owned());
        c.vpdn.tunnel_template = Some(1);
        change(c);
    });
    world.seconds(1);
    world
}

fn call(world: &mut World) -> bool {
    world.ping(SOHO, LNS_ADDRESS);
    world.seconds(12);
    let up = !world.nodes[LNS].engine.callers().is_empty();
    hang_up(world);
    world.seconds(180);
    world.assert_quiet();
    up
}

#[test]
fn the_password_comes_from_radius_and_the_template_from_the_configuration() {
    let mut world = asking(PEER, |_| {});
    assert!(call(&mut world), "{:#?}", world.log(LNS));
    assert_eq!(world.radius.requests, ["alpha.example", "hgw", "user@alpha.example"]);
    let lines: Vec<&str> = world.log(LNS);
    for line in [
        "AAA/AUTHOR/VPDN: Tnl ",
        "user='hgw'",
        "Processing AV tunnel-id=hgw",
        "New tunnel created for remote hgw, address 10.51.6.68",
        "***** CLONE VACCESS1 *****",
    ] {
        assert!(lines.iter().any(|l| l.contains(line)), "{line}: {lines:#?}");
    }
}

#[test]
fn the_template_or_the_group_of_the_peer_comes_from_radius() {
    let more = [
        ("Cisco-AVPair = \"vpdn:vpdn-vtemplate=1\"", true),
        ("Cisco-AVPair = \"vpdn:vpdn-vtemplate=7\"", false),
        ("Cisco-AVPair = \"vpdn:vpdn-group=alpha\", Tunnel-Server-Auth-Id:0 = \"radius-gw\"", true),
        ("Cisco-AVPair = \"vpdn:vpdn-group=nobody\"", false),
    ];
    for (more, expected) in more {
        let peer = PEER.trim_end().to_owned() + ", " + more + "\n";
        let mut world = asking(&peer, |c| {
            c.vpdn.tunnel_template = None;
            let alpha = VpdnGroup {
                name: "alpha".to_owned(),
                accept_dialin: Some(AcceptDialin {
                    protocol: Some(VpdnProtocol::L2tp),
                    virtual_template: Some(1),
                }),
                terminate_from: Some("somebody".to_owned()),
                ..VpdnGroup::default()
            };
            c.groups = vec![alpha];
        });
        assert_eq!(call(&mut world), expected, "{more}: {:#?}", world.log(LNS));
        assert_eq!(world.has(LAC, "I SCCRP from radius-gw"), more.contains("radius-gw"));
    }
}

#[test]
fn a_peer_that_radius_does_not_know_or_knows_otherwise_is_refused() {
    for peer in [
        String::new(),
        PEER.replace("Tunnel-Client-Auth-Id:0 = \"hgw\"", "Tunnel-Client-Auth-Id:0 = \"other\""),
        PEER.trim_end().to_owned() + ", Tunnel-Client-Endpoint:0 = \"10.9.9.9\"\n",
        "hgw Cleartext-Password := \"cisco\"\n  Service-Type = Outbound-User\n".to_owned(),
    ] {
        let mut world = asking(&peer, |_| {});
        assert!(!call(&mut world), "{peer}");
        assert!(world.has(LNS, "L2X: Never heard of hgw"));
        assert!(world.has(LAC, "I StopCCN"));
    }
}

#[test]
fn a_wrong_tunnel_password_from_radius_is_refused() {
    let mut world = asking(&PEER.replace("\"hello\"", "\"wrong\""), |_| {});
    assert!(!call(&mut world));
    assert!(!world.has(LNS, "Tunnel Authentication success"));
}

#[test]
fn the_groups_decide_where_the_list_says_local() {
    let by = |methods: &[Method]| {
        let list = MethodList { name: "tunnels".to_owned(), methods: methods.to_vec() };
        asking("", |c| {
            c.groups = lns().groups;
            c.aaa.authorization_network.push(list);
            c.vpdn.tunnel_authorization = Some("tunnels".to_owned());
        })
    };
    assert!(!call(&mut by(&[Method::Radius, Method::Local])), "a reject is the last word");
    assert!(call(&mut by(&[Method::Local])));
    let mut world = asking("", |c| {
        c.vpdn.tunnel_authorization = Some("default".to_owned());
        c.groups = lns().groups;
    });
    assert!(call(&mut world), "without such a list the groups decide");
}

#[test]
fn a_server_that_does_not_answer_keeps_the_tunnel_waiting_and_then_closed() {
    let mut world = asking(PEER, |c| c.aaa.timeout = std::time::Duration::from_secs(1));
    world.change(LAC, |c| {
        // The LAC knows where to by itself.
        c.aaa.authorization_network.clear();
        c.groups = vec![VpdnGroup {
            name: "1".to_owned(),
            request_dialin: Some(RequestDialin {
                protocol: Some(VpdnProtocol::L2tp),
                domains: vec!["alpha.example".to_owned()],
                ..RequestDialin::default()
            }),
            initiate_to: vec![InitiateTo { address: LNS_ADDRESS.into(), limit: None, priority: None }],
            local_name: Some("hgw".to_owned()),
            l2tp: L2tpSettings { password: Some("hello".into()), ..L2tpSettings::default() },
            ..VpdnGroup::default()
        }];
    });
    world.radius.dead = true;
    assert!(!call(&mut world));
    assert!(world.has(LNS, "L2X: Never heard of hgw"));
    // The LAC gives up before the server is given up.
    world.change(LNS, |c| c.aaa.timeout = std::time::Duration::from_secs(20));
    assert!(!call(&mut world));
}

/// Another LAC, not one of ours: it hides what may be hidden of its SCCRQ, its tunnel id too.
fn hidden_request(world: &mut World, secret: &str) {
    let mut entropy = Seeded::new(5);
    let sccrq = Sccrq {
        framing_capabilities: 3,
        host_name: "hgw".to_owned(),
        assigned_tunnel: 4711,
        challenge: Some(vec![9; 16]),
        ..Sccrq::default()
    };
    let body =
        Message::Sccrq(sccrq).encode(Some(&mut Hiding { secret: secret.as_bytes(), entropy: &mut entropy }));
    let bytes = encode_control(&ControlHeader { tunnel: 0, session: 0, ns: 0, nr: 0 }, &body);
    let (local, remote) = (Ipv4Addr::from(LNS_ADDRESS).into(), ([10, 9, 9, 9], 1701).into());
    let input = Input::Datagram { socket: Socket::L2tp, local, remote, bytes: &bytes };
    world.nodes[LNS].engine.handle(world.now, input);
    world.drain(LNS);
}

#[test]
fn hidden_avps_of_a_peer_are_read_with_the_password_that_radius_has() {
    let mut world = asking(PEER, |_| {});
    hidden_request(&mut world, "hello");
    assert!(!world.has(LNS, "I SCCRQ"), "nobody knows yet what it says");
    hidden_request(&mut world, "hello");
    world.seconds(1);
    assert_eq!(world.radius.requests, ["hgw"], "the repetition is not asked about");
    for line in ["L2TP: I SCCRQ from hgw tnl 4711", "O SCCRP to hgw tnlid 4711"] {
        assert!(world.has(LNS, line), "{line}: {:#?}", world.log(LNS));
    }
    world.seconds(120);
    world.assert_quiet();
}

#[test]
fn hidden_avps_of_a_peer_that_the_password_does_not_open_end_its_tunnel() {
    let mut world = asking(PEER, |c| c.vpdn.history_failure = Some(20));
    hidden_request(&mut world, "another");
    world.seconds(1);
    assert!(world.has(LNS, "Hidden AVP"), "{:#?}", world.log(LNS));
    assert!(!world.has(LNS, "O SCCRP"));
    let reasons: Vec<String> =
        world.nodes[LNS].engine.history().1.into_iter().map(|entry| entry.reason).collect();
    assert!(matches!(&reasons[..], [reason] if reason.contains("Hidden")), "{reasons:?}");
    world.seconds(60);
    world.assert_quiet();
}

#[test]
fn hidden_avps_are_read_with_the_password_of_the_group_or_of_the_local_user() {
    for by_user in [false, true] {
        let mut world = asking("", |c| {
            c.vpdn.tunnel_authorization = None;
            c.groups = lns().groups;
            if by_user {
                c.groups[0].l2tp.password = None;
                let user = User { password: Some("hello".into()), ..User::new("hgw") };
                c.aaa.users.push(user);
            }
        });
        hidden_request(&mut world, "hello");
        assert!(world.has(LNS, "O SCCRP to hgw tnlid 4711"), "{:#?}", world.log(LNS));
    }
}

fn attribute(world: &World, from: usize, kind: u8) -> Vec<u8> {
    world.radius.packets[from].first(kind).unwrap_or_default().to_vec()
}

#[test]
fn the_address_and_the_port_of_the_lac_stand_in_the_request_of_the_lns() {
    let mut world = wholesale("");
    world.radius.file = radius::file(USERS);
    assert!(call(&mut world));
    let own: Ipv4Addr = LNS_ADDRESS.into();
    assert_eq!(attribute(&world, 1, 4), own.octets());
    assert_eq!(attribute(&world, 1, 5), [0, 0, 0, 1], "Virtual-Access1");
    world.change(LNS, |c| {
        c.vpdn.nas_ip_of_lac = true;
        c.vpdn.nas_port = NasPortSource::Lac;
    });
    assert!(call(&mut world));
    assert_eq!(attribute(&world, 3, 4), [10, 51, 6, 68]);
    assert_eq!(attribute(&world, 3, 5), [0, 0, 0, 0], "Serial0:0");
    world.change(LNS, |c| {
        c.vpdn.nas_port = NasPortSource::PhysicalChannel;
        c.aaa.source = Some([10, 51, 6, 99].into());
    });
    assert!(call(&mut world));
    assert_eq!(attribute(&world, 5, 4), [10, 51, 6, 68], "the source interface is not the LAC");
    assert_eq!(attribute(&world, 5, 5), [0, 0, 0, 1], "the LAC tells no channel");
    world.change(LAC, |c| c.vpdn.physical_channel = true);
    world.change(LNS, |c| c.vpdn.nas_ip_of_lac = false);
    assert!(call(&mut world));
    assert_eq!(attribute(&world, 7, 4), [10, 51, 6, 99]);
    assert_eq!(attribute(&world, 7, 5), [0, 0, 0, 0], "channel 0");
    assert!(world.has(LNS, "Parse AVP 25, len 10"));
    assert!(world.nodes[SECOND].engine.callers().is_empty());
}
