//! SCCRQs with hidden AVPs, whose secret the owner learns after they came.

use super::super::message::*;
use super::peer::*;
use super::*;

/// A peer that hides what may be hidden, its tunnel id too, before an LNS whose owner has not decided.
fn waiting() -> Peer {
    let mut peer = Peer::new();
    peer.node.absent = true;
    assert_eq!(names(&peer.body(0, &hidden(&peer.sccrq(), b"hello"))), [""; 0]);
    let requested = Event::TunnelRequested {
        tunnel: asked(&peer),
        request: TunnelRequest { host_name: "hgw".to_owned(), remote: address(68), local: ip(82) },
    };
    assert_eq!(peer.node.events, [requested]);
    peer
}

fn hidden(sccrq: &Sccrq, secret: &[u8]) -> Vec<u8> {
    let mut entropy = Seeded::new(7);
    Message::Sccrq(sccrq.clone()).encode(Some(&mut Hiding { secret, entropy: &mut entropy }))
}

/// The last tunnel that the owner was asked about.
fn asked(peer: &Peer) -> TunnelId {
    let last = |event: &Event| match event {
        Event::TunnelRequested { tunnel, .. } => Some(*tunnel),
        _ => None,
    };
    peer.node.events.iter().rev().find_map(last).expect("a request")
}

/// The owner takes the tunnel with this secret.
fn decide(peer: &mut Peer, secret: Option<&str>) -> Vec<Reply> {
    let (tunnel, now) = (asked(peer), peer.now);
    let config = TunnelConfig { secret: secret.map(str::to_owned), ..peer.node.config.clone() };
    peer.node.with(now, |endpoint, cx| endpoint.accept_tunnel(cx, tunnel, config));
    peer.replies()
}

fn again(peer: &mut Peer, body: &[u8]) -> Vec<Reply> {
    (peer.ns, peer.nr, peer.theirs) = (0, 0, 0);
    peer.body(0, body)
}

#[test]
fn the_secret_may_come_long_after_the_request() {
    let mut peer = waiting();
    assert_eq!(names(&peer.wait(seconds(3))), [""; 0], "a ZLB would have no tunnel to go to");
    let body = hidden(&peer.sccrq(), b"hello");
    assert_eq!(names(&again(&mut peer, &body)), [""; 0]);
    assert_eq!(peer.node.count(|e| matches!(e, Event::TunnelRequested { .. })), 1, "it was a repetition");
    assert!(!peer.node.printed("Parse AVP"), "nothing is printed before it can be read");

    let replies = decide(&mut peer, Some("hello"));
    assert_eq!(names(&replies), ["SCCRP"]);
    assert_eq!(replies[0].0.tunnel, 100);
    assert!(peer.node.printed("L2TP: I SCCRQ from hgw tnl 100"));
    assert!(peer.node.printed("L2X: Assigned Tunnel ID 100"));
    assert_eq!(peer.node.endpoint.tunnels()[0].windows.1, 8);
    assert_eq!(names(&again(&mut peer, &body)), ["ZLB"], "known by its octets");
    peer.ns = 1;
    peer.nr = 1;
    peer.theirs = asked(&peer).0;
    let scccn = peer.scccn();
    peer.send(0, &scccn);
    assert_eq!(peer.node.count(|e| matches!(e, Event::TunnelUp { .. })), 1);
}

#[test]
fn a_secret_that_does_not_open_it_or_none_ends_it() {
    for secret in [Some("another"), None] {
        let mut peer = waiting();
        let sent = names(&decide(&mut peer, secret)).len();
        assert_eq!(sent, 0, "the peer has hidden the id that an answer would need");
        assert!(
            matches!(&peer.node.tunnel_ends()[..], [DownCause::Protocol(text)] if text.contains("Hidden"))
        );
        assert_eq!(peer.node.endpoint.tunnels().len(), 0);
        let body = hidden(&peer.sccrq(), b"hello");
        assert_eq!(names(&again(&mut peer, &body)), [""; 0]);
        assert_eq!(peer.node.count(|e| matches!(e, Event::TunnelRequested { .. })), 1, "it was a repetition");
        peer.wait(seconds(40));
        assert!(peer.node.endpoint.is_quiet());
    }
}

/// An SCCRQ that hides nothing but its framing capabilities.
fn readable_id(peer: &Peer, secret: &[u8]) -> Vec<u8> {
    let put = |flags: u16, number: u16, value: &[u8]| {
        let word = flags | u16::try_from(6 + value.len()).unwrap();
        [&word.to_be_bytes(), &[0, 0][..], &number.to_be_bytes(), value].concat()
    };
    let framing = hidden::hide(3, secret, b"vector", &[0, 0, 0, 3], &[]);
    [
        put(0x8000, 0, &[0, 1]),
        put(0x8000, 36, b"vector"),
        put(0x8000, 2, &[1, 0]),
        put(0xc000, 3, &framing),
        put(0x8000, 7, b"hgw"),
        put(0x8000, 9, &peer.ours.to_be_bytes()),
    ]
    .concat()
}

#[test]
fn a_peer_whose_id_shows_hears_why_it_is_refused() {
    let mut peer = Peer::new();
    peer.node.absent = true;
    let body = readable_id(&peer, b"hello");
    peer.body(0, &body);
    assert_eq!(names(&peer.wait(seconds(1))), ["ZLB"]);
    let replies = decide(&mut peer, None);
    assert_eq!(stopped(&replies), (2, Some(6)));
    assert!(peer.node.printed("Hidden AVP 3 (Framing Capabilities): no secret to unhide it"));

    let mut peer = Peer::new();
    peer.node.refuse = Some(result(4, None));
    let replies = peer.body(0, &body);
    assert_eq!(stopped(&replies), (4, None), "the owner's own reason");
    assert!(peer.node.printed("L2X: Hostname hgw"));

    let mut peer = Peer::new();
    assert_eq!(names(&peer.body(0, &body)), ["SCCRP"], "the owner knows the secret at once");
    assert_eq!(peer.node.endpoint.tunnels()[0].remote_name, "hgw");
}

#[test]
fn a_refused_one_whose_id_is_hidden_is_not_asked_about_again() {
    let mut peer = Peer::new();
    peer.node.refuse = Some(result(4, None));
    let body = hidden(&peer.sccrq(), b"hello");
    for _ in 0..3 {
        assert_eq!(names(&again(&mut peer, &body)), [""; 0]);
        peer.wait(seconds(2));
    }
    assert_eq!(peer.node.count(|e| matches!(e, Event::TunnelRequested { .. })), 1);
    peer.wait(seconds(60));
    assert!(peer.node.endpoint.is_quiet());
}

#[test]
fn a_restart_shows_when_the_id_does() {
    let mut peer = Peer::new();
    for challenge in [1, 2] {
        let sccrq = Sccrq { challenge: Some(vec![challenge; 16]), ..peer.sccrq() };
        assert_eq!(names(&again(&mut peer, &hidden(&sccrq, b"hello"))), ["SCCRP"]);
    }
    assert_eq!(peer.node.tunnel_ends(), [DownCause::PeerRestarted]);
    assert_eq!(peer.node.endpoint.tunnels().len(), 1);
}

#[test]
fn a_stopccn_without_an_id_ends_no_request_that_hides_its_own() {
    let mut peer = waiting();
    let stop = Message::StopCcn(StopCcn { assigned_tunnel: 0, result: result(1, None) });
    peer.send(0, &stop);
    assert_eq!(peer.node.tunnel_ends(), []);
}

#[test]
fn a_request_that_is_too_long_is_not_kept() {
    let mut peer = Peer::new();
    peer.node.absent = true;
    let mut body = hidden(&peer.sccrq(), b"hello");
    for _ in 0..4 {
        // Unknown and optional.
        body.extend_from_slice(&[0x03, 0xff, 0, 0, 0, 99]);
        body.resize(body.len() + 1017, 0);
    }
    peer.body(0, &body);
    assert_eq!(peer.node.events, []);
    assert_eq!(peer.node.endpoint.counters().malformed, 1);
    assert!(peer.node.endpoint.is_quiet());
}

#[test]
fn the_clock_runs_while_the_owner_thinks() {
    let mut peer = waiting();
    assert_eq!(names(&peer.wait(seconds(11))), [""; 0]);
    assert_eq!(peer.node.tunnel_ends(), [DownCause::Timeout]);
    assert_eq!(names(&decide(&mut peer, Some("hello"))), [""; 0], "too late");
    peer.wait(seconds(40));
    assert!(peer.node.endpoint.is_quiet());
}

#[test]
fn nothing_is_hidden_before_the_peer_knows_whose_secret_counts() {
    let mut pair = Pair::new(7);
    pair.lac.config.hidden = true;
    let to = pair.lns.address;
    pair.lac.connect(pair.now, to);
    let sent = pair.lac.drain(pair.now);
    let [(_, sccrq)] = &sent[..] else { panic!("one SCCRQ: {sent:?}") };
    let hides = |body: &[u8]| avp::RawAvps::new(body).any(|avp| avp.is_ok_and(|avp| avp.hidden()));
    assert!(!hides(&sccrq[12..]));
    assert!(hides(&hidden(&Peer::new().sccrq(), b"hello")), "it would show");
}
