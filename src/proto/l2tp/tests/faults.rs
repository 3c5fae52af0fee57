//! Sessions, and messages that are wrong, late or about nothing.

use super::super::header::{ControlHeader, encode_control};
use super::super::message::*;
use super::peer::*;
use super::*;

/// An AVP as it stands on the wire.
fn avp(flags: u16, vendor: u16, attribute: u16, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [flags | (6 + value.len() as u16), vendor, attribute] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out.extend_from_slice(value);
    out
}

const M: u16 = 0x8000;

fn message_type(flags: u16, number: u16) -> Vec<u8> {
    avp(flags, 0, 0, &number.to_be_bytes())
}

fn with_unknown(message: &Message, flags: u16) -> Vec<u8> {
    [message.encode(None), avp(flags, 0, 99, b"?")].concat()
}

#[test]
fn session_limit_is_answered_with_a_cdn_and_by_no_call() {
    let mut peer = Peer::open_to(|node| node.config.session_limit = Some(1));
    peer.session(1);
    assert_eq!(disconnected(&peer.send(0, &icrq(2))), (2, 4, None));
    assert_eq!(peer.node.count(|e| matches!(e, Event::CallRequested { .. })), 1);

    let mut pair = Pair::new(1);
    pair.lac.config.session_limit = Some(2);
    pair.lac.calls = 5;
    pair.connect();
    pair.run(seconds(1));
    assert_eq!((pair.lac.up(), pair.lns.up()), (2, 2));
}

#[test]
fn call_needs_an_established_tunnel() {
    let mut pair = Pair::new(2);
    let tunnel = pair.connect();
    let (request, info) = the_call();
    let call = pair.lac.with(pair.now, |e, cx| e.call(cx, tunnel, "Se0:0", request.clone(), info.clone()));
    assert_eq!(call, None);
    pair.run(seconds(1));
    pair.lac.with(pair.now, |e, cx| e.shutdown(cx, tunnel, result(1, None)));
    let call = pair.lac.with(pair.now, |e, cx| e.call(cx, tunnel, "Se0:0", request, info));
    assert_eq!(call, None);
}

#[test]
fn refused_call_gets_a_cdn_and_the_owner_hears_nothing() {
    let mut peer = Peer::open();
    peer.node.absent = true;
    peer.send(0, &icrq(5));
    let id = peer.node.endpoint.sessions()[0].id;
    peer.node.with(peer.now, |e, cx| e.reject_call(cx, id, result(3, Some(0))));
    assert_eq!(disconnected(&peer.replies()), (5, 3, Some(0)));
    assert!(peer.node.endpoint.sessions().is_empty());
    assert_eq!(peer.node.session_ends(), []);

    // The LAC hears why.
    let mut lac = Peer::open_as_lns();
    let session = lac.called();
    lac.replies();
    let refusal = Cdn { assigned_session: 9, result: result(4, Some(0)), cause: None };
    assert_eq!(names(&lac.send(session.session, &Message::Cdn(refusal))), ["ZLB"]);
    assert_eq!(lac.node.session_ends(), [DownCause::Remote(result(4, Some(0)))]);
}

#[test]
fn hang_up_before_the_reply_reaches_the_peer_by_our_id() {
    let mut lac = Peer::open_as_lns();
    let session = lac.called();
    assert_eq!(names(&lac.replies()), ["ICRQ"]);
    lac.node.with(lac.now, |e, cx| e.hang_up(cx, session, result(1, Some(0))));
    let replies = lac.replies();
    assert_eq!(disconnected(&replies), (0, 1, Some(0)));
    let Some(Message::Cdn(sent)) = &replies[0].1 else { panic!() };
    assert_eq!(sent.assigned_session, session.session);

    // And an LNS finds its session by it.
    let mut peer = Peer::open();
    peer.ask_session(31);
    assert_eq!(names(&peer.send(0, &cdn(31))), ["ZLB"]);
    assert_eq!(peer.node.session_ends(), [DownCause::Remote(result(1, Some(0)))]);
}

#[test]
fn call_that_is_not_completed_is_given_up() {
    let mut peer = Peer::open();
    peer.ask_session(1);
    peer.zlb();
    assert_eq!(disconnected(&peer.wait(Duration::from_millis(30_500))).1, 10);
    assert_eq!(peer.node.session_ends(), [DownCause::Timeout]);

    let mut lac = Peer::open_as_lns();
    lac.called();
    lac.replies();
    lac.zlb();
    assert_eq!(disconnected(&lac.wait(Duration::from_millis(30_500))).1, 10);
    assert_eq!(lac.node.session_ends(), [DownCause::Timeout]);
}

#[test]
fn call_has_a_framing_type_that_the_peer_has_advertised() {
    for (advertised, sent) in [(3, 2), (2, 2), (1, 1), (0, 2)] {
        let mut peer = Peer::new();
        peer.node.connect(peer.now, peer.address);
        peer.replies();
        let sccrp = Sccrp { framing_capabilities: advertised, ..peer.sccrp() };
        peer.send(0, &Message::Sccrp(sccrp));
        let session = peer.called().session;
        peer.zlb();
        let replies = peer.send(session, &Message::Icrp(Icrp { assigned_session: 1 }));
        let [(_, Some(Message::Iccn(iccn)))] = &replies[..] else { panic!("{replies:?}") };
        assert_eq!(iccn.info.framing_type, sent);
    }
}

#[test]
fn sequencing_is_asked_for_by_either_end() {
    for (lac, lns) in [(true, false), (false, true), (false, false)] {
        let mut pair = Pair::new(3);
        pair.lac.config.sequencing = lac;
        pair.lns.config.sequencing = lns;
        pair.lac.calls = 1;
        pair.connect();
        pair.run(seconds(1));
        let sequencing = |node: &Node| node.endpoint.sessions()[0].sequencing;
        assert_eq!((sequencing(&pair.lac), sequencing(&pair.lns)), (lac, lac || lns));
    }
}

#[test]
fn sli_and_wen_reach_the_owner_of_an_established_session() {
    let mut peer = Peer::open();
    let id = peer.session(1);
    let before = peer.node.events.len();
    assert_eq!(names(&peer.send(id, &Message::Sli(Sli { accm: (1, 2) }))), ["ZLB"]);
    assert_eq!(names(&peer.send(id, &Message::Wen(Wen { counters: [1, 2, 3, 4, 5, 6] }))), ["ZLB"]);
    let session = peer.node.endpoint.sessions()[0].id;
    assert_eq!(
        peer.node.events[before..],
        [
            Event::SetLinkInfo { session, accm: (1, 2) },
            Event::WanError { session, counters: [1, 2, 3, 4, 5, 6] },
        ]
    );
    peer.send(0, &icrq(2));
    let waiting =
        peer.node.endpoint.sessions().iter().find(|s| s.state == SessionState::WaitConnect).unwrap().id;
    let before = peer.node.events.len();
    peer.send(waiting.session, &Message::Sli(Sli { accm: (1, 2) }));
    assert_eq!(peer.node.events.len(), before);
}

#[test]
fn messages_for_an_unknown_session_get_a_cdn_where_there_is_an_id() {
    let mut peer = Peer::open();
    let icrp = Message::Icrp(Icrp { assigned_session: 8 });
    assert_eq!(disconnected(&peer.send(4242, &icrp)), (8, 2, Some(5)));
    assert_eq!(disconnected(&peer.send(4242, &icrq(9))), (9, 2, Some(5)));
    for message in [iccn(), Message::Sli(Sli::default()), Message::Wen(Wen::default()), cdn(3)] {
        assert_eq!(names(&peer.send(4242, &message)), ["ZLB"]);
    }
    assert_eq!(peer.node.endpoint.counters().unknown_session, 5);
    assert_eq!(peer.node.tunnel_ends(), []);
}

#[test]
fn improper_session_messages_end_the_session_only() {
    // RFC 2661 section 7.4.2, wait-connect and established.
    for established in [false, true] {
        for message in [icrq(50), Message::Icrp(Icrp { assigned_session: 50 }), iccn()] {
            if !established && message.message_type() == MessageType::Iccn {
                continue;
            }
            let mut peer = Peer::open();
            let id = if established { peer.session(7) } else { peer.ask_session(7) };
            assert_eq!(disconnected(&peer.send(id, &message)), (7, 2, Some(5)));
            assert_eq!(peer.node.session_ends().len(), 1);
            assert_eq!(peer.node.tunnel_ends(), []);
        }
    }
    // Section 7.4.1, wait-reply and established.
    let mut lac = Peer::open_as_lns();
    let session = lac.called().session;
    lac.replies();
    assert_eq!(disconnected(&lac.send(session, &icrq(50))), (0, 2, Some(5)));
    let session = lac.called().session;
    lac.replies();
    assert_eq!(names(&lac.send(session, &iccn())), ["ZLB"], "clean up without a CDN");
    assert_eq!(lac.node.session_ends().len(), 2);
    let session = lac.called().session;
    lac.replies();
    let icrp = Message::Icrp(Icrp { assigned_session: 60 });
    assert_eq!(names(&lac.send(session, &icrp)), ["ICCN"]);
    assert_eq!(disconnected(&lac.send(session, &icrp)), (60, 2, Some(5)));
}

#[test]
fn improper_tunnel_messages_stop_the_tunnel() {
    let sccrp = |peer: &Peer| Message::Sccrp(peer.sccrp());
    let mut peer = Peer::open();
    let message = sccrp(&peer);
    assert_eq!(stopped(&peer.send(0, &message)), (7, None), "established, SCCRP");
    let mut peer = Peer::open();
    let message = peer.scccn();
    assert_eq!(stopped(&peer.send(0, &message)), (7, None), "established, SCCCN");
    let mut peer = Peer::open();
    let message = Message::Sccrq(peer.sccrq());
    assert_eq!(stopped(&peer.send(0, &message)), (7, None), "established, SCCRQ");
    assert!(matches!(peer.node.tunnel_ends()[..], [DownCause::Protocol(_)]));

    let mut peer = Peer::new();
    let sccrq = Message::Sccrq(peer.sccrq());
    peer.send(0, &sccrq);
    let message = sccrp(&peer);
    assert_eq!(stopped(&peer.send(0, &message)), (7, None), "wait-ctl-conn, SCCRP");
    let mut peer = Peer::new();
    peer.send(0, &sccrq);
    assert_eq!(stopped(&peer.send(0, &icrq(1))).0, 7, "wait-ctl-conn, ICRQ");

    let mut peer = Peer::new();
    peer.node.connect(peer.now, peer.address);
    peer.replies();
    let message = Message::Scccn(Scccn::default());
    peer.send(0, &message);
    assert_eq!(peer.node.tunnel_ends().len(), 1, "wait-ctl-reply, SCCCN");
}

#[test]
fn outgoing_calls_are_refused_cleanly() {
    let mut peer = Peer::open();
    let ocrq = Ocrq { assigned_session: 12, called_number: "5551212".to_owned(), ..Ocrq::default() };
    let ocrq = Message::Ocrq(Ocrq { maximum_bps: 64000, bearer_type: 1, framing_type: 1, ..ocrq });
    assert_eq!(disconnected(&peer.send(0, &ocrq)), (12, 5, None));
    let ocrp = Message::Ocrp(Ocrp { assigned_session: 13, physical_channel: None });
    assert_eq!(disconnected(&peer.send(999, &ocrp)), (13, 2, Some(5)));
    let occn = Message::Occn(Occn { tx_speed: 64000, framing_type: 1, ..Occn::default() });
    assert_eq!(names(&peer.send(999, &occn)), ["ZLB"]);
    let id = peer.session(14);
    assert_eq!(disconnected(&peer.send(id, &occn)), (14, 2, Some(5)));
    assert_eq!(peer.node.tunnel_ends(), []);
}

#[test]
fn unknown_message_type_follows_its_m_bit() {
    let mut peer = Peer::open();
    assert_eq!(names(&peer.body(0, &message_type(0, 77))), ["ZLB"]);
    assert_eq!(peer.node.tunnel_ends(), []);
    let replies = peer.body(0, &message_type(M, 77));
    assert_eq!(names(&replies), ["ZLB", "StopCCN"]);
    assert_eq!(stopped(&replies).0, 2);
    assert!(matches!(peer.node.tunnel_ends()[..], [DownCause::Protocol(_)]));
}

#[test]
fn unknown_avps_follow_their_m_bit_and_the_kind_of_message() {
    // Optional: ignored.
    let mut peer = Peer::open();
    let replies = peer.body(0, &with_unknown(&icrq(1), 0));
    assert_eq!(names(&replies), ["ICRP"]);
    // Mandatory in a session's message: the session ends.
    assert_eq!(disconnected(&peer.body(0, &with_unknown(&icrq(2), M))), (2, 2, Some(8)));
    let id = peer.session(3);
    let sli = Message::Sli(Sli::default());
    assert_eq!(disconnected(&peer.body(id, &with_unknown(&sli, M))), (3, 2, Some(8)));
    assert_eq!(peer.node.session_ends().len(), 1);
    assert_eq!(peer.node.tunnel_ends(), []);
    // Mandatory in a tunnel's message: the tunnel ends, and its sessions.
    let replies = peer.body(0, &with_unknown(&Message::Hello, M));
    assert_eq!(stopped(&replies), (2, Some(8)));
    assert_eq!(peer.node.session_ends().len(), 2);
}

#[test]
fn a_reply_that_is_refused_is_answered_at_its_own_id() {
    let mut peer = Peer::open_as_lns();
    let id = peer.called();
    assert_eq!(names(&peer.replies()), ["ICRQ"]);
    let icrp = Message::Icrp(Icrp { assigned_session: 77 });
    assert_eq!(disconnected(&peer.body(id.session, &with_unknown(&icrp, M))), (77, 2, Some(8)));
    assert!(matches!(peer.node.session_ends()[..], [DownCause::Protocol(_)]));
    assert_eq!(peer.node.tunnel_ends(), []);
}

#[test]
fn a_faulty_call_before_the_control_connection_is_open_stops_it() {
    let mut peer = Peer::new();
    let sccrq = Message::Sccrq(peer.sccrq());
    peer.send(0, &sccrq);
    let replies = peer.body(0, &with_unknown(&icrq(1), M));
    assert_eq!(stopped(&replies), (2, Some(8)));
    assert!(!names(&replies).contains(&"CDN"));
}

#[test]
fn link_news_go_out_of_an_established_session_only_and_each_from_its_end() {
    let mut pair = Pair::connected(12, 1);
    let (lac, lns) = (pair.session(), pair.lns.endpoint.sessions()[0].id);
    let errors = [1, 2, 3, 4, 5, 6];
    pair.lac.with(pair.now, |e, cx| {
        e.wan_error(cx, lac, errors);
        e.set_link_info(cx, lac, (7, 8));
    });
    pair.lns.with(pair.now, |e, cx| {
        e.set_link_info(cx, lns, (0, 0x000a_0000));
        e.wan_error(cx, lns, errors);
    });
    pair.run(seconds(1));
    let news = |node: &Node| {
        let is_news = |e: &&Event| matches!(e, Event::SetLinkInfo { .. } | Event::WanError { .. });
        node.events.iter().filter(is_news).cloned().collect::<Vec<_>>()
    };
    assert_eq!(news(&pair.lac), [Event::SetLinkInfo { session: lac, accm: (0, 0x000a_0000) }]);
    assert_eq!(news(&pair.lns), [Event::WanError { session: lns, counters: errors }]);

    // The ICRQ is not answered yet.
    let mut peer = Peer::open_as_lns();
    let id = peer.called();
    peer.replies();
    peer.node.with(peer.now, |e, cx| e.wan_error(cx, id, errors));
    assert_eq!(names(&peer.replies()), [""; 0]);
}

#[test]
fn faulty_sccrq_is_refused_reliably_without_a_word_to_the_owner() {
    let mut peer = Peer::new();
    let body = with_unknown(&Message::Sccrq(peer.sccrq()), M);
    let replies = peer.body(0, &body);
    assert_eq!(stopped(&replies), (2, Some(8)));
    assert_eq!(replies[0].0.tunnel, 100);
    assert!(peer.node.events.is_empty());
    assert!(peer.node.endpoint.tunnels().is_empty());
    (peer.ns, peer.nr) = (0, 0);
    assert_eq!(names(&peer.body(0, &body)), ["ZLB"], "repeated");
    assert_eq!(names(&peer.wait(seconds(1))), ["StopCCN"], "the StopCCN was not acknowledged");
    peer.wait(seconds(60));
    assert!(peer.node.endpoint.is_quiet());
    assert!(peer.node.events.is_empty());

    // Without an Assigned Tunnel ID there is nobody to answer.
    let mut peer = Peer::new();
    assert_eq!(names(&peer.body(0, &message_type(M, 1))), [""; 0]);
    assert!(peer.node.endpoint.is_quiet());
    assert_eq!(peer.node.endpoint.counters().malformed, 1);
}

#[test]
fn faulty_replies_stop_the_tunnel_at_the_peers_id() {
    let mut peer = Peer::new();
    peer.node.config.authenticate = false;
    peer.node.connect(peer.now, peer.address);
    peer.replies();
    let replies = peer.body(0, &with_unknown(&Message::Sccrp(peer.sccrp()), M));
    let stop: Vec<_> = replies.iter().filter(|r| r.1.is_some()).collect();
    assert_eq!(stop[0].0.tunnel, 100);
    assert_eq!(stopped(&replies), (2, Some(8)));
    assert!(matches!(peer.node.tunnel_ends()[..], [DownCause::Protocol(_)]));

    let mut peer = Peer::new();
    let sccrq = Message::Sccrq(peer.sccrq());
    peer.send(0, &sccrq);
    let body = with_unknown(&peer.scccn(), M);
    assert_eq!(stopped(&peer.body(0, &body)), (2, Some(8)));

    // A StopCCN or CDN ends what it is about, faults or not.
    let mut peer = Peer::open();
    let id = peer.session(1);
    assert_eq!(names(&peer.body(id, &with_unknown(&cdn(1), M))), ["ZLB"]);
    assert_eq!(peer.node.session_ends().len(), 1);
    let stop = Message::StopCcn(StopCcn { assigned_tunnel: 100, result: result(1, None) });
    assert_eq!(names(&peer.body(0, &with_unknown(&stop, M))), ["ZLB"]);
    assert!(matches!(peer.node.tunnel_ends()[..], [DownCause::Remote(_)]));
}

#[test]
fn malformed_icrq_without_an_id_clears_the_control_connection() {
    let mut peer = Peer::open();
    assert_eq!(stopped(&peer.body(0, &message_type(M, 10))).0, 2);
}

#[test]
fn messages_for_an_unknown_tunnel() {
    let mut peer = Peer::open();
    peer.theirs = peer.theirs.wrapping_add(1).max(1);
    assert_eq!(names(&peer.zlb()), [""; 0]);
    for message in [Message::Hello, icrq(1), Message::Scccn(Scccn::default())] {
        assert_eq!(names(&peer.send(0, &message)), [""; 0]);
    }
    assert_eq!(peer.node.endpoint.counters().unknown_tunnel, 4);
    // Section 7.2.1, idle: SCCRP is answered with a StopCCN, to the tunnel that it names.
    let sccrp = Message::Sccrp(Sccrp { assigned_tunnel: 321, ..peer.sccrp() });
    let (ns, nr) = (peer.ns, peer.nr);
    let replies = peer.send(0, &sccrp);
    assert_eq!(stopped(&replies), (2, Some(1)));
    assert_eq!(replies[0].0, ControlHeader { tunnel: 321, session: 0, ns: nr, nr: ns + 1 });
    assert_eq!(peer.node.endpoint.tunnels().len(), 1);
}

#[test]
fn what_is_not_l2tp_is_counted_and_ignored() {
    let mut peer = Peer::new();
    for bytes in [
        &[0x00, 0x01, 0, 0, 0, 0][..],
        &[0xc8, 0x03, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0xc8],
        &[0xc8, 0x02, 0, 50, 0, 0, 0, 0, 0, 0, 0, 0],
        &[],
    ] {
        assert_eq!(names(&peer.deliver(bytes)), [""; 0]);
    }
    let counters = peer.node.endpoint.counters();
    assert_eq!((counters.l2f, counters.bad_version, counters.malformed), (1, 1, 3));
    // Who speaks L2F is told once, and counted all the same.
    peer.deliver(&[0x00, 0x01, 0, 0]);
    assert_eq!(peer.node.endpoint.counters().l2f, 2);
    assert_eq!(peer.node.events, [Event::L2f { peer: peer.address.ip() }]);
    // A control message for tunnel 0 that is not an SCCRQ.
    assert_eq!(names(&peer.send(0, &Message::Hello)), [""; 0]);
    assert!(peer.node.endpoint.is_quiet());
}

#[test]
fn random_and_mutated_datagrams_neither_panic_nor_leak() {
    let mut random = Seeded::new(99);
    let mut peer = Peer::open();
    let id = peer.session(1);
    let messages = [
        Message::Sccrq(peer.sccrq()),
        Message::Sccrp(peer.sccrp()),
        peer.scccn(),
        Message::Hello,
        icrq(2),
        iccn(),
        cdn(1),
        Message::Sli(Sli::default()),
        Message::StopCcn(StopCcn { assigned_tunnel: 100, result: result(1, None) }),
    ];
    for _ in 0..20_000 {
        let pick = random.next_u64() as usize;
        let body = messages[pick % messages.len()].encode(None);
        let tunnel = [0, peer.theirs, pick as u16][(pick >> 8) % 3];
        let header = ControlHeader { tunnel, session: [0, id][(pick >> 16) % 2], ns: peer.ns, nr: peer.nr };
        let mut bytes = encode_control(&header, &body);
        for _ in 0..random.next_u64() % 4 {
            let at = random.next_u64() as usize % bytes.len();
            bytes[at] = random.next_u64() as u8;
        }
        bytes.truncate(bytes.len() - (random.next_u64() % 8 / 7 * 5) as usize);
        let (from, to, now) = (peer.address, peer.node.address.ip(), peer.now);
        peer.node.with(now, |endpoint, cx| endpoint.handle_datagram(cx, to, from, &bytes));
        peer.node.drain(now);
        peer.node.trace.lines.clear();
        peer.ns = peer.ns.wrapping_add((random.next_u64() % 2) as u16);
    }
    peer.now = peer.now + seconds(1);
    for _ in 0..1000 {
        peer.now = peer.node.endpoint.next_timeout().map_or(peer.now, |t| t.max(peer.now));
        let now = peer.now;
        peer.node.with(now, |endpoint, cx| endpoint.handle_timeout(cx));
        peer.node.drain(now);
    }
    assert!(peer.node.endpoint.is_quiet());
}

#[test]
fn ten_thousand_sessions_share_one_deadline_and_little_memory() {
    let mut pair = Pair::new(4);
    for node in [&mut pair.lac, &mut pair.lns] {
        node.config.hello = Duration::ZERO;
    }
    pair.lac.calls = 10_000;
    pair.connect();
    pair.lac.trace = Recorder::default();
    pair.run(seconds(29));
    assert_eq!((pair.lac.up(), pair.lns.up()), (10_000, 10_000));
    // Nothing is left to wait for: no session has a timer of its own once it is established.
    assert_eq!((pair.lac.endpoint.next_timeout(), pair.lns.endpoint.next_timeout()), (None, None));
    assert!(size_of::<super::super::session::Session>() <= 128);
}
