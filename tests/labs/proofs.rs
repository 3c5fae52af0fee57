//! How a user proves itself, from the call to the RADIUS server and back, on the dial-in lab in virtual time.

use crate::call::Bench;
use crate::users::{Change, FRAMED, lab_of};

const NOTHING: [String; 0] = [];
const LAC_CHAP: &str = " ppp authentication chap\n";
const LNS_CHAP: &str = " ppp authentication chap vpdn\n";
const SOHO_CHAP: &str = " ppp authentication chap callin\n";
const ADDRESS: &str = "Framed-IP-Address = 10.10.53.2";

/// The lab where LAC and LNS demand `protocols`, with more lines for the LNS's template and the user's interface.
fn asked_for(protocols: &str, reply: &[&str], template: &str, bri: &str) -> Bench {
    let lac = format!(" ppp authentication {protocols}\n");
    let lns = format!(" ppp authentication {protocols} vpdn\n{template}");
    let soho = format!("{SOHO_CHAP}{bri}");
    let known = ("username 5300-1 password 0 cisco\n", "");
    let changes: [&[Change]; 3] = [&[(LAC_CHAP, &lac)], &[(LNS_CHAP, &lns)], &[known, (SOHO_CHAP, &soho)]];
    lab_of(reply, changes)
}

const BEGIN: &str = "soho: enable\nsoho: terminal length 0\nsoho: debug ppp authentication\n\
                     soho: debug ppp negotiation\nlns: enable\nlns: terminal length 0\n\
                     lns: debug ppp authentication\nlns: debug ppp negotiation\nlns: debug radius\n";
const PING: &str = "soho: ping 10.51.6.82\nwait soho /Success rate/ 40s\nsleep 3s\n";

fn dialed(mut bench: Bench) -> Bench {
    bench.play(&format!("{BEGIN}{PING}")).unwrap();
    bench
}

fn has(screen: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(screen.contains(wanted), "{wanted:?}\n{screen}");
    }
}

const SENT: &str = " ppp pap sent-username 2500-1 password 0 cisco\n";

#[test]
fn a_pap_user_reads_what_the_server_has_to_say() {
    let reply = [FRAMED, ADDRESS, "Reply-Message = \"Good morning\""];
    let mut bench = dialed(asked_for("pap", &reply, "", SENT));
    has(bench.screen("soho"), &["PAP: I AUTH-ACK id 1 len 17 msg is \"Good morning\"", "!!!!!"]);
    assert_eq!(bench.leftovers(), NOTHING);
}

#[test]
fn who_refuses_chap_suggests_pap_if_it_has_a_name_to_send() {
    let reply = [FRAMED, ADDRESS];
    let mut bench = dialed(asked_for("chap pap", &reply, "", &format!("{SENT} ppp chap refuse\n")));
    has(bench.screen("soho"), &["LCP:    AuthProto PAP (0x0304C023)", "PAP: I AUTH-ACK", "!!!!!"]);
    assert!(!bench.screen("soho").contains("CHAP: O RESPONSE"), "{}", bench.screen("soho"));
    assert_eq!(bench.leftovers(), NOTHING);
}

#[test]
fn who_refuses_chap_and_has_no_name_to_send_rejects_it() {
    let password = " ppp chap password 0 cisco\n ppp chap refuse\n";
    let mut bench = dialed(asked_for("chap pap", &[FRAMED, ADDRESS], "", password));
    has(bench.screen("soho"), &["LCP: O CONFREJ", "Success rate is 0 percent"]);
    assert!(!bench.screen("soho").contains("RESPONSE"), "{}", bench.screen("soho"));
    assert_eq!(bench.leftovers(), NOTHING);
}

#[test]
fn only_calls_of_the_peer_are_concerned_by_callin() {
    let lines = " ppp chap password 0 cisco\n ppp chap refuse callin\n ppp pap refuse callin\n";
    let mut bench = dialed(asked_for("chap", &[FRAMED, ADDRESS], "", lines));
    has(bench.screen("soho"), &["CHAP: O RESPONSE", "CHAP: I SUCCESS", "!!!!!"]);
    assert_eq!(bench.leftovers(), NOTHING);
}

#[test]
fn a_wrong_ms_chap_v2_password_may_be_tried_again() {
    let template = " ppp max-bad-auth 3\n";
    let bench = asked_for("ms-chap-v2", &[FRAMED, ADDRESS], template, " ppp chap password 0 falsch\n");
    let mut bench = dialed(bench);
    has(bench.screen("lns"), &["MS-CHAP-V2: O FAILURE", "msg is \"E=691 R=1 C="]);
    has(bench.screen("soho"), &["msg is \"E=691 R=1 C=", "Success rate is 0 percent"]);
    let right = "soho: configure terminal\nsoho: interface bri0\nsoho: ppp chap password 0 cisco\nsoho: end\nsleep 20s\n";
    bench.play(&format!("{right}{PING}")).unwrap();
    has(bench.screen("soho"), &["SUCCESS", "msg is \"S=", "!!!!!"]);
    assert_eq!(bench.leftovers(), NOTHING);
}

#[test]
fn a_challenge_of_sixteen_octets_is_the_request_authenticator() {
    let mut bench = dialed(asked_for("chap", &[FRAMED, ADDRESS], "", " ppp chap password 0 cisco\n"));
    has(bench.screen("lns"), &["Attribute 3 19 ", "Access-Accept"]);
    assert!(!bench.screen("lns").contains("Attribute 60 "), "{}", bench.screen("lns"));
    assert_eq!(bench.leftovers(), NOTHING);
}

#[test]
fn a_challenge_of_another_length_is_attribute_60() {
    let password = " ppp chap password 0 cisco\n";
    let lac = format!("{LAC_CHAP} ppp chap challenge-length 20 20\n");
    let soho = format!("{SOHO_CHAP}{password}");
    let known = ("username 5300-1 password 0 cisco\n", "");
    // The LNS hands on what the LAC has asked and the user has answered.
    let bench = lab_of(&[FRAMED, ADDRESS], [&[(LAC_CHAP, &lac)], &[], &[known, (SOHO_CHAP, &soho)]]);
    let mut bench = dialed(bench);
    has(bench.screen("lns"), &["Attribute 3 19 ", "Attribute 60 22 ", "Access-Accept"]);
    has(bench.screen("soho"), &["CHAP: I CHALLENGE", "!!!!!"]);
    assert_eq!(bench.leftovers(), NOTHING);
}

#[test]
fn the_server_may_leave_the_address_to_a_pool() {
    let soho = [
        (
            "interface BRI0\n",
            "interface Loopback0\n ip address 192.168.3.1 255.255.255.255\n!\ninterface BRI0\n",
        ),
        (" ip address 10.10.53.2 255.255.255.0\n", " ip address negotiated\n"),
    ];
    for reply in ["Framed-IP-Address = 255.255.255.254", "Cisco-AVPair = \"ip:addr=255.255.255.254\""] {
        let mut bench = dialed(lab_of(&[FRAMED, reply], [&[], &[], &soho]));
        has(bench.screen("lns"), &["IPCP: Pool returned 10.10.54.1", "Install route to 10.10.54.1"]);
        has(bench.screen("soho"), &["IPCP:    Address 10.10.54.1", ".!!!!"]);
        assert_eq!(bench.leftovers(), NOTHING);
    }
}

#[test]
fn a_peer_that_takes_no_other_address_gets_no_route() {
    let bench = dialed(lab_of(&[FRAMED, "Framed-IP-Address = 255.255.255.254"], [&[], &[], &[]]));
    has(bench.screen("lns"), &["IPCP: State is Open"]);
    assert!(!bench.screen("lns").contains("route to 0.0.0.0"), "{}", bench.screen("lns"));
}

/// Somebody at a console of whom a server wants a code beside the password.
const TOKEN: &str = "

admin Cleartext-Password := \"4711\", State == 0x2a
	Service-Type = NAS-Prompt-User,
	Reply-Message = \"Welcome\"

admin Cleartext-Password := \"geheim\", Response-Packet-Type := Access-Challenge
	State = 0x2a,
	Reply-Message = \"Code: \"
";

#[test]
fn a_server_may_ask_more_of_somebody_at_a_console() {
    let lists = "aaa new-model\naaa authentication login default group radius local\n\
                 username admin password 0 anders\n";
    let reply = format!("{ADDRESS}{TOKEN}");
    let mut bench = lab_of(&[FRAMED, &reply], [&[], &[("aaa new-model\n", lists)], &[]]);
    bench.play("lns: \nlns: admin\nlns: geheim\nlns: 4711\nlns: enable\nlns: debug radius\n").unwrap();
    has(bench.screen("lns"), &["Password: \nCode: \nWelcome\n1600-3>enable\n"]);
    bench.play("lns: exit\nlns: \nlns: admin\nlns: geheim\nlns: 4712\nlns: admin\nlns: anders\n").unwrap();
    let screen = bench.screen("lns");
    has(screen, &["Access-Challenge, len ", "Attribute 24 3 2A", "Welcome\n% Authentication failed\n"]);
    // Neither is the answer shown, nor is the next method asked after a reject.
    assert!(!screen.contains("4711") && screen.matches("% Authentication failed").count() == 2, "{screen}");
    assert_eq!(bench.leftovers(), NOTHING);
}

#[test]
fn a_call_goes_where_the_profile_of_its_user_says_when_the_user_is_asked_first() {
    let tunnel = "Tunnel-Type = L2TP, Tunnel-Medium-Type = IPv4, Tunnel-Server-Endpoint = \"10.51.6.82\", \
                  Tunnel-Client-Auth-Id = \"hgw\", Tunnel-Password = \"hello\"";
    let pairs = "Cisco-AVPair = \"vpdn:tunnel-id=hgw\", Cisco-AVPair += \"vpdn:ip-addresses=10.51.6.82\", \
                 Cisco-AVPair += \"vpdn:l2tp-tunnel-password=hello\"";
    let asks = ("aaa authentication ppp default local\n", "aaa authentication ppp default group radius\n");
    // The number has a tunnel of its own; by domain there is none, and without the profile PPP would end on the LAC.
    for (order, profile) in [("dnis", tunnel), ("domain", tunnel), ("domain", pairs)] {
        let order = format!("vpdn search-order {order}\nvpdn authen-before-forward\n");
        let lac: [Change; 2] = [asks, ("vpdn search-order dnis\n", &order)];
        let mut bench = lab_of(&[FRAMED, ADDRESS, profile], [&lac, &[], &[]]);
        bench.play("lac: enable\nlac: debug vpdn event\nlac: debug vpdn error\n").unwrap();
        let mut bench = dialed(bench);
        has(bench.screen("lac"), &["Got tunnel info for 2500-1", "Forward to address 10.51.6.82"]);
        has(bench.screen("soho"), &["!!!!!"]);
        assert_eq!(bench.leftovers(), NOTHING);
    }
}
