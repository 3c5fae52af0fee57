//! The documented call (Cisco tech note 23980): with its ids and challenges, every line of L2TP comes out, in
//! order, on both routers.

use super::*;

/// The four lines before the dump's second row were lost by the source; they stand in its own wording.
const LAC: &str = include_str!("lac.txt");
const LNS: &str = include_str!("lns.txt");

fn the_documented_call() -> Pair {
    let mut pair = Pair::new(1);
    pair.lac.trace.dialect = Dialect::V12_1;
    pair.lac.config.firmware = 0x1130;
    pair.lac.config.receive_window = 800;
    pair.lac.entropy = Script::new(1)
        .with(Purpose::TunnelId, &17688u16.to_be_bytes())
        .with(Purpose::SessionId, &7u16.to_be_bytes())
        .with(Purpose::TunnelChallenge, &hex("545A2343FBE20EA08BCA7B56E4A7D29E"));
    pair.lns.config.no_session_timeout = Some(seconds(10));
    pair.lns.entropy = Script::new(2)
        .with(Purpose::TunnelId, &55270u16.to_be_bytes())
        .with(Purpose::SessionId, &45u16.to_be_bytes())
        .with(Purpose::TunnelChallenge, &hex("98B296C28429E7ADC767237A45F31040"));
    pair.lac.calls = 1;
    pair
}

fn compare(name: &str, expected: &str, got: &[String]) {
    for (n, (expected, got)) in expected.lines().zip(got).enumerate() {
        assert_eq!(got, expected, "{name} line {}", n + 1);
    }
    assert_eq!(got.len(), expected.lines().count(), "{name}: {:?}", got.get(expected.lines().count()));
}

#[test]
fn every_line_of_the_documented_call_in_order() {
    let mut pair = the_documented_call();
    pair.connect();
    pair.run(seconds(17));
    let session = pair.session();
    pair.lac.with(pair.now, |endpoint, cx| endpoint.hang_up(cx, session, result(1, Some(0))));
    pair.run(seconds(60));
    compare("lac", LAC, &pair.lac.trace.lines);
    compare("lns", LNS, &pair.lns.trace.lines);
    assert!(pair.quiet());
}

#[test]
fn what_the_owners_hear() {
    let mut pair = the_documented_call();
    let tunnel = pair.connect();
    assert_eq!(tunnel, TunnelId(17688));
    pair.run(seconds(17));
    let session = SessionId { tunnel, session: 7 };
    let path = DataPath {
        id: session,
        remote_tunnel: 55270,
        remote_session: 45,
        remote: address(82),
        local: ip(68),
        sequencing: false,
        drop_out_of_order: false,
        role: Role::Lac,
    };
    assert_eq!(
        pair.lac.events,
        [
            Event::TunnelUp { tunnel, remote_name: "l2tp-gw".to_owned() },
            Event::SessionUp { session, path: path.clone(), info: None },
        ]
    );
    assert_eq!(pair.lac.endpoint.path(session), Some(path));
    let (request, info) = the_call();
    let lns_tunnel = TunnelId(55270);
    let lns_session = SessionId { tunnel: lns_tunnel, session: 45 };
    let tunnel_request = TunnelRequest { host_name: "hgw".to_owned(), remote: address(68), local: ip(82) };
    let lns_path = DataPath {
        id: lns_session,
        remote_tunnel: 17688,
        remote_session: 7,
        remote: address(68),
        local: ip(82),
        sequencing: false,
        drop_out_of_order: false,
        role: Role::Lns,
    };
    assert_eq!(
        pair.lns.events,
        [
            Event::TunnelRequested { tunnel: lns_tunnel, request: tunnel_request },
            Event::TunnelUp { tunnel: lns_tunnel, remote_name: "hgw".to_owned() },
            Event::CallRequested { session: lns_session, request },
            Event::SessionUp { session: lns_session, path: lns_path, info: Some(info) },
        ]
    );
    let view = pair.lns.endpoint.tunnel(lns_tunnel).expect("visible");
    assert_eq!((view.state, view.remote_id, view.sessions), (TunnelState::Established, 17688, vec![45]));
    assert_eq!((view.windows, view.ns_nr), ((300, 800), (2, 4)));
    assert_eq!((view.zlbs, view.resends, view.congestion_window), (2, 0, 3));

    pair.lac.with(pair.now, |endpoint, cx| endpoint.hang_up(cx, session, result(1, Some(0))));
    pair.run(seconds(5));
    assert_eq!(pair.lns.session_ends(), [DownCause::Remote(result(1, Some(0)))]);
    assert!(pair.lac.session_ends().is_empty(), "the caller knows");
    let state = |node: &Node| node.endpoint.tunnels()[0].state;
    assert_eq!(
        (state(&pair.lac), state(&pair.lns)),
        (TunnelState::NoSessionsLeft, TunnelState::NoSessionsLeft)
    );
    pair.run(seconds(6));
    assert_eq!(pair.lns.tunnel_ends(), [DownCause::Local(result(1, None))]);
    assert_eq!(pair.lac.tunnel_ends(), [DownCause::Remote(result(1, None))]);
    assert!(pair.lac.endpoint.tunnels().is_empty() && pair.lns.endpoint.tunnels().is_empty());
    assert!(!pair.quiet(), "both still acknowledge");
    pair.run(seconds(32));
    assert!(pair.quiet());
}
