//! LCP, IPCP and the life of a link beyond the documented call.

use super::*;

fn plain() -> Pair {
    Pair::new(Side::new(client(), 11), Side::new(server(&[]), 12))
}

fn open() -> Pair {
    let mut pair = plain();
    pair.up();
    pair.run(3);
    assert!(pair.sides.iter().all(|s| s.network().is_some()));
    pair
}

fn up_alone(config: LinkConfig) -> Side {
    let mut side = Side::new(config, 13);
    side.with(Instant::ZERO, |link, cx| link.lower_up(cx));
    side
}

fn seconds(n: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(n)
}

/// Brings `side` to LCP Open with a scripted peer.
fn agree(side: &mut Side, options: &[u8]) {
    let now = Instant::ZERO;
    side.with(now, |link, cx| link.receive(cx, &packet::build(packet::LCP, 1, 1, options)));
    let request = side.transmitted.iter().rfind(|f| f[..3] == [0xc0, 0x21, 1]).unwrap();
    let ack = packet::build(packet::LCP, 2, request[3], &request[6..]);
    side.with(now, |link, cx| link.receive(cx, &ack));
    side.transmitted.clear();
}

#[test]
fn a_close_is_agreed_with_the_peer() {
    let mut pair = open();
    pair.call(0, |link, cx| link.close(cx));
    pair.run(1);
    assert_eq!(pair.sides[0].finished(), Some(FinishCause::Local));
    assert!(pair.sides[1].events.contains(&Event::NetworkDown));
    // RFC 1661 section 4.2, Stopping: one more restart period, so that the Terminate-Ack gets through.
    pair.run(3);
    assert_eq!(pair.sides[1].finished(), Some(FinishCause::Peer));
    assert!(pair.sides.iter().all(|s| s.link.next_timeout().is_none()));
}

#[test]
fn a_dead_peer_is_noticed_by_the_keepalive() {
    let mut pair = open();
    pair.lost = 256;
    pair.run(49);
    assert_eq!(pair.sides[1].finished(), None);
    pair.run(20);
    assert_eq!(pair.sides[1].finished(), Some(FinishCause::Keepalive));
}

#[test]
fn a_silent_peer_ends_the_negotiation() {
    for config in [client(), server(&[])] {
        let mut side = up_alone(config);
        for n in 1..60 {
            side.with(seconds(n), |link, cx| link.handle_timeout(cx));
        }
        assert_eq!(side.finished(), Some(FinishCause::Negotiation));
        // max-configure requests, no more.
        assert_eq!(side.transmitted.len(), 10);
    }
}

#[test]
fn a_looped_line_is_noticed() {
    let mut side = up_alone(client());
    for _ in 0..50 {
        for frame in std::mem::take(&mut side.transmitted) {
            side.with(Instant::ZERO, |link, cx| link.receive(cx, &frame));
        }
    }
    for n in 1..10 {
        side.with(seconds(n), |link, cx| link.handle_timeout(cx));
    }
    assert_eq!(side.finished(), Some(FinishCause::Loopback));
}

#[test]
fn a_loop_on_an_open_link_is_noticed() {
    let mut side = up_alone(server(&[]));
    agree(&mut side, &[]);
    side.with(seconds(10), |link, cx| link.handle_timeout(cx));
    let echo = side.transmitted.iter().rfind(|f| f[..3] == [0xc0, 0x21, 9]).unwrap().clone();
    side.with(seconds(10), |link, cx| link.receive(cx, &echo));
    for n in 11..20 {
        side.with(seconds(n), |link, cx| link.handle_timeout(cx));
    }
    assert_eq!(side.finished(), Some(FinishCause::Loopback));
}

#[test]
fn what_is_unknown_is_refused() {
    let mut side = up_alone(server(&[]));
    let options = [4, 4, 0xc0, 0x25, 13, 3, 6, 23, 4, 1, 1, 17, 4, 5, 0xdc, 5, 3, 1];
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &packet::build(packet::LCP, 1, 9, &options)));
    assert_eq!(side.transmitted[1], packet::build(packet::LCP, 4, 9, &options));
    agree(&mut side, &[]);
    side.transmitted.clear();
    // A code that LCP does not have, and a protocol that this end does not speak.
    let code = packet::build(packet::LCP, 99, 5, &[1, 2]);
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &code));
    let ccp = packet::build(0x80fd, 1, 1, &[]);
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &ccp));
    assert_eq!(side.transmitted[0][..3], [0xc0, 0x21, 7]);
    assert_eq!(side.transmitted[0][6..], code[2..]);
    assert_eq!(side.transmitted[1][..3], [0xc0, 0x21, 8]);
    assert_eq!(side.transmitted[1][6..], ccp);
    let last = side.trace.lines.last().unwrap();
    assert!(
        last.contains("LCP: O PROTREJ [Open] id ") && last.ends_with("protocol CCP (0x80FD01010004)"),
        "{last}"
    );
}

#[test]
fn a_refused_code_ends_the_link_when_it_cannot_be_done_without() {
    for (code, ends) in [(9, false), (11, false), (1, true), (5, true), (7, true)] {
        let mut side = up_alone(server(&[]));
        agree(&mut side, &[]);
        assert_eq!(side.link.view().lcp_state, "Open");
        side.transmitted.clear();
        let refused = packet::build(packet::LCP, 7, 3, &[code, 1, 0, 4]);
        side.with(Instant::ZERO, |link, cx| link.receive(cx, &refused));
        let terminated = side.transmitted.iter().any(|f| f[..3] == [0xc0, 0x21, 5]);
        assert_eq!((terminated, side.link.view().lcp_state == "Open"), (ends, !ends), "code {code}");
    }
}

#[test]
fn a_refused_protocol_ends_what_needs_it() {
    // LCP itself, IPCP, and one that nobody here speaks.
    for (protocol, ends) in [([0xc0, 0x21], true), ([0x80, 0x21], true), ([0x80, 0xfd], false)] {
        let mut side = up_alone(server(&[]));
        agree(&mut side, &[]);
        let refused = packet::build(packet::LCP, 8, 3, &[&protocol[..], &[1, 1, 0, 4]].concat());
        side.with(Instant::ZERO, |link, cx| link.receive(cx, &refused));
        assert_eq!(side.link.view().lcp_state != "Open", ends, "{protocol:?}");
    }
}

#[test]
fn a_peer_without_ip_ends_the_link() {
    let mut pair = plain();
    Arc::make_mut(&mut pair.sides[1].link.config).ipcp = None;
    pair.up();
    pair.run(10);
    assert_eq!(pair.sides[0].finished(), Some(FinishCause::Negotiation));
}

#[test]
fn sizes_and_compressions_are_agreed() {
    let config = LinkConfig { mru: 1492, pfc: true, acfc: true, accm: Some(0x000a_0000), ..client() };
    let mut pair = Pair::new(Side::new(config, 14), Side::new(server(&[]), 15));
    pair.up();
    pair.run(3);
    let framing = pair.sides[1].link.framing();
    assert_eq!(framing, Framing { pfc: true, acfc: true, send_accm: 0x000a_0000, peer_mru: 1492 });
    assert!(pair.sides[1].events.contains(&Event::LcpUp(framing)));
    assert_eq!(pair.sides[0].link.framing().peer_mru, 1500);
}

#[test]
fn a_nak_of_the_mru_is_followed_as_far_as_we_can_receive() {
    let mut side = up_alone(LinkConfig { mru: 1400, ..client() });
    let request = side.transmitted.pop().unwrap();
    let nak = packet::build(packet::LCP, 3, request[3], &[1, 4, 0x23, 0x28]);
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &nak));
    assert_eq!(side.transmitted[0][6..10], [1, 4, 0x05, 0xdc]);
}

#[test]
fn an_answer_to_something_else_is_discarded() {
    let mut side = up_alone(client());
    let request = side.transmitted.pop().unwrap();
    let (id, options) = (request[3], &request[6..]);
    for stray in [
        packet::build(packet::LCP, 2, id.wrapping_add(1), options),
        packet::build(packet::LCP, 2, id, &[7, 2]),
        packet::build(packet::LCP, 4, id, &[7, 2]),
        packet::build(packet::LCP, 4, id.wrapping_add(1), options),
        packet::build(packet::LCP, 3, id.wrapping_add(1), options),
    ] {
        side.with(Instant::ZERO, |link, cx| link.receive(cx, &stray));
    }
    assert_eq!(side.link.view().lcp_state, "REQsent");
    assert!(side.transmitted.is_empty());
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &packet::build(packet::LCP, 2, id, options)));
    assert_eq!(side.link.view().lcp_state, "ACKrcvd");
}

#[test]
fn a_nak_loop_becomes_a_reject() {
    let mut side = up_alone(server(&[]));
    for id in 0..8 {
        side.with(Instant::ZERO, |link, cx| {
            link.receive(cx, &packet::build(packet::LCP, 1, id, &[1, 4, 0, 1]))
        });
    }
    let codes: Vec<u8> = side.transmitted.iter().map(|f| f[2]).collect();
    assert_eq!(codes, [1, 3, 3, 3, 3, 3, 4, 4, 4]);
}

#[test]
fn a_peer_that_naks_forever_does_not_keep_us() {
    let mut side = up_alone(client());
    for _ in 0..40 {
        let Some(request) = side.transmitted.pop().filter(|f| f[2] == 1) else { break };
        let nak = packet::build(packet::LCP, 3, request[3], &[5, 6, 1, 2, 3, 4]);
        side.with(Instant::ZERO, |link, cx| link.receive(cx, &nak));
    }
    for n in 1..10 {
        side.with(seconds(n), |link, cx| link.handle_timeout(cx));
    }
    assert_eq!(side.finished(), Some(FinishCause::Negotiation));
}

#[test]
fn addresses_and_name_servers_are_given() {
    let mut pair = plain();
    let dns = vec![Ipv4Addr::new(10, 51, 6, 3), Ipv4Addr::new(10, 51, 6, 4)];
    Arc::make_mut(&mut pair.sides[0].link.config).ipcp =
        Some(IpcpConfig { request_dns: true, ..IpcpConfig::default() });
    Arc::make_mut(&mut pair.sides[1].link.config).ipcp =
        Some(IpcpConfig { local: LNS, dns: dns.clone(), ..IpcpConfig::default() });
    pair.sides[1].address = AddressDecision::Assign(SOHO);
    pair.up();
    pair.run(3);
    let expected = NetworkInfo { local: SOHO, peer: LNS, dns };
    assert_eq!(pair.sides[0].network(), Some(&expected));
    assert_eq!(pair.sides[1].network().map(|i| i.peer), Some(SOHO));
    let asked: Vec<&Event> =
        pair.sides[1].events.iter().filter(|e| matches!(e, Event::PeerAddress(_))).collect();
    assert_eq!(asked, [&Event::PeerAddress(Ipv4Addr::UNSPECIFIED), &Event::PeerAddress(SOHO)]);
}

#[test]
fn name_servers_that_we_have_not_are_rejected() {
    let mut pair = plain();
    Arc::make_mut(&mut pair.sides[0].link.config).ipcp =
        Some(IpcpConfig { request_dns: true, ..IpcpConfig::default() });
    pair.sides[1].address = AddressDecision::Assign(SOHO);
    pair.up();
    pair.run(3);
    assert_eq!(pair.sides[0].network(), Some(&NetworkInfo { local: SOHO, peer: LNS, dns: Vec::new() }));
}

/// The options of our last IPCP Configure-Request.
fn asked(side: &Side) -> Vec<u8> {
    side.link.ipcp.as_ref().map(|ipcp| ipcp.sent().to_vec()).unwrap()
}

#[test]
fn a_peer_that_takes_our_vj_is_asked_again_without() {
    let mut side = up_alone(LinkConfig { direction: Direction::Callin, ..client() });
    agree(&mut side, &[]);
    let request = packet::build(packet::IPCP, 1, 9, &[3, 6, 10, 51, 6, 82]);
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &request));
    side.transmitted.clear();
    let offered = asked(&side);
    assert_eq!(offered, [2, 6, 0, 0x2d, 15, 0, 3, 6, 10, 10, 53, 2]);
    for expected in [false, true] {
        let line = side.trace.lines.iter().rfind(|l| l.contains("IPCP: O CONFREQ")).unwrap();
        let id: u8 = line.split(' ').nth(6).unwrap().parse().unwrap();
        let ours = asked(&side);
        side.with(Instant::ZERO, |link, cx| link.receive(cx, &packet::build(packet::IPCP, 2, id, &ours)));
        assert_eq!(side.network().is_some(), expected);
    }
    assert_eq!(asked(&side), [3, 6, 10, 10, 53, 2]);
}

#[test]
fn a_refused_address_ends_the_link() {
    let mut pair = plain();
    Arc::make_mut(&mut pair.sides[0].link.config).ipcp = ipcp(Ipv4Addr::UNSPECIFIED);
    pair.sides[1].address = AddressDecision::Refuse;
    pair.up();
    pair.run(10);
    assert!(pair.sides.iter().all(|s| s.finished().is_some() && s.network().is_none()));
}

#[test]
fn a_peer_that_does_not_name_its_address_is_told_one() {
    let mut side = up_alone(server(&[]));
    agree(&mut side, &[]);
    side.address = AddressDecision::Assign(SOHO);
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &packet::build(packet::IPCP, 1, 1, &[])));
    let nak = packet::build(packet::IPCP, 3, 1, &[3, 6, 10, 10, 53, 2]);
    assert_eq!(side.transmitted.last(), Some(&nak));
}

#[test]
fn an_early_ipcp_packet_is_silently_discarded() {
    let mut side = up_alone(server(&[AuthProtocol::ChapMd5]));
    agree(&mut side, &[]);
    side.transmitted.clear();
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &packet::build(packet::IPCP, 1, 1, &[])));
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &packet::build(0x80fd, 1, 1, &[])));
    assert!(side.transmitted.is_empty());
    assert!(!side.events.iter().any(|e| matches!(e, Event::PeerAddress(_))));
}

#[test]
fn lcp_renegotiated_by_the_peer_starts_over() {
    let mut pair = open();
    pair.sides[1].events.clear();
    pair.call(0, |link, cx| link.renegotiate(cx));
    pair.run(3);
    assert!(pair.sides[1].events.contains(&Event::NetworkDown));
    assert!(pair.sides[1].network().is_some());
    assert_eq!(pair.sides[0].link.view().phase, Phase::Up);
}

/// A peer that ends IP and then starts LCP over goes on: what ends the link later is another matter.
#[test]
fn a_link_that_starts_over_has_no_reason_to_end() {
    let mut pair = open();
    let request = packet::build(packet::IPCP, packet::TERM_REQ, 9, &[]);
    pair.call(1, |link, cx| link.receive(cx, &request));
    assert_eq!(pair.sides[1].link.ending(), Some(FinishCause::Peer));
    pair.call(0, |link, cx| link.renegotiate(cx));
    pair.run(3);
    assert_eq!((pair.sides[1].link.view().phase, pair.sides[1].link.ending()), (Phase::Up, None));
    pair.call(1, |link, cx| link.close(cx));
    pair.run(3);
    assert_eq!(pair.sides[1].finished(), Some(FinishCause::Local));
}

fn user_proxy() -> ProxyLcp {
    ProxyLcp {
        initial_received: None,
        last_sent: vec![3, 5, 0xc2, 0x23, 5, 5, 6, 1, 2, 3, 4],
        last_received: vec![5, 6, 9, 8, 7, 6],
    }
}

#[test]
fn options_of_a_lac_that_we_cannot_honour_are_not_accepted() {
    let demands = |config: LinkConfig, proxy: ProxyLcp| {
        let mut side = up_alone(config);
        side.with(Instant::ZERO, |link, cx| link.force_lcp(cx, &proxy))
    };
    let chap = || server(&[AuthProtocol::ChapMd5]);
    assert!(demands(chap(), user_proxy()));
    assert!(demands(server(&[]), user_proxy()));
    assert!(!demands(server(&[AuthProtocol::Pap]), user_proxy()));
    assert!(!demands(chap(), ProxyLcp { last_sent: vec![5, 6, 1, 2, 3, 4], ..user_proxy() }));
    assert!(!demands(chap(), ProxyLcp { last_sent: vec![3, 5, 0xc2], ..user_proxy() }));
    assert!(!demands(chap(), ProxyLcp { last_received: vec![13, 3, 6], ..user_proxy() }));
    let multilink = ProxyLcp { last_received: vec![17, 4, 5, 0xf4], ..user_proxy() };
    assert!(!demands(chap(), multilink.clone()));
    assert!(demands(LinkConfig { multilink: true, ..chap() }, multilink));
}

#[test]
fn a_mismatch_is_renegotiated_with_the_user() {
    // The user is authenticating with a LAC over CHAP; this LNS wants MS-CHAPv2.
    let mut pair = Pair::new(Side::new(client(), 16), Side::new(server(&[AuthProtocol::ChapMd5]), 17));
    pair.sides[1].hold = true;
    pair.up();
    pair.run(1);
    let proxy = pair.sides[1].link.proxy_lcp();
    pair.sides[1] = Side::new(server(&[AuthProtocol::MsChapV2]), 18);
    pair.call(1, |link, cx| link.lower_up(cx));
    assert!(!pair.call(1, |link, cx| link.force_lcp(cx, &proxy)));
    pair.call(1, |link, cx| link.renegotiate(cx));
    pair.run(3);
    assert!(pair.sides[1].network().is_some());
    assert_eq!(pair.sides[1].link.view().authenticated_by, Some(AuthProtocol::MsChapV2));
}

#[test]
fn a_user_that_never_repeats_its_request_is_held_to_what_the_lac_agreed() {
    let mut side = up_alone(server(&[AuthProtocol::ChapMd5]));
    side.link.remember_proxy(&user_proxy());
    side.with(Instant::ZERO, |link, cx| link.renegotiate(cx));
    for n in 0..10 {
        // It acknowledges whatever it is asked and sends nothing of its own.
        for frame in std::mem::take(&mut side.transmitted) {
            if frame[..3] == [0xc0, 0x21, 1] {
                let ack = packet::build(packet::LCP, 2, frame[3], &frame[6..]);
                side.with(seconds(n), |link, cx| link.receive(cx, &ack));
            }
        }
        if side.link.view().phase == Phase::Authenticating {
            break;
        }
        side.with(seconds(n), |link, cx| link.handle_timeout(cx));
    }
    assert_eq!(side.link.view().phase, Phase::Authenticating);
    assert_eq!(side.link.view().peer_options, user_proxy().last_received);
}

/// A Terminate-Ack that nobody asked for starts LCP over (RFC 1661 section 4.1, RTA in Opened), as often as the user likes.
#[test]
fn a_user_that_never_repeats_its_request_may_start_over_for_ever() {
    let mut side = up_alone(server(&[]));
    side.link.remember_proxy(&user_proxy());
    side.with(Instant::ZERO, |link, cx| link.renegotiate(cx));
    for n in 0..900 {
        for frame in std::mem::take(&mut side.transmitted) {
            let answer = match frame[..3] {
                [0xc0, 0x21, packet::CONF_REQ] => packet::CONF_ACK,
                [0xc0, 0x21, packet::ECHO_REQ] => packet::ECHO_REP,
                _ => continue,
            };
            let answer = packet::build(packet::LCP, answer, frame[3], &frame[6..]);
            side.with(seconds(n), |link, cx| link.receive(cx, &answer));
        }
        if side.link.view().phase == Phase::Up {
            let ack = packet::build(packet::LCP, packet::TERM_ACK, 9, &[]);
            side.with(seconds(n), |link, cx| link.receive(cx, &ack));
        }
        side.with(seconds(n), |link, cx| link.handle_timeout(cx));
    }
    let opened = side.events.iter().filter(|e| matches!(e, Event::LcpUp(_))).count();
    assert!(opened > 256 && side.finished().is_none(), "{opened}");
}

#[test]
fn force_local_chap_asks_the_user_itself() {
    let mut side = up_alone(server(&[AuthProtocol::ChapMd5]));
    side.with(Instant::ZERO, |link, cx| link.force_lcp(cx, &user_proxy()));
    side.with(Instant::ZERO, |link, cx| link.start_authentication(cx));
    assert_eq!(side.transmitted.len(), 1);
    assert_eq!(side.transmitted[0][..3], [0xc2, 0x23, 1]);
}

#[test]
fn a_link_that_forwards_answers_nothing() {
    let mut side = up_alone(server(&[AuthProtocol::ChapMd5]));
    agree(&mut side, &[]);
    side.with(Instant::ZERO, |link, cx| link.forward(cx));
    side.transmitted.clear();
    assert_eq!(side.link.next_timeout(), None);
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &packet::build(packet::LCP, 5, 1, &[])));
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &packet::build(packet::LCP, 9, 1, &[0; 4])));
    assert!(side.transmitted.is_empty());
    side.with(Instant::ZERO, |link, cx| link.close(cx));
    assert_eq!(side.finished(), Some(FinishCause::Local));
    assert!(side.transmitted.is_empty());
}

#[test]
fn a_whole_frame_inside_multilink_is_read() {
    let mut side = up_alone(LinkConfig { multilink: true, ..server(&[]) });
    agree(&mut side, &[17, 4, 5, 0xf4]);
    let inner = packet::build(packet::LCP, 9, 3, &[0; 4]);
    let frame = [&[0x00, 0x3d, 0xc0, 0, 0, 1][..], &inner].concat();
    side.transmitted.clear();
    side.with(Instant::ZERO, |link, cx| link.receive(cx, &frame));
    assert_eq!(side.transmitted[0][..4], [0xc0, 0x21, 10, 3]);
}

#[test]
fn a_link_is_small() {
    assert!(size_of::<Link>() < 1024, "{}", size_of::<Link>());
    let mut pair = open();
    let link = &mut pair.sides[1].link;
    assert_eq!(link.poll(), None);
    let heap = size_of_val(link.auth.as_deref().unwrap_or(&auth_none()))
        + size_of_val(&**link.ipcp.as_ref().unwrap());
    assert!(size_of::<Link>() + heap < 1536, "{}", size_of::<Link>() + heap);
    assert_eq!(link.out.capacity(), 0);
}

fn auth_none() -> auth::Authentication {
    let mut side = Side::new(server(&[]), 1);
    let mut cx = Context { now: Instant::ZERO, entropy: &mut side.entropy, trace: &mut side.trace };
    let io = &mut machine::Io { cx: &mut cx, out: &mut side.link.out, label: "", config: &side.link.config };
    auth::Authentication::start(io, (None, 0), None, false)
}
