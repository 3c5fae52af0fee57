//! Whose message it is: peers that restart, repeat themselves, share an address or come in floods.

use super::super::header::{ControlHeader, encode_control};
use super::super::message::*;
use super::peer::*;
use super::*;

#[test]
fn late_copy_of_the_sccrq_does_not_harm_the_established_tunnel() {
    let mut peer = Peer::open();
    let theirs = peer.theirs;
    let first = encode_control(
        &ControlHeader { tunnel: 0, session: 0, ns: 0, nr: 0 },
        &Message::Sccrq(peer.sccrq()).encode(None),
    );
    assert_eq!(names(&peer.deliver(&first)), ["ZLB"]);
    assert_eq!(peer.node.tunnel_ends(), []);
    assert_eq!(peer.node.endpoint.tunnels()[0].id, TunnelId(theirs));
}

#[test]
fn restarted_peer_with_its_old_tunnel_id_drops_the_old_tunnel() {
    // With another challenge at once; with the same octets once nothing can be repeated any more.
    for (challenge, after) in [(Some(vec![1; 16]), 1), (None, 32)] {
        let mut peer = Peer::open();
        peer.session(1);
        peer.wait(seconds(after));
        (peer.ns, peer.nr, peer.theirs) = (0, 0, 0);
        let again = Message::Sccrq(Sccrq { challenge, ..peer.sccrq() });
        assert_eq!(names(&peer.send(0, &again)), ["SCCRP"]);
        assert_eq!(peer.node.tunnel_ends(), [], "it may be a stranger who says so");
        let scccn = peer.scccn();
        peer.send(0, &scccn);
        assert_eq!(peer.node.session_ends(), [DownCause::PeerRestarted]);
        assert_eq!(peer.node.tunnel_ends(), [DownCause::PeerRestarted]);
        assert_eq!(peer.node.endpoint.tunnels().len(), 1);
        assert_eq!(peer.node.count(|e| matches!(e, Event::TunnelUp { .. })), 2);
    }
}

#[test]
fn a_stranger_with_the_id_of_an_established_tunnel_does_not_end_it() {
    let mut peer = Peer::open();
    peer.session(1);
    (peer.ns, peer.nr, peer.theirs) = (0, 0, 0);
    let forged = Message::Sccrq(Sccrq { challenge: Some(vec![1; 16]), ..peer.sccrq() });
    assert_eq!(names(&peer.send(0, &forged)), ["SCCRP"]);
    let wrong = Message::Scccn(Scccn { challenge_response: Some([7; 16]) });
    assert_eq!(names(&peer.send(0, &wrong)), ["ZLB", "StopCCN"]);
    assert_eq!(peer.node.session_ends(), []);
    assert_eq!(peer.node.tunnel_ends(), [DownCause::Authentication]);
    assert_eq!(peer.node.endpoint.tunnels().len(), 1);
}

#[test]
fn a_restarted_lns_with_its_old_tunnel_id_drops_the_old_tunnel() {
    let mut peer = Peer::open_as_lns();
    (peer.ns, peer.nr, peer.theirs) = (0, 0, 0);
    peer.node.connect(peer.now, peer.address);
    peer.replies();
    let sccrp = Message::Sccrp(peer.sccrp());
    peer.send(0, &sccrp);
    assert_eq!(peer.node.count(|e| matches!(e, Event::TunnelUp { .. })), 2);
    assert_eq!(peer.node.tunnel_ends(), [DownCause::PeerRestarted]);
    assert_eq!(peer.node.endpoint.tunnels().len(), 1);
}

#[test]
fn a_second_sccrq_while_the_first_is_pending() {
    // Another tunnel of the same peer: both come up, whatever the order.
    let mut peer = Peer::new();
    let first = Message::Sccrq(peer.sccrq());
    assert_eq!(names(&peer.send(0, &first)), ["SCCRP"]);
    let one = (peer.theirs, peer.challenge.clone(), peer.ns, peer.nr);
    (peer.ns, peer.nr, peer.theirs, peer.ours) = (0, 0, 0, 101);
    let second = Message::Sccrq(peer.sccrq());
    assert_eq!(names(&peer.send(0, &second)), ["SCCRP"]);
    assert_eq!(peer.node.tunnel_ends(), []);
    let scccn = peer.scccn();
    peer.send(0, &scccn);
    (peer.theirs, peer.challenge, peer.ns, peer.nr) = one;
    let scccn = peer.scccn();
    peer.send(0, &scccn);
    assert_eq!(peer.node.count(|e| matches!(e, Event::TunnelUp { .. })), 2);
    assert_eq!(peer.node.endpoint.tunnels().len(), 2);

    // The same tunnel id with other contents: the peer has begun anew, and only that one lives.
    for absent in [false, true] {
        let mut peer = Peer::new();
        peer.node.absent = absent;
        peer.send(0, &first);
        (peer.ns, peer.nr, peer.theirs) = (0, 0, 0);
        let again = Message::Sccrq(Sccrq { challenge: Some(vec![9; 16]), ..peer.sccrq() });
        peer.send(0, &again);
        assert_eq!(peer.node.tunnel_ends(), [DownCause::PeerRestarted]);
        assert_eq!(peer.node.count(|e| matches!(e, Event::TunnelRequested { .. })), 2);
        assert_eq!(peer.node.endpoint.tunnels().len(), 1);
    }
}

#[test]
fn another_host_behind_the_same_address_is_not_a_restart() {
    let mut peer = Peer::open();
    (peer.ns, peer.nr, peer.theirs) = (0, 0, 0);
    peer.address.set_port(4000);
    let other = Message::Sccrq(Sccrq { host_name: "other".to_owned(), ..peer.sccrq() });
    assert_eq!(names(&peer.send(0, &other)), ["SCCRP"]);
    assert_eq!(peer.node.tunnel_ends(), []);
    assert_eq!(peer.node.endpoint.tunnels().len(), 2);
}

#[test]
fn sccrq_flood_is_bounded_and_drains() {
    let mut peer = Peer::new();
    for n in 0..5000u16 {
        peer.address = SocketAddr::new(IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + u32::from(n))), 1701);
        (peer.ns, peer.theirs) = (0, 0);
        let sccrq = Message::Sccrq(peer.sccrq());
        peer.send(0, &sccrq);
    }
    assert_eq!(peer.node.endpoint.tunnels().len(), endpoint::HALF_OPEN_LIMIT);
    assert_eq!(peer.node.endpoint.counters().half_open_dropped, 5000 - endpoint::HALF_OPEN_LIMIT as u64);
    peer.wait(seconds(120));
    assert!(peer.node.endpoint.is_quiet());

    // Refused ones make room for each other, and for a friend.
    let mut peer = Peer::new();
    peer.node.refuse = Some(result(4, None));
    for n in 0..5000u16 {
        peer.address = SocketAddr::new(IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + u32::from(n))), 1701);
        (peer.ns, peer.theirs) = (0, 0);
        let sccrq = Message::Sccrq(peer.sccrq());
        assert_eq!(names(&peer.send(0, &sccrq)), ["StopCCN"]);
    }
    peer.node.refuse = None;
    (peer.ns, peer.nr, peer.theirs, peer.address) = (0, 0, 0, address(68));
    let sccrq = Message::Sccrq(peer.sccrq());
    assert_eq!(names(&peer.send(0, &sccrq)), ["SCCRP"]);
    peer.wait(seconds(120));
    assert!(peer.node.endpoint.is_quiet());
}

#[test]
fn source_port_is_the_peers_choice() {
    // RFC 2661 section 8.1: the LNS answers where the SCCRQ came from.
    let mut peer = Peer::new();
    peer.address.set_port(65432);
    let sccrq = Message::Sccrq(peer.sccrq());
    peer.send(0, &sccrq);
    assert_eq!(peer.last_to, Some(peer.address));
    let scccn = peer.scccn();
    peer.send(0, &scccn);
    assert_eq!(peer.last_to, Some(peer.address));

    // And the LAC goes on with the port that the SCCRP came from.
    let mut peer = Peer::new();
    let to = peer.address;
    peer.node.connect(peer.now, to);
    peer.replies();
    assert_eq!(peer.last_to, Some(to));
    peer.address.set_port(40_000);
    let sccrp = Message::Sccrp(peer.sccrp());
    peer.send(0, &sccrp);
    assert_eq!(peer.last_to, Some(peer.address));
    assert_eq!(peer.node.endpoint.tunnels()[0].remote, peer.address);
}

#[test]
fn another_address_cannot_speak_for_a_peer() {
    let mut peer = Peer::open();
    peer.address = address(99);
    let stop = Message::StopCcn(StopCcn { assigned_tunnel: 100, result: result(1, None) });
    peer.send(0, &stop);
    assert_eq!(peer.node.tunnel_ends(), []);
    assert_eq!(peer.node.endpoint.counters().unknown_tunnel, 1);
}
/// Neither a debug nor whoever is told of the tunnel gets what would drive a terminal.
#[test]
fn a_host_name_with_control_characters_is_harmless() {
    let mut peer = Peer::new();
    let sccrq = Sccrq { host_name: "h\u{1b}[2J\ngw\u{9b}".to_owned(), ..peer.sccrq() };
    peer.send(0, &Message::Sccrq(sccrq));
    assert!(peer.node.printed("L2TP: I SCCRQ from h.[2J.gw. tnl 100"), "{:#?}", peer.node.trace.lines);
    assert!(peer.node.trace.lines.iter().all(|line| !line.contains(char::is_control)));
    assert_eq!(peer.node.endpoint.tunnels()[0].remote_name, "h.[2J.gw.");
    let message = Some("bye\u{7}".to_owned());
    let stop = StopCcn { assigned_tunnel: 100, result: ResultCode { message, ..ResultCode::general(0, "") } };
    peer.send(0, &Message::StopCcn(stop));
    assert_eq!(peer.node.tunnel_ends(), [DownCause::Remote(ResultCode::general(0, "bye."))]);
}

#[test]
fn a_stray_stopccn_without_an_id_is_not_answered() {
    let mut peer = Peer::new();
    let stop = Message::StopCcn(StopCcn { assigned_tunnel: 0, result: result(1, None) });
    assert_eq!(names(&peer.send(0, &stop)), [""; 0], "a ZLB would have no tunnel to go to");
}

/// Who knows no secret could have us answer our own challenge, and play the answer back to the SCCRQ that it came in.
#[test]
fn a_peer_that_asks_what_it_was_asked_gets_no_answer() {
    let mut peer = Peer::new();
    peer.node.connect(peer.now, peer.address);
    peer.replies();
    let asked = peer.challenge.clone();
    assert!(!asked.is_empty());
    (peer.nr, peer.theirs) = (0, 0);
    for (challenge, answer) in [(vec![7; 16], "SCCRP"), (asked, "StopCCN")] {
        (peer.ns, peer.ours) = (0, peer.ours + 1);
        peer.theirs = 0;
        let sccrq = Message::Sccrq(Sccrq { challenge: Some(challenge), ..peer.sccrq() });
        assert_eq!(names(&peer.send(0, &sccrq)), [answer]);
    }
    assert!(peer.node.printed("Tunnel auth failed for hgw, it asks what it was asked"));
    assert_eq!(peer.node.tunnel_ends(), [DownCause::Authentication]);
}
