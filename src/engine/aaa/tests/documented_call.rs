//! The LNS of the documented call: its packets byte for byte, its AAA and RADIUS lines word for word.

use super::*;
use crate::proto::Purpose;

/// The random numbers of the documented call.
struct Documented {
    identifiers: std::vec::IntoIter<u32>,
}

impl Entropy for Documented {
    fn fill(&mut self, purpose: Purpose, out: &mut [u8]) {
        let value = match purpose {
            Purpose::RadiusId => 48_u32,
            Purpose::AaaId => self.identifiers.next().expect("one id for each documented one"),
            other => panic!("the documented call draws nothing for {other:?}"),
        };
        let octets = value.to_be_bytes();
        out.copy_from_slice(&octets[4 - out.len()..]);
    }
}

fn documented() -> Box<Documented> {
    let identifiers = vec![3530581085, 1947215169, 536495163, 2669954081].into_iter();
    Box::new(Documented { identifiers })
}

const REQUEST: &str = "01 30 0061 5D0D008CB1677CF8BC354556321A7A74
    04 06 0A330652  05 06 00000004  3D 06 00000005  01 08 323530302D31  1E 08 363134363239
    1F 0C 32303835373330353932  03 13 06 CA1CC2E4FA6899E8DF1B695C0A80883E  06 06 00000002  07 06 00000001";

const USERS: &str = "2500-1 Cleartext-Password := \"cisco\"
    Service-Type = Framed-User,
    Framed-Protocol = PPP,
    Framed-IP-Address = 255.255.255.255
";

const LINES: &str = "\
RADIUS: Initial Transmit Virtual-Access4 id 48 10.51.6.3:1645, Access-Request, len 97
        Attribute 4 6 0A330652
        Attribute 5 6 00000004
        Attribute 61 6 00000005
        Attribute 1 8 32353030
        Attribute 30 8 36313436
        Attribute 31 12 32303835
        Attribute 3 19 06CA1CC2
        Attribute 6 6 00000002
        Attribute 7 6 00000001
RADIUS: Received from id 48 10.51.6.3:1645, Access-Accept, len 38
        Attribute 6 6 00000002
        Attribute 7 6 00000001
        Attribute 8 6 FFFFFFFF
AAA/AUTHEN (3530581085): status = PASS
Vi4 AAA/AUTHOR/LCP: Authorize LCP
Vi4 AAA/AUTHOR/LCP (1947215169): Port='Virtual-Access4' list='vpdn' service=NET
AAA/AUTHOR/LCP: Vi4 (1947215169) user='2500-1'
Vi4 AAA/AUTHOR/LCP (1947215169): send AV service=ppp
Vi4 AAA/AUTHOR/LCP (1947215169): send AV protocol=lcp
Vi4 AAA/AUTHOR/LCP (1947215169): found list \"vpdn\"
Vi4 AAA/AUTHOR/LCP (1947215169): Method=radius (radius)
Vi4 AAA/AUTHOR (1947215169): Post authorization status = PASS_REPLACE
Vi4 AAA/AUTHOR/LCP: Processing AV service=ppp
Vi4 AAA/AUTHOR/FSM: (0): Can we start IPCP?
Vi4 AAA/AUTHOR/FSM (536495163): Port='Virtual-Access4' list='vpdn' service=NET
AAA/AUTHOR/FSM: Vi4 (536495163) user='2500-1'
Vi4 AAA/AUTHOR/FSM (536495163): send AV service=ppp
Vi4 AAA/AUTHOR/FSM (536495163): send AV protocol=ip
Vi4 AAA/AUTHOR/FSM (536495163): found list \"vpdn\"
Vi4 AAA/AUTHOR/FSM (536495163): Method=radius (radius)
RADIUS: allowing negotiated framed address
Vi4 AAA/AUTHOR (536495163): Post authorization status = PASS_REPLACE
Vi4 AAA/AUTHOR/FSM: We can start IPCP
Vi4 AAA/AUTHOR/IPCP: Start. Her address 10.10.53.2, we want 0.0.0.0
Vi4 AAA/AUTHOR/IPCP (2669954081): Port='Virtual-Access4' list='vpdn' service=NET
AAA/AUTHOR/IPCP: Vi4 (2669954081) user='2500-1'
Vi4 AAA/AUTHOR/IPCP (2669954081): send AV service=ppp
Vi4 AAA/AUTHOR/IPCP (2669954081): send AV protocol=ip
Vi4 AAA/AUTHOR/IPCP (2669954081): send AV addr*10.10.53.2
Vi4 AAA/AUTHOR/IPCP (2669954081): found list \"vpdn\"
Vi4 AAA/AUTHOR/IPCP (2669954081): Method=radius (radius)
RADIUS: allowing negotiated framed address 10.10.53.2
Vi4 AAA/AUTHOR (2669954081): Post authorization status = PASS_REPLACE
Vi4 AAA/AUTHOR/IPCP: Processing AV service=ppp
Vi4 AAA/AUTHOR/IPCP: Processing AV addr=10.10.53.2
Vi4 AAA/AUTHOR/IPCP: Authorization succeeded
Vi4 AAA/AUTHOR/IPCP: Done. Her address 10.10.53.2, we want 10.10.53.2
Vi4 AAA/AUTHOR/IPCP: Start. Her address 10.10.53.2, we want 10.10.53.2
Vi4 AAA/AUTHOR/IPCP: Processing AV service=ppp
Vi4 AAA/AUTHOR/IPCP: Processing AV addr=10.10.53.2
Vi4 AAA/AUTHOR/IPCP: Authorization succeeded
Vi4 AAA/AUTHOR/IPCP: Done. Her address 10.10.53.2, we want 10.10.53.2";

#[test]
fn request_accept_and_lines() {
    let mut bench = Bench::with(&lns_config(), documented());
    let ticket = bench.run(|aaa, cx| aaa.authenticate(cx, ask(chap_credentials(), Some("vpdn"))));
    let outputs = bench.outputs();
    let [
        AaaOutput::OpenSocket { socket: 0, port: 1645 },
        AaaOutput::Transmit { socket: 0, local, remote, bytes },
    ] = outputs.as_slice()
    else {
        panic!("a socket and a request, not {outputs:?}");
    };
    assert_eq!((*local, *remote), (None, "10.51.6.3:1645".parse().unwrap()));
    assert_eq!(bytes.len(), 97);
    assert_eq!(*bytes, hex(REQUEST));

    let mut server = node(USERS);
    let accept = server.handle(&mut Seeded::new(5), SocketAddr::from((NAS, 1645)), bytes).unwrap();
    assert_eq!(accept.len(), 38);
    assert_eq!(accept[..4], hex("02 30 0026"));
    assert_eq!(accept[20..], hex("0606 00000002 0706 00000001 0806 FFFFFFFF"));
    bench.run(|aaa, cx| aaa.handle_datagram(cx, 0, *remote, &accept));
    let outputs = bench.outputs();
    let [AaaOutput::Event(AaaEvent { ticket: done, outcome: Outcome::Authentication(outcome) })] =
        outputs.as_slice()
    else {
        panic!("one outcome, not {outputs:?}");
    };
    assert_eq!(*done, ticket);
    let AuthenOutcome::Pass { message, profile } = outcome else { panic!("{outcome:?}") };
    assert!(message.is_empty(), "O SUCCESS id 6 len 4");
    assert_eq!(profile.framed_ip, Some(FramedIp::UserChooses));

    let mut session =
        UserSession::new(vi4(), Some(Some("vpdn".to_owned())), "2500-1".to_owned(), Some(profile.clone()));
    assert_eq!(bench.run(|aaa, cx| aaa.authorize_lcp(cx, &session)), Decision::Permitted);
    assert_eq!(bench.run(|aaa, cx| aaa.authorize_fsm(cx, &session)), Decision::Permitted);
    let her = Ipv4Addr::new(10, 10, 53, 2);
    for want in [Ipv4Addr::UNSPECIFIED, her] {
        let decision = bench.run(|aaa, cx| aaa.authorize_ipcp(cx, &mut session, her, want));
        assert_eq!(decision, IpcpDecision::Use(her));
    }
    let lines: Vec<&str> = LINES.lines().collect();
    assert_eq!(bench.trace.lines, lines);
    assert!(bench.aaa.is_quiet());
    assert_eq!(bench.aaa.next_timeout(), None);
}

/// Without `ppp authorization` nothing of the AUTHOR families is printed, and nothing of the profile counts.
#[test]
fn no_authorization_prints_nothing() {
    let mut bench = Bench::with(&lns_config(), documented());
    let profile = UserProfile {
        from_radius: true,
        framed_ip: Some(FramedIp::Address(Ipv4Addr::new(10, 0, 0, 1))),
        ..UserProfile::default()
    };
    let mut session = UserSession::new(vi4(), None, "2500-1".to_owned(), Some(Arc::new(profile)));
    assert_eq!(bench.run(|aaa, cx| aaa.authorize_lcp(cx, &session)), Decision::Permitted);
    assert_eq!(bench.run(|aaa, cx| aaa.authorize_fsm(cx, &session)), Decision::Permitted);
    let (her, want) = (Ipv4Addr::new(10, 10, 53, 2), Ipv4Addr::new(10, 10, 53, 9));
    let decision = bench.run(|aaa, cx| aaa.authorize_ipcp(cx, &mut session, her, want));
    assert_eq!(decision, IpcpDecision::Use(want));
    assert_eq!(session.attributes(), None);
    assert!(bench.trace.lines.is_empty());
}

#[test]
fn only_method_lists_are_named_in_15() {
    let mut bench = Bench::new(&lns_config());
    bench.trace.dialect = Dialect::V15;
    bench.run(|aaa, cx| aaa.authenticate(cx, ask(chap_credentials(), Some("vpdn"))));
    bench.settle(&mut node(USERS));
    let aaa: Vec<&String> = bench.trace.lines.iter().filter(|line| line.starts_with("AAA")).collect();
    assert_eq!(aaa, ["AAA/AUTHEN/PPP (0000001C): Pick method list 'vpdn' "]);
    assert!(
        bench
            .trace
            .lines
            .iter()
            .any(|l| l.starts_with("RADIUS(0000001C): Send Access-Request to 10.51.6.3:1645"))
    );
}
