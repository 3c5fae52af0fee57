//! The documented call (Cisco tech note 23980): the PPP lines of its LAC and of its LNS.

use super::*;

const LAC_MAGIC: [u8; 4] = [0x10, 0x9d, 0x08, 0xf2];
const USER_MAGIC: [u8; 4] = [0x6e, 0xe4, 0xe8, 0x65];
const LAC_CHALLENGE: u128 = 0x5D0D_008C_B167_7CF8_BC35_4556_321A_7A74;
const USER_RESPONSE: u128 = 0xCA1C_C2E4_FA68_99E8_DF1B_695C_0A80_883E;

/// Up to the CONFACK as documented; the lines after it, up to the forwarding, are recalled.
const LAC_UP: &str = "\
Se0:0 PPP: Treating connection as a callin
Se0:0 PPP: Phase is ESTABLISHING, Passive Open [0 sess, 0 load]
Se0:0 CHAP: Using alternate hostname 5300-1
Se0:0 LCP: State is Listen
Se0:0 LCP: I CONFREQ [Listen] id 118 len 10
Se0:0 LCP:    MagicNumber 0x6EE4E865 (0x05066EE4E865)
Se0:0 CHAP: Using alternate hostname 5300-1
Se0:0 LCP: O CONFREQ [Listen] id 11 len 28
Se0:0 LCP:    AuthProto CHAP (0x0305C22305)
Se0:0 LCP:    MagicNumber 0x109D08F2 (0x0506109D08F2)
Se0:0 LCP:    MRRU 1524 (0x110405F4)
Se0:0 LCP:    EndpointDisc 1 Local (0x130901353330302D31)
Se0:0 LCP: O CONFACK [Listen] id 118 len 10
Se0:0 LCP:    MagicNumber 0x6EE4E865 (0x05066EE4E865)
Se0:0 LCP: I CONFREJ [ACKsent] id 11 len 17
Se0:0 LCP:    MRRU 1524 (0x110405F4)
Se0:0 LCP:    EndpointDisc 1 Local (0x130901353330302D31)
Se0:0 LCP: O CONFREQ [ACKsent] id 12 len 15
Se0:0 LCP:    AuthProto CHAP (0x0305C22305)
Se0:0 LCP:    MagicNumber 0x109D08F2 (0x0506109D08F2)
Se0:0 LCP: I CONFACK [ACKsent] id 12 len 15
Se0:0 LCP:    AuthProto CHAP (0x0305C22305)
Se0:0 LCP:    MagicNumber 0x109D08F2 (0x0506109D08F2)
Se0:0 LCP: State is Open
Se0:0 PPP: Phase is AUTHENTICATING, by this end [0 sess, 0 load]
Se0:0 CHAP: Using alternate hostname 5300-1
Se0:0 CHAP: O CHALLENGE id 6 len 27 from \"5300-1\"
Se0:0 CHAP: I RESPONSE id 6 len 27 from \"2500-1\"
Se0:0 PPP: Phase is FORWARDING [0 sess, 0 load]";

const LAC_DOWN: &str = "\
Se0:0 PPP: Phase is TERMINATING [0 sess, 0 load]
Se0:0 LCP: State is Closed
Se0:0 PPP: Phase is DOWN [0 sess, 0 load]";

const LNS_UP: &str = "\
Vi4 PPP: Phase is DOWN, Setup
Vi4 PPP: Using set call direction
Vi4 PPP: Treating connection as a callin
Vi4 PPP: Phase is ESTABLISHING, Passive Open
Vi4 LCP: State is Listen
Vi4 LCP: I FORCED CONFREQ len 11
Vi4 LCP:    AuthProto CHAP (0x0305C22305)
Vi4 LCP:    MagicNumber 0x109D08F2 (0x0506109D08F2)
Vi4 VPDN: PPP LCP accepted rcv CONFACK
Vi4 VPDN: PPP LCP accepted sent CONFACK
Vi4 PPP: Phase is AUTHENTICATING, by this end
Vi4 CHAP: O CHALLENGE id 3 len 27 from \"1600-3\"
Vi4 CHAP: I RESPONSE id 6 len 27 from \"2500-1\"
Vi4 CHAP: O SUCCESS id 6 len 4
Vi4 PPP: Phase is UP
Vi4 IPCP: O CONFREQ [Closed] id 1 len 10
Vi4 IPCP:    Address 10.51.6.82 (0x03060A330652)
Vi4 IPCP: I CONFREQ [REQsent] id 187 len 16
Vi4 IPCP:    CompressType VJ 15 slots (0x0206002D0F00)
Vi4 IPCP:    Address 10.10.53.2 (0x03060A0A3502)
Vi4 IPCP: O CONFREJ [REQsent] id 187 len 10
Vi4 IPCP:    CompressType VJ 15 slots (0x0206002D0F00)
Vi4 IPCP: I CONFACK [REQsent] id 1 len 10
Vi4 IPCP:    Address 10.51.6.82 (0x03060A330652)
Vi4 IPCP: I CONFREQ [ACKrcvd] id 188 len 10
Vi4 IPCP:    Address 10.10.53.2 (0x03060A0A3502)
Vi4 IPCP: O CONFACK [ACKrcvd] id 188 len 10
Vi4 IPCP:    Address 10.10.53.2 (0x03060A0A3502)
Vi4 IPCP: State is Open";

const LNS_DOWN: &str = "\
Vi4 IPCP: State is Closed
Vi4 PPP: Phase is TERMINATING
Vi4 LCP: State is Closed
Vi4 PPP: Phase is DOWN";

fn lac_side() -> Side {
    let config = LinkConfig {
        authentication: vec![AuthProtocol::ChapMd5],
        local_name: "5300-1".into(),
        alternate_name: true,
        multilink: true,
        endpoint: "5300-1".into(),
        ..LinkConfig::default()
    };
    let mut lac = Side::new(config, 1);
    lac.link.label = "Se0:0".into();
    lac.entropy = Scripted::new(
        1,
        &[
            (Purpose::LcpId, &[11]),
            (Purpose::MagicNumber, &LAC_MAGIC),
            (Purpose::ChapId, &[6]),
            (Purpose::ChapChallenge, &LAC_CHALLENGE.to_be_bytes()),
        ],
    );
    lac.trace.dialect = Dialect::V12_1;
    lac.hold = true;
    lac
}

fn user_side() -> Side {
    let mut user = Side::new(client(), 2);
    user.entropy = Scripted::new(
        2,
        &[(Purpose::LcpId, &[118]), (Purpose::MagicNumber, &USER_MAGIC), (Purpose::NcpId, &[187])],
    );
    user
}

fn lns_side() -> Side {
    let config = LinkConfig { set_direction: true, multilink: true, ..server(&[AuthProtocol::ChapMd5]) };
    let mut lns = Side::new(config, 3);
    lns.entropy = Scripted::new(3, &[(Purpose::ChapId, &[3]), (Purpose::NcpId, &[1])]);
    lns
}

fn credentials(events: &[Event]) -> Credentials {
    events
        .iter()
        .find_map(|e| match e {
            Event::Authenticate(credentials) => Some(credentials.clone()),
            _ => None,
        })
        .expect("the user has responded")
}

/// The user against the LAC, which then forwards it: what the ICCN carries.
fn call_in() -> (Pair, ProxyLcp, Credentials) {
    let mut pair = Pair::new(user_side(), lac_side());
    // The access server is ready when the user starts.
    pair.call(1, |link, cx| link.lower_up(cx));
    pair.call(0, |link, cx| link.lower_up(cx));
    pair.run(1);
    let proxy = pair.sides[1].link.proxy_lcp();
    let credentials = credentials(&pair.sides[1].events);
    pair.call(1, |link, cx| link.forward(cx));
    (pair, proxy, credentials)
}

#[test]
fn the_lacs_lines() {
    let (mut pair, proxy, credentials) = call_in();
    assert_eq!(pair.sides[1].trace.lines.join("\n"), LAC_UP);
    assert_eq!(proxy.last_sent, [3, 5, 0xc2, 0x23, 5, 5, 6, 0x10, 0x9d, 8, 0xf2]);
    assert_eq!(proxy.last_received, [5, 6, 0x6e, 0xe4, 0xe8, 0x65]);
    assert_eq!(proxy.initial_received, Some(proxy.last_received.clone()));
    assert_eq!(credentials.name, b"2500-1");
    let expected = Proof::Chap {
        protocol: AuthProtocol::ChapMd5,
        id: 6,
        challenge: LAC_CHALLENGE.to_be_bytes().to_vec(),
        response: USER_RESPONSE.to_be_bytes().to_vec(),
    };
    assert_eq!(credentials.proof, expected);
    assert_eq!(pair.sides[1].link.authentication_id(), None, "a link that forwards keeps no credentials");
    pair.sides[1].trace.lines.clear();
    pair.call(1, |link, cx| link.lower_down(cx));
    assert_eq!(pair.sides[1].trace.lines.join("\n"), LAC_DOWN);
    assert_eq!(pair.sides[1].finished(), None);
}

#[test]
fn the_lnss_lines() {
    let (mut pair, proxy, credentials) = call_in();
    // The tunnel: the user's frames now come to the LNS.
    pair.sides[1] = lns_side();
    pair.call(1, |link, cx| link.setup(cx));
    pair.call(1, |link, cx| link.lower_up(cx));
    assert!(pair.call(1, |link, cx| link.force_lcp(cx, &proxy)));
    pair.call(1, |link, cx| link.replay_authentication(cx, credentials));
    pair.run(1);
    assert_eq!(pair.sides[1].trace.lines.join("\n"), LNS_UP);
    let info = pair.sides[1].network().expect("IPCP is open");
    assert_eq!((info.local, info.peer), (LNS, SOHO));
    assert_eq!(pair.sides[0].network().map(|i| (i.local, i.peer)), Some((SOHO, LNS)));

    // Keepalives in both directions for a minute change nothing.
    pair.run(60);
    assert_eq!(pair.sides[1].link.view().phase, Phase::Up);

    pair.sides[1].trace.lines.clear();
    pair.call(1, |link, cx| link.lower_down(cx));
    assert_eq!(pair.sides[1].trace.lines.join("\n"), LNS_DOWN);
    assert_eq!(pair.sides[1].events.last(), Some(&Event::NetworkDown));
}

/// Our own challenge is shown but the user never sees it: nothing but Success and IPCP leaves the LNS.
#[test]
fn a_replay_sends_no_second_challenge() {
    let (mut pair, proxy, credentials) = call_in();
    let mut lns = lns_side();
    lns.with(pair.now, |link, cx| link.lower_up(cx));
    lns.with(pair.now, |link, cx| link.force_lcp(cx, &proxy));
    lns.with(pair.now, |link, cx| link.replay_authentication(cx, credentials));
    let frames: Vec<&[u8]> = lns.transmitted.iter().map(Vec::as_slice).collect();
    assert_eq!(frames[0], [0xc2, 0x23, 3, 6, 0, 4]);
    assert_eq!(frames[1], [0x80, 0x21, 1, 1, 0, 10, 3, 6, 10, 51, 6, 82]);
    assert_eq!(frames.len(), 2);
    // A user whose Success was lost repeats its response and gets it again, also from here.
    let again = super::packet::build(super::packet::CHAP, 2, 6, &[&[16], &[0; 16][..], b"2500-1"].concat());
    lns.with(pair.now, |link, cx| link.receive(cx, &again));
    assert_eq!(lns.transmitted[2], [0xc2, 0x23, 3, 6, 0, 4]);
    pair.sides[1] = lns;
}

/// A call and its end as 15.x words them: the order and the words of the published capture of a CSR1000V.
#[test]
fn the_lines_of_15_x() {
    let mut pair = Pair::new(Side::new(client(), 5), Side::new(server(&[AuthProtocol::ChapMd5]), 6));
    pair.sides[1].trace.dialect = Dialect::V15;
    pair.call(1, |link, cx| link.lower_up(cx));
    pair.call(0, |link, cx| link.lower_up(cx));
    pair.run(1);
    pair.call(1, |link, cx| link.close(cx));
    pair.run(1);
    assert_eq!(pair.sides[1].trace.lines.join("\n"), LINES_15);
}

/// The lower layer goes away instead.
#[test]
fn a_lost_carrier_in_15_x() {
    let mut pair = Pair::new(Side::new(client(), 5), Side::new(server(&[AuthProtocol::ChapMd5]), 6));
    pair.sides[1].trace.dialect = Dialect::V15;
    pair.call(1, |link, cx| link.lower_up(cx));
    pair.call(0, |link, cx| link.lower_up(cx));
    pair.run(1);
    pair.sides[1].trace.lines.clear();
    pair.call(1, |link, cx| link.lower_down(cx));
    assert_eq!(pair.sides[1].trace.lines.join("\n"), LOST_15);
}

const LOST_15: &str = "\
Vi4 PPP DISC: Lower Layer disconnected
Vi4 IPCP: Event[DOWN] State[Open to Starting]
Vi4 IPCP: Event[CLOSE] State[Starting to Initial]
Vi4 PPP: Phase is TERMINATING
Vi4 LCP: Event[DOWN] State[Open to Starting]
Vi4 LCP: Event[CLOSE] State[Starting to Initial]
Vi4 PPP: Phase is DOWN";

const LINES_15: &str = "\
Vi4 PPP: Phase is ESTABLISHING
Vi4 PPP: Treating connection as a callin
Vi4 LCP: Event[OPEN] State[Initial to Starting]
Vi4 PPP LCP: Enter passive mode, state[Stopped]
Vi4 LCP: I CONFREQ [Stopped] id 192 len 10
Vi4 LCP:    MagicNumber 0x63033B0C (0x050663033B0C)
Vi4 LCP: O CONFREQ [Stopped] id 114 len 15
Vi4 LCP:    AuthProto CHAP (0x0305C22305)
Vi4 LCP:    MagicNumber 0xBD64A5D9 (0x0506BD64A5D9)
Vi4 LCP: O CONFACK [Stopped] id 192 len 10
Vi4 LCP:    MagicNumber 0x63033B0C (0x050663033B0C)
Vi4 LCP: Event[Receive ConfReq+] State[Stopped to ACKsent]
Vi4 LCP: I CONFACK [ACKsent] id 114 len 15
Vi4 LCP:    AuthProto CHAP (0x0305C22305)
Vi4 LCP:    MagicNumber 0xBD64A5D9 (0x0506BD64A5D9)
Vi4 LCP: Event[Receive ConfAck] State[ACKsent to Open]
Vi4 LCP: State is Open
Vi4 PPP: Phase is AUTHENTICATING, by this end
Vi4 CHAP: O CHALLENGE id 14 len 27 from \"1600-3\"
Vi4 CHAP: I RESPONSE id 14 len 27 from \"2500-1\"
Vi4 PPP: Phase is AUTHENTICATING, Authenticated User
Vi4 CHAP: O SUCCESS id 14 len 4
Vi4 PPP: Phase is UP
Vi4 IPCP: Protocol configured, start CP. state[Initial]
Vi4 IPCP: Event[OPEN] State[Initial to Starting]
Vi4 IPCP: O CONFREQ [Starting] id 210 len 10
Vi4 IPCP:    Address 10.51.6.82 (0x03060A330652)
Vi4 IPCP: Event[UP] State[Starting to REQsent]
Vi4 IPCP: I CONFREQ [REQsent] id 59 len 16
Vi4 IPCP:    CompressType VJ 15 slots (0x0206002D0F00)
Vi4 IPCP:    Address 10.10.53.2 (0x03060A0A3502)
Vi4 IPCP: O CONFREJ [REQsent] id 59 len 10
Vi4 IPCP:    CompressType VJ 15 slots (0x0206002D0F00)
Vi4 IPCP: Event[Receive ConfReq-] State[REQsent to REQsent]
Vi4 IPCP: I CONFACK [REQsent] id 210 len 10
Vi4 IPCP:    Address 10.51.6.82 (0x03060A330652)
Vi4 IPCP: Event[Receive ConfAck] State[REQsent to ACKrcvd]
Vi4 IPCP: I CONFREQ [ACKrcvd] id 60 len 10
Vi4 IPCP:    Address 10.10.53.2 (0x03060A0A3502)
Vi4 IPCP: O CONFACK [ACKrcvd] id 60 len 10
Vi4 IPCP:    Address 10.10.53.2 (0x03060A0A3502)
Vi4 IPCP: Event[Receive ConfReq+] State[ACKrcvd to Open]
Vi4 IPCP: State is Open
Vi4 PPP DISC: Closed by this end
Vi4 IPCP: Event[DOWN] State[Open to Starting]
Vi4 IPCP: Event[CLOSE] State[Starting to Initial]
Vi4 LCP: O TERMREQ [Open] id 115 len 4
Vi4 LCP: Event[CLOSE] State[Open to Closing]
Vi4 PPP: Phase is TERMINATING
Vi4 LCP: I TERMACK [Closing] id 115 len 4
Vi4 LCP: Event[Receive TermAck] State[Closing to Closed]
Vi4 LCP: Event[DOWN] State[Closed to Initial]
Vi4 PPP: Phase is DOWN";
