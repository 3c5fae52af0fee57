//! `test aaa`, `debug radius` and the screens of RADIUS, against the embedded server.

use super::*;
use crate::lab::radius_node::{ClientEntry, RadiusNode, Users};
use crate::proto::radius::dictionary::keys;
use crate::proto::radius::{Attribute, Code, Packet, Secret, seal_request};

const R: &str = "version 15.1\nhostname R\naaa new-model\nradius-server host 10.0.0.3 auth-port 1812 acct-port 1813 \
                 timeout 2 retransmit 1 key s3cret\nradius-server host 10.0.0.4 auth-port 1812 acct-port 1813 timeout 2 \
                 retransmit 1 key s3cret\naaa group server radius far\n server 10.0.0.4 auth-port 1812 acct-port 1813\n\
                 interface Ethernet0\n ip address 10.0.0.1 255.255.255.0\n";

/// The server at 10.0.0.3 answers what was asked so far; nobody is at 10.0.0.4.
fn answer(bench: &mut Bench) {
    let users = Users::parse("bob Cleartext-Password := \"builder\"\n\tSession-Timeout = 60\n").unwrap();
    let client = ClientEntry {
        network: "10.0.0.0/24".parse().unwrap(),
        secret: Secret::new("s3cret"),
        require_message_authenticator: true,
    };
    let mut node = RadiusNode::new(users, vec![client]);
    let from: SocketAddr = "10.0.0.1:1645".parse().unwrap();
    for (socket, remote, bytes) in std::mem::take(&mut bench.asked) {
        if remote.ip().to_string() != "10.0.0.3" {
            continue;
        }
        let Some(bytes) = node.handle(&mut Seeded::new(2), from, &bytes) else { continue };
        let input = engine::Input::Datagram { socket, local: from.ip(), remote, bytes: &bytes };
        bench.router.handle(bench.now, Input::Engine(input));
        bench.settle();
    }
}

/// What a command prints once the server has answered or the time is over.
fn tested(bench: &mut Bench, line: &str) -> String {
    let mut text = bench.shown(line);
    answer(bench);
    bench.pass(Duration::from_secs(20));
    text.push_str(&std::mem::take(&mut bench.screen(CONSOLE).text));
    text
}

#[test]
fn the_legacy_form_tells_right_wrong_and_silence_apart() {
    let mut bench = Bench::enabled(R);
    let attempting =
        |group: &str| format!("Attempting authentication test to server-group {group} using radius\n");
    let right = tested(&mut bench, "test aaa group radius bob builder legacy");
    assert_eq!(right, attempting("radius") + "User was successfully authenticated.\n\nR#");
    let wrong = tested(&mut bench, "test aaa group radius bob joiner legacy");
    assert_eq!(wrong, attempting("radius") + "User authentication request was rejected by server.\n\nR#");
    let silent = tested(&mut bench, "test aaa group far bob builder legacy");
    assert!(silent.starts_with(&attempting("far")), "{silent}");
    assert!(silent.contains("No authoritative response from any server.\n\n"), "{silent}");
}

#[test]
fn the_new_code_shows_what_came_with_the_answer() {
    let mut bench = Bench::enabled(R);
    let right = tested(&mut bench, "test aaa group radius bob builder new-code");
    assert!(right.starts_with("User successfully authenticated\n\nUSER ATTRIBUTES\n\nusername "), "{right}");
    assert!(right.contains("session-timeout      0   60 (0x3C)\n"), "{right}");
    assert!(tested(&mut bench, "test aaa group radius eve builder new-code").starts_with("User rejected\n"));
}

#[test]
fn a_test_is_interrupted() {
    let mut bench = Bench::enabled(R);
    bench.lines("test aaa group radius bob builder legacy");
    assert_eq!(bench.waits(), Waits::Nothing);
    bench.type_on(CONSOLE, ConsoleInput::Interrupt);
    assert_eq!(bench.waits(), Waits::Line);
    bench.screen(CONSOLE).text.clear();
    answer(&mut bench);
    assert_eq!(bench.screen(CONSOLE).text, "", "the answer that comes too late is for nobody");
    assert_eq!(tested(&mut bench, "show aaa servers | include Authen").lines().count(), 3);
}

#[test]
fn what_was_asked_is_counted_and_cleared() {
    let mut bench = Bench::enabled(R);
    tested(&mut bench, "test aaa group radius bob builder legacy");
    tested(&mut bench, "test aaa group far bob builder legacy");
    let servers = bench.shown("show aaa servers");
    assert!(servers.contains("Authen: request 1, timeouts 0, failover 0, retransmission 0\n"), "{servers}");
    assert!(servers.contains("Authen: request 1, timeouts 2, failover 0, retransmission 1\n"), "{servers}");
    assert!(servers.contains("     Dead: total time 0s, count 1\n"), "{servers}");
    let statistics = bench.shown("show radius statistics");
    assert!(
        statistics.contains("     Packets with responses:          1          0          1\n"),
        "{statistics}"
    );
    bench.lines("clear aaa counters servers all");
    assert!(!bench.shown("show aaa servers").contains("request 1"));
    tested(&mut bench, "test aaa group radius bob builder legacy");
    bench.lines("clear radius statistics");
    assert!(!bench.shown("show aaa servers").contains("request 1"));
}

#[test]
fn a_stranger_at_the_port_of_dynamic_author_is_counted() {
    let mut bench = Bench::enabled(R);
    bench.lines(
        "configure terminal\naaa server radius dynamic-author\nclient 10.0.0.3 server-key s3cret\nend\ndebug aaa pod",
    );
    bench.pass(Duration::from_secs(1));
    assert!(bench.requests.contains(&HostRequest::OpenSocket { socket: Socket::DynamicAuthor, port: 1700 }));
    let remote = "10.0.0.9:4000".parse().unwrap();
    let local = "10.0.0.1".parse().unwrap();
    let input = engine::Input::Datagram { socket: Socket::DynamicAuthor, local, remote, bytes: &[40; 20] };
    bench.router.handle(bench.now, Input::Engine(input));
    bench.settle();
    let shown = bench.shown("show aaa clients");
    assert!(shown.starts_with("Dropped request packets: 1\n\nRADIUS client 10.0.0.3\n"), "{shown}");
    let log = bench.shown("show debugging");
    assert!(log.contains("AAA POD packet processing debugging is on\n"), "{log}");
    let text = bench.shown("show running-config");
    let lines = "aaa server radius dynamic-author\n client 10.0.0.3 server-key s3cret\n";
    assert!(text.contains(lines), "{text}");
}

#[test]
fn each_debug_radius_is_a_switch_of_its_own() {
    let mut bench = Bench::enabled(R);
    let on = bench.shown("debug radius authentication");
    let expected = "Radius protocol debugging is on
Radius protocol brief debugging is off
Radius protocol verbose debugging is off
Radius packet hex dump debugging is off
Radius packet protocol (authentication) debugging is on
Radius packet protocol (accounting) debugging is off
Radius elog debugging debugging is off
Radius DTLS debugging debugging is off
Radius packet retransmission debugging is off
Radius table debugging is on
Radius server fail-over debugging is off
R#";
    assert_eq!(on, expected);
    let text = tested(&mut bench, "test aaa group radius bob builder legacy");
    assert!(
        text.contains("Send Access-Request to 10.0.0.3:1812")
            && text.contains("User-Password       [2]   18  *")
    );
    let text = bench.shown("undebug radius");
    assert!(text.starts_with("Radius protocol debugging is off\n") && !text.contains("is on"), "{text}");
    bench.lines("debug radius accounting");
    assert!(!tested(&mut bench, "test aaa group radius bob builder legacy").contains("RADIUS"));
    bench.lines("debug radius brief");
    let text = tested(&mut bench, "test aaa group radius bob builder legacy");
    assert!(text.contains("Send Access-Request to") && !text.contains("User-Name"), "{text}");
    assert!(!text.contains("authenticator"), "{text}");
    let mut old = Bench::enabled(&R.replace("15.1", "12.0"));
    assert_eq!(old.shown("debug radius"), "Radius protocol debugging is on\nR#");
    assert_eq!(old.shown("debug radius brief"), "Radius protocol brief debugging is on\nR#");
    assert!(old.shown("show debugging").contains("Radius protocol brief debugging is on\n"));
    assert_eq!(old.shown("no debug radius"), "Radius protocol debugging is off\nR#");
    assert!(!old.shown("show debugging").contains("Radius"));
}

#[test]
fn the_unique_ident_of_the_startup_config_counts_the_boots() {
    for (typed, next) in [("radius-server unique-ident 7", 8), ("radius-s unique 255", 1)] {
        let startup = format!("{R}! for the books\n{typed}\nend\n");
        let mut bench = Bench::enabled(&startup);
        let line = format!("radius-server unique-ident {next}\n");
        assert!(bench.shown("show running-config").contains(&line));
        // The rest of it is as it was written.
        let saved = bench.saved.take();
        assert_eq!(saved, Some(startup.replace(&format!("{typed}\n"), &line)));
        assert!(bench.shown("show startup-config").contains("! for the books\n"));
        bench.lines("configure terminal\nradius-server unique-ident 40\nend");
        assert_eq!(bench.saved, None, "what is typed holds as it is");
    }
    // One that cannot be kept is told of, and the startup-config is as it was.
    let mut bench = Bench::enabled(&format!("{R}logging buffered\nradius-server unique-ident 7\n"));
    bench.cannot_save = Some("No space left on device".to_owned());
    bench.router.core.count_life();
    bench.settle();
    assert!(bench.shown("show startup-config").contains("radius-server unique-ident 8\n"));
    let log = bench.shown("show logging");
    assert!(log.contains("startup-config could not be written: No space left on device"), "{log}");
    let mut bench = Bench::enabled(&format!("{R}radius-server unique-ident 0\n"));
    assert_eq!((bench.saved.take(), Bench::enabled(R).saved), (None, None));
}

/// The accounting records that were sent so far: Acct-Status-Type of each.
fn recorded(bench: &Bench) -> Vec<u32> {
    let packets = bench.asked.iter().filter(|(_, remote, _)| remote.port() == 1813);
    let packets = packets.filter_map(|(_, _, bytes)| Packet::decode(bytes).ok());
    packets
        .filter_map(|packet| packet.value_of(keys::ACCT_STATUS_TYPE)?.try_into().ok())
        .map(u32::from_be_bytes)
        .collect()
}

/// A RADIUS client ends what goes on at a network line; the console of nobody stays.
#[test]
fn a_disconnect_ends_the_session_at_a_terminal() {
    let mut bench = Bench::enabled(&format!(
        "{R}aaa authentication login default local\nusername keeper password 0 peeper\n\
         line vty 0 4\n privilege level 15\n\
         aaa accounting exec default start-stop group radius\n\
         aaa server radius dynamic-author\n client 10.0.0.3 server-key s3cret\n"
    ));
    bench.lines("keeper\npeeper\nenable\nterminal length 0");
    bench.type_on(VTY, ConsoleInput::Open { console: false });
    for text in ["keeper", "peeper"] {
        bench.line_on(VTY, text);
    }
    // The console began as anybody does; a network line may begin with every privilege.
    let recorded = bench.shown("show accounting");
    assert!(recorded.contains("on Interface tty0, User keeper Priv 1\n"), "{recorded}");
    assert!(recorded.contains("on Interface tty2, User keeper Priv 15\n"), "{recorded}");
    let sessions = bench.shown("show aaa sessions");
    assert_eq!(sessions.matches("   User Name: keeper\n").count(), 2, "{sessions}");
    let attributes = vec![Attribute::new(1, *b"keeper"), Attribute::new(87, *b"tty2")];
    let mut request =
        Packet { code: Code::DisconnectRequest, identifier: 1, authenticator: [0; 16], attributes };
    let bytes = seal_request(&mut request, b"s3cret", true).unwrap();
    let (local, remote) = ("10.0.0.1".parse().unwrap(), "10.0.0.3:4000".parse().unwrap());
    // The start records are answered: the stop follows at once.
    answer(&mut bench);
    let input = engine::Input::Datagram { socket: Socket::DynamicAuthor, local, remote, bytes: &bytes };
    bench.router.handle(bench.now, Input::Engine(input));
    bench.settle();
    let answer = bench.asked.iter().find(|(_, to, _)| *to == remote).expect("an answer");
    assert_eq!(Packet::decode(&answer.2).unwrap().code, Code::DisconnectAck);
    assert_eq!(bench.screen(VTY).waits, Waits::Closed);
    let sessions = bench.shown("show aaa sessions");
    assert_eq!(sessions.matches("   User Name: keeper\n").count(), 1, "{sessions}");
    let stop = bench.asked.iter().find(|(_, to, _)| to.port() == 1813).expect("its stop record");
    let stop = Packet::decode(&stop.2).unwrap();
    assert_eq!(stop.value_of(keys::ACCT_TERMINATE_CAUSE), Some(&6u32.to_be_bytes()[..]));
    assert_eq!(stop.value_of(keys::NAS_PORT), Some(&2u32.to_be_bytes()[..]));
}

#[test]
fn a_router_that_is_asked_to_end_says_farewell_first() {
    let mut bench = Bench::enabled(&format!(
        "{R}aaa accounting system default start-stop group radius\n\
         aaa accounting exec default start-stop group radius\n"
    ));
    assert_eq!(recorded(&bench), [7], "Accounting-On, then Start");
    answer(&mut bench);
    assert_eq!(recorded(&bench), [1]);
    answer(&mut bench);
    bench.router.handle(bench.now, Input::PowerOff);
    bench.settle();
    assert_eq!((bench.off, recorded(&bench)), (false, vec![2]), "Stop, then Accounting-Off");
    bench.router.handle(bench.now, Input::PowerOff);
    bench.settle();
    // Nobody would record the end of what begins now.
    bench.type_on(VTY, ConsoleInput::Open { console: false });
    assert_eq!(recorded(&bench), [2]);
    answer(&mut bench);
    assert_eq!((bench.off, recorded(&bench)), (false, vec![8]));
    answer(&mut bench);
    assert_eq!((bench.off, bench.reloads), (true, 0));
}

#[test]
fn a_router_that_is_asked_to_end_does_not_wait_for_ever() {
    let mut bench = Bench::enabled("hostname R\n");
    bench.router.handle(bench.now, Input::PowerOff);
    bench.settle();
    assert!(bench.off, "there is nobody to wait for");
    let mut bench = Bench::enabled(&format!("{R}aaa accounting system default start-stop group radius\n"));
    bench.router.handle(bench.now, Input::PowerOff);
    bench.settle();
    bench.pass(Duration::from_secs(4));
    assert!(!bench.off);
    bench.pass(Duration::from_secs(2));
    assert!(bench.off);
}
