//! What a server says of a user, on the LNS of the dial-in lab in virtual time.

use std::path::Path;

use vpdnsh::lab::description::Description;
use vpdnsh::lab::virtual_lab::VirtualOptions;

use crate::call::{Bench, example};

const NOTHING: [String; 0] = [];

/// A text of a configuration, and what stands there instead.
pub type Change<'a> = (&'a str, &'a str);

/// The dial-in lab with other reply items for its user, and with changed configurations: of `lns` and of `soho`.
fn lab(reply: &[&str], lns: &[Change], soho: &[Change]) -> Bench {
    lab_of(reply, [&[], lns, soho])
}

/// The same with changed configurations of `lac`, `lns` and `soho`.
pub fn lab_of(reply: &[&str], changes: [&[Change]; 3]) -> Bench {
    let users = std::fs::read_to_string(example().join("users")).unwrap();
    let kept = users.split("# The remote user").next().unwrap();
    let reply: Vec<String> = reply.iter().map(|item| format!("\t{item}")).collect();
    let users = format!("{kept}2500-1\tCleartext-Password := \"cisco\"\n{}\n", reply.join(",\n"));
    lab_with(&users, changes)
}

/// The same with this `users` file.
pub fn lab_with(users: &str, [lac, lns, soho]: [&[Change]; 3]) -> Bench {
    let directory = tempfile::tempdir().unwrap();
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/dial-in");
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let changed = |text: String, changes: &[Change]| {
        changes.iter().fold(text, |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        })
    };
    for (name, changes) in [("lac.cfg", lac), ("lns.cfg", lns), ("soho.cfg", soho)] {
        write(name, &changed(std::fs::read_to_string(configs.join(name)).unwrap(), changes));
    }
    write("users", users);
    let toml = std::fs::read_to_string(example().join("lab.toml")).unwrap();
    write("lab.toml", &toml.replace("../../configs/dial-in/", "").replace("console-port = 2001\n", ""));
    Bench::of(&Description::load(directory.path()).unwrap(), &VirtualOptions::default())
}

/// The user dials in and pings the LNS, while per-user debugs are on there.
const DIAL: &str = "lns: enable\nlns: terminal length 0\nlns: debug aaa per-user\nlns: debug ppp negotiation\nlns: debug ppp authentication\n\
                    soho: enable\nsoho: ping 10.51.6.82\nwait soho /Success rate/ 30s\nsleep 3s\n";
const CALL: &str = "lns: enable\nlns: terminal length 0\nlns: debug aaa per-user\nsoho: enable\n\
                    soho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\nsleep 3s\n";
const HANG_UP: &str = "soho: clear interface bri0\nsleep 5s\n";
pub const FRAMED: &str = "Service-Type = Framed-User, Framed-Protocol = PPP";

#[test]
fn routes_of_a_user_are_there_while_ip_is() {
    let mut bench = lab(
        &[
            FRAMED,
            "Framed-IP-Address = 10.10.53.2",
            "Framed-IP-Netmask = 255.255.255.0",
            "Framed-Route = \"192.168.7.0/24 0.0.0.0 1\"",
            "Cisco-AVPair = \"ip:route=172.16.0.0 255.240.0.0\"",
            "Cisco-AVPair += \"ip:route#2=192.168.8.0 255.255.255.0 10.51.6.3 7\"",
            "Framed-Route += \"nonsense\"",
        ],
        &[],
        &[],
    );
    bench.play(CALL).unwrap();
    bench.play("lns: show ip route\nlns: show ip route 192.168.7.1\n").unwrap();
    let screen = bench.screen("lns");
    for wanted in [
        "AAA/PER-USER: line = [ip route 10.10.53.0 255.255.255.0]",
        "AAA/PER-USER: line = [ip route 192.168.7.0 255.255.255.0]",
        "AAA/PER-USER: line = [ip route 172.16.0.0 255.240.0.0]",
        "AAA/PER-USER: route nonsense is not applied",
        "U       10.10.53.0/24 is directly connected, Virtual-Access1",
        "U    192.168.7.0/24 is directly connected, Virtual-Access1",
        "U    192.168.8.0/24 [7/0] via 10.51.6.3",
    ] {
        assert!(screen.contains(wanted), "{wanted}\n{screen}");
    }
    // The router is renumbered: what leads to a next hop that is out of reach is not there meanwhile.
    for (mask, reached) in [("255.255.255.128", true), ("255.255.255.248", false), ("255.255.255.0", true)] {
        let lines = format!("interface Ethernet0\nlns: ip address 10.51.6.82 {mask}\nlns: end");
        bench.play(&format!("lns: configure terminal\nlns: {lines}\nlns: show ip route\n")).unwrap();
        let screen = bench.screen("lns");
        let routes = screen.rsplit("show ip route").next().unwrap();
        assert_eq!(routes.contains("U    192.168.8.0/24 [7/0] via 10.51.6.3"), reached, "{routes}");
        assert!(routes.contains("U    192.168.7.0/24 is directly connected, Virtual-Access1"), "{routes}");
        assert!(!screen.contains("%SYS-3-HOST"), "{screen}");
    }
    bench.play(HANG_UP).unwrap();
    bench.play("lns: show ip route\n").unwrap();
    let screen = bench.screen("lns");
    assert!(screen.contains("line = [no ip route 192.168.7.0 255.255.255.0]"), "{screen}");
    let after = screen.rsplit("show ip route").next().unwrap();
    assert!(!after.contains("U  "), "{after}");
    assert_eq!(bench.leftovers(), NOTHING);
}

#[test]
fn lines_of_configuration_are_put_onto_the_virtual_access() {
    let mut bench = lab(
        &[
            FRAMED,
            "Framed-IP-Address = 255.255.255.254",
            "Framed-MTU = 1400",
            "Filter-Id = \"101.in\"",
            "Cisco-AVPair = \"lcp:interface-config=description a user's own\\\\nkeepalive 30\"",
            "Cisco-AVPair += \"ip:outacl#1=permit ip any any\"",
            "Cisco-AVPair += \"ip:addr-pool=small\"",
            "Cisco-AVPair += \"multilink:max-links=1\"",
        ],
        &[("ip local pool default", "ip local pool small 10.10.53.2\nip local pool default")],
        &[],
    );
    bench.play(CALL).unwrap();
    bench
        .play(
            "lns: show interfaces virtual-access 1 configuration\nlns: show ip interface virtual-access 1\n",
        )
        .unwrap();
    let screen = bench.screen("lns");
    for wanted in [
        "AAA/PER-USER: line = [ip mtu 1400]",
        "AAA/PER-USER: line = [keepalive 30]",
        "AAA/PER-USER: access list 101 is not applied",
        " ip mtu 1400\n",
        " keepalive 30\n",
        " description a user's own\n",
        " ip unnumbered Ethernet0\n",
        "  MTU is 1400 bytes\n",
        "  Outgoing access list is Virtual-Access1#1\n",
        "  Inbound  access list is 101\n",
        "  Peer address is 10.10.53.2\n",
    ] {
        assert!(screen.contains(wanted), "{wanted:?}\n{screen}");
    }
    bench.play(HANG_UP).unwrap();
    assert_eq!(bench.leftovers(), NOTHING);
}

#[test]
fn a_line_that_is_none_ends_the_session_unless_it_may_be_left_out() {
    let bad = |sign: char| format!("Cisco-AVPair = \"lcp:interface-config{sign}ip bogus password Geheim\"");
    for (sign, up) in [('=', false), ('*', true)] {
        let mut bench = lab(&[FRAMED, "Framed-IP-Address = 255.255.255.255", &bad(sign)], &[], &[]);
        bench.play(DIAL).unwrap();
        let screen = bench.screen("lns");
        let line = "%AAA-3-PARSEERR: Error(-1): parser is unable to parse ip bogus password <removed> per-user command";
        assert!(screen.contains(line), "{screen}");
        assert_eq!(bench.screen("soho").contains("!!!!!"), up, "{sign}\n{screen}");
        assert_eq!(screen.contains("CHAP: O FAILURE"), !up, "{sign}\n{screen}");
        bench.play(HANG_UP).unwrap();
        assert_eq!(bench.leftovers(), NOTHING);
    }
}

#[test]
fn an_mtu_that_cannot_be_is_left_out() {
    let mut bench = lab(&[FRAMED, "Framed-IP-Address = 255.255.255.255", "Framed-MTU = 9000"], &[], &[]);
    bench.play(CALL).unwrap();
    let screen = bench.screen("lns");
    assert!(screen.contains("AAA/PER-USER: Framed-MTU 9000 is not applied"), "{screen}");
    bench.play(HANG_UP).unwrap();
    assert_eq!(bench.leftovers(), NOTHING);
}

/// Seconds from the session's first word to its last on the LNS, when nobody sends anything after the first pings.
fn lasts(reply: &[&str], lns: &[(&str, &str)], pings: &str) -> (u64, String) {
    let mut bench = lab(reply, lns, &[]);
    bench.play("lns: enable\nlns: terminal length 0\nlns: debug aaa per-user\nsoho: enable\n").unwrap();
    bench.play("lns: show clock\nsoho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\n").unwrap();
    bench.play(pings).unwrap();
    let mut seconds = 0;
    while !bench.screen("lns").contains("dropping connection") && seconds < 200 {
        bench.play("sleep 1s\n").unwrap();
        seconds += 1;
    }
    let screen = bench.screen("lns").to_owned();
    assert_eq!(bench.leftovers(), NOTHING);
    (seconds, screen)
}

#[test]
fn a_session_ends_when_its_time_is_up() {
    let address = "Framed-IP-Address = 255.255.255.255";
    let (seconds, screen) = lasts(&[FRAMED, address, "Session-Timeout = 40"], &[], "");
    assert!((30..=45).contains(&seconds), "{seconds}\n{screen}");
    assert!(screen.contains("Vi1 AAA/PER-USER: Session timeout, dropping connection"), "{screen}");
    let template = [(" ppp multilink", " timeout absolute 0 50\n ppp multilink")];
    let (seconds, screen) = lasts(&[FRAMED, address], &template, "");
    assert!((40..=55).contains(&seconds), "{seconds}\n{screen}");
    let (seconds, _) = lasts(&[FRAMED, address, "Session-Timeout = 20"], &template, "");
    assert!((10..=25).contains(&seconds), "the user's own time goes before the interface's: {seconds}");
}

#[test]
fn the_limits_of_a_caller_and_what_is_left_of_them_are_shown() {
    let reply = [FRAMED, "Framed-IP-Address = 10.10.53.2", "Session-Timeout = 300", "Idle-Timeout = 60"];
    let mut bench = lab(&reply, &[], &[]);
    bench.play("lac: enable\nlac: debug isdn q931\n").unwrap();
    bench.play(CALL).unwrap();
    bench
        .play("sleep 10s\nlns: show caller timeouts\nlns: show caller full\nsoho: show caller timeouts\n")
        .unwrap();
    let seconds =
        |text: &str| -> u64 { text.split(':').fold(0, |s, part| s * 60 + part.parse::<u64>().unwrap()) };
    let screen = bench.screen("lns").to_owned();
    let row: Vec<&str> = screen.lines().find(|l| l.ends_with("User in")).map_or(Vec::new(), |head| {
        let at = screen.find(head).unwrap() + head.len();
        screen[at..].lines().nth(1).unwrap().split_whitespace().collect()
    });
    assert_eq!(row[..4], ["Vi1", "2500-1", "00:05:00", "00:01:00"], "{screen}");
    assert!((40..=50).contains(&seconds(row[4])), "{screen}");
    assert!(screen.contains("  User: 2500-1, line Vi1, service PPP   L2TP\n"), "{screen}");
    let left = screen.lines().find_map(|l| l.trim().strip_prefix("Disconnect in:")).unwrap();
    let left: Vec<u64> = left.split_whitespace().map(seconds).collect();
    assert!((280..=290).contains(&left[0]) && left[1] == seconds(row[4]), "{screen}");
    bench.play(HANG_UP).unwrap();
    let screen = bench.screen("lac");
    for wanted in [
        "RX <-  SETUP callref = 0x",
        "        Called Party Number '614629'",
        "TX ->  CONNECT callref = 0x",
        "RX <-  DISCONNECT callref = 0x",
        "        Cause 16 - Normal call clearing",
    ] {
        assert!(screen.contains(wanted), "{wanted}: {screen}");
    }
    assert_eq!(bench.leftovers(), NOTHING);
}

#[test]
fn an_idle_session_ends_and_one_with_traffic_does_not() {
    let address = "Framed-IP-Address = 255.255.255.255";
    let (seconds, screen) = lasts(&[FRAMED, address, "Idle-Timeout = 30"], &[], "");
    assert!((25..=35).contains(&seconds), "{seconds}\n{screen}");
    assert!(screen.contains("Vi1 AAA/PER-USER: Idle timeout, dropping connection"), "{screen}");
    let pings = "sleep 20s\nsoho: ping 10.51.6.82\nwait soho /!!!!!/ 30s\n".repeat(3);
    let (seconds, _) = lasts(&[FRAMED, address, "Idle-Timeout = 30"], &[], &pings);
    assert!((25..=35).contains(&seconds), "counted from the last packet: {seconds}");
    let template = [(" ppp multilink", " ppp timeout idle 30 inbound\n ppp multilink")];
    let (seconds, _) = lasts(&[FRAMED, address], &template, &pings);
    assert!((25..=35).contains(&seconds), "{seconds}");
}

#[test]
fn local_users_have_attributes_of_their_own() {
    let local = [
        ("aaa authentication ppp vpdn radius", "aaa authentication ppp vpdn local"),
        ("aaa authorization network vpdn radius", "aaa authorization network vpdn local"),
        (
            "vpdn enable\n",
            "username 2500-1 password 0 cisco\nusername 2500-1 aaa attribute list own\n!\n\
             aaa attribute list own\n attribute type addr-pool \"small\" service ppp protocol ip\n \
             attribute type interface-config \"ip mtu 1300\" service ppp protocol lcp\n \
             attribute type route \"192.168.9.0 255.255.255.0\" service ppp protocol ip\n \
             attribute type timeout 60 service ppp protocol lcp\n!\nvpdn enable\n",
        ),
        ("ip local pool default", "ip local pool small 10.10.53.2\nip local pool default"),
    ];
    let mut bench = lab(&[FRAMED], &local, &[]);
    bench.play(DIAL).unwrap();
    bench
        .play("lns: show ip route\nlns: show ip interface virtual-access 1\nlns: show running-config\n")
        .unwrap();
    let screen = bench.screen("lns");
    for wanted in [
        "AAA/PER-USER: line = [ip mtu 1300]",
        "  MTU is 1300 bytes\n",
        "IPCP: Pool returned 10.10.53.2",
        "  Peer address is 10.10.53.2\n",
        "U    192.168.9.0/24 is directly connected, Virtual-Access1",
        "aaa attribute list own\n attribute type addr-pool \"small\" service ppp protocol ip\n",
        "username 2500-1 aaa attribute list own password 0 cisco\n",
    ] {
        assert!(screen.contains(wanted), "{wanted:?}\n{screen}");
    }
    bench.play("sleep 70s\n").unwrap();
    assert!(bench.screen("lns").contains("Session timeout, dropping connection"), "{}", bench.screen("lns"));
    assert_eq!(bench.leftovers(), NOTHING);
}

/// What the users file knows of people at consoles, beside the user who dials.
const OPERATORS: &str = "

admin Cleartext-Password := \"geheim\"
	Service-Type = NAS-Prompt-User,
	Cisco-AVPair = \"shell:priv-lvl=15\",
	Reply-Message = \"Welcome to the tunnel\"

$enab15$ Cleartext-Password := \"oben\"
	Service-Type = Administrative-User
";

#[test]
fn people_at_consoles_log_in_through_the_same_server() {
    let lists = "aaa new-model\naaa authentication login default group radius\n\
                 aaa authentication enable default group radius\naaa authorization exec default group radius\n\
                 aaa authorization console\n";
    let address = format!("Framed-IP-Address = 255.255.255.255{OPERATORS}");
    let mut bench = lab(&[FRAMED, &address], &[("aaa new-model\n", lists)], &[]);
    let typed = "lns: admin\nlns: falsch\nlns: admin\nlns: geheim\nlns: debug aaa authentication\nlns: disable\n\
                 lns: enable\nlns: oben\nlns: show users\n";
    bench.play(&format!("lns: \n{typed}")).unwrap();
    let screen = bench.screen("lns");
    for wanted in [
        "User Access Verification\n\nUsername: ",
        "% Authentication failed\n",
        "Welcome to the tunnel\n",
        "1600-3#debug aaa authentication",
        "action=LOGIN service=ENABLE",
        "1600-3#show users",
        "admin",
    ] {
        assert!(screen.contains(wanted), "{wanted:?}\n{screen}");
    }
    assert!(!screen.contains("geheim") && !screen.contains("oben"), "{screen}");
    // The user who dials is none who may sit at a console.
    bench.play("lns: exit\nlns: \nlns: 2500-1\nlns: cisco\n").unwrap();
    assert!(bench.screen("lns").contains("% Authorization failed."), "{}", bench.screen("lns"));
    assert_eq!(bench.leftovers(), NOTHING);
}
