//! What the configuration puts into an Access-Request, and `test aaa`.

use super::*;
use crate::config::views::RadiusExtras;
use crate::proto::radius::Packet;
use crate::proto::radius::dictionary::keys;

fn with_extras(extras: RadiusExtras) -> AaaConfig {
    AaaConfig { extras, ..lns_config() }
}

/// The Access-Request of a PAP user.
fn asked(config: &AaaConfig) -> Packet {
    let mut bench = Bench::new(config);
    let hints = Hints { address: Some([10, 9, 9, 9].into()), session_id: Some("0000001C".to_owned()) };
    bench.run(|aaa, cx| {
        aaa.authenticate_with(cx, ask(pap_credentials("bob", "builder"), Some("vpdn")), hints)
    });
    let sent = bench.outputs().into_iter().find_map(|output| match output {
        AaaOutput::Transmit { bytes, .. } => Some(bytes),
        AaaOutput::OpenSocket { .. }
        | AaaOutput::Syslog { .. }
        | AaaOutput::Event(_)
        | AaaOutput::Accounting(_)
        | AaaOutput::Login(..)
        | AaaOutput::Tested(..) => None,
    });
    Packet::decode(&sent.expect("a request")).expect("our own")
}

#[test]
fn nothing_is_added_unasked() {
    let packet = asked(&lns_config());
    assert!([8, 32, 44, 26].iter().all(|&kind| packet.first(kind).is_none()));
}

#[test]
fn each_line_adds_its_attribute_behind_the_others() {
    let packet = asked(&with_extras(RadiusExtras {
        framed_ip: true,
        identifier: Some("lns at %i".to_owned()),
        session_id: true,
        extended_nas_port: true,
        vsa_authentication: true,
        ..RadiusExtras::default()
    }));
    let kinds: Vec<u8> = packet.attributes.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [4, 5, 61, 1, 30, 31, 2, 6, 7, 8, 32, 44, 26]);
    assert_eq!(packet.first(8), Some(&[10, 9, 9, 9][..]));
    assert_eq!(packet.first(32), Some(&b"lns at 10.51.6.82"[..]));
    assert_eq!(packet.value_of(keys::ACCT_SESSION_ID), Some(&b"0000001C"[..]));
    assert_eq!(packet.value_of(keys::CISCO_NAS_PORT), Some(&b"Virtual-Access4"[..]));
}

#[test]
fn the_port_is_shaped_by_three_lines() {
    let kinds = |hides, extended, vsa| {
        let extras = RadiusExtras {
            hides_nas_port: hides,
            extended_nas_port: extended,
            vsa_authentication: vsa,
            ..RadiusExtras::default()
        };
        let packet = asked(&with_extras(extras));
        [5, 26].map(|kind| packet.first(kind).is_some())
    };
    assert_eq!(kinds(false, false, true), [true, false], "there is no other attribute of Cisco's to send");
    assert_eq!(kinds(false, true, false), [true, false], "Cisco's are not sent");
    assert_eq!(kinds(false, true, true), [true, true]);
    assert_eq!(kinds(true, true, true), [false, true], "in place of the number");
    assert_eq!(kinds(true, false, false), [false, false]);
}

fn test(group: Option<&str>, password: &str) -> PasswordTest {
    PasswordTest { group: group.map(str::to_owned), user: "bob".to_owned(), password: Secret::new(password) }
}

/// What became of one test, with bob's password at the server.
fn tested(config: &AaaConfig, test: &PasswordTest) -> TestOutcome {
    let mut bench = Bench::new(config);
    let mut node = node("bob Cleartext-Password := \"builder\"\n\tSession-Timeout = 60\n");
    let ticket = bench.run(|aaa, cx| aaa.test(cx, NAS, test));
    let mut entropy = Seeded::new(1);
    loop {
        for output in bench.outputs() {
            match output {
                AaaOutput::Transmit { socket, remote, bytes, .. } => {
                    let answer = node.handle(&mut entropy, (NAS, 1645).into(), &bytes);
                    if let Some(answer) = answer.filter(|_| remote.ip() == SERVER) {
                        bench.run(|aaa, cx| aaa.handle_datagram(cx, socket, remote, &answer));
                    }
                }
                AaaOutput::Tested(of, outcome) => {
                    assert_eq!(of, ticket);
                    assert!(bench.aaa.is_quiet());
                    return outcome;
                }
                AaaOutput::OpenSocket { .. }
                | AaaOutput::Syslog { .. }
                | AaaOutput::Accounting(_)
                | AaaOutput::Login(..)
                | AaaOutput::Event(_) => {}
            }
        }
        if let Some(at) = bench.aaa.next_timeout() {
            bench.now = at;
            bench.run(|aaa, cx| aaa.handle_timeout(cx));
        }
    }
}

#[test]
fn a_password_is_tested() {
    let config = AaaConfig { server_groups: vec![group("far", [10, 51, 6, 9].into())], ..lns_config() };
    let TestOutcome::Accepted(attributes) = tested(&config, &test(None, "builder")) else {
        panic!("it is right")
    };
    assert!(attributes.iter().any(|a| a.key() == keys::SESSION_TIMEOUT));
    assert_eq!(tested(&config, &test(None, "joiner")), TestOutcome::Rejected);
    assert_eq!(tested(&config, &test(Some("far"), "builder")), TestOutcome::NoAnswer);
    assert_eq!(tested(&config, &test(Some("nowhere"), "builder")), TestOutcome::NoAnswer);
}

#[test]
fn nobody_waits_for_a_cancelled_test() {
    let mut bench = Bench::new(&lns_config());
    let ticket = bench.run(|aaa, cx| aaa.test(cx, NAS, &test(None, "builder")));
    bench.outputs();
    bench.run(|aaa, cx| aaa.cancel(cx, ticket));
    assert!(bench.aaa.is_quiet());
    let ticket = bench.run(|aaa, cx| aaa.test(cx, NAS, &test(Some("nowhere"), "builder")));
    bench.run(|aaa, cx| aaa.cancel(cx, ticket));
    assert!(!bench.outputs().iter().any(|output| matches!(output, AaaOutput::Tested(..))));
}
