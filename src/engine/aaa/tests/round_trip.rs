//! AAA and the embedded server: every way to prove a password, and tunnel lookups.

use super::*;
use crate::engine::aaa::Endpoint;
use crate::proto::ppp::mschap;

const USERS: &str = r#"
# The lab of the documented call.
2500-1      Cleartext-Password := "cisco"
            Service-Type = Framed-User,
            Framed-Protocol = PPP,
            Framed-IP-Address = 10.10.53.2, Framed-IP-Netmask = 255.255.255.255,
            Framed-Route = "192.168.7.0/24 10.10.53.2 1",
            Framed-Route += "192.168.8.0/24",
            Cisco-AVPair = "ip:addr-pool=vpn",
            Cisco-AVPair += "ip:dns-servers=10.0.0.53 10.0.0.54",
            Cisco-AVPair += "lcp:interface-config=ip mtu 1400",
            MS-Primary-DNS-Server = 10.9.9.9,
            Session-Timeout = 3600, Idle-Timeout = 60, Framed-MTU = 1400,
            Class = 0xdeadbeef,
            Reply-Message = "Welcome"

dnis:614629 Cleartext-Password := "cisco"
            Tunnel-Type:1 = L2TP,
            Tunnel-Medium-Type:1 = IPv4,
            Tunnel-Server-Endpoint:1 = "10.51.6.82",
            Tunnel-Client-Auth-Id:1 = "hgw",
            Tunnel-Password:1 = "hello",
            Tunnel-Type:2 = L2TP,
            Tunnel-Server-Endpoint:2 = "10.51.6.83,10.51.6.84/10.51.6.85",
            Tunnel-Password:2 = "goodbye",
            Tunnel-Preference:2 = 5

dnis:614630 Cleartext-Password := "cisco"
            Cisco-AVPair = "vpdn:tunnel-type=l2tp",
            Cisco-AVPair += "vpdn:tunnel-id=hgw",
            Cisco-AVPair += "vpdn:ip-addresses=10.51.6.82",
            Cisco-AVPair += "vpdn:l2tp-tunnel-password=hello",
            Cisco-AVPair += "vpdn:l2tp-hello-interval=30"

dnis:614631 Cleartext-Password := "cisco"
            Tunnel-Type = PPTP, Tunnel-Server-Endpoint = "10.51.6.82"
"#;

fn config(message_authenticator: bool) -> AaaConfig {
    AaaConfig {
        message_authenticator,
        authorization_network: vec![list("default", &[Method::Radius])],
        ..lns_config()
    }
}

fn try_it(credentials: Credentials) -> AuthenOutcome {
    let mut results = Vec::new();
    for signed in [false, true] {
        let mut bench = Bench::new(&config(signed));
        bench.run(|aaa, cx| aaa.authenticate(cx, ask(credentials.clone(), Some("vpdn"))));
        let events = bench.settle(&mut node(USERS));
        assert!(bench.aaa.is_quiet());
        assert_eq!(bench.aaa.radius(bench.now).dropped, Default::default());
        results.push(authentication(&events).clone());
    }
    assert_eq!(results[0], results[1], "Message-Authenticator changes nothing");
    results.remove(0)
}

fn chap(protocol: AuthProtocol, challenge: &[u8], response: &[u8]) -> Credentials {
    let proof = Proof::Chap { protocol, id: 6, challenge: challenge.to_vec(), response: response.to_vec() };
    Credentials { name: b"2500-1".to_vec(), proof }
}

#[test]
fn pap() {
    let AuthenOutcome::Pass { message, profile } = try_it(pap_credentials("2500-1", "cisco")) else {
        panic!("the right password");
    };
    assert_eq!(message, b"Welcome");
    assert_eq!(profile.framed_ip, Some(FramedIp::Address(Ipv4Addr::new(10, 10, 53, 2))));
    assert_eq!(profile.netmask, Some(Ipv4Addr::BROADCAST));
    assert_eq!(profile.routes, ["192.168.7.0/24 10.10.53.2 1", "192.168.8.0/24"]);
    assert_eq!(profile.pool.as_deref(), Some("vpn"));
    let dns = [[10, 0, 0, 53], [10, 0, 0, 54], [10, 9, 9, 9]].map(Ipv4Addr::from);
    assert_eq!(profile.dns, dns);
    assert_eq!(profile.interface_lines().collect::<Vec<_>>(), [("ip mtu 1400".to_owned(), true)]);
    assert_eq!(profile.session_timeout, Some(Duration::from_secs(3600)));
    assert_eq!(profile.idle_timeout, Some(Duration::from_secs(60)));
    assert_eq!((profile.mtu, profile.problems.len()), (Some(1400), 0), "{:?}", profile.problems);
    assert_eq!(profile.class, [hex("deadbeef")]);
    let wrong = try_it(pap_credentials("2500-1", "Cisco"));
    assert_eq!(wrong, AuthenOutcome::Fail { message: b"Welcome".to_vec(), retries: None });
    let nobody = try_it(pap_credentials("nobody", "cisco"));
    assert_eq!(nobody, AuthenOutcome::Fail { message: b"Authentication failure".to_vec(), retries: None });
    // Longer than one block of the hiding.
    assert!(matches!(try_it(pap_credentials("2500-1", &"x".repeat(40))), AuthenOutcome::Fail { .. }));
}

#[test]
fn chap_with_and_without_its_own_challenge_attribute() {
    assert!(matches!(try_it(chap_credentials()), AuthenOutcome::Pass { .. }));
    for length in [1, 8, 15, 17, 64] {
        let challenge = vec![0x5a; length];
        let response = crate::proto::radius::crypt::md5(&[&[6], b"cisco", &challenge]);
        let right = chap(AuthProtocol::ChapMd5, &challenge, &response);
        assert!(matches!(try_it(right), AuthenOutcome::Pass { .. }), "{length} octets");
        let wrong = chap(AuthProtocol::ChapMd5, &challenge, &[0; 16]);
        assert!(matches!(try_it(wrong), AuthenOutcome::Fail { .. }), "{length} octets");
    }
}

#[test]
fn ms_chap() {
    let challenge = [7; 8];
    let response = mschap::v1_respond(&challenge, b"cisco").unwrap();
    assert!(matches!(try_it(chap(AuthProtocol::MsChap, &challenge, &response)), AuthenOutcome::Pass { .. }));
    let AuthenOutcome::Fail { message, .. } = try_it(chap(AuthProtocol::MsChap, &[8; 8], &response)) else {
        panic!("another challenge");
    };
    assert_eq!(mschap::Failure::parse(&message).map(|f| f.error), Some(691));
}

#[test]
fn ms_chap_v2() {
    let challenge = [7; 16];
    let (response, success) = mschap::v2_respond(&challenge, &[3; 16], b"2500-1", b"cisco").unwrap();
    let right = chap(AuthProtocol::MsChapV2, &challenge, &response);
    let AuthenOutcome::Pass { message, .. } = try_it(right) else { panic!("the right response") };
    assert!(mschap::v2_success(&success, &message));
    let AuthenOutcome::Fail { message, .. } = try_it(chap(AuthProtocol::MsChapV2, &[8; 16], &response))
    else {
        panic!("another challenge");
    };
    assert!(message.starts_with(b"E=691 R=1 C=0808"));
}

fn look_up(key: &str, trace: &mut Vec<String>) -> TunnelOutcome {
    let mut bench = Bench::new(&config(false));
    let port =
        Port { long: "Serial0:0".to_owned(), short: "Se0:0".to_owned(), kind: PortType::Isdn, ..vi4() };
    let lookup = TunnelLookup {
        port,
        list: None,
        key: key.to_owned(),
        password: Secret::new("cisco"),
        asker: Asker::Lac,
    };
    let ticket = bench.run(|aaa, cx| aaa.authorize_tunnel(cx, lookup));
    let mut events = bench.settle(&mut node(USERS));
    assert!(bench.aaa.is_quiet());
    *trace = bench.trace.lines;
    match (events.len(), events.pop()) {
        (1, Some(AaaEvent { ticket: done, outcome: Outcome::Tunnel(outcome) })) if done == ticket => outcome,
        (_, other) => panic!("one lookup, not {other:?}"),
    }
}

#[test]
fn tunnels_by_tags() {
    let TunnelOutcome::Found(tunnels) = look_up("dnis:614629", &mut Vec::new()) else {
        panic!("two tunnels")
    };
    let [first, second] = tunnels.as_slice() else { panic!("{tunnels:?}") };
    assert_eq!(first.kind, Some(TunnelType::L2tp));
    assert_eq!(first.servers, [[Endpoint::Address([10, 51, 6, 82].into())]]);
    assert_eq!(first.client_name.as_deref(), Some("hgw"));
    assert_eq!(first.password, Some(Secret::new("hello")));
    assert_eq!(second.preference, Some(5));
    assert_eq!(second.password, Some(Secret::new("goodbye")));
    let lns = |last| Endpoint::Address([10, 51, 6, last].into());
    let by_priority = [vec![lns(83), lns(84)], vec![lns(85)]];
    assert_eq!(second.servers, by_priority);
}

#[test]
fn tunnels_by_av_pairs_and_their_lines() {
    let mut lines = Vec::new();
    let TunnelOutcome::Found(tunnels) = look_up("dnis:614630", &mut lines) else { panic!("a tunnel") };
    let [tunnel] = tunnels.as_slice() else { panic!("{tunnels:?}") };
    assert_eq!(tunnel.password, Some(Secret::new("hello")));
    assert_eq!(tunnel.knobs.hello, Some(Duration::from_secs(30)));
    let id = lines[0].split(['(', ')']).nth(1).unwrap().to_owned();
    let mut wanted = vec![
        format!("Se0:0 AAA/AUTHOR/VPDN ({id}): Port='Serial0:0' list='default' service=NET"),
        format!("AAA/AUTHOR/VPDN: Se0:0 ({id}) user='dnis:614630'"),
        format!("Se0:0 AAA/AUTHOR/VPDN ({id}): send AV service=ppp"),
        format!("Se0:0 AAA/AUTHOR/VPDN ({id}): send AV protocol=vpdn"),
        format!("Se0:0 AAA/AUTHOR/VPDN ({id}): found list \"default\""),
        format!("Se0:0 AAA/AUTHOR/VPDN ({id}): Method=radius (radius)"),
        "RADIUS: authenticating to get author data".to_owned(),
    ];
    assert_eq!(lines[..wanted.len()], wanted);
    assert!(lines[wanted.len()].starts_with("RADIUS: Initial Transmit Serial0:0 id "));
    wanted = vec![
        format!("Se0:0 AAA/AUTHOR ({id}): Post authorization status = PASS_REPLACE"),
        "Se0:0 AAA/AUTHOR/VPDN: Processing AV service=ppp".to_owned(),
        "Se0:0 AAA/AUTHOR/VPDN: Processing AV protocol=vpdn".to_owned(),
        "Se0:0 AAA/AUTHOR/VPDN: Processing AV tunnel-type=l2tp".to_owned(),
        "Se0:0 AAA/AUTHOR/VPDN: Processing AV tunnel-id=hgw".to_owned(),
        "Se0:0 AAA/AUTHOR/VPDN: Processing AV ip-addresses=10.51.6.82".to_owned(),
        "Se0:0 AAA/AUTHOR/VPDN: Processing AV l2tp-hello-interval=30".to_owned(),
        "Se0:0 AAA/AUTHOR/VPDN: Processing AV l2tp-tunnel-password=*".to_owned(),
    ];
    assert_eq!(lines[lines.len() - wanted.len()..], wanted);
    assert!(lines.iter().all(|line| !line.contains("hello\"") && !line.contains("=hello")));
}

#[test]
fn tunnels_that_are_not_there_or_not_for_us() {
    assert_eq!(look_up("dnis:999", &mut Vec::new()), TunnelOutcome::NotFound);
    let mut lines = Vec::new();
    assert_eq!(look_up("dnis:614631", &mut lines), TunnelOutcome::NotFound);
    assert!(lines.contains(&"Se0:0 AAA/AUTHOR/VPDN: tunnel type pptp is not supported".to_owned()));
}

#[test]
fn vpdn_groups_decide_where_nobody_is_to_be_asked() {
    for methods in [vec![], vec![list("default", &[Method::Local])]] {
        let config = AaaConfig { authorization_network: methods, ..lns_config() };
        let mut bench = Bench::new(&config);
        let lookup = TunnelLookup {
            port: vi4(),
            list: None,
            key: "cisco.com".to_owned(),
            password: Secret::new("cisco"),
            asker: Asker::Lac,
        };
        let ticket = bench.run(|aaa, cx| aaa.authorize_tunnel(cx, lookup));
        let outcome = Outcome::Tunnel(TunnelOutcome::Local);
        assert_eq!(bench.outputs(), [AaaOutput::Event(AaaEvent { ticket, outcome })]);
    }
}
