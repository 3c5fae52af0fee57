//! The store and NVGEN: what replaces what, what is shown where.

use super::check::{Totals, check_text};
use super::nvgen::running_config;
use super::*;
use crate::cli::parse;
use crate::grammar::Command;
use crate::grammar::Mode;
use crate::grammar::command::vpdn::VpdnCommand;
use crate::grammar::table::Op;

fn load(text: &str) -> Store {
    let mut store = Store::new();
    for r in store.load(text) {
        assert!(!matches!(r.verdict, Verdict::Refused(_)), "{r:?}");
    }
    store
}

/// The part of NVGEN between the host name and the terminal lines.
fn shown(text: &str) -> String {
    let all = running_config(&load(text));
    let body = all.split_once("hostname Router\n!\n").map_or("", |s| s.1);
    body.split_once("line con 0\n").map_or("", |s| s.0).to_owned()
}

#[test]
fn an_empty_configuration_has_its_frame() {
    assert_eq!(
        running_config(&Store::new()),
        "version 12.0\n!\nhostname Router\n!\nline con 0\nline aux 0\nline vty 0 4\n!\nend\n"
    );
}

#[test]
fn the_groups_of_the_documented_call() {
    let text = "vpdn enable\nvpdn-group 1\n accept-dialin\n  protocol l2tp\n  virtual-template 1\n terminate-from hostname hgw\n \
                local name l2tp-gw\n l2tp tunnel password hello\n";
    assert_eq!(shown(text), format!("{}!\n", text.replacen("vpdn-group", "!\nvpdn-group", 1)));
}

#[test]
fn a_default_group_says_so() {
    assert!(shown("vpdn-group 1\naccept-dialin\nprotocol l2tp\nvirtual-template 1\nno l2tp tunnel authentication\n")
        .contains("vpdn-group 1\n ! Default L2TP VPDN group\n accept-dialin\n  protocol l2tp\n  virtual-template 1\n no l2tp tunnel authentication\n"));
    assert!(
        !shown("vpdn-group 1\naccept-dialin\nprotocol l2tp\nterminate-from hostname x\n").contains("Default")
    );
}

#[test]
fn old_forms_are_shown_in_the_new_form() {
    assert_eq!(
        shown(
            "vpdn-group 1\n accept dialin l2tp virtual-template 1 remote hgw\nvpdn-group 2\n request dialin l2tp ip 10.0.0.1 domain cisco.com\n"
        ),
        "vpdn-group 1\n accept-dialin\n  protocol l2tp\n  virtual-template 1\n terminate-from hostname hgw\n!\n\
         vpdn-group 2\n request-dialin\n  protocol l2tp\n  domain cisco.com\n initiate-to ip 10.0.0.1\n!\n"
    );
}

#[test]
fn a_single_valued_command_replaces_and_a_keyed_one_adds() {
    let text = "vpdn-group 1\n local name a\n local name b\n initiate-to ip 10.0.0.2\n initiate-to ip 10.0.0.3 priority 2\n initiate-to ip 10.0.0.2 limit 5\n";
    assert_eq!(
        shown(text),
        "vpdn-group 1\n initiate-to ip 10.0.0.2 limit 5\n initiate-to ip 10.0.0.3 priority 2\n local name b\n!\n"
    );
    assert_eq!(
        shown(&format!("{text} no initiate-to ip 10.0.0.2\n no local name\n")),
        "vpdn-group 1\n initiate-to ip 10.0.0.3 priority 2\n!\n"
    );
}

/// A server is its address and its ports, typed or not.
#[test]
fn servers_of_one_address_are_told_apart_by_their_ports() {
    let servers = |text: &str| shown(text).replace("!\n", "");
    let host = "radius-server host 10.0.0.1";
    let other = format!("{host} auth-port 1812 acct-port 1813");
    let both = format!("{host} key one\n{other}\n");
    assert_eq!(servers(&both), both);
    assert_eq!(servers(&format!("{both}{host} acct-port 1646 auth-port 1645 key two\n")), {
        format!("{host} auth-port 1645 acct-port 1646 key two\n{other}\n")
    });
    assert_eq!(servers(&format!("{both}{other} key two\n")), format!("{host} key one\n{other} key two\n"));
    assert_eq!(servers(&format!("{both}no {host}\n")), format!("{other}\n"));
    assert_eq!(servers(&format!("{both}no {other} key anything\n")), format!("{host} key one\n"));
    assert_eq!(servers(&format!("{other}\nno {host}\n")), format!("{other}\n"));
    let group = "aaa group server radius g\n";
    for server in ["server 10.0.0.1", "server-private 10.0.0.1"] {
        let both = format!("{group} {server}\n {server} auth-port 1812 acct-port 1813\n");
        assert_eq!(servers(&both), both);
        let one = format!("{group} {server} auth-port 1812 acct-port 1813\n");
        assert_eq!(servers(&format!("{both}{group} no {server}\n")), one);
    }
    for (ports, good) in [("auth-port 0", true), ("acct-port 65535", true), ("auth-port 65536", false)] {
        assert_eq!(parse(Mode::Config, &format!("{host} {ports}")).is_ok(), good, "{ports}");
    }
}

#[test]
fn a_digest_that_is_none_is_refused() {
    let digest = "$9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6";
    let mut store = Store::new();
    for line in ["username u secret", "enable secret"] {
        for (number, text) in [(5, "garbage"), (8, digest), (9, "$9$"), (5, digest)] {
            let reports = store.load(&format!("{line} {number} {text}\n"));
            let [LineReport { verdict: Verdict::Refused(why), .. }] = reports.as_slice() else {
                panic!("{reports:?}")
            };
            assert!(
                why.starts_with("ERROR: The secret you entered is not a valid encrypted secret.\n"),
                "{why}"
            );
            assert!(why.contains(&format!("do not specify type {number} encryption")), "{why}");
        }
        let reports = store.load(&format!("{line} 9 {digest}\nno {line} 5 garbage\n"));
        assert!(reports.iter().all(|r| r.verdict == Verdict::Accepted), "{reports:?}");
    }
    assert_eq!(store, Store::new());
}

#[test]
fn what_is_passed_over_is_told_with_what_has_no_effect() {
    let text = "aaa authentication login x group tacacs+ local\naaa authentication dot1x default group radius\n\
                aaa authorization commands 15 default local\naaa authorization reverse-access default local\n\
                aaa authorization exec y group tacacs+ none\naaa accounting exec z start-stop group tacacs+\n\
                aaa authentication login tacacs+ local\naaa authorization network default local\n";
    let told = nvgen::inert_lines(&load(text));
    let over = " (group tacacs+ is passed over)";
    assert_eq!(
        told,
        [
            format!("aaa authentication login x group tacacs+ local{over}"),
            "aaa authentication dot1x default group radius".to_owned(),
            "aaa authorization commands 15 default local".to_owned(),
            "aaa authorization reverse-access default local".to_owned(),
            format!("aaa authorization exec y group tacacs+ none{over}"),
            format!("aaa accounting exec z start-stop group tacacs+{over}"),
        ]
    );
}

/// Anything fits a block that is kept without being understood, but not what stands beside the line that opened it.
#[test]
fn a_line_beside_a_block_without_effect_is_none_of_it() {
    let text =
        "interface ATM0/0.32\n no ip address\n pvc zq41\n  ipv6 zq\n  hold-queue 7 in\n hold-queue 9 in\n!\n";
    let right =
        "interface ATM0/0.32\n no ip address\n hold-queue 9 in\n pvc zq41\n  ipv6 zq\n  hold-queue 7 in\n!\n";
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&shown(text)), sorted(right));
    assert_eq!(shown(&shown(text)), shown(text));
    // A flat paste, where nothing tells what belongs to the block: what fits around it is around it.
    assert!(shown("interface ATM0/0.32\npvc zq41\nhold-queue 9 in\n").contains("\n hold-queue 9 in\n"));
}

#[test]
fn removing_an_instance_removes_what_is_inside() {
    let text = "vpdn-group 1\n accept-dialin\n  protocol l2tp\n local name b\n";
    assert_eq!(shown(&format!("{text} no accept-dialin\n")), "vpdn-group 1\n local name b\n!\n");
    assert_eq!(shown(&format!("{text}no vpdn-group 1\n")), "");
    assert_eq!(
        shown(&format!("{text} no accept-dialin\n accept-dialin\n")),
        "vpdn-group 1\n accept-dialin\n local name b\n!\n"
    );
}

#[test]
fn defaults_are_not_kept_and_the_no_of_what_is_on_is() {
    assert_eq!(
        shown("vpdn-group 1\n l2tp tunnel hello 60\n l2tp tunnel authentication\n"),
        "vpdn-group 1\n!\n"
    );
    let off = "vpdn-group 1\n no l2tp tunnel authentication\n l2tp tunnel hello 30\n";
    assert_eq!(shown(off), "vpdn-group 1\n no l2tp tunnel authentication\n l2tp tunnel hello 30\n!\n");
    assert_eq!(
        shown(&format!("{off} default l2tp tunnel authentication\n default l2tp tunnel hello\n")),
        "vpdn-group 1\n!\n"
    );
    assert_eq!(
        shown(&format!("{off} l2tp tunnel authentication\n no l2tp tunnel hello\n")),
        "vpdn-group 1\n!\n"
    );
}

#[test]
fn an_interface_always_tells_its_address() {
    assert_eq!(shown("interface Ethernet0\n"), "interface Ethernet0\n no ip address\n!\n");
    let text = "interface Virtual-Template1\n ip address 10.0.0.1 255.0.0.0\n ip unnumbered Ethernet0\n no peer default ip address\n";
    assert_eq!(
        shown(text),
        "interface Virtual-Template1\n ip unnumbered Ethernet0\n no peer default ip address\n!\n"
    );
    assert_eq!(
        shown(&format!("{text} ip address negotiated\n")),
        "interface Virtual-Template1\n ip address negotiated\n no peer default ip address\n!\n"
    );
}

#[test]
fn interfaces_stand_in_the_order_of_the_hardware() {
    let names: Vec<String> = shown("interface Virtual-Template1\ninterface Ethernet10\ninterface Serial0:23\ninterface Ethernet2\ninterface Loopback0\n")
        .lines()
        .filter_map(|l| l.strip_prefix("interface ").map(str::to_owned))
        .collect();
    assert_eq!(names, ["Loopback0", "Ethernet2", "Ethernet10", "Serial0:23", "Virtual-Template1"]);
}

#[test]
fn passwords_follow_the_service() {
    let text =
        "username bob password cisco\nenable secret hello\nvpdn-group 1\n l2tp tunnel password hello\n";
    let plain = shown(text);
    assert!(
        plain.contains("username bob password 0 cisco\n") && plain.contains(" l2tp tunnel password hello\n")
    );
    assert!(plain.contains("enable secret 5 $1$") && !plain.contains("enable secret hello"));
    let hidden = shown(&format!("service password-encryption\n{text}"));
    assert!(
        !hidden.contains("cisco") && !hidden.contains("hello") && hidden.contains("username bob password 7 ")
    );
    let again =
        running_config(&load(&running_config(&load(&format!("service password-encryption\n{text}")))));
    assert!(again.contains("l2tp tunnel password 7 "));
}

#[test]
fn username_lines_add_up() {
    assert_eq!(
        shown("username bob privilege 15\nusername bob password 0 cisco\n"),
        "username bob privilege 15 password 0 cisco\n!\n"
    );
    assert_eq!(shown("username bob password a\nusername bob password b\n"), "username bob password 0 b\n!\n");
}

#[test]
fn a_group_is_a_lac_or_an_lns() {
    let mut store = Store::new();
    let reports = store.load("vpdn-group 1\n accept-dialin\n request-dialin\n");
    assert!(matches!(&reports[2].verdict, Verdict::Refused(e) if e.contains("accept-dialin")));
}

#[test]
fn typed_lines_come_out_for_the_views() {
    let store = load("vpdn-group A\n initiate-to ip 10.0.0.2\n no l2tp tunnel authentication\n");
    let group = store.instances(Mode::VpdnGroup).next().expect("a group");
    let Command::Vpdn(VpdnCommand::Group(Op::Set(g))) = &group.command else { panic!("{group:?}") };
    assert_eq!(g.name, "A");
    let commands: Vec<&Command> = group.commands().collect();
    assert!(matches!(commands[0], Command::Vpdn(VpdnCommand::InitiateTo(Op::Set(_)))));
    assert_eq!(commands[1], &Command::Vpdn(VpdnCommand::L2tpTunnelAuthentication(Op::No(Some(())))));
}

#[test]
fn a_banner_spans_lines_and_is_a_fixed_point() {
    let text = "banner motd #\nHello,\n  world\n#\nhostname after\n";
    let shown = running_config(&load(text));
    assert!(shown.contains("banner motd ^C\nHello,\n  world\n^C\n") && shown.contains("hostname after"));
    assert_eq!(running_config(&load(&shown)), shown);
}

#[test]
fn a_margin_leaves_a_block_that_is_kept_without_being_understood() {
    let shown = shown(
        "router ospf 1\n router-id 10.0.0.1\n network 10.0.0.0 0.0.0.255 area 0\ninterface Ethernet0\n",
    );
    assert!(shown.contains("router ospf 1\n router-id 10.0.0.1\n network 10.0.0.0 0.0.0.255 area 0\n!\n"));
    assert!(shown.contains("interface Ethernet0\n no ip address\n"));
}

#[test]
fn check_reports_each_line_and_the_totals() {
    let mut out = Vec::new();
    let totals = check_text("hostname lac\n!\nip http server\nfoo bar\nvpdn-group\n", &mut out)
        .expect("a vector takes it");
    assert_eq!(totals, Totals { accepted: 2, inert: 1, refused: 2 });
    assert_eq!(totals.exit_code(), 1);
    assert_eq!(
        String::from_utf8_lossy(&out),
        "accepted 1: hostname lac\naccepted 2: !\ninert 3: ip http server\nrefused 4: foo bar: % Invalid input detected at \"foo\"\n\
         refused 5: vpdn-group: % Incomplete command.\n2 accepted, 1 inert, 2 refused\n"
    );
}

#[test]
fn a_line_says_whether_it_changed_anything() {
    let mut store = Store::new();
    let mut changed = |text: &str| {
        let parsed = crate::cli::parse(Mode::Config, text).expect("a line of the grammar");
        store.apply(&Path::root(), &parsed).expect("an acceptable line").changed
    };
    let lines = [
        "vpdn enable",
        "vpdn enable",
        "no vpdn enable",
        "no vpdn enable",
        "no ip routing",
        "no ip routing",
        "ip routing",
        "ip routing",
    ];
    assert_eq!(lines.map(&mut changed), [true, false, true, false, true, false, true, false]);
    let lines = [
        "hostname a",
        "hostname a",
        "hostname b",
        "username x password y",
        "username x password y",
        "no username x",
    ];
    assert_eq!(lines.map(&mut changed), [true, false, true, true, false, true]);
}

/// The terminal lines of a configuration, as they are shown.
fn terminal_lines(typed: &str) -> String {
    let mut store = Store::new();
    for report in store.load(typed) {
        assert!(!matches!(report.verdict, Verdict::Refused(_)), "{report:?}");
    }
    let shown = running_config(&store);
    let mut again = Store::new();
    again.load(&shown);
    assert_eq!(running_config(&again), shown);
    let from = shown.find("line vty").expect("network lines");
    shown.get(from..).and_then(|text| text.strip_suffix("!\nend\n")).expect("an end").to_owned()
}

#[test]
fn network_lines_are_configured_in_any_range() {
    assert_eq!(terminal_lines("line vty 0\nline vty 2 3\n"), "line vty 0 4\n");
    let both = "line vty 0 4\n password x\n login local\nline vty 5 15\n password x\n login local\n";
    assert_eq!(terminal_lines("line vty 0 15\n password x\n login local\n"), both);
    assert_eq!(terminal_lines(both), both);
    // What is typed for all of them leaves alone what else each of them says.
    assert_eq!(
        terminal_lines("line vty 1\n length 0\nline vty 0 4\n password x\nline vty 3 4\n no login\n"),
        "line vty 0\n password x\nline vty 1\n password x\n length 0\nline vty 2\n password x\n\
         line vty 3 4\n password x\n no login\n"
    );
    assert_eq!(
        terminal_lines("line vty 1\n length 0\nline vty 0 4\n length 0\n"),
        "line vty 0 4\n length 0\n",
        "they say the same again"
    );
    assert_eq!(
        terminal_lines("line vty 0 6\nline vty 5\n length 0\n"),
        "line vty 0 4\nline vty 5\n length 0\nline vty 6\n"
    );
}

#[test]
fn network_lines_that_were_added_can_be_removed_and_others_cannot() {
    let added = "line vty 0 15\n password x\n";
    let five = "line vty 0 4\n password x\n";
    assert_eq!(terminal_lines(&format!("{added}no line vty 5 15\n")), five);
    assert_eq!(terminal_lines(&format!("{added}no line vty 5\n")), five);
    assert_eq!(
        terminal_lines(&format!("{added}default line vty 7\n")),
        format!("{five}line vty 5 6\n password x\n")
    );
    let mut store = Store::new();
    for (line, why) in [
        ("no line vty 0 4", "% Can't delete last 5 VTY lines"),
        ("no line vty 4 15", "% Can't delete last 5 VTY lines"),
        ("no line con 0", "% The terminal lines of this router cannot be removed"),
        ("no line 1 8", "% The terminal lines of this router cannot be removed"),
    ] {
        let verdict = store.load(line).pop().expect("a report").verdict;
        assert_eq!(verdict, Verdict::Refused(why.into()), "{line}");
    }
    assert_eq!(terminal_lines("no line vty 5\n"), "line vty 0 4\n", "there are none");
}

#[test]
fn terminal_lines_stand_in_their_order() {
    let typed = "line vty 5 9\nline 1 8\nline aux 0\nline con 0\n";
    let mut store = Store::new();
    store.load(typed);
    let shown = running_config(&store);
    let lines: Vec<&str> = shown.lines().filter(|l| l.starts_with("line")).collect();
    assert_eq!(lines, ["line con 0", "line 1 8", "line aux 0", "line vty 0 4", "line vty 5 9"]);
}

#[test]
fn a_timeout_is_shown_with_its_seconds_and_none_as_zero() {
    for (typed, shown) in [
        ("exec-timeout 5", " exec-timeout 5 0\n"),
        ("no exec-timeout", " exec-timeout 0 0\n"),
        ("no exec-timeout 5 0", " exec-timeout 0 0\n"),
        ("exec-timeout 10", ""),
        ("default exec-timeout", ""),
    ] {
        let typed = format!("line vty 0 4\n exec-timeout 7 7\n {typed}\n");
        assert_eq!(terminal_lines(&typed), format!("line vty 0 4\n{shown}"));
    }
}

#[test]
fn a_network_line_that_does_not_follow_the_others_is_refused() {
    let mut store = Store::new();
    for line in ["line vty 6", "line vty 7 9"] {
        let verdict = store.load(line).pop().expect("a report").verdict;
        assert_eq!(
            verdict,
            Verdict::Refused("% Bad line number - VTY line number is not contiguous.".into()),
            "{line}"
        );
    }
    assert!(matches!(store.load("line vty 5").pop().expect("a report").verdict, Verdict::Accepted));
}

#[test]
fn the_address_of_a_network_is_no_interfaces() {
    let of = |address: &str| {
        let reports = Store::new().load(&format!("interface Ethernet0\n ip address {address}\n"));
        reports.last().map(|report| report.verdict.clone()).expect("a report")
    };
    let refused = |text: &str| Verdict::Refused(text.to_owned());
    assert_eq!(of("10.0.0.0 255.255.255.0"), refused("Bad mask /24 for address 10.0.0.0"));
    assert_eq!(of("10.0.0.255 255.255.255.0"), refused("Bad mask /24 for address 10.0.0.255"));
    for right in ["10.0.0.1 255.255.255.0", "10.0.0.0 255.255.255.254"] {
        assert_eq!(of(right), Verdict::Accepted, "{right}");
    }
}

#[test]
fn a_level_of_the_log_is_kept_by_its_name() {
    let names = crate::config::views::SEVERITIES;
    for (number, name) in names.iter().enumerate().filter(|(number, _)| *number != 7) {
        for line in ["logging monitor", "logging console", "logging trap", "logging buffered 8192"] {
            let shown = shown(&format!("{line} {number}\n"));
            assert_eq!(shown, format!("{line} {name}\n!\n"), "{line} {number}");
        }
    }
    assert_eq!(shown("logging monitor 7\n"), shown("logging monitor debugging\n"));
    assert_eq!(shown("logging buffered 4\n"), "logging buffered warnings\n!\n");
    assert_eq!(shown("logging buffered 8192\n"), "logging buffered 8192\n!\n");
    assert_eq!(shown("no logging console\n"), "no logging console\n!\n");
}

/// As published configurations of access servers have them.
#[test]
fn lines_of_a_dial_interface_stand_in_the_order_of_ios() {
    for block in [
        "interface Serial0:23\n no ip address\n encapsulation ppp\n dialer rotary-group 1\n dialer-group 5\n \
         isdn switch-type primary-5ess\n isdn incoming-voice modem\n peer default ip address pool P\n no cdp enable\n \
         ppp authentication chap\n ppp multilink\n",
        "interface BRI0\n ip address 10.1.1.1 255.255.255.0\n encapsulation ppp\n dialer idle-timeout 300\n \
         dialer map ip 10.1.1.2 name hgw 5551111\n dialer-group 1\n isdn switch-type basic-5ess\n isdn spid1 1\n \
         isdn spid2 2\n no cdp enable\n ppp authentication chap\n",
        "interface Dialer1\n ip address negotiated\n encapsulation ppp\n dialer pool 1\n dialer remote-name hgw\n \
         dialer idle-timeout 300\n dialer string 5551111\n dialer load-threshold 1 either\n dialer-group 1\n \
         ppp chap hostname soho\n",
    ] {
        let mut backwards: Vec<&str> = block.lines().skip(1).collect();
        backwards.reverse();
        let head = block.lines().next().expect("a head");
        assert_eq!(shown(&format!("{head}\n{}\n", backwards.join("\n"))), format!("{block}!\n"));
    }
}

#[test]
fn default_of_an_interface_empties_it() {
    let before = "interface Ethernet0\n description x\n ip address 10.0.0.1 255.255.255.0\n shutdown\n!\n";
    assert_eq!(shown(before), before);
    assert_eq!(shown(&format!("{before}default interface e0\n")), "interface Ethernet0\n no ip address\n!\n");
    assert_eq!(shown(&format!("{before}default interface Loopback7\n")), before);
    let mut store = Store::new();
    let verdict = |r: LineReport| r.verdict;
    let refused = ["no interface Ethernet0", "default interface Virtual-Access1"]
        .map(|l| store.load(l).pop().map(verdict));
    assert!(refused.iter().all(|v| matches!(v, Some(Verdict::Refused(_)))), "{refused:?}");
}

#[test]
fn stamps_without_a_kind_are_those_of_both() {
    let stamps = |text: &str| {
        let all = running_config(&load(text));
        all.lines().filter(|l| l.contains("timestamps")).map(|l| format!("{l}\n")).collect::<String>()
    };
    assert_eq!(stamps("service timestamps\n"), "service timestamps debug uptime\n");
    let both = "service timestamps debug datetime msec\nservice timestamps log uptime\n";
    assert_eq!(stamps(both), both);
    assert_eq!(stamps(&format!("{both}no service timestamps\n")), "");
    let debug = "service timestamps debug datetime msec\n";
    assert_eq!(stamps(&format!("{both}no service timestamps log\n")), debug);
}
