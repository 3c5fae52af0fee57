//! CoA-Requests that change what a user has of its own, and identifications that are not the session's alone.

use super::dynamic::{ask, called, dynamic, refused, session_id, text};
use super::lab::*;
use super::radius;
use super::world::World;
use crate::config::views::{
    AccountingList, AccountingRecords, AccountingService, InterfaceConfig, InterfaceKind, Method,
    PeerAddress, User,
};
use crate::engine::aaa::Voucher;
use crate::engine::{ExecUser, Input, Socket};
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::{Attribute, Code};

/// The tunnel of the documented call, and its user with lines of its own.
const USERS: &str = r#"
dnis:614629 Cleartext-Password := "cisco"
    Tunnel-Type:1 = L2TP, Tunnel-Medium-Type:1 = IPv4, Tunnel-Server-Endpoint:1 = "10.51.6.82",
    Tunnel-Client-Auth-Id:1 = "hgw", Tunnel-Password:1 = "hello"

2500-1 Cleartext-Password := "cisco"
    Service-Type = Framed-User, Framed-Protocol = PPP, Framed-IP-Address = 255.255.255.255, Framed-MTU = 1290,
    Cisco-AVPair = "lcp:interface-config=description hello\\nip mtu 1300"
"#;

/// `aaa accounting network default start-stop group radius`.
pub fn network_list() -> AccountingList {
    AccountingList {
        service: AccountingService::Network,
        name: "default".to_owned(),
        records: AccountingRecords::StartStop,
        methods: vec![Method::Radius],
    }
}

/// The lab with the call up, its user as `USERS` has it.
fn called_with_lines() -> World {
    let (mut lac, mut lns) = (lac(), lns());
    dynamic(&mut lac);
    dynamic(&mut lns);
    let mut world = world_of(soho(), lac, lns);
    world.radius.file = radius::file(USERS);
    assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
    world
}

fn access(world: &World) -> InterfaceConfig {
    let access = world.nodes[LNS].engine.interface(&name(InterfaceKind::VirtualAccess, "1"));
    (*access.unwrap().config).clone()
}

fn change(world: &mut World, more: Attribute) -> (Code, Option<u32>) {
    let id = session_id(world, LNS);
    ask(world, LNS, Code::CoaRequest, vec![id, more])
}

fn lines(text: &str) -> Attribute {
    Attribute::with_key(keys::CISCO_AVPAIR, format!("lcp:interface-config={text}").as_bytes())
}

#[test]
fn new_lines_replace_those_of_the_accept() {
    let mut world = called_with_lines();
    let before = access(&world);
    assert_eq!((before.description.as_deref(), before.ip_mtu), (Some("hello"), Some(1300)));
    assert_eq!(change(&mut world, lines("keepalive 20")), (Code::CoaAck, None));
    let after = access(&world);
    // The MTU that another attribute gave is back, and the template is what it was.
    assert_eq!((after.description.as_deref(), after.ip_mtu), (None, Some(1290)));
    assert!(after.lines.iter().any(|line| line == "keepalive 20"), "{:?}", after.lines);
    assert!(after.lines.iter().any(|line| line == "ppp multilink"), "{:?}", after.lines);
    assert_eq!(change(&mut world, lines("description again")), (Code::CoaAck, None));
    let last = access(&world);
    assert_eq!(last.description.as_deref(), Some("again"));
    assert!(!last.lines.iter().any(|line| line.starts_with("keepalive")), "{:?}", last.lines);
    // None at all.
    assert_eq!(change(&mut world, lines("")), (Code::CoaAck, None));
    assert_eq!((access(&world).description, access(&world).ip_mtu), (None, Some(1290)));
}

#[test]
fn a_change_that_is_refused_changes_nothing_and_hinders_none_after_it() {
    let mut world = called_with_lines();
    let before = access(&world);
    for wrong in ["shutdown", "no such line", "description other\\nno such line"] {
        assert_eq!(change(&mut world, lines(wrong)), (Code::CoaNak, Some(506)), "{wrong}");
        assert_eq!(access(&world), before, "{wrong}");
    }
    assert_eq!(change(&mut world, Attribute::integer(27, 100)), (Code::CoaAck, None));
    assert_eq!(access(&world), before);
    assert_eq!(world.nodes[LNS].engine.sessions().len(), 1);
}

/// The interface of a user is as it was authorized, the template's later changes left out.
#[test]
fn a_change_is_put_onto_the_template_that_was_cloned() {
    let mut world = called_with_lines();
    world.change(LNS, |config| {
        let template = config.interfaces.iter_mut().find(|i| i.name.kind == InterfaceKind::VirtualTemplate);
        template.unwrap().description = Some("changed".to_owned());
    });
    assert_eq!(change(&mut world, lines("keepalive 20")), (Code::CoaAck, None));
    assert_eq!(access(&world).description, None);
}

#[test]
fn the_number_of_a_bundle_names_its_session() {
    let (lac, mut lns) = (lac(), lns());
    dynamic(&mut lns);
    lns.aaa.accounting.lists = vec![network_list()];
    let mut world = world_of(soho(), lac, lns);
    assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
    let start = world.radius.packets.iter().rev().find_map(|p| p.first(50)).expect("it is in the records");
    let id = Attribute::new(50, start);
    assert_eq!(ask(&mut world, LNS, Code::DisconnectRequest, vec![id]), (Code::DisconnectAck, None));
    world.seconds(2);
    assert!(world.nodes[LNS].engine.sessions().is_empty());
}

/// RFC 2865 section 5.1: the records of a user bear the name of its Access-Accept, where that has one.
#[test]
fn a_user_is_known_by_the_name_in_its_records_and_by_its_own() {
    for (user, known) in [("customer-7", true), ("2500-1", true), ("customer-8", false), ("", false)] {
        let mut world = called_with_lines();
        world.radius.file = radius::file(&format!("{}, User-Name = \"customer-7\"\n", USERS.trim_end()));
        super::wholesale::hang_up(&mut world);
        world.seconds(60);
        assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
        let answer = ask(&mut world, LNS, Code::DisconnectRequest, vec![text(keys::USER_NAME, user)]);
        assert_eq!(answer, if known { (Code::DisconnectAck, None) } else { refused(503) }, "{user}");
        assert_eq!(world.nodes[LNS].engine.sessions().is_empty(), known, "{user}");
    }
}

/// Who told who a user is does not change with what somebody else changes of it.
#[test]
fn a_user_of_this_router_stays_one_when_a_server_changes_its_time() {
    let (mut lac, mut lns) = (lac(), lns());
    dynamic(&mut lac);
    dynamic(&mut lns);
    lns.aaa.users = vec![User { password: Some("cisco".into()), ..User::new("2500-1") }];
    for list in lns.aaa.authentication_ppp.iter_mut().chain(&mut lns.aaa.authorization_network) {
        list.methods = vec![Method::Local];
    }
    lns.aaa.accounting.lists = vec![network_list()];
    for template in lns.interfaces.iter_mut().filter(|i| i.peer_address.is_some()) {
        template.peer_address = Some(PeerAddress::Fixed([10, 10, 53, 2].into()));
    }
    let mut world = world_of(soho(), lac, lns);
    world.radius.file = radius::file(USERS);
    assert!(world.ping(SOHO, LNS_ADDRESS).contains('!'));
    assert_eq!(change(&mut world, Attribute::integer(27, 30)), (Code::CoaAck, None));
    world.seconds(40);
    assert!(world.nodes[LNS].engine.sessions().is_empty(), "the change counts");
    let records = world.radius.packets.iter().filter(|p| p.first(40).is_some());
    let authentic: Vec<_> = records.map(|p| p.first(45).map(|value| value[3])).collect();
    assert_eq!(authentic, [Some(2), Some(2)], "Acct-Authentic of start and stop: local");
}

/// `vpdn aaa attribute nas-ip-address vpdn-nas`: what servers are told is what they ask with.
#[test]
fn the_address_of_the_lac_names_the_router_for_the_sessions_behind_it() {
    let mut world = called();
    let lac = Attribute::new(4, [10, 51, 6, 68]);
    let user = || text(keys::USER_NAME, "2500-1");
    let with_lac = vec![user(), lac.clone()];
    assert_eq!(ask(&mut world, LNS, Code::DisconnectRequest, with_lac.clone()), refused(403));
    world.change(LNS, |config| config.vpdn.nas_ip_of_lac = true);
    let stranger = vec![user(), Attribute::new(4, [10, 51, 6, 69])];
    assert_eq!(ask(&mut world, LNS, Code::DisconnectRequest, stranger), refused(403));
    let nobody = vec![text(keys::USER_NAME, "nobody"), lac];
    assert_eq!(ask(&mut world, LNS, Code::DisconnectRequest, nobody), refused(503));
    assert_eq!(ask(&mut world, LNS, Code::DisconnectRequest, with_lac), (Code::DisconnectAck, None));
}

#[test]
fn somebody_at_a_terminal_is_known_and_can_be_sent_away() {
    let mut world = called();
    let who = |line: u32, user: &str| ExecUser {
        line,
        console: false,
        name: format!("tty{line}"),
        user: user.to_owned(),
        voucher: Voucher { user_name: (line == 2).then(|| "staff-7".to_owned()), ..Voucher::default() },
        from: None,
        privilege: 1,
        list: None,
    };
    let now = world.now;
    world.nodes[LNS].engine.exec_started(now, who(0, ""));
    world.nodes[LNS].engine.exec_started(now, who(2, "keeper"));
    let users: Vec<_> = world.nodes[LNS].engine.aaa_sessions().iter().map(|s| s.user.to_string()).collect();
    assert_eq!(users, ["2500-1", "", "keeper"]);
    let keeper = || text(keys::USER_NAME, "keeper");
    let change = vec![keeper(), Attribute::integer(27, 60)];
    assert_eq!(ask(&mut world, LNS, Code::CoaRequest, change), (Code::CoaNak, Some(401)));
    let change = vec![text(keys::USER_NAME, "staff-7"), Attribute::integer(27, 60)];
    assert_eq!(ask(&mut world, LNS, Code::CoaRequest, change), (Code::CoaNak, Some(401)), "the same");
    let elsewhere = vec![keeper(), Attribute::new(87, *b"tty3")];
    assert_eq!(ask(&mut world, LNS, Code::DisconnectRequest, elsewhere), refused(503));
    let here = vec![keeper(), Attribute::new(87, *b"tty2")];
    assert_eq!(ask(&mut world, LNS, Code::DisconnectRequest, here), (Code::DisconnectAck, None));
    assert!(world.has(LNS, "POD: KILL tty2 keeper 0.0.0.0 0x"));
    assert_eq!(world.nodes[LNS].ended_terminals, [2]);
    assert_eq!(world.nodes[LNS].engine.sessions().len(), 1);
}

#[test]
fn what_is_dropped_is_told_by_the_debug_of_its_kind() {
    let mut world = called();
    let (local, remote) = (LNS_ADDRESS.into(), (super::dynamic::DAC, 3799).into());
    for code in [43, 40] {
        let bytes = [&[code, 1, 0, 20][..], &[7; 16]].concat();
        let input = Input::Datagram { socket: Socket::DynamicAuthor, local, remote, bytes: &bytes };
        let now = world.now;
        world.nodes[LNS].engine.handle(now, input);
        world.drain(LNS);
    }
    assert!(world.has(LNS, "COA: 10.51.6.3 request dropped: bad authenticator"));
    assert!(world.has(LNS, "POD: 10.51.6.3 request dropped: bad authenticator"));
}
