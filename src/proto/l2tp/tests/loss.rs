//! Loss, duplication and reordering: the call comes up or fails cleanly, and nothing is left.

use std::collections::BTreeSet;

use super::*;

/// A pair on a bad network, both ends patient.
fn bad_network(seed: u64) -> Pair {
    let mut pair = Pair::new(seed);
    pair.loss = 30;
    pair.duplication = 30;
    pair.latency = (1, 1500);
    pair.lac.calls = 3;
    for node in [&mut pair.lac, &mut pair.lns] {
        node.config.initial_retries = 5;
        node.config.setup_timeout = seconds(30);
        node.config.hello = seconds(20);
    }
    pair
}

/// Every session and tunnel that an owner heard of is either still there or has been reported down, once.
pub fn accounts_balance(node: &Node, hung_up: &BTreeSet<SessionId>) {
    let mut sessions = BTreeSet::new();
    let mut tunnels = BTreeSet::new();
    for event in &node.events {
        match event {
            Event::SessionUp { session, .. } => assert!(sessions.insert(*session), "up twice"),
            Event::SessionDown { session, .. } => {
                sessions.remove(session);
            }
            Event::TunnelUp { tunnel, .. } => assert!(tunnels.insert(*tunnel), "up twice"),
            Event::TunnelDown { tunnel, .. } => {
                tunnels.remove(tunnel);
                assert!(!sessions.iter().any(|s| s.tunnel == *tunnel), "sessions end before their tunnel");
            }
            Event::TunnelRequested { .. }
            | Event::CallRequested { .. }
            | Event::SetLinkInfo { .. }
            | Event::WanError { .. }
            | Event::L2f { .. } => {}
        }
        sessions.retain(|s| !hung_up.contains(s));
    }
    let alive: BTreeSet<_> = node.endpoint.tunnels().iter().map(|t| t.id).collect();
    assert_eq!(tunnels, alive);
}

#[test]
fn a_thousand_seeds_end_established_or_down_and_leave_nothing() {
    let mut established = 0;
    for seed in 0..1000 {
        let mut pair = bad_network(seed);
        pair.connect();
        pair.run(seconds(40));
        // What the LAC believes to be up is up at the LNS, or the ICCN is still being repeated.
        if pair.lac.up() == 3 && pair.lns.up() == 3 {
            established += 1;
        }
        let sessions: BTreeSet<SessionId> = pair.lac.endpoint.sessions().iter().map(|s| s.id).collect();
        for &id in &sessions {
            pair.lac.with(pair.now, |endpoint, cx| endpoint.hang_up(cx, id, result(1, Some(0))));
        }
        pair.run(seconds(300));
        assert!(pair.quiet(), "seed {seed}");
        accounts_balance(&pair.lac, &sessions);
        accounts_balance(&pair.lns, &BTreeSet::new());
    }
    assert!(established > 950, "{established} of 1000");
}

#[test]
fn a_dead_network_leaves_nothing_at_either_end() {
    for seed in 0..50 {
        let mut pair = Pair::connected(seed, 5);
        pair.loss = 100;
        pair.run(seconds(200));
        assert!(pair.quiet(), "seed {seed}");
        assert_eq!(pair.lac.tunnel_ends(), [DownCause::Timeout]);
        assert_eq!(pair.lns.tunnel_ends(), [DownCause::Timeout]);
        assert_eq!(pair.lac.session_ends(), vec![DownCause::Timeout; 5]);
        assert_eq!(pair.lns.session_ends(), vec![DownCause::Timeout; 5]);
    }
}

#[test]
fn messages_are_delivered_once_and_in_order() {
    // SLIs numbered by their ACCM reach the LNS's owner in order, whatever the network does.
    use super::super::message::{Message, Sli};
    for seed in 0..200 {
        let mut pair = Pair::new(seed);
        pair.lac.config.retries = 30;
        pair.lns.config.retries = 30;
        pair.lac.calls = 1;
        pair.connect();
        pair.run(seconds(1));
        pair.loss = 30;
        pair.duplication = 30;
        pair.latency = (1, 1500);
        let id = pair.session();
        let now = pair.now;
        pair.lac.with(now, |endpoint, cx| {
            let remote = endpoint.path(id).unwrap().remote_session;
            for n in 0..40 {
                let message = Message::Sli(Sli { accm: (n, n) });
                endpoint.with(cx, id.tunnel.0, |tunnel, io| tunnel.send(io, remote, id.session, &message));
            }
        });
        pair.run(seconds(600));
        let seen: Vec<u32> = pair
            .lns
            .events
            .iter()
            .filter_map(|e| match e {
                Event::SetLinkInfo { accm, .. } => Some(accm.0),
                _ => None,
            })
            .collect();
        assert_eq!(seen, (0..40).collect::<Vec<_>>(), "seed {seed}");
    }
}
