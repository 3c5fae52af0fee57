//! Disconnect- and CoA-Requests of RFC 5176 against the documented call.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::lab::*;
use super::world::World;
use crate::config::views::{AuthType, DynamicAuthorConfig, InterfaceKind, PeerAddress, RouterConfig};
use crate::engine::{HostRequest, Input, Socket};
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::{Attribute, Code, Packet, seal_request, verify_reply};

pub const DAC: Ipv4Addr = Ipv4Addr::new(10, 51, 6, 3);
pub const KEY: &[u8] = b"s3cret";

pub fn dynamic(config: &mut RouterConfig) {
    config.aaa.dynamic_author = Some(DynamicAuthorConfig {
        port: 1700,
        clients: vec![(DAC, None)],
        key: Some("s3cret".into()),
        auth_type: AuthType::All,
        ignore_session_key: false,
        ignore_server_key: false,
    });
}

/// The lab with the call up; both ends listen to the RADIUS client.
pub fn called() -> World {
    let (mut lac, mut lns) = (lac(), lns());
    dynamic(&mut lac);
    dynamic(&mut lns);
    let mut world = world_of(soho(), lac, lns);
    assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
    world
}

/// What a router answers to a request: the code, and Error-Cause if there is one.
pub fn ask(world: &mut World, node: usize, code: Code, attributes: Vec<Attribute>) -> (Code, Option<u32>) {
    let identifier = u8::try_from(world.answers.len()).unwrap();
    let mut request = Packet { code, identifier, authenticator: [0; 16], attributes };
    let bytes = seal_request(&mut request, KEY, true).unwrap();
    let local = world.nodes[node].address.unwrap().into();
    let remote = (DAC, 3799).into();
    let now = world.now;
    let input = Input::Datagram { socket: Socket::DynamicAuthor, local, remote, bytes: &bytes };
    world.nodes[node].engine.handle(now, input);
    world.drain(node);
    let answer = world.answers.last().expect("an answer");
    let answer = verify_reply(answer, &request.authenticator, KEY, true).expect("it proves itself");
    let cause = answer.first(101).map(|v| u32::from_be_bytes(v.try_into().unwrap()));
    (answer.code, cause)
}

pub fn text(key: crate::proto::radius::AttributeKey, value: &str) -> Attribute {
    Attribute::with_key(key, value.as_bytes())
}

pub fn session_id(world: &World, node: usize) -> Attribute {
    let sessions = world.nodes[node].engine.aaa_sessions();
    text(keys::ACCT_SESSION_ID, &sessions.last().expect("a session").number.to_string())
}

pub fn refused(cause: u32) -> (Code, Option<u32>) {
    (Code::DisconnectNak, Some(cause))
}

/// Everything that a session is known by, one at a time, and all together.
#[test]
fn a_disconnect_finds_the_session_by_each_of_its_marks() {
    let tunnel = |world: &World| {
        let view = &world.nodes[LNS].engine.aaa_sessions()[0];
        let tunnel = view.tunnel.as_ref().unwrap();
        format!("{}/{}", tunnel.remote_tunnel, tunnel.id.tunnel.0)
    };
    let tagged = |kind, value: &str| Attribute::new(kind, value.as_bytes());
    let marks = |world: &World| {
        vec![
            session_id(world, LNS),
            text(keys::USER_NAME, "2500-1"),
            Attribute::new(8, [10, 10, 53, 2]),
            Attribute::integer(5, 1),
            tagged(87, "Virtual-Access1"),
            text(keys::CALLED_STATION_ID, "614629"),
            text(keys::CALLING_STATION_ID, "2085730592"),
            tagged(68, &tunnel(world)),
            tagged(66, "10.51.6.68"),
            tagged(67, "10.51.6.82"),
            tagged(90, "hgw"),
            tagged(91, "l2tp-gw"),
        ]
    };
    let count = marks(&called()).len();
    for at in 0..=count {
        let mut world = called();
        let all = marks(&world);
        // Tunnel attributes are no part of the table of Disconnect-Requests, but name sessions here.
        let asked = if at == count { all } else { vec![all[at].clone()] };
        assert_eq!(ask(&mut world, LNS, Code::DisconnectRequest, asked), (Code::DisconnectAck, None), "{at}");
        world.seconds(60);
        world.assert_quiet();
    }
}

/// The LNS hangs up with CDN, result 3, and the call at the LAC goes with it.
#[test]
fn the_lns_hangs_up() {
    let mut world = called();
    let id = session_id(&world, LNS);
    assert_eq!(ask(&mut world, LNS, Code::DisconnectRequest, vec![id]), (Code::DisconnectAck, None));
    assert_eq!(world.nodes[LNS].engine.sessions().len(), 0);
    world.seconds(2);
    assert_eq!(world.nodes[LAC].engine.calls().len(), 0);
    assert!(world.has(LNS, "POD: 10.51.6.3 request queued"));
    assert!(world.has(LNS, "POD: KILL Vi1 2500-1 10.10.53.2 0x"));
    assert!(world.has(LNS, "POD: Sending ACK to 10.51.6.3/3799"));
}

/// At the LAC the same session ends with its call.
#[test]
fn the_lac_hangs_up() {
    let mut world = called();
    let user = text(keys::USER_NAME, "2500-1");
    assert_eq!(ask(&mut world, LAC, Code::DisconnectRequest, vec![user]), (Code::DisconnectAck, None));
    world.seconds(2);
    assert_eq!((world.nodes[LAC].engine.calls().len(), world.nodes[LNS].engine.sessions().len()), (0, 0));
}

#[test]
fn each_refusal_has_its_cause_and_nothing_ends() {
    let mut world = called();
    let id = || session_id(&world, LNS);
    let right = id();
    let cases = [
        (vec![], 402),
        (vec![text(keys::ACCT_SESSION_ID, "FFFFFFFF")], 503),
        (vec![right.clone(), text(keys::USER_NAME, "nobody")], 503),
        (vec![right.clone(), Attribute::new(4, [10, 51, 6, 9])], 403),
        (vec![right.clone(), Attribute::new(32, *b"another")], 403),
        (vec![right.clone(), Attribute::new(95, [0; 16])], 403),
        // Named by what no session is known by here.
        (vec![right.clone(), Attribute::new(89, *b"somebody")], 503),
        (vec![right.clone(), text(keys::ACCT_MULTI_SESSION_ID, "FFFFFFFF")], 503),
        (vec![right.clone(), text(keys::CISCO_AVPAIR, "audit-session-id=zzz")], 401),
        (vec![right.clone(), Attribute::new(8, [1])], 404),
        (vec![right.clone(), Attribute::integer(27, 60)], 401),
    ];
    for (attributes, cause) in cases {
        let answer = ask(&mut world, LNS, Code::DisconnectRequest, attributes.clone());
        assert_eq!(answer, refused(cause), "{attributes:?}");
    }
    assert_eq!(world.nodes[LNS].engine.sessions().len(), 1);
    let named = vec![right, Attribute::new(4, LNS_ADDRESS), Attribute::new(32, *b"1600-3")];
    assert_eq!(ask(&mut world, LNS, Code::DisconnectRequest, named), (Code::DisconnectAck, None));
    let view = world.nodes[LNS].engine.dynamic_author();
    let counters = view.clients[0].1.disconnect;
    assert_eq!((counters.requests, counters.acks, counters.naks), (12, 1, 11));
}

#[test]
fn any_and_the_session_key() {
    let with = |world: &mut World, auth_type, ignore_session_key| {
        world.change(LNS, |config| {
            let dynamic = config.aaa.dynamic_author.as_mut().unwrap();
            dynamic.auth_type = auth_type;
            dynamic.ignore_session_key = ignore_session_key;
        });
    };
    let mut world = called();
    let id = session_id(&world, LNS);
    let nobody = text(keys::USER_NAME, "nobody");
    let coa = |world: &mut World, attributes: &[Attribute]| {
        let attributes = [attributes, &[Attribute::integer(27, 600)]].concat();
        ask(world, LNS, Code::CoaRequest, attributes)
    };
    let both = [id.clone(), nobody.clone()];
    assert_eq!(coa(&mut world, &both), (Code::CoaNak, Some(503)));
    with(&mut world, AuthType::Any, false);
    assert_eq!(coa(&mut world, &both), (Code::CoaAck, None));
    with(&mut world, AuthType::Any, true);
    assert_eq!(coa(&mut world, &both), (Code::CoaNak, Some(503)));
    with(&mut world, AuthType::SessionKey, false);
    assert_eq!(coa(&mut world, &both), (Code::CoaAck, None));
    assert_eq!(coa(&mut world, &[nobody]), (Code::CoaNak, Some(402)));
    with(&mut world, AuthType::All, true);
    assert_eq!(coa(&mut world, &[id, text(keys::USER_NAME, "2500-1")]), (Code::CoaAck, None));
}

#[test]
fn a_session_time_is_changed_while_the_session_is_up() {
    let mut world = called();
    let id = session_id(&world, LNS);
    let change = vec![id.clone(), Attribute::integer(27, 30)];
    assert_eq!(ask(&mut world, LNS, Code::CoaRequest, change), (Code::CoaAck, None));
    world.seconds(20);
    assert_eq!(world.nodes[LNS].engine.sessions().len(), 1);
    // Once more: it counts from now.
    let change = vec![id, Attribute::integer(27, 30)];
    assert_eq!(ask(&mut world, LNS, Code::CoaRequest, change), (Code::CoaAck, None));
    world.seconds(20);
    assert_eq!(world.nodes[LNS].engine.sessions().len(), 1);
    world.seconds(15);
    assert_eq!(world.nodes[LNS].engine.sessions().len(), 0);
}

#[test]
fn an_idle_time_is_changed_while_the_session_is_up() {
    let mut world = called();
    let change = vec![session_id(&world, LNS), Attribute::integer(28, 10)];
    assert_eq!(ask(&mut world, LNS, Code::CoaRequest, change), (Code::CoaAck, None));
    world.seconds(5);
    assert_eq!(world.nodes[LNS].engine.sessions().len(), 1);
    world.seconds(10);
    assert_eq!(world.nodes[LNS].engine.sessions().len(), 0);
}

#[test]
fn lines_and_filters_are_changed_while_the_session_is_up() {
    let mut world = called();
    let id = session_id(&world, LNS);
    let port = world.nodes[LNS].engine.aaa_sessions()[0].port.unwrap();
    let pair = |text: &str| Attribute::with_key(keys::CISCO_AVPAIR, text.as_bytes());
    let change = vec![id.clone(), pair("lcp:interface-config=ip mtu 1400"), Attribute::new(11, *b"101.in")];
    assert_eq!(ask(&mut world, LNS, Code::CoaRequest, change), (Code::CoaAck, None));
    let engine = &world.nodes[LNS].engine;
    assert_eq!(engine.access_lists(port).0.as_deref(), Some("101"));
    let access = engine.interface(&name(InterfaceKind::VirtualAccess, "1")).unwrap();
    assert_eq!(access.config.ip_mtu, Some(1400));
    // A line that is none: nothing of the request is done.
    let change = vec![id.clone(), pair("lcp:interface-config=no such line"), Attribute::new(11, *b"102.in")];
    assert_eq!(ask(&mut world, LNS, Code::CoaRequest, change), (Code::CoaNak, Some(506)));
    assert_eq!(world.nodes[LNS].engine.access_lists(port).0.as_deref(), Some("101"));
    // New lines take the place of the former ones.
    let change = vec![id.clone(), pair("lcp:interface-config=ppp timeout idle 600")];
    assert_eq!(ask(&mut world, LNS, Code::CoaRequest, change), (Code::CoaAck, None));
    let config = |world: &World| {
        let access = world.nodes[LNS].engine.interface(&name(InterfaceKind::VirtualAccess, "1")).unwrap();
        (access.config.ip_mtu, access.config.ppp.idle.map(|(time, _)| time.as_secs()), access.config.shutdown)
    };
    assert_eq!(config(&world), (None, Some(600), false));
    // A line that would end the session: what it had before is in effect again.
    let change = vec![id.clone(), pair("lcp:interface-config=shutdown")];
    assert_eq!(ask(&mut world, LNS, Code::CoaRequest, change), (Code::CoaNak, Some(506)));
    assert_eq!(config(&world), (None, Some(600), false));
    // What cannot be changed.
    for wrong in [Attribute::integer(12, 1400), pair("ip:addr-pool=other"), pair("subscriber:command=logon")]
    {
        let answer = ask(&mut world, LNS, Code::CoaRequest, vec![id.clone(), wrong]);
        assert_eq!(answer, (Code::CoaNak, Some(401)));
    }
}

/// How many sessions there are at the LAC and at the LNS.
fn sessions(world: &World) -> (usize, usize) {
    let count = |node: usize| world.nodes[node].engine.sessions().len();
    (count(LAC), count(LNS))
}

/// Changes the forwarded call at the LAC.
fn change_at_lac(world: &mut World, attributes: &[Attribute]) -> (Code, Option<u32>) {
    let attributes = [&[text(keys::USER_NAME, "2500-1")], attributes].concat();
    ask(world, LAC, Code::CoaRequest, attributes)
}

#[test]
fn the_lac_ends_a_forwarded_call_when_its_time_is_up() {
    let mut world = called();
    let time = |seconds| [Attribute::integer(27, seconds)];
    assert_eq!(change_at_lac(&mut world, &time(30)), (Code::CoaAck, None));
    world.seconds(20);
    assert_eq!(change_at_lac(&mut world, &time(30)), (Code::CoaAck, None), "it counts from now");
    world.seconds(20);
    assert_eq!(sessions(&world), (1, 1));
    world.seconds(15);
    assert_eq!(sessions(&world), (0, 0));
    let code = |line: &&str| line.contains("Result code(3)");
    assert!(
        world.log(LNS).iter().any(code),
        "the LAC says that it was no loss of carrier: {:#?}",
        world.log(LNS)
    );
    world.seconds(180);
    world.assert_quiet();

    assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
    assert_eq!(change_at_lac(&mut world, &time(30)), (Code::CoaAck, None));
    assert_eq!(change_at_lac(&mut world, &time(0)), (Code::CoaAck, None), "for ever again");
    world.seconds(60);
    assert_eq!(sessions(&world), (1, 1));
}

#[test]
fn the_lac_ends_a_forwarded_call_that_carries_nothing() {
    let mut world = called();
    let idle = |seconds| [Attribute::integer(28, seconds)];
    assert_eq!(change_at_lac(&mut world, &idle(10)), (Code::CoaAck, None));
    for _ in 0..4 {
        world.seconds(7);
        assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'), "it is not idle");
    }
    assert_eq!(change_at_lac(&mut world, &idle(0)), (Code::CoaAck, None));
    world.seconds(30);
    assert_eq!(sessions(&world), (1, 1), "for ever again");
    assert_eq!(change_at_lac(&mut world, &idle(10)), (Code::CoaAck, None));
    world.seconds(9);
    assert_eq!(sessions(&world), (1, 1));
    world.seconds(5);
    assert_eq!(sessions(&world), (0, 0));
    world.seconds(180);
    world.assert_quiet();
}

/// At the LAC nothing else of the user is decided.
#[test]
fn what_a_lac_has_no_use_for_is_an_unsupported_attribute_and_nothing_of_the_request_is_done() {
    let mut world = called();
    let wrong = [
        Attribute::new(11, *b"101.in"),
        Attribute::with_key(keys::CISCO_AVPAIR, b"lcp:interface-config=ip mtu 1400"),
    ];
    for wrong in wrong {
        let change = [Attribute::integer(27, 5), wrong];
        assert_eq!(change_at_lac(&mut world, &change), (Code::CoaNak, Some(401)));
    }
    world.seconds(20);
    assert_eq!(sessions(&world), (1, 1));
    // While the tunnel is on its way there is nothing to change yet.
    hang_up(&mut world);
    world.seconds(180);
    world.lose = Box::new(|node, _| node == LNS);
    world.ping(SOHO, LNS_ADDRESS);
    assert_eq!(change_at_lac(&mut world, &[Attribute::integer(27, 5)]), (Code::CoaNak, Some(503)));
}

fn hang_up(world: &mut World) {
    let now = world.now;
    world.nodes[SOHO].engine.clear_interface(now, &name(InterfaceKind::Bri, "0"));
    world.drain(SOHO);
}

/// Without `ppp authorization` what RADIUS says of a user does not count.
#[test]
fn where_nobody_is_authorized_nothing_is_changed() {
    let (mut lac, mut lns) = (lac(), lns());
    dynamic(&mut lac);
    dynamic(&mut lns);
    for template in lns.interfaces.iter_mut().filter(|i| i.peer_address.is_some()) {
        template.ppp.authorization_list = None;
        template.peer_address = Some(PeerAddress::Fixed([10, 10, 53, 2].into()));
    }
    lns.aaa.authorization_network.clear();
    let mut world = world_of(soho(), lac, lns);
    assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
    let change = vec![session_id(&world, LNS), Attribute::integer(27, 60)];
    assert_eq!(ask(&mut world, LNS, Code::CoaRequest, change), (Code::CoaNak, Some(501)));
}

#[test]
fn the_port_follows_the_configuration() {
    let mut world = called();
    assert!(world.nodes[LNS].sockets.contains(&Socket::DynamicAuthor));
    world.change(LNS, |config| config.aaa.dynamic_author.as_mut().unwrap().port = 3799);
    world.run(Duration::from_secs(1));
    assert!(world.nodes[LNS].sockets.contains(&Socket::DynamicAuthor));
    world.change(LNS, |config| config.aaa.dynamic_author = None);
    world.run(Duration::from_secs(1));
    assert!(!world.nodes[LNS].sockets.contains(&Socket::DynamicAuthor));
    // Nobody listens, whatever still arrives.
    let local = world.nodes[LNS].address.unwrap().into();
    let input =
        Input::Datagram { socket: Socket::DynamicAuthor, local, remote: (DAC, 1).into(), bytes: &[40; 30] };
    let now = world.now;
    world.nodes[LNS].engine.handle(now, input);
    world.drain(LNS);
    assert!(world.answers.is_empty());
    assert_eq!(world.nodes[LNS].engine.dynamic_author().unknown, 1);
    // A port that cannot be had is told.
    world.nodes[LNS].refuse =
        |request| matches!(request, HostRequest::OpenSocket { socket: Socket::DynamicAuthor, .. });
    world.change(LNS, dynamic);
    world.run(Duration::from_secs(1));
    assert!(world.has(LNS, "UDP port 1700"));
}

#[test]
fn a_request_of_another_time_is_not_heard() {
    let mut world = called();
    let (now, id) = (world.now, session_id(&world, LNS));
    world.nodes[LNS].engine.set_clock(now, Some(946_684_800));
    let stamped = |stamp: u32| vec![id.clone(), Attribute::integer(55, stamp)];
    let mut request = Packet {
        code: Code::DisconnectRequest,
        identifier: 9,
        authenticator: [0; 16],
        attributes: stamped(946_684_800 - 301),
    };
    let bytes = seal_request(&mut request, KEY, true).unwrap();
    let (local, remote) = (LNS_ADDRESS.into(), (DAC, 3799).into());
    let input = Input::Datagram { socket: Socket::DynamicAuthor, local, remote, bytes: &bytes };
    world.nodes[LNS].engine.handle(now, input);
    world.drain(LNS);
    assert_eq!((world.answers.len(), world.nodes[LNS].engine.sessions().len()), (0, 1));
    let answer = ask(&mut world, LNS, Code::DisconnectRequest, stamped(946_684_800 + 299));
    assert_eq!(answer, (Code::DisconnectAck, None));
}

/// What the records call a session names it, even where its numbers are none of the session's own.
#[test]
fn the_numbers_of_the_records_name_a_session() {
    let called = || {
        let mut lns = lns();
        dynamic(&mut lns);
        lns.aaa.accounting.unique_ids = true;
        lns.vpdn.session_accounting = Some("default".to_owned());
        lns.aaa.accounting.lists = vec![super::dynamic_changes::network_list()];
        let mut world = world_of(soho(), lac(), lns);
        assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
        world
    };
    let mut world = called();
    let engine = &world.nodes[LNS].engine;
    let port = engine.aaa_sessions()[0].port.unwrap();
    let own = engine.aaa_sessions()[0].number;
    let number = engine.port_numbers(port).find(|number| *number != own).expect("the link has its own");
    let id = vec![text(keys::ACCT_SESSION_ID, &number.to_string())];
    assert_eq!(ask(&mut world, LNS, Code::DisconnectRequest, id), (Code::DisconnectAck, None));
    let mut world = called();
    let engine = &world.nodes[LNS].engine;
    let serial = engine.connection(engine.aaa_sessions()[0].port.unwrap());
    let id = vec![Attribute::new(68, serial.as_bytes())];
    assert_eq!(ask(&mut world, LNS, Code::DisconnectRequest, id), (Code::DisconnectAck, None));
}
