//! Control connections: authentication, ties, keepalive, timeouts, restarts, floods.

use super::super::auth::challenge_response;
use super::super::header::{ControlHeader, encode_control};
use super::super::message::*;
use super::peer::*;
use super::*;

fn auth_pair(lac: (bool, Option<&str>), lns: (bool, Option<&str>)) -> Pair {
    let mut pair = Pair::new(5);
    for (node, (authenticate, secret)) in [(&mut pair.lac, lac), (&mut pair.lns, lns)] {
        node.config.authenticate = authenticate;
        node.config.secret = secret.map(str::to_owned);
    }
    pair.connect();
    pair.run(seconds(1));
    pair
}

const UNAUTHORIZED: ResultCode = ResultCode { result: 4, error: None, message: None };

#[test]
fn authentication_by_both_by_one_and_by_none() {
    let h = Some("hello");
    for (lac, lns) in [
        ((true, h), (true, h)),
        ((true, h), (false, h)),
        ((false, h), (true, h)),
        ((false, h), (false, h)),
        ((false, None), (false, None)),
    ] {
        let pair = auth_pair(lac, lns);
        let up = |node: &Node| node.count(|e| matches!(e, Event::TunnelUp { .. }));
        assert_eq!((up(&pair.lac), up(&pair.lns)), (1, 1), "{lac:?} {lns:?}");
        assert_eq!(pair.lac.printed("Tunnel Authentication success"), lac.0);
        assert_eq!(pair.lns.printed("Tunnel Authentication success"), lns.0);
    }
}

#[test]
fn different_secrets_are_refused_by_the_originator() {
    let pair = auth_pair((true, Some("hello")), (true, Some("goodbye")));
    assert_eq!(pair.lac.tunnel_ends(), [DownCause::Authentication]);
    assert_eq!(pair.lns.tunnel_ends(), [DownCause::Remote(UNAUTHORIZED)]);
    assert!(pair.lac.printed("Tunnel auth failed for l2tp-gw"));
}

#[test]
fn different_secrets_are_refused_by_the_receiver() {
    let pair = auth_pair((false, Some("hello")), (true, Some("goodbye")));
    assert_eq!(pair.lns.tunnel_ends(), [DownCause::Authentication]);
    assert_eq!(pair.lns.count(|e| matches!(e, Event::TunnelUp { .. })), 0);
    assert!(pair.lns.printed("Tunnel auth failed for hgw"));
    // The originator was established for a moment: nothing had asked for its proof of the peer.
    assert_eq!(pair.lac.tunnel_ends(), [DownCause::Remote(UNAUTHORIZED)]);
}

#[test]
fn without_a_secret_a_challenge_cannot_be_answered() {
    let pair = auth_pair((true, Some("hello")), (false, None));
    assert_eq!(pair.lns.tunnel_ends(), [DownCause::Authentication]);
    assert_eq!(pair.lac.tunnel_ends(), [DownCause::Remote(UNAUTHORIZED)]);
    let pair = auth_pair((false, None), (true, Some("hello")));
    assert_eq!(pair.lac.tunnel_ends(), [DownCause::Authentication]);
    assert_eq!(pair.lns.tunnel_ends(), [DownCause::Remote(UNAUTHORIZED)]);
    let pair = auth_pair((false, None), (true, None));
    assert_eq!(pair.lns.tunnel_ends(), [DownCause::Authentication]);
    assert_eq!(pair.lac.tunnel_ends(), [DownCause::Remote(UNAUTHORIZED)]);
}

#[test]
fn originator_without_a_secret_does_not_begin() {
    let pair = auth_pair((true, None), (true, Some("hello")));
    assert_eq!(pair.lac.tunnel_ends(), [DownCause::Authentication]);
    assert_eq!((pair.lac.sent, pair.lns.sent), (0, 0));
    assert!(pair.quiet());
}

#[test]
fn missing_and_wrong_responses_are_refused() {
    for response in [None, Some([7; 16])] {
        let mut peer = Peer::new();
        let sccrq = Message::Sccrq(peer.sccrq());
        peer.send(0, &sccrq);
        let replies = peer.send(0, &Message::Scccn(Scccn { challenge_response: response }));
        assert_eq!(names(&replies), ["ZLB", "StopCCN"]);
        assert_eq!(stopped(&replies), (4, None));
        assert_eq!(peer.node.tunnel_ends(), [DownCause::Authentication]);

        let mut peer = Peer::new();
        peer.node.connect(peer.now, peer.address);
        peer.replies();
        let sccrp = Sccrp { challenge_response: response, ..peer.sccrp() };
        assert_eq!(stopped(&peer.send(0, &Message::Sccrp(sccrp))), (4, None));
        assert_eq!(peer.node.tunnel_ends(), [DownCause::Authentication]);
    }
}

#[test]
fn a_challenge_is_answered_and_both_digests_are_right() {
    let mut peer = Peer::new();
    let sccrq = Sccrq { challenge: Some(vec![1, 2, 3]), ..peer.sccrq() };
    let replies = peer.send(0, &Message::Sccrq(sccrq));
    let [(header, Some(Message::Sccrp(sccrp)))] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!(*header, ControlHeader { tunnel: 100, session: 0, ns: 0, nr: 1 });
    let right = challenge_response(MessageType::Sccrp, b"hello", &[1, 2, 3]);
    assert_eq!(sccrp.challenge_response, Some(right));
    assert_eq!(sccrp.challenge.as_ref().map(Vec::len), Some(16));
}

fn both_open(lac: Option<[u8; 8]>, lns: Option<[u8; 8]>) -> Pair {
    let mut pair = Pair::new(6);
    for (node, tie) in [(&mut pair.lac, lac), (&mut pair.lns, lns)] {
        node.config.tie_breaker = tie.is_some();
        if let Some(tie) = tie {
            node.entropy = Script::new(u64::from(tie[7])).with(Purpose::TieBreaker, &tie);
        }
    }
    let (lac, lns) = (pair.lac.address, pair.lns.address);
    pair.lac.connect(pair.now, lns);
    pair.lns.connect(pair.now, lac);
    pair.run(seconds(1));
    pair
}

/// Whether the LAC's own tunnel and the LNS's own tunnel are there, at both ends.
fn survivors(pair: &Pair) -> (usize, usize) {
    let own = |node: &Node| node.endpoint.tunnels().iter().filter(|t| t.locally_initiated).count();
    let foreign = |node: &Node| node.endpoint.tunnels().iter().filter(|t| !t.locally_initiated).count();
    assert_eq!(own(&pair.lac), foreign(&pair.lns));
    assert_eq!(own(&pair.lns), foreign(&pair.lac));
    (own(&pair.lac), own(&pair.lns))
}

#[test]
fn tie_breaker_lower_value_wins() {
    let (low, high) = ([0, 0, 0, 0, 0, 0, 1, 9], [0, 0, 0, 0, 0, 0, 2, 1]);
    let pair = both_open(Some(low), Some(high));
    assert_eq!(survivors(&pair), (1, 0));
    assert_eq!(pair.lns.tunnel_ends(), [DownCause::LostTie]);
    let pair = both_open(Some(high), Some(low));
    assert_eq!(survivors(&pair), (0, 1));
    assert_eq!(pair.lac.tunnel_ends(), [DownCause::LostTie]);
    let stop = |node: &Node| node.printed("StopCCN");
    assert!(!stop(&pair.lac) && !stop(&pair.lns), "the loser discards silently");
}

#[test]
fn tie_breaker_present_wins_over_absent() {
    assert_eq!(survivors(&both_open(Some([9; 8]), None)), (1, 0));
    assert_eq!(survivors(&both_open(None, Some([9; 8]))), (0, 1));
}

#[test]
fn tie_breaker_equal_discards_both_and_none_keeps_both() {
    let pair = both_open(Some([5; 8]), Some([5; 8]));
    assert_eq!(survivors(&pair), (0, 0));
    assert!(pair.quiet());
    assert_eq!(survivors(&both_open(None, None)), (1, 1));
}

#[test]
fn hidden_avps_both_ways() {
    let mut pair = Pair::new(7);
    pair.lac.config.hidden = true;
    pair.lns.config.hidden = true;
    pair.lac.calls = 1;
    pair.connect();
    pair.run(seconds(1));
    assert_eq!((pair.lac.up(), pair.lns.up()), (1, 1));
    let (request, info) = the_call();
    assert!(
        pair.lns.events.iter().any(|e| matches!(e, Event::CallRequested { request: r, .. } if *r == request))
    );
    assert!(
        pair.lns.events.iter().any(|e| matches!(e, Event::SessionUp { info: Some(i), .. } if *i == info))
    );
}

#[test]
fn hello_keeps_an_idle_tunnel_and_is_not_needed_while_the_peer_talks() {
    let mut pair = Pair::connected(8, 1);
    pair.run(seconds(300));
    assert_eq!(pair.lac.tunnel_ends(), []);
    assert!(pair.lac.printed("O HELLO to l2tp-gw") || pair.lns.printed("O HELLO to hgw"));

    let mut peer = Peer::open();
    peer.session(1);
    assert_eq!(names(&peer.wait(seconds(59))), [""; 0]);
    peer.zlb();
    assert_eq!(names(&peer.wait(seconds(59))), [""; 0], "the ZLB was heard");
    let tunnel = peer.node.endpoint.tunnels()[0].id;
    peer.node.endpoint.heard(tunnel).note(peer.now);
    assert_eq!(names(&peer.wait(seconds(59))), [""; 0], "data was heard");
    assert_eq!(names(&peer.wait(seconds(2))), ["HELLO", "HELLO"], "and its first repetition");
}

#[test]
fn hello_without_answer_takes_the_tunnel_down() {
    let mut peer = Peer::open();
    peer.session(1);
    // HELLO at 60 s, five more after 1, 2, 4, 8 and 8 s, the end 8 s later.
    let replies = peer.wait(seconds(90));
    assert_eq!(names(&replies), ["HELLO"; 6]);
    assert_eq!(peer.node.tunnel_ends(), []);
    peer.wait(seconds(2));
    assert_eq!(peer.node.tunnel_ends(), [DownCause::Timeout]);
    assert_eq!(peer.node.session_ends(), [DownCause::Timeout]);
    assert!(peer.node.endpoint.is_quiet());
}

#[test]
fn hello_of_the_peer_is_acknowledged_with_a_zlb() {
    let mut peer = Peer::open();
    let replies = peer.send(0, &Message::Hello);
    assert_eq!(names(&replies), ["ZLB"]);
    assert_eq!(replies[0].0, ControlHeader { tunnel: 100, session: 0, ns: 1, nr: 3 });
}

#[test]
fn no_hello_when_it_is_switched_off() {
    let mut peer = Peer::open_to(|node| node.config.hello = Duration::ZERO);
    peer.session(1);
    assert_eq!(names(&peer.wait(seconds(10_000))), [""; 0]);
}

#[test]
fn empty_tunnel_closes_after_its_time_or_never() {
    let mut peer = Peer::open_to(|node| node.config.no_session_timeout = Some(seconds(10)));
    assert_eq!(names(&peer.wait(seconds(9))), [""; 0]);
    assert_eq!(stopped(&peer.wait(Duration::from_millis(1500))), (1, None), "never used");
    assert_eq!(peer.node.tunnel_ends(), [DownCause::Local(result(1, None))]);

    let mut peer = Peer::open_to(|node| {
        node.config.no_session_timeout = None;
        node.config.hello = Duration::ZERO;
    });
    let id = peer.session(1);
    peer.send(id, &cdn(1));
    assert_eq!(names(&peer.wait(seconds(100_000))), [""; 0]);
    assert_eq!(peer.node.endpoint.tunnels()[0].state, TunnelState::NoSessionsLeft);
}

#[test]
fn a_new_call_revives_an_empty_tunnel() {
    let mut pair = Pair::connected(9, 1);
    let id = pair.session();
    pair.lac.with(pair.now, |endpoint, cx| endpoint.hang_up(cx, id, result(1, Some(0))));
    pair.run(seconds(5));
    let (request, info) = the_call();
    let again = pair.lac.with(pair.now, |endpoint, cx| endpoint.call(cx, id.tunnel, "Se0:1", request, info));
    assert!(again.is_some());
    pair.run(seconds(50));
    assert_eq!(pair.lac.up(), 2);
    assert_eq!(pair.lac.tunnel_ends(), []);
    assert!(pair.lns.printed("Tunnel state change from no-sessions-left to established"));
}

#[test]
fn set_up_times_out_when_the_owner_or_the_peer_is_silent() {
    let mut peer = Peer::new();
    peer.node.absent = true;
    let sccrq = Message::Sccrq(peer.sccrq());
    assert_eq!(names(&peer.send(0, &sccrq)), [""; 0]);
    assert_eq!(names(&peer.wait(seconds(1))), ["ZLB"], "acknowledged while the owner thinks");
    let replies = peer.wait(seconds(10));
    assert_eq!(names(&replies)[0], "StopCCN");
    assert_eq!(peer.node.tunnel_ends(), [DownCause::Timeout]);
    peer.wait(seconds(60));
    assert!(peer.node.endpoint.is_quiet());

    let mut peer = Peer::new();
    let sccrq = Message::Sccrq(peer.sccrq());
    assert_eq!(names(&peer.send(0, &sccrq)), ["SCCRP"]);
    peer.zlb();
    assert_eq!(stopped(&peer.wait(Duration::from_millis(10_500))), (1, None));
    assert_eq!(peer.node.tunnel_ends(), [DownCause::Timeout]);

    let mut peer = Peer::new();
    peer.node.connect(peer.now, peer.address);
    assert_eq!(names(&peer.wait(seconds(60))), ["SCCRQ"; 3], "two retransmissions of the first message");
    assert_eq!(peer.node.tunnel_ends(), [DownCause::Timeout]);
    assert!(peer.node.endpoint.is_quiet());
}

#[test]
fn refused_request_gets_its_stopccn_until_it_is_acknowledged() {
    let mut pair = Pair::new(10);
    pair.lns.refuse = Some(result(4, None));
    pair.connect();
    pair.run(seconds(1));
    assert_eq!(pair.lac.tunnel_ends(), [DownCause::Remote(UNAUTHORIZED)]);
    assert_eq!(pair.lns.tunnel_ends(), [], "the owner knows");
    assert!(pair.lns.endpoint.tunnels().is_empty());
    pair.run(seconds(32));
    assert!(pair.quiet());
}

#[test]
fn shutdown_takes_sessions_along_and_the_peer_with_it() {
    let mut pair = Pair::connected(11, 3);
    let id = pair.session().tunnel;
    pair.lac.with(pair.now, |endpoint, cx| endpoint.shutdown(cx, id, result(6, None)));
    assert!(pair.lac.endpoint.tunnels().is_empty(), "visibly idle at once");
    assert!(pair.lac.endpoint.sessions().is_empty());
    pair.run(seconds(1));
    let local = DownCause::Local(result(6, None));
    assert_eq!((pair.lac.session_ends(), pair.lac.tunnel_ends()), (vec![local.clone(); 3], vec![local]));
    let remote = DownCause::Remote(result(6, None));
    assert_eq!((pair.lns.session_ends(), pair.lns.tunnel_ends()), (vec![remote.clone(); 3], vec![remote]));
    let lines: Vec<_> = pair
        .lac
        .trace
        .lines
        .iter()
        .filter(|l| l.contains("unnel state") || l.ends_with("Shutdown tunnel"))
        .collect();
    assert!(lines[lines.len() - 3].ends_with("Tunnel state change from established to shutting-down"));
    assert!(lines[lines.len() - 2].ends_with("Shutdown tunnel"));
    assert!(lines[lines.len() - 1].ends_with("Tunnel state change from shutting-down to idle"));
}

#[test]
fn stopccn_is_repeated_until_acknowledged_and_acknowledged_for_a_whole_cycle() {
    let mut peer = Peer::open();
    let tunnel = peer.node.endpoint.tunnels()[0].id;
    peer.node.with(peer.now, |endpoint, cx| endpoint.shutdown(cx, tunnel, result(1, None)));
    assert_eq!(names(&peer.wait(seconds(4))), ["StopCCN"; 3]);
    let printed = peer.node.trace.lines.len();
    assert_eq!(names(&peer.zlb()), [""; 0]);
    assert_eq!(peer.node.trace.lines.len(), printed, "the tunnel is visibly gone");
    assert_eq!(names(&peer.wait(seconds(20))), [""; 0]);
    assert_eq!(names(&peer.send(0, &Message::Hello)), ["ZLB"], "what still comes is acknowledged");

    let mut peer = Peer::open();
    let stop = Message::StopCcn(StopCcn { assigned_tunnel: 100, result: result(1, None) });
    assert_eq!(names(&peer.send(0, &stop)), ["ZLB"]);
    for _ in 0..6 {
        peer.wait(seconds(5));
        peer.ns -= 1;
        assert_eq!(names(&peer.send(0, &stop)), ["ZLB"], "our ZLB was lost");
    }
    peer.wait(seconds(2));
    assert!(peer.node.endpoint.is_quiet());
    peer.ns -= 1;
    let replies = peer.send(0, &stop);
    assert_eq!(names(&replies), ["ZLB"], "even of a tunnel that is gone");
    assert_eq!(replies[0].0.tunnel, 100);
    assert!(peer.node.endpoint.is_quiet());
}

#[test]
fn stopccn_that_answers_an_sccrq_is_acknowledged_to_the_right_tunnel() {
    let mut peer = Peer::new();
    peer.node.connect(peer.now, peer.address);
    peer.replies();
    let stop = Message::StopCcn(StopCcn { assigned_tunnel: 77, result: result(2, Some(4)) });
    let replies = peer.send(0, &stop);
    assert_eq!(replies, [(ControlHeader { tunnel: 77, session: 0, ns: 1, nr: 1 }, None)]);
    assert_eq!(peer.node.tunnel_ends(), [DownCause::Remote(result(2, Some(4)))]);
}

#[test]
fn stopccn_of_a_peer_that_never_learnt_our_id_finds_its_tunnel() {
    let mut peer = Peer::new();
    let sccrq = Message::Sccrq(peer.sccrq());
    peer.send(0, &sccrq);
    peer.theirs = 0;
    let stop = Message::StopCcn(StopCcn { assigned_tunnel: 100, result: result(1, None) });
    assert_eq!(names(&peer.send(0, &stop)), ["ZLB"]);
    assert_eq!(peer.node.tunnel_ends(), [DownCause::Remote(result(1, None))]);
}

#[test]
fn repeated_sccrq_does_not_open_a_second_tunnel() {
    let mut peer = Peer::new();
    peer.node.absent = true;
    let sccrq = Message::Sccrq(peer.sccrq());
    peer.send(0, &sccrq);
    peer.ns = 0;
    assert_eq!(names(&peer.send(0, &sccrq)), ["ZLB"], "while the owner thinks");
    assert_eq!(peer.node.events.len(), 1);
    peer.node.absent = false;
    let (tunnel, config) = (peer.node.endpoint.tunnels()[0].id, peer.node.config.clone());
    peer.node.with(peer.now, |endpoint, cx| endpoint.accept_tunnel(cx, tunnel, config));
    assert_eq!(names(&peer.replies()), ["SCCRP"]);
    (peer.ns, peer.theirs) = (0, 0);
    assert_eq!(names(&peer.send(0, &sccrq)), ["ZLB"], "while the SCCRP is on its way");
    assert_eq!(peer.node.events.len(), 1);
    assert_eq!(peer.node.endpoint.tunnels().len(), 1);
}

#[test]
fn tunnel_ids_are_never_0_and_never_taken() {
    let mut peer = Peer::new();
    let id = 700u16.to_be_bytes();
    peer.node.entropy = Script::new(1)
        .with(Purpose::TunnelId, &[0, 0])
        .with(Purpose::TunnelId, &id)
        .with(Purpose::TunnelId, &id)
        .with(Purpose::TunnelId, &[0xff, 0xff])
        .with(Purpose::TunnelId, &[0xff, 0xff]);
    let to = peer.address;
    let ids: Vec<u16> = (0..5).map(|_| peer.node.connect(peer.now, to).0).collect();
    assert_eq!(ids, [1, 700, 701, 65535, 2]);
}

#[test]
fn early_and_late_control_messages_reach_the_tunnel_in_order() {
    let mut peer = Peer::open();
    let header = |ns| ControlHeader { tunnel: peer.theirs, session: 0, ns, nr: 1 };
    let second = encode_control(&header(3), &icrq(2).encode(None));
    let first = encode_control(&header(2), &icrq(1).encode(None));
    assert_eq!(names(&peer.deliver(&second)), [""; 0]);
    let replies = peer.deliver(&first);
    assert_eq!(names(&replies), ["ICRP", "ICRP"]);
    assert_eq!((replies[0].0.session, replies[1].0.session), (1, 2));
    let view = &peer.node.endpoint.tunnels()[0];
    assert_eq!((view.out_of_order, view.ns_nr.1), ((0, 1), 4));
    assert_eq!(names(&peer.deliver(&first)), ["ZLB"], "a duplicate is acknowledged");
    assert_eq!(peer.node.endpoint.sessions().len(), 2);
}

#[test]
fn hiding_needs_a_secret() {
    let mut peer = Peer::new();
    peer.node.config.hidden = true;
    peer.node.config.authenticate = false;
    peer.node.config.secret = None;
    peer.node.connect(peer.now, peer.address);
    let sent = peer.node.drain(peer.now);
    let body = &sent[0].1[12..];
    assert_eq!(body, peer_sccrq_in_clear(&peer.node).encode(None));
}

/// What a node's SCCRQ says when nothing is hidden.
fn peer_sccrq_in_clear(node: &Node) -> Message {
    let config = &node.config;
    Message::Sccrq(Sccrq {
        framing_capabilities: config.framing_capabilities,
        bearer_capabilities: Some(config.bearer_capabilities),
        firmware: Some(config.firmware),
        host_name: config.local_name.clone(),
        vendor_name: Some(config.vendor_name.clone()),
        assigned_tunnel: node.endpoint.tunnels()[0].id.0,
        receive_window: Some(config.receive_window),
        ..Sccrq::default()
    })
}
