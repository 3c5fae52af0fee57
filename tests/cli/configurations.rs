//! Whole configurations: the routers of the documented call, shown as they were written.

use vpdnsh::config::nvgen::{inert_lines, running_config};
use vpdnsh::config::{Store, Verdict};

const LNS: &str = "\
version 12.0
service timestamps debug datetime msec
service timestamps log datetime msec
!
hostname 1600-3
!
logging buffered 65536 debugging
!
aaa new-model
aaa authentication ppp vpdn group radius
aaa authorization network vpdn group radius
!
vpdn enable
!
vpdn-group 1
 accept-dialin
  protocol l2tp
  virtual-template 1
 terminate-from hostname hgw
 local name l2tp-gw
 l2tp tunnel password hello
!
interface Ethernet0
 ip address 10.51.6.82 255.255.255.0
!
interface Virtual-Template1
 ip unnumbered Ethernet0
 peer default ip address pool default
 ppp authentication chap vpdn
 ppp authorization vpdn
 ppp multilink
!
ip local pool default 10.10.53.1 10.10.53.10
!
radius-server host 10.51.6.3 auth-port 1645 acct-port 1646
no radius-server message-authenticator
radius-server key cisco
!
line con 0
 exec-timeout 0 0
line aux 0
line vty 0 4
!
end
";

const LAC: &str = "\
version 12.1
!
hostname 5300-1
!
aaa new-model
aaa authentication ppp default local
aaa authorization network default group radius
!
enable password lab
!
vpdn enable
vpdn search-order dnis
!
isdn switch-type primary-5ess
!
controller T1 0
 framing esf
 clock source line primary
 linecode b8zs
 pri-group timeslots 1-24
!
interface Ethernet0
 ip address 10.51.6.68 255.255.255.0
!
interface Serial0:23
 no ip address
 encapsulation ppp
 ppp authentication chap
 ppp chap hostname 5300-1
 isdn switch-type primary-5ess
 ppp multilink
!
ip route 0.0.0.0 0.0.0.0 10.51.6.1
!
radius-server host 10.51.6.3 auth-port 1645 acct-port 1646 key cisco
!
line con 0
line aux 0
line vty 0 4
!
end
";

const SOHO: &str = "\
version 12.0
!
hostname 2500-1
!
username 5300-1 password 0 cisco
ip host lns 10.51.6.82
!
isdn switch-type basic-5ess
!
interface BRI0
 ip address 10.10.53.2 255.255.255.0
 ip tcp header-compression passive
 encapsulation ppp
 dialer-group 1
 dialer idle-timeout 300
 dialer map ip 10.51.6.82 name 1600-3 broadcast 614629
 ppp authentication chap callin
 isdn calling-number 2085730592
!
ip route 10.51.6.0 255.255.255.0 BRI0
!
dialer-list 1 protocol ip permit
!
line con 0
line aux 0
line vty 0 4
!
end
";

#[test]
fn the_routers_of_the_documented_call_are_shown_as_written() {
    for text in [LNS, LAC, SOHO] {
        let mut store = Store::new();
        for report in store.load(text) {
            assert!(!matches!(report.verdict, Verdict::Refused(_)), "{report:?}");
        }
        // The order inside an interface is the grammar's, so both sides are compared line by line without it.
        let sorted = |t: &str| {
            let mut lines: Vec<String> = t.lines().filter(|l| *l != "!").map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&running_config(&store)), sorted(text));
    }
}

#[test]
fn what_has_no_effect_is_named_with_its_place() {
    let mut store = Store::new();
    store.load(LAC);
    assert_eq!(
        inert_lines(&store),
        [
            "controller T1 0 / framing esf",
            "controller T1 0 / clock source line primary",
            "controller T1 0 / linecode b8zs",
            "interface Serial0:23 / isdn switch-type primary-5ess"
        ]
    );
}

#[test]
fn a_flat_configuration_without_indent_or_exit_loads_alike() {
    let flat: String = LNS.lines().map(|l| format!("{}\n", l.trim())).collect();
    let (mut indented, mut pasted) = (Store::new(), Store::new());
    indented.load(LNS);
    pasted.load(&flat);
    assert_eq!(running_config(&pasted), running_config(&indented));
}

#[test]
fn garbage_is_refused_and_changes_nothing() {
    let mut store = Store::new();
    let before = running_config(&store);
    let garbage = "\u{0}\u{1}\nvpdn-group\n\u{e9}\u{e9}\u{e9} \u{1F600}\ninterface\nip address \u{e9}\nbanner\nbanner motd\nno\ndefault\nno no\ndo show\n\
                   username\nl2tp tunnel password 7 \u{e9}\u{e9}\n";
    for report in store.load(garbage) {
        assert!(matches!(report.verdict, Verdict::Refused(_)), "{report:?}");
    }
    assert_eq!(running_config(&store), before);
}
