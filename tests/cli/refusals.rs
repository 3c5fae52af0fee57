//! Lines that fit the grammar and make no sense: refused in a file as at the prompt, and nothing else is lost.

use vpdnsh::config::nvgen::running_config;
use vpdnsh::config::{Store, Verdict};

/// What `vpdnsh check` and a router that boots make of a configuration: what was refused, each with its reason.
fn refused(text: &str) -> Vec<(String, String)> {
    let refused = |r: vpdnsh::config::LineReport| match r.verdict {
        Verdict::Refused(why) => Some((r.text, why)),
        Verdict::Accepted | Verdict::Inert => None,
    };
    Store::new().load(text).into_iter().filter_map(refused).collect()
}

/// The reason why the last line of a configuration is refused, and no other; empty when none is.
fn reason(text: &str) -> String {
    let refused = refused(text);
    assert!(refused.len() <= 1 && refused.iter().all(|r| text.trim_end().ends_with(&r.0)), "{refused:?}");
    refused.into_iter().next().map(|r| r.1).unwrap_or_default()
}

fn address(interface: &str, address: &str) -> String {
    reason(&format!("interface {interface}\n ip address {address}\n"))
}

#[test]
fn an_interface_has_the_address_of_a_host() {
    for (given, why) in [
        ("10.0.0.255 255.255.255.0", "Bad mask /24 for address 10.0.0.255"),
        ("10.0.0.0 255.255.255.0", "Bad mask /24 for address 10.0.0.0"),
        ("10.0.0.1 255.255.255.255", "Bad mask /32 for address 10.0.0.1"),
        ("10.0.0.1 0.0.0.0", "Bad mask /0 for address 10.0.0.1"),
        ("224.0.0.1 255.255.255.0", "Not a valid host address - 224.0.0.1"),
        ("255.255.255.255 255.255.255.255", "Not a valid host address - 255.255.255.255"),
        ("127.0.0.1 255.0.0.0", "Not a valid host address - 127.0.0.1"),
        ("0.0.0.0 0.0.0.0", "Not a valid host address - 0.0.0.0"),
        ("10.0.0.255 255.255.0.0", ""),
        ("10.0.0.0 255.255.255.254", ""),
    ] {
        assert_eq!(address("Ethernet0", given), why, "{given}");
        let secondary = if given.ends_with("254") { String::new() } else { why.to_owned() };
        assert_eq!(address("Vlan7", &format!("{given} secondary")), secondary, "{given} secondary");
    }
    for alone in ["Loopback0", "Dialer1", "Serial0", "Virtual-Template1"] {
        assert_eq!(address(alone, "10.0.0.1 255.255.255.255"), "");
    }
}

#[test]
fn two_interfaces_have_two_networks() {
    let first = "interface Ethernet0\n ip address 10.0.0.1 255.255.255.0\n";
    let second = |more: &str| format!("{first}interface Ethernet1\n{more}");
    let overlaps = "% 10.0.0.0 overlaps with Ethernet0";
    assert_eq!(reason(&second(" ip address 10.0.0.2 255.255.255.0\n")), overlaps);
    assert_eq!(reason(&second(" ip address 10.0.0.2 255.255.255.128\n")), overlaps);
    assert_eq!(reason(&second(" ip address 10.9.0.2 255.0.0.0\n")), overlaps);
    assert_eq!(reason(&second(" ip address 10.0.1.2 255.255.255.0\n")), "");
    let vlan = format!("{first}interface Ethernet1.7\n ip address 10.0.0.2 255.255.255.0\n");
    assert_eq!(reason(&vlan), overlaps);
    // Its own address may move inside its network; a Virtual-Template only lends what it has.
    assert_eq!(reason(&format!("{first} ip address 10.0.0.2 255.255.255.0\n")), "");
    let template = "interface Virtual-Template1\n ip address 10.0.0.1 255.255.255.0\n";
    assert_eq!(reason(&format!("{first}{template}")), "");
    assert_eq!(reason(&format!("{template}{first}")), "");
}

#[test]
fn an_interface_that_is_shut_down_overlaps_with_none_until_it_comes_up() {
    let both = "interface Ethernet0\n ip address 10.0.0.1 255.255.255.0\n!\n\
                interface Ethernet1\n description spare\n ip address 10.0.0.2 255.255.255.0\n shutdown\n!\n";
    // In a file `shutdown` stands behind the address, whether it is indented or not.
    let flat: String = both.lines().map(|l| format!("{}\n", l.trim())).collect();
    for text in [both, &flat] {
        assert_eq!(refused(text), []);
        let mut store = Store::new();
        store.load(text);
        assert_eq!(refused(&running_config(&store)), []);
        let stays = "% 10.0.0.0 overlaps with Ethernet0\nEthernet1: incorrect IP address assignment";
        assert_eq!(reason(&format!("{text}interface Ethernet1\n no shutdown\n")), stays);
        assert_eq!(reason(&format!("{text}interface Ethernet1\n default shutdown\n")), stays);
        let other = format!("{text}interface Ethernet0\n shutdown\ninterface Ethernet1\n no shutdown\n");
        assert_eq!(reason(&other), "");
    }
    // The shutdown of another block is none of this one's.
    let other = both.replace(" shutdown\n!\n", "!\ninterface Ethernet2\n shutdown\n");
    let why = "% 10.0.0.0 overlaps with Ethernet0".to_owned();
    assert_eq!(refused(&other), [("ip address 10.0.0.2 255.255.255.0".to_owned(), why)]);
}

#[test]
fn a_route_leads_to_a_network() {
    for to in ["10.1.1.1 255.255.255.0", "10.1.1.0 0.0.0.0"] {
        assert_eq!(reason(&format!("ip route {to} 10.0.0.1\n")), "%Inconsistent address and mask");
    }
    assert_eq!(reason("ip route 10.1.1.1 255.255.255.255 10.0.0.1\nip route 0.0.0.0 0.0.0.0 10.0.0.1\n"), "");
}

#[test]
fn a_pool_has_each_address_once_and_not_too_many() {
    let first = "ip local pool P 10.0.0.1 10.0.0.9\n";
    for (second, why) in [
        ("P 10.0.1.9 10.0.1.1", "%Bad IP range, 10.0.1.9 - 10.0.1.1"),
        ("P 10.0.0.9 10.0.0.20", "%IP address range overlaps with pool: P"),
        ("default 10.0.0.5", "%IP address range overlaps with pool: P"),
        ("Q 10.0.0.0 10.0.255.255", "%IP address range overlaps with pool: P"),
        ("Q 11.0.0.1 11.255.255.255", "%IP address range is larger than 65536 addresses"),
        ("Q 11.0.0.0 11.0.255.255", ""),
        ("Q 10.0.0.5 group other", ""),
        ("P 10.0.0.10 10.0.0.20", ""),
        ("P 10.0.0.1 10.0.0.20", ""),
    ] {
        assert_eq!(reason(&format!("{first}ip local pool {second}\n")), why, "{second}");
    }
}

#[test]
fn a_host_has_a_name_that_a_host_can_have() {
    let illegal = "% Hostname contains one or more illegal characters.";
    let (longest, long) = ("a".repeat(63), "a".repeat(64));
    for (name, why) in [
        ("-a", illegal),
        ("a-", illegal),
        ("a/b", illegal),
        ("b\u{e4}r", illegal),
        (&long, "% Hostname is longer than 63 characters"),
        (&longest, ""),
        ("2500-1", ""),
        ("cisco_vpdn.example", ""),
    ] {
        assert_eq!(reason(&format!("hostname {name}\n")), why, "{name}");
    }
}

#[test]
fn words_that_have_a_shape_have_it() {
    for line in [
        "version foo",
        "version 12.x",
        "clock timezone X 99",
        "clock timezone X 1-",
        "vpdn domain-delimiter xyz",
        "controller T1 99/99/99",
        "controller T1 0/0/0/0",
        "interface Virtual-Template0",
        "interface Virtual-Template 5000",
        "interface Virtual-Template1/2",
        "interface Serial0:23:1",
        "interface Serial0:",
        "interface Ethernet0:1",
        "interface Ethernet0/0/0/0",
        "interface Ethernet0.1.2",
        "interface Null7",
        "interface Loopback99999999999",
    ] {
        let why = reason(&format!("{line}\n"));
        assert!(why.starts_with("% Invalid input detected at"), "{line}: {why:?}");
    }
    for line in [
        "version 12.2(8)T",
        "clock timezone MST -7",
        "clock timezone NPT 5 45",
        "vpdn domain-delimiter %-@\\#/",
        "controller E1 1/0/0",
        "interface Virtual-Template4095",
        "interface Serial1/0:15",
        "interface ATM0/0.32 point-to-point",
        "interface g0/1.5",
        "interface Group-Async1",
        "vpdn outgoing cisco.com isp ip 1.2.3.4",
        "vpdn outgoing dnis:5551000 isp ip 1.2.3.4",
        "vpdn outgoing domain cisco.com isp ip 1.2.3.4",
    ] {
        assert_eq!(reason(&format!("{line}\n")), "", "{line}");
    }
}

#[test]
fn a_method_that_was_named_is_no_list() {
    let authentication = |text: &str| reason(&format!("interface BRI0\n ppp authentication {text}\n"));
    for twice in ["chap chap pap", "chap pap chap", "ms-chap callin callin"] {
        assert!(authentication(twice).starts_with("% Invalid input detected at"), "{twice}");
    }
    assert_eq!(authentication("chap pap chaps"), "");
}

#[test]
fn lines_are_numbered_upwards() {
    let text = "line vty 4 0\n password secret\n login\n";
    let why: Vec<String> = refused(text).into_iter().map(|r| r.1).collect();
    assert_eq!(why[0], "% Bad line range: 0 is before 4");
    assert_eq!(why[1..], ["% It belongs to a line that was refused"; 2]);
    let mut store = Store::new();
    let before = running_config(&store);
    store.load(text);
    assert_eq!(running_config(&store), before);
}

#[test]
fn a_block_that_is_refused_is_not_that_of_the_interface_before() {
    let text = "interface Ethernet0\n ip address 10.0.0.1 255.255.255.0\n!\n\
                interface Virtual-Access1\n description x\n no ip address\n shutdown\n!\n\
                interface Virtual-Template5000\n no ip address\n!\nno interface Virtual-Access1\n\
                ip route 0.0.0.0 0.0.0.0 10.0.0.2\n";
    let flat: String = text.lines().map(|l| format!("{}\n", l.trim())).collect();
    let cannot = "% Virtual-Access interfaces cannot be configured";
    let report = refused(text);
    let why: Vec<&str> = report.iter().map(|r| r.1.as_str()).collect();
    let lost = "% It belongs to a line that was refused";
    let range = "% Invalid input detected at \"Virtual-Template5000\"";
    assert_eq!(why, [cannot, lost, lost, lost, range, lost, cannot]);
    let margin = "interface Virtual-Access1\n description x\nisdn switch-type basic-5ess\n";
    assert_eq!(refused(margin).len(), 2);
    let without_range = flat.replace("interface Virtual-Template5000\nno ip address\n", "");
    assert_eq!(refused(&without_range).len(), 5);
    for text in [text, &without_range] {
        let mut store = Store::new();
        store.load(text);
        let shown = running_config(&store);
        assert!(shown.contains("interface Ethernet0\n ip address 10.0.0.1 255.255.255.0\n!\n"), "{shown}");
        assert!(shown.contains("ip route 0.0.0.0 0.0.0.0 10.0.0.2\n") && !shown.contains("Virtual"));
    }
}

#[test]
fn what_stands_behind_the_end_or_is_too_long_has_no_effect() {
    let text = "hostname a\nend\n!\nhostname b\nfoo bar\n";
    let verdicts: Vec<Verdict> = Store::new().load(text).into_iter().map(|r| r.verdict).collect();
    let (accepted, inert) = (Verdict::Accepted, Verdict::Inert);
    assert_eq!(verdicts, [accepted.clone(), accepted.clone(), accepted, inert.clone(), inert]);
    let described = |count: usize| format!("interface Ethernet0\n description {}\n", "x".repeat(count));
    assert_eq!(reason(&described(242)), "");
    assert_eq!(reason(&described(243)), "% Line is longer than 254 characters");
    assert_eq!(reason(&format!("banner motd #{}\n{}#\n", "x".repeat(9), "x".repeat(999))), "");
}

#[test]
fn an_access_server_is_pasted_whole() {
    let text = "tacacs-server host 10.0.0.5 single-connection timeout 3 key geheim\ntacacs-server key geheim\n\
                tacacs-server timeout 9\nno tacacs-server directed-request\n\
                interface Ethernet0\n ip address 10.0.0.1 255.255.255.0\n ip helper-address 10.0.0.7\n \
                ip verify unicast reverse-path\n\
                interface Group-Async1\n ip unnumbered Ethernet0\n encapsulation ppp\n async mode interactive\n \
                async default routing\n group-range 1 8\n\
                line 1 8\n autoselect during-login\n autoselect ppp\n modem InOut\n";
    let mut store = Store::new();
    for report in store.load(text) {
        assert!(!matches!(report.verdict, Verdict::Refused(_)), "{report:?}");
        let inert = ["tacacs", "helper", "verify", "async ", "group-range", "autoselect"];
        let is_inert = inert.iter().any(|word| report.text.contains(word));
        assert_eq!(report.verdict == Verdict::Inert, is_inert || report.text.contains("modem"), "{report:?}");
    }
    let shown = running_config(&store);
    for line in text.lines() {
        assert!(shown.contains(&format!("{line}\n")), "{line}: {shown}");
    }
    store.load("service password-encryption\n");
    assert!(!running_config(&store).contains("geheim"));
}
