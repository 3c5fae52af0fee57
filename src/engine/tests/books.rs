//! What the records of a call say, where it takes more than a lab to bring it about.

use super::lab::*;
use super::radius;
use super::wholesale::hang_up;
use super::world::World;
use crate::config::views::*;
use crate::engine::*;
use crate::proto::ppp::AuthProtocol;
use crate::proto::radius::{Code, Packet};

const USERS: &str = "dnis:614629 Cleartext-Password := \"cisco\"\n  Tunnel-Type:1 = L2TP, \
                     Tunnel-Server-Endpoint:1 = \"10.51.6.82\", Tunnel-Client-Auth-Id:1 = \"hgw\", \
                     Tunnel-Password:1 = \"hello\"\n\n2500-1 Cleartext-Password := \"cisco\"\n  \
                     Service-Type = Framed-User, Framed-Protocol = PPP, Framed-IP-Address = 255.255.255.255\n";

/// The lab with a server that knows this, and records at the LNS.
fn recorded(users: &str, soho: RouterConfig, change: impl FnOnce(&mut RouterConfig)) -> World {
    let mut lns = lns();
    lns.aaa.accounting.lists = vec![super::dynamic_changes::network_list()];
    lns.aaa.extras.vsa_accounting = true;
    change(&mut lns);
    let mut world = world_of(soho, lac(), lns);
    world.radius.file = radius::file(users);
    world
}

/// Acct-Terminate-Cause of a stop, and its Cisco-AVPair.
fn causes(packet: &Packet) -> (u32, String) {
    let cause = packet.first(49).and_then(|v| v.try_into().ok()).map(u32::from_be_bytes).unwrap();
    let pair = packet.first(26).and_then(|v| v.get(6..)).unwrap_or_default();
    (cause, String::from_utf8_lossy(pair).into_owned())
}

/// The causes of each stop so far.
fn stops(world: &World) -> Vec<(u32, String)> {
    let stop = |p: &&Packet| p.code == Code::AccountingRequest && p.first(40) == Some(&[0, 0, 0, 2]);
    world.radius.packets.iter().filter(stop).map(causes).collect()
}

/// Acct-Session-Id.
fn number(packet: &Packet) -> Option<String> {
    packet.first(44).map(|id| String::from_utf8_lossy(id).into_owned())
}

#[test]
fn the_user_has_the_session_id_of_its_access_request() {
    for unique in [false, true] {
        let mut world = recorded(USERS, soho(), |c| {
            c.aaa.extras.session_id = true;
            c.aaa.accounting.unique_ids = unique;
            c.vpdn.session_accounting = Some("default".to_owned());
        });
        assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
        let packets = &world.radius.packets;
        let asked = packets.iter().find(|p| p.code == Code::AccessRequest && p.first(44).is_some()).unwrap();
        let of = |status: u8| {
            let wanted = |p: &&Packet| p.first(40) == Some(&[0, 0, 0, status]);
            packets.iter().find(wanted).and_then(number)
        };
        let (start, link) = (of(1), of(12));
        assert!(start.is_some() && link.is_some());
        assert_eq!(start, number(asked));
        assert_eq!(link == start, !unique, "one id for both, or one for each");
    }
}

/// What the server that let a user in wants back goes back, and that it did so, whoever says what the user may have.
#[test]
fn a_user_with_a_list_of_this_router_is_still_the_servers() {
    let class = format!(
        "{}, Class = 0xcafe, Acct-Interim-Interval = 60, User-Name = \"customer-7\"\n",
        USERS.trim_end()
    );
    let mut world = recorded(&class, soho(), |c| {
        let attribute = ListAttribute {
            name: "addr".to_owned(),
            value: "10.10.53.2".to_owned(),
            service: None,
            protocol: None,
            mandatory: false,
        };
        c.aaa.attribute_lists = vec![AttributeList { name: "own".to_owned(), attributes: vec![attribute] }];
        c.aaa.users = vec![User { attribute_list: Some("own".to_owned()), ..User::new("2500-1") }];
        c.aaa.authorization_network.iter_mut().for_each(|list| list.methods = vec![Method::Local]);
    });
    assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
    world.seconds(65);
    hang_up(&mut world);
    world.seconds(60);
    for status in [1, 3, 2] {
        let [record] = of(&world, status)[..] else { panic!("{status}") };
        assert_eq!((record.first(25), record.first(45)), (Some(&[0xCA, 0xFE][..]), Some(&[0, 0, 0, 1][..])));
        assert_eq!(record.first(1), Some(&b"customer-7"[..]));
    }
}

/// No server of that protocol can be told here, now or later.
#[test]
fn a_list_of_tacacs_alone_records_nothing_and_holds_nobody_up() {
    for (methods, recorded) in [(vec![Method::Tacacs], 0), (vec![Method::Tacacs, Method::Radius], 1)] {
        let mut world = recorded_by(AccountingRecords::WaitStart, methods);
        assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'), "the user is let in");
        let engine = &world.nodes[LNS].engine;
        assert_eq!((of(&world, 1).len(), engine.accounting_pending()), (recorded, 0), "nothing is piled up");
        hang_up(&mut world);
        world.seconds(180);
        assert_eq!(of(&world, 2).len(), recorded);
        world.assert_quiet();
    }
}

fn recorded_by(records: AccountingRecords, methods: Vec<Method>) -> World {
    recorded(USERS, soho(), |c| {
        c.aaa.accounting.lists[0].records = records;
        c.aaa.accounting.lists[0].methods = methods;
    })
}

/// A line of `debug aaa accounting` or `pod` is one, whatever the user calls itself.
#[test]
fn a_name_does_not_get_out_of_its_line() {
    let mut world = recorded(USERS, soho(), super::dynamic::dynamic);
    assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
    let (port, _) = world.nodes[LNS].engine.ports.iter().next().unwrap();
    world.nodes[LNS].engine.ports.get_mut(&port).unwrap().user = "mallory\u{1b}[2J\nbob".into();
    let id = super::dynamic::session_id(&world, LNS);
    super::dynamic::ask(&mut world, LNS, Code::DisconnectRequest, vec![id]);
    for line in ["POD: KILL Vi1 mallory.[2J.bob 10.10.53.2", "NET/STOP User mallory.[2J.bob, Port"] {
        assert!(world.has(LNS, line), "{line}: {:#?}", world.log(LNS));
    }
}

/// The records of a status so far.
fn of(world: &World, status: u8) -> Vec<&Packet> {
    world.radius.packets.iter().filter(|p| p.first(40) == Some(&[0, 0, 0, status])).collect()
}

/// Acct-Multi-Session-Id and Acct-Link-Count.
fn links(packet: &Packet) -> (Option<String>, Option<u8>) {
    let text = packet.first(50).map(|id| String::from_utf8_lossy(id).into_owned());
    (text, packet.first(51).map(|count| count[3]))
}

const TUNNEL_STOP: u8 = 10;
const LINK_START: u8 = 12;
const LINK_STOP: u8 = 13;

#[test]
fn links_are_counted_as_long_as_their_tunnel_lasts() {
    for of_tunnels in [true, false] {
        let mut world = recorded(USERS, soho(), |c| {
            c.vpdn.tunnel_accounting = of_tunnels.then(|| "default".to_owned());
            c.vpdn.session_accounting = Some("default".to_owned());
        });
        for _ in 0..3 {
            assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
            // The second link has sequence numbers.
            let [(id, _)] = world.nodes[LNS].engine.ports.iter().collect::<Vec<_>>()[..] else { panic!() };
            if of(&world, LINK_START).len() == 2 {
                world.nodes[LNS].engine.interfaces.get(id).unwrap().counters.sequenced(3);
            }
            hang_up(&mut world);
            world.seconds(5);
        }
        world.seconds(60);
        let tunnel = Some("00000001".to_owned());
        for status in [LINK_START, LINK_STOP] {
            let counts: Vec<_> = of(&world, status).into_iter().map(links).collect();
            assert_eq!(counts, [1, 2, 3].map(|count| (tunnel.clone(), Some(count))), "{status}");
        }
        let lost: Vec<_> = of(&world, LINK_STOP).iter().map(|p| p.first(86).map(|lost| lost[3])).collect();
        assert_eq!(lost, [None, Some(3), None], "nobody knows of the others");
        let stops = of(&world, TUNNEL_STOP);
        assert_eq!(stops.len(), usize::from(of_tunnels));
        for stop in stops {
            assert_eq!((links(stop), stop.first(86)), ((tunnel.clone(), Some(3)), Some(&[0, 0, 0, 3][..])));
        }
        world.seconds(120);
        world.assert_quiet();
    }
}

#[test]
fn the_last_links_of_a_tunnel_are_counted_when_it_goes_before_them() {
    let mut world = recorded(USERS, soho(), |c| c.vpdn.session_accounting = Some("default".to_owned()));
    assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
    let now = world.now;
    world.nodes[LAC].engine.clear_tunnel(now, &TunnelSelector::All);
    world.drain(LAC);
    world.seconds(60);
    let stops: Vec<_> = of(&world, LINK_STOP).into_iter().map(links).collect();
    assert_eq!(stops, [(Some("00000001".to_owned()), Some(1))]);
}

#[test]
fn the_private_group_of_a_session_stands_in_its_records() {
    for (group, written) in [("blue", "blue"), ("\u{1}blue", "\0\u{1}blue")] {
        let users =
            USERS.replace("\n\n2500-1", &format!(", Tunnel-Private-Group-Id:1 = \"{group}\"\n\n2500-1"));
        let mut world = recorded(&users, soho(), |c| c.vpdn.session_accounting = Some("default".to_owned()));
        let lists = world.nodes[LNS].engine.config().aaa.accounting.lists.clone();
        world.change(LAC, |c| c.aaa.accounting.lists = lists);
        assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
        hang_up(&mut world);
        world.seconds(60);
        // Those of the user at both ends, and of the link.
        for (status, count) in [(1, 2), (2, 2), (LINK_START, 1), (LINK_STOP, 1)] {
            let groups: Vec<_> = of(&world, status).iter().map(|p| p.first(81)).collect();
            assert_eq!(groups, vec![Some(written.as_bytes()); count], "{status}");
        }
    }
}

/// LCP Terminate-Request.
const TERMREQ: [u8; 6] = [0xC0, 0x21, 5, 77, 0, 4];

#[test]
fn a_user_who_ends_ppp_and_then_the_call_has_asked_for_its_end() {
    for says in [true, false] {
        let mut world = recorded(USERS, soho(), |_| {});
        assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
        let now = world.now;
        let port = world.nodes[LNS].engine.ports.iter().next().unwrap().0;
        if says {
            world.nodes[LNS].engine.handle(now, Input::Frame { port, frame: &TERMREQ });
            world.drain(LNS);
        }
        hang_up(&mut world);
        world.seconds(60);
        let expected = if says { (1, "disc-cause-ext=1045") } else { (2, "disc-cause-ext=1601") };
        assert_eq!(stops(&world), [(expected.0, expected.1.to_owned())]);
        world.seconds(120);
        world.assert_quiet();
    }
}

#[test]
fn who_does_not_prove_himself_is_told_apart_by_the_protocol_of_his_proof() {
    for (protocol, cause) in [(AuthProtocol::Pap, "1042"), (AuthProtocol::ChapMd5, "1043")] {
        let users =
            USERS.replace("2500-1 Cleartext-Password := \"cisco\"", "2500-1 Cleartext-Password := \"other\"");
        let mut user = soho();
        user.interfaces[0].ppp.pap_sent = Some(("2500-1".to_owned(), "cisco".into()));
        user.interfaces[0].ppp.chap_hostname = Some("2500-1".to_owned());
        let mut world = recorded(&users, user, |c| {
            c.aaa.accounting.stop_on_failure = true;
            c.vpdn.tunnel_accounting = Some("default".to_owned());
        });
        world.change(LAC, |c| c.interfaces[1].ppp.authentication = vec![protocol]);
        world.change(LNS, |c| c.interfaces[1].ppp.authentication = vec![protocol]);
        world.ping(SOHO, LNS_ADDRESS);
        world.seconds(60);
        let stops = stops(&world);
        assert!(!stops.is_empty(), "{protocol:?}");
        for stop in stops {
            assert_eq!(stop, (17, format!("disc-cause-ext={cause}")));
        }
    }
}
