//! What a server says that cannot be had, and what must not be seen, on the dial-in lab in virtual time.

use crate::call::Bench;
use crate::users::{Change, FRAMED, lab_of};

const NOTHING: [String; 0] = [];
const ADDRESS: &str = "Framed-IP-Address = 10.10.53.2";
const ALL: &str = "lns: enable\nlns: terminal length 0\nlns: debug aaa per-user\nlns: debug aaa authentication\n\
                   lns: debug aaa authorization\nlns: debug radius\n";
const DIAL: &str = "soho: enable\nsoho: ping 10.51.6.82\nwait soho /Success rate/ 60s\nsleep 3s\n";
const NEW: Change = ("version 12.0", "version 15.1");

fn dialed(reply: &[&str], lns: &[Change]) -> Bench {
    let mut bench = lab_of(reply, [&[], lns, &[]]);
    bench.play(&format!("{ALL}{DIAL}")).unwrap();
    bench
}

fn has(screen: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(screen.contains(wanted), "{wanted:?}\n{screen}");
    }
}

/// Without authorization of PPP, too: RFC 2865 section 5.6.
#[test]
fn a_service_that_is_not_served_gets_no_ppp() {
    let unauthorized: Change = (" ppp authorization vpdn\n", "");
    for reply in
        ["Service-Type = Outbound-User", "Service-Type = Callback-Framed-User", "Framed-Protocol = SLIP"]
    {
        let mut bench = dialed(&[reply, ADDRESS], &[unauthorized]);
        has(bench.screen("soho"), &["Success rate is 0 percent"]);
        has(bench.screen("lns"), &["RADIUS: no appropriate authorization type for user."]);
        bench.play("soho: clear interface bri0\nsleep 30s\n").unwrap();
        assert_eq!(bench.leftovers(), NOTHING);
    }
}

#[test]
fn the_profile_of_a_tunnel_lets_nobody_sit_at_a_console() {
    let lists = "aaa new-model\naaa authentication login default group radius\n";
    let mut bench = lab_of(&[FRAMED, ADDRESS], [&[], &[("aaa new-model\n", lists)], &[]]);
    bench.play("lns: \nlns: dnis:614629\nlns: cisco\nlns: 2500-1\nlns: cisco\nlns: enable\n").unwrap();
    let screen = bench.screen("lns");
    has(screen, &["% Authentication failed\n", "1600-3>enable"]);
    assert_eq!(screen.matches("% Authentication failed").count(), 1, "{screen}");
}

#[test]
fn a_refusal_has_its_lines_in_15() {
    let bench = dialed(&["Service-Type = Login-User"], &[NEW]);
    has(
        bench.screen("lns"),
        &[
            "Radius DTLS debugging debugging is off\n",
            ": Bind i/f Virtual-Template1 ",
            ":Orig. component type = VPDN\n",
            "): acct_session_id: ",
            "): Sending a IPv4 Radius Packet\n",
            "RADIUS: no appropriate authorization type for user.",
            "): status = FAIL",
        ],
    );
    // Authorization has a line of it without the others.
    let mut bench = lab_of(&["Service-Type = Login-User"], [&[], &[NEW], &[]]);
    bench.play(&format!("lns: enable\nlns: debug aaa authorization\n{DIAL}")).unwrap();
    has(
        bench.screen("lns"),
        &[": Bind i/f Virtual-Template1 ", "no appropriate authorization type for user."],
    );
    let bench = dialed(&[FRAMED, ADDRESS], &[NEW]);
    has(bench.screen("soho"), &["!!!!!"]);
    let screen = bench.screen("lns");
    let bound = ["Bind i/f Virtual-Template1 ", "Pick method list 'vpdn' ", "Bind i/f Virtual-Access1 "];
    let at: Vec<_> = bound.iter().map(|text| screen.find(text)).collect();
    assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{at:?}\n{screen}");
}

#[test]
fn a_lookup_that_fails_has_its_lines_in_15() {
    for (from, to, wanted) in [
        ("Tunnel-Medium-Type:1 = IPv4", "Tunnel-Medium-Type:1 = IPv6", "tunnel medium 2 is not supported"),
        ("Tunnel-Type:1 = L2TP", "Tunnel-Type:1 = PPTP", "tunnel type pptp is not supported"),
    ] {
        let users = std::fs::read_to_string(crate::call::example().join("users")).unwrap();
        assert!(users.contains(from), "{users}");
        let lac: Change = ("version 12.1", "version 15.1");
        let mut bench = crate::users::lab_with(&users.replace(from, to), [&[lac], &[], &[]]);
        bench.play(&format!("lac: enable\nlac: debug aaa authorization\n{DIAL}")).unwrap();
        has(bench.screen("lac"), &[wanted, "AAA/AUTHOR/VPDN: Denied"]);
    }
}

#[test]
fn nothing_that_a_user_was_given_goes_without_a_line() {
    let bench = dialed(
        &[
            FRAMED,
            ADDRESS,
            "Port-Limit = 4",
            "Framed-Compression = Van-Jacobson-TCP-IP",
            "Callback-Number = \"5551234\"",
            "Acct-Interim-Interval = 5",
            "Cisco-AVPair = \"ip:nonsense=1\"",
            "Cisco-AVPair += \"ip:sub-qos-policy-out=100Mb\"",
            "Cisco-AVPair += \"ip:dns-servers=1.2.3.4 nonsense\"",
            "Cisco-AVPair += \"ip:addr=10.10.53.x\"",
            "Cisco-AVPair += \"ip:inacl=101\"",
            "Cisco-AVPair += \"no pair at all\"",
            "Cisco-AVPair += \"vpdn:l2tp-hello-interval=x\"",
        ],
        &[],
    );
    has(
        bench.screen("lns"),
        &[
            "Vi1 AAA/PER-USER: Port-Limit is not applied",
            "Vi1 AAA/PER-USER: Framed-Compression is not applied",
            "Vi1 AAA/PER-USER: Callback-Number is not applied",
            "Vi1 AAA/PER-USER: Acct-Interim-Interval 5 is not applied",
            "Vi1 AAA/PER-USER: ip:nonsense is not applied",
            "Vi1 AAA/PER-USER: ip:sub-qos-policy-out is not applied",
            "Vi1 AAA/PER-USER: ip:dns-servers nonsense is not applied",
            "Vi1 AAA/PER-USER: ip:addr 10.10.53.x is not applied",
            "Vi1 AAA/PER-USER: access list 101 is not applied",
            "Vi1 AAA/PER-USER: Cisco-AVPair without a value is not applied",
            "Vi1 AAA/AUTHOR/VPDN: vpdn:l2tp-hello-interval has a wrong value",
        ],
    );
    // The address that is good is there all the same.
    has(bench.screen("soho"), &["!!!!!"]);
}

/// The lab whose LNS knows its user itself, with these attributes.
fn local(attributes: &str) -> Bench {
    let list = format!(
        "username 2500-1 password 0 cisco\nusername 2500-1 aaa attribute list own\n!\n\
         aaa attribute list own\n{attributes}!\nvpdn enable\n"
    );
    let changes = [
        ("aaa authentication ppp vpdn radius", "aaa authentication ppp vpdn local"),
        ("aaa authorization network vpdn radius", "aaa authorization network vpdn local"),
        ("vpdn enable\n", &list),
    ];
    dialed(&[FRAMED], &changes)
}

#[test]
fn what_a_list_says_in_vain_is_ignored_unless_it_is_mandatory() {
    let lines = " attribute type addr \"10.10.53.2\"\n attribute type idletime \"4x\"\n attribute type nonsense \"1\" service ppp\n \
                 attribute type inacl \"101\" service ppp protocol ip\n";
    let bench = local(lines);
    let wanted = [
        "Vi1 AAA/PER-USER: idletime 4x is not applied",
        "Vi1 AAA/PER-USER: nonsense is not applied",
        "Vi1 AAA/PER-USER: access list 101 is not applied",
    ];
    has(bench.screen("lns"), &wanted);
    has(bench.screen("soho"), &["!!!!!"]);
    let bench = local(" attribute type idletime \"4x\" mandatory\n");
    has(bench.screen("lns"), &["%AAA-3-PARSEERR: Error(-1): parser is unable to parse idletime 4x"]);
    has(bench.screen("soho"), &["Success rate is 0 percent"]);
}

/// It is a line, but none for a user: who must have it has no session.
#[test]
fn a_line_that_would_shut_the_users_own_interface_is_named() {
    for (written, works) in [("=", false), ("*", true)] {
        let line = format!("Cisco-AVPair = \"lcp:interface-config{written}shutdown\"");
        let mut bench = dialed(&[FRAMED, ADDRESS, &line], &[]);
        has(bench.screen("lns"), &["%AAA-3-PARSEERR: Error(-1): parser is unable to parse shutdown"]);
        has(bench.screen("soho"), &[if works { "!!!!!" } else { "Success rate is 0 percent" }]);
        bench.play("soho: clear interface bri0\nsleep 30s\n").unwrap();
        assert_eq!(bench.leftovers(), NOTHING);
    }
}

#[test]
fn a_pool_that_does_not_exist_is_named() {
    for change in [("aaa new-model", "aaa new-model"), NEW] {
        let mut bench = dialed(&[FRAMED, "Cisco-AVPair = \"ip:addr-pool=nowhere\""], &[change]);
        let screen = bench.screen("lns");
        has(
            screen,
            &[
                "%AAA-4-NOADDRESS: No address for user 2500-1 on Vi1: pool nowhere does not exist",
                "Vi1 AAA/AUTHOR/IPCP: there is no address pool nowhere",
                "Vi1 AAA/AUTHOR/IPCP: Denied",
            ],
        );
        assert!(!screen.contains("IPCP: Authorization succeeded"), "{screen}");
        bench.play("soho: clear interface bri0\nsleep 30s\n").unwrap();
        assert_eq!(bench.leftovers(), NOTHING);
    }
}

/// `cisco` in octets, as a dump and as a value would have it.
const CISCO: [&str; 2] = ["63 69 73 63 6F", "636973636F"];

#[test]
fn no_debug_has_the_password_of_a_pap_user() {
    let pap = ("ppp authentication chap", "ppp authentication pap");
    let soho = (" ppp authentication chap callin\n", " ppp pap sent-username 2500-1 password 0 cisco\n");
    let again = (" local name l2tp-gw\n", " local name l2tp-gw\n lcp renegotiation always\n");
    for lns in [vec![pap], vec![pap, again]] {
        let mut bench = lab_of(&[FRAMED, ADDRESS], [&[pap], &lns, &[soho]]);
        for node in ["lac", "lns"] {
            let switches = ["l2x-packets", "l2x-data", "packet"].map(|s| format!("{node}: debug vpdn {s}\n"));
            let more = format!("{node}: debug ppp packet\n{node}: debug radius\n");
            bench.play(&format!("{node}: enable\n{}{more}", switches.concat())).unwrap();
        }
        bench.play(DIAL).unwrap();
        has(bench.screen("soho"), &["!!!!!"]);
        if lns.len() == 1 {
            has(bench.screen("lns"), &["Proxy Auth Resp *\n"]);
        } else {
            // The password goes through the tunnel in a frame of PPP.
            has(bench.screen("lns"), &[" ** ** ** ** **"]);
        }
        for node in ["lac", "lns"] {
            let screen = bench.screen(node);
            assert!(!CISCO.iter().any(|octets| screen.contains(octets)), "{node}: {screen}");
        }
    }
}

#[test]
fn no_debug_has_a_secret_that_a_profile_brings() {
    let reply = [
        FRAMED,
        ADDRESS,
        "Cisco-AVPair = \"lcp:interface-config=ppp chap password 0 topsecret1\"",
        "Cisco-AVPair += \"lcp:interface-config#2*ppp chap passw 0 topsecret2\"",
        "Cisco-AVPair += \"lcp:interface-config#3*ppp chap pasword 0 topsecret3\"",
        "Cisco-AVPair += \"VPDN:L2TP-Tunnel-Password=topsecret4\"",
        "Cisco-AVPair += \"vpdn:l2tp-tunnel-password =topsecret5\"",
    ];
    for change in [("aaa new-model", "aaa new-model"), NEW] {
        let bench = dialed(&reply, &[change]);
        has(bench.screen("soho"), &["!!!!!"]);
        let screen = bench.screen("lns");
        has(
            screen,
            &["line = [ppp chap password 0 <removed>]", "ppp chap pasword 0 <removed> per-user command"],
        );
        assert!(!screen.contains("topsecret"), "{screen}");
    }
    let bench = local(" attribute type interface-config \"ppp chap password 0 topsecret6\" protocol lcp\n");
    has(bench.screen("lns"), &["Processing AV interface-config=ppp chap password 0 <removed>"]);
    assert!(!bench.screen("lns").contains("topsecret"), "{}", bench.screen("lns"));
}
